/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of connections: what is refused and why, statements, transactions,
 * damage, other people's changes of the schema. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_dbd.h>
#include <apr_strings.h>

#include "store/account.h"
#include "store/journal.h"
#include "store/sqlite.h"
#include "store_support.h"

/* --- tables */

static void test_kinds(void **state)
{
    static const struct {
        int code;
        cpts_db_e kind;
    } table[] = {
        { 2067, CPTS_DB_CONFLICT },   { 1555, CPTS_DB_CONFLICT },
        { 2579, CPTS_DB_CONFLICT },   { 787, CPTS_DB_CONSTRAINT },
        { 1299, CPTS_DB_CONSTRAINT }, { 275, CPTS_DB_CONSTRAINT },
        { 3091, CPTS_DB_CONSTRAINT }, { 1811, CPTS_DB_CONSTRAINT },
        { 5, CPTS_DB_BUSY },          { 517, CPTS_DB_BUSY },
        { 261, CPTS_DB_BUSY },        { 6, CPTS_DB_BUSY },
        { 17, CPTS_DB_BUSY },         { 13, CPTS_DB_FULL },
        { 10, CPTS_DB_UNREADABLE },   { 778, CPTS_DB_UNREADABLE },
        { 8, CPTS_DB_UNREADABLE },    { 1032, CPTS_DB_MOVED },
        { 11, CPTS_DB_CORRUPT },      { 779, CPTS_DB_CORRUPT },
        { 26, CPTS_DB_CORRUPT },      { 8458, CPTS_DB_CORRUPT },
        { 7, CPTS_DB_ERROR },         { 3082, CPTS_DB_ERROR },
        { 1, CPTS_DB_ERROR },         { 21, CPTS_DB_ERROR },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (cpts_sqlite_kind(table[i].code) != table[i].kind) {
            fail_msg("SQLite %d is not %s", table[i].code,
                     cpts_db_faults[table[i].kind].code);
        }
    }
}

/* A sign that wants a no-break space before it has an ordinary one. */
static int wrong_space(const char *text)
{
    return strstr(text, " :") || strstr(text, " ;") || strstr(text, " !")
           || strstr(text, " ?");
}

static void test_faults(void **state)
{
    (void)state;
    for (int i = 0; i < CPTS_DB_KINDS; i++) {
        const cpts_db_fault_t *f = &cpts_db_faults[i];

        assert_non_null(f->code);
        assert_true(*f->title && *f->log && f->status >= 200);
        assert_false(wrong_space(f->title) || wrong_space(f->advice));
        /* who is told to come back is told when */
        assert_int_equal(f->retry_after > 0,
                         f->status == 503 || f->status == 507);
        assert_true(f->status == 503 || !f->broken);
        for (int j = 0; j < i; j++) {
            assert_true(i <= CPTS_DB_ROW
                        || strcmp(f->code, cpts_db_faults[j].code) != 0);
        }
    }
}

/* The first word of the documentation are the formats of the parameters. */
static void test_statements(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));

    (void)state;
    store_kind(cpts_db_rehearse(db), CPTS_DB_OK);
    for (int i = 0; i < CPTS_SQL_COUNT; i++) {
        size_t documented = strcspn(cpts_sql[i].parameters, " ");
        int found;

        assert_int_equal(cpts_sql[i].id, i);
        if (!db->statements[i]) {
            continue;
        }
        found = sqlite3_bind_parameter_count(db->statements[i]);
        if ((size_t)found != documented) {
            fail_msg("statement %d takes %d parameters: %s", i, found,
                     cpts_sql[i].sql);
        }
    }
}

/* --- files that are refused */

static cpts_db_e try_open(const char *file)
{
    cpts_db_t *db;
    cpts_db_e rc = cpts_db_open(&db, file, 0, 100, unit_pool);

    assert_int_equal(rc == CPTS_DB_OK, db != NULL);
    if (rc != CPTS_DB_OK) {
        assert_true(*cpts_db_message(NULL));
    }
    return rc;
}

/* No statement makes itself an index of the whole journal. */
static void test_plans(void **state)
{
    const char *file = store_make("a.db");
    sqlite3 *raw;

    (void)state;
    assert_int_equal(sqlite3_open_v2(file, &raw, SQLITE_OPEN_READWRITE, NULL),
                     SQLITE_OK);
    for (int i = 0; i < CPTS_SQL_COUNT; i++) {
        sqlite3_stmt *plan;
        const char *sql = apr_pstrcat(unit_pool, "EXPLAIN QUERY PLAN ",
                                      cpts_sql[i].sql, NULL);

        if (sqlite3_prepare_v2(raw, sql, -1, &plan, NULL) != SQLITE_OK) {
            fail_msg("%s: %s", sql, sqlite3_errmsg(raw));
        }
        while (sqlite3_step(plan) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(plan, 3);

            if (step && strstr(step, "SEARCH j USING AUTOMATIC")) {
                fail_msg("%s: %s", step, cpts_sql[i].sql);
            }
        }
        assert_int_equal(sqlite3_finalize(plan), SQLITE_OK);
    }
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static void test_missing(void **state)
{
    const char *file = store_path("none.db");

    (void)state;
    store_kind(try_open(file), CPTS_DB_MISSING);
    store_kind(cpts_db_diagnose(file, unit_pool), CPTS_DB_MISSING);
    assert_int_not_equal(access(file, F_OK), 0);
}

/* Refused for this reason, by both ways of looking, and left as it was. */
static void check_refused(const char *file, cpts_db_e expected)
{
    size_t before, after;
    const char *then = store_bytes(file, &before);

    store_kind(cpts_db_diagnose(file, unit_pool), expected);
    store_kind(try_open(file), expected);
    store_kind(cpts_db_diagnose(file, unit_pool), expected);
    assert_memory_equal(then, store_bytes(file, &after), before);
    assert_int_equal(before, after);
}

static int64_t generation(const char *file)
{
    return store_number(file, "SELECT generation FROM territory");
}

static void test_foreign(void **state)
{
    const char *file = store_path("foreign.db");

    (void)state;
    store_write_file(file, "");
    check_refused(file, CPTS_DB_FOREIGN);
    store_exec(file, "CREATE TABLE t (a); INSERT INTO t VALUES (1)");
    check_refused(file, CPTS_DB_FOREIGN);
    store_exec(file, "PRAGMA user_version = 1");
    check_refused(file, CPTS_DB_FOREIGN);
}

static void test_not_a_database(void **state)
{
    const char *file = store_path("text.db");

    (void)state;
    store_write_file(file, "insee,name\n");
    check_refused(file, CPTS_DB_CORRUPT);
    store_write_file(file, apr_psprintf(unit_pool, "%0500d", 0));
    check_refused(file, CPTS_DB_CORRUPT);
    store_kind(try_open(store_path(".")), CPTS_DB_UNREADABLE);
    store_kind(cpts_db_diagnose(store_path("."), unit_pool),
               CPTS_DB_UNREADABLE);
}

static void set_version(const char *file, int version)
{
    store_exec(file,
               apr_psprintf(unit_pool, "PRAGMA user_version = %d", version));
}

static void test_versions(void **state)
{
    const char *file = store_make("a.db");

    (void)state;
    store_kind(cpts_db_diagnose(file, unit_pool), CPTS_DB_OK);
    set_version(file, 0);
    check_refused(file, CPTS_DB_OLDER);
    set_version(file, CPTS_SCHEMA_VERSION - 1);
    check_refused(file, CPTS_DB_OLDER);
    set_version(file, CPTS_SCHEMA_VERSION + 1);
    check_refused(file, CPTS_DB_NEWER);
    set_version(file, CPTS_SCHEMA_VERSION);
    store_kind(try_open(file), CPTS_DB_OK);
}

/* The header of the file is behind its WAL. */
static void test_diagnose_wal(void **state)
{
    const char *file = store_make("a.db");
    sqlite3 *raw;

    (void)state;
    assert_int_equal(sqlite3_open(file, &raw), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(raw, "PRAGMA user_version = 9", NULL, NULL, NULL),
        SQLITE_OK);
    store_kind(cpts_db_diagnose(file, unit_pool), CPTS_DB_NEWER);
    sqlite3_close(raw);
}

static int diagnosed(const char *file)
{
    return (int)cpts_db_diagnose(file, unit_pool);
}

static int opened(const char *file)
{
    cpts_db_t *db;
    cpts_db_e rc = cpts_db_open(&db, file, 0, 100, unit_pool);

    if (db) {
        cpts_db_close(db);
    }
    return (int)rc;
}

/* Another process, which has nothing of ours: it waits for a byte, then opens
 * the file, and closes it as the last one if nobody seems to have it. */
static pid_t start_other(int *start, const char *file)
{
    int ends[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? opened(file) : 100);
    }
    (void)close(ends[0]);
    *start = ends[1];
    return child;
}

/* A look at the file must not take away the locks of the connections that the
 * process has: their log would be removed under them. */
static void test_diagnose_locks(void **state)
{
    const char *file = store_make("a.db");
    int start, status;
    pid_t other = start_other(&start, file);
    cpts_db_t *db = store_open(file);

    (void)state;
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_OK);
    store_kind(cpts_db_diagnose(file, unit_pool), CPTS_DB_OK);
    assert_int_equal(write(start, "x", 1), 1);
    (void)close(start);
    assert_int_equal(waitpid(other, &status, 0), other);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == CPTS_DB_OK);
    assert_int_equal(access(store_path("a.db-wal"), F_OK), 0);
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_OK);
    /* what was acknowledged is seen by all */
    assert_int_equal(generation(file), 2);
}

/* And leaves nothing beside it. */
static void test_diagnose_leaves(void **state)
{
    const char *file = store_make("a.db");

    (void)state;
    store_kind(cpts_db_diagnose(file, unit_pool), CPTS_DB_OK);
    assert_int_not_equal(access(store_path("a.db-wal"), F_OK), 0);
    assert_int_not_equal(access(store_path("a.db-shm"), F_OK), 0);
}

/* What stands beside the database is beside the file, not beside a link. */
static void test_link(void **state)
{
    const char *file = store_make("a.db");
    const char *link = store_path("b.db");
    cpts_db_t *db;

    (void)state;
    assert_int_equal(symlink(file, link), 0);
    db = store_open(link);
    assert_string_equal(cpts_db_file(db), file);
    store_kind(cpts_journal_key_look(db), CPTS_DB_OK);
    cpts_db_close(db);
}

static void check_as_nobody(const char *file, cpts_db_e expected)
{
    store_kind((cpts_db_e)store_as_nobody(diagnosed, file), expected);
    store_kind((cpts_db_e)store_as_nobody(opened, file), expected);
}

static void test_permissions(void **state)
{
    const char *file = store_make("a.db");
    const char *folder = apr_pstrdup(unit_pool, store_path(""));

    (void)state;
    assert_int_equal(chmod(file, 0), 0);
    check_as_nobody(file, CPTS_DB_UNREADABLE);
    assert_int_equal(chmod(file, 0444), 0);
    check_as_nobody(file, CPTS_DB_UNREADABLE);
    assert_int_equal(chmod(file, 0666), 0);
    check_as_nobody(file, CPTS_DB_OK);
    /* WAL needs files beside the database */
    assert_int_equal(chmod(folder, 0555), 0);
    check_as_nobody(file, CPTS_DB_UNREADABLE);
    assert_int_equal(chmod(folder, 0777), 0);
}

static void test_pragmas(void **state)
{
    static const struct {
        cpts_sql_e id;
        const char *value;
    } table[] = {
        { CPTS_SQL_JOURNAL_GET, "wal" },
        { CPTS_SQL_SYNCHRONOUS_GET, "2" },
        { CPTS_SQL_FOREIGN_KEYS_GET, "1" },
        { CPTS_SQL_SECURE_DELETE_GET, "1" },
    };
    const char *file = store_make("a.db");
    cpts_db_t *db;

    (void)state;
    /* an administrator changed it: it is put right */
    store_exec(file, "PRAGMA journal_mode = DELETE");
    db = store_open(file);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        store_kind(cpts_db_begin(db, table[i].id, ""), CPTS_DB_OK);
        store_kind(cpts_db_step(db), CPTS_DB_ROW);
        assert_string_equal(cpts_db_text(db, 0), table[i].value);
        cpts_db_end(db);
    }
}

/* --- statements and transactions */

static void test_misuse(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    int length, changed;

    (void)state;
    store_kind(cpts_db_step(db), CPTS_DB_ERROR);
    store_kind(cpts_db_begin(db, CPTS_SQL_ACCOUNT_READ, ""), CPTS_DB_ERROR);
    store_kind(cpts_db_begin(db, CPTS_SQL_ACCOUNT_READ, "?", ""),
               CPTS_DB_ERROR);
    store_kind(cpts_db_step(db), CPTS_DB_ERROR);
    cpts_db_end(db);
    store_kind(cpts_db_begin(db, CPTS_SQL_ACCOUNT_READ, "s", "x"), CPTS_DB_OK);
    store_kind(cpts_db_step(db), CPTS_DB_OK);
    store_kind(cpts_db_step(db), CPTS_DB_ERROR);
    cpts_db_close(db);
    cpts_db_close(db);
    cpts_db_end(db);
    cpts_db_rollback(db);
    store_kind(cpts_db_begin(db, CPTS_SQL_ACCOUNT_READ, "s", "x"),
               CPTS_DB_ERROR);
    store_kind(cpts_db_step(db), CPTS_DB_ERROR);
    store_kind(cpts_db_run(db, &changed, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_ERROR);
    assert_int_equal(changed, 0);
    store_kind(cpts_db_start(db), CPTS_DB_ERROR);
    store_kind(cpts_db_commit(db), CPTS_DB_ERROR);
    store_kind(cpts_db_script(db, "SELECT 1"), CPTS_DB_ERROR);
    store_kind(cpts_db_rehearse(db), CPTS_DB_ERROR);
    assert_null(cpts_db_text(db, 0));
    assert_null(cpts_db_blob(db, 0, &length));
    assert_int_equal(length, 0);
    assert_int_equal(cpts_db_int64(db, 0), 0);
    assert_string_equal(cpts_db_message(db), "the connection is closed");
}

static void test_transactions(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_db_start(db), CPTS_DB_ERROR);
    assert_true(cpts_db_in_transaction(db));
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_OK);
    cpts_db_rollback(db);
    cpts_db_rollback(db);
    assert_false(cpts_db_in_transaction(db));
    assert_int_equal(generation(file), 0);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(generation(file), 1);
    store_kind(cpts_db_commit(db), CPTS_DB_ERROR);
}

static void test_busy(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *one = store_open(file);
    cpts_db_t *two = store_open(file);

    (void)state;
    store_kind(cpts_db_start(one), CPTS_DB_OK);
    store_kind(cpts_db_start(two), CPTS_DB_BUSY);
    assert_false(cpts_db_in_transaction(two));
    /* what follows a refused BEGIN must not stay */
    store_kind(cpts_db_run(two, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_BUSY);
    /* readers go on */
    store_kind(cpts_db_run(two, NULL, CPTS_SQL_SHEET_COUNT, ""), CPTS_DB_OK);
    cpts_db_rollback(one);
    store_kind(cpts_db_start(two), CPTS_DB_OK);
    cpts_db_rollback(two);
    assert_int_equal(generation(file), 0);
}

/* COMMIT is refused: nothing may be left for the next one to commit. */
static void test_commit_refused(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_db_script(db, "PRAGMA defer_foreign_keys = ON;"
                                  "INSERT INTO invitation (batch_id, role,"
                                  " name, token, created_at, expires_at)"
                                  " VALUES (5, 'professional', 'x',"
                                  " zeroblob(32), 1, 2)"),
               CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_CONSTRAINT);
    assert_non_null(strstr(cpts_db_message(db), "787"));
    assert_false(cpts_db_in_transaction(db));
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(store_number(file, "SELECT count(*) FROM invitation"), 0);
}

static void test_full(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_db_e rc = CPTS_DB_OK;

    (void)state;
    store_kind(cpts_db_script(db, "PRAGMA max_page_count = 1"), CPTS_DB_OK);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    for (int i = 0; i < 500 && rc == CPTS_DB_OK; i++) {
        cpts_account_t account
            = { .name = apr_psprintf(unit_pool, "account-%d", i),
                .hash = "hash",
                .role = CPTS_PROFESSIONAL,
                .created_at = 1 };

        rc = cpts_account_add(db, &account);
    }
    store_kind(rc, CPTS_DB_FULL);
    cpts_db_rollback(db);
    assert_false(cpts_db_in_transaction(db));
    assert_int_equal(store_number(file, "SELECT count(*) FROM account"), 0);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    cpts_db_rollback(db);
}

/* --- damage */

/* Garbage in the page where a table or an index begins. */
static void damage_table(const char *file, const char *table)
{
    int64_t page
        = store_number(file, apr_psprintf(unit_pool,
                                          "SELECT rootpage FROM sqlite_schema"
                                          " WHERE name = '%s'",
                                          table));
    int64_t size = store_number(file, "PRAGMA page_size");

    store_damage(file, (off_t)((page - 1) * size), 512);
}

static void test_corrupt(void **state)
{
    const char *file = store_make("a.db");
    const char *sound = store_make("b.db");
    cpts_db_t *db = store_open(file);
    cpts_db_t *other = store_open(file);
    cpts_account_t account;

    (void)state;
    damage_table(file, "sqlite_autoindex_account_1");
    assert_false(cpts_db_latched(db));
    store_kind(cpts_account_read(&account, db, "x", unit_pool),
               CPTS_DB_CORRUPT);
    /* from now on nothing is written to this file, in the whole process */
    assert_true(cpts_db_latched(db) && cpts_db_latched(other));
    store_kind(cpts_db_start(other), CPTS_DB_CORRUPT);
    store_kind(cpts_db_run(other, NULL, CPTS_SQL_SHEET_COUNT, ""), CPTS_DB_OK);
    assert_true(cpts_db_latched(store_open(file)));
    store_kind(cpts_db_start(store_open(sound)), CPTS_DB_OK);
    /* another file under the same name starts healthy */
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rename(sound, file), 0);
    assert_false(cpts_db_latched(store_open(file)));
}

/* The system gives the number of a removed file to the next one. */
static void test_corrupt_then_new(void **state)
{
    cpts_account_t account;
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    damage_table(file, "sqlite_autoindex_account_1");
    store_kind(cpts_account_read(&account, db, "x", unit_pool),
               CPTS_DB_CORRUPT);
    cpts_db_close(db);
    assert_int_equal(unlink(file), 0);
    store_make("a.db");
    store_kind(cpts_db_start(store_open(file)), CPTS_DB_OK);
}

/* --- connections of apr_dbd */

static const apr_dbd_driver_t *driver_of(apr_pool_t *pool)
{
    const apr_dbd_driver_t *driver = NULL;

    assert_int_equal(apr_dbd_init(pool), APR_SUCCESS);
    if (apr_dbd_get_driver(pool, "sqlite3", &driver) != APR_SUCCESS) {
        skip();
    }
    return driver;
}

typedef struct {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_pool_t *pool;
} pooled_t;

static apr_status_t close_pooled(void *data)
{
    pooled_t *pooled = data;

    return apr_dbd_close(pooled->driver, pooled->handle);
}

/* As mod_dbd does: a pool for each connection, which closes it. */
static pooled_t *open_pooled(const char *file)
{
    pooled_t *pooled = apr_pcalloc(unit_pool, sizeof(*pooled));
    const char *error = NULL;

    pooled->driver = driver_of(unit_pool);
    apr_pool_create(&pooled->pool, unit_pool);
    if (apr_dbd_open_ex(
            pooled->driver, pooled->pool,
            apr_pstrcat(unit_pool, "file:", file, "?mode=rw", NULL),
            &pooled->handle, &error)
        != APR_SUCCESS) {
        fail_msg("apr_dbd: %s", error);
    }
    apr_pool_cleanup_register(pooled->pool, pooled, close_pooled,
                              apr_pool_cleanup_null);
    return pooled;
}

static cpts_db_e adopt(cpts_db_t **db, const pooled_t *pooled)
{
    cpts_db_e rc
        = cpts_db_adopt(db, pooled->driver, pooled->handle, 100, pooled->pool);

    assert_int_equal(rc == CPTS_DB_OK, *db != NULL);
    return rc;
}

static void test_adopt(void **state)
{
    const char *file = store_make("a.db");
    pooled_t *pooled = open_pooled(file);
    cpts_db_t *db, *again;
    cpts_account_t account;

    (void)state;
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    assert_string_equal(cpts_db_file(db), file);
    store_kind(cpts_account_read(&account, db, "x", unit_pool), CPTS_DB_NONE);
    /* a transaction left behind is none of the next one's */
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_GENERATION_RAISE, ""),
               CPTS_DB_OK);
    store_kind(adopt(&again, pooled), CPTS_DB_OK);
    assert_ptr_equal(again, db);
    assert_false(cpts_db_in_transaction(again));
    assert_int_equal(generation(file), 0);
    /* statements are gone before the connection: it really closes */
    apr_pool_destroy(pooled->pool);
    assert_int_not_equal(access(store_path("a.db-wal"), F_OK), 0);
}

static void test_adopt_after_close(void **state)
{
    pooled_t *pooled = open_pooled(store_make("a.db"));
    cpts_db_t *db;

    (void)state;
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    cpts_db_close(db);
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_SHEET_COUNT, ""), CPTS_DB_ERROR);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    store_kind(cpts_db_run(db, NULL, CPTS_SQL_SHEET_COUNT, ""), CPTS_DB_OK);
}

/* A refused adoption leaves nothing behind, and is tried again in full. */
static void test_adopt_refused(void **state)
{
    const char *file = store_make("a.db");
    pooled_t *pooled;
    cpts_db_t *db;

    (void)state;
    set_version(file, 0);
    pooled = open_pooled(file);
    store_kind(adopt(&db, pooled), CPTS_DB_OLDER);
    assert_non_null(strstr(cpts_db_message(NULL), "schema 0"));
    store_kind(adopt(&db, pooled), CPTS_DB_OLDER);
    set_version(file, CPTS_SCHEMA_VERSION);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    /* migrated under a server that runs */
    set_version(file, CPTS_SCHEMA_VERSION + 1);
    store_kind(adopt(&db, pooled), CPTS_DB_NEWER);
    store_kind(adopt(&db, pooled), CPTS_DB_NEWER);
    set_version(file, CPTS_SCHEMA_VERSION);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
}

/* Nothing can be recorded without the key: said at once, not at the first
 * consultation. */
static void test_adopt_key(void **state)
{
    const char *file = store_make("a.db");
    const char *key = store_path("a.db.key");
    pooled_t *pooled = open_pooled(file);
    cpts_db_t *db;

    (void)state;
    assert_int_equal(rename(key, store_path("away")), 0);
    store_kind(adopt(&db, pooled), CPTS_DB_KEY);
    assert_non_null(strstr(cpts_db_message(NULL), "a.db.key"));
    store_kind(adopt(&db, pooled), CPTS_DB_KEY);
    store_write_file(key, "no key");
    store_kind(adopt(&db, pooled), CPTS_DB_KEY);
    assert_int_equal(rename(store_path("away"), key), 0);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    /* whoever opens a file by name may look at it without one */
    assert_int_equal(unlink(key), 0);
    store_kind(cpts_db_run(store_open(file), NULL, CPTS_SQL_SHEET_COUNT, ""),
               CPTS_DB_OK);
}

/* What another module of httpd set on the connection is set right. */
static void test_adopt_pragmas(void **state)
{
    pooled_t *pooled = open_pooled(store_make("a.db"));
    sqlite3 *native = apr_dbd_native_handle(pooled->driver, pooled->handle);
    int64_t value;
    cpts_db_t *db;

    (void)state;
    assert_int_equal(sqlite3_exec(native,
                                  "PRAGMA synchronous = OFF;"
                                  "PRAGMA foreign_keys = OFF;"
                                  "PRAGMA secure_delete = OFF",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    store_kind(cpts_db_number(&value, db, CPTS_SQL_SYNCHRONOUS_GET, ""),
               CPTS_DB_OK);
    assert_int_equal(value, 2);
    store_kind(cpts_db_number(&value, db, CPTS_SQL_FOREIGN_KEYS_GET, ""),
               CPTS_DB_OK);
    assert_int_equal(value, 1);
    store_kind(cpts_db_number(&value, db, CPTS_SQL_SECURE_DELETE_GET, ""),
               CPTS_DB_OK);
    assert_int_equal(value, 1);
}

/* A pragma that acts when it is prepared acts each time it is run. */
static void test_pragma_again(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    int64_t value;

    (void)state;
    for (int i = 0; i < 4; i++) {
        store_kind(cpts_db_run(db, NULL,
                               i % 2 ? CPTS_SQL_FOREIGN_KEYS_ON
                                     : CPTS_SQL_FOREIGN_KEYS_OFF,
                               ""),
                   CPTS_DB_OK);
        store_kind(cpts_db_number(&value, db, CPTS_SQL_FOREIGN_KEYS_GET, ""),
                   CPTS_DB_OK);
        assert_int_equal(value, i % 2);
    }
}

static void test_adopt_memory(void **state)
{
    const apr_dbd_driver_t *driver = driver_of(unit_pool);
    const char *error = NULL;
    apr_dbd_t *handle;
    cpts_db_t *db;

    (void)state;
    assert_int_equal(
        apr_dbd_open_ex(driver, unit_pool, ":memory:", &handle, &error),
        APR_SUCCESS);
    assert_int_equal(
        sqlite3_exec(apr_dbd_native_handle(driver, handle),
                     apr_psprintf(unit_pool,
                                  "PRAGMA application_id = %d;"
                                  "PRAGMA user_version = %d",
                                  CPTS_APPLICATION_ID, CPTS_SCHEMA_VERSION),
                     NULL, NULL, NULL),
        SQLITE_OK);
    /* it cannot be in WAL */
    store_kind(cpts_db_adopt(&db, driver, handle, 100, unit_pool),
               CPTS_DB_PRAGMA);
    assert_int_equal(apr_dbd_close(driver, handle), APR_SUCCESS);
}

static void test_moved(void **state)
{
    const char *file = store_make("a.db");
    pooled_t *pooled = open_pooled(file);
    cpts_db_t *db;

    (void)state;
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    assert_int_equal(rename(file, store_path("gone.db")), 0);
    store_kind(adopt(&db, pooled), CPTS_DB_MISSING);
    assert_int_not_equal(access(file, F_OK), 0);
    store_write_file(file, "another file");
    store_kind(adopt(&db, pooled), CPTS_DB_MOVED);
    /* put back as it was: nothing is wrong any more */
    assert_int_equal(rename(store_path("gone.db"), file), 0);
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
}

/* --- an administrator at work with the sqlite3 command */

static void test_administrator(void **state)
{
    static const char *const works[] = {
        "ANALYZE",
        "VACUUM",
        "ALTER TABLE practitioner ADD COLUMN extra TEXT",
        "CREATE TABLE extra (a); INSERT INTO extra VALUES (1)",
        "CREATE INDEX extra_a ON practitioner (confirmed_on)",
        "REINDEX",
        "DROP TABLE extra",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    const char *file = store_make("a.db");
    pooled_t *pooled = open_pooled(file);
    cpts_stored_sheet_t sheet;
    cpts_db_t *db;

    (void)state;
    store_kind(adopt(&db, pooled), CPTS_DB_OK);
    store_create(db, STORE_OWN, "Jeanne Mésange", "2026-11-22");
    for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
        if (!store_command(file, works[i])) {
            skip();
        }
        /* a statement prepared before, then a write, then a new request */
        store_kind(
            cpts_sheet_read(&sheet, db, &store_doctor, STORE_OWN, unit_pool),
            CPTS_DB_OK);
        store_kind(cpts_sheet_act(&sheet, db, &store_doctor, STORE_OWN,
                                  CPTS_ACTION_CONFIRM, CPTS_NO_DAY,
                                  unit_day("2026-11-23"), unit_pool),
                   CPTS_DB_OK);
        store_kind(adopt(&db, pooled), CPTS_DB_OK);
    }
    assert_int_equal(sheet.version, 1 + sizeof(works) / sizeof(works[0]));
}

/* Between two rows of one SELECT. */
static void test_administrator_while_reading(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    store_create(db, STORE_OWN, "Jeanne Mésange", "2026-11-22");
    store_create(db, STORE_OTHER, "Paul Pinson", "2026-11-22");
    store_kind(cpts_db_begin(db, CPTS_SQL_SHEET_CHANGED, "ssll", "2026-11-16",
                             "2026-11-01", (int64_t)0, (int64_t)0),
               CPTS_DB_OK);
    store_kind(cpts_db_step(db), CPTS_DB_ROW);
    if (!store_command(file, "ALTER TABLE practitioner ADD COLUMN x TEXT")) {
        skip();
    }
    store_kind(cpts_db_step(db), CPTS_DB_ROW);
    assert_non_null(cpts_db_text(db, 4));
    store_kind(cpts_db_step(db), CPTS_DB_OK);
}

static void test_data_version(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    int64_t before, after;

    (void)state;
    store_kind(cpts_db_data_version(db, &before), CPTS_DB_OK);
    store_kind(cpts_db_data_version(db, &after), CPTS_DB_OK);
    assert_true(before == after);
    store_exec(file, "UPDATE territory SET generation = 5");
    store_kind(cpts_db_data_version(db, &after), CPTS_DB_OK);
    assert_true(before != after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_kinds),
        STORE_TEST(test_faults),
        STORE_TEST(test_statements),
        STORE_TEST(test_plans),
        STORE_TEST(test_missing),
        STORE_TEST(test_foreign),
        STORE_TEST(test_not_a_database),
        STORE_TEST(test_versions),
        STORE_TEST(test_diagnose_wal),
        STORE_TEST(test_permissions),
        STORE_TEST(test_pragmas),
        STORE_TEST(test_misuse),
        STORE_TEST(test_transactions),
        STORE_TEST(test_busy),
        STORE_TEST(test_commit_refused),
        STORE_TEST(test_full),
        STORE_TEST(test_corrupt),
        STORE_TEST(test_corrupt_then_new),
        STORE_TEST(test_adopt),
        STORE_TEST(test_adopt_after_close),
        STORE_TEST(test_adopt_refused),
        STORE_TEST(test_adopt_key),
        STORE_TEST(test_adopt_pragmas),
        STORE_TEST(test_pragma_again),
        STORE_TEST(test_adopt_memory),
        STORE_TEST(test_moved),
        STORE_TEST(test_administrator),
        STORE_TEST(test_administrator_while_reading),
        STORE_TEST(test_data_version),
        STORE_TEST(test_diagnose_locks),
        STORE_TEST(test_diagnose_leaves),
        STORE_TEST(test_link),
    };

    return UNIT_RUN(tests);
}
