/* SPDX-License-Identifier: Apache-2.0 */
/* The image: records side by side in one stretch of memory, or of a file. */

#include "core/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/snapshot_parts.h"
#include "core/version.h"

/* Raise it when records say something else in the same bytes. */
#define LAYOUT 2
#define MAGIC  "CPTSimg\n"

/* Records are aligned so. */
#define ALIGNMENT 16

/* Growing images begin with the first size, and double up to the last. */
#define BLOCK_LEAST ((size_t)64 << 10)
#define BLOCK_MOST  ((size_t)4 << 20)
/* Large pages from this size on. */
#define HUGE_FROM ((size_t)2 << 20)

/* One sheet, by whose record a version of this code is known. */
#define SAMPLE                                                            \
    "{\"rpps\":\"99900000012\",\"name\":\"A\",\"sex\":\"M\","             \
    "\"contact\":\"coordination\",\"sites\":[{\"address\":\"B\","         \
    "\"commune\":\"%s\",\"structure\":\"msp\",\"accessible\":true},"      \
    "{\"address\":\"C\",\"commune\":\"%s\",\"structure\":\"practice\"}]," \
    "\"languages\":[\"fr\",\"oc\"],\"sector\":\"1\","                     \
    "\"teleconsultation\":true,\"home_visits\":{\"radius_km\":7.5},"      \
    "\"availability\":{\"state\":\"opening\",\"from\":\"2030-01-02\","    \
    "\"capacity\":{\"places\":12,\"period\":\"week\",\"reserved\":3}},"   \
    "\"retirement\":\"2041-02-03\"}"

/* How a file begins. */
typedef struct {
    char magic[8];
    uint64_t digest; /* of all that follows, keyed */
    uint64_t size;   /* of the file */
    uint64_t made_for;
    cpts_image_origin_t origin;
    uint64_t count;
    uint64_t index_at; /* count times: where a record begins */
    uint64_t geometry_at, geometry_size;
} head_t;

_Static_assert(sizeof(head_t) <= CPTS_IMAGE_HEAD, "the head is told whole");

/* Where the digest begins to cover. */
#define COVERED offsetof(head_t, size)

/* One mapping of memory; those that grow have several. */
typedef struct block_t block_t;
struct block_t {
    block_t *next;
    char *bytes;
    size_t size;
    size_t used;
};

struct cpts_image_t {
    atomic_uint refs;
    int64_t made_at; /* 0: it grows */
    block_t *blocks; /* the newest first; the only one of a whole image */
};

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

/* --- memory */

static block_t *block_adopt(void *bytes, size_t size)
{
    block_t *block = calloc(1, sizeof(*block));

    if (!block) {
        munmap(bytes, size);
        return NULL;
    }
    block->bytes = bytes;
    block->size = size;
    return block;
}

/* Not from malloc(): all of it goes back to the system at once. */
static block_t *block_create(size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (bytes == MAP_FAILED) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    /* all of it is written next: fewer, larger pages are there sooner; not
     * of a small one, whose rest would be taken too */
    if (size >= HUGE_FROM) {
        (void)madvise(bytes, size, MADV_HUGEPAGE);
    }
#endif
    return block_adopt(bytes, size);
}

cpts_image_t *cpts_image_create(void)
{
    cpts_image_t *image = calloc(1, sizeof(*image));

    if (image) {
        atomic_init(&image->refs, 1);
    }
    return image;
}

/* A whole one, or bytes of a file that may be one. */
static cpts_image_t *image_of_block(block_t *block)
{
    cpts_image_t *image = block ? cpts_image_create() : NULL;

    cpts_image_origin_t origin;

    if (image) {
        image->blocks = block;
        if (cpts_image_peek(&origin, block->bytes, block->size) == 0) {
            image->made_at = origin.made_at;
        }
    }
    else if (block) {
        munmap(block->bytes, block->size);
        free(block);
    }
    return image;
}

cpts_image_t *cpts_image_adopt(void *bytes, size_t size)
{
    return image_of_block(block_adopt(bytes, size));
}

void cpts_image_retain(cpts_image_t *image)
{
    atomic_fetch_add_explicit(&image->refs, 1, memory_order_relaxed);
}

void cpts_image_release(cpts_image_t *image)
{
    if (!image
        || atomic_fetch_sub_explicit(&image->refs, 1, memory_order_acq_rel)
               != 1) {
        return;
    }
    while (image->blocks) {
        block_t *block = image->blocks;

        image->blocks = block->next;
        munmap(block->bytes, block->size);
        free(block);
    }
    free(image);
}

/* --- growing */

/* A block with room for so many bytes. */
static block_t *block_with(cpts_image_t *image, size_t size)
{
    block_t *newest = image->blocks;
    size_t next = newest ? 2 * newest->size : BLOCK_LEAST;

    if (newest && size <= newest->size - newest->used) {
        return newest;
    }
    if (next > BLOCK_MOST) {
        next = BLOCK_MOST;
    }
    newest = block_create(size > next ? aligned(size) : next);
    if (newest) {
        newest->next = image->blocks;
        image->blocks = newest;
    }
    return newest;
}

/* Its references may be counted by others meanwhile: they are not read. */
static cpts_record_t *put_record(char *place, const cpts_record_t *record)
{
    const size_t counted = sizeof(record->refs);

    memset(place, 0, counted);
    memcpy(place + counted, (const char *)record + counted,
           record->size - counted);
    return (cpts_record_t *)(void *)place;
}

cpts_record_t *cpts_image_add(cpts_image_t *image, const cpts_record_t *record)
{
    size_t size = aligned(record->size);
    block_t *block = block_with(image, size);
    cpts_record_t *copy;

    if (!block) {
        return NULL;
    }
    copy = put_record(block->bytes + block->used, record);
    block->used += size;
    return copy;
}

/* --- digests */

/* Sums of every LANES-th word, one beside the other: a keyed digest of tens of
 * megabytes would take longer than to read them. */
#define LANES 4

typedef struct {
    uint64_t lane[LANES];
    uint64_t rest; /* bytes that are no whole words of all lanes */
} sums_t;

/* A changed word changes the sum, whatever comes after it: rotating,
 * multiplying by an odd number and the exclusive or lose nothing. */
static uint64_t sum_with(uint64_t sum, uint64_t word)
{
    sum ^= word;
    sum = sum << 29 | sum >> 35;
    return sum * UINT64_C(0x9E3779B97F4A7C15);
}

static sums_t sums_of(const unsigned char *bytes, size_t size)
{
    sums_t sums = { { 1, 2, 3, 4 }, 0 };
    uint64_t words[LANES];
    int i;

    for (; size >= sizeof(words); size -= sizeof(words)) {
        memcpy(words, bytes, sizeof(words));
        bytes += sizeof(words);
        for (i = 0; i < LANES; i++) {
            sums.lane[i] = sum_with(sums.lane[i], words[i]);
        }
    }
    for (; size; size--) {
        sums.rest = sum_with(sums.rest, *bytes++ + (uint64_t)1);
    }
    return sums;
}

/* The key turns equals, too: it is made another one for digests. */
uint64_t cpts_image_digest(const void *bytes, size_t size,
                           const unsigned char key[16])
{
    sums_t sums = sums_of(bytes, size);
    unsigned char other[16];
    int i;

    for (i = 0; i < 16; i++) {
        other[i] = (unsigned char)(key[i] ^ 0x5c);
    }
    return apr_siphash24(&sums, sizeof(sums), other);
}

/* Goes on with a digest over more bytes. */
static void stir(uint64_t *digest, const void *bytes, size_t size)
{
    unsigned char key[16];

    memcpy(key, digest, sizeof(*digest));
    memcpy(key + sizeof(*digest), &size, sizeof(size));
    *digest = apr_siphash24(size ? bytes : "", size, key);
}

static void stir_text(uint64_t *digest, const char *text)
{
    stir(digest, text ? text : "\n", text ? strlen(text) : 1);
}

static void stir_communes(uint64_t *digest, const cpts_territory_t *t)
{
    int i;

    for (i = 0; i < t->communes->nelts; i++) {
        const cpts_commune_t *c
            = &APR_ARRAY_IDX(t->communes, i, cpts_commune_t);
        const double numbers[] = { c->lat, c->lon, c->neighbour };

        stir(digest, c->insee, CPTS_INSEE_LENGTH);
        stir(digest, numbers, sizeof(numbers));
        stir_text(digest, c->name);
    }
}

static void stir_perimeters(uint64_t *digest, const cpts_territory_t *t)
{
    int i;

    for (i = 0; i < t->perimeters->nelts; i++) {
        const cpts_perimeter_t *p
            = &APR_ARRAY_IDX(t->perimeters, i, cpts_perimeter_t);

        stir_text(digest, p->name);
        stir(digest, p->communes, p->count * sizeof(p->communes[0]));
    }
}

/* What this code makes of one sheet: another version of it may write other
 * bytes, or mean something else by the same ones. */
static void stir_sample(uint64_t *digest, const cpts_territory_t *t,
                        apr_pool_t *pool)
{
    const char *insee
        = t->communes->nelts
              ? APR_ARRAY_IDX(t->communes, 0, cpts_commune_t).insee
              : "00000";
    cpts_sheet_t *sheet = cpts_sheet_decode_stored(
        apr_psprintf(pool, SAMPLE, insee, insee), pool);
    cpts_record_t *record;
    cpts_geometry_t *geometry;

    if (!sheet) {
        return; /* the code of the commune is none */
    }
    sheet->confirmed_on = CPTS_FACT_EPOCH;
    record = cpts_record_write(1, sheet, t, pool);
    stir(digest, record, record->size);
    geometry = cpts_geometry_create(&record, 1, t);
    if (geometry) {
        size_t size = cpts_geometry_size(geometry);
        char *bytes = apr_palloc(pool, size);

        cpts_geometry_pack(geometry, bytes);
        stir(digest, bytes, size);
        cpts_geometry_release(geometry);
    }
}

/* Of everything but the sheets that goes into an image; 0, or -1: memory is
 * short. */
static int digest_of(uint64_t *digest, const cpts_territory_t *t)
{
    static const size_t layout[]
        = { LAYOUT, sizeof(head_t), sizeof(cpts_record_t) };
    apr_pool_t *pool;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return -1;
    }
    *digest = 0;
    stir(digest, layout, sizeof(layout));
    stir_text(digest, CPTS_VERSION);
    stir(digest, &t->limits, sizeof(t->limits));
    stir_text(digest, t->phone);
    stir_text(digest, t->email);
    stir_communes(digest, t);
    stir_perimeters(digest, t);
    stir_sample(digest, t, pool);
    apr_pool_destroy(pool);
    return 0;
}

/* --- whole ones */

static const head_t *head_of(const cpts_image_t *image)
{
    return (const head_t *)(const void *)image->blocks->bytes;
}

static const uint64_t *index_of(const cpts_image_t *image)
{
    return (const uint64_t *)(const void *)(image->blocks->bytes
                                            + head_of(image)->index_at);
}

/* Where everything goes but the records, which come last. */
static size_t lay_out(head_t *head, const cpts_snapshot_t *snapshot)
{
    head->count = snapshot->count;
    head->index_at = aligned(sizeof(*head));
    head->geometry_at
        = head->index_at + aligned(head->count * sizeof(uint64_t));
    head->geometry_size = cpts_geometry_size(snapshot->geometry);
    return head->geometry_at + aligned(head->geometry_size);
}

static size_t records_size(const cpts_snapshot_t *snapshot)
{
    size_t size = 0;
    uint32_t i;

    for (i = 0; i < snapshot->count; i++) {
        size += aligned(cpts_snapshot_record(snapshot, i)->size);
    }
    return size;
}

static void put_records(char *bytes, uint64_t *index, size_t at,
                        const cpts_snapshot_t *snapshot)
{
    uint32_t i;

    for (i = 0; i < snapshot->count; i++) {
        const cpts_record_t *record = cpts_snapshot_record(snapshot, i);

        index[i] = at;
        put_record(bytes + at, record);
        at += aligned(record->size);
    }
}

cpts_image_t *cpts_image_of(const cpts_snapshot_t *snapshot,
                            const cpts_image_origin_t *origin,
                            const cpts_territory_t *territory,
                            const unsigned char key[16])
{
    head_t head = { .magic = MAGIC, .origin = *origin };
    size_t records_at = lay_out(&head, snapshot);
    block_t *block = NULL;
    char *bytes;

    if (digest_of(&head.made_for, territory) == 0) {
        block = block_create(records_at + records_size(snapshot));
    }
    if (!block) {
        return NULL;
    }
    bytes = block->bytes;
    head.size = block->size;
    memcpy(bytes, &head, sizeof(head));
    cpts_geometry_pack(snapshot->geometry, bytes + head.geometry_at);
    put_records(bytes, (uint64_t *)(void *)(bytes + head.index_at), records_at,
                snapshot);
    head.digest
        = cpts_image_digest(bytes + COVERED, block->size - COVERED, key);
    memcpy(bytes, &head, sizeof(head));
    /* by mistake, and by nobody, from now on */
    (void)mprotect(bytes, block->size, PROT_READ);
    return image_of_block(block);
}

const void *cpts_image_bytes(const cpts_image_t *image, size_t *size)
{
    *size = image->blocks->size;
    return image->blocks->bytes;
}

int cpts_image_peek(cpts_image_origin_t *origin, const void *bytes,
                    size_t size)
{
    head_t head;

    if (size < sizeof(head)) {
        return -1;
    }
    memcpy(&head, bytes, sizeof(head));
    *origin = head.origin;
    return memcmp(head.magic, MAGIC, sizeof(head.magic)) == 0 ? 0 : -1;
}

/* count is a sane number then */
static int is_laid_out(const head_t *head)
{
    return head->index_at == aligned(sizeof(*head))
           && head->count <= (head->size - head->index_at) / sizeof(uint64_t)
           && head->geometry_at
                  == head->index_at + aligned(head->count * sizeof(uint64_t))
           && head->geometry_at <= head->size
           && head->geometry_size <= head->size - head->geometry_at;
}

static int is_index_sound(const cpts_image_t *image, size_t communes)
{
    const head_t *head = head_of(image);
    const uint64_t *index = index_of(image);
    size_t i;

    for (i = 0; i < head->count; i++) {
        if (index[i] % ALIGNMENT || index[i] > head->size
            || head->size - index[i] < sizeof(cpts_record_t)
            || !cpts_record_is_sound(cpts_image_record(image, i),
                                     head->size - index[i], communes)) {
            return 0;
        }
    }
    return 1;
}

/* What the digest says is what some process of ours wrote; that nothing in
 * it leads astray is looked at all the same. */
int cpts_image_check(cpts_image_origin_t *origin, const cpts_image_t *image,
                     const cpts_territory_t *territory,
                     const unsigned char key[16])
{
    const block_t *block = image->blocks;
    const head_t *head = head_of(image);
    uint64_t made_for;

    if (cpts_image_peek(origin, block->bytes, block->size) != 0
        || head->size != block->size || digest_of(&made_for, territory) != 0
        || head->made_for != made_for || !is_laid_out(head)
        || head->digest
               != cpts_image_digest(block->bytes + COVERED,
                                    block->size - COVERED, key)) {
        return -1;
    }
    return is_index_sound(image, (size_t)territory->communes->nelts) ? 0 : -1;
}

int64_t cpts_image_made_at(const cpts_image_t *image)
{
    return image->made_at;
}

const void *cpts_image_geometry(const cpts_image_t *image, size_t *size)
{
    *size = head_of(image)->geometry_size;
    return image->blocks->bytes + head_of(image)->geometry_at;
}

size_t cpts_image_count(const cpts_image_t *image)
{
    return head_of(image)->count;
}

cpts_record_t *cpts_image_record(const cpts_image_t *image, size_t i)
{
    return (cpts_record_t *)(void *)(image->blocks->bytes
                                     + index_of(image)[i]);
}
