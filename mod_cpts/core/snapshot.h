/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot: every sheet of a territory, arranged for matching. */

/**
 * @file snapshot.h
 * @brief An immutable version of a territory's sheets, held by counted
 * references.  A new version shares everything that did not change: records
 * and chunks of records by reference, the geometry (where the sites are,
 * which communes each doctor visits, the candidates of each commune) whole,
 * unless a sheet moved.  Whose turn it is goes on from version to version.
 *
 * Threads: a snapshot may be read by any number of threads that hold a
 * reference; only one thread at a time may build the next version.
 * Memory is the snapshot's own (malloc), freed with the last reference.
 */
#ifndef CPTS_CORE_SNAPSHOT_H
#define CPTS_CORE_SNAPSHOT_H

#include <stdint.h>

#include <apr_pools.h>

#include "core/sheet.h"
#include "core/territory.h"

struct cpts_image_t;

typedef struct cpts_snapshot_t cpts_snapshot_t;
typedef struct cpts_changes_t cpts_changes_t;

/**
 * Start the list of changes that leads to the next version.
 * @param before the version to start from (a reference is not taken: the
 * caller keeps it until commit), or NULL for a first load.
 */
cpts_changes_t *cpts_changes_create(cpts_snapshot_t *before,
                                    const cpts_territory_t *territory,
                                    apr_pool_t *pool);

/**
 * Put or replace one sheet.
 * @param id the row's number, stable for the life of the sheet
 * @param sheet read during the call only
 */
apr_status_t cpts_changes_put(cpts_changes_t *changes, int64_t id,
                              const cpts_sheet_t *sheet);

/**
 * Places that placements have taken from the sheet that was put last: what is
 * left is what matching looks at.
 */
void cpts_changes_take(cpts_changes_t *changes, int general, int reserved);

/** Remove one sheet; unknown ids are ignored. */
apr_status_t cpts_changes_remove(cpts_changes_t *changes, int64_t id);

/**
 * Build the next version, with one reference that the caller owns.
 * @param generation of the database at which the changes were read
 */
apr_status_t cpts_changes_commit(cpts_snapshot_t **snapshot,
                                 cpts_changes_t *changes, int64_t generation,
                                 const unsigned char rotation_key[16]);

/** 1 when sites have moved, or sheets come or gone: most is made anew. */
int cpts_changes_moved(const cpts_changes_t *changes);

/** Sheets of the version before that the changes have removed. */
size_t cpts_changes_removed(const cpts_changes_t *changes);

/**
 * A snapshot of the records that an image keeps, in its order, with one
 * reference that the caller owns.
 * @param image whole and checked; the snapshot takes references of its own
 * @param before whose turns go on, or NULL
 * @return NULL when memory is short, or the geometry does not fit
 */
cpts_snapshot_t *cpts_snapshot_of_image(struct cpts_image_t *image,
                                        const cpts_snapshot_t *before,
                                        const cpts_territory_t *territory,
                                        int64_t generation,
                                        const unsigned char rotation_key[16]);

/** Take one more reference. */
void cpts_snapshot_retain(cpts_snapshot_t *snapshot);

/** Give a reference back; the last one frees the snapshot. */
void cpts_snapshot_release(cpts_snapshot_t *snapshot);

int64_t cpts_snapshot_generation(const cpts_snapshot_t *snapshot);

/** The rotation key, 16 bytes. */
const unsigned char *cpts_snapshot_key(const cpts_snapshot_t *snapshot);

/** Number of sheets, those that left included. */
size_t cpts_snapshot_count(const cpts_snapshot_t *snapshot);

/** Sheets whose memory is not that of an image: those that changed. */
size_t cpts_snapshot_loose(const cpts_snapshot_t *snapshot);

/** The image that keeps its records, borrowed; NULL: none does. */
const struct cpts_image_t *cpts_snapshot_image(
    const cpts_snapshot_t *snapshot);

/** Sites whose commune the territory does not know (they match nobody). */
size_t cpts_snapshot_unlocated(const cpts_snapshot_t *snapshot);

#endif
