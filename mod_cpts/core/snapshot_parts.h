/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot is made of: for matching only. */

/**
 * @file snapshot_parts.h
 * @brief Private to the snapshot and to matching.
 */
#ifndef CPTS_CORE_SNAPSHOT_PARTS_H
#define CPTS_CORE_SNAPSHOT_PARTS_H

#include "core/geometry.h"
#include "core/image.h"
#include "core/record.h"
#include "core/snapshot.h"
#include "core/turns.h"

/** Records of one chunk: what a change of one sheet copies. */
#define CPTS_CHUNK_SIZE 128

typedef struct {
    atomic_uint refs;
    uint32_t count; /**< of records: the last chunk has fewer */
    /** Copies, behind the records: only those of near-ties are looked at. */
    char (*rpps)[CPTS_RPPS_LENGTH + 1];
    cpts_record_t *records[];
} cpts_chunk_t;

/** Doctors of one block: more than of a chunk, so that a search finds the
 * facts of those around in few places. */
#define CPTS_BLOCK_SIZE 1024

/** Copies of what a search looks at of every doctor. */
typedef struct {
    atomic_uint refs;
    uint32_t count; /**< of doctors: the last block has fewer */
    /** Behind the facts: looked at where a language is asked for; 0: none. */
    uint16_t (*languages)[CPTS_FACT_LANGUAGES];
    cpts_facts_t facts[];
} cpts_block_t;

struct cpts_snapshot_t {
    atomic_uint refs;
    int64_t generation;
    unsigned char rotation_key[16];
    size_t count;
    size_t unlocated;
    cpts_image_t *image; /**< keeps records; NULL: none */
    size_t loose;        /**< records that no image keeps */
    cpts_geometry_t *geometry;
    cpts_turns_t *turns; /**< shared, and stamped by every match */
    size_t block_count;
    cpts_block_t **blocks; /**< behind the chunks */
    size_t chunk_count;
    cpts_chunk_t *chunks[];
};

static inline cpts_record_t *cpts_snapshot_record(
    const cpts_snapshot_t *snapshot, uint32_t doctor)
{
    return snapshot->chunks[doctor / CPTS_CHUNK_SIZE]
        ->records[doctor % CPTS_CHUNK_SIZE];
}

/** The facts of a doctor, without a look at the record itself. */
static inline cpts_facts_t cpts_snapshot_facts(const cpts_snapshot_t *snapshot,
                                               uint32_t doctor)
{
    return snapshot->blocks[doctor / CPTS_BLOCK_SIZE]
        ->facts[doctor % CPTS_BLOCK_SIZE];
}

/** The first CPTS_FACT_LANGUAGES languages of a doctor, likewise. */
static inline const uint16_t *cpts_snapshot_languages(
    const cpts_snapshot_t *snapshot, uint32_t doctor)
{
    return snapshot->blocks[doctor / CPTS_BLOCK_SIZE]
        ->languages[doctor % CPTS_BLOCK_SIZE];
}

/** The RPPS of a doctor, likewise; NUL-ended. */
static inline const char *cpts_snapshot_rpps(const cpts_snapshot_t *snapshot,
                                             uint32_t doctor)
{
    return snapshot->chunks[doctor / CPTS_CHUNK_SIZE]
        ->rpps[doctor % CPTS_CHUNK_SIZE];
}

#endif
