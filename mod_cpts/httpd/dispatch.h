/* SPDX-License-Identifier: Apache-2.0 */
/* The handler: finds the route, checks the request, calls the route. */

/**
 * @file dispatch.h
 */
#ifndef CPTS_HTTPD_DISPATCH_H
#define CPTS_HTTPD_DISPATCH_H

#include <apr_pools.h>

/** Hook handler, for SetHandler cpts. */
void cpts_dispatch_register_hooks(apr_pool_t *pool);

#endif
