/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets in the database: read, list, create, replace, act upon, erase. */

/**
 * @file sheet.h
 * @brief A sheet is one JSON document (core/sheet.h says its fields) with
 * what the server keeps beside it.  Every change runs in one transaction and
 * raises the generation of the territory.  When the caller has started one
 * (cpts_db_start), the change joins it: the caller then commits, or rolls
 * back on anything but CPTS_DB_OK.
 *
 * The version of a new sheet is its generation, so that the number of an
 * erased sheet with the same RPPS never comes back.
 */
#ifndef CPTS_STORE_SHEET_H
#define CPTS_STORE_SHEET_H

#include "core/sheet.h"
#include "store/actor.h"
#include "store/db.h"

typedef struct {
    int64_t id;
    int64_t version; /**< the ETag */
    cpts_sheet_t *sheet;
} cpts_stored_sheet_t;

/** The actions of POST /sheets/{rpps}/..., a table in sheet.c. */
typedef enum {
    CPTS_ACTION_CONFIRM,
    CPTS_ACTION_PAUSE,
    CPTS_ACTION_RESUME,
    CPTS_ACTION_LEAVE
} cpts_action_e;

/** Read one; CPTS_DB_NONE when absent, CPTS_DB_FORBIDDEN for another's
 * (a doctor sees the same answer whether it exists or not: FORBIDDEN). */
cpts_db_e cpts_sheet_read(cpts_stored_sheet_t *out, cpts_db_t *db,
                          const cpts_actor_t *actor, const char *rpps,
                          apr_pool_t *pool);

/** Insert; CPTS_DB_CONFLICT when the RPPS is known.
 * @param by cpts_author_e: who confirms it, today. */
cpts_db_e cpts_sheet_create(cpts_stored_sheet_t *out, cpts_db_t *db,
                            const cpts_sheet_t *sheet, const char *search,
                            int by, cpts_day_t today, apr_pool_t *pool);

/**
 * Replace; confirms at the same time.
 * @param version expected (If-Match); CPTS_DB_STALE when it is another.
 */
cpts_db_e cpts_sheet_replace(cpts_stored_sheet_t *out, cpts_db_t *db,
                             const cpts_actor_t *actor,
                             const cpts_sheet_t *sheet, const char *search,
                             int64_t version, cpts_day_t today,
                             apr_pool_t *pool);

/**
 * Put a sheet of an import in the place of the one that has its RPPS,
 * whoever owns it and whatever its version; CPTS_DB_NONE when there is none.
 */
cpts_db_e cpts_sheet_import(cpts_stored_sheet_t *out, cpts_db_t *db,
                            const cpts_sheet_t *sheet, const char *search,
                            cpts_day_t today, apr_pool_t *pool);

/**
 * One action.  Confirm and resume also confirm the sheet.
 * @param until last day of a pause, else CPTS_NO_DAY.
 * @return CPTS_DB_CONSTRAINT when the present state does not allow it: a
 * pause of a sheet that is closed or left, a resume without capacity.  @a out
 * then holds the sheet as it is, so that the caller can tell which.
 */
cpts_db_e cpts_sheet_act(cpts_stored_sheet_t *out, cpts_db_t *db,
                         const cpts_actor_t *actor, const char *rpps,
                         cpts_action_e action, cpts_day_t until,
                         cpts_day_t today, apr_pool_t *pool);

/** Erase the sheet, its accounts and all that is kept of them: what stays
 * are numbers in the journal that lead to nobody. Idempotent: NONE.
 * @param id the number that the sheet had
 * Outside a transaction of the caller the WAL is emptied as well, else the
 * caller calls cpts_db_checkpoint() after the commit. */
cpts_db_e cpts_sheet_erase(int64_t *id, cpts_db_t *db,
                           const cpts_actor_t *actor, const char *rpps);

/** The order of a list: as they were made, by name, by confirmation (the
 * oldest first) and name. */
typedef enum {
    CPTS_ORDER_CREATED,
    CPTS_ORDER_NAME,
    CPTS_ORDER_OLDEST
} cpts_sheet_order_e;

extern const char *const cpts_sheet_order_words[];

/** Bytes of a folded name that an order looks at. */
#define CPTS_SHEET_KEY_MAX 100

/** What GET /sheets filters by. */
typedef struct {
    const char *state;   /**< word of today's state, or NULL */
    const char *commune; /**< INSEE of a site, or NULL */
    int stale;           /**< -1 all, 0 fresh only, 1 stale only */
    const char *search;  /**< folded words, all to be found, or NULL */
    cpts_sheet_order_e order;
    int64_t after;          /**< id after which to start (cursor), 0 */
    const char *after_key;  /**< and its key, NULL in the order created */
    int limit;              /**< rows, 1..200 */
    cpts_day_t fresh_since; /**< first confirmation day still fresh */
    cpts_day_t today;       /**< the server's day */
} cpts_sheet_filter_t;

/** Called for each row; anything but CPTS_DB_OK stops. */
typedef cpts_db_e cpts_sheet_row_fn(void *baton,
                                    const cpts_stored_sheet_t *row);

/**
 * By what a sheet is put into an order other than created; equals by id.
 * @param confirmed_on "2026-11-22"
 * @return hexadecimal digits and hyphens, of limited length
 */
const char *cpts_sheet_key(cpts_sheet_order_e order, const char *name,
                           const char *confirmed_on, apr_pool_t *pool);

/** How many sheets there are on all pages of a list. */
cpts_db_e cpts_sheet_count(int64_t *count, cpts_db_t *db,
                           const cpts_sheet_filter_t *filter,
                           apr_pool_t *pool);

/** List; rows of one page. Row memory lives during the call; @a fn runs no
 * statement on @a db. Rows that do not decode are left out and counted
 * (cpts_db_skipped). In an order other than created every sheet of the list
 * is looked at, whatever the limit: best inside a transaction. */
cpts_db_e cpts_sheet_list(cpts_db_t *db, const cpts_sheet_filter_t *filter,
                          cpts_sheet_row_fn *fn, void *baton,
                          apr_pool_t *pool);

#endif
