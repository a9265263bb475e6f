/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: durable records of many threads share one fsync. */

/**
 * @file writer.h
 * @brief Whoever comes when nobody is committing opens a transaction and
 * commits it with everything that has queued meanwhile; the others wait for
 * the outcome of theirs.  Nobody waits on purpose to fill a batch.  One
 * writer per territory and process; between processes SQLite's lock decides.
 */
#ifndef CPTS_STORE_WRITER_H
#define CPTS_STORE_WRITER_H

#include <apr_pools.h>
#include <apr_time.h>

#include "store/db.h"

typedef struct cpts_writer_t cpts_writer_t;

/**
 * One piece of work, inside the transaction of its batch.
 * @return CPTS_DB_OK; CPTS_DB_FORBIDDEN or CPTS_DB_NONE when it wrote
 * nothing and the others may go on; anything else undoes the whole batch.
 */
typedef cpts_db_e cpts_writer_job_fn(cpts_db_t *db, void *baton);

/** How the one who commits gets a connection, and gives it back. */
typedef struct {
    cpts_db_e (*open)(cpts_db_t **db, void *baton);
    void (*close)(void *baton);
    void *baton;
} cpts_writer_source_t;

/** Make a writer that lives as long as @a pool. */
apr_status_t cpts_writer_create(cpts_writer_t **writer, apr_pool_t *pool);

/**
 * Do a job and return when it is durable, or refused.
 * @param timeout the longest wait before the job is begun, microseconds;
 * once begun it is waited for, bounded by the lock timeout of the connection
 * @return what the job returned, CPTS_DB_BUSY after the deadline, or why the
 * transaction failed (then nothing was written)
 */
cpts_db_e cpts_writer_run(cpts_writer_t *writer, cpts_writer_job_fn *fn,
                          void *baton, const cpts_writer_source_t *source,
                          apr_interval_time_t timeout);

#endif
