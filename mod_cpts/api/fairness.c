/* SPDX-License-Identifier: Apache-2.0 */
/* GET /fairness: who was proposed, asked and taken up, and by whom. */

#include <apr_strings.h>

#include "api/figures.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/fairness.h"

typedef struct {
    const char *rpps, *name;
    cpts_told_t *proposals, *holds, *acceptances;
} doctor_t;

typedef struct {
    int role; /* or CPTS_NO_WORD */
    const char *profession;
    cpts_told_t *proposals, *holds, *acceptances;
} profession_t;

typedef struct {
    cpts_told_t *proposals, *holds, *acceptances;
} sums_t;

typedef struct {
    cpts_provenance_t *provenance;
    sums_t *sums;
    apr_array_header_t *doctors;     /* of doctor_t */
    apr_array_header_t *professions; /* of profession_t */
} fairness_t;

/* clang-format off */
#define TOLD(type, member, doc) \
    { #member, CPTS_OBJECT, CPTS_REQUIRED, 0, 0, NULL, NULL, \
      cpts_told_fields, sizeof(cpts_told_t), offsetof(type, member), doc }
#define MEASURES(type) \
    TOLD(type, proposals, "Sheets shown by searches."), \
    TOLD(type, holds, "Placements started."), \
    TOLD(type, acceptances, "Placements accepted.")
#define TEXT(type, member, doc) \
    { #member, CPTS_STRING, 0, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }

static const cpts_field_t doctor_fields[] = {
    TEXT(doctor_t, rpps, "RPPS; null: all erased doctors together."),
    TEXT(doctor_t, name, "Name; null: all erased doctors together."),
    MEASURES(doctor_t),
    { .name = NULL }
};

static const cpts_field_t profession_fields[] = {
    { "role", CPTS_WORD, 0, 0, 0, NULL, cpts_role_words, NULL, 0,
      offsetof(profession_t, role),
      "Role of who asked; null where the journal does not tell any more." },
    TEXT(profession_t, profession, "Profession of a professional; null when "
         "it is not known, or the account was erased."),
    MEASURES(profession_t),
    { .name = NULL }
};

static const cpts_field_t sums_fields[] = {
    MEASURES(sums_t),
    { .name = NULL }
};

const cpts_field_t cpts_fairness_fields[] = {
    { "provenance", CPTS_OBJECT, CPTS_REQUIRED, 0, 0, NULL, NULL,
      cpts_provenance_fields, sizeof(cpts_provenance_t),
      offsetof(fairness_t, provenance), "Of what, from what, when." },
    { "sums", CPTS_OBJECT, CPTS_REQUIRED, 0, 0, NULL, NULL, sums_fields,
      sizeof(sums_t), offsetof(fairness_t, sums),
      "The denominators: all doctors, all who ask." },
    { "doctors", CPTS_OBJECTS, CPTS_REQUIRED, 0, 10000, NULL, NULL,
      doctor_fields, sizeof(doctor_t), offsetof(fairness_t, doctors),
      "By name." },
    { "professions", CPTS_OBJECTS, CPTS_REQUIRED, 0, 1000, NULL, NULL,
      profession_fields, sizeof(profession_t),
      offsetof(fairness_t, professions), "Who asked." },
    { .name = NULL }
};
/* clang-format on */

#define TELL(out, figures, pool)                                              \
    do {                                                                      \
        (out)->proposals                                                      \
            = cpts_figure_tell(&(figures)[CPTS_MEASURE_PROPOSALS], (pool));   \
        (out)->holds                                                          \
            = cpts_figure_tell(&(figures)[CPTS_MEASURE_HOLDS], (pool));       \
        (out)->acceptances                                                    \
            = cpts_figure_tell(&(figures)[CPTS_MEASURE_ACCEPTANCES], (pool)); \
    } while (0)

static apr_array_header_t *tell_doctors(const apr_array_header_t *rows,
                                        apr_pool_t *pool)
{
    apr_array_header_t *told
        = apr_array_make(pool, rows->nelts, sizeof(doctor_t));
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cpts_fair_row_t *row = &APR_ARRAY_IDX(rows, i, cpts_fair_row_t);
        doctor_t *doctor = apr_array_push(told);

        doctor->rpps = row->rpps;
        doctor->name = row->name;
        TELL(doctor, row->figures, pool);
    }
    return told;
}

static apr_array_header_t *tell_professions(const apr_array_header_t *rows,
                                            apr_pool_t *pool)
{
    apr_array_header_t *told
        = apr_array_make(pool, rows->nelts, sizeof(profession_t));
    int i;

    for (i = 0; i < rows->nelts; i++) {
        const cpts_fair_row_t *row = &APR_ARRAY_IDX(rows, i, cpts_fair_row_t);
        profession_t *profession = apr_array_push(told);

        profession->role
            = row->role ? cpts_role_parse(row->role) : CPTS_NO_WORD;
        profession->profession = row->profession;
        TELL(profession, row->figures, pool);
    }
    return told;
}

static int answer(cpts_request_t *request, const cpts_months_t *months,
                  const cpts_fairness_t *counted)
{
    fairness_t out;

    out.provenance = cpts_figures_provenance(request, months, "journal");
    out.sums = apr_palloc(request->pool, sizeof(*out.sums));
    TELL(out.sums, counted->sums, request->pool);
    out.doctors = tell_doctors(counted->doctors, request->pool);
    out.professions = tell_professions(counted->professions, request->pool);
    return cpts_reply_json(request, HTTP_OK,
                           cpts_fields_encode(cpts_fairness_fields, &out, 0));
}

/* A month that was purged in part is none: its figures would change. */
static cpts_db_e count(cpts_fairness_t *counted, cpts_months_t *months,
                       cpts_db_t *db, cpts_request_t *request)
{
    cpts_span_t spans[CPTS_MONTHS_MAX];
    int64_t since;
    cpts_db_e rc = cpts_journal_since(&since, db);
    int i;

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (since) {
        cpts_months_since(months, cpts_day_of(apr_time_from_sec(since)));
    }
    for (i = 0; i < months->count; i++) {
        spans[i].begin = apr_time_sec(cpts_day_begin(months->begins[i]));
        spans[i].end = apr_time_sec(cpts_day_begin(months->begins[i + 1]));
    }
    return cpts_fairness_read(counted, db, spans, months->count,
                              (int)request->config->small_count,
                              request->pool);
}

static int get_fairness(cpts_request_t *request)
{
    cpts_fairness_t counted;
    cpts_months_t months;
    cpts_database_t *database;
    cpts_db_t *db;
    int problem = OK;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    cpts_months_find(&months, request);
    rc = count(&counted, &months, db, request);
    if (rc != CPTS_DB_OK) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    return problem == OK ? answer(request, &months, &counted) : problem;
}

/* clang-format off */
const cpts_route_t cpts_routes_fairness[] = {
    { M_GET, "/fairness", CPTS_ROLE_BIT(CPTS_COORDINATOR), 0, get_fairness,
      "getFairness",
      "Proposals, holds and acceptances, by doctor and by who asked.",
      cpts_months_query_fields, sizeof(cpts_months_query_t), NULL, "200 400",
      "Fairness" },
    { .path = NULL }
};
/* clang-format on */
