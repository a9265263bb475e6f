/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar days, counted, so that a duration is a subtraction. */

#include "core/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <apr_strings.h>

#define YEAR_MIN 1900
#define YEAR_MAX 2199

/* Days from 1970-01-01, counting years from March so that the leap day is
 * the last: the well-known "days from civil" computation. */
static cpts_day_t from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = y / 400;
    int of_era = y - era * 400;
    int of_year
        = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}

static void to_civil(cpts_day_t days, int *year, int *month, int *day)
{
    int z = days + 719468;
    int era = z / 146097;
    int of_era = z - era * 146097;
    int y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * y + y / 4 - y / 100);
    int m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2 ? 1 : 0);
}

static int digits(const char *text, int count)
{
    int value = 0;

    for (; count > 0; count--, text++) {
        if (*text < '0' || *text > '9') {
            return -1;
        }
        value = value * 10 + (*text - '0');
    }
    return value;
}

int cpts_day_parse(cpts_day_t *day, const char *text)
{
    char again[CPTS_DAY_SIZE];
    cpts_day_t found;
    int y, m, d;

    if (strlen(text) != CPTS_DAY_SIZE - 1 || text[4] != '-'
        || text[7] != '-') {
        return -1;
    }
    y = digits(text, 4);
    m = digits(text + 5, 2);
    d = digits(text + 8, 2);
    if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1 || d > 31) {
        return -1;
    }
    found = from_civil(y, m, d);
    /* 30 February comes back as another day. */
    cpts_day_format(again, found);
    if (strcmp(again, text) != 0) {
        return -1;
    }
    *day = found;
    return 0;
}

/* Two digits. */
static char *put_pair(char *out, int number)
{
    *out++ = (char)('0' + number / 10);
    *out++ = (char)('0' + number % 10);
    return out;
}

/* No printf: each sheet and many answers have a day. */
void cpts_day_format(char out[CPTS_DAY_SIZE], cpts_day_t day)
{
    int y, m, d;

    to_civil(day, &y, &m, &d);
    if (y < 0 || y > 9999) {
        apr_snprintf(out, CPTS_DAY_SIZE, "%04d-%02d-%02d", y, m, d);
        return;
    }
    out = put_pair(put_pair(out, y / 100), y % 100);
    *out++ = '-';
    out = put_pair(out, m);
    *out++ = '-';
    out = put_pair(out, d);
    *out = '\0';
}

const char *cpts_day_string(apr_pool_t *pool, cpts_day_t day)
{
    char *out = apr_palloc(pool, CPTS_DAY_SIZE);

    cpts_day_format(out, day);
    return out;
}

static cpts_day_t look_up_day(apr_time_t when)
{
    apr_time_exp_t local;

    if (apr_time_exp_lt(&local, when) != APR_SUCCESS) {
        return (cpts_day_t)(apr_time_sec(when) / 86400);
    }
    return from_civil(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

static apr_time_t look_up_begin(cpts_day_t day)
{
    struct tm local;
    int y, m, d;

    to_civil(day, &y, &m, &d);
    memset(&local, 0, sizeof(local));
    local.tm_year = y - 1900;
    local.tm_mon = m - 1;
    local.tm_mday = d;
    /* mktime() knows the hour of summer time; APR's explosion does not. */
    local.tm_isdst = -1;
    return apr_time_from_sec(mktime(&local));
}

/* The day that this thread asked for last: the C library takes a lock that
 * all threads share, and mktime() asks the file system for the time zone. */
static _Thread_local struct {
    apr_time_t begin, end; /* equal: none yet */
    cpts_day_t day;
} last;

cpts_day_t cpts_day_of(apr_time_t when)
{
    if (when < last.begin || when >= last.end) {
        last.day = look_up_day(when);
        last.begin = look_up_begin(last.day);
        last.end = look_up_begin(last.day + 1);
    }
    return last.day;
}

apr_time_t cpts_day_begin(cpts_day_t day)
{
    return last.begin < last.end && day == last.day ? last.begin
                                                    : look_up_begin(day);
}
