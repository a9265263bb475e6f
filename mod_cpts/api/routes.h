/* SPDX-License-Identifier: Apache-2.0 */
/* The slices of the route table, one per resource. */

/**
 * @file routes.h
 */
#ifndef CPTS_API_ROUTES_H
#define CPTS_API_ROUTES_H

#include "httpd/route.h"

extern const cpts_route_t cpts_routes_health[];
extern const cpts_route_t cpts_routes_openapi[];
extern const cpts_route_t cpts_routes_contact[];
extern const cpts_route_t cpts_routes_me[];
extern const cpts_route_t cpts_routes_territory[];
extern const cpts_route_t cpts_routes_sheets[];
extern const cpts_route_t cpts_routes_actions[];
extern const cpts_route_t cpts_routes_viewers[];
extern const cpts_route_t cpts_routes_match[];
extern const cpts_route_t cpts_routes_invitations[];
extern const cpts_route_t cpts_routes_batches[];
extern const cpts_route_t cpts_routes_invitation_use[];
extern const cpts_route_t cpts_routes_delegates[];
extern const cpts_route_t cpts_routes_placements[];
extern const cpts_route_t cpts_routes_links[];
extern const cpts_route_t cpts_routes_email[];
extern const cpts_route_t cpts_routes_activity[];
extern const cpts_route_t cpts_routes_journal[];
extern const cpts_route_t cpts_routes_fairness[];
extern const cpts_route_t cpts_routes_unmet[];
extern const cpts_route_t cpts_routes_export[];

#endif
