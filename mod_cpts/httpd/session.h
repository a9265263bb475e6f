/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of mod_session, sealed with the key of CptsSessionKey. */

/**
 * @file session.h
 * @brief mod_session_crypto derives a new key from its pass phrase, 4,096
 * rounds, for each session that it reads and for each one that it writes:
 * milliseconds.  With CptsSessionKey a session costs microseconds, and
 * whatever is not a seal of this territory is no session at all.
 */
#ifndef CPTS_HTTPD_SESSION_H
#define CPTS_HTTPD_SESSION_H

#include <apr_pools.h>

/** 1 when mod_session is loaded, and its sessions go through our hands. */
int cpts_session_available(void);

/** Hook pre_config: from there on those of mod_session can be found. */
void cpts_session_register_hooks(apr_pool_t *pool);

#endif
