/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the figures: counted as an oracle counts, and hidden so that
 * nothing small can be worked out; counters of needs without an answer. */

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/match.h"
#include "store/account.h"
#include "store/fairness.h"
#include "store/journal.h"
#include "store/unmet.h"
#include "store_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Three months of thirty days, and days before and after them. */
#define DAY    86400
#define MONTHS 3
#define BEGIN  1700000000
#define MONTH  (30 * DAY)

#define DOCTORS  6
#define ACCOUNTS 5

static const cpts_span_t months[MONTHS]
    = { { BEGIN, BEGIN + MONTH },
        { BEGIN + MONTH, BEGIN + 2 * MONTH },
        { BEGIN + 2 * MONTH, BEGIN + 3 * MONTH } };

/* Who asks: the row of the table by profession that it counts under. */
static const struct {
    const char *name;
    int role;
    const char *profession;
} askers[ACCOUNTS] = { { "pharma1", CPTS_PROFESSIONAL, "Pharmacien" },
                       { "pharma2", CPTS_PROFESSIONAL, "Pharmacien" },
                       { "infirmier", CPTS_PROFESSIONAL, "Infirmier" },
                       { "medecin", CPTS_DOCTOR, NULL },
                       { "coordination", CPTS_COORDINATOR, NULL } };

/* The oracle: what happened, by month, measure, doctor and asker. */
typedef struct {
    cpts_db_t *db;
    const char *file;
    int64_t sheets[DOCTORS];
    cpts_actor_t actors[ACCOUNTS];
    int64_t counts[MONTHS][CPTS_MEASURES][DOCTORS][ACCOUNTS];
    int64_t placement;
    int64_t at;
} world_t;

static void make(world_t *world)
{
    memset(world, 0, sizeof(*world));
    world->file = store_make("fair.db");
    world->db = store_open(world->file);
    for (int i = 0; i < DOCTORS; i++) {
        const char *rpps = apr_psprintf(unit_pool, "9990000%04d", 10 * i);

        world->sheets[i]
            = store_create(world->db, rpps,
                           apr_psprintf(unit_pool, "Nom %d", DOCTORS - i),
                           "2026-01-01")
                  .id;
    }
    for (int i = 0; i < ACCOUNTS; i++) {
        cpts_account_t account
            = { .name = askers[i].name,
                .hash = "x",
                .role = askers[i].role,
                .rpps = askers[i].role == CPTS_DOCTOR ? "99900009990" : NULL,
                .profession = askers[i].profession,
                .created_at = 1 };

        store_kind(cpts_account_add(world->db, &account), CPTS_DB_OK);
        store_kind(
            cpts_account_read(&account, world->db, askers[i].name, unit_pool),
            CPTS_DB_OK);
        world->actors[i].account = askers[i].name;
        world->actors[i].role = askers[i].role;
        world->actors[i].id = account.id;
    }
}

static void append(world_t *world, int asker, cpts_did_e did,
                   const int *doctors, int count, int64_t placement)
{
    int64_t sheets[CPTS_ENTRY_SHEETS_MAX];
    cpts_entry_t entry = { .at = world->at,
                           .actor = &world->actors[asker],
                           .did = did,
                           .sheets = sheets,
                           .count = count,
                           .placement = placement };
    int own;

    for (int i = 0; i < count; i++) {
        sheets[i] = world->sheets[doctors[i]];
    }
    store_kind(cpts_db_enter(world->db, &own), CPTS_DB_OK);
    store_kind(cpts_db_leave(world->db, own,
                             cpts_journal_append(world->db, &entry, NULL)),
               CPTS_DB_OK);
}

static void note(world_t *world, cpts_measure_e measure, int doctor, int asker)
{
    int64_t month = (world->at - BEGIN) / MONTH;

    if (world->at >= BEGIN && month < MONTHS) {
        world->counts[month][measure][doctor][asker]++;
    }
}

/* A search that shows up to three doctors; sometimes a placement, accepted
 * by the doctor's own account: it still counts for who asked. */
static void happen(world_t *world)
{
    int asker = (int)(unit_random() % ACCOUNTS);
    int count = (int)(unit_random() % 4);
    int first = (int)(unit_random() % DOCTORS);
    int doctors[3];

    for (int i = 0; i < count; i++) {
        doctors[i] = (first + i) % DOCTORS;
        note(world, CPTS_MEASURE_PROPOSALS, doctors[i], asker);
    }
    append(world, asker, CPTS_DID_MATCH, doctors, count, 0);
    if (count == 0 || unit_random() % 3 != 0) {
        return;
    }
    world->placement++;
    note(world, CPTS_MEASURE_HOLDS, doctors[0], asker);
    append(world, asker, CPTS_DID_PLACEMENT_HOLD, doctors, 1,
           world->placement);
    if (unit_random() % 2) {
        world->at += (int64_t)(unit_random() % (5 * DAY));
        note(world, CPTS_MEASURE_ACCEPTANCES, doctors[0], asker);
        append(world, 3, CPTS_DID_PLACEMENT_ACCEPT, doctors, 1,
               world->placement);
    }
    append(world, asker, CPTS_DID_SHEET_CONFIRM, doctors, 1, 0);
}

/* From ten days before the first month to ten days after the last. */
static void live(world_t *world, int events)
{
    int64_t pace = (MONTHS * MONTH + 20 * DAY) / events;

    store_kind(cpts_db_start(world->db), CPTS_DB_OK);
    for (int i = 0; i < events; i++) {
        world->at = BEGIN - 10 * DAY + i * pace;
        happen(world);
    }
    /* exactly at the edges */
    world->at = BEGIN;
    note(world, CPTS_MEASURE_PROPOSALS, 0, 0);
    append(world, 0, CPTS_DID_MATCH, (const int[]){ 0 }, 1, 0);
    world->at = BEGIN + MONTHS * MONTH;
    append(world, 0, CPTS_DID_MATCH, (const int[]){ 0 }, 1, 0);
    store_kind(cpts_db_commit(world->db), CPTS_DB_OK);
}

/* --- what the oracle says of a row */

static int64_t of_doctor(const world_t *world, int month, int measure,
                         int doctor)
{
    int64_t sum = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        sum += world->counts[month][measure][doctor][i];
    }
    return sum;
}

static int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static int64_t of_profession(const world_t *world, int month, int measure,
                             const cpts_fair_row_t *row)
{
    int64_t sum = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        if (!same_text(row->role, cpts_role_words[askers[i].role])
            || !same_text(row->profession, askers[i].profession)) {
            continue;
        }
        for (int d = 0; d < DOCTORS; d++) {
            sum += world->counts[month][measure][d][i];
        }
    }
    return sum;
}

static int doctor_of(const world_t *world, const cpts_fair_row_t *row)
{
    for (int i = 0; i < DOCTORS; i++) {
        if (world->sheets[i] == row->sheet) {
            return i;
        }
    }
    return -1;
}

static void is_figure(const cpts_figure_t *figure, int64_t count,
                      int threshold)
{
    if (threshold <= 1) {
        assert_false(figure->hidden);
    }
    if (!figure->hidden) {
        assert_int_equal(figure->from, count);
        assert_int_equal(figure->to, count);
        return;
    }
    assert_true(figure->from <= count);
    assert_true(figure->to == CPTS_FIGURE_OPEN || figure->to >= count);
    assert_true(figure->to == CPTS_FIGURE_OPEN
                || figure->to - figure->from >= threshold - 2);
}

/* Who knows the sum of a month and what is shown cannot narrow what is
 * hidden: each could be 1, and each could be the most that is small. */
static void has_room(const apr_array_header_t *rows, int measure, int64_t sum,
                     int threshold)
{
    int64_t least = 0, most = 0;

    for (int i = 0; i < rows->nelts; i++) {
        const cpts_figure_t *figure
            = &APR_ARRAY_IDX(rows, i, cpts_fair_row_t).figures[measure];

        least += figure->from;
        most += figure->to;
    }
    for (int i = 0; i < rows->nelts; i++) {
        const cpts_figure_t *figure
            = &APR_ARRAY_IDX(rows, i, cpts_fair_row_t).figures[measure];

        if (figure->hidden) {
            assert_true(sum - (most - figure->to) <= 1);
            assert_true(sum - (least - figure->from) >= threshold - 1);
        }
    }
}

static void look(const world_t *world, int first, int count, int threshold)
{
    cpts_fairness_t fair;

    store_kind(cpts_fairness_read(&fair, world->db, months + first, count,
                                  threshold, unit_pool),
               CPTS_DB_OK);
    for (int m = 0; m < CPTS_MEASURES; m++) {
        int64_t all = 0;

        for (int i = 0; i < fair.doctors->nelts; i++) {
            const cpts_fair_row_t *row
                = &APR_ARRAY_IDX(fair.doctors, i, cpts_fair_row_t);
            int64_t sum = 0;

            for (int k = first; row->rpps && k < first + count; k++) {
                sum += of_doctor(world, k, m, doctor_of(world, row));
            }
            all += sum;
            is_figure(&row->figures[m], sum, threshold);
        }
        for (int i = 0; i < fair.professions->nelts; i++) {
            const cpts_fair_row_t *row
                = &APR_ARRAY_IDX(fair.professions, i, cpts_fair_row_t);
            int64_t sum = 0;

            for (int k = first; k < first + count; k++) {
                sum += of_profession(world, k, m, row);
            }
            is_figure(&row->figures[m], sum, threshold);
        }
        is_figure(&fair.sums[m], all, threshold);
        if (count == 1 && !fair.sums[m].hidden) {
            has_room(fair.doctors, m, all, threshold);
            has_room(fair.professions, m, all, threshold);
        }
    }
}

static void counts_as_the_oracle(void **state)
{
    static const int thresholds[] = { 0, 3, 5, 11, 1000 };
    world_t world;

    (void)state;
    make(&world);
    look(&world, 0, MONTHS, 0);
    live(&world, 400);
    for (size_t i = 0; i < COUNT(thresholds); i++) {
        for (int m = 0; m < MONTHS; m++) {
            look(&world, m, 1, thresholds[i]);
        }
        look(&world, 1, 2, thresholds[i]);
        look(&world, 0, MONTHS, thresholds[i]);
        look(&world, 0, 0, thresholds[i]);
    }
}

/* A month of few events tells nothing, not even who had none. */
static void few_events(void **state)
{
    world_t world;
    cpts_fairness_t fair;

    (void)state;
    make(&world);
    world.at = BEGIN + DAY;
    append(&world, 0, CPTS_DID_MATCH, (const int[]){ 0, 1 }, 2, 0);
    store_kind(cpts_fairness_read(&fair, world.db, months, 2, 11, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(fair.doctors->nelts, DOCTORS + 1);
    for (int i = 0; i < fair.doctors->nelts; i++) {
        const cpts_fair_row_t *row
            = &APR_ARRAY_IDX(fair.doctors, i, cpts_fair_row_t);
        const cpts_figure_t *figure = &row->figures[CPTS_MEASURE_PROPOSALS];

        assert_true(figure->hidden);
        assert_int_equal(figure->from, 0);
        assert_int_equal(figure->to, CPTS_FIGURE_OPEN);
        assert_false(row->figures[CPTS_MEASURE_HOLDS].hidden);
    }
    assert_true(fair.sums[CPTS_MEASURE_PROPOSALS].hidden);
    store_kind(
        cpts_fairness_read(&fair, world.db, months + 1, 1, 11, unit_pool),
        CPTS_DB_OK);
    assert_false(fair.sums[CPTS_MEASURE_PROPOSALS].hidden);
}

/* One search of a doctor among many of another, all by the same one: what the
 * table of professions may tell would give it away. */
static void one_table_for_the_other(void **state)
{
    for (int many = 1; many <= 40; many++) {
        world_t world;

        make(&world);
        world.at = BEGIN + DAY;
        for (int i = 0; i <= many; i++) {
            note(&world, CPTS_MEASURE_PROPOSALS, i > 0, 2);
            append(&world, 2, CPTS_DID_MATCH, (const int[]){ i > 0 }, 1, 0);
        }
        look(&world, 0, 1, 11);
        look(&world, 0, 1, 3);
        cpts_db_close(world.db);
        assert_int_equal(unlink(world.file), 0);
        assert_int_equal(
            unlink(apr_pstrcat(unit_pool, world.file, ".key", NULL)), 0);
    }
    (void)state;
}

/* One small count costs the next one, not the month. */
static void no_more_than_needed(void **state)
{
    static const int counts[] = { 40, 30, 5 };
    world_t world;
    cpts_fairness_t fair;

    (void)state;
    make(&world);
    world.at = BEGIN + DAY;
    for (int d = 0; d < (int)COUNT(counts); d++) {
        for (int i = 0; i < counts[d]; i++) {
            append(&world, 2, CPTS_DID_MATCH, &d, 1, 0);
        }
    }
    store_kind(cpts_fairness_read(&fair, world.db, months, 1, 11, unit_pool),
               CPTS_DB_OK);
    is_figure(&fair.sums[CPTS_MEASURE_PROPOSALS], 75, 0);
    for (int i = 0; i < fair.doctors->nelts; i++) {
        const cpts_fair_row_t *row
            = &APR_ARRAY_IDX(fair.doctors, i, cpts_fair_row_t);

        assert_int_equal(row->figures[CPTS_MEASURE_PROPOSALS].hidden,
                         row->sheet == world.sheets[1]
                             || row->sheet == world.sheets[2]);
    }
}

/* By name: no order tells which hidden count is larger. */
static void in_order(void **state)
{
    world_t world;
    cpts_fairness_t fair;

    (void)state;
    make(&world);
    live(&world, 200);
    store_kind(
        cpts_fairness_read(&fair, world.db, months, MONTHS, 11, unit_pool),
        CPTS_DB_OK);
    for (int i = 1; i < fair.doctors->nelts; i++) {
        const char *before
            = APR_ARRAY_IDX(fair.doctors, i - 1, cpts_fair_row_t).name;
        const char *name
            = APR_ARRAY_IDX(fair.doctors, i, cpts_fair_row_t).name;

        assert_non_null(before);
        assert_true(!name || strcmp(before, name) < 0);
    }
}

/* --- needs without an answer */

static const cpts_unmet_t *unmet_row(const apr_array_header_t *rows,
                                     const char *commune, const char *month)
{
    for (int i = 0; i < rows->nelts; i++) {
        const cpts_unmet_t *row = &APR_ARRAY_IDX(rows, i, cpts_unmet_t);

        if (strcmp(row->commune, commune) == 0
            && strcmp(row->month, month) == 0) {
            return row;
        }
    }
    return NULL;
}

static void counts_unmet(void **state)
{
    static const char *const communes[] = { "31113", "2A004", "01001" };
    static const char *const days[] = { "2026-09-30", "2026-10-01" };
    int64_t none[COUNT(communes)][COUNT(days)] = { { 0 } };
    int64_t part[COUNT(communes)][COUNT(days)][CPTS_EXCLUDED_COUNT]
        = { { { 0 } } };
    cpts_db_t *db = store_open(store_make("unmet.db"));
    apr_array_header_t *rows;

    (void)state;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    for (int i = 0; i < 200; i++) {
        size_t c = unit_random() % COUNT(communes);
        size_t d = unit_random() % COUNT(days);
        int excluded[CPTS_EXCLUDED_COUNT];
        cpts_day_t day;

        assert_int_equal(cpts_day_parse(&day, days[d]), 0);
        none[c][d]++;
        for (int k = 0; k < CPTS_EXCLUDED_COUNT; k++) {
            excluded[k] = (int)(unit_random() % 3);
            part[c][d][k] += excluded[k] > 0;
        }
        store_kind(cpts_unmet_count(db, communes[c], day, excluded),
                   CPTS_DB_OK);
    }
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    store_kind(cpts_unmet_read(&rows, db, "2026-09", "2026-10", 0, unit_pool),
               CPTS_DB_OK);
    for (size_t c = 0; c < COUNT(communes); c++) {
        for (size_t d = 0; d < COUNT(days); d++) {
            const cpts_unmet_t *row = unmet_row(
                rows, communes[c], apr_pstrndup(unit_pool, days[d], 7));

            assert_non_null(row);
            is_figure(&row->none, none[c][d], 0);
            for (int k = 0; k < CPTS_EXCLUDED_COUNT; k++) {
                is_figure(&row->requirements[k], part[c][d][k], 0);
            }
        }
    }
    store_kind(cpts_unmet_read(&rows, db, "2026-10", "2026-10", 0, unit_pool),
               CPTS_DB_OK);
    assert_null(unmet_row(rows, "31113", "2026-09"));
}

/* Every whole and part: what is told leaves no small group to be found. */
static void hides_unmet(void **state)
{
    const char *file = store_make("hide.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    for (int threshold = 3; threshold <= 11; threshold += 4) {
        for (int whole = 1; whole <= 3 * threshold; whole++) {
            for (int part = 1; part <= whole; part++) {
                apr_array_header_t *rows;
                const cpts_unmet_t *row;
                const cpts_figure_t *told;

                store_exec(file,
                           apr_psprintf(unit_pool,
                                        "DELETE FROM unmet;"
                                        "INSERT INTO unmet VALUES"
                                        " ('31113', '2026-09', 'none', %d),"
                                        " ('31113', '2026-09', 'sex', %d);",
                                        whole, part));
                store_kind(cpts_unmet_read(&rows, db, "2026-09", "2026-09",
                                           threshold, unit_pool),
                           CPTS_DB_OK);
                row = unmet_row(rows, "31113", "2026-09");
                assert_non_null(row);
                told = &row->requirements[CPTS_EXCLUDED_SEX];
                assert_int_equal(row->none.hidden, whole < threshold);
                is_figure(&row->none, whole, threshold);
                is_figure(told, part, threshold);
                assert_int_equal(
                    told->hidden,
                    part < threshold
                        || (whole - part > 0 && whole - part < threshold));
                assert_false(row->requirements[CPTS_EXCLUDED_LANGUAGE].hidden);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(counts_as_the_oracle),
        STORE_TEST(few_events),
        STORE_TEST(one_table_for_the_other),
        STORE_TEST(no_more_than_needed),
        STORE_TEST(in_order),
        STORE_TEST(counts_unmet),
        STORE_TEST(hides_unmet),
    };

    return UNIT_RUN(tests);
}
