/* SPDX-License-Identifier: Apache-2.0 */
/* Codes as people type them: case, spaces and hyphens do not count. */

#include "core/typed.h"

#include <utf8proc.h>

static int separates(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);

    return c == '\t' || c == '\n' || c == '\r'
           || category == UTF8PROC_CATEGORY_PD
           || category == UTF8PROC_CATEGORY_ZS;
}

/* Not toupper(): what it does depends on the locale. */
static int symbol_of(utf8proc_int32_t c)
{
    if (c >= 'a' && c <= 'z') {
        return (int)c - 'a' + 'A';
    }
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ? (int)c
                                                            : CPTS_TYPED_NONE;
}

int cpts_typed_next(const char **text)
{
    while (**text) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length
            = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &c);

        if (length <= 0) {
            return CPTS_TYPED_NONE;
        }
        *text += length;
        if (!separates(c)) {
            return symbol_of(c);
        }
    }
    return CPTS_TYPED_END;
}
