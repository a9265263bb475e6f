/* SPDX-License-Identifier: Apache-2.0 */
/* GET /territory: name, communes, perimeters, limits. */

#include "api/routes.h"
#include "core/territory.h"
#include "httpd/reply.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *communes_json(const cpts_territory_t *territory)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < territory->communes->nelts; i++) {
        const cpts_commune_t *c
            = &APR_ARRAY_IDX(territory->communes, i, cpts_commune_t);

        json_array_append_new(
            array,
            json_pack("{s:s, s:s, s:f, s:f, s:i, s:b}", "insee", c->insee,
                      "name", c->name, "lat", c->lat, "lon", c->lon,
                      "population", c->population, "neighbour", c->neighbour));
    }
    return array;
}

static json_t *perimeter_json(const cpts_territory_t *territory,
                              const cpts_perimeter_t *perimeter)
{
    json_t *codes = json_array();
    size_t i;

    for (i = 0; i < perimeter->count; i++) {
        const cpts_commune_t *c = &APR_ARRAY_IDX(
            territory->communes, perimeter->communes[i], cpts_commune_t);

        json_array_append_new(codes, json_string(c->insee));
    }
    return json_pack("{s:s, s:o}", "name", perimeter->name, "communes", codes);
}

static json_t *perimeters_json(const cpts_territory_t *territory)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < territory->perimeters->nelts; i++) {
        json_array_append_new(
            array,
            perimeter_json(territory, &APR_ARRAY_IDX(territory->perimeters, i,
                                                     cpts_perimeter_t)));
    }
    return array;
}

static json_t *limits_json(const cpts_limits_t *l)
{
    return json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i}",
        "home_visit_default_km", l->home_visit_default / 1000.0,
        "home_visit_max_km", l->home_visit_max / 1000.0, "search_start_km",
        l->search_start / 1000.0, "search_step_km", l->search_step / 1000.0,
        "search_max_km", l->search_max / 1000.0, "proposals", l->proposals,
        "priority_age", l->priority_age, "sheet_validity_days",
        l->sheet_validity, "daily_consultations", l->daily_consultations);
}

static int get_territory(cpts_request_t *request)
{
    const cpts_territory_t *t = request->territory;

    return cpts_reply_json(
        request, HTTP_OK,
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "name", t->name, "phone",
                  text_or_null(t->phone), "email", text_or_null(t->email),
                  "communes", communes_json(t), "perimeters",
                  perimeters_json(t), "limits", limits_json(&t->limits)));
}

/* clang-format off */
const cpts_route_t cpts_routes_territory[] = {
    { M_GET, "/territory", CPTS_SIGNED_IN, 0, get_territory, "getTerritory",
      "Name, communes, perimeters and limits.", NULL, 0, NULL, "200",
      "Territory" },
    { .path = NULL }
};
/* clang-format on */
