/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of JSON written by hand: byte for byte what jansson writes. */

#include <string.h>

#include <apr_strings.h>

#include "core/field.h"
#include "core/scribe.h"
#include "core_support.h"

/* What jansson writes; takes the value. */
static const char *expected(json_t *value)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | CPTS_JSON_WRITE);
    const char *copy;

    assert_non_null(text);
    copy = apr_pstrdup(unit_pool, text);
    free(text);
    json_decref(value);
    return copy;
}

static const char *number(double value)
{
    cpts_scribe_t scribe;

    cpts_scribe_begin(&scribe, 4, unit_pool);
    cpts_scribe_number(&scribe, value);
    return apr_pstrmemdup(unit_pool, scribe.text, scribe.length);
}

static const char *string(const char *text)
{
    cpts_scribe_t scribe;

    cpts_scribe_begin(&scribe, 4, unit_pool);
    cpts_scribe_string(&scribe, text);
    return apr_pstrmemdup(unit_pool, scribe.text, scribe.length);
}

static void test_numbers(void **state)
{
    static const double values[]
        = { 0,          1,           -1,
            0.5,        43.51361,    1.50339,
            -61.73,     180,         -180,
            0.1,        0.3,         1e-6,
            0.00001,    0.001,       0.0009999,
            999.9999,   1000,        1234.5,
            43.513610,  100.0 / 3,   0.1 + 0.2,
            1e15,       1e16,        1e-300,
            2.0 / 3,    48.856613,   0.0010001,
            12.3456785, 999.9999999, -0.0,
            5e-324,     0.00012345,  89.99999999999999 };
    int i;

    (void)state;
    for (i = 0; i < (int)(sizeof(values) / sizeof(values[0])); i++) {
        assert_string_equal(number(values[i]), expected(json_real(values[i])));
    }
}

/* Decimals as people write them, and numbers next to them. */
static void test_random_numbers(void **state)
{
    static const double scales[] = { 10, 1e3, 1e5, 1e6, 1e7, 1e12 };
    int i;

    (void)state;
    for (i = 0; i < 20000; i++) {
        double value = unit_below(400000000) / scales[unit_below(6)] - 180;

        if (unit_once_in(5)) {
            value += value * 2.3e-16;
        }
        assert_string_equal(number(value), expected(json_real(value)));
        apr_pool_clear(unit_pool);
    }
}

static void test_strings(void **state)
{
    static const char *const values[]
        = { "",           "a",
            "Dr Zoé Faÿ", "\"",
            "\\",         "a\"b\\c/",
            "\b\f\n\r\t", "\x01\x1f\x7f",
            "’ \u00a0 €", "un texte plus long que la place" };
    int i;

    (void)state;
    for (i = 0; i < (int)(sizeof(values) / sizeof(values[0])); i++) {
        assert_string_equal(string(values[i]),
                            expected(json_string(values[i])));
    }
    assert_string_equal(string(NULL), "null");
}

static void test_align(void **state)
{
    cpts_scribe_t scribe;

    (void)state;
    cpts_scribe_begin(&scribe, 1, unit_pool);
    cpts_scribe_raw(&scribe, "abc");
    cpts_scribe_align(&scribe, 8);
    cpts_scribe_align(&scribe, 8);
    cpts_scribe_raw(&scribe, "d");
    assert_int_equal(scribe.length, 9);
    assert_memory_equal(scribe.text, "abc\0\0\0\0\0d", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_numbers),
        UNIT_TEST(test_random_numbers),
        UNIT_TEST(test_strings),
        UNIT_TEST(test_align),
    };

    return UNIT_RUN(tests);
}
