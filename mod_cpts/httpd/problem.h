/* SPDX-License-Identifier: Apache-2.0 */
/* Error answers: RFC 9457 problem details, ours and httpd's own alike. */

/**
 * @file problem.h
 * @brief A handler or hook notes what went wrong and returns the status that
 * it gets back; an error filter writes the answer.  Errors that httpd itself
 * finds under our Locations (401, 404, 413...) pass the same filter.
 * Details are French; they never repeat a sent value, SQL or a file name.
 */
#ifndef CPTS_HTTPD_PROBLEM_H
#define CPTS_HTTPD_PROBLEM_H

#include <httpd.h>

#include "core/fault.h"
#include "store/db.h"

/**
 * Note a problem.
 * @param code stable word, a literal; NULL: the one of the status
 * @param detail French sentence that lives as long as the request; NULL: the
 * one of the status
 * @return status
 */
int cpts_problem(request_rec *r, int status, const char *code,
                 const char *detail);

/** The same with faults, all told in `errors`. */
int cpts_problem_faults(request_rec *r, int status, const char *code,
                        const cpts_faults_t *faults);

/**
 * Note what the database says, and log it when it is our trouble.
 * @param db of which the message is logged, may be NULL
 */
int cpts_problem_db(request_rec *r, cpts_db_e kind, const cpts_db_t *db);

/** Set Retry-After, seconds, for the error answer. */
void cpts_problem_retry(request_rec *r, int seconds);

/** 405, with the methods that there are. @param allow "GET, HEAD, OPTIONS" */
int cpts_problem_method(request_rec *r, apr_int64_t methods,
                        const char *allow);

/** Take no notice of ErrorDocument for this request. */
void cpts_problem_keep(request_rec *r);

/** Hook insert_error_filter, and the filter. */
void cpts_problem_register_hooks(apr_pool_t *pool);

#endif
