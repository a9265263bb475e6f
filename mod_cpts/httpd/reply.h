/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: JSON in one buffer, or nothing at all. */

/**
 * @file reply.h
 * @brief Headers of the answer (Location, ETag) are set before. Each returns
 * what the handler is to return.
 */
#ifndef CPTS_HTTPD_REPLY_H
#define CPTS_HTTPD_REPLY_H

#include <jansson.h>

#include "httpd/request.h"

/** Send JSON. @param json taken over (freed), NULL: memory was short, 500 */
int cpts_reply_json(cpts_request_t *request, int status, json_t *json);

/** Send a body that lives as long as the request's pool. */
int cpts_reply_buffer(cpts_request_t *request, int status, const char *body,
                      size_t length, const char *type);

/** Send no body: 204. */
int cpts_reply_empty(cpts_request_t *request);

/** Set ETag to a version: what If-Match is compared with. */
void cpts_reply_etag(cpts_request_t *request, int64_t version);

/** The headers that every answer of the API has. */
void cpts_reply_headers(apr_table_t *headers);

#endif
