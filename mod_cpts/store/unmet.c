/* SPDX-License-Identifier: Apache-2.0 */
/* Needs without an answer: counters by commune, month and requirement. */

#include "store/unmet.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

/* The word of the counter that counts each need once. */
#define NONE "none"

void cpts_month_format(char out[CPTS_MONTH_SIZE], cpts_day_t day)
{
    char text[CPTS_DAY_SIZE];

    cpts_day_format(text, day);
    apr_cpystrn(out, text, CPTS_MONTH_SIZE);
}

/* --- counting */

cpts_db_e cpts_unmet_count(cpts_db_t *db, const char *commune,
                           cpts_day_t today, const int *excluded)
{
    char month[CPTS_MONTH_SIZE];
    cpts_db_e rc;

    cpts_month_format(month, today);
    rc = cpts_db_run(db, NULL, CPTS_SQL_UNMET_COUNT, "sss", commune, month,
                     NONE);
    for (int i = 0; i < CPTS_EXCLUDED_COUNT && rc == CPTS_DB_OK; i++) {
        if (excluded[i] > 0) {
            rc = cpts_db_run(db, NULL, CPTS_SQL_UNMET_COUNT, "sss", commune,
                             month, cpts_excluded_words[i]);
        }
    }
    return rc;
}

/* --- hiding */

/* The counters of one commune and month as they are stored. */
typedef struct {
    int64_t none;
    int64_t requirements[CPTS_EXCLUDED_COUNT];
} counters_t;

static int is_small(int64_t count, int threshold)
{
    return count > 0 && count < threshold;
}

static void show(cpts_figure_t *figure, int64_t count)
{
    figure->hidden = 0;
    figure->from = figure->to = count;
}

static void cover(cpts_figure_t *figure, int64_t from, int64_t to)
{
    figure->hidden = 1;
    figure->from = from;
    figure->to = to;
}

/* Part of a whole.  With the whole told, the part tells the rest: either
 * small hides it, and the interval does not say which of the two it is. */
static void hide_part(cpts_figure_t *figure, int64_t part, int64_t whole,
                      int threshold)
{
    if (is_small(whole, threshold) && part > 0) {
        cover(figure, 1, threshold - 1);
    }
    else if (is_small(part, threshold)
             || (part > 0 && is_small(whole - part, threshold))) {
        cover(figure, 1, whole - 1);
    }
    else {
        show(figure, part);
    }
}

static void hide(cpts_unmet_t *out, const counters_t *counters, int threshold)
{
    if (is_small(counters->none, threshold)) {
        cover(&out->none, 1, threshold - 1);
    }
    else {
        show(&out->none, counters->none);
    }
    for (int i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        hide_part(&out->requirements[i], counters->requirements[i],
                  counters->none, threshold);
    }
}

/* --- reading */

static void note(counters_t *counters, const char *requirement, int64_t count)
{
    if (strcmp(requirement, NONE) == 0) {
        counters->none = count;
    }
    for (int i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        if (strcmp(requirement, cpts_excluded_words[i]) == 0) {
            counters->requirements[i] = count;
        }
    }
}

/* Rows come by commune and month: a new pair ends the one before. */
static cpts_db_e read_rows(apr_array_header_t *rows, cpts_db_t *db,
                           int threshold)
{
    cpts_unmet_t *at = NULL;
    counters_t counters = { 0, { 0 } };
    cpts_db_e rc;

    while ((rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        const char *commune = cpts_db_text(db, 0);
        const char *month = cpts_db_text(db, 1);

        if (!at || strcmp(at->commune, commune) != 0
            || strcmp(at->month, month) != 0) {
            if (at) {
                hide(at, &counters, threshold);
            }
            memset(&counters, 0, sizeof(counters));
            at = apr_array_push(rows);
            apr_cpystrn(at->commune, commune, sizeof(at->commune));
            apr_cpystrn(at->month, month, sizeof(at->month));
        }
        note(&counters, cpts_db_text(db, 2), cpts_db_int64(db, 3));
    }
    if (at) {
        hide(at, &counters, threshold);
    }
    return rc;
}

cpts_db_e cpts_unmet_read(apr_array_header_t **rows, cpts_db_t *db,
                          const char *first, const char *last, int threshold,
                          apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_UNMET_LIST, "ss", first, last);

    *rows = apr_array_make(pool, 32, sizeof(cpts_unmet_t));
    if (rc == CPTS_DB_OK) {
        rc = read_rows(*rows, db, threshold);
    }
    cpts_db_end(db);
    return rc;
}
