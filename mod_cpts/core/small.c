/* SPDX-License-Identifier: Apache-2.0 */
/* Small counts are hidden, and cannot be worked out from what is shown. */

#include "core/small.h"

/* What a reader can know of the hidden cells. */
typedef struct {
    int64_t threshold;
    int64_t small; /* how many are below the threshold */
    int64_t large; /* how many others are hidden with them */
    int64_t sum;
    int64_t next; /* the smallest cell shown, no hidden one is larger; 0 for
                   * none: then there is no such bound */
} hidden_t;

static int is_small(int64_t count, int64_t threshold)
{
    return count > 0 && count < threshold;
}

/* 1 when each hidden cell could be 1, and each could be threshold - 1 (and so
 * anything between), with the sum that it is. */
static int has_room(const hidden_t *hidden)
{
    int64_t most = hidden->threshold - 1;
    int64_t others = hidden->small - 1;

    if (hidden->small == 0) {
        return 1;
    }
    if (hidden->sum < most + others + hidden->large * hidden->threshold) {
        return 0;
    }
    if (hidden->large > 0 && hidden->next == 0) {
        return 1;
    }
    return hidden->sum <= 1 + others * most + hidden->large * hidden->next;
}

/* Hide the small ones, show all others. */
static hidden_t hide_small(cpts_small_t *cells, size_t count, int threshold)
{
    hidden_t hidden = { threshold, 0, 0, 0, 0 };
    size_t i;

    for (i = 0; i < count; i++) {
        cpts_small_t *cell = &cells[i];

        cell->hidden = is_small(cell->count, threshold);
        cell->low = cell->hidden ? 1 : cell->count;
        cell->high = cell->hidden ? threshold - 1 : cell->count;
        hidden.small += cell->hidden;
        hidden.sum += cell->hidden ? cell->count : 0;
    }
    return hidden;
}

/* The smallest cell that is shown and not zero; NULL for none. */
static cpts_small_t *next_to_hide(cpts_small_t *cells, size_t count)
{
    cpts_small_t *next = NULL;
    size_t i;

    for (i = 0; i < count; i++) {
        if (!cells[i].hidden && cells[i].count > 0
            && (!next || cells[i].count < next->count)) {
            next = &cells[i];
        }
    }
    return next;
}

/* Hide others with the small ones until the sum has room. */
static void hide_more(cpts_small_t *cells, size_t count, hidden_t *hidden)
{
    while (!has_room(hidden)) {
        cpts_small_t *next = next_to_hide(cells, count);

        if (!next) {
            return;
        }
        next->hidden = 1;
        hidden->large++;
        hidden->sum += next->count;
        next = next_to_hide(cells, count);
        hidden->next = next ? next->count : 0;
    }
}

/* One interval for all hidden cells, so that it does not say which of them
 * are small: what the sum leaves when all others are 1. */
static void widen(cpts_small_t *cells, size_t count, const hidden_t *hidden)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (cells[i].hidden) {
            cells[i].low = 1;
            cells[i].high = hidden->sum - (hidden->small + hidden->large - 1);
        }
    }
}

/* The sum of the cells and of their bounds. */
static void add_up(const cpts_small_t *cells, size_t count,
                   cpts_small_t *total, int hide)
{
    size_t i;

    total->count = total->low = total->high = 0;
    total->hidden = hide;
    for (i = 0; i < count; i++) {
        total->count += cells[i].count;
        total->low += cells[i].low;
        total->high += cells[i].high;
    }
    if (!hide) {
        total->low = total->high = total->count;
    }
}

int cpts_small_hide(cpts_small_t *cells, size_t count, cpts_small_t *total,
                    int threshold, cpts_small_total_e which)
{
    hidden_t hidden = hide_small(cells, count, threshold);
    int shown;

    if (which == CPTS_TOTAL_STAYS) {
        hide_more(cells, count, &hidden);
    }
    shown = has_room(&hidden);
    if (!shown) {
        /* More hidden cells were no help: they would only be lost. */
        hide_small(cells, count, threshold);
    }
    else if (hidden.large > 0) {
        widen(cells, count, &hidden);
    }
    add_up(cells, count, total, !shown);
    return shown;
}
