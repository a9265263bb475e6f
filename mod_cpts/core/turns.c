/* SPDX-License-Identifier: Apache-2.0 */
/* Turns: in which answer each doctor was proposed last, in this process. */

#include "core/turns.h"

#include <stdlib.h>

cpts_turns_t *cpts_turns_create(size_t count, const cpts_turns_t *before)
{
    cpts_turns_t *turns
        = calloc(1, sizeof(*turns) + count * sizeof(turns->of[0]));
    size_t i;

    if (!turns) {
        return NULL;
    }
    atomic_init(&turns->refs, 1);
    atomic_init(&turns->answers, before ? atomic_load_explicit(
                                     &before->answers, memory_order_relaxed)
                                        : 0);
    for (i = 0; i < count; i++) {
        atomic_init(&turns->of[i], 0);
    }
    return turns;
}

void cpts_turns_retain(cpts_turns_t *turns)
{
    atomic_fetch_add_explicit(&turns->refs, 1, memory_order_relaxed);
}

void cpts_turns_release(cpts_turns_t *turns)
{
    if (turns
        && atomic_fetch_sub_explicit(&turns->refs, 1, memory_order_acq_rel)
               == 1) {
        free(turns);
    }
}

void cpts_turns_carry(cpts_turns_t *to, uint32_t doctor,
                      const cpts_turns_t *from, uint32_t from_doctor)
{
    uint64_t turn = cpts_turns_get(from, from_doctor);

    cpts_turns_set(to, doctor, turn);
    /* Stamped since the count was taken: no turn may lie ahead of it. */
    if (turn > atomic_load_explicit(&to->answers, memory_order_relaxed)) {
        atomic_store_explicit(&to->answers, turn, memory_order_relaxed);
    }
}
