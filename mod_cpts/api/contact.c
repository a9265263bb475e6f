/* SPDX-License-Identifier: Apache-2.0 */
/* GET /contact: whose site this is, and how to reach the coordination. */

#include "api/routes.h"
#include "api/schemas.h"
#include "core/territory.h"
#include "httpd/reply.h"

static int get_contact(cpts_request_t *request)
{
    const cpts_territory_t *t = request->territory;
    cpts_contact_t contact = { t->name, t->phone, t->email };

    return cpts_reply_json(
        request, HTTP_OK,
        cpts_fields_encode(cpts_contact_fields, &contact, 0));
}

/* clang-format off */
const cpts_route_t cpts_routes_contact[] = {
    { M_GET, "/contact", CPTS_ANYONE, 0, get_contact, "getContact",
      "Name of the CPTS and how to reach its coordination: for public pages.",
      NULL, 0, NULL, "200", "Contact" },
    { .path = NULL }
};
/* clang-format on */
