/* SPDX-License-Identifier: Apache-2.0 */
/* POST /match: the need in, proposals out, the consultation recorded. */

#include <apr_time.h>

#include "api/routes.h"
#include "core/match.h"
#include "httpd/database.h"
#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/consultation.h"
#include "store/unmet.h"

static int over_ceiling(cpts_request_t *request)
{
    apr_time_t tomorrow = cpts_day_begin(request->today + 1);
    apr_time_t wait = tomorrow - request->r->request_time;

    cpts_problem_retry(request->r, (int)apr_time_sec(wait) + 1);
    return cpts_problem(request->r, HTTP_TOO_MANY_REQUESTS, "daily_ceiling",
                        "Le nombre de recherches permis par jour est "
                        "atteint. Demain, ou par la coordination de la "
                        "CPTS.");
}

/* What is written down of one search. */
typedef struct {
    cpts_consultation_t consultation;
    int recorded;        /* 0 when it was sent and recorded before */
    const char *commune; /* where the need has no answer, or NULL */
    const int *excluded; /* of the match */
    cpts_day_t today;
} recording_t;

/* The counters go with the entry, in one transaction, and know nothing of
 * it; a search sent again is not counted again. */
static cpts_db_e insert(cpts_db_t *db, void *baton)
{
    recording_t *recording = baton;
    cpts_db_e rc = cpts_consultation_insert(db, &recording->consultation);

    if (rc == CPTS_DB_OK && recording->commune && recording->recorded) {
        rc = cpts_unmet_count(db, recording->commune, recording->today,
                              recording->excluded);
    }
    return rc;
}

/* The commune to count a need without an answer under; a point is in none
 * that is known. */
static const char *unmet_commune(const cpts_match_t *match,
                                 const cpts_need_t *need)
{
    return match->count == 0 && !match->followed && need->home
               ? need->home->insee
               : NULL;
}

/* Who, when, which sheets; never a criterion.  Durable on return. */
static int record(cpts_request_t *request, const cpts_match_t *match,
                  const cpts_need_t *need)
{
    recording_t recording = { .commune = unmet_commune(match, need),
                              .excluded = match->excluded,
                              .today = request->today };
    cpts_consultation_t *consultation = &recording.consultation;
    int64_t shown[CPTS_PROPOSALS_MAX];
    int problem;
    cpts_db_e rc;
    int i;

    *consultation = (cpts_consultation_t){
        .actor = &request->actor,
        .at = cpts_request_now(request),
        .count = match->count,
        .ceiling = request->territory->limits.daily_consultations,
        .day_begin = apr_time_sec(cpts_day_begin(request->today)),
        .sheets = shown,
        .recorded = &recording.recorded
    };
    problem = cpts_request_key(request, &consultation->key);
    if (problem != OK) {
        return problem;
    }
    for (i = 0; i < match->count; i++) {
        shown[i] = match->proposals[i].id;
    }
    rc = cpts_database_write(request->r, insert, &recording);
    if (rc == CPTS_DB_FORBIDDEN) {
        return over_ceiling(request);
    }
    return rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, NULL);
}

static int post_match(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    const cpts_territory_t *territory;
    const cpts_snapshot_t *snapshot;
    cpts_need_t *need;
    cpts_match_t *match;
    cpts_db_e rc;
    int problem;

    need = cpts_need_decode(request->body, request->territory, faults,
                            request->pool);
    if (!need) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    rc = cpts_live_acquire(request->r, &snapshot, &territory);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    if (cpts_match_run(&match, snapshot, territory, need, request->today,
                       request->pool)
        != APR_SUCCESS) {
        return cpts_problem(request->r, HTTP_INTERNAL_SERVER_ERROR, NULL,
                            NULL);
    }
    problem = record(request, match, need);
    return problem == OK ? cpts_reply_buffer(request, HTTP_OK, match->body,
                                             match->length, "application/json")
                         : problem;
}

/* clang-format off */
const cpts_route_t cpts_routes_match[] = {
    { M_POST, "/match", CPTS_SEARCHERS, CPTS_WRITES | CPTS_TAKES_KEY,
      post_match, "match",
      "Doctors who can take this patient. The need is not kept.", NULL, 0,
      cpts_need_fields, "200 422 429", "Answer" },
    { .path = NULL }
};
/* clang-format on */
