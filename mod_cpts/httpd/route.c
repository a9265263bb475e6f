/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: which address, by which method, for whom, does what. */

#include "httpd/route.h"

#include <string.h>

#include <apr_strings.h>

#include "core/sheet.h"

#define PARAMETER "{rpps}"
#define DIGITS    "0123456789"

static const struct {
    int number;
    const char *name;
} methods[] = { { M_GET, "GET" },
                { M_PUT, "PUT" },
                { M_POST, "POST" },
                { M_PATCH, "PATCH" },
                { M_DELETE, "DELETE" } };

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

/* 1 when a path has the form of a template; the RPPS must be 11 digits. */
static int matches(const char *template, const char *path, const char **rpps)
{
    const char *parameter = strstr(template, PARAMETER);
    size_t before = parameter ? (size_t)(parameter - template) : 0;

    if (!parameter) {
        return strcmp(template, path) == 0;
    }
    if (strncmp(template, path, before) != 0
        || strspn(path + before, DIGITS) != CPTS_RPPS_LENGTH
        || strcmp(parameter + strlen(PARAMETER),
                  path + before + CPTS_RPPS_LENGTH)
               != 0) {
        return 0;
    }
    *rpps = path + before;
    return 1;
}

void cpts_route_find(cpts_found_t *found, int method, const char *path,
                     apr_pool_t *pool)
{
    const cpts_route_t *const *slice;
    const cpts_route_t *route;
    const char *rpps = NULL;

    memset(found, 0, sizeof(*found));
    for (slice = cpts_route_slices; *slice; slice++) {
        for (route = *slice; route->path; route++) {
            if (matches(route->path, path, &rpps)) {
                found->methods |= AP_METHOD_BIT << route->method;
                if (route->method == method) {
                    found->route = route;
                }
            }
        }
    }
    if (rpps) {
        found->rpps = apr_pstrmemdup(pool, rpps, CPTS_RPPS_LENGTH);
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
