/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of CSV reading: separators, quotes, encodings, and where it fails. */

#include <string.h>

#include <apr_strings.h>

#include "core/csv.h"
#include "core_support.h"

/* Rows as text: "1[a|b]2[c|d]". */
typedef struct {
    const char *text;
    int stop_at; /* row that the caller refuses, 0: none */
} seen_t;

static const char *see_row(void *baton, int row,
                           const apr_array_header_t *cells, apr_pool_t *pool)
{
    seen_t *seen = baton;
    const char *joined = "";
    int i;

    for (i = 0; i < cells->nelts; i++) {
        joined = apr_pstrcat(pool, joined, i ? "|" : "",
                             APR_ARRAY_IDX(cells, i, const char *), NULL);
    }
    seen->text = apr_psprintf(pool, "%s%d[%s]", seen->text, row, joined);
    return row == seen->stop_at ? "refused" : NULL;
}

static const char *read_bytes(seen_t *seen, const char *text, size_t length)
{
    return cpts_csv_read(unit_file(text, length), NULL, see_row, seen,
                         unit_pool);
}

static void test_read(void **state)
{
    static const struct {
        const char *file, *seen;
    } table[] = {
        { "a,b\nc,d\n", "1[a|b]2[c|d]" },
        { "a,b\nc,d", "1[a|b]2[c|d]" },
        { "a,b\r\nc,d\r\n", "1[a|b]2[c|d]" },
        { "a;b\nc,c;d\n", "1[a|b]2[c,c|d]" },
        { "\xef\xbb\xbf"
          "a,b\n",
          "1[a|b]" },
        { "\"a,1\",\"b \"\"q\"\"\"\n", "1[a,1|b \"q\"]" },
        { "\"a\nb\",c\n", "1[a\nb|c]" },
        { "é,œ\n", "1[é|œ]" },
        { "a,,c\n", "1[a||c]" },
        { "", "" },
        { "\xef\xbb\xbf", "" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        seen_t seen = { "", 0 };
        const char *error
            = read_bytes(&seen, table[i].file, strlen(table[i].file));

        if (error) {
            fail_msg("case %d: %s", (int)i, error);
        }
        assert_string_equal(seen.text, table[i].seen);
    }
}

static void test_separator(void **state)
{
    seen_t seen = { "", 0 };
    char separator = '?';

    (void)state;
    assert_null(cpts_csv_read(unit_file("a;b\n1;2\n", 8), &separator, see_row,
                              &seen, unit_pool));
    assert_int_equal(separator, ';');
    assert_null(cpts_csv_read(unit_file("a,b\n1;2\n", 8), &separator, see_row,
                              &seen, unit_pool));
    assert_int_equal(separator, ',');
}

/* Rows without a character are passed over; a row keeps its number. */
static void test_empty_rows(void **state)
{
    seen_t seen = { "", 0 };

    (void)state;
    assert_null(read_bytes(&seen, "a,b\n,\nc,d\n", 10));
    assert_string_equal(seen.text, "1[a|b]3[c|d]");
    seen.text = "";
    assert_null(read_bytes(&seen, "a,b\n\r\n\nc,d\n\n", 12));
    assert_string_equal(seen.text, "1[a|b]4[c|d]");
    /* an empty line within quotes is of the cell */
    seen.text = "";
    assert_null(read_bytes(&seen, "\"a\n\nb\",c\n\nd,e\n", 14));
    assert_string_equal(seen.text, "1[a\n\nb|c]3[d|e]");
}

/* What is in memory already. */
static void test_parse(void **state)
{
    seen_t seen = { "", 2 };
    char separator = '?';
    int row = 0;

    (void)state;
    assert_string_equal(cpts_csv_parse("a;b\n1;2\n3;4\n", 12, &separator, &row,
                                       see_row, &seen, unit_pool),
                        "refused");
    assert_int_equal(row, 2);
    assert_int_equal(separator, ';');
    seen.stop_at = 0;
    assert_non_null(cpts_csv_parse("a;b\n\n\"c\n", 8, NULL, &row, see_row,
                                   &seen, unit_pool));
    assert_int_equal(row, 3);
    assert_null(cpts_csv_parse("", 0, NULL, &row, see_row, &seen, unit_pool));
    assert_int_equal(row, 0);
}

static void test_broken(void **state)
{
    static const struct {
        const char *file;
        size_t length;
        const char *message; /* what the error must hold */
    } table[] = {
        { "a,b\n\"c,d\n", 9, "row 2" },
        { "a,b\nc\"d,e\n", 10, "row 2" },
        { "a,b\nc,\xe9\n", 8, "row 2: not UTF-8" },
        { "a,b\nc,\0d\n", 9, "row 2: a NUL character" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        seen_t seen = { "", 0 };
        const char *error = read_bytes(&seen, table[i].file, table[i].length);

        if (!error || !strstr(error, table[i].message)) {
            fail_msg("case %d: %s", (int)i, error ? error : "no error");
        }
    }
}

/* The row named is the one at fault, however many follow it. */
static void test_row_of_error(void **state)
{
    static const char bytes[] = "a,b\nc,\xe9\ne,f\ng,h\n";
    seen_t seen = { "", 2 };
    const char *error = read_bytes(&seen, "a,b\nc,d\ne,f\ng,h\n", 16);

    (void)state;
    assert_non_null(error);
    assert_string_equal(seen.text, "1[a|b]2[c|d]");
    if (!strstr(error, "row 2: refused")) {
        fail_msg("%s", error);
    }
    seen.stop_at = 0;
    error = read_bytes(&seen, bytes, sizeof(bytes) - 1);
    assert_non_null(error);
    if (!strstr(error, "row 2: not UTF-8")) {
        fail_msg("%s", error);
    }
}

static void test_no_file(void **state)
{
    seen_t seen = { "", 0 };
    const char *error
        = cpts_csv_read("/no/such/file.csv", NULL, see_row, &seen, unit_pool);

    (void)state;
    assert_non_null(error);
    assert_non_null(strstr(error, "/no/such/file.csv"));
    error = cpts_csv_read(unit_source("t/data"), NULL, see_row, &seen,
                          unit_pool);
    assert_non_null(error);
    assert_string_equal(seen.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_read),         UNIT_TEST(test_separator),
        UNIT_TEST(test_empty_rows),   UNIT_TEST(test_broken),
        UNIT_TEST(test_row_of_error), UNIT_TEST(test_no_file),
        UNIT_TEST(test_parse),
    };

    return UNIT_RUN(tests);
}
