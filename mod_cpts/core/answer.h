/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a need as JSON: reasons, advice, exclusions, in words. */

/**
 * @file answer.h
 * @brief Private to matching.
 */
#ifndef CPTS_CORE_ANSWER_H
#define CPTS_CORE_ANSWER_H

#include "core/geometry.h"
#include "core/match.h"

/** One doctor chosen, where and why. */
typedef struct {
    const cpts_record_t *record; /**< once the search is over */
    cpts_near_t near;
    int score, band;
    uint64_t turn;    /**< UINT64_MAX while it was not looked up */
    const char *rpps; /**< NULL while there is no rotation */
    uint64_t rotation;
} cpts_chosen_t;

/** Write match->body and match->length. */
apr_status_t cpts_answer_write(cpts_match_t *match,
                               const cpts_chosen_t *chosen,
                               const cpts_territory_t *territory,
                               const cpts_need_t *need, apr_pool_t *pool);

#endif
