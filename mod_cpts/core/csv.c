/* SPDX-License-Identifier: Apache-2.0 */
/* CSV files, row by row, over libcsv. */

#include "core/csv.h"

#include <string.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <csv.h>

#include "core/text.h"

/* The largest file read: the communes of France take 1.4 MB. */
#define FILE_MAX_BYTES (64 * 1024 * 1024)

typedef struct {
    cpts_csv_row_fn *fn;
    void *baton;
    apr_pool_t *pool;
    apr_array_header_t *cells;
    int row;
    int filled; /* one cell of the row has a character */
    int failed; /* row is the one at fault */
    const char *error;
} reader_t;

static void on_cell(void *data, size_t length, void *baton)
{
    reader_t *reader = baton;
    const char *cell;

    /* libcsv goes on to the end of the file whatever is found. */
    if (reader->error) {
        return;
    }
    cell = apr_pstrmemdup(reader->pool, data ? data : "", length);
    if (strlen(cell) != length) {
        reader->error = "a NUL character: is this a text file?";
    }
    else if (cpts_text_length(cell) < 0) {
        reader->error = "not UTF-8: save the file as UTF-8";
    }
    reader->filled = reader->filled || *cell;
    APR_ARRAY_PUSH(reader->cells, const char *) = cell;
}

static void on_row(int last, void *baton)
{
    reader_t *reader = baton;

    (void)last;
    if (reader->failed) {
        return;
    }
    reader->row++;
    if (!reader->error && reader->filled) {
        reader->error = reader->fn(reader->baton, reader->row, reader->cells,
                                   reader->pool);
    }
    reader->failed = reader->error != NULL;
    apr_array_clear(reader->cells);
    reader->filled = 0;
}

static const char *slurp(const char **text, apr_size_t *length,
                         const char *file, apr_pool_t *pool)
{
    apr_file_t *in;
    apr_finfo_t info;
    char *buffer;
    char reason[120];
    apr_status_t rv = apr_file_open(&in, file, APR_READ, 0, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_file_info_get(&info, APR_FINFO_SIZE | APR_FINFO_TYPE, in);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(pool, "cannot read %s: %s", file,
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    if (info.filetype != APR_REG || info.size > FILE_MAX_BYTES) {
        apr_file_close(in);
        return apr_psprintf(pool, "%s is not a file of up to %d bytes", file,
                            FILE_MAX_BYTES);
    }
    *length = (apr_size_t)info.size;
    buffer = apr_palloc(pool, *length + 1);
    rv = apr_file_read_full(in, buffer, *length, NULL);
    apr_file_close(in);
    if (rv != APR_SUCCESS) {
        return apr_psprintf(pool, "cannot read %s: %s", file,
                            apr_strerror(rv, reason, sizeof(reason)));
    }
    buffer[*length] = '\0';
    *text = buffer;
    return NULL;
}

static char separator_of(const char *text)
{
    size_t header = strcspn(text, "\r\n");

    return memchr(text, ';', header) ? ';' : ',';
}

/* A line without a character is a row of the file too: what is told by its
 * number is found where an editor or a spreadsheet shows it. */
static int is_blank(const struct csv_parser *parser, const char *line,
                    size_t length)
{
    return !parser->quoted && parser->entry_pos == 0
           && strspn(line, "\r\n") >= length;
}

static size_t line_length(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);

    return end ? (size_t)(end - text) + 1 : length;
}

static const char *parse_lines(reader_t *reader, struct csv_parser *parser,
                               const char *text, size_t length)
{
    while (length) {
        size_t line = line_length(text, length);

        if (is_blank(parser, text, line)) {
            reader->row += !reader->failed;
        }
        else if (csv_parse(parser, text, line, on_cell, on_row, reader)
                 != line) {
            return csv_strerror(csv_error(parser));
        }
        text += line;
        length -= line;
    }
    return csv_fini(parser, on_cell, on_row, reader)
               ? csv_strerror(csv_error(parser))
               : NULL;
}

static const char *parse(reader_t *reader, const char *text, size_t length,
                         char separator)
{
    struct csv_parser parser;
    const char *error;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI)) {
        return "short of memory";
    }
    csv_set_delim(&parser, (unsigned char)separator);
    error = parse_lines(reader, &parser, text, length);
    reader->row += error && !reader->failed;
    csv_free(&parser);
    return reader->error ? reader->error : error;
}

const char *cpts_csv_parse(const char *text, size_t length, char *separator,
                           int *row, cpts_csv_row_fn *fn, void *baton,
                           apr_pool_t *pool)
{
    reader_t reader = { .fn = fn, .baton = baton, .pool = pool };
    const char *error;
    char found;

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        length -= 3;
    }
    found = separator_of(text);
    if (separator) {
        *separator = found;
    }
    reader.cells = apr_array_make(pool, 16, sizeof(const char *));
    error = parse(&reader, text, length, found);
    *row = reader.row;
    return error;
}

const char *cpts_csv_read(const char *file, char *separator,
                          cpts_csv_row_fn *fn, void *baton, apr_pool_t *pool)
{
    const char *text = "";
    apr_size_t length = 0;
    const char *error = slurp(&text, &length, file, pool);
    int row;

    if (error) {
        return error;
    }
    error = cpts_csv_parse(text, length, separator, &row, fn, baton, pool);
    return error ? apr_psprintf(pool, "%s, row %d: %s", file, row, error)
                 : NULL;
}
