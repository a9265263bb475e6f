/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet as matching reads it: facts as numbers, values as JSON. */

#include "core/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/scribe.h"

/* Bytes of most records. */
#define ROOM 1024
/* The most that a sheet has (core/sheet.c). */
#define SITES_MOST 5

_Static_assert(sizeof(cpts_record_site_t) >= CPTS_VALUE_SHORT,
               "a site stands behind the values");

/* Five bits for each of the letters a to z. */
uint16_t cpts_language_code(const char *language)
{
    unsigned code = 0;
    int i;

    for (i = 0; i < 3 && language[i]; i++) {
        code = code << 5 | ((unsigned char)language[i] & 31);
    }
    return (uint16_t)code;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

void cpts_record_leave(cpts_record_t *record, int general, int reserved)
{
    record->general = (int16_t)general;
    record->reserved = (int16_t)reserved;
    record->facts
        = cpts_facts_leave(record->facts, record->places, general, reserved);
}

static int open_from(const cpts_availability_t *availability)
{
    switch (availability->state) {
    case CPTS_STATE_OPEN:
        return CPTS_FACT_NOW;
    case CPTS_STATE_PAUSED:
        return cpts_fact_day(availability->until + 1);
    case CPTS_STATE_OPENING:
        return cpts_fact_day(availability->from);
    default:
        return CPTS_FACT_NEVER;
    }
}

static void set_facts(cpts_record_t *record, const cpts_sheet_t *sheet,
                      const cpts_limits_t *limits)
{
    const cpts_capacity_t *capacity = sheet->availability->capacity;
    cpts_facts_t flags = 0;

    record->retirement = sheet->retirement;
    if (sheet->retirement != CPTS_NO_DAY) {
        flags |= CPTS_FACT_RETIRES;
    }
    if (sheet->teleconsultation) {
        flags |= CPTS_FACT_TELECONSULTATION;
    }
    if (sheet->languages->nelts > CPTS_FACT_LANGUAGES) {
        flags |= CPTS_FACT_MORE_LANGUAGES;
    }
    record->facts = cpts_facts_make(
        open_from(sheet->availability),
        cpts_fact_day(sheet->confirmed_on + limits->sheet_validity),
        sheet->sex, flags);
    record->places = (int16_t)(capacity ? capacity->places : 0);
    cpts_record_leave(record,
                      capacity ? capacity->places - capacity->reserved : 0,
                      capacity ? capacity->reserved : 0);
}

/* A record as it is written: it moves when it grows. */
typedef struct {
    cpts_scribe_t scribe;
    const cpts_sheet_t *sheet;
    const cpts_territory_t *territory;
} draft_t;

static cpts_record_t *record_of(const draft_t *draft)
{
    return (cpts_record_t *)draft->scribe.text;
}

static uint32_t place_of(const draft_t *draft)
{
    return (uint32_t)draft->scribe.length;
}

static void write_languages(draft_t *draft)
{
    const apr_array_header_t *languages = draft->sheet->languages;
    int i;

    record_of(draft)->language_count = (uint8_t)languages->nelts;
    cpts_scribe_align(&draft->scribe, sizeof(uint16_t));
    record_of(draft)->languages_at = place_of(draft);
    for (i = 0; i < languages->nelts; i++) {
        uint16_t code
            = cpts_language_code(APR_ARRAY_IDX(languages, i, const char *));

        cpts_scribe_bytes(&draft->scribe, &code, sizeof(code));
    }
}

/* As they are when they were listed in the order of the territory. */
static int is_ascending(const uint32_t *list, int count)
{
    int i;

    for (i = 1; i < count; i++) {
        if (list[i] < list[i - 1]) {
            return 0;
        }
    }
    return 1;
}

/* Communes listed and those of named perimeters, as one ascending list.
 * A commune or a perimeter that the configuration no longer has is dropped:
 * the doctor is then not sent there. */
static void write_visited(draft_t *draft, const cpts_visits_t *visits,
                          apr_pool_t *pool)
{
    const cpts_territory_t *territory = draft->territory;
    apr_array_header_t *all
        = apr_array_make(pool, visits->communes->nelts + 16, sizeof(uint32_t));
    uint32_t *list;
    int n = 0;
    int i;

    for (i = 0; i < visits->communes->nelts; i++) {
        const cpts_commune_t *commune = cpts_territory_commune(
            territory, APR_ARRAY_IDX(visits->communes, i, const char *));

        if (commune) {
            APR_ARRAY_PUSH(all, uint32_t)
                = cpts_territory_index(territory, commune);
        }
    }
    for (i = 0; i < visits->perimeters->nelts; i++) {
        const cpts_perimeter_t *perimeter = cpts_territory_named(
            territory, APR_ARRAY_IDX(visits->perimeters, i, const char *));
        size_t j;

        for (j = 0; perimeter && j < perimeter->count; j++) {
            APR_ARRAY_PUSH(all, uint32_t) = perimeter->communes[j];
        }
    }
    list = (uint32_t *)all->elts;
    if (!is_ascending(list, all->nelts)) {
        qsort(list, (size_t)all->nelts, sizeof(uint32_t), compare_u32);
    }
    for (i = 0; i < all->nelts; i++) {
        if (n == 0 || list[n - 1] != list[i]) {
            list[n++] = list[i];
        }
    }
    record_of(draft)->visited_count = (uint32_t)n;
    cpts_scribe_bytes(&draft->scribe, list, (size_t)n * sizeof(uint32_t));
}

static void write_visits(draft_t *draft, apr_pool_t *pool)
{
    const cpts_visits_t *visits = draft->sheet->home_visits;
    const cpts_limits_t *limits = &draft->territory->limits;
    int radius = 0;

    cpts_scribe_align(&draft->scribe, sizeof(uint32_t));
    record_of(draft)->visited_at = place_of(draft);
    if (!visits) {
        return;
    }
    write_visited(draft, visits, pool);
    if (!isnan(visits->radius_km)) {
        radius = (int)lround(visits->radius_km * 1000);
        if (radius > limits->home_visit_max) {
            radius = limits->home_visit_max;
        }
    }
    else if (visits->communes->nelts == 0 && visits->perimeters->nelts == 0) {
        radius = limits->home_visit_default;
    }
    record_of(draft)->visit_radius = radius;
}

/* Values, each written behind its length. */

static size_t begin_value(cpts_scribe_t *s)
{
    static const uint16_t no_length;

    cpts_scribe_bytes(s, &no_length, sizeof(no_length));
    return s->length;
}

/* What is longer than any field may be is not told. */
static void end_value(cpts_scribe_t *s, size_t begin)
{
    uint16_t length;

    if (s->length - begin > UINT16_MAX) {
        s->length = begin;
        cpts_scribe_string(s, NULL);
    }
    length = (uint16_t)(s->length - begin);
    memcpy(s->text + begin - sizeof(length), &length, sizeof(length));
}

/* A string, or NULL: null. */
static void write_string(cpts_scribe_t *s, const char *string)
{
    size_t begin = begin_value(s);

    cpts_scribe_string(s, string);
    end_value(s, begin);
}

static void write_number(cpts_scribe_t *s, double number)
{
    size_t begin = begin_value(s);

    cpts_scribe_number(s, number);
    end_value(s, begin);
}

static void write_strings(cpts_scribe_t *s, const apr_array_header_t *strings)
{
    size_t begin = begin_value(s);
    int i;

    cpts_scribe_raw(s, "[");
    for (i = 0; i < strings->nelts; i++) {
        cpts_scribe_raw(s, i ? "," : "");
        cpts_scribe_string(s, APR_ARRAY_IDX(strings, i, const char *));
    }
    cpts_scribe_raw(s, "]");
    end_value(s, begin);
}

/* What is said of a site; its values are written. */
static void write_site(draft_t *draft, cpts_record_site_t *out,
                       const cpts_site_t *site, const cpts_commune_t *commune)
{
    cpts_point_t centre = { commune->lat, commune->lon };
    const cpts_point_t *point = site->point ? site->point : &centre;
    cpts_scribe_t *s = &draft->scribe;

    out->lat = point->lat;
    out->lon = point->lon;
    out->commune = cpts_territory_index(draft->territory, commune);
    out->accessible = site->accessible != 0;
    out->structure = (uint16_t)site->structure;
    out->values.at = place_of(draft);
    write_string(s, site->name);
    write_string(s, site->address);
    write_string(s, site->commune);
    write_string(s, commune->name);
    write_number(s, point->lat);
    write_number(s, point->lon);
    out->values.length = place_of(draft) - out->values.at;
    if (!commune->neighbour) {
        record_of(draft)->local = 1;
    }
}

/* All of them, so that something stands behind the values; those that are not
 * on the map come last, empty. */
static void put_sites(draft_t *draft, const cpts_record_site_t *sites)
{
    cpts_scribe_align(&draft->scribe, 8);
    record_of(draft)->sites_at = place_of(draft);
    cpts_scribe_bytes(&draft->scribe, sites,
                      (size_t)draft->sheet->sites->nelts * sizeof(sites[0]));
}

static void write_sites(draft_t *draft)
{
    const apr_array_header_t *all = draft->sheet->sites;
    cpts_record_site_t sites[SITES_MOST] = { 0 };
    int count = 0;
    int i;

    for (i = 0; i < all->nelts; i++) {
        const cpts_site_t *site = &APR_ARRAY_IDX(all, i, cpts_site_t);
        const cpts_commune_t *commune
            = cpts_territory_commune(draft->territory, site->commune);

        if (commune) {
            write_site(draft, &sites[count++], site, commune);
        }
    }
    put_sites(draft, sites);
    record_of(draft)->site_count = (uint8_t)count;
    record_of(draft)->unlocated = (uint8_t)(all->nelts - count);
}

/* Only the way that the doctor chose.  Behind the telephone of the
 * coordination stands its address. */
static void write_contact(draft_t *draft)
{
    const cpts_sheet_t *sheet = draft->sheet;
    cpts_scribe_t *s = &draft->scribe;
    size_t begin = begin_value(s);

    record_of(draft)->contact = (uint8_t)sheet->contact;
    switch (sheet->contact) {
    case CPTS_CONTACT_PHONE:
        cpts_scribe_string(s, sheet->phone);
        break;
    case CPTS_CONTACT_MSSANTE:
        cpts_scribe_string(s, sheet->mssante);
        break;
    default:
        cpts_scribe_string(s, draft->territory->phone);
        cpts_scribe_raw(s, ",\"email\":");
        cpts_scribe_string(s, draft->territory->email);
    }
    end_value(s, begin);
}

static void write_doctor(draft_t *draft)
{
    const cpts_sheet_t *sheet = draft->sheet;
    cpts_scribe_t *s = &draft->scribe;
    uint32_t at = place_of(draft);
    char day[CPTS_DAY_SIZE];

    record_of(draft)->sector = sheet->sector == CPTS_NO_WORD
                                   ? CPTS_SECTORS
                                   : (uint8_t)sheet->sector;
    cpts_day_format(day, sheet->confirmed_on);
    write_string(s, sheet->name);
    write_contact(draft);
    write_strings(s, sheet->languages);
    write_string(s, day);
    record_of(draft)->values.at = at;
    record_of(draft)->values.length = place_of(draft) - at;
}

/* A record of which nothing is said yet. */
static void begin(draft_t *draft, apr_pool_t *scratch)
{
    static const cpts_record_t nothing;

    cpts_scribe_begin(&draft->scribe, ROOM, scratch);
    cpts_scribe_bytes(&draft->scribe, &nothing, sizeof(nothing));
}

/* The values of an answer stand side by side. */
cpts_record_t *cpts_record_write(int64_t id, const cpts_sheet_t *sheet,
                                 const cpts_territory_t *territory,
                                 apr_pool_t *scratch)
{
    draft_t draft = { .sheet = sheet, .territory = territory };
    cpts_record_t *record;

    begin(&draft, scratch);
    write_doctor(&draft);
    write_sites(&draft);
    write_languages(&draft);
    write_visits(&draft, scratch);
    record = record_of(&draft);
    record->size = place_of(&draft);
    record->id = id;
    apr_cpystrn(record->rpps, sheet->rpps, sizeof(record->rpps));
    set_facts(record, sheet, &territory->limits);
    return record;
}

cpts_record_t *cpts_record_copy(const cpts_record_t *record)
{
    cpts_record_t *copy = malloc(record->size);

    if (copy) {
        memcpy(copy, record, record->size);
        atomic_init(&copy->refs, 1);
    }
    return copy;
}

/* Count things of a size, from an offset on, all within the record. */
static int is_within(const cpts_record_t *r, uint32_t at, size_t count,
                     size_t size)
{
    return at <= r->size && at % size == 0 && count <= (r->size - at) / size;
}

/* Whether a value begins there that ends before the end; then go on behind
 * it. */
static int skip_value(const char **at, const char *end)
{
    size_t left = (size_t)(end - *at);
    uint16_t length;

    if (left < sizeof(length)) {
        return 0;
    }
    memcpy(&length, *at, sizeof(length));
    if (length > left - sizeof(length)) {
        return 0;
    }
    (void)cpts_record_value(&length, at);
    return 1;
}

/* So many values. */
static int are_values_sound(const cpts_record_t *r,
                            const cpts_values_t *values, int count)
{
    const char *at = cpts_record_at(r, values->at);
    const char *end = at;

    if (!is_within(r, values->at, (size_t)values->length + CPTS_VALUE_SHORT,
                   1)) {
        return 0;
    }
    end += values->length;
    while (count > 0 && skip_value(&at, end)) {
        count--;
    }
    return count == 0;
}

static int are_sites_sound(const cpts_record_t *r, size_t communes)
{
    const cpts_record_site_t *sites = cpts_record_sites(r);
    size_t i;

    for (i = 0; i < r->site_count; i++) {
        if (!are_values_sound(r, &sites[i].values, CPTS_SITE_VALUES)
            || sites[i].commune >= communes || sites[i].accessible > 1
            || sites[i].structure >= CPTS_STRUCTURES
            || !(fabs(sites[i].lat) <= 90) || !(fabs(sites[i].lon) <= 180)) {
            return 0;
        }
    }
    return 1;
}

/* Ascending, and none beyond the last. */
static int are_visits_sound(const cpts_record_t *r, size_t communes)
{
    const uint32_t *visited = cpts_record_visited(r);
    uint32_t i;

    for (i = 1; i < r->visited_count; i++) {
        if (visited[i] <= visited[i - 1]) {
            return 0;
        }
    }
    return r->visited_count == 0 || visited[r->visited_count - 1] < communes;
}

/* Facts are compared and counted with, whatever they are. */
static int are_places_sound(const cpts_record_t *r)
{
    return r->general >= 0 && r->reserved >= 0
           && (int64_t)r->general + r->reserved <= r->places;
}

int cpts_record_is_sound(const cpts_record_t *r, size_t room, size_t communes)
{
    return r->size >= sizeof(*r) && r->size <= room
           && atomic_load_explicit(&r->refs, memory_order_relaxed) == 0
           && r->rpps[CPTS_RPPS_LENGTH] == '\0' && are_places_sound(r)
           && is_within(r, r->languages_at, r->language_count,
                        sizeof(uint16_t))
           && is_within(r, r->visited_at, r->visited_count, sizeof(uint32_t))
           && r->site_count <= SITES_MOST && r->sites_at % 8 == 0
           && r->sites_at <= r->size
           && r->site_count
                  <= (r->size - r->sites_at) / sizeof(cpts_record_site_t)
           && r->contact <= CPTS_CONTACT_COORDINATION
           && r->sector <= CPTS_SECTORS
           && are_values_sound(r, &r->values, CPTS_DOCTOR_VALUES)
           && are_sites_sound(r, communes) && are_visits_sound(r, communes);
}

void cpts_record_retain(cpts_record_t *record)
{
    if (atomic_load_explicit(&record->refs, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&record->refs, 1, memory_order_relaxed);
    }
}

void cpts_record_release(cpts_record_t *record)
{
    if (atomic_load_explicit(&record->refs, memory_order_relaxed)
        && atomic_fetch_sub_explicit(&record->refs, 1, memory_order_acq_rel)
               == 1) {
        free(record);
    }
}

static int same_site(const cpts_record_site_t *a, const cpts_record_site_t *b)
{
    return !(a->lat < b->lat || a->lat > b->lat) && !(a->lon < b->lon)
           && !(a->lon > b->lon) && a->commune == b->commune
           && a->accessible == b->accessible;
}

int cpts_record_same_geometry(const cpts_record_t *a, const cpts_record_t *b)
{
    size_t i;

    if (a->site_count != b->site_count || a->unlocated != b->unlocated
        || a->visit_radius != b->visit_radius
        || a->visited_count != b->visited_count
        || (a->visited_count
            && memcmp(cpts_record_visited(a), cpts_record_visited(b),
                      a->visited_count * sizeof(uint32_t)))) {
        return 0;
    }
    for (i = 0; i < a->site_count; i++) {
        if (!same_site(&cpts_record_sites(a)[i], &cpts_record_sites(b)[i])) {
            return 0;
        }
    }
    return 1;
}

int cpts_record_visits(const cpts_record_t *record, uint32_t commune,
                       int nearest)
{
    if (record->visit_radius && nearest <= record->visit_radius) {
        return 1;
    }
    return bsearch(&commune, cpts_record_visited(record),
                   record->visited_count, sizeof(commune), compare_u32)
           != NULL;
}
