/* SPDX-License-Identifier: Apache-2.0 */
/* Property of the formats: each check agrees with its published pattern. */

#include <stdio.h>
#include <string.h>

#include <pcre2.h>

#include "core/field.h"
#include "core_support.h"

#define ROUNDS 40000

typedef struct {
    const cpts_format_t *format;
    const char *letters;  /* that random texts are made of */
    const char *seeds[6]; /* right ones, that are spoilt a little */
} subject_t;

static const subject_t subjects[] = {
    { &cpts_format_rpps, "0123456789aX -", { "99900000012", "10001234567" } },
    { &cpts_format_insee, "0123456789AB2a", { "31113", "2A004", "2B033" } },
    { &cpts_format_phone,
      "0123456789+ .-/(",
      { "05 61 00 00 00", "+33561000000", "3646-12", "05.61.00.00.00" } },
    { &cpts_format_email,
      "abZ9.-_%+@ !",
      { "a.b@c.fr", "x+y%z_t@mssante.fr", "A-9@a-b.c-d.org" } },
    { &cpts_format_language, "abzAZ09-", { "fr", "fsl", "ar" } },
    { &cpts_format_name, "aZ9_- .~", { "nord", "a_b-C9" } },
};

static pcre2_code *compile(const char *pattern)
{
    PCRE2_SIZE offset;
    int number;
    pcre2_code *code = pcre2_compile(
        (PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
        PCRE2_DOLLAR_ENDONLY | PCRE2_UTF, &number, &offset, NULL);

    assert_non_null(code);
    return code;
}

static int matches(const pcre2_code *code, const char *text)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int rc = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0,
                         PCRE2_NO_UTF_CHECK, data, NULL);

    pcre2_match_data_free(data);
    return rc >= 0;
}

static char random_letter(const subject_t *s)
{
    size_t count = strlen(s->letters);

    /* A line feed too: "$" is treacherous before one. */
    return unit_once_in(30) ? '\n' : s->letters[unit_below((int)count)];
}

static void random_text(char *text, size_t size, const subject_t *s)
{
    int length = unit_below((int)size - 1);
    int i;

    for (i = 0; i < length; i++) {
        text[i] = random_letter(s);
    }
    text[length] = '\0';
}

/* A right text with a few letters changed, taken away or added. */
static void spoilt_text(char *text, size_t size, const subject_t *s)
{
    int count = 0;
    int changes = unit_below(3);
    size_t length;

    while (count < 6 && s->seeds[count]) {
        count++;
    }
    snprintf(text, size - 4, "%s", s->seeds[unit_below(count)]);
    for (; changes > 0; changes--) {
        char *at;

        length = strlen(text);
        at = text + unit_below((int)length + 1);
        switch (unit_below(3)) {
        case 0:
            if (*at) {
                *at = random_letter(s);
            }
            break;
        case 1:
            if (*at) {
                memmove(at, at + 1, strlen(at));
            }
            break;
        default:
            if (length < size - 2) {
                memmove(at + 1, at, strlen(at) + 1);
                *at = random_letter(s);
            }
        }
    }
}

static void check_subject(const subject_t *s)
{
    pcre2_code *code = compile(s->format->pattern);
    int right = 0;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        char text[48];
        int ok;

        if (unit_once_in(2)) {
            random_text(text, 30, s);
        }
        else {
            spoilt_text(text, 40, s);
        }
        ok = s->format->check(text) == 0;
        right += ok;
        if (ok != matches(code, text)) {
            fail_msg("%s: check says %s of \"%s\", the pattern does not",
                     s->format->name, ok ? "yes" : "no", text);
        }
    }
    pcre2_code_free(code);
    /* Both answers were really tried. */
    assert_true(right > ROUNDS / 100 && right < ROUNDS);
}

static void test_check_is_pattern(void **state)
{
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        check_subject(&subjects[i]);
    }
}

/* Long texts too: bounds are in the check, not only in the field. */
static void test_long(void **state)
{
    static char text[100001];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        memset(text, subjects[i].letters[0], sizeof(text) - 1);
        assert_int_not_equal(subjects[i].format->check(text), 0);
        assert_int_not_equal(subjects[i].format->check(""), 0);
    }
}

static void test_examples(void **state)
{
    static const struct {
        const cpts_format_t *format;
        const char *text;
        int ok;
    } table[] = {
        { &cpts_format_rpps, "99900000012", 1 },
        { &cpts_format_rpps, "9990000001", 0 },
        { &cpts_format_insee, "2A004", 1 },
        { &cpts_format_insee, "2C004", 0 },
        { &cpts_format_insee, "2a004", 0 },
        { &cpts_format_phone, "05 61 00 00 00", 1 },
        { &cpts_format_phone, "+33 5 61 00 00 00", 1 },
        { &cpts_format_phone, "05  61 00 00 00", 0 },
        { &cpts_format_phone, "05 61 00 00 00 ", 0 },
        { &cpts_format_phone, "+", 0 },
        { &cpts_format_email, "docteur@mssante.fr", 1 },
        { &cpts_format_email, "docteur@localhost", 0 },
        { &cpts_format_email, "@mssante.fr", 0 },
        { &cpts_format_email, "a@b@c.fr", 0 },
        { &cpts_format_email, "a@b..fr", 0 },
        { &cpts_format_email, "a.b@c.fr", 1 },
        { &cpts_format_email, ".a@b.fr", 0 },
        { &cpts_format_email, "a.@b.fr", 0 },
        { &cpts_format_email, "a..b@c.fr", 0 },
        { &cpts_format_email,
          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678901"
          "@b.fr",
          1 },
        { &cpts_format_email,
          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789012"
          "@b.fr",
          0 },
        { &cpts_format_language, "fr", 1 },
        { &cpts_format_language, "FR", 0 },
        { &cpts_format_language, "fr-CA", 0 },
        { &cpts_format_name, "nord", 1 },
        { &cpts_format_name, "été", 0 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if ((table[i].format->check(table[i].text) == 0) != table[i].ok) {
            fail_msg("%s: %s", table[i].format->name, table[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_check_is_pattern),
        UNIT_TEST(test_long),
        UNIT_TEST(test_examples),
    };

    return UNIT_RUN(tests);
}
