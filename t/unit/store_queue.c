/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the queue that processes share: together, too late, too many. */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "queue_support.h"

#define PROCESSES 2

/* --- all is well */

static cpts_db_e append_and_fail(cpts_db_t *db, void *baton)
{
    cpts_db_e rc = queue_append(db, baton);

    return rc == CPTS_DB_OK ? CPTS_DB_CONFLICT : rc;
}

#define ROUNDS 25

static void *record_rounds(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        (void)queue_record(QUEUE_PATIENT);
    }
    return unused;
}

static void many(int number)
{
    (void)number;
    queue_in_threads(record_rounds, 8);
}

static void test_many(void **state)
{
    pid_t pids[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        pids[i] = queue_spawn(many, i);
    }
    queue_end_well(pids, 3);
    assert_int_equal(queue_fates(QUEUE_RECORDED), 3 * 8 * ROUNDS);
    /* they shared transactions */
    assert_true(atomic_load(&queue_ledger->commits) < 3 * 8 * ROUNDS / 2);
    queue_check_all();
}

/* On one core all who can run queue before one of them commits: hardly more
 * commits than rounds. */
static void many_on_one_core(int number)
{
    cpu_set_t all, one;
    size_t core = 0;

    if (sched_getaffinity(0, sizeof(all), &all) != 0) {
        _exit(1);
    }
    while (!CPU_ISSET(core, &all)) {
        core++;
    }
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0) {
        _exit(2);
    }
    many(number);
}

static void test_all_who_can_run(void **state)
{
    int most = ROUNDS * 3 / 2;
    int commits = most, tries;

    (void)state;
    /* where others keep the core busy it may take more than one try */
    for (tries = 0; commits >= most && tries < 20; tries++) {
        int before = atomic_load(&queue_ledger->commits);
        pid_t pid = queue_spawn(many_on_one_core, 0);

        queue_end_well(&pid, 1);
        commits = atomic_load(&queue_ledger->commits) - before;
    }
    assert_in_range(commits, 1, most - 1);
    assert_int_equal(queue_fates(QUEUE_RECORDED), tries * 8 * ROUNDS);
    queue_check_all();
}

/* Changes go between them, and what has queued goes with them. */
static void change_rounds(int number)
{
    int wrong = 0;

    for (int i = 0; i < 2 * ROUNDS; i++) {
        wrong |= i % 3 == number % 3
                     ? queue_change(append_and_fail) != CPTS_DB_CONFLICT
                     : queue_change(queue_append) != CPTS_DB_OK;
    }
    _exit(wrong);
}

static void test_changes(void **state)
{
    pid_t pids[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        pids[i] = queue_spawn(i < 2 ? many : change_rounds, i);
    }
    queue_end_well(pids, 4);
    assert_int_equal(queue_fates(QUEUE_RECORDED),
                     2 * 8 * ROUNDS + 2 * (2 * ROUNDS - 17) + 1);
    queue_check_all();
}

static void change_once(int number)
{
    cpts_db_e expected = number ? CPTS_DB_CONFLICT : CPTS_DB_OK;

    /* those who wait do not lead meanwhile: see cpts_queue_lock above */
    _exit(queue_change(number ? append_and_fail : queue_append) != expected);
}

static void test_change_carries(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        int commits = atomic_load(&queue_ledger->commits);
        pid_t waiting, changing;

        atomic_store(&queue_ledger->waiting, 0);
        atomic_store(&queue_ledger->dead, 0);
        queue_heirs = 1;
        waiting = queue_spawn(queue_survive, 0);
        queue_wait_for(&queue_ledger->waiting, QUEUE_THREADS);
        queue_heirs = 0;
        changing = queue_spawn(change_once, fails);
        queue_end_well(&changing, 1);
        if (fails) {
            assert_int_equal(atomic_load(&queue_ledger->commits), commits);
            atomic_store(&queue_ledger->dead, 1);
        }
        queue_end_well(&waiting, 1);
        assert_int_equal(atomic_load(&queue_ledger->commits), commits + 1);
        assert_int_equal(queue_fates(QUEUE_RECORDED),
                         QUEUE_THREADS * (fails + 1) + 1);
    }
    queue_check_all();
}

/* One that is refused by a rule harms none of its batch. */
static void *record_limited(void *unused)
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = queue_draw(&c);

    c.ceiling = 2;
    queue_note(
        number,
        cpts_writer_record(queue_writer, &c, &queue_source, QUEUE_PATIENT),
        begin);
    return unused;
}

static void limited(int number)
{
    (void)number;
    queue_in_threads(record_limited, QUEUE_THREADS);
}

static void test_ceiling(void **state)
{
    pid_t pids[PROCESSES];

    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = queue_spawn(limited, i);
    }
    queue_end_well(pids, PROCESSES);
    assert_int_equal(queue_fates(QUEUE_RECORDED), 2);
    assert_int_equal(queue_fates(QUEUE_REFUSED),
                     PROCESSES * QUEUE_THREADS - 2);
    queue_check_all();
}

/* --- too late, too many */

static void be_late(int number)
{
    apr_time_t begin = apr_time_now();
    cpts_db_e rc = queue_record(150000);

    (void)number;
    _exit(rc != CPTS_DB_BUSY || apr_time_now() - begin < 140000
          || apr_time_now() - begin > 150000 + QUEUE_AT_ONCE);
}

static void test_deadline(void **state)
{
    pid_t holder = queue_locked_by_another();
    pid_t late = queue_spawn(be_late, 0);

    (void)state;
    queue_end_well(&late, 1);
    queue_check_cells();
    queue_release(holder);
    queue_check_all();
    assert_int_equal(queue_fates(QUEUE_REFUSED), 1);
}

/* As many as there are cells, and one too many. */
static cpts_cell_t *all_cells[CPTS_QUEUE_CELLS];

static int fill_queue(void)
{
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_consultation_t c;

        (void)queue_draw(&c);
        all_cells[i] = cpts_queue_put(queue_shared, queue_lane, getpid(), &c);
        if (!all_cells[i]) {
            return -1;
        }
    }
    return 0;
}

static void be_too_many(int number)
{
    apr_time_t begin = apr_time_now();
    int wrong;

    (void)number;
    if (fill_queue() != 0) {
        _exit(95);
    }
    begin = apr_time_now();
    wrong = queue_record(QUEUE_PATIENT) != CPTS_DB_BUSY
            || apr_time_now() - begin > QUEUE_AT_ONCE;
    atomic_store(&queue_ledger->stop, 1);
    /* nothing of what waits is lost */
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_db_e rc;

        while (!cpts_queue_done(all_cells[i], &rc)) {
            (void)usleep(1000);
        }
        wrong |= rc != CPTS_DB_OK;
        queue_note(i, rc, begin);
        cpts_queue_leave(all_cells[i]);
    }
    _exit(wrong);
}

static void lead_batches(int number)
{
    (void)number;
    for (int i = 0; i < CPTS_QUEUE_CELLS / CPTS_QUEUE_BATCH; i++) {
        if (queue_change(queue_append) != CPTS_DB_OK) {
            _exit(1);
        }
    }
}

static void test_too_many(void **state)
{
    pid_t pids[2];

    (void)state;
    pids[0] = queue_spawn(be_too_many, 0);
    queue_wait_for(&queue_ledger->stop, 1);
    pids[1] = queue_spawn(lead_batches, 0);
    queue_end_well(pids, 2);
    assert_int_equal(queue_fates(QUEUE_REFUSED), 1);
    assert_int_equal(queue_fates(QUEUE_RECORDED),
                     CPTS_QUEUE_CELLS + CPTS_QUEUE_CELLS / CPTS_QUEUE_BATCH);
    queue_check_all();
}

/* More than one batch takes: those left over are not forgotten. */
static void *record_patiently(void *unused)
{
    (void)queue_record(QUEUE_PATIENT);
    return unused;
}

static void crowd(int number)
{
    (void)number;
    queue_in_threads(record_patiently, 60);
}

static void test_more_than_a_batch(void **state)
{
    pid_t pids[6];
    pid_t holder = queue_locked_by_another();

    (void)state;
    for (int i = 0; i < 6; i++) {
        pids[i] = queue_spawn(crowd, i);
    }
    queue_wait_for(&queue_ledger->waiting, 1 + 6 * 60);
    queue_release(holder);
    queue_end_well(pids, 6);
    assert_int_equal(queue_fates(QUEUE_RECORDED), 6 * 60);
    assert_true(atomic_load(&queue_ledger->longest) < QUEUE_PATIENT / 2);
    queue_check_all();
}

/* Who waited, and was killed, leaves room. */
static void fill_and_die(int number)
{
    (void)number;
    (void)fill_queue();
    queue_die();
}

static void test_cells_of_the_dead(void **state)
{
    pid_t filling = queue_spawn(fill_and_die, 0);

    (void)state;
    assert_int_equal(queue_end_of(filling), -SIGKILL);
    queue_check_cells();
    queue_check_all();
}

/* --- lanes */

static void test_lanes(void **state)
{
    pid_t pid, holder;

    (void)state;
    assert_int_equal(cpts_queue_lane(queue_shared, 42), queue_lane);
    assert_int_not_equal(cpts_queue_lane(queue_shared, 43), queue_lane);
    /* the same place, another database */
    assert_int_not_equal(cpts_queue_lane(queue_shared, 42 + CPTS_QUEUE_LANES),
                         queue_lane);
    assert_int_equal(cpts_queue_lane(queue_shared, 42), queue_lane);
    /* one that stands still holds up no other */
    holder = queue_locked_by_another();
    queue_lane = cpts_queue_lane(queue_shared, 43);
    pid = queue_spawn(queue_serve, 0);
    queue_end_well(&pid, 1);
    assert_true(atomic_load(&queue_ledger->longest) < QUEUE_AT_ONCE);
    queue_lane = cpts_queue_lane(queue_shared, 42);
    queue_release(holder);
    queue_check_all();
    /* as many as there are, and none more */
    for (uint64_t i = 100; i < 100 + CPTS_QUEUE_LANES - 3; i++) {
        assert_in_range(cpts_queue_lane(queue_shared, i << 20 | 1), 0,
                        CPTS_QUEUE_LANES - 1);
    }
    assert_int_equal(cpts_queue_lane(queue_shared, 77), -1);
    assert_int_equal(cpts_queue_lane(queue_shared, 42), queue_lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(test_many),
        QUEUE_TEST(test_all_who_can_run),
        QUEUE_TEST(test_changes),
        QUEUE_TEST(test_change_carries),
        QUEUE_TEST(test_ceiling),
        QUEUE_TEST(test_deadline),
        QUEUE_TEST(test_too_many),
        QUEUE_TEST(test_more_than_a_batch),
        QUEUE_TEST(test_cells_of_the_dead),
        QUEUE_TEST(test_lanes),
    };

    return UNIT_RUN(tests);
}
