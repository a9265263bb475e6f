/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of who dies, stops or fails while it leads those that wait. */

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#define SURVIVORS 2

/* --- leaders that die */

typedef struct {
    queue_step_t step;
    int write;   /* with AT_WRITING: which */
    int changes; /* it does not only lead, it makes a change */
} victim_t;

static const victim_t *victims;

static void be_victim(int number)
{
    queue_connection = queue_open();
    queue_last_step = victims[number].step;
    queue_last_write = victims[number].write;
    if (victims[number].changes) {
        atomic_fetch_add(&queue_ledger->waiting, 1);
        (void)queue_change(queue_append);
    }
    else {
        (void)queue_record(QUEUE_PATIENT);
    }
}

/* All wait for the lock, then they lead one after the other.
 * @return how the last victim ended */
static int scene(const victim_t *list, int count)
{
    pid_t pids[SURVIVORS], dying[4];
    int recorded = queue_fates(QUEUE_RECORDED), end = 0;
    apr_time_t died;
    pid_t holder;

    victims = list;
    atomic_store(&queue_ledger->dead, 0);
    atomic_store(&queue_ledger->longest, 0);
    holder = queue_hold();
    for (queue_heirs = 0; queue_heirs < count; queue_heirs++) {
        dying[queue_heirs] = queue_spawn(be_victim, queue_heirs);
        queue_wait_for(&queue_ledger->waiting, queue_heirs + 1);
    }
    for (int i = 0; i < SURVIVORS; i++) {
        pids[i] = queue_spawn(queue_survive, i);
    }
    queue_wait_for(&queue_ledger->waiting, count + SURVIVORS * QUEUE_THREADS);
    queue_heirs = 0;
    queue_let_go(holder);
    for (int i = 0; i < count; i++) {
        end = queue_end_of(dying[i]);
        atomic_fetch_add(&queue_ledger->dead, 1);
    }
    died = apr_time_now();
    queue_end_well(pids, SURVIVORS);
    if (apr_time_now() - died > QUEUE_AT_ONCE) {
        fail_msg("step %d: they waited for %d ms", (int)list[count - 1].step,
                 (int)((apr_time_now() - died) / 1000));
    }
    assert_int_equal(queue_fates(QUEUE_RECORDED) - recorded,
                     SURVIVORS * QUEUE_THREADS + (end == 0));
    return end;
}

static void test_leader_dies(void **state)
{
    (void)state;
    for (int changes = 0; changes < 2; changes++) {
        for (int at = AT_LOCKED; at <= AT_LEFT; at++) {
            victim_t victim = { (queue_step_t)at, 1, changes };

            if (scene(&victim, 1) != -SIGKILL) {
                fail_msg("it did not die at step %d", at);
            }
            queue_check_all();
        }
    }
}

/* At every write to the files, until it survives. */
static void test_leader_dies_writing(void **state)
{
    (void)state;
    for (int changes = 0; changes < 2; changes++) {
        victim_t victim = { AT_WRITING, 1, changes };

        while (scene(&victim, 1) == -SIGKILL) {
            queue_check_ledger();
            victim.write++;
            assert_true(victim.write < 200);
        }
        assert_true(victim.write > 2);
        queue_check_all();
    }
}

/* Whoever takes over dies as well. */
static void test_two_leaders_die(void **state)
{
    static const queue_step_t then[]
        = { AT_LOCKED, AT_TAKEN, AT_ANNOUNCED, AT_COMMITTED };

    (void)state;
    for (int at = AT_LOCKED; at <= AT_UNLOCKED; at++) {
        for (size_t i = 0; i < COUNT(then); i++) {
            victim_t two[] = { { (queue_step_t)at, 1, 0 }, { then[i], 1, 0 } };
            int end = scene(two, 2);

            /* unless it was told: then it had no need to lead */
            assert_true(end == -SIGKILL || (end == 0 && at >= AT_COMMITTED));
            queue_check_ledger();
        }
    }
    queue_check_all();
}

/* As cptsctl does, with no queue. */
static void append_alone(int count)
{
    cpts_db_t *db = queue_open();

    if (cpts_db_start(db) != CPTS_DB_OK) {
        _exit(93);
    }
    for (int i = 0; i < count; i++) {
        cpts_consultation_t c;
        int number = queue_draw(&c);

        queue_note(number, queue_append(db, &c), apr_time_now());
    }
    _exit(cpts_db_leave(db, 1, CPTS_DB_OK) != CPTS_DB_OK);
}

/* The batch of the dead was not committed, and somebody else, who knows of no
 * queue, wrote entries of the same numbers. */
static void test_numbers_taken(void **state)
{
    static const victim_t victim = { AT_ANNOUNCED, 0, 0 };
    pid_t holder, pid, waiting, other;

    (void)state;
    victims = &victim;
    holder = queue_hold();
    pid = queue_spawn(be_victim, 0);
    queue_wait_for(&queue_ledger->waiting, 1);
    queue_heirs = 1;
    waiting = queue_spawn(queue_survive, 0);
    queue_heirs = 0;
    queue_wait_for(&queue_ledger->waiting, 1 + QUEUE_THREADS);
    queue_let_go(holder);
    assert_int_equal(queue_end_of(pid), -SIGKILL);
    other = queue_spawn(append_alone, 2 * QUEUE_THREADS);
    queue_end_well(&other, 1);
    atomic_store(&queue_ledger->dead, 1);
    queue_end_well(&waiting, 1);
    assert_int_equal(queue_fates(QUEUE_RECORDED),
                     QUEUE_THREADS + 2 * QUEUE_THREADS);
    queue_check_all();
}

/* Who leads is slow: whoever was taken must not say that it was refused, even
 * if its time is up. */
static void be_slow(int number)
{
    (void)number;
    queue_stops = 1;
    queue_last_step = AT_TAKEN;
    _exit(queue_record(QUEUE_PATIENT) != CPTS_DB_OK);
}

/* Their time, microseconds: enough for who leads to take them first, also on
 * a busy machine. */
#define HASTE 2000000

static void *record_in_haste(void *unused)
{
    (void)queue_record(HASTE);
    return unused;
}

static void hurry(int number)
{
    (void)number;
    queue_in_threads(record_in_haste, QUEUE_THREADS);
}

static void test_slow_leader(void **state)
{
    pid_t pids[2];
    int status;

    (void)state;
    /* only then may the others take the lock, which is held; and they queue
     * before it is taken */
    queue_heirs = 1;
    pids[1] = queue_spawn(hurry, 0);
    queue_wait_for(&queue_ledger->waiting, QUEUE_THREADS);
    queue_heirs = 0;
    pids[0] = queue_spawn(be_slow, 0);
    assert_int_equal(waitpid(pids[0], &status, WUNTRACED), pids[0]);
    assert_true(WIFSTOPPED(status));
    atomic_store(&queue_ledger->dead, 1);
    (void)usleep(HASTE + 300000);
    assert_int_equal(queue_fates(QUEUE_SENT), 1 + QUEUE_THREADS);
    assert_int_equal(kill(pids[0], SIGCONT), 0);
    queue_end_well(pids, 2);
    assert_int_equal(queue_fates(QUEUE_RECORDED), 1 + QUEUE_THREADS);
    queue_check_all();
}

/* Who leads does not go on at all: the others are told that they do not know,
 * and their cells are free again once it does. */
static void test_stopped_leader(void **state)
{
    pid_t leader, hasty;
    int status;

    (void)state;
    queue_heirs = 1;
    hasty = queue_spawn(hurry, 0);
    queue_wait_for(&queue_ledger->waiting, QUEUE_THREADS);
    queue_heirs = 0;
    leader = queue_spawn(be_slow, 0);
    assert_int_equal(waitpid(leader, &status, WUNTRACED), leader);
    assert_true(WIFSTOPPED(status));
    atomic_store(&queue_ledger->dead, 1);
    assert_int_equal(queue_end_of(hasty), 0);
    assert_int_equal(queue_fates(QUEUE_REFUSED), QUEUE_THREADS);
    assert_int_equal(kill(leader, SIGCONT), 0);
    assert_int_equal(queue_end_of(leader), 0);
    assert_int_equal(queue_fates(QUEUE_RECORDED), 1);
    for (size_t i = 0; i < cpts_queue_size() / sizeof(uint64_t); i++) {
        /* no cell is left behind: see LEFT in queue.c */
        assert_int_not_equal(((const uint32_t *)queue_shared)[2 * i + 1],
                             (uint32_t)hasty);
    }
}

/* A leader died, and whoever takes over cannot open the database. */
static void test_no_database(void **state)
{
    static const victim_t victim = { AT_TAKEN, 0, 0 };
    const char *away = store_path("away");
    pid_t holder, pid, pids[SURVIVORS];

    (void)state;
    victims = &victim;
    holder = queue_hold();
    pid = queue_spawn(be_victim, 0);
    queue_wait_for(&queue_ledger->waiting, 1);
    assert_int_equal(rename(queue_file, away), 0);
    queue_heirs = 1;
    for (int i = 0; i < SURVIVORS; i++) {
        pids[i] = queue_spawn(queue_survive, i);
    }
    queue_heirs = 0;
    queue_wait_for(&queue_ledger->waiting, 1 + SURVIVORS * QUEUE_THREADS);
    queue_let_go(holder);
    assert_int_equal(queue_end_of(pid), -SIGKILL);
    atomic_store(&queue_ledger->dead, 1);
    queue_end_well(pids, SURVIVORS);
    assert_true(atomic_load(&queue_ledger->longest) < QUEUE_AT_ONCE * 2);
    assert_int_equal(queue_fates(QUEUE_REFUSED), SURVIVORS * QUEUE_THREADS);
    for (int i = 0; i < atomic_load(&queue_ledger->next); i++) {
        if (atomic_load(&queue_ledger->fate[i]) == QUEUE_REFUSED) {
            store_kind((cpts_db_e)queue_ledger->why[i], CPTS_DB_MISSING);
        }
    }
    assert_int_equal(rename(away, queue_file), 0);
    queue_check_all();
}

/* --- processes that die at any moment */

static void *record_on(void *unused)
{
    while (!atomic_load(&queue_ledger->stop)) {
        (void)queue_record(QUEUE_PATIENT);
    }
    return unused;
}

static void serve_on(int number)
{
    (void)number;
    queue_in_threads(record_on, 6);
}

static void test_random_deaths(void **state)
{
    pid_t pids[3];
    int refused;

    (void)state;
    for (int i = 0; i < 3; i++) {
        pids[i] = queue_spawn(serve_on, i);
    }
    for (int i = 0; i < 25; i++) {
        int which = unit_below(3);

        (void)usleep((useconds_t)unit_below(120000));
        assert_int_equal(kill(pids[which], SIGKILL), 0);
        assert_int_equal(queue_end_of(pids[which]), -SIGKILL);
        pids[which] = queue_spawn(serve_on, which);
    }
    (void)usleep(100000);
    atomic_store(&queue_ledger->stop, 1);
    queue_end_well(pids, 3);
    refused = queue_fates(QUEUE_REFUSED);
    assert_int_equal(refused, 0);
    assert_true(queue_fates(QUEUE_RECORDED) > 100);
    if (atomic_load(&queue_ledger->longest) > QUEUE_AT_ONCE) {
        fail_msg("somebody waited for %d ms",
                 (int)(atomic_load(&queue_ledger->longest) / 1000));
    }
    queue_check_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(test_leader_dies),     QUEUE_TEST(test_leader_dies_writing),
        QUEUE_TEST(test_two_leaders_die), QUEUE_TEST(test_numbers_taken),
        QUEUE_TEST(test_slow_leader),     QUEUE_TEST(test_stopped_leader),
        QUEUE_TEST(test_no_database),     QUEUE_TEST(test_random_deaths),
    };

    return UNIT_RUN(tests);
}
