/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to a snapshot: all sheets, or those that changed. */

/**
 * @file load.h
 */
#ifndef CPTS_STORE_LOAD_H
#define CPTS_STORE_LOAD_H

#include "core/snapshot.h"
#include "store/db.h"

/** When a snapshot is made. */
typedef struct {
    int64_t now;      /**< seconds since 1970 */
    cpts_day_t today; /**< the server's day */
    int renew;        /**< 1: the due time of the version before has passed */
    int64_t due;      /**< out: when places come back by themselves, at the
                           latest the end of the day */
    int in_place;     /**< 1: only what takes microseconds, see below */
    int share_from;   /**< sheets from which on their records are shared
                           between processes (store/image.h), 0: never */
    int unshared;     /**< out: errno when that could not be, or 0 */
    int later;        /**< 1: a first load may leave the sharing to the next
                           call, which is to come soon: others wait for it */
    int lock;         /**< in and out, with later: what a call leaves to the
                           next one, -1: nothing */
} cpts_moment_t;

/** The generation of the territory and its rotation key. */
cpts_db_e cpts_generation_read(cpts_db_t *db, int64_t *generation,
                               unsigned char rotation_key[16]);

/** Load a snapshot: all rows, or what changed after @a before (all again
 * when the database went back, as after a restore), with the places that
 * placements leave. One read transaction, so that rows and generation agree.
 * A first load finds the records in the image of the database, if there is
 * one of an earlier state, and decodes but what changed since; else it makes
 * one, as does a load that removes sheets or when many have changed.  With
 * moment->later it only decodes, and the call after it makes the image.
 * Where nothing changed @a before itself is returned with one more reference.
 * In the transaction of a change, if that is running: then it is what will be
 * committed.  In place it is made only when one change leads from @a before to
 * it, moves nobody, and leaves the image as it is: else CPTS_DB_NONE.
 * Sheets that do not decode are left out and counted (cpts_db_skipped). */
cpts_db_e cpts_snapshot_load(cpts_snapshot_t **snapshot, cpts_db_t *db,
                             cpts_snapshot_t *before,
                             const cpts_territory_t *territory,
                             cpts_moment_t *moment, apr_pool_t *pool);

#endif
