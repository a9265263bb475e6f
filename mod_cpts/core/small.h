/* SPDX-License-Identifier: Apache-2.0 */
/* Small counts are hidden, and cannot be worked out from what is shown. */

/**
 * @file small.h
 * @brief Counts of people in the cells of one table, with their sum.  A cell
 * from 1 to threshold - 1 is hidden: it is published as that interval, never
 * as zero and never as its middle.  A zero is nobody and is shown: the rules
 * below hold with all zeros known.
 *
 * A reader who knows the rules, the threshold and the sum must not be able to
 * narrow the interval of any hidden cell.  One hidden cell is the sum less
 * the others; two that add up to 2 are 1 and 1.  So the sum is shown only
 * where every hidden cell could still be anything from 1 to threshold - 1.
 * Otherwise
 * - CPTS_TOTAL_YIELDS: the sum is hidden too.  It becomes the interval that
 *   the cells give, and so says nothing that they do not.  As many cells as
 *   can be are shown.  Right where the reader knows the sum from nowhere
 *   else;
 * - CPTS_TOTAL_STAYS: further cells are hidden, the smallest first, until the
 *   sum tells no more.  Hidden cells do not say which of them are small.
 *
 * Two tables of the same people, or of two dates, are the caller's to think
 * of: a cell that is the sum of another table is known there.
 */
#ifndef CPTS_CORE_SMALL_H
#define CPTS_CORE_SMALL_H

#include <stddef.h>
#include <stdint.h>

/** Counts below are hidden, unless a directive says otherwise.  The least
 * that makes sense is 3; with 1 or less nothing is hidden. */
#define CPTS_SMALL_THRESHOLD 11

typedef struct {
    int64_t count; /**< in: people, 0 or more; never to be published as it
                    * is when hidden */
    int hidden;    /**< out: 1 when only the interval may be published */
    int64_t low;   /**< out: least it can be; the count when not hidden */
    int64_t high;  /**< out: most it can be; the count when not hidden */
} cpts_small_t;

typedef enum { CPTS_TOTAL_YIELDS, CPTS_TOTAL_STAYS } cpts_small_total_e;

/**
 * Decide what of a table may be published.
 * @param cells the counts; hidden, low and high are set
 * @param total out: the sum of the cells, whatever its count was before
 * @param threshold people
 * @param which of them gives way, the sum or further cells
 * @return 1 when the sum may be published, 0 when it is hidden.  That is 0
 * with CPTS_TOTAL_STAYS where even all cells hidden are not enough (a sum
 * below the threshold): a reader who knows the sum must not see this table.
 */
int cpts_small_hide(cpts_small_t *cells, size_t count, cpts_small_t *total,
                    int threshold, cpts_small_total_e which);

#endif
