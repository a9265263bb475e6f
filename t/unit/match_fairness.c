/* SPDX-License-Identifier: Apache-2.0 */
/* Equals are proposed equally often: identical needs by the thousand. */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/match.h"
#include "core_support.h"

#define NEEDS   10000
#define MOST    40 /* equals */
#define THREADS 4
#define TODAY   20619 /* 2026-06-15 */
/* Answers between two versions of the snapshot. */
#define VERSION 100

/* Equals, who is shown, and who is told first, by number. */
typedef struct {
    int equals;
    cpts_territory_t *territory;
    cpts_snapshot_t *snapshot;
    const cpts_need_t *need;
    unsigned char key[16];
    int shown[MOST + 1], first[MOST + 1];
} world_t;

/* What any two of the equals may differ by, of the mean. */
#define PER_CENT 5

static const char *insee(int commune)
{
    return apr_psprintf(unit_pool, "310%02d", commune);
}

static json_t *make_sheet(int doctor, int commune, const char *state)
{
    return unit_keep(json_pack(
        "{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s}],"
        " s:{s:s, s:{s:i, s:s, s:i}}, s:s}",
        "rpps", apr_psprintf(unit_pool, "999000000%02d", doctor), "name",
        "Dr X", "sex", "F", "contact", "coordination", "sites", "address",
        "1 rue", "commune", insee(commune), "structure", "practice",
        "availability", "state", state, "capacity", "places", 4, "period",
        "week", "reserved", 0, "confirmed_on", "2026-06-15"));
}

static void make_key(unsigned char key[16])
{
    int i;

    for (i = 0; i < 16; i++) {
        key[i] = (unsigned char)unit_below(256);
    }
}

/* Two communes, far enough to be another band; all equals in the first. */
static void make_world(world_t *w, int equals)
{
    json_t *sheets = unit_keep(json_array());
    double lat = 43.5;
    double lon = 1.5;
    int i;

    memset(w, 0, sizeof(*w));
    w->equals = equals;
    w->territory = cpts_territory_create(unit_pool);
    unit_commune(w->territory, insee(0), lat, lon, 0);
    unit_offset(&lat, &lon, 4000, 0);
    unit_commune(w->territory, insee(1), lat, lon, 0);
    unit_territory_index(w->territory);
    for (i = 0; i < equals; i++) {
        json_array_append(sheets, make_sheet(i, 0, "open"));
    }
    make_key(w->key);
    w->snapshot = unit_snapshot(w->territory, sheets, w->key);
    cpts_snapshot_retain(w->snapshot); /* replace() releases it */
    w->need = unit_need(
        unit_keep(json_pack("{s:s, s:i}", "commune", insee(0), "age", 50)),
        w->territory);
}

/* One answer, counted; the pool is cleared. */
static void answer(world_t *w, const cpts_snapshot_t *snapshot,
                   apr_pool_t *pool)
{
    cpts_match_t *match = NULL;
    int i;

    if (cpts_match_run(&match, snapshot, w->territory, w->need, TODAY, pool)
        != APR_SUCCESS) {
        abort();
    }
    for (i = 0; i < match->count; i++) {
        w->shown[match->proposals[i].id - 1]++;
    }
    w->first[match->proposals[0].id - 1]++;
    apr_pool_clear(pool);
}

static apr_pool_t *make_pool(void)
{
    apr_pool_t *pool = NULL;

    assert_int_equal(apr_pool_create(&pool, NULL), APR_SUCCESS);
    return pool;
}

/* Put or replace one sheet: the snapshot is the next version. */
static void replace(world_t *w, int doctor, int commune, const char *state)
{
    apr_pool_t *pool = make_pool();
    cpts_changes_t *changes
        = cpts_changes_create(w->snapshot, w->territory, pool);
    cpts_snapshot_t *next = NULL;

    assert_int_equal(
        cpts_changes_put(
            changes, doctor + 1,
            unit_sheet(make_sheet(doctor, commune, state), w->territory)),
        APR_SUCCESS);
    assert_int_equal(cpts_changes_commit(&next, changes, 2, w->key),
                     APR_SUCCESS);
    apr_pool_destroy(pool);
    cpts_snapshot_release(w->snapshot);
    w->snapshot = next;
}

static int spread(const int *counts, int n)
{
    int least = counts[0];
    int most = counts[0];
    int i;

    for (i = 1; i < n; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    return most - least;
}

static int total(const int *counts, int n)
{
    int sum = 0;
    int i;

    for (i = 0; i < n; i++) {
        sum += counts[i];
    }
    return sum;
}

static void assert_fair(const world_t *w, int needs)
{
    int n = w->equals;
    int sum = total(w->shown, n);
    int apart = spread(w->shown, n);

    assert_int_equal(sum, needs * 3);
    print_message("# %d equals: %d proposals each, %d apart; first: %d\n", n,
                  sum / n, apart, spread(w->first, n));
    if (apart * n * 100 >= sum * PER_CENT) {
        fail_msg("%d equals: %d apart, of %d each", n, apart, sum / n);
    }
}

static const int numbers[] = { 4, 5, 6, 7, 20, 40 };
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void test_identical_needs(void **state)
{
    static world_t w;
    apr_pool_t *pool = make_pool();
    size_t n;
    int i;

    (void)state;
    for (n = 0; n < NUMBERS; n++) {
        make_world(&w, numbers[n]);
        for (i = 0; i < NEEDS; i++) {
            answer(&w, w.snapshot, pool);
        }
        assert_fair(&w, NEEDS);
        cpts_snapshot_release(w.snapshot);
    }
    apr_pool_destroy(pool);
}

typedef struct {
    world_t w; /* counts of this thread */
    pthread_t thread;
    apr_pool_t *pool;
} client_t;

static void *ask(void *baton)
{
    client_t *c = baton;
    int i;

    for (i = 0; i < NEEDS / THREADS; i++) {
        answer(&c->w, c->w.snapshot, c->pool);
    }
    return NULL;
}

static void test_threads(void **state)
{
    static client_t clients[THREADS];
    static world_t w;
    size_t n;
    int i, j;

    (void)state;
    for (n = 0; n < NUMBERS; n++) {
        make_world(&w, numbers[n]);
        for (i = 0; i < THREADS; i++) {
            clients[i].w = w;
            clients[i].pool = make_pool();
            assert_int_equal(
                pthread_create(&clients[i].thread, NULL, ask, &clients[i]), 0);
        }
        for (i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(clients[i].thread, NULL), 0);
            apr_pool_destroy(clients[i].pool);
            for (j = 0; j < w.equals; j++) {
                w.shown[j] += clients[i].w.shown[j];
                w.first[j] += clients[i].w.first[j];
            }
        }
        assert_fair(&w, NEEDS);
        cpts_snapshot_release(w.snapshot);
    }
}

/* Turns outlive versions: some made in place, some anew. */
static void test_versions(void **state)
{
    static world_t w;
    apr_pool_t *pool = make_pool();
    size_t n;
    int i;

    (void)state;
    for (n = 0; n < NUMBERS; n++) {
        make_world(&w, numbers[n]);
        for (i = 0; i < NEEDS; i++) {
            if (i % VERSION == 0) {
                /* one too far away, who moves every other time */
                replace(&w, MOST, i / VERSION / 2 % 2, "closed");
            }
            answer(&w, w.snapshot, pool);
        }
        assert_fair(&w, NEEDS);
        cpts_snapshot_release(w.snapshot);
    }
    apr_pool_destroy(pool);
}

/* Proposals of one doctor among the next needs. */
static int shown_among(world_t *w, int doctor, int needs, apr_pool_t *pool)
{
    int before = w->shown[doctor];
    int i;

    for (i = 0; i < needs; i++) {
        answer(w, w->snapshot, pool);
    }
    return w->shown[doctor] - before;
}

/* Who comes back from a pause, moves or is new gets a turn, not them all:
 * of 100 needs about 30, as anybody. */
static void test_coming_back(void **state)
{
    static world_t w;
    apr_pool_t *pool = make_pool();

    (void)state;
    make_world(&w, 10);
    assert_in_range(shown_among(&w, 3, 100, pool), 22, 38);
    replace(&w, 3, 0, "closed");
    assert_int_equal(shown_among(&w, 3, 1000, pool), 0);
    replace(&w, 3, 0, "open");
    assert_int_equal(shown_among(&w, 3, 1, pool), 1);
    assert_in_range(shown_among(&w, 3, 100, pool), 22, 38);
    replace(&w, 3, 1, "open");
    assert_int_equal(shown_among(&w, 3, 1000, pool), 0);
    replace(&w, 3, 0, "open");
    assert_int_equal(shown_among(&w, 3, 1, pool), 1);
    assert_in_range(shown_among(&w, 3, 100, pool), 22, 38);
    replace(&w, 10, 0, "open");
    assert_int_equal(shown_among(&w, 10, 1, pool), 1);
    assert_in_range(shown_among(&w, 10, 100, pool), 22, 38);
    cpts_snapshot_release(w.snapshot);
    apr_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_identical_needs),
        UNIT_TEST(test_threads),
        UNIT_TEST(test_versions),
        UNIT_TEST(test_coming_back),
    };

    return UNIT_RUN(tests);
}
