/* SPDX-License-Identifier: Apache-2.0 */
/* Where the sites are, and who is near each commune: never changes. */

#include "core/geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/geo.h"

/* No commune: a point does not say which one it lies in. */
#define NO_COMMUNE UINT32_MAX

typedef struct {
    double lat, lon;
    uint32_t doctor;
    uint16_t site;
    uint16_t accessible;
} site_t;

typedef struct {
    int64_t id;
    uint32_t doctor;
} numbered_t;

struct cpts_geometry_t {
    atomic_uint refs;
    size_t doctors;
    size_t site_count;
    site_t *sites;   /* by latitude */
    numbered_t *ids; /* by id */
    size_t commune_count;
    _Atomic(cpts_near_list_t *) *lists; /* by commune */
};

/* Where a list is made from. */
typedef struct {
    const cpts_geometry_t *geometry;
    const cpts_territory_t *territory;
    double lat, lon;
    uint32_t commune;
    cpts_record_of_fn *record_of;
    const void *baton;
} origin_t;

static int by_latitude(const void *a, const void *b)
{
    const site_t *x = a;
    const site_t *y = b;

    if (x->lat < y->lat || x->lat > y->lat) {
        return x->lat < y->lat ? -1 : 1;
    }
    return x->doctor < y->doctor ? -1 : x->doctor > y->doctor;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const numbered_t *)a)->id;
    int64_t y = ((const numbered_t *)b)->id;

    return x < y ? -1 : x > y;
}

static int by_distance(const void *a, const void *b)
{
    const cpts_near_t *x = a;
    const cpts_near_t *y = b;

    if (x->metres != y->metres) {
        return x->metres < y->metres ? -1 : 1;
    }
    if (x->doctor != y->doctor) {
        return x->doctor < y->doctor ? -1 : 1;
    }
    return x->site < y->site ? -1 : x->site > y->site;
}

static void place_sites(cpts_geometry_t *g, cpts_record_t *const *records)
{
    size_t i, j;

    for (i = 0; i < g->doctors; i++) {
        const cpts_record_t *record = records[i];
        const cpts_record_site_t *sites = cpts_record_sites(record);

        g->ids[i].id = record->id;
        g->ids[i].doctor = (uint32_t)i;
        for (j = 0; j < record->site_count; j++) {
            site_t *site = &g->sites[g->site_count++];

            site->lat = sites[j].lat;
            site->lon = sites[j].lon;
            site->doctor = (uint32_t)i;
            site->site = (uint16_t)j;
            site->accessible = sites[j].accessible != 0;
        }
    }
    qsort(g->sites, g->site_count, sizeof(*g->sites), by_latitude);
    qsort(g->ids, g->doctors, sizeof(*g->ids), by_id);
}

cpts_geometry_t *cpts_geometry_create(cpts_record_t *const *records,
                                      size_t count,
                                      const cpts_territory_t *territory)
{
    cpts_geometry_t *g = calloc(1, sizeof(*g));
    size_t sites = 0;
    size_t i;

    if (!g) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        sites += records[i]->site_count;
    }
    atomic_init(&g->refs, 1);
    g->doctors = count;
    g->commune_count = (size_t)territory->communes->nelts;
    g->sites = calloc(sites + 1, sizeof(*g->sites));
    g->ids = calloc(count + 1, sizeof(*g->ids));
    g->lists = calloc(g->commune_count + 1, sizeof(*g->lists));
    if (!g->sites || !g->ids || !g->lists) {
        cpts_geometry_release(g);
        return NULL;
    }
    place_sites(g, records);
    return g;
}

void cpts_geometry_retain(cpts_geometry_t *geometry)
{
    atomic_fetch_add_explicit(&geometry->refs, 1, memory_order_relaxed);
}

void cpts_geometry_release(cpts_geometry_t *geometry)
{
    size_t i;

    if (!geometry
        || atomic_fetch_sub_explicit(&geometry->refs, 1, memory_order_acq_rel)
               != 1) {
        return;
    }
    for (i = 0; geometry->lists && i < geometry->commune_count; i++) {
        free(atomic_load_explicit(&geometry->lists[i], memory_order_acquire));
    }
    free((void *)geometry->lists);
    free(geometry->ids);
    free(geometry->sites);
    free(geometry);
}

int64_t cpts_geometry_find(const cpts_geometry_t *geometry, int64_t id)
{
    numbered_t key = { id, 0 };
    const numbered_t *found
        = bsearch(&key, geometry->ids, geometry->doctors, sizeof(key), by_id);

    return found ? (int64_t)found->doctor : -1;
}

/* The first site whose latitude is at least lat. */
static size_t first_from(const cpts_geometry_t *g, double lat)
{
    size_t low = 0;
    size_t high = g->site_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (g->sites[middle].lat < lat) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

/* What a list says of a doctor besides the distance. */
static unsigned doctor_flags(const origin_t *o, const cpts_near_t *nearest)
{
    const cpts_record_t *record = o->record_of(o->baton, nearest->doctor);
    unsigned flags = record->local ? CPTS_NEAR_LOCAL : 0;

    if (o->commune != NO_COMMUNE
        && cpts_record_visits(record, o->commune, nearest->metres)) {
        flags |= CPTS_NEAR_VISITS;
    }
    return flags;
}

/*
 * Mark what concerns each doctor, in two passes over the sorted list:
 * forward, the first site and the first accessible site of each; then every
 * site of a doctor that has an accessible one.  seen[] holds the flags of a
 * doctor between the two.
 */
static void mark(cpts_near_list_t *list, const origin_t *o, uint16_t *seen)
{
    size_t i;

    for (i = 0; i < list->count; i++) {
        cpts_near_t *near = &list->near[i];
        unsigned was = seen[near->doctor];
        unsigned accessible = near->flags;

        near->flags = 0;
        if (!(was & CPTS_NEAR_ANY)) {
            was |= CPTS_NEAR_ANY | doctor_flags(o, near);
            near->flags |= CPTS_NEAR_ANY;
        }
        if (accessible && !(was & CPTS_NEAR_HAS_ACCESSIBLE)) {
            was |= CPTS_NEAR_HAS_ACCESSIBLE;
            near->flags |= CPTS_NEAR_ACCESSIBLE;
        }
        seen[near->doctor] = (uint16_t)was;
    }
    for (i = 0; i < list->count; i++) {
        unsigned of_doctor = seen[list->near[i].doctor] & ~CPTS_NEAR_ANY;

        list->near[i].flags = (uint16_t)(list->near[i].flags | of_doctor);
    }
}

/* Across the meridian of 180 degrees too. */
static int is_beyond(double lon1, double lon2, double most)
{
    double apart = fabs(lon1 - lon2);

    return (apart > 180 ? 360 - apart : apart) > most;
}

/* Every site within the cap, not in order yet: a band of latitudes is looked
 * at, and of it what is near in longitude: the sine costs more than both. */
static size_t gather(const origin_t *o, cpts_near_t *near)
{
    const cpts_geometry_t *g = o->geometry;
    int cap = o->territory->limits.search_max;
    double span = cpts_geo_latitudes(cap + 1);
    double reach = cpts_geo_longitudes(cap + 1, o->lat);
    size_t count = 0;
    size_t i;

    for (i = first_from(g, o->lat - span);
         i < g->site_count && g->sites[i].lat <= o->lat + span; i++) {
        const site_t *site = &g->sites[i];
        int metres;

        if (is_beyond(o->lon, site->lon, reach)) {
            continue;
        }
        metres = cpts_geo_distance(o->lat, o->lon, site->lat, site->lon);
        if (metres > cap) {
            continue;
        }
        if (near) {
            near[count].metres = metres;
            near[count].doctor = site->doctor;
            near[count].site = site->site;
            near[count].flags = site->accessible;
        }
        count++;
    }
    return count;
}

static cpts_near_list_t *make_list(const origin_t *o)
{
    size_t count = gather(o, NULL);
    cpts_near_list_t *list
        = malloc(sizeof(*list) + (count + 1) * sizeof(list->near[0]));
    uint16_t *seen = calloc(o->geometry->doctors + 1, sizeof(*seen));

    if (!list || !seen) {
        free(list);
        free(seen);
        return NULL;
    }
    list->count = gather(o, list->near);
    qsort(list->near, list->count, sizeof(list->near[0]), by_distance);
    mark(list, o, seen);
    free(seen);
    return list;
}

const cpts_near_list_t *cpts_geometry_commune(
    cpts_geometry_t *geometry, const cpts_territory_t *territory,
    uint32_t commune, cpts_record_of_fn *record_of, const void *baton)
{
    const cpts_commune_t *c
        = &APR_ARRAY_IDX(territory->communes, commune, cpts_commune_t);
    origin_t o
        = { geometry, territory, c->lat, c->lon, commune, record_of, baton };
    cpts_near_list_t *made;
    cpts_near_list_t *there = atomic_load_explicit(&geometry->lists[commune],
                                                   memory_order_acquire);

    if (there) {
        return there;
    }
    made = make_list(&o);
    if (!made) {
        return NULL;
    }
    /* Two threads may make the same list: the first to publish wins. */
    if (atomic_compare_exchange_strong_explicit(
            &geometry->lists[commune], &there, made, memory_order_acq_rel,
            memory_order_acquire)) {
        return made;
    }
    free(made);
    return there;
}

cpts_near_list_t *cpts_geometry_point(const cpts_geometry_t *geometry,
                                      const cpts_territory_t *territory,
                                      double lat, double lon,
                                      cpts_record_of_fn *record_of,
                                      const void *baton)
{
    origin_t o
        = { geometry, territory, lat, lon, NO_COMMUNE, record_of, baton };

    return make_list(&o);
}
