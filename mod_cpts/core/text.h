/* SPDX-License-Identifier: Apache-2.0 */
/* Text as people type it: folded for search, counted in characters. */

/**
 * @file text.h
 * @brief UTF-8 helpers over utf8proc.
 */
#ifndef CPTS_CORE_TEXT_H
#define CPTS_CORE_TEXT_H

#include <apr_pools.h>

/**
 * Fold for search: case, accents and compatibility forms are removed,
 * apostrophes, hyphens and white space become one space each.
 * @return a string in @a pool, or NULL when @a text is not valid UTF-8.
 */
const char *cpts_text_fold(apr_pool_t *pool, const char *text);

/** Number of code points, or -1 when @a text is not valid UTF-8. */
long cpts_text_length(const char *text);

/** 1 when there is nothing to see in @a text: it is empty, or spaces. */
int cpts_text_is_blank(const char *text);

/** 1 when @a text has a control character (line feed apart if allowed), or one
 * that ends lines or turns the order of what follows. */
int cpts_text_has_control(const char *text, int allow_line_feed);

#endif
