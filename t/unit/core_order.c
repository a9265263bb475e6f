/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of ordering by a number: what comparing would give, and stable. */

#include <string.h>

#include "core/order.h"
#include "core_support.h"

#define MOST 2000

static int by_key_then_number(const void *a, const void *b)
{
    const cpts_ordered_t *x = a;
    const cpts_ordered_t *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->of.number < y->of.number ? -1 : x->of.number > y->of.number;
}

static void check(const uint64_t *keys, size_t count)
{
    static cpts_ordered_t list[MOST], expected[MOST];
    size_t i;

    for (i = 0; i < count; i++) {
        list[i].key = keys[i];
        list[i].of.number = i;
    }
    memcpy(expected, list, sizeof(list));
    qsort(expected, count, sizeof(expected[0]), by_key_then_number);
    assert_int_equal(cpts_order(list, count), 0);
    for (i = 0; i < count; i++) {
        assert_true(list[i].key == expected[i].key);
        assert_true(list[i].of.number == expected[i].of.number);
    }
}

static void test_examples(void **state)
{
    static const uint64_t few[] = { 3, 1, 2, 1, UINT64_MAX, 0, 256, 1 };
    static const uint64_t same[] = { 7, 7, 7 };

    (void)state;
    check(few, sizeof(few) / sizeof(few[0]));
    check(same, 3);
    check(few, 1);
    check(few, 0);
}

/* Keys that differ in some of their bytes, from few values to many. */
static void test_random(void **state)
{
    static uint64_t keys[MOST];
    int run;

    (void)state;
    for (run = 0; run < 300; run++) {
        uint64_t mask = unit_random() & unit_random() & unit_random();
        uint64_t fixed = unit_random();
        size_t count = (size_t)unit_below(MOST);
        size_t i;

        if (run % 3 == 0) {
            mask = (uint64_t)0xff << unit_below(64);
        }
        for (i = 0; i < count; i++) {
            keys[i] = (unit_random() & mask) | (fixed & ~mask);
        }
        check(keys, count);
    }
}

static void test_keys(void **state)
{
    static const int64_t numbers[]
        = { INT64_MIN, -60000, -1, 0, 1, 60000, INT64_MAX };
    static const double doubles[]
        = { -180, -1.5, -0.1, -5e-324, -0.0, 0, 5e-324, 0.1, 1.5, 180 };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        uint64_t key = cpts_order_key(numbers[i]);

        assert_true(cpts_order_number(key) == numbers[i]);
        assert_true(i == 0 || cpts_order_key(numbers[i - 1]) < key);
    }
    for (i = 1; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
        assert_true(cpts_order_key_of_double(doubles[i - 1])
                    < cpts_order_key_of_double(doubles[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_examples),
        UNIT_TEST(test_random),
        UNIT_TEST(test_keys),
    };

    return UNIT_RUN(tests);
}
