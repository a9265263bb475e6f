/* SPDX-License-Identifier: Apache-2.0 */
/* Matching: filter, score, rank.  The published rule, docs/matching.md. */

#include "core/match.h"

#include <string.h>

#include <apr_siphash.h>

#include "core/answer.h"
#include "core/look.h"
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

_Static_assert(SCORE_CAPACITY == CPTS_FACT_ALL_LEFT,
               "facts count places as the score does");

/* Of a chosen record, what an answer reads: lines of 64 bytes. */
#define LINES_READ 14

const char *const cpts_excluded_words[]
    = { "distance",      "availability", "freshness", "home_visit",
        "accessibility", "sex",          "language",  "places" };

/* One search under way. */
typedef struct {
    const cpts_snapshot_t *snapshot;
    const cpts_territory_t *territory;
    const cpts_need_t *need;
    apr_pool_t *pool;
    cpts_day_t today;
    char day[CPTS_DAY_SIZE]; /* today, once the rotation needs it */
    cpts_look_t look;
    int fact_day; /* today, as facts count */
    /* the list: of a commune, or of the present ring around a point */
    const cpts_near_t *near, *end;
    int reach; /* metres beyond which no score can be among the best */
    cpts_match_t *match;
    cpts_chosen_t chosen[CPTS_PROPOSALS_MAX];
} search_t;

static const cpts_record_t *record_of(const void *baton, uint32_t doctor)
{
    return cpts_snapshot_record(baton, doctor);
}

/* No product leaves an int: lengths are at most 100 km in metres. */
static int score_of(cpts_facts_t facts, int metres, const search_t *s)
{
    const cpts_limits_t *limits = &s->territory->limits;
    int fresh = cpts_facts_fresh_until(facts) - s->fact_day;
    int score
        = SCORE_DISTANCE * (limits->search_max - metres) / limits->search_max;

    score += cpts_facts_left(facts);
    score
        += SCORE_FRESHNESS
           * (fresh < limits->sheet_validity ? fresh : limits->sheet_validity)
           / limits->sheet_validity;
    if (s->need->teleconsultation && (facts & CPTS_FACT_TELECONSULTATION)) {
        score += SCORE_PREFERENCE;
    }
    return score;
}

/* Once for each search: another thread may stamp meanwhile, and the order
 * must not change under way. */
static uint64_t turn_of(cpts_chosen_t *one, const search_t *s)
{
    if (one->turn == TURN_UNKNOWN) {
        one->turn
            = cpts_turns_get(s->snapshot->turns, cpts_near_doctor(one->near));
    }
    return one->turn;
}

/* Decimal; returns its end. */
static char *put_turn(char *end, uint64_t turn)
{
    char digits[TURN_DIGITS];
    int first = TURN_DIGITS;

    for (; turn > 0; turn /= 10) {
        digits[--first] = (char)('0' + turn % 10);
    }
    memcpy(end, digits + first, (size_t)(TURN_DIGITS - first));
    return end + TURN_DIGITS - first;
}

/* Keyed by the territory, over the day, the doctor and the turn: those who
 * were proposed together do not always come in the same order. */
static uint64_t rotation_of(const cpts_chosen_t *one, search_t *s)
{
    char text[CPTS_DAY_SIZE + CPTS_RPPS_LENGTH + TURN_DIGITS];
    char *end = text + CPTS_DAY_SIZE - 1;

    if (!*s->day) {
        cpts_day_format(s->day, s->today);
    }
    memcpy(text, s->day, CPTS_DAY_SIZE - 1);
    memcpy(end, one->rpps, CPTS_RPPS_LENGTH);
    end = put_turn(end + CPTS_RPPS_LENGTH, one->turn);
    return apr_siphash24(text, (apr_size_t)(end - text),
                         s->snapshot->rotation_key);
}

/* Only where it decides: most near-ties have turns of their own. */
static void rotate(cpts_chosen_t *one, search_t *s)
{
    if (!one->rpps) {
        one->rpps
            = cpts_snapshot_rpps(s->snapshot, cpts_near_doctor(one->near));
        one->rotation = rotation_of(one, s);
    }
}

/* Those of the territory first, then the band of the score: what is known
 * at once. Negative: a comes before b; 0: near-ties. */
static int compare_bands(const cpts_chosen_t *a, const cpts_chosen_t *b)
{
    int local_a = (a->near & CPTS_NEAR_LOCAL) != 0;
    int local_b = (b->near & CPTS_NEAR_LOCAL) != 0;

    return local_a != local_b ? local_b - local_a : b->band - a->band;
}

/* The published order, total: locality and band, then the turn, then the
 * rotation, then the RPPS. */
static int comes_before(cpts_chosen_t *a, cpts_chosen_t *b, search_t *s)
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
    int needed = last->band * SCORE_BAND - others;

    return needed <= 0 ? most : most - needed * most / SCORE_DISTANCE;
}

/* Keep the best few, in order. */
static void keep(search_t *s, cpts_near_t near)
{
    cpts_facts_t facts
        = cpts_snapshot_facts(s->snapshot, cpts_near_doctor(near));
    cpts_chosen_t one = { .near = near, .turn = TURN_UNKNOWN };
    int most = s->territory->limits.proposals;
    int i;

    one.score = score_of(facts, cpts_near_metres(near), s);
    one.band = one.score / SCORE_BAND;
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

/* All of the list within the radius. */
static void look_around(search_t *s, int radius)
{
    cpts_near_t last = cpts_near_last(radius);
    cpts_seen_t seen;
    int i;

    while (s->near < s->end && *s->near <= last) {
        s->near = cpts_look_at(&seen, s->match->excluded, &s->look, s->near,
                               s->end, last);
        s->match->candidates += seen.count;
        for (i = 0; i < seen.count; i++) {
            if (cpts_near_metres(seen.found[i]) <= s->reach) {
                keep(s, seen.found[i]);
            }
        }
    }
}

/* The next ring around a point. */
static void take_ring(search_t *s, int from, int to)
{
    const cpts_near_list_t *list = cpts_geometry_ring(
        s->snapshot->geometry, s->territory, s->need->point, from, to,
        record_of, s->snapshot, s->pool);

    s->near = list->near;
    s->end = list->near + list->count;
}

static int take_commune(search_t *s)
{
    const cpts_near_list_t *list = cpts_geometry_commune(
        s->snapshot->geometry, s->territory,
        cpts_territory_index(s->territory, s->need->home), record_of,
        s->snapshot);

    if (list) {
        s->near = list->near;
        s->end = list->near + list->count;
    }
    return list != NULL;
}

/*
 * Widen from the starting radius, step by step, until enough candidates or
 * the cap.  @a local says whether doctors of the territory or those of
 * neighbouring communes are looked at.  0 when memory is short.
 */
static int widen(search_t *s, int local)
{
    const cpts_limits_t *limits = &s->territory->limits;
    int radius = limits->search_start;
    int before = -1;

    cpts_look_turn_to(&s->look, local);
    s->reach = limits->search_max;
    if (s->need->home && !take_commune(s)) {
        return 0;
    }
    for (;;) {
        if (!s->need->home) {
            take_ring(s, before, radius);
        }
        look_around(s, radius);
        if (s->match->candidates >= limits->proposals
            || radius >= limits->search_max) {
            break;
        }
        before = radius;
        radius = radius + limits->search_step < limits->search_max
                     ? radius + limits->search_step
                     : limits->search_max;
    }
    if (radius > s->match->radius) {
        s->match->radius = radius;
    }
    return 1;
}

/* The records lie anywhere in memory: asked for all at once, and while there
 * is something else to do. */
static void fetch_chosen(search_t *s)
{
    int i, line;

    for (i = 0; i < s->match->count; i++) {
        const cpts_chosen_t *chosen = &s->chosen[i];
        const char *record = (const char *)cpts_snapshot_record(
            s->snapshot, cpts_near_doctor(chosen->near));

        for (line = 0; line < LINES_READ; line++) {
            __builtin_prefetch(record + 64 * (size_t)line);
        }
    }
}

/* Doctors inside the radius. */
static int looked_at(const cpts_match_t *match)
{
    int count = match->candidates;
    int i;

    for (i = CPTS_EXCLUDED_DISTANCE + 1; i < CPTS_EXCLUDED_COUNT; i++) {
        count += match->excluded[i];
    }
    return count;
}

static int search(search_t *s)
{
    cpts_match_t *match = s->match;
    int enough = s->territory->limits.proposals;

    if (!widen(s, 1)
        || (match->candidates < enough && s->territory->neighbours
            && !widen(s, 0))) {
        return 0;
    }
    fetch_chosen(s);
    if (match->candidates < enough) {
        match->excluded[CPTS_EXCLUDED_DISTANCE]
            = (int)s->snapshot->count - looked_at(match);
    }
    return 1;
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
        && !cpts_turns_claim(turns, cpts_near_doctor(first->near), first->turn,
                             turn)) {
        return 0;
    }
    for (i = 0; i < s->match->count; i++) {
        cpts_turns_set(turns, cpts_near_doctor(s->chosen[i].near), turn);
    }
    return 1;
}

/* Without a lock; who loses often, though, keeps what was found. */
static int search_in_turn(search_t *s)
{
    cpts_match_t *match = s->match;
    int tries = TRIES_MOST;
    int done = search(s);

    while (done && !take_turns(s) && --tries > 0) {
        memset(match, 0, sizeof(*match));
        done = search(s);
    }
    return done;
}

static void copy_proposals(search_t *s)
{
    int priority = cpts_need_priority(s->need, &s->territory->limits);
    int i;

    for (i = 0; i < s->match->count; i++) {
        cpts_proposal_t *p = &s->match->proposals[i];
        cpts_chosen_t *c = &s->chosen[i];

        c->record
            = cpts_snapshot_record(s->snapshot, cpts_near_doctor(c->near));
        p->id = c->record->id;
        p->rpps = c->record->rpps;
        p->distance = cpts_near_metres(c->near);
        p->score = c->score;
        p->reserved = priority && c->record->reserved > 0;
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
                   .pool = pool,
                   .today = today,
                   .fact_day = cpts_fact_day(today) };

    *match = s.match = apr_pcalloc(pool, sizeof(**match));
    s.match->followed = need->followed;
    if (!need->followed) {
        cpts_look_ask(&s.look, snapshot, territory, need, today);
        if (!search_in_turn(&s)) {
            return APR_ENOMEM;
        }
        copy_proposals(&s);
    }
    return cpts_answer_write(s.match, s.chosen, territory, need, pool);
}
