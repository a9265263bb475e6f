/* SPDX-License-Identifier: Apache-2.0 */
/* Figures in answers: over which months, and what may be told of each. */

/**
 * @file figures.h
 */
#ifndef CPTS_API_FIGURES_H
#define CPTS_API_FIGURES_H

#include "core/date.h"
#include "core/field.h"
#include "httpd/request.h"
#include "store/figure.h"

/** The most months of one answer, and how many without a word. */
#define CPTS_MONTHS_MAX     12
#define CPTS_MONTHS_DEFAULT 3

/** The query of these routes. */
typedef struct {
    int months; /**< or CPTS_NO_INT */
} cpts_months_query_t;

extern const cpts_field_t cpts_months_query_fields[];

/** Whole months, the last one being the one before today's. */
typedef struct {
    cpts_day_t first; /**< of the earliest month */
    cpts_day_t last;  /**< of the latest month */
    int count;
    cpts_day_t begins[CPTS_MONTHS_MAX + 1]; /**< earliest first; then the end*/
} cpts_months_t;

void cpts_months_find(cpts_months_t *months, const cpts_request_t *request);

/** Leave out the months that begin before @a day. */
void cpts_months_since(cpts_months_t *months, cpts_day_t day);

/** A figure as it is encoded. */
typedef struct {
    int hidden;
    int from;
    int to; /**< or CPTS_NO_INT */
} cpts_told_t;

extern const cpts_field_t cpts_told_fields[];

cpts_told_t *cpts_figure_tell(const cpts_figure_t *figure, apr_pool_t *pool);

/** Where figures come from, and what they are of: every answer says so. */
typedef struct {
    const char *territory; /**< the perimeter */
    cpts_day_t from, to;   /**< both included; CPTS_NO_DAY: no month */
    cpts_day_t computed_on;
    const char *source;
    int threshold;
} cpts_provenance_t;

extern const cpts_field_t cpts_provenance_fields[];

cpts_provenance_t *cpts_figures_provenance(const cpts_request_t *request,
                                           const cpts_months_t *months,
                                           const char *source);

#endif
