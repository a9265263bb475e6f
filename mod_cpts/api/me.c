/* SPDX-License-Identifier: Apache-2.0 */
/* GET /me: who is signed in. */

#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/reply.h"

static int get_me(cpts_request_t *request)
{
    cpts_me_t me
        = { request->actor.account, request->actor.role, request->actor.rpps };

    return cpts_reply_json(request, HTTP_OK,
                           cpts_fields_encode(cpts_me_fields, &me, 0));
}

/* clang-format off */
const cpts_route_t cpts_routes_me[] = {
    { M_GET, "/me", CPTS_SIGNED_IN, 0, get_me, "getMe",
      "Account, role and own RPPS of who asks.", NULL, 0, NULL, "200", "Me" },
    { .path = NULL }
};
/* clang-format on */
