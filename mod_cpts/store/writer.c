/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: durable records of many threads share one fsync. */

#include "store/writer.h"

#include <stddef.h> /* offsetof, for apr_ring.h */

#include <apr_ring.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

/* The most jobs of one transaction: bounds what one failure undoes. */
#define BATCH_MAX 256

/* On the stack of the thread that waits for it. */
typedef struct job_t job_t;
struct job_t {
    APR_RING_ENTRY(job_t) link;
    cpts_writer_job_fn *fn;
    void *baton;
    cpts_db_e result;
    int taken; /* in a batch: its thread has to wait */
    int done;
};

APR_RING_HEAD(job_ring_t, job_t);

struct cpts_writer_t {
    apr_thread_mutex_t *lock;
    apr_thread_cond_t *committed;
    struct job_ring_t queue;
    int committing;
};

apr_status_t cpts_writer_create(cpts_writer_t **writer, apr_pool_t *pool)
{
    cpts_writer_t *w = apr_pcalloc(pool, sizeof(*w));
    apr_status_t rv
        = apr_thread_mutex_create(&w->lock, APR_THREAD_MUTEX_DEFAULT, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&w->committed, pool);
    }
    APR_RING_INIT(&w->queue, job_t, link);
    *writer = w;
    return rv;
}

static int undoes_batch(cpts_db_e result)
{
    return result != CPTS_DB_OK && result != CPTS_DB_FORBIDDEN
           && result != CPTS_DB_NONE;
}

/* All jobs in one transaction; the first failure, or CPTS_DB_OK. */
static cpts_db_e run_jobs(cpts_db_t *db, struct job_ring_t *batch)
{
    cpts_db_e rc = cpts_db_start(db);
    job_t *job;

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    APR_RING_FOREACH(job, batch, job_t, link)
    {
        job->result = job->fn(db, job->baton);
        if (undoes_batch(job->result)) {
            cpts_db_rollback(db);
            return job->result;
        }
    }
    return cpts_db_commit(db);
}

static void run_batch(struct job_ring_t *batch,
                      const cpts_writer_source_t *source)
{
    cpts_db_t *db;
    cpts_db_e rc = source->open(&db, source->baton);
    job_t *job;

    if (rc == CPTS_DB_OK) {
        rc = run_jobs(db, batch);
        source->close(source->baton);
    }
    if (rc == CPTS_DB_OK) {
        return;
    }
    APR_RING_FOREACH(job, batch, job_t, link)
    {
        job->result = rc;
    }
}

/* Called with the lock held: commit what has queued, the lock let go. */
static void lead(cpts_writer_t *w, const cpts_writer_source_t *source)
{
    struct job_ring_t batch;
    job_t *job;
    int count;

    APR_RING_INIT(&batch, job_t, link);
    for (count = 0;
         count < BATCH_MAX && !APR_RING_EMPTY(&w->queue, job_t, link);
         count++) {
        job = APR_RING_FIRST(&w->queue);
        APR_RING_REMOVE(job, link);
        APR_RING_INSERT_TAIL(&batch, job, job_t, link);
        job->taken = 1;
    }
    w->committing = 1;
    apr_thread_mutex_unlock(w->lock);
    run_batch(&batch, source);
    apr_thread_mutex_lock(w->lock);
    w->committing = 0;
    APR_RING_FOREACH(job, &batch, job_t, link)
    {
        job->done = 1;
    }
    apr_thread_cond_broadcast(w->committed);
}

cpts_db_e cpts_writer_run(cpts_writer_t *writer, cpts_writer_job_fn *fn,
                          void *baton, const cpts_writer_source_t *source,
                          apr_interval_time_t timeout)
{
    apr_time_t deadline = apr_time_now() + timeout;
    job_t job = { .fn = fn, .baton = baton, .result = CPTS_DB_BUSY };

    apr_thread_mutex_lock(writer->lock);
    APR_RING_INSERT_TAIL(&writer->queue, &job, job_t, link);
    while (!job.done) {
        apr_time_t now = apr_time_now();

        if (!job.taken && now >= deadline) {
            APR_RING_REMOVE(&job, link);
            break;
        }
        if (!writer->committing) {
            lead(writer, source);
        }
        else if (job.taken) {
            apr_thread_cond_wait(writer->committed, writer->lock);
        }
        else {
            apr_thread_cond_timedwait(writer->committed, writer->lock,
                                      deadline - now);
        }
    }
    apr_thread_mutex_unlock(writer->lock);
    return job.result;
}
