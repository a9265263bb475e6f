/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the queue share: processes that record, and die. */

/**
 * @file queue_support.h
 * @brief A queue in memory that forked processes share, beside a ledger in
 * which each of them notes what became of its consultations.  Functions of
 * the writer and the queue are wrapped (tests.am), so that a process can die
 * at any step.  What runs in such a process must not fail as a test does: it
 * ends with another exit code than 0.
 */
#ifndef CPTS_T_UNIT_QUEUE_SUPPORT_H
#define CPTS_T_UNIT_QUEUE_SUPPORT_H

#include <stdatomic.h>

#include <apr_time.h>

#include "store/queue.h"
#include "store/writer.h"
#include "store_support.h"

/** Consultations of one test; each has a second of its own. */
#define QUEUE_MAX   400000
#define QUEUE_BEGIN 1000000
/** Those who wait this long for a place, microseconds, need not. */
#define QUEUE_PATIENT APR_TIME_C(20000000)
/** Nobody waits longer for the death of another, microseconds: they look
 * after 20 ms, the rest is for a busy machine. */
#define QUEUE_AT_ONCE APR_TIME_C(8000000)
/** Consultations that queue_survive() records at once. */
#define QUEUE_THREADS 3

/** What became of a consultation, as its client knows it. */
enum { QUEUE_UNSENT, QUEUE_SENT, QUEUE_RECORDED, QUEUE_REFUSED };

/** What all processes of a test share, beside the queue. */
typedef struct {
    _Atomic int waiting; /**< so many have queued */
    _Atomic int dead;    /**< leaders so far */
    _Atomic int commits;
    _Atomic int next; /**< number of the next consultation */
    _Atomic int stop;
    _Atomic int64_t longest; /**< wait, microseconds */
    _Atomic int fate[QUEUE_MAX];
    _Atomic int why[QUEUE_MAX]; /**< it was refused: cpts_db_e */
} queue_ledger_t;

extern const char *queue_file;
extern queue_ledger_t *queue_ledger;
extern cpts_queue_t *queue_shared;
extern int queue_lane;

/** The steps of whoever leads. */
typedef enum {
    AT_NO_STEP,
    AT_LOCKED,
    AT_BEGUN,
    AT_TAKEN,
    AT_INSERTED, /**< some of them */
    AT_UNANNOUNCED,
    AT_ANNOUNCED,
    AT_WRITING, /**< in the commit */
    AT_COMMITTED,
    AT_TOLD_SOME,
    AT_FINISHED,
    AT_UNLOCKED, /**< nobody is woken yet */
    AT_LEFT
} queue_step_t;

/** Where this process dies. */
extern queue_step_t queue_last_step;
/** With AT_WRITING: at which write. */
extern int queue_last_write;
/** 1: it stops instead of dying. */
extern int queue_stops;
/** How many have to die before it may take the lock. */
extern int queue_heirs;

int queue_world(void **state);
int queue_end_world(void **state);

#define QUEUE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, queue_world, queue_end_world)

/** Of a process of one's own: made by queue_spawn(). */
extern apr_pool_t *queue_pool;
extern cpts_writer_t *queue_writer;
extern cpts_db_t *queue_connection; /**< NULL: not open yet */
extern const cpts_writer_source_t queue_source;

/** Die, or stop, now. */
void queue_die(void);

/** Make a consultation. @return its number, which nobody else has */
int queue_draw(cpts_consultation_t *consultation);

/** Note what became of it. */
void queue_note(int number, cpts_db_e rc, apr_time_t begin);

/** Make one and record it. @param timeout microseconds */
cpts_db_e queue_record(apr_interval_time_t timeout);

/** A change (cpts_writer_change_t): another entry of the journal, counted as
 * if it were a consultation. */
cpts_db_e queue_append(cpts_db_t *db, void *consultation);

/** Make a change. */
cpts_db_e queue_change(cpts_db_e (*make)(cpts_db_t *db, void *baton));

/** Open the database for a change, or end the process. */
cpts_db_t *queue_open(void);

/** Run a function in a process of its own. */
pid_t queue_spawn(void (*body)(int), int number);

/** How it ended: its exit code, or minus the signal. */
int queue_end_of(pid_t pid);

/** All ended with 0. */
void queue_end_well(const pid_t *pids, int count);

/** Until a number of the ledger has reached a value. */
void queue_wait_for(_Atomic int *number, int value);

/** Run a function in so many threads, at most 64. */
void queue_in_threads(void *(*body)(void *), int count);

/** Somebody holds the lock of the lane, until let go of. */
pid_t queue_hold(void);
void queue_let_go(pid_t holder);

/** The same, until killed. */
pid_t queue_locked_by_another(void);
void queue_release(pid_t holder);

/** Bodies of processes: record one; record QUEUE_THREADS at once. */
void queue_serve(int number);
void queue_survive(int number);

/** How many had this fate. */
int queue_fates(int fate);

/** What was acknowledged is there once, what was refused is not, what nobody
 * heard of again is not there twice. */
void queue_check_ledger(void);

/** Nobody has a cell any more. */
void queue_check_cells(void);

/** Both, and the lane serves whoever comes now. */
void queue_check_all(void);

#endif
