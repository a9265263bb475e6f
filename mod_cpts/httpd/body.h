/* SPDX-License-Identifier: Apache-2.0 */
/* What a client sends: the JSON body and the query parameters. */

/**
 * @file body.h
 * @brief Each function returns OK or a status from cpts_problem().  Nothing
 * that was sent is ever repeated in an answer or a log line.
 */
#ifndef CPTS_HTTPD_BODY_H
#define CPTS_HTTPD_BODY_H

#include "httpd/request.h"

/** Look at Content-Type and Content-Encoding: JSON as it is, or 415. */
int cpts_body_check_type(request_rec *r);

/** Look at Content-Length: 413 when over CptsMaxBody, before any reading. */
int cpts_body_check_length(request_rec *r, const cpts_config_t *config);

/** Read the whole body, and decode it into request->body, an object. */
int cpts_body_read(cpts_request_t *request);

/** Decode request->body by a table of fields, where no other rule holds.
 * @return OK, or 422 with every fault */
int cpts_body_decode(cpts_request_t *request, const cpts_field_t *fields,
                     void *record);

/** Decode the query string by the route's table into request->query. */
int cpts_query_read(cpts_request_t *request);

#endif
