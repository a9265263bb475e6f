/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of codes of placements: what is read, and every mistake seen. */

#include <string.h>

#include "core/code.h"
#include "core_support.h"

static const char symbols[] = CPTS_CODE_SYMBOLS;
#define SYMBOLS ((int)sizeof(symbols) - 1)
/* Where the symbols of a code stand in its text. */
static const int places[] = { 0, 1, 2, 3, 5, 6, 7, 8 };
#define PLACES 8

static void test_alphabet(void **state)
{
    int i;

    (void)state;
    assert_int_equal(SYMBOLS, 23);
    for (i = 0; i < SYMBOLS; i++) {
        assert_ptr_equal(strchr(symbols, symbols[i]), symbols + i);
    }
}

static void test_make(void **state)
{
    int seen[PLACES][23] = { { 0 } };
    char code[CPTS_CODE_SIZE];
    char again[CPTS_CODE_SIZE];
    int first = 0;
    int round, i, j;

    (void)state;
    for (round = 0; round < 23000; round++) {
        assert_int_equal(cpts_code_make(code), 0);
        assert_int_equal(strlen(code), CPTS_CODE_SIZE - 1);
        assert_int_equal(code[4], '-');
        assert_int_equal(cpts_code_parse(again, code), 0);
        assert_string_equal(again, code);
        for (i = 0; i < PLACES; i++) {
            seen[i][strchr(symbols, code[places[i]]) - symbols]++;
        }
    }
    /* About 1000 each: eight standard deviations are 250. */
    for (i = 0; i < PLACES; i++) {
        for (j = 0; j < SYMBOLS; j++) {
            assert_in_range(seen[i][j], 750, 1250);
        }
    }
    /* 256 is 3 more than a multiple of 23: the remainder of a byte would be
     * one of the first three 22640 times, where 21000 are fair; 1000 is seven
     * standard deviations. */
    for (i = 0; i < PLACES - 1; i++) {
        first += seen[i][0] + seen[i][1] + seen[i][2];
    }
    assert_in_range(first, 20000, 22000);
}

/* Check symbols computed apart from this code. */
static void test_read(void **state)
{
    static const char *const right[] = {
        "K7M4-2XQL",
        "k7m4-2xql",
        "K7M42XQL",
        " k7 m4 2x ql ",
        "K-7-M-4-2-X-Q-L",
        "K7M4\xe2\x80\x93"
        "2XQL",
        "K7M4\xc2\xa0"
        "2XQL",
        "K7M4\xe2\x80\x91"
        "2XQL\n",
    };
    static const char *const wrong[] = {
        "",
        "-",
        "K7M4-2XQ",
        "K7M4-2XQLL",
        "K7M4-2XQM",
        "K7M4-2XQ\xff",
        "K7M4-2XQ\xc3\xa9",
        "K7M4_2XQL",
        "0222-2222",
        "O222-2222",
        "1222-2222",
        "I222-2222",
        "B222-2222",
        "222 222",
        "K7M4-2XQL.",
        "K7M4-2XQL!",
        "K7M4-2XQLK7M4-2XQL",
    };
    char out[CPTS_CODE_SIZE] = "before";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (cpts_code_parse(out, wrong[i]) != -1) {
            fail_msg("\"%s\" passes", wrong[i]);
        }
        assert_string_equal(out, "before");
    }
    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        memset(out, 0, sizeof(out));
        if (cpts_code_parse(out, right[i]) != 0) {
            fail_msg("\"%s\" does not pass", right[i]);
        }
        assert_string_equal(out, "K7M4-2XQL");
    }
}

static void test_in_place(void **state)
{
    char text[CPTS_CODE_SIZE + 3] = " k7m42xql ";

    (void)state;
    assert_int_equal(cpts_code_parse(text, text), 0);
    assert_string_equal(text, "K7M4-2XQL");
}

static void refused(const char *code)
{
    char out[CPTS_CODE_SIZE];

    if (cpts_code_parse(out, code) != -1) {
        fail_msg("%s passes", code);
    }
}

/* Every other symbol in every place, and every exchange of two. */
static void every_mistake(const char *code)
{
    char text[CPTS_CODE_SIZE];
    int i, j;

    for (i = 0; i < PLACES; i++) {
        for (j = 0; j < SYMBOLS; j++) {
            strcpy(text, code);
            text[places[i]] = symbols[j];
            if (symbols[j] != code[places[i]]) {
                refused(text);
            }
        }
        for (j = i + 1; j < PLACES; j++) {
            strcpy(text, code);
            text[places[i]] = code[places[j]];
            text[places[j]] = code[places[i]];
            if (strcmp(text, code) != 0) {
                refused(text);
            }
        }
    }
}

static void test_mistakes(void **state)
{
    int round;

    (void)state;
    for (round = 0; round < 500; round++) {
        char code[CPTS_CODE_SIZE];

        assert_int_equal(cpts_code_make(code), 0);
        every_mistake(code);
    }
}

/* Of the codes that begin alike, each last symbol ends exactly one in 23. */
static void test_one_in_23(void **state)
{
    char code[] = "2222-2222";
    char out[CPTS_CODE_SIZE];
    int a, b, right = 0;

    (void)state;
    for (a = 0; a < SYMBOLS; a++) {
        for (b = 0; b < SYMBOLS; b++) {
            code[7] = symbols[a];
            code[8] = symbols[b];
            right += cpts_code_parse(out, code) == 0;
        }
    }
    assert_int_equal(right, SYMBOLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_alphabet), UNIT_TEST(test_make),
        UNIT_TEST(test_read),     UNIT_TEST(test_in_place),
        UNIT_TEST(test_mistakes), UNIT_TEST(test_one_in_23),
    };

    return UNIT_RUN(tests);
}
