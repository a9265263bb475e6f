/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the short way to read stored sheets: never another result than the
 * long one, and nearly always taken. */

#include <string.h>

#include <apr_strings.h>

#include "core/reader.h"
#include "core_support.h"

/* What the long way makes of a text: written anew, or NULL. */
static const char *the_long_way(const char *text)
{
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    cpts_sheet_t sheet;
    const char *again = NULL;

    memset(&sheet, 0, sizeof(sheet));
    if (json
        && !cpts_fields_decode(cpts_sheet_fields, &sheet, json, "", faults,
                               unit_pool)) {
        again = cpts_sheet_store_text(&sheet, unit_pool);
    }
    json_decref(json);
    return again;
}

static const char *the_short_way(const char *text)
{
    cpts_sheet_t sheet;

    memset(&sheet, 0, sizeof(sheet));
    return cpts_fields_read(cpts_sheet_fields, &sheet, text, unit_pool) == 0
               ? cpts_sheet_store_text(&sheet, unit_pool)
               : NULL;
}

static json_t *full(void)
{
    return unit_keep(json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s, s:{s:f, s:f}, s:s,"
        " s:b}, {s:n, s:s, s:s, s:n, s:s, s:b}], s:[s, s], s:s, s:[s], s:[],"
        " s:b, s:b, s:{s:[s, s], s:[s], s:f}, s:{s:s, s:n, s:s, s:{s:i, s:s,"
        " s:i}}, s:s, s:s}",
        "rpps", "99900000012", "name", "Dr Zoé \"Faÿ\"", "sex", "F", "phone",
        "05 36 49 00 01", "mssante", "zoe@fictif.mssante.example", "contact",
        "phone", "sites", "name", "Maison\\Santé", "address", "1 rue",
        "commune", "31113", "point", "lat", 43.51361, "lon", -1.5, "structure",
        "msp", "accessible", 1, "name", "address", "2 rue", "commune", "2A004",
        "point", "structure", "practice", "accessible", 0, "languages", "fr",
        "oc", "sector", "1", "skills", "échographie", "equipment",
        "trains_students", 1, "teleconsultation", 0, "home_visits", "communes",
        "31113", "31025", "perimeters", "coteaux", "radius_km", 7.5,
        "availability", "state", "paused", "from", "until", "2027-01-02",
        "capacity", "places", 12, "period", "month", "reserved", 3,
        "retirement", "2031-12-31", "note", "Deux lignes\nd’une note."));
}

static const char *text_of(json_t *json)
{
    char *text = json_dumps(json, CPTS_JSON_WRITE);
    const char *copy = apr_pstrdup(unit_pool, text);

    free(text);
    return copy;
}

/* As they are stored, all of them go the short way. */
static void test_taken(void **state)
{
    const char *text = text_of(full());
    cpts_sheet_t *sheet;

    (void)state;
    assert_non_null(the_long_way(text));
    assert_string_equal(the_short_way(text), the_long_way(text));
    sheet = cpts_sheet_decode_stored(text, unit_pool);
    assert_non_null(sheet);
    assert_string_equal(sheet->name, "Dr Zoé \"Faÿ\"");
    assert_int_equal(sheet->sites->nelts, 2);
    text = cpts_sheet_store_text(sheet, unit_pool);
    assert_string_equal(the_short_way(text), text);
}

/* What only the long way can judge, or refuses. */
static void test_left(void **state)
{
    static const char *const texts[]
        = { "",
            "{}",
            "null",
            "[]",
            "{\"rpps\":\"99900000012\"}",
            "{\"rpps\":null}",
            "{\"rpps\": \"99900000012\"}",
            "{\"rpps\":\"999000000\\u0031\"}",
            "{\"rpps\":\"99900000012",
            "{\"rpps\":\"99900000012\",}",
            "{\"other\":1}",
            "{\"name\":\"a\",\"rpps\":\"99900000012\"}" };
    const char *text = text_of(full());
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_null(the_short_way(texts[i]));
    }
    assert_null(the_short_way(apr_pstrcat(unit_pool, text, " ", NULL)));
    for (i = 0; i < strlen(text); i++) {
        assert_null(the_short_way(apr_pstrmemdup(unit_pool, text, i)));
    }
}

static void test_numbers(void **state)
{
    static const char *const numbers[] = { "0",
                                           "-0",
                                           "0.0",
                                           "-0.0",
                                           "00",
                                           "01",
                                           "1.",
                                           ".5",
                                           "-",
                                           "1e1",
                                           "1E2",
                                           "1.5e0",
                                           "43.5",
                                           "-89.99",
                                           "90",
                                           "90.0001",
                                           "+1",
                                           "0x1",
                                           "0.1",
                                           "0.3",
                                           "1.50",
                                           "12345678901234.5",
                                           "1.2345678901234",
                                           "1.23456789012345678",
                                           "89.999999999999",
                                           "nan",
                                           "--1",
                                           "1-" };
    const char *text = text_of(full());
    const char *at = strstr(text, "43.51361");
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const char *other = apr_pstrcat(
            unit_pool, apr_pstrmemdup(unit_pool, text, (size_t)(at - text)),
            numbers[i], at + 8, NULL);
        const char *quick = the_short_way(other);

        if (quick) {
            assert_non_null(the_long_way(other));
            assert_string_equal(quick, the_long_way(other));
        }
    }
}

/* Any text at all: whatever is taken is read as the long way reads it. */
static void test_random(void **state)
{
    static const char bytes[]
        = "{}[],:\"\\0123456789.-eE truefalsn\xc3\xa9\xe2\x80\x99\n\x01";
    const char *text = text_of(full());
    int taken = 0;
    int i;

    (void)state;
    for (i = 0; i < 60000; i++) {
        apr_pool_t *before = unit_pool;
        apr_pool_t *own;
        const char *quick;
        char *other;
        int n;

        apr_pool_create(&own, unit_pool);
        unit_pool = own;
        other = apr_pstrdup(own, text);
        for (n = unit_below(3); n >= 0; n--) {
            char *at = other + unit_below((int)strlen(other));

            if (unit_once_in(3)) {
                memmove(at, at + 1, strlen(at));
            }
            else {
                *at = bytes[unit_below((int)sizeof(bytes) - 1)];
            }
        }
        quick = the_short_way(other);
        if (quick) {
            const char *due = the_long_way(other);

            taken++;
            if (!due || strcmp(quick, due) != 0) {
                fail_msg("%s\nis read as\n%s\nbut is\n%s", other, quick,
                         due ? due : "wrong");
            }
        }
        apr_pool_destroy(own);
        unit_pool = before;
    }
    assert_true(taken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_taken),
        UNIT_TEST(test_left),
        UNIT_TEST(test_numbers),
        UNIT_TEST(test_random),
    };

    return UNIT_RUN(tests);
}
