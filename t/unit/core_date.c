/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the calendar: every day of three centuries, and impossible ones. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/date.h"
#include "core_support.h"

/* An own calendar, counted day by day: no formula to share a mistake with. */
typedef struct {
    int year, month, day;
} civil_t;

static int is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_length(const civil_t *c)
{
    static const int lengths[]
        = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return c->month == 2 && is_leap(c->year) ? 29 : lengths[c->month - 1];
}

static void next_day(civil_t *c)
{
    if (++c->day > month_length(c)) {
        c->day = 1;
        c->month++;
    }
    if (c->month > 12) {
        c->month = 1;
        c->year++;
    }
}

static void write_civil(char out[CPTS_DAY_SIZE], const civil_t *c)
{
    int parts[] = { c->year, c->month, c->day };
    static const char shape[] = "YYYY-MM-DD";
    int i;

    memcpy(out, shape, sizeof(shape));
    for (i = 3; i >= 0; i--) {
        out[i] = (char)('0' + parts[0] % 10);
        parts[0] /= 10;
    }
    out[5] = (char)('0' + parts[1] / 10);
    out[6] = (char)('0' + parts[1] % 10);
    out[8] = (char)('0' + parts[2] / 10);
    out[9] = (char)('0' + parts[2] % 10);
}

static void test_every_day(void **state)
{
    civil_t c = { 1900, 1, 1 };
    cpts_day_t expected = -25567; /* 1900-01-01, days before 1970 */

    (void)state;
    for (; c.year < 2200; next_day(&c), expected++) {
        char text[CPTS_DAY_SIZE];
        char again[CPTS_DAY_SIZE];
        cpts_day_t day = CPTS_NO_DAY;

        write_civil(text, &c);
        if (cpts_day_parse(&day, text) || day != expected) {
            fail_msg("%s is day %d, not %d", text, day, expected);
        }
        cpts_day_format(again, day);
        assert_string_equal(again, text);
    }
    assert_int_equal(expected, -25567 + 300 * 365 + 73);
}

static void test_known_days(void **state)
{
    (void)state;
    assert_int_equal(unit_day("1970-01-01"), 0);
    assert_int_equal(unit_day("1969-12-31"), -1);
    assert_int_equal(unit_day("2000-02-29"), 11016);
    assert_int_equal(unit_day("2026-06-15"), 20619);
    assert_string_equal(cpts_day_string(unit_pool, 20619), "2026-06-15");
}

static void test_impossible_days(void **state)
{
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-6-15",
        "2026-06-5",
        "2026-02-29",
        "1900-02-29",
        "2100-02-29",
        "2026-04-31",
        "2026-06-31",
        "2026-09-31",
        "2026-11-31",
        "2026-00-10",
        "2026-13-10",
        "2026-01-00",
        "2026-01-32",
        "1899-12-31",
        "2200-01-01",
        "0000-00-00",
        "9999-12-31",
        "2026-06-15 ",
        " 2026-06-15",
        "2026-06-15Z",
        "2026/06/15",
        "2026.06.15",
        "15-06-2026",
        "+026-06-15",
        "-026-06-15",
        "2026-+6-15",
        "2026- 6-15",
        "2026-06-1x",
        "2O26-06-15",
        "2026-06-155",
        "20260-06-15",
        "2026--06-15",
        "2026-0\xc2\xb2-15",
        "\xff\xff",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cpts_day_t day = 42;

        if (cpts_day_parse(&day, wrong[i]) == 0) {
            fail_msg("\"%s\" was taken for a day", wrong[i]);
        }
    }
}

/* A wrong text leaves the field as "no day", not as another day. */
static void test_wrong_is_no_day(void **state)
{
    json_t *json = unit_keep(json_pack("{s:s}", "d", "2026-02-30"));
    cpts_field_t fields[]
        = { { "d", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0, 0, "A day." },
            { .name = NULL } };
    cpts_day_t day = 42;

    (void)state;
    cpts_fields_decode(fields, &day, json, "", cpts_faults_create(unit_pool),
                       unit_pool);
    assert_int_equal(day, CPTS_NO_DAY);
}

/* Each day of a zone begins once, and the moment before is the day before:
 * also where summer time begins, at midnight even. */
static void check_zone(const char *zone, const char *from, const char *to)
{
    cpts_day_t day = unit_day(from);
    cpts_day_t last = unit_day(to);

    setenv("TZ", zone, 1);
    tzset();
    for (; day <= last; day++) {
        apr_time_t begin = cpts_day_begin(day);

        if (cpts_day_of(begin) != day) {
            fail_msg("%s %s begins on %s", zone,
                     cpts_day_string(unit_pool, day),
                     cpts_day_string(unit_pool, cpts_day_of(begin)));
        }
        if (cpts_day_of(begin - 1) != day - 1) {
            fail_msg("%s %s begins late", zone,
                     cpts_day_string(unit_pool, day));
        }
    }
}

static void test_days_begin(void **state)
{
    const char *was = getenv("TZ");

    (void)state;
    check_zone("Europe/Paris", "2024-01-01", "2027-12-31");
    check_zone("Indian/Reunion", "2026-01-01", "2026-12-31");
    check_zone("America/Cayenne", "2026-01-01", "2026-12-31");
    check_zone("UTC", "2026-01-01", "2026-12-31");
    /* Saint-Pierre-et-Miquelon has summer time, at 2 in the morning. */
    check_zone("America/Miquelon", "2026-01-01", "2026-12-31");
    /* Where midnight itself is left out once a year, and is there twice. */
    check_zone("EET-2EEST,M4.5.5/0,M10.5.4/24", "2024-01-01", "2026-12-31");
    setenv("TZ", was ? was : "Europe/Paris", 1);
    tzset();
}

static void test_summer_time(void **state)
{
    const char *was = getenv("TZ");

    (void)state;
    /* The rule of France, in full: no data base of zones is needed. */
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    /* 2026-03-29 lasts 23 hours, 2026-10-25 lasts 25. */
    assert_int_equal(apr_time_sec(cpts_day_begin(unit_day("2026-03-30"))
                                  - cpts_day_begin(unit_day("2026-03-29"))),
                     23 * 3600);
    assert_int_equal(apr_time_sec(cpts_day_begin(unit_day("2026-10-26"))
                                  - cpts_day_begin(unit_day("2026-10-25"))),
                     25 * 3600);
    /* 22:30 UTC on 14 June is the 15th in Paris. */
    assert_int_equal(cpts_day_of(apr_time_from_sec(1781476200)),
                     unit_day("2026-06-15"));
    setenv("TZ", was ? was : "Europe/Paris", 1);
    tzset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_every_day),       UNIT_TEST(test_known_days),
        UNIT_TEST(test_impossible_days), UNIT_TEST(test_wrong_is_no_day),
        UNIT_TEST(test_days_begin),      UNIT_TEST(test_summer_time),
    };

    return UNIT_RUN(tests);
}
