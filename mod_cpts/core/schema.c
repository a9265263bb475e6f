/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fields as JSON Schema (2020-12), for openapi.json. */

#include "core/field.h"

#include <math.h>

/* "type": "x", or ["x", "null"] where the field may be absent. */
static json_t *typed(const cpts_field_t *field, const char *type)
{
    if (field->flags & CPTS_REQUIRED) {
        return json_pack("{s:s}", "type", type);
    }
    return json_pack("{s:[s,s]}", "type", type, "null");
}

/* A whole number is published without a decimal point. */
static json_t *number(double value)
{
    return value == floor(value) ? json_integer((json_int_t)value)
                                 : json_real(value);
}

static void bounds(json_t *schema, const cpts_field_t *field,
                   const char *least, const char *most)
{
    json_object_set_new(schema, least, number(field->min));
    json_object_set_new(schema, most, number(field->max));
}

static json_t *string_schema(const cpts_field_t *field)
{
    json_t *schema = typed(field, "string");

    bounds(schema, field, "minLength", "maxLength");
    if (field->format) {
        json_object_set_new(schema, "pattern",
                            json_string(field->format->pattern));
    }
    return schema;
}

static json_t *number_schema(const cpts_field_t *field)
{
    json_t *schema
        = typed(field, field->type == CPTS_INTEGER ? "integer" : "number");

    bounds(schema, field, "minimum", "maximum");
    return schema;
}

static json_t *boolean_schema(const cpts_field_t *field)
{
    return typed(field, "boolean");
}

static json_t *date_schema(const cpts_field_t *field)
{
    json_t *schema = typed(field, "string");

    json_object_set_new(schema, "format", json_string("date"));
    return schema;
}

static json_t *words(const cpts_field_t *field, int nullable)
{
    json_t *list = json_array();
    int i;

    for (i = 0; field->words[i]; i++) {
        json_array_append_new(list, json_string(field->words[i]));
    }
    if (nullable) {
        json_array_append_new(list, json_null());
    }
    return list;
}

static json_t *word_schema(const cpts_field_t *field)
{
    json_t *schema = typed(field, "string");

    json_object_set_new(schema, "enum",
                        words(field, !(field->flags & CPTS_REQUIRED)));
    return schema;
}

/* Take what is required out of a schema, at any depth; what may be absent
 * may be null too. */
static void require_nothing(json_t *schema)
{
    json_t *type = json_object_get(schema, "type");
    const char *name;
    json_t *property;

    json_object_del(schema, "required");
    json_object_foreach(json_object_get(schema, "properties"), name,
                        property) {
        require_nothing(property);
    }
    property = json_object_get(schema, "items");
    if (json_object_get(property, "properties")) {
        require_nothing(property);
        json_object_set_new(property, "type", json_string("object"));
    }
    if (json_is_string(type)) {
        json_object_set_new(
            schema, "type",
            json_pack("[s,s]", json_string_value(type), "null"));
    }
    property = json_object_get(schema, "enum");
    if (property
        && !json_is_null(
            json_array_get(property, json_array_size(property) - 1))) {
        json_array_append_new(property, json_null());
    }
}

static json_t *object_schema(const cpts_field_t *field)
{
    json_t *schema = cpts_fields_schema(field->fields);

    if (field->flags & CPTS_PARTIAL) {
        require_nothing(schema);
        json_object_set_new(schema, "type", json_string("object"));
    }
    if (!(field->flags & CPTS_REQUIRED)) {
        json_object_set_new(schema, "type",
                            json_pack("[s,s]", "object", "null"));
    }
    return schema;
}

static json_t *item_schema(const cpts_field_t *field)
{
    json_t *schema;

    if (field->type == CPTS_OBJECTS) {
        return cpts_fields_schema(field->fields);
    }
    schema = json_pack("{s:s}", "type", "string");
    if (field->type == CPTS_WORDS) {
        json_object_set_new(schema, "enum", words(field, 0));
        return schema;
    }
    json_object_set_new(schema, "minLength", json_integer(1));
    json_object_set_new(schema, "maxLength", json_integer(60));
    if (field->format) {
        json_object_set_new(schema, "pattern",
                            json_string(field->format->pattern));
    }
    return schema;
}

static json_t *array_schema(const cpts_field_t *field)
{
    json_t *schema = typed(field, "array");

    bounds(schema, field, "minItems", "maxItems");
    json_object_set_new(schema, "uniqueItems", json_true());
    json_object_set_new(schema, "items", item_schema(field));
    return schema;
}

/* In the order of cpts_type_e. */
static json_t *(*const makers[])(const cpts_field_t *) = {
    string_schema, number_schema, number_schema, boolean_schema, date_schema,
    word_schema,   object_schema, array_schema,  array_schema,   array_schema,
};

json_t *cpts_fields_schema(const cpts_field_t *fields)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    const cpts_field_t *f;
    json_t *schema;

    for (f = fields; f->name; f++) {
        json_t *property = makers[f->type](f);

        json_object_set_new(property, "description", json_string(f->doc));
        if (f->flags & CPTS_READONLY) {
            json_object_set_new(property, "readOnly", json_true());
        }
        if (f->flags & CPTS_PRIVATE) {
            json_object_set_new(property, "x-cpts-private", json_true());
        }
        json_object_set_new(properties, f->name, property);
        if (f->flags & CPTS_REQUIRED) {
            json_array_append_new(required, json_string(f->name));
        }
    }
    schema = json_pack("{s:s, s:b, s:o}", "type", "object",
                       "additionalProperties", 0, "properties", properties);
    if (json_array_size(required)) {
        json_object_set(schema, "required", required);
    }
    json_decref(required);
    return schema;
}
