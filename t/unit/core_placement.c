/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of placements: every transition, periods, places of a household. */

#include <string.h>

#include "core/placement.h"
#include "core_support.h"

static const char *const states[]
    = { "held",     "contacted", "accepted", "refused",
        "declared", "expired",   "cancelled" };
#define STATES 7

static const struct {
    const char *name;
    unsigned bit;
} actors[] = {
    { "requester", CPTS_ACTOR_REQUESTER },
    { "doctor", CPTS_ACTOR_DOCTOR },
    { "coordinator", CPTS_ACTOR_COORDINATOR },
    { "system", CPTS_ACTOR_SYSTEM },
};
#define ACTORS 4

/* The whole table written out by hand, apart from the one under test: for
 * each event and actor what becomes of each state, in the order above;
 * "state" where the event does not follow, "actor" where it is not theirs. */
static const struct {
    const char *event, *actor;
    const char *after[STATES];
} matrix[] = {
    { "contact",
      "requester",
      { "contacted", "state", "state", "state", "state", "state", "state" } },
    { "contact",
      "doctor",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "contact",
      "coordinator",
      { "contacted", "state", "state", "state", "state", "state", "state" } },
    { "contact",
      "system",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "accept",
      "requester",
      { "accepted", "accepted", "state", "state", "state", "state",
        "state" } },
    { "accept",
      "doctor",
      { "accepted", "accepted", "state", "state", "state", "state",
        "state" } },
    { "accept",
      "coordinator",
      { "accepted", "accepted", "state", "state", "state", "state",
        "state" } },
    { "accept",
      "system",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "refuse",
      "requester",
      { "refused", "refused", "refused", "state", "state", "state",
        "state" } },
    { "refuse",
      "doctor",
      { "refused", "refused", "refused", "state", "state", "state",
        "state" } },
    { "refuse",
      "coordinator",
      { "refused", "refused", "refused", "state", "state", "state",
        "state" } },
    { "refuse",
      "system",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "declare",
      "requester",
      { "state", "state", "declared", "state", "state", "state", "state" } },
    { "declare",
      "doctor",
      { "state", "state", "declared", "state", "state", "state", "state" } },
    { "declare",
      "coordinator",
      { "state", "state", "declared", "state", "state", "state", "state" } },
    { "declare",
      "system",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "cancel",
      "requester",
      { "cancelled", "cancelled", "state", "state", "state", "state",
        "state" } },
    { "cancel",
      "doctor",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "cancel",
      "coordinator",
      { "cancelled", "cancelled", "state", "state", "state", "state",
        "state" } },
    { "cancel",
      "system",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "expire",
      "requester",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "expire",
      "doctor",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "expire",
      "coordinator",
      { "actor", "actor", "actor", "actor", "actor", "actor", "actor" } },
    { "expire",
      "system",
      { "expired", "expired", "state", "state", "state", "state", "state" } },
};
#define ROWS ((int)(sizeof(matrix) / sizeof(matrix[0])))

static const char *name_of(int result)
{
    return result == CPTS_PLACEMENT_WRONG_STATE   ? "state"
           : result == CPTS_PLACEMENT_WRONG_ACTOR ? "actor"
                                                  : states[result];
}

static unsigned bit_of(const char *actor)
{
    int i;

    for (i = 0; i < ACTORS; i++) {
        if (strcmp(actors[i].name, actor) == 0) {
            return actors[i].bit;
        }
    }
    fail_msg("no actor %s", actor);
    return 0;
}

static int event_of(const char *word)
{
    int i;

    for (i = 0; i < CPTS_EVENTS; i++) {
        if (strcmp(cpts_placement_event_words[i], word) == 0) {
            return i;
        }
    }
    fail_msg("no event %s", word);
    return -1;
}

static void test_matrix(void **state)
{
    int row, i;

    (void)state;
    assert_int_equal(ROWS, CPTS_EVENTS * ACTORS);
    for (row = 0; row < ROWS; row++) {
        int event = event_of(matrix[row].event);

        for (i = 0; i < STATES; i++) {
            int before = cpts_placement_state_parse(states[i]);
            const char *after = name_of(
                cpts_placement_next(before, event, bit_of(matrix[row].actor)));

            if (strcmp(after, matrix[row].after[i]) != 0) {
                fail_msg("%s by %s makes %s of %s", matrix[row].event,
                         matrix[row].actor, after, states[i]);
            }
        }
    }
}

/* Several bits: what any of them may; no bit: nothing. */
static void test_masks(void **state)
{
    int before, event, i;
    unsigned mask;

    (void)state;
    for (mask = 0; mask < 16; mask++) {
        for (before = 0; before < CPTS_PLACEMENT_STATES; before++) {
            unsigned events = 0;

            for (event = 0; event < CPTS_EVENTS; event++) {
                int best = CPTS_PLACEMENT_WRONG_ACTOR;

                for (i = 0; i < ACTORS; i++) {
                    int one = cpts_placement_next(before, event,
                                                  mask & actors[i].bit);

                    best = one > best ? one : best;
                }
                assert_int_equal(cpts_placement_next(before, event, mask),
                                 best);
                events |= best >= 0 ? 1u << event : 0;
            }
            assert_int_equal(cpts_placement_events(before, mask), events);
        }
    }
}

static void test_words(void **state)
{
    static const char *const reasons[] = {
        "full",           "away", "outside_perimeter", "patient_chose_another",
        "patient_absent", "other"
    };
    int i;

    (void)state;
    assert_int_equal(CPTS_PLACEMENT_STATES, STATES);
    assert_int_equal(CPTS_REASONS, 6);
    for (i = 0; i < STATES; i++) {
        assert_string_equal(cpts_placement_state_words[i], states[i]);
        assert_int_equal(cpts_placement_state_parse(states[i]), i);
    }
    for (i = 0; i < CPTS_REASONS; i++) {
        assert_string_equal(cpts_placement_reason_words[i], reasons[i]);
        assert_int_equal(cpts_placement_reason_parse(reasons[i]), i);
    }
    assert_null(cpts_placement_state_words[CPTS_PLACEMENT_STATES]);
    assert_null(cpts_placement_event_words[CPTS_EVENTS]);
    assert_null(cpts_placement_reason_words[CPTS_REASONS]);
    assert_int_equal(cpts_placement_state_parse("Held"), -1);
    assert_int_equal(cpts_placement_reason_parse("fully"), -1);
}

static void test_takes(void **state)
{
    static const int takes[STATES] = { 1, 1, 1, 0, 1, 0, 0 };
    int i;

    (void)state;
    for (i = 0; i < STATES; i++) {
        assert_int_equal(cpts_placement_takes(i), takes[i]);
    }
}

/* Numbers that are no state or event: from a newer store, or an unread
 * word. */
static void test_strangers(void **state)
{
    static const int strange[] = { -1, -2, 7, 8, 31, 32, 33, 64, 1000 };
    size_t i;
    int other;

    (void)state;
    for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
        assert_int_equal(cpts_placement_takes(strange[i]), 0);
        assert_int_equal(cpts_placement_events(strange[i], ~0u), 0);
        for (other = 0; other < CPTS_EVENTS; other++) {
            assert_true(cpts_placement_next(strange[i], other, ~0u) < 0);
            assert_true(cpts_placement_next(0, strange[i], ~0u) < 0);
        }
    }
}

static void test_periods(void **state)
{
    static const struct {
        const char *today, *monday, *sunday, *first, *last;
    } table[] = {
        { "1970-01-01", "1969-12-29", "1970-01-04", "1970-01-01",
          "1970-01-31" },
        { "1969-12-28", "1969-12-22", "1969-12-28", "1969-12-01",
          "1969-12-31" },
        { "1969-12-29", "1969-12-29", "1970-01-04", "1969-12-01",
          "1969-12-31" },
        { "2024-02-29", "2024-02-26", "2024-03-03", "2024-02-01",
          "2024-02-29" },
        { "2025-02-01", "2025-01-27", "2025-02-02", "2025-02-01",
          "2025-02-28" },
        { "2025-12-31", "2025-12-29", "2026-01-04", "2025-12-01",
          "2025-12-31" },
        { "2026-04-30", "2026-04-27", "2026-05-03", "2026-04-01",
          "2026-04-30" },
        { "2026-06-01", "2026-06-01", "2026-06-07", "2026-06-01",
          "2026-06-30" },
        { "2026-06-07", "2026-06-01", "2026-06-07", "2026-06-01",
          "2026-06-30" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_day_t today = unit_day(table[i].today);

        assert_int_equal(cpts_period_begin(CPTS_PERIOD_WEEK, today),
                         unit_day(table[i].monday));
        assert_int_equal(cpts_period_end(CPTS_PERIOD_WEEK, today),
                         unit_day(table[i].sunday));
        assert_int_equal(cpts_period_begin(CPTS_PERIOD_MONTH, today),
                         unit_day(table[i].first));
        assert_int_equal(cpts_period_end(CPTS_PERIOD_MONTH, today),
                         unit_day(table[i].last));
    }
}

/* Day by day through two centuries: each day is in one period, and periods
 * follow each other. */
static void test_periods_follow(void **state)
{
    cpts_day_t from = unit_day("1901-01-01");
    cpts_day_t to = unit_day("2198-12-31");
    cpts_day_t day;
    int period;

    (void)state;
    for (period = CPTS_PERIOD_WEEK; period <= CPTS_PERIOD_MONTH; period++) {
        cpts_day_t begin = cpts_period_begin(period, from);
        cpts_day_t end = cpts_period_end(period, from);

        for (day = from; day <= to; day++) {
            if (day > end) {
                begin = end + 1;
                end = cpts_period_end(period, day);
            }
            assert_int_equal(cpts_period_begin(period, day), begin);
            assert_int_equal(cpts_period_end(period, day), end);
            assert_true(begin <= day && day <= end);
        }
    }
}

/* Against the plainest search there is. */
static void test_split(void **state)
{
    int lg, lr, places, may;

    (void)state;
    for (lg = -2; lg < 6; lg++) {
        for (lr = -2; lr < 6; lr++) {
            for (places = -1; places < 13; places++) {
                for (may = 0; may < 2; may++) {
                    int g = 9, r = 9, want_r, found = 0;
                    int rc = cpts_places_split(&g, &r, lg, lr, places, may);

                    /* as many reserved ones as can be */
                    for (want_r = places; want_r >= 0 && !found; want_r--) {
                        int from_r = want_r == 0 || (may && want_r <= lr);
                        int rest = places - want_r;

                        if (places > 0 && from_r
                            && (rest == 0 || rest <= lg)) {
                            found = 1;
                            assert_int_equal(r, want_r);
                            assert_int_equal(g, rest);
                        }
                    }
                    assert_int_equal(rc, found ? 0 : -1);
                    if (!found) {
                        assert_int_equal(g, 0);
                        assert_int_equal(r, 0);
                    }
                }
            }
        }
    }
}

/* Whatever was taken before the capacity changed: both pools together give
 * what the capacity has left, and none gives more than its size. */
static void test_left(void **state)
{
    int general, reserved, tg, tr;

    (void)state;
    for (general = 0; general < 5; general++) {
        for (reserved = 0; reserved < 5; reserved++) {
            for (tg = 0; tg < 7; tg++) {
                for (tr = 0; tr < 7; tr++) {
                    int g = 9, r = 9;
                    int left = general + reserved - tg - tr;

                    cpts_places_left(&g, &r, general, reserved, tg, tr);
                    assert_int_equal(g + r, left > 0 ? left : 0);
                    assert_true(g >= 0 && r >= 0);
                    assert_true(g == 0 || g <= general - tg);
                    assert_true(r == 0 || r <= reserved - tr);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_matrix),    UNIT_TEST(test_masks),
        UNIT_TEST(test_words),     UNIT_TEST(test_takes),
        UNIT_TEST(test_strangers), UNIT_TEST(test_periods),
        UNIT_TEST(test_split),     UNIT_TEST(test_periods_follow),
        UNIT_TEST(test_left),
    };

    return UNIT_RUN(tests);
}
