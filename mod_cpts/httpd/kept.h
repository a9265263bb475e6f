/* SPDX-License-Identifier: Apache-2.0 */
/* Connections opened by mod_dbd, kept open here while they are of use. */

/**
 * @file kept.h
 * @brief A pool of mod_dbd never gets smaller unless it is used: hundreds of
 * territories would each keep connections for ever, at three descriptors and
 * some hundred kilobytes each.  With DBDPersist Off mod_dbd opens and closes
 * at each call, and this list keeps the connections of one child process that
 * were used last, whatever their territory.  With pools of mod_dbd nothing
 * is kept here.  All of it may be called by any thread.
 */
#ifndef CPTS_HTTPD_KEPT_H
#define CPTS_HTTPD_KEPT_H

#include <apr_dbd.h>
#include <apr_pools.h>
#include <apr_time.h>
#include <httpd.h>
#include <mod_dbd.h>

/** A connection in use, or kept. */
typedef struct cpts_kept_t cpts_kept_t;

/** Look for mod_dbd: its functions are there in check_config, not before. */
void cpts_kept_retrieve(void);

/** 1 when mod_dbd is loaded. */
int cpts_kept_available(void);

/**
 * One for the database of this server: the one used last, or a new one.
 * @return NULL when mod_dbd has none to give; it has said why in the log.
 */
cpts_kept_t *cpts_kept_take(server_rec *server);

/** What mod_dbd knows of it, until it is given back or closed. */
const ap_dbd_t *cpts_kept_rec(const cpts_kept_t *kept);

/** Done with it: somebody else may take it. */
void cpts_kept_give(cpts_kept_t *kept);

/** It is of no use any more. */
void cpts_kept_close(cpts_kept_t *kept);

/** Close those that nobody has taken for CptsIdle.
 * @return how many, and those that were closed since the last call because
 * there was no room for them: their memory may be worth asking for */
int cpts_kept_sweep(apr_time_t now);

/**
 * Make the list of this child process, empty; its connections are closed
 * with @a pool at the latest.
 */
apr_status_t cpts_kept_start(apr_pool_t *pool);

#endif
