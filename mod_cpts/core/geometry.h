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

/** The doctor's nearest site in this list. */
#define CPTS_NEAR_ANY 0x1u
/** The doctor's nearest accessible site in this list. */
#define CPTS_NEAR_ACCESSIBLE 0x2u
/** The doctor has an accessible site in this list. */
#define CPTS_NEAR_HAS_ACCESSIBLE 0x4u
/** The doctor visits at home in the commune of this list. */
#define CPTS_NEAR_VISITS 0x8u
/** The doctor practises in the territory itself. */
#define CPTS_NEAR_LOCAL 0x10u

/** One site within the cap. */
typedef struct {
    int32_t metres;
    uint32_t doctor; /**< number in the snapshot */
    uint16_t site;   /**< number in the record */
    uint16_t flags;  /**< CPTS_NEAR_* */
} cpts_near_t;

/** Sites around one point: nearest first, then by doctor, then by site. */
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

void cpts_geometry_retain(cpts_geometry_t *geometry);
void cpts_geometry_release(cpts_geometry_t *geometry);

/** The number of the doctor whose sheet has this id, or -1. */
int64_t cpts_geometry_find(const cpts_geometry_t *geometry, int64_t id);

/** Finds the record of a doctor by number. */
typedef const cpts_record_t *cpts_record_of_fn(const void *baton,
                                               uint32_t doctor);

/**
 * The list of a commune: made once, then shared by all threads.
 * @param commune index in the territory
 * @return NULL when memory is short
 */
const cpts_near_list_t *cpts_geometry_commune(
    cpts_geometry_t *geometry, const cpts_territory_t *territory,
    uint32_t commune, cpts_record_of_fn *record_of, const void *baton);

/** The list around any point; the caller frees it with free(). */
cpts_near_list_t *cpts_geometry_point(const cpts_geometry_t *geometry,
                                      const cpts_territory_t *territory,
                                      double lat, double lon,
                                      cpts_record_of_fn *record_of,
                                      const void *baton);

#endif
