/* SPDX-License-Identifier: Apache-2.0 */
/* Logins that were right a moment ago: bcrypt is paid once per child. */

#include "httpd/login.h"

#include <string.h>

#include <apr_general.h>
#include <apr_siphash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <httpd.h>
#include <http_log.h>

#include "httpd/config.h"

APLOG_USE_MODULE(cpts);

/* A newcomer takes the place of whoever had it: that one pays once more. */
#define PLACES 1024

/* 128 bits: two 64-bit digests under independent keys. */
typedef struct {
    apr_uint64_t half[2];
} digest_t;

typedef struct {
    unsigned char keys[2][APR_SIPHASH_KSIZE];
    digest_t places[PLACES];
    apr_thread_mutex_t *mutex; /* of places; NULL: nothing is kept */
} logins_t;

static logins_t *logins;

/* Fields are told apart by their final NULs. */
static digest_t digest_of(request_rec *r, const cpts_account_t *account,
                          const char *password)
{
    const char *parts[] = { cpts_config_of(r->server)->database, account->name,
                            account->hash, password };
    char *text;
    char *end;
    size_t size = 0;
    size_t i;
    digest_t digest;

    for (i = 0; i < 4; i++) {
        size += strlen(parts[i]) + 1;
    }
    text = end = apr_palloc(r->pool, size);
    for (i = 0; i < 4; i++) {
        size_t length = strlen(parts[i]) + 1;

        memcpy(end, parts[i], length);
        end += length;
    }
    for (i = 0; i < 2; i++) {
        digest.half[i] = apr_siphash24(text, size, logins->keys[i]);
    }
    memset(text, 0, size);
    return digest;
}

static digest_t *place_of(request_rec *r, const cpts_account_t *account)
{
    const char *text
        = apr_pstrcat(r->pool, cpts_config_of(r->server)->database, "\n",
                      account->name, NULL);

    return &logins->places[apr_siphash24(text, strlen(text), logins->keys[0])
                           % PLACES];
}

int cpts_login_known(request_rec *r, const cpts_account_t *account,
                     const char *password)
{
    digest_t digest;
    digest_t kept;

    if (!logins) {
        return 0;
    }
    digest = digest_of(r, account, password);
    apr_thread_mutex_lock(logins->mutex);
    kept = *place_of(r, account);
    apr_thread_mutex_unlock(logins->mutex);
    return ((digest.half[0] ^ kept.half[0]) | (digest.half[1] ^ kept.half[1]))
           == 0;
}

void cpts_login_keep(request_rec *r, const cpts_account_t *account,
                     const char *password)
{
    digest_t digest;

    if (!logins) {
        return;
    }
    digest = digest_of(r, account, password);
    apr_thread_mutex_lock(logins->mutex);
    *place_of(r, account) = digest;
    apr_thread_mutex_unlock(logins->mutex);
}

/* Without a key nothing is kept, and each login is looked at in full. */
static void child_init(apr_pool_t *pool, server_rec *main)
{
    logins_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t rv
        = apr_generate_random_bytes(&made->keys[0][0], sizeof(made->keys));

    logins = NULL;
    if (rv == APR_SUCCESS) {
        rv = apr_thread_mutex_create(&made->mutex, APR_THREAD_MUTEX_DEFAULT,
                                     pool);
    }
    if (rv == APR_SUCCESS) {
        logins = made;
        return;
    }
    ap_log_error(APLOG_MARK, APLOG_WARNING, rv, main,
                 "CPTS027: right logins are not remembered");
}

void cpts_login_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
