/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar days, counted, so that a duration is a subtraction. */

/**
 * @file date.h
 * @brief Days of the proleptic Gregorian calendar as integers: day 0 is
 * 1970-01-01.  No time of day, no time zone: "today" is the server's.
 */
#ifndef CPTS_CORE_DATE_H
#define CPTS_CORE_DATE_H

#include <stdint.h>

#include <apr_pools.h>
#include <apr_time.h>

/** A day; CPTS_NO_DAY where there is none. */
typedef int32_t cpts_day_t;

#define CPTS_NO_DAY INT32_MIN
/** Length of "YYYY-MM-DD" with its final NUL. */
#define CPTS_DAY_SIZE 11

/**
 * Parse "YYYY-MM-DD", years 1900 to 2199.
 * @return 0, or -1 when the text is not such a day.
 */
int cpts_day_parse(cpts_day_t *day, const char *text);

/** Write a day as "YYYY-MM-DD" into @a out. */
void cpts_day_format(char out[CPTS_DAY_SIZE], cpts_day_t day);

/** The same, into a pool. */
const char *cpts_day_string(apr_pool_t *pool, cpts_day_t day);

/** The server's local day at @a when. */
cpts_day_t cpts_day_of(apr_time_t when);

/** The moment the server's local day @a day begins. */
apr_time_t cpts_day_begin(cpts_day_t day);

#endif
