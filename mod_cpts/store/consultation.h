/* SPDX-License-Identifier: Apache-2.0 */
/* Consultations: who was shown which sheets, when.  Never why. */

/**
 * @file consultation.h
 */
#ifndef CPTS_STORE_CONSULTATION_H
#define CPTS_STORE_CONSULTATION_H

#include "store/db.h"
#include "store/sheet.h"

typedef struct {
    const cpts_actor_t *actor;
    int64_t at;            /**< seconds since 1970 */
    const int64_t *sheets; /**< numbers of the sheets shown */
    int count;
    const char *key;   /**< Idempotency-Key, or NULL */
    int ceiling;       /**< of consultations since day_begin; 0: none */
    int64_t day_begin; /**< seconds since 1970 */
    /** Set to 1 when an entry was written for it, else to 0; or NULL. */
    int *recorded;
} cpts_consultation_t;

/**
 * Record one in the journal, inside the caller's transaction.  A key that
 * this account used today already records nothing again, if these sheets were
 * all shown under it; another answer is another consultation.
 * @return CPTS_DB_FORBIDDEN when the ceiling is reached.
 */
cpts_db_e cpts_consultation_insert(cpts_db_t *db,
                                   const cpts_consultation_t *consultation);

/** How many there were from @a begin up to before @a end, seconds since
 * 1970. */
cpts_db_e cpts_consultation_count(int64_t *count, cpts_db_t *db, int64_t begin,
                                  int64_t end);

typedef struct {
    const char *account; /**< NULL once erased */
    int role;
    int64_t at;
    const char *profession, *structure; /**< or NULL */
    int64_t id; /**< the cursor: before_id of the next page */
} cpts_viewer_t;

typedef cpts_db_e cpts_viewer_fn(void *baton, const cpts_viewer_t *viewer);

/** Who was shown this sheet, newest first; owner only (FORBIDDEN).
 * @param before_id 0: from the newest */
cpts_db_e cpts_viewers_list(cpts_db_t *db, const cpts_actor_t *actor,
                            const char *rpps, int64_t before_id, int limit,
                            cpts_viewer_fn *fn, void *baton, apr_pool_t *pool);

#endif
