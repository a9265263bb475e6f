/* SPDX-License-Identifier: Apache-2.0 */
/* Before the handler: API addresses are no files, and may be unavailable. */

#include "httpd/access.h"

#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_core.h>
#include <http_request.h>

#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/request.h"

#define FORM "application/x-www-form-urlencoded"

/* --- no file system: httpd would walk down to a file that never exists */

static int translate_name(request_rec *r)
{
    if (!cpts_request_path(r)) {
        return DECLINED;
    }
    r->filename = apr_pstrcat(r->pool, "cpts:", r->uri, NULL);
    return OK;
}

/* Even when an Alias or a rewrite has found a file name: the address stays
 * ours, and with it what Location and Require say of it. */
static int map_to_storage(request_rec *r)
{
    return cpts_request_path(r) ? OK : DECLINED;
}

/* An address that ends in .json or .gz says nothing of what is behind. */
static int type_checker(request_rec *r)
{
    return cpts_request_path(r) ? OK : DECLINED;
}

static int post_perdir_config(request_rec *r)
{
    if (cpts_request_path(r)) {
        cpts_problem_keep(r);
    }
    return OK;
}

/* --- a broken territory answers before anyone has to sign in: accounts are
 * in the same database */

static int is_public(request_rec *r, const char *path)
{
    cpts_found_t found;

    cpts_route_find(&found, r->method_number, path, r->pool);
    return found.route && found.route->roles & CPTS_ANYONE;
}

/* mod_auth_form takes a form sent to any address that it protects as an
 * attempt to sign in; another site could send one. */
static int is_stray_form(const request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");

    return type && ap_cstr_casecmpn(type, FORM, strlen(FORM)) == 0;
}

static int access_checker(request_rec *r)
{
    const char *path = cpts_request_path(r);
    cpts_db_e kind;

    if (!path || !cpts_config_of(r->server)->live) {
        return DECLINED;
    }
    if (is_stray_form(r)) {
        return cpts_problem(r, HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, NULL);
    }
    if (is_public(r, path)) {
        return DECLINED;
    }
    kind = cpts_live_check(r);
    return kind == CPTS_DB_OK ? DECLINED : cpts_problem_db(r, kind, NULL);
}

/* --- who signs in with the request may do so where nobody has to */

/* A session is no such sign: browsers send it with every request, also when
 * its account is gone or has another password. */
static int signs_in(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type && ap_cstr_casecmp(type, "form") != 0
           && apr_table_get(r->headers_in, "Authorization");
}

static int force_authn(request_rec *r)
{
    const char *path = cpts_request_path(r);

    if (path && cpts_config_of(r->server)->live && is_public(r, path)
        && signs_in(r) && cpts_live_check(r) == CPTS_DB_OK) {
        return OK;
    }
    return DECLINED;
}

void cpts_access_register_hooks(apr_pool_t *pool)
{
    static const char *const after[]
        = { "mod_alias.c", "mod_rewrite.c", "mod_proxy.c", NULL };

    (void)pool;
    ap_hook_translate_name(translate_name, after, NULL, APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(map_to_storage, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_perdir_config(post_perdir_config, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_type_checker(type_checker, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_access_checker(access_checker, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_force_authn(force_authn, NULL, NULL, APR_HOOK_MIDDLE);
}
