/* SPDX-License-Identifier: Apache-2.0 */
/* POST /match: the need in, proposals out, the consultation recorded. */

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "api/routes.h"
#include "core/match.h"
#include "httpd/database.h"
#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/consultation.h"

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

/* A need without an answer is counted where the patient lives; a point is in
 * no commune that is known. */
static void set_unmet(cpts_consultation_t *consultation,
                      const cpts_match_t *match, const cpts_need_t *need)
{
    if (match->count == 0 && !match->followed && need->home) {
        apr_cpystrn(consultation->unmet, need->home->insee,
                    sizeof(consultation->unmet));
        memcpy(consultation->excluded, match->excluded,
               sizeof(consultation->excluded));
    }
}

/* Who, when, which sheets; never a criterion.  Durable on return. */
static int record(cpts_request_t *request, const cpts_match_t *match,
                  const cpts_need_t *need)
{
    cpts_consultation_t consultation
        = { .account = request->actor.id,
            .role = request->actor.role,
            .at = cpts_request_now(request),
            .day = request->today,
            .day_begin = apr_time_sec(cpts_day_begin(request->today)),
            .count = match->count,
            .ceiling = request->territory->limits.daily_consultations };
    const char *key;
    int problem = cpts_request_key(request, &key);
    cpts_db_e rc;
    int i;

    if (problem != OK) {
        return problem;
    }
    apr_cpystrn(consultation.key, key ? key : "", sizeof(consultation.key));
    for (i = 0; i < match->count; i++) {
        consultation.sheets[i] = match->proposals[i].id;
    }
    set_unmet(&consultation, match, need);
    rc = cpts_database_record(request->r, &consultation);
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
