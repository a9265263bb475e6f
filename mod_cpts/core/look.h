/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the doctors around: who fails which requirement first. */

/**
 * @file look.h
 * @brief Private to matching.
 */
#ifndef CPTS_CORE_LOOK_H
#define CPTS_CORE_LOOK_H

#include "core/match.h"
#include "core/snapshot_parts.h"

/** Doctors looked at in one go: no counter of eight bits runs over. */
#define CPTS_STRETCH 128

/** What is asked for, as lists and facts hold it. */
typedef struct {
    const cpts_snapshot_t *snapshot;
    cpts_day_t today;
    cpts_facts_t asked;
    cpts_facts_t by_record;   /**< facts with such a bit do not tell all */
    cpts_near_t wanted;       /**< flags that a site has to have */
    cpts_near_t which;        /**< flags that say whether a site counts... */
    cpts_near_t which_wanted; /**< ...and how they are then */
    uint64_t languages[5];    /**< each four times, as a chunk holds them */
    int language_count;
} cpts_look_t;

/** What was seen. */
typedef struct {
    int count;                       /**< of found */
    cpts_near_t found[CPTS_STRETCH]; /**< candidates, in the list's order */
} cpts_seen_t;

/** Ask for what a need says; one site of each doctor counts. */
void cpts_look_ask(cpts_look_t *look, const cpts_snapshot_t *snapshot,
                   const cpts_territory_t *territory, const cpts_need_t *need,
                   cpts_day_t today);

/** From now on doctors of the territory count (@a local 1), or the others. */
void cpts_look_turn_to(cpts_look_t *look, int local);

/**
 * Look at a stretch of a list.
 * @param near where it begins; at most CPTS_STRETCH are looked at
 * @param last the number after which none is looked at any more
 * @param excluded counters of each requirement, added to
 * @return where the next stretch begins
 */
const cpts_near_t *cpts_look_at(cpts_seen_t *seen, int *excluded,
                                const cpts_look_t *look,
                                const cpts_near_t *near,
                                const cpts_near_t *end, cpts_near_t last);

#endif
