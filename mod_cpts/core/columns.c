/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV to JSON documents and back, as a table of fields says. */

#include "core/columns.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

/* Keeps the separator of a list inside one of its items. */
#define ESCAPE '\\'

/* --- columns */

/* 1 when the object can be there though all its fields are absent. */
static int may_be_empty(const cpts_field_t *object)
{
    const cpts_field_t *field;

    for (field = object->fields; field->name; field++) {
        if (field->flags & CPTS_REQUIRED) {
            return 0;
        }
    }
    return !(object->flags & CPTS_REQUIRED);
}

static void add_column(apr_array_header_t *columns, const char *name,
                       const cpts_field_t *field)
{
    cpts_column_t column = { name, field };

    APR_ARRAY_PUSH(columns, cpts_column_t) = column;
}

static void add_columns(apr_array_header_t *columns,
                        const cpts_field_t *fields, const char *prefix,
                        int repeat);

static void add_repeated(apr_array_header_t *columns,
                         const cpts_field_t *field, const char *name,
                         int repeat)
{
    int most = (int)field->max;
    int count = repeat && repeat < most ? repeat : most;

    for (int i = 0; i < count; i++) {
        add_columns(columns, field->fields,
                    apr_psprintf(columns->pool, "%s.%d.", name, i), repeat);
    }
}

static void add_columns(apr_array_header_t *columns,
                        const cpts_field_t *fields, const char *prefix,
                        int repeat)
{
    const cpts_field_t *field;

    for (field = fields; field->name; field++) {
        const char *name
            = apr_pstrcat(columns->pool, prefix, field->name, NULL);

        if (field->flags & CPTS_READONLY) {
            continue;
        }
        if (field->type == CPTS_OBJECTS) {
            add_repeated(columns, field, name, repeat);
            continue;
        }
        if (field->type != CPTS_OBJECT || may_be_empty(field)) {
            add_column(columns, name, field);
        }
        if (field->type == CPTS_OBJECT) {
            add_columns(columns, field->fields,
                        apr_pstrcat(columns->pool, name, ".", NULL), repeat);
        }
    }
}

apr_array_header_t *cpts_columns_make(const cpts_field_t *fields, int repeat,
                                      apr_pool_t *pool)
{
    apr_array_header_t *columns
        = apr_array_make(pool, 64, sizeof(cpts_column_t));

    add_columns(columns, fields, "", repeat);
    return columns;
}

cpts_dialect_t cpts_columns_dialect(char separator)
{
    cpts_dialect_t dialect = { separator, separator == ';' ? '|' : ';' };

    return dialect;
}

static int is_column(const apr_array_header_t *columns, const char *name)
{
    for (int i = 0; i < columns->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(columns, i, cpts_column_t).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *cpts_columns_name(const apr_array_header_t *columns,
                              const char *pointer, apr_pool_t *pool)
{
    char *name = apr_pstrdup(pool, *pointer == '/' ? pointer + 1 : pointer);
    char *dot;

    for (char *c = name; *c; c++) {
        *c = *c == '/' ? '.' : *c;
    }
    dot = strrchr(name, '.');
    if (dot && dot[1] && strspn(dot + 1, "0123456789") == strlen(dot + 1)
        && is_column(columns,
                     apr_pstrndup(pool, name, (apr_size_t)(dot - name)))) {
        *dot = '\0';
    }
    return name;
}

/* --- cells to JSON */

/* One row being decoded. */
typedef struct {
    cpts_dialect_t dialect;
    cpts_faults_t *faults;
    apr_pool_t *pool;
} decoding_t;

static const struct {
    const char *word;
    int value;
} truths[] = {
    { "1", 1 },   { "true", 1 }, { "oui", 1 }, { "vrai", 1 },
    { "yes", 1 }, { "x", 1 },    { "0", 0 },   { "false", 0 },
    { "non", 0 }, { "faux", 0 }, { "no", 0 },
};

/* 1, 0, or -1 when the cell says neither. */
static int truth_of(const char *cell)
{
    for (size_t i = 0; i < sizeof(truths) / sizeof(truths[0]); i++) {
        if (strcasecmp(truths[i].word, cell) == 0) {
            return truths[i].value;
        }
    }
    return -1;
}

static json_t *decode_boolean(const decoding_t *d, const char *column,
                              const char *cell)
{
    int truth = truth_of(cell);

    if (truth < 0) {
        cpts_faults_add(d->faults, column, "wrong_type",
                        "Indiquez 1 ou 0, oui ou non.");
    }
    return truth < 0 ? NULL : json_boolean(truth);
}

static json_t *decode_integer(const decoding_t *d, const char *column,
                              const char *cell)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(cell, &end, 10);
    if (errno || *end || end == cell) {
        cpts_faults_add(d->faults, column, "wrong_type",
                        "Indiquez un nombre entier.");
        return NULL;
    }
    return json_integer(value);
}

/* Where the semicolon separates cells, numbers have a decimal comma. */
static json_t *decode_number(const decoding_t *d, const char *column,
                             const char *cell)
{
    char *copy = apr_pstrdup(d->pool, cell);
    char *comma = d->dialect.separator == ';' ? strchr(copy, ',') : NULL;
    json_t *number;
    char *end;
    double value;

    if (comma) {
        *comma = '.';
    }
    errno = 0;
    value = strtod(copy, &end);
    /* jansson refuses infinities and NaN */
    number = errno || *end || end == copy ? NULL : json_real(value);
    if (!number) {
        cpts_faults_add(d->faults, column, "wrong_type",
                        "Indiquez un nombre.");
    }
    return number;
}

/* The next item of a list, unescaped; moves on. */
static const char *next_item(const char **list, char separator,
                             apr_pool_t *pool)
{
    const char *in = *list;
    char *item = apr_palloc(pool, strlen(in) + 1);
    char *out = item;

    while (*in && *in != separator) {
        if (*in == ESCAPE && (in[1] == separator || in[1] == ESCAPE)) {
            in++;
        }
        *out++ = *in++;
    }
    *out = '\0';
    *list = *in ? in + 1 : in;
    return item;
}

static const char *trim(const char *text, apr_pool_t *pool)
{
    size_t length;

    while (isspace((unsigned char)*text)) {
        text++;
    }
    length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1])) {
        length--;
    }
    return apr_pstrmemdup(pool, text, length);
}

static json_t *decode_list(const decoding_t *d, const char *cell)
{
    json_t *list = json_array();
    const char *item;

    while (*cell) {
        item = trim(next_item(&cell, d->dialect.list, d->pool), d->pool);
        if (*item) {
            json_array_append_new(list, json_string(item));
        }
    }
    return list;
}

static json_t *decode_cell(const decoding_t *d, const cpts_column_t *column,
                           const char *cell)
{
    switch (column->field->type) {
    case CPTS_INTEGER:
        return decode_integer(d, column->name, cell);
    case CPTS_NUMBER:
        return decode_number(d, column->name, cell);
    case CPTS_BOOLEAN:
        return decode_boolean(d, column->name, cell);
    case CPTS_STRINGS:
    case CPTS_WORDS:
        return decode_list(d, cell);
    case CPTS_STRING:
    case CPTS_DATE:
    case CPTS_WORD:
        return json_string(cell);
    default:
        return NULL;
    }
}

/* The member or item of this name, made where it is missing: an object, or
 * an array when the name after it is a number. */
static json_t *descend(json_t *parent, const char *name, const char *next)
{
    int number = isdigit((unsigned char)*next);
    json_t *child;
    size_t index;

    if (!json_is_array(parent)) {
        child = json_object_get(parent, name);
        if (!child) {
            child = number ? json_array() : json_object();
            json_object_set_new(parent, name, child);
        }
        return child;
    }
    index = strtoul(name, NULL, 10);
    while (json_array_size(parent) <= index) {
        json_array_append_new(parent, json_null());
    }
    child = json_array_get(parent, index);
    if (json_is_null(child)) {
        child = json_object();
        json_array_set_new(parent, index, child);
    }
    return child;
}

static void put(json_t *document, const char *path, json_t *value,
                apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, path);
    char *name, *next, *last;

    name = apr_strtok(rest, ".", &last);
    while ((next = apr_strtok(NULL, ".", &last))) {
        document = descend(document, name, next);
        name = next;
    }
    json_object_set_new(document, name, value);
}

static json_t *get(const json_t *document, const char *path, apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, path);
    char *name, *last;
    json_t *at = NULL;

    for (name = apr_strtok(rest, ".", &last); name;
         name = apr_strtok(NULL, ".", &last)) {
        at = json_is_array(document)
                 ? json_array_get(document, strtoul(name, NULL, 10))
                 : json_object_get(document, name);
        document = at;
    }
    return at;
}

/* After the other cells: "0" contradicts an object that has fields, "1"
 * makes an empty one. */
static void decode_presence(const decoding_t *d, json_t *document,
                            const cpts_column_t *column, const char *cell)
{
    int truth = truth_of(cell);
    int there = get(document, column->name, d->pool) != NULL;

    if (truth < 0) {
        cpts_faults_add(d->faults, column->name, "wrong_type",
                        "Indiquez 1 ou 0, oui ou non.");
    }
    else if (!truth && there) {
        cpts_faults_add(d->faults, column->name, "contradiction",
                        "Cette colonne dit non, mais les suivantes sont"
                        " remplies.");
    }
    else if (truth && !there) {
        put(document, column->name, json_object(), d->pool);
    }
}

json_t *cpts_columns_decode(const apr_array_header_t *header,
                            const apr_array_header_t *cells,
                            cpts_dialect_t dialect, cpts_faults_t *faults,
                            apr_pool_t *pool)
{
    decoding_t d = { dialect, faults, pool };
    json_t *document = json_object();

    for (int objects = 0; objects <= 1; objects++) {
        for (int i = 0; i < header->nelts && i < cells->nelts; i++) {
            const cpts_column_t *column
                = APR_ARRAY_IDX(header, i, const cpts_column_t *);
            const char *cell
                = trim(APR_ARRAY_IDX(cells, i, const char *), pool);
            json_t *value;

            if (!*cell || objects != (column->field->type == CPTS_OBJECT)) {
                continue;
            }
            if (objects) {
                decode_presence(&d, document, column, cell);
            }
            else if ((value = decode_cell(&d, column, cell))) {
                put(document, column->name, value, pool);
            }
        }
    }
    return document;
}

/* --- JSON to cells */

/* The shortest decimal that reads back as the same number. */
static const char *number_text(double value, apr_pool_t *pool)
{
    char text[40];

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    return apr_pstrdup(pool, text);
}

static const char *list_text(const json_t *list, char separator,
                             apr_pool_t *pool)
{
    char between[2] = { separator, '\0' };
    const char *text = "";
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item) {
        const char *in = json_string_value(item);
        char *escaped = apr_palloc(pool, 2 * strlen(in) + 1);
        char *out = escaped;

        for (; *in; in++) {
            if (*in == separator || *in == ESCAPE) {
                *out++ = ESCAPE;
            }
            *out++ = *in;
        }
        *out = '\0';
        text = apr_pstrcat(pool, text, i ? between : "", escaped, NULL);
    }
    return text;
}

static const char *cell_text(const json_t *value, cpts_dialect_t dialect,
                             apr_pool_t *pool)
{
    if (json_is_string(value)) {
        return json_string_value(value);
    }
    if (json_is_integer(value)) {
        return apr_psprintf(pool, "%" APR_INT64_T_FMT,
                            (apr_int64_t)json_integer_value(value));
    }
    if (json_is_real(value)) {
        return number_text(json_real_value(value), pool);
    }
    if (json_is_array(value)) {
        return list_text(value, dialect.list, pool);
    }
    return json_is_true(value) || json_is_object(value) ? "1"
           : json_is_false(value)                       ? "0"
                                                        : "";
}

static void write_cell(FILE *out, const char *text, cpts_dialect_t dialect)
{
    char special[] = { dialect.separator, '"', '\r', '\n', '\0' };

    if (!strpbrk(text, special)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') {
            fputc('"', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}

void cpts_columns_write_header(FILE *out, const apr_array_header_t *columns,
                               cpts_dialect_t dialect)
{
    for (int i = 0; i < columns->nelts; i++) {
        if (i) {
            fputc(dialect.separator, out);
        }
        write_cell(out, APR_ARRAY_IDX(columns, i, cpts_column_t).name,
                   dialect);
    }
    fputc('\n', out);
}

void cpts_columns_write(FILE *out, const apr_array_header_t *columns,
                        const json_t *document, cpts_dialect_t dialect,
                        apr_pool_t *pool)
{
    for (int i = 0; i < columns->nelts; i++) {
        const char *name = APR_ARRAY_IDX(columns, i, cpts_column_t).name;

        if (i) {
            fputc(dialect.separator, out);
        }
        write_cell(out, cell_text(get(document, name, pool), dialect, pool),
                   dialect);
    }
    fputc('\n', out);
}
