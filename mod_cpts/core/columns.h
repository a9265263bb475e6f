/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV to JSON documents and back, as a table of fields says. */

/**
 * @file columns.h
 * @brief A column is the path of a field with dots: "sites.0.point.lat".
 * An object that may be absent, and none of whose fields must be there, also
 * has a column of its own: 1 says that it is there, though empty.
 * Lists stand in one cell.
 */
#ifndef CPTS_CORE_COLUMNS_H
#define CPTS_CORE_COLUMNS_H

#include <stdio.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "core/fault.h"
#include "core/field.h"

typedef struct {
    const char *name;          /**< "sites.0.commune" */
    const cpts_field_t *field; /**< its type */
} cpts_column_t;

/**
 * The columns of a table, in order, without its read-only fields.
 * @param repeat how many of each list of objects; 0: as many as may be
 * @return array of cpts_column_t
 */
apr_array_header_t *cpts_columns_make(const cpts_field_t *fields, int repeat,
                                      apr_pool_t *pool);

/** How a file is written. */
typedef struct {
    char separator; /**< of cells */
    char list;      /**< of the items of a list */
} cpts_dialect_t;

/** Comma and semicolon, or semicolon and bar (Excel in French). */
cpts_dialect_t cpts_columns_dialect(char separator);

/**
 * Make the document of one row.  Empty cells are absent fields.
 * @param header array of const cpts_column_t *, one for each cell
 * @param faults a cell that cannot be of its type; the pointer is the
 * column's name
 * @return a new object, owned by the caller
 */
json_t *cpts_columns_decode(const apr_array_header_t *header,
                            const apr_array_header_t *cells,
                            cpts_dialect_t dialect, cpts_faults_t *faults,
                            apr_pool_t *pool);

/** The column's name of a JSON pointer: "/languages/1" is in "languages". */
const char *cpts_columns_name(const apr_array_header_t *columns,
                              const char *pointer, apr_pool_t *pool);

/** Write the names of columns (cpts_column_t) as a row. */
void cpts_columns_write_header(FILE *out, const apr_array_header_t *columns,
                               cpts_dialect_t dialect);

/** Write one document as a row. */
void cpts_columns_write(FILE *out, const apr_array_header_t *columns,
                        const json_t *document, cpts_dialect_t dialect,
                        apr_pool_t *pool);

#endif
