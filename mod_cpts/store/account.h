/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts: name, bcrypt hash, role, own RPPS, who they are. */

/**
 * @file account.h
 */
#ifndef CPTS_STORE_ACCOUNT_H
#define CPTS_STORE_ACCOUNT_H

#include "core/role.h"
#include "store/actor.h"
#include "store/db.h"

/** A delegate's whose doctor has no account that may sign in. */
#define CPTS_ACCOUNT_ORPHAN 2

typedef struct {
    const char *name;
    const char *hash; /**< bcrypt */
    int role;         /**< cpts_role_e */
    const char *rpps; /**< a doctor's, a delegate's doctor's, else NULL */
    /** 1, or CPTS_ACCOUNT_ORPHAN; either way nothing may be done with it. */
    int disabled;
    int64_t created_at; /**< seconds since 1970 */
    int64_t id;         /**< read only: what the journal keeps */
    /** All four NULL when they are not known. */
    const char *email, *profession, *structure;
    const char *terms; /**< version of the text accepted */
    int64_t terms_at;  /**< seconds since 1970, 0: never */
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
/** @param email NULL: none */
cpts_db_e cpts_account_set_email(cpts_db_t *db, const char *name,
                                 const char *email);

/** Note which text was accepted, and when. @param id of the account */
cpts_db_e cpts_account_set_terms(cpts_db_t *db, int64_t id,
                                 const char *version, int64_t at);

/**
 * Whether who was let in may still act: looked at inside a transaction, which
 * may have waited for the one that shut them out.
 * @return CPTS_DB_NONE when the account was erased or disabled since (for a
 * delegate: that or the doctor's), or has another role or RPPS.
 */
cpts_db_e cpts_account_still(cpts_db_t *db, const cpts_actor_t *actor);

typedef cpts_db_e cpts_account_row_fn(void *baton, const cpts_account_t *row);
cpts_db_e cpts_account_list(cpts_db_t *db, cpts_account_row_fn *fn,
                            void *baton, apr_pool_t *pool);

#endif
