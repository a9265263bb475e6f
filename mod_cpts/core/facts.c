/* SPDX-License-Identifier: Apache-2.0 */
/* What a search looks at of every doctor around, as one number. */

#include "core/facts.h"

#include "core/sheet.h"

/* Places beyond this many are all the same to a household. */
#define ENOUGH 15

#define PLACES_FIELDS \
    (UINT64_C(15) << 39 | UINT64_C(15) << 44 | UINT64_C(255) << 56)

static cpts_facts_t field(int value, int shift)
{
    return (cpts_facts_t)(unsigned)value << shift;
}

int cpts_fact_day(cpts_day_t day)
{
    int64_t counted = (int64_t)day - CPTS_FACT_EPOCH;

    return counted < 1                  ? 1
           : counted >= CPTS_FACT_NEVER ? CPTS_FACT_NEVER - 1
                                        : (int)counted;
}

cpts_facts_t cpts_facts_make(int open_from, int fresh_until, int sex,
                             cpts_facts_t flags)
{
    return field(open_from, 0) | field(CPTS_FACT_NEVER - fresh_until, 16)
           | field(sex == CPTS_SEX_M, 34) | field(sex == CPTS_SEX_F, 36)
           | flags;
}

static int within(int number, int most)
{
    return number < 0 ? 0 : number < most ? number : most;
}

/* A capacity of nothing has no place left either. */
cpts_facts_t cpts_facts_leave(cpts_facts_t facts, int places, int general,
                              int reserved)
{
    int left = within(general + reserved, places);
    int share = places > 0 ? CPTS_FACT_ALL_LEFT * left / places : 0;

    return (facts & ~PLACES_FIELDS)
           | field(ENOUGH - within(general, ENOUGH), 39)
           | field(ENOUGH - within(left, ENOUGH), 44) | field(share, 56);
}

cpts_facts_t cpts_facts_ask(const cpts_need_t *need, int today, int priority)
{
    int enough = ENOUGH - need->household;

    return CPTS_FACT_GUARDS | field(today, 0)
           | field(CPTS_FACT_NEVER - today, 16)
           | field(need->sex != CPTS_SEX_F, 34)
           | field(need->sex != CPTS_SEX_M, 36)
           | field(priority ? ENOUGH : enough, 39) | field(enough, 44);
}
