/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of sheets, for the files of store/ that read them. */

/**
 * @file sheet_rows.h
 */
#ifndef CPTS_STORE_SHEET_ROWS_H
#define CPTS_STORE_SHEET_ROWS_H

#include "store/sheet.h"

/** Columns of every SELECT of sheets before those of its own. */
#define CPTS_COLUMN_SHEETS 5

/**
 * Step through the sheets of the statement that was begun, and end it; each
 * row lives in a pool cleared before the next.
 * @param broken called for a sheet that does not decode; NULL: skipped
 */
cpts_db_e cpts_sheet_rows(cpts_db_t *db, cpts_sheet_row_fn *fn,
                          cpts_sheet_row_fn *broken, void *baton,
                          apr_pool_t *pool);

/** Raise the generation, so that every snapshot looks again. */
cpts_db_e cpts_generation_raise(cpts_db_t *db);

/** The places of a sheet changed: every snapshot reads it again. */
cpts_db_e cpts_sheet_touch(cpts_db_t *db, int64_t sheet);

#endif
