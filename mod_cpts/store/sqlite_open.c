/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: adopted from apr_dbd or opened here, checked before use. */

#include "store/sqlite.h"
#include "store/image.h"
#include "store/journal.h"
#include "store/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>

/* User data of the pool that dies with an apr_dbd connection. */
#define ADOPTED_KEY "cpts_db_adopted"

/* How long emptying the WAL may wait for readers, milliseconds. */
#define CHECKPOINT_TIMEOUT 200
/* And a look at what is wrong with a file. */
#define ASK_TIMEOUT 100

/* Why the last one that changed something could not tell httpd. */
static _Thread_local int untold;

/* --- looking at what was opened */

static cpts_db_e look_at_schema(cpts_db_t *db, int mode)
{
    int64_t id, version;
    cpts_db_e rc = cpts_db_number(&id, db, CPTS_SQL_APPLICATION_ID, "");

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_number(&version, db, CPTS_SQL_USER_VERSION, "");
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (id != CPTS_APPLICATION_ID) {
        cpts_db_explain(db, "application_id is %lld", (long long)id);
        return CPTS_DB_FOREIGN;
    }
    if (mode & CPTS_DB_RAW) {
        return CPTS_DB_OK;
    }
    cpts_db_explain(db, "schema %lld, this code needs %d", (long long)version,
                    CPTS_SCHEMA_VERSION);
    return version < CPTS_SCHEMA_VERSION   ? CPTS_DB_OLDER
           : version > CPTS_SCHEMA_VERSION ? CPTS_DB_NEWER
                                           : CPTS_DB_OK;
}

/* The look is remembered until another connection commits something. */
static cpts_db_e look_again(cpts_db_t *db)
{
    int64_t version;
    cpts_db_e rc = cpts_db_data_version(db, &version);

    if (rc != CPTS_DB_OK || version == db->data_version) {
        return rc;
    }
    rc = look_at_schema(db, 0);
    db->data_version = rc == CPTS_DB_OK ? version : -1;
    return rc;
}

/* Set, then read back: a pragma that fails is silent. */
static const struct {
    cpts_sql_e set, get;
    const char *expected;
} pragmas[] = {
    { CPTS_SQL_JOURNAL_WAL, CPTS_SQL_JOURNAL_GET, "wal" },
    { CPTS_SQL_SYNCHRONOUS_FULL, CPTS_SQL_SYNCHRONOUS_GET, "2" },
    { CPTS_SQL_FOREIGN_KEYS_ON, CPTS_SQL_FOREIGN_KEYS_GET, "1" },
    { CPTS_SQL_SECURE_DELETE_ON, CPTS_SQL_SECURE_DELETE_GET, "1" },
    { CPTS_SQL_AUTOCHECKPOINT_SET, CPTS_SQL_AUTOCHECKPOINT_GET, "4000" },
};

static cpts_db_e read_back(cpts_db_t *db, cpts_sql_e get, const char *expected)
{
    cpts_db_e rc = cpts_db_begin(db, get, "");
    const char *found;

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
    }
    if (rc != CPTS_DB_ROW) {
        return rc == CPTS_DB_OK ? CPTS_DB_PRAGMA : rc;
    }
    found = cpts_db_text(db, 0);
    rc = CPTS_DB_OK;
    if (!found || strcmp(found, expected) != 0) {
        cpts_db_explain(db, "%s gives %s, not %s", cpts_sql[get].sql,
                        found ? found : "nothing", expected);
        rc = CPTS_DB_PRAGMA;
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e set_pragmas(cpts_db_t *db)
{
    cpts_db_e rc = CPTS_DB_OK;

    for (size_t i = 0;
         i < sizeof(pragmas) / sizeof(pragmas[0]) && rc == CPTS_DB_OK; i++) {
        rc = cpts_db_run(db, NULL, pragmas[i].set, "");
        if (rc == CPTS_DB_OK) {
            rc = read_back(db, pragmas[i].get, pragmas[i].expected);
        }
    }
    return rc;
}

/* The triggers of the schema keep other hands off the journal: this code,
 * which appends in order, does without what they cost.  Nor does one run here
 * that somebody put into the file. */
static cpts_db_e pass_triggers(cpts_db_t *db)
{
    int on = 1;

    if (sqlite3_db_config(db->native, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, &on)
            != SQLITE_OK
        || on) {
        cpts_db_explain(db, "triggers cannot be passed by");
        return CPTS_DB_PRAGMA;
    }
    return CPTS_DB_OK;
}

/* Nothing is written, not even the journal mode, before the file is known
 * to be ours. */
static cpts_db_e check(cpts_db_t *db, int mode)
{
    cpts_db_e rc = CPTS_DB_OK;

    if (sqlite3_db_readonly(db->native, "main") == 1) {
        cpts_db_explain(db, "the file may only be read");
        return CPTS_DB_UNREADABLE;
    }
    if (!(mode & CPTS_DB_CREATE)) {
        rc = look_at_schema(db, mode);
    }
    if (rc == CPTS_DB_OK) {
        rc = set_pragmas(db);
    }
    if (rc == CPTS_DB_OK) {
        rc = pass_triggers(db);
    }
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_data_version(db, &db->data_version);
        /* only now: a wrong file that is put right must not stay latched */
        db->identity = cpts_sqlite_identity(db->file);
    }
    return rc;
}

static cpts_db_t *make(sqlite3 *native, const char *file, int owned,
                       apr_pool_t *pool)
{
    cpts_db_t *db = apr_pcalloc(pool, sizeof(*db));

    db->native = native;
    db->pool = pool;
    db->owned = owned;
    db->running = CPTS_SQLITE_IDLE;
    db->data_version = -1;
    db->file = apr_pstrdup(pool, file ? file : "");
    return db;
}

static apr_status_t cleanup(void *data)
{
    cpts_db_close(data);
    return APR_SUCCESS;
}

int cpts_db_untold(void)
{
    return untold;
}

void cpts_db_close(cpts_db_t *db)
{
    if (!db->native) {
        return;
    }
    cpts_sqlite_forget(db);
    cpts_chain_key_wipe(&db->key);
    db->keyed = 0;
    if (db->owned) {
        int changed = sqlite3_total_changes(db->native) > 0;

        /* no statement is left, so it closes */
        (void)sqlite3_close(db->native);
        if (changed) {
            untold = cpts_notice_tell(db->file) == 0 ? 0 : errno;
        }
    }
    db->native = NULL;
}

/* --- a connection of apr_dbd */

static cpts_db_e adopt_first(cpts_db_t **out, sqlite3 *native, int timeout,
                             apr_pool_t *pool)
{
    apr_pool_t *own;
    cpts_db_t *db;
    cpts_db_e rc;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    db = make(native, sqlite3_db_filename(native, "main"), 0, own);
    db->timeout = timeout;
    rc = check(db, 0);
    if (rc == CPTS_DB_OK) {
        rc = cpts_journal_key_look(db);
    }
    if (rc == CPTS_DB_OK
        && apr_pool_userdata_setn(db, ADOPTED_KEY, NULL, pool)
               != APR_SUCCESS) {
        rc = CPTS_DB_ERROR;
    }
    if (rc != CPTS_DB_OK) {
        cpts_sqlite_keep(db);
        cpts_db_close(db);
        apr_pool_destroy(own);
        return rc;
    }
    /* statements must be gone before apr_dbd closes the connection */
    apr_pool_pre_cleanup_register(pool, db, cleanup);
    *out = db;
    return CPTS_DB_OK;
}

/* A connection whose file was replaced writes where nobody reads. */
static cpts_db_e still_there(cpts_db_t *db)
{
    int moved = 0;
    struct stat st;

    if (sqlite3_file_control(db->native, "main", SQLITE_FCNTL_HAS_MOVED,
                             &moved)
            != SQLITE_OK
        || !moved) {
        return CPTS_DB_OK;
    }
    cpts_db_explain(db, "the file is not the one that was opened");
    return stat(db->file, &st) != 0 && errno == ENOENT ? CPTS_DB_MISSING
                                                       : CPTS_DB_MOVED;
}

static cpts_db_e adopt_again(cpts_db_t *db)
{
    cpts_db_e rc = still_there(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    /* an earlier user left a transaction behind */
    cpts_db_rollback(db);
    return db->native ? look_again(db) : CPTS_DB_ERROR;
}

cpts_db_e cpts_db_adopt(cpts_db_t **db, const apr_dbd_driver_t *driver,
                        apr_dbd_t *handle, int timeout, apr_pool_t *pool)
{
    sqlite3 *native = apr_dbd_native_handle(driver, handle);
    void *known = NULL;
    cpts_db_e rc;

    *db = NULL;
    if (!native || strcmp(apr_dbd_name(driver), "sqlite3") != 0) {
        return CPTS_DB_ERROR;
    }
    (void)sqlite3_busy_timeout(native, timeout);
    (void)apr_pool_userdata_get(&known, ADOPTED_KEY, pool);
    if (!known) {
        return adopt_first(db, native, timeout, pool);
    }
    /* let go after a rollback that failed: pick it up again */
    ((cpts_db_t *)known)->native = native;
    ((cpts_db_t *)known)->timeout = timeout;
    rc = adopt_again(known);
    if (rc != CPTS_DB_OK) {
        cpts_sqlite_keep(known);
        return rc;
    }
    *db = known;
    return CPTS_DB_OK;
}

/* --- a connection of one's own */

static cpts_db_e kind_of_errno(int error)
{
    switch (error) {
    case ENOENT:
        return CPTS_DB_MISSING;
    case EEXIST:
        return CPTS_DB_CONFLICT;
    case ENOSPC:
    case EDQUOT:
        return CPTS_DB_FULL;
    default:
        return CPTS_DB_UNREADABLE;
    }
}

/* A WAL or journal without its database may be all that is left of it, and
 * SQLite would delete it. */
static cpts_db_e no_remains(cpts_db_t *db)
{
    static const char *const suffixes[] = { "-wal", "-journal" };
    struct stat st;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (stat(apr_pstrcat(db->pool, db->file, suffixes[i], NULL), &st)
            == 0) {
            cpts_db_explain(db,
                            "%s%s is there, left by another database:"
                            " move it away",
                            db->file, suffixes[i]);
            return CPTS_DB_CONFLICT;
        }
    }
    return CPTS_DB_OK;
}

static cpts_db_e create(cpts_db_t *db)
{
    cpts_db_e rc = no_remains(db);
    int fd, error;

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    fd = open(db->file, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640);
    if (fd < 0) {
        error = errno;
        cpts_db_explain(db, "%s", strerror(error));
        return error == ENOENT ? CPTS_DB_UNREADABLE : kind_of_errno(error);
    }
    return close(fd) == 0 ? CPTS_DB_OK : CPTS_DB_UNREADABLE;
}

static cpts_db_e open_existing(cpts_db_t *db)
{
    struct stat st;
    int error;

    if (stat(db->file, &st) != 0) {
        error = errno;
        cpts_db_explain(db, "%s", strerror(error));
        return kind_of_errno(error);
    }
    if (!S_ISREG(st.st_mode)) {
        cpts_db_explain(db, "not a regular file");
        return CPTS_DB_UNREADABLE;
    }
    return CPTS_DB_OK;
}

/* As httpd's connections are named: what stands beside the database does so
 * where the file is, whatever links lead to it. */
static void name_it(cpts_db_t *db)
{
    const char *file = sqlite3_db_filename(db->native, "main");

    if (file && *file) {
        db->file = apr_pstrdup(db->pool, file);
    }
}

static cpts_db_e open_native(cpts_db_t *db, int timeout)
{
    if (sqlite3_open_v2(db->file, &db->native, SQLITE_OPEN_READWRITE, NULL)
        == SQLITE_OK) {
        (void)sqlite3_busy_timeout(db->native, timeout);
        db->timeout = timeout;
        name_it(db);
        return CPTS_DB_OK;
    }
    if (!db->native) {
        cpts_db_explain(db, "short of memory");
        return CPTS_DB_ERROR;
    }
    return cpts_sqlite_fault(db);
}

cpts_db_e cpts_db_open(cpts_db_t **out, const char *file, int mode,
                       int timeout, apr_pool_t *pool)
{
    char *path = NULL;
    cpts_db_t *db;
    cpts_db_e rc;

    *out = NULL;
    /* absolute, so that no name means anything special to SQLite */
    if (apr_filepath_merge(&path, NULL, file, 0, pool) != APR_SUCCESS) {
        path = apr_pstrdup(pool, file);
    }
    db = make(NULL, path, 1, pool);
    rc = mode & CPTS_DB_CREATE ? create(db) : open_existing(db);
    if (rc == CPTS_DB_OK) {
        rc = open_native(db, timeout);
    }
    if (rc == CPTS_DB_OK) {
        rc = check(db, mode);
    }
    if (rc != CPTS_DB_OK) {
        cpts_sqlite_keep(db);
        cpts_db_close(db);
        return rc;
    }
    apr_pool_cleanup_register(pool, db, cleanup, apr_pool_cleanup_null);
    *out = db;
    return CPTS_DB_OK;
}

cpts_db_e cpts_db_checkpoint(cpts_db_t *db)
{
    cpts_db_e rc;

    cpts_image_sweep(db);
    rc = cpts_db_begin(db, CPTS_SQL_CHECKPOINT, "");
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    (void)sqlite3_busy_timeout(db->native, CHECKPOINT_TIMEOUT);
    rc = cpts_db_step(db);
    if (rc == CPTS_DB_ROW) {
        rc = cpts_db_int64(db, 0) ? CPTS_DB_BUSY : CPTS_DB_OK;
    }
    cpts_db_end(db);
    (void)sqlite3_busy_timeout(db->native, db->timeout);
    return rc;
}

void cpts_db_shrink(cpts_db_t *db)
{
    /* what is in use stays, and that is no error */
    (void)sqlite3_db_release_memory(db->native);
}

/* --- diagnosis from outside */

/* What the effective user may do, as open(2) would see it. */
static int may(const char *path, int what)
{
    return faccessat(AT_FDCWD, path, what, AT_EACCESS) == 0;
}

/* Only SQLite may open the file: close(2) ends all locks that the process has
 * on it, also those of its connections, whose log another process would then
 * remove while they write to it.  Read and write, since who may only read
 * leaves the log behind. */
static cpts_db_e ask_sqlite(const char *file, apr_pool_t *pool)
{
    cpts_db_t *db = make(NULL, file, 1, pool);
    cpts_db_e rc = open_native(db, ASK_TIMEOUT);

    if (rc == CPTS_DB_OK) {
        rc = look_at_schema(db, 0);
    }
    cpts_db_close(db);
    return rc;
}

cpts_db_e cpts_db_diagnose(const char *file, apr_pool_t *pool)
{
    struct stat st;

    if (stat(file, &st) != 0) {
        return kind_of_errno(errno);
    }
    if (!S_ISREG(st.st_mode) || !may(file, R_OK | W_OK)
        || !may(cpts_sqlite_folder(file, pool), W_OK | X_OK)) {
        return CPTS_DB_UNREADABLE;
    }
    return ask_sqlite(file, pool);
}
