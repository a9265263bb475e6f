/* SPDX-License-Identifier: Apache-2.0 */
/* Where the sites are, and who is near each commune: never changes. */

#include "core/geometry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/geo.h"
#include "core/order.h"

/* No commune: a point does not say which one it lies in. */
#define NO_COMMUNE UINT32_MAX

/* Height of a row of sites, degrees: about 5 km. */
#define ROW_HEIGHT 0.05

/* A flag of a site: the doctor has others. */
#define OF_SEVERAL 0x100u

typedef struct {
    double lat, lon;
    uint32_t doctor;
    uint16_t site;
    uint16_t flags; /* OF_SEVERAL, and CPTS_NEAR_* that hold everywhere */
} site_t;

typedef struct {
    int64_t id;
    uint32_t doctor;
} numbered_t;

struct cpts_geometry_t {
    atomic_uint refs;
    size_t doctors;
    size_t site_count;
    site_t *sites;    /* by row, then by longitude */
    double south;     /* where the first row begins */
    size_t row_count; /* of those between the outermost sites */
    uint32_t *rows;   /* the first site of each, and the end */
    numbered_t *ids;  /* by id */
    int borrowed;     /* these arrays are somebody else's */
    size_t commune_count;
    _Atomic(cpts_near_list_t *) *lists; /* by commune */
};

/* Where a list is made from. */
typedef struct {
    const cpts_geometry_t *geometry;
    const cpts_territory_t *territory;
    cpts_geo_origin_t place;
    int from, to; /* metres: beyond the one, within the other */
    uint32_t commune;
    cpts_record_of_fn *record_of;
    const void *baton;
} origin_t;

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const numbered_t *)a)->id;
    int64_t y = ((const numbered_t *)b)->id;

    return x < y ? -1 : x > y;
}

static int by_number(const void *a, const void *b)
{
    cpts_near_t x = *(const cpts_near_t *)a;
    cpts_near_t y = *(const cpts_near_t *)b;

    return x < y ? -1 : x > y;
}

/* Rows: sites of about the same latitude, so that those around a place are a
 * stretch of a few rows, however many there are elsewhere. */

static size_t row_of(const cpts_geometry_t *g, double lat)
{
    double row = floor((lat - g->south) / ROW_HEIGHT);

    return row < 0 ? 0 : (size_t)fmin(row, (double)g->row_count - 1);
}

static void take_site(site_t *site, const cpts_record_t *record, size_t i,
                      size_t doctor)
{
    const cpts_record_site_t *from = &cpts_record_sites(record)[i];

    site->lat = from->lat;
    site->lon = from->lon;
    site->doctor = (uint32_t)doctor;
    site->site = (uint16_t)i;
    site->flags = (uint16_t)((from->accessible ? CPTS_NEAR_ACCESSIBLE : 0)
                             | (record->local ? CPTS_NEAR_LOCAL : 0)
                             | (record->site_count > 1 ? OF_SEVERAL : 0));
}

/* What is looked at from here on, side by side: records are anywhere in
 * memory.  Doctors come in order of their numbers. */
static void gather_sites(site_t *sites, cpts_ordered_t *ids,
                         cpts_record_t *const *records, size_t count)
{
    size_t i, j;

    for (i = 0; i < count; i++) {
        ids[i].key = cpts_order_key(records[i]->id);
        ids[i].of.number = i;
        for (j = 0; j < records[i]->site_count; j++) {
            take_site(sites++, records[i], j, i);
        }
    }
}

/* From the southernmost site to the northernmost one. */
static int make_rows(cpts_geometry_t *g, const site_t *sites)
{
    double north = -90;
    size_t i;

    g->south = 90;
    for (i = 0; i < g->site_count; i++) {
        g->south = fmin(g->south, sites[i].lat);
        north = fmax(north, sites[i].lat);
    }
    g->row_count
        = north < g->south ? 1 : (size_t)((north - g->south) / ROW_HEIGHT) + 1;
    g->rows = calloc(g->row_count + 2, sizeof(*g->rows));
    return g->rows ? 0 : -1;
}

/* In order of longitude, then into their rows, where they stay in it:
 * rows[i + 2] counts row i, becomes rows[i + 1] where to put the next one, and
 * is in the end where row i + 1 begins. */
static int place_sites(cpts_geometry_t *g, const site_t *sites,
                       cpts_ordered_t *places)
{
    size_t i;

    for (i = 0; i < g->site_count; i++) {
        places[i].key = cpts_order_key_of_double(sites[i].lon);
        places[i].of.number = i;
        g->rows[row_of(g, sites[i].lat) + 2]++;
    }
    if (cpts_order(places, g->site_count)) {
        return -1;
    }
    for (i = 2; i < g->row_count + 2; i++) {
        g->rows[i] += g->rows[i - 1];
    }
    for (i = 0; i < g->site_count; i++) {
        const site_t *site = &sites[places[i].of.number];

        g->sites[g->rows[row_of(g, site->lat) + 1]++] = *site;
    }
    return 0;
}

static int number_ids(cpts_geometry_t *g, cpts_ordered_t *ids)
{
    int rc = cpts_order(ids, g->doctors);
    size_t i;

    for (i = 0; i < g->doctors; i++) {
        g->ids[i].id = cpts_order_number(ids[i].key);
        g->ids[i].doctor = (uint32_t)ids[i].of.number;
    }
    return rc;
}

static int fill(cpts_geometry_t *g, cpts_record_t *const *records)
{
    site_t *sites = malloc((g->site_count + 1) * sizeof(*sites));
    cpts_ordered_t *places = malloc((g->site_count + 1) * sizeof(*places));
    cpts_ordered_t *ids = malloc((g->doctors + 1) * sizeof(*ids));
    int rc = -1;

    if (sites && places && ids) {
        gather_sites(sites, ids, records, g->doctors);
        rc = make_rows(g, sites) || place_sites(g, sites, places)
             || number_ids(g, ids);
    }
    free(sites);
    free(places);
    free(ids);
    return rc;
}

cpts_geometry_t *cpts_geometry_create(cpts_record_t *const *records,
                                      size_t count,
                                      const cpts_territory_t *territory)
{
    cpts_geometry_t *g = calloc(1, sizeof(*g));
    size_t i;

    if (!g) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        g->site_count += records[i]->site_count;
    }
    atomic_init(&g->refs, 1);
    g->doctors = count;
    g->commune_count = (size_t)territory->communes->nelts;
    g->sites = calloc(g->site_count + 1, sizeof(*g->sites));
    g->ids = calloc(count + 1, sizeof(*g->ids));
    g->lists = calloc(g->commune_count + 1, sizeof(*g->lists));
    if (!g->sites || !g->ids || !g->lists || fill(g, records)) {
        cpts_geometry_release(g);
        return NULL;
    }
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
    if (!geometry->borrowed) {
        free(geometry->ids);
        free(geometry->rows);
        free(geometry->sites);
    }
    free(geometry);
}

/* As bytes: this, then the sites, the ids and the rows with their end */

typedef struct {
    uint64_t doctors, site_count, row_count;
    double south;
} packed_t;

static size_t packed_size(const packed_t *p)
{
    return sizeof(*p) + p->site_count * sizeof(site_t)
           + p->doctors * sizeof(numbered_t)
           + (p->row_count + 1) * sizeof(uint32_t);
}

static packed_t packed_of(const cpts_geometry_t *g)
{
    packed_t packed = { g->doctors, g->site_count, g->row_count, g->south };

    return packed;
}

size_t cpts_geometry_size(const cpts_geometry_t *geometry)
{
    packed_t packed = packed_of(geometry);

    return packed_size(&packed);
}

static char *pack(char *out, const void *from, size_t size)
{
    memcpy(out, from, size);
    return out + size;
}

void cpts_geometry_pack(const cpts_geometry_t *g, void *bytes)
{
    packed_t packed = packed_of(g);
    char *out = pack(bytes, &packed, sizeof(packed));

    out = pack(out, g->sites, g->site_count * sizeof(site_t));
    out = pack(out, g->ids, g->doctors * sizeof(numbered_t));
    (void)pack(out, g->rows, (g->row_count + 1) * sizeof(uint32_t));
}

static int is_packed_sound(const packed_t *packed, size_t size, size_t doctors)
{
    const size_t most = UINT32_MAX;

    return packed->doctors == doctors && packed->site_count < most
           && packed->row_count >= 1 && packed->row_count < most
           && packed_size(packed) <= size && fabs(packed->south) <= 90;
}

/* Nothing leads out of the arrays or to what no record has. */
static int is_sound(const cpts_geometry_t *g, cpts_record_t *const *records)
{
    size_t i;

    for (i = 0; i < g->site_count; i++) {
        if (g->sites[i].doctor >= g->doctors
            || g->sites[i].site >= records[g->sites[i].doctor]->site_count) {
            return 0;
        }
    }
    for (i = 0; i < g->doctors; i++) {
        if (g->ids[i].doctor >= g->doctors) {
            return 0;
        }
    }
    for (i = 0; i < g->row_count; i++) {
        if (g->rows[i] > g->rows[i + 1]) {
            return 0;
        }
    }
    return g->rows[g->row_count] <= g->site_count;
}

static void borrow(cpts_geometry_t *g, const packed_t *packed)
{
    char *at = (char *)packed + sizeof(*packed);

    g->borrowed = 1;
    g->doctors = packed->doctors;
    g->site_count = packed->site_count;
    g->row_count = packed->row_count;
    g->south = packed->south;
    g->sites = (site_t *)(void *)at;
    at += g->site_count * sizeof(site_t);
    g->ids = (numbered_t *)(void *)at;
    g->rows = (uint32_t *)(void *)(at + g->doctors * sizeof(numbered_t));
}

cpts_geometry_t *cpts_geometry_unpack(const void *bytes, size_t size,
                                      cpts_record_t *const *records,
                                      size_t count,
                                      const cpts_territory_t *territory)
{
    cpts_geometry_t *g;

    if (size < sizeof(packed_t) || !is_packed_sound(bytes, size, count)) {
        return NULL;
    }
    g = calloc(1, sizeof(*g));
    if (!g) {
        return NULL;
    }
    atomic_init(&g->refs, 1);
    borrow(g, bytes);
    g->commune_count = (size_t)territory->communes->nelts;
    g->lists = calloc(g->commune_count + 1, sizeof(*g->lists));
    if (!g->lists || !is_sound(g, records)) {
        cpts_geometry_release(g);
        return NULL;
    }
    return g;
}

int64_t cpts_geometry_find(const cpts_geometry_t *geometry, int64_t id)
{
    numbered_t key = { id, 0 };
    const numbered_t *found
        = bsearch(&key, geometry->ids, geometry->doctors, sizeof(key), by_id);

    return found ? (int64_t)found->doctor : -1;
}

int cpts_geometry_same_numbers(const cpts_geometry_t *a,
                               const cpts_geometry_t *b)
{
    size_t i;

    if (a->doctors != b->doctors) {
        return 0;
    }
    for (i = 0; i < a->doctors; i++) {
        if (a->ids[i].id != b->ids[i].id
            || a->ids[i].doctor != b->ids[i].doctor) {
            return 0;
        }
    }
    return 1;
}

/* Which of a doctor's sites count */

typedef struct {
    int any, accessible; /* numbers in the record, -1: none */
    int nearest;         /* metres */
} counting_t;

/* The nearest site and the nearest accessible one within the cap, the first
 * of the sheet where two are as near. */
static counting_t counting_sites(const origin_t *o,
                                 const cpts_record_t *record)
{
    counting_t c = { -1, -1, 0 };
    int accessible = o->territory->limits.search_max;
    size_t i;

    for (i = 0; i < record->site_count; i++) {
        const cpts_record_site_t *site = &cpts_record_sites(record)[i];
        int metres = cpts_geo_from(&o->place, site->lat, site->lon);

        if (c.any < 0 || metres < c.nearest) {
            c.any = (int)i;
            c.nearest = metres;
        }
        if (site->accessible
            && (metres < accessible
                || (metres == accessible && c.accessible < 0))) {
            c.accessible = (int)i;
            accessible = metres;
        }
    }
    return c;
}

static unsigned flags_of_several(const origin_t *o, const site_t *site,
                                 int *nearest)
{
    const cpts_record_t *record = o->record_of(o->baton, site->doctor);
    counting_t c = counting_sites(o, record);
    int for_access = c.accessible < 0 ? c.any : c.accessible;

    *nearest = c.nearest;
    return (c.any == site->site ? CPTS_NEAR_ANY : 0)
           | (for_access == site->site ? CPTS_NEAR_FOR_ACCESS : 0);
}

static unsigned flags_of(const origin_t *o, const site_t *site, int metres)
{
    unsigned flags = site->flags & (CPTS_NEAR_ACCESSIBLE | CPTS_NEAR_LOCAL);
    int nearest = metres;

    flags |= site->flags & OF_SEVERAL ? flags_of_several(o, site, &nearest)
                                      : CPTS_NEAR_ANY | CPTS_NEAR_FOR_ACCESS;
    if (o->commune != NO_COMMUNE
        && cpts_record_visits(o->record_of(o->baton, site->doctor), o->commune,
                              nearest)) {
        flags |= CPTS_NEAR_VISITS;
    }
    return flags;
}

/* Lists */

/* The first site of a row whose longitude is at least lon. */
static size_t first_from(const cpts_geometry_t *g, size_t row, double lon)
{
    size_t low = g->rows[row];
    size_t high = g->rows[row + 1];

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (g->sites[middle].lon < lon) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

/* No longitude is as large. */
#define EASTMOST 181

/* Rows and longitudes that take in a circle; nothing within it lies at the
 * eastern end itself. */
typedef struct {
    size_t first, last; /* rows */
    int parts;          /* two where they go across 180 degrees */
    double west[2], east[2];
} frame_t;

static void add_part(frame_t *f, double west, double east)
{
    f->west[f->parts] = west;
    f->east[f->parts++] = east;
}

static frame_t frame_of(const origin_t *o)
{
    double span = cpts_geo_latitudes(o->to + 1);
    double reach = cpts_geo_longitudes(o->to + 1, o->place.lat);
    double west = o->place.lon - reach;
    double east = o->place.lon + reach;
    frame_t f = { .first = row_of(o->geometry, o->place.lat - span),
                  .last = row_of(o->geometry, o->place.lat + span) };

    if (reach >= 180) {
        add_part(&f, -180, EASTMOST);
        return f;
    }
    add_part(&f, west, east);
    if (west < -180) {
        add_part(&f, west + 360, EASTMOST);
    }
    else if (east > 180) {
        add_part(&f, -180, east - 360);
    }
    return f;
}

/* What is within the ring of a stretch of sites: the latitude tells of most
 * that are not. */
static size_t gather_stretch(const origin_t *o, const site_t *site,
                             const site_t *end, cpts_near_t *near)
{
    double span = cpts_geo_latitudes(o->to + 1);
    size_t count = 0;

    for (; site < end; site++) {
        int metres;

        if (fabs(site->lat - o->place.lat) > span) {
            continue;
        }
        metres = cpts_geo_from(&o->place, site->lat, site->lon);
        if (metres > o->from && metres <= o->to) {
            near[count++] = cpts_near_make(metres, site->doctor, site->site,
                                           flags_of(o, site, metres));
        }
    }
    return count;
}

/* Every site of the ring, not in order yet; NULL: at most how many. */
static size_t gather(const origin_t *o, cpts_near_t *near)
{
    const cpts_geometry_t *g = o->geometry;
    frame_t f = frame_of(o);
    size_t count = 0;
    size_t row;
    int i;

    for (row = f.first; row <= f.last; row++) {
        for (i = 0; i < f.parts; i++) {
            size_t begin = first_from(g, row, f.west[i]);
            size_t end = first_from(g, row, f.east[i]);

            count += near ? gather_stretch(o, g->sites + begin, g->sites + end,
                                           near + count)
                          : end - begin;
        }
    }
    return count;
}

static cpts_near_list_t *make_list(const origin_t *o)
{
    size_t most = gather(o, NULL);
    cpts_near_list_t *list
        = malloc(sizeof(*list) + (most + 1) * sizeof(list->near[0]));
    cpts_near_list_t *fitting;

    if (!list) {
        return NULL;
    }
    list->count = gather(o, list->near);
    qsort(list->near, list->count, sizeof(list->near[0]), by_number);
    fitting
        = realloc(list, sizeof(*list) + list->count * sizeof(list->near[0]));
    return fitting ? fitting : list;
}

/* For a commune whose list is not there yet. */
static cpts_near_list_t *commune_list(cpts_geometry_t *geometry,
                                      const cpts_territory_t *territory,
                                      uint32_t commune,
                                      cpts_record_of_fn *record_of,
                                      const void *baton)
{
    const cpts_commune_t *c
        = &APR_ARRAY_IDX(territory->communes, commune, cpts_commune_t);
    origin_t o = { .geometry = geometry,
                   .territory = territory,
                   .from = -1,
                   .to = territory->limits.search_max,
                   .commune = commune,
                   .record_of = record_of,
                   .baton = baton };

    cpts_geo_origin(&o.place, c->lat, c->lon);

    return make_list(&o);
}

const cpts_near_list_t *cpts_geometry_commune(
    cpts_geometry_t *geometry, const cpts_territory_t *territory,
    uint32_t commune, cpts_record_of_fn *record_of, const void *baton)
{
    cpts_near_list_t *there = atomic_load_explicit(&geometry->lists[commune],
                                                   memory_order_acquire);
    cpts_near_list_t *made;

    if (there) {
        return there;
    }
    made = commune_list(geometry, territory, commune, record_of, baton);
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

const cpts_near_list_t *cpts_geometry_ring(const cpts_geometry_t *geometry,
                                           const cpts_territory_t *territory,
                                           const cpts_point_t *point, int from,
                                           int to,
                                           cpts_record_of_fn *record_of,
                                           const void *baton, apr_pool_t *pool)
{
    origin_t o = { .geometry = geometry,
                   .territory = territory,
                   .from = from,
                   .to = to,
                   .commune = NO_COMMUNE,
                   .record_of = record_of,
                   .baton = baton };
    cpts_near_list_t *list;
    size_t most;

    cpts_geo_origin(&o.place, point->lat, point->lon);
    most = gather(&o, NULL);
    list
        = apr_palloc(pool, sizeof(*list) + (most + 1) * sizeof(list->near[0]));
    list->count = gather(&o, list->near);
    return list;
}
