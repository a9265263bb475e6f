/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of QR codes: what is drawn, where it must be dark and where not. */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/qr.h"
#include "core_support.h"

#define ADDRESS                                \
    "https://cpts.example.fr/cpts/invitation#" \
    "000G4-0R40M-30E20-9185G-R38E1W"
#define SIZE_MAX_MODULES 177

typedef unsigned char grid_t[SIZE_MAX_MODULES][SIZE_MAX_MODULES];

static long number(const char **path, const char *before)
{
    char *end;
    long value;

    if (strncmp(*path, before, strlen(before)) != 0) {
        fail_msg("\"%s\" expected at \"%.20s\"", before, *path);
    }
    *path += strlen(before);
    value = strtol(*path, &end, 10);
    assert_ptr_not_equal(end, *path);
    *path = end;
    return value;
}

/* Draws the path; each rectangle is in the picture, and none over another. */
static void draw(grid_t grid, const cpts_qr_t *qr)
{
    const char *path = qr->path;

    memset(grid, 0, sizeof(grid_t));
    while (*path) {
        long x = number(&path, "M");
        long y = number(&path, " ");
        long width = number(&path, "h");
        long i;

        assert_int_equal(number(&path, "v"), 1);
        assert_int_equal(number(&path, "h"), -width);
        assert_int_equal(*path++, 'z');
        assert_true(width > 0 && x >= 0 && x + width <= qr->size);
        assert_in_range(y, 0, qr->size - 1);
        for (i = x; i < x + width; i++) {
            assert_int_equal(grid[y][i]++, 0);
        }
        /* runs are as long as can be */
        assert_true(x == 0 || !grid[y][x - 1]);
    }
}

/* The three corners, and the white around them. */
static void check_finder(grid_t grid, int top, int left, int size)
{
    static const char *const finder[]
        = { "#######", "#.....#", "#.###.#", "#.###.#",
            "#.###.#", "#.....#", "#######" };
    int x, y;

    for (y = -1; y <= 7; y++) {
        for (x = -1; x <= 7; x++) {
            int inside = x >= 0 && x < 7 && y >= 0 && y < 7;
            int expected = inside && finder[y][x] == '#';
            int row = top + y;
            int column = left + x;

            if (row >= 0 && row < size && column >= 0 && column < size) {
                assert_int_equal(grid[row][column], expected);
            }
        }
    }
}

static void check_code(const cpts_qr_t *qr)
{
    static grid_t grid;
    int i;

    draw(grid, qr);
    assert_true(qr->size >= 21 && qr->size <= 177 && qr->size % 4 == 1);
    check_finder(grid, 0, 0, qr->size);
    check_finder(grid, 0, qr->size - 7, qr->size);
    check_finder(grid, qr->size - 7, 0, qr->size);
    /* the timing patterns, and the one module that is always dark */
    for (i = 8; i < qr->size - 8; i++) {
        assert_int_equal(grid[6][i], i % 2 == 0);
        assert_int_equal(grid[i][6], i % 2 == 0);
    }
    assert_int_equal(grid[qr->size - 8][8], 1);
    /* Level M is 00, which the mask of the format (10101...) makes 10. */
    assert_int_equal(grid[8][0], 1);
    assert_int_equal(grid[8][1], 0);
}

static void test_address(void **state)
{
    const cpts_qr_t *qr = cpts_qr_make(unit_pool, ADDRESS);

    (void)state;
    assert_non_null(qr);
    /* 70 bytes at level M: version 5 holds 84, version 4 only 62 */
    assert_int_equal(qr->size, 37);
    assert_memory_equal(qr->path, "M0 0h7v1h-7z", 12);
    check_code(qr);
}

/* Sizes are those of ISO/IEC 18004 for bytes at level M. */
static void test_sizes(void **state)
{
    static const struct {
        int length, size;
    } table[] = {
        { 1, 21 },  { 14, 21 },  { 15, 25 },  { 26, 25 },
        { 27, 29 }, { 213, 57 }, { 214, 61 }, { 2331, 177 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char *text = apr_palloc(unit_pool, (apr_size_t)table[i].length + 1);
        const cpts_qr_t *qr;

        memset(text, 'a', (size_t)table[i].length);
        text[table[i].length] = '\0';
        qr = cpts_qr_make(unit_pool, text);
        assert_non_null(qr);
        assert_int_equal(qr->size, table[i].size);
        check_code(qr);
    }
}

static void test_none(void **state)
{
    char text[2333];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_null(cpts_qr_make(unit_pool, ""));
    assert_null(cpts_qr_make(unit_pool, text));
    text[2331] = '\0';
    assert_non_null(cpts_qr_make(unit_pool, text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_address),
        UNIT_TEST(test_sizes),
        UNIT_TEST(test_none),
    };

    return UNIT_RUN(tests);
}
