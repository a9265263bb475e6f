/* SPDX-License-Identifier: Apache-2.0 */
/* Seals: text that only this server can read, and only it can have made. */

/**
 * @file seal.h
 * @brief XChaCha20-Poly1305 of libsodium under keys of 256 bits, so nothing
 * is derived when a text is opened: a few microseconds.  A sealed text is
 * base 64 for URLs (no padding): 24 random bytes, then what is encrypted
 * and authenticated, padded so that its length tells little.  It is bound
 * to a context: under the same key, what was sealed for one is no seal for
 * another.  Threads may share the keys.
 */
#ifndef CPTS_CORE_SEAL_H
#define CPTS_CORE_SEAL_H

#include <apr_pools.h>

/** Lines of a key file, at most. */
#define CPTS_SEAL_KEYS 8
/** Characters of one of them, at least. */
#define CPTS_SEAL_LINE 32

typedef struct cpts_seal_t cpts_seal_t;

/**
 * Read a file of keys: one random text a line; empty lines and lines that
 * begin with "#" are left out.  The first seals, all of them open.
 * @param seal wiped with @a pool
 * @return NULL, or what is wrong, without a word of the file's text: it
 * cannot be read, others than owner and group may read it, a line is short
 * or plain, there is none or there are too many.
 */
const char *cpts_seal_read(const cpts_seal_t **seal, const char *file,
                           apr_pool_t *pool);

/** Seal a text for a context. @return NULL when the library fails */
const char *cpts_seal_close(const cpts_seal_t *seal, const char *context,
                            const char *text, apr_pool_t *pool);

/** What was sealed for this context under any of the keys, or NULL: changed,
 * cut, of another context, of another key, or no seal at all. */
const char *cpts_seal_open(const cpts_seal_t *seal, const char *context,
                           const char *sealed, apr_pool_t *pool);

#endif
