/* SPDX-License-Identifier: Apache-2.0 */
/* A count as it may be published: itself, or an interval. */

/**
 * @file figure.h
 * @brief Figures of a period are sums of figures of whole months that are
 * over.  A month does not change any more, and what is said of it is said
 * once and for all: no difference of two periods, or of two dates of
 * reading, says more than the months do.
 */
#ifndef CPTS_STORE_FIGURE_H
#define CPTS_STORE_FIGURE_H

#include <stdint.h>

#include "core/small.h"

/** `to` of a figure of which no upper bound may be told. */
#define CPTS_FIGURE_OPEN (-1)

/** All zero to begin with: the sum of nothing. */
typedef struct {
    int hidden;   /**< 1 when it is not told exactly */
    int64_t from; /**< the least it can be */
    int64_t to;   /**< the most, or CPTS_FIGURE_OPEN */
} cpts_figure_t;

/** Add what may be told of a cell. */
void cpts_figure_add(cpts_figure_t *figure, const cpts_small_t *cell);

/** Add a cell of which nothing may be told. */
void cpts_figure_add_unknown(cpts_figure_t *figure);

/** Add another figure. */
void cpts_figure_add_figure(cpts_figure_t *figure, const cpts_figure_t *other);

#endif
