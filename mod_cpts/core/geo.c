/* SPDX-License-Identifier: Apache-2.0 */
/* Distances on the Earth. */

#include "core/geo.h"

#include <math.h>

#define RADIANS (3.14159265358979323846 / 180.0)

int cpts_geo_distance(double lat1, double lon1, double lat2, double lon2)
{
    double s1 = sin((lat2 - lat1) * RADIANS / 2);
    double s2 = sin((lon2 - lon1) * RADIANS / 2);
    double h = s1 * s1 + cos(lat1 * RADIANS) * cos(lat2 * RADIANS) * s2 * s2;

    /* Rounding may push h past 1 at the antipodes. */
    return (int)lround(2 * CPTS_EARTH_RADIUS * asin(sqrt(fmin(h, 1.0))));
}

/* Beyond this many radians the series below are not exact enough. */
#define NEAR_RADIANS 0.05
/* How near to half a metre the series may come before they are not trusted:
 * they are a thousand times better. */
#define DOUBT 1e-6

void cpts_geo_origin(cpts_geo_origin_t *origin, double lat, double lon)
{
    origin->lat = lat;
    origin->lon = lon;
    origin->sine = sin(lat * RADIANS);
    origin->cosine = cos(lat * RADIANS);
}

/* Of a small angle. */
static double small_sine(double x)
{
    double y = x * x;

    return x * (1 - y * (1 / 6.0 - y * (1 / 120.0 - y * (1 / 5040.0))));
}

/* Of a small number: the angle. */
static double small_angle(double square)
{
    return sqrt(square)
           * (1
              + square
                    * (1 / 6.0 + square * (3 / 40.0 + square * (15 / 336.0))));
}

/* The formula above with series, for what is near: metres. */
static double near_distance(const cpts_geo_origin_t *origin, double north,
                            double east)
{
    double s1 = small_sine(north / 2);
    double s2 = small_sine(east / 2);
    /* the cosine of the other latitude, from that of the origin */
    double cosine = origin->cosine * (1 - 2 * s1 * s1)
                    - origin->sine * small_sine(north);

    return 2 * CPTS_EARTH_RADIUS
           * small_angle(s1 * s1 + origin->cosine * cosine * s2 * s2);
}

int cpts_geo_from(const cpts_geo_origin_t *origin, double lat, double lon)
{
    double north = (lat - origin->lat) * RADIANS;
    double east = (lon - origin->lon) * RADIANS;

    if (fabs(north) < NEAR_RADIANS && fabs(east) < NEAR_RADIANS) {
        double metres = near_distance(origin, north, east);
        int whole = (int)metres;
        double rest = metres - whole;

        if (fabs(rest - 0.5) > DOUBT) {
            return whole + (rest > 0.5);
        }
    }
    return cpts_geo_distance(origin->lat, origin->lon, lat, lon);
}

double cpts_geo_latitudes(int metres)
{
    return metres / (CPTS_EARTH_RADIUS * RADIANS);
}

/* The meridians that touch a circle of radius d around latitude lat are
 * asin(sin d / cos lat) away; d / cos(lat + d) is never less. */
double cpts_geo_longitudes(int metres, double lat)
{
    double degrees = cpts_geo_latitudes(metres);
    double farthest = fabs(lat) + degrees;

    return farthest < 89 ? degrees / cos(farthest * RADIANS) : 180;
}
