/* SPDX-License-Identifier: Apache-2.0 */
/* Placements: their states, who may do what, and the places they take. */

/**
 * @file placement.h
 * @brief One table says which event leads from which state to which, and who
 * may cause it.  Nothing here knows a patient: a placement is a doctor, a
 * number of places and a code.
 */
#ifndef CPTS_CORE_PLACEMENT_H
#define CPTS_CORE_PLACEMENT_H

#include "core/date.h"
#include "core/sheet.h"

typedef enum {
    CPTS_PLACEMENT_HELD,      /**< places are taken for a limited time */
    CPTS_PLACEMENT_CONTACTED, /**< the doctor has been asked */
    CPTS_PLACEMENT_ACCEPTED,  /**< the doctor takes the patient */
    CPTS_PLACEMENT_REFUSED,   /**< with a reason; may follow accepted */
    CPTS_PLACEMENT_DECLARED,  /**< the declaration is made */
    CPTS_PLACEMENT_EXPIRED,   /**< nobody answered in time */
    CPTS_PLACEMENT_CANCELLED, /**< the requester gave it up */
    CPTS_PLACEMENT_STATES
} cpts_placement_state_e;

typedef enum {
    CPTS_EVENT_CONTACT,
    CPTS_EVENT_ACCEPT,
    CPTS_EVENT_REFUSE, /**< needs a reason, the others have none */
    CPTS_EVENT_DECLARE,
    CPTS_EVENT_CANCEL,
    CPTS_EVENT_EXPIRE,
    CPTS_EVENTS
} cpts_placement_event_e;

/** A fixed list with which no category of patients can be named. */
typedef enum {
    CPTS_REASON_FULL,
    CPTS_REASON_AWAY,
    CPTS_REASON_OUTSIDE_PERIMETER,
    CPTS_REASON_CHOSE_ANOTHER,
    CPTS_REASON_ABSENT, /**< the patient did not come */
    CPTS_REASON_OTHER,  /**< without a text, on purpose */
    CPTS_REASONS
} cpts_placement_reason_e;

/** What somebody is to one placement: bits, since a coordinator may be the
 * requester too. */
#define CPTS_ACTOR_REQUESTER 0x1u
/** The doctor of the sheet, or the delegate the doctor named. */
#define CPTS_ACTOR_DOCTOR      0x2u
#define CPTS_ACTOR_COORDINATOR 0x4u
/** No person: the clock. */
#define CPTS_ACTOR_SYSTEM 0x8u

/** cpts_placement_next(): this event does not follow this state. */
#define CPTS_PLACEMENT_WRONG_STATE (-1)
/** cpts_placement_next(): this event is never this actor's. */
#define CPTS_PLACEMENT_WRONG_ACTOR (-2)

/** NULL-ended, in the order of the enumerations. */
extern const char *const cpts_placement_state_words[];
extern const char *const cpts_placement_event_words[];
extern const char *const cpts_placement_reason_words[];

/** The state or reason of this name, or -1. */
int cpts_placement_state_parse(const char *word);
int cpts_placement_reason_parse(const char *word);

/**
 * What an event makes of a placement.
 * @param state cpts_placement_state_e
 * @param event cpts_placement_event_e
 * @param actor CPTS_ACTOR_* bits: one that may is enough
 * @return the new state, or CPTS_PLACEMENT_WRONG_ACTOR when the actor may not
 * cause this event in any state, or CPTS_PLACEMENT_WRONG_STATE when it does
 * not follow this one.
 */
int cpts_placement_next(int state, int event, unsigned actor);

/** The events (1u << event) that an actor may cause in a state. */
unsigned cpts_placement_events(int state, unsigned actor);

/** 1 when a placement in this state takes its places from the capacity, 0
 * when it has given them back. */
int cpts_placement_takes(int state);

/**
 * The period of capacity that a day is in.
 * @param period cpts_period_e
 * @return its first day: the Monday, or the first of the month.
 */
cpts_day_t cpts_period_begin(int period, cpts_day_t today);

/** Its last day: the Sunday, or the last of the month. */
cpts_day_t cpts_period_end(int period, cpts_day_t today);

/**
 * What is left of both pools. Where the capacity was made smaller or shared
 * out anew, one of them may have given more than it has: the other one lacks
 * that, so that no more is taken than the capacity.
 * @param general size of the pool, and so @a reserved
 * @param taken_general places taken from it, and so @a taken_reserved
 */
void cpts_places_left(int *left_general, int *left_reserved, int general,
                      int reserved, int taken_general, int taken_reserved);

/**
 * Where the places of one household come from: the reserved ones first if
 * they may be used, then the general ones; all or nothing.
 * @param general out: places to take from the general ones
 * @param reserved out: places to take from the reserved ones
 * @param left_general places left; below zero (the capacity was made
 * smaller) is none, and so for @a left_reserved
 * @param places wanted, 1 or more
 * @param may_use_reserved 1 for the priority groups
 * @return 0, or -1 when there are not enough: both are then 0.
 */
int cpts_places_split(int *general, int *reserved, int left_general,
                      int left_reserved, int places, int may_use_reserved);

#endif
