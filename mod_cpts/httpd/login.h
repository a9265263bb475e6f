/* SPDX-License-Identifier: Apache-2.0 */
/* Logins that were right a moment ago: bcrypt is paid once per child. */

/**
 * @file login.h
 * @brief A fixed table in each child process of keyed digests of (database,
 * account, bcrypt hash, password).  The hash is the one just read from the
 * database: once the password is changed, the old one is not found here.
 * Passwords cannot be got back from it; the key is random and never leaves
 * the process.
 */
#ifndef CPTS_HTTPD_LOGIN_H
#define CPTS_HTTPD_LOGIN_H

#include <httpd.h>

#include "store/account.h"

/** 1 when this password was right for this very hash. */
int cpts_login_known(request_rec *r, const cpts_account_t *account,
                     const char *password);

/** Keep that it was. */
void cpts_login_keep(request_rec *r, const cpts_account_t *account,
                     const char *password);

/** Hook child_init: the key. */
void cpts_login_register_hooks(apr_pool_t *pool);

#endif
