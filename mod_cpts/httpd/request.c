/* SPDX-License-Identifier: Apache-2.0 */
/* What a handler is given, and what is kept of a request between hooks. */

#include "httpd/request.h"

#include <stdlib.h>
#include <string.h>

#include <apr_sha1.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>

#include "httpd/problem.h"
#include "store/idempotency.h"

extern module AP_MODULE_DECLARE_DATA cpts_module;

cpts_state_t *cpts_request_state(request_rec *r)
{
    cpts_state_t *state
        = ap_get_module_config(r->request_config, &cpts_module);

    if (!state) {
        state = apr_pcalloc(r->pool, sizeof(*state));
        ap_set_module_config(r->request_config, &cpts_module, state);
    }
    return state;
}

const char *cpts_request_path(const request_rec *r)
{
    const cpts_base_t *base
        = cpts_config_base(cpts_config_of(r->server), r->uri);

    return base ? r->uri + base->length : NULL;
}

/* "12", quotes included: strong, alone, no leading zero. */
static int parse_etag(const char *text, int64_t *version)
{
    size_t digits;

    if (*text++ != '"') {
        return 0;
    }
    digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[0] == '0'
        || strcmp(text + digits, "\"") != 0) {
        return 0;
    }
    *version = apr_atoi64(text);
    return 1;
}

int cpts_request_version(const cpts_request_t *request, int64_t *version)
{
    const char *header = apr_table_get(request->r->headers_in, "If-Match");

    if (!header) {
        return cpts_problem(request->r, HTTP_PRECONDITION_REQUIRED, NULL,
                            NULL);
    }
    if (!parse_etag(header, version)) {
        return cpts_problem(request->r, HTTP_PRECONDITION_FAILED, NULL, NULL);
    }
    return OK;
}

int cpts_request_key(const cpts_request_t *request, const char **key)
{
    const char *text
        = apr_table_get(request->r->headers_in, "Idempotency-Key");
    size_t i;

    *key = text;
    if (!text) {
        return OK;
    }
    for (i = 0; text[i] >= '!' && text[i] <= '~'; i++) {
    }
    if (i == 0 || i > CPTS_IDEMPOTENCY_KEY_MAX || text[i] != '\0') {
        return cpts_problem(request->r, HTTP_BAD_REQUEST,
                            "invalid_idempotency_key",
                            "L’en-tête Idempotency-Key compte de 1 à 64 "
                            "caractères ASCII visibles, sans espace.");
    }
    return OK;
}

static const char *hexadecimal(apr_pool_t *pool, const unsigned char *bytes,
                               size_t size)
{
    char *text = apr_palloc(pool, size * 2 + 1);
    size_t i;

    for (i = 0; i < size; i++) {
        apr_snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    }
    return text;
}

/* The body is written again in one way, so that white space and the order
 * of members do not matter. */
const char *cpts_request_digest(const cpts_request_t *request)
{
    unsigned char digest[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t context;
    char *body = request->body
                     ? json_dumps(request->body, JSON_COMPACT | JSON_SORT_KEYS)
                     : NULL;

    apr_sha1_init(&context);
    apr_sha1_update(&context, request->r->method,
                    (unsigned)strlen(request->r->method) + 1);
    apr_sha1_update(&context, request->r->uri,
                    (unsigned)strlen(request->r->uri) + 1);
    if (body) {
        apr_sha1_update(&context, body, (unsigned)strlen(body));
        free(body);
    }
    apr_sha1_final(digest, &context);
    return hexadecimal(request->pool, digest, sizeof(digest));
}

const char *cpts_request_page(const cpts_request_t *request, const char *page)
{
    request_rec *r = request->r;
    const cpts_base_t *base;
    const char *slash, *folder;

    if (request->config->address) {
        return apr_pstrcat(request->pool, request->config->address, page,
                           NULL);
    }
    base = cpts_config_base(request->config, r->uri);
    slash = base ? strrchr(base->path, '/') : NULL;
    folder = slash ? apr_pstrndup(request->pool, base->path,
                                  (apr_size_t)(slash - base->path))
                   : "";
    return ap_construct_url(
        request->pool, apr_pstrcat(request->pool, folder, "/", page, NULL), r);
}

int64_t cpts_request_now(const cpts_request_t *request)
{
    return apr_time_sec(request->r->request_time);
}
