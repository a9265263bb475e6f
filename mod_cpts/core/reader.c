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
    char *at; /* what comes next, in a copy: strings stay in their places */
    apr_pool_t *pool;
} reader_t;

/* All of these: 0, or -1 for anything but what is expected. */
static int read_object(const cpts_field_t *fields, void *record, reader_t *r);
static int read_value(const cpts_field_t *field, void *member, reader_t *r);

/* 1 when it was there, and is behind us. */
static int take(reader_t *r, char byte)
{
    int there = *r->at == byte;

    r->at += there;
    return there;
}

static int expect(reader_t *r, char byte)
{
    return take(r, byte) ? 0 : -1;
}

/* Bytes of a word, if it stands there; else 0. */
static inline size_t length_at(const char *at, const char *word)
{
    size_t length = 0;

    while (word[length] && word[length] == at[length]) {
        length++;
    }
    return word[length] ? 0 : length;
}

static int take_word(reader_t *r, const char *word)
{
    size_t length = length_at(r->at, word);

    r->at += length;
    return length != 0;
}

/* --- strings */

/* A string of the text, NUL-ended in its place. */
typedef struct {
    char *text;
    size_t length;
    int plain; /* ASCII without control characters or escapes */
} string_t;

/* As we write it: never a slash. */
static char unescaped(char letter)
{
    static const char letters[] = "\"\"\\\\b\bf\fn\nr\rt\t";
    const char *found = letters;

    while (*found && *found != letter) {
        found += 2;
    }
    return *found ? found[1] : '\0';
}

static int is_plain(char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Over what is not plain; 1: an escape. */
static int skip_other(reader_t *r)
{
    int escape = *r->at == '\\';

    if ((unsigned char)*r->at < 0x20 || (escape && !unescaped(*++r->at))) {
        return -1;
    }
    r->at++;
    return escape;
}

static size_t unescape(char *text)
{
    char *out = text;
    const char *in;

    for (in = text; *in; in++) {
        *out++ = *in == '\\' ? unescaped(*++in) : *in;
    }
    *out = '\0';
    return (size_t)(out - text);
}

/* Whether it is UTF-8 is left to who checks it. */
static int read_text(string_t *string, reader_t *r)
{
    int escapes = 0;

    if (expect(r, '"')) {
        return -1;
    }
    string->text = r->at;
    string->plain = 1;
    for (;;) {
        int escape;

        while (is_plain(*r->at)) {
            r->at++;
        }
        if (*r->at == '"') {
            break;
        }
        escape = skip_other(r);
        if (escape < 0) {
            return -1;
        }
        escapes |= escape;
        string->plain = 0;
    }
    string->length = (size_t)(r->at - string->text);
    *r->at++ = '\0';
    if (escapes) {
        string->length = unescape(string->text);
    }
    return 0;
}

/* 1 when cpts_field_check() need not be asked: it finds no fault with these,
 * which are nearly all. */
static int is_right(const cpts_field_t *field, const string_t *string,
                    double min, double max)
{
    double length = (double)string->length;

    return length >= min && length <= max
           && (field->format ? !field->format->check(string->text)
                             : string->plain && string->text[0] > ' ');
}

static int read_string(const cpts_field_t *field, double min, double max,
                       void *member, reader_t *r)
{
    string_t string;

    if (read_text(&string, r)
        || (!is_right(field, &string, min, max)
            && cpts_field_check(field, string.text, min, max,
                                cpts_faults_create(r->pool), r->pool))) {
        return -1;
    }
    *(const char **)member = string.text;
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
    *member = take_word(r, "true");
    return *member || take_word(r, "false") ? 0 : -1;
}

static int read_word(const cpts_field_t *field, int *member, reader_t *r)
{
    int i;

    if (expect(r, '"')) {
        return -1;
    }
    for (i = 0; field->words[i]; i++) {
        size_t length = length_at(r->at, field->words[i]);

        if (length && r->at[length] == '"') {
            r->at += length + 1;
            *member = i;
            return 0;
        }
    }
    return -1;
}

static int read_date(cpts_day_t *member, reader_t *r)
{
    string_t string;

    return read_text(&string, r) || cpts_day_parse(member, string.text) ? -1
                                                                        : 0;
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

/* One of those before, which stand as they were read: the same text leaves
 * the same bytes. */
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
    apr_array_header_t *spans = NULL;
    int more;

    do {
        span_t one = { r->at, 0 };

        if (read_item(field, apr_array_push(items), r)) {
            return -1;
        }
        one.length = (size_t)(r->at - one.text);
        more = take(r, ',');
        if (!spans && more) { /* one alone is not repeated */
            spans = apr_array_make(r->pool, 4, sizeof(span_t));
        }
        if (spans && is_repeated(spans, &one)) {
            return -1;
        }
        if (more) {
            APR_ARRAY_PUSH(spans, span_t) = one;
        }
    } while (more);
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
        size_t length = length_at(r->at, f->name);

        if (length && r->at[length] == '"' && r->at[length + 1] == ':') {
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
            if (!take_word(r, "null")) {
                if (read_value(next, (char *)record + next->offset, r)) {
                    return -1;
                }
            }
            else if (next->flags & CPTS_REQUIRED) {
                return -1;
            }
            f = next + 1;
        } while (take(r, ','));
    }
    return expect(r, '}') || is_required_after(f) ? -1 : 0;
}

int cpts_fields_read(const cpts_field_t *fields, void *record,
                     const char *text, apr_pool_t *pool)
{
    reader_t r = { apr_pstrmemdup(pool, text, strlen(text)), pool };

    return read_object(fields, record, &r) || *r.at ? -1 : 0;
}
