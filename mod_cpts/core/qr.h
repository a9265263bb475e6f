/* SPDX-License-Identifier: Apache-2.0 */
/* QR codes: an address as the path of an SVG picture. */

/**
 * @file qr.h
 */
#ifndef CPTS_CORE_QR_H
#define CPTS_CORE_QR_H

#include <apr_pools.h>

/** Modules of white that belong on each side of a code. */
#define CPTS_QR_QUIET 4

typedef struct {
    int size;         /**< modules on a side, 21 .. 177, without the quiet
                       * zone */
    const char *path; /**< SVG path data of the dark modules, one unit each:
                       * "M0 0h7v1h-7z..." */
} cpts_qr_t;

/**
 * Make the QR code of a text: the smallest that holds it, error correction M
 * (15 % of the picture may be lost).
 *
 * The picture needs a viewBox with the quiet zone, "-4 -4 S S" where S is
 * size + 2 * CPTS_QR_QUIET, and shape-rendering="crispEdges".
 * @param text UTF-8, 1 to 2331 bytes
 * @return a code in @a pool, or NULL when the text is empty or too long, or
 * memory is short.
 */
const cpts_qr_t *cpts_qr_make(apr_pool_t *pool, const char *text);

#endif
