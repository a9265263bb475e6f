/* SPDX-License-Identifier: Apache-2.0 */
/* The keyed hash chain: whoever changes an old entry breaks every later. */

/**
 * @file chain.h
 * @brief Each entry of a journal carries a hash over the hash before it and
 * over its own fields, made with a key that is not in the database: a change,
 * removal, insertion or swap is seen at the first entry it touches.  A seal
 * over the numbers and hashes of its two ends makes a cut visible.
 *
 * The hash is BLAKE2b-256 with a key of 32 bytes and no salt.  Its
 * personalisation (16 bytes) names the domain:
 *
 * | function        | personalisation   | input                            |
 * |-----------------|-------------------|----------------------------------|
 * | cpts_chain_next | "cpts.chain.next" | previous, count, fields          |
 * | cpts_chain_seal | "cpts.chain.seal" | floor, its hash, last, its hash  |
 *
 * Integers are 8 bytes, the most significant first.  A field is one byte of
 * kind, then for 'i' the integer, for 't' and 'b' the length in bytes and the
 * bytes, for 'n' nothing: no two lists of fields have the same encoding.
 *
 * All functions may be called by any thread.
 */
#ifndef CPTS_CORE_CHAIN_H
#define CPTS_CORE_CHAIN_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of a hash. */
#define CPTS_CHAIN_HASH 32
/** Bytes of a key. */
#define CPTS_CHAIN_KEY 32
/** A key as text: 64 digits and the final NUL. */
#define CPTS_CHAIN_KEY_TEXT (2 * CPTS_CHAIN_KEY + 1)

/** A key.  Whoever has one wipes it with cpts_chain_key_wipe(). */
typedef struct {
    unsigned char bytes[CPTS_CHAIN_KEY];
} cpts_chain_key_t;

typedef enum {
    CPTS_CHAIN_NULL = 'n', /**< no value, which is not the empty text */
    CPTS_CHAIN_INT = 'i',  /**< number */
    CPTS_CHAIN_TEXT = 't', /**< bytes: UTF-8, without a NUL at the end */
    CPTS_CHAIN_BYTES = 'b' /**< bytes: anything */
} cpts_chain_kind_e;

/** One field of an entry; what it points to is borrowed. */
typedef struct {
    cpts_chain_kind_e kind;
    int64_t number;
    const void *bytes;
    size_t length;
} cpts_chain_field_t;

/** What stands before the first entry: 32 zero bytes. */
extern const unsigned char cpts_chain_start[CPTS_CHAIN_HASH];

/** A field that is an integer. */
cpts_chain_field_t cpts_chain_int(int64_t number);

/** A field that is a text; NULL makes a CPTS_CHAIN_NULL. */
cpts_chain_field_t cpts_chain_text(const char *text);

/** A field that is bytes; NULL makes a CPTS_CHAIN_NULL. */
cpts_chain_field_t cpts_chain_bytes(const void *bytes, size_t length);

/**
 * Make a random key.
 * @return 0, or -1 when the system has no random bytes to give.
 */
int cpts_chain_key_make(cpts_chain_key_t *key);

/**
 * Read a key from the text of a file: 64 hexadecimal digits in either case,
 * with nothing but white space before and after.
 * @return 0, or -1 with the key all zero.
 */
int cpts_chain_key_parse(cpts_chain_key_t *key, const char *text);

/** Write a key as 64 lower-case digits; the caller wipes the text. */
void cpts_chain_key_format(char out[CPTS_CHAIN_KEY_TEXT],
                           const cpts_chain_key_t *key);

/** Overwrite a key with zeros. */
void cpts_chain_key_wipe(cpts_chain_key_t *key);

/**
 * The hash of one entry.
 * @param out may be @a previous
 * @param previous the hash of the entry before, or cpts_chain_start
 * @param count number of fields, 0 or more
 * @return 0, or -1 when the library fails; @a out is then all zero.
 */
int cpts_chain_next(unsigned char out[CPTS_CHAIN_HASH],
                    const cpts_chain_key_t *key,
                    const unsigned char previous[CPTS_CHAIN_HASH],
                    const cpts_chain_field_t *fields, size_t count);

/**
 * The seal of the two ends of a chain.
 * @param out may be one of the hashes
 * @param floor number of the entry after which the chain begins, and its hash
 * @param last number of the last entry, and its hash
 * @return 0, or -1 when the library fails; @a out is then all zero.
 */
int cpts_chain_seal(unsigned char out[CPTS_CHAIN_HASH],
                    const cpts_chain_key_t *key, int64_t floor,
                    const unsigned char floor_hash[CPTS_CHAIN_HASH],
                    int64_t last,
                    const unsigned char last_hash[CPTS_CHAIN_HASH]);

/** 1 when two hashes are equal; the time taken does not say where they are
 * not. */
int cpts_chain_equal(const unsigned char a[CPTS_CHAIN_HASH],
                     const unsigned char b[CPTS_CHAIN_HASH]);

#endif
