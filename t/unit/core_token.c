/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of tokens: text and bytes of each other, lenient reading, hash. */

#include <string.h>

#include "core/token.h"
#include "core_support.h"

#define ZEROS "00000-00000-00000-00000-000000"
/* Texts and hash computed apart from this code. */
#define COUNTING "000G4-0R40M-30E20-9185G-R38E1W"

static const unsigned char zeros[CPTS_TOKEN_BYTES];
static const unsigned char counting[CPTS_TOKEN_BYTES]
    = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void test_known(void **state)
{
    unsigned char ones[CPTS_TOKEN_BYTES];
    char text[CPTS_TOKEN_SIZE];

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    cpts_token_format(text, counting);
    assert_string_equal(text, COUNTING);
    cpts_token_format(text, zeros);
    assert_string_equal(text, ZEROS);
    cpts_token_format(text, ones);
    assert_string_equal(text, "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZW");
}

static void test_round(void **state)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];
    unsigned char again[CPTS_TOKEN_BYTES];
    char text[CPTS_TOKEN_SIZE];
    int round, i;

    (void)state;
    for (round = 0; round < 20000; round++) {
        for (i = 0; i < CPTS_TOKEN_BYTES; i++) {
            bytes[i] = (unsigned char)unit_below(256);
        }
        cpts_token_format(text, bytes);
        assert_int_equal(strlen(text), CPTS_TOKEN_SIZE - 1);
        assert_int_equal(cpts_token_parse(again, text), 0);
        assert_memory_equal(again, bytes, sizeof(bytes));
    }
}

static void test_make(void **state)
{
    enum { COUNT = 2000 };
    static unsigned char made[COUNT][CPTS_TOKEN_BYTES];
    int bits[CPTS_TOKEN_BYTES * 8] = { 0 };
    char text[CPTS_TOKEN_SIZE];
    int i, j;

    (void)state;
    for (i = 0; i < COUNT; i++) {
        assert_int_equal(cpts_token_make(text), 0);
        assert_int_equal(cpts_token_parse(made[i], text), 0);
        for (j = 0; j < i; j++) {
            assert_memory_not_equal(made[i], made[j], CPTS_TOKEN_BYTES);
        }
        for (j = 0; j < CPTS_TOKEN_BYTES * 8; j++) {
            bits[j] += made[i][j / 8] >> j % 8 & 1;
        }
    }
    /* Each bit is set in about 1000: eight standard deviations are 179. */
    for (j = 0; j < CPTS_TOKEN_BYTES * 8; j++) {
        assert_in_range(bits[j], 821, 1179);
    }
}

static void test_lenient(void **state)
{
    static const char *const right[] = {
        COUNTING,
        "000g4-0r40m-30e20-9185g-r38e1w",
        "000G40R40M30E209185GR38E1W",
        " 000G4 0R40M 30E20 9185G R38E1W\r\n",
        "oOoG4-oR4OM-3oE2O-9l85G-R38EiW",
        "OOOG4-OR4OM-3OE2O-9I85G-R38ELW",
        ("000G4\xe2\x80\x93"
         "0R40M\xe2\x80\x91"
         "30E20\xc2\xa0"
         "9185G\xe2\x80\xaf"
         "R38E1W"),
    };
    unsigned char bytes[CPTS_TOKEN_BYTES];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        if (cpts_token_parse(bytes, right[i]) != 0) {
            fail_msg("\"%s\" does not pass", right[i]);
        }
        assert_memory_equal(bytes, counting, sizeof(bytes));
    }
}

static void refused(const char *text)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];

    memset(bytes, 0xaa, sizeof(bytes));
    if (cpts_token_parse(bytes, text) != -1) {
        fail_msg("\"%s\" passes", text);
    }
    assert_memory_equal(bytes, zeros, sizeof(bytes));
}

static void test_refused(void **state)
{
    char text[] = ZEROS;
    const char *last;

    (void)state;
    refused("");
    refused("-");
    refused("000G4-0R40M-30E20-9185G-R38E1");
    refused("000G4-0R40M-30E20-9185G-R38E1W0");
    refused("000G4-0R40M-30E20-9185G-R38E1U");
    refused("000G4-0R40M-30E20-9185G-R38E1\xc3\xa9");
    refused("000G4-0R40M-30E20-9185G-R38E1\xff");
    refused("000G4_0R40M_30E20_9185G_R38E1W");
    refused("000G4+0R40M+30E20+9185G+R38E1W");
    refused("000G4-0R40M-30E20-9185G-R38E1W.");
    /* The last symbol has two bits of padding: one symbol in four passes. */
    for (last = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; *last; last++) {
        unsigned char bytes[CPTS_TOKEN_BYTES];

        text[sizeof(text) - 2] = *last;
        if (strchr("048CGMRW", *last)) {
            assert_int_equal(cpts_token_parse(bytes, text), 0);
        }
        else {
            refused(text);
        }
    }
}

static void test_hash(void **state)
{
    static const unsigned char expected[CPTS_TOKEN_HASH] = {
        0xc7, 0xcb, 0x5d, 0x1a, 0x1a, 0x21, 0x4f, 0x1d, 0x83, 0x3a, 0x21,
        0xfe, 0x6c, 0x7b, 0x24, 0x20, 0xe4, 0x17, 0xc2, 0xf2, 0x20, 0x78,
        0x4c, 0xbe, 0x90, 0x07, 0x29, 0x75, 0x13, 0x1b, 0xc3, 0x67,
    };
    unsigned char out[CPTS_TOKEN_HASH];

    (void)state;
    assert_int_equal(cpts_token_hash(out, counting), 0);
    assert_memory_equal(out, expected, sizeof(out));
    assert_int_equal(cpts_token_hash(out, zeros), 0);
    assert_memory_not_equal(out, expected, sizeof(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_known),   UNIT_TEST(test_round),   UNIT_TEST(test_make),
        UNIT_TEST(test_lenient), UNIT_TEST(test_refused), UNIT_TEST(test_hash),
    };

    return UNIT_RUN(tests);
}
