/* SPDX-License-Identifier: Apache-2.0 */
/* The body of a request: bounded, JSON, one object. */

#include "httpd/body.h"

#include <string.h>

#include <apr_buckets.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>
#include <http_protocol.h>
#include <util_filter.h>

#include "httpd/problem.h"

APLOG_USE_MODULE(cpts);

/* Arrays and objects within each other: a sheet has 4. */
#define DEPTH_MAX 16

/* One parameter is understood: charset=utf-8, quoted or not. */
static int is_utf8_parameter(const char *text)
{
    while (apr_isspace(*text)) {
        text++;
    }
    return ap_cstr_casecmp(text, "charset=utf-8") == 0
           || ap_cstr_casecmp(text, "charset=\"utf-8\"") == 0;
}

static int is_json(const char *type)
{
    size_t length = strcspn(type, ";");
    const char *rest = type + length;

    while (length > 0 && apr_isspace(type[length - 1])) {
        length--;
    }
    return length == strlen("application/json")
           && ap_cstr_casecmpn(type, "application/json", length) == 0
           && (*rest == '\0' || is_utf8_parameter(rest + 1));
}

int cpts_body_check_type(request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    const char *encoding = apr_table_get(r->headers_in, "Content-Encoding");

    if (!type || !is_json(type)
        || (encoding && ap_cstr_casecmp(encoding, "identity") != 0)) {
        return cpts_problem(r, HTTP_UNSUPPORTED_MEDIA_TYPE, NULL, NULL);
    }
    return OK;
}

/* The length that was announced, -1 when it was not (chunked). */
static apr_off_t announced_length(const request_rec *r)
{
    const char *text = apr_table_get(r->headers_in, "Content-Length");
    apr_off_t length;

    if (!text || apr_table_get(r->headers_in, "Transfer-Encoding")
        || !ap_parse_strict_length(&length, text)) {
        return -1;
    }
    return length;
}

int cpts_body_check_length(request_rec *r, const cpts_config_t *config)
{
    if (announced_length(r) > config->max_body) {
        return cpts_problem(r, HTTP_REQUEST_ENTITY_TOO_LARGE, NULL, NULL);
    }
    return OK;
}

/* --- reading */

typedef struct {
    char *bytes;
    size_t length;
    size_t limit;
    int done;
} reader_t;

/* Take one bucket: OK, or a status. */
static int take(reader_t *reader, apr_bucket *bucket)
{
    const char *bytes;
    apr_size_t length;

    if (APR_BUCKET_IS_EOS(bucket)) {
        reader->done = 1;
        return OK;
    }
    if (APR_BUCKET_IS_METADATA(bucket)) {
        return OK;
    }
    if (apr_bucket_read(bucket, &bytes, &length, APR_BLOCK_READ)
        != APR_SUCCESS) {
        return HTTP_BAD_REQUEST;
    }
    if (length > reader->limit - reader->length) {
        return HTTP_REQUEST_ENTITY_TOO_LARGE;
    }
    memcpy(reader->bytes + reader->length, bytes, length);
    reader->length += length;
    return OK;
}

static int take_all(reader_t *reader, apr_bucket_brigade *brigade)
{
    apr_bucket *bucket;
    int status = OK;

    for (bucket = APR_BRIGADE_FIRST(brigade);
         status == OK && !reader->done
         && bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        status = take(reader, bucket);
    }
    apr_brigade_cleanup(brigade);
    return status;
}

static int read_all(reader_t *reader, request_rec *r)
{
    apr_bucket_brigade *brigade
        = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    int status = OK;

    while (status == OK && !reader->done) {
        apr_status_t rv
            = ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                             APR_BLOCK_READ, HUGE_STRING_LEN);

        if (rv != APR_SUCCESS) {
            /* says 413, 408 or "already answered", as it was */
            ap_log_rerror(APLOG_MARK, APLOG_INFO, rv, r,
                          "CPTS024: the body could not be read");
            return ap_map_http_request_error(rv, HTTP_BAD_REQUEST);
        }
        status = take_all(reader, brigade);
    }
    return status;
}

/* jansson's own limit on depth is far from what a sheet needs. */
static int is_too_deep(const char *bytes, size_t length)
{
    int depth = 0;
    int in_string = 0;
    size_t i;

    for (i = 0; i < length; i++) {
        if (in_string) {
            if (bytes[i] == '\\') {
                i++;
            }
            else if (bytes[i] == '"') {
                in_string = 0;
            }
        }
        else if (bytes[i] == '"') {
            in_string = 1;
        }
        else if ((bytes[i] == '[' || bytes[i] == '{') && ++depth > DEPTH_MAX) {
            return 1;
        }
        else if (bytes[i] == ']' || bytes[i] == '}') {
            depth--;
        }
    }
    return 0;
}

static apr_status_t free_json(void *data)
{
    json_decref(data);
    return APR_SUCCESS;
}

static int decode(cpts_request_t *request, const reader_t *reader)
{
    if (is_too_deep(reader->bytes, reader->length)) {
        return cpts_problem(request->r, HTTP_BAD_REQUEST, "invalid_json",
                            "Le JSON envoyé compte trop de niveaux.");
    }
    request->body = json_loadb(reader->bytes, reader->length,
                               JSON_REJECT_DUPLICATES, NULL);
    if (!request->body) {
        return cpts_problem(request->r, HTTP_BAD_REQUEST, "invalid_json",
                            "Le contenu n’est pas du JSON correct en UTF-8, "
                            "ou un membre y figure deux fois.");
    }
    apr_pool_cleanup_register(request->pool, request->body, free_json,
                              apr_pool_cleanup_null);
    if (!json_is_object(request->body)) {
        cpts_faults_t *faults = cpts_faults_create(request->pool);

        cpts_faults_add(faults, "", "wrong_type", "Envoyez un objet JSON.");
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    return OK;
}

int cpts_body_read(cpts_request_t *request)
{
    apr_off_t length = announced_length(request->r);
    reader_t reader = { NULL, 0, (size_t)request->config->max_body, 0 };
    int status;

    if (length >= 0 && length < (apr_off_t)reader.limit) {
        reader.limit = (size_t)length;
    }
    reader.bytes = apr_palloc(request->pool, reader.limit);
    status = read_all(&reader, request->r);
    if (status == OK) {
        return decode(request, &reader);
    }
    return ap_is_HTTP_ERROR(status)
               ? cpts_problem(request->r, status, NULL, NULL)
               : status;
}

int cpts_body_decode(cpts_request_t *request, const cpts_field_t *fields,
                     void *record)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);

    return cpts_fields_decode(fields, record, request->body, "", faults,
                              request->pool)
               ? cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY,
                                     NULL, faults)
               : OK;
}
