/* SPDX-License-Identifier: Apache-2.0 */
/* GET /health: whether the territory can be served, and if not, what to do. */

#include <apr_strings.h>

#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/snapshot.h"
#include "core/version.h"
#include "httpd/live.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

static cpts_health_details_t *details_of(cpts_request_t *request,
                                         const cpts_live_status_t *status,
                                         const cpts_snapshot_t *snapshot)
{
    cpts_health_details_t *details
        = apr_pcalloc(request->pool, sizeof(*details));

    details->sheets = (int)cpts_snapshot_count(snapshot);
    details->unlocated_sites = (int)cpts_snapshot_unlocated(snapshot);
    details->looked_at = cpts_page_time(request->pool, status->looked_at);
    return details;
}

static int get_health(cpts_request_t *request)
{
    cpts_health_t health = { "ok", CPTS_VERSION, NULL };
    cpts_health_territory_t *territory;
    const cpts_territory_t *known;
    const cpts_snapshot_t *snapshot;
    cpts_live_status_t status;

    cpts_live_status(&status, request->r);
    if (status.kind == CPTS_DB_OK) {
        /* With it what was committed by any child, as a match would see. */
        status.kind = cpts_live_acquire(request->r, &snapshot, &known);
    }
    if (status.kind != CPTS_DB_OK) {
        return cpts_problem_db(request->r, status.kind, NULL);
    }
    health.territories = apr_array_make(request->pool, 1, sizeof(*territory));
    territory = apr_array_push(health.territories);
    territory->name = request->territory->name;
    territory->status = "ok";
    territory->schema = CPTS_SCHEMA_VERSION;
    territory->generation = (int)cpts_snapshot_generation(snapshot);
    territory->details = request->actor.role == CPTS_COORDINATOR
                             ? details_of(request, &status, snapshot)
                             : NULL;
    return cpts_reply_json(request, HTTP_OK,
                           cpts_fields_encode(cpts_health_fields, &health, 0));
}

/* clang-format off */
const cpts_route_t cpts_routes_health[] = {
    { M_GET, "/health", CPTS_ANYONE, 0, get_health, "getHealth",
      "Whether this territory can be served.", NULL, 0, NULL, "200 503",
      "Health" },
    { .path = NULL }
};
/* clang-format on */
