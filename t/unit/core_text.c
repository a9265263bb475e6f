/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of text: folding for search, length, control characters. */

#include <string.h>

#include <apr_strings.h>

#include "core/text.h"
#include "core_support.h"

static void test_fold(void **state)
{
    static const struct {
        const char *text, *folded;
    } table[] = {
        { "", "" },
        { "Martin", "martin" },
        { "ÉLÉONORE", "eleonore" },
        { "Le\xcc\x81o", "leo" }, /* e and a combining accent */
        { "Çà et Là", "ca et la" },
        { "Pâques à Noël", "paques a noel" },
        { "Cœur", "coeur" },
        { "ŒUVRE", "oeuvre" },
        { "Lætitia", "laetitia" },
        { "ÆGIR", "aegir" },
        { "Søren", "soren" },
        { "Łucja", "lucja" },
        { "Straße", "strasse" },
        { "ﬁn", "fin" },
        { "L'Union", "l union" },
        { "L’Union", "l union" },
        { "Lʼunion", "l union" },
        { "Saint-Orens", "saint orens" },
        { "Saint‐Orens", "saint orens" },
        { "Saint – Orens", "saint orens" },
        { "  a \t\n b  ", "a b" },
        { "a\xc2\xa0"
          "b",
          "a b" },
        { "a\xe2\x80\xaf"
          "b",
          "a b" },
        { "-a-", "a" },
        { "---", "" },
        { "Ｆｕｌｌ", "full" },
        { "مُحَمَّد", "محمد" }, /* the vowel signs go */
        { "Ελληνικά", "ελληνικα" },
        { "Nguyễn", "nguyen" },
        { "中文", "中文" },
        { "😀", "😀" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *folded = cpts_text_fold(unit_pool, table[i].text);

        assert_non_null(folded);
        assert_string_equal(folded, table[i].folded);
        assert_string_equal(cpts_text_fold(unit_pool, folded), folded);
    }
}

static const char *const invalid[] = {
    "\xff",             /* never in UTF-8 */
    "a\x80",            /* a tail without a head */
    "\xc3",             /* cut */
    "\xe2\x82",         /* cut */
    "\xc0\xaf",         /* too long a form of "/" */
    "\xe0\x80\xaf",     /* the same in three bytes */
    "\xed\xa0\x80",     /* a surrogate */
    "\xf4\x90\x80\x80", /* beyond U+10FFFF */
    "\xf8\x88\x80\x80\x80",
};

static void test_invalid(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
        if (cpts_text_length(invalid[i]) != -1) {
            fail_msg("invalid text %d has a length", (int)i);
        }
        if (cpts_text_fold(unit_pool, invalid[i])) {
            fail_msg("invalid text %d was folded", (int)i);
        }
        if (!cpts_text_has_control(invalid[i], 1)) {
            fail_msg("invalid text %d passes", (int)i);
        }
    }
}

static void test_length(void **state)
{
    (void)state;
    assert_int_equal(cpts_text_length(""), 0);
    assert_int_equal(cpts_text_length("abc"), 3);
    assert_int_equal(cpts_text_length("été"), 3);
    assert_int_equal(cpts_text_length("e\xcc\x81"), 2);
    assert_int_equal(cpts_text_length("😀😀"), 2);
}

static void test_control(void **state)
{
    char text[] = "a?b";
    int c;

    (void)state;
    for (c = 1; c < 128; c++) {
        int control = c < 32 || c == 127;

        text[1] = (char)c;
        assert_int_equal(cpts_text_has_control(text, 0), control);
        assert_int_equal(cpts_text_has_control(text, 1), control && c != '\n');
    }
    assert_int_equal(cpts_text_has_control("\xc2\x85", 1), 1); /* C1 */
    assert_int_equal(cpts_text_has_control("é’\xc2\xa0…", 0), 0);
    /* ends of lines, and what turns the order of what follows */
    assert_int_equal(cpts_text_has_control("a\xe2\x80\xa8", 1), 1);
    assert_int_equal(cpts_text_has_control("a\xe2\x80\xa9", 0), 1);
    assert_int_equal(cpts_text_has_control("\xe2\x80\xaa", 0), 1);
    assert_int_equal(cpts_text_has_control("\xe2\x80\xae", 0), 1);
    assert_int_equal(cpts_text_has_control("\xe2\x81\xa6", 0), 1);
    assert_int_equal(cpts_text_has_control("\xe2\x81\xa9", 0), 1);
    /* names in Arabic, with a mark of direction; joined emoji */
    assert_int_equal(cpts_text_has_control(
                         "\xd9\x85\xd8\xad\xe2\x80\x8f 👩🏽‍⚕️", 0),
                     0);
}

static void test_blank(void **state)
{
    (void)state;
    assert_int_equal(cpts_text_is_blank(""), 1);
    assert_int_equal(cpts_text_is_blank(" \xc2\xa0\xe2\x80\x8b"), 1);
    assert_int_equal(cpts_text_is_blank(" \n"), 1);
    assert_int_equal(cpts_text_is_blank(" a"), 0);
    assert_int_equal(cpts_text_is_blank("\xd8\xaf"), 0);
    assert_int_equal(cpts_text_is_blank(" \xff"), 0);
}

/* Any bytes: no crash, and a fold of a fold is itself. */
static void test_random_bytes(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 20000; round++) {
        char text[24];
        int length = unit_below((int)sizeof(text));
        const char *folded;
        int i;

        for (i = 0; i < length; i++) {
            text[i] = unit_once_in(3) ? (char)(1 + unit_below(255))
                                      : "aE' -\xc3\xa9\xc5\x93"[unit_below(9)];
        }
        text[length] = '\0';
        folded = cpts_text_fold(unit_pool, text);
        assert_int_equal(folded == NULL, cpts_text_length(text) < 0);
        if (folded) {
            assert_string_equal(cpts_text_fold(unit_pool, folded), folded);
        }
        if (round % 1000 == 0) {
            apr_pool_clear(unit_pool);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_fold),   UNIT_TEST(test_invalid),
        UNIT_TEST(test_length), UNIT_TEST(test_control),
        UNIT_TEST(test_blank),  UNIT_TEST(test_random_bytes),
    };

    return UNIT_RUN(tests);
}
