/* SPDX-License-Identifier: Apache-2.0 */
/* Lists page by page: cursors, and times as they are written. */

/**
 * @file page.h
 */
#ifndef CPTS_API_PAGE_H
#define CPTS_API_PAGE_H

#include <stdint.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "httpd/request.h"

/** Rows of one page of any list. */
#define CPTS_PAGE_SIZE 50

/**
 * The row after which a page starts.
 * @param cursor as sent, NULL for the first page (then 0)
 * @return OK, or 400 when it is no cursor of ours
 */
int cpts_page_start(cpts_request_t *request, const char *cursor, int64_t *row);

/** The cursor of the page that follows a row. */
const char *cpts_page_next(apr_pool_t *pool, int64_t row);

/** A moment as RFC 3339 writes it, UTC, whole seconds. */
const char *cpts_page_time(apr_pool_t *pool, apr_time_t when);

#endif
