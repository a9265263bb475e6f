/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the queue share: processes that record, and die. */

#include "queue_support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/journal.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const char *queue_file;
queue_ledger_t *queue_ledger;
cpts_queue_t *queue_shared;
int queue_lane;

/* --- dying at a certain step of the writer */

queue_step_t queue_last_step;
int queue_last_write;
int queue_stops;
int queue_heirs;
static int inserted, committing; /* with the lock */
static _Thread_local int unlocking;
static cpts_queue_batch_t announced;

void queue_die(void)
{
    if (queue_stops) {
        (void)raise(SIGSTOP);
        return;
    }
    (void)kill(getpid(), SIGKILL);
    for (;;) {
        (void)pause();
    }
}

static void step(queue_step_t now)
{
    if (queue_last_step == now) {
        queue_die();
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
        atomic_fetch_add(&queue_ledger->waiting, 1);
    }
    return cell;
}

WRAP(cpts_queue_lock_e, cpts_queue_lock,
     (cpts_queue_t * q, int of, int64_t timeout))
{
    cpts_queue_lock_e rc;

    /* as if another were faster */
    if (atomic_load(&queue_ledger->dead) < queue_heirs) {
        return CPTS_QUEUE_BUSY;
    }
    rc = __real_cpts_queue_lock(q, of, timeout);
    if (rc == CPTS_QUEUE_LOCKED || rc == CPTS_QUEUE_INHERITED) {
        step(AT_LOCKED);
    }
    return rc;
}

WRAP(cpts_db_e, cpts_db_start, (cpts_db_t * db))
{
    cpts_db_e rc = __real_cpts_db_start(db);

    step(AT_BEGUN);
    return rc;
}

WRAP(int, cpts_queue_take,
     (cpts_queue_t * q, int from, cpts_cell_t *cells[CPTS_QUEUE_BATCH]))
{
    int count = __real_cpts_queue_take(q, from, cells);

    step(AT_TAKEN);
    return count;
}

WRAP(cpts_db_e, cpts_consultation_insert,
     (cpts_db_t * db, cpts_daily_t *daily, const cpts_consultation_t *c))
{
    cpts_db_e rc = __real_cpts_consultation_insert(db, daily, c);

    if (++inserted == 2) {
        step(AT_INSERTED);
    }
    return rc;
}

WRAP(void, cpts_queue_announce,
     (cpts_queue_t * q, int of, const cpts_queue_batch_t *batch))
{
    step(AT_UNANNOUNCED);
    announced = *batch;
    __real_cpts_queue_announce(q, of, batch);
    step(AT_ANNOUNCED);
}

WRAP(cpts_db_e, cpts_db_leave, (cpts_db_t * db, int own, cpts_db_e result))
{
    cpts_db_e rc;

    committing = 1;
    rc = __real_cpts_db_leave(db, own, result);
    committing = 0;
    if (rc == CPTS_DB_OK) {
        atomic_fetch_add(&queue_ledger->commits, 1);
    }
    step(AT_COMMITTED);
    return rc;
}

WRAP(void, cpts_queue_finish,
     (cpts_queue_t * q, int of, cpts_cell_t *const *cells, int count))
{
    if (queue_last_step == AT_TOLD_SOME) {
        __real_cpts_queue_finish(q, of, cells, count / 2);
        __real_cpts_queue_announce(q, of, &announced);
        queue_die();
    }
    __real_cpts_queue_finish(q, of, cells, count);
    step(AT_FINISHED);
}

WRAP(void, cpts_queue_unlock, (cpts_queue_t * q, int of))
{
    unlocking = queue_last_step == AT_UNLOCKED;
    __real_cpts_queue_unlock(q, of);
    step(AT_LEFT);
}

WRAP(int, pthread_mutex_unlock, (pthread_mutex_t * mutex))
{
    int rc = __real_pthread_mutex_unlock(mutex);

    if (unlocking) {
        queue_die();
    }
    return rc;
}

/* What SQLite calls to write. */
static ssize_t write_or_die(int fd, const void *bytes, size_t size,
                            off_t offset)
{
    if (queue_last_step == AT_WRITING && committing
        && --queue_last_write == 0) {
        queue_die();
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

int queue_world(void **state)
{
    size_t size = sizeof(queue_ledger_t) + cpts_queue_size();
    char *memory;

    if (store_setup(state) != 0) {
        return -1;
    }
    memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    queue_ledger = (queue_ledger_t *)(void *)memory;
    queue_shared = cpts_queue_init(memory + sizeof(queue_ledger_t));
    queue_lane = cpts_queue_lane(queue_shared, 42);
    assert_in_range(queue_lane, 0, CPTS_QUEUE_LANES - 1);
    queue_file = store_make("a.db");
    return 0;
}

int queue_end_world(void **state)
{
    (void)munmap(queue_ledger, sizeof(queue_ledger_t) + cpts_queue_size());
    return store_teardown(state);
}

/* --- clients, each in a process that must not fail as a test does */

apr_pool_t *queue_pool;
cpts_writer_t *queue_writer;
cpts_db_t *queue_connection;

static cpts_db_e open_connection(cpts_db_t **db, void *baton)
{
    cpts_db_e rc = CPTS_DB_OK;

    (void)baton;
    if (!queue_connection) {
        rc = cpts_db_open(&queue_connection, queue_file, 0, 2000, queue_pool);
    }
    *db = queue_connection;
    return rc;
}

static void close_connection(void *baton)
{
    (void)baton;
}

const cpts_writer_source_t queue_source
    = { open_connection, close_connection, NULL };

/* A number that nobody else has. */
int queue_draw(cpts_consultation_t *c)
{
    int number = atomic_fetch_add(&queue_ledger->next, 1);

    if (number >= QUEUE_MAX) {
        _exit(90);
    }
    memset(c, 0, sizeof(*c));
    c->account = 1;
    c->role = CPTS_PROFESSIONAL;
    c->at = QUEUE_BEGIN + number;
    c->sheets[0] = 1 + number % 7;
    c->count = 1;
    atomic_store(&queue_ledger->fate[number], QUEUE_SENT);
    return number;
}

void queue_note(int number, cpts_db_e rc, apr_time_t begin)
{
    apr_time_t took = apr_time_now() - begin;

    atomic_store(&queue_ledger->why[number], (int)rc);
    atomic_store(&queue_ledger->fate[number],
                 rc == CPTS_DB_OK ? QUEUE_RECORDED : QUEUE_REFUSED);
    if (took > atomic_load(&queue_ledger->longest)) {
        atomic_store(&queue_ledger->longest, took);
    }
}

cpts_db_e queue_record(apr_interval_time_t timeout)
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = queue_draw(&c);
    cpts_db_e rc
        = cpts_writer_record(queue_writer, &c, &queue_source, timeout);

    queue_note(number, rc, begin);
    return rc;
}

/* Another entry of the journal, counted as if it were a consultation. */
cpts_db_e queue_append(cpts_db_t *db, void *baton)
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

cpts_db_t *queue_open(void)
{
    cpts_db_t *db;

    if (cpts_db_open(&db, queue_file, 0, 2000, queue_pool) != CPTS_DB_OK) {
        _exit(93);
    }
    return db;
}

static void ignore_end(cpts_db_t *db, cpts_db_e rc, void *baton)
{
    (void)db;
    (void)rc;
    (void)baton;
}

cpts_db_e queue_change(cpts_db_e (*make)(cpts_db_t *db, void *baton))
{
    apr_time_t begin = apr_time_now();
    cpts_consultation_t c;
    int number = queue_draw(&c);
    cpts_writer_change_t change = { make, ignore_end, &c };
    cpts_db_e rc = cpts_writer_change(queue_writer, &change, &queue_source,
                                      QUEUE_PATIENT);

    queue_note(number, rc, begin);
    return rc;
}

static void begin_process(void)
{
    if (apr_pool_create(&queue_pool, NULL) != APR_SUCCESS
        || cpts_writer_create(&queue_writer, queue_shared, queue_lane,
                              queue_pool)
               != APR_SUCCESS) {
        _exit(91);
    }
    queue_connection = NULL;
    inserted = committing = unlocking = 0;
    watch_writes();
    (void)alarm(60);
}

pid_t queue_spawn(void (*body)(int), int number)
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
int queue_end_of(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        assert_int_equal(errno, EINTR);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void queue_end_well(const pid_t *pids, int count)
{
    for (int i = 0; i < count; i++) {
        assert_int_equal(queue_end_of(pids[i]), 0);
    }
}

void queue_wait_for(_Atomic int *number, int value)
{
    for (int i = 0; atomic_load(number) < value; i++) {
        assert_true(i < 20000);
        (void)usleep(1000);
    }
}

void queue_in_threads(void *(*body)(void *), int count)
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
    assert_int_equal(
        sqlite3_open_v2(queue_file, &raw, SQLITE_OPEN_READWRITE, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(raw, "SELECT at FROM journal", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        int number = sqlite3_column_int(statement, 0) - QUEUE_BEGIN;

        assert_in_range(number, 0, count - 1);
        rows[number]++;
    }
    assert_int_equal(rc, SQLITE_DONE);
    (void)sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

/* What was acknowledged is there once, what was refused is not, what nobody
 * heard of again is not there twice. */
void queue_check_ledger(void)
{
    static const int least[] = { 0, 0, 1, 0 }, most[] = { 0, 1, 1, 0 };
    static int rows[QUEUE_MAX];
    int count = atomic_load(&queue_ledger->next);
    cpts_journal_check_t check;
    cpts_db_t *db;

    count_rows(rows, count);
    for (int i = 0; i < count; i++) {
        int fate = atomic_load(&queue_ledger->fate[i]);

        if (rows[i] < least[fate] || rows[i] > most[fate]) {
            fail_msg("consultation %d, fate %d (%s), is there %d times", i,
                     fate, cpts_db_faults[queue_ledger->why[i]].code, rows[i]);
        }
    }
    db = store_open(queue_file);
    store_kind(cpts_journal_verify(&check, db, NULL, NULL), CPTS_DB_OK);
    cpts_db_close(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
}

int queue_fates(int fate)
{
    int count = 0;

    for (int i = 0; i < atomic_load(&queue_ledger->next); i++) {
        count += atomic_load(&queue_ledger->fate[i]) == fate;
    }
    return count;
}

/* Nobody has one of them any more. */
void queue_check_cells(void)
{
    static cpts_cell_t *cells[CPTS_QUEUE_CELLS];
    cpts_consultation_t c = { .account = 1, .role = CPTS_PROFESSIONAL };

    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        cells[i] = cpts_queue_put(queue_shared, queue_lane, getpid(), &c);
        if (!cells[i]) {
            fail_msg("%d cells are lost", CPTS_QUEUE_CELLS - i);
        }
    }
    assert_null(cpts_queue_put(queue_shared, queue_lane, getpid(), &c));
    for (int i = 0; i < CPTS_QUEUE_CELLS; i++) {
        assert_int_equal(cpts_queue_withdraw(queue_shared, cells[i]), 1);
    }
}

/* The lane serves whoever comes now. */
void queue_serve(int number)
{
    (void)number;
    _exit(queue_record(QUEUE_PATIENT) == CPTS_DB_OK ? 0 : 1);
}

void queue_check_all(void)
{
    pid_t pid = queue_spawn(queue_serve, 0);

    queue_end_well(&pid, 1);
    queue_check_ledger();
    queue_check_cells();
}

/* Whether a change carries what has queued, and harms nobody if it fails. */
static void *record_once(void *unused)
{
    (void)queue_record(QUEUE_PATIENT);
    return unused;
}

void queue_survive(int number)
{
    (void)number;
    queue_in_threads(record_once, QUEUE_THREADS);
}

static void hold_lock(int number)
{
    (void)number;
    if (cpts_queue_lock(queue_shared, queue_lane, QUEUE_PATIENT)
        == CPTS_QUEUE_LOCKED) {
        atomic_fetch_add(&queue_ledger->waiting, 1);
        (void)pause();
    }
    _exit(94);
}

pid_t queue_locked_by_another(void)
{
    pid_t holder;

    atomic_store(&queue_ledger->waiting, 0);
    holder = queue_spawn(hold_lock, 0);
    queue_wait_for(&queue_ledger->waiting, 1);
    return holder;
}

void queue_release(pid_t holder)
{
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(queue_end_of(holder), -SIGKILL);
}


/* --- who holds the lock */

static void hold_lane(int number)
{
    (void)number;
    if (cpts_queue_lock(queue_shared, queue_lane, QUEUE_PATIENT)
        == CPTS_QUEUE_BUSY) {
        _exit(94);
    }
    atomic_store(&queue_ledger->waiting, 1);
    while (!atomic_load(&queue_ledger->stop)) {
        (void)usleep(200);
    }
    cpts_queue_unlock(queue_shared, queue_lane);
}

pid_t queue_hold(void)
{
    pid_t holder;

    atomic_store(&queue_ledger->waiting, 0);
    atomic_store(&queue_ledger->stop, 0);
    holder = queue_spawn(hold_lane, 0);
    queue_wait_for(&queue_ledger->waiting, 1);
    atomic_store(&queue_ledger->waiting, 0);
    return holder;
}

void queue_let_go(pid_t holder)
{
    atomic_store(&queue_ledger->stop, 1);
    assert_int_equal(queue_end_of(holder), 0);
}
