/* SPDX-License-Identifier: Apache-2.0 */
/* Links in mails: one confirmation or one pause without signing in. */

#include "store/link.h"

#include <string.h>

#include <apr_strings.h>
#include <sodium.h>

#define LIFE ((int64_t)CPTS_LINK_DAYS * 86400)

/* What is kept of a token; -1 when it is none. */
static int hash_of(unsigned char hash[CPTS_TOKEN_HASH], const char *token)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];
    int rc = cpts_token_parse(bytes, token);

    if (rc == 0) {
        rc = cpts_token_hash(hash, bytes);
    }
    sodium_memzero(bytes, sizeof(bytes));
    return rc;
}

cpts_db_e cpts_link_make(char token[CPTS_TOKEN_SIZE],
                         unsigned char hash[CPTS_TOKEN_HASH], cpts_db_t *db,
                         int64_t sheet, int64_t account, int64_t now)
{
    if (cpts_token_make(token) != 0 || hash_of(hash, token) != 0) {
        sodium_memzero(token, CPTS_TOKEN_SIZE);
        cpts_db_explain(db, "no token could be made");
        return CPTS_DB_ERROR;
    }
    return cpts_db_run(db, NULL, CPTS_SQL_LINK_ADD, "bllll", hash,
                       CPTS_TOKEN_HASH, sheet, account, now, now + LIFE);
}

cpts_db_e cpts_link_forget(cpts_db_t *db,
                           const unsigned char hash[CPTS_TOKEN_HASH])
{
    return cpts_db_run(db, NULL, CPTS_SQL_LINK_FORGET, "b", hash,
                       CPTS_TOKEN_HASH);
}

static void read_row(cpts_link_t *out, cpts_db_t *db, int64_t now,
                     apr_pool_t *pool)
{
    out->rpps = apr_pstrdup(pool, cpts_db_text(db, 2));
    out->actor.account = apr_pstrdup(pool, cpts_db_text(db, 3));
    out->actor.id = cpts_db_int64(db, 4);
    out->actor.role = CPTS_DOCTOR;
    out->actor.rpps = out->rpps;
    out->state = !out->rpps                    ? CPTS_LINK_DEAD
                 : cpts_db_int64(db, 1) != 0   ? CPTS_LINK_USED
                 : cpts_db_int64(db, 0) <= now ? CPTS_LINK_EXPIRED
                                               : CPTS_LINK_ALIVE;
}

cpts_db_e cpts_link_find(cpts_link_t *out, cpts_db_t *db, const char *token,
                         int64_t now, apr_pool_t *pool)
{
    cpts_db_e rc;

    memset(out, 0, sizeof(*out));
    if (hash_of(out->hash, token) != 0) {
        return CPTS_DB_NONE;
    }
    rc = cpts_db_first(db, CPTS_SQL_LINK_READ, "b", out->hash,
                       CPTS_TOKEN_HASH);
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    read_row(out, db, now, pool);
    cpts_db_end(db);
    return CPTS_DB_OK;
}

cpts_db_e cpts_link_use(cpts_db_t *db, const cpts_link_t *link, int64_t now)
{
    int changed = 0;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_LINK_USE, "bl",
                               link->hash, CPTS_TOKEN_HASH, now);

    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_CONSTRAINT : rc;
}
