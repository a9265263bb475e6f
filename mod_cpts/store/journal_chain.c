/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of the journal: its key, its links, its sealed ends. */

#include "store/journal_chain.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "store/beside.h"
#include "store/sqlite.h"

#define KEY_SUFFIX ".key"

/* --- the key */

static const char *key_file(const char *database, apr_pool_t *pool)
{
    return apr_pstrcat(pool, database, KEY_SUFFIX, NULL);
}

/* The whole of a small file, NUL-ended; -1 with errno. */
static int read_file(char *text, size_t size, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    if (fd < 0) {
        return -1;
    }
    got = read(fd, text, size - 1);
    text[got < 0 ? 0 : got] = '\0';
    return close(fd) == 0 && got >= 0 ? 0 : -1;
}

cpts_db_e cpts_journal_key_look(cpts_db_t *db)
{
    char text[CPTS_CHAIN_KEY_TEXT + 8];
    const char *file;
    cpts_db_e rc = CPTS_DB_OK;

    if (db->keyed) {
        return CPTS_DB_OK;
    }
    file = key_file(db->file, db->pool);
    if (read_file(text, sizeof(text), file) != 0) {
        cpts_db_explain(db, "%s: %s", file, strerror(errno));
        rc = CPTS_DB_KEY;
    }
    else if (cpts_chain_key_parse(&db->key, text) != 0) {
        cpts_db_explain(db, "%s does not hold 64 hexadecimal digits", file);
        rc = CPTS_DB_KEY;
    }
    memset(text, 0, sizeof(text));
    db->keyed = rc == CPTS_DB_OK;
    return rc;
}

static int write_all(int fd, const char *text, size_t length)
{
    return write(fd, text, length) == (ssize_t)length && fsync(fd) == 0 ? 0
                                                                        : -1;
}

static cpts_db_e write_key(int fd, const cpts_chain_key_t *key,
                           const char *database)
{
    char text[CPTS_CHAIN_KEY_TEXT];
    int rc;

    cpts_chain_key_format(text, key);
    text[CPTS_CHAIN_KEY_TEXT - 1] = '\n';
    rc = write_all(fd, text, sizeof(text));
    memset(text, 0, sizeof(text));
    return rc == 0 && cpts_beside_own(fd, database, CPTS_BESIDE_READ) == 0
               ? CPTS_DB_OK
               : CPTS_DB_KEY;
}

/* CPTS_DB_CONFLICT when there is a file of that name. */
static cpts_db_e put_key(const cpts_chain_key_t *key, const char *database,
                         apr_pool_t *pool)
{
    const char *file = key_file(database, pool);
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cpts_db_e rc;

    if (fd < 0) {
        return errno == EEXIST ? CPTS_DB_CONFLICT : CPTS_DB_KEY;
    }
    rc = write_key(fd, key, database);
    if (close(fd) != 0) {
        rc = CPTS_DB_KEY;
    }
    if (rc != CPTS_DB_OK) {
        (void)unlink(file);
    }
    return rc;
}

cpts_db_e cpts_journal_key_make(const char *database, apr_pool_t *pool)
{
    cpts_chain_key_t key;
    cpts_db_e rc = CPTS_DB_KEY;

    if (cpts_chain_key_make(&key) == 0) {
        rc = put_key(&key, database, pool);
    }
    cpts_chain_key_wipe(&key);
    return rc == CPTS_DB_CONFLICT ? CPTS_DB_OK : rc;
}

cpts_db_e cpts_journal_key_copy(const char *database, const char *copy,
                                apr_pool_t *pool)
{
    cpts_chain_key_t key;
    char text[CPTS_CHAIN_KEY_TEXT + 8];
    cpts_db_e rc = CPTS_DB_KEY;

    if (read_file(text, sizeof(text), key_file(database, pool)) == 0
        && cpts_chain_key_parse(&key, text) == 0) {
        rc = put_key(&key, copy, pool);
    }
    memset(text, 0, sizeof(text));
    cpts_chain_key_wipe(&key);
    return rc;
}

/* --- links */

static cpts_db_e failed(cpts_db_t *db)
{
    cpts_db_explain(db, "a link of the journal could not be computed");
    return CPTS_DB_ERROR;
}

cpts_db_e cpts_journal_link(unsigned char out[CPTS_LINK_SIZE], cpts_db_t *db,
                            const cpts_link_row_t *row,
                            const unsigned char previous[CPTS_LINK_SIZE])
{
    const cpts_chain_field_t fields[]
        = { cpts_chain_int(row->id),        cpts_chain_int(row->at),
            cpts_chain_int(row->actor),     cpts_chain_text(row->role),
            cpts_chain_text(row->action),   cpts_chain_text(row->sheets),
            cpts_chain_int(row->placement), cpts_chain_text(row->outcome) };
    cpts_db_e rc = cpts_journal_key_look(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    return cpts_chain_next(out, &db->key, previous, fields,
                           sizeof(fields) / sizeof(fields[0]))
                   == 0
               ? CPTS_DB_OK
               : failed(db);
}

/* --- ends */

cpts_db_e cpts_journal_link_column(unsigned char out[CPTS_LINK_SIZE],
                                   cpts_db_t *db, int column)
{
    int length;
    const void *bytes = cpts_db_blob(db, column, &length);

    if (!bytes || length != CPTS_LINK_SIZE) {
        return CPTS_DB_ERROR;
    }
    memcpy(out, bytes, CPTS_LINK_SIZE);
    return CPTS_DB_OK;
}

static cpts_db_e make_seal(unsigned char out[CPTS_LINK_SIZE], cpts_db_t *db,
                           const cpts_journal_ends_t *ends)
{
    cpts_db_e rc = cpts_journal_key_look(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    return cpts_chain_seal(out, &db->key, ends->floor, ends->floor_link,
                           ends->last, ends->last_link)
                   == 0
               ? CPTS_DB_OK
               : failed(db);
}

static cpts_db_e read_columns(cpts_journal_ends_t *ends,
                              unsigned char seal[CPTS_LINK_SIZE],
                              cpts_db_t *db)
{
    ends->floor = cpts_db_int64(db, 0);
    ends->last = cpts_db_int64(db, 2);
    ends->empty = cpts_journal_link_column(seal, db, 4) != CPTS_DB_OK;
    ends->indexed = cpts_db_int64(db, 5);
    if (cpts_journal_link_column(ends->floor_link, db, 1) != CPTS_DB_OK
        || cpts_journal_link_column(ends->last_link, db, 3) != CPTS_DB_OK) {
        cpts_db_explain(db, "the ends of the journal are no links");
        return CPTS_DB_ERROR;
    }
    return CPTS_DB_OK;
}

static cpts_db_e read_ends(cpts_journal_ends_t *ends, cpts_db_t *db)
{
    unsigned char seal[CPTS_LINK_SIZE], right[CPTS_LINK_SIZE];
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_JOURNAL_END, "");

    memset(ends, 0, sizeof(*ends));
    if (rc == CPTS_DB_NONE) {
        cpts_db_explain(db, "the row of the ends of the journal is not there");
        return CPTS_DB_ERROR;
    }
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    rc = read_columns(ends, seal, db);
    cpts_db_end(db);
    if (rc == CPTS_DB_OK && !ends->empty) {
        rc = make_seal(right, db, ends);
        ends->sealed = rc == CPTS_DB_OK && cpts_chain_equal(seal, right);
    }
    return rc;
}

cpts_db_e cpts_journal_ends(cpts_journal_ends_t **ends, cpts_db_t *db)
{
    cpts_db_e rc = CPTS_DB_OK;

    *ends = &db->ends;
    if (db->ends_are == CPTS_ENDS_UNKNOWN) {
        rc = read_ends(&db->ends, db);
        /* outside of a transaction they may change at any moment */
        if (rc == CPTS_DB_OK && cpts_db_in_transaction(db)) {
            db->ends_are = CPTS_ENDS_READ;
        }
    }
    return rc;
}

void cpts_journal_ends_changed(cpts_db_t *db)
{
    db->ends_are = CPTS_ENDS_CHANGED;
}

int cpts_journal_ends_are_changed(const cpts_db_t *db)
{
    return db->ends_are == CPTS_ENDS_CHANGED;
}

cpts_db_e cpts_journal_ends_flush(cpts_db_t *db)
{
    const cpts_journal_ends_t *ends = &db->ends;
    unsigned char seal[CPTS_LINK_SIZE];
    cpts_db_e rc;

    if (db->ends_are != CPTS_ENDS_CHANGED) {
        return CPTS_DB_OK;
    }
    rc = make_seal(seal, db, ends);
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_END_SET, "lblbbl",
                         ends->floor, ends->floor_link, CPTS_LINK_SIZE,
                         ends->last, ends->last_link, CPTS_LINK_SIZE, seal,
                         CPTS_LINK_SIZE, ends->indexed);
    }
    if (rc == CPTS_DB_OK) {
        db->ends_are = CPTS_ENDS_READ;
    }
    return rc;
}

cpts_db_e cpts_journal_begin(cpts_db_t *db)
{
    cpts_journal_ends_t *ends;
    cpts_db_e rc = cpts_journal_ends(&ends, db);

    if (rc == CPTS_DB_OK && ends->empty) {
        cpts_journal_ends_changed(db);
    }
    return rc;
}
