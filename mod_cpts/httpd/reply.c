/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: JSON in one buffer, or nothing at all. */

#include "httpd/reply.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "httpd/problem.h"

APLOG_USE_MODULE(cpts);

void cpts_reply_headers(apr_table_t *headers)
{
    apr_table_setn(headers, "Cache-Control", "no-store");
    apr_table_setn(headers, "X-Content-Type-Options", "nosniff");
}

/* If-None-Match of a reader who has this version already. */
static int is_known(request_rec *r, int status)
{
    return status == HTTP_OK && r->method_number == M_GET
           && apr_table_get(r->headers_out, "ETag")
           && ap_condition_if_none_match(r, r->headers_out)
                  > AP_CONDITION_NOMATCH;
}

/* A client that went away is no failure of ours. */
int cpts_reply_buffer(cpts_request_t *request, int status, const char *body,
                      size_t length, const char *type)
{
    request_rec *r = request->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *out = apr_brigade_create(r->pool, alloc);
    apr_status_t rv;

    if (is_known(r, status)) {
        return HTTP_NOT_MODIFIED;
    }
    r->status = status;
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)length);
    APR_BRIGADE_INSERT_TAIL(
        out, apr_bucket_pool_create(body, length, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_eos_create(alloc));
    rv = ap_pass_brigade(r->output_filters, out);
    if (rv != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, rv, r,
                      "CPTS020: the answer could not be sent");
    }
    return OK;
}

int cpts_reply_json(cpts_request_t *request, int status, json_t *json)
{
    char *text = json ? json_dumps(json, CPTS_JSON_WRITE) : NULL;
    char *body;
    size_t length;

    json_decref(json);
    if (!text) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, APR_ENOMEM, request->r,
                      "CPTS021: the answer could not be written");
        return cpts_problem(request->r, HTTP_INTERNAL_SERVER_ERROR, NULL,
                            NULL);
    }
    length = strlen(text);
    body = apr_pstrmemdup(request->pool, text, length);
    free(text);
    return cpts_reply_buffer(request, status, body, length,
                             "application/json");
}

int cpts_reply_empty(cpts_request_t *request)
{
    request_rec *r = request->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    apr_bucket_brigade *out = apr_brigade_create(r->pool, alloc);

    r->status = HTTP_NO_CONTENT;
    APR_BRIGADE_INSERT_TAIL(out, apr_bucket_eos_create(alloc));
    if (ap_pass_brigade(r->output_filters, out) != APR_SUCCESS) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "CPTS022: the answer could not be sent");
    }
    return OK;
}

/* mod_deflate and mod_brotli would make another ETag of it, which the client
 * would send back in If-Match: what has a version is not compressed. */
void cpts_reply_etag(cpts_request_t *request, int64_t version)
{
    apr_table_setn(request->r->subprocess_env, "no-gzip", "1");
    apr_table_setn(request->r->subprocess_env, "no-brotli", "1");
    apr_table_setn(request->r->headers_out, "ETag",
                   apr_psprintf(request->pool, "\"%" APR_INT64_T_FMT "\"",
                                (apr_int64_t)version));
}
