/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: which address, by which method, for whom, does what. */

#include "httpd/route.h"

#include <string.h>

#include <apr_strings.h>

#include "core/sheet.h"

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* What a value may be made of; whether it names something is for the
 * handler to find out. */
const cpts_parameter_t cpts_parameters[CPTS_PARAMETERS] = {
    [CPTS_PARAMETER_RPPS]
    = { "rpps", DIGITS, CPTS_RPPS_LENGTH, CPTS_RPPS_LENGTH, "RPPS number.",
        "^[0-9]{11}$" },
    [CPTS_PARAMETER_CODE] = { "code", DIGITS LETTERS "-", 8, 12,
                              "Code of a placement.", "^[0-9A-Za-z-]{8,12}$" },
    [CPTS_PARAMETER_ID]
    = { "id", DIGITS, 1, 18, "Number of a row.", "^[0-9]{1,18}$" },
    [CPTS_PARAMETER_ACCOUNT]
    = { "account", DIGITS LETTERS "._-@", 1, CPTS_ACCOUNT_MAX,
        "Name of an account.", "^[0-9A-Za-z._@-]{1,64}$" },
};

static const struct {
    int number;
    const char *name;
} methods[] = { { M_GET, "GET" },
                { M_PUT, "PUT" },
                { M_POST, "POST" },
                { M_PATCH, "PATCH" },
                { M_DELETE, "DELETE" } };

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* The parameter that a segment of a template is, or -1. */
static int parameter_of(const char *segment, size_t length)
{
    int i;

    for (i = 0; i < CPTS_PARAMETERS; i++) {
        const char *name = cpts_parameters[i].name;

        if (length == strlen(name) + 2 && segment[0] == '{'
            && strncmp(segment + 1, name, length - 2) == 0) {
            return i;
        }
    }
    return -1;
}

/* 1 when a segment of a path is one of a template; its value is kept. */
static int segment_matches(const char *template, size_t want, const char *path,
                           size_t got, cpts_stretch_t *values)
{
    int i = parameter_of(template, want);

    if (i < 0) {
        return want == got && strncmp(template, path, got) == 0;
    }
    if (got < cpts_parameters[i].min || got > cpts_parameters[i].max
        || strspn(path, cpts_parameters[i].characters) < got) {
        return 0;
    }
    values[i].text = path;
    values[i].length = got;
    return 1;
}

/* 1 when a path has the form of a template, segment by segment. */
static int matches(const char *template, const char *path,
                   cpts_stretch_t *values)
{
    if (!strchr(template, '{')) {
        return strcmp(template, path) == 0;
    }
    while (*template == '/' && *path == '/') {
        size_t want = strcspn(++template, "/");
        size_t got = strcspn(++path, "/");

        if (!segment_matches(template, want, path, got, values)) {
            return 0;
        }
        template += want;
        path += got;
    }
    return *template == *path;
}

static void copy_values(cpts_found_t *found, const cpts_stretch_t *values,
                        apr_pool_t *pool)
{
    int i;

    for (i = 0; i < CPTS_PARAMETERS; i++) {
        found->values[i]
            = values[i].text
                  ? apr_pstrmemdup(pool, values[i].text, values[i].length)
                  : NULL;
    }
}

void cpts_route_find(cpts_found_t *found, int method, const char *path,
                     apr_pool_t *pool)
{
    const cpts_route_t *const *slice;
    const cpts_route_t *route;

    memset(found, 0, sizeof(*found));
    for (slice = cpts_route_slices; *slice; slice++) {
        for (route = *slice; route->path; route++) {
            cpts_stretch_t values[CPTS_PARAMETERS] = { { NULL, 0 } };

            if (!matches(route->path, path, values)) {
                continue;
            }
            found->methods |= AP_METHOD_BIT << route->method;
            if (route->method == method) {
                found->route = route;
                copy_values(found, values, pool);
            }
        }
    }
}

const char *cpts_route_allow(apr_int64_t allowed, apr_pool_t *pool)
{
    const char *text = "";
    size_t i;

    for (i = 0; i < METHOD_COUNT; i++) {
        if (allowed & (AP_METHOD_BIT << methods[i].number)) {
            text = apr_pstrcat(pool, text, methods[i].name, ", ",
                               methods[i].number == M_GET ? "HEAD, " : "",
                               NULL);
        }
    }
    return apr_pstrcat(pool, text, "OPTIONS", NULL);
}

const char *cpts_route_method(int method)
{
    size_t i;

    for (i = 0; i < METHOD_COUNT; i++) {
        if (methods[i].number == method) {
            return methods[i].name;
        }
    }
    return NULL;
}
