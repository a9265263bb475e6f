/* SPDX-License-Identifier: Apache-2.0 */
/* QR codes: an address as the path of an SVG picture. */

#include "core/qr.h"

#include <apr_strings.h>
#include <qrencode.h>

/* The longest "Mx yhnv1h-nz" with its NUL: numbers have three digits. */
#define RUN_SIZE 24

/* The lowest bit of a module says that it is dark. */
static int dark(const QRcode *code, int x, int y)
{
    return code->data[y * code->width + x] & 1;
}

/* A row of modules has at most one run for two of them. */
static char *new_path(apr_pool_t *pool, const QRcode *code)
{
    size_t width = (size_t)code->width;

    return apr_palloc(pool, width * (width / 2 + 1) * RUN_SIZE + 1);
}

/* One rectangle for each run of dark modules in a row. */
static const char *draw(apr_pool_t *pool, const QRcode *code)
{
    char *path = new_path(pool, code);
    char *end = path;
    int x, y;

    *end = '\0';
    for (y = 0; y < code->width; y++) {
        for (x = 0; x < code->width; x++) {
            int begin = x;

            while (x < code->width && dark(code, x, y)) {
                x++;
            }
            if (x > begin) {
                end += apr_snprintf(end, RUN_SIZE, "M%d %dh%dv1h-%dz", begin,
                                    y, x - begin, x - begin);
            }
        }
    }
    return path;
}

const cpts_qr_t *cpts_qr_make(apr_pool_t *pool, const char *text)
{
    cpts_qr_t *qr = apr_palloc(pool, sizeof(*qr));
    /* Version 0 is the smallest; 1 keeps the case of letters. */
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

    if (!code) {
        return NULL;
    }
    qr->size = code->width;
    qr->path = draw(pool, code);
    QRcode_free(code);
    return qr;
}
