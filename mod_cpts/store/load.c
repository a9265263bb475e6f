/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to a snapshot: all sheets, or those that changed. */

#include "store/load.h"

#include <string.h>

#include "core/placement.h"
#include "store/sheet_rows.h"

/* A period of capacity is a month at most: placements held before cannot
 * come back into account. */
#define RENEWED_DAYS 62

/* What the rows of a load are put into. */
typedef struct {
    cpts_changes_t *changes;
    cpts_db_t *db;
} loading_t;

cpts_db_e cpts_generation_read(cpts_db_t *db, int64_t *generation,
                               unsigned char rotation_key[16])
{
    const void *key;
    int length = 0;
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_GENERATION_READ, "");

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
    }
    if (rc != CPTS_DB_ROW) {
        if (rc == CPTS_DB_OK) {
            cpts_db_explain(db, "the row of the territory is not there");
        }
        return rc == CPTS_DB_OK ? CPTS_DB_ERROR : rc;
    }
    *generation = cpts_db_int64(db, 0);
    key = cpts_db_blob(db, 1, &length);
    if (key && length == 16) {
        memcpy(rotation_key, key, 16);
    }
    else {
        memset(rotation_key, 0, 16);
    }
    cpts_db_end(db);
    return CPTS_DB_OK;
}

static cpts_db_e put_row(void *baton, const cpts_stored_sheet_t *row)
{
    const loading_t *loading = baton;
    int general = (int)cpts_db_int64(loading->db, CPTS_COLUMN_SHEETS);
    int reserved = (int)cpts_db_int64(loading->db, CPTS_COLUMN_SHEETS + 1);

    if (cpts_changes_put(loading->changes, row->id, row->sheet)
        != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    if (general || reserved) {
        cpts_changes_take(loading->changes, row->id, general, reserved);
    }
    return CPTS_DB_OK;
}

/* What cannot be read must not be proposed as it was before. */
static cpts_db_e drop_row(void *baton, const cpts_stored_sheet_t *row)
{
    const loading_t *loading = baton;

    return cpts_changes_remove(loading->changes, row->id) == APR_SUCCESS
               ? CPTS_DB_OK
               : CPTS_DB_ERROR;
}

static cpts_db_e load_erasures(cpts_changes_t *changes, cpts_db_t *db,
                               int64_t after)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_ERASURE_CHANGED, "l", after);

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        rc = cpts_changes_remove(changes, cpts_db_int64(db, 0)) == APR_SUCCESS
                 ? CPTS_DB_OK
                 : CPTS_DB_ERROR;
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e load_rows(loading_t *loading, int64_t known,
                           const cpts_moment_t *moment, apr_pool_t *pool)
{
    const char *monday = cpts_day_string(
        pool, cpts_period_begin(CPTS_PERIOD_WEEK, moment->today));
    const char *first = cpts_day_string(
        pool, cpts_period_begin(CPTS_PERIOD_MONTH, moment->today));
    cpts_db_e rc = cpts_db_begin(loading->db, CPTS_SQL_SHEET_CHANGED, "ssll",
                                 monday, first, moment->now, known);

    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_rows(loading->db, put_row, drop_row, loading, pool);
    }
    if (rc == CPTS_DB_OK && moment->renew && known >= 0) {
        rc = cpts_db_begin(
            loading->db, CPTS_SQL_SHEET_RENEWED, "sslls", monday, first,
            moment->now, known,
            cpts_day_string(pool, moment->today - RENEWED_DAYS));
        if (rc == CPTS_DB_OK) {
            rc = cpts_sheet_rows(loading->db, put_row, drop_row, loading,
                                 pool);
        }
    }
    return rc;
}

/* Places come back when a hold ends, or with a new day a new period. */
static cpts_db_e find_due(cpts_moment_t *moment, cpts_db_t *db)
{
    int64_t midnight = apr_time_sec(cpts_day_begin(moment->today + 1));

    return cpts_db_number(&moment->due, db, CPTS_SQL_PLACES_DUE, "ll",
                          moment->now, midnight);
}

static cpts_db_e commit(cpts_snapshot_t **snapshot, cpts_changes_t *changes,
                        int64_t generation, const unsigned char key[16])
{
    return cpts_changes_commit(snapshot, changes, generation, key)
                   == APR_SUCCESS
               ? CPTS_DB_OK
               : CPTS_DB_ERROR;
}

/* Inside a read transaction. */
static cpts_db_e load(cpts_snapshot_t **snapshot, cpts_db_t *db,
                      cpts_snapshot_t *before,
                      const cpts_territory_t *territory, cpts_moment_t *moment,
                      apr_pool_t *pool)
{
    unsigned char key[16];
    int64_t generation, known;
    loading_t loading = { NULL, db };
    cpts_db_e rc = cpts_generation_read(db, &generation, key);

    if (rc == CPTS_DB_OK) {
        rc = find_due(moment, db);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    known = before ? cpts_snapshot_generation(before) : -1;
    if (known == generation && !moment->renew) {
        cpts_snapshot_retain(before);
        *snapshot = before;
        return CPTS_DB_OK;
    }
    if (known > generation) {
        before = NULL; /* an older state was restored */
        known = -1;
    }
    loading.changes = cpts_changes_create(before, territory, pool);
    rc = load_rows(&loading, known, moment, pool);
    if (rc == CPTS_DB_OK && before) {
        rc = load_erasures(loading.changes, db, known);
    }
    return rc == CPTS_DB_OK
               ? commit(snapshot, loading.changes, generation, key)
               : rc;
}

cpts_db_e cpts_snapshot_load(cpts_snapshot_t **snapshot, cpts_db_t *db,
                             cpts_snapshot_t *before,
                             const cpts_territory_t *territory,
                             cpts_moment_t *moment, apr_pool_t *pool)
{
    apr_pool_t *own;
    cpts_db_e rc;

    *snapshot = NULL;
    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    cpts_db_skipped_set(db, 0);
    rc = cpts_db_start_read(db);
    if (rc == CPTS_DB_OK) {
        rc = load(snapshot, db, before, territory, moment, own);
        /* nothing was written: there is nothing to commit */
        cpts_db_rollback(db);
    }
    apr_pool_destroy(own);
    return rc;
}
