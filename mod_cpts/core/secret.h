/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: made into bcrypt hashes, and checked against them. */

/**
 * @file secret.h
 */
#ifndef CPTS_CORE_SECRET_H
#define CPTS_CORE_SECRET_H

#include <apr_pools.h>

/** bcrypt cost: 2^10 rounds, about 50 ms on a server of 2020. */
#define CPTS_BCRYPT_COST 10

/** Hash a password with a random salt; NULL on failure. */
const char *cpts_secret_hash(apr_pool_t *pool, const char *password);

/**
 * Check a password.
 * @param hash NULL for an unknown account: the same work is done, and the
 * answer is no.
 * @return 1 when right.
 */
int cpts_secret_check(const char *password, const char *hash);

#endif
