/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sheets: the table of t/data/sheet, round trips, dates, words. */

/*
 * A case is {name, set, remove, before, today, expected}: "set" and "remove"
 * change the base sheet by JSON pointers; "before" does the same for the
 * sheet that was stored, none if absent; "expected" lists the faults, in
 * order, [] for a sheet that is right.
 */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/sheet.h"
#include "core_support.h"

#define BASE "t/data/sheet/_base.json"

static const json_t *part(const char *name)
{
    json_t *value = json_object_get(unit_json(BASE), name);

    assert_non_null(value);
    return value;
}

static cpts_sheet_t *decode(const json_t *json, const cpts_sheet_t *before,
                            const char *today, cpts_faults_t **faults)
{
    *faults = cpts_faults_create(unit_pool);
    return cpts_sheet_decode(json, unit_territory(part("territory")), before,
                             unit_day(today), *faults, unit_pool);
}

/* The stored sheet of a case, with its read-only fields. */
static cpts_sheet_t *stored(const json_t *patch)
{
    json_t *json = unit_patched(part("sheet"), patch);

    json_object_set_new(json, "confirmed_on", json_string("2026-05-01"));
    json_object_set_new(json, "confirmed_by", json_string("doctor"));
    return unit_sheet(json, unit_territory(part("territory")));
}

static const char *today_of(const json_t *json)
{
    const char *today = json_string_value(json_object_get(json, "today"));

    return today ? today : json_string_value(part("today"));
}

static void check_case(void **state)
{
    const json_t *json = ((const unit_case_t *)*state)->json;
    const json_t *before = json_object_get(json, "before");
    const json_t *expected = json_object_get(json, "expected");
    cpts_faults_t *faults;
    cpts_sheet_t *sheet
        = decode(unit_patched(part("sheet"), json),
                 before ? stored(before) : NULL, today_of(json), &faults);

    assert_true(json_is_array(expected));
    unit_assert_faults(faults, expected);
    assert_int_equal(sheet == NULL, json_array_size(expected) > 0);
}

/* What a caller reads of a fault: a French sentence, with a no-break space
 * before high punctuation, and a decimal comma. */
static void check_sentence(const cpts_fault_t *fault)
{
    static const char *const marks[] = { " :", " ;", " ?", " !", "..", "  " };
    const char *detail = fault->detail;
    size_t length = strlen(detail);
    size_t i;

    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strstr(detail, marks[i])) {
            fail_msg("%s %s: \"%s\" in \"%s\"", fault->pointer, fault->code,
                     marks[i], detail);
        }
    }
    if (length == 0 || detail[length - 1] != '.' || strchr(detail, '\'')) {
        fail_msg("not a sentence: %s", detail);
    }
    for (i = 1; i + 1 < length; i++) {
        if (detail[i] == '.' && strchr("0123456789", detail[i + 1])) {
            fail_msg("a decimal point in: %s", detail);
        }
    }
}

static void check_typography_of(const char *file)
{
    const json_t *cases
        = unit_json(apr_pstrcat(unit_pool, "t/data/sheet/", file, NULL));
    const json_t *one;
    size_t i;

    json_array_foreach(cases, i, one) {
        cpts_faults_t *faults;
        int k;

        decode(unit_patched(part("sheet"), one), NULL, today_of(one), &faults);
        for (k = 0; k < cpts_faults_count(faults); k++) {
            check_sentence(cpts_faults_get(faults, k));
        }
    }
}

static void test_typography(void **state)
{
    (void)state;
    check_typography_of("availability.json");
    check_typography_of("fields.json");
    check_typography_of("places.json");
    check_typography_of("rules.json");
}

/* A fault must not tell the value back: it may say something of a person. */
static void test_values_stay_untold(void **state)
{
    json_t *json = unit_patched(part("sheet"), NULL);
    cpts_faults_t *faults;
    int i;

    (void)state;
    unit_set(json, "/phone", unit_keep(json_string("secret-value")));
    unit_set(json, "/sex", unit_keep(json_string("secret-value")));
    unit_set(json, "/retirement", unit_keep(json_string("secret-value")));
    unit_set(json, "/sites/0/commune", unit_keep(json_string("secret")));
    unit_set(json, "/availability/capacity/places",
             unit_keep(json_integer(987654321)));
    assert_null(decode(json, NULL, "2026-06-15", &faults));
    assert_true(cpts_faults_count(faults) >= 5);
    for (i = 0; i < cpts_faults_count(faults); i++) {
        assert_null(strstr(cpts_faults_get(faults, i)->detail, "secret"));
        assert_null(strstr(cpts_faults_get(faults, i)->detail, "987654321"));
    }
}

/* What is stored comes back as it was, and no key is lost. */
static void test_round_trip(void **state)
{
    cpts_faults_t *faults;
    const json_t *sent = part("sheet");
    cpts_sheet_t *sheet = decode(sent, NULL, "2026-06-15", &faults);
    const char *text;
    cpts_sheet_t *again;
    json_t *json;

    (void)state;
    assert_non_null(sheet);
    text = cpts_sheet_store_text(sheet, unit_pool);
    assert_non_null(text);
    assert_null(strstr(text, "confirmed"));
    again = cpts_sheet_decode_stored(text, unit_pool);
    assert_non_null(again);
    assert_string_equal(cpts_sheet_store_text(again, unit_pool), text);
    json = unit_keep(cpts_sheet_json(again));
    assert_true(json_is_null(json_object_get(json, "confirmed_on")));
    json_object_del(json, "confirmed_on");
    json_object_del(json, "confirmed_by");
    if (!json_equal(json, sent)) {
        fail_msg("%s is not %s", unit_dump(json), unit_dump(sent));
    }
}

static void test_stored_is_strict(void **state)
{
    static const char *const wrong[] = {
        "", "null", "[]", "\"x\"", "{}", "{\"rpps\":\"99900000012\"}", "{",
    };
    json_t *json = unit_patched(part("sheet"), NULL);
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_null(cpts_sheet_decode_stored(wrong[i], unit_pool));
    }
    assert_non_null(cpts_sheet_decode_stored(unit_dump(json), unit_pool));
    /* A row written by a newer version, not a rule that time can break. */
    unit_set(json, "/newer", unit_keep(json_true()));
    assert_null(cpts_sheet_decode_stored(unit_dump(json), unit_pool));
    unit_set(json, "/newer", NULL);
    unit_set(json, "/availability/state", unit_keep(json_string("paused")));
    unit_set(json, "/availability/until",
             unit_keep(json_string("2020-01-01")));
    unit_set(json, "/sites/0/commune", unit_keep(json_string("99999")));
    assert_non_null(cpts_sheet_decode_stored(unit_dump(json), unit_pool));
}

/* A row that a hand changed is left out, never read as open. */
static void test_stored_must_make_sense(void **state)
{
    static const struct {
        const char *pointer;
        const char *word; /* NULL: null */
    } wrong[] = {
        { "/phone", NULL },                     /* contact is the phone */
        { "/availability/state", "paused" },    /* without until */
        { "/availability/state", "opening" },   /* without from */
        { "/availability/until", "2026-01-01" } /* with open */
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *json = unit_patched(part("sheet"), NULL);

        unit_set(json, "/contact", unit_keep(json_string("phone")));
        unit_set(json, "/phone", unit_keep(json_string("05 36 49 00 00")));
        assert_non_null(cpts_sheet_decode_stored(unit_dump(json), unit_pool));
        unit_set(json, wrong[i].pointer,
                 unit_keep(wrong[i].word ? json_string(wrong[i].word)
                                         : json_null()));
        assert_null(cpts_sheet_decode_stored(unit_dump(json), unit_pool));
    }
}

/* No word of the sheet can refuse a category of patients. */
static void check_no_category(const cpts_field_t *fields)
{
    static const char *const words[] = {
        "age",     "ald",     "precar",  "c2s",    "cmu",
        "ame",     "refuse",  "exclude", "reject", "only",
        "min_age", "max_age", "without", "no_",
    };
    const cpts_field_t *f;
    size_t i;

    for (f = fields; f->name; f++) {
        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            const char *at = strstr(f->name, words[i]);

            /* "name" and "languages" hold "ame" and "age". */
            if (at && strcmp(f->name, "name") != 0
                && strcmp(f->name, "languages") != 0) {
                fail_msg("field %s", f->name);
            }
        }
        if (f->fields) {
            check_no_category(f->fields);
        }
    }
}

static void test_no_category(void **state)
{
    (void)state;
    check_no_category(cpts_sheet_fields);
}

static void test_state_on_a_day(void **state)
{
    cpts_availability_t a = { CPTS_STATE_PAUSED, CPTS_NO_DAY, 100, NULL };

    (void)state;
    assert_int_equal(cpts_availability_on(&a, 100), CPTS_STATE_PAUSED);
    assert_int_equal(cpts_availability_on(&a, 101), CPTS_STATE_OPEN);
    a.state = CPTS_STATE_OPENING;
    a.from = 100;
    assert_int_equal(cpts_availability_on(&a, 99), CPTS_STATE_OPENING);
    assert_int_equal(cpts_availability_on(&a, 100), CPTS_STATE_OPEN);
    a.state = CPTS_STATE_CLOSED;
    assert_int_equal(cpts_availability_on(&a, 9999), CPTS_STATE_CLOSED);
    a.state = CPTS_STATE_LEFT;
    assert_int_equal(cpts_availability_on(&a, 9999), CPTS_STATE_LEFT);
    a.state = CPTS_STATE_OPEN;
    assert_int_equal(cpts_availability_on(&a, 0), CPTS_STATE_OPEN);
}

static void test_luhn(void **state)
{
    char rpps[] = "10001234560";
    int right = 0;
    char key;

    (void)state;
    /* One key of ten is right for any number. */
    for (key = '0'; key <= '9'; key++) {
        rpps[10] = key;
        right += cpts_rpps_luhn(rpps);
    }
    assert_int_equal(right, 1);
    assert_int_equal(cpts_rpps_luhn("79927398713"), 1); /* the usual example */
    assert_int_equal(cpts_rpps_luhn("79927398710"), 0);
    assert_int_equal(cpts_rpps_luhn("00000000000"), 1);
}

static void test_search_text(void **state)
{
    cpts_territory_t *territory = unit_territory(part("territory"));
    cpts_faults_t *faults;
    cpts_sheet_t *sheet = decode(part("sheet"), NULL, "2026-06-15", &faults);

    (void)state;
    assert_string_equal(
        cpts_sheet_search_text(sheet, territory, unit_pool),
        "dr eleonore d oeuf 99900000012 maison de sante l union "
        "castanet tolosan saint orens");
    assert_non_null(
        strstr(cpts_sheet_search_text(sheet, NULL, unit_pool), "31113"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_typography),
        UNIT_TEST(test_values_stay_untold),
        UNIT_TEST(test_round_trip),
        UNIT_TEST(test_stored_is_strict),
        UNIT_TEST(test_stored_must_make_sense),
        UNIT_TEST(test_no_category),
        UNIT_TEST(test_state_on_a_day),
        UNIT_TEST(test_luhn),
        UNIT_TEST(test_search_text),
    };

    return unit_run_cases("t/data/sheet", check_case, tests,
                          sizeof(tests) / sizeof(tests[0]));
}
