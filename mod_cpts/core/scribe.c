/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON text piece by piece, without a tree of values in between. */

#include "core/scribe.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <apr_strings.h>
#include <jansson.h>

#include "core/field.h"

/* Decimals of what is written without a look at jansson: coordinates have
 * five, kilometres one. */
#define DECIMALS 6
#define SCALE    1000000.0
/* Up to there SCALE times a number is exact enough, and below the least %g
 * takes an exponent. */
#define PLAIN_MOST  1000.0
#define PLAIN_LEAST 0.001

void cpts_scribe_begin(cpts_scribe_t *scribe, size_t room, apr_pool_t *pool)
{
    scribe->text = apr_palloc(pool, room);
    scribe->length = 0;
    scribe->room = room;
    scribe->pool = pool;
}

void cpts_scribe_grow(cpts_scribe_t *scribe, size_t length)
{
    size_t room = 2 * (scribe->length + length);
    char *text = apr_palloc(scribe->pool, room);

    memcpy(text, scribe->text, scribe->length);
    scribe->text = text;
    scribe->room = room;
}

void cpts_scribe_align(cpts_scribe_t *scribe, size_t alignment)
{
    static const char zeros[16] = { 0 };
    size_t over = scribe->length & (alignment - 1);

    if (over) {
        cpts_scribe_bytes(scribe, zeros, alignment - over);
    }
}

/* --- strings */

static int is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

static void escape(cpts_scribe_t *scribe, unsigned char byte)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    const char *found = shorts;
    char text[8];

    while (*found && (unsigned char)*found != byte) {
        found += 2;
    }
    if (*found) {
        text[0] = '\\';
        text[1] = found[1];
        cpts_scribe_bytes(scribe, text, 2);
    }
    else {
        apr_snprintf(text, sizeof(text), "\\u%04X", (unsigned)byte);
        cpts_scribe_bytes(scribe, text, 6);
    }
}

/* The first bytes that are written as they are. */
static size_t plain_length(const char *text)
{
    size_t length = 0;

    while (is_plain((unsigned char)text[length])) {
        length++;
    }
    return length;
}

static void write_escaped(cpts_scribe_t *scribe, const char *text)
{
    cpts_scribe_bytes(scribe, "\"", 1);
    while (*text) {
        size_t plain = plain_length(text);

        cpts_scribe_bytes(scribe, text, plain);
        text += plain;
        if (*text) {
            escape(scribe, (unsigned char)*text++);
        }
    }
    cpts_scribe_bytes(scribe, "\"", 1);
}

void cpts_scribe_string(cpts_scribe_t *scribe, const char *text)
{
    size_t length;
    char *place;

    if (!text) {
        cpts_scribe_bytes(scribe, "null", 4);
        return;
    }
    length = plain_length(text);
    if (text[length]) {
        write_escaped(scribe, text);
        return;
    }
    place = cpts_scribe_place(scribe, length + 2);
    place[0] = '"';
    memcpy(place + 1, text, length);
    place[length + 1] = '"';
}

/* --- numbers */

static void write_slowly(cpts_scribe_t *scribe, double number)
{
    json_t *real = json_real(number);
    char text[64];
    size_t length = json_dumpb(real, text, sizeof(text),
                               JSON_ENCODE_ANY | CPTS_JSON_WRITE);

    json_decref(real);
    if (!length) { /* memory is short: right, if not to the letter */
        length = (size_t)apr_snprintf(text, sizeof(text), "%.15e", number);
    }
    cpts_scribe_bytes(scribe, text, length);
}

/* 1234500 millionths: 1.2345 */
static void write_millionths(cpts_scribe_t *scribe, uint64_t millionths)
{
    char text[24];
    char *end = text + sizeof(text);
    char *start = end;
    int i;

    for (i = 0; i < DECIMALS || millionths > 0 || i == DECIMALS; i++) {
        if (i == DECIMALS) {
            *--start = '.';
        }
        *--start = (char)('0' + millionths % 10);
        millionths /= 10;
    }
    while (end[-1] == '0' && end[-2] != '.') {
        end--;
    }
    cpts_scribe_bytes(scribe, start, (size_t)(end - start));
}

void cpts_scribe_number(cpts_scribe_t *scribe, double number)
{
    double size = fabs(number);
    double scaled = nearbyint(size * SCALE);

    /* Dividing gives the double nearest to that decimal: if it is this one,
     * the decimal is what 15 digits of it say. */
    if (size >= PLAIN_LEAST && size < PLAIN_MOST
        && !(scaled / SCALE < size || scaled / SCALE > size)) {
        if (number < 0) {
            cpts_scribe_bytes(scribe, "-", 1);
        }
        write_millionths(scribe, (uint64_t)scaled);
    }
    else {
        write_slowly(scribe, number);
    }
}
