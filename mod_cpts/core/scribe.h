/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON text piece by piece, without a tree of values in between. */

/**
 * @file scribe.h
 * @brief For texts whose shape is known where they are written.  The bytes
 * are those that jansson writes with CPTS_JSON_WRITE for the same values.
 */
#ifndef CPTS_CORE_SCRIBE_H
#define CPTS_CORE_SCRIBE_H

#include <stddef.h>
#include <string.h>

#include <apr_pools.h>

/** Text that grows in a pool: what outgrew its place stays there too. */
typedef struct {
    char *text; /**< moves when it grows; not NUL-ended */
    size_t length;
    size_t room;
    apr_pool_t *pool;
} cpts_scribe_t;

/** Start with an empty text. @param room bytes that are likely to do */
void cpts_scribe_begin(cpts_scribe_t *scribe, size_t room, apr_pool_t *pool);

/** Make room. @param length bytes, more than there is room for */
void cpts_scribe_grow(cpts_scribe_t *scribe, size_t length);

/** Bytes that are to be written now. @return where, until the next call */
static inline char *cpts_scribe_place(cpts_scribe_t *scribe, size_t length)
{
    char *place;

    if (length > scribe->room - scribe->length) {
        cpts_scribe_grow(scribe, length);
    }
    place = scribe->text + scribe->length;
    scribe->length += length;
    return place;
}

/** Bytes as they are. */
static inline void cpts_scribe_bytes(cpts_scribe_t *scribe, const void *bytes,
                                     size_t length)
{
    memcpy(cpts_scribe_place(scribe, length), bytes, length);
}

/** Zeros up to a multiple of @a alignment, a power of two. */
void cpts_scribe_align(cpts_scribe_t *scribe, size_t alignment);

/** JSON as it is, NUL-ended. */
static inline void cpts_scribe_raw(cpts_scribe_t *scribe, const char *json)
{
    cpts_scribe_bytes(scribe, json, strlen(json));
}

/** A string in quotes, valid UTF-8; NULL is null. */
void cpts_scribe_string(cpts_scribe_t *scribe, const char *text);

/** A number with a decimal point or an exponent; finite. */
void cpts_scribe_number(cpts_scribe_t *scribe, double number);

#endif
