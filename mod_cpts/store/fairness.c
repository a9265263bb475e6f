/* SPDX-License-Identifier: Apache-2.0 */
/* Who was proposed, asked and taken up, and by whom: counted in the journal.
 */

#include "store/fairness.h"

#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/role.h"
#include "store/journal.h"

/* One table being counted; each row has one cell a month and measure. */
typedef struct {
    apr_pool_t *pool;
    apr_array_header_t *rows; /* of cpts_fair_row_t */
    apr_hash_t *index;        /* key to number of the row, plus one */
} table_t;

static void make(table_t *table, apr_pool_t *pool)
{
    table->pool = pool;
    table->rows = apr_array_make(pool, 64, sizeof(cpts_fair_row_t));
    table->index = apr_hash_make(pool);
}

/* The row of a key, new if there is none. */
static cpts_fair_row_t *row_of(table_t *table, const void *key,
                               apr_ssize_t length)
{
    const int *known = apr_hash_get(table->index, key, length);
    cpts_fair_row_t *row;
    int *number;

    if (known) {
        return &APR_ARRAY_IDX(table->rows, *known, cpts_fair_row_t);
    }
    number = apr_palloc(table->pool, sizeof(*number));
    *number = table->rows->nelts;
    apr_hash_set(table->index, apr_pmemdup(table->pool, key, (size_t)length),
                 length, number);
    row = apr_array_push(table->rows);
    memset(row, 0, sizeof(*row));
    return row;
}

static cpts_fair_row_t *doctor_row(table_t *table, int64_t sheet)
{
    cpts_fair_row_t *row = row_of(table, &sheet, sizeof(sheet));

    row->sheet = sheet;
    return row;
}

static cpts_fair_row_t *profession_row(table_t *table, const char *role,
                                       const char *profession)
{
    const char *key = apr_pstrcat(table->pool, role ? role : "", "\n",
                                  profession ? profession : "", NULL);
    cpts_fair_row_t *row = row_of(table, key, (apr_ssize_t)strlen(key));

    if (!row->role && role) {
        row->role = apr_pstrdup(table->pool, role);
        row->profession = apr_pstrdup(table->pool, profession);
    }
    return row;
}

/* --- the rows that are there whatever was counted: that a row is there then
 * tells nothing */

static cpts_db_e list_doctors(table_t *table, cpts_db_t *db)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_FAIR_DOCTORS, "");

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        cpts_fair_row_t *row = doctor_row(table, cpts_db_int64(db, 0));

        row->rpps = apr_pstrdup(table->pool, cpts_db_text(db, 1));
        row->name = apr_pstrdup(table->pool, cpts_db_text(db, 2));
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e list_professions(table_t *table, cpts_db_t *db)
{
    cpts_db_e rc;

    (void)profession_row(table, cpts_role_words[CPTS_DOCTOR], NULL);
    (void)profession_row(table, cpts_role_words[CPTS_COORDINATOR], NULL);
    (void)profession_row(table, cpts_role_words[CPTS_PROFESSIONAL], NULL);
    (void)profession_row(table, NULL, NULL);
    rc = cpts_db_begin(db, CPTS_SQL_FAIR_PROFESSIONS, "");
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        (void)profession_row(table, cpts_role_words[CPTS_PROFESSIONAL],
                             cpts_db_text(db, 0));
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc;
}

/* --- counting one measure in one month */

/* Which statements count it; the action is bound where there is a choice. */
static const struct {
    cpts_sql_e by_doctor, by_profession;
    cpts_did_e did;
} measures[CPTS_MEASURES] = {
    [CPTS_MEASURE_PROPOSALS]
    = { CPTS_SQL_FAIR_SHOWN, CPTS_SQL_FAIR_SHOWN_TO, CPTS_DID_MATCH },
    [CPTS_MEASURE_HOLDS] = { CPTS_SQL_FAIR_PLACED, CPTS_SQL_FAIR_PLACED_BY,
                             CPTS_DID_PLACEMENT_HOLD },
    [CPTS_MEASURE_ACCEPTANCES]
    = { CPTS_SQL_FAIR_PLACED, CPTS_SQL_FAIR_PLACED_BY,
        CPTS_DID_PLACEMENT_ACCEPT },
};

static void forget_counts(table_t *table)
{
    for (int i = 0; i < table->rows->nelts; i++) {
        APR_ARRAY_IDX(table->rows, i, cpts_fair_row_t).count = 0;
    }
}

static cpts_db_e count_doctors(table_t *table, cpts_db_t *db, int measure,
                               const cpts_span_t *month)
{
    cpts_db_e rc
        = cpts_db_begin(db, measures[measure].by_doctor, "lls", month->begin,
                        month->end, cpts_did_words[measures[measure].did]);

    forget_counts(table);
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        doctor_row(table, cpts_db_int64(db, 0))->count = cpts_db_int64(db, 1);
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e count_professions(table_t *table, cpts_db_t *db, int measure,
                                   const cpts_span_t *month)
{
    cpts_db_e rc = cpts_db_begin(db, measures[measure].by_profession, "lls",
                                 month->begin, month->end,
                                 cpts_did_words[measures[measure].did]);

    forget_counts(table);
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        profession_row(table, cpts_db_text(db, 0), cpts_db_text(db, 1))->count
            = cpts_db_int64(db, 2);
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc;
}

/* --- hiding */

static cpts_small_t *cells_of(const table_t *table, apr_pool_t *pool)
{
    size_t count = (size_t)table->rows->nelts;
    cpts_small_t *cells = apr_pcalloc(pool, (count + 1) * sizeof(*cells));

    for (size_t i = 0; i < count; i++) {
        cells[i].count
            = APR_ARRAY_IDX(table->rows, (int)i, cpts_fair_row_t).count;
    }
    return cells;
}

/* Add the cells of a month to the figures.  A row that comes up later has no
 * cell here: it was zero, which is told. */
static void add_cells(table_t *table, int measure, const cpts_small_t *cells)
{
    for (int i = 0; i < table->rows->nelts; i++) {
        cpts_figure_add(
            &APR_ARRAY_IDX(table->rows, i, cpts_fair_row_t).figures[measure],
            &cells[i]);
    }
}

/* Of a month of which nothing may be told, not even what was zero. */
static void add_unknown(apr_array_header_t *rows, int measure)
{
    for (int i = 0; i < rows->nelts; i++) {
        cpts_figure_add_unknown(
            &APR_ARRAY_IDX(rows, i, cpts_fair_row_t).figures[measure]);
    }
}

/* Both tables have the same sum: what one tells of it, the other must bear. */
static void hide(table_t *doctors, table_t *professions, cpts_figure_t *sum,
                 int measure, int threshold, apr_pool_t *pool)
{
    cpts_small_t *by_doctor = cells_of(doctors, pool);
    cpts_small_t *by_profession = cells_of(professions, pool);
    cpts_small_t total;
    int told = cpts_small_hide(by_doctor, (size_t)doctors->rows->nelts, &total,
                               threshold, CPTS_TOTAL_STAYS);

    told &= cpts_small_hide(by_profession, (size_t)professions->rows->nelts,
                            &total, threshold, CPTS_TOTAL_STAYS);
    if (told) {
        add_cells(doctors, measure, by_doctor);
        add_cells(professions, measure, by_profession);
        cpts_figure_add(sum, &total);
    }
    else {
        cpts_figure_add_unknown(sum);
    }
}

static cpts_db_e count_month(table_t *doctors, table_t *professions,
                             cpts_figure_t *sums, cpts_db_t *db,
                             const cpts_span_t *month, int threshold,
                             apr_pool_t *pool)
{
    cpts_db_e rc = CPTS_DB_OK;

    for (int i = 0; i < CPTS_MEASURES && rc == CPTS_DB_OK; i++) {
        rc = count_doctors(doctors, db, i, month);
        if (rc == CPTS_DB_OK) {
            rc = count_professions(professions, db, i, month);
        }
        if (rc == CPTS_DB_OK) {
            hide(doctors, professions, &sums[i], i, threshold, pool);
        }
    }
    return rc;
}

/* --- the tables as they are published */

static int by_name(const void *a, const void *b)
{
    const cpts_fair_row_t *left = a;
    const cpts_fair_row_t *right = b;
    int order;

    if (!left->name || !right->name) {
        return (left->name == NULL) - (right->name == NULL);
    }
    order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->rpps, right->rpps);
}

/* Each erased doctor has a cell of its own, as before the erasure; they are
 * told together. */
static apr_array_header_t *fold_erased(const table_t *doctors)
{
    apr_array_header_t *rows = apr_array_make(
        doctors->pool, doctors->rows->nelts + 1, sizeof(cpts_fair_row_t));
    cpts_fair_row_t erased;

    memset(&erased, 0, sizeof(erased));
    for (int i = 0; i < doctors->rows->nelts; i++) {
        const cpts_fair_row_t *row
            = &APR_ARRAY_IDX(doctors->rows, i, cpts_fair_row_t);

        if (row->rpps) {
            APR_ARRAY_PUSH(rows, cpts_fair_row_t) = *row;
            continue;
        }
        for (int m = 0; m < CPTS_MEASURES; m++) {
            cpts_figure_add_figure(&erased.figures[m], &row->figures[m]);
        }
    }
    APR_ARRAY_PUSH(rows, cpts_fair_row_t) = erased;
    qsort(rows->elts, (size_t)rows->nelts, sizeof(cpts_fair_row_t), by_name);
    return rows;
}

static cpts_db_e read_all(cpts_fairness_t *out, cpts_db_t *db,
                          const cpts_span_t *months, int count, int threshold,
                          apr_pool_t *pool)
{
    table_t doctors;
    table_t professions;
    cpts_db_e rc;

    make(&doctors, pool);
    make(&professions, pool);
    rc = list_doctors(&doctors, db);
    if (rc == CPTS_DB_OK) {
        rc = list_professions(&professions, db);
    }
    for (int i = 0; i < count && rc == CPTS_DB_OK; i++) {
        rc = count_month(&doctors, &professions, out->sums, db, &months[i],
                         threshold, pool);
    }
    out->doctors = fold_erased(&doctors);
    out->professions = professions.rows;
    for (int i = 0; i < CPTS_MEASURES; i++) {
        if (out->sums[i].to == CPTS_FIGURE_OPEN) {
            add_unknown(out->doctors, i);
            add_unknown(out->professions, i);
        }
    }
    return rc;
}

cpts_db_e cpts_fairness_read(cpts_fairness_t *out, cpts_db_t *db,
                             const cpts_span_t *months, int count,
                             int threshold, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_start_read(db);

    memset(out, 0, sizeof(*out));
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = read_all(out, db, months, count, threshold, pool);
    cpts_db_rollback(db);
    return rc;
}

cpts_db_e cpts_journal_since(int64_t *since, cpts_db_t *db)
{
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_JOURNAL_FIRST, "");

    *since = 0;
    if (rc == CPTS_DB_ROW) {
        if (cpts_db_int64(db, 0) > 1) {
            *since = cpts_db_int64(db, 1);
        }
        cpts_db_end(db);
    }
    return rc == CPTS_DB_ROW || rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}
