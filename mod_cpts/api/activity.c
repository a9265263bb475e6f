/* SPDX-License-Identifier: Apache-2.0 */
/* GET /activity: how much the list is used, week by week. */

#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/consultation.h"

#define WEEKS 8

/* The Monday of the week of a day: day 0, 1970-01-01, was a Thursday. */
static cpts_day_t monday_of(cpts_day_t day)
{
    return day - (day + 3) % 7;
}

static cpts_db_e count_weeks(cpts_activity_t *activity, cpts_db_t *db,
                             const cpts_request_t *request)
{
    cpts_day_t monday = monday_of(request->today);
    cpts_db_e rc = CPTS_DB_OK;
    int i;

    for (i = 0; i < WEEKS && rc == CPTS_DB_OK; i++) {
        cpts_week_t *week = apr_array_push(activity->weeks);
        int64_t count = 0;

        week->monday = monday - 7 * i;
        rc = cpts_consultation_count(
            &count, db, apr_time_sec(cpts_day_begin(week->monday)),
            apr_time_sec(cpts_day_begin(week->monday + 7)));
        week->consultations = (int)count;
    }
    return rc;
}

static int get_activity(cpts_request_t *request)
{
    cpts_activity_t activity
        = { apr_array_make(request->pool, WEEKS, sizeof(cpts_week_t)) };
    cpts_database_t *database;
    cpts_db_t *db;
    int problem = OK;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = count_weeks(&activity, db, request);
    if (rc != CPTS_DB_OK) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_activity_fields, &activity, 0))
                         : problem;
}

/* clang-format off */
const cpts_route_t cpts_routes_activity[] = {
    { M_GET, "/activity", CPTS_ROLE_BIT(CPTS_COORDINATOR), 0, get_activity,
      "getActivity", "Consultations of this week and of the seven before.",
      NULL, 0, NULL, "200", "Activity" },
    { .path = NULL }
};
/* clang-format on */
