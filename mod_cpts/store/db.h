/* SPDX-License-Identifier: Apache-2.0 */
/* One database connection: statements by number, typed values, fault kinds. */

/**
 * @file db.h
 * @brief The only door to SQL.  A connection belongs to one thread at a time
 * and never crosses a fork.  Statements are prepared on first use
 * (sqlite3_prepare_v2) and live with the connection.
 */
#ifndef CPTS_STORE_DB_H
#define CPTS_STORE_DB_H

#include <stdint.h>

#include <apr_dbd.h>
#include <apr_pools.h>

#include "store/sql.h"

/** The schema this code reads and writes (PRAGMA user_version). */
#define CPTS_SCHEMA_VERSION 4
/** PRAGMA application_id: "CPTS". */
#define CPTS_APPLICATION_ID 0x43505453

/** What can go wrong; cpts_db_faults[] says of each what to do. */
typedef enum {
    CPTS_DB_OK = 0,
    CPTS_DB_ROW,        /**< a row is there (cpts_db_step only) */
    CPTS_DB_NONE,       /**< no such row */
    CPTS_DB_CONFLICT,   /**< unique: it exists already */
    CPTS_DB_STALE,      /**< the version is not the one expected */
    CPTS_DB_FORBIDDEN,  /**< not the owner: decided in the SQL itself */
    CPTS_DB_CONSTRAINT, /**< a check or a reference refused it */
    CPTS_DB_BUSY,       /**< locked by others beyond the deadline */
    CPTS_DB_FULL,       /**< the disk is full */
    CPTS_DB_MISSING,    /**< no such file */
    CPTS_DB_UNREADABLE, /**< permissions, or input/output errors */
    CPTS_DB_CORRUPT,    /**< damaged, or not a database */
    CPTS_DB_FOREIGN,    /**< a database, but not of mod_cpts */
    CPTS_DB_OLDER,      /**< schema older than this code: migrate */
    CPTS_DB_NEWER,      /**< schema newer than this code: upgrade httpd's */
    CPTS_DB_PRAGMA,     /**< WAL, FULL or foreign keys could not be had */
    CPTS_DB_MOVED,      /**< the file was replaced under the connection */
    CPTS_DB_KEY,        /**< the key of the journal cannot be read */
    CPTS_DB_ERROR,      /**< anything else: a defect */
    CPTS_DB_KINDS
} cpts_db_e;

/** One row per kind: its code, its HTTP status, what to do. */
typedef struct {
    const char *code;   /**< stable, e.g. "database_missing" */
    int status;         /**< HTTP */
    int retry_after;    /**< seconds, 0: no header */
    int broken;         /**< 1: the territory cannot be served until mended */
    const char *title;  /**< French, for the answer */
    const char *advice; /**< French: what to do, no path, no SQL */
    const char *log;    /**< English, for log lines and cptsctl: both */
} cpts_db_fault_t;

extern const cpts_db_fault_t cpts_db_faults[CPTS_DB_KINDS];

typedef struct cpts_db_t cpts_db_t;

/** Open modes of cpts_db_open(). */
#define CPTS_DB_CREATE 0x1 /**< the file must not exist */
#define CPTS_DB_RAW    0x2 /**< do not look at the schema version */

/**
 * Adopt a pooled connection of apr_dbd (driver "sqlite3").  The first time,
 * pragmas are set and read back (WAL, synchronous FULL, foreign keys,
 * secure_delete, busy timeout), triggers are switched off and the schema
 * version is looked at; later calls find the same cpts_db_t as user data of
 * @a pool.  The schema is looked at again whenever the file says that it
 * changed.  All of that stays with the connection: whoever else is given it by
 * mod_dbd runs no trigger either, and may write to the journal.
 * @param pool the pool that dies with the connection
 * @param timeout how long to wait for a lock, milliseconds
 * @return CPTS_DB_OK, or why the connection is refused (never half-adopted).
 */
cpts_db_e cpts_db_adopt(cpts_db_t **db, const apr_dbd_driver_t *driver,
                        apr_dbd_t *handle, int timeout, apr_pool_t *pool);

/** Open a file of one's own (cptsctl, tests): the same settings and checks,
 * closed with the pool. */
cpts_db_e cpts_db_open(cpts_db_t **db, const char *file, int mode, int timeout,
                       apr_pool_t *pool);

/** Look at a file without writing to it: missing, unreadable, foreign,
 * older...  For the diagnosis when the pool has no connection.  Harmless to
 * connections that the process has to it.
 * CPTS_DB_OK when nothing is wrong that can be seen so. */
cpts_db_e cpts_db_diagnose(const char *file, apr_pool_t *pool);

/** Close now (idempotent): statements are then refused with CPTS_DB_ERROR.
 * An adopted connection is only let go: its pool closes it. */
void cpts_db_close(cpts_db_t *db);

/** Whether httpd was told of what a connection of one's own had changed: the
 * last one of this thread that was closed.
 * @return 0, or why it could not be: an errno */
int cpts_db_untold(void);

/**
 * The last error as English text for a log line (never for an answer).
 * @param db NULL: the last open or adopt of this thread that failed
 */
const char *cpts_db_message(const cpts_db_t *db);

/** Keep one's own message: what the store found wrong in a row. */
void cpts_db_explain(cpts_db_t *db, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** 1 once a page of this file was found damaged in this process: writes are
 * then refused with CPTS_DB_CORRUPT, reads are tried. */
int cpts_db_latched(const cpts_db_t *db);

/** Stored sheets that the last list or load on this connection had to skip
 * because they do not decode; the message names the last of them. */
int cpts_db_skipped(const cpts_db_t *db);
void cpts_db_skipped_set(cpts_db_t *db, int count);

/** The file of the connection, for a log line; "" when unknown. */
const char *cpts_db_file(const cpts_db_t *db);

/**
 * Start a statement.  Formats of binds: i int, l int64_t, s const char *
 * (NULL is SQL NULL), b blob (const void *, int length).
 *
 *     cpts_db_begin(db, CPTS_SQL_SHEET_GET, "s", rpps);
 *     while ((rc = cpts_db_step(db)) == CPTS_DB_ROW) ...cpts_db_text(db, 0)
 *     cpts_db_end(db);
 *
 * One statement runs at a time on a connection (starting another resets the
 * first).  The table in sql.c says the parameters of each.
 */
cpts_db_e cpts_db_begin(cpts_db_t *db, cpts_sql_e id, const char *types, ...);

/**
 * Start a statement and step to its first row, to be ended by the caller.
 * @return CPTS_DB_ROW, CPTS_DB_NONE when there is no row, or a fault.
 */
cpts_db_e cpts_db_first(cpts_db_t *db, cpts_sql_e id, const char *types, ...);

/** The first column of the first row, a number; CPTS_DB_NONE: no row. */
cpts_db_e cpts_db_number(int64_t *number, cpts_db_t *db, cpts_sql_e id,
                         const char *types, ...);

/** CPTS_DB_ROW, CPTS_DB_OK at the end, or a fault. */
cpts_db_e cpts_db_step(cpts_db_t *db);

/** Reset the running statement (after any result). */
void cpts_db_end(cpts_db_t *db);

/** Column i of the current row: valid until the next step. */
const char *cpts_db_text(cpts_db_t *db, int column);
int64_t cpts_db_int64(cpts_db_t *db, int column);
const void *cpts_db_blob(cpts_db_t *db, int column, int *length);

/** Run a statement that returns no row. @param changed rows, may be NULL */
cpts_db_e cpts_db_run(cpts_db_t *db, int *changed, cpts_sql_e id,
                      const char *types, ...);

int64_t cpts_db_last_id(cpts_db_t *db);

/** BEGIN IMMEDIATE; autocommit is then off, or it is an error. */
cpts_db_e cpts_db_start(cpts_db_t *db);

/**
 * Start a transaction unless the caller of one's own function has one.
 * @param own 1 when it was started here, for cpts_db_leave()
 */
cpts_db_e cpts_db_enter(cpts_db_t *db, int *own);

/** Commit one's own transaction, or roll it back on anything but
 * CPTS_DB_OK; the caller's is left to the caller. @return @a rc, or why the
 * commit failed */
cpts_db_e cpts_db_leave(cpts_db_t *db, int own, cpts_db_e rc);

/** BEGIN: the reads that follow see one state of the database. */
cpts_db_e cpts_db_start_read(cpts_db_t *db);

/** 1 between a start and its commit or rollback. */
int cpts_db_in_transaction(const cpts_db_t *db);

/** COMMIT; on any failure everything is rolled back, and if even that fails
 * the connection is closed. */
cpts_db_e cpts_db_commit(cpts_db_t *db);

/** ROLLBACK; harmless without a transaction. */
void cpts_db_rollback(cpts_db_t *db);

/** PRAGMA data_version: changes when another connection committed. */
cpts_db_e cpts_db_data_version(cpts_db_t *db, int64_t *version);

/** Empty the WAL into the file, so that erased data is in neither, nor in an
 * image made before (store/image.h); short of time (readers, writers) the WAL
 * is left to a later one. */
cpts_db_e cpts_db_checkpoint(cpts_db_t *db);

/** Forget the pages read so far: for a connection that went through all of
 * the database once, and may then be kept for long. */
void cpts_db_shrink(cpts_db_t *db);

/** Prepare every statement without running any: what this code needs of
 * the schema is there. */
cpts_db_e cpts_db_rehearse(cpts_db_t *db);

/** Run a script of several statements: migrations. */
cpts_db_e cpts_db_script(cpts_db_t *db, const char *sql);

/** Called now and then during long work. @param total 0: not known */
typedef void cpts_progress_fn(void *baton, int64_t done, int64_t total);

/**
 * Copy the whole database to a new file while others use it: the state of
 * one moment, synced to the disk, mode 0640.  A partial copy never bears
 * the name @a file.
 * @return CPTS_DB_CONFLICT when @a file is there already.
 */
cpts_db_e cpts_db_backup(cpts_db_t *db, const char *file,
                         cpts_progress_fn *progress, void *baton,
                         apr_pool_t *pool);

#endif
