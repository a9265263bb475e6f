/* SPDX-License-Identifier: Apache-2.0 */
/* The connection as the files sqlite*.c see it; nobody else includes this. */

/**
 * @file sqlite.h
 */
#ifndef CPTS_STORE_SQLITE_H
#define CPTS_STORE_SQLITE_H

#include <sqlite3.h>

#include "core/chain.h"
#include "store/db.h"
#include "store/journal_chain.h"

/** No statement is running. */
#define CPTS_SQLITE_IDLE (-1)

struct cpts_db_t {
    sqlite3 *native;      /**< NULL once closed */
    apr_pool_t *pool;     /**< this structure's own */
    int owned;            /**< 1: closed here, 0: closed by apr_dbd */
    int timeout;          /**< how long to wait for a lock, milliseconds */
    int running;          /**< number of the statement, or IDLE */
    int skipped;          /**< sheets that did not decode */
    int64_t data_version; /**< at the last good look at the schema, or -1 */
    uint64_t identity;    /**< of the file, for the latch */
    const char *file;
    int keyed;            /**< 1: the key was read */
    cpts_chain_key_t key; /**< of the journal, wiped when closed */
    /** Of the journal, in the transaction under way. */
    cpts_journal_ends_t ends;
    enum { CPTS_ENDS_UNKNOWN, CPTS_ENDS_READ, CPTS_ENDS_CHANGED } ends_are;
    char message[256];
    sqlite3_stmt *statements[CPTS_SQL_COUNT];
};

/** The kind of the last error of @a db, whose message is kept. */
cpts_db_e cpts_sqlite_fault(cpts_db_t *db);

/** The kind of an extended result code, without a look at the file. */
cpts_db_e cpts_sqlite_kind(int code);

/** Finalize every statement. */
void cpts_sqlite_forget(cpts_db_t *db);

/** Keep the message of a connection that is given up, for message(NULL). */
void cpts_sqlite_keep(const cpts_db_t *db);

/** The folder that a file is in. */
const char *cpts_sqlite_folder(const char *file, apr_pool_t *pool);

/** A number for a file: device, inode, birth; 0 when there is none. */
uint64_t cpts_sqlite_identity(const char *file);

#endif
