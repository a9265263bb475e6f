/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl import sheets, export sheets: CSV in and out. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/columns.h"
#include "core/csv.h"
#include "core/sheet.h"
#include "ctl.h"
#include "store/sheet.h"

/* Sheets that exist already: told one by one up to here, then counted. */
#define KNOWN_TOLD 20
/* Rows between two signs of progress. */
#define PROGRESS_ROWS 1000

/* One sheet that was read and found right. */
typedef struct {
    int row;
    const cpts_sheet_t *sheet;
    const char *search;
} read_t;

typedef struct {
    const ctl_t *ctl;
    cpts_territory_t *territory; /* NULL: communes are not checked */
    apr_array_header_t *columns; /* of cpts_column_t: all there can be */
    apr_array_header_t *header;  /* of const cpts_column_t *: the file's */
    apr_array_header_t *sheets;  /* of read_t */
    apr_hash_t *by_rpps;         /* RPPS -> row, as text */
    apr_pool_t *scratch;         /* cleared at each row */
    cpts_dialect_t dialect;
    char separator;
    cpts_day_t today;
    int faults;
    int luhn;  /* wrong check digits */
    int known; /* sheets that exist, without --update */
    int updated;
    int64_t ids[CPTS_ENTRY_SHEETS_MAX]; /* of the next entry */
    int id_count;
} import_t;

/* --- the territory */

/* NAME=CODE,CODE,~pattern as in CptsPerimeter. */
static const char *add_perimeter(cpts_territory_t *territory, const char *text,
                                 apr_pool_t *pool)
{
    apr_array_header_t *items = apr_array_make(pool, 8, sizeof(char *));
    char *name = apr_pstrdup(pool, text);
    char *equal = strchr(name, '=');
    char *item, *last;

    if (!equal) {
        return "--perimeter takes NAME=CODE,CODE,~pattern";
    }
    *equal = '\0';
    for (item = apr_strtok(equal + 1, ",", &last); item;
         item = apr_strtok(NULL, ",", &last)) {
        APR_ARRAY_PUSH(items, const char *) = item;
    }
    return cpts_territory_perimeter(territory, name, items, pool);
}

static int read_territory(import_t *import)
{
    const ctl_t *ctl = import->ctl;
    const char *error = NULL;
    int i;

    if (!ctl->communes->nelts) {
        return ctl->perimeters->nelts
                   ? ctl_refuse("--perimeter needs --communes")
                   : CTL_OK;
    }
    import->territory = cpts_territory_create(ctl->pool);
    for (i = 0; i < ctl->communes->nelts && !error; i++) {
        error = cpts_territory_read(
            import->territory, APR_ARRAY_IDX(ctl->communes, i, const char *),
            0, ctl->pool);
    }
    for (i = 0; i < ctl->perimeters->nelts && !error; i++) {
        error = add_perimeter(import->territory,
                              APR_ARRAY_IDX(ctl->perimeters, i, const char *),
                              ctl->pool);
    }
    return error ? ctl_refuse("%s", error) : CTL_OK;
}

/* Without --perimeter the names are those of the configuration, which this
 * command does not read: any name is taken. */
static void accept_perimeters(import_t *import, const json_t *document)
{
    const json_t *names = json_object_get(
        json_object_get(document, "home_visits"), "perimeters");
    apr_array_header_t *all;
    const json_t *name;
    size_t i;

    if (!import->territory || import->ctl->perimeters->nelts) {
        return;
    }
    json_array_foreach(names, i, name) {
        const char *text = json_string_value(name);

        if (cpts_format_name.check(text) == 0
            && !cpts_territory_named(import->territory, text)) {
            all = apr_array_make(import->ctl->pool, 1, sizeof(char *));
            APR_ARRAY_PUSH(all, const char *) = "~.*";
            (void)cpts_territory_perimeter(
                import->territory, apr_pstrdup(import->ctl->pool, text), all,
                import->ctl->pool);
        }
    }
}

/* --- reading */

static void fault(import_t *import, int row, const char *column,
                  const char *code, const char *detail)
{
    import->faults++;
    fprintf(stderr, "%s:%d: %s%s%s%s%s\n", import->ctl->operands[0], row,
            column, *column ? ": " : "", code, *detail ? ": " : "", detail);
}

static const cpts_column_t *find_column(const import_t *import,
                                        const char *name)
{
    for (int i = 0; i < import->columns->nelts; i++) {
        const cpts_column_t *column
            = &APR_ARRAY_IDX(import->columns, i, cpts_column_t);

        if (strcmp(column->name, name) == 0) {
            return column;
        }
    }
    return NULL;
}

static const char *read_header(import_t *import,
                               const apr_array_header_t *cells,
                               apr_pool_t *pool)
{
    for (int i = 0; i < cells->nelts; i++) {
        const char *name = APR_ARRAY_IDX(cells, i, const char *);
        const cpts_column_t *column = find_column(import, name);

        if (!column) {
            return apr_psprintf(pool,
                                "\"%s\" is no column; \"cptsctl export"
                                " sheets\" shows their names",
                                name);
        }
        for (int j = 0; j < import->header->nelts; j++) {
            if (APR_ARRAY_IDX(import->header, j, const cpts_column_t *)
                == column) {
                return apr_psprintf(pool, "column %s is there twice", name);
            }
        }
        APR_ARRAY_PUSH(import->header, const cpts_column_t *) = column;
    }
    return NULL;
}

static void tell_faults(import_t *import, int row, const cpts_faults_t *faults)
{
    for (int i = 0; i < cpts_faults_count(faults); i++) {
        const cpts_fault_t *f = cpts_faults_get(faults, i);

        fault(import, row,
              cpts_columns_name(import->columns, f->pointer, import->scratch),
              f->code, f->detail);
    }
}

/* The sheet of a row, in the pool of the run, or NULL with its faults. */
static const cpts_sheet_t *decode(import_t *import, int row,
                                  const apr_array_header_t *cells)
{
    cpts_faults_t *faults = cpts_faults_create(import->scratch);
    json_t *document = cpts_columns_decode(
        import->header, cells, import->dialect, faults, import->scratch);
    const cpts_sheet_t *sheet = NULL;

    if (!cpts_faults_count(faults)) {
        accept_perimeters(import, document);
        sheet = cpts_sheet_decode(document, import->territory, NULL,
                                  import->today, faults, import->ctl->pool);
    }
    json_decref(document);
    tell_faults(import, row, faults);
    return sheet;
}

static void keep(import_t *import, int row, const cpts_sheet_t *sheet)
{
    const char *before
        = apr_hash_get(import->by_rpps, sheet->rpps, APR_HASH_KEY_STRING);
    read_t read = { row, sheet, NULL };

    if (before) {
        fault(import, row, "rpps", "twice",
              apr_psprintf(import->scratch, "the same RPPS as in row %s",
                           before));
        return;
    }
    apr_hash_set(import->by_rpps, sheet->rpps, APR_HASH_KEY_STRING,
                 apr_itoa(import->ctl->pool, row));
    import->luhn += !cpts_rpps_luhn(sheet->rpps);
    read.search
        = cpts_sheet_search_text(sheet, import->territory, import->ctl->pool);
    APR_ARRAY_PUSH(import->sheets, read_t) = read;
}

static const char *read_row(void *baton, int row,
                            const apr_array_header_t *cells, apr_pool_t *pool)
{
    import_t *import = baton;
    const cpts_sheet_t *sheet;

    if (row == 1) {
        import->dialect = cpts_columns_dialect(import->separator);
        return read_header(import, cells, pool);
    }
    if (row % PROGRESS_ROWS == 0) {
        ctl_progress("rows read", row, 0);
    }
    apr_pool_clear(import->scratch);
    if (cells->nelts != import->header->nelts) {
        fault(import, row, "", "cells",
              apr_psprintf(import->scratch, "%d cells, the first row has %d",
                           cells->nelts, import->header->nelts));
        return NULL;
    }
    sheet = decode(import, row, cells);
    if (sheet) {
        keep(import, row, sheet);
    }
    return NULL;
}

static int read_file(import_t *import)
{
    const char *error;

    error = cpts_csv_read(import->ctl->operands[0], &import->separator,
                          read_row, import, import->ctl->pool);
    ctl_progress_end();
    if (error) {
        return ctl_refuse("%s", error);
    }
    if (!import->header->nelts) {
        return ctl_refuse("%s is empty: its first row must name the columns",
                          import->ctl->operands[0]);
    }
    return CTL_OK;
}

/* --- writing */

static void tell_known(import_t *import, int row)
{
    if (++import->known <= KNOWN_TOLD) {
        fault(import, row, "rpps", "exists",
              "this sheet exists already; --update replaces it");
    }
    else {
        import->faults++;
    }
}

/* The journal gets as few entries as hold all the numbers. */
static cpts_db_e flush_notes(import_t *import, cpts_db_t *db)
{
    int count = import->id_count;

    import->id_count = 0;
    return count
               ? ctl_note_sheets(db, CPTS_DID_SHEET_IMPORT, import->ids, count)
               : CPTS_DB_OK;
}

static cpts_db_e note(import_t *import, cpts_db_t *db, int64_t id)
{
    import->ids[import->id_count++] = id;
    return import->id_count == CPTS_ENTRY_SHEETS_MAX ? flush_notes(import, db)
                                                     : CPTS_DB_OK;
}

static cpts_db_e write_one(import_t *import, cpts_db_t *db, const read_t *read,
                           apr_pool_t *pool)
{
    cpts_stored_sheet_t out;
    cpts_db_e rc = cpts_sheet_create(&out, db, read->sheet, read->search,
                                     CPTS_BY_IMPORT, import->today, pool);

    if (rc == CPTS_DB_CONFLICT && !import->ctl->update) {
        tell_known(import, read->row);
        return CPTS_DB_OK;
    }
    if (rc == CPTS_DB_CONFLICT) {
        import->updated++;
        rc = cpts_sheet_import(&out, db, read->sheet, read->search,
                               import->today, pool);
    }
    return rc == CPTS_DB_OK ? note(import, db, out.id) : rc;
}

static cpts_db_e write_all(import_t *import, cpts_db_t *db)
{
    cpts_db_e rc = CPTS_DB_OK;

    for (int i = 0; i < import->sheets->nelts && rc == CPTS_DB_OK; i++) {
        apr_pool_clear(import->scratch);
        rc = write_one(import, db, &APR_ARRAY_IDX(import->sheets, i, read_t),
                       import->scratch);
        if (i % PROGRESS_ROWS == 0) {
            ctl_progress("sheets written", i, import->sheets->nelts);
        }
    }
    ctl_progress_end();
    return rc == CPTS_DB_OK ? flush_notes(import, db) : rc;
}

static int refuse_faults(const import_t *import)
{
    if (import->known > KNOWN_TOLD) {
        fprintf(stderr, "%s: and %d more sheets that exist already\n",
                import->ctl->operands[0], import->known - KNOWN_TOLD);
    }
    return ctl_refuse("%d faults: nothing was imported", import->faults);
}

static int write_sheets(import_t *import)
{
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, import->ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = cpts_db_start(db);
    if (rc == CPTS_DB_OK) {
        rc = write_all(import, db);
        if (rc == CPTS_DB_OK && !import->faults && !import->ctl->dry_run) {
            rc = cpts_db_commit(db);
        }
        else {
            cpts_db_rollback(db);
        }
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(import->ctl, db, rc);
    }
    return import->faults ? refuse_faults(import) : CTL_OK;
}

static void tell_notes(const import_t *import)
{
    if (import->luhn) {
        fprintf(stderr,
                "cptsctl: note: %d RPPS numbers have a wrong check"
                " digit\n",
                import->luhn);
    }
    if (!import->territory) {
        fputs("cptsctl: note: communes and perimeters were not checked"
              " (--communes FILE.csv)\n",
              stderr);
    }
    else if (!import->ctl->perimeters->nelts
             && import->territory->perimeters->nelts) {
        fputs("cptsctl: note: the names of perimeters were not checked"
              " (--perimeter NAME=CODE,...)\n",
              stderr);
    }
}

int ctl_sheets_import(ctl_t *ctl)
{
    import_t import = { .ctl = ctl, .today = cpts_day_of(apr_time_now()) };
    int rc;

    import.columns = cpts_columns_make(cpts_sheet_fields, 0, ctl->pool);
    import.header
        = apr_array_make(ctl->pool, 64, sizeof(const cpts_column_t *));
    import.sheets = apr_array_make(ctl->pool, 64, sizeof(read_t));
    import.by_rpps = apr_hash_make(ctl->pool);
    if (apr_pool_create(&import.scratch, ctl->pool) != APR_SUCCESS) {
        return ctl_refuse("short of memory");
    }
    if (read_territory(&import) != CTL_OK || read_file(&import) != CTL_OK) {
        return CTL_REFUSED;
    }
    if (import.faults) {
        return refuse_faults(&import);
    }
    rc = write_sheets(&import);
    if (rc != CTL_OK) {
        return rc;
    }
    tell_notes(&import);
    printf("%s%d sheets imported, %d of them replaced\n",
           ctl->dry_run ? "dry run: would be " : "", import.sheets->nelts,
           import.updated);
    return CTL_OK;
}

/* --- export */

typedef struct {
    FILE *out;
    const apr_array_header_t *columns;
    cpts_dialect_t dialect;
    apr_pool_t *scratch;
    int count;
    int sites; /* the most of one sheet */
} export_t;

static cpts_db_e count_sites(void *baton, const cpts_stored_sheet_t *row)
{
    export_t *export = baton;

    if (row->sheet->sites->nelts > export->sites) {
        export->sites = row->sheet->sites->nelts;
    }
    return CPTS_DB_OK;
}

static cpts_db_e write_sheet(void *baton, const cpts_stored_sheet_t *row)
{
    export_t *export = baton;
    json_t *document
        = cpts_fields_encode(cpts_sheet_fields, row->sheet, CPTS_READONLY);

    apr_pool_clear(export->scratch);
    cpts_columns_write(export->out, export->columns, document, export->dialect,
                       export->scratch);
    json_decref(document);
    export->count++;
    return CPTS_DB_OK;
}

static int export_to(export_t *export, ctl_t *ctl)
{
    cpts_sheet_filter_t all = { .stale = -1, .limit = INT32_MAX };
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = cpts_db_start_read(db);
    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_list(db, &all, count_sites, export, ctl->pool);
    }
    export->columns
        = cpts_columns_make(cpts_sheet_fields, export->sites, ctl->pool);
    if (rc == CPTS_DB_OK) {
        cpts_columns_write_header(export->out, export->columns,
                                  export->dialect);
        rc = cpts_sheet_list(db, &all, write_sheet, export, ctl->pool);
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, db, rc);
    }
    cpts_db_rollback(db);
    return cpts_db_skipped(db)
               ? ctl_refuse("%d sheets cannot be read and were left out:"
                            " run \"cptsctl check\"",
                            cpts_db_skipped(db))
               : CTL_OK;
}

/* Personal data: a new file, for its owner only. */
static FILE *create_file(const char *file)
{
    int fd = open(file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    return fd < 0 ? NULL : fdopen(fd, "w");
}

int ctl_sheets_export(ctl_t *ctl)
{
    const char *file = ctl->operand_count ? ctl->operands[0] : NULL;
    export_t export
        = { .out = stdout, .dialect = cpts_columns_dialect(','), .sites = 1 };
    int rc;

    if (apr_pool_create(&export.scratch, ctl->pool) != APR_SUCCESS) {
        return ctl_refuse("short of memory");
    }
    if (file && !(export.out = create_file(file))) {
        return ctl_refuse("%s: %s%s", file, strerror(errno),
                          errno == EEXIST ? ": choose another name" : "");
    }
    rc = export_to(&export, ctl);
    if (file && (ferror(export.out) || fclose(export.out) != 0)) {
        return ctl_refuse("%s: %s", file, strerror(errno));
    }
    if (rc == CTL_OK && file) {
        printf("%d sheets written to %s\n", export.count, file);
    }
    return rc;
}
