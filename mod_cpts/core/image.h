/* SPDX-License-Identifier: Apache-2.0 */
/* The image: records side by side in one stretch of memory, or of a file. */

/**
 * @file image.h
 * @brief Private to the snapshot and to what loads it.  An image keeps
 * records for snapshots, which hold references on it and never on those
 * records.  It is filled by one thread and never changes once a snapshot
 * holds it.  There are two kinds:
 *
 * - one that grows record by record, in memory of this process;
 * - one made of a whole snapshot, one stretch of bytes without any pointer:
 *   written to a file, it can be mapped by other processes, which then share
 *   its memory.
 *
 * Such a file says what it was made of, and has sums of every byte under the
 * key of its database, so that another one, a torn one or one damaged by
 * accident is refused; who may write to it may also write to the database.
 * What it cannot bear is to be truncated while it is mapped: a file is only
 * ever replaced by another of the same name.
 */
#ifndef CPTS_CORE_IMAGE_H
#define CPTS_CORE_IMAGE_H

#include "core/record.h"
#include "core/snapshot.h"

/** Bytes of a link of the journal. */
#define CPTS_IMAGE_LINK 32

typedef struct cpts_image_t cpts_image_t;

/** Of which state of the database an image was made. */
typedef struct {
    int64_t generation;
    int64_t made_at; /**< seconds since 1970: places are those of then */
    int64_t due;     /**< when places come back by themselves */
    int64_t entry;   /**< the last one of the journal, 0: none */
    unsigned char link[CPTS_IMAGE_LINK]; /**< of that entry */
} cpts_image_origin_t;

/** A growing image, one reference; NULL when memory is short. */
cpts_image_t *cpts_image_create(void);

/** Keep a copy of a record, which no snapshot may change any more once it
 * has it; NULL when memory is short. */
cpts_record_t *cpts_image_add(cpts_image_t *image,
                              const cpts_record_t *record);

/**
 * One stretch of bytes with all records of a snapshot, one reference; NULL
 * when memory is short.
 * @param key the rotation key of the territory: it keys the digest
 */
cpts_image_t *cpts_image_of(const cpts_snapshot_t *snapshot,
                            const cpts_image_origin_t *origin,
                            const cpts_territory_t *territory,
                            const unsigned char key[16]);

/** The digest of such bytes from `size` of the head on, as it stands there. */
uint64_t cpts_image_digest(const void *bytes, size_t size,
                           const unsigned char key[16]);

/** The bytes of such an image. */
const void *cpts_image_bytes(const cpts_image_t *image, size_t *size);

/**
 * Take over a mapping of a file: it is unmapped with the last reference.
 * Nothing of it is looked at yet.
 * @return one reference; NULL when memory is short: it is unmapped then
 */
cpts_image_t *cpts_image_adopt(void *bytes, size_t size);

/**
 * Look at an image that was adopted: made by this version of the code, for
 * this territory as it is configured, and whole.
 * @return 0, or -1
 */
int cpts_image_check(cpts_image_origin_t *origin, const cpts_image_t *image,
                     const cpts_territory_t *territory,
                     const unsigned char key[16]);

/** The origin that the first bytes of a file tell, unchecked: a hint.
 * @return 0, or -1: no image */
int cpts_image_peek(cpts_image_origin_t *origin, const void *bytes,
                    size_t size);

/** Bytes that cpts_image_peek() wants. */
#define CPTS_IMAGE_HEAD 256

/** When it was made, seconds since 1970; 0: it grows, in this process. */
int64_t cpts_image_made_at(const cpts_image_t *image);

/** Number of records, and one of them, of an image that was checked or made
 * of a snapshot, in the order of that snapshot. */
size_t cpts_image_count(const cpts_image_t *image);
cpts_record_t *cpts_image_record(const cpts_image_t *image, size_t i);

/** The geometry of that snapshot (cpts_geometry_pack()). */
const void *cpts_image_geometry(const cpts_image_t *image, size_t *size);

void cpts_image_retain(cpts_image_t *image);

/** Give a reference back; NULL is ignored. */
void cpts_image_release(cpts_image_t *image);

#endif
