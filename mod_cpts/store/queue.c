/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of consultations that all processes of a server share.
 *
 * A futex where others would take a condition: a condition shared by
 * processes blocks for ever once one that waited for it was killed, and a
 * semaphore wakes one at a time. */

#include "store/queue.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Who waits looks this often whether its leader is still there,
 * microseconds. */
#define PATIENCE 20000

#define WORD_BITS 64
#define WORDS     (CPTS_QUEUE_CELLS / WORD_BITS)

/* One word says the state of a cell, its lane and its process, so that no
 * cell is without an owner at any moment, and a leader who was slow takes none
 * that has come to wait for another database meanwhile. */
#define LANE_SHIFT    16
#define PROCESS_SHIFT 32

_Static_assert(CPTS_QUEUE_LANES <= 1 << (PROCESS_SHIFT - LANE_SHIFT),
               "a lane fits into the word");

enum { FREE, FILLING, QUEUED, TAKEN, DONE, LEFT };

struct cpts_cell_t {
    _Atomic uint64_t state;
    _Atomic uint32_t batch; /* while TAKEN: of which batch */
    int32_t result;
    cpts_consultation_t consultation;
};

typedef struct {
    uint64_t database; /* 0: nobody's */
    pthread_mutex_t lock;
    _Atomic uint32_t open;    /* number of the batch that fills up */
    _Atomic uint32_t elected; /* 1 + number of the batch that has a leader */
    /* Changed when a batch of even and of odd number is done: those of the
     * next one sleep on. */
    _Atomic uint32_t turn[2];
    /* With the lock. */
    uint32_t done; /* number of the batch to be told of, if finished is set */
    int finished;
    int announced; /* a batch is being committed */
    int inherited; /* from a leader that died */
    cpts_queue_batch_t batch;
    _Atomic uint64_t queued[WORDS]; /* cells that wait in this lane */
} lane_t;

struct cpts_queue_t {
    cpts_cell_t cells[CPTS_QUEUE_CELLS];
    lane_t lanes[CPTS_QUEUE_LANES];
};

/* --- sleeping and waking */

static void sleep_on(_Atomic uint32_t *word, uint32_t value, int64_t timeout)
{
    struct timespec wait
        = { timeout / 1000000, (long)(timeout % 1000000) * 1000 };

    /* woken, changed before, interrupted or late: the caller looks again */
    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &wait, NULL, 0);
}

static void wake_all(_Atomic uint32_t *word)
{
    atomic_fetch_add(word, 1);
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* --- cells */

static uint64_t word_of(pid_t process, int lane, int state)
{
    return (uint64_t)(uint32_t)process << PROCESS_SHIFT
           | (uint64_t)(uint16_t)lane << LANE_SHIFT | (uint64_t)state;
}

static int is(uint64_t word, int state)
{
    return (uint16_t)word == state;
}

static uint64_t with(uint64_t word, int state)
{
    return (word & ~UINT64_C(0xffff)) | (uint64_t)state;
}

static int lane_of(uint64_t word)
{
    return (uint16_t)(word >> LANE_SHIFT);
}

static int lane_of_cell(cpts_cell_t *cell)
{
    return lane_of(atomic_load(&cell->state));
}

static int is_orphan(uint64_t word)
{
    return !is(word, FREE) && kill((pid_t)(word >> PROCESS_SHIFT), 0) != 0
           && errno == ESRCH;
}

static size_t number_of(const cpts_queue_t *queue, const cpts_cell_t *cell)
{
    return (size_t)(cell - queue->cells);
}

static void mark(lane_t *lane, size_t cell, int waits)
{
    _Atomic uint64_t *word = &lane->queued[cell / WORD_BITS];
    uint64_t bit = UINT64_C(1) << cell % WORD_BITS;

    if (waits) {
        atomic_fetch_or(word, bit);
    }
    else {
        atomic_fetch_and(word, ~bit);
    }
}

/* From the one that this thread had last: mostly it is free. */
static cpts_cell_t *find_free(cpts_queue_t *queue, uint64_t filling)
{
    static _Thread_local size_t last;
    size_t i;

    if (last == 0) {
        /* threads begin apart from each other */
        last = ((size_t)&last >> 12) % CPTS_QUEUE_CELLS;
    }
    for (i = 0; i < CPTS_QUEUE_CELLS; i++) {
        size_t n = (last + i) % CPTS_QUEUE_CELLS;
        uint64_t expected = FREE;

        if (atomic_compare_exchange_strong(&queue->cells[n].state, &expected,
                                           filling)) {
            last = n;
            return &queue->cells[n];
        }
    }
    return NULL;
}

/* Cells of processes that died; those that a leader has are the leader's.
 * The number of a process that is used again keeps a few until it ends. */
static void bury(cpts_queue_t *queue)
{
    size_t i;

    for (i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_cell_t *cell = &queue->cells[i];
        uint64_t word = atomic_load(&cell->state);

        if (!is(word, TAKEN) && !is(word, LEFT) && is_orphan(word)) {
            (void)atomic_compare_exchange_strong(&cell->state, &word, FREE);
        }
    }
}

cpts_cell_t *cpts_queue_put(cpts_queue_t *queue, int lane, pid_t process,
                            const cpts_consultation_t *consultation)
{
    uint64_t filling = word_of(process, lane, FILLING);
    cpts_cell_t *cell = find_free(queue, filling);

    if (!cell) {
        bury(queue);
        cell = find_free(queue, filling);
    }
    if (!cell) {
        return NULL;
    }
    cell->result = CPTS_DB_BUSY;
    memcpy(&cell->consultation, consultation, sizeof(*consultation));
    atomic_store(&cell->state, with(filling, QUEUED));
    mark(&queue->lanes[lane], number_of(queue, cell), 1);
    return cell;
}

int cpts_queue_done(const cpts_cell_t *cell, cpts_db_e *result)
{
    if (!is(atomic_load(&((cpts_cell_t *)cell)->state), DONE)) {
        return 0;
    }
    *result = (cpts_db_e)cell->result;
    return 1;
}

void cpts_queue_leave(cpts_cell_t *cell)
{
    atomic_store(&cell->state, FREE);
}

int cpts_queue_withdraw(cpts_queue_t *queue, cpts_cell_t *cell)
{
    lane_t *lane = &queue->lanes[lane_of_cell(cell)];
    uint64_t word = atomic_load(&cell->state);

    if (!is(word, QUEUED)
        || !atomic_compare_exchange_strong(&cell->state, &word,
                                           with(word, FILLING))) {
        return 0;
    }
    mark(lane, number_of(queue, cell), 0);
    cpts_queue_leave(cell);
    return 1;
}

int cpts_queue_abandon(cpts_cell_t *cell)
{
    uint64_t word = atomic_load(&cell->state);

    return is(word, TAKEN)
           && atomic_compare_exchange_strong(&cell->state, &word,
                                             with(word, LEFT));
}

/* The first to say so leads the batch that fills up. */
static int elect(lane_t *lane, uint32_t batch)
{
    uint32_t before = atomic_load(&lane->elected);

    return before != batch + 1
           && atomic_compare_exchange_strong(&lane->elected, &before,
                                             batch + 1);
}

cpts_queue_turn_e cpts_queue_wait(cpts_queue_t *queue, cpts_cell_t *cell,
                                  int64_t timeout)
{
    lane_t *lane = &queue->lanes[lane_of_cell(cell)];
    uint64_t state = atomic_load(&cell->state);
    uint32_t batch = is(state, TAKEN) ? atomic_load(&cell->batch)
                                      : atomic_load(&lane->open);
    _Atomic uint32_t *word = &lane->turn[batch & 1];
    uint32_t turn = atomic_load(word);

    if (is(state, QUEUED) && elect(lane, batch)) {
        return CPTS_QUEUE_OURS;
    }
    /* or it sleeps on the word of a batch that is over */
    if (atomic_load(&cell->state) != state
        || (is(state, QUEUED) && atomic_load(&lane->open) != batch)) {
        return CPTS_QUEUE_OTHERS;
    }
    sleep_on(word, turn, timeout < PATIENCE ? timeout : PATIENCE);
    return atomic_load(word) == turn ? CPTS_QUEUE_MAYBE : CPTS_QUEUE_OTHERS;
}

/* --- the lock of a lane */

static cpts_queue_lock_e locked(lane_t *lane, int rc)
{
    switch (rc) {
    case 0:
        return lane->inherited ? CPTS_QUEUE_INHERITED : CPTS_QUEUE_LOCKED;
    case EOWNERDEAD:
        lane->inherited = 1;
        return pthread_mutex_consistent(&lane->lock) == 0
                   ? CPTS_QUEUE_INHERITED
                   : CPTS_QUEUE_FAILED;
    case EBUSY:
    case ETIMEDOUT:
        return CPTS_QUEUE_BUSY;
    default:
        return CPTS_QUEUE_FAILED;
    }
}

cpts_queue_lock_e cpts_queue_lock(cpts_queue_t *queue, int lane,
                                  int64_t timeout)
{
    lane_t *l = &queue->lanes[lane];
    struct timespec until;

    if (timeout <= 0) {
        return locked(l, pthread_mutex_trylock(&l->lock));
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout / 1000000;
    until.tv_nsec += (long)(timeout % 1000000) * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return locked(l,
                  pthread_mutex_clocklock(&l->lock, CLOCK_MONOTONIC, &until));
}

void cpts_queue_unlock(cpts_queue_t *queue, int lane)
{
    lane_t *l = &queue->lanes[lane];
    _Atomic uint32_t *turn = &l->turn[l->done & 1];
    int finished = l->finished;

    l->finished = 0;
    (void)pthread_mutex_unlock(&l->lock);
    /* the next leader goes on meanwhile */
    if (finished) {
        wake_all(turn);
    }
}

/* --- with the lock */

int cpts_queue_length(const cpts_queue_t *queue, int lane)
{
    const lane_t *l = &queue->lanes[lane];
    int length = 0;
    size_t i;

    for (i = 0; i < WORDS; i++) {
        length += __builtin_popcountll(atomic_load(&l->queued[i]));
    }
    return length;
}

int cpts_queue_take(cpts_queue_t *queue, int lane,
                    cpts_cell_t *cells[CPTS_QUEUE_BATCH])
{
    lane_t *l = &queue->lanes[lane];
    uint32_t batch = atomic_load(&l->open);
    int count = 0;
    size_t i;

    for (i = 0; i < WORDS; i++) {
        uint64_t bits = atomic_load(&l->queued[i]);

        for (; bits && count < CPTS_QUEUE_BATCH; bits &= bits - 1) {
            size_t n = i * WORD_BITS + (size_t)__builtin_ctzll(bits);
            cpts_cell_t *cell = &queue->cells[n];
            uint64_t word;

            /* before the look: who queues after it marks after it */
            mark(l, n, 0);
            word = atomic_load(&cell->state);
            if (!is(word, QUEUED) || lane_of(word) != lane) {
                continue; /* its owner took it back, or died */
            }
            atomic_store(&cell->batch, batch);
            if (atomic_compare_exchange_strong(&cell->state, &word,
                                               with(word, TAKEN))) {
                cells[count++] = cell;
            }
        }
    }
    l->done = batch;
    /* from here on others fill the next one */
    atomic_store(&l->open, batch + 1);
    return count;
}

const cpts_consultation_t *cpts_queue_read(const cpts_cell_t *cell)
{
    return &cell->consultation;
}

void cpts_queue_note(cpts_cell_t *cell, cpts_db_e result)
{
    cell->result = (int32_t)result;
}

void cpts_queue_announce(cpts_queue_t *queue, int lane,
                         const cpts_queue_batch_t *batch)
{
    lane_t *l = &queue->lanes[lane];

    l->batch = *batch;
    /* nothing of it may come after: a dying process stops anywhere */
    atomic_signal_fence(memory_order_seq_cst);
    l->announced = 1;
}

/* A taken cell goes on as @a next, unless its owner has left. */
static void give_up_or(cpts_cell_t *cell, uint64_t word, int next)
{
    if (!is(word, TAKEN)
        || !atomic_compare_exchange_strong(&cell->state, &word,
                                           with(word, next))) {
        atomic_store(&cell->state, FREE);
    }
}

void cpts_queue_finish(cpts_queue_t *queue, int lane,
                       cpts_cell_t *const *cells, int count)
{
    lane_t *l = &queue->lanes[lane];
    int i;

    for (i = 0; i < count; i++) {
        uint64_t word = atomic_load(&cells[i]->state);

        give_up_or(cells[i], word, DONE);
    }
    atomic_signal_fence(memory_order_seq_cst);
    if (!l->inherited) {
        l->announced = 0;
    }
    l->finished = 1;
}

const cpts_queue_batch_t *cpts_queue_unsettled(cpts_queue_t *queue, int lane)
{
    const lane_t *l = &queue->lanes[lane];

    return l->inherited && l->announced ? &l->batch : NULL;
}

/* What was taken by whoever died: no other leader can have it. */
void cpts_queue_settle(cpts_queue_t *queue, int lane, int committed)
{
    lane_t *l = &queue->lanes[lane];
    size_t i;

    for (i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_cell_t *cell = &queue->cells[i];
        uint64_t word = atomic_load(&cell->state);

        if (lane_of(word) != lane) {
            continue;
        }
        if (is(word, TAKEN)) {
            int next = committed || is_orphan(word) ? DONE : QUEUED;

            give_up_or(cell, word, next);
            mark(l, i, next == QUEUED);
        }
        else if (is(word, LEFT)) {
            atomic_store(&cell->state, FREE);
        }
        else if (is(word, QUEUED)) {
            mark(l, i, 1);
        }
    }
    l->announced = 0;
    l->inherited = 0;
    l->finished = 1;
    l->done = atomic_load(&l->open) - 1;
}

/* --- making it */

size_t cpts_queue_size(void)
{
    return sizeof(cpts_queue_t);
}

cpts_queue_t *cpts_queue_init(void *memory)
{
    return memory;
}

static int make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    int rc = pthread_mutexattr_init(&attributes);

    if (rc == 0) {
        rc = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    }
    if (rc == 0) {
        rc = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    }
    if (rc == 0) {
        rc = pthread_mutex_init(lock, &attributes);
    }
    (void)pthread_mutexattr_destroy(&attributes);
    return rc;
}

int cpts_queue_lane(cpts_queue_t *queue, uint64_t database)
{
    int i;

    for (i = 0; i < CPTS_QUEUE_LANES; i++) {
        lane_t *lane
            = &queue->lanes[(database + (uint64_t)i) % CPTS_QUEUE_LANES];

        if (lane->database == database) {
            return (int)(lane - queue->lanes);
        }
        if (!lane->database) {
            if (make_lock(&lane->lock) != 0) {
                return -1;
            }
            lane->database = database;
            return (int)(lane - queue->lanes);
        }
    }
    return -1;
}
