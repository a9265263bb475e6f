/* SPDX-License-Identifier: Apache-2.0 */
/* Making a database, and bringing an older one up to this code. */

/**
 * @file migrate.h
 * @brief Migrations only go up.  Each sets PRAGMA user_version to its own
 * number; the first one also sets PRAGMA application_id.
 */
#ifndef CPTS_STORE_MIGRATE_H
#define CPTS_STORE_MIGRATE_H

#include <stddef.h>

#include "store/db.h"

typedef struct {
    int version;      /**< 1, 2, 3... */
    const char *name; /**< "0001-initial" */
    const char *sql;  /**< a script, without BEGIN and COMMIT */
} cpts_migration_t;

/** The files of sql/sqlite, in order. */
extern const cpts_migration_t cpts_migrations[];
extern const size_t cpts_migrations_count;

/** A list of migrations: the real ones, or those of a test. */
typedef struct {
    const cpts_migration_t *list;
    size_t count;
} cpts_migrations_t;

/** The real ones. */
cpts_migrations_t cpts_migrations_all(void);

/**
 * Make a database: mode 0640, WAL, all migrations in one transaction.
 * @return CPTS_DB_CONFLICT when something has that name: it is left alone.
 * After any other failure the file is taken away again.
 */
cpts_db_e cpts_db_init(const char *file, cpts_migrations_t migrations,
                       apr_pool_t *pool);

typedef struct {
    int from, to;       /**< schema versions */
    const char *backup; /**< file of the copy made before, or NULL */
} cpts_migrated_t;

/**
 * Run the migrations that a database lacks, in one transaction, after a
 * backup to FILE.before-vN (N: the version to reach; with a number added
 * when that file is there).
 * @param out from == to: there was nothing to do
 * @param progress may be NULL
 * @return CPTS_DB_OK; CPTS_DB_NEWER, and so on.  After a failure the database
 * is as it was, and the backup stays.
 */
cpts_db_e cpts_db_migrate(cpts_migrated_t *out, const char *file,
                          cpts_migrations_t migrations,
                          cpts_progress_fn *progress, void *baton,
                          apr_pool_t *pool);

#endif
