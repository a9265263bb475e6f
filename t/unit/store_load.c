/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of snapshots loaded from the database: whole, and what changed. */

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/match.h"
#include "store/load.h"
#include "store/sheet_rows.h"
#include "store_support.h"

#define DAY "2026-11-22"
/* noon of that day, UTC */
#define NOW 1795348800

static cpts_territory_t *territory(void)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    unit_commune(t, "31113", 43.51361, 1.50339, 0);
    unit_territory_index(t);
    return t;
}

static cpts_db_e try_load(cpts_snapshot_t **snapshot, cpts_db_t *db,
                          cpts_snapshot_t *before, const cpts_territory_t *t)
{
    cpts_moment_t moment = { .now = NOW, .today = unit_day(DAY) };

    return cpts_snapshot_load(snapshot, db, before, t, &moment, unit_pool);
}

/* Load, and give the reference before back. */
static cpts_snapshot_t *load(cpts_db_t *db, cpts_snapshot_t *before,
                             const cpts_territory_t *t)
{
    cpts_snapshot_t *snapshot = NULL;

    store_kind(try_load(&snapshot, db, before, t), CPTS_DB_OK);
    assert_non_null(snapshot);
    assert_false(cpts_db_in_transaction(db));
    if (before) {
        cpts_snapshot_release(before);
    }
    return snapshot;
}

/* How many doctors are candidates in the commune on DAY. */
static int candidates(const cpts_snapshot_t *snapshot,
                      const cpts_territory_t *t)
{
    json_t *json
        = unit_keep(json_pack("{s:s, s:i}", "commune", "31113", "age", 40));
    cpts_match_t *match;

    assert_int_equal(cpts_match_run(&match, snapshot, t, unit_need(json, t),
                                    unit_day(DAY), unit_pool),
                     APR_SUCCESS);
    return match->candidates;
}

static void act(cpts_db_t *db, const char *rpps, cpts_action_e action)
{
    cpts_stored_sheet_t out;

    store_kind(cpts_sheet_act(&out, db, &store_coordinator, rpps, action,
                              CPTS_NO_DAY, unit_day(DAY), unit_pool),
               CPTS_DB_OK);
}

static void test_load(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot = load(db, NULL, t);
    cpts_snapshot_t *same;

    (void)state;
    assert_int_equal(cpts_snapshot_count(snapshot), 0);
    assert_int_equal(cpts_snapshot_generation(snapshot), 0);
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    snapshot = load(db, snapshot, t);
    assert_int_equal(cpts_snapshot_count(snapshot), 2);
    assert_int_equal(cpts_snapshot_generation(snapshot), 2);
    assert_int_equal(candidates(snapshot, t), 2);
    /* nothing changed: the same one, and one more reference */
    store_kind(try_load(&same, db, snapshot, t), CPTS_DB_OK);
    assert_ptr_equal(same, snapshot);
    cpts_snapshot_release(same);
    /* what changed and what is gone, not the rest */
    act(db, STORE_OWN, CPTS_ACTION_LEAVE);
    snapshot = load(db, snapshot, t);
    assert_int_equal(cpts_snapshot_count(snapshot), 2);
    assert_int_equal(candidates(snapshot, t), 1);
    store_erase(db, &store_coordinator, STORE_OTHER);
    snapshot = load(db, snapshot, t);
    assert_int_equal(cpts_snapshot_count(snapshot), 1);
    assert_int_equal(candidates(snapshot, t), 0);
    act(db, STORE_OWN, CPTS_ACTION_RESUME);
    snapshot = load(db, snapshot, t);
    assert_int_equal(candidates(snapshot, t), 1);
    cpts_snapshot_release(snapshot);
}

/* An older copy was put in place: all is read again. */
static void test_restored(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_db_t *older = store_open(store_make("b.db"));
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    store_create(older, "99900000100", "Zoé", DAY);
    snapshot = load(db, NULL, t);
    snapshot = load(older, snapshot, t);
    assert_int_equal(cpts_snapshot_count(snapshot), 1);
    assert_int_equal(cpts_snapshot_generation(snapshot), 1);
    cpts_snapshot_release(snapshot);
}

/* A sheet that cannot be read is not proposed, not even as it was. */
static void test_undecodable(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    snapshot = load(db, NULL, t);
    assert_int_equal(cpts_db_skipped(db), 0);
    store_exec(file, "UPDATE territory SET generation = 3;"
                     "UPDATE practitioner SET generation = 3,"
                     " sheet = json_set(sheet, '$.sites', 'none')"
                     " WHERE id = 1");
    snapshot = load(db, snapshot, t);
    assert_int_equal(cpts_db_skipped(db), 1);
    assert_int_equal(candidates(snapshot, t), 1);
    cpts_snapshot_release(snapshot);
    snapshot = load(db, NULL, t);
    assert_int_equal(cpts_db_skipped(db), 1);
    assert_int_equal(cpts_snapshot_count(snapshot), 1);
    cpts_snapshot_release(snapshot);
}

/* After any refusal: no snapshot, no transaction, and it can be tried
 * again. */
static void test_refused(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_exec(file, "ALTER TABLE territory RENAME TO elsewhere");
    store_kind(try_load(&snapshot, db, NULL, t), CPTS_DB_ERROR);
    assert_null(snapshot);
    assert_false(cpts_db_in_transaction(db));
    store_exec(file, "ALTER TABLE elsewhere RENAME TO territory");
    store_exec(file, "ALTER TABLE practitioner RENAME TO elsewhere");
    store_kind(try_load(&snapshot, db, NULL, t), CPTS_DB_ERROR);
    store_exec(file, "ALTER TABLE elsewhere RENAME TO practitioner");
    cpts_snapshot_release(load(db, NULL, t));
    store_exec(file, "DELETE FROM territory");
    store_kind(try_load(&snapshot, db, NULL, t), CPTS_DB_ERROR);
    assert_non_null(strstr(cpts_db_message(db), "territory"));
    cpts_db_close(db);
    store_kind(try_load(&snapshot, db, NULL, t), CPTS_DB_ERROR);
    assert_null(snapshot);
}

/* --- places that placements take */

/* Load at a moment; @a before is released. @param due what the load says */
static cpts_snapshot_t *load_at(cpts_db_t *db, cpts_snapshot_t *before,
                                const cpts_territory_t *t,
                                cpts_moment_t *moment)
{
    cpts_snapshot_t *snapshot = NULL;

    store_kind(cpts_snapshot_load(&snapshot, db, before, t, moment, unit_pool),
               CPTS_DB_OK);
    if (before) {
        cpts_snapshot_release(before);
    }
    return snapshot;
}

static void place(const char *file, const char *state, const char *held_on,
                  int general, int64_t expires)
{
    static int number;

    store_exec(file,
               apr_psprintf(unit_pool,
                            "INSERT INTO placement (code, practitioner_id,"
                            " account_id, general, reserved, state, reason,"
                            " held_on, held_at, expires_at, changed_at)"
                            " VALUES ('%09d', 1, 1, %d, 0, '%s',"
                            " iif('%s' = 'refused', 'full', NULL), '%s', 1,"
                            " %" APR_INT64_T_FMT ", 1);"
                            "UPDATE territory SET generation ="
                            " generation + 1;"
                            "UPDATE practitioner SET generation ="
                            " (SELECT generation FROM territory)",
                            number++, general, state, state, held_on,
                            (apr_int64_t)expires));
}

/* The sheet has four places a month, one of them reserved. */
static void test_places(void **state)
{
    static const struct {
        const char *state;
        const char *held_on;
        int places;
        int taken;
    } table[] = {
        { "held", DAY, 3, 1 },
        { "contacted", DAY, 3, 1 },
        { "accepted", DAY, 3, 1 },
        { "declared", DAY, 3, 1 },
        { "held", DAY, 2, 0 },
        { "refused", DAY, 3, 0 },
        { "expired", DAY, 3, 0 },
        { "cancelled", DAY, 3, 0 },
        { "held", "2026-11-01", 3, 1 },
        { "held", "2026-10-31", 3, 0 },
        { "declared", "2026-10-31", 3, 0 },
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_snapshot_t *before = load(db, NULL, t);
        cpts_snapshot_t *changed, *first;

        place(file, table[i].state, table[i].held_on, table[i].places,
              NOW + 100);
        changed = load(db, before, t);
        first = load(db, NULL, t);
        if (candidates(changed, t) != !table[i].taken
            || candidates(first, t) != !table[i].taken) {
            fail_msg("%s on %s, %d places", table[i].state, table[i].held_on,
                     table[i].places);
        }
        cpts_snapshot_release(first);
        cpts_snapshot_release(changed);
        store_exec(file, "DELETE FROM placement");
    }
}

/* A week that began in the month before. */
static void test_places_of_a_week(void **state)
{
    static const struct {
        const char *held_on, *period;
        int taken;
    } table[] = {
        { "2026-11-30", "week", 1 },
        { "2026-11-29", "week", 0 },
        { "2026-11-30", "month", 0 },
        { "2026-12-01", "month", 1 },
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();
    cpts_moment_t moment = { .now = NOW, .today = unit_day("2026-12-02") };

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_snapshot_t *snapshot;

        store_exec(file,
                   apr_psprintf(unit_pool,
                                "UPDATE practitioner SET sheet = json_set("
                                "sheet, '$.availability.capacity.period',"
                                " '%s')",
                                table[i].period));
        place(file, "held", table[i].held_on, 3, NOW + 100);
        snapshot = load_at(db, NULL, t, &moment);
        if (candidates(snapshot, t) != !table[i].taken) {
            fail_msg("on %s, by the %s", table[i].held_on, table[i].period);
        }
        cpts_snapshot_release(snapshot);
        store_exec(file, "DELETE FROM placement");
    }
}

/* More of the reserved ones than there are now: the general ones lack it. */
static void test_places_shared_out_anew(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    place(file, "accepted", DAY, 4, NOW + 100);
    store_exec(file, "UPDATE placement SET general = 0, reserved = 4");
    snapshot = load(db, NULL, t);
    assert_int_equal(candidates(snapshot, t), 0);
    cpts_snapshot_release(snapshot);
}

/* They come back by themselves: the load says when to look again. */
static void test_places_come_back(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const cpts_territory_t *t = territory();
    cpts_moment_t moment = { .now = NOW, .today = unit_day(DAY) };
    int64_t midnight = apr_time_sec(cpts_day_begin(unit_day(DAY) + 1));
    cpts_snapshot_t *snapshot;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    snapshot = load_at(db, NULL, t, &moment);
    assert_int_equal(moment.due, midnight);
    place(file, "held", DAY, 2, NOW + 100);
    place(file, "contacted", DAY, 1, NOW + 200);
    place(file, "accepted", DAY, 0 + 1, NOW + 50);
    snapshot = load_at(db, snapshot, t, &moment);
    assert_int_equal(moment.due, NOW + 100);
    assert_int_equal(candidates(snapshot, t), 0);
    /* not yet renewed: the same places, as of before */
    moment.now = NOW + 100;
    snapshot = load_at(db, snapshot, t, &moment);
    assert_int_equal(candidates(snapshot, t), 0);
    moment.renew = 1;
    snapshot = load_at(db, snapshot, t, &moment);
    assert_int_equal(candidates(snapshot, t), 1);
    assert_int_equal(moment.due, NOW + 200);
    /* a new period, with nothing else changed */
    moment.now = midnight - 1;
    place(file, "accepted", DAY, 3, NOW + 50);
    snapshot = load_at(db, snapshot, t, &moment);
    assert_int_equal(candidates(snapshot, t), 0);
    assert_int_equal(moment.due, midnight);
    moment.today = unit_day("2026-12-01");
    moment.now = apr_time_sec(cpts_day_begin(moment.today));
    snapshot = load_at(db, snapshot, t, &moment);
    assert_int_equal(candidates(snapshot, t), 1);
    assert_true(moment.due > moment.now);
    cpts_snapshot_release(snapshot);
}

/* Random changes, applied step by step, give what a fresh load gives. */
static void test_steps(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot = load(db, NULL, t);

    (void)state;
    for (int i = 0; i < 150; i++) {
        const char *rpps
            = apr_psprintf(unit_pool, "999000001%02d", unit_below(20));
        cpts_stored_sheet_t out;
        cpts_sheet_t *sheet = store_sheet(rpps, "Jeanne");
        cpts_db_e rc
            = cpts_sheet_create(&out, db, sheet, "jeanne", CPTS_BY_IMPORT,
                                unit_day(DAY), unit_pool);

        if (rc == CPTS_DB_CONFLICT) {
            if (unit_once_in(3)) {
                store_erase(db, &store_coordinator, rpps);
            }
            else {
                act(db, rpps,
                    unit_once_in(2) ? CPTS_ACTION_LEAVE : CPTS_ACTION_RESUME);
            }
        }
        if (unit_once_in(3)) {
            cpts_snapshot_t *fresh = load(db, NULL, t);

            snapshot = load(db, snapshot, t);
            assert_int_equal(cpts_snapshot_generation(snapshot),
                             cpts_snapshot_generation(fresh));
            assert_int_equal(cpts_snapshot_count(snapshot),
                             cpts_snapshot_count(fresh));
            assert_int_equal(candidates(snapshot, t), candidates(fresh, t));
            cpts_snapshot_release(fresh);
        }
    }
    cpts_snapshot_release(snapshot);
}

/* --- in the transaction of a change */

static cpts_db_e in_place(cpts_snapshot_t **snapshot, cpts_db_t *db,
                          cpts_snapshot_t *before, const cpts_territory_t *t)
{
    cpts_moment_t moment
        = { .now = NOW, .today = unit_day(DAY), .in_place = 1 };

    return cpts_snapshot_load(snapshot, db, before, t, &moment, unit_pool);
}

/* What will be committed is made ready; or will not be. */
static void test_in_place(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot, *next, *same;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    snapshot = load(db, NULL, t);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_OK);
    assert_ptr_equal(next, snapshot);
    cpts_snapshot_release(next);
    act(db, STORE_OWN, CPTS_ACTION_LEAVE);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_OK);
    assert_true(cpts_db_in_transaction(db));
    assert_int_equal(candidates(next, t), 1);
    assert_int_equal(candidates(snapshot, t), 2);
    cpts_snapshot_release(next);
    cpts_db_rollback(db);
    same = load(db, NULL, t);
    assert_int_equal(candidates(same, t), 2);
    cpts_snapshot_release(same);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    act(db, STORE_OTHER, CPTS_ACTION_LEAVE);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(cpts_snapshot_generation(next), 3);
    /* it is the one that a look would have found */
    store_kind(try_load(&same, db, next, t), CPTS_DB_OK);
    assert_ptr_equal(same, next);
    cpts_snapshot_release(same);
    cpts_snapshot_release(next);
    cpts_snapshot_release(snapshot);
}

/* What takes longer is left to a look. */
static void test_not_in_place(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_db_t *other = store_open(store_make("b.db"));
    const cpts_territory_t *t = territory();
    cpts_snapshot_t *snapshot, *next;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_kind(in_place(&next, db, NULL, t), CPTS_DB_NONE);
    snapshot = load(db, NULL, t);
    store_create(db, STORE_OTHER, "Paul", DAY);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_NONE);
    assert_null(next);
    snapshot = load(db, snapshot, t);
    store_erase(db, &store_coordinator, STORE_OTHER);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_NONE);
    snapshot = load(db, snapshot, t);
    act(db, STORE_OWN, CPTS_ACTION_LEAVE);
    act(db, STORE_OWN, CPTS_ACTION_RESUME);
    store_kind(in_place(&next, db, snapshot, t), CPTS_DB_NONE);
    snapshot = load(db, snapshot, t);
    /* another database that was put in place, a step ahead */
    for (int64_t i = cpts_snapshot_generation(snapshot) + 1; i > 0; i--) {
        store_kind(cpts_generation_raise(other), CPTS_DB_OK);
    }
    store_kind(in_place(&next, other, snapshot, t), CPTS_DB_NONE);
    cpts_snapshot_release(snapshot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_load),
        STORE_TEST(test_restored),
        STORE_TEST(test_undecodable),
        STORE_TEST(test_refused),
        STORE_TEST(test_places),
        STORE_TEST(test_places_of_a_week),
        STORE_TEST(test_places_come_back),
        STORE_TEST(test_places_shared_out_anew),
        STORE_TEST(test_steps),
        STORE_TEST(test_in_place),
        STORE_TEST(test_not_in_place),
    };

    return UNIT_RUN(tests);
}
