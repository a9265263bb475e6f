/* SPDX-License-Identifier: Apache-2.0 */
/* Who was proposed, asked and taken up, and by whom: counted in the journal.
 */

/**
 * @file fairness.h
 * @brief Two tables, by doctor and by requesting profession, of the same
 * events, month by month.  Small counts are hidden in both so that their
 * common sum, which is published, tells no more (core/small.h); where that
 * cannot be had in a month, nothing is told of that month, not even the sum.
 */
#ifndef CPTS_STORE_FAIRNESS_H
#define CPTS_STORE_FAIRNESS_H

#include <apr_tables.h>

#include "store/db.h"
#include "store/figure.h"

typedef enum {
    CPTS_MEASURE_PROPOSALS,   /**< a sheet shown by a search */
    CPTS_MEASURE_HOLDS,       /**< a placement started */
    CPTS_MEASURE_ACCEPTANCES, /**< a placement accepted */
    CPTS_MEASURES
} cpts_measure_e;

/** A month that is over. */
typedef struct {
    int64_t begin, end; /**< seconds since 1970, the end not included */
} cpts_span_t;

/** One line of a table. */
typedef struct {
    int64_t sheet;          /**< number, or 0 */
    const char *rpps;       /**< by doctor; NULL: all erased ones */
    const char *name;       /**< by doctor; NULL: all erased ones */
    const char *role;       /**< by profession; NULL: not known any more */
    const char *profession; /**< of a professional; NULL: not known */
    int64_t count;          /**< of one month, while counting */
    cpts_figure_t figures[CPTS_MEASURES];
} cpts_fair_row_t;

typedef struct {
    apr_array_header_t *doctors;     /**< of cpts_fair_row_t, by name */
    apr_array_header_t *professions; /**< of cpts_fair_row_t */
    cpts_figure_t sums[CPTS_MEASURES];
} cpts_fairness_t;

/**
 * Count.
 * @param months whole ones, that the journal holds
 * @param threshold counts below are hidden
 */
cpts_db_e cpts_fairness_read(cpts_fairness_t *out, cpts_db_t *db,
                             const cpts_span_t *months, int count,
                             int threshold, apr_pool_t *pool);

/** When the journal as it is kept begins, seconds since 1970; 0 when nothing
 * of it was purged. */
cpts_db_e cpts_journal_since(int64_t *since, cpts_db_t *db);

#endif
