/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the queue that processes share, and of who dies while leading. */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <sqlite3.h>

#include "store/journal.h"
#include "store/queue.h"
#include "store/writer.h"
#include "store_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Consultations of one test; each has a second of its own. */
#define MAX   40000
#define BEGIN 1000000
/* Those who wait this long for a place, microseconds, need not. */
#define PATIENT APR_TIME_C(20000000)
/* Nobody waits longer for the death of another, microseconds: they look
 * after 20 ms, the rest is for a busy machine. */
#define AT_ONCE   APR_TIME_C(2000000)
#define SURVIVORS 2
#define THREADS   3

/* What became of a consultation, as its client knows it. */
enum { UNSENT, SENT, RECORDED, REFUSED };

/* What all processes of a test share, beside the queue. */
typedef struct {
    _Atomic int waiting; /* so many have queued */
    _Atomic int dead;    /* leaders so far */
    _Atomic int commits;
    _Atomic int next; /* number of the next consultation */
    _Atomic int stop;
    _Atomic int64_t longest; /* wait, microseconds */
    _Atomic int fate[MAX];
    _Atomic int why[MAX]; /* it was refused */
} ledger_t;

static const char *file;
static ledger_t *ledger;
static cpts_queue_t *queue;
static int lane;

/* --- dying at a certain step of the writer */

typedef enum {
    NEVER,
    LOCKED,
    BEGUN,
    TAKEN,
    INSERTED,
    UNANNOUNCED,
    ANNOUNCED,
    WRITING, /* in the commit */
    COMMITTED,
    TOLD_SOME,
    FINISHED,
    UNLOCKED, /* nobody is woken yet */
    LEFT
} step_t;

/* Of this process: where it dies, and how many have to die before it may
 * lead. */
static step_t last_step;
static int last_write;
static int stops; /* instead of dying */
static int heirs;
static int inserted, committing; /* with the lock */
static _Thread_local int unlocking;
static cpts_queue_batch_t announced;

static void die(void)
{
    if (stops) {
        (void)raise(SIGSTOP);
        return;
    }
    (void)kill(getpid(), SIGKILL);
    for (;;) {
        (void)pause();
    }
}

static void step(step_t now)
{
    if (last_step == now) {
        die();
    }
}

/* Each function of the writer and of the queue that is wrapped. */
#define WRAP(type, name, parameters) \
    type __real_##name parameters;   \
    type __wrap_##name parameters;   \
    type __wrap_##name parameters

WRAP(cpts_cell_t *, cpts_queue_put,
     (cpts_queue_t * q, int to, pid_t process, const cpts_consultation_t *c))
{
    cpts_cell_t *cell = __real_cpts_queue_put(q, to, process, c);

    if (cell) {
        atomic_fetch_add(&ledger->waiting, 1);
    }
    return cell;
}

WRAP(cpts_queue_lock_e, cpts_queue_lock,
     (cpts_queue_t * q, int of, int64_t timeout))
{
    cpts_queue_lock_e rc;

    /* as if another were faster */
    if (atomic_load(&ledger->dead) < heirs) {
        return CPTS_QUEUE_BUSY;
    }
    rc = __real_cpts_queue_lock(q, of, timeout);
    if (rc == CPTS_QUEUE_LOCKED || rc == CPTS_QUEUE_INHERITED) {
        step(LOCKED);
    }
    return rc;
}

WRAP(cpts_db_e, cpts_db_start, (cpts_db_t * db))
{
    cpts_db_e rc = __real_cpts_db_start(db);

    step(BEGUN);
    return rc;
}

WRAP(int, cpts_queue_take,
     (cpts_queue_t * q, int from, cpts_cell_t *cells[CPTS_QUEUE_BATCH]))
{
    int count = __real_cpts_queue_take(q, from, cells);

    step(TAKEN);
    return count;
}

WRAP(cpts_db_e, cpts_consultation_insert,
     (cpts_db_t * db, cpts_daily_t *daily, const cpts_consultation_t *c))
{
    cpts_db_e rc = __real_cpts_consultation_insert(db, daily, c);

    if (++inserted == 2) {
        step(INSERTED);
    }
    return rc;
}

WRAP(void, cpts_queue_announce,
     (cpts_queue_t * q, int of, const cpts_queue_batch_t *batch))
{
    step(UNANNOUNCED);
    announced = *batch;
    __real_cpts_queue_announce(q, of, batch);
    step(ANNOUNCED);
}

WRAP(cpts_db_e, cpts_db_leave, (cpts_db_t * db, int own, cpts_db_e result))
{
    cpts_db_e rc;

    committing = 1;
    rc = __real_cpts_db_leave(db, own, result);
    committing = 0;
    if (rc == CPTS_DB_OK) {
        atomic_fetch_add(&ledger->commits, 1);
    }
    step(COMMITTED);
    return rc;
}

WRAP(void, cpts_queue_finish,
     (cpts_queue_t * q, int of, cpts_cell_t *const *cells, int count))
{
    if (last_step == TOLD_SOME) {
        __real_cpts_queue_finish(q, of, cells, count / 2);
        __real_cpts_queue_announce(q, of, &announced);
        die();
    }
    __real_cpts_queue_finish(q, of, cells, count);
    step(FINISHED);
}

WRAP(void, cpts_queue_unlock, (cpts_queue_t * q, int of))
{
    unlocking = last_step == UNLOCKED;
    __real_cpts_queue_unlock(q, of);
    step(LEFT);
}

WRAP(int, pthread_mutex_unlock, (pthread_mutex_t * mutex))
{
    int rc = __real_pthread_mutex_unlock(mutex);

    if (unlocking) {
        die();
    }
    return rc;
}

/* What SQLite calls to write. */
static ssize_t write_or_die(int fd, const void *bytes, size_t size,
                            off_t offset)
{
    if (last_step == WRITING && committing && --last_write == 0) {
        die();
    }
    return pwrite(fd, bytes, size, offset);
}

static void watch_writes(void)
{
    static const char *const names[] = { "pwrite", "pwrite64" };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

    for (size_t i = 0; i < COUNT(names); i++) {
        (void)vfs->xSetSystemCall(vfs, names[i],
                                  (sqlite3_syscall_ptr)write_or_die);
    }
}

/* --- the world */

static int world(void **state)
{
    size_t size = sizeof(ledger_t) + cpts_queue_size();
    char *memory;

    if (store_setup(state) != 0) {
        return -1;
    }
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    ledger = (ledger_t *)(void *)memory;
    queue = cpts_queue_init(memory + sizeof(ledger_t));
    lane = cpts_queue_lane(queue, 42);
    assert_in_range(lane, 0, CPTS_QUEUE_LANES - 1);
    file = store_make("a.db");
    return 0;
}

static int end_world(void **state)
{
    (void)munmap(ledger, sizeof(ledger_t) + cpts_queue_size());
    return store_teardown(state);
}

#define WORLD_TEST(function) \
    cmocka_unit_test_setup_teardown(function, world, end_world)

/* --- clients, each in a process that must not fail as a test does */

static apr_pool_t *own_pool;
static cpts_writer_t *writer;
static cpts_db_t *connection;

static cpts_db_e open_connection(cpts_db_t **db, void *baton)
{
    cpts_db_e rc = CPTS_DB_OK;

    (void)baton;
    if (!connection) {
        rc = cpts_db_open(&connection, file, 0, 2000, own_pool);
    }
    *db = connection;
    return rc;
}

static void close_connection(void *baton)
{
    (void)baton;
}

static const cpts_writer_source_t source
    = { open_connection, close_connection, NULL };

/* A number that nobody else has. */
static int draw(cpts_consultation_t *c)
{
    int number = atomic_fetch_add(&ledger->next, 1);

    if (number >= MAX) {
        _exit(90);
    }
    memset(c, 0, sizeof(*c));
    c->account = 1;
    c->role = CPTS_PROFESSIONAL;
    c->at = BEGIN + number;
    c->sheets[0] = 1 + number % 7;
    c->count = 1;
    atomic_store(&ledger->fate[number], SENT);
    return number;
}

static void note(int number, cpts_db_e rc, apr_time_t begin)
{
    apr_time_t took = apr_time_now() - begin;

    atomic_store(&ledger->why[number], (int)rc);
    atomic_store(&ledger->fate[number], rc == CPTS_DB_OK ? RECORDED : REFUSED);
    if (took > atomic_load(&ledger->longest)) {
        atomic_store(&ledger->longest, took);
    }
}

static cpts_db_e record(apr_interval_time_t timeout)
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = draw(&c);
    cpts_db_e rc = cpts_writer_record(writer, &c, &source, timeout);

    note(number, rc, begin);
    return rc;
}

/* Another entry of the journal, counted as if it were a consultation. */
static cpts_db_e append(cpts_db_t *db, void *baton)
{
    const cpts_consultation_t *c = baton;
    cpts_actor_t actor = { .id = c->account, .role = c->role };
    cpts_entry_t entry = { .at = c->at,
                           .actor = &actor,
                           .did = CPTS_DID_MATCH,
                           .sheets = c->sheets,
                           .count = c->count };

    return cpts_journal_append(db, &entry, NULL);
}

static cpts_db_e append_and_fail(cpts_db_t *db, void *baton)
{
    cpts_db_e rc = append(db, baton);

    return rc == CPTS_DB_OK ? CPTS_DB_CONFLICT : rc;
}

static cpts_db_e change(cpts_db_t *db, cpts_writer_change_fn *fn)
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = draw(&c);
    cpts_db_e rc = cpts_writer_change(writer, db, fn, &c, PATIENT);

    note(number, rc, begin);
    return rc;
}

static void begin_process(void)
{
    if (apr_pool_create(&own_pool, NULL) != APR_SUCCESS
        || cpts_writer_create(&writer, queue, lane, own_pool) != APR_SUCCESS) {
        _exit(91);
    }
    connection = NULL;
    inserted = committing = unlocking = 0;
    watch_writes();
    (void)alarm(60);
}

static pid_t spawn(void (*body)(int), int number)
{
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        begin_process();
        body(number);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

/* How it ended: its exit code, or minus the signal. */
static int end_of(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void end_well(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(end_of(pids[i]), 0);
    }
}

static void wait_for(_Atomic int *number, int value)
{
    for (int i = 0; atomic_load(number) < value; i++) {
        assert_true(i < 20000);
        (void)usleep(1000);
    }
}

static void in_threads(void *(*body)(void *), int count)
{
    pthread_t threads[64];

    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, body, NULL) != 0) {
            _exit(92);
        }
    }
    for (int i = 0; i < count; i++) {
        (void)pthread_join(threads[i], NULL);
    }
}

/* --- what is found in the end */

static void count_rows(int *rows, int count)
{
    sqlite3 *raw;
    sqlite3_stmt *statement;
    int rc;

    memset(rows, 0, sizeof(*rows) * (size_t)count);
    assert_int_equal(sqlite3_open_v2(file, &raw, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(raw, "SELECT at FROM journal", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        int number = sqlite3_column_int(statement, 0) - BEGIN;

        assert_in_range(number, 0, count - 1);
        rows[number]++;
    }
    assert_int_equal(rc, SQLITE_DONE);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

/* What was acknowledged is there once, what was refused is not, what nobody
 * heard of again is not there twice. */
static void check_ledger(void)
{
    static const int least[] = { 0, 0, 1, 0 }, most[] = { 0, 1, 1, 0 };
    static int rows[MAX];
    int count = atomic_load(&ledger->next);
    cpts_journal_check_t check;
    cpts_db_t *db;

    count_rows(rows, count);
    for (int i = 0; i < count; i++) {
        int fate = atomic_load(&ledger->fate[i]);

        if (rows[i] < least[fate] || rows[i] > most[fate]) {
            fail_msg("consultation %d, fate %d (%s), is there %d times", i,
                     fate, cpts_db_faults[ledger->why[i]].code, rows[i]);
        }
    }
    db = store_open(file);
    store_kind(cpts_journal_verify(&check, db, NULL, NULL), CPTS_DB_OK);
    cpts_db_close(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
}

static int fates(int fate)
{
    int count = 0;

    for (int i = 0; i < atomic_load(&ledger->next); i++) {
        count += atomic_load(&ledger->fate[i]) == fate;
    }
    return count;
}

/* Nobody has one of them any more. */
static void check_cells(void)
{
    static cpts_cell_t *cells[CPTS_QUEUE_CELLS];
    cpts_consultation_t c = { .account = 1, .role = CPTS_PROFESSIONAL };

    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cells[i] = cpts_queue_put(queue, lane, getpid(), &c);
        if (!cells[i]) {
            fail_msg("%d cells are lost", CPTS_QUEUE_CELLS - i);
        }
    }
    assert_null(cpts_queue_put(queue, lane, getpid(), &c));
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        assert_int_equal(cpts_queue_withdraw(queue, cells[i]), 1);
    }
}

/* The lane serves whoever comes now. */
static void serve(int number)
{
    (void)number;
    _exit(record(PATIENT) == CPTS_DB_OK ? 0 : 1);
}

static void check_all(void)
{
    pid_t pid = spawn(serve, 0);

    end_well(&pid, 1);
    check_ledger();
    check_cells();
}

/* --- all is well */

#define ROUNDS 25

static void *record_rounds(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        (void)record(PATIENT);
    }
    return unused;
}

static void many(int number)
{
    (void)number;
    in_threads(record_rounds, 8);
}

static void test_many(void **state)
{
    pid_t pids[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        pids[i] = spawn(many, i);
    }
    end_well(pids, 3);
    assert_int_equal(fates(RECORDED), 3 * 8 * ROUNDS);
    /* they shared transactions */
    assert_true(atomic_load(&ledger->commits) < 3 * 8 * ROUNDS / 2);
    check_all();
}

/* Changes go between them, and what has queued goes with them. */
static void change_rounds(int number)
{
    cpts_db_t *db;
    int wrong = 0;

    if (cpts_db_open(&db, file, 0, 2000, own_pool) != CPTS_DB_OK) {
        _exit(93);
    }
    for (int i = 0; i < 2 * ROUNDS; i++) {
        wrong |= i % 3 == number % 3
                     ? change(db, append_and_fail) != CPTS_DB_CONFLICT
                     : change(db, append) != CPTS_DB_OK;
    }
    _exit(wrong);
}

static void test_changes(void **state)
{
    pid_t pids[4];

    (void)state;
    for (int i = 0; i < 4; i++) {
        pids[i] = spawn(i < 2 ? many : change_rounds, i);
    }
    end_well(pids, 4);
    assert_int_equal(fates(RECORDED),
                     2 * 8 * ROUNDS + 2 * (2 * ROUNDS - 17) + 1);
    check_all();
}

/* Whether a change carries what has queued, and harms nobody if it fails. */
static void *record_once(void *unused)
{
    (void)record(PATIENT);
    return unused;
}

static void survive(int number)
{
    (void)number;
    in_threads(record_once, THREADS);
}

static void change_once(int number)
{
    cpts_db_t *db;
    cpts_db_e expected = number ? CPTS_DB_CONFLICT : CPTS_DB_OK;

    if (cpts_db_open(&db, file, 0, 2000, own_pool) != CPTS_DB_OK) {
        _exit(93);
    }
    /* those who wait do not lead meanwhile: see cpts_queue_lock above */
    _exit(change(db, number ? append_and_fail : append) != expected);
}

/* As cptsctl does, with no queue. */
static void append_alone(int count)
{
    cpts_db_t *db;

    if (cpts_db_open(&db, file, 0, 2000, own_pool) != CPTS_DB_OK
        || cpts_db_start(db) != CPTS_DB_OK) {
        _exit(93);
    }
    for (int i = 0; i < count; i++) {
        cpts_consultation_t c;
        int number = draw(&c);

        note(number, append(db, &c), apr_time_now());
    }
    _exit(cpts_db_leave(db, 1, CPTS_DB_OK) != CPTS_DB_OK);
}

static void test_change_carries(void **state)
{
    (void)state;
    for (int fails = 0; fails < 2; fails++) {
        int commits = atomic_load(&ledger->commits);
        pid_t waiting, changing;

        atomic_store(&ledger->waiting, 0);
        atomic_store(&ledger->dead, 0);
        heirs = 1;
        waiting = spawn(survive, 0);
        wait_for(&ledger->waiting, THREADS);
        heirs = 0;
        changing = spawn(change_once, fails);
        end_well(&changing, 1);
        if (fails) {
            assert_int_equal(atomic_load(&ledger->commits), commits);
            atomic_store(&ledger->dead, 1);
        }
        end_well(&waiting, 1);
        assert_int_equal(atomic_load(&ledger->commits), commits + 1);
        assert_int_equal(fates(RECORDED), THREADS * (fails + 1) + 1);
    }
    check_all();
}

/* One that is refused by a rule harms none of its batch. */
static void *record_limited(void *unused)
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = draw(&c);

    c.ceiling = 2;
    note(number, cpts_writer_record(writer, &c, &source, PATIENT), begin);
    return unused;
}

static void limited(int number)
{
    (void)number;
    in_threads(record_limited, THREADS);
}

static void test_ceiling(void **state)
{
    pid_t pids[SURVIVORS];

    (void)state;
    for (int i = 0; i < SURVIVORS; i++) {
        pids[i] = spawn(limited, i);
    }
    end_well(pids, SURVIVORS);
    assert_int_equal(fates(RECORDED), 2);
    assert_int_equal(fates(REFUSED), SURVIVORS * THREADS - 2);
    check_all();
}

/* --- too late, too many */

static void hold_lock(int number)
{
    (void)number;
    if (cpts_queue_lock(queue, lane, PATIENT) == CPTS_QUEUE_LOCKED) {
        atomic_fetch_add(&ledger->waiting, 1);
        (void)pause();
    }
    _exit(94);
}

static pid_t locked_by_another(void)
{
    pid_t holder;

    atomic_store(&ledger->waiting, 0);
    holder = spawn(hold_lock, 0);
    wait_for(&ledger->waiting, 1);
    return holder;
}

static void release(pid_t holder)
{
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(end_of(holder), -SIGKILL);
}

static void be_late(int number)
{
    apr_time_t begin = apr_time_now();
    cpts_db_e rc = record(150000);

    (void)number;
    _exit(rc != CPTS_DB_BUSY || apr_time_now() - begin < 140000
          || apr_time_now() - begin > 150000 + AT_ONCE);
}

static void test_deadline(void **state)
{
    pid_t holder = locked_by_another();
    pid_t late = spawn(be_late, 0);

    (void)state;
    end_well(&late, 1);
    check_cells();
    release(holder);
    check_all();
    assert_int_equal(fates(REFUSED), 1);
}

/* As many as there are cells, and one too many. */
static cpts_cell_t *all_cells[CPTS_QUEUE_CELLS];

static int fill_queue(void)
{
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_consultation_t c;

        (void)draw(&c);
        all_cells[i] = cpts_queue_put(queue, lane, getpid(), &c);
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
    wrong
        = record(PATIENT) != CPTS_DB_BUSY || apr_time_now() - begin > AT_ONCE;
    atomic_store(&ledger->stop, 1);
    /* nothing of what waits is lost */
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cpts_db_e rc;

        while (!cpts_queue_done(all_cells[i], &rc)) {
            (void)usleep(1000);
        }
        wrong |= rc != CPTS_DB_OK;
        note(i, rc, begin);
        cpts_queue_leave(all_cells[i]);
    }
    _exit(wrong);
}

static void lead_batches(int number)
{
    cpts_db_t *db;

    (void)number;
    if (cpts_db_open(&db, file, 0, 2000, own_pool) != CPTS_DB_OK) {
        _exit(93);
    }
    for (int i = 0; i < CPTS_QUEUE_CELLS / CPTS_QUEUE_BATCH; i++) {
        if (change(db, append) != CPTS_DB_OK) {
            _exit(1);
        }
    }
}

static void test_too_many(void **state)
{
    pid_t pids[2];

    (void)state;
    pids[0] = spawn(be_too_many, 0);
    wait_for(&ledger->stop, 1);
    pids[1] = spawn(lead_batches, 0);
    end_well(pids, 2);
    assert_int_equal(fates(REFUSED), 1);
    assert_int_equal(fates(RECORDED),
                     CPTS_QUEUE_CELLS + CPTS_QUEUE_CELLS / CPTS_QUEUE_BATCH);
    check_all();
}

/* More than one batch takes: those left over are not forgotten. */
static void *record_patiently(void *unused)
{
    (void)record(PATIENT);
    return unused;
}

static void crowd(int number)
{
    (void)number;
    in_threads(record_patiently, 60);
}

static void test_more_than_a_batch(void **state)
{
    pid_t pids[6];
    pid_t holder = locked_by_another();

    (void)state;
    for (int i = 0; i < 6; i++) {
        pids[i] = spawn(crowd, i);
    }
    wait_for(&ledger->waiting, 1 + 6 * 60);
    release(holder);
    end_well(pids, 6);
    assert_int_equal(fates(RECORDED), 6 * 60);
    assert_true(atomic_load(&ledger->longest) < PATIENT / 2);
    check_all();
}

/* Who waited, and was killed, leaves room. */
static void fill_and_die(int number)
{
    (void)number;
    (void)fill_queue();
    die();
}

static void test_cells_of_the_dead(void **state)
{
    pid_t filling = spawn(fill_and_die, 0);

    (void)state;
    assert_int_equal(end_of(filling), -SIGKILL);
    check_cells();
    check_all();
}

/* --- leaders that die */

typedef struct {
    step_t step;
    int write;   /* with WRITING: which */
    int changes; /* it does not only lead, it makes a change */
} victim_t;

static const victim_t *victims;

static void be_victim(int number)
{
    cpts_db_t *db = NULL;

    if (cpts_db_open(&db, file, 0, 2000, own_pool) != CPTS_DB_OK) {
        _exit(93);
    }
    last_step = victims[number].step;
    last_write = victims[number].write;
    if (victims[number].changes) {
        atomic_fetch_add(&ledger->waiting, 1);
        (void)change(db, append);
    }
    else {
        connection = db;
        (void)record(PATIENT);
    }
}

/* All wait for the lock, then they lead one after the other.
 * @return how the last victim ended */
static int scene(const victim_t *list, int count)
{
    pid_t pids[SURVIVORS], dying[4];
    int recorded = fates(RECORDED), end = 0;
    apr_time_t died;

    victims = list;
    atomic_store(&ledger->waiting, 0);
    atomic_store(&ledger->dead, 0);
    atomic_store(&ledger->longest, 0);
    assert_true(cpts_queue_lock(queue, lane, 0) != CPTS_QUEUE_BUSY);
    for (heirs = 0; heirs < count; heirs++) {
        dying[heirs] = spawn(be_victim, heirs);
        wait_for(&ledger->waiting, heirs + 1);
    }
    for (int i = 0; i < SURVIVORS; i++) {
        pids[i] = spawn(survive, i);
    }
    wait_for(&ledger->waiting, count + SURVIVORS * THREADS);
    heirs = 0;
    cpts_queue_unlock(queue, lane);
    for (int i = 0; i < count; i++) {
        end = end_of(dying[i]);
        atomic_fetch_add(&ledger->dead, 1);
    }
    died = apr_time_now();
    end_well(pids, SURVIVORS);
    if (apr_time_now() - died > AT_ONCE) {
        fail_msg("step %d: they waited for %d ms", (int)list[count - 1].step,
                 (int)((apr_time_now() - died) / 1000));
    }
    assert_int_equal(fates(RECORDED) - recorded,
                     SURVIVORS * THREADS + (end == 0));
    return end;
}

static void test_leader_dies(void **state)
{
    (void)state;
    for (int changes = 0; changes < 2; changes++) {
        for (int at = LOCKED; at <= LEFT; at++) {
            victim_t victim = { (step_t)at, 1, changes };

            if (scene(&victim, 1) != -SIGKILL) {
                fail_msg("it did not die at step %d", at);
            }
            check_all();
        }
    }
}

/* At every write to the files, until it survives. */
static void test_leader_dies_writing(void **state)
{
    (void)state;
    for (int changes = 0; changes < 2; changes++) {
        victim_t victim = { WRITING, 1, changes };

        while (scene(&victim, 1) == -SIGKILL) {
            check_ledger();
            victim.write++;
            assert_true(victim.write < 200);
        }
        assert_true(victim.write > 2);
        check_all();
    }
}

/* Whoever takes over dies as well. */
static void test_two_leaders_die(void **state)
{
    static const step_t then[] = { LOCKED, TAKEN, ANNOUNCED, COMMITTED };

    (void)state;
    for (int at = LOCKED; at <= UNLOCKED; at++) {
        for (size_t i = 0; i < COUNT(then); i++) {
            victim_t two[] = { { (step_t)at, 1, 0 }, { then[i], 1, 0 } };
            int end = scene(two, 2);

            /* unless it was told: then it had no need to lead */
            assert_true(end == -SIGKILL || (end == 0 && at >= COMMITTED));
            check_ledger();
        }
    }
    check_all();
}

/* The batch of the dead was not committed, and somebody else, who knows of no
 * queue, wrote entries of the same numbers. */
static void test_numbers_taken(void **state)
{
    static const victim_t victim = { ANNOUNCED, 0, 0 };
    pid_t pid, waiting, other;

    (void)state;
    victims = &victim;
    assert_int_equal(cpts_queue_lock(queue, lane, 0), CPTS_QUEUE_LOCKED);
    pid = spawn(be_victim, 0);
    wait_for(&ledger->waiting, 1);
    heirs = 1;
    waiting = spawn(survive, 0);
    heirs = 0;
    wait_for(&ledger->waiting, 1 + THREADS);
    cpts_queue_unlock(queue, lane);
    assert_int_equal(end_of(pid), -SIGKILL);
    other = spawn(append_alone, 2 * THREADS);
    end_well(&other, 1);
    atomic_store(&ledger->dead, 1);
    end_well(&waiting, 1);
    assert_int_equal(fates(RECORDED), THREADS + 2 * THREADS);
    check_all();
}

/* Who leads is slow: whoever was taken must not say that it was refused, even
 * if its time is up. */
static void be_slow(int number)
{
    (void)number;
    stops = 1;
    last_step = TAKEN;
    _exit(record(PATIENT) != CPTS_DB_OK);
}

static void *record_in_haste(void *unused)
{
    (void)record(500000);
    return unused;
}

static void hurry(int number)
{
    (void)number;
    in_threads(record_in_haste, THREADS);
}

static void test_slow_leader(void **state)
{
    pid_t pids[2];
    int status;

    (void)state;
    /* only then may the others take the lock, which is held; and they queue
     * before it is taken */
    heirs = 1;
    pids[1] = spawn(hurry, 0);
    wait_for(&ledger->waiting, THREADS);
    heirs = 0;
    pids[0] = spawn(be_slow, 0);
    assert_int_equal(waitpid(pids[0], &status, WUNTRACED), pids[0]);
    assert_true(WIFSTOPPED(status));
    atomic_store(&ledger->dead, 1);
    (void)usleep(800000);
    assert_int_equal(fates(SENT), 1 + THREADS);
    assert_int_equal(kill(pids[0], SIGCONT), 0);
    end_well(pids, 2);
    assert_int_equal(fates(RECORDED), 1 + THREADS);
    check_all();
}

/* A leader died, and whoever takes over cannot open the database. */
static void test_no_database(void **state)
{
    static const victim_t victim = { TAKEN, 0, 0 };
    const char *away = store_path("away");
    pid_t pid, pids[SURVIVORS];

    (void)state;
    victims = &victim;
    assert_int_equal(cpts_queue_lock(queue, lane, 0), CPTS_QUEUE_LOCKED);
    pid = spawn(be_victim, 0);
    wait_for(&ledger->waiting, 1);
    assert_int_equal(rename(file, away), 0);
    heirs = 1;
    for (int i = 0; i < SURVIVORS; i++) {
        pids[i] = spawn(survive, i);
    }
    heirs = 0;
    wait_for(&ledger->waiting, 1 + SURVIVORS * THREADS);
    cpts_queue_unlock(queue, lane);
    assert_int_equal(end_of(pid), -SIGKILL);
    atomic_store(&ledger->dead, 1);
    end_well(pids, SURVIVORS);
    assert_true(atomic_load(&ledger->longest) < AT_ONCE * 2);
    assert_int_equal(fates(REFUSED), SURVIVORS * THREADS);
    for (int i = 0; i < atomic_load(&ledger->next); i++) {
        if (atomic_load(&ledger->fate[i]) == REFUSED) {
            store_kind((cpts_db_e)ledger->why[i], CPTS_DB_MISSING);
        }
    }
    assert_int_equal(rename(away, file), 0);
    check_all();
}

/* --- processes that die at any moment */

static void *record_on(void *unused)
{
    while (!atomic_load(&ledger->stop)) {
        (void)record(PATIENT);
    }
    return unused;
}

static void serve_on(int number)
{
    (void)number;
    in_threads(record_on, 6);
}

static void test_random_deaths(void **state)
{
    pid_t pids[3];
    int refused;

    (void)state;
    for (int i = 0; i < 3; i++) {
        pids[i] = spawn(serve_on, i);
    }
    for (int i = 0; i < 25; i++) {
        int which = unit_below(3);

        (void)usleep((useconds_t)unit_below(120000));
        assert_int_equal(kill(pids[which], SIGKILL), 0);
        assert_int_equal(end_of(pids[which]), -SIGKILL);
        pids[which] = spawn(serve_on, which);
    }
    (void)usleep(100000);
    atomic_store(&ledger->stop, 1);
    end_well(pids, 3);
    refused = fates(REFUSED);
    assert_int_equal(refused, 0);
    assert_true(fates(RECORDED) > 100);
    if (atomic_load(&ledger->longest) > AT_ONCE) {
        fail_msg("somebody waited for %d ms",
                 (int)(atomic_load(&ledger->longest) / 1000));
    }
    check_all();
}

/* --- lanes */

static void test_lanes(void **state)
{
    pid_t pid, holder;

    (void)state;
    assert_int_equal(cpts_queue_lane(queue, 42), lane);
    assert_int_not_equal(cpts_queue_lane(queue, 43), lane);
    /* the same place, another database */
    assert_int_not_equal(cpts_queue_lane(queue, 42 + CPTS_QUEUE_LANES), lane);
    assert_int_equal(cpts_queue_lane(queue, 42), lane);
    /* one that stands still holds up no other */
    holder = locked_by_another();
    lane = cpts_queue_lane(queue, 43);
    pid = spawn(serve, 0);
    end_well(&pid, 1);
    assert_true(atomic_load(&ledger->longest) < AT_ONCE);
    lane = cpts_queue_lane(queue, 42);
    release(holder);
    check_all();
    /* as many as there are, and none more */
    for (uint64_t i = 100; i < 100 + CPTS_QUEUE_LANES - 3; i++) {
        assert_in_range(cpts_queue_lane(queue, i << 20 | 1), 0,
                        CPTS_QUEUE_LANES - 1);
    }
    assert_int_equal(cpts_queue_lane(queue, 77), -1);
    assert_int_equal(cpts_queue_lane(queue, 42), lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_many),
        WORLD_TEST(test_changes),
        WORLD_TEST(test_change_carries),
        WORLD_TEST(test_ceiling),
        WORLD_TEST(test_deadline),
        WORLD_TEST(test_too_many),
        WORLD_TEST(test_more_than_a_batch),
        WORLD_TEST(test_cells_of_the_dead),
        WORLD_TEST(test_leader_dies),
        WORLD_TEST(test_leader_dies_writing),
        WORLD_TEST(test_two_leaders_die),
        WORLD_TEST(test_numbers_taken),
        WORLD_TEST(test_slow_leader),
        WORLD_TEST(test_no_database),
        WORLD_TEST(test_random_deaths),
        WORLD_TEST(test_lanes),
    };

    return UNIT_RUN(tests);
}
