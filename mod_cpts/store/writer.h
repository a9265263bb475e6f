/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: what many threads and processes write shares one fsync. */

/**
 * @file writer.h
 * @brief Consultations go through the queue that all processes share
 * (queue.h); whoever is first of a batch takes the lock of the database and
 * commits all that has queued meanwhile.  A change takes the same lock, and
 * with it goes what has queued.  Nobody sleeps on purpose to fill a batch: who
 * leads it only lets others run first that can.  Nobody returns before what
 * it wrote is durable.
 *
 * One writer for each territory and process.  Threads: any number at once.
 */
#ifndef CPTS_STORE_WRITER_H
#define CPTS_STORE_WRITER_H

#include <apr_pools.h>
#include <apr_time.h>

#include "store/consultation.h"
#include "store/db.h"
#include "store/queue.h"

typedef struct cpts_writer_t cpts_writer_t;

typedef struct {
    /** Inside the transaction that was begun for it.
     * @return CPTS_DB_OK, or anything else: nothing of it is written. */
    cpts_db_e (*make)(cpts_db_t *db, void *baton);
    /** How it ended, while the connection can still tell why and others may
     * write already.  @param db NULL: there was none */
    void (*ended)(cpts_db_t *db, cpts_db_e rc, void *baton);
    void *baton;
} cpts_writer_change_t;

/** How the one who commits gets a connection, and gives it back. */
typedef struct {
    cpts_db_e (*open)(cpts_db_t **db, void *baton);
    void (*close)(void *baton);
    void *baton;
} cpts_writer_source_t;

/**
 * Make a writer that lives as long as @a pool.
 * @param lane of the database in the queue
 */
apr_status_t cpts_writer_create(cpts_writer_t **writer, cpts_queue_t *queue,
                                int lane, apr_pool_t *pool);

/**
 * Record a consultation and return when it is durable, or refused.
 * @param source where the connection comes from, if this thread commits
 * @param timeout the longest wait before it is begun, microseconds; once
 * begun its outcome is waited for as long again
 * @return CPTS_DB_OK; what cpts_consultation_insert() says; CPTS_DB_BUSY
 * after the deadline, or when too many wait; or why the transaction failed.
 * An error does not prove that nothing was written: whoever repeats it under
 * the same Idempotency-Key has it recorded once.
 */
cpts_db_e cpts_writer_record(cpts_writer_t *writer,
                             const cpts_consultation_t *consultation,
                             const cpts_writer_source_t *source,
                             apr_interval_time_t timeout);

/**
 * Make a change in a transaction and return when it is durable.
 * @param source where the connection comes from: asked only when it is this
 * thread's turn to write, so that none is held by those who wait
 * @param timeout the longest wait before it is begun, microseconds
 * @return what the change said, CPTS_DB_BUSY, or why the transaction failed
 */
cpts_db_e cpts_writer_change(cpts_writer_t *writer,
                             const cpts_writer_change_t *change,
                             const cpts_writer_source_t *source,
                             apr_interval_time_t timeout);

#endif
