/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts that this child has read, as long as they surely hold. */

/**
 * @file accounts.h
 * @brief A fixed number of places in each child process.  What is in one is
 * right while no change was committed by this httpd, by another one or by
 * cptsctl since it was read (see cpts_mark_t), and for CptsRefresh at most:
 * for what has changed the database without a word.  With CptsRefresh 0, and
 * where the word of others cannot be had, nothing is remembered.
 */
#ifndef CPTS_HTTPD_ACCOUNTS_H
#define CPTS_HTTPD_ACCOUNTS_H

#include <httpd.h>

#include "store/account.h"

/**
 * The account of a name of this request's territory, if it is remembered.
 * @param account in r->pool; what people are (email, profession, structure)
 * is not remembered and NULL
 * @return 1 or 0
 */
int cpts_accounts_recall(cpts_account_t *account, request_rec *r,
                         const char *name);

/** The same from the database, and remember it.
 * @return CPTS_DB_OK, CPTS_DB_NONE, or why it cannot be known */
cpts_db_e cpts_accounts_read(cpts_account_t *account, request_rec *r,
                             const char *name);

/** Hook child_init: the places. */
void cpts_accounts_register_hooks(apr_pool_t *pool);

#endif
