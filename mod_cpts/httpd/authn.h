/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication provider "cpts": accounts of the territory's database. */

/**
 * @file authn.h
 */
#ifndef CPTS_HTTPD_AUTHN_H
#define CPTS_HTTPD_AUTHN_H

#include <apr_pools.h>

/** For AuthBasicProvider cpts and AuthFormProvider cpts. */
void cpts_authn_register_hooks(apr_pool_t *pool);

#endif
