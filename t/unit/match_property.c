/* SPDX-License-Identifier: Apache-2.0 */
/* Properties of matching: nobody is sent out of the perimeter, equals take
 * turns from day to day, the same history has the same answer. */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/geo.h"
#include "core/match.h"
#include "core_support.h"

#define COMMUNES 12
#define DOCTORS  25
#define WORLDS   400
#define TODAY    20619 /* 2026-06-15 */

/* Who may be sent where, written down while the sheets are made. */
typedef struct {
    cpts_territory_t *territory;
    json_t *sheets;
    int may_visit[DOCTORS][COMMUNES];
} world_t;

static const char *insee(int commune)
{
    return apr_psprintf(unit_pool, "310%02d", commune);
}

static void make_territory(world_t *w)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);
    int i;

    t->limits.home_visit_max = 5000 + unit_below(10000);
    t->limits.home_visit_default = 2000 + unit_below(3000);
    for (i = 0; i < COMMUNES; i++) {
        double lat = 43.5;
        double lon = 1.5;

        unit_offset(&lat, &lon, unit_below(20000), unit_below(20000));
        unit_commune(t, insee(i), lat, lon, i % 5 == 4);
    }
    unit_territory_index(t);
    w->territory = t;
    w->sheets = unit_keep(json_array());
}

/* A perimeter by a pattern: the communes whose code ends so. */
static void make_perimeter(world_t *w, const char *name, int digit)
{
    apr_array_header_t *items
        = apr_array_make(unit_pool, 1, sizeof(const char *));

    APR_ARRAY_PUSH(items, const char *)
        = apr_psprintf(unit_pool, "~310\\d%d", digit);
    assert_null(
        cpts_territory_perimeter(w->territory, name, items, unit_pool));
}

static void allow_radius(world_t *w, int doctor, int at, int metres)
{
    const cpts_commune_t *communes
        = (const cpts_commune_t *)w->territory->communes->elts;
    int i;

    for (i = 0; i < COMMUNES; i++) {
        if (cpts_geo_distance(communes[at].lat, communes[at].lon,
                              communes[i].lat, communes[i].lon)
            <= metres) {
            w->may_visit[doctor][i] = 1;
        }
    }
}

static json_t *make_visits(world_t *w, int doctor, int at)
{
    const cpts_limits_t *limits = &w->territory->limits;
    json_t *communes = json_array();
    json_t *perimeters = json_array();
    json_t *radius = json_null();
    int which = unit_below(16);
    int i;

    if (which & 1) {
        i = unit_below(COMMUNES);
        json_array_append_new(communes, json_string(insee(i)));
        w->may_visit[doctor][i] = 1;
    }
    if (which & 2) {
        json_array_append_new(perimeters, json_string("threes"));
        w->may_visit[doctor][3] = 1;
    }
    if (which & 4) {
        int km = 1 + unit_below(25);

        radius = json_integer(km);
        allow_radius(w, doctor, at,
                     km * 1000 < limits->home_visit_max
                         ? km * 1000
                         : limits->home_visit_max);
    }
    if ((which & 7) == 0 && which & 8) {
        allow_radius(w, doctor, at, limits->home_visit_default);
    }
    else if ((which & 7) == 0) {
        json_decref(communes);
        json_decref(perimeters);
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o}", "communes", communes, "perimeters",
                     perimeters, "radius_km", radius);
}

static json_t *make_sheet(int doctor, int at, json_t *visits)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:[{s:s, s:s, s:s}], s:o,"
        " s:{s:s, s:{s:i, s:s, s:i}}, s:s}",
        "rpps", apr_psprintf(unit_pool, "999000000%02d", doctor), "name",
        "Dr X", "sex", "F", "contact", "coordination", "sites", "address",
        "1 rue", "commune", insee(at), "structure", "practice", "home_visits",
        visits, "availability", "state", "open", "capacity", "places", 4,
        "period", "week", "reserved", 0, "confirmed_on", "2026-06-15");
}

static cpts_match_t *run(const world_t *w, const cpts_snapshot_t *snapshot,
                         int commune, int home_visit, cpts_day_t today)
{
    json_t *json
        = unit_keep(json_pack("{s:s, s:i, s:b}", "commune", insee(commune),
                              "age", 50, "home_visit", home_visit));
    cpts_match_t *match = NULL;

    assert_int_equal(cpts_match_run(&match, snapshot, w->territory,
                                    unit_need(json, w->territory), today,
                                    unit_pool),
                     APR_SUCCESS);
    return match;
}

static int check_world(const world_t *w, const cpts_snapshot_t *snapshot)
{
    int proposed = 0;
    int commune, i;

    for (commune = 0; commune < COMMUNES; commune++) {
        const cpts_match_t *match = run(w, snapshot, commune, 1, TODAY);

        for (i = 0; i < match->count; i++) {
            int doctor = (int)match->proposals[i].id - 1;

            if (!w->may_visit[doctor][commune]) {
                fail_msg("%s is sent to %s", match->proposals[i].rpps,
                         insee(commune));
            }
            proposed++;
        }
    }
    return proposed;
}

static void test_home_visits(void **state)
{
    static world_t w;
    int proposed = 0;
    int world, i;

    (void)state;
    for (world = 0; world < WORLDS; world++) {
        memset(&w, 0, sizeof(w));
        make_territory(&w);
        make_perimeter(&w, "threes", 3);
        for (i = 0; i < DOCTORS; i++) {
            int at = unit_below(COMMUNES);

            json_array_append_new(w.sheets,
                                  make_sheet(i, at, make_visits(&w, i, at)));
        }
        proposed
            += check_world(&w, unit_snapshot(w.territory, w.sheets, unit_key));
        apr_pool_clear(unit_pool);
    }
    assert_true(proposed > WORLDS);
}

/* Four doctors who differ in nothing. */
static void make_equals(world_t *w)
{
    int i;

    memset(w, 0, sizeof(*w));
    make_territory(w);
    w->territory->limits.sheet_validity = 366;
    for (i = 0; i < 4; i++) {
        json_array_append_new(w->sheets, make_sheet(i, 0, json_null()));
    }
}

static void make_key(unsigned char key[16])
{
    int i;

    for (i = 0; i < 16; i++) {
        key[i] = (unsigned char)unit_below(256);
    }
}

/* Who comes first of those not proposed yet: over 366 days each is first
 * about 91 times (standard deviation 8), and left out about 91 times. */
static void test_days_are_fair(void **state)
{
    static world_t w;
    unsigned char key[16];
    int first[4] = { 0 };
    int there[4] = { 0 };
    int day, i;

    (void)state;
    make_equals(&w);
    make_key(key);
    for (day = 0; day < 366; day++) {
        const cpts_match_t *match = run(
            &w, unit_snapshot(w.territory, w.sheets, key), 0, 0, TODAY + day);

        assert_int_equal(match->count, 3);
        first[match->proposals[0].id - 1]++;
        for (i = 0; i < 3; i++) {
            there[match->proposals[i].id - 1]++;
        }
    }
    for (i = 0; i < 4; i++) {
        assert_in_range(first[i], 40, 143);
        assert_in_range(there[i], 366 - 143, 366 - 40);
    }
}

/* Two territories do not favour the same doctor on the same days. */
static void test_days_are_keyed(void **state)
{
    static world_t w;
    unsigned char one[16], two[16];
    int same = 0;
    int day;

    (void)state;
    make_equals(&w);
    make_key(one);
    make_key(two);
    for (day = TODAY; day < TODAY + 200; day++) {
        const cpts_match_t *a
            = run(&w, unit_snapshot(w.territory, w.sheets, one), 0, 0, day);
        const cpts_match_t *b
            = run(&w, unit_snapshot(w.territory, w.sheets, two), 0, 0, day);

        same += a->proposals[0].id == b->proposals[0].id;
    }
    assert_in_range(same, 10, 100); /* 50 by chance */
}

/* Nothing but the answers given before has a say in the next one. */
static void test_same_history_same_answer(void **state)
{
    static world_t w;
    unsigned char key[16];
    const cpts_snapshot_t *one, *two;
    int changed = 0;
    int i;

    (void)state;
    make_equals(&w);
    make_key(key);
    one = unit_snapshot(w.territory, w.sheets, key);
    two = unit_snapshot(w.territory, w.sheets, key);
    for (i = 0; i < 200; i++) {
        int commune = unit_below(3);
        const cpts_match_t *a = run(&w, one, commune, 0, TODAY);
        const cpts_match_t *b = run(&w, two, commune, 0, TODAY);

        assert_int_equal(a->length, b->length);
        assert_memory_equal(a->body, b->body, a->length);
        changed += a->count && a->proposals[0].id != 1;
    }
    assert_true(changed > 0);
}

/* A need that proposes nobody, or that is not searched, takes no turn. */
static void test_no_turn(void **state)
{
    static world_t w;
    unsigned char key[16];
    cpts_match_t *match = NULL;
    json_t *followed;
    const cpts_snapshot_t *one, *two;
    const cpts_match_t *a, *b;

    (void)state;
    make_equals(&w);
    make_key(key);
    one = unit_snapshot(w.territory, w.sheets, key);
    two = unit_snapshot(w.territory, w.sheets, key);
    assert_int_equal(run(&w, one, 0, 1, TODAY)->count, 0);
    followed = unit_keep(json_pack("{s:s, s:i, s:b}", "commune", insee(0),
                                   "age", 50, "followed", 1));
    assert_int_equal(cpts_match_run(&match, one, w.territory,
                                    unit_need(followed, w.territory), TODAY,
                                    unit_pool),
                     APR_SUCCESS);
    assert_int_equal(match->count, 0);
    a = run(&w, one, 0, 0, TODAY);
    b = run(&w, two, 0, 0, TODAY);
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->body, b->body, a->length);
    assert_int_equal(run(&w, one, 0, 0, TODAY)->count, 3);
}

static cpts_match_t *run_at(const world_t *w, const cpts_snapshot_t *snapshot,
                            double lat, double lon)
{
    json_t *json = unit_keep(json_pack("{s:{s:f, s:f}, s:i}", "point", "lat",
                                       lat, "lon", lon, "age", 50));
    cpts_match_t *match = NULL;

    assert_int_equal(cpts_match_run(&match, snapshot, w->territory,
                                    unit_need(json, w->territory), TODAY,
                                    unit_pool),
                     APR_SUCCESS);
    return match;
}

static int within(const world_t *w, double lat, double lon, int metres)
{
    const cpts_commune_t *communes
        = (const cpts_commune_t *)w->territory->communes->elts;
    int count = 0;
    int i;

    for (i = 0; i < COMMUNES; i++) {
        count += cpts_geo_distance(lat, lon, communes[i].lat, communes[i].lon)
                 <= metres;
    }
    return count;
}

/* Around a point nobody is missed or counted twice, across the meridian of
 * 180 degrees and near a pole too. */
static void test_anywhere(void **state)
{
    static const double latitudes[] = { 0, 45, -13.3, 89.8, -89.9, 90 };
    static const double longitudes[] = { 180, -180, 179.95, -179.99, 1.5 };
    unsigned char key[16];
    int seen = 0;
    int round, i;

    (void)state;
    make_key(key);
    for (round = 0; round < 300; round++) {
        double lat = latitudes[round % 6];
        double lon = longitudes[round % 5];
        const cpts_snapshot_t *snapshot;
        const cpts_match_t *match;
        world_t w = { .territory = cpts_territory_create(unit_pool),
                      .sheets = unit_keep(json_array()) };

        for (i = 0; i < COMMUNES; i++) {
            double north = lat + (unit_below(1000) - 500) / 1000.0;
            double east = lon + (unit_below(1000) - 500) / 1000.0;

            unit_commune(w.territory, insee(i),
                         north > 90    ? 180 - north
                         : north < -90 ? -180 - north
                                       : north,
                         east > 180    ? east - 360
                         : east < -180 ? east + 360
                                       : east,
                         0);
        }
        unit_territory_index(w.territory);
        for (i = 0; i < COMMUNES; i++) {
            json_array_append_new(w.sheets, make_sheet(i, i, json_null()));
        }
        snapshot = unit_snapshot(w.territory, w.sheets, key);
        match = run_at(&w, snapshot, lat, lon);
        assert_int_equal(match->candidates,
                         within(&w, lat, lon, match->radius));
        seen += match->candidates;
    }
    assert_true(seen > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_home_visits),
        UNIT_TEST(test_days_are_fair),
        UNIT_TEST(test_days_are_keyed),
        UNIT_TEST(test_same_history_same_answer),
        UNIT_TEST(test_no_turn),
        UNIT_TEST(test_anywhere),
    };

    return UNIT_RUN(tests);
}
