/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an image, beside the database: read, made, done away with. */

/**
 * @file image.h
 * @brief DATABASE.image keeps the records of all sheets, so that a process
 * need not decode them again and shares their memory with the others.  It is
 * made by whichever process had to decode them, and is worth nothing:
 * without it everything is decoded.  It has the owner of the database, and
 * who may not read that may not read it.
 *
 * It is written as DATABASE.image.new, locked by who writes it (flock, which
 * ends with the process), and then renamed: nobody ever maps a file that
 * changes.  Since its sums cover every byte a torn file is refused, and
 * nothing waits for the disk.
 *
 * What is erased must not live on in it: cpts_image_sweep().  Nor does one
 * stay that does not fit: who loads first writes another or removes it
 * (store/load.c).
 */
#ifndef CPTS_STORE_IMAGE_H
#define CPTS_STORE_IMAGE_H

#include "core/image.h"
#include "store/db.h"

/** The image of a database; in @a pool. */
const char *cpts_image_file(const char *database, apr_pool_t *pool);

/** Map a file, unchecked; NULL with errno where that cannot be. */
cpts_image_t *cpts_image_map(const char *file);

/** What the file says it was made of, unchecked.
 * @return 0, or -1: there is none */
int cpts_image_look(cpts_image_origin_t *origin, const char *file);

/**
 * Be the one process that writes this file, or wait until another has done
 * so and look again.
 * @param wait at the most, milliseconds
 * @return a descriptor for the functions below, or -1 with errno; EWOULDBLOCK:
 * another is still at it
 */
int cpts_image_lock(const char *file, int wait, apr_pool_t *pool);

/** Write an image in the place of the file, readable by those who may read
 * the database. @return 0, or -1 with errno */
int cpts_image_save(int lock, const cpts_image_t *image, const char *file,
                    const char *database, apr_pool_t *pool);

/** Let others write it. */
void cpts_image_unlock(int lock, const char *file, apr_pool_t *pool);

/** Remove the file; harmless without one. */
void cpts_image_remove(const char *file);

/**
 * Remove the image of a database if a sheet was erased since it was made, and
 * what a process left behind that was killed while it wrote one.  Called
 * after the commit by who erases (cpts_db_checkpoint() does), after the rename
 * by who writes: whoever comes last sees what the other did.
 */
void cpts_image_sweep(cpts_db_t *db);

#endif
