/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of a database that is in use, complete or not at all. */

#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

/* Pages copied between two calls of the progress function. */
#define STEP_PAGES 512
/* The copy is made under this name, which no one takes for a backup. */
#define PARTIAL ".partial"

static cpts_db_e refuse(cpts_db_t *db, const char *what)
{
    int error = errno;

    cpts_db_explain(db, "%s: %s", what, strerror(error));
    return error == EEXIST                      ? CPTS_DB_CONFLICT
           : error == ENOSPC || error == EDQUOT ? CPTS_DB_FULL
                                                : CPTS_DB_UNREADABLE;
}

static cpts_db_e reserve(cpts_db_t *db, const char *file, const char *partial)
{
    struct stat st;
    int fd;

    if (lstat(file, &st) == 0) {
        errno = EEXIST;
        return refuse(db, file);
    }
    fd = open(partial, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640);
    return fd < 0 || close(fd) != 0 ? refuse(db, partial) : CPTS_DB_OK;
}

/* The source is in a read transaction: no writer makes the copy start
 * again. */
static int copy_pages(sqlite3 *to, sqlite3 *from, cpts_progress_fn *progress,
                      void *baton)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int rc = SQLITE_OK;

    if (!backup) {
        return sqlite3_errcode(to);
    }
    while (rc == SQLITE_OK) {
        rc = sqlite3_backup_step(backup, STEP_PAGES);
        if (progress) {
            progress(baton,
                     sqlite3_backup_pagecount(backup)
                         - sqlite3_backup_remaining(backup),
                     sqlite3_backup_pagecount(backup));
        }
    }
    /* gives the error of a step again */
    rc = sqlite3_backup_finish(backup);
    return rc;
}

static cpts_db_e copy_into(cpts_db_t *db, const char *partial,
                           cpts_progress_fn *progress, void *baton)
{
    sqlite3 *to = NULL;
    cpts_db_e kind = CPTS_DB_OK;
    int rc = sqlite3_open_v2(partial, &to, SQLITE_OPEN_READWRITE, NULL);

    if (rc == SQLITE_OK) {
        rc = copy_pages(to, db->native, progress, baton);
    }
    if (rc != SQLITE_OK) {
        kind = cpts_sqlite_kind(rc);
        cpts_db_explain(db, "%s: %s", partial,
                        to ? sqlite3_errmsg(to) : sqlite3_errstr(rc));
    }
    if (sqlite3_close(to) != SQLITE_OK && kind == CPTS_DB_OK) {
        cpts_db_explain(db, "%s: cannot close", partial);
        kind = CPTS_DB_ERROR;
    }
    return kind;
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed;

    if (fd < 0) {
        return -1;
    }
    failed = fsync(fd);
    return close(fd) != 0 || failed ? -1 : 0;
}

const char *cpts_sqlite_folder(const char *file, apr_pool_t *pool)
{
    const char *slash = strrchr(file, '/');

    if (!slash) {
        return ".";
    }
    return slash == file
               ? "/"
               : apr_pstrmemdup(pool, file, (apr_size_t)(slash - file));
}

/* link() refuses a name that exists, where rename() would replace it. */
static cpts_db_e publish(cpts_db_t *db, const char *partial, const char *file,
                         apr_pool_t *pool)
{
    if (sync_path(partial) != 0) {
        return refuse(db, partial);
    }
    if (link(partial, file) != 0) {
        return refuse(db, file);
    }
    if (unlink(partial) != 0
        || sync_path(cpts_sqlite_folder(file, pool)) != 0) {
        return refuse(db, file);
    }
    return CPTS_DB_OK;
}

cpts_db_e cpts_db_backup(cpts_db_t *db, const char *file,
                         cpts_progress_fn *progress, void *baton,
                         apr_pool_t *pool)
{
    const char *partial = apr_pstrcat(pool, file, PARTIAL, NULL);
    int64_t version;
    cpts_db_e rc = cpts_db_start_read(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    /* BEGIN alone reads nothing: this fixes the moment of the copy */
    rc = cpts_db_number(&version, db, CPTS_SQL_USER_VERSION, "");
    if (rc == CPTS_DB_OK) {
        rc = reserve(db, file, partial);
    }
    if (rc != CPTS_DB_OK) {
        cpts_db_rollback(db);
        return rc;
    }
    rc = copy_into(db, partial, progress, baton);
    cpts_db_rollback(db);
    if (rc == CPTS_DB_OK) {
        rc = publish(db, partial, file, pool);
    }
    if (rc != CPTS_DB_OK) {
        (void)unlink(partial);
    }
    return rc;
}
