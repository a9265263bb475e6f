/* SPDX-License-Identifier: Apache-2.0 */
/* The contours of communes: a GeoJSON file, checked, as it is served. */

#include "core/contours.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_file_io.h>
#include <apr_sha1.h>
#include <apr_strings.h>
#include <jansson.h>

/* Five decimals of a degree are a metre: 100,000 steps. */
#define STEPS 1e5
/* Nine digits write them all: -179.12345. */
#define WRITING (JSON_COMPACT | JSON_REAL_PRECISION(9))
/* How far outside of its contour the centre of a commune may be, degrees:
 * some files of communes have the town hall there. */
#define SLACK 0.05
/* The fewest positions of a ring: a triangle, closed. */
#define RING_MIN 4

/* One reading.  A fault is noted where it is found, and ends it. */
typedef struct {
    const cpts_territory_t *territory;
    apr_pool_t *pool;
    char *seen;         /* by index of commune */
    const char *where;  /* "feature 3 (31113)" */
    const char *error;  /* NULL while all is well */
    double west, south; /* what the contour takes in */
    double east, north;
} reader_t;

static int wrong(reader_t *reader, const char *message)
{
    reader->error = reader->where ? apr_pstrcat(reader->pool, reader->where,
                                                ": ", message, NULL)
                                  : message;
    return -1;
}

/* --- geometry: each returns what is served, or NULL after wrong() */

static double rounded(double degrees)
{
    return round(degrees * STEPS) / STEPS;
}

/* Longitude and latitude; a height is allowed, and dropped. */
static json_t *read_position(reader_t *reader, const json_t *position)
{
    json_t *lon = json_array_get(position, 0);
    json_t *lat = json_array_get(position, 1);
    double x;
    double y;

    if (!json_is_number(lon) || !json_is_number(lat)
        || json_array_size(position) > 3) {
        wrong(reader, "a position must be [longitude, latitude]");
        return NULL;
    }
    x = json_number_value(lon);
    y = json_number_value(lat);
    if (fabs(x) > 180 || fabs(y) > 90) {
        wrong(reader, "a position is out of bounds: it must be [longitude, "
                      "latitude] in degrees (WGS84)");
        return NULL;
    }
    reader->west = fmin(reader->west, x);
    reader->east = fmax(reader->east, x);
    reader->south = fmin(reader->south, y);
    reader->north = fmax(reader->north, y);
    return json_pack("[f, f]", rounded(x), rounded(y));
}

/* Reads one item of an array. */
typedef json_t *read_fn(reader_t *reader, const json_t *item);

/* An array whose items are all read alike. */
static json_t *read_all(reader_t *reader, const json_t *items, read_fn *read)
{
    json_t *array = json_array();
    size_t i;

    for (i = 0; i < json_array_size(items); i++) {
        json_t *item = read(reader, json_array_get(items, i));

        /* takes NULL for an error, too */
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *read_ring(reader_t *reader, const json_t *ring)
{
    size_t count = json_array_size(ring);

    if (count < RING_MIN) {
        wrong(reader, "a ring must have 4 positions or more");
        return NULL;
    }
    if (!json_equal(json_array_get(ring, 0),
                    json_array_get(ring, count - 1))) {
        wrong(reader, "a ring is not closed: its last position must be its "
                      "first one");
        return NULL;
    }
    return read_all(reader, ring, read_position);
}

static json_t *read_polygon(reader_t *reader, const json_t *polygon)
{
    if (json_array_size(polygon) == 0) {
        wrong(reader, "a polygon has no ring");
        return NULL;
    }
    return read_all(reader, polygon, read_ring);
}

static json_t *read_geometry(reader_t *reader, const json_t *geometry)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    json_t *read = NULL;

    if (type && strcmp(type, "Polygon") == 0) {
        read = read_polygon(reader, coordinates);
    }
    else if (type && strcmp(type, "MultiPolygon") == 0) {
        if (json_array_size(coordinates) == 0) {
            wrong(reader, "it has no polygon");
            return NULL;
        }
        read = read_all(reader, coordinates, read_polygon);
    }
    else {
        wrong(reader, "its geometry must be a Polygon or a MultiPolygon");
    }
    return read ? json_pack("{s:s, s:o}", "type", type, "coordinates", read)
                : NULL;
}

/* --- features */

/* The commune that a feature is, or NULL after wrong(). */
static const cpts_commune_t *read_commune(reader_t *reader,
                                          const json_t *feature)
{
    const json_t *properties = json_object_get(feature, "properties");
    const json_t *code = json_object_get(properties, "insee");
    const cpts_commune_t *commune;
    const char *insee;

    insee
        = json_string_value(code ? code : json_object_get(properties, "code"));
    if (!insee) {
        wrong(reader, "properties.insee (or .code) must be the INSEE code, "
                      "a text such as \"31113\"");
        return NULL;
    }
    commune = cpts_territory_commune(reader->territory, insee);
    if (!commune) {
        wrong(reader, apr_psprintf(reader->pool,
                                   "%.20s is not the INSEE code of a commune "
                                   "of CptsCommunes or CptsNeighbours: take "
                                   "the feature out",
                                   insee));
    }
    return commune;
}

/* Swapped axes and swapped codes are well-formed: the place tells them. */
static int check_place(reader_t *reader, const cpts_commune_t *commune)
{
    if (commune->lon > reader->west - SLACK
        && commune->lon < reader->east + SLACK
        && commune->lat > reader->south - SLACK
        && commune->lat < reader->north + SLACK) {
        return 0;
    }
    return wrong(reader,
                 apr_psprintf(reader->pool,
                              "the contour is not around the commune's "
                              "centre (longitude %.5f, latitude %.5f): are "
                              "longitude and latitude swapped, or is the "
                              "code wrong?",
                              commune->lon, commune->lat));
}

static int check_commune(reader_t *reader, const cpts_commune_t *commune,
                         int number)
{
    uint32_t index = cpts_territory_index(reader->territory, commune);

    reader->where = apr_psprintf(reader->pool, "feature %d (%s %s)", number,
                                 commune->insee, commune->name);
    if (reader->seen[index]) {
        return wrong(reader, "this commune is there twice");
    }
    reader->seen[index] = 1;
    return 0;
}

static json_t *read_feature(reader_t *reader, const json_t *feature,
                            int number)
{
    const char *type = json_string_value(json_object_get(feature, "type"));
    const cpts_commune_t *commune;
    json_t *geometry;

    reader->where = apr_psprintf(reader->pool, "feature %d", number);
    reader->west = reader->south = INFINITY;
    reader->east = reader->north = -INFINITY;
    if (!type || strcmp(type, "Feature") != 0) {
        wrong(reader, "its type must be Feature");
        return NULL;
    }
    commune = read_commune(reader, feature);
    if (!commune || check_commune(reader, commune, number)) {
        return NULL;
    }
    geometry = read_geometry(reader, json_object_get(feature, "geometry"));
    if (!geometry || check_place(reader, commune)) {
        json_decref(geometry);
        return NULL;
    }
    return json_pack("{s:s, s:{s:s}, s:o}", "type", "Feature", "properties",
                     "insee", commune->insee, "geometry", geometry);
}

/* A territory with holes could not be tapped whole. */
static int check_all_there(reader_t *reader)
{
    int i;

    for (i = 0; i < reader->territory->communes->nelts; i++) {
        const cpts_commune_t *c
            = &APR_ARRAY_IDX(reader->territory->communes, i, cpts_commune_t);

        if (!c->neighbour && !reader->seen[i]) {
            reader->where = NULL;
            return wrong(reader,
                         apr_psprintf(reader->pool,
                                      "no feature is commune %s %s of the "
                                      "territory: add its contour",
                                      c->insee, c->name));
        }
    }
    return 0;
}

/* --- the collection */

static json_t *read_features(reader_t *reader, const json_t *file)
{
    const char *type = json_string_value(json_object_get(file, "type"));
    const json_t *features = json_object_get(file, "features");
    json_t *array;
    size_t i;

    if (!type || strcmp(type, "FeatureCollection") != 0
        || json_array_size(features) == 0) {
        wrong(reader, "it must be a GeoJSON FeatureCollection with a feature "
                      "for each commune");
        return NULL;
    }
    array = json_array();
    for (i = 0; i < json_array_size(features); i++) {
        if (json_array_append_new(
                array, read_feature(reader, json_array_get(features, i),
                                    (int)i + 1))) {
            json_decref(array);
            return NULL;
        }
    }
    if (check_all_there(reader)) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static void set_digest(cpts_contours_t *contours)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char sum[APR_SHA1_DIGESTSIZE];
    apr_sha1_ctx_t context;
    int i;

    apr_sha1_init(&context);
    apr_sha1_update(&context, contours->json, (unsigned)contours->length);
    apr_sha1_final(sum, &context);
    for (i = 0; i < APR_SHA1_DIGESTSIZE; i++) {
        contours->digest[2 * i] = digits[sum[i] >> 4];
        contours->digest[2 * i + 1] = digits[sum[i] & 15];
    }
}

/* Takes the features; NULL when memory is short. */
static const cpts_contours_t *write_contours(json_t *features,
                                             apr_pool_t *pool)
{
    cpts_contours_t *contours = apr_pcalloc(pool, sizeof(*contours));
    int count = (int)json_array_size(features);
    json_t *all = json_pack("{s:s, s:o}", "type", "FeatureCollection",
                            "features", features);
    char *text = all ? json_dumps(all, WRITING) : NULL;

    json_decref(all);
    if (!text) {
        return NULL;
    }
    contours->count = count;
    contours->length = strlen(text);
    contours->json = apr_pstrmemdup(pool, text, contours->length);
    free(text);
    set_digest(contours);
    return contours;
}

/* --- the file */

static const char *read_text(char **text, apr_size_t *length, const char *file,
                             apr_pool_t *pool)
{
    apr_file_t *in;
    apr_finfo_t info;
    char reason[120];
    apr_status_t rv = apr_file_open(&in, file, APR_READ, 0, pool);

    if (rv != APR_SUCCESS) {
        return apr_psprintf(pool, "cannot read it: %s",
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    rv = apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, in);
    if (rv == APR_SUCCESS
        && (info.filetype != APR_REG || info.size > CPTS_CONTOURS_MAX_BYTES)) {
        apr_file_close(in);
        return apr_psprintf(pool,
                            "it is not a file of up to %d MiB: take "
                            "simplified contours",
                            CPTS_CONTOURS_MAX_BYTES / 1024 / 1024);
    }
    if (rv == APR_SUCCESS) {
        *length = (apr_size_t)info.size;
        *text = apr_palloc(pool, *length + 1);
        rv = apr_file_read_full(in, *text, *length, NULL);
    }
    apr_file_close(in);
    return rv == APR_SUCCESS
               ? NULL
               : apr_psprintf(pool, "cannot read it: %s",
                              apr_strerror(rv, reason, sizeof(reason)));
}

static const char *read_json(json_t **json, const char *file, apr_pool_t *pool)
{
    json_error_t fault;
    char *text = NULL;
    apr_size_t length = 0;
    const char *error = read_text(&text, &length, file, pool);
    size_t bom;

    if (error) {
        return error;
    }
    bom = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *json = json_loadb(text + bom, length - bom, 0, &fault);
    return *json ? NULL
                 : apr_psprintf(pool, "it is not JSON: line %d, column %d: %s",
                                fault.line, fault.column, fault.text);
}

static const char *read_contours(const cpts_contours_t **contours,
                                 const cpts_territory_t *territory,
                                 const char *file, apr_pool_t *pool,
                                 apr_pool_t *scratch)
{
    reader_t reader = { .territory = territory, .pool = scratch };
    json_t *features;
    json_t *json;
    const char *error = read_json(&json, file, scratch);

    if (error) {
        return error;
    }
    reader.seen
        = apr_pcalloc(scratch, (apr_size_t)territory->communes->nelts + 1);
    features = read_features(&reader, json);
    json_decref(json);
    *contours = features ? write_contours(features, pool) : NULL;
    /* without a fault, memory was short */
    return *contours ? NULL : reader.error ? reader.error : "memory is short";
}

const char *cpts_contours_read(const cpts_contours_t **contours,
                               const cpts_territory_t *territory,
                               const char *file, apr_pool_t *pool)
{
    apr_pool_t *scratch;
    const char *error;

    *contours = NULL;
    if (apr_pool_create(&scratch, pool) != APR_SUCCESS) {
        return "memory is short";
    }
    error = read_contours(contours, territory, file, pool, scratch);
    error = error ? apr_psprintf(pool, "%s: %s", file, error) : NULL;
    apr_pool_destroy(scratch);
    return error;
}
