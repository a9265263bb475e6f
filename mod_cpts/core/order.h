/* SPDX-License-Identifier: Apache-2.0 */
/* Puts many things in order by a number, without comparing them. */

/**
 * @file order.h
 * @brief For tens of thousands: it takes as many passes as there are bytes in
 * which the keys differ.  Of 60,000, qsort() takes seven times as long, which
 * the first answer of a child would wait for.
 */
#ifndef CPTS_CORE_ORDER_H
#define CPTS_CORE_ORDER_H

#include <stddef.h>
#include <stdint.h>

/** Something that has a place in an order. */
typedef struct {
    uint64_t key;
    union {
        void *pointer;
        uint64_t number;
    } of;
} cpts_ordered_t;

/**
 * Order by key, ascending; those of the same key stay as they were.
 * @return 0, or -1: memory is short, and nothing has changed
 */
int cpts_order(cpts_ordered_t *list, size_t count);

/** A key in the order of signed numbers. */
static inline uint64_t cpts_order_key(int64_t number)
{
    return (uint64_t)number ^ (uint64_t)1 << 63;
}

/** The number that such a key was made of. */
static inline int64_t cpts_order_number(uint64_t key)
{
    return (int64_t)(key ^ (uint64_t)1 << 63);
}

/** A key in the order of numbers none of which is NAN; -0.0 is before 0. */
uint64_t cpts_order_key_of_double(double number);

#endif
