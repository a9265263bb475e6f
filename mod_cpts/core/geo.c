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
