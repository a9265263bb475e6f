/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a record from JSON that we wrote, in one pass, without a tree. */

#include "core/reader.h"

#include <stdint.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "core/date.h"

/* Digits of which every integer is a double, and powers of ten that are. */
#define DIGITS_MOST   15
#define DECIMALS_MOST 22
/* Digits that an int holds, whatever they are. */
#define INTEGER_MOST 9

typedef struct {
    const char *at; /* what comes next */
    cpts_faults_t *faults;
    apr_pool_t *pool;
} reader_t;

/* All of these: 0, or -1 for anything but what is expected. */
static int read_object(const cpts_field_t *fields, void *record, reader_t *r);
static int read_value(const cpts_field_t *field, void *member, reader_t *r);

static int expect(reader_t *r, char byte)
{
    if (*r->at != byte) {
        return -1;
    }
    r->at++;
    return 0;
}

/* 1 when it was there, and is behind us. */
static int take(reader_t *r, const char *word, size_t length)
{
    if (strncmp(r->at, word, length) != 0) {
        return 0;
    }
    r->at += length;
    return 1;
}

/* --- strings */

static char unescaped(char letter)
{
    static const char letters[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    const char *found = letters;

    while (*found && *found != letter) {
        found += 2;
    }
    return *found ? found[1] : '\0';
}

/* Over the next string, up to its last quote. */
static int skip_string(reader_t *r, int *escapes)
{
    *escapes = 0;
    if (expect(r, '"')) {
        return -1;
    }
    for (; *r->at != '"'; r->at++) {
        if ((unsigned char)*r->at < 0x20) {
            return -1;
        }
        if (*r->at == '\\') {
            *escapes = 1;
            if (!unescaped(*++r->at)) {
                return -1;
            }
        }
    }
    return 0;
}

static const char *unescape(char *text)
{
    char *out = text;
    const char *in;

    for (in = text; *in; in++) {
        *out++ = *in == '\\' ? unescaped(*++in) : *in;
    }
    *out = '\0';
    return text;
}

/* Whether it is UTF-8 is left to who checks it. */
static int read_text(const char **text, reader_t *r)
{
    const char *start = r->at + 1;
    int escapes;
    char *copy;

    if (skip_string(r, &escapes)) {
        return -1;
    }
    copy = apr_pstrmemdup(r->pool, start, (size_t)(r->at - start));
    r->at++;
    *text = escapes ? unescape(copy) : copy;
    return 0;
}

static int read_string(const cpts_field_t *field, double min, double max,
                       void *member, reader_t *r)
{
    const char *text;

    if (read_text(&text, r)
        || cpts_field_check(field, text, min, max, r->faults, r->pool)) {
        return -1;
    }
    *(const char **)member = text;
    return 0;
}

/* --- numbers */

/* A decimal as all of it that a double says: no rounding but that of one
 * division, which is what the nearest double is. */
static int read_decimal(double *number, reader_t *r)
{
    static const double powers[DECIMALS_MOST + 1]
        = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    int negative = *r->at == '-';
    const char *start = r->at += negative;
    int64_t digits = 0;
    int decimals = 0;
    const char *point = NULL;

    for (; (*r->at >= '0' && *r->at <= '9') || (*r->at == '.' && !point);
         r->at++) {
        if (r->at - start > DIGITS_MOST) {
            return -1;
        }
        if (*r->at == '.') {
            point = r->at;
            continue;
        }
        digits = 10 * digits + (*r->at - '0');
        decimals += point != NULL;
    }
    if (r->at == start || point == start || (point && !decimals)
        || (*start == '0' && start + 1 != (point ? point : r->at))
        || *r->at == 'e' || *r->at == 'E') {
        return -1;
    }
    *number = (double)digits / powers[decimals];
    if (negative) {
        *number = -*number;
    }
    /* the integer -0 is no -0.0 */
    return negative && digits == 0 ? -1 : 0;
}

static int read_number(const cpts_field_t *field, double *member, reader_t *r)
{
    double number;

    if (read_decimal(&number, r) || number < field->min
        || number > field->max) {
        return -1;
    }
    *member = number;
    return 0;
}

static int read_integer(const cpts_field_t *field, int *member, reader_t *r)
{
    const char *start = r->at;
    double number;

    if (read_decimal(&number, r) || r->at - start > INTEGER_MOST
        || memchr(start, '.', (size_t)(r->at - start)) || number < field->min
        || number > field->max) {
        return -1;
    }
    *member = (int)number;
    return 0;
}

/* --- words */

static int read_boolean(int *member, reader_t *r)
{
    *member = take(r, "true", 4);
    return *member || take(r, "false", 5) ? 0 : -1;
}

static int read_word(const cpts_field_t *field, int *member, reader_t *r)
{
    const char *start = r->at + 1;
    size_t length;
    int escapes, i;

    if (skip_string(r, &escapes) || escapes) {
        return -1;
    }
    length = (size_t)(r->at++ - start);
    for (i = 0; field->words[i]; i++) {
        if (strncmp(field->words[i], start, length) == 0
            && !field->words[i][length]) {
            *member = i;
            return 0;
        }
    }
    return -1;
}

static int read_date(cpts_day_t *member, reader_t *r)
{
    const char *text;

    return read_text(&text, r) || cpts_day_parse(member, text) ? -1 : 0;
}

/* --- arrays and objects */

static int read_item(const cpts_field_t *field, void *item, reader_t *r)
{
    if (field->type == CPTS_STRINGS) {
        return read_string(field, CPTS_ITEM_LEAST, CPTS_ITEM_MOST, item, r);
    }
    memset(item, 0, field->size);
    return read_object(field->fields, item, r);
}

/* One of those before, which stand as they were written. */
typedef struct {
    const char *text;
    size_t length;
} span_t;

static int is_repeated(const apr_array_header_t *spans, const span_t *one)
{
    int i;

    for (i = 0; i < spans->nelts; i++) {
        const span_t *other = &APR_ARRAY_IDX(spans, i, span_t);

        if (other->length == one->length
            && memcmp(other->text, one->text, one->length) == 0) {
            return 1;
        }
    }
    return 0;
}

static int read_items(const cpts_field_t *field, apr_array_header_t *items,
                      reader_t *r)
{
    apr_array_header_t *spans = apr_array_make(r->pool, 4, sizeof(span_t));
    span_t one;

    do {
        one.text = r->at;
        if (read_item(field, apr_array_push(items), r)) {
            return -1;
        }
        one.length = (size_t)(r->at - one.text);
        if (is_repeated(spans, &one)) {
            return -1;
        }
        APR_ARRAY_PUSH(spans, span_t) = one;
    } while (take(r, ",", 1));
    return 0;
}

static int read_array(const cpts_field_t *field, apr_array_header_t *items,
                      reader_t *r)
{
    if (expect(r, '[') || (*r->at != ']' && read_items(field, items, r))
        || expect(r, ']')) {
        return -1;
    }
    return items->nelts < field->min || items->nelts > field->max ? -1 : 0;
}

static int read_inner(const cpts_field_t *field, void **member, reader_t *r)
{
    if (field->flags & CPTS_PARTIAL) {
        return -1;
    }
    *member = apr_pcalloc(r->pool, field->size);
    return read_object(field->fields, *member, r);
}

static int read_value(const cpts_field_t *field, void *member, reader_t *r)
{
    switch (field->type) {
    case CPTS_STRING:
        return read_string(field, field->min, field->max, member, r);
    case CPTS_INTEGER:
        return read_integer(field, member, r);
    case CPTS_NUMBER:
        return read_number(field, member, r);
    case CPTS_BOOLEAN:
        return read_boolean(member, r);
    case CPTS_DATE:
        return read_date(member, r);
    case CPTS_WORD:
        return read_word(field, member, r);
    case CPTS_OBJECT:
        return read_inner(field, member, r);
    case CPTS_STRINGS:
    case CPTS_OBJECTS:
        return read_array(field, *(apr_array_header_t **)member, r);
    default:
        return -1;
    }
}

/* The field that comes next, as they are written in order; those between may
 * be left out where they need not be there. NULL: some other member. */
static const cpts_field_t *next_field(const cpts_field_t *f, reader_t *r)
{
    for (; f->name; f++) {
        size_t length = 0;

        while (f->name[length] && f->name[length] == r->at[length]) {
            length++;
        }
        if (!f->name[length] && r->at[length] == '"'
            && r->at[length + 1] == ':') {
            r->at += length + 2;
            return f;
        }
        if (f->flags & CPTS_REQUIRED) {
            return NULL;
        }
    }
    return NULL;
}

static int is_required_after(const cpts_field_t *f)
{
    for (; f->name; f++) {
        if (f->flags & CPTS_REQUIRED) {
            return 1;
        }
    }
    return 0;
}

static int read_object(const cpts_field_t *fields, void *record, reader_t *r)
{
    const cpts_field_t *f = fields;

    cpts_fields_clear(fields, record, r->pool);
    if (expect(r, '{')) {
        return -1;
    }
    if (*r->at != '}') {
        do {
            const cpts_field_t *next
                = expect(r, '"') ? NULL : next_field(f, r);

            if (!next) {
                return -1;
            }
            if (!take(r, "null", 4)) {
                if (read_value(next, (char *)record + next->offset, r)) {
                    return -1;
                }
            }
            else if (next->flags & CPTS_REQUIRED) {
                return -1;
            }
            f = next + 1;
        } while (take(r, ",", 1));
    }
    return expect(r, '}') || is_required_after(f) ? -1 : 0;
}

int cpts_fields_read(const cpts_field_t *fields, void *record,
                     const char *text, apr_pool_t *pool)
{
    reader_t r = { text, cpts_faults_create(pool), pool };

    return read_object(fields, record, &r) || *r.at ? -1 : 0;
}
