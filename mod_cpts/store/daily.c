/* SPDX-License-Identifier: Apache-2.0 */
/* How many consultations each account has had today, without counting. */

#include "store/daily.h"

#include <stdlib.h>

#include "store/journal_chain.h"

/* Places at first, and always a power of 2. */
#define ROOM_LEAST 16

typedef struct {
    int64_t account;
    int64_t count; /* 0: nobody's place */
} counted_t;

/* A table and no pool: hundreds of territories have a few accounts each. */
struct cpts_daily_t {
    counted_t *counts;
    size_t room, used;
    int known; /* 0: nothing is, and the table is empty */
    int64_t day_begin;
    int64_t last; /* entries up to this one are counted */
};

static apr_status_t cleanup(void *data)
{
    cpts_daily_forget(data);
    return APR_SUCCESS;
}

cpts_daily_t *cpts_daily_create(apr_pool_t *pool)
{
    cpts_daily_t *daily = apr_pcalloc(pool, sizeof(*daily));

    apr_pool_cleanup_register(pool, daily, cleanup, apr_pool_cleanup_null);
    return daily;
}

void cpts_daily_forget(cpts_daily_t *daily)
{
    free(daily->counts);
    daily->counts = NULL;
    daily->room = daily->used = 0;
    daily->known = 0;
}

/* The place of an account, or the free one that it would take; there is
 * always one. */
static counted_t *find(counted_t *counts, size_t room, int64_t account)
{
    /* the golden ratio spreads numbers that follow one another */
    size_t i = (uint64_t)account * UINT64_C(0x9e3779b97f4a7c15) >> 32;

    i &= room - 1;
    while (counts[i].count && counts[i].account != account) {
        i = (i + 1) & (room - 1);
    }
    return &counts[i];
}

static int grow(cpts_daily_t *daily)
{
    size_t room = daily->room ? 2 * daily->room : ROOM_LEAST;
    counted_t *counts = calloc(room, sizeof(*counts));
    size_t i;

    if (!counts) {
        return -1;
    }
    for (i = 0; i < daily->room; i++) {
        if (daily->counts[i].count) {
            *find(counts, room, daily->counts[i].account) = daily->counts[i];
        }
    }
    free(daily->counts);
    daily->counts = counts;
    daily->room = room;
    return 0;
}

/* 0, or -1: memory is short. */
static int add(cpts_daily_t *daily, int64_t account, int64_t count)
{
    counted_t *counted;

    if (2 * daily->used >= daily->room && grow(daily) != 0) {
        return -1;
    }
    counted = find(daily->counts, daily->room, account);
    daily->used += !counted->count;
    counted->account = account;
    counted->count += count;
    return 0;
}

/* The rows of a statement under way: account, count. */
static cpts_db_e add_rows(cpts_daily_t *daily, cpts_db_t *db, cpts_db_e rc)
{
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        rc = CPTS_DB_OK;
        if (add(daily, cpts_db_int64(db, 0), cpts_db_int64(db, 1)) != 0) {
            cpts_db_explain(db, "short of memory");
            rc = CPTS_DB_ERROR;
        }
    }
    return rc;
}

/* Another day, or a database that went back. */
static int is_stale(const cpts_daily_t *daily, int64_t last, int64_t day_begin)
{
    return !daily->known || daily->day_begin != day_begin
           || daily->last > last;
}

static cpts_db_e catch_up(cpts_daily_t *daily, cpts_db_t *db, int64_t last,
                          int64_t day_begin)
{
    cpts_db_e rc;

    if (is_stale(daily, last, day_begin)) {
        cpts_daily_forget(daily);
        daily->known = 1;
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
    cpts_db_e rc = cpts_journal_ends(&ends, db);

    if (rc == CPTS_DB_OK) {
        rc = catch_up(daily, db, ends->last, day_begin);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    *count = daily->used
                 ? (int)find(daily->counts, daily->room, account)->count
                 : 0;
    return CPTS_DB_OK;
}

void cpts_daily_add(cpts_daily_t *daily, int64_t account, int64_t id,
                    int64_t at)
{
    if (!daily->known || id != daily->last + 1) {
        return; /* the next count catches up */
    }
    if (at >= daily->day_begin && add(daily, account, 1) != 0) {
        cpts_daily_forget(daily);
        return;
    }
    daily->last = id;
}
