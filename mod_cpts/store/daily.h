/* SPDX-License-Identifier: Apache-2.0 */
/* How many consultations each account has had today, without counting. */

/**
 * @file daily.h
 * @brief A copy in memory of what the journal says, kept abreast of it: the
 * entries of others are read when the write lock is held, one's own are added
 * as they are written.  So the ceiling holds whoever writes, and costs no
 * search.  One thread at a time: whoever holds the write lock.
 */
#ifndef CPTS_STORE_DAILY_H
#define CPTS_STORE_DAILY_H

#include "store/db.h"

typedef struct cpts_daily_t cpts_daily_t;

/** An empty copy, that lives as long as @a pool. */
cpts_daily_t *cpts_daily_create(apr_pool_t *pool);

/**
 * Consultations of an account since the beginning of the day, inside the
 * caller's write transaction.
 * @param day_begin seconds since 1970
 */
cpts_db_e cpts_daily_count(int *count, cpts_daily_t *daily, cpts_db_t *db,
                           int64_t account, int64_t day_begin);

/** One was just appended to the journal as entry @a id, in the same
 * transaction. @param at when, seconds since 1970 */
void cpts_daily_add(cpts_daily_t *daily, int64_t account, int64_t id,
                    int64_t at);

/** The transaction came to nothing: all is read anew. */
void cpts_daily_forget(cpts_daily_t *daily);

#endif
