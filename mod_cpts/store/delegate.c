/* SPDX-License-Identifier: Apache-2.0 */
/* Delegates in the database: accounts bound to a doctor's sheet. */

#include "store/delegate.h"

#include <string.h>

/* The doctor of the sheet and the coordination: nobody else, not even a
 * delegate. */
static int is_theirs(const cpts_actor_t *actor, const char *rpps)
{
    return actor->role == CPTS_COORDINATOR
           || (actor->role == CPTS_DOCTOR && actor->rpps
               && strcmp(actor->rpps, rpps) == 0);
}

cpts_db_e cpts_delegate_list(cpts_db_t *db, const cpts_actor_t *actor,
                             const char *rpps, cpts_delegate_row_fn *fn,
                             void *baton)
{
    cpts_db_e rc;

    if (!is_theirs(actor, rpps)) {
        return CPTS_DB_FORBIDDEN;
    }
    rc = cpts_db_begin(db, CPTS_SQL_DELEGATE_LIST, "sss",
                       cpts_role_words[actor->role], actor->rpps, rpps);
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        cpts_delegate_t row = { cpts_db_text(db, 0), cpts_db_text(db, 1),
                                cpts_db_int64(db, 2) };

        rc = fn(baton, &row);
    }
    cpts_db_end(db);
    return rc;
}

cpts_db_e cpts_delegate_revoke(cpts_db_t *db, const cpts_actor_t *actor,
                               const char *rpps, const char *account)
{
    int changed = 0;
    cpts_db_e rc;

    if (!is_theirs(actor, rpps)) {
        return CPTS_DB_FORBIDDEN;
    }
    rc = cpts_db_run(db, &changed, CPTS_SQL_DELEGATE_REVOKE, "ssss",
                     cpts_role_words[actor->role], actor->rpps, rpps, account);
    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_NONE : rc;
}
