/* SPDX-License-Identifier: Apache-2.0 */
/* The current snapshot of each server's territory, in each child process. */

/**
 * @file live.h
 * @brief A snapshot is loaded when it is first asked for, and looked at
 * again when a change was committed by any child of this httpd (a counter in
 * shared memory says so), by cptsctl or another httpd (a counter beside the
 * database says so), or when CptsRefresh has passed.  One thread loads;
 * the others go on with the current snapshot, unless a change was acknowledged
 * before they asked: then they wait for it, so that what a doctor did holds
 * at once everywhere.  The child in which a change is made takes it up before
 * it is acknowledged: there no request has to look for it.
 */
#ifndef CPTS_HTTPD_LIVE_H
#define CPTS_HTTPD_LIVE_H

#include <stdint.h>

#include <apr_time.h>
#include <httpd.h>

#include "core/snapshot.h"
#include "store/db.h"

typedef struct cpts_live_t cpts_live_t;
typedef struct cpts_ahead_t cpts_ahead_t;

/** Where the changes stand.  What was read between two equal marks still
 * holds, but for what neither httpd nor cptsctl has changed. */
typedef struct {
    uint64_t inside;  /**< raised by this httpd, see shared.h */
    uint64_t outside; /**< raised by any process, see store/notice.h */
} cpts_mark_t;

/** What /health tells of a territory. */
typedef struct {
    cpts_db_e kind;       /**< CPTS_DB_OK, or what is wrong */
    apr_time_t looked_at; /**< when the database was last looked at */
} cpts_live_status_t;

/**
 * The snapshot that a request reads; given back with the request.
 * Do not hold a database connection while calling.
 * @return CPTS_DB_OK, or why the territory cannot be served.
 */
cpts_db_e cpts_live_acquire(request_rec *r, const cpts_snapshot_t **snapshot,
                            const cpts_territory_t **territory);

/** Why the territory of this request's server is broken, or CPTS_DB_OK; it is
 * loaded, or tried again, when that is due. */
cpts_db_e cpts_live_check(request_rec *r);

/** Look at the database now (if no change is known of, at most ten times a
 * second), and say. */
void cpts_live_status(cpts_live_status_t *status, request_rec *r);

/**
 * Let go of the snapshot if there was no request for CptsIdle.
 * @return 1 when it was let go of
 */
int cpts_live_sweep(const server_rec *server, apr_time_t now);

/**
 * Where the changes stand now: to be read before the database.
 * @return 0 when changes by others cannot be known of
 */
int cpts_live_mark(cpts_mark_t *mark, const server_rec *server);

/** See to it that changes by others are known of from now on, if they can
 * be. Any thread; no more than now and then. */
void cpts_live_watch(const server_rec *server);

/**
 * A change was made and will be committed: what it leads to is made ready.
 * @param db in its transaction, which has all that is read at hand
 * @return for cpts_live_changed(); NULL: nothing
 */
cpts_ahead_t *cpts_live_prepare(request_rec *r, cpts_db_t *db);

/**
 * A change was committed: all other children are told, then this one takes it
 * up.  To be called before it is acknowledged, also by who finds that it was
 * made before: those who made it may not have come to tell.
 * @param ahead what was made ready for it, or NULL
 * @param db the connection that made it, in no transaction, or NULL: the next
 * request looks, as in the other children
 */
void cpts_live_changed(request_rec *r, cpts_ahead_t *ahead, cpts_db_t *db);

/** Hook child_init: the state of each server. */
void cpts_live_register_hooks(apr_pool_t *pool);

#endif
