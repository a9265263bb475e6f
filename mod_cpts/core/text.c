/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people type it: folded for search, counted in characters. */

#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <utf8proc.h>

/* Letters that decompose into nothing simpler but are typed as two. */
static const struct {
    const char *letter;
    const char *typed;
} ligatures[] = {
    { "\xc5\x93", "oe" }, /* oe ligature, folded to lower case before */
    { "\xc3\xa6", "ae" },
    { "\xc3\xb8", "o" },
    { "\xc5\x82", "l" },
};

/* Apostrophes and hyphens of all kinds that separate words in names. */
static int separates(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return c == '\'' || c == 0x2019 || c == 0x02bc
           || category == UTF8PROC_CATEGORY_PD
           || category == UTF8PROC_CATEGORY_ZS
           || category == UTF8PROC_CATEGORY_CC;
}

static size_t ligature_at(const char *text, const char **typed)
{
    size_t i;

    for (i = 0; i < sizeof(ligatures) / sizeof(ligatures[0]); i++) {
        size_t length = strlen(ligatures[i].letter);

        if (strncmp(text, ligatures[i].letter, length) == 0) {
            *typed = ligatures[i].typed;
            return length;
        }
    }
    return 0;
}

/* One pass over text already in lower case and without accents. */
static char *squeeze(apr_pool_t *pool, const char *in)
{
    char *result = apr_palloc(pool, strlen(in) + 1);
    char *out = result;
    const char *typed;

    while (*in) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length
            = utf8proc_iterate((const utf8proc_uint8_t *)in, -1, &c);
        size_t ligature = ligature_at(in, &typed);

        if (ligature) {
            /* Never longer than what it stands for: two bytes. */
            out = apr_cpystrn(out, typed, 3);
            in += ligature;
        }
        else if (length <= 0) {
            return NULL;
        }
        else if (separates(c)) {
            if (out > result && out[-1] != ' ') {
                *out++ = ' ';
            }
            in += length;
        }
        else {
            memcpy(out, in, (size_t)length);
            out += length;
            in += length;
        }
    }
    if (out > result && out[-1] == ' ') {
        out--;
    }
    *out = '\0';
    return result;
}

const char *cpts_text_fold(apr_pool_t *pool, const char *text)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t rc;
    const char *result;

    rc = utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped,
                      UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE
                          | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD
                          | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    if (rc < 0) {
        return NULL;
    }
    result = squeeze(pool, (const char *)mapped);
    free(mapped);
    return result;
}

long cpts_text_length(const char *text)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;
    long count = 0;

    for (; *p; count++) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length = *p < 0x80 ? 1 : utf8proc_iterate(p, -1, &c);

        if (length <= 0) {
            return -1;
        }
        p += length;
    }
    return count;
}

/* Ends of lines under other names, and what turns the order of the text after
 * it: a name would then read as another. Marks of direction and joiners are
 * part of some languages. */
static int is_control(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL
           || category == UTF8PROC_CATEGORY_ZP || (c >= 0x202a && c <= 0x202e)
           || (c >= 0x2066 && c <= 0x2069);
}

/* Spaces, ends of lines, and marks of no width. */
int cpts_text_is_blank(const char *text)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;

    while (*p) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length = utf8proc_iterate(p, -1, &c);
        utf8proc_category_t category = utf8proc_category(c);

        if (length <= 0
            || (category != UTF8PROC_CATEGORY_ZS
                && category != UTF8PROC_CATEGORY_CF && !is_control(c))) {
            return 0;
        }
        p += length;
    }
    return 1;
}

int cpts_text_has_control(const char *text, int allow_line_feed)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)text;

    while (*p) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length;

        if (*p >= 0x20 && *p < 0x7f) {
            p++; /* most of them */
            continue;
        }
        length = utf8proc_iterate(p, -1, &c);
        if (length <= 0) {
            return 1;
        }
        if (is_control(c) && !(allow_line_feed && c == '\n')) {
            return 1;
        }
        p += length;
    }
    return 0;
}
