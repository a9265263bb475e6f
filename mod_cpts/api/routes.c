/* SPDX-License-Identifier: Apache-2.0 */
/* The route table: its slices, in the order of openapi.json. */

#include "api/routes.h"

#ifdef CPTS_BENCH
/* What "make bench" compares with: t/bench/routes_bench.c. */
extern const cpts_route_t cpts_routes_bench[];
#define BENCH_SLICE cpts_routes_bench,
#else
#define BENCH_SLICE
#endif

const cpts_route_t *const cpts_route_slices[] = {
    cpts_routes_health,    cpts_routes_openapi,
    cpts_routes_contact,   cpts_routes_me,
    cpts_routes_territory, cpts_routes_sheets,
    cpts_routes_actions,   cpts_routes_viewers,
    cpts_routes_match,     cpts_routes_invitations,
    cpts_routes_batches,   cpts_routes_invitation_use,
    cpts_routes_delegates, cpts_routes_placements,
    cpts_routes_links,     cpts_routes_email,
    cpts_routes_activity,  cpts_routes_journal,
    cpts_routes_fairness,  cpts_routes_unmet,
    cpts_routes_export,    BENCH_SLICE NULL,
};
