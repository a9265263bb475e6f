/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords: made into bcrypt hashes, and checked against them. */

#include "core/secret.h"

#include <string.h>
#include <strings.h>

#include <apr_general.h>
#include <apr_md5.h>
#include <apr_strings.h>

#include "core/role.h"

#define SALT_SIZE 16
/* "$2y$10$" + 22 characters of salt + 31 of hash, and room. */
#define HASH_SIZE 120

/* The hash of a random password that nobody has, at the same cost: checking
 * against it takes the time of a real check. */
static const char nobody[]
    = "$2y$10$abcdefghijklmnopqrstuuJQ7P0ZC1r3j9FqYb1CkJrW3sVf0oW2y";

const char *cpts_secret_hash(apr_pool_t *pool, const char *password)
{
    unsigned char salt[SALT_SIZE];
    char out[HASH_SIZE];

    if (apr_generate_random_bytes(salt, sizeof(salt)) != APR_SUCCESS
        || apr_bcrypt_encode(password, CPTS_BCRYPT_COST, salt, sizeof(salt),
                             out, sizeof(out))
               != APR_SUCCESS) {
        return NULL;
    }
    return apr_pstrdup(pool, out);
}

/* 1 when a text is the beginning of one of these, in either case. */
static int is_a_run(const char *password)
{
    static const char *const runs[]
        = { "01234567890123456789", "12345678901234567890",
            "98765432109876543210", "abcdefghijklmnopqrstuvwxyz",
            "azertyuiopqsdfghjklm", "qwertyuiopasdfghjkl",
            "motdepasse",           "passwordpassword" };
    size_t length = strlen(password);
    size_t i;

    for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        if (strncasecmp(password, runs[i], length) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_name(const char *password, const char *account)
{
    size_t length = strlen(password);

    return strncasecmp(password, account, length) == 0
           && (account[length] == '\0' || account[length] == '@');
}

int cpts_secret_is_weak(const char *password, const char *account)
{
    const char again[2] = { *password, '\0' };
    size_t length = strlen(password);

    return length < CPTS_PASSWORD_GOOD || strspn(password, again) == length
           || is_name(password, account) || is_a_run(password);
}

int cpts_secret_check(const char *password, const char *hash)
{
    apr_status_t rv = apr_password_validate(password, hash ? hash : nobody);

    return hash != NULL && rv == APR_SUCCESS;
}
