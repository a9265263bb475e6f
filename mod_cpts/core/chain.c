/* SPDX-License-Identifier: Apache-2.0 */
/* The keyed hash chain: whoever changes an old entry breaks every later. */

#include "core/chain.h"

#include <string.h>

#include <apr_general.h>
#include <sodium.h>

typedef crypto_generichash_blake2b_state hash_state_t;

/* Personalisations have 16 bytes: the final NUL of the shorter counts. */
static const unsigned char domain_next[] = "cpts.chain.next";
static const unsigned char domain_seal[] = "cpts.chain.seal";
_Static_assert(sizeof(domain_next) == crypto_generichash_blake2b_PERSONALBYTES
                   && sizeof(domain_seal) == sizeof(domain_next),
               "a domain fills the personalisation");
_Static_assert(CPTS_CHAIN_HASH == crypto_generichash_blake2b_BYTES
                   && CPTS_CHAIN_KEY == crypto_generichash_blake2b_KEYBYTES,
               "the sizes are those of BLAKE2b-256");

const unsigned char cpts_chain_start[CPTS_CHAIN_HASH];

/* Fields */

cpts_chain_field_t cpts_chain_int(int64_t number)
{
    cpts_chain_field_t field = { CPTS_CHAIN_INT, number, NULL, 0 };

    return field;
}

cpts_chain_field_t cpts_chain_text(const char *text)
{
    cpts_chain_field_t field = { CPTS_CHAIN_TEXT, 0, text, 0 };

    if (text) {
        field.length = strlen(text);
    }
    else {
        field.kind = CPTS_CHAIN_NULL;
    }
    return field;
}

cpts_chain_field_t cpts_chain_bytes(const void *bytes, size_t length)
{
    cpts_chain_field_t field = { CPTS_CHAIN_BYTES, 0, bytes, length };

    if (!bytes) {
        field.kind = CPTS_CHAIN_NULL;
        field.length = 0;
    }
    return field;
}

/* Keys */

int cpts_chain_key_make(cpts_chain_key_t *key)
{
    if (apr_generate_random_bytes(key->bytes, sizeof(key->bytes))
        != APR_SUCCESS) {
        cpts_chain_key_wipe(key);
        return -1;
    }
    return 0;
}

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int cpts_chain_key_parse(cpts_chain_key_t *key, const char *text)
{
    size_t i;

    text = skip_space(text);
    for (i = 0; i < sizeof(key->bytes); i++, text += 2) {
        int high = digit_of(text[0]);
        int low = high < 0 ? -1 : digit_of(text[1]);

        if (low < 0) {
            cpts_chain_key_wipe(key);
            return -1;
        }
        key->bytes[i] = (unsigned char)(high << 4 | low);
    }
    if (*skip_space(text)) {
        cpts_chain_key_wipe(key);
        return -1;
    }
    return 0;
}

void cpts_chain_key_format(char out[CPTS_CHAIN_KEY_TEXT],
                           const cpts_chain_key_t *key)
{
    sodium_bin2hex(out, CPTS_CHAIN_KEY_TEXT, key->bytes, sizeof(key->bytes));
}

void cpts_chain_key_wipe(cpts_chain_key_t *key)
{
    sodium_memzero(key->bytes, sizeof(key->bytes));
}

/* Hashes: all return 0, or another value when the library fails */

static int hash_begin(hash_state_t *state, const cpts_chain_key_t *key,
                      const unsigned char *domain)
{
    return sodium_init() < 0
           || crypto_generichash_blake2b_init_salt_personal(
               state, key->bytes, sizeof(key->bytes), CPTS_CHAIN_HASH, NULL,
               domain);
}

static int hash_bytes(hash_state_t *state, const void *bytes, size_t length)
{
    return length > 0
           && crypto_generichash_blake2b_update(state, bytes, length);
}

static int hash_number(hash_state_t *state, uint64_t number)
{
    unsigned char bytes[8];
    int i;

    for (i = 7; i >= 0; i--, number >>= 8) {
        bytes[i] = (unsigned char)(number & 0xff);
    }
    return hash_bytes(state, bytes, sizeof(bytes));
}

static int hash_field(hash_state_t *state, const cpts_chain_field_t *field)
{
    unsigned char kind = (unsigned char)field->kind;

    if (hash_bytes(state, &kind, 1)) {
        return -1;
    }
    switch (field->kind) {
    case CPTS_CHAIN_NULL:
        return 0;
    case CPTS_CHAIN_INT:
        return hash_number(state, (uint64_t)field->number);
    case CPTS_CHAIN_TEXT:
    case CPTS_CHAIN_BYTES:
        return hash_number(state, field->length)
               || hash_bytes(state, field->bytes, field->length);
    }
    return -1;
}

static int hash_fields(hash_state_t *state, const cpts_chain_field_t *fields,
                       size_t count)
{
    size_t i;

    if (hash_number(state, count)) {
        return -1;
    }
    for (i = 0; i < count; i++) {
        if (hash_field(state, &fields[i])) {
            return -1;
        }
    }
    return 0;
}

/* The state of a keyed hash is as good as the key. */
static int hash_end(hash_state_t *state, unsigned char out[CPTS_CHAIN_HASH],
                    int failed)
{
    if (!failed) {
        failed = crypto_generichash_blake2b_final(state, out, CPTS_CHAIN_HASH);
    }
    sodium_memzero(state, sizeof(*state));
    if (failed) {
        memset(out, 0, CPTS_CHAIN_HASH);
        return -1;
    }
    return 0;
}

int cpts_chain_next(unsigned char out[CPTS_CHAIN_HASH],
                    const cpts_chain_key_t *key,
                    const unsigned char previous[CPTS_CHAIN_HASH],
                    const cpts_chain_field_t *fields, size_t count)
{
    hash_state_t state;
    int failed = hash_begin(&state, key, domain_next)
                 || hash_bytes(&state, previous, CPTS_CHAIN_HASH)
                 || hash_fields(&state, fields, count);

    return hash_end(&state, out, failed);
}

int cpts_chain_seal(unsigned char out[CPTS_CHAIN_HASH],
                    const cpts_chain_key_t *key, int64_t floor,
                    const unsigned char floor_hash[CPTS_CHAIN_HASH],
                    int64_t last,
                    const unsigned char last_hash[CPTS_CHAIN_HASH])
{
    hash_state_t state;
    int failed = hash_begin(&state, key, domain_seal)
                 || hash_number(&state, (uint64_t)floor)
                 || hash_bytes(&state, floor_hash, CPTS_CHAIN_HASH)
                 || hash_number(&state, (uint64_t)last)
                 || hash_bytes(&state, last_hash, CPTS_CHAIN_HASH);

    return hash_end(&state, out, failed);
}

int cpts_chain_equal(const unsigned char a[CPTS_CHAIN_HASH],
                     const unsigned char b[CPTS_CHAIN_HASH])
{
    return sodium_memcmp(a, b, CPTS_CHAIN_HASH) == 0;
}
