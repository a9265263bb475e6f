/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet as matching reads it: facts as numbers, values as JSON. */

/**
 * @file record.h
 * @brief Private to the snapshot and to matching.  A record never changes.
 * It is one block of bytes with everything that belongs to it, found by
 * offsets, so that it may stand anywhere: in memory of its own (malloc), freed
 * with its last reference, or in an image (core/image.h), which then keeps
 * it and counts the references.
 */
#ifndef CPTS_CORE_RECORD_H
#define CPTS_CORE_RECORD_H

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "core/facts.h"
#include "core/sheet.h"
#include "core/territory.h"

/**
 * A stretch of a record with JSON values one after another, each behind its
 * length in two bytes; not NUL-ended.  The names of the members, the same in
 * every record, are not kept: the answer writes them.
 */
typedef struct {
    uint32_t at; /**< bytes from the start of the record */
    uint32_t length;
} cpts_values_t;

/** So many bytes may be read from where any value begins: a short one is
 * then copied without a look at how short it is. */
#define CPTS_VALUE_SHORT 32

/** Values of a site: name, address, commune, name of the commune, latitude,
 * longitude. */
#define CPTS_SITE_VALUES 6
/** Values of a doctor: name, how to get in contact, languages, day of the
 * confirmation. */
#define CPTS_DOCTOR_VALUES 4

typedef struct {
    double lat, lon;
    uint32_t commune; /**< index in the territory */
    uint16_t accessible;
    uint16_t structure; /**< index into cpts_structure_words */
    cpts_values_t values;
} cpts_record_site_t;

/** Languages kept beside the facts: most doctors do not have more. */
#define CPTS_FACT_LANGUAGES 4

typedef struct {
    atomic_uint refs; /**< 0: an image keeps it */
    uint32_t size;    /**< of the whole block, bytes */
    int64_t id;
    cpts_facts_t facts;
    char rpps[CPTS_RPPS_LENGTH + 1];
    cpts_day_t retirement;     /**< first day of it, or CPTS_NO_DAY */
    int32_t visit_radius;      /**< metres, 0: no radius */
    uint32_t visited_count;    /**< communes visited at home */
    uint32_t visited_at;       /**< cpts_record_visited() */
    uint32_t languages_at;     /**< cpts_record_languages() */
    uint32_t sites_at;         /**< cpts_record_sites() */
    cpts_values_t values;      /**< of the doctor */
    int16_t places;            /**< capacity of the period */
    int16_t general, reserved; /**< places left in each pool */
    uint8_t local;             /**< has a site in the territory itself */
    uint8_t language_count;    /**< all of them */
    uint8_t site_count;        /**< located sites only */
    uint8_t unlocated;         /**< sites whose commune is unknown */
    uint8_t contact;           /**< cpts_contact_e */
    uint8_t sector;            /**< of cpts_sector_words; CPTS_SECTORS: none */
} cpts_record_t;

/** Where an offset of a record leads to. */
static inline const void *cpts_record_at(const cpts_record_t *record,
                                         uint32_t at)
{
    return (const char *)record + at;
}

static inline const cpts_record_site_t *cpts_record_sites(
    const cpts_record_t *record)
{
    return cpts_record_at(record, record->sites_at);
}

/** Languages as cpts_language_code() says. */
static inline const uint16_t *cpts_record_languages(
    const cpts_record_t *record)
{
    return cpts_record_at(record, record->languages_at);
}

/** Indexes of communes, ascending. */
static inline const uint32_t *cpts_record_visited(const cpts_record_t *record)
{
    return cpts_record_at(record, record->visited_at);
}

/** The value that begins @a at there, and its length.
 * @param at moved behind it */
static inline const char *cpts_record_value(uint16_t *length, const char **at)
{
    const char *value = *at + sizeof(*length);

    memcpy(length, *at, sizeof(*length));
    *at = value + *length;
    return value;
}

/** Say how many places are left of @a record, which no other thread knows
 * yet. */
void cpts_record_leave(cpts_record_t *record, int general, int reserved);

/** Two or three letters of a language as a number that is not 0. */
uint16_t cpts_language_code(const char *language);

/** Write a record, to be kept elsewhere by a copy of its bytes.
 * @return in @a scratch */
cpts_record_t *cpts_record_write(int64_t id, const cpts_sheet_t *sheet,
                                 const cpts_territory_t *territory,
                                 apr_pool_t *scratch);

/** A copy with memory of its own, one reference; NULL when memory is
 * short. */
cpts_record_t *cpts_record_copy(const cpts_record_t *record);

/** 1 when nothing of a record of an image, which begins here, leads out of it
 * or astray.
 * @param room bytes there are, at least the size of a record
 * @param communes of the territory */
int cpts_record_is_sound(const cpts_record_t *record, size_t room,
                         size_t communes);

void cpts_record_retain(cpts_record_t *record);
void cpts_record_release(cpts_record_t *record);

/** 1 when both stand at the same places and visit the same communes, so
 * that every list made with one holds for the other. */
int cpts_record_same_geometry(const cpts_record_t *a, const cpts_record_t *b);

/** 1 when the visits of this record take in the commune of this index.
 * @param nearest metres from the commune to the nearest site */
int cpts_record_visits(const cpts_record_t *record, uint32_t commune,
                       int nearest);

#endif
