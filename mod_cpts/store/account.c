/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts in the database. */

#include "store/account.h"

#include <apr_strings.h>

static void read_row(cpts_account_t *out, cpts_db_t *db, apr_pool_t *pool)
{
    out->name = apr_pstrdup(pool, cpts_db_text(db, 0));
    out->hash = apr_pstrdup(pool, cpts_db_text(db, 1));
    out->role = cpts_role_parse(cpts_db_text(db, 2));
    out->rpps = apr_pstrdup(pool, cpts_db_text(db, 3));
    out->disabled = (int)cpts_db_int64(db, 4);
    out->created_at = cpts_db_int64(db, 5);
    out->id = cpts_db_int64(db, 6);
    out->email = apr_pstrdup(pool, cpts_db_text(db, 7));
    out->profession = apr_pstrdup(pool, cpts_db_text(db, 8));
    out->structure = apr_pstrdup(pool, cpts_db_text(db, 9));
    out->terms = apr_pstrdup(pool, cpts_db_text(db, 10));
    out->terms_at = cpts_db_int64(db, 11);
}

cpts_db_e cpts_account_read(cpts_account_t *out, cpts_db_t *db,
                            const char *name, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_ACCOUNT_READ, "s", name);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            return CPTS_DB_NONE;
        }
    }
    if (rc == CPTS_DB_ROW) {
        read_row(out, db, pool);
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

cpts_db_e cpts_account_add(cpts_db_t *db, const cpts_account_t *account)
{
    return cpts_db_run(db, NULL, CPTS_SQL_ACCOUNT_ADD, "ssssilssssl",
                       account->name, account->hash,
                       cpts_role_words[account->role], account->rpps,
                       account->disabled, account->created_at, account->email,
                       account->profession, account->structure, account->terms,
                       account->terms_at);
}

static cpts_db_e changed_one(cpts_db_e rc, int changed)
{
    return rc == CPTS_DB_OK && changed == 0 ? CPTS_DB_NONE : rc;
}

cpts_db_e cpts_account_set_hash(cpts_db_t *db, const char *name,
                                const char *hash)
{
    int changed;
    cpts_db_e rc
        = cpts_db_run(db, &changed, CPTS_SQL_ACCOUNT_HASH, "ss", name, hash);

    return changed_one(rc, changed);
}

cpts_db_e cpts_account_set_role(cpts_db_t *db, const char *name, int role,
                                const char *rpps)
{
    int changed;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_ACCOUNT_ROLE, "sss",
                               name, cpts_role_words[role], rpps);

    return changed_one(rc, changed);
}

cpts_db_e cpts_account_set_disabled(cpts_db_t *db, const char *name,
                                    int disabled)
{
    int changed;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_ACCOUNT_DISABLED, "si",
                               name, disabled != 0);

    return changed_one(rc, changed);
}

cpts_db_e cpts_account_set_email(cpts_db_t *db, const char *name,
                                 const char *email)
{
    int changed;
    cpts_db_e rc
        = cpts_db_run(db, &changed, CPTS_SQL_ACCOUNT_EMAIL, "ss", name, email);

    return changed_one(rc, changed);
}

cpts_db_e cpts_account_set_terms(cpts_db_t *db, int64_t id,
                                 const char *version, int64_t at)
{
    int changed;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_ACCOUNT_TERMS, "lsl", id,
                               version, at);

    return changed_one(rc, changed);
}

cpts_db_e cpts_account_still(cpts_db_t *db, const cpts_actor_t *actor)
{
    int64_t one;

    return cpts_db_number(&one, db, CPTS_SQL_ACCOUNT_STILL, "lss", actor->id,
                          cpts_role_words[actor->role], actor->rpps);
}

cpts_db_e cpts_account_list(cpts_db_t *db, cpts_account_row_fn *fn,
                            void *baton, apr_pool_t *pool)
{
    cpts_account_t row;
    apr_pool_t *own;
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_ACCOUNT_LIST, "");

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        cpts_db_end(db);
        return CPTS_DB_ERROR;
    }
    while ((rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        apr_pool_clear(own);
        read_row(&row, db, own);
        rc = fn(baton, &row);
        if (rc != CPTS_DB_OK) {
            break;
        }
    }
    cpts_db_end(db);
    apr_pool_destroy(own);
    return rc;
}
