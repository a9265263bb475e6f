/* SPDX-License-Identifier: Apache-2.0 */
/* Delegates: accounts that a doctor has named to act on the own sheet. */

/**
 * @file delegate.h
 */
#ifndef CPTS_STORE_DELEGATE_H
#define CPTS_STORE_DELEGATE_H

#include "store/actor.h"
#include "store/db.h"

typedef struct {
    const char *account;
    const char *email;  /**< or NULL */
    int64_t created_at; /**< seconds since 1970 */
} cpts_delegate_t;

typedef cpts_db_e cpts_delegate_row_fn(void *baton,
                                       const cpts_delegate_t *row);

/** Those of a sheet, by name.  Row memory lives during the call.
 * @return CPTS_DB_FORBIDDEN when they are not for @a actor to see. */
cpts_db_e cpts_delegate_list(cpts_db_t *db, const cpts_actor_t *actor,
                             const char *rpps, cpts_delegate_row_fn *fn,
                             void *baton);

/** Disable one: it may do nothing from now on.
 * @return CPTS_DB_FORBIDDEN, or CPTS_DB_NONE when there is no such one. */
cpts_db_e cpts_delegate_revoke(cpts_db_t *db, const cpts_actor_t *actor,
                               const char *rpps, const char *account);

#endif
