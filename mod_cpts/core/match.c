/* SPDX-License-Identifier: Apache-2.0 */
/* Matching: filter, score, rank.  The published rule, docs/matching.md. */

#include "core/match.h"

#include <stdlib.h>
#include <string.h>

#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/answer.h"
#include "core/snapshot_parts.h"

/* The parts of the score, 1000 in all (docs/matching.md). */
#define SCORE_DISTANCE   600
#define SCORE_CAPACITY   200
#define SCORE_FRESHNESS  100
#define SCORE_PREFERENCE 100
/* Scores within the same band are near-ties: the rotation decides. */
#define SCORE_BAND 50

#define TURN_UNKNOWN UINT64_MAX
/* The most that a turn has, in decimal. */
#define TURN_DIGITS 20
/* Searches for one need, where other threads take the same turn. */
#define TRIES_MOST 8

const char *const cpts_excluded_words[]
    = { "distance",      "availability", "freshness", "home_visit",
        "accessibility", "sex",          "language",  "places" };

/* One search under way. */
typedef struct {
    const cpts_snapshot_t *snapshot;
    const cpts_territory_t *territory;
    const cpts_need_t *need;
    const cpts_near_list_t *list;
    cpts_day_t today;
    int fact_day; /* today, as facts count */
    int priority;
    uint16_t languages[5];
    int language_count;
    char day[CPTS_DAY_SIZE]; /* today, as the rotation is keyed over it */
    int looked_at;           /* doctors inside the radius so far */
    int reach; /* metres beyond which no score can be among the best */
    cpts_match_t *match;
    cpts_chosen_t chosen[CPTS_PROPOSALS_MAX];
} search_t;

static const cpts_record_t *record_of(const void *baton, uint32_t doctor)
{
    return cpts_snapshot_record(baton, doctor);
}

static int is_among(uint16_t language, const uint16_t *languages, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        if (languages[i] == language) {
            return 1;
        }
    }
    return 0;
}

static int speaks_one(const cpts_facts_t *facts, const cpts_near_t *near,
                      const search_t *s)
{
    const uint16_t *languages = facts->languages;
    int count = CPTS_FACT_LANGUAGES;
    int i;

    if (facts->flags & CPTS_FACT_MORE_LANGUAGES) {
        const cpts_record_t *record
            = cpts_snapshot_record(s->snapshot, near->doctor);

        languages = cpts_record_languages(record);
        count = record->language_count;
    }
    for (i = 0; i < s->language_count; i++) {
        if (is_among(s->languages[i], languages, count)) {
            return 1;
        }
    }
    return 0;
}

/* Few are about to: the day is not among the facts. */
static int has_retired(const cpts_facts_t *facts, const cpts_near_t *near,
                       const search_t *s)
{
    return (facts->flags & CPTS_FACT_RETIRES)
           && s->today >= cpts_snapshot_record(s->snapshot, near->doctor)
                              ->retirement;
}

/* Places that this patient may use: the reserved ones too for the priority
 * groups. */
static int usable_places(const cpts_facts_t *facts, const search_t *s)
{
    return facts->general + (s->priority ? facts->reserved : 0);
}

static int sex_of(const cpts_facts_t *facts)
{
    return facts->flags & CPTS_FACT_MALE ? CPTS_SEX_M : CPTS_SEX_F;
}

/* Why this doctor is no candidate, or CPTS_EXCLUDED_COUNT for a candidate;
 * in the published order. */
static cpts_excluded_e excluded_by(const cpts_facts_t *facts,
                                   const cpts_near_t *near, const search_t *s)
{
    const cpts_need_t *need = s->need;

    if (s->fact_day < facts->open_from || has_retired(facts, near, s)) {
        return CPTS_EXCLUDED_AVAILABILITY;
    }
    if (s->fact_day > facts->fresh_until) {
        return CPTS_EXCLUDED_FRESHNESS;
    }
    if (need->home_visit && !(near->flags & CPTS_NEAR_VISITS)) {
        return CPTS_EXCLUDED_HOME_VISIT;
    }
    if (need->accessible && !(near->flags & CPTS_NEAR_ACCESSIBLE)) {
        return CPTS_EXCLUDED_ACCESSIBILITY;
    }
    if (need->sex != CPTS_NO_WORD && need->sex != sex_of(facts)) {
        return CPTS_EXCLUDED_SEX;
    }
    if (s->language_count && !speaks_one(facts, near, s)) {
        return CPTS_EXCLUDED_LANGUAGE;
    }
    if (usable_places(facts, s) < need->household) {
        return CPTS_EXCLUDED_PLACES;
    }
    return CPTS_EXCLUDED_COUNT;
}

/* No product leaves an int: lengths are at most 100 km in metres. */
static int score_of(const cpts_facts_t *facts, const cpts_near_t *near,
                    const search_t *s)
{
    const cpts_limits_t *limits = &s->territory->limits;
    int fresh = facts->fresh_until - s->fact_day;
    int score = SCORE_DISTANCE * (limits->search_max - near->metres)
                / limits->search_max;

    /* A capacity of nothing has no place left either: not a candidate. */
    score
        += SCORE_CAPACITY * (facts->general + facts->reserved) / facts->places;
    score
        += SCORE_FRESHNESS
           * (fresh < limits->sheet_validity ? fresh : limits->sheet_validity)
           / limits->sheet_validity;
    if (s->need->teleconsultation
        && (facts->flags & CPTS_FACT_TELECONSULTATION)) {
        score += SCORE_PREFERENCE;
    }
    return score;
}

/* Once for each search: another thread may stamp meanwhile, and the order
 * must not change under way. */
static uint64_t turn_of(cpts_chosen_t *one, const search_t *s)
{
    if (one->turn == TURN_UNKNOWN) {
        one->turn = cpts_turns_get(s->snapshot->turns, one->near->doctor);
    }
    return one->turn;
}

/* Keyed by the territory, over the day, the doctor and the turn: those who
 * were proposed together do not always come in the same order. */
static uint64_t rotation_of(const cpts_chosen_t *one, const search_t *s)
{
    char text[CPTS_DAY_SIZE + CPTS_RPPS_LENGTH + TURN_DIGITS];
    char *end = text + CPTS_DAY_SIZE - 1;

    memcpy(text, s->day, CPTS_DAY_SIZE - 1);
    memcpy(end, one->rpps, CPTS_RPPS_LENGTH);
    end += CPTS_RPPS_LENGTH;
    if (one->turn > 0) {
        end += apr_snprintf(end, TURN_DIGITS + 1, "%" APR_UINT64_T_FMT,
                            one->turn);
    }
    return apr_siphash24(text, (apr_size_t)(end - text),
                         s->snapshot->rotation_key);
}

/* Only where it decides: most near-ties have turns of their own. */
static void rotate(cpts_chosen_t *one, const search_t *s)
{
    if (!one->rpps) {
        one->rpps = cpts_snapshot_rpps(s->snapshot, one->near->doctor);
        one->rotation = rotation_of(one, s);
    }
}

/* Those of the territory first, then the band of the score: what is known
 * at once. Negative: a comes before b; 0: near-ties. */
static int compare_bands(const cpts_chosen_t *a, const cpts_chosen_t *b)
{
    int local_a = (a->near->flags & CPTS_NEAR_LOCAL) != 0;
    int local_b = (b->near->flags & CPTS_NEAR_LOCAL) != 0;

    return local_a != local_b ? local_b - local_a
                              : b->score / SCORE_BAND - a->score / SCORE_BAND;
}

/* The published order, total: locality and band, then the turn, then the
 * rotation, then the RPPS. */
static int comes_before(cpts_chosen_t *a, cpts_chosen_t *b, const search_t *s)
{
    int order = compare_bands(a, b);

    if (order != 0) {
        return order < 0;
    }
    if (turn_of(a, s) != turn_of(b, s)) {
        return a->turn < b->turn;
    }
    rotate(a, s);
    rotate(b, s);
    if (a->rotation != b->rotation) {
        return a->rotation < b->rotation;
    }
    return strcmp(a->rpps, b->rpps) < 0;
}

/* The farthest that a doctor may be to come into the band of the last one
 * kept, all else at its best: beyond, they are only counted. */
static int reach_of(const search_t *s, const cpts_chosen_t *last)
{
    int most = s->territory->limits.search_max;
    int others = SCORE_CAPACITY + SCORE_FRESHNESS
                 + (s->need->teleconsultation ? SCORE_PREFERENCE : 0);
    int needed = last->score / SCORE_BAND * SCORE_BAND - others;

    return needed <= 0 ? most : most - needed * most / SCORE_DISTANCE;
}

/* Keep the best few, in order. */
static void keep(search_t *s, const cpts_facts_t *facts,
                 const cpts_near_t *near)
{
    cpts_chosen_t one = { .near = near, .turn = TURN_UNKNOWN };
    int most = s->territory->limits.proposals;
    int i;

    s->match->candidates++;
    if (near->metres > s->reach) {
        return;
    }
    one.score = score_of(facts, near, s);
    if (s->match->count < most) {
        i = s->match->count++;
    }
    else if (comes_before(&one, &s->chosen[most - 1], s)) {
        i = most - 1;
    }
    else {
        return;
    }
    for (; i > 0 && comes_before(&one, &s->chosen[i - 1], s); i--) {
        s->chosen[i] = s->chosen[i - 1];
    }
    s->chosen[i] = one;
    if (s->match->count == most) {
        s->reach = reach_of(s, &s->chosen[most - 1]);
    }
}

/* Of a doctor with an accessible site the nearest such one counts, for a
 * need of it; one with none counts once too, to be excluded. */
static int accessible_counts(const cpts_near_t *near)
{
    return near->flags
           & (near->flags & CPTS_NEAR_HAS_ACCESSIBLE ? CPTS_NEAR_ACCESSIBLE
                                                     : CPTS_NEAR_ANY);
}

static void look_at(search_t *s, const cpts_near_t *near)
{
    const cpts_facts_t *facts = cpts_snapshot_facts(s->snapshot, near->doctor);
    cpts_excluded_e reason = excluded_by(facts, near, s);

    s->looked_at++;
    if (reason == CPTS_EXCLUDED_COUNT) {
        keep(s, facts, near);
    }
    else {
        s->match->excluded[reason]++;
    }
}

/*
 * Widen from the starting radius, step by step, until enough candidates or
 * the cap.  @a local says whether doctors of the territory or those of
 * neighbouring communes are looked at.
 */
static void widen(search_t *s, unsigned local)
{
    const cpts_limits_t *limits = &s->territory->limits;
    int accessible = s->need->accessible;
    /* One site of each doctor counts: the nearest, unless asked otherwise. */
    unsigned mask = CPTS_NEAR_LOCAL | (accessible ? 0 : CPTS_NEAR_ANY);
    unsigned wanted = local | (accessible ? 0 : CPTS_NEAR_ANY);
    int radius = limits->search_start;
    size_t i = 0;

    s->reach = limits->search_max;
    for (;;) {
        for (; i < s->list->count && s->list->near[i].metres <= radius; i++) {
            const cpts_near_t *near = &s->list->near[i];

            if ((near->flags & mask) == wanted
                && (!accessible || accessible_counts(near))) {
                look_at(s, near);
            }
        }
        if (s->match->candidates >= limits->proposals
            || radius >= limits->search_max) {
            break;
        }
        radius = radius + limits->search_step < limits->search_max
                     ? radius + limits->search_step
                     : limits->search_max;
    }
    if (radius > s->match->radius) {
        s->match->radius = radius;
    }
}

static void search(search_t *s)
{
    cpts_match_t *match = s->match;
    int enough = s->territory->limits.proposals;

    widen(s, CPTS_NEAR_LOCAL);
    if (match->candidates < enough && s->territory->neighbours) {
        widen(s, 0);
    }
    if (match->candidates < enough) {
        match->excluded[CPTS_EXCLUDED_DISTANCE]
            = (int)s->snapshot->count - s->looked_at;
    }
}

static apr_status_t free_list(void *list)
{
    free(list);
    return APR_SUCCESS;
}

/* Around a point the list serves this need alone: it dies with the pool. */
static const cpts_near_list_t *point_list(const search_t *s, apr_pool_t *pool)
{
    cpts_near_list_t *list = cpts_geometry_point(
        s->snapshot->geometry, s->territory, s->need->point->lat,
        s->need->point->lon, record_of, s->snapshot);

    if (list) {
        apr_pool_cleanup_register(pool, list, free_list,
                                  apr_pool_cleanup_null);
    }
    return list;
}

static const cpts_near_list_t *commune_list(const search_t *s)
{
    return cpts_geometry_commune(
        s->snapshot->geometry, s->territory,
        cpts_territory_index(s->territory, s->need->home), record_of,
        s->snapshot);
}

/* The first of those chosen whose turn had a say, or NULL. */
static const cpts_chosen_t *first_in_turn(const search_t *s)
{
    int i;

    for (i = 0; i < s->match->count; i++) {
        if (s->chosen[i].turn != TURN_UNKNOWN) {
            return &s->chosen[i];
        }
    }
    return NULL;
}

/*
 * Those proposed go to the end of the row.  That is said when the answer is
 * made, not when it has been recorded: needs that come meanwhile already get
 * others, and an answer that is then refused only costs a turn.  0: another
 * thread has just proposed the first in turn, so others come first now.
 */
static int take_turns(const search_t *s)
{
    cpts_turns_t *turns = s->snapshot->turns;
    const cpts_chosen_t *first = first_in_turn(s);
    uint64_t turn;
    int i;

    if (s->match->count == 0) {
        return 1;
    }
    turn = cpts_turns_next(turns);
    if (first
        && !cpts_turns_claim(turns, first->near->doctor, first->turn, turn)) {
        return 0;
    }
    for (i = 0; i < s->match->count; i++) {
        cpts_turns_set(turns, s->chosen[i].near->doctor, turn);
    }
    return 1;
}

/* Without a lock; who loses often, though, keeps what was found. */
static void search_in_turn(search_t *s)
{
    cpts_match_t *match = s->match;
    int tries = TRIES_MOST;

    search(s);
    while (!take_turns(s) && --tries > 0) {
        memset(match, 0, sizeof(*match));
        s->looked_at = 0;
        search(s);
    }
}

static void copy_proposals(search_t *s)
{
    int i;

    for (i = 0; i < s->match->count; i++) {
        cpts_proposal_t *p = &s->match->proposals[i];
        cpts_chosen_t *c = &s->chosen[i];

        c->record = cpts_snapshot_record(s->snapshot, c->near->doctor);
        p->id = c->record->id;
        p->rpps = c->record->rpps;
        p->distance = c->near->metres;
        p->score = c->score;
        p->reserved = s->priority && c->record->facts.reserved > 0;
    }
}

apr_status_t cpts_match_run(cpts_match_t **match,
                            const cpts_snapshot_t *snapshot,
                            const cpts_territory_t *territory,
                            const cpts_need_t *need, cpts_day_t today,
                            apr_pool_t *pool)
{
    search_t s = { .snapshot = snapshot,
                   .territory = territory,
                   .need = need,
                   .today = today };
    int i;

    *match = s.match = apr_pcalloc(pool, sizeof(**match));
    s.priority = cpts_need_priority(need, &territory->limits);
    for (i = 0; i < need->languages->nelts && i < 5; i++) {
        s.languages[s.language_count++] = cpts_language_code(
            APR_ARRAY_IDX(need->languages, i, const char *));
    }
    s.match->followed = need->followed;
    s.fact_day = cpts_fact_day(today);
    cpts_day_format(s.day, today);
    if (!need->followed) {
        s.list = need->home ? commune_list(&s) : point_list(&s, pool);
        if (!s.list) {
            return APR_ENOMEM;
        }
        search_in_turn(&s);
        copy_proposals(&s);
    }
    return cpts_answer_write(s.match, s.chosen, territory, need, pool);
}
