/* SPDX-License-Identifier: Apache-2.0 */
/* Placements in the database: places taken, kept and given back. */

/**
 * @file placement.h
 * @brief The database decides: what is left is counted in the transaction
 * that takes it, so a snapshot that is a moment behind cannot overbook.
 * Nothing here can hold a word about a patient.
 *
 * All functions that write run inside the caller's transaction.
 */
#ifndef CPTS_STORE_PLACEMENT_H
#define CPTS_STORE_PLACEMENT_H

#include "core/code.h"
#include "core/placement.h"
#include "core/territory.h"
#include "store/actor.h"
#include "store/db.h"

/** The most people of one household. */
#define CPTS_PLACES_MAX 10

typedef struct {
    int64_t id;
    char code[CPTS_CODE_SIZE];
    int64_t sheet;             /**< its number */
    const char *rpps, *doctor; /**< NULL once the sheet is erased */
    const char *account;       /**< of the requester, NULL once erased */
    const char *profession, *structure; /**< of the requester, or NULL */
    int general, reserved;              /**< places taken from each pool */
    int state;  /**< cpts_placement_state_e; past its time: expired */
    int reason; /**< cpts_placement_reason_e, or -1 */
    int64_t held_at, expires_at, changed_at; /**< seconds since 1970 */
    unsigned actor; /**< CPTS_ACTOR_*: what the one who asks is to it */
} cpts_placement_t;

/** When something is done, and by which limits. */
typedef struct {
    int64_t now;      /**< seconds since 1970 */
    cpts_day_t today; /**< the server's day */
    const cpts_limits_t *limits;
} cpts_clock_t;

/** Why places were not taken; CPTS_DB_CONSTRAINT goes with each. */
typedef enum {
    CPTS_HOLD_OK,
    CPTS_HOLD_NOT_SHOWN, /**< not proposed to this account since yesterday */
    CPTS_HOLD_CLOSED,    /**< takes no patients today, or no fresh sheet */
    CPTS_HOLD_FULL,      /**< not as many places are left */
    CPTS_HOLD_CEILING    /**< this account holds as many as it may */
} cpts_hold_e;

/** What is asked for. */
typedef struct {
    const char *rpps;
    int places;   /**< 1 .. CPTS_PLACES_MAX, all at this doctor or none */
    int reserved; /**< 1: reserved places may be used, and go first */
} cpts_hold_t;

/**
 * Take places for a limited time.  A sheet that is not there is one that was
 * not shown: nobody finds out who is on the list by asking for numbers.
 * @param why set with CPTS_DB_CONSTRAINT
 * @return CPTS_DB_OK or CPTS_DB_CONSTRAINT
 */
cpts_db_e cpts_placement_hold(cpts_placement_t *out, cpts_hold_e *why,
                              cpts_db_t *db, const cpts_actor_t *actor,
                              const cpts_hold_t *hold,
                              const cpts_clock_t *clock, apr_pool_t *pool);

/** Read one by its code; CPTS_DB_NONE when there is none, or when it is
 * nothing to the one who asks. */
cpts_db_e cpts_placement_read(cpts_placement_t *out, cpts_db_t *db,
                              const cpts_actor_t *actor, const char *code,
                              int64_t now, apr_pool_t *pool);

/**
 * Let an event happen.
 * @param reason of a refusal, else -1
 * @param out as it is afterwards, or as it is when it was not possible
 * @return CPTS_DB_OK, CPTS_DB_NONE, CPTS_DB_FORBIDDEN when the event is never
 * this actor's, CPTS_DB_CONSTRAINT when it does not follow the state
 */
cpts_db_e cpts_placement_event(cpts_placement_t *out, cpts_db_t *db,
                               const cpts_actor_t *actor, const char *code,
                               cpts_placement_event_e event, int reason,
                               int64_t now, apr_pool_t *pool);

/** Write down the holds whose time has passed, with an entry of the journal
 * each. @param count how many; at most @a most are done at once */
cpts_db_e cpts_placement_expire(int *count, cpts_db_t *db, int64_t now,
                                int most);

typedef struct {
    int state;      /**< or -1: all */
    int64_t before; /**< number, 0: from the newest */
    int limit;
} cpts_placement_filter_t;

typedef cpts_db_e cpts_placement_row_fn(void *baton,
                                        const cpts_placement_t *row);

/** Newest first: a coordinator sees all, a doctor or a delegate those at the
 * doctor's sheet, and everybody those that they started. Row memory lives
 * during the call; @a fn runs no statement on @a db. */
cpts_db_e cpts_placement_list(cpts_db_t *db, const cpts_actor_t *actor,
                              const cpts_placement_filter_t *filter,
                              int64_t now, cpts_placement_row_fn *fn,
                              void *baton, apr_pool_t *pool);

/** Capacity of a sheet in the present period. */
typedef struct {
    int general, reserved;           /**< of the capacity */
    int general_left, reserved_left; /**< 0 or more */
    cpts_day_t renews_on;            /**< first day of the next period */
} cpts_places_t;

/** What is left at a sheet; CPTS_DB_NONE without a sheet or a capacity.
 * @param sheet its number, may be NULL */
cpts_db_e cpts_places_read(cpts_places_t *out, int64_t *sheet, cpts_db_t *db,
                           const char *rpps, const cpts_clock_t *clock,
                           apr_pool_t *pool);

#endif
