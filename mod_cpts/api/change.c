/* SPDX-License-Identifier: Apache-2.0 */
/* Changes: one transaction, one journal entry, seen by every child. */

#include "api/change.h"

#include <string.h>

#include <apr_strings.h>

#include "httpd/database.h"
#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/account.h"
#include "store/idempotency.h"

/* One change under way. */
typedef struct {
    cpts_request_t *request;
    const cpts_change_t *change;
    void *baton;
    const char *key; /* or NULL */
    int status;
    cpts_changed_t changed;
    cpts_ahead_t *ahead;
    int replayed;
    int key_reused;
    int problem; /* OK, or the answer when it was not made */
} running_t;

static cpts_db_e replay(running_t *running, cpts_db_t *db,
                        const cpts_outcome_t *outcome)
{
    running->replayed = 1;
    running->status = outcome->status;
    running->changed.about = outcome->about;
    return running->change->reread(&running->changed, db, running->request);
}

/* The change, and the entry that says of it. */
static cpts_db_e change_and_tell(running_t *running, cpts_db_t *db)
{
    cpts_request_t *request = running->request;
    cpts_changed_t *changed = &running->changed;
    cpts_db_e rc
        = running->change->change(changed, db, request, running->baton);
    cpts_entry_t entry = { .at = cpts_request_now(request),
                           .actor = request->actor.id ? &request->actor : NULL,
                           .did = running->change->did,
                           .sheets = &changed->sheet,
                           .count = changed->sheet != 0,
                           .placement = changed->placement,
                           .outcome = changed->outcome };

    return rc == CPTS_DB_OK ? cpts_journal_append(db, &entry, NULL) : rc;
}

static cpts_db_e change_once(running_t *running, cpts_db_t *db)
{
    cpts_request_t *request = running->request;
    cpts_outcome_t outcome = { .account = request->actor.account,
                               .key = running->key,
                               .digest = cpts_request_digest(request),
                               .at = cpts_request_now(request) };
    cpts_db_e rc = cpts_outcome_find(&outcome, db, request->pool);

    if (rc == CPTS_DB_OK) {
        return replay(running, db, &outcome);
    }
    if (rc != CPTS_DB_NONE) {
        running->key_reused = rc == CPTS_DB_CONFLICT;
        return rc;
    }
    rc = change_and_tell(running, db);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    outcome.status = running->status;
    outcome.about = running->changed.about;
    return cpts_outcome_save(db, &outcome);
}

/* Erased, disabled or revoked since the request was let in: that was
 * committed first, and nothing is done after it. */
static cpts_db_e check_actor(running_t *running, cpts_db_t *db)
{
    const cpts_request_t *request = running->request;
    cpts_db_e rc;

    if (request->route->roles & CPTS_ANYONE) {
        return CPTS_DB_OK;
    }
    rc = cpts_account_still(db, &request->actor);
    if (rc == CPTS_DB_NONE) {
        running->changed.refusal = HTTP_FORBIDDEN;
        running->changed.code = "no_account";
        running->changed.detail = "Votre compte vient d’être désactivé, "
                                  "modifié ou effacé\u00a0: rien n’a été "
                                  "enregistré.";
        rc = CPTS_DB_CONSTRAINT;
    }
    return rc;
}

static cpts_db_e change_in(cpts_db_t *db, void *baton)
{
    running_t *running = baton;
    cpts_db_e rc = check_actor(running, db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = running->key ? change_once(running, db)
                      : change_and_tell(running, db);
    if (rc == CPTS_DB_OK && !running->replayed) {
        running->ahead = cpts_live_prepare(running->request->r, db);
        /* what it could not read is no fault of the change, but the change
         * may be gone with it */
        if (!cpts_db_in_transaction(db)) {
            rc = CPTS_DB_UNREADABLE;
        }
    }
    return rc;
}

static int problem_of(const running_t *running, cpts_db_e rc, cpts_db_t *db)
{
    request_rec *r = running->request->r;

    if (running->key_reused) {
        return cpts_problem(r, HTTP_UNPROCESSABLE_ENTITY,
                            "idempotency_key_reused",
                            "Cette clé Idempotency-Key a servi à une autre "
                            "requête\u00a0: prenez-en une autre.");
    }
    if (rc == CPTS_DB_CONSTRAINT && running->changed.code) {
        return cpts_problem(r,
                            running->changed.refusal ? running->changed.refusal
                                                     : HTTP_CONFLICT,
                            running->changed.code, running->changed.detail);
    }
    return cpts_problem_db(r, rc, db);
}

/* The connection still knows its message. */
static void change_ended(cpts_db_t *db, cpts_db_e rc, void *baton)
{
    running_t *running = baton;

    /* first of all; an error in writing does not prove that it was not */
    if (rc == CPTS_DB_OK || rc == CPTS_DB_UNREADABLE) {
        cpts_live_changed(running->request->r, running->ahead,
                          rc == CPTS_DB_OK && !running->replayed ? db : NULL);
    }
    if (rc != CPTS_DB_OK) {
        running->problem = problem_of(running, rc, db);
    }
    else if (running->status == HTTP_NO_CONTENT) {
        /* Nothing erased may linger in the log of the database. */
        cpts_db_checkpoint(db);
    }
}

static int run(running_t *running)
{
    cpts_writer_change_t change = { change_in, change_ended, running };

    (void)cpts_database_change(running->request->r, &change);
    return running->problem;
}

int cpts_change_run(cpts_request_t *request, const cpts_change_t *change,
                    void *baton)
{
    running_t running = { .request = request,
                          .change = change,
                          .baton = baton,
                          .status = change->status,
                          .problem = OK };
    int problem = OK;

    if (request->route->flags & CPTS_TAKES_KEY) {
        problem = cpts_request_key(request, &running.key);
    }
    if (problem == OK) {
        problem = run(&running);
    }
    if (problem != OK) {
        /* written, but then not committed: the answer is another */
        json_decref(running.changed.json);
        return problem;
    }
    return cpts_change_reply(request, running.status, &running.changed);
}

void cpts_changed_sheet(cpts_changed_t *changed, cpts_request_t *request,
                        const cpts_stored_sheet_t *stored)
{
    changed->sheet = stored->id;
    changed->version = stored->version;
    changed->about = stored->sheet->rpps;
    changed->path
        = apr_pstrcat(request->pool, "/sheets/", stored->sheet->rpps, NULL);
    changed->json = cpts_sheet_json(stored->sheet);
}

cpts_db_e cpts_change_reread_sheet(cpts_changed_t *changed, cpts_db_t *db,
                                   cpts_request_t *request)
{
    cpts_stored_sheet_t stored;
    cpts_db_e rc = cpts_sheet_read(&stored, db, &request->actor,
                                   changed->about, request->pool);

    if (rc == CPTS_DB_OK) {
        cpts_changed_sheet(changed, request, &stored);
    }
    return rc;
}

/* "/cpts/api/sheets/99900000012", from the address that was asked for. */
static const char *location_of(const cpts_request_t *request, const char *path)
{
    const char *own = cpts_request_path(request->r);
    apr_size_t base = (apr_size_t)(own - request->r->uri);

    return apr_pstrcat(request->pool,
                       apr_pstrmemdup(request->pool, request->r->uri, base),
                       path, NULL);
}

int cpts_change_reply(cpts_request_t *request, int status,
                      const cpts_changed_t *changed)
{
    if (status == HTTP_NO_CONTENT) {
        return cpts_reply_empty(request);
    }
    if (changed->version) {
        cpts_reply_etag(request, changed->version);
    }
    if (status == HTTP_CREATED && changed->path) {
        apr_table_setn(request->r->headers_out, "Location",
                       location_of(request, changed->path));
    }
    return cpts_reply_json(request, status, changed->json);
}
