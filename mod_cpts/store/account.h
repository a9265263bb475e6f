/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: name, bcrypt hash, role, own RPPS. */

/**
 * @file account.h
 */
#ifndef CPTS_STORE_ACCOUNT_H
#define CPTS_STORE_ACCOUNT_H

#include "core/role.h"
#include "store/db.h"

typedef struct {
    const char *name;
    const char *hash; /**< bcrypt */
    int role;         /**< cpts_role_e */
    const char *rpps; /**< a doctor's, else NULL */
    int disabled;
    int64_t created_at; /**< seconds since 1970 */
} cpts_account_t;

/** Read one, CPTS_DB_NONE when absent; disabled ones are returned too. */
cpts_db_e cpts_account_read(cpts_account_t *out, cpts_db_t *db,
                            const char *name, apr_pool_t *pool);
cpts_db_e cpts_account_add(cpts_db_t *db, const cpts_account_t *account);
cpts_db_e cpts_account_set_hash(cpts_db_t *db, const char *name,
                                const char *hash);
cpts_db_e cpts_account_set_role(cpts_db_t *db, const char *name, int role,
                                const char *rpps);
cpts_db_e cpts_account_set_disabled(cpts_db_t *db, const char *name,
                                    int disabled);

typedef cpts_db_e cpts_account_row_fn(void *baton, const cpts_account_t *row);
cpts_db_e cpts_account_list(cpts_db_t *db, cpts_account_row_fn *fn,
                            void *baton, apr_pool_t *pool);

#endif
