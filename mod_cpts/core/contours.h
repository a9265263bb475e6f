/* SPDX-License-Identifier: Apache-2.0 */
/* The contours of communes: a GeoJSON file, checked, as it is served. */

/**
 * @file contours.h
 * @brief Read once with the configuration; never changes afterwards, shared
 * by all threads without a lock.
 */
#ifndef CPTS_CORE_CONTOURS_H
#define CPTS_CORE_CONTOURS_H

#include <apr_pools.h>

#include "core/territory.h"

/** The largest file that is read, bytes: JSON takes ten times as much while
 * it is read, and a map of more would be slow. */
#define CPTS_CONTOURS_MAX_BYTES (8 * 1024 * 1024)

/** A SHA-1 in hexadecimal. */
#define CPTS_CONTOURS_DIGEST 40

/** What is served: a FeatureCollection of Features with properties.insee and
 * a Polygon or MultiPolygon, degrees with 5 decimals, nothing else. */
typedef struct cpts_contours_t {
    const char *json;                      /**< UTF-8 */
    size_t length;                         /**< of json, bytes */
    int count;                             /**< of communes */
    char digest[CPTS_CONTOURS_DIGEST + 1]; /**< of json */
} cpts_contours_t;

/**
 * Read a GeoJSON file (RFC 7946) and check it: each feature is a commune of
 * the territory or near it, by properties.insee or properties.code, once; its
 * rings are closed and within the bounds of WGS84; it lies where the commune
 * is; each commune of the territory itself is there.
 * @param territory with all its communes
 * @param pool of the result
 * @return NULL, or an English message that names file, feature and remedy.
 */
const char *cpts_contours_read(const cpts_contours_t **contours,
                               const cpts_territory_t *territory,
                               const char *file, apr_pool_t *pool);

#endif
