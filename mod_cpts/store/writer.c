/* SPDX-License-Identifier: Apache-2.0 */
/* Group commit: what many threads and processes write shares one fsync. */

#include "store/writer.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "store/journal_chain.h"

struct cpts_writer_t {
    cpts_queue_t *queue;
    int lane;
    pid_t process; /* getpid() asks the kernel */
    /* with the lock of the lane */
    cpts_daily_t *daily;
    int together; /* in the last batch that this process committed */
};

/* Longest time that others are let run before a batch: about what they need
 * to answer and to take the next request. */
#define YIELD_MOST apr_time_from_msec(2)

/* What a leader commits. */
typedef struct {
    cpts_writer_t *writer;
    cpts_db_t *db;
    cpts_cell_t *cells[CPTS_QUEUE_BATCH];
    int count;
} batch_t;

apr_status_t cpts_writer_create(cpts_writer_t **writer, cpts_queue_t *queue,
                                int lane, apr_pool_t *pool)
{
    cpts_writer_t *w = apr_pcalloc(pool, sizeof(*w));

    w->queue = queue;
    w->lane = lane;
    w->process = getpid();
    w->daily = cpts_daily_create(pool);
    *writer = w;
    return w->daily ? APR_SUCCESS : APR_ENOMEM;
}

/* --- with the lock of the lane */

/* CPTS_DB_OK: the last entry of that batch is in the journal, with its link;
 * CPTS_DB_NONE: it is not, so nothing of the batch is. */
static cpts_db_e find_batch(cpts_db_t *db, const cpts_queue_batch_t *batch)
{
    unsigned char link[CPTS_LINK_SIZE];
    cpts_db_e rc;

    if (batch->last == 0) {
        return CPTS_DB_OK; /* it had nothing to write */
    }
    rc = cpts_db_first(db, CPTS_SQL_JOURNAL_LINK, "l", batch->last);
    if (rc == CPTS_DB_ROW) {
        rc = cpts_journal_link_column(link, db, 0) == CPTS_DB_OK
                     && cpts_chain_equal(link, batch->link)
                 ? CPTS_DB_OK
                 : CPTS_DB_NONE;
    }
    cpts_db_end(db);
    return rc;
}

/* A leader died: what it had taken was recorded, or waits again.  Inside the
 * transaction, so that nobody else can be about to commit it.  Where that
 * cannot be found out now, it is left to whoever comes next. */
static cpts_db_e recover(cpts_writer_t *w, cpts_db_t *db)
{
    const cpts_queue_batch_t *batch = cpts_queue_unsettled(w->queue, w->lane);
    cpts_db_e rc = batch ? find_batch(db, batch) : CPTS_DB_NONE;

    if (rc != CPTS_DB_OK && rc != CPTS_DB_NONE) {
        return rc;
    }
    cpts_queue_settle(w->queue, w->lane, rc == CPTS_DB_OK);
    return CPTS_DB_OK;
}

static int refuses_one(cpts_db_e result)
{
    return result == CPTS_DB_OK || result == CPTS_DB_FORBIDDEN;
}

/* Each as it was asked for; the first failure undoes them all. */
static cpts_db_e insert_all(batch_t *batch)
{
    int i;

    for (i = 0; i < batch->count; i++) {
        cpts_db_e rc = cpts_consultation_insert(
            batch->db, batch->writer->daily, cpts_queue_read(batch->cells[i]));

        if (!refuses_one(rc)) {
            return rc;
        }
        cpts_queue_note(batch->cells[i], rc);
    }
    return CPTS_DB_OK;
}

/* Whoever takes over has to find out what became of this batch. */
static cpts_db_e announce(batch_t *batch)
{
    cpts_queue_batch_t announced = { 0 };
    cpts_journal_ends_t *ends;
    cpts_db_e rc = cpts_journal_ends(&ends, batch->db);

    if (rc == CPTS_DB_OK) {
        announced.last
            = cpts_journal_ends_are_changed(batch->db) ? ends->last : 0;
        memcpy(announced.link, ends->last_link, sizeof(announced.link));
        cpts_queue_announce(batch->writer->queue, batch->writer->lane,
                            &announced);
    }
    return rc;
}

static cpts_db_e write_all(batch_t *batch)
{
    cpts_writer_t *w = batch->writer;
    cpts_db_e rc;

    batch->count = cpts_queue_take(w->queue, w->lane, batch->cells);
    rc = insert_all(batch);
    return rc == CPTS_DB_OK ? announce(batch) : rc;
}

/* Those taken are told how it ended. */
static void finish(batch_t *batch, cpts_db_e rc)
{
    cpts_writer_t *w = batch->writer;
    int i;

    if (rc != CPTS_DB_OK) {
        cpts_daily_forget(w->daily);
        for (i = 0; i < batch->count; i++) {
            cpts_queue_note(batch->cells[i], rc);
        }
    }
    w->together = batch->count;
    cpts_queue_finish(w->queue, w->lane, batch->cells, batch->count);
}

/* Nobody can write now: all that waits is refused; not what a dead leader may
 * have written. */
static void refuse_all(cpts_writer_t *w, int inherited, cpts_db_e rc)
{
    batch_t batch = { .writer = w };

    if (inherited && !cpts_queue_unsettled(w->queue, w->lane)) {
        cpts_queue_settle(w->queue, w->lane, 0);
    }
    batch.count = cpts_queue_take(w->queue, w->lane, batch.cells);
    finish(&batch, rc);
}

static cpts_db_e begin(cpts_writer_t *w, cpts_db_t *db, int inherited)
{
    cpts_db_e rc = cpts_db_start(db);

    return rc == CPTS_DB_OK && inherited ? recover(w, db) : rc;
}

/* One transaction: the change, if there is one, and all that waits. */
static cpts_db_e commit_all(cpts_writer_t *w, cpts_db_t *db,
                            const cpts_writer_change_t *change)
{
    batch_t batch = { .writer = w, .db = db };
    cpts_db_e rc = change ? change->make(db, change->baton) : CPTS_DB_OK;

    if (rc != CPTS_DB_OK) {
        /* nobody else is concerned: the next one leads */
        cpts_db_rollback(db);
        return rc;
    }
    rc = cpts_db_leave(db, 1, write_all(&batch));
    finish(&batch, rc);
    return rc;
}

/* @param db NULL and @a rc why, where there is no connection */
static cpts_db_e lead(cpts_writer_t *w, cpts_db_t *db, cpts_db_e rc,
                      const cpts_writer_change_t *change, int inherited)
{
    if (rc == CPTS_DB_OK) {
        rc = begin(w, db, inherited);
        if (rc == CPTS_DB_OK) {
            return commit_all(w, db, change);
        }
        cpts_db_rollback(db);
    }
    /* locked by others for too long for this one: the next may still wait */
    if (rc != CPTS_DB_BUSY) {
        refuse_all(w, inherited, rc);
    }
    return rc;
}

/* --- without */

static cpts_db_e not_locked(cpts_queue_lock_e found)
{
    return found == CPTS_QUEUE_BUSY ? CPTS_DB_BUSY : CPTS_DB_ERROR;
}

static int is_locked(cpts_queue_lock_e found)
{
    return found == CPTS_QUEUE_LOCKED || found == CPTS_QUEUE_INHERITED;
}

cpts_db_e cpts_writer_change(cpts_writer_t *writer,
                             const cpts_writer_change_t *change,
                             const cpts_writer_source_t *source,
                             apr_interval_time_t timeout)
{
    cpts_queue_lock_e found
        = cpts_queue_lock(writer->queue, writer->lane, timeout);
    cpts_db_t *db = NULL;
    cpts_db_e rc = not_locked(found);

    if (is_locked(found)) {
        cpts_db_e opened = source->open(&db, source->baton);

        rc = lead(writer, db, opened, change, found == CPTS_QUEUE_INHERITED);
        cpts_queue_unlock(writer->queue, writer->lane);
        db = opened == CPTS_DB_OK ? db : NULL;
    }
    change->ended(db, rc, change->baton);
    if (db) {
        source->close(source->baton);
    }
    return rc;
}

/* With the lock.  On a busy core others are about to queue: they run first,
 * as long as that makes the batch larger, instead of each batch being half of
 * those there are.  Where nobody else can run this returns at once.  Those who
 * run may be other programs too: who writes alone does not make way. */
static void let_others_queue(cpts_writer_t *w)
{
    apr_time_t end = apr_time_now() + YIELD_MOST;
    int now = cpts_queue_length(w->queue, w->lane);
    int before = 0;

    if (w->together < 2 && now < 2) {
        return;
    }
    while (now > before && now < CPTS_QUEUE_BATCH && apr_time_now() < end) {
        before = now;
        (void)sched_yield();
        now = cpts_queue_length(w->queue, w->lane);
    }
}

/* With the lock: commit what waits, unless somebody has just done so. */
static void lead_if_needed(cpts_writer_t *w, const cpts_cell_t *cell,
                           const cpts_writer_source_t *source, int inherited)
{
    cpts_db_e rc;
    cpts_db_t *db = NULL;

    if (!inherited && cpts_queue_done(cell, &rc)) {
        return;
    }
    let_others_queue(w);
    rc = source->open(&db, source->baton);
    (void)lead(w, db, rc, NULL, inherited); /* the cells know */
    if (rc == CPTS_DB_OK) {
        source->close(source->baton);
    }
}

static cpts_db_e wait_or_lead(cpts_writer_t *w, cpts_cell_t *cell,
                              const cpts_writer_source_t *source,
                              apr_interval_time_t left)
{
    cpts_queue_turn_e turn = cpts_queue_wait(w->queue, cell, left);
    cpts_queue_lock_e found;

    if (turn == CPTS_QUEUE_OTHERS) {
        return CPTS_DB_OK;
    }
    found = cpts_queue_lock(w->queue, w->lane,
                            turn == CPTS_QUEUE_OURS ? left : 0);
    if (found == CPTS_QUEUE_FAILED) {
        return CPTS_DB_ERROR;
    }
    if (is_locked(found)) {
        lead_if_needed(w, cell, source, found == CPTS_QUEUE_INHERITED);
        cpts_queue_unlock(w->queue, w->lane);
    }
    return CPTS_DB_OK;
}

/* What to do past the deadline: CPTS_DB_OK to wait on. */
static cpts_db_e too_late(cpts_writer_t *w, cpts_cell_t *cell,
                          apr_interval_time_t late, apr_interval_time_t most)
{
    if (cpts_queue_withdraw(w->queue, cell)) {
        return CPTS_DB_BUSY;
    }
    /* begun already: its outcome is worth as long a wait again */
    return late > most && cpts_queue_abandon(cell) ? CPTS_DB_BUSY : CPTS_DB_OK;
}

cpts_db_e cpts_writer_record(cpts_writer_t *writer,
                             const cpts_consultation_t *consultation,
                             const cpts_writer_source_t *source,
                             apr_interval_time_t timeout)
{
    apr_time_t deadline = apr_time_now() + timeout;
    cpts_cell_t *cell = cpts_queue_put(writer->queue, writer->lane,
                                       writer->process, consultation);
    cpts_db_e result = CPTS_DB_BUSY;

    if (!cell) {
        return CPTS_DB_BUSY;
    }
    while (!cpts_queue_done(cell, &result)) {
        apr_interval_time_t left = deadline - apr_time_now();
        cpts_db_e rc
            = left > 0 ? CPTS_DB_OK : too_late(writer, cell, -left, timeout);

        if (rc != CPTS_DB_OK) {
            return rc;
        }
        rc = wait_or_lead(writer, cell, source, left > 0 ? left : timeout);
        if (rc != CPTS_DB_OK && cpts_queue_withdraw(writer->queue, cell)) {
            return rc;
        }
    }
    cpts_queue_leave(cell);
    return result;
}
