/* SPDX-License-Identifier: Apache-2.0 */
/* CSV files, row by row, over libcsv. */

/**
 * @file csv.h
 */
#ifndef CPTS_CORE_CSV_H
#define CPTS_CORE_CSV_H

#include <apr_pools.h>
#include <apr_tables.h>

/**
 * Called for each row that is not empty.
 * @param row number of the row in the file, the header being 1; a row that
 * is empty counts, one of several lines counts once
 * @param cells array of const char *, NUL-ended, in the pool of the read
 * @return NULL to go on, or an English message that ends the reading
 */
typedef const char *cpts_csv_row_fn(void *baton, int row,
                                    const apr_array_header_t *cells,
                                    apr_pool_t *pool);

/**
 * Read a text that ends with a NUL after its @a length bytes, as
 * cpts_csv_read() reads a file.
 * @param separator set to the one found, may be NULL
 * @param row set to the last row read; with an error, the one at fault
 * @return NULL, or an English message without a row
 */
const char *cpts_csv_parse(const char *text, size_t length, char *separator,
                           int *row, cpts_csv_row_fn *fn, void *baton,
                           apr_pool_t *pool);

/**
 * Read a whole file (RFC 4180, strict quotes, UTF-8 with or without BOM).
 * The separator is the semicolon when the first line has one, else the comma.
 * @param separator set to the one found, may be NULL
 * @return NULL, or an English message with file and row
 */
const char *cpts_csv_read(const char *file, char *separator,
                          cpts_csv_row_fn *fn, void *baton, apr_pool_t *pool);

#endif
