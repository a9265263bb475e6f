/* SPDX-License-Identifier: Apache-2.0 */
/* What finds the entries of the journal, written for a whole run at a time. */

#include "store/journal_index.h"

#include <stdlib.h>

#include "core/scribe.h"
#include "store/sqlite.h"

/* Rows of a run that tell of sheets: by the last bits of their number. */
#define PLACES 128
/* Bytes that are likely to do for one of them. */
#define ROOM 224

/* A run that is read: its rows as JSON text. */
typedef struct {
    int64_t number;
    int64_t oldest, newest; /* seconds since 1970 */
    cpts_scribe_t places[PLACES];
} run_t;

/* --- numbers */

/* From the last digit on. @return behind it */
static char *write_number(char *at, int64_t number)
{
    char digits[20];
    size_t count = 0;
    uint64_t rest
        = number < 0 ? UINT64_C(0) - (uint64_t)number : (uint64_t)number;

    if (number < 0) {
        *at++ = '-';
    }
    do {
        digits[count++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    while (count) {
        *at++ = digits[--count];
    }
    return at;
}

void cpts_journal_sheets_write(char text[CPTS_SHEETS_SIZE],
                               const int64_t *sheets, int count)
{
    char *at = text;
    int i;

    *at++ = '[';
    for (i = 0; i < count; i++) {
        if (i) {
            *at++ = ',';
        }
        at = write_number(at, sheets[i]);
    }
    *at++ = ']';
    *at = '\0';
}

/* --- reading a run */

/* In this run the entry @a id concerns the sheet. */
static void add(run_t *run, int64_t sheet, int64_t id)
{
    cpts_scribe_t *place = &run->places[sheet & (PLACES - 1)];
    char text[24];
    /* a sheet without a sense must not overflow */
    uint64_t pair = (uint64_t)sheet * CPTS_RUN + (uint64_t)id % CPTS_RUN;
    char *end = write_number(text + 1, (int64_t)pair);

    text[0] = place->length ? ',' : '[';
    cpts_scribe_bytes(place, text, (size_t)(end - text));
}

static void add_entry(run_t *run, int64_t id, int64_t at, const char *sheets)
{
    char *end;

    run->oldest = at < run->oldest ? at : run->oldest;
    run->newest = at > run->newest ? at : run->newest;
    /* "[3,14,15]": a number after each sign, or none at all */
    while (sheets && *sheets && *sheets != ']') {
        int64_t sheet = strtoll(sheets + 1, &end, 10);

        if (end == sheets + 1) {
            break;
        }
        add(run, sheet, id);
        sheets = end;
    }
}

/* CPTS_DB_NONE: it has no entry. */
static cpts_db_e read_run(run_t *run, cpts_db_t *db)
{
    int64_t first = run->number * CPTS_RUN;
    int count = 0;
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_JOURNAL_RUN_READ, "ll", first,
                                 first + CPTS_RUN - 1);

    run->oldest = INT64_MAX;
    run->newest = INT64_MIN;
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        add_entry(run, cpts_db_int64(db, 0), cpts_db_int64(db, 1),
                  cpts_db_text(db, 2));
        count++;
        rc = CPTS_DB_OK;
    }
    cpts_db_end(db);
    return rc == CPTS_DB_OK && count == 0 ? CPTS_DB_NONE : rc;
}

/* --- writing it */

static cpts_db_e write_place(cpts_db_t *db, run_t *run, int place)
{
    cpts_scribe_t *entries = &run->places[place];

    if (!entries->length) {
        return CPTS_DB_OK;
    }
    cpts_scribe_bytes(entries, "]", sizeof("]"));
    return cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_INDEX, "ls",
                       run->number * PLACES + place, entries->text);
}

static cpts_db_e write_run(cpts_db_t *db, run_t *run)
{
    cpts_db_e rc = cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_RUN, "lll",
                               run->number, run->oldest, run->newest);
    int i;

    for (i = 0; i < PLACES && rc == CPTS_DB_OK; i++) {
        rc = write_place(db, run, i);
    }
    return rc;
}

static cpts_db_e index_run(cpts_db_t *db, int64_t number, apr_pool_t *pool)
{
    run_t run = { .number = number };
    cpts_db_e rc;
    int i;

    for (i = 0; i < PLACES; i++) {
        cpts_scribe_begin(&run.places[i], ROOM, pool);
    }
    rc = read_run(&run, db);
    if (rc == CPTS_DB_NONE) {
        return CPTS_DB_OK;
    }
    return rc == CPTS_DB_OK ? write_run(db, &run) : rc;
}

cpts_db_e cpts_journal_index(cpts_db_t *db, int64_t run)
{
    apr_pool_t *pool;
    cpts_db_e rc;

    if (apr_pool_create(&pool, db->pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    rc = index_run(db, run, pool);
    apr_pool_destroy(pool);
    return rc;
}
