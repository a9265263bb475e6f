/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of placements: short, read aloud and written by hand without
 * mistakes that go unseen. */

#include "core/code.h"

#include <string.h>

#include <apr_general.h>

#include "core/typed.h"

/* Symbols there are: prime. */
#define SYMBOLS 23
/* Symbols of a code, the checking one included, and those before the hyphen.
 */
#define LENGTH 8
#define GROUP  4
/* Bytes from here on are thrown away, so that no symbol is likelier: the
 * largest multiple of SYMBOLS that a byte can hold. */
#define FAIR (256 / SYMBOLS * SYMBOLS)

static const char symbols[] = CPTS_CODE_SYMBOLS;

/* The weights are LENGTH .. 1: all different and none a multiple of SYMBOLS,
 * so one wrong symbol or two exchanged ones never leave the sum a multiple.
 * The last symbol has weight 1. */
static int weighted_sum(const int *values, int count)
{
    int sum = 0;
    int i;

    for (i = 0; i < count; i++) {
        sum += (LENGTH - i) * values[i];
    }
    return sum % SYMBOLS;
}

static void write_code(char out[CPTS_CODE_SIZE], const int values[LENGTH])
{
    int i;

    for (i = 0; i < LENGTH; i++) {
        if (i == GROUP) {
            *out++ = '-';
        }
        *out++ = symbols[values[i]];
    }
    *out = '\0';
}

int cpts_code_make(char out[CPTS_CODE_SIZE])
{
    int values[LENGTH];
    int count = 0;

    while (count < LENGTH - 1) {
        unsigned char bytes[LENGTH];
        size_t i;

        if (apr_generate_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS) {
            return -1;
        }
        for (i = 0; i < sizeof(bytes) && count < LENGTH - 1; i++) {
            if (bytes[i] < FAIR) {
                values[count++] = bytes[i] % SYMBOLS;
            }
        }
    }
    values[LENGTH - 1]
        = (SYMBOLS - weighted_sum(values, LENGTH - 1)) % SYMBOLS;
    write_code(out, values);
    return 0;
}

int cpts_code_parse(char out[CPTS_CODE_SIZE], const char *text)
{
    int values[LENGTH];
    int count = 0;
    int symbol;

    while ((symbol = cpts_typed_next(&text)) != CPTS_TYPED_END) {
        const char *found
            = symbol == CPTS_TYPED_NONE ? NULL : strchr(symbols, symbol);

        if (!found || count == LENGTH) {
            return -1;
        }
        values[count++] = (int)(found - symbols);
    }
    if (count != LENGTH || weighted_sum(values, LENGTH) != 0) {
        return -1;
    }
    write_code(out, values);
    return 0;
}
