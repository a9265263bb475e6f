/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the doctors around: who fails which requirement first. */

#include "core/look.h"

#include <string.h>

/* The counter of each requirement, by the bit that fails (facts.h): eight
 * counters of eight bits in one number. */
#define COUNTER(requirement) (8 * (CPTS_EXCLUDED_##requirement - 1))
static const unsigned char counter_of[64] = {
    [CPTS_FAILS_AVAILABILITY] = COUNTER(AVAILABILITY),
    [CPTS_FAILS_FRESHNESS] = COUNTER(FRESHNESS),
    [CPTS_FAILS_HOME_VISIT] = COUNTER(HOME_VISIT),
    [CPTS_FAILS_ACCESSIBILITY] = COUNTER(ACCESSIBILITY),
    [CPTS_FAILS_MALE] = COUNTER(SEX),
    [CPTS_FAILS_FEMALE] = COUNTER(SEX),
    [CPTS_FAILS_LANGUAGE] = COUNTER(LANGUAGE),
    [CPTS_FAILS_GENERAL] = COUNTER(PLACES),
    [CPTS_FAILS_PLACES] = COUNTER(PLACES),
    [CPTS_FAILS_NOTHING] = COUNTER(COUNT),
};

/* From the flags of a site to the requirements that it fails. */
#define NEAR_TO_FAILS (CPTS_FAILS_HOME_VISIT - 3)
_Static_assert((uint64_t)CPTS_NEAR_VISITS << NEAR_TO_FAILS
                       == UINT64_C(1) << CPTS_FAILS_HOME_VISIT
                   && (uint64_t)CPTS_NEAR_ACCESSIBLE << NEAR_TO_FAILS
                          == UINT64_C(1) << CPTS_FAILS_ACCESSIBILITY,
               "the flags of a site stand in the order of the requirements");
/* 1 when one of four numbers of 16 bits is 0. */
static int has_zero(uint64_t four)
{
    return ((four - 0x0001000100010001) & ~four & 0x8000800080008000) != 0;
}

static int is_one_of_many(uint64_t language, const cpts_record_t *record)
{
    int i;

    for (i = 0; i < record->language_count; i++) {
        if (cpts_record_languages(record)[i] == (uint16_t)language) {
            return 1;
        }
    }
    return 0;
}

/* Of the languages kept beside the facts. */
static inline int speaks_one(const cpts_look_t *look, uint32_t doctor)
{
    uint64_t four;
    int speaks = 0;
    int i;

    memcpy(&four, cpts_snapshot_languages(look->snapshot, doctor),
           sizeof(four));
    for (i = 0; i < look->language_count; i++) {
        speaks |= has_zero(four ^ look->languages[i]);
    }
    return speaks;
}

static int speaks_one_of_many(const cpts_look_t *look, uint32_t doctor)
{
    const cpts_record_t *record = cpts_snapshot_record(look->snapshot, doctor);
    int i;

    for (i = 0; i < look->language_count; i++) {
        if (is_one_of_many(look->languages[i], record)) {
            return 1;
        }
    }
    return 0;
}

/* Few are about to: the day is not among the facts. */
static int has_retired(const cpts_look_t *look, uint32_t doctor)
{
    return look->today
           >= cpts_snapshot_record(look->snapshot, doctor)->retirement;
}

/* What is neither among the facts nor beside them is so of few doctors.
 * Apart, so that the loop below keeps in registers what it needs. */
__attribute__((noinline)) static uint64_t failed_by_record(
    uint64_t failed, const cpts_look_t *look, cpts_facts_t facts,
    uint32_t doctor)
{
    if (facts & CPTS_FACT_MORE_LANGUAGES && speaks_one_of_many(look, doctor)) {
        failed &= ~(UINT64_C(1) << CPTS_FAILS_LANGUAGE);
    }
    if (facts & CPTS_FACT_RETIRES && has_retired(look, doctor)) {
        failed |= UINT64_C(1) << CPTS_FAILS_AVAILABILITY;
    }
    return failed;
}

static void add_counters(int *excluded, uint64_t counters)
{
    int i;

    for (i = CPTS_EXCLUDED_DISTANCE + 1; i < CPTS_EXCLUDED_COUNT; i++) {
        excluded[i] += (int)(counters & 0xff);
        counters >>= 8;
    }
}

/*
 * Hardly a branch depends on the doctor: whether one fits cannot be foreseen,
 * and a wrong guess of the processor would cost more than all the rest.
 * Every doctor is written down as found; the next one overwrites who is no
 * candidate.  Few needs ask for a language: the others have a loop without.
 */
static inline const cpts_near_t *look_at(cpts_seen_t *seen, int *excluded,
                                         const cpts_look_t *look,
                                         const cpts_near_t *near,
                                         const cpts_near_t *end,
                                         cpts_near_t last, int languages)
{
    /* Copies: what is written below cannot have changed them. */
    const cpts_snapshot_t *snapshot = look->snapshot;
    cpts_facts_t asked = look->asked;
    cpts_facts_t by_record = look->by_record;
    cpts_near_t wanted = look->wanted;
    cpts_near_t which = look->which;
    cpts_near_t which_wanted = look->which_wanted;
    uint64_t counters = 0;
    size_t count = 0;

    if (end - near > CPTS_STRETCH) {
        end = near + CPTS_STRETCH;
    }
    for (; near < end && *near <= last; near++) {
        uint32_t doctor = cpts_near_doctor(*near);
        cpts_facts_t facts = cpts_snapshot_facts(snapshot, doctor);
        uint64_t counts = ((*near ^ which_wanted) & which) == 0;
        uint64_t failed = cpts_facts_failed(asked, facts)
                          | (wanted & ~*near) << NEAR_TO_FAILS;
        int first;

        if (languages) {
            failed |= (uint64_t)!speaks_one(look, doctor)
                      << CPTS_FAILS_LANGUAGE;
        }
        if (facts & by_record) {
            failed = failed_by_record(failed, look, facts, doctor);
        }
        first = __builtin_ctzll(failed | UINT64_C(1) << CPTS_FAILS_NOTHING);
        counters += counts << counter_of[first];
        seen->found[count] = *near;
        count += counts & (failed == 0);
    }
    seen->count = (int)count;
    add_counters(excluded, counters);
    return near;
}

const cpts_near_t *cpts_look_at(cpts_seen_t *seen, int *excluded,
                                const cpts_look_t *look,
                                const cpts_near_t *near,
                                const cpts_near_t *end, cpts_near_t last)
{
    return look->language_count > 0
               ? look_at(seen, excluded, look, near, end, last, 1)
               : look_at(seen, excluded, look, near, end, last, 0);
}

void cpts_look_turn_to(cpts_look_t *look, int local)
{
    look->which_wanted = (look->which & ~(cpts_near_t)CPTS_NEAR_LOCAL)
                         | (local ? CPTS_NEAR_LOCAL : 0);
}

void cpts_look_ask(cpts_look_t *look, const cpts_snapshot_t *snapshot,
                   const cpts_territory_t *territory, const cpts_need_t *need,
                   cpts_day_t today)
{
    int i;

    look->snapshot = snapshot;
    look->today = today;
    look->asked = cpts_facts_ask(need, cpts_fact_day(today),
                                 cpts_need_priority(need, &territory->limits));
    look->by_record = CPTS_FACT_RETIRES;
    if (need->languages->nelts > 0) {
        look->by_record |= CPTS_FACT_MORE_LANGUAGES;
    }
    look->wanted = (need->home_visit ? CPTS_NEAR_VISITS : 0)
                   | (need->accessible ? CPTS_NEAR_ACCESSIBLE : 0);
    look->which = CPTS_NEAR_LOCAL
                  | (need->accessible ? CPTS_NEAR_FOR_ACCESS : CPTS_NEAR_ANY);
    look->language_count = 0;
    for (i = 0; i < need->languages->nelts && i < 5; i++) {
        look->languages[look->language_count++]
            = cpts_language_code(
                  APR_ARRAY_IDX(need->languages, i, const char *))
              * UINT64_C(0x0001000100010001);
    }
}
