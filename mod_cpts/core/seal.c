/* SPDX-License-Identifier: Apache-2.0 */
/* Seals: text that only this server can read, and only it can have made. */

#include "core/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <sodium.h>

#define KEY_SIZE   crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define VARIANT    sodium_base64_VARIANT_URLSAFE_NO_PADDING

/* A text is padded to a multiple of this. */
#define BLOCK 64
/* More than a cookie can hold, and no sum below can overflow. */
#define TEXT_MAX 65536

#define FILE_MAX 8192
/* Different characters of a line, at least: hexadecimal digits and base 64
 * have more, "aaaa..." and "1234..." have not. */
#define KINDS_MIN 10

#define ADVICE "write what \"openssl rand -base64 48\" prints"

struct cpts_seal_t {
    int count;
    unsigned char keys[CPTS_SEAL_KEYS][KEY_SIZE];
};

/* --- the file of keys */

/* The whole file, NUL-ended; or what is wrong. */
static const char *read_open(char text[FILE_MAX], int fd, const char *file,
                             apr_pool_t *pool)
{
    struct stat st;
    ssize_t got;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return apr_psprintf(pool, "%s: it is not a file", file);
    }
    if (st.st_mode & (S_IRWXO | S_IWGRP)) {
        return apr_psprintf(pool,
                            "%s: its mode %03o lets others at the key: chmod "
                            "0600 %s",
                            file, (unsigned)st.st_mode & 0777, file);
    }
    got = read(fd, text, FILE_MAX - 1);
    if (got < 0 || got == FILE_MAX - 1) {
        return apr_psprintf(pool, "%s: it cannot be read, or is too long",
                            file);
    }
    text[got] = '\0';
    return NULL;
}

static const char *read_file(char text[FILE_MAX], const char *file,
                             apr_pool_t *pool)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *error;

    if (fd < 0) {
        return apr_psprintf(pool, "%s: %s", file, strerror(errno));
    }
    error = read_open(text, fd, file, pool);
    (void)close(fd);
    return error;
}

static int is_plain(const char *line)
{
    char seen[256] = { 0 };
    int kinds = 0;

    for (; *line; line++) {
        kinds += !seen[(unsigned char)*line];
        seen[(unsigned char)*line] = 1;
    }
    return kinds < KINDS_MIN;
}

/* A line is a secret of any form: its hash is the key. */
static const char *add_key(cpts_seal_t *seal, const char *line)
{
    static const unsigned char
        domain[crypto_generichash_blake2b_PERSONALBYTES + 1]
        = "mod_cpts session";

    if (strlen(line) < CPTS_SEAL_LINE) {
        return "it has less than 32 characters";
    }
    if (is_plain(line)) {
        return "it is not random";
    }
    if (seal->count == CPTS_SEAL_KEYS) {
        return "there are more than 8 keys";
    }
    if (crypto_generichash_blake2b_salt_personal(
            seal->keys[seal->count], KEY_SIZE, (const unsigned char *)line,
            strlen(line), NULL, 0, NULL, domain)
        != 0) {
        return "the library failed";
    }
    seal->count++;
    return NULL;
}

/* The text of a line, without what ends it; *rest is where the next begins,
 * or NULL. */
static char *cut_line(char *text, char **rest)
{
    char *end = strchr(text, '\n');
    size_t length;

    *rest = end ? end + 1 : NULL;
    length = end ? (size_t)(end - text) : strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1])) {
        length--;
    }
    text[length] = '\0';
    return text;
}

static const char *add_lines(cpts_seal_t *seal, char *text, const char *file,
                             apr_pool_t *pool)
{
    const char *error = NULL;
    int number;

    for (number = 1; text && !error; number++) {
        const char *line = cut_line(text, &text);

        if (*line && *line != '#') {
            error = add_key(seal, line);
        }
    }
    if (error) {
        return apr_psprintf(pool, "%s, line %d: %s: " ADVICE, file, number - 1,
                            error);
    }
    return seal->count ? NULL
                       : apr_psprintf(
                           pool, "%s: there is no key in it: " ADVICE, file);
}

static apr_status_t wipe(void *seal)
{
    sodium_memzero(seal, sizeof(cpts_seal_t));
    return APR_SUCCESS;
}

const char *cpts_seal_read(const cpts_seal_t **seal, const char *file,
                           apr_pool_t *pool)
{
    cpts_seal_t *made = apr_pcalloc(pool, sizeof(*made));
    char text[FILE_MAX];
    const char *error;

    *seal = made;
    apr_pool_cleanup_register(pool, made, wipe, apr_pool_cleanup_null);
    if (sodium_init() < 0) {
        return "libsodium does not work";
    }
    error = read_file(text, file, pool);
    if (!error) {
        error = add_lines(made, text, file, pool);
    }
    sodium_memzero(text, sizeof(text));
    return error;
}

/* --- texts */

static const unsigned char *bytes_of(const char *text)
{
    return (const unsigned char *)text;
}

const char *cpts_seal_close(const cpts_seal_t *seal, const char *context,
                            const char *text, apr_pool_t *pool)
{
    size_t length = strlen(text);
    size_t size = (length / BLOCK + 1) * BLOCK;
    size_t whole = NONCE_SIZE + size + TAG_SIZE;
    size_t padded;
    unsigned char *bytes;
    char *out;

    if (length > TEXT_MAX) {
        return NULL;
    }
    bytes = apr_pcalloc(pool, whole);
    randombytes_buf(bytes, NONCE_SIZE);
    memcpy(bytes + NONCE_SIZE, text, length);
    if (sodium_pad(&padded, bytes + NONCE_SIZE, length, BLOCK, size) != 0
        || crypto_aead_xchacha20poly1305_ietf_encrypt(
               bytes + NONCE_SIZE, NULL, bytes + NONCE_SIZE, padded,
               bytes_of(context), strlen(context), NULL, bytes, seal->keys[0])
               != 0) {
        return NULL;
    }
    size = sodium_base64_ENCODED_LEN(whole, VARIANT);
    out = apr_palloc(pool, size);
    return sodium_bin2base64(out, size, bytes, whole, VARIANT);
}

/* The text of a sealed one in bytes, in place; NULL: not under this key. */
static const char *open_with(const unsigned char key[KEY_SIZE],
                             const char *context, unsigned char *out,
                             const unsigned char *bytes, size_t whole)
{
    size_t size = whole - NONCE_SIZE - TAG_SIZE;
    size_t length;

    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, NULL, NULL, bytes + NONCE_SIZE, size + TAG_SIZE,
            bytes_of(context), strlen(context), bytes, key)
            != 0
        || sodium_unpad(&length, out, size, BLOCK) != 0) {
        return NULL;
    }
    out[length] = '\0';
    return (const char *)out;
}

const char *cpts_seal_open(const cpts_seal_t *seal, const char *context,
                           const char *sealed, apr_pool_t *pool)
{
    size_t length = strlen(sealed);
    const char *text = NULL;
    unsigned char *bytes;
    unsigned char *out;
    size_t whole;
    int i;

    if (length > 2 * TEXT_MAX) {
        return NULL;
    }
    bytes = apr_palloc(pool, length + 1);
    if (sodium_base642bin(bytes, length, sealed, length, NULL, &whole, NULL,
                          VARIANT)
            != 0
        || whole < NONCE_SIZE + TAG_SIZE + BLOCK) {
        return NULL;
    }
    out = apr_palloc(pool, whole);
    for (i = 0; i < seal->count && !text; i++) {
        text = open_with(seal->keys[i], context, out, bytes, whole);
    }
    return text;
}
