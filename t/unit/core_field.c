/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of field tables: every type, every fault, round trips at random,
 * pointers, short memory, the published schema. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "core/date.h"
#include "core/field.h"
#include "core_support.h"

typedef struct {
    const char *text;
    int number;
} inner_t;

typedef struct {
    const char *string;
    int integer;
    double decimal;
    int boolean;
    cpts_day_t date;
    int word;
    inner_t *object;
    apr_array_header_t *strings;
    apr_array_header_t *words;
    apr_array_header_t *objects;
    const char *multiline;
    const char *formatted;
} outer_t;

static const char *const colours[] = { "red", "green", "blue", NULL };

#define AT(type, member) offsetof(type, member)

/* clang-format off */
static const cpts_field_t inner_fields[] = {
    { "text", CPTS_STRING, CPTS_REQUIRED, 1, 5, NULL, NULL, NULL, 0,
      AT(inner_t, text), "A text." },
    { "number", CPTS_INTEGER, 0, -5, 5, NULL, NULL, NULL, 0,
      AT(inner_t, number), "A number." },
    { .name = NULL }
};

static const cpts_field_t fields[] = {
    { "string", CPTS_STRING, 0, 2, 4, NULL, NULL, NULL, 0,
      AT(outer_t, string), "A string." },
    { "integer", CPTS_INTEGER, CPTS_REQUIRED, -10, 10, NULL, NULL, NULL, 0,
      AT(outer_t, integer), "An integer." },
    { "decimal", CPTS_NUMBER, 0, -1.5, 2.5, NULL, NULL, NULL, 0,
      AT(outer_t, decimal), "A number." },
    { "boolean", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(outer_t, boolean), "A boolean." },
    { "date", CPTS_DATE, CPTS_READONLY, 0, 0, NULL, NULL, NULL, 0,
      AT(outer_t, date), "A day." },
    { "word", CPTS_WORD, 0, 0, 0, NULL, colours, NULL, 0,
      AT(outer_t, word), "A word." },
    { "object", CPTS_OBJECT, 0, 0, 0, NULL, NULL, inner_fields,
      sizeof(inner_t), AT(outer_t, object), "An object." },
    { "strings", CPTS_STRINGS, 0, 0, 3, NULL, NULL, NULL, 0,
      AT(outer_t, strings), "Strings." },
    { "words", CPTS_WORDS, 0, 1, 3, NULL, colours, NULL, 0,
      AT(outer_t, words), "Words." },
    { "objects", CPTS_OBJECTS, CPTS_PRIVATE, 0, 2, NULL, NULL, inner_fields,
      sizeof(inner_t), AT(outer_t, objects), "Objects." },
    { "multi/line", CPTS_STRING, CPTS_MULTILINE, 1, 9, NULL, NULL, NULL, 0,
      AT(outer_t, multiline), "Several lines." },
    { "formatted", CPTS_STRING, 0, 1, 60, &cpts_format_language, NULL, NULL,
      0, AT(outer_t, formatted), "A language." },
    { .name = NULL }
};
/* clang-format on */

static json_t *load(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_DECODE_ANY, &error);

    if (!json) {
        fail_msg("%s: %s", text, error.text);
    }
    return unit_keep(json);
}

static void test_faults(void **state)
{
    /* "pointer code" of each fault, in order; "" for none. */
    static const struct {
        const char *json, *faults;
    } table[] = {
        { "{\"integer\":1}", "" },
        { "{}", "/integer required" },
        { "{\"integer\":null}", "/integer required" },
        { "[]", " wrong_type" },
        { "null", " wrong_type" },
        { "{\"integer\":1,\"string\":\"a\"}", "/string length" },
        { "{\"integer\":1,\"string\":\"éé\"}", "" },
        { "{\"integer\":1,\"string\":\"éééé\"}", "" },
        { "{\"integer\":1,\"string\":\"ééééé\"}", "/string length" },
        { "{\"integer\":1,\"string\":\"\"}", "/string length" },
        { "{\"integer\":1,\"string\":1}", "/string wrong_type" },
        { "{\"integer\":1,\"string\":null}", "" },
        { "{\"integer\":1,\"string\":\"a\\nb\"}",
          "/string control_character" },
        { "{\"integer\":1,\"string\":\"a\\u007f\"}",
          "/string control_character" },
        { "{\"integer\":1,\"multi/line\":\"a\\nb\"}", "" },
        { "{\"integer\":1,\"multi/line\":\"a\\rb\"}",
          "/multi~1line control_character" },
        { "{\"integer\":1,\"multi/line\":[]}", "/multi~1line wrong_type" },
        { "{\"integer\":1,\"formatted\":\"fr\"}", "" },
        { "{\"integer\":1,\"formatted\":\"FR\"}", "/formatted format" },
        { "{\"integer\":10}", "" },
        { "{\"integer\":11}", "/integer out_of_bounds" },
        { "{\"integer\":-10}", "" },
        { "{\"integer\":-11}", "/integer out_of_bounds" },
        { "{\"integer\":1.0}", "/integer wrong_type" },
        { "{\"integer\":\"1\"}", "/integer wrong_type" },
        { "{\"integer\":true}", "/integer wrong_type" },
        { "{\"integer\":-9223372036854775808}", "/integer out_of_bounds" },
        { "{\"integer\":1,\"decimal\":2.5}", "" },
        { "{\"integer\":1,\"decimal\":2.51}", "/decimal out_of_bounds" },
        { "{\"integer\":1,\"decimal\":2}", "" },
        { "{\"integer\":1,\"decimal\":1e308}", "/decimal out_of_bounds" },
        { "{\"integer\":1,\"decimal\":false}", "/decimal wrong_type" },
        { "{\"integer\":1,\"boolean\":0}", "/boolean wrong_type" },
        { "{\"integer\":1,\"boolean\":\"true\"}", "/boolean wrong_type" },
        { "{\"integer\":1,\"date\":\"2026-02-28\"}", "" },
        { "{\"integer\":1,\"date\":\"2026-02-29\"}", "/date format" },
        { "{\"integer\":1,\"date\":20260228}", "/date wrong_type" },
        { "{\"integer\":1,\"word\":\"blue\"}", "" },
        { "{\"integer\":1,\"word\":\"Blue\"}", "/word not_in_list" },
        { "{\"integer\":1,\"word\":\"\"}", "/word not_in_list" },
        { "{\"integer\":1,\"word\":2}", "/word wrong_type" },
        { "{\"integer\":1,\"object\":{}}", "/object/text required" },
        { "{\"integer\":1,\"object\":[]}", "/object wrong_type" },
        { "{\"integer\":1,\"object\":{\"text\":\"a\",\"x\":1}}",
          "/object/x unknown_field" },
        { "{\"integer\":1,\"strings\":[]}", "" },
        { "{\"integer\":1,\"strings\":{}}", "/strings wrong_type" },
        { "{\"integer\":1,\"strings\":[\"a\",\"b\",\"c\",\"d\"]}",
          "/strings items" },
        { "{\"integer\":1,\"strings\":[\"a\",1,null]}",
          "/strings/1 wrong_type, /strings/2 wrong_type" },
        { "{\"integer\":1,\"strings\":[\"a\",\"b\",\"a\"]}",
          "/strings/2 repeated" },
        { "{\"integer\":1,\"strings\":[\"a\",\"a\",\"a\"]}",
          "/strings/1 repeated, /strings/2 repeated" },
        { "{\"integer\":1,\"strings\":[\"a\",\"A\"]}", "" },
        { "{\"integer\":1,\"words\":[]}", "/words items" },
        { "{\"integer\":1,\"words\":[\"red\",\"pink\"]}",
          "/words/1 not_in_list" },
        { "{\"integer\":1,\"objects\":[{\"text\":\"a\"},{\"number\":6}]}",
          "/objects/1/text required, /objects/1/number out_of_bounds" },
        { "{\"integer\":1,\"objects\":[1]}", "/objects/0 wrong_type" },
        { "{\"integer\":1,\"a/b\":1}", "/a~1b unknown_field" },
        { "{\"integer\":1,\"~\":1}", "/~0 unknown_field" },
        { "{\"integer\":1,\"~1/~0\":1}", "/~01~1~00 unknown_field" },
        { "{\"integer\":1,\"\":1}", "/ unknown_field" },
        { "{\"integer\":1,\"Integer\":1}", "/Integer unknown_field" },
        { "{\"integer\":1,\"integer \":1}", "/integer  unknown_field" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_faults_t *faults = cpts_faults_create(unit_pool);
        const char *got = "";
        outer_t record;
        int count = cpts_fields_decode(fields, &record, load(table[i].json),
                                       "", faults, unit_pool);
        int k;

        for (k = 0; k < cpts_faults_count(faults); k++) {
            const cpts_fault_t *f = cpts_faults_get(faults, k);

            got = apr_pstrcat(unit_pool, got, k ? ", " : "", f->pointer, " ",
                              f->code, NULL);
        }
        assert_int_equal(count, cpts_faults_count(faults));
        if (strcmp(got, table[i].faults)) {
            fail_msg("%s: \"%s\", not \"%s\"", table[i].json, got,
                     table[i].faults);
        }
    }
}

/* A long name is not told back, and the members after it are still seen. */
static void test_long_names(void **state)
{
    char name[5001];
    json_t *json = load("{\"integer\":1}");
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    outer_t record;

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    json_object_set_new(json, name, json_true());
    json_object_set_new(json, "after", json_true());
    cpts_fields_decode(fields, &record, json, "", faults, unit_pool);
    assert_int_equal(cpts_faults_count(faults), 2);
    assert_true(strlen(cpts_faults_get(faults, 0)->pointer) < 70);
    assert_string_equal(cpts_faults_get(faults, 1)->pointer, "/after");
}

/* However many faults, a bounded list. */
static void test_many_faults(void **state)
{
    json_t *json = load("{\"integer\":1}");
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    outer_t record;
    int i;

    (void)state;
    for (i = 0; i < 5000; i++) {
        json_object_set_new(json, apr_psprintf(unit_pool, "x%d", i),
                            json_true());
    }
    cpts_fields_decode(fields, &record, json, "", faults, unit_pool);
    assert_int_equal(cpts_faults_count(faults), CPTS_FAULTS_MAX);
    json = unit_keep(cpts_faults_json(faults));
    assert_int_equal(json_array_size(json), CPTS_FAULTS_MAX);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(json, 0), "code")),
        "unknown_field");
}

static void test_absent(void **state)
{
    outer_t record;

    (void)state;
    memset(&record, 0x5a, sizeof(record));
    cpts_fields_decode(fields, &record, load("{\"integer\":3}"), "",
                       cpts_faults_create(unit_pool), unit_pool);
    assert_null(record.string);
    assert_int_equal(record.integer, 3);
    assert_true(isnan(record.decimal));
    assert_int_equal(record.boolean, 0);
    assert_int_equal(record.date, CPTS_NO_DAY);
    assert_int_equal(record.word, CPTS_NO_WORD);
    assert_null(record.object);
    assert_int_equal(record.strings->nelts, 0);
    assert_int_equal(record.words->nelts, 0);
    assert_int_equal(record.objects->nelts, 0);
}

/* Random right objects */

static json_t *random_string(int least, int most)
{
    static const char *const letters[] = { "a", "é", "\"", "\\", "’", "😀" };
    const char *text = "";
    int length = least + unit_below(most - least + 1);

    for (; length > 0; length--) {
        text = apr_pstrcat(unit_pool, text, letters[unit_below(6)], NULL);
    }
    return json_string(text);
}

static json_t *random_inner(int number)
{
    return json_pack("{s:o, s:o}", "text", random_string(1, 5), "number",
                     json_integer(number));
}

static void maybe(json_t *json, const char *name, json_t *value)
{
    switch (unit_below(3)) {
    case 0:
        json_decref(value);
        break;
    case 1:
        json_decref(value);
        json_object_set_new(json, name, json_null());
        break;
    default:
        json_object_set_new(json, name, value);
    }
}

static json_t *random_object(void)
{
    json_t *json
        = unit_keep(json_pack("{s:i}", "integer", unit_below(21) - 10));

    maybe(json, "string", random_string(2, 4));
    maybe(json, "decimal", json_real(unit_below(4001) / 1000.0 - 1.5));
    maybe(json, "boolean", json_boolean(unit_once_in(2)));
    maybe(json, "date",
          json_string(cpts_day_string(unit_pool, unit_below(80000))));
    maybe(json, "word", json_string(colours[unit_below(3)]));
    maybe(json, "object", random_inner(1));
    maybe(json, "strings", json_pack("[o, s]", random_string(1, 3), "last"));
    maybe(json, "words", json_pack("[s, s]", "blue", "red"));
    maybe(json, "objects",
          json_pack("[o, o]", random_inner(-5), random_inner(5)));
    maybe(json, "multi/line", json_string("a\nb"));
    maybe(json, "formatted", json_string("fsl"));
    return json;
}

/* What absent and null come back as. */
static json_t *completed(json_t *json)
{
    static const char *const arrays[] = { "strings", "words", "objects" };
    const cpts_field_t *f;
    size_t i;

    for (f = fields; f->name; f++) {
        if (!json_object_get(json, f->name)) {
            json_object_set_new(json, f->name, json_null());
        }
    }
    for (i = 0; i < 3; i++) {
        if (json_is_null(json_object_get(json, arrays[i]))) {
            json_object_set_new(json, arrays[i], json_array());
        }
    }
    if (json_is_null(json_object_get(json, "boolean"))) {
        json_object_set_new(json, "boolean", json_false());
    }
    return json;
}

static void test_round_trip(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 3000; i++) {
        json_t *json = random_object();
        cpts_faults_t *faults = cpts_faults_create(unit_pool);
        outer_t record;
        json_t *again;

        if (cpts_fields_decode(fields, &record, json, "", faults, unit_pool)) {
            fail_msg("%s: %s %s", unit_dump(json),
                     cpts_faults_get(faults, 0)->pointer,
                     cpts_faults_get(faults, 0)->code);
        }
        again = unit_keep(cpts_fields_encode(fields, &record, 0));
        if (!json_equal(again, completed(json))) {
            fail_msg("%s became %s", unit_dump(json), unit_dump(again));
        }
        if (i % 200 == 0) {
            apr_pool_clear(unit_pool);
        }
    }
}

static void test_without(void **state)
{
    outer_t record;
    json_t *json;
    void *at;
    const cpts_field_t *f = fields;

    (void)state;
    cpts_fields_clear(fields, &record, unit_pool);
    json = unit_keep(cpts_fields_encode(fields, &record, CPTS_PRIVATE));
    assert_null(json_object_get(json, "objects"));
    assert_non_null(json_object_get(json, "date"));
    json = unit_keep(
        cpts_fields_encode(fields, &record, CPTS_PRIVATE | CPTS_READONLY));
    assert_null(json_object_get(json, "date"));
    /* The order is the table's. */
    json = unit_keep(cpts_fields_encode(fields, &record, 0));
    for (at = json_object_iter(json); at;
         at = json_object_iter_next(json, at)) {
        assert_string_equal(json_object_iter_key(at), f->name);
        f++;
    }
    assert_null(f->name);
}

/* Any JSON at all: faults, never a crash. */
static json_t *random_json(int depth)
{
    json_t *json;
    int i;

    switch (unit_below(depth > 0 ? 9 : 7)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(unit_once_in(2));
    case 2:
        return json_integer((json_int_t)unit_random());
    case 3:
        return json_real(unit_below(1000) * 1e300);
    case 4:
        return json_string("2026-06-15");
    case 5:
        return random_string(0, 70);
    case 6:
        return json_integer(unit_below(20) - 10);
    case 7:
        json = json_array();
        for (i = unit_below(5); i > 0; i--) {
            json_array_append_new(json, random_json(depth - 1));
        }
        return json;
    default:
        json = json_object();
        for (i = unit_below(8); i > 0; i--) {
            json_object_set_new(json, fields[unit_below(12)].name,
                                random_json(depth - 1));
        }
        if (unit_once_in(2)) {
            json_object_set_new(json, "text", random_json(0));
        }
        return json;
    }
}

static void test_random_json(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        json_t *json = unit_keep(random_json(4));
        cpts_faults_t *faults = cpts_faults_create(unit_pool);
        outer_t record;
        json_t *again;

        cpts_fields_decode(fields, &record, json, "", faults, unit_pool);
        /* What was kept can be written, right or wrong. */
        again = unit_keep(cpts_fields_encode(fields, &record, 0));
        if (cpts_faults_count(faults) == 0) {
            outer_t twice;

            assert_int_equal(
                cpts_fields_decode(fields, &twice, again, "", faults,
                                   unit_pool),
                json_array_size(json_object_get(again, "words")) == 0 ? 1 : 0);
        }
        if (i % 500 == 0) {
            apr_pool_clear(unit_pool);
        }
    }
}

/* Short memory: the k-th allocation of jansson fails. */

static int allocations_left;

static void *failing_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void test_short_memory(void **state)
{
    json_t *json = random_object();
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    outer_t record;
    int refused = 0;
    int k;

    (void)state;
    json_object_set_new(json, "objects",
                        json_pack("[{s:s, s:n}, {s:s, s:n}]", "text", "a",
                                  "number", "text", "b", "number"));
    json_object_set_new(json, "strings", json_pack("[s, s]", "x", "y"));
    cpts_fields_decode(fields, &record, json, "", faults, unit_pool);
    assert_int_equal(cpts_faults_count(faults), 0);
    for (k = 0; k < 10000; k++) {
        json_t *encoded;

        allocations_left = k;
        json_set_alloc_funcs(failing_malloc, free);
        encoded = cpts_fields_encode(fields, &record, 0);
        json_set_alloc_funcs(malloc, free);
        if (encoded) {
            /* All or nothing. */
            int whole = json_equal(encoded, completed(json));

            json_decref(encoded);
            assert_true(whole);
            break;
        }
        refused++;
    }
    assert_true(refused > 20);
    for (k = 0; k < 10; k++) {
        json_t *list;

        cpts_faults_add(faults, "/x", "code", "Texte.");
        allocations_left = k;
        json_set_alloc_funcs(failing_malloc, free);
        list = cpts_faults_json(faults);
        json_set_alloc_funcs(malloc, free);
        assert_true(!list
                    || json_array_size(list)
                           == (size_t)cpts_faults_count(faults));
        json_decref(list);
    }
}

/* The published schema */

static void check_schema(const cpts_field_t *table, const json_t *schema)
{
    const json_t *properties = json_object_get(schema, "properties");
    const json_t *required = json_object_get(schema, "required");
    size_t due = 0;
    size_t count = 0;
    const cpts_field_t *f;

    assert_true(
        json_is_false(json_object_get(schema, "additionalProperties")));
    for (f = table; f->name; f++, count++) {
        const json_t *one = json_object_get(properties, f->name);
        const json_t *type = json_object_get(one, "type");

        assert_non_null(one);
        assert_string_equal(
            json_string_value(json_object_get(one, "description")), f->doc);
        /* May be null exactly when it is not required. */
        assert_int_equal(json_is_array(type), !(f->flags & CPTS_REQUIRED));
        assert_int_equal(json_is_true(json_object_get(one, "readOnly")),
                         (f->flags & CPTS_READONLY) != 0);
        due += (f->flags & CPTS_REQUIRED) != 0;
        if (f->type == CPTS_OBJECT) {
            check_schema(f->fields, one);
        }
        if (f->type == CPTS_OBJECTS) {
            check_schema(f->fields, json_object_get(one, "items"));
        }
        if (f->format && f->type == CPTS_STRING) {
            assert_string_equal(
                json_string_value(json_object_get(one, "pattern")),
                f->format->pattern);
        }
    }
    assert_int_equal(json_object_size(properties), count);
    assert_int_equal(json_array_size(required), due);
}

static void test_schema(void **state)
{
    (void)state;
    check_schema(fields, unit_keep(cpts_fields_schema(fields)));
    check_schema(cpts_sheet_fields,
                 unit_keep(cpts_fields_schema(cpts_sheet_fields)));
    check_schema(cpts_need_fields,
                 unit_keep(cpts_fields_schema(cpts_need_fields)));
}

/* --- an object of which nothing is required */

typedef struct {
    outer_t *part;
    const char *file;
} partial_t;

/* clang-format off */
static const cpts_field_t partial_fields[] = {
    { "part", CPTS_OBJECT, CPTS_PARTIAL, 0, 0, NULL, NULL, fields,
      sizeof(outer_t), AT(partial_t, part), "Some of it." },
    { "file", CPTS_STRING, CPTS_REQUIRED | CPTS_ANY_CHARACTER, 1, 9, NULL,
      NULL, NULL, 0, AT(partial_t, file), "Any text." },
    { .name = NULL }
};
/* clang-format on */

static const char *partial_faults(const char *text)
{
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    partial_t record;
    const char *told = "";
    int i;

    cpts_fields_decode(partial_fields, &record,
                       unit_keep(json_loads(text, 0, NULL)), "", faults,
                       unit_pool);
    for (i = 0; i < cpts_faults_count(faults); i++) {
        const cpts_fault_t *f = cpts_faults_get(faults, i);

        told = apr_pstrcat(unit_pool, told, f->pointer, ":", f->code, " ",
                           NULL);
    }
    return told;
}

static void test_partial(void **state)
{
    static const struct {
        const char *json, *faults;
    } table[] = {
        { "{\"file\":\"a\\r\\n\\tb\",\"part\":{}}", "" },
        { "{\"file\":\"a\",\"part\":{\"object\":{},\"objects\":[{}]}}", "" },
        { "{\"part\":{}}", "/file:required " },
        { "{\"file\":\"a\",\"part\":{\"integer\":11}}",
          "/part/integer:out_of_bounds " },
        { "{\"file\":\"a\",\"part\":{\"x\":1}}", "/part/x:unknown_field " },
        { "{\"file\":\"a\",\"part\":7}", "/part:wrong_type " },
    };
    json_t *part = json_object_get(
        json_object_get(unit_keep(cpts_fields_schema(partial_fields)),
                        "properties"),
        "part");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        assert_string_equal(partial_faults(table[i].json), table[i].faults);
    }
    /* and so it is published */
    assert_null(json_object_get(part, "required"));
    part = json_object_get(part, "properties");
    assert_int_equal(json_array_size(json_object_get(
                         json_object_get(part, "integer"), "type")),
                     2);
    assert_null(json_object_get(json_object_get(part, "object"), "required"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_faults),      UNIT_TEST(test_long_names),
        UNIT_TEST(test_many_faults), UNIT_TEST(test_absent),
        UNIT_TEST(test_round_trip),  UNIT_TEST(test_without),
        UNIT_TEST(test_random_json), UNIT_TEST(test_short_memory),
        UNIT_TEST(test_schema),      UNIT_TEST(test_partial),
    };

    return UNIT_RUN(tests);
}
