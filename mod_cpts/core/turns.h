/* SPDX-License-Identifier: Apache-2.0 */
/* Turns: in which answer each doctor was proposed last, in this process. */

/**
 * @file turns.h
 * @brief Private to the snapshot and to matching.  Equals take turns
 * (docs/matching.md): the turn of a doctor is the number of the last answer
 * that proposed this doctor, 0 before the first.  Answers are counted from 1
 * in each process and for each territory; a search that another thread beats
 * to its turn leaves a number out; 64 bits are never used up.
 *
 * Turns are the only part of a snapshot that changes: versions between which
 * no doctor moves share them, and a version made anew starts from a copy.
 *
 * Threads: any number may read and stamp at once.  All accesses are relaxed:
 * nothing else is published through a turn.
 */
#ifndef CPTS_CORE_TURNS_H
#define CPTS_CORE_TURNS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    atomic_uint refs;
    _Atomic uint64_t answers; /**< that proposed somebody, so far */
    _Atomic uint64_t of[];    /**< by the number of the doctor */
} cpts_turns_t;

/**
 * Turns of doctors of whom nobody was proposed yet.
 * @param count of doctors
 * @param before where to go on counting answers, or NULL
 * @return one reference, or NULL when memory is short
 */
cpts_turns_t *cpts_turns_create(size_t count, const cpts_turns_t *before);

void cpts_turns_retain(cpts_turns_t *turns);

/** Give a reference back; NULL is ignored. */
void cpts_turns_release(cpts_turns_t *turns);

/**
 * Give a doctor the turn that the same doctor has elsewhere.  A stamp that
 * comes later there is lost here: then this doctor is proposed once more.
 * @param to known to this thread only
 */
void cpts_turns_carry(cpts_turns_t *to, uint32_t doctor,
                      const cpts_turns_t *from, uint32_t from_doctor);

/** The number of the next answer. */
static inline uint64_t cpts_turns_next(cpts_turns_t *turns)
{
    return atomic_fetch_add_explicit(&turns->answers, 1, memory_order_relaxed)
           + 1;
}

static inline uint64_t cpts_turns_get(const cpts_turns_t *turns,
                                      uint32_t doctor)
{
    return atomic_load_explicit(&turns->of[doctor], memory_order_relaxed);
}

/** Stamp a doctor whose turn is still @a expected; 0: it was no more. */
static inline int cpts_turns_claim(cpts_turns_t *turns, uint32_t doctor,
                                   uint64_t expected, uint64_t turn)
{
    return atomic_compare_exchange_strong_explicit(
        &turns->of[doctor], &expected, turn, memory_order_relaxed,
        memory_order_relaxed);
}

static inline void cpts_turns_set(cpts_turns_t *turns, uint32_t doctor,
                                  uint64_t turn)
{
    atomic_store_explicit(&turns->of[doctor], turn, memory_order_relaxed);
}

#endif
