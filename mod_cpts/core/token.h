/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of invitations and mail links: secrets of 128 bits, as text. */

/**
 * @file token.h
 * @brief Whoever has the token may act, so a database keeps only its hash,
 * and no log and no query string ever has it.  128 random bits need no slow
 * hash and no salt.  Text and bytes are wiped with sodium_memzero() by
 * whoever holds them, as soon as they have gone where they must.
 *
 * As text: 26 symbols of Crockford's base 32 (no I, L, O, U), grouped for
 * typing, "XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX".
 */
#ifndef CPTS_CORE_TOKEN_H
#define CPTS_CORE_TOKEN_H

/** Bytes of a token. */
#define CPTS_TOKEN_BYTES 16
/** Size of its text, with hyphens and the final NUL. */
#define CPTS_TOKEN_SIZE 31
/** Bytes of the hash that a database keeps. */
#define CPTS_TOKEN_HASH 32

/**
 * Make a random token.
 * @return 0, or -1 when the system has no random bytes to give; the text is
 * then empty.
 */
int cpts_token_make(char text[CPTS_TOKEN_SIZE]);

/** Write a token as text. */
void cpts_token_format(char text[CPTS_TOKEN_SIZE],
                       const unsigned char bytes[CPTS_TOKEN_BYTES]);

/**
 * Read a token as people type it: in either case, with or without spaces and
 * hyphens, I and L for 1, O for 0.
 * @return 0, or -1 when it is no token; the bytes are then all zero.
 */
int cpts_token_parse(unsigned char bytes[CPTS_TOKEN_BYTES], const char *text);

/**
 * BLAKE2b-256 of the bytes, without a key: what a database keeps.
 * @return 0, or -1 when the library fails; @a out is then all zero.
 */
int cpts_token_hash(unsigned char out[CPTS_TOKEN_HASH],
                    const unsigned char bytes[CPTS_TOKEN_BYTES]);

#endif
