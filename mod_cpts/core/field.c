/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fields: decoding, validation and encoding of records. */

#include "core/field.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "core/date.h"
#include "core/text.h"

/* The longest member name told back in a pointer. */
#define NAME_MAX_TOLD 64

/* Where one decoding stands. */
typedef struct {
    cpts_faults_t *faults;
    apr_pool_t *pool;
    int partial; /* depth within objects of which nothing is required */
} decoder_t;

/* The place of a value: written as a JSON pointer only for a fault. */
typedef struct where_t where_t;
struct where_t {
    const where_t *parent; /* NULL: `name` is a whole pointer */
    const char *name;      /* of a member; NULL: an item of an array */
    size_t index;
};

/* What can be done with a member of each type. */
typedef struct {
    void (*clear)(const cpts_field_t *field, void *member, apr_pool_t *pool);
    void (*decode)(const cpts_field_t *field, void *member,
                   const json_t *value, const where_t *where, decoder_t *d);
    json_t *(*encode)(const cpts_field_t *field, const void *member,
                      unsigned without);
} type_ops_t;

static const type_ops_t type_ops[];

static void decode_fields(const cpts_field_t *fields, void *record,
                          const json_t *object, const where_t *where,
                          decoder_t *d);

static void *member_of(const cpts_field_t *field, void *record)
{
    return (char *)record + field->offset;
}

static const void *const_member_of(const cpts_field_t *field,
                                   const void *record)
{
    return (const char *)record + field->offset;
}

static const char *told(const where_t *where, apr_pool_t *pool)
{
    if (!where->parent) {
        return where->name;
    }
    return where->name ? cpts_pointer_member(pool, told(where->parent, pool),
                                             where->name)
                       : cpts_pointer_index(pool, told(where->parent, pool),
                                            where->index);
}

static void wrong_type(decoder_t *d, const where_t *where,
                       const char *expected)
{
    cpts_faults_add(d->faults, told(where, d->pool), "wrong_type",
                    "Type inattendu : %s attendu.", expected);
}

/* Strings */

static void clear_string(const cpts_field_t *field, void *member,
                         apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(const char **)member = NULL;
}

/*
 * What has one of our formats is ASCII, without control characters and not
 * blank: then bytes are characters, and only the length is left to look at.
 */
static long length_of(const char *text, int formatted)
{
    return formatted ? (long)strlen(text) : cpts_text_length(text);
}

static void check_string(const cpts_field_t *field, const char *text,
                         double min, double max, const where_t *where,
                         decoder_t *d)
{
    int formatted = field->format && !field->format->check(text);
    double length = (double)length_of(text, formatted);
    int fixed = field->format && min >= max;
    int blank = !formatted && min >= 1 && !(field->flags & CPTS_ANY_CHARACTER)
                && cpts_text_is_blank(text);

    if ((length < min || length > max || blank) && !fixed) {
        cpts_faults_add(d->faults, told(where, d->pool), "length",
                        "Écrivez de %.0f à %.0f caractères%s.", min, max,
                        blank ? ", qui ne soient pas que des espaces" : "");
    }
    else if (!formatted && !(field->flags & CPTS_ANY_CHARACTER)
             && cpts_text_has_control(text,
                                      (field->flags & CPTS_MULTILINE) != 0)) {
        cpts_faults_add(d->faults, told(where, d->pool), "control_character",
                        "Retirez les caractères de contrôle.");
    }
    else if (field->format && !formatted) {
        /* Also where the length is fixed: this says more than a number. */
        cpts_faults_add(d->faults, told(where, d->pool), "format", "%s",
                        field->format->detail);
    }
}

static void decode_string(const cpts_field_t *field, void *member,
                          const json_t *value, const where_t *where,
                          decoder_t *d)
{
    if (!json_is_string(value)) {
        wrong_type(d, where, "texte");
        return;
    }
    check_string(field, json_string_value(value), field->min, field->max,
                 where, d);
    *(const char **)member = apr_pstrdup(d->pool, json_string_value(value));
}

static json_t *encode_string(const cpts_field_t *field, const void *member,
                             unsigned without)
{
    const char *text = *(const char *const *)member;

    (void)field;
    (void)without;
    return text ? json_string(text) : json_null();
}

/* Numbers */

/* A bound as French writes it: 0,5. */
static const char *decimal(double bound, apr_pool_t *pool)
{
    char *text = apr_psprintf(pool, "%g", bound);
    char *point = strchr(text, '.');

    if (point) {
        *point = ',';
    }
    return text;
}

static void out_of_bounds(const cpts_field_t *field, const where_t *where,
                          decoder_t *d)
{
    cpts_faults_add(d->faults, told(where, d->pool), "out_of_bounds",
                    "Indiquez un nombre de %s à %s.",
                    decimal(field->min, d->pool),
                    decimal(field->max, d->pool));
}

static void clear_integer(const cpts_field_t *field, void *member,
                          apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(int *)member = CPTS_NO_INT;
}

static void decode_integer(const cpts_field_t *field, void *member,
                           const json_t *value, const where_t *where,
                           decoder_t *d)
{
    json_int_t number = json_integer_value(value);

    if (!json_is_integer(value)) {
        wrong_type(d, where, "nombre entier");
    }
    else if ((double)number < field->min || (double)number > field->max) {
        out_of_bounds(field, where, d);
    }
    else {
        *(int *)member = (int)number;
    }
}

static json_t *encode_integer(const cpts_field_t *field, const void *member,
                              unsigned without)
{
    int number = *(const int *)member;

    (void)field;
    (void)without;
    return number == CPTS_NO_INT ? json_null() : json_integer(number);
}

static void clear_number(const cpts_field_t *field, void *member,
                         apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(double *)member = NAN;
}

static void decode_number(const cpts_field_t *field, void *member,
                          const json_t *value, const where_t *where,
                          decoder_t *d)
{
    double number = json_number_value(value);

    if (!json_is_number(value)) {
        wrong_type(d, where, "nombre");
    }
    else if (!(number >= field->min && number <= field->max)) {
        out_of_bounds(field, where, d);
    }
    else {
        *(double *)member = number;
    }
}

static json_t *encode_number(const cpts_field_t *field, const void *member,
                             unsigned without)
{
    double number = *(const double *)member;

    (void)field;
    (void)without;
    return isnan(number) ? json_null() : json_real(number);
}

/* Booleans */

static void clear_boolean(const cpts_field_t *field, void *member,
                          apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(int *)member = 0;
}

static void decode_boolean(const cpts_field_t *field, void *member,
                           const json_t *value, const where_t *where,
                           decoder_t *d)
{
    (void)field;
    if (!json_is_boolean(value)) {
        wrong_type(d, where, "vrai ou faux (true, false)");
        return;
    }
    *(int *)member = json_is_true(value);
}

static json_t *encode_boolean(const cpts_field_t *field, const void *member,
                              unsigned without)
{
    (void)field;
    (void)without;
    return json_boolean(*(const int *)member);
}

/* Days */

static void clear_date(const cpts_field_t *field, void *member,
                       apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(cpts_day_t *)member = CPTS_NO_DAY;
}

static void decode_date(const cpts_field_t *field, void *member,
                        const json_t *value, const where_t *where,
                        decoder_t *d)
{
    (void)field;
    if (!json_is_string(value)) {
        wrong_type(d, where, "date");
    }
    else if (cpts_day_parse(member, json_string_value(value))) {
        cpts_faults_add(d->faults, told(where, d->pool), "format",
                        "Indiquez une date de la forme AAAA-MM-JJ.");
    }
}

static json_t *encode_date(const cpts_field_t *field, const void *member,
                           unsigned without)
{
    cpts_day_t day = *(const cpts_day_t *)member;
    char text[CPTS_DAY_SIZE];

    (void)field;
    (void)without;
    if (day == CPTS_NO_DAY) {
        return json_null();
    }
    cpts_day_format(text, day);
    return json_string(text);
}

/* Words of a closed list */

static void clear_word(const cpts_field_t *field, void *member,
                       apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(int *)member = CPTS_NO_WORD;
}

static const char *words_listed(const cpts_field_t *field, apr_pool_t *pool)
{
    const char *list = field->words[0];
    int i;

    for (i = 1; field->words[i]; i++) {
        list = apr_pstrcat(pool, list, ", ", field->words[i], NULL);
    }
    return list;
}

static void decode_word(const cpts_field_t *field, void *member,
                        const json_t *value, const where_t *where,
                        decoder_t *d)
{
    int i;

    if (!json_is_string(value)) {
        wrong_type(d, where, "texte");
        return;
    }
    for (i = 0; field->words[i]; i++) {
        if (strcmp(field->words[i], json_string_value(value)) == 0) {
            *(int *)member = i;
            return;
        }
    }
    cpts_faults_add(d->faults, told(where, d->pool), "not_in_list",
                    "Choisissez parmi : %s.", words_listed(field, d->pool));
}

static json_t *encode_word(const cpts_field_t *field, const void *member,
                           unsigned without)
{
    int word = *(const int *)member;

    (void)without;
    return word == CPTS_NO_WORD ? json_null()
                                : json_string(field->words[word]);
}

/* Objects */

static void clear_object(const cpts_field_t *field, void *member,
                         apr_pool_t *pool)
{
    (void)field;
    (void)pool;
    *(void **)member = NULL;
}

static void decode_object(const cpts_field_t *field, void *member,
                          const json_t *value, const where_t *where,
                          decoder_t *d)
{
    void *record;

    if (!json_is_object(value)) {
        wrong_type(d, where, "objet");
        return;
    }
    record = apr_pcalloc(d->pool, field->size);
    d->partial += (field->flags & CPTS_PARTIAL) != 0;
    decode_fields(field->fields, record, value, where, d);
    d->partial -= (field->flags & CPTS_PARTIAL) != 0;
    *(void **)member = record;
}

static json_t *encode_object(const cpts_field_t *field, const void *member,
                             unsigned without)
{
    const void *record = *(void *const *)member;

    return record ? cpts_fields_encode(field->fields, record, without)
                  : json_null();
}

/* Arrays: the same for strings, words and objects but for their items */

static void clear_array(const cpts_field_t *field, void *member,
                        apr_pool_t *pool)
{
    int size = field->type == CPTS_STRINGS ? (int)sizeof(const char *)
               : field->type == CPTS_WORDS ? (int)sizeof(int)
                                           : (int)field->size;

    *(apr_array_header_t **)member = apr_array_make(pool, 0, size);
}

static void decode_item(const cpts_field_t *field, void *item,
                        const json_t *value, const where_t *where,
                        decoder_t *d)
{
    switch (field->type) {
    case CPTS_STRINGS:
        if (!json_is_string(value)) {
            wrong_type(d, where, "texte");
            *(const char **)item = "";
            return;
        }
        check_string(field, json_string_value(value), CPTS_ITEM_LEAST,
                     CPTS_ITEM_MOST, where, d);
        *(const char **)item = apr_pstrdup(d->pool, json_string_value(value));
        break;
    case CPTS_WORDS:
        decode_word(field, item, value, where, d);
        break;
    default:
        memset(item, 0, field->size);
        if (!json_is_object(value)) {
            wrong_type(d, where, "objet");
            cpts_fields_clear(field->fields, item, d->pool);
            return;
        }
        decode_fields(field->fields, item, value, where, d);
    }
}

static void decode_array(const cpts_field_t *field, void *member,
                         const json_t *value, const where_t *where,
                         decoder_t *d)
{
    apr_array_header_t *array = *(apr_array_header_t **)member;
    size_t count = json_array_size(value);
    size_t i, j;

    if (!json_is_array(value)) {
        wrong_type(d, where, "liste");
        return;
    }
    if ((double)count < field->min || (double)count > field->max) {
        cpts_faults_add(d->faults, told(where, d->pool), "items",
                        "Indiquez de %.0f à %.0f éléments.", field->min,
                        field->max);
        return;
    }
    for (i = 0; i < count; i++) {
        where_t item = { where, NULL, i };

        decode_item(field, apr_array_push(array), json_array_get(value, i),
                    &item, d);
        for (j = 0; j < i; j++) {
            if (json_equal(json_array_get(value, i),
                           json_array_get(value, j))) {
                cpts_faults_add(d->faults, told(&item, d->pool), "repeated",
                                "Cet élément est indiqué deux fois : "
                                "retirez-en un.");
                break;
            }
        }
    }
}

static json_t *encode_item(const cpts_field_t *field, const void *item,
                           unsigned without)
{
    switch (field->type) {
    case CPTS_STRINGS:
        return json_string(*(const char *const *)item);
    case CPTS_WORDS:
        return json_string(field->words[*(const int *)item]);
    default:
        return cpts_fields_encode(field->fields, item, without);
    }
}

static json_t *encode_array(const cpts_field_t *field, const void *member,
                            unsigned without)
{
    const apr_array_header_t *array = *(apr_array_header_t *const *)member;
    json_t *result = json_array();
    int i;

    for (i = 0; result && i < array->nelts; i++) {
        const void *item = array->elts + (ptrdiff_t)i * array->elt_size;

        if (json_array_append_new(result, encode_item(field, item, without))) {
            json_decref(result);
            return NULL;
        }
    }
    return result;
}

/* In the order of cpts_type_e. */
static const type_ops_t type_ops[] = {
    { clear_string, decode_string, encode_string },
    { clear_integer, decode_integer, encode_integer },
    { clear_number, decode_number, encode_number },
    { clear_boolean, decode_boolean, encode_boolean },
    { clear_date, decode_date, encode_date },
    { clear_word, decode_word, encode_word },
    { clear_object, decode_object, encode_object },
    { clear_array, decode_array, encode_array },
    { clear_array, decode_array, encode_array },
    { clear_array, decode_array, encode_array },
};

void cpts_fields_clear(const cpts_field_t *fields, void *record,
                       apr_pool_t *pool)
{
    const cpts_field_t *f;

    for (f = fields; f->name; f++) {
        type_ops[f->type].clear(f, member_of(f, record), pool);
    }
}

static void refuse_unknown(const char *name, const where_t *where,
                           decoder_t *d)
{
    where_t member = { where, name, 0 };

    if (strlen(name) > NAME_MAX_TOLD) {
        member.name = "…";
    }
    cpts_faults_add(d->faults, told(&member, d->pool), "unknown_field",
                    "Ce champ n’existe pas : retirez-le.");
}

/* Most names differ in their first letter: no call for those. */
static const cpts_field_t *field_named(const cpts_field_t *f, const char *name)
{
    while (f->name && (f->name[0] != name[0] || strcmp(f->name, name) != 0)) {
        f++;
    }
    return f;
}

/* What was sent for each field, by its place in the table: one pass over the
 * members, of which there are often few. */
static const json_t **values_sent(const cpts_field_t *fields,
                                  const json_t *sent, const where_t *where,
                                  decoder_t *d)
{
    json_t *object = (json_t *)sent;
    const json_t **values;
    const cpts_field_t *f;
    void *member;

    for (f = fields; f->name; f++) {
    }
    values = apr_pcalloc(d->pool, (size_t)(f - fields) * sizeof(values[0]));
    for (member = json_object_iter(object); member;
         member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);

        f = field_named(fields, name);
        if (f->name) {
            values[f - fields] = json_object_iter_value(member);
        }
        else {
            refuse_unknown(name, where, d);
        }
    }
    return values;
}

static void decode_fields(const cpts_field_t *fields, void *record,
                          const json_t *object, const where_t *where,
                          decoder_t *d)
{
    const json_t **values;
    const cpts_field_t *f;

    cpts_fields_clear(fields, record, d->pool);
    if (!json_is_object(object)) {
        wrong_type(d, where, "objet");
        return;
    }
    values = values_sent(fields, object, where, d);
    for (f = fields; f->name; f++) {
        const json_t *value = *values++;
        where_t member = { where, f->name, 0 };

        if (value && !json_is_null(value)) {
            type_ops[f->type].decode(f, member_of(f, record), value, &member,
                                     d);
        }
        else if (f->flags & CPTS_REQUIRED && !d->partial) {
            cpts_faults_add(d->faults, told(&member, d->pool), "required",
                            "Ce champ est obligatoire.");
        }
    }
}

int cpts_fields_decode(const cpts_field_t *fields, void *record,
                       const json_t *object, const char *base,
                       cpts_faults_t *faults, apr_pool_t *pool)
{
    decoder_t d = { faults, pool, 0 };
    where_t where = { NULL, base, 0 };
    int before = cpts_faults_count(faults);

    decode_fields(fields, record, object, &where, &d);
    return cpts_faults_count(faults) - before;
}

int cpts_field_check(const cpts_field_t *field, const char *text, double min,
                     double max, cpts_faults_t *faults, apr_pool_t *pool)
{
    decoder_t d = { faults, pool, 0 };
    where_t where = { NULL, "", 0 };
    int before = cpts_faults_count(faults);

    check_string(field, text, min, max, &where, &d);
    return cpts_faults_count(faults) - before;
}

json_t *cpts_fields_encode(const cpts_field_t *fields, const void *record,
                           unsigned without)
{
    json_t *object = json_object();
    const cpts_field_t *f;

    for (f = fields; object && f->name; f++) {
        if (f->flags & without) {
            continue;
        }
        if (json_object_set_new(object, f->name,
                                type_ops[f->type].encode(
                                    f, const_member_of(f, record), without))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}
