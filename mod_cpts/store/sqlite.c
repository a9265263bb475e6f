/* SPDX-License-Identifier: Apache-2.0 */
/* Statements, transactions and errors on a native SQLite connection. */

#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Statements that take effect when they are prepared, or that are run once:
 * they are not kept. */
#define FIRST_ONCE CPTS_SQL_JOURNAL_WAL
#define LAST_ONCE  CPTS_SQL_FOREIGN_KEY_CHECK

/* Files of which one page was found damaged, for the life of the process:
 * another file under the same name starts healthy. */
#define LATCHES 64
static _Atomic uint64_t latches[LATCHES];

static _Thread_local char last_message[sizeof(((cpts_db_t *)0)->message)];

/* --- errors */

/* Extended codes first: the primary code is looked for when the whole code
 * is not in the table. */
static const struct {
    int code;
    cpts_db_e kind;
} kinds[] = {
    { SQLITE_CONSTRAINT_UNIQUE, CPTS_DB_CONFLICT },
    { SQLITE_CONSTRAINT_PRIMARYKEY, CPTS_DB_CONFLICT },
    { SQLITE_CONSTRAINT_ROWID, CPTS_DB_CONFLICT },
    { SQLITE_READONLY_DBMOVED, CPTS_DB_MOVED },
    { SQLITE_IOERR_CORRUPTFS, CPTS_DB_CORRUPT },
    { SQLITE_IOERR_NOMEM, CPTS_DB_ERROR },
    { SQLITE_CONSTRAINT, CPTS_DB_CONSTRAINT },
    { SQLITE_BUSY, CPTS_DB_BUSY },
    { SQLITE_LOCKED, CPTS_DB_BUSY },
    { SQLITE_PROTOCOL, CPTS_DB_BUSY },
    { SQLITE_SCHEMA, CPTS_DB_BUSY },
    { SQLITE_FULL, CPTS_DB_FULL },
    { SQLITE_READONLY, CPTS_DB_UNREADABLE },
    { SQLITE_PERM, CPTS_DB_UNREADABLE },
    { SQLITE_AUTH, CPTS_DB_UNREADABLE },
    { SQLITE_IOERR, CPTS_DB_UNREADABLE },
    { SQLITE_CANTOPEN, CPTS_DB_UNREADABLE },
    { SQLITE_CORRUPT, CPTS_DB_CORRUPT },
    { SQLITE_NOTADB, CPTS_DB_CORRUPT },
};

static cpts_db_e kind_listed(int code)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].code == code) {
            return kinds[i].kind;
        }
    }
    return CPTS_DB_ERROR;
}

cpts_db_e cpts_sqlite_kind(int code)
{
    cpts_db_e kind = kind_listed(code);

    return kind != CPTS_DB_ERROR || code == SQLITE_IOERR_NOMEM
               ? kind
               : kind_listed(code & 0xff);
}

/* A removed file's number is soon another file's: the time of birth, where
 * the file system tells it, keeps them apart. */
static uint64_t birth_of(const char *file)
{
#ifdef STATX_BTIME
    struct statx st;

    if (statx(AT_FDCWD, file, 0, STATX_BTIME, &st) == 0
        && (st.stx_mask & STATX_BTIME)) {
        return (uint64_t)st.stx_btime.tv_sec * UINT64_C(1000000000)
               + st.stx_btime.tv_nsec;
    }
#else
    (void)file;
#endif
    return 0;
}

uint64_t cpts_sqlite_identity(const char *file)
{
    /* the golden ratio spreads each number over all bits */
    const uint64_t spread = UINT64_C(0x9E3779B97F4A7C15);
    struct stat st;
    uint64_t identity;

    if (stat(file, &st) != 0) {
        return 0;
    }
    identity = (uint64_t)st.st_dev * spread ^ (uint64_t)st.st_ino;
    return identity * spread ^ birth_of(file);
}

static void latch(uint64_t identity)
{
    for (int i = 0; identity && i < LATCHES; i++) {
        uint64_t expected = 0;

        if (atomic_compare_exchange_strong(&latches[i], &expected, identity)
            || expected == identity) {
            return;
        }
    }
}

int cpts_db_latched(const cpts_db_t *db)
{
    uint64_t found;

    for (int i = 0; db->identity && i < LATCHES; i++) {
        found = atomic_load(&latches[i]);
        if (found == db->identity) {
            return 1;
        }
        if (found == 0) {
            return 0;
        }
    }
    return 0;
}

/* A full disk also shows as a failure to extend the -shm file, a missing
 * file as a failure to open it. */
static cpts_db_e kind_of_system(cpts_db_t *db, int code, cpts_db_e kind)
{
    int system = sqlite3_system_errno(db->native);
    int primary = code & 0xff;
    struct stat st;

    if ((primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)
        && (system == ENOSPC || system == EDQUOT)) {
        return CPTS_DB_FULL;
    }
    if (primary == SQLITE_CANTOPEN && stat(db->file, &st) != 0
        && errno == ENOENT) {
        return CPTS_DB_MISSING;
    }
    return kind;
}

cpts_db_e cpts_sqlite_fault(cpts_db_t *db)
{
    int code = sqlite3_extended_errcode(db->native);
    cpts_db_e kind;

    cpts_db_explain(db, "%s (SQLite %d)", sqlite3_errmsg(db->native), code);
    kind = kind_of_system(db, code, cpts_sqlite_kind(code));
    if (kind == CPTS_DB_CORRUPT) {
        latch(db->identity);
    }
    return kind;
}

static cpts_db_e closed(cpts_db_t *db)
{
    cpts_db_explain(db, "the connection is closed");
    return CPTS_DB_ERROR;
}

const char *cpts_db_message(const cpts_db_t *db)
{
    return db ? db->message : last_message;
}

void cpts_db_explain(cpts_db_t *db, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(db->message, sizeof(db->message), format, args);
    va_end(args);
}

void cpts_sqlite_keep(const cpts_db_t *db)
{
    memcpy(last_message, db->message, sizeof(last_message));
}

const char *cpts_db_file(const cpts_db_t *db)
{
    return db->file;
}

int cpts_db_skipped(const cpts_db_t *db)
{
    return db->skipped;
}

void cpts_db_skipped_set(cpts_db_t *db, int count)
{
    db->skipped = count;
}

/* --- statements */

/* @param life SQLITE_STATIC when texts and blobs stay until the statement has
 * ended, else SQLITE_TRANSIENT */
static cpts_db_e bind_one(cpts_db_t *db, sqlite3_stmt *statement, int index,
                          char type, va_list *args,
                          sqlite3_destructor_type life)
{
    const void *bytes;
    int rc;

    switch (type) {
    case 'i':
        rc = sqlite3_bind_int(statement, index, va_arg(*args, int));
        break;
    case 'l':
        rc = sqlite3_bind_int64(statement, index, va_arg(*args, int64_t));
        break;
    case 's':
        /* NULL binds SQL NULL */
        rc = sqlite3_bind_text(statement, index, va_arg(*args, const char *),
                               -1, life);
        break;
    case 'b':
        bytes = va_arg(*args, const void *);
        rc = sqlite3_bind_blob(statement, index, bytes, va_arg(*args, int),
                               life);
        break;
    default:
        rc = SQLITE_MISUSE;
    }
    return rc == SQLITE_OK ? CPTS_DB_OK : cpts_sqlite_fault(db);
}

static cpts_db_e bind_all(cpts_db_t *db, sqlite3_stmt *statement,
                          const char *types, va_list *args,
                          sqlite3_destructor_type life)
{
    int count = (int)strlen(types);
    cpts_db_e rc = CPTS_DB_OK;

    if (sqlite3_bind_parameter_count(statement) != count) {
        cpts_db_explain(db, "statement %d takes %d parameters, not %d",
                        db->running, sqlite3_bind_parameter_count(statement),
                        count);
        return CPTS_DB_ERROR;
    }
    for (int i = 0; i < count && rc == CPTS_DB_OK; i++) {
        rc = bind_one(db, statement, i + 1, types[i], args, life);
    }
    return rc;
}

static cpts_db_e prepare(cpts_db_t *db, cpts_sql_e id)
{
    cpts_db_e rc;

    if (db->statements[id]
        || sqlite3_prepare_v2(db->native, cpts_sql[id].sql, -1,
                              &db->statements[id], NULL)
               == SQLITE_OK) {
        return CPTS_DB_OK;
    }
    rc = cpts_sqlite_fault(db);
    (void)sqlite3_finalize(db->statements[id]);
    db->statements[id] = NULL;
    return rc;
}

static cpts_db_e begin_list(cpts_db_t *db, cpts_sql_e id, const char *types,
                            va_list *args, sqlite3_destructor_type life)
{
    cpts_db_e rc;

    if (!db->native) {
        return closed(db);
    }
    cpts_db_end(db);
    rc = prepare(db, id);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    db->running = (int)id;
    rc = bind_all(db, db->statements[id], types, args, life);
    if (rc != CPTS_DB_OK) {
        cpts_db_end(db);
    }
    return rc;
}

cpts_db_e cpts_db_begin(cpts_db_t *db, cpts_sql_e id, const char *types, ...)
{
    va_list args;
    cpts_db_e rc;

    va_start(args, types);
    rc = begin_list(db, id, types, &args, SQLITE_TRANSIENT);
    va_end(args);
    return rc;
}

cpts_db_e cpts_db_step(cpts_db_t *db)
{
    cpts_db_e rc;

    if (!db->native) {
        return closed(db);
    }
    if (db->running == CPTS_SQLITE_IDLE) {
        cpts_db_explain(db, "no statement is running");
        return CPTS_DB_ERROR;
    }
    switch (sqlite3_step(db->statements[db->running])) {
    case SQLITE_ROW:
        return CPTS_DB_ROW;
    case SQLITE_DONE:
        rc = CPTS_DB_OK;
        break;
    default:
        rc = cpts_sqlite_fault(db);
    }
    cpts_db_end(db);
    return rc;
}

void cpts_db_end(cpts_db_t *db)
{
    int id = db->running;

    if (id == CPTS_SQLITE_IDLE) {
        return;
    }
    db->running = CPTS_SQLITE_IDLE;
    /* its result is the error of the last step, told already */
    (void)sqlite3_reset(db->statements[id]);
    (void)sqlite3_clear_bindings(db->statements[id]);
    if (id >= FIRST_ONCE && id <= LAST_ONCE) {
        (void)sqlite3_finalize(db->statements[id]);
        db->statements[id] = NULL;
    }
}

/* Without a row sqlite3_column_* of a NULL statement is safe: NULL or 0. */
static sqlite3_stmt *row_of(cpts_db_t *db)
{
    return db->native && db->running != CPTS_SQLITE_IDLE
               ? db->statements[db->running]
               : NULL;
}

const char *cpts_db_text(cpts_db_t *db, int column)
{
    return (const char *)sqlite3_column_text(row_of(db), column);
}

int64_t cpts_db_int64(cpts_db_t *db, int column)
{
    return sqlite3_column_int64(row_of(db), column);
}

const void *cpts_db_blob(cpts_db_t *db, int column, int *length)
{
    const void *bytes = sqlite3_column_blob(row_of(db), column);

    *length = sqlite3_column_bytes(row_of(db), column);
    return bytes;
}

static cpts_db_e run_to_end(cpts_db_t *db)
{
    cpts_db_e rc;

    do {
        rc = cpts_db_step(db);
    } while (rc == CPTS_DB_ROW);
    return rc;
}

cpts_db_e cpts_db_run(cpts_db_t *db, int *changed, cpts_sql_e id,
                      const char *types, ...)
{
    va_list args;
    cpts_db_e rc;

    va_start(args, types);
    rc = begin_list(db, id, types, &args, SQLITE_STATIC);
    if (rc == CPTS_DB_OK) {
        rc = run_to_end(db);
    }
    va_end(args);
    if (changed) {
        *changed = rc == CPTS_DB_OK ? sqlite3_changes(db->native) : 0;
    }
    return rc;
}

int64_t cpts_db_last_id(cpts_db_t *db)
{
    return db->native ? sqlite3_last_insert_rowid(db->native) : 0;
}

static cpts_db_e first_row(cpts_db_t *db, cpts_sql_e id, const char *types,
                           va_list *args)
{
    cpts_db_e rc = begin_list(db, id, types, args, SQLITE_TRANSIENT);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            rc = CPTS_DB_NONE;
        }
    }
    return rc;
}

cpts_db_e cpts_db_first(cpts_db_t *db, cpts_sql_e id, const char *types, ...)
{
    va_list args;
    cpts_db_e rc;

    va_start(args, types);
    rc = first_row(db, id, types, &args);
    va_end(args);
    return rc;
}

cpts_db_e cpts_db_number(int64_t *number, cpts_db_t *db, cpts_sql_e id,
                         const char *types, ...)
{
    va_list args;
    cpts_db_e rc;

    *number = 0;
    va_start(args, types);
    rc = first_row(db, id, types, &args);
    va_end(args);
    if (rc == CPTS_DB_ROW) {
        *number = cpts_db_int64(db, 0);
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

cpts_db_e cpts_db_enter(cpts_db_t *db, int *own)
{
    *own = !cpts_db_in_transaction(db);
    return *own ? cpts_db_start(db) : CPTS_DB_OK;
}

cpts_db_e cpts_db_leave(cpts_db_t *db, int own, cpts_db_e rc)
{
    if (!own) {
        return rc;
    }
    if (rc == CPTS_DB_OK) {
        return cpts_db_commit(db);
    }
    cpts_db_rollback(db);
    return rc;
}

cpts_db_e cpts_db_data_version(cpts_db_t *db, int64_t *version)
{
    return cpts_db_number(version, db, CPTS_SQL_DATA_VERSION, "");
}

cpts_db_e cpts_db_rehearse(cpts_db_t *db)
{
    cpts_db_e rc = db->native ? CPTS_DB_OK : closed(db);

    for (int i = 0; i < CPTS_SQL_COUNT && rc == CPTS_DB_OK; i++) {
        if (i < (int)FIRST_ONCE || i > (int)LAST_ONCE) {
            rc = prepare(db, (cpts_sql_e)i);
        }
    }
    return rc;
}

void cpts_sqlite_forget(cpts_db_t *db)
{
    cpts_db_end(db);
    for (int i = 0; i < CPTS_SQL_COUNT; i++) {
        (void)sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
}

/* --- transactions */

int cpts_db_in_transaction(const cpts_db_t *db)
{
    return db->native && !sqlite3_get_autocommit(db->native);
}

/* A BEGIN that failed must leave nothing: later writes would commit one by
 * one, or be committed by whoever comes next. */
static cpts_db_e start(cpts_db_t *db, cpts_sql_e id)
{
    cpts_db_e rc;

    if (cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "a transaction is running already");
        return CPTS_DB_ERROR;
    }
    db->ends_are = CPTS_ENDS_UNKNOWN;
    rc = cpts_db_run(db, NULL, id, "");
    if (rc == CPTS_DB_OK && !cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "BEGIN began nothing");
        rc = CPTS_DB_ERROR;
    }
    if (rc != CPTS_DB_OK) {
        cpts_db_rollback(db);
    }
    return rc;
}

cpts_db_e cpts_db_start(cpts_db_t *db)
{
    if (cpts_db_latched(db)) {
        cpts_db_explain(db, "a damaged page was found: no more writes");
        return CPTS_DB_CORRUPT;
    }
    return start(db, CPTS_SQL_BEGIN);
}

cpts_db_e cpts_db_start_read(cpts_db_t *db)
{
    return start(db, CPTS_SQL_BEGIN_READ);
}

/* After some faults of a read SQLite rolls back by itself: the ends of the
 * journal, written now, would be committed without the entries they tell
 * of. */
static cpts_db_e flush_ends(cpts_db_t *db)
{
    if (!cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "the transaction was rolled back by SQLite");
        return CPTS_DB_ERROR;
    }
    return cpts_journal_ends_flush(db);
}

cpts_db_e cpts_db_commit(cpts_db_t *db)
{
    cpts_db_e rc = flush_ends(db);

    db->ends_are = CPTS_ENDS_UNKNOWN;
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_COMMIT, "");
    }
    if (rc == CPTS_DB_OK && cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "COMMIT left a transaction");
        rc = CPTS_DB_ERROR;
    }
    if (rc != CPTS_DB_OK) {
        cpts_db_rollback(db);
    }
    return rc;
}

void cpts_db_rollback(cpts_db_t *db)
{
    char message[sizeof(db->message)];

    if (!db->native) {
        return;
    }
    cpts_db_end(db);
    db->ends_are = CPTS_ENDS_UNKNOWN;
    if (!cpts_db_in_transaction(db)) {
        return;
    }
    /* what led here is worth more than what ROLLBACK says */
    memcpy(message, db->message, sizeof(message));
    (void)cpts_db_run(db, NULL, CPTS_SQL_ROLLBACK, "");
    memcpy(db->message, message, sizeof(message));
    if (cpts_db_in_transaction(db)) {
        cpts_db_close(db);
    }
}

cpts_db_e cpts_db_script(cpts_db_t *db, const char *sql)
{
    if (!db->native) {
        return closed(db);
    }
    cpts_db_end(db);
    return sqlite3_exec(db->native, sql, NULL, NULL, NULL) == SQLITE_OK
               ? CPTS_DB_OK
               : cpts_sqlite_fault(db);
}
