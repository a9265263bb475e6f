/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet as matching reads it: facts as numbers, JSON already written. */

#include "core/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

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

int16_t cpts_fact_day(cpts_day_t day)
{
    int64_t counted = (int64_t)day - CPTS_FACT_EPOCH;

    return counted < INT16_MIN   ? INT16_MIN
           : counted > INT16_MAX ? INT16_MAX
                                 : (int16_t)counted;
}

static void set_availability(cpts_record_t *record, const cpts_sheet_t *sheet,
                             const cpts_limits_t *limits)
{
    const cpts_availability_t *a = sheet->availability;
    cpts_facts_t *facts = &record->facts;

    switch (a->state) {
    case CPTS_STATE_OPEN:
        facts->open_from = INT16_MIN;
        break;
    case CPTS_STATE_PAUSED:
        facts->open_from = cpts_fact_day(a->until + 1);
        break;
    case CPTS_STATE_OPENING:
        facts->open_from = cpts_fact_day(a->from);
        break;
    default:
        facts->open_from = INT16_MAX;
    }
    record->retirement = sheet->retirement;
    if (sheet->retirement != CPTS_NO_DAY) {
        facts->flags |= CPTS_FACT_RETIRES;
    }
    facts->fresh_until
        = cpts_fact_day(sheet->confirmed_on + limits->sheet_validity);
    if (a->capacity) {
        facts->places = (uint8_t)a->capacity->places;
        facts->reserved = (uint8_t)a->capacity->reserved;
        facts->general = (uint8_t)(facts->places - facts->reserved);
    }
}

static void set_languages(cpts_record_t *record, const cpts_sheet_t *sheet,
                          apr_pool_t *pool)
{
    cpts_facts_t *facts = &record->facts;
    int count = sheet->languages->nelts;
    int i;

    record->language_count = count;
    if (count > CPTS_FACT_LANGUAGES) {
        facts->flags |= CPTS_FACT_MORE_LANGUAGES;
    }
    record->languages
        = apr_palloc(pool, sizeof(uint16_t) * ((size_t)count + 1));
    for (i = 0; i < count; i++) {
        record->languages[i] = cpts_language_code(
            APR_ARRAY_IDX(sheet->languages, i, const char *));
        if (i < CPTS_FACT_LANGUAGES) {
            facts->languages[i] = record->languages[i];
        }
    }
}

/* Communes listed and those of named perimeters, as one ascending list.
 * A commune or a perimeter that the configuration no longer has is dropped:
 * the doctor is then not sent there. */
static void set_visited(cpts_record_t *record, const cpts_visits_t *visits,
                        const cpts_territory_t *territory, apr_pool_t *pool)
{
    apr_array_header_t *all
        = apr_array_make(pool, visits->communes->nelts + 16, sizeof(uint32_t));
    size_t n = 0;
    uint32_t *list;
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
    qsort(list, (size_t)all->nelts, sizeof(uint32_t), compare_u32);
    for (i = 0; i < all->nelts; i++) {
        if (n == 0 || list[n - 1] != list[i]) {
            list[n++] = list[i];
        }
    }
    record->visited = list;
    record->visited_count = n;
}

static void set_visits(cpts_record_t *record, const cpts_sheet_t *sheet,
                       const cpts_territory_t *territory, apr_pool_t *pool)
{
    const cpts_visits_t *visits = sheet->home_visits;
    const cpts_limits_t *limits = &territory->limits;

    if (!visits) {
        return;
    }
    record->visits = 1;
    set_visited(record, visits, territory, pool);
    if (!isnan(visits->radius_km)) {
        int radius = (int)lround(visits->radius_km * 1000);

        record->visit_radius = radius < limits->home_visit_max
                                   ? radius
                                   : limits->home_visit_max;
    }
    else if (visits->communes->nelts == 0 && visits->perimeters->nelts == 0) {
        record->visit_radius = limits->home_visit_default;
    }
}

/* JSON text of a value, compact, in the record's pool; takes the value. */
static int write_json(cpts_fragment_t *fragment, json_t *json,
                      apr_pool_t *pool)
{
    size_t length = json ? json_dumpb(json, NULL, 0, CPTS_JSON_WRITE) : 0;
    char *text;

    if (!length) {
        json_decref(json);
        return -1;
    }
    text = apr_palloc(pool, length);
    json_dumpb(json, text, length, CPTS_JSON_WRITE);
    json_decref(json);
    fragment->text = text;
    fragment->length = length;
    return 0;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *site_json(const cpts_site_t *site,
                         const cpts_commune_t *commune, double lat, double lon)
{
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:{s:f, s:f}}", "name",
                     text_or_null(site->name), "address", site->address,
                     "commune", site->commune, "commune_name", commune->name,
                     "structure", cpts_structure_words[site->structure],
                     "accessible", site->accessible, "point", "lat", lat,
                     "lon", lon);
}

static int set_sites(cpts_record_t *record, const cpts_sheet_t *sheet,
                     const cpts_territory_t *territory, apr_pool_t *pool)
{
    int i;

    record->sites = apr_pcalloc(pool, sizeof(*record->sites)
                                          * (size_t)sheet->sites->nelts);
    for (i = 0; i < sheet->sites->nelts; i++) {
        const cpts_site_t *site = &APR_ARRAY_IDX(sheet->sites, i, cpts_site_t);
        const cpts_commune_t *commune
            = cpts_territory_commune(territory, site->commune);
        cpts_record_site_t *out = &record->sites[record->site_count];

        if (!commune) {
            record->unlocated++;
            continue;
        }
        out->lat = site->point ? site->point->lat : commune->lat;
        out->lon = site->point ? site->point->lon : commune->lon;
        out->commune = cpts_territory_index(territory, commune);
        out->accessible = site->accessible;
        record->local = record->local || !commune->neighbour;
        if (write_json(&out->json,
                       site_json(site, commune, out->lat, out->lon), pool)) {
            return -1;
        }
        record->site_count++;
    }
    return 0;
}

/* Only the way that the doctor chose. */
static json_t *contact_json(const cpts_sheet_t *sheet,
                            const cpts_territory_t *territory)
{
    switch (sheet->contact) {
    case CPTS_CONTACT_PHONE:
        return json_pack("{s:s, s:s}", "by", "phone", "phone", sheet->phone);
    case CPTS_CONTACT_MSSANTE:
        return json_pack("{s:s, s:s}", "by", "mssante", "mssante",
                         sheet->mssante);
    default:
        return json_pack("{s:s, s:o, s:o}", "by", "coordination", "phone",
                         text_or_null(territory->phone), "email",
                         text_or_null(territory->email));
    }
}

static json_t *strings_json(const apr_array_header_t *strings)
{
    json_t *array = json_array();
    int i;

    for (i = 0; array && i < strings->nelts; i++) {
        if (json_array_append_new(
                array, json_string(APR_ARRAY_IDX(strings, i, const char *)))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* An object without its closing brace, then a member name to go on with. */
static int write_open(cpts_fragment_t *fragment, json_t *json,
                      const char *next, apr_pool_t *pool)
{
    cpts_fragment_t whole;
    const char *text;

    if (write_json(&whole, json, pool)) {
        return -1;
    }
    text
        = apr_pstrcat(pool, apr_pstrmemdup(pool, whole.text, whole.length - 1),
                      ",\"", next, "\":", NULL);
    fragment->text = text;
    fragment->length = strlen(text);
    return 0;
}

static int set_fragments(cpts_record_t *record, const cpts_sheet_t *sheet,
                         const cpts_territory_t *territory, apr_pool_t *pool)
{
    json_t *before = json_pack("{s:s, s:s, s:s}", "rpps", sheet->rpps, "name",
                               sheet->name, "sex", cpts_sex_words[sheet->sex]);
    json_t *after = json_pack(
        "{s:o, s:o, s:o, s:b, s:s}", "contact", contact_json(sheet, territory),
        "sector",
        sheet->sector == CPTS_NO_WORD
            ? json_null()
            : json_string(cpts_sector_words[sheet->sector]),
        "languages", strings_json(sheet->languages), "teleconsultation",
        sheet->teleconsultation, "confirmed_on",
        cpts_day_string(pool, sheet->confirmed_on));

    if (write_open(&record->before, before, "site", pool)) {
        json_decref(after);
        return -1;
    }
    if (write_open(&record->after, after, "reasons", pool)) {
        return -1;
    }
    /* Its opening brace becomes the comma after the distance. */
    ((char *)record->after.text)[0] = ',';
    return 0;
}

/* Room for one piece of a block, so that the next is aligned too. */
static size_t aligned(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* The next stretch of one block, aligned for anything. */
static void *carve(char **free_space, size_t size)
{
    void *start = *free_space;

    *free_space += aligned(size);
    return start;
}

static void *carve_copy(char **free_space, const void *from, size_t size)
{
    void *copy = carve(free_space, size);

    if (size) {
        memcpy(copy, from, size);
    }
    return copy;
}

static void carve_fragment(char **free_space, cpts_fragment_t *fragment)
{
    fragment->text = carve_copy(free_space, fragment->text, fragment->length);
}

static size_t block_size(const cpts_record_t *r)
{
    size_t size = aligned(sizeof(*r))
                  + aligned(sizeof(uint16_t) * (size_t)r->language_count)
                  + aligned(sizeof(uint32_t) * r->visited_count)
                  + aligned(sizeof(cpts_record_site_t) * r->site_count)
                  + aligned(r->before.length) + aligned(r->after.length);
    size_t i;

    for (i = 0; i < r->site_count; i++) {
        size += aligned(r->sites[i].json.length);
    }
    return size;
}

/* Copy a record made of pieces of a pool into one block. */
static cpts_record_t *pack(const cpts_record_t *pieces)
{
    char *space = malloc(block_size(pieces));
    cpts_record_t *r;
    size_t i;

    if (!space) {
        return NULL;
    }
    r = carve(&space, sizeof(*r));
    memcpy(r, pieces, sizeof(*r));
    atomic_init(&r->refs, 1);
    r->languages = carve_copy(&space, r->languages,
                              sizeof(uint16_t) * (size_t)r->language_count);
    r->visited
        = carve_copy(&space, r->visited, sizeof(uint32_t) * r->visited_count);
    r->sites = carve_copy(&space, r->sites,
                          sizeof(cpts_record_site_t) * r->site_count);
    carve_fragment(&space, &r->before);
    carve_fragment(&space, &r->after);
    for (i = 0; i < r->site_count; i++) {
        carve_fragment(&space, &r->sites[i].json);
    }
    return r;
}

cpts_record_t *cpts_record_create(int64_t id, const cpts_sheet_t *sheet,
                                  const cpts_territory_t *territory,
                                  apr_pool_t *scratch)
{
    cpts_record_t *record = apr_pcalloc(scratch, sizeof(*record));

    record->id = id;
    apr_cpystrn(record->rpps, sheet->rpps, sizeof(record->rpps));
    record->facts.flags
        = (uint8_t)((sheet->sex == CPTS_SEX_M ? CPTS_FACT_MALE : 0)
                    | (sheet->teleconsultation ? CPTS_FACT_TELECONSULTATION
                                               : 0));
    set_availability(record, sheet, &territory->limits);
    set_languages(record, sheet, scratch);
    set_visits(record, sheet, territory, scratch);
    if (set_sites(record, sheet, territory, scratch)
        || set_fragments(record, sheet, territory, scratch)) {
        return NULL;
    }
    return pack(record);
}

void cpts_record_retain(cpts_record_t *record)
{
    atomic_fetch_add_explicit(&record->refs, 1, memory_order_relaxed);
}

void cpts_record_release(cpts_record_t *record)
{
    if (atomic_fetch_sub_explicit(&record->refs, 1, memory_order_acq_rel)
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
        || a->visits != b->visits || a->visit_radius != b->visit_radius
        || a->visited_count != b->visited_count
        || (a->visited_count
            && memcmp(a->visited, b->visited,
                      a->visited_count * sizeof(uint32_t)))) {
        return 0;
    }
    for (i = 0; i < a->site_count; i++) {
        if (!same_site(&a->sites[i], &b->sites[i])) {
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
    return bsearch(&commune, record->visited, record->visited_count,
                   sizeof(commune), compare_u32)
           != NULL;
}
