/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency keys in the database. */

#include "store/idempotency.h"

#include <string.h>

#include <apr_strings.h>

cpts_db_e cpts_outcome_find(cpts_outcome_t *outcome, cpts_db_t *db,
                            apr_pool_t *pool)
{
    const char *digest;
    cpts_db_e rc
        = cpts_db_begin(db, CPTS_SQL_OUTCOME_FIND, "ssl", outcome->account,
                        outcome->key, outcome->at - CPTS_IDEMPOTENCY_LIFE);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            return CPTS_DB_NONE;
        }
    }
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    digest = cpts_db_text(db, 0);
    rc = digest && strcmp(digest, outcome->digest) == 0 ? CPTS_DB_OK
                                                        : CPTS_DB_CONFLICT;
    outcome->status = (int)cpts_db_int64(db, 1);
    outcome->about = apr_pstrdup(pool, cpts_db_text(db, 2));
    cpts_db_end(db);
    return rc;
}

cpts_db_e cpts_outcome_save(cpts_db_t *db, const cpts_outcome_t *outcome)
{
    cpts_db_e rc = cpts_db_run(db, NULL, CPTS_SQL_OUTCOME_PURGE, "l",
                               outcome->at - CPTS_IDEMPOTENCY_LIFE);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_OUTCOME_SAVE, "sssisl",
                         outcome->account, outcome->key, outcome->digest,
                         outcome->status, outcome->about, outcome->at);
    }
    return rc;
}
