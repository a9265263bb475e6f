/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of small counts: what a reader can work out from what is shown. */

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/small.h"
#include "core_support.h"

#define CELLS_MAX 5

static int hide(cpts_small_t *cells, const int *counts, int count,
                cpts_small_t *total, int threshold, cpts_small_total_e which)
{
    int i;

    memset(cells, 0xaa, sizeof(*cells) * (size_t)count);
    memset(total, 0xaa, sizeof(*total));
    for (i = 0; i < count; i++) {
        cells[i].count = counts[i];
    }
    return cpts_small_hide(cells, (size_t)count, total, threshold, which);
}

/* All that is published, as one text. */
static const char *published(const cpts_small_t *cells, int count,
                             const cpts_small_t *total)
{
    const char *text = "";
    int i;

    for (i = 0; i <= count; i++) {
        const cpts_small_t *one = i < count ? &cells[i] : total;
        const char *mark = i == count ? "= " : "";

        text = one->hidden ? apr_psprintf(unit_pool, "%s%s[%d %d] ", text,
                                          mark, (int)one->low, (int)one->high)
                           : apr_psprintf(unit_pool, "%s%s%d ", text, mark,
                                          (int)one->low);
    }
    return text;
}

static void test_examples(void **state)
{
    static const struct {
        const char *shown;
        int yields; /* 1: the sum does */
        int counts[CELLS_MAX];
    } table[] = {
        { "0 0 0 0 0 = 0 ", 1, { 0, 0, 0, 0, 0 } },
        { "11 12 0 100 0 = 123 ", 1, { 11, 12, 0, 100, 0 } },
        /* one alone would be the difference */
        { "[1 10] 50 0 100 0 = [151 160] ", 1, { 3, 50, 0, 100, 0 } },
        { "[1 52] [1 52] 0 100 0 = 153 ", 0, { 3, 50, 0, 100, 0 } },
        /* two that are 1 and 1 */
        { "[1 10] [1 10] 70 0 0 = [72 90] ", 1, { 1, 1, 70, 0, 0 } },
        /* a sum with which any of them can be anything */
        { "[1 10] [1 10] 70 0 0 = 81 ", 1, { 4, 7, 70, 0, 0 } },
        { "[1 10] [1 10] 70 0 0 = 81 ", 0, { 4, 7, 70, 0, 0 } },
        { "[1 10] [1 10] [1 10] 70 0 = 86 ", 0, { 4, 7, 5, 70, 0 } },
        { "[1 10] [1 10] [1 10] 70 0 = [73 100] ", 1, { 10, 10, 8, 70, 0 } },
        /* 11 would leave 3 at most, 12 too: as many as it takes */
        { "[1 84] 200 [1 84] [1 84] [1 84] = 287 ",
          0,
          { 3, 200, 12, 11, 61 } },
        /* a sum below the threshold cannot stay */
        { "[1 10] [1 10] 0 0 0 = [2 20] ", 0, { 3, 2, 0, 0, 0 } },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_small_t cells[CELLS_MAX], total;
        int shown = hide(
            cells, table[i].counts, CELLS_MAX, &total, CPTS_SMALL_THRESHOLD,
            table[i].yields ? CPTS_TOTAL_YIELDS : CPTS_TOTAL_STAYS);

        assert_string_equal(published(cells, CELLS_MAX, &total),
                            table[i].shown);
        assert_int_equal(shown, !total.hidden);
    }
}

static void test_nothing_to_hide(void **state)
{
    static const int counts[] = { 1, 2, 0 };
    cpts_small_t cells[3], total;
    int threshold;

    (void)state;
    for (threshold = -1; threshold <= 1; threshold++) {
        assert_int_equal(
            hide(cells, counts, 3, &total, threshold, CPTS_TOTAL_YIELDS), 1);
        assert_string_equal(published(cells, 3, &total), "1 2 0 = 3 ");
    }
    assert_int_equal(hide(cells, counts, 0, &total, 11, CPTS_TOTAL_STAYS), 1);
    assert_string_equal(published(cells, 0, &total), "= 0 ");
}

/* Next table of counts 0 .. most; 0 after the last. */
static int next_table(int *counts, int count, int most)
{
    int i;

    for (i = 0; i < count; i++) {
        if (++counts[i] <= most) {
            return 1;
        }
        counts[i] = 0;
    }
    return 0;
}

/* What every outcome keeps, whoever reads it. */
static void check_cells(const cpts_small_t *cells, int count,
                        const cpts_small_t *total, int threshold)
{
    int64_t sum = 0, low = 0, high = 0;
    int i;

    for (i = 0; i < count; i++) {
        const cpts_small_t *cell = &cells[i];

        assert_true(cell->low <= cell->count && cell->count <= cell->high);
        if (cell->count > 0 && cell->count < threshold) {
            assert_true(cell->hidden);
        }
        if (cell->hidden) {
            assert_true(cell->count > 0);
            assert_true(cell->low == 1 && cell->high >= threshold - 1);
        }
        else {
            assert_true(cell->low == cell->high);
        }
        sum += cell->count;
        low += cell->low;
        high += cell->high;
    }
    assert_true(total->count == sum);
    /* a hidden sum says what the cells say */
    assert_true(total->low == (total->hidden ? low : sum));
    assert_true(total->high == (total->hidden ? high : sum));
}

/* A reader who runs this very code on every table there could be, with the
 * sum yielding: of the tables that look alike, each hidden cell takes every
 * value of its interval. */
static void all_tables(int count, int threshold)
{
    apr_hash_t *seen = apr_hash_make(unit_pool);
    apr_hash_index_t *at;
    int counts[CELLS_MAX] = { 0 };
    int i;

    do {
        cpts_small_t cells[CELLS_MAX], total;
        const char *text;
        unsigned *values;

        hide(cells, counts, count, &total, threshold, CPTS_TOTAL_YIELDS);
        check_cells(cells, count, &total, threshold);
        text = published(cells, count, &total);
        values = apr_hash_get(seen, text, APR_HASH_KEY_STRING);
        if (!values) {
            values = apr_pcalloc(unit_pool, sizeof(*values) * CELLS_MAX);
            apr_hash_set(seen, text, APR_HASH_KEY_STRING, values);
        }
        for (i = 0; i < count; i++) {
            values[i] |= cells[i].hidden ? 1u << counts[i] : 0;
        }
    } while (next_table(counts, count, threshold));

    for (at = apr_hash_first(unit_pool, seen); at; at = apr_hash_next(at)) {
        const unsigned *values = apr_hash_this_val(at);

        for (i = 0; i < count; i++) {
            /* all the bits from 1 to threshold - 1 */
            if (values[i] != 0 && values[i] != (1u << threshold) - 2) {
                fail_msg("cell %d of %s with threshold %d can only be %x", i,
                         (const char *)apr_hash_this_key(at), threshold,
                         values[i]);
            }
        }
    }
}

static void test_yields(void **state)
{
    int count, threshold;

    (void)state;
    for (threshold = 3; threshold <= 5; threshold++) {
        for (count = 1; count <= 4; count++) {
            apr_pool_clear(unit_pool);
            all_tables(count, threshold);
        }
    }
    apr_pool_clear(unit_pool);
    all_tables(2, 11);
    apr_pool_clear(unit_pool);
    all_tables(3, 11);
}

/* 1 when hidden cells can be one value, small - 1 others from 1 to
 * threshold - 1 and large ones from threshold to most, adding up to sum; by
 * trying all. */
static int can_be(int64_t sum, int small, int large, int threshold,
                  int64_t most)
{
    int64_t one;

    if (small == 0 && large == 0) {
        return sum == 0;
    }
    for (one = small ? 1 : threshold; one <= (small ? threshold - 1 : most);
         one++) {
        if (one <= sum
            && can_be(sum - one, small ? small - 1 : 0,
                      small ? large : large - 1, threshold, most)) {
            return 1;
        }
    }
    return 0;
}

/* A reader of a table whose sum stays: knows the sum of the hidden cells, even
 * how many of them are small, and that no hidden one is larger than one that
 * is shown.  Any of them may be any small number. */
static void check_stays(const int *counts, int count, int threshold)
{
    cpts_small_t cells[CELLS_MAX], total;
    int64_t sum = 0, most = 0, x;
    int small = 0, large = 0, i;

    if (!hide(cells, counts, count, &total, threshold, CPTS_TOTAL_STAYS)) {
        cpts_small_t again[CELLS_MAX];

        hide(again, counts, count, &total, threshold, CPTS_TOTAL_YIELDS);
        assert_memory_equal(again, cells, sizeof(*cells) * (size_t)count);
        return;
    }
    check_cells(cells, count, &total, threshold);
    for (i = 0; i < count; i++) {
        if (cells[i].hidden) {
            sum += counts[i];
            small += counts[i] < threshold;
            large += counts[i] >= threshold;
        }
        else if (counts[i] > 0 && (most == 0 || counts[i] < most)) {
            most = counts[i];
        }
    }
    most = most ? most : sum;
    for (x = 1; small > 0 && x < threshold; x++) {
        if (!can_be(sum - x, small - 1, large, threshold, most)) {
            fail_msg("no hidden cell of %s can be %d with threshold %d",
                     published(cells, count, &total), (int)x, threshold);
        }
    }
}

static void test_stays(void **state)
{
    int count, threshold;

    (void)state;
    for (threshold = 3; threshold <= 4; threshold++) {
        for (count = 1; count <= 4; count++) {
            int counts[CELLS_MAX] = { 0 };

            do {
                check_stays(counts, count, threshold);
            } while (next_table(counts, count, 3 * threshold));
            apr_pool_clear(unit_pool);
        }
    }
}

static void test_stays_random(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 3000; round++) {
        int counts[CELLS_MAX];

        for (i = 0; i < CELLS_MAX; i++) {
            counts[i] = unit_once_in(2) ? unit_below(14) : unit_below(60);
        }
        check_stays(counts, CELLS_MAX, CPTS_SMALL_THRESHOLD);
        if (round % 100 == 0) {
            apr_pool_clear(unit_pool);
        }
    }
}

/* The sum stays wherever there is enough to hide it with, and no cell is
 * hidden for nothing. */
static void test_not_too_much(void **state)
{
    static const int counts[] = { 2, 30, 40, 50, 60 };
    cpts_small_t cells[CELLS_MAX], total;

    (void)state;
    assert_int_equal(hide(cells, counts, 5, &total, 11, CPTS_TOTAL_STAYS), 1);
    assert_string_equal(published(cells, 5, &total),
                        "[1 31] [1 31] 40 50 60 = 182 ");
    assert_int_equal(hide(cells, counts + 1, 4, &total, 11, CPTS_TOTAL_STAYS),
                     1);
    assert_string_equal(published(cells, 4, &total), "30 40 50 60 = 180 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_examples),     UNIT_TEST(test_nothing_to_hide),
        UNIT_TEST(test_yields),       UNIT_TEST(test_stays),
        UNIT_TEST(test_stays_random), UNIT_TEST(test_not_too_much),
    };

    return UNIT_RUN(tests);
}
