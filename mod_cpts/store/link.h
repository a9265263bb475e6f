/* SPDX-License-Identifier: Apache-2.0 */
/* Links in mails: one confirmation or one pause without signing in. */

/**
 * @file link.h
 * @brief Whoever has the token of a link may do one thing once, as the doctor
 * whom it was sent to.  The database keeps the hash of a token only.
 */
#ifndef CPTS_STORE_LINK_H
#define CPTS_STORE_LINK_H

#include "core/token.h"
#include "store/actor.h"
#include "store/db.h"

/** How long a link can be used, days. */
#define CPTS_LINK_DAYS 30

typedef enum {
    CPTS_LINK_ALIVE,
    CPTS_LINK_USED,
    CPTS_LINK_EXPIRED,
    CPTS_LINK_DEAD /**< the account or the sheet is not there any more, or is
                        not the doctor's */
} cpts_link_state_e;

typedef struct {
    unsigned char hash[CPTS_TOKEN_HASH];
    cpts_link_state_e state;
    const char *rpps;   /**< of the sheet; NULL when it is dead */
    cpts_actor_t actor; /**< whom the link was sent to; not when dead */
} cpts_link_t;

/**
 * Make a link, inside the caller's transaction.
 * @param token its text, to be wiped by the caller; empty on failure
 * @param hash what the database keeps
 */
cpts_db_e cpts_link_make(char token[CPTS_TOKEN_SIZE],
                         unsigned char hash[CPTS_TOKEN_HASH], cpts_db_t *db,
                         int64_t sheet, int64_t account, int64_t now);

/** Forget a link that did not leave the server. */
cpts_db_e cpts_link_forget(cpts_db_t *db,
                           const unsigned char hash[CPTS_TOKEN_HASH]);

/** Find a link by its token; CPTS_DB_NONE when there is none. */
cpts_db_e cpts_link_find(cpts_link_t *out, cpts_db_t *db, const char *token,
                         int64_t now, apr_pool_t *pool);

/** Use up a link inside the caller's transaction. @return CPTS_DB_CONSTRAINT
 * when somebody was faster, or when it has expired. */
cpts_db_e cpts_link_use(cpts_db_t *db, const cpts_link_t *link, int64_t now);

#endif
