/* SPDX-License-Identifier: Apache-2.0 */
/* What a search looks at of every doctor around, as one number. */

/**
 * @file facts.h
 * @brief Private to the snapshot and to matching.
 *
 * The facts of a doctor are fields of one 64-bit number, and so is what a
 * need asks for.  Each field that is compared says "at least this much" and
 * has a guard bit above it, which only the need sets: one subtraction then
 * compares all fields at once, since a guard bit is still set where the need
 * offers as much as the doctor demands.  What is left, inverted, is the set
 * of requirements that failed, lowest first in the published order
 * (docs/matching.md).
 *
 * | bits   | field                                 | a doctor | a need     |
 * |--------|---------------------------------------|----------|------------|
 * | 0..14  | first day open, 0 now                 | demands  | today      |
 * | 16..30 | last day fresh, counted down          | demands  | today      |
 * | 32, 33 | home visit, access: of a list         | 0        | 0          |
 * | 34     | a man                                 | 0 or 1   | 0: refused |
 * | 36     | a woman                               | 0 or 1   | 0: refused |
 * | 38     | language: looked up apart             | 0        | 0          |
 * | 39..42 | places: 15 less the general ones left | demands  | 15 less n  |
 * | 44..47 | places: 15 less all left              | demands  | 15 less n  |
 * | 49..51 | CPTS_FACT_TELECONSULTATION and so on  | flags    | 0          |
 * | 56..63 | places left, of CPTS_FACT_ALL_LEFT    | a number | 0          |
 *
 * n people are 10 at most: of more places than 15, 15 are counted.
 */
#ifndef CPTS_CORE_FACTS_H
#define CPTS_CORE_FACTS_H

#include <stdint.h>

#include "core/need.h"

typedef uint64_t cpts_facts_t;

/** Days are counted from 2020-01-01: 15 bits reach 2109. */
#define CPTS_FACT_EPOCH 18262
/** Of a doctor who is open already, and of one who never will be. */
#define CPTS_FACT_NOW   0
#define CPTS_FACT_NEVER 32767

#define CPTS_FACT_TELECONSULTATION (UINT64_C(1) << 49)
/** A retirement is planned: the record knows the day. */
#define CPTS_FACT_RETIRES (UINT64_C(1) << 50)
/** More languages than a chunk holds: the record has them all. */
#define CPTS_FACT_MORE_LANGUAGES (UINT64_C(1) << 51)

/** All places are left. */
#define CPTS_FACT_ALL_LEFT 200

/** Bits of the requirements that failed.  Sex and places have two each. */
#define CPTS_FAILS_AVAILABILITY  15
#define CPTS_FAILS_FRESHNESS     31
#define CPTS_FAILS_HOME_VISIT    32
#define CPTS_FAILS_ACCESSIBILITY 33
#define CPTS_FAILS_MALE          35
#define CPTS_FAILS_FEMALE        37
#define CPTS_FAILS_LANGUAGE      38
#define CPTS_FAILS_GENERAL       43
#define CPTS_FAILS_PLACES        48
/** Set by a search where nothing failed. */
#define CPTS_FAILS_NOTHING 63

#define CPTS_FACT_GUARDS                                                    \
    (UINT64_C(1) << CPTS_FAILS_AVAILABILITY                                 \
     | UINT64_C(1) << CPTS_FAILS_FRESHNESS | UINT64_C(1) << CPTS_FAILS_MALE \
     | UINT64_C(1) << CPTS_FAILS_FEMALE | UINT64_C(1) << CPTS_FAILS_GENERAL \
     | UINT64_C(1) << CPTS_FAILS_PLACES)

/** A day as facts count it: from 1 to CPTS_FACT_NEVER - 1. */
int cpts_fact_day(cpts_day_t day);

/** The facts of a doctor.
 * @param open_from CPTS_FACT_NOW, CPTS_FACT_NEVER or a cpts_fact_day()
 * @param fresh_until a cpts_fact_day()
 * @param sex cpts_sex_e
 * @param flags CPTS_FACT_TELECONSULTATION and so on */
cpts_facts_t cpts_facts_make(int open_from, int fresh_until, int sex,
                             cpts_facts_t flags);

/** Say how many places are left, of a capacity of @a places. */
cpts_facts_t cpts_facts_leave(cpts_facts_t facts, int places, int general,
                              int reserved);

/** What a need asks for.
 * @param priority 1: reserved places count too */
cpts_facts_t cpts_facts_ask(const cpts_need_t *need, int today, int priority);

/** The requirements that fail, by the bits above. */
static inline uint64_t cpts_facts_failed(cpts_facts_t asked,
                                         cpts_facts_t facts)
{
    return ~(asked - facts) & CPTS_FACT_GUARDS;
}

static inline int cpts_facts_fresh_until(cpts_facts_t facts)
{
    return CPTS_FACT_NEVER - (int)(facts >> 16 & 0x7fff);
}

/** cpts_sex_e */
static inline int cpts_facts_sex(cpts_facts_t facts)
{
    return (int)(facts >> 34 & 1);
}

/** Places left, 0..CPTS_FACT_ALL_LEFT. */
static inline int cpts_facts_left(cpts_facts_t facts)
{
    return (int)(facts >> 56);
}

#endif
