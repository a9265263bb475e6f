/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of sheets: one transaction, one outcome, seen by every child. */

/**
 * @file change.h
 */
#ifndef CPTS_API_CHANGE_H
#define CPTS_API_CHANGE_H

#include "httpd/request.h"
#include "store/sheet.h"

/**
 * The change itself, inside a transaction.
 * @param stored set to the sheet as it now is; its sheet stays NULL when
 * there is none any more
 */
typedef cpts_db_e cpts_change_fn(cpts_stored_sheet_t *stored, cpts_db_t *db,
                                 cpts_request_t *request, void *baton);

/**
 * Run a change and answer.  With an Idempotency-Key the outcome is kept in
 * the same transaction, and the same request sent again gets the same
 * answer without a second change.
 * @param status of the answer: 200, 201 (with Location) or 204
 * @return what the handler is to return
 */
int cpts_change_run(cpts_request_t *request, int status, cpts_change_fn *fn,
                    void *baton);

/** Answer with a sheet, its ETag, and with 201 its Location. */
int cpts_change_reply(cpts_request_t *request, int status,
                      const cpts_stored_sheet_t *stored);

#endif
