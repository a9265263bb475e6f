/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV to JSON documents and back, as a table of fields says. */

/**
 * @file ctl_csv.h
 * @brief A column is the path of a field with dots: "sites.0.point.lat".
 * An object that may be absent, and none of whose fields must be there, also
 * has a column of its own: 1 says that it is there, though empty.
 * Lists stand in one cell.
 */
#ifndef CPTS_SUPPORT_CTL_CSV_H
#define CPTS_SUPPORT_CTL_CSV_H

#include <stdio.h>

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

#include "core/fault.h"
#include "core/field.h"

typedef struct {
    const char *name;          /**< "sites.0.commune" */
    const cpts_field_t *field; /**< its type */
} ctl_column_t;

/**
 * The columns of a table, in order, without its read-only fields.
 * @param repeat how many of each list of objects; 0: as many as may be
 * @return array of ctl_column_t
 */
apr_array_header_t *ctl_csv_columns(const cpts_field_t *fields, int repeat,
                                    apr_pool_t *pool);

/** How a file is written. */
typedef struct {
    char separator; /**< of cells */
    char list;      /**< of the items of a list */
} ctl_dialect_t;

/** Comma and semicolon, or semicolon and bar (Excel in French). */
ctl_dialect_t ctl_csv_dialect(char separator);

/**
 * Make the document of one row.  Empty cells are absent fields.
 * @param header array of const ctl_column_t *, one for each cell
 * @param faults a cell that cannot be of its type; the pointer is the
 * column's name
 * @return a new object, owned by the caller
 */
json_t *ctl_csv_decode(const apr_array_header_t *header,
                       const apr_array_header_t *cells, ctl_dialect_t dialect,
                       cpts_faults_t *faults, apr_pool_t *pool);

/** The column's name of a JSON pointer: "/languages/1" is in "languages". */
const char *ctl_csv_column_of(const apr_array_header_t *columns,
                              const char *pointer, apr_pool_t *pool);

/** Write the names of columns (ctl_column_t) as a row. */
void ctl_csv_write_header(FILE *out, const apr_array_header_t *columns,
                          ctl_dialect_t dialect);

/** Write one document as a row. */
void ctl_csv_write(FILE *out, const apr_array_header_t *columns,
                   const json_t *document, ctl_dialect_t dialect,
                   apr_pool_t *pool);

#endif
