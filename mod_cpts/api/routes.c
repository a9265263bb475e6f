/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: its slices, in the order of openapi.json. */

#include "api/routes.h"

const cpts_route_t *const cpts_route_slices[] = {
    cpts_routes_health,    cpts_routes_openapi, cpts_routes_me,
    cpts_routes_territory, cpts_routes_sheets,  cpts_routes_actions,
    cpts_routes_viewers,   cpts_routes_match,   NULL,
};
