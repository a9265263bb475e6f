/* SPDX-License-Identifier: Apache-2.0 */
/* Distances on the Earth. */

/**
 * @file geo.h
 * @brief Great circle distance (haversine) on the sphere of mean radius
 * 6,371,008.8 m (IUGG mean radius R1, GRS 80, Moritz 2000).
 */
#ifndef CPTS_CORE_GEO_H
#define CPTS_CORE_GEO_H

/** IUGG mean Earth radius R1, metres. */
#define CPTS_EARTH_RADIUS 6371008.8

/**
 * Distance between two points, degrees WGS84.
 * @return whole metres, rounded to nearest, so that orders are exact.
 */
int cpts_geo_distance(double lat1, double lon1, double lat2, double lon2);

/** A place that many distances start from. */
typedef struct {
    double lat, lon;     /**< degrees */
    double sine, cosine; /**< of the latitude */
} cpts_geo_origin_t;

void cpts_geo_origin(cpts_geo_origin_t *origin, double lat, double lon);

/** The same distance as cpts_geo_distance() to the metre, and ten times as
 * quick for places that are near. */
int cpts_geo_from(const cpts_geo_origin_t *origin, double lat, double lon);

/** Degrees of latitude spanned by @a metres. */
double cpts_geo_latitudes(int metres);

/**
 * Degrees of longitude that no point within @a metres of one at latitude
 * @a lat lies beyond; 180 near a pole.
 */
double cpts_geo_longitudes(int metres, double lat);

#endif
