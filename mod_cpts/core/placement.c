/* SPDX-License-Identifier: Apache-2.0 */
/* Placements: their states, who may do what, and the places they take. */

#include "core/placement.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define IN(state) (1u << CPTS_PLACEMENT_##state)
#define PERSONS \
    (CPTS_ACTOR_REQUESTER | CPTS_ACTOR_DOCTOR | CPTS_ACTOR_COORDINATOR)
#define DESK (CPTS_ACTOR_REQUESTER | CPTS_ACTOR_COORDINATOR)

/* The one table: what each event follows, what it makes, and whose it is. */
static const struct {
    unsigned from;
    cpts_placement_state_e to;
    unsigned actors;
} transitions[CPTS_EVENTS] = {
    [CPTS_EVENT_CONTACT] = { IN(HELD), CPTS_PLACEMENT_CONTACTED, DESK },
    [CPTS_EVENT_ACCEPT]
    = { IN(HELD) | IN(CONTACTED), CPTS_PLACEMENT_ACCEPTED, PERSONS },
    [CPTS_EVENT_REFUSE] = { IN(HELD) | IN(CONTACTED) | IN(ACCEPTED),
                            CPTS_PLACEMENT_REFUSED, PERSONS },
    [CPTS_EVENT_DECLARE] = { IN(ACCEPTED), CPTS_PLACEMENT_DECLARED, PERSONS },
    [CPTS_EVENT_CANCEL]
    = { IN(HELD) | IN(CONTACTED), CPTS_PLACEMENT_CANCELLED, DESK },
    [CPTS_EVENT_EXPIRE]
    = { IN(HELD) | IN(CONTACTED), CPTS_PLACEMENT_EXPIRED, CPTS_ACTOR_SYSTEM },
};

/* The states whose places are taken. */
static const unsigned taking
    = IN(HELD) | IN(CONTACTED) | IN(ACCEPTED) | IN(DECLARED);

const char *const cpts_placement_state_words[]
    = { "held",     "contacted", "accepted",  "refused",
        "declared", "expired",   "cancelled", NULL };
const char *const cpts_placement_event_words[]
    = { "contact", "accept", "refuse", "declare", "cancel", "expire", NULL };
const char *const cpts_placement_reason_words[] = { "full",
                                                    "away",
                                                    "outside_perimeter",
                                                    "patient_chose_another",
                                                    "patient_absent",
                                                    "other",
                                                    NULL };

static int index_of(const char *const *words, const char *word)
{
    int i;

    for (i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    return -1;
}

int cpts_placement_state_parse(const char *word)
{
    return index_of(cpts_placement_state_words, word);
}

int cpts_placement_reason_parse(const char *word)
{
    return index_of(cpts_placement_reason_words, word);
}

/* A word of a newer version read from the store is no state of the table. */
static int in_states(int state, unsigned states)
{
    return state >= 0 && state < CPTS_PLACEMENT_STATES && states >> state & 1u;
}

int cpts_placement_next(int state, int event, unsigned actor)
{
    if (event < 0 || event >= CPTS_EVENTS
        || !(transitions[event].actors & actor)) {
        return CPTS_PLACEMENT_WRONG_ACTOR;
    }
    return in_states(state, transitions[event].from)
               ? (int)transitions[event].to
               : CPTS_PLACEMENT_WRONG_STATE;
}

unsigned cpts_placement_events(int state, unsigned actor)
{
    unsigned events = 0;
    int event;

    for (event = 0; event < CPTS_EVENTS; event++) {
        if (cpts_placement_next(state, event, actor) >= 0) {
            events |= 1u << event;
        }
    }
    return events;
}

int cpts_placement_takes(int state)
{
    return in_states(state, taking);
}

/* Periods */

static cpts_day_t month_begin(cpts_day_t day)
{
    char text[CPTS_DAY_SIZE];

    cpts_day_format(text, day);
    return day - (cpts_day_t)strtol(text + sizeof("YYYY-MM-") - 1, NULL, 10)
           + 1;
}

cpts_day_t cpts_period_begin(int period, cpts_day_t today)
{
    int weekday;

    if (period == CPTS_PERIOD_MONTH) {
        return month_begin(today);
    }
    /* Day 0 was a Thursday, three days after a Monday. */
    weekday = (today + 3) % 7;
    return today - (weekday < 0 ? weekday + 7 : weekday);
}

cpts_day_t cpts_period_end(int period, cpts_day_t today)
{
    cpts_day_t begin = cpts_period_begin(period, today);

    if (period == CPTS_PERIOD_MONTH) {
        /* 31 days after the first it is always the next month. */
        return month_begin(begin + 31) - 1;
    }
    return begin + 6;
}

/* Places */

static int within(int number, int most)
{
    return number < 0 ? 0 : number > most ? most : number;
}

void cpts_places_left(int *left_general, int *left_reserved, int general,
                      int reserved, int taken_general, int taken_reserved)
{
    int left
        = within(general + reserved - taken_general - taken_reserved, INT_MAX);

    *left_general = within(general - taken_general, left);
    *left_reserved = within(reserved - taken_reserved, left);
}

int cpts_places_split(int *general, int *reserved, int left_general,
                      int left_reserved, int places, int may_use_reserved)
{
    int first = may_use_reserved && left_reserved > 0 ? left_reserved : 0;

    *general = *reserved = 0;
    if (places < 1) {
        return -1;
    }
    if (first > places) {
        first = places;
    }
    if (places - first > (left_general > 0 ? left_general : 0)) {
        return -1;
    }
    *reserved = first;
    *general = places - first;
    return 0;
}
