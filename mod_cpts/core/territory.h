/* SPDX-License-Identifier: Apache-2.0 */
/* A territory: its communes, its named perimeters, its limits. */

/**
 * @file territory.h
 * @brief Built once from the configuration, read-only afterwards, shared by
 * all threads without a lock.
 */
#ifndef CPTS_CORE_TERRITORY_H
#define CPTS_CORE_TERRITORY_H

#include <stdint.h>

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

/** INSEE code of a commune: 5 characters, 2A and 2B for Corsica. */
#define CPTS_INSEE_LENGTH 5
/** The most communes of one territory: France has 34,864 (INSEE, 2026). */
#define CPTS_COMMUNES_MAX 40000

typedef struct {
    char insee[CPTS_INSEE_LENGTH + 1];
    const char *name;
    double lat, lon;       /**< centre, degrees, WGS84 */
    int population;        /**< inhabitants */
    int neighbour;         /**< 1: not of the territory, only near it */
    const char *postcodes; /**< 5 digits each, a space between; "": unknown */
} cpts_commune_t;

typedef struct {
    const char *name;
    uint32_t *communes; /**< indexes, ascending */
    size_t count;
} cpts_perimeter_t;

/** Limits set by directives; lengths in metres, ages in years. */
typedef struct {
    int home_visit_default, home_visit_max;
    int search_start, search_step, search_max;
    int proposals;
    int priority_age;
    int sheet_validity;      /**< days */
    int placement_hold;      /**< days that places are held */
    int held_places;         /**< per account, without an answer */
    int daily_consultations; /**< per account; 0: no ceiling */
} cpts_limits_t;

typedef struct cpts_territory_t {
    const char *name;
    const char *phone, *email; /**< of the coordination, may be NULL */
    cpts_limits_t limits;
    apr_array_header_t *communes; /**< of cpts_commune_t */
    apr_hash_t *by_insee;         /**< INSEE -> cpts_commune_t * */
    /** The same: codes and indexes side by side, found in one look.  There is
     * room for mask + 1, a power of two; 0: none. */
    uint64_t *codes;
    size_t mask;
    apr_array_header_t *perimeters; /**< of cpts_perimeter_t */
    int neighbours;                 /**< number of neighbouring communes */
    const struct cpts_contours_t *contours; /**< may be NULL */
} cpts_territory_t;

/** The defaults, also published in the manual. */
extern const cpts_limits_t cpts_limits_default;

/** An empty territory in @a pool with the default limits. */
cpts_territory_t *cpts_territory_create(apr_pool_t *pool);

/**
 * Read a CSV file with the header insee,name,lat,lon,population, and after it
 * postcodes or not.
 * @param neighbour 1 when its communes are only near the territory.
 * @return NULL, or an English message that names file, line and remedy.
 */
const char *cpts_territory_read(cpts_territory_t *territory, const char *file,
                                int neighbour, apr_pool_t *pool);

/**
 * A territory in @a pool with the communes and contours of another one, which
 * have to live as long: they are not copied.  It has no perimeter.
 */
cpts_territory_t *cpts_territory_share(const cpts_territory_t *other,
                                       apr_pool_t *pool);

/**
 * Add a named perimeter.
 * @param items INSEE codes, or patterns after a tilde matched (PCRE2,
 * anchored at both ends) against the codes of the territory and neighbours.
 * @return NULL, or an English message: unknown code, bad pattern, a pattern
 * that matches nothing, a name given twice.
 */
const char *cpts_territory_perimeter(cpts_territory_t *territory,
                                     const char *name,
                                     const apr_array_header_t *items,
                                     apr_pool_t *pool);

/** Make by_insee, codes and neighbours of the communes, which must not move
 * from then on. */
void cpts_territory_index_all(cpts_territory_t *territory, apr_pool_t *pool);

/** A commune by its code, or NULL. */
const cpts_commune_t *cpts_territory_commune(const cpts_territory_t *t,
                                             const char *insee);

/** Its index in communes. */
uint32_t cpts_territory_index(const cpts_territory_t *t,
                              const cpts_commune_t *commune);

/** A perimeter by its name, or NULL. */
const cpts_perimeter_t *cpts_territory_named(const cpts_territory_t *t,
                                             const char *name);

#endif
