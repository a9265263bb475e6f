/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests of the core share: pools, files, cases, territories. */

/**
 * @file core_support.h
 * @brief Helpers of t/unit/core_*.c and t/unit/match_*.c.  All of them fail
 * the running test with a message instead of returning an error.
 */
#ifndef CPTS_T_UNIT_CORE_SUPPORT_H
#define CPTS_T_UNIT_CORE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/need.h"
#include "core/sheet.h"
#include "core/snapshot.h"
#include "core/territory.h"

/** The pool of the running test, new for each. */
extern apr_pool_t *unit_pool;

/** The key of rotations in tests: 00 01 02 ... 0f. */
extern const unsigned char unit_key[16];

int unit_setup(void **state);
int unit_teardown(void **state);

/** A test with its own unit_pool. */
#define UNIT_TEST(function) \
    cmocka_unit_test_setup_teardown(function, unit_setup, unit_teardown)

/** Run an array of tests; the value is main()'s. */
#define UNIT_RUN(tests) unit_run((tests), sizeof(tests) / sizeof((tests)[0]))

int unit_run(const struct CMUnitTest *tests, size_t count);

/** One case of a file of cases. */
typedef struct {
    const char *name; /**< "file: name" */
    json_t *json;     /**< the object, borrowed */
} unit_case_t;

/**
 * Run one test for each case found in the JSON files of a folder, whose
 * names do not begin with "_".  A file is one case, or an array of cases with
 * a "name" each.
 * @param function gets a unit_case_t as *state
 * @param more further tests, run after the cases; may be NULL
 */
int unit_run_cases(const char *folder, CMUnitTestFunction function,
                   const struct CMUnitTest *more, size_t more_count);

/** Path of a file of the source tree. */
const char *unit_source(const char *path);

/** The whole text of a file of the source tree. */
const char *unit_text(const char *path);

/** A file of the source tree as JSON; freed with unit_pool. */
json_t *unit_json(const char *path);

/** Free a JSON value with unit_pool; returns it. */
json_t *unit_keep(json_t *json);

/** Compact text of a JSON value, keys in their order. */
const char *unit_dump(const json_t *json);

/** Write a file that lives as long as the test; returns its path. */
const char *unit_file(const char *text, size_t length);

/**
 * Set the value that a JSON pointer names, or take it away.
 * @param value NULL takes the member away
 */
void unit_set(json_t *json, const char *pointer, json_t *value);

/** A deep copy of @a base with the "set" and "remove" of a case. */
json_t *unit_patched(const json_t *base, const json_t *patch);

/** Fail unless the faults are those expected: [{pointer, code}] in order. */
void unit_assert_faults(const cpts_faults_t *faults, const json_t *expected);

/** Day 0 is 1970-01-01; fails when the text is not a day. */
cpts_day_t unit_day(const char *text);

/**
 * A territory from JSON: communes [{insee, name, lat, lon | north, east,
 * population, neighbour}], perimeters {name: [item]}, limits {name: number},
 * name, phone, email.  north and east are metres from 43.5 N 1.5 E.
 */
cpts_territory_t *unit_territory(const json_t *json);

/** Put a commune in; call unit_territory_index() after the last. */
void unit_commune(cpts_territory_t *territory, const char *insee, double lat,
                  double lon, int neighbour);
void unit_territory_index(cpts_territory_t *territory);

/** Latitude and longitude of a place some metres off another. */
void unit_offset(double *lat, double *lon, double north, double east);

/**
 * A stored sheet from JSON; sites may say north and east, metres from the
 * centre of their commune.  The JSON is changed.
 */
cpts_sheet_t *unit_sheet(json_t *json, const cpts_territory_t *territory);

/** A need from JSON that must be right. */
cpts_need_t *unit_need(const json_t *json, const cpts_territory_t *territory);

/** A snapshot of an array of sheets, ids from 1; released with unit_pool. */
cpts_snapshot_t *unit_snapshot(const cpts_territory_t *territory,
                               json_t *sheets, const unsigned char key[16]);

/** Pseudo-random numbers, from the seed that unit_run() prints. */
uint64_t unit_random(void);
/** One of 0 .. n-1, n > 0. */
int unit_below(int n);
/** 1 once in n times. */
int unit_once_in(int n);

#endif
