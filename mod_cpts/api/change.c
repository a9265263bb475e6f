/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of sheets: one transaction, one outcome, seen by every child. */

#include "api/change.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/database.h"
#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/idempotency.h"

/* One change under way. */
typedef struct {
    cpts_request_t *request;
    int status;
    cpts_change_fn *fn;
    void *baton;
    const char *key; /* or NULL */
    cpts_stored_sheet_t stored;
    int replayed;
    int key_reused;
} change_t;

static cpts_db_e replay(change_t *change, cpts_db_t *db,
                        const cpts_outcome_t *outcome)
{
    cpts_request_t *request = change->request;

    change->replayed = 1;
    change->status = outcome->status;
    return cpts_sheet_read(&change->stored, db, &request->actor, outcome->rpps,
                           request->pool);
}

static cpts_db_e change_once(change_t *change, cpts_db_t *db)
{
    cpts_request_t *request = change->request;
    cpts_outcome_t outcome = { .account = request->actor.account,
                               .key = change->key,
                               .digest = cpts_request_digest(request),
                               .at = apr_time_sec(request->r->request_time) };
    cpts_db_e rc = cpts_outcome_find(&outcome, db, request->pool);

    if (rc == CPTS_DB_OK) {
        return replay(change, db, &outcome);
    }
    if (rc != CPTS_DB_NONE) {
        change->key_reused = rc == CPTS_DB_CONFLICT;
        return rc;
    }
    rc = change->fn(&change->stored, db, request, change->baton);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    outcome.status = change->status;
    outcome.rpps = change->stored.sheet->rpps;
    return cpts_outcome_save(db, &outcome);
}

static cpts_db_e change_in(change_t *change, cpts_db_t *db)
{
    cpts_db_e rc = cpts_db_start(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = change->key
             ? change_once(change, db)
             : change->fn(&change->stored, db, change->request, change->baton);
    if (rc == CPTS_DB_OK) {
        return cpts_db_commit(db);
    }
    cpts_db_rollback(db);
    return rc;
}

int cpts_change_run(cpts_request_t *request, int status, cpts_change_fn *fn,
                    void *baton)
{
    change_t change
        = { .request = request, .status = status, .fn = fn, .baton = baton };
    cpts_database_t *database;
    cpts_db_t *db = NULL;
    cpts_db_e rc;
    int problem = OK;

    if (request->route->flags & CPTS_TAKES_KEY) {
        problem = cpts_request_key(request, &change.key);
    }
    if (problem != OK) {
        return problem;
    }
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = change_in(&change, db);
    if (rc != CPTS_DB_OK) {
        /* Noted while the connection still knows its message. */
        problem = change.key_reused
                      ? cpts_problem(request->r, HTTP_UNPROCESSABLE_ENTITY,
                                     "idempotency_key_reused",
                                     "Cette clé Idempotency-Key a servi à une "
                                     "autre requête : prenez-en une autre.")
                      : cpts_problem_db(request->r, rc, db);
        cpts_database_close(database);
        return problem;
    }
    if (change.status == HTTP_NO_CONTENT) {
        /* Nothing erased may linger in the log of the database. */
        cpts_db_checkpoint(db);
    }
    cpts_database_close(database);
    if (!change.replayed) {
        cpts_live_changed(request->r->server);
    }
    return cpts_change_reply(request, change.status, &change.stored);
}

/* "/cpts/api/sheets/99900000012", from the address that was asked for. */
static const char *location_of(const cpts_request_t *request, const char *rpps)
{
    const char *path = cpts_request_path(request->r);
    apr_size_t base = (apr_size_t)(path - request->r->uri);

    return apr_pstrcat(request->pool,
                       apr_pstrmemdup(request->pool, request->r->uri, base),
                       "/sheets/", rpps, NULL);
}

int cpts_change_reply(cpts_request_t *request, int status,
                      const cpts_stored_sheet_t *stored)
{
    if (status == HTTP_NO_CONTENT) {
        return cpts_reply_empty(request);
    }
    cpts_reply_etag(request, stored->version);
    if (status == HTTP_CREATED) {
        apr_table_setn(request->r->headers_out, "Location",
                       location_of(request, stored->sheet->rpps));
    }
    return cpts_reply_json(request, status, cpts_sheet_json(stored->sheet));
}
