/* SPDX-License-Identifier: Apache-2.0 */
/* Where the sites are, and who is near each commune: never changes. */

/**
 * @file geometry.h
 * @brief Private to the snapshot and to matching.  Shared by every version
 * of a snapshot between two moves.  The list of a commune is made by the
 * first need that asks for it and kept for all that follow.
 */
#ifndef CPTS_CORE_GEOMETRY_H
#define CPTS_CORE_GEOMETRY_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/record.h"

/** The doctor's nearest site. */
#define CPTS_NEAR_ANY 0x1u
/** The site that counts where access is asked for: the doctor's nearest
 * accessible one within the cap, the nearest where there is none. */
#define CPTS_NEAR_FOR_ACCESS 0x2u
/** The doctor practises in the territory itself. */
#define CPTS_NEAR_LOCAL 0x4u
/** The doctor visits at home in the commune of this list. */
#define CPTS_NEAR_VISITS 0x8u
/** The site is accessible. */
#define CPTS_NEAR_ACCESSIBLE 0x10u

/**
 * One site within the cap as one number, since a search reads a run of them:
 * metres (17 bits, the cap is at most 100 km), number of the doctor in the
 * snapshot (27), number of the site in the record (12), CPTS_NEAR_* (8).
 * Their order is that of the list.
 */
typedef uint64_t cpts_near_t;

static inline cpts_near_t cpts_near_make(int metres, uint32_t doctor,
                                         unsigned site, unsigned flags)
{
    return (cpts_near_t)(unsigned)metres << 47 | (cpts_near_t)doctor << 20
           | (cpts_near_t)site << 8 | flags;
}

static inline int cpts_near_metres(cpts_near_t near)
{
    return (int)(near >> 47);
}

/** The last number of those at most so many metres away. */
static inline cpts_near_t cpts_near_last(int metres)
{
    return cpts_near_make(metres + 1, 0, 0, 0) - 1;
}

static inline uint32_t cpts_near_doctor(cpts_near_t near)
{
    return near >> 20 & 0x7ffffff;
}

static inline unsigned cpts_near_site(cpts_near_t near)
{
    return near >> 8 & 0xfff;
}

/** Sites around one place. */
typedef struct {
    size_t count;
    cpts_near_t near[];
} cpts_near_list_t;

typedef struct cpts_geometry_t cpts_geometry_t;

/**
 * Arrange the sites of records, doctor i being records[i].
 * @return one reference, or NULL when memory is short
 */
cpts_geometry_t *cpts_geometry_create(cpts_record_t *const *records,
                                      size_t count,
                                      const cpts_territory_t *territory);

/** What does not depend on lists made so far, as bytes without pointers that
 * begin at a multiple of 8. */
size_t cpts_geometry_size(const cpts_geometry_t *geometry);
void cpts_geometry_pack(const cpts_geometry_t *geometry, void *bytes);

/**
 * A geometry that reads such bytes, which outlive it, where they are.
 * @param records those of which it was made
 * @return one reference, or NULL: memory is short, or they do not fit
 */
cpts_geometry_t *cpts_geometry_unpack(const void *bytes, size_t size,
                                      cpts_record_t *const *records,
                                      size_t count,
                                      const cpts_territory_t *territory);

void cpts_geometry_retain(cpts_geometry_t *geometry);
void cpts_geometry_release(cpts_geometry_t *geometry);

/** The number of the doctor whose sheet has this id, or -1. */
int64_t cpts_geometry_find(const cpts_geometry_t *geometry, int64_t id);

/** 1 when the same sheets have the same numbers in both. */
int cpts_geometry_same_numbers(const cpts_geometry_t *a,
                               const cpts_geometry_t *b);

/** Finds the record of a doctor by number. */
typedef const cpts_record_t *cpts_record_of_fn(const void *baton,
                                               uint32_t doctor);

/**
 * The list of a commune, nearest first, then by doctor, then by site: made
 * once, then shared by all threads.
 * @param commune index in the territory
 * @return NULL when memory is short
 */
const cpts_near_list_t *cpts_geometry_commune(
    cpts_geometry_t *geometry, const cpts_territory_t *territory,
    uint32_t commune, cpts_record_of_fn *record_of, const void *baton);

/**
 * The sites around any point that are more than @a from and at most @a to
 * metres away, in no order.
 * @param from -1: the point itself too
 * @param to at most the cap
 * @return in @a pool
 */
const cpts_near_list_t *cpts_geometry_ring(
    const cpts_geometry_t *geometry, const cpts_territory_t *territory,
    const cpts_point_t *point, int from, int to, cpts_record_of_fn *record_of,
    const void *baton, apr_pool_t *pool);

#endif
