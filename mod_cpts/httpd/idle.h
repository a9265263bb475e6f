/* SPDX-License-Identifier: Apache-2.0 */
/* Territories that nobody asks for give back what they hold. */

/**
 * @file idle.h
 * @brief One thread in each child process looks, from time to time, for
 * territories that had no request for CptsIdle: their snapshot and their
 * connections are let go of, and the next request loads them again.
 */
#ifndef CPTS_HTTPD_IDLE_H
#define CPTS_HTTPD_IDLE_H

#include <apr_pools.h>

/** Hook child_init: the thread, where there is a territory. */
void cpts_idle_register_hooks(apr_pool_t *pool);

#endif
