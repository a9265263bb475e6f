/* SPDX-License-Identifier: Apache-2.0 */
/* Lists page by page: cursors, and times as they are written. */

#include "api/page.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/problem.h"

/* Digits of the largest number of a row that a cursor may name. */
#define CURSOR_DIGITS 18

int cpts_page_start(cpts_request_t *request, const char *cursor, int64_t *row)
{
    size_t digits = cursor ? strspn(cursor, "0123456789") : 0;

    *row = 0;
    if (!cursor) {
        return OK;
    }
    if (digits == 0 || digits > CURSOR_DIGITS || cursor[digits]) {
        return cpts_problem(request->r, HTTP_BAD_REQUEST, "invalid_cursor",
                            "Reprenez le curseur « next » de la page "
                            "précédente, ou repartez du début.");
    }
    *row = apr_atoi64(cursor);
    return OK;
}

const char *cpts_page_next(apr_pool_t *pool, int64_t row)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)row);
}

const char *cpts_page_time(apr_pool_t *pool, apr_time_t when)
{
    apr_time_exp_t utc;

    if (apr_time_exp_gmt(&utc, when) != APR_SUCCESS) {
        return "";
    }
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                        utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                        utc.tm_hour, utc.tm_min, utc.tm_sec);
}
