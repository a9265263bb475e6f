/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot: every sheet of a territory, arranged for matching. */

#include "core/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include <apr_tables.h>

#include "core/order.h"
#include "core/placement.h"
#include "core/snapshot_parts.h"

struct cpts_changes_t {
    apr_pool_t *pool;
    apr_pool_t *scratch; /* cleared for each sheet */
    cpts_snapshot_t *before;
    const cpts_territory_t *territory;
    cpts_image_t *image; /* of a first load: it keeps the records */
    /* of change_t, in the order told; in the end by id, the last of each */
    apr_array_header_t *list;
    size_t removed;
    int moved; /* the geometry has to be made anew */
};

typedef struct {
    int64_t id;
    cpts_record_t *record; /* NULL: removed */
} change_t;

static change_t *change_at(const cpts_changes_t *changes, int i)
{
    return &APR_ARRAY_IDX(changes->list, i, change_t);
}

/* Chunks */

static void chunk_release(cpts_chunk_t *chunk)
{
    uint32_t i;

    if (!chunk
        || atomic_fetch_sub_explicit(&chunk->refs, 1, memory_order_acq_rel)
               != 1) {
        return;
    }
    for (i = 0; i < chunk->count; i++) {
        cpts_record_release(chunk->records[i]);
    }
    free(chunk);
}

/* The chunk has its reference already. */
static void set_slot(cpts_chunk_t *chunk, size_t i, cpts_record_t *record)
{
    chunk->records[i] = record;
    memcpy(chunk->rpps[i], record->rpps, sizeof(chunk->rpps[i]));
}

static cpts_chunk_t *chunk_create(cpts_record_t *const *records, size_t count)
{
    cpts_chunk_t *chunk = malloc(
        sizeof(*chunk)
        + count * (sizeof(chunk->records[0]) + sizeof(chunk->rpps[0])));
    size_t i;

    if (!chunk) {
        return NULL;
    }
    atomic_init(&chunk->refs, 1);
    chunk->count = (uint32_t)count;
    chunk->rpps = (void *)(chunk->records + count);
    for (i = 0; i < count; i++) {
        cpts_record_retain(records[i]);
        set_slot(chunk, i, records[i]);
    }
    return chunk;
}

/* Blocks */

static void block_release(cpts_block_t *block)
{
    if (block
        && atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel)
               == 1) {
        free(block);
    }
}

static cpts_block_t *block_create(size_t count)
{
    cpts_block_t *block = malloc(
        sizeof(*block)
        + count * (sizeof(block->facts[0]) + sizeof(block->languages[0])));

    if (block) {
        atomic_init(&block->refs, 1);
        block->count = (uint32_t)count;
        block->languages = (void *)(block->facts + count);
    }
    return block;
}

static cpts_block_t *block_copy(const cpts_block_t *from)
{
    cpts_block_t *block = block_create(from->count);

    if (block) {
        memcpy(block->facts, from->facts,
               from->count * sizeof(block->facts[0]));
        memcpy(block->languages, from->languages,
               from->count * sizeof(block->languages[0]));
    }
    return block;
}

static void set_facts(cpts_block_t *block, size_t i,
                      const cpts_record_t *record)
{
    int known = record->language_count < CPTS_FACT_LANGUAGES
                    ? record->language_count
                    : CPTS_FACT_LANGUAGES;

    block->facts[i] = record->facts;
    memset(block->languages[i], 0, sizeof(block->languages[i]));
    memcpy(block->languages[i], cpts_record_languages(record),
           (size_t)known * sizeof(uint16_t));
}

/* Snapshots */

void cpts_snapshot_retain(cpts_snapshot_t *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->refs, 1, memory_order_relaxed);
}

void cpts_snapshot_release(cpts_snapshot_t *snapshot)
{
    size_t i;

    if (!snapshot
        || atomic_fetch_sub_explicit(&snapshot->refs, 1, memory_order_acq_rel)
               != 1) {
        return;
    }
    for (i = 0; i < snapshot->chunk_count; i++) {
        chunk_release(snapshot->chunks[i]);
    }
    for (i = 0; i < snapshot->block_count; i++) {
        block_release(snapshot->blocks[i]);
    }
    cpts_geometry_release(snapshot->geometry);
    cpts_turns_release(snapshot->turns);
    cpts_image_release(snapshot->image); /* after those who had its records */
    free(snapshot);
}

int64_t cpts_snapshot_generation(const cpts_snapshot_t *snapshot)
{
    return snapshot->generation;
}

const unsigned char *cpts_snapshot_key(const cpts_snapshot_t *snapshot)
{
    return snapshot->rotation_key;
}

size_t cpts_snapshot_count(const cpts_snapshot_t *snapshot)
{
    return snapshot->count;
}

size_t cpts_snapshot_loose(const cpts_snapshot_t *snapshot)
{
    return snapshot->loose;
}

const cpts_image_t *cpts_snapshot_image(const cpts_snapshot_t *snapshot)
{
    return snapshot->image;
}

size_t cpts_snapshot_unlocated(const cpts_snapshot_t *snapshot)
{
    return snapshot->unlocated;
}

static cpts_snapshot_t *snapshot_alloc(size_t count)
{
    size_t chunks = (count + CPTS_CHUNK_SIZE - 1) / CPTS_CHUNK_SIZE;
    size_t blocks = (count + CPTS_BLOCK_SIZE - 1) / CPTS_BLOCK_SIZE;
    cpts_snapshot_t *s = calloc(1, sizeof(*s) + chunks * sizeof(s->chunks[0])
                                       + blocks * sizeof(s->blocks[0]));

    if (s) {
        atomic_init(&s->refs, 1);
        s->count = count;
        s->chunk_count = chunks;
        s->block_count = blocks;
        s->blocks = (cpts_block_t **)(s->chunks + chunks);
    }
    return s;
}

/* Changes */

static void drop(const cpts_changes_t *changes, const change_t *change)
{
    /* what an image keeps is not looked at once more */
    if (change->record && !changes->image) {
        cpts_record_release(change->record);
    }
}

static apr_status_t changes_cleanup(void *data)
{
    cpts_changes_t *changes = data;
    int i;

    for (i = 0; i < changes->list->nelts; i++) {
        drop(changes, change_at(changes, i));
    }
    changes->list->nelts = 0;
    cpts_image_release(changes->image);
    changes->image = NULL;
    return APR_SUCCESS;
}

cpts_changes_t *cpts_changes_create(cpts_snapshot_t *before,
                                    const cpts_territory_t *territory,
                                    apr_pool_t *pool)
{
    cpts_changes_t *changes = apr_pcalloc(pool, sizeof(*changes));

    changes->pool = pool;
    changes->before = before;
    changes->territory = territory;
    changes->list = apr_array_make(pool, 16, sizeof(change_t));
    changes->moved = before == NULL;
    changes->image = before ? NULL : cpts_image_create();
    if (apr_pool_create(&changes->scratch, pool) != APR_SUCCESS) {
        changes->scratch = pool;
    }
    apr_pool_cleanup_register(pool, changes, changes_cleanup,
                              apr_pool_cleanup_null);
    return changes;
}

static cpts_record_t *record_before(const cpts_changes_t *changes, int64_t id)
{
    int64_t doctor = changes->before
                         ? cpts_geometry_find(changes->before->geometry, id)
                         : -1;

    return doctor < 0
               ? NULL
               : cpts_snapshot_record(changes->before, (uint32_t)doctor);
}

static void add_change(const cpts_changes_t *changes, int64_t id,
                       cpts_record_t *record)
{
    change_t *change = apr_array_push(changes->list);

    change->id = id;
    change->record = record;
}

apr_status_t cpts_changes_put(cpts_changes_t *changes, int64_t id,
                              const cpts_sheet_t *sheet)
{
    const cpts_record_t *before = record_before(changes, id);
    cpts_record_t *record
        = cpts_record_write(id, sheet, changes->territory, changes->scratch);

    record = changes->image ? cpts_image_add(changes->image, record)
                            : cpts_record_copy(record);
    if (changes->scratch != changes->pool) {
        apr_pool_clear(changes->scratch);
    }
    if (!record) {
        return APR_ENOMEM;
    }
    if (!before || !cpts_record_same_geometry(before, record)) {
        changes->moved = 1;
    }
    add_change(changes, id, record);
    return APR_SUCCESS;
}

void cpts_changes_take(cpts_changes_t *changes, int general, int reserved)
{
    /* not shared yet: nobody else sees this record before the commit */
    cpts_record_t *record
        = change_at(changes, changes->list->nelts - 1)->record;
    int left_general, left_reserved;

    cpts_places_left(&left_general, &left_reserved, record->general,
                     record->reserved, general, reserved);
    cpts_record_leave(record, left_general, left_reserved);
}

apr_status_t cpts_changes_remove(cpts_changes_t *changes, int64_t id)
{
    if (record_before(changes, id)) {
        changes->moved = 1;
        changes->removed++;
    }
    add_change(changes, id, NULL);
    return APR_SUCCESS;
}

int cpts_changes_moved(const cpts_changes_t *changes)
{
    return changes->moved;
}

size_t cpts_changes_removed(const cpts_changes_t *changes)
{
    return changes->removed;
}

/* As a first load tells them. */
static int is_settled(const cpts_changes_t *changes)
{
    int i;

    for (i = 1; i < changes->list->nelts; i++) {
        if (change_at(changes, i)->id <= change_at(changes, i - 1)->id) {
            return 0;
        }
    }
    return 1;
}

/* By id, only the last change of each; 0, or -1: memory is short. */
static int settle(cpts_changes_t *changes)
{
    int count = changes->list->nelts;
    cpts_ordered_t *ordered;
    int i, n;

    if (is_settled(changes)) {
        return 0;
    }
    ordered = apr_palloc(changes->pool, (size_t)count * sizeof(*ordered));
    for (i = 0; i < count; i++) {
        ordered[i].key = cpts_order_key(change_at(changes, i)->id);
        ordered[i].of.pointer = change_at(changes, i)->record;
    }
    if (cpts_order(ordered, (size_t)count)) {
        return -1;
    }
    for (i = n = 0; i < count; i++) {
        change_t change
            = { cpts_order_number(ordered[i].key), ordered[i].of.pointer };

        if (n && change_at(changes, n - 1)->id == change.id) {
            drop(changes, change_at(changes, --n));
        }
        *change_at(changes, n++) = change;
    }
    changes->list->nelts = n;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const change_t *)a)->id;
    int64_t y = ((const change_t *)b)->id;

    return x < y ? -1 : x > y;
}

static int has_changed(const cpts_changes_t *changes, int64_t id)
{
    change_t key = { id, NULL };

    return bsearch(&key, changes->list->elts, (size_t)changes->list->nelts,
                   sizeof(key), by_id)
           != NULL;
}

static int is_loose(const cpts_record_t *record)
{
    return atomic_load_explicit(&record->refs, memory_order_relaxed) != 0;
}

/* Everything that the version before has. */
static void share(cpts_snapshot_t *next, const cpts_snapshot_t *before)
{
    size_t i;

    for (i = 0; i < before->chunk_count; i++) {
        next->chunks[i] = before->chunks[i];
        atomic_fetch_add_explicit(&next->chunks[i]->refs, 1,
                                  memory_order_relaxed);
    }
    for (i = 0; i < before->block_count; i++) {
        next->blocks[i] = before->blocks[i];
        atomic_fetch_add_explicit(&next->blocks[i]->refs, 1,
                                  memory_order_relaxed);
    }
    next->geometry = before->geometry;
    cpts_geometry_retain(next->geometry);
    next->turns = before->turns;
    cpts_turns_retain(next->turns);
    /* sites stand where they stood, so do those that could not be placed */
    next->unlocated = before->unlocated;
    next->loose = before->loose;
}

/* The chunk and the block of a doctor become this version's own.  0 when
 * memory is short. */
static int own(cpts_snapshot_t *next, const cpts_snapshot_t *before,
               size_t doctor)
{
    size_t c = doctor / CPTS_CHUNK_SIZE;
    size_t b = doctor / CPTS_BLOCK_SIZE;

    if (next->chunks[c] == before->chunks[c]) {
        cpts_chunk_t *copy = chunk_create(before->chunks[c]->records,
                                          before->chunks[c]->count);

        if (!copy) {
            return 0;
        }
        chunk_release(next->chunks[c]);
        next->chunks[c] = copy;
    }
    if (next->blocks[b] == before->blocks[b]) {
        cpts_block_t *copy = block_copy(before->blocks[b]);

        if (!copy) {
            return 0;
        }
        block_release(next->blocks[b]);
        next->blocks[b] = copy;
    }
    return 1;
}

static void replace(cpts_snapshot_t *next, size_t doctor,
                    cpts_record_t *record)
{
    cpts_chunk_t *chunk = next->chunks[doctor / CPTS_CHUNK_SIZE];
    size_t slot = doctor % CPTS_CHUNK_SIZE;

    next->loose += !is_loose(chunk->records[slot]);
    cpts_record_retain(record);
    cpts_record_release(chunk->records[slot]);
    set_slot(chunk, slot, record);
    set_facts(next->blocks[doctor / CPTS_BLOCK_SIZE], doctor % CPTS_BLOCK_SIZE,
              record);
}

/* Nothing moved: copy the chunks and blocks touched, share the rest. */
static cpts_snapshot_t *commit_in_place(cpts_changes_t *changes)
{
    const cpts_snapshot_t *before = changes->before;
    cpts_snapshot_t *next = snapshot_alloc(before->count);
    int i;

    if (!next) {
        return NULL;
    }
    share(next, before);
    for (i = 0; i < changes->list->nelts; i++) {
        const change_t *change = change_at(changes, i);
        int64_t doctor = cpts_geometry_find(next->geometry, change->id);

        if (doctor < 0) {
            continue; /* came and went between two looks */
        }
        if (!own(next, before, (size_t)doctor)) {
            cpts_snapshot_release(next);
            return NULL;
        }
        replace(next, (size_t)doctor, change->record);
    }
    return next;
}

/* Interleave the bits of two coordinates, so that neighbours on the map are
 * neighbours in memory (Morton order). */
static uint64_t spread_bits(uint32_t x)
{
    uint64_t v = x;

    v = (v | v << 16) & 0x0000ffff0000ffffULL;
    v = (v | v << 8) & 0x00ff00ff00ff00ffULL;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v << 2) & 0x3333333333333333ULL;
    return (v | v << 1) & 0x5555555555555555ULL;
}

static uint64_t spatial_key(const cpts_record_t *record)
{
    uint32_t x, y;

    if (record->site_count == 0) {
        return UINT64_MAX;
    }
    x = (uint32_t)((cpts_record_sites(record)[0].lon + 180) / 360
                   * 2147483647.0);
    y = (uint32_t)((cpts_record_sites(record)[0].lat + 90) / 180
                   * 2147483647.0);
    return spread_bits(x) | spread_bits(y) << 1;
}

static int order_by_place(cpts_ordered_t *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        list[i].key = spatial_key(list[i].of.pointer);
    }
    return cpts_order(list, count);
}

static void set_record(cpts_ordered_t *one, int64_t id, cpts_record_t *record)
{
    one->key = cpts_order_key(id);
    one->of.pointer = record;
}

/* Records of the version before that stay, and those of the changes, with
 * their ids. */
static size_t gather_records(cpts_ordered_t *list,
                             const cpts_changes_t *changes)
{
    size_t before = changes->before ? changes->before->count : 0;
    size_t n = 0;
    uint32_t doctor;
    int i;

    for (doctor = 0; doctor < before; doctor++) {
        cpts_record_t *record = cpts_snapshot_record(changes->before, doctor);

        if (!has_changed(changes, record->id)) {
            set_record(&list[n++], record->id, record);
        }
    }
    for (i = 0; i < changes->list->nelts; i++) {
        const change_t *change = change_at(changes, i);

        if (change->record) {
            set_record(&list[n++], change->id, change->record);
        }
    }
    return n;
}

/* All records of the next version, borrowed: neighbours on the map next to one
 * another, those of one place by id. */
static cpts_record_t **next_records(const cpts_changes_t *changes,
                                    size_t *count)
{
    size_t most = (size_t)changes->list->nelts
                  + (changes->before ? changes->before->count : 0);
    cpts_ordered_t *list = malloc((most + 1) * sizeof(list[0]));
    cpts_record_t **records = malloc((most + 1) * sizeof(records[0]));
    int rc = list && records ? 0 : -1;
    size_t i;

    if (rc == 0) {
        *count = gather_records(list, changes);
        rc = cpts_order(list, *count) || order_by_place(list, *count);
    }
    for (i = 0; rc == 0 && i < *count; i++) {
        records[i] = list[i].of.pointer;
    }
    free(list);
    if (rc) {
        free(records);
        return NULL;
    }
    return records;
}

/* Where the doctors have other numbers now, they keep their turns. */
static cpts_turns_t *carry_turns(const cpts_snapshot_t *next,
                                 const cpts_snapshot_t *before)
{
    cpts_turns_t *turns;
    uint32_t i;

    if (before
        && cpts_geometry_same_numbers(next->geometry, before->geometry)) {
        cpts_turns_retain(before->turns);
        return before->turns;
    }
    turns = cpts_turns_create(next->count, before ? before->turns : NULL);
    for (i = 0; turns && before && i < next->count; i++) {
        int64_t doctor = cpts_geometry_find(before->geometry,
                                            cpts_snapshot_record(next, i)->id);

        if (doctor >= 0) {
            cpts_turns_carry(turns, i, before->turns, (uint32_t)doctor);
        }
    }
    return turns;
}

static int make_blocks(cpts_snapshot_t *next)
{
    size_t i;

    for (i = 0; i < next->block_count; i++) {
        size_t left = next->count - i * CPTS_BLOCK_SIZE;

        next->blocks[i]
            = block_create(left < CPTS_BLOCK_SIZE ? left : CPTS_BLOCK_SIZE);
        if (!next->blocks[i]) {
            return -1;
        }
    }
    return 0;
}

/* All that is taken from a record, while it is at hand: they are many, and
 * anywhere in memory. */
static int make_chunk(cpts_snapshot_t *next, size_t chunk,
                      cpts_record_t *const *records)
{
    size_t first = chunk * CPTS_CHUNK_SIZE;
    size_t left = next->count - first;
    size_t count = left < CPTS_CHUNK_SIZE ? left : CPTS_CHUNK_SIZE;
    size_t i;

    next->chunks[chunk] = chunk_create(records + first, count);
    if (!next->chunks[chunk]) {
        return -1;
    }
    for (i = first; i < first + count; i++) {
        set_facts(next->blocks[i / CPTS_BLOCK_SIZE], i % CPTS_BLOCK_SIZE,
                  records[i]);
        next->unlocated += records[i]->unlocated;
        next->loose += is_loose(records[i]) != 0;
    }
    return 0;
}

static int make_chunks(cpts_snapshot_t *next, cpts_record_t *const *records)
{
    int rc = make_blocks(next);
    size_t i;

    for (i = 0; rc == 0 && i < next->chunk_count; i++) {
        rc = make_chunk(next, i, records);
    }
    return rc;
}

/* Everything but what the version is called; @a records in spatial order,
 * @a geometry made of them or NULL, and taken over. */
static cpts_snapshot_t *arrange(cpts_record_t *const *records, size_t count,
                                const cpts_snapshot_t *before,
                                cpts_geometry_t *geometry)
{
    cpts_snapshot_t *next = geometry ? snapshot_alloc(count) : NULL;

    if (!next) {
        cpts_geometry_release(geometry);
        return NULL;
    }
    next->geometry = geometry;
    if (make_chunks(next, records) == 0) {
        next->turns = carry_turns(next, before);
    }
    if (!next->turns) {
        cpts_snapshot_release(next);
        return NULL;
    }
    return next;
}

static cpts_snapshot_t *commit_rebuilt(cpts_changes_t *changes)
{
    size_t count = 0;
    cpts_record_t **records = next_records(changes, &count);
    cpts_snapshot_t *next = NULL;

    if (records) {
        next = arrange(
            records, count, changes->before,
            cpts_geometry_create(records, count, changes->territory));
    }
    free(records);
    return next;
}

static void name(cpts_snapshot_t *snapshot, int64_t generation,
                 const unsigned char rotation_key[16], cpts_image_t *image)
{
    snapshot->generation = generation;
    memcpy(snapshot->rotation_key, rotation_key,
           sizeof(snapshot->rotation_key));
    if (image) {
        snapshot->image = image;
        cpts_image_retain(image);
    }
}

apr_status_t cpts_changes_commit(cpts_snapshot_t **snapshot,
                                 cpts_changes_t *changes, int64_t generation,
                                 const unsigned char rotation_key[16])
{
    cpts_snapshot_t *next = NULL;

    if (settle(changes) == 0) {
        next = changes->moved ? commit_rebuilt(changes)
                              : commit_in_place(changes);
    }
    if (!next) {
        return APR_ENOMEM;
    }
    name(next, generation, rotation_key,
         changes->before ? changes->before->image : changes->image);
    *snapshot = next;
    return APR_SUCCESS;
}

cpts_snapshot_t *cpts_snapshot_of_image(cpts_image_t *image,
                                        const cpts_snapshot_t *before,
                                        const cpts_territory_t *territory,
                                        int64_t generation,
                                        const unsigned char rotation_key[16])
{
    size_t count = cpts_image_count(image);
    cpts_record_t **records = malloc((count + 1) * sizeof(records[0]));
    cpts_snapshot_t *snapshot;
    const void *geometry;
    size_t size, i;

    if (!records) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        records[i] = cpts_image_record(image, i);
    }
    geometry = cpts_image_geometry(image, &size);
    snapshot = arrange(
        records, count, before,
        cpts_geometry_unpack(geometry, size, records, count, territory));
    free(records);
    if (snapshot) {
        name(snapshot, generation, rotation_key, image);
    }
    return snapshot;
}
