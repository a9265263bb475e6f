/* SPDX-License-Identifier: Apache-2.0 */
/* How many consultations each account has had today, without counting. */

#include "store/daily.h"

#include <apr_hash.h>

#include "store/journal_chain.h"

typedef struct {
    int64_t account;
    int64_t count;
} counted_t;

struct cpts_daily_t {
    apr_pool_t *pool;   /* of the counts, cleared with them */
    apr_hash_t *counts; /* NULL: nothing is known */
    int64_t day_begin;
    int64_t last; /* entries up to this one are counted */
};

cpts_daily_t *cpts_daily_create(apr_pool_t *pool)
{
    cpts_daily_t *daily = apr_pcalloc(pool, sizeof(*daily));

    return apr_pool_create(&daily->pool, pool) == APR_SUCCESS ? daily : NULL;
}

void cpts_daily_forget(cpts_daily_t *daily)
{
    daily->counts = NULL;
    apr_pool_clear(daily->pool);
}

static void add(cpts_daily_t *daily, int64_t account, int64_t count)
{
    counted_t *counted
        = apr_hash_get(daily->counts, &account, sizeof(account));

    if (!counted) {
        counted = apr_pcalloc(daily->pool, sizeof(*counted));
        counted->account = account;
        apr_hash_set(daily->counts, &counted->account, sizeof(account),
                     counted);
    }
    counted->count += count;
}

/* The rows of a statement under way: account, count. */
static cpts_db_e add_rows(cpts_daily_t *daily, cpts_db_t *db, cpts_db_e rc)
{
    int more = rc == CPTS_DB_OK;

    while (more) {
        rc = cpts_db_step(db);
        more = rc == CPTS_DB_ROW;
        if (more) {
            add(daily, cpts_db_int64(db, 0), cpts_db_int64(db, 1));
        }
    }
    return rc;
}

/* Another day, or a database that went back. */
static int is_stale(const cpts_daily_t *daily, int64_t last, int64_t day_begin)
{
    return !daily->counts || daily->day_begin != day_begin
           || daily->last > last;
}

static cpts_db_e catch_up(cpts_daily_t *daily, cpts_db_t *db, int64_t last,
                          int64_t day_begin)
{
    cpts_db_e rc;

    if (is_stale(daily, last, day_begin)) {
        cpts_daily_forget(daily);
        daily->counts = apr_hash_make(daily->pool);
        daily->day_begin = day_begin;
        rc = cpts_db_begin(db, CPTS_SQL_SHOWN_SINCE, "l", day_begin);
    }
    else if (daily->last < last) {
        rc = cpts_db_begin(db, CPTS_SQL_SHOWN_AFTER, "ll", daily->last,
                           day_begin);
    }
    else {
        return CPTS_DB_OK;
    }
    rc = add_rows(daily, db, rc);
    if (rc == CPTS_DB_OK) {
        daily->last = last;
    }
    else {
        cpts_daily_forget(daily);
    }
    cpts_db_end(db);
    return rc;
}

cpts_db_e cpts_daily_count(int *count, cpts_daily_t *daily, cpts_db_t *db,
                           int64_t account, int64_t day_begin)
{
    cpts_journal_ends_t *ends;
    const counted_t *counted;
    cpts_db_e rc = cpts_journal_ends(&ends, db);

    if (rc == CPTS_DB_OK) {
        rc = catch_up(daily, db, ends->last, day_begin);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    counted = apr_hash_get(daily->counts, &account, sizeof(account));
    *count = counted ? (int)counted->count : 0;
    return CPTS_DB_OK;
}

void cpts_daily_add(cpts_daily_t *daily, int64_t account, int64_t id,
                    int64_t at)
{
    if (!daily->counts || id != daily->last + 1) {
        return; /* the next count catches up */
    }
    if (at >= daily->day_begin) {
        add(daily, account, 1);
    }
    daily->last = id;
}
