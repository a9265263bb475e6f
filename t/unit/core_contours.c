/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of contours: what is served of a GeoJSON file, and its faults. */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/contours.h"
#include "core_support.h"

#define RING    "[[1,43],[2,43],[2,44],[1,43]]"
#define POLYGON "{\"type\":\"Polygon\",\"coordinates\":[" RING "]}"
#define FEATURE(properties, geometry)                      \
    "{\"type\":\"Feature\",\"properties\":" properties "," \
    "\"geometry\":" geometry "}"
#define CASTANET FEATURE("{\"insee\":\"31113\"}", POLYGON)
#define ALL(features) \
    "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

/* One commune of the territory, one beside it, one far away. */
static cpts_territory_t *territory(void)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    unit_commune(t, "31113", 43.5, 1.5, 0);
    unit_commune(t, "31555", 43.6, 1.4, 1);
    unit_commune(t, "2A004", 41.9, 8.7, 1);
    unit_territory_index(t);
    return t;
}

static const char *read_text(const cpts_contours_t **contours,
                             const char *text)
{
    return cpts_contours_read(contours, territory(),
                              unit_file(text, strlen(text)), unit_pool);
}

static void assert_served(const char *text, const char *served)
{
    const cpts_contours_t *contours;
    const char *error = read_text(&contours, text);

    if (error) {
        fail_msg("%s: %s", text, error);
    }
    assert_string_equal(contours->json, served);
    assert_int_equal(contours->length, strlen(served));
}

static void test_served(void **state)
{
    const char *served
        = ALL(FEATURE("{\"insee\":\"31113\"}",
                      "{\"type\":\"Polygon\",\"coordinates\":[[[1.0,43.0],"
                      "[2.0,43.12346],[-1.98765,44.0],[1.0,43.0]]]}"));

    (void)state;
    /* code for insee, heights, integers, much that is not asked for */
    assert_served("\xef\xbb\xbf{\"name\":\"x\",\"type\":\"FeatureCollection\","
                  "\"crs\":null,\"features\":[{\"type\":\"Feature\",\"id\":7,"
                  "\"properties\":{\"nom\":\"<b>\",\"code\":\"31113\"},"
                  "\"geometry\":{\"bbox\":[1,2],\"type\":\"Polygon\","
                  "\"coordinates\":[[[1,43,160],[2.0000001,43.123456789],"
                  "[-1.987654321,44,0],[1,43,160]]]}}]}",
                  served);
}

static void test_multipolygon(void **state)
{
    const char *ring = "[[1.0,43.0],[2.0,43.0],[2.0,44.0],[1.0,43.0]]";
    const char *rest = "]]}}]}";
    const char *both = apr_pstrcat(
        unit_pool,
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":"
        "\"Feature\",\"properties\":{\"insee\":\"31113\"},\"geometry\":{"
        "\"type\":\"MultiPolygon\",\"coordinates\":[[",
        ring, ",", ring, "],[", ring, rest, NULL);

    (void)state;
    assert_served(both, both);
}

/* The same content has the same digest, another one another. */
static void test_digest(void **state)
{
    const cpts_contours_t *a;
    const cpts_contours_t *b;
    const cpts_contours_t *c;

    (void)state;
    assert_null(read_text(&a, ALL(CASTANET)));
    assert_null(read_text(&b, " " ALL(CASTANET)));
    assert_null(read_text(
        &c, ALL(CASTANET "," FEATURE("{\"insee\":\"31555\"}", POLYGON))));
    assert_int_equal(strlen(a->digest), CPTS_CONTOURS_DIGEST);
    assert_int_equal(strspn(a->digest, "0123456789abcdef"),
                     CPTS_CONTOURS_DIGEST);
    assert_string_equal(a->digest, b->digest);
    assert_string_not_equal(a->digest, c->digest);
    assert_int_equal(a->count, 1);
    assert_int_equal(c->count, 2);
}

#define GEOMETRY(type, coordinates)      \
    ALL(FEATURE("{\"insee\":\"31113\"}", \
                "{\"type\":\"" type "\",\"coordinates\":" coordinates "}"))

static void test_faults(void **state)
{
    static const struct {
        const char *text, *message;
    } table[] = {
        { "", "not JSON: line 1" },
        { "{\n\"a\":", "not JSON: line 2" },
        { "[]", "a GeoJSON FeatureCollection" },
        { CASTANET, "a GeoJSON FeatureCollection" },
        { ALL(""), "a feature for each commune" },
        { "{\"type\":\"FeatureCollection\",\"features\":{}}",
          "a feature for each commune" },
        { ALL("7"), "feature 1: its type must be Feature" },
        { ALL("{\"type\":\"Polygon\"}"), "feature 1: its type" },
        { ALL(CASTANET "," FEATURE("null", POLYGON)),
          "feature 2: properties.insee (or .code)" },
        { ALL(FEATURE("{\"insee\":31113}", POLYGON)),
          "feature 1: properties.insee" },
        { ALL(FEATURE("{\"code\":\"99999\"}", POLYGON)),
          "feature 1: 99999 is not the INSEE code" },
        { ALL(CASTANET "," CASTANET),
          "feature 2 (31113 Commune 31113): this commune is there twice" },
        { ALL(FEATURE("{\"insee\":\"31555\"}", POLYGON)),
          "no feature is commune 31113 Commune 31113" },
        { ALL(FEATURE("{\"insee\":\"31113\"}", "null")),
          "feature 1 (31113 Commune 31113): its geometry must be" },
        { GEOMETRY("Point", "[1.5,43.5]"), "its geometry must be" },
        { GEOMETRY("Polygon", "[]"), "a polygon has no ring" },
        { GEOMETRY("Polygon", "7"), "a polygon has no ring" },
        { GEOMETRY("MultiPolygon", "[]"), "it has no polygon" },
        { GEOMETRY("MultiPolygon", "[[]]"), "a polygon has no ring" },
        { GEOMETRY("Polygon", "[[[1,43],[2,43],[1,43]]]"),
          "4 positions or more" },
        { GEOMETRY("Polygon", "[[[1,43],[2,43],[2,44],[1,43.1]]]"),
          "a ring is not closed" },
        { GEOMETRY("Polygon", "[" RING ",[[1,43],[2,43],[2,44],[2,43]]]"),
          "a ring is not closed" },
        { GEOMETRY("Polygon", "[[1,43],[2,43],[2,44],[1,43]]"),
          "4 positions or more" },
        { GEOMETRY("Polygon", "[[[1],[2],[2],[1]]]"),
          "must be [longitude, latitude]" },
        { GEOMETRY("Polygon", "[[[\"1\",43],[2,43],[2,44],[\"1\",43]]]"),
          "must be [longitude, latitude]" },
        { GEOMETRY("Polygon", "[[[1,2,3,4],[2,2],[2,3],[1,2,3,4]]]"),
          "must be [longitude, latitude]" },
        /* Lambert-93 */
        { GEOMETRY("Polygon", "[[[574000,6275000],[575000,6275000],"
                              "[575000,6276000],[574000,6275000]]]"),
          "out of bounds" },
        { GEOMETRY("Polygon", "[[[1,43],[181,43],[2,44],[1,43]]]"),
          "out of bounds" },
        { GEOMETRY("Polygon", "[[[1,43],[2,-91],[2,44],[1,43]]]"),
          "out of bounds" },
        /* latitude first, and the contour of another commune */
        { GEOMETRY("Polygon", "[[[43,1],[43,2],[44,2],[43,1]]]"),
          "not around the commune's centre (longitude 1.50000, latitude "
          "43.50000)" },
        { ALL(CASTANET "," FEATURE("{\"insee\":\"2A004\"}", POLYGON)),
          "feature 2 (2A004 Commune 2A004): the contour is not around" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const cpts_contours_t *contours;
        const char *error = read_text(&contours, table[i].text);

        if (!error || !strstr(error, table[i].message) || contours) {
            fail_msg("%s: %s, not \"%s\"", table[i].text,
                     error ? error : "no error", table[i].message);
        }
    }
}

/* As far as its file: named, bounded, a file. */
static void test_files(void **state)
{
    const cpts_contours_t *contours;
    size_t length = CPTS_CONTOURS_MAX_BYTES + 1;
    char *large = malloc(length);
    const char *error;

    (void)state;
    error = cpts_contours_read(&contours, territory(), "/no/such.geojson",
                               unit_pool);
    assert_non_null(error);
    assert_non_null(strstr(error, "/no/such.geojson: cannot read it"));
    error = cpts_contours_read(&contours, territory(), unit_source("t/data"),
                               unit_pool);
    assert_non_null(error);
    assert_non_null(large);
    memset(large, ' ', length);
    error = cpts_contours_read(&contours, territory(),
                               unit_file(large, length), unit_pool);
    free(large);
    assert_non_null(error);
    assert_non_null(strstr(error, "up to 8 MiB: take simplified contours"));
}

/* The file that other tests use fits the example territory. */
static void test_example(void **state)
{
    const cpts_contours_t *contours;
    cpts_territory_t *t = cpts_territory_create(unit_pool);
    json_t *json;

    (void)state;
    assert_null(cpts_territory_read(t, unit_source("examples/communes.csv"), 0,
                                    unit_pool));
    assert_null(cpts_contours_read(
        &contours, t, unit_source("t/data/territory/contours.geojson"),
        unit_pool));
    assert_int_equal(contours->count, 36);
    json = unit_keep(json_loadb(contours->json, contours->length, 0, NULL));
    assert_int_equal(json_array_size(json_object_get(json, "features")), 36);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_served), UNIT_TEST(test_multipolygon),
        UNIT_TEST(test_digest), UNIT_TEST(test_faults),
        UNIT_TEST(test_files),  UNIT_TEST(test_example),
    };

    return UNIT_RUN(tests);
}
