/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication provider "cpts": accounts of the territory's database. */

#include "httpd/authn.h"

#include <string.h>

#include <apr_siphash.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "core/secret.h"
#include "httpd/accounts.h"
#include "httpd/identity.h"
#include "httpd/login.h"
#include "httpd/problem.h"
#include "httpd/request.h"
#include "httpd/shared.h"

APLOG_USE_MODULE(cpts);

/* The part of an address that one client cannot change at will: 64 bits of
 * an IPv6 one. */
static const char *network_of(const request_rec *r)
{
    const apr_sockaddr_t *address = r->useragent_addr;
    const unsigned char *bytes;

    if (!address || address->family != APR_INET6) {
        return r->useragent_ip ? r->useragent_ip : "";
    }
    bytes = address->ipaddr_ptr;
    if (memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
        return r->useragent_ip;
    }
    return apr_psprintf(r->pool, "%02x%02x:%02x%02x:%02x%02x:%02x%02x",
                        bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                        bytes[5], bytes[6], bytes[7]);
}

/* Who is counted: an account name (there or not) tried from a network. */
static uint64_t who_tries(request_rec *r, const char *name)
{
    char *text = apr_pstrcat(r->pool, cpts_config_of(r->server)->database,
                             "\n", network_of(r), "\n", name, NULL);
    uint64_t who;

    ap_str_tolower(text);
    who = apr_siphash24(text, strlen(text), cpts_shared_key());
    return who ? who : 1;
}

static int64_t now(void)
{
    return apr_time_as_msec(apr_time_now());
}

/* 1 when it is too early to try again; the answer is then settled. */
static int must_wait(request_rec *r, uint64_t who)
{
    int wait = cpts_shared_wait(who, now());

    if (wait > 0) {
        cpts_problem(r, HTTP_TOO_MANY_REQUESTS, "too_many_failures",
                     "Trop d’essais infructueux pour ce compte : patientez "
                     "avant de réessayer.");
        cpts_problem_retry(r, wait);
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "CPTS028: too many failed logins, %d s to wait", wait);
    }
    return wait > 0;
}

/* Without bcrypt and without a query; who is not let in by this is looked at
 * in full, by what the database says now. */
static int is_remembered(request_rec *r, const char *name,
                         const char *password)
{
    cpts_account_t account;

    if (!cpts_accounts_recall(&account, r, name) || account.disabled
        || !cpts_login_known(r, &account, password)) {
        return 0;
    }
    cpts_identity_set(r, &account);
    return 1;
}

/* The same work for a wrong password, a disabled and an unknown account. */
static int is_right(request_rec *r, const cpts_account_t *account,
                    const char *password)
{
    if (!account || account->disabled
        || strlen(password) > CPTS_PASSWORD_MAX) {
        return cpts_secret_check(password, NULL);
    }
    if (cpts_login_known(r, account, password)) {
        return 1;
    }
    if (!cpts_secret_check(password, account->hash)) {
        return 0;
    }
    cpts_login_keep(r, account, password);
    return 1;
}

/* Others may have failed while this one was being looked at: an answer that
 * comes after the limit tells nothing, right or wrong. */
static authn_status decide(request_rec *r, const cpts_account_t *account,
                           const char *password, uint64_t who)
{
    int right = is_right(r, account, password);

    if (must_wait(r, who)) {
        return AUTH_DENIED;
    }
    if (right) {
        cpts_shared_forgive(who);
        cpts_identity_set(r, account);
        return AUTH_GRANTED;
    }
    cpts_shared_fail(who, now());
    cpts_problem(r, HTTP_UNAUTHORIZED, "wrong_login",
                 "Nom de compte ou mot de passe incorrect.");
    return account ? AUTH_DENIED : AUTH_USER_NOT_FOUND;
}

static authn_status check_password(request_rec *r, const char *name,
                                   const char *password)
{
    uint64_t who;
    cpts_account_t account;
    cpts_db_e kind;

    if (!cpts_config_of(r->server)->territory) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPTS029: provider cpts in a server without "
                      "CptsTerritory");
        return AUTH_GENERAL_ERROR;
    }
    who = who_tries(r, name);
    if (must_wait(r, who)) {
        return AUTH_DENIED;
    }
    if (is_remembered(r, name, password)) {
        cpts_shared_forgive(who);
        return AUTH_GRANTED;
    }
    kind = cpts_accounts_read(&account, r, name);
    if (kind != CPTS_DB_OK && kind != CPTS_DB_NONE) {
        cpts_problem_db(r, kind, NULL);
        return AUTH_GENERAL_ERROR;
    }
    return decide(r, kind == CPTS_DB_OK ? &account : NULL, password, who);
}

static const authn_provider provider = { check_password, NULL };

void cpts_authn_register_hooks(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHN_PROVIDER_GROUP, "cpts",
                              AUTHN_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
