/* SPDX-License-Identifier: Apache-2.0 */
/* The need of one patient during one request.  Never stored, never logged. */

/**
 * @file need.h
 */
#ifndef CPTS_CORE_NEED_H
#define CPTS_CORE_NEED_H

#include "core/fault.h"
#include "core/field.h"
#include "core/sheet.h"
#include "core/territory.h"

typedef struct {
    const char *commune; /**< INSEE code; this or point */
    cpts_point_t *point;
    int age;       /**< years, 0..130 */
    int ald;       /**< long-term illness */
    int precarity; /**< C2S or AME */
    int home_visit;
    int teleconsultation;          /**< acceptable to the patient */
    apr_array_header_t *languages; /**< one of them is enough */
    int accessible;
    int sex;       /**< cpts_sex_e or CPTS_NO_WORD */
    int household; /**< people to be taken by the same doctor, 1..10 */
    int followed;  /**< a GP follows this patient already */
    /** The commune itself, NULL with a point: found once, when decoding. */
    const cpts_commune_t *home;
} cpts_need_t;

extern const cpts_field_t cpts_need_fields[];

/**
 * Decode and check a need.  It is then answered from the same territory.
 * @return the need in @a pool, or NULL with at least one fault.
 */
cpts_need_t *cpts_need_decode(const json_t *json,
                              const cpts_territory_t *territory,
                              cpts_faults_t *faults, apr_pool_t *pool);

/** 1 when the patient belongs to a priority group. */
int cpts_need_priority(const cpts_need_t *need, const cpts_limits_t *limits);

#endif
