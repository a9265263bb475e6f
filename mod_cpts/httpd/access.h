/* SPDX-License-Identifier: Apache-2.0 */
/* Before the handler: API addresses are no files, and may be unavailable. */

/**
 * @file access.h
 */
#ifndef CPTS_HTTPD_ACCESS_H
#define CPTS_HTTPD_ACCESS_H

#include <apr_pools.h>

/** Hooks from translate_name to fixups. */
void cpts_access_register_hooks(apr_pool_t *pool);

#endif
