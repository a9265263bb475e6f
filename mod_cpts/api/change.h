/* SPDX-License-Identifier: Apache-2.0 */
/* Changes: one transaction, one journal entry, seen by every child. */

/**
 * @file change.h
 */
#ifndef CPTS_API_CHANGE_H
#define CPTS_API_CHANGE_H

#include "httpd/request.h"
#include "store/journal.h"
#include "store/sheet.h"

/** What a change has done, and what its answer says. */
typedef struct {
    int64_t sheet;       /**< number of the sheet concerned, or 0 */
    int64_t placement;   /**< number of the placement concerned, or 0 */
    const char *outcome; /**< a word for the journal, or NULL */
    /** Under which RPPS or code it is found again; kept with an
     * Idempotency-Key. */
    const char *about;
    json_t *json;     /**< the answer's body, or NULL; freed once answered */
    int64_t version;  /**< the answer's ETag, or 0 */
    const char *path; /**< for Location with 201, "/sheets/999...", or NULL */
    /** With CPTS_DB_CONSTRAINT: what the refusal says, or NULL. */
    const char *code, *detail;
    int refusal; /**< its status, 403 to 429; 0: 409 */
} cpts_changed_t;

/** The change itself, inside a transaction. */
typedef cpts_db_e cpts_change_fn(cpts_changed_t *changed, cpts_db_t *db,
                                 cpts_request_t *request, void *baton);

/** Read again what an earlier request under the same key did.
 * @param changed `about` is set */
typedef cpts_db_e cpts_reread_fn(cpts_changed_t *changed, cpts_db_t *db,
                                 cpts_request_t *request);

typedef struct {
    int status; /**< of the answer: 200, 201 or 204 */
    cpts_did_e did;
    cpts_change_fn *change;
    cpts_reread_fn *reread; /**< NULL: takes no Idempotency-Key */
} cpts_change_t;

/**
 * Run a change and answer.  With an Idempotency-Key the outcome is kept in
 * the same transaction, and the same request sent again gets the same
 * answer without a second change.
 * @return what the handler is to return
 */
int cpts_change_run(cpts_request_t *request, const cpts_change_t *change,
                    void *baton);

/** What a change of a sheet says: its JSON, its ETag, its address. */
void cpts_changed_sheet(cpts_changed_t *changed, cpts_request_t *request,
                        const cpts_stored_sheet_t *stored);

/** Reread a sheet by its RPPS. */
cpts_reread_fn cpts_change_reread_sheet;

/** Answer with what was changed, or read. */
int cpts_change_reply(cpts_request_t *request, int status,
                      const cpts_changed_t *changed);

#endif
