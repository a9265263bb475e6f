/* SPDX-License-Identifier: Apache-2.0 */
/* GET /unmet: needs without an answer, by commune, month and requirement. */

#include <apr_strings.h>

#include "api/figures.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/placement.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/consultation.h"
#include "store/fairness.h"
#include "store/unmet.h"

typedef struct {
    const char *requirement;
    cpts_told_t *needs;
} requirement_t;

typedef struct {
    const char *commune, *name, *month;
    cpts_told_t *needs;
    apr_array_header_t *requirements; /* of requirement_t */
} row_t;

typedef struct {
    const char *month;
    cpts_told_t *searches;
} denominator_t;

typedef struct {
    cpts_provenance_t *provenance;
    apr_array_header_t *searches; /* of denominator_t */
    apr_array_header_t *communes; /* of row_t */
} unmet_t;

/* clang-format off */
#define TEXT(type, member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define TOLD(type, member, doc) \
    { #member, CPTS_OBJECT, CPTS_REQUIRED, 0, 0, NULL, NULL, \
      cpts_told_fields, sizeof(cpts_told_t), offsetof(type, member), doc }
#define LIST(type, member, item, fields, doc) \
    { #member, CPTS_OBJECTS, CPTS_REQUIRED, 0, 10000, NULL, NULL, fields, \
      sizeof(item), offsetof(type, member), doc }

static const cpts_field_t requirement_fields[] = {
    TEXT(requirement_t, requirement, CPTS_REQUIRED,
         "As in the answer to a need."),
    TOLD(requirement_t, needs, "Needs for which it excluded a doctor."),
    { .name = NULL }
};

static const cpts_field_t row_fields[] = {
    TEXT(row_t, commune, CPTS_REQUIRED, "INSEE code."),
    TEXT(row_t, name, 0, "Its name, if the territory knows it."),
    TEXT(row_t, month, CPTS_REQUIRED, "2026-11."),
    TOLD(row_t, needs, "Needs to which no doctor could be proposed."),
    LIST(row_t, requirements, requirement_t, requirement_fields,
         "What stood against them; one need may count under several."),
    { .name = NULL }
};

static const cpts_field_t denominator_fields[] = {
    TEXT(denominator_t, month, CPTS_REQUIRED, "2026-11."),
    TOLD(denominator_t, searches, "Searches of the whole territory."),
    { .name = NULL }
};

const cpts_field_t cpts_unmet_fields[] = {
    { "provenance", CPTS_OBJECT, CPTS_REQUIRED, 0, 0, NULL, NULL,
      cpts_provenance_fields, sizeof(cpts_provenance_t),
      offsetof(unmet_t, provenance), "Of what, from what, when." },
    LIST(unmet_t, searches, denominator_t, denominator_fields,
         "The denominators, month by month."),
    LIST(unmet_t, communes, row_t, row_fields,
         "By commune, then month; what is not there is zero."),
    { .name = NULL }
};
/* clang-format on */

static const char *month_text(cpts_day_t day, apr_pool_t *pool)
{
    char *text = apr_palloc(pool, CPTS_MONTH_SIZE);

    cpts_month_format(text, day);
    return text;
}

static apr_array_header_t *tell_requirements(const cpts_unmet_t *row,
                                             apr_pool_t *pool)
{
    apr_array_header_t *told
        = apr_array_make(pool, CPTS_EXCLUDED_COUNT, sizeof(requirement_t));
    int i;

    for (i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        requirement_t *requirement;

        if (!row->requirements[i].hidden && row->requirements[i].to == 0) {
            continue;
        }
        requirement = apr_array_push(told);
        requirement->requirement = cpts_excluded_words[i];
        requirement->needs = cpts_figure_tell(&row->requirements[i], pool);
    }
    return told;
}

static apr_array_header_t *tell_rows(const apr_array_header_t *rows,
                                     const cpts_request_t *request)
{
    apr_array_header_t *told
        = apr_array_make(request->pool, rows->nelts, sizeof(row_t));
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cpts_unmet_t *from = &APR_ARRAY_IDX(rows, i, cpts_unmet_t);
        const cpts_commune_t *commune
            = cpts_territory_commune(request->territory, from->commune);
        row_t *row = apr_array_push(told);

        row->commune = from->commune;
        row->name = commune ? commune->name : NULL;
        row->month = from->month;
        row->needs = cpts_figure_tell(&from->none, request->pool);
        row->requirements = tell_requirements(from, request->pool);
    }
    return told;
}

/* Searches of one month, small counts hidden as the others.
 * @param since when the journal begins: of an earlier month it has a part */
static cpts_db_e add_searches(apr_array_header_t *told, cpts_db_t *db,
                              const cpts_day_t *begins, int64_t since,
                              const cpts_request_t *request)
{
    int64_t begin = apr_time_sec(cpts_day_begin(begins[0]));
    int64_t end = apr_time_sec(cpts_day_begin(begins[1]));
    cpts_small_t cell = { 0, 0, 0, 0 };
    cpts_small_t sum;
    cpts_figure_t figure = { 0, 0, 0 };
    denominator_t *row = apr_array_push(told);
    cpts_db_e rc = cpts_consultation_count(&cell.count, db, begin, end);

    (void)cpts_small_hide(&cell, 1, &sum, (int)request->config->small_count,
                          CPTS_TOTAL_YIELDS);
    if (begin < since) {
        cpts_figure_add_unknown(&figure);
    }
    else {
        cpts_figure_add(&figure, &cell);
    }
    row->month = month_text(begins[0], request->pool);
    row->searches = cpts_figure_tell(&figure, request->pool);
    return rc;
}

static cpts_db_e read_all(unmet_t *out, cpts_db_t *db,
                          const cpts_months_t *months, int64_t since,
                          const cpts_request_t *request)
{
    apr_array_header_t *rows;
    cpts_db_e rc
        = cpts_unmet_read(&rows, db, month_text(months->first, request->pool),
                          month_text(months->last, request->pool),
                          (int)request->config->small_count, request->pool);
    int i;

    out->communes = tell_rows(rows, request);
    out->searches
        = apr_array_make(request->pool, months->count, sizeof(denominator_t));
    for (i = 0; i < months->count && rc == CPTS_DB_OK; i++) {
        rc = add_searches(out->searches, db, &months->begins[i], since,
                          request);
    }
    return rc;
}

/* Counters go with the journal of their month: one that ended before it
 * begins may have had some. */
static cpts_db_e find_months(cpts_months_t *months, int64_t *since,
                             cpts_db_t *db, const cpts_request_t *request)
{
    cpts_db_e rc = cpts_journal_since(since, db);

    cpts_months_find(months, request);
    if (rc == CPTS_DB_OK && *since) {
        cpts_months_since(
            months, cpts_period_begin(CPTS_PERIOD_MONTH,
                                      cpts_day_of(apr_time_from_sec(*since))));
    }
    return rc;
}

static int get_unmet(cpts_request_t *request)
{
    cpts_months_t months;
    unmet_t out;
    cpts_database_t *database;
    cpts_db_t *db;
    int problem = OK;
    int64_t since;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = find_months(&months, &since, db, request);
    if (rc == CPTS_DB_OK) {
        out.provenance = cpts_figures_provenance(request, &months, "unmet");
        rc = read_all(&out, db, &months, since, request);
    }
    if (rc != CPTS_DB_OK) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_unmet_fields, &out, 0))
                         : problem;
}

/* clang-format off */
const cpts_route_t cpts_routes_unmet[] = {
    { M_GET, "/unmet", CPTS_ROLE_BIT(CPTS_COORDINATOR), 0, get_unmet,
      "getUnmet",
      "Needs without an answer, by commune, month and requirement.",
      cpts_months_query_fields, sizeof(cpts_months_query_t), NULL, "200 400",
      "Unmet" },
    { .path = NULL }
};
/* clang-format on */
