/* SPDX-License-Identifier: Apache-2.0 */
/* The handler: finds the route, checks the request, calls the route. */

#include "httpd/dispatch.h"

#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

#include "httpd/body.h"
#include "httpd/identity.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "httpd/request.h"

APLOG_USE_MODULE(cpts);

/* One check before the handler: OK, or the status of a problem. */
typedef int gate_fn(cpts_request_t *request);

/* --- who */

static int nobody(request_rec *r)
{
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                  "CPTS025: nobody signed in: the Location needs AuthType "
                  "and Require cpts-role");
    if (ap_auth_type(r)) {
        ap_note_auth_failure(r);
    }
    return cpts_problem(r, HTTP_UNAUTHORIZED, NULL, NULL);
}

/* On a route for anyone, who asks is only of interest if it is known. */
static int check_role(cpts_request_t *request)
{
    const cpts_route_t *route = request->route;
    cpts_db_e kind;

    request->actor.role = -1;
    if (route->roles & CPTS_ANYONE) {
        cpts_identity_read(request->r, &request->actor);
        return OK;
    }
    if (!request->r->user) {
        return nobody(request->r);
    }
    kind = cpts_identity_read(request->r, &request->actor);
    if (kind == CPTS_DB_NONE) {
        return cpts_problem(request->r, HTTP_FORBIDDEN, "no_account",
                            "Aucun compte actif de ce territoire ne porte "
                            "votre nom.");
    }
    if (kind != CPTS_DB_OK) {
        return cpts_problem_db(request->r, kind, NULL);
    }
    if (!(route->roles & CPTS_ROLE_BIT(request->actor.role))) {
        return cpts_problem(request->r, HTTP_FORBIDDEN, NULL, NULL);
    }
    return OK;
}

/* A new version of the text asks again. */
static int check_terms(cpts_request_t *request)
{
    const cpts_terms_t *terms
        = cpts_config_terms(request->config, request->actor.role);
    const char *accepted = cpts_request_state(request->r)->terms;
    unsigned free = request->route->flags & CPTS_BEFORE_TERMS;

    if (!terms || free || request->route->roles & CPTS_ANYONE
        || cpts_terms_in_force(terms, accepted)) {
        return OK;
    }
    return cpts_problem(request->r, HTTP_FORBIDDEN, "terms_required",
                        "Lisez et acceptez d’abord les conditions "
                        "d’utilisation : leur texte a changé, ou vous ne "
                        "les avez pas encore acceptées.");
}

/* --- what */

static int check_type(cpts_request_t *request)
{
    return request->route->body ? cpts_body_check_type(request->r) : OK;
}

static int check_length(cpts_request_t *request)
{
    return cpts_body_check_length(request->r, request->config);
}

/* --- from where */

/* host[:port] of an origin, "https://host:port". */
static int is_origin_of(const char *origin, const char *host)
{
    const char *authority = strstr(origin, "://");

    return authority && host && ap_cstr_casecmp(authority + 3, host) == 0;
}

/* Browsers say where a request comes from; what is no browser need not. */
static int check_origin(cpts_request_t *request)
{
    const apr_table_t *headers = request->r->headers_in;
    const char *site = apr_table_get(headers, "Sec-Fetch-Site");
    const char *origin = apr_table_get(headers, "Origin");
    int allowed = 1;

    if (!(request->route->flags & CPTS_WRITES)) {
        return OK;
    }
    if (site) {
        allowed
            = strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
    }
    else if (origin) {
        allowed = is_origin_of(origin, apr_table_get(headers, "Host"));
    }
    if (allowed) {
        return OK;
    }
    return cpts_problem(request->r, HTTP_FORBIDDEN, "cross_origin",
                        "Cette requête vient d’un autre site : elle est "
                        "refusée.");
}

static int check_if_match(cpts_request_t *request)
{
    int64_t version;

    return request->route->flags & CPTS_NEEDS_IF_MATCH
               ? cpts_request_version(request, &version)
               : OK;
}

static int read_body(cpts_request_t *request)
{
    return request->route->body ? cpts_body_read(request) : OK;
}

/* In this order; nothing of the body is read before all else is right. */
static gate_fn *const gates[]
    = { cpts_query_read, check_role,   check_terms,    check_type,
        check_length,    check_origin, check_if_match, read_body };

#define GATES (sizeof(gates) / sizeof(gates[0]))

static int run(cpts_request_t *request)
{
    int status = OK;
    size_t i;

    for (i = 0; i < GATES && status == OK; i++) {
        status = gates[i](request);
    }
    return status == OK ? request->route->handler(request) : status;
}

static int answer_options(cpts_request_t *request, apr_int64_t methods)
{
    apr_table_setn(request->r->headers_out, "Allow",
                   cpts_route_allow(methods, request->pool));
    return cpts_reply_empty(request);
}

static int dispatch(cpts_request_t *request, const char *path)
{
    request_rec *r = request->r;
    cpts_found_t found;

    cpts_route_find(&found, r->method_number, path, r->pool);
    if (!found.methods) {
        return cpts_problem(r, HTTP_NOT_FOUND, NULL, NULL);
    }
    if (r->method_number == M_OPTIONS) {
        return answer_options(request, found.methods);
    }
    if (!found.route) {
        return cpts_problem_method(r, found.methods,
                                   cpts_route_allow(found.methods, r->pool));
    }
    request->route = found.route;
    memcpy(request->values, found.values, sizeof(request->values));
    request->rpps = found.values[CPTS_PARAMETER_RPPS];
    return run(request);
}

static int handle(request_rec *r)
{
    cpts_request_t request = { .r = r, .pool = r->pool };
    const char *path;

    if (!r->handler || strcmp(r->handler, "cpts") != 0) {
        return DECLINED;
    }
    path = cpts_request_path(r);
    request.config = cpts_config_of(r->server);
    if (!path || !request.config->live) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPTS026: SetHandler cpts outside of a <Location> of "
                      "a territory");
        return HTTP_NOT_FOUND;
    }
    /* what a provider noted before another one let the request pass */
    cpts_request_state(r)->problem = NULL;
    request.territory = request.config->territory;
    request.today = cpts_day_of(r->request_time);
    cpts_reply_headers(r->headers_out);
    return dispatch(&request, path);
}

void cpts_dispatch_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}
