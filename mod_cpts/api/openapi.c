/* SPDX-License-Identifier: Apache-2.0 */
/* GET /openapi.json: the contract, written from the route table. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "api/routes.h"
#include "api/schemas.h"
#include "core/version.h"
#include "httpd/reply.h"

/* What a status of ours means where no problem is. */
static const struct {
    int status;
    const char *description;
} statuses[] = {
    { 200, "Done." },
    { 201, "Created; Location and ETag say where and which version." },
    { 204, "Erased: nothing is left to show." },
    { 304, "Not changed since the version of If-None-Match." },
    { 400, "The request could not be read; `code` says why." },
    { 401, "Sign in." },
    { 403, "This account may not." },
    { 404, "Nothing there." },
    { 409, "It exists already, or its state does not allow this." },
    { 410, "Used, revoked or too old: it cannot be used any more." },
    { 412, "Changed since it was read: read it again." },
    { 413, "The body is over the limit." },
    { 415, "The body has to be application/json." },
    { 422, "Every fault is in `errors`." },
    { 428, "If-Match is needed." },
    { 429, "Too many: see Retry-After; `code` says of what." },
    { 503, "The database cannot serve now; `code` says what to do." },
    { 507, "The disk is full." },
};

static const char *description_of(int status)
{
    size_t i;

    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].status == status) {
            return statuses[i].description;
        }
    }
    return "See RFC 9110.";
}

static json_t *reference(const char *name)
{
    char path[80];

    apr_snprintf(path, sizeof(path), "#/components/schemas/%s", name);
    return json_pack("{s:s}", "$ref", path);
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static void add_response(json_t *responses, const cpts_route_t *route,
                         int status)
{
    char key[8];
    json_t *response
        = json_pack("{s:s}", "description", description_of(status));

    if (status >= 400) {
        json_object_set_new(
            response, "content",
            content("application/problem+json", reference("Problem")));
    }
    else if (route->schema && status != 304 && strchr(route->schema, '/')) {
        json_object_set_new(
            response, "content",
            content(route->schema, json_pack("{s:s}", "type", "object")));
    }
    else if (route->schema && status != 304) {
        json_object_set_new(
            response, "content",
            content("application/json", reference(route->schema)));
    }
    else if (status == 200) {
        json_object_set_new(
            response, "content",
            content("application/json", json_pack("{s:s}", "type", "object")));
    }
    apr_snprintf(key, sizeof(key), "%d", status);
    json_object_set_new(responses, key, response);
}

/* What the handler may answer, and what the checks before it may. */
static json_t *responses_of(const cpts_route_t *route)
{
    json_t *responses = json_object();
    const char *rest = route->statuses;

    while (*rest) {
        char *end;
        long status = strtol(rest, &end, 10);

        if (end == rest) {
            break;
        }
        add_response(responses, route, (int)status);
        rest = end;
    }
    add_response(responses, route, 400);
    if (route->roles != CPTS_ANYONE) {
        add_response(responses, route, 401);
        add_response(responses, route, 403);
        add_response(responses, route, 429);
    }
    if (route->body) {
        add_response(responses, route, 413);
        add_response(responses, route, 415);
    }
    if (route->flags & CPTS_WRITES) {
        add_response(responses, route, 507);
    }
    add_response(responses, route, 503);
    return responses;
}

static json_t *parameter(const char *name, const char *in, int required,
                         const char *description, json_t *schema)
{
    return json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "in", in,
                     "required", required, "description", description,
                     "schema", schema);
}

static void add_query(json_t *parameters, const cpts_field_t *fields)
{
    json_t *schema = cpts_fields_schema(fields);
    const cpts_field_t *f;

    for (f = fields; f->name; f++) {
        json_t *one
            = json_object_get(json_object_get(schema, "properties"), f->name);
        json_t *words = json_object_get(one, "enum");

        /* A parameter is there or not: it is never null. */
        json_object_set_new(one, "type", json_string("string"));
        if (words) {
            json_array_remove(words, json_array_size(words) - 1);
        }
        json_object_del(one, "description");
        json_array_append_new(parameters, parameter(f->name, "query", 0,
                                                    f->doc, json_incref(one)));
    }
    json_decref(schema);
}

static json_t *parameters_of(const cpts_route_t *route)
{
    json_t *parameters = json_array();

    int i;

    for (i = 0; i < CPTS_PARAMETERS; i++) {
        const cpts_parameter_t *p = &cpts_parameters[i];
        const char *at = strstr(route->path, p->name);

        if (at && at[-1] == '{' && at[strlen(p->name)] == '}') {
            json_array_append_new(
                parameters, parameter(p->name, "path", 1, p->doc,
                                      json_pack("{s:s, s:s}", "type", "string",
                                                "pattern", p->pattern)));
        }
    }
    if (route->query) {
        add_query(parameters, route->query);
    }
    if (route->flags & CPTS_NEEDS_IF_MATCH) {
        json_array_append_new(parameters,
                              parameter("If-Match", "header", 1,
                                        "ETag of the version that was read.",
                                        json_pack("{s:s}", "type", "string")));
    }
    if (strstr(route->statuses, "304")) {
        json_array_append_new(parameters,
                              parameter("If-None-Match", "header", 0,
                                        "ETag of the version at hand.",
                                        json_pack("{s:s}", "type", "string")));
    }
    if (route->flags & CPTS_TAKES_KEY) {
        json_array_append_new(
            parameters,
            parameter("Idempotency-Key", "header", 0,
                      "Sent again with the same request, nothing is done "
                      "twice.",
                      json_pack("{s:s, s:i, s:i}", "type", "string",
                                "minLength", 1, "maxLength", 64)));
    }
    return parameters;
}

/* Bodies that are a published schema are referred to, others written out. */
static json_t *body_schema(const cpts_route_t *route)
{
    const cpts_schema_t *s;

    for (s = cpts_schemas; s->name; s++) {
        if (s->fields == route->body) {
            return reference(s->name);
        }
    }
    return cpts_fields_schema(route->body);
}

/* The first segment: "sheets", "match"... */
static json_t *tags_of(const cpts_route_t *route)
{
    const char *start = route->path + 1;

    return json_pack("[o]", json_stringn(start, strcspn(start, "/.")));
}

static json_t *roles_of(const cpts_route_t *route)
{
    json_t *roles = json_array();
    int i;

    for (i = 0; i < CPTS_ROLES; i++) {
        if (route->roles == CPTS_ANYONE || (route->roles & CPTS_ROLE_BIT(i))) {
            json_array_append_new(roles, json_string(cpts_role_words[i]));
        }
    }
    return roles;
}

static json_t *operation_of(const cpts_route_t *route)
{
    json_t *operation = json_pack(
        "{s:s, s:s, s:o, s:o, s:o}", "operationId", route->operation,
        "summary", route->summary, "tags", tags_of(route), "x-cpts-roles",
        roles_of(route), "responses", responses_of(route));
    json_t *parameters = parameters_of(route);

    if (json_array_size(parameters)) {
        json_object_set(operation, "parameters", parameters);
    }
    json_decref(parameters);
    if (route->roles == CPTS_ANYONE) {
        json_object_set_new(operation, "security", json_array());
    }
    if (route->body) {
        json_object_set_new(
            operation, "requestBody",
            json_pack("{s:b, s:o}", "required", 1, "content",
                      content("application/json", body_schema(route))));
    }
    return operation;
}

static void add_route(json_t *paths, const cpts_route_t *route)
{
    json_t *path = json_object_get(paths, route->path);
    const char *method = cpts_route_method(route->method);
    char lower[16];
    size_t i;

    if (!path) {
        path = json_object();
        json_object_set_new(paths, route->path, path);
    }
    for (i = 0; method[i] && i < sizeof(lower) - 1; i++) {
        lower[i] = (char)tolower((unsigned char)method[i]);
    }
    lower[i] = '\0';
    json_object_set_new(path, lower, operation_of(route));
}

static json_t *all_paths(void)
{
    json_t *paths = json_object();
    const cpts_route_t *const *slice;
    const cpts_route_t *route;

    for (slice = cpts_route_slices; *slice; slice++) {
        for (route = *slice; route->path; route++) {
            add_route(paths, route);
        }
    }
    return paths;
}

static json_t *all_tags(void)
{
    static const char *const tags[][2] = {
        { "health", "Is it well?" },
        { "openapi", "This document." },
        { "contact", "Whose site this is." },
        { "me", "Who is signed in." },
        { "territory", "Communes, contours, perimeters, limits." },
        { "sheets", "What doctors say of themselves." },
        { "invitations", "Who is asked to join." },
        { "batches", "Invitations counted together." },
        { "match", "Who can take this patient?" },
        { "links", "What the links in mails do." },
        { "activity", "How much the list is used." },
    };
    json_t *array = json_array();
    size_t i;

    for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        json_array_append_new(array,
                              json_pack("{s:s, s:s}", "name", tags[i][0],
                                        "description", tags[i][1]));
    }
    return array;
}

static json_t *all_schemas(void)
{
    json_t *schemas = json_object();
    const cpts_schema_t *s;

    for (s = cpts_schemas; s->name; s++) {
        json_object_set_new(schemas, s->name, cpts_fields_schema(s->fields));
    }
    return schemas;
}

static json_t *server_of(const cpts_request_t *request)
{
    const char *path = cpts_request_path(request->r);

    return json_stringn(request->r->uri, (size_t)(path - request->r->uri));
}

static int get_openapi(cpts_request_t *request)
{
    json_t *document = json_pack(
        "{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:o}], s:[{s:[]}], s:o,"
        " s:o, s:{s:{s:{s:s, s:s}}, s:o}}",
        "openapi", "3.1.0", "info", "title", "mod_cpts", "version",
        CPTS_VERSION, "summary",
        "Helps patients without a family doctor find one; keeps no patient "
        "data.",
        "license", "name", "Apache-2.0", "identifier", "Apache-2.0", "servers",
        "url", server_of(request), "security", "basic", "tags", all_tags(),
        "paths", all_paths(), "components", "securitySchemes", "basic", "type",
        "http", "scheme", "basic", "schemas", all_schemas());

    return cpts_reply_json(request, HTTP_OK, document);
}

/* clang-format off */
const cpts_route_t cpts_routes_openapi[] = {
    { M_GET, "/openapi.json", CPTS_ANYONE, 0, get_openapi, "getOpenapi",
      "This contract.", NULL, 0, NULL, "200", NULL },
    { .path = NULL }
};
/* clang-format on */
