/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of making a database, migrating one, and copying one in use. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <sqlite3.h>

#include "store/load.h"
#include "store/migrate.h"
#include "store_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* The scripts here say 5 and 6. */
#define NOW 4

/* The real migrations, followed by these. */
static cpts_migrations_t followed_by(const cpts_migration_t *more,
                                     size_t count)
{
    cpts_migration_t *list = apr_pcalloc(
        unit_pool, (cpts_migrations_count + count) * sizeof(*list));
    cpts_migrations_t all = { list, cpts_migrations_count + count };

    memcpy(list, cpts_migrations, cpts_migrations_count * sizeof(*list));
    memcpy(list + cpts_migrations_count, more, count * sizeof(*list));
    return all;
}

static const cpts_migration_t good[] = {
    { NOW + 1, "9998-colour",
      "ALTER TABLE practitioner ADD COLUMN colour TEXT;"
      "PRAGMA user_version = 5;" },
    { NOW + 2, "9999-fill",
      "UPDATE practitioner SET colour = 'blue';"
      "PRAGMA user_version = 6;" },
};

static cpts_db_e migrate(cpts_migrated_t *out, const char *file,
                         const cpts_migration_t *more, size_t count)
{
    return cpts_db_migrate(out, file, followed_by(more, count), NULL, NULL,
                           unit_pool);
}

static int64_t version(const char *file)
{
    return store_number(file, "PRAGMA user_version");
}

static void test_real_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < cpts_migrations_count; i++) {
        assert_int_equal(cpts_migrations[i].version, i + 1);
    }
    assert_int_equal(cpts_migrations_count, CPTS_SCHEMA_VERSION);
    assert_int_equal(NOW, CPTS_SCHEMA_VERSION);
}

/* --- init */

static void test_init(void **state)
{
    const char *file = store_make("a.db");
    struct stat st;
    mode_t mask = umask(0);

    (void)state;
    umask(mask);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640 & ~mask);
    assert_int_equal(store_number(file, "PRAGMA application_id"),
                     CPTS_APPLICATION_ID);
    assert_int_equal(version(file), CPTS_SCHEMA_VERSION);
    /* the header says WAL */
    assert_int_equal(store_number(file, "SELECT journal_mode = 'wal'"
                                        " FROM pragma_journal_mode"),
                     1);
    assert_int_equal(store_number(file, "SELECT length(rotation_key)"
                                        " FROM territory"),
                     16);
    assert_true(store_number(file, "SELECT created_at FROM territory")
                > 1700000000);
    /* nothing is left in files beside it */
    assert_int_not_equal(access(store_path("a.db-wal"), F_OK), 0);
}

static void test_init_keys_differ(void **state)
{
    unsigned char one[16], two[16];
    int64_t generation;

    (void)state;
    store_kind(
        cpts_generation_read(store_open(store_make("a.db")), &generation, one),
        CPTS_DB_OK);
    assert_int_equal(generation, 0);
    store_kind(
        cpts_generation_read(store_open(store_make("b.db")), &generation, two),
        CPTS_DB_OK);
    assert_memory_not_equal(one, two, 16);
}

static cpts_db_e init(const char *file)
{
    return cpts_db_init(file, cpts_migrations_all(), unit_pool);
}

/* Whatever bears the name already is left alone. */
static void test_init_refuses(void **state)
{
    const char *file = store_path("a.db");

    (void)state;
    store_write_file(file, "mine");
    store_kind(init(file), CPTS_DB_CONFLICT);
    assert_true(store_holds(file, "mine"));
    assert_int_equal(unlink(file), 0);
    store_write_file(store_path("a.db-wal"), "what is left");
    store_kind(init(file), CPTS_DB_CONFLICT);
    assert_non_null(strstr(cpts_db_message(NULL), "-wal"));
    assert_true(store_holds(store_path("a.db-wal"), "what is left"));
    assert_int_not_equal(access(file, F_OK), 0);
    store_kind(init(store_path("none/a.db")), CPTS_DB_UNREADABLE);
    assert_int_equal(symlink("/nowhere", store_path("link.db")), 0);
    store_kind(init(store_path("link.db")), CPTS_DB_CONFLICT);
}

static void test_init_failing(void **state)
{
    static const cpts_migration_t bad[] = {
        { 1, "0001-bad", "CREATE TABLE t (a); CREATE TABLE t (a);" },
    };
    cpts_migrations_t migrations = { bad, 1 };
    const char *file = store_path("a.db");

    (void)state;
    store_kind(cpts_db_init(file, migrations, unit_pool), CPTS_DB_ERROR);
    assert_non_null(strstr(cpts_db_message(NULL), "already exists"));
    assert_int_not_equal(access(file, F_OK), 0);
    assert_int_not_equal(access(store_path("a.db-wal"), F_OK), 0);
}

/* --- migrate */

static void count_call(void *baton, int64_t done, int64_t total)
{
    assert_true(done <= total);
    ++*(int *)baton;
}

static void test_migrate(void **state)
{
    const char *file = store_make("a.db");
    cpts_migrated_t out;
    int calls = 0;

    (void)state;
    store_create(store_open(file), STORE_OWN, "Jeanne Mésange", "2026-11-22");
    store_kind(cpts_db_migrate(&out, file, followed_by(good, COUNT(good)),
                               count_call, &calls, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.from, NOW);
    assert_int_equal(out.to, NOW + 2);
    assert_true(calls > 0);
    assert_string_equal(out.backup, store_path("a.db.before-v6"));
    assert_int_equal(version(file), NOW + 2);
    assert_int_equal(store_number(file, "SELECT count(*) FROM practitioner"
                                        " WHERE colour = 'blue'"),
                     1);
    /* the copy is what was before */
    assert_int_equal(version(out.backup), NOW);
    assert_int_equal(
        store_number(out.backup, "SELECT count(*) FROM practitioner"), 1);
    /* again: nothing to do */
    store_kind(migrate(&out, file, good, COUNT(good)), CPTS_DB_OK);
    assert_int_equal(out.from, out.to);
    assert_null(out.backup);
}

static void test_migrate_refused(void **state)
{
    const char *file = store_make("a.db");
    const char *foreign = store_path("foreign.db");
    cpts_migrated_t out;

    (void)state;
    store_kind(migrate(&out, file, good, COUNT(good)), CPTS_DB_OK);
    store_kind(migrate(&out, file, good, 1), CPTS_DB_NEWER);
    assert_null(out.backup);
    assert_int_equal(version(file), NOW + 2);
    store_kind(migrate(&out, store_path("none.db"), good, 1), CPTS_DB_MISSING);
    store_write_file(foreign, "");
    store_exec(foreign, "CREATE TABLE t (a)");
    store_kind(migrate(&out, foreign, good, 1), CPTS_DB_FOREIGN);
}

/* One step of three is wrong: nothing of the others stays. */
static void test_migrate_failing(void **state)
{
    static const struct {
        const char *sql;
        cpts_db_e kind;
        const char *message;
    } bad[] = {
        { "SELECT * FROM absent; PRAGMA user_version = 6;", CPTS_DB_ERROR,
          "no such table" },
        { "CREATE TABLE forgets (a);", CPTS_DB_ERROR, "user_version" },
        { "DELETE FROM batch; PRAGMA user_version = 6;", CPTS_DB_CONSTRAINT,
          "reference" },
        { "INSERT INTO account (name, hash, role, created_at)"
          " VALUES ('a', 'b', 'king', 0);",
          CPTS_DB_CONSTRAINT, "CHECK" },
    };
    const char *file = store_make("a.db");

    (void)state;
    store_create(store_open(file), STORE_OWN, "Jeanne Mésange", "2026-11-22");
    store_exec(file, "INSERT INTO batch VALUES (1, 'a', 1);"
                     "INSERT INTO invitation (batch_id, role, name, token,"
                     " created_at, expires_at) VALUES (1, 'professional',"
                     " 'a', zeroblob(32), 1, 2)");
    for (size_t i = 0; i < COUNT(bad); i++) {
        cpts_migration_t list[]
            = { good[0], { NOW + 2, "9999-bad", bad[i].sql } };
        cpts_migrated_t out;
        const char *backup;

        store_kind(migrate(&out, file, list, COUNT(list)), bad[i].kind);
        if (!strstr(cpts_db_message(NULL), bad[i].message)) {
            fail_msg("\"%s\" without \"%s\"", cpts_db_message(NULL),
                     bad[i].message);
        }
        assert_int_equal(version(file), NOW);
        assert_int_equal(store_number(file, "SELECT count(*) FROM"
                                            " pragma_table_info("
                                            "'practitioner') WHERE name ="
                                            " 'colour'"),
                         0);
        /* a backup each, none overwritten */
        backup
            = i ? apr_psprintf(unit_pool, "%s.before-v6.%d", file, (int)i + 1)
                : store_path("a.db.before-v6");
        assert_string_equal(out.backup, backup);
        assert_int_equal(version(backup), NOW);
    }
    store_kind(cpts_db_begin(store_open(file), CPTS_SQL_SHEET_COUNT, ""),
               CPTS_DB_OK);
}

static void test_migrate_commits(void **state)
{
    static const cpts_migration_t bad[] = {
        { NOW + 1, "9998-bad", "COMMIT; PRAGMA user_version = 5;" },
    };
    cpts_migrated_t out;

    (void)state;
    store_kind(migrate(&out, store_make("a.db"), bad, 1), CPTS_DB_ERROR);
    assert_non_null(strstr(cpts_db_message(NULL), "ended the transaction"));
    assert_non_null(out.backup);
}

/* --- backup */

static void test_backup(void **state)
{
    const char *file = store_make("a.db");
    const char *copy = store_path("copy.db");
    cpts_db_t *db = store_open(file);
    cpts_db_t *writer = store_open(file);
    struct stat st;
    int calls = 0;

    (void)state;
    /* committed, but in the WAL only; and not committed */
    store_create(writer, STORE_OWN, "Jeanne Mésange", "2026-11-22");
    store_kind(cpts_db_start(writer), CPTS_DB_OK);
    store_create(writer, STORE_OTHER, "Paul Pinson", "2026-11-22");
    store_kind(cpts_db_backup(db, copy, count_call, &calls, unit_pool),
               CPTS_DB_OK);
    assert_true(calls > 0);
    store_kind(cpts_db_commit(writer), CPTS_DB_OK);
    assert_int_equal(store_number(copy, "SELECT count(*) FROM practitioner"),
                     1);
    assert_int_equal(stat(copy, &st), 0);
    assert_int_equal(st.st_mode & 07, 0);
    assert_int_not_equal(access(store_path("copy.db.partial"), F_OK), 0);
    assert_false(cpts_db_in_transaction(db));
    /* the copy is a database like any other */
    store_create(store_open(copy), STORE_OTHER, "Paul Pinson", "2026-11-22");
}

static void test_backup_refused(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const char *copy = store_path("copy.db");

    (void)state;
    store_write_file(copy, "mine");
    store_kind(cpts_db_backup(db, copy, NULL, NULL, unit_pool),
               CPTS_DB_CONFLICT);
    assert_true(store_holds(copy, "mine"));
    store_kind(
        cpts_db_backup(db, store_path("none/copy.db"), NULL, NULL, unit_pool),
        CPTS_DB_UNREADABLE);
    assert_false(cpts_db_in_transaction(db));
    store_kind(cpts_db_start(db), CPTS_DB_OK);
}

/* Someone writes between two steps of the copy: it stays the state of one
 * moment. */
typedef struct {
    cpts_db_t *writer;
    int calls;
} meddling_t;

static void meddle(void *baton, int64_t done, int64_t total)
{
    meddling_t *meddling = baton;
    static const char *const names[]
        = { "99900000100", "99900000200", "99900000300" };

    (void)done;
    (void)total;
    if (meddling->calls < 3) {
        store_create(meddling->writer, names[meddling->calls], "Autre",
                     "2026-11-22");
    }
    meddling->calls++;
}

static void test_backup_under_writes(void **state)
{
    const char *file = store_make("a.db");
    const char *copy = store_path("copy.db");
    cpts_db_t *db = store_open(file);
    meddling_t meddling = { store_open(file), 0 };

    (void)state;
    /* more pages than one step copies */
    store_exec(file, "CREATE TABLE big (a); WITH n (i) AS (SELECT 1 UNION"
                     " ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO"
                     " big SELECT randomblob(3000) FROM n");
    store_kind(cpts_db_backup(db, copy, meddle, &meddling, unit_pool),
               CPTS_DB_OK);
    assert_true(meddling.calls > 3);
    assert_int_equal(store_number(copy, "SELECT count(*) FROM practitioner"),
                     0);
    assert_int_equal(store_number(copy, "SELECT count(*) FROM big"), 3000);
    assert_int_equal(store_number(copy, "SELECT integrity_check = 'ok' FROM"
                                        " pragma_integrity_check"),
                     1);
    assert_int_equal(store_number(file, "SELECT count(*) FROM practitioner"),
                     3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_real_list),
        STORE_TEST(test_init),
        STORE_TEST(test_init_keys_differ),
        STORE_TEST(test_init_refuses),
        STORE_TEST(test_init_failing),
        STORE_TEST(test_migrate),
        STORE_TEST(test_migrate_refused),
        STORE_TEST(test_migrate_failing),
        STORE_TEST(test_migrate_commits),
        STORE_TEST(test_backup),
        STORE_TEST(test_backup_refused),
        STORE_TEST(test_backup_under_writes),
    };

    return UNIT_RUN(tests);
}
