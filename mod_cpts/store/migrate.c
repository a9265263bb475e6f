/* SPDX-License-Identifier: Apache-2.0 */
/* Making a database, and bringing an older one up to this code. */

#include "store/migrate.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "store/journal.h"
#include "store/sqlite.h"

/* Nobody waits long for a migration's lock: httpd may be running. */
#define LOCK_TIMEOUT 10000
/* Names tried for a backup. */
#define BACKUPS_MAX 99
/* With this version the journal begins. */
#define JOURNAL_VERSION 2

cpts_migrations_t cpts_migrations_all(void)
{
    cpts_migrations_t all = { cpts_migrations, cpts_migrations_count };

    return all;
}

static int version_reached(cpts_migrations_t migrations)
{
    return migrations.count ? migrations.list[migrations.count - 1].version
                            : 0;
}

/* A script that commits, or that forgets its number, is a defect of the
 * script: nothing of it may stay. */
static cpts_db_e run_one(cpts_db_t *db, const cpts_migration_t *migration)
{
    int64_t version = 0;
    cpts_db_e rc = cpts_db_script(db, migration->sql);

    if (rc == CPTS_DB_OK && !cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "%s ended the transaction", migration->name);
        return CPTS_DB_ERROR;
    }
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_number(&version, db, CPTS_SQL_USER_VERSION, "");
    }
    if (rc == CPTS_DB_OK && version != migration->version) {
        cpts_db_explain(db, "%s does not set user_version to %d",
                        migration->name, migration->version);
        rc = CPTS_DB_ERROR;
    }
    return rc;
}

/* Foreign keys are off meanwhile: a table can then be rebuilt. */
static cpts_db_e check_references(cpts_db_t *db)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_FOREIGN_KEY_CHECK, "");

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
    }
    if (rc == CPTS_DB_ROW) {
        cpts_db_end(db);
        cpts_db_explain(db, "a migration left a reference to nothing");
        rc = CPTS_DB_CONSTRAINT;
    }
    return rc;
}

/* From here on the journal is a chain; the key is made beside the file.
 * Never again later: a seal that somebody took away stays missed. */
static cpts_db_e seal_journal(cpts_db_t *db)
{
    cpts_db_e rc = cpts_journal_key_make(cpts_db_file(db), db->pool);

    if (rc != CPTS_DB_OK) {
        cpts_db_explain(db, "the key of the journal cannot be made");
        return rc;
    }
    return cpts_journal_begin(db);
}

/* Under the lock the version is read again: another may have been faster. */
static cpts_db_e run_missing(cpts_db_t *db, cpts_migrations_t migrations)
{
    int64_t version;
    int begins = 0; /* the journal */
    cpts_db_e rc = cpts_db_number(&version, db, CPTS_SQL_USER_VERSION, "");

    for (size_t i = 0; i < migrations.count && rc == CPTS_DB_OK; i++) {
        if (migrations.list[i].version > version) {
            rc = run_one(db, &migrations.list[i]);
            begins |= migrations.list[i].version == JOURNAL_VERSION;
        }
    }
    if (rc == CPTS_DB_OK && begins) {
        rc = seal_journal(db);
    }
    return rc == CPTS_DB_OK ? check_references(db) : rc;
}

static cpts_db_e run_all(cpts_db_t *db, cpts_migrations_t migrations)
{
    cpts_db_e rc = cpts_db_run(db, NULL, CPTS_SQL_FOREIGN_KEYS_OFF, "");

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_start(db);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = run_missing(db, migrations);
    return cpts_db_leave(db, 1, rc);
}

static void take_away(const char *file, apr_pool_t *pool)
{
    (void)unlink(file);
    (void)unlink(apr_pstrcat(pool, file, "-wal", NULL));
    (void)unlink(apr_pstrcat(pool, file, "-shm", NULL));
}

static cpts_db_e fill(cpts_db_t *db, cpts_migrations_t migrations)
{
    cpts_db_e rc = run_all(db, migrations);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_checkpoint(db);
    }
    if (rc != CPTS_DB_OK) {
        cpts_sqlite_keep(db);
    }
    cpts_db_close(db);
    return rc;
}

cpts_db_e cpts_db_init(const char *file, cpts_migrations_t migrations,
                       apr_pool_t *pool)
{
    struct stat st;
    cpts_db_t *db;
    int existed = lstat(file, &st) == 0;
    cpts_db_e rc = cpts_db_open(&db, file, CPTS_DB_CREATE, LOCK_TIMEOUT, pool);

    if (rc == CPTS_DB_OK) {
        rc = fill(db, migrations);
    }
    if (rc != CPTS_DB_OK && rc != CPTS_DB_CONFLICT && !existed) {
        take_away(file, pool);
    }
    return rc;
}

static const char *backup_name(const char *file, int version, apr_pool_t *pool)
{
    const char *name = apr_psprintf(pool, "%s.before-v%d", file, version);
    const char *tried = name;
    struct stat st;

    for (int i = 2; i <= BACKUPS_MAX && lstat(tried, &st) == 0; i++) {
        tried = apr_psprintf(pool, "%s.%d", name, i);
    }
    return tried;
}

static cpts_db_e migrate(cpts_migrated_t *out, cpts_db_t *db,
                         cpts_migrations_t migrations,
                         cpts_progress_fn *progress, void *baton,
                         apr_pool_t *pool)
{
    int64_t version;
    const char *backup;
    cpts_db_e rc = cpts_db_number(&version, db, CPTS_SQL_USER_VERSION, "");

    out->from = (int)version;
    out->to = version_reached(migrations);
    if (rc != CPTS_DB_OK || out->from == out->to) {
        return rc;
    }
    if (out->from > out->to) {
        cpts_db_explain(db, "schema %d, this code knows %d", out->from,
                        out->to);
        return CPTS_DB_NEWER;
    }
    backup = backup_name(cpts_db_file(db), out->to, pool);
    rc = cpts_db_backup(db, backup, progress, baton, pool);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    out->backup = backup;
    return run_all(db, migrations);
}

cpts_db_e cpts_db_migrate(cpts_migrated_t *out, const char *file,
                          cpts_migrations_t migrations,
                          cpts_progress_fn *progress, void *baton,
                          apr_pool_t *pool)
{
    cpts_db_t *db;
    cpts_db_e rc;

    memset(out, 0, sizeof(*out));
    rc = cpts_db_open(&db, file, CPTS_DB_RAW, LOCK_TIMEOUT, pool);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = migrate(out, db, migrations, progress, baton, pool);
    if (rc != CPTS_DB_OK) {
        cpts_sqlite_keep(db);
    }
    cpts_db_close(db);
    return rc;
}
