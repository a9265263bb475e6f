/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation provider: Require cpts-role doctor professional ... */

/**
 * @file authz.h
 */
#ifndef CPTS_HTTPD_AUTHZ_H
#define CPTS_HTTPD_AUTHZ_H

#include <apr_pools.h>

/** Registers the provider "cpts-role". */
void cpts_authz_register_hooks(apr_pool_t *pool);

#endif
