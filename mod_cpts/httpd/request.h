/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler is given, and what is kept of a request between hooks. */

/**
 * @file request.h
 */
#ifndef CPTS_HTTPD_REQUEST_H
#define CPTS_HTTPD_REQUEST_H

#include <httpd.h>
#include <jansson.h>

#include "core/date.h"
#include "httpd/config.h"
#include "httpd/route.h"
#include "store/sheet.h"

/** A request that passed every check of its route. */
typedef struct cpts_request_t {
    request_rec *r;
    apr_pool_t *pool; /**< r->pool */
    const cpts_route_t *route;
    const cpts_config_t *config;
    const cpts_territory_t *territory;
    /** Who asks; on a route for anyone the role is -1 and the account NULL
     * unless they signed in. */
    cpts_actor_t actor;
    const char *values[CPTS_PARAMETERS]; /**< of the path, or NULL */
    const char *rpps;                    /**< one of them */
    void *query;      /**< structure of the route's query table, or NULL */
    json_t *body;     /**< an object, freed with the pool; or NULL */
    cpts_day_t today; /**< the server's day */
} cpts_request_t;

/**
 * The version that If-Match names.
 * @return OK, or a status from cpts_problem(): 428 without the header, 412
 * when it cannot be a version of a sheet.
 */
int cpts_request_version(const cpts_request_t *request, int64_t *version);

/**
 * The Idempotency-Key.
 * @param key set to NULL when there is none
 * @return OK, or 400 when it is not 1 to 64 visible ASCII characters.
 */
int cpts_request_key(const cpts_request_t *request, const char **key);

/** SHA-1, in hexadecimal, of method, path and body: what an Idempotency-Key
 * stands for. */
const char *cpts_request_digest(const cpts_request_t *request);

/**
 * The address of a page, outside of which it is to be read (a letter, a
 * mail): CptsAddress, or else the folder above the API as this request was
 * addressed.
 * @param page "invitation.html"
 */
const char *cpts_request_page(const cpts_request_t *request, const char *page);

/** When the request came, seconds since 1970: the one time of a change. */
int64_t cpts_request_now(const cpts_request_t *request);

struct cpts_problem_t;

/** What is kept with a request_rec, from hook to hook. */
typedef struct {
    struct cpts_problem_t *problem; /**< what the error answer will say */
    int known;                      /**< actor was looked for: kind tells */
    cpts_db_e kind;
    cpts_actor_t actor;
    const char *terms; /**< version that the account has accepted, or NULL */
    int64_t terms_at;  /**< seconds since 1970 */
} cpts_state_t;

/** The state of a request, made when first asked for. */
cpts_state_t *cpts_request_state(request_rec *r);

/** The part of the URI below our Location, "/sheets"; NULL: not ours. */
const char *cpts_request_path(const request_rec *r);

#endif
