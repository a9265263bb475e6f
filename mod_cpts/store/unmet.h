/* SPDX-License-Identifier: Apache-2.0 */
/* Needs without an answer: counters by commune, month and requirement. */

/**
 * @file unmet.h
 * @brief Pure counters: no combination of requirements is kept, no time, no
 * account, and nothing in the journal leads here.  What is read are months
 * that are over, small counts hidden: a need counts under "none" once and
 * under each requirement that excluded a doctor, so what is hidden of a
 * requirement is also what would tell a small rest of "none".
 */
#ifndef CPTS_STORE_UNMET_H
#define CPTS_STORE_UNMET_H

#include "core/match.h"
#include "core/territory.h"
#include "store/db.h"
#include "store/figure.h"

/** Length of "YYYY-MM" with its final NUL. */
#define CPTS_MONTH_SIZE 8

/** The month of a day: "2026-11". */
void cpts_month_format(char out[CPTS_MONTH_SIZE], cpts_day_t day);

/**
 * Count one need to which no doctor could be proposed, inside the caller's
 * transaction.
 * @param commune INSEE code
 * @param excluded doctors by requirement, as in cpts_match_t
 */
cpts_db_e cpts_unmet_count(cpts_db_t *db, const char *commune,
                           cpts_day_t today, const int *excluded);

/** One commune in one month. */
typedef struct {
    char commune[CPTS_INSEE_LENGTH + 1];
    char month[CPTS_MONTH_SIZE];
    cpts_figure_t none; /**< needs without a proposal */
    /** Those of them for which it excluded at least one doctor. */
    cpts_figure_t requirements[CPTS_EXCLUDED_COUNT];
} cpts_unmet_t;

/**
 * Read the counters of some months, by commune, then month.
 * @param rows out: of cpts_unmet_t, only those that are not zero
 * @param first, last "2026-09", both included; the last one is over
 * @param threshold counts below are hidden
 */
cpts_db_e cpts_unmet_read(apr_array_header_t **rows, cpts_db_t *db,
                          const char *first, const char *last, int threshold,
                          apr_pool_t *pool);

#endif
