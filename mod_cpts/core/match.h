/* SPDX-License-Identifier: Apache-2.0 */
/* Matching: from a need to at most N proposals, with reasons. */

/**
 * @file match.h
 * @brief The published rule (docs/matching.md), without input or output.
 * Everything is allocated in the pool of the request.  The only trace that a
 * need leaves is the turn of the doctors proposed (core/turns.h).
 */
#ifndef CPTS_CORE_MATCH_H
#define CPTS_CORE_MATCH_H

#include "core/date.h"
#include "core/need.h"
#include "core/snapshot.h"

/** The most proposals of one answer. */
#define CPTS_PROPOSALS_MAX 3

/** Why a doctor inside the radius is no candidate; in the order in which
 * they are looked at: a doctor counts once, for the first that applies. */
typedef enum {
    CPTS_EXCLUDED_DISTANCE, /**< no site within the cap (cap reached only) */
    CPTS_EXCLUDED_AVAILABILITY,
    CPTS_EXCLUDED_FRESHNESS,
    CPTS_EXCLUDED_HOME_VISIT,
    CPTS_EXCLUDED_ACCESSIBILITY,
    CPTS_EXCLUDED_SEX,
    CPTS_EXCLUDED_LANGUAGE,
    CPTS_EXCLUDED_PLACES,
    CPTS_EXCLUDED_COUNT
} cpts_excluded_e;

extern const char *const cpts_excluded_words[];

typedef struct {
    int64_t id; /**< of the sheet */
    const char *rpps;
    int distance; /**< metres */
    int score;    /**< 0..1000 */
    int reserved; /**< 1: would use a reserved place */
} cpts_proposal_t;

typedef struct {
    int followed; /**< nothing was searched: declare the doctor one has */
    int radius;   /**< metres */
    int candidates;
    int count; /**< of proposals */
    cpts_proposal_t proposals[CPTS_PROPOSALS_MAX];
    int excluded[CPTS_EXCLUDED_COUNT];
    const char *body; /**< the JSON answer, UTF-8 */
    size_t length;    /**< of body, bytes */
} cpts_match_t;

/**
 * Answer a need.  Threads: any number at once, on the same snapshot.
 * @param today the server's day
 * @return the answer in @a pool; APR_ENOMEM is the only error.
 */
apr_status_t cpts_match_run(cpts_match_t **match,
                            const cpts_snapshot_t *snapshot,
                            const cpts_territory_t *territory,
                            const cpts_need_t *need, cpts_day_t today,
                            apr_pool_t *pool);

#endif
