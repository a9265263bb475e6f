/* SPDX-License-Identifier: Apache-2.0 */
/* Consultations in the database: who was shown which sheets, when. */

#include "store/consultation.h"

#include <string.h>

#include <apr_strings.h>

#include "core/role.h"
#include "store/journal.h"
#include "store/unmet.h"

/* The earlier consultation under the same key; CPTS_DB_NONE: none. */
static cpts_db_e find_key(int64_t *id, int64_t *at, cpts_db_t *db,
                          const cpts_consultation_t *c)
{
    cpts_db_e rc
        = cpts_db_begin(db, CPTS_SQL_SHOWN_KNOWN, "ls", c->account, c->key);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            return CPTS_DB_NONE;
        }
    }
    if (rc == CPTS_DB_ROW) {
        *id = cpts_db_int64(db, 0);
        *at = cpts_db_int64(db, 1);
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

/* CPTS_DB_OK when all these sheets were shown by entry @a id. */
static cpts_db_e all_shown(cpts_db_t *db, int64_t id,
                           const cpts_consultation_t *c)
{
    cpts_db_e rc = CPTS_DB_OK;

    for (int i = 0; i < c->count && rc == CPTS_DB_OK; i++) {
        rc = cpts_db_begin(db, CPTS_SQL_SHOWN_ALREADY, "ll", id, c->sheets[i]);
        if (rc == CPTS_DB_OK) {
            rc = cpts_db_step(db);
            rc = rc == CPTS_DB_ROW  ? CPTS_DB_OK
                 : rc == CPTS_DB_OK ? CPTS_DB_NONE
                                    : rc;
        }
        cpts_db_end(db);
    }
    return rc;
}

/* CPTS_DB_OK: recorded already; CPTS_DB_NONE: not.  A key used for another
 * answer frees nothing: else it would show sheets that no record holds. */
static cpts_db_e look_for_key(cpts_db_t *db, const cpts_consultation_t *c)
{
    int64_t id, at;
    cpts_db_e rc;

    if (!c->key[0]) {
        return CPTS_DB_NONE;
    }
    rc = find_key(&id, &at, db, c);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    return at >= c->day_begin ? all_shown(db, id, c) : CPTS_DB_NONE;
}

static cpts_db_e look_at_ceiling(cpts_db_t *db, cpts_daily_t *daily,
                                 const cpts_consultation_t *c)
{
    int count = 0;
    cpts_db_e rc;

    if (c->ceiling <= 0) {
        return CPTS_DB_OK;
    }
    rc = cpts_daily_count(&count, daily, db, c->account, c->day_begin);
    return rc == CPTS_DB_OK && count >= c->ceiling ? CPTS_DB_FORBIDDEN : rc;
}

static cpts_db_e keep_key(cpts_db_t *db, const cpts_consultation_t *c,
                          int64_t id)
{
    cpts_db_e rc
        = cpts_db_run(db, NULL, CPTS_SQL_SHOWN_PURGE, "l", c->day_begin);

    return rc == CPTS_DB_OK
               ? cpts_db_run(db, NULL, CPTS_SQL_SHOWN_KEEP, "lsll", c->account,
                             c->key, id, c->at)
               : rc;
}

static cpts_db_e insert(cpts_db_t *db, cpts_daily_t *daily,
                        const cpts_consultation_t *c)
{
    cpts_actor_t actor = { .id = c->account, .role = c->role };
    cpts_entry_t entry = { .at = c->at,
                           .actor = &actor,
                           .did = CPTS_DID_MATCH,
                           .sheets = c->sheets,
                           .count = c->count };
    int64_t id;
    cpts_db_e rc = cpts_journal_append(db, &entry, &id);

    if (rc == CPTS_DB_OK) {
        cpts_daily_add(daily, c->account, id, c->at);
    }
    if (rc == CPTS_DB_OK && c->key[0]) {
        rc = keep_key(db, c, id);
    }
    if (rc == CPTS_DB_OK && c->unmet[0]) {
        rc = cpts_unmet_count(db, c->unmet, c->day, c->excluded);
    }
    return rc;
}

cpts_db_e cpts_consultation_insert(cpts_db_t *db, cpts_daily_t *daily,
                                   const cpts_consultation_t *consultation)
{
    cpts_db_e rc = look_for_key(db, consultation);

    if (rc != CPTS_DB_NONE) {
        return rc;
    }
    /* refused before anything is written: others in the same transaction may
     * go on */
    rc = look_at_ceiling(db, daily, consultation);
    return rc == CPTS_DB_OK ? insert(db, daily, consultation) : rc;
}

cpts_db_e cpts_consultation_count(int64_t *count, cpts_db_t *db, int64_t begin,
                                  int64_t end)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_SHOWN_BETWEEN, "ll", begin, end);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
    }
    if (rc != CPTS_DB_ROW) {
        return rc == CPTS_DB_OK ? CPTS_DB_NONE : rc;
    }
    *count = cpts_db_int64(db, 0);
    cpts_db_end(db);
    return CPTS_DB_OK;
}

static cpts_db_e each_viewer(cpts_db_t *db, cpts_viewer_fn *fn, void *baton,
                             apr_pool_t *pool)
{
    cpts_viewer_t viewer;
    apr_pool_t *own;
    cpts_db_e rc;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    while ((rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        apr_pool_clear(own);
        viewer.id = cpts_db_int64(db, 0);
        viewer.account = apr_pstrdup(own, cpts_db_text(db, 1));
        viewer.role = cpts_role_parse(cpts_db_text(db, 2));
        viewer.at = cpts_db_int64(db, 3);
        viewer.profession = apr_pstrdup(own, cpts_db_text(db, 4));
        viewer.structure = apr_pstrdup(own, cpts_db_text(db, 5));
        rc = fn(baton, &viewer);
        if (rc != CPTS_DB_OK) {
            break;
        }
    }
    apr_pool_destroy(own);
    return rc;
}

cpts_db_e cpts_viewers_list(cpts_db_t *db, const cpts_actor_t *actor,
                            const char *rpps, int64_t before_id, int limit,
                            cpts_viewer_fn *fn, void *baton, apr_pool_t *pool)
{
    cpts_stored_sheet_t row;
    cpts_db_e rc;

    if (actor->role != CPTS_DOCTOR) {
        return CPTS_DB_FORBIDDEN;
    }
    rc = cpts_sheet_read(&row, db, actor, rpps, pool);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_db_begin(db, CPTS_SQL_VIEWERS_LIST, "sssli",
                       cpts_role_words[actor->role], actor->rpps, rpps,
                       before_id, limit);
    if (rc == CPTS_DB_OK) {
        rc = each_viewer(db, fn, baton, pool);
    }
    cpts_db_end(db);
    return rc;
}
