/* SPDX-License-Identifier: Apache-2.0 */
/* A count as it may be published: itself, or an interval. */

#include "store/figure.h"

void cpts_figure_add_figure(cpts_figure_t *figure, const cpts_figure_t *other)
{
    figure->hidden |= other->hidden;
    figure->from += other->from;
    if (figure->to == CPTS_FIGURE_OPEN || other->to == CPTS_FIGURE_OPEN) {
        figure->to = CPTS_FIGURE_OPEN;
    }
    else {
        figure->to += other->to;
    }
}

void cpts_figure_add(cpts_figure_t *figure, const cpts_small_t *cell)
{
    cpts_figure_t other = { cell->hidden, cell->low, cell->high };

    cpts_figure_add_figure(figure, &other);
}

void cpts_figure_add_unknown(cpts_figure_t *figure)
{
    static const cpts_figure_t unknown = { 1, 0, CPTS_FIGURE_OPEN };

    cpts_figure_add_figure(figure, &unknown);
}
