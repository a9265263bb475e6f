/* SPDX-License-Identifier: Apache-2.0 */
/* GET /territory: name, communes, perimeters, limits. Its contours. */

#include <string.h>

#include <apr_strings.h>
#include <httpd.h>

#include "api/routes.h"
#include "core/contours.h"
#include "core/territory.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

/* What stands between the spaces. */
static json_t *postcodes_json(const char *codes)
{
    json_t *array = json_array();

    while (*codes) {
        size_t length = strcspn(codes, " ");

        json_array_append_new(array, json_stringn(codes, length));
        codes += length + (codes[length] == ' ');
    }
    return array;
}

static json_t *communes_json(const cpts_territory_t *territory)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < territory->communes->nelts; i++) {
        const cpts_commune_t *c
            = &APR_ARRAY_IDX(territory->communes, i, cpts_commune_t);

        json_array_append_new(
            array, json_pack("{s:s, s:s, s:o, s:f, s:f, s:i, s:b}", "insee",
                             c->insee, "name", c->name, "postcodes",
                             postcodes_json(c->postcodes), "lat", c->lat,
                             "lon", c->lon, "population", c->population,
                             "neighbour", c->neighbour));
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
        "{s:f, s:f, s:f, s:f, s:f, s:i, s:i, s:i, s:i, s:i, s:i}",
        "home_visit_default_km", l->home_visit_default / 1000.0,
        "home_visit_max_km", l->home_visit_max / 1000.0, "search_start_km",
        l->search_start / 1000.0, "search_step_km", l->search_step / 1000.0,
        "search_max_km", l->search_max / 1000.0, "proposals", l->proposals,
        "priority_age", l->priority_age, "sheet_validity_days",
        l->sheet_validity, "placement_hold_days", l->placement_hold,
        "held_places", l->held_places, "daily_consultations",
        l->daily_consultations);
}

static int get_territory(cpts_request_t *request)
{
    const cpts_territory_t *t = request->territory;

    return cpts_reply_json(
        request, HTTP_OK,
        json_pack("{s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "name", t->name,
                  "phone", text_or_null(t->phone), "email",
                  text_or_null(t->email), "communes", communes_json(t),
                  "contours", t->contours != NULL, "perimeters",
                  perimeters_json(t), "limits", limits_json(&t->limits)));
}

/* mod_deflate and mod_brotli add to the ETag what they did ("...-gzip"), and
 * browsers send that back: what counts is the digest within. */
static int has_contours(const request_rec *r, const cpts_contours_t *contours)
{
    const char *known = apr_table_get(r->headers_in, "If-None-Match");

    return known && strstr(known, contours->digest);
}

/* Public facts, the same for all who are signed in, and by far the largest
 * answer: a browser may keep it, and asks each time whether it still holds. */
static int get_contours(cpts_request_t *request)
{
    const cpts_contours_t *contours = request->territory->contours;
    request_rec *r = request->r;

    if (!contours) {
        return cpts_problem(r, HTTP_NOT_FOUND, "no_contours",
                            "Ce territoire n’a pas de contours : les cartes "
                            "s’en passent.");
    }
    apr_table_setn(r->headers_out, "Cache-Control", "private, no-cache");
    apr_table_setn(
        r->headers_out, "ETag",
        apr_pstrcat(request->pool, "\"", contours->digest, "\"", NULL));
    if (has_contours(r, contours)) {
        return HTTP_NOT_MODIFIED;
    }
    return cpts_reply_buffer(request, HTTP_OK, contours->json,
                             contours->length, "application/geo+json");
}

/* clang-format off */
const cpts_route_t cpts_routes_territory[] = {
    { M_GET, "/territory", CPTS_SIGNED_IN, CPTS_BEFORE_TERMS, get_territory,
      "getTerritory", "Name, communes, perimeters and limits.", NULL, 0,
      NULL, "200", "Territory" },
    { M_GET, "/territory/contours", CPTS_SIGNED_IN, CPTS_BEFORE_TERMS,
      get_contours, "getContours", "Contours of the communes, GeoJSON.",
      NULL, 0, NULL, "200 304 404", "application/geo+json" },
    { .path = NULL }
};
/* clang-format on */
