/* SPDX-License-Identifier: Apache-2.0 */
/* Consultations: who was shown which sheets, when.  Never why. */

/**
 * @file consultation.h
 */
#ifndef CPTS_STORE_CONSULTATION_H
#define CPTS_STORE_CONSULTATION_H

#include "core/date.h"
#include "core/match.h"
#include "core/territory.h"
#include "store/daily.h"
#include "store/db.h"
#include "store/idempotency.h"
#include "store/sheet.h"

/**
 * One consultation.  Nothing in it points anywhere: it is handed from one
 * process to another.
 */
typedef struct {
    int64_t account;                    /**< number */
    int64_t at;                         /**< seconds since 1970 */
    int64_t day_begin;                  /**< seconds since 1970 */
    int64_t sheets[CPTS_PROPOSALS_MAX]; /**< numbers of the sheets shown */
    int count;
    int role;       /**< cpts_role_e */
    int ceiling;    /**< of consultations since day_begin; 0: none */
    cpts_day_t day; /**< the server's */
    /** Idempotency-Key, "" for none. */
    char key[CPTS_IDEMPOTENCY_KEY_MAX + 1];
    /** Where the need has no answer: it is counted there; else "". */
    char unmet[CPTS_INSEE_LENGTH + 1];
    int excluded[CPTS_EXCLUDED_COUNT]; /**< of the match, for unmet */
} cpts_consultation_t;

/**
 * Record one in the journal, inside the caller's transaction, and count the
 * need that has no answer, which knows nothing of the entry.  A key that this
 * account used today already records nothing again, if these sheets were all
 * shown under it; another answer is another consultation.
 * @param daily counts of today
 * @return CPTS_DB_FORBIDDEN when the ceiling is reached: nothing was written.
 */
cpts_db_e cpts_consultation_insert(cpts_db_t *db, cpts_daily_t *daily,
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
