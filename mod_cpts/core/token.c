/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of invitations and mail links: secrets of 128 bits, as text. */

#include "core/token.h"

#include <stddef.h>
#include <string.h>

#include <apr_general.h>
#include <sodium.h>

#include "core/typed.h"

/* Symbols of the text; the last one has three bits of the token and two that
 * are zero. */
#define SYMBOLS 26
/* Symbols of a group; the last group has one more. */
#define GROUP 5

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The bit of a token at a place, counted from its first; zero beyond. */
static unsigned bit_at(const unsigned char bytes[CPTS_TOKEN_BYTES], int at)
{
    return at < CPTS_TOKEN_BYTES * 8 ? bytes[at / 8] >> (7 - at % 8) & 1u : 0;
}

void cpts_token_format(char text[CPTS_TOKEN_SIZE],
                       const unsigned char bytes[CPTS_TOKEN_BYTES])
{
    int i, bit;

    for (i = 0; i < SYMBOLS; i++) {
        unsigned value = 0;

        for (bit = 0; bit < 5; bit++) {
            value = value << 1 | bit_at(bytes, i * 5 + bit);
        }
        if (i > 0 && i % GROUP == 0 && i < SYMBOLS - 1) {
            *text++ = '-';
        }
        *text++ = alphabet[value];
    }
    *text = '\0';
}

int cpts_token_make(char text[CPTS_TOKEN_SIZE])
{
    unsigned char bytes[CPTS_TOKEN_BYTES];

    *text = '\0';
    if (apr_generate_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS) {
        return -1;
    }
    cpts_token_format(text, bytes);
    sodium_memzero(bytes, sizeof(bytes));
    return 0;
}

/* The value of a typed symbol, or -1. */
static int value_of(int symbol)
{
    const char *found;

    if (symbol == CPTS_TYPED_NONE) {
        return -1;
    }
    if (symbol == 'I' || symbol == 'L') {
        symbol = '1';
    }
    else if (symbol == 'O') {
        symbol = '0';
    }
    found = strchr(alphabet, symbol);
    return found ? (int)(found - alphabet) : -1;
}

/* 0, or -1 with any bytes. */
static int read_text(unsigned char bytes[CPTS_TOKEN_BYTES], const char *text)
{
    int count = 0;
    int symbol;

    while ((symbol = cpts_typed_next(&text)) != CPTS_TYPED_END) {
        int value = value_of(symbol);
        int bit;

        if (value < 0 || count == SYMBOLS) {
            return -1;
        }
        for (bit = 0; bit < 5; bit++) {
            int at = count * 5 + bit;

            if (!(value >> (4 - bit) & 1)) {
                continue;
            }
            if (at >= CPTS_TOKEN_BYTES * 8) {
                return -1;
            }
            bytes[at / 8] = (unsigned char)(bytes[at / 8] | 0x80 >> at % 8);
        }
        count++;
    }
    return count == SYMBOLS ? 0 : -1;
}

int cpts_token_parse(unsigned char bytes[CPTS_TOKEN_BYTES], const char *text)
{
    memset(bytes, 0, CPTS_TOKEN_BYTES);
    if (read_text(bytes, text) == 0) {
        return 0;
    }
    /* Most of a mistyped token is as secret as all of it. */
    sodium_memzero(bytes, CPTS_TOKEN_BYTES);
    return -1;
}

int cpts_token_hash(unsigned char out[CPTS_TOKEN_HASH],
                    const unsigned char bytes[CPTS_TOKEN_BYTES])
{
    if (sodium_init() < 0
        || crypto_generichash(out, CPTS_TOKEN_HASH, bytes, CPTS_TOKEN_BYTES,
                              NULL, 0)
               != 0) {
        memset(out, 0, CPTS_TOKEN_HASH);
        return -1;
    }
    return 0;
}
