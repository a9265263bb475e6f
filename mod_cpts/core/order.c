/* SPDX-License-Identifier: Apache-2.0 */
/* Puts many things in order by a number, without comparing them. */

#include "core/order.h"

#include <stdlib.h>
#include <string.h>

/* A digit is a byte. */
#define DIGITS 256

static unsigned digit_of(uint64_t key, int shift)
{
    return (unsigned)(key >> shift) & (DIGITS - 1);
}

/* By one digit, from one array into another. */
static void deal(cpts_ordered_t *to, const cpts_ordered_t *from, size_t count,
                 int shift)
{
    size_t place[DIGITS] = { 0 };
    size_t before = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        place[digit_of(from[i].key, shift)]++;
    }
    for (i = 0; i < DIGITS; i++) {
        size_t here = place[i];

        place[i] = before;
        before += here;
    }
    for (i = 0; i < count; i++) {
        to[place[digit_of(from[i].key, shift)]++] = from[i];
    }
}

/* The bits in which not all keys are alike; 0: they are in order. */
static uint64_t differing(const cpts_ordered_t *list, size_t count)
{
    uint64_t bits = 0;
    int ordered = 1;
    size_t i;

    for (i = 1; i < count; i++) {
        bits |= list[i].key ^ list[0].key;
        ordered &= list[i - 1].key <= list[i].key;
    }
    return ordered ? 0 : bits;
}

/* The last digit first: each pass leaves the order of those before where it
 * finds the same digit. */
int cpts_order(cpts_ordered_t *list, size_t count)
{
    uint64_t bits = differing(list, count);
    cpts_ordered_t *from = list;
    cpts_ordered_t *to = bits ? malloc(count * sizeof(list[0])) : NULL;
    cpts_ordered_t *other = to;
    int shift;

    if (bits && !to) {
        return -1;
    }
    for (shift = 0; shift < 64; shift += 8) {
        if (digit_of(bits, shift)) {
            cpts_ordered_t *dealt = to;

            deal(to, from, count, shift);
            to = from;
            from = dealt;
        }
    }
    if (from != list) {
        memcpy(list, from, count * sizeof(list[0]));
    }
    free(other);
    return 0;
}

/* The bits of positive numbers are in order, those of negative ones in the
 * reverse order. */
uint64_t cpts_order_key_of_double(double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof(bits));
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}
