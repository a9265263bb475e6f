/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: which address, by which method, for whom, does what. */

/**
 * @file route.h
 * @brief From this table come dispatch, 404 and 405 with Allow, the checks
 * before a handler runs, openapi.json and the matrix of rights of the tests.
 * It is written in slices, one per file of api/, each ended by a row whose
 * path is NULL; api/routes.c lists them.
 */
#ifndef CPTS_HTTPD_ROUTE_H
#define CPTS_HTTPD_ROUTE_H

#include <httpd.h>

#include "core/field.h"
#include "core/role.h"

struct cpts_request_t;

/**
 * Answer a request that passed every check of its route.
 * @return OK after a cpts_reply_...(), or an HTTP status from cpts_problem()
 */
typedef int cpts_handler_fn(struct cpts_request_t *request);

/** For `roles`: without signing in. */
#define CPTS_ANYONE 0x80000000u
/** For `roles`: whoever has an account. */
#define CPTS_SIGNED_IN (CPTS_SEARCHERS | CPTS_ROLE_BIT(CPTS_DELEGATE))
/** Those who look for a doctor for a patient. */
#define CPTS_SEARCHERS                                             \
    (CPTS_ROLE_BIT(CPTS_DOCTOR) | CPTS_ROLE_BIT(CPTS_PROFESSIONAL) \
     | CPTS_ROLE_BIT(CPTS_COORDINATOR))
/** The doctor of a sheet and the coordination. */
#define CPTS_SHEET_OWNERS \
    (CPTS_ROLE_BIT(CPTS_DOCTOR) | CPTS_ROLE_BIT(CPTS_COORDINATOR))
/** Those, and the secretary whom the doctor named. */
#define CPTS_SHEET_KEEPERS (CPTS_SHEET_OWNERS | CPTS_ROLE_BIT(CPTS_DELEGATE))

/** Changes something: only from pages of this site, or no page at all. */
#define CPTS_WRITES 0x1u
/** 428 without If-Match; see cpts_request_version(). */
#define CPTS_NEEDS_IF_MATCH 0x2u
/** Takes an Idempotency-Key; see cpts_request_key(). */
#define CPTS_TAKES_KEY 0x4u
/** Also for who has not accepted the terms in force (CptsTerms): to read and
 * accept them, and to go. */
#define CPTS_BEFORE_TERMS 0x8u

typedef struct {
    int method;       /**< M_GET (HEAD goes with it), M_PUT, M_POST... */
    const char *path; /**< "/sheets/{rpps}/confirm", NULL ends a slice */
    unsigned roles;   /**< CPTS_ROLE_BIT()s, or CPTS_ANYONE */
    unsigned flags;
    cpts_handler_fn *handler;
    const char *operation; /**< operationId in openapi.json */
    const char *summary;   /**< English, for openapi.json */
    /** Query parameters: strings, integers, booleans, dates, words.
     * NULL: none is accepted. */
    const cpts_field_t *query;
    size_t query_size;        /**< of the structure of `query` */
    const cpts_field_t *body; /**< of the JSON body; NULL: no body is read */
    const char *statuses;     /**< "200 404 412": what it may answer itself */
    /** Name of the schema of its answer; or its media type, when that is a
     * format of others; or NULL. */
    const char *schema;
} cpts_route_t;

/** All slices, NULL-ended: in api/routes.c. */
extern const cpts_route_t *const cpts_route_slices[];

/** What stands in a path for one of several. */
typedef enum {
    CPTS_PARAMETER_RPPS,
    CPTS_PARAMETER_CODE,
    CPTS_PARAMETER_ID,
    CPTS_PARAMETER_ACCOUNT,
    CPTS_PARAMETERS
} cpts_parameter_e;

typedef struct {
    const char *name;       /**< "rpps": "{rpps}" in a path */
    const char *characters; /**< of which a value is made */
    size_t min, max;        /**< characters */
    const char *doc;        /**< English, for openapi.json */
    const char *pattern;    /**< the same, for openapi.json */
} cpts_parameter_t;

extern const cpts_parameter_t cpts_parameters[CPTS_PARAMETERS];

/** A part of a path, not NUL-ended. */
typedef struct {
    const char *text;
    size_t length;
} cpts_stretch_t;

/** What a path leads to. */
typedef struct {
    const cpts_route_t *route; /**< NULL: no such path, or no such method */
    apr_int64_t methods;       /**< bits of all methods of the path; 0: 404 */
    const char *values[CPTS_PARAMETERS]; /**< of the path, or NULL */
} cpts_found_t;

/** Find the route of a path below the Location, "/sheets/...". */
void cpts_route_find(cpts_found_t *found, int method, const char *path,
                     apr_pool_t *pool);

/** "GET, HEAD, PUT, OPTIONS": for the Allow header. */
const char *cpts_route_allow(apr_int64_t methods, apr_pool_t *pool);

/** The name of a method of the table, "GET". */
const char *cpts_route_method(int method);

#endif
