/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: the account behind r->user, whoever authenticated it. */

/**
 * @file identity.h
 */
#ifndef CPTS_HTTPD_IDENTITY_H
#define CPTS_HTTPD_IDENTITY_H

#include <httpd.h>

#include "store/account.h"
#include "store/sheet.h"

/**
 * The account of r->user, read once per request.
 * @return CPTS_DB_OK; CPTS_DB_NONE when there is no such account, or it is
 * disabled, or nobody signed in; or what is wrong with the database.
 */
cpts_db_e cpts_identity_read(request_rec *r, cpts_actor_t *actor);

/** Keep an account that was read already, by our own authentication. */
void cpts_identity_set(request_rec *r, const cpts_account_t *account);

#endif
