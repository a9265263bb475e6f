/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters: decoded by a table, none ignored. */

#include <string.h>

#include <apr_strings.h>

#include "httpd/body.h"
#include "httpd/problem.h"

/* Integers of a query have few digits. */
#define DIGITS_MAX 9

static int unknown(request_rec *r)
{
    return cpts_problem(r, HTTP_BAD_REQUEST, "unknown_parameter",
                        "L’adresse contient un paramètre inconnu, ou deux "
                        "fois le même.");
}

static const cpts_field_t *find(const cpts_field_t *fields, const char *name)
{
    for (; fields && fields->name; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

static int is_integer(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits <= DIGITS_MAX && text[digits] == '\0';
}

/* The JSON value that a text stands for; a text that is none stays a string,
 * and the table then says what was expected. */
static json_t *value_of(const cpts_field_t *field, const char *text)
{
    if (field->type == CPTS_INTEGER && is_integer(text)) {
        return json_integer(apr_atoi64(text));
    }
    if (field->type == CPTS_BOOLEAN && strcmp(text, "true") == 0) {
        return json_true();
    }
    if (field->type == CPTS_BOOLEAN && strcmp(text, "false") == 0) {
        return json_false();
    }
    return json_string(text);
}

static int is_decodable(char *text)
{
    return ap_unescape_urlencoded(text) == OK;
}

static int add_parameter(json_t *object, const cpts_request_t *request,
                         char *name)
{
    request_rec *r = request->r;
    char *value = strchr(name, '=');
    const cpts_field_t *field;
    json_t *json;

    if (value) {
        *value++ = '\0';
    }
    if (!is_decodable(name) || (value && !is_decodable(value))) {
        return cpts_problem(r, HTTP_BAD_REQUEST, "invalid_parameter",
                            "Un paramètre de l’adresse est mal codé.");
    }
    field = find(request->route->query, name);
    if (!field || json_object_get(object, name)) {
        return unknown(r);
    }
    json = value_of(field, value ? value : "");
    if (json_object_set_new(object, name, json)) {
        return cpts_problem(r, HTTP_BAD_REQUEST, "invalid_parameter",
                            "Un paramètre de l’adresse n’est pas de "
                            "l’UTF-8.");
    }
    return OK;
}

static int add_parameters(json_t *object, const cpts_request_t *request)
{
    char *args = apr_pstrdup(request->pool, request->r->args);
    char *state = NULL;
    char *part;
    int status = OK;

    for (part = apr_strtok(args, "&", &state); part && status == OK;
         part = apr_strtok(NULL, "&", &state)) {
        status = add_parameter(object, request, part);
    }
    return status;
}

/* Without parameters most routes have nothing to decode. */
int cpts_query_read(cpts_request_t *request)
{
    const cpts_route_t *route = request->route;
    cpts_faults_t *faults;
    json_t *object;
    int status = OK;

    if (!route->query) {
        return request->r->args && *request->r->args ? unknown(request->r)
                                                     : OK;
    }
    object = json_object();
    if (request->r->args) {
        status = add_parameters(object, request);
    }
    if (status == OK) {
        faults = cpts_faults_create(request->pool);
        request->query = apr_pcalloc(request->pool, route->query_size);
        if (cpts_fields_decode(route->query, request->query, object, "",
                               faults, request->pool)) {
            status = cpts_problem_faults(request->r, HTTP_BAD_REQUEST,
                                         "invalid_parameter", faults);
        }
    }
    json_decref(object);
    return status;
}
