/* SPDX-License-Identifier: Apache-2.0 */
/* A territory: its communes, its named perimeters, its limits. */

#include "core/territory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/csv.h"
#include "core/field.h"

/* Bounds on the work of one match: a pattern such as ^(a+)+$ gives up after
 * 0.2 ms instead of burning the processor. */
#define MATCH_LIMIT 10000
#define DEPTH_LIMIT 1000

#define POPULATION_MAX 5000000

const cpts_limits_t cpts_limits_default = {
    .home_visit_default = 10000,
    .home_visit_max = 30000,
    .search_start = 5000,
    .search_step = 5000,
    .search_max = 30000,
    .proposals = 3,
    .priority_age = 70,
    .sheet_validity = 90,
    .placement_hold = 7,
    .held_places = 20,
    .daily_consultations = 50,
};

static const char *const columns[]
    = { "insee", "name", "lat", "lon", "population", "postcodes" };
/* The last one may be left out. */
#define COLUMNS_MAX ((int)(sizeof(columns) / sizeof(columns[0])))
#define COLUMNS_MIN (COLUMNS_MAX - 1)

#define POSTCODE_LENGTH 5
/* Toulouse and Paris have about twenty; a whole sheet of them is a fault. */
#define POSTCODES_MAX 100

typedef struct {
    cpts_territory_t *territory;
    int neighbour;
    int columns; /* of this file */
    int read;
} loading_t;

cpts_territory_t *cpts_territory_create(apr_pool_t *pool)
{
    cpts_territory_t *t = apr_pcalloc(pool, sizeof(*t));

    t->name = "";
    t->limits = cpts_limits_default;
    t->communes = apr_array_make(pool, 64, sizeof(cpts_commune_t));
    t->by_insee = apr_hash_make(pool);
    t->perimeters = apr_array_make(pool, 4, sizeof(cpts_perimeter_t));
    return t;
}

static const char *check_header(loading_t *loading,
                                const apr_array_header_t *cells)
{
    int right = cells->nelts >= COLUMNS_MIN && cells->nelts <= COLUMNS_MAX;
    int i;

    for (i = 0; right && i < cells->nelts; i++) {
        right = strcmp(APR_ARRAY_IDX(cells, i, const char *), columns[i]) == 0;
    }
    loading->columns = cells->nelts;
    return right ? NULL
                 : "the first row must be insee,name,lat,lon,population or "
                   "insee,name,lat,lon,population,postcodes";
}

/* Codes with spaces or semicolons between, as they come from everywhere. */
static const char *read_postcodes(cpts_commune_t *commune, const char *cell,
                                  apr_pool_t *pool)
{
    char *codes = apr_pstrdup(pool, cell);
    char *state = NULL;
    char *code;
    int count = 0;

    commune->postcodes = "";
    for (code = apr_strtok(codes, " ;", &state); code;
         code = apr_strtok(NULL, " ;", &state)) {
        if (strlen(code) != POSTCODE_LENGTH
            || strspn(code, "0123456789") != POSTCODE_LENGTH
            || ++count > POSTCODES_MAX) {
            return "postcodes must be codes of 5 digits such as 31320, with "
                   "a space between them";
        }
        commune->postcodes
            = *commune->postcodes
                  ? apr_pstrcat(pool, commune->postcodes, " ", code, NULL)
                  : code;
    }
    return NULL;
}

/* A decimal number with a point, all of the cell, in bounds. */
static int decimal(double *value, const char *cell, double min, double max)
{
    char *end;

    *value = strtod(cell, &end);
    return *cell != '\0' && *end == '\0' && isfinite(*value) && *value >= min
           && *value <= max;
}

static const char *read_commune(void *baton, int row,
                                const apr_array_header_t *cells,
                                apr_pool_t *pool)
{
    loading_t *loading = baton;
    cpts_commune_t commune = { .neighbour = loading->neighbour };
    const char *const *cell = (const char *const *)cells->elts;
    const char *error;
    double population;

    if (row == 1) {
        return check_header(loading, cells);
    }
    if (cells->nelts != loading->columns) {
        return apr_psprintf(pool, "%d cells where %d are expected",
                            cells->nelts, loading->columns);
    }
    if (cpts_format_insee.check(cell[0])) {
        return "insee must be a code of 5 characters such as 31113 or 2A004";
    }
    if (*cell[1] == '\0') {
        return "name is empty";
    }
    if (!decimal(&commune.lat, cell[2], -90, 90)
        || !decimal(&commune.lon, cell[3], -180, 180)) {
        return "lat and lon must be degrees with a decimal point (WGS84)";
    }
    if (!decimal(&population, cell[4], 0, POPULATION_MAX)
        || population != floor(population)) {
        return "population must be a whole number of inhabitants";
    }
    error = read_postcodes(
        &commune, cells->nelts == COLUMNS_MAX ? cell[COLUMNS_MIN] : "", pool);
    if (error) {
        return error;
    }
    if (apr_hash_get(loading->territory->by_insee, cell[0],
                     CPTS_INSEE_LENGTH)) {
        return apr_psprintf(pool, "commune %s is there twice", cell[0]);
    }
    if (loading->territory->communes->nelts >= CPTS_COMMUNES_MAX) {
        return apr_psprintf(pool, "more than %d communes", CPTS_COMMUNES_MAX);
    }
    apr_cpystrn(commune.insee, cell[0], sizeof(commune.insee));
    commune.name = cell[1];
    commune.population = (int)population;
    APR_ARRAY_PUSH(loading->territory->communes, cpts_commune_t) = commune;
    /* The value is set once the array has stopped moving; the key is for
     * finding codes given twice. */
    apr_hash_set(loading->territory->by_insee, cell[0], CPTS_INSEE_LENGTH,
                 cell[0]);
    loading->read++;
    return NULL;
}

/* The five characters of a code in the upper bytes of a number: there is
 * room for an index below. */
static uint64_t code_of(const char *insee)
{
    uint64_t code = 0;
    int i;

    for (i = 0; i < CPTS_INSEE_LENGTH; i++) {
        code = code << 8 | (unsigned char)insee[i];
    }
    return code << 24;
}

/* Where to look for a code first: the middle bits of a product mix well. */
static size_t place_of(const cpts_territory_t *t, uint64_t code)
{
    return (size_t)(code * UINT64_C(0x9e3779b97f4a7c15) >> 40) & t->mask;
}

/* Twice the room that the codes take: most are found at the first look. */
static void place_codes(cpts_territory_t *t, apr_pool_t *pool)
{
    size_t room = 16;
    int i;

    while (room < 2 * (size_t)t->communes->nelts) {
        room *= 2;
    }
    t->mask = room - 1;
    t->codes = apr_pcalloc(pool, room * sizeof(t->codes[0]));
    for (i = 0; i < t->communes->nelts; i++) {
        uint64_t code
            = code_of(APR_ARRAY_IDX(t->communes, i, cpts_commune_t).insee);
        size_t place = place_of(t, code);

        while (t->codes[place]) {
            place = (place + 1) & t->mask;
        }
        t->codes[place] = code | (unsigned)i;
    }
}

/* The array moved while it grew: index it again, for good. */
void cpts_territory_index_all(cpts_territory_t *territory, apr_pool_t *pool)
{
    int i;

    apr_hash_clear(territory->by_insee);
    territory->neighbours = 0;
    for (i = 0; i < territory->communes->nelts; i++) {
        cpts_commune_t *c
            = &APR_ARRAY_IDX(territory->communes, i, cpts_commune_t);

        apr_hash_set(territory->by_insee, c->insee, CPTS_INSEE_LENGTH, c);
        territory->neighbours += c->neighbour;
    }
    place_codes(territory, pool);
}

const char *cpts_territory_read(cpts_territory_t *territory, const char *file,
                                int neighbour, apr_pool_t *pool)
{
    loading_t loading = { territory, neighbour, 0, 0 };
    const char *error
        = cpts_csv_read(file, NULL, read_commune, &loading, pool);

    if (!error && loading.read == 0) {
        error = apr_psprintf(pool, "%s holds no commune", file);
    }
    cpts_territory_index_all(territory, pool);
    return error;
}

cpts_territory_t *cpts_territory_share(const cpts_territory_t *other,
                                       apr_pool_t *pool)
{
    cpts_territory_t *t = apr_pmemdup(pool, other, sizeof(*t));

    t->perimeters = apr_array_make(pool, 4, sizeof(cpts_perimeter_t));
    return t;
}

/* Mark the communes that a pattern matches; count them, or -1 on a match
 * that had to be given up. */
static int mark_matching(const cpts_territory_t *territory, pcre2_code *code,
                         char *chosen)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    int found = data && context ? 0 : -1;
    int i;

    if (context) {
        pcre2_set_match_limit(context, MATCH_LIMIT);
        pcre2_set_depth_limit(context, DEPTH_LIMIT);
    }
    for (i = 0; found >= 0 && i < territory->communes->nelts; i++) {
        const cpts_commune_t *c
            = &APR_ARRAY_IDX(territory->communes, i, cpts_commune_t);
        int rc = pcre2_match(code, (PCRE2_SPTR)c->insee, CPTS_INSEE_LENGTH, 0,
                             0, data, context);

        if (rc >= 0) {
            chosen[i] = 1;
            found++;
        }
        else if (rc != PCRE2_ERROR_NOMATCH) {
            found = -1;
        }
    }
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
    return found;
}

static const char *choose_pattern(const cpts_territory_t *territory,
                                  const char *pattern, char *chosen,
                                  apr_pool_t *pool)
{
    PCRE2_UCHAR reason[120];
    PCRE2_SIZE offset;
    int number;
    int found;
    pcre2_code *code = pcre2_compile(
        (PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
        PCRE2_ANCHORED | PCRE2_ENDANCHORED, &number, &offset, NULL);

    if (!code) {
        pcre2_get_error_message(number, reason, sizeof(reason));
        return apr_psprintf(pool, "pattern \"%s\": %s at character %d",
                            pattern, (const char *)reason, (int)offset + 1);
    }
    found = mark_matching(territory, code, chosen);
    pcre2_code_free(code);
    if (found < 0) {
        return apr_psprintf(pool,
                            "pattern \"%s\" takes too long to match: "
                            "write it without nested repeats",
                            pattern);
    }
    return found ? NULL
                 : apr_psprintf(pool,
                                "pattern \"%s\" matches no INSEE code "
                                "of the territory",
                                pattern);
}

static const char *choose(const cpts_territory_t *territory, const char *item,
                          char *chosen, apr_pool_t *pool)
{
    const cpts_commune_t *commune;

    if (*item == '~') {
        return choose_pattern(territory, item + 1, chosen, pool);
    }
    commune = cpts_territory_commune(territory, item);
    if (!commune) {
        return apr_psprintf(pool,
                            "%s is not the INSEE code of a commune of "
                            "the territory",
                            item);
    }
    chosen[cpts_territory_index(territory, commune)] = 1;
    return NULL;
}

const char *cpts_territory_perimeter(cpts_territory_t *territory,
                                     const char *name,
                                     const apr_array_header_t *items,
                                     apr_pool_t *pool)
{
    int count = territory->communes->nelts;
    char *chosen = apr_pcalloc(pool, (apr_size_t)count + 1);
    cpts_perimeter_t perimeter = { name, NULL, 0 };
    int i;

    if (cpts_format_name.check(name)) {
        return apr_psprintf(pool,
                            "the name of a perimeter is 1 to 40 "
                            "letters, digits, _ and -, not \"%s\"",
                            name);
    }
    if (cpts_territory_named(territory, name)) {
        return apr_psprintf(pool, "perimeter %s is defined twice", name);
    }
    for (i = 0; i < items->nelts; i++) {
        const char *error = choose(
            territory, APR_ARRAY_IDX(items, i, const char *), chosen, pool);

        if (error) {
            return apr_psprintf(pool, "perimeter %s: %s", name, error);
        }
    }
    perimeter.communes
        = apr_palloc(pool, sizeof(uint32_t) * ((apr_size_t)count + 1));
    for (i = 0; i < count; i++) {
        if (chosen[i]) {
            perimeter.communes[perimeter.count++] = (uint32_t)i;
        }
    }
    APR_ARRAY_PUSH(territory->perimeters, cpts_perimeter_t) = perimeter;
    return NULL;
}

const cpts_commune_t *cpts_territory_commune(const cpts_territory_t *t,
                                             const char *insee)
{
    uint64_t code, found;
    size_t place;

    if (!t->codes || strlen(insee) != CPTS_INSEE_LENGTH) {
        return NULL;
    }
    code = code_of(insee);
    for (place = place_of(t, code); (found = t->codes[place]) != 0;
         place = (place + 1) & t->mask) {
        if ((found ^ code) >> 24 == 0) {
            return &APR_ARRAY_IDX(t->communes, (int)(found & 0xffffff),
                                  cpts_commune_t);
        }
    }
    return NULL;
}

uint32_t cpts_territory_index(const cpts_territory_t *t,
                              const cpts_commune_t *commune)
{
    return (uint32_t)(commune - (const cpts_commune_t *)t->communes->elts);
}

const cpts_perimeter_t *cpts_territory_named(const cpts_territory_t *t,
                                             const char *name)
{
    int i;

    for (i = 0; i < t->perimeters->nelts; i++) {
        const cpts_perimeter_t *p
            = &APR_ARRAY_IDX(t->perimeters, i, cpts_perimeter_t);

        if (strcmp(p->name, name) == 0) {
            return p;
        }
    }
    return NULL;
}
