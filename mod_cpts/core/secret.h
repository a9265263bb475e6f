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
 * 1 when a password would be among the first that somebody tries: shorter
 * than CPTS_PASSWORD_GOOD bytes, the name of the account or the part of it
 * before "@", one character again and again, a run of the keyboard.
 */
int cpts_secret_is_weak(const char *password, const char *account);

/**
 * Check a password.
 * @param hash NULL for an unknown account: the same work is done, and the
 * answer is no.
 * @return 1 when right.
 */
int cpts_secret_check(const char *password, const char *hash);

#endif
