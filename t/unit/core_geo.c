/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of distances: known ones, symmetry, poles, antipodes, the meridian
 * of 180 degrees. */

#include <math.h>
#include <stdlib.h>

#include "core/geo.h"
#include "core_support.h"

/* Metres of half a great circle. */
#define HALF_WAY 20015114

static void test_known(void **state)
{
    /* On the ellipsoid WGS84 (Vincenty), metres: the sphere is within
     * 0.5 % of it everywhere. */
    static const struct {
        const char *what;
        double lat1, lon1, lat2, lon2;
        int metres;
    } table[] = {
        { "Paris - Toulouse", 48.8566, 2.3522, 43.6047, 1.4442, 588174 },
        { "Paris - Marseille", 48.8566, 2.3522, 43.2965, 5.3698, 660632 },
        { "Paris - New York", 48.8566, 2.3522, 40.7128, -74.0060, 5852936 },
        { "a degree of the equator", 0, 0, 0, 1, 111319 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int metres = cpts_geo_distance(table[i].lat1, table[i].lon1,
                                       table[i].lat2, table[i].lon2);

        if (abs(metres - table[i].metres) > table[i].metres / 200) {
            fail_msg("%s: %d m, not %d", table[i].what, metres,
                     table[i].metres);
        }
    }
}

/* The sphere itself, to the metre. */
static void test_sphere(void **state)
{
    (void)state;
    assert_int_equal(cpts_geo_distance(43.5, 1.5, 43.5, 1.5), 0);
    assert_int_equal(cpts_geo_distance(0, 0, 0, 180), HALF_WAY);
    assert_int_equal(cpts_geo_distance(0, 0, 0, -180), HALF_WAY);
    assert_int_equal(cpts_geo_distance(90, 0, -90, 0), HALF_WAY);
    assert_int_equal(cpts_geo_distance(43.6, 1.44, -43.6, -178.56), HALF_WAY);
    assert_int_equal(cpts_geo_distance(0, 0, 0, 90), HALF_WAY / 2);
    assert_int_equal(cpts_geo_distance(90, 12, 90, -77), 0);
    /* Across the meridian of 180 degrees (Wallis-et-Futuna is near). */
    assert_int_equal(cpts_geo_distance(0, 179.5, 0, -179.5),
                     cpts_geo_distance(0, 0, 0, 1));
    assert_int_equal(cpts_geo_distance(0, 0, 1, 0), 111195);
}

static double random_degrees(double most)
{
    return ((double)unit_below(2000001) / 1000000.0 - 1) * most;
}

static void test_random(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 100000; i++) {
        double lat1 = random_degrees(90);
        double lon1 = random_degrees(180);
        double lat2 = random_degrees(90);
        double lon2 = random_degrees(180);
        int there = cpts_geo_distance(lat1, lon1, lat2, lon2);

        assert_int_equal(there, cpts_geo_distance(lat2, lon2, lat1, lon1));
        assert_true(there >= 0 && there <= HALF_WAY);
        assert_int_equal(cpts_geo_distance(lat1, lon1, lat1, lon1), 0);
        /* Never nearer than the difference of latitudes says. */
        assert_true(fabs(lat1 - lat2) <= cpts_geo_latitudes(there + 1) + 1e-9);
    }
}

/* The quick way says the same to the metre, near and far. */
static void test_from(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 300000; i++) {
        double apart = i % 3 == 0 ? 0.01 : i % 3 == 1 ? 1 : 4;
        double lat = random_degrees(90);
        double lon = random_degrees(180);
        double lat2 = fmax(-90, fmin(90, lat + random_degrees(apart)));
        double lon2 = lon + random_degrees(apart);
        cpts_geo_origin_t origin;
        int there = cpts_geo_distance(lat, lon, lat2, lon2);

        cpts_geo_origin(&origin, lat, lon);
        if (cpts_geo_from(&origin, lat2, lon2) != there) {
            fail_msg("%.6f %.6f to %.6f %.6f: %d m, not %d", lat, lon, lat2,
                     lon2, cpts_geo_from(&origin, lat2, lon2), there);
        }
        assert_int_equal(cpts_geo_from(&origin, lat, lon), 0);
    }
}

/* Rounding must not lead out of what asin() takes. */
static void test_antipodes(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < 200000; i++) {
        double lat = random_degrees(90);
        double lon = random_degrees(180);
        double across = lon > 0 ? lon - 180 : lon + 180;

        if (HALF_WAY - cpts_geo_distance(lat, lon, -lat, across) > 1) {
            fail_msg("%.6f %.6f: %d m to the antipodes", lat, lon,
                     cpts_geo_distance(lat, lon, -lat, across));
        }
    }
}

static void test_latitudes(void **state)
{
    (void)state;
    assert_true(fabs(cpts_geo_latitudes(111195) - 1) < 1e-5);
    assert_true(cpts_geo_latitudes(0) < 1e-12);
}

/* Whatever is within a distance is within the longitudes too, poles and the
 * meridian of 180 degrees included. */
static void test_longitudes(void **state)
{
    int metres = 30000;
    int near = 0;
    double lat;

    (void)state;
    for (lat = -90; lat <= 90; lat += 0.25) {
        double reach = cpts_geo_longitudes(metres, lat);
        double lon, other;

        assert_true(reach <= 180);
        for (other = lat - 0.27; other <= lat + 0.27; other += 0.03) {
            for (lon = 0.01; lon <= 180; lon *= 1.05) {
                if (other < -90 || other > 90
                    || cpts_geo_distance(lat, 10, other, 10 + lon) > metres) {
                    continue;
                }
                assert_true(lon <= reach);
                near++;
            }
        }
    }
    assert_true(near > 1000);
    /* And it is of use: not much more than what is needed. */
    assert_true(cpts_geo_longitudes(metres, 43.5) < 0.40);
    assert_true(cpts_geo_longitudes(metres, 89.9) >= 180);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_known),      UNIT_TEST(test_sphere),
        UNIT_TEST(test_random),     UNIT_TEST(test_from),
        UNIT_TEST(test_antipodes),  UNIT_TEST(test_latitudes),
        UNIT_TEST(test_longitudes),
    };

    return UNIT_RUN(tests);
}
