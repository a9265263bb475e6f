/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets in the database: read, list, create, replace, act upon, erase. */

#include "store/sheet.h"

#include <string.h>

#include <apr_strings.h>

#include "core/role.h"
#include "store/export.h"
#include "store/sheet_rows.h"

/* Columns that every SELECT of a sheet gives, in this order. */
enum {
    COLUMN_ID,
    COLUMN_VERSION,
    COLUMN_CONFIRMED_ON,
    COLUMN_CONFIRMED_BY,
    COLUMN_SHEET
};

cpts_db_e cpts_generation_raise(cpts_db_t *db)
{
    int changed;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_GENERATION_RAISE, "");

    if (rc == CPTS_DB_OK && changed != 1) {
        cpts_db_explain(db, "the row of the territory is not there");
        rc = CPTS_DB_ERROR;
    }
    return rc;
}

cpts_db_e cpts_sheet_touch(cpts_db_t *db, int64_t sheet)
{
    cpts_db_e rc = cpts_generation_raise(db);

    return rc == CPTS_DB_OK
               ? cpts_db_run(db, NULL, CPTS_SQL_SHEET_TOUCH, "l", sheet)
               : rc;
}

/* --- rows */

static const char *role_word(const cpts_actor_t *actor)
{
    return cpts_role_words[actor->role];
}

/* No row: either it is not there, or it is not for this one to know. */
static cpts_db_e kind_of_absence(const cpts_actor_t *actor, const char *rpps)
{
    int owner = actor->rpps && strcmp(actor->rpps, rpps) == 0;

    return owner || actor->role == CPTS_COORDINATOR ? CPTS_DB_NONE
                                                    : CPTS_DB_FORBIDDEN;
}

static int author_parse(const char *word)
{
    for (int i = 0; word && cpts_author_words[i]; i++) {
        if (strcmp(cpts_author_words[i], word) == 0) {
            return i;
        }
    }
    return CPTS_NO_WORD;
}

/* The current row; its sheet is NULL when it does not decode. */
static void read_row(cpts_stored_sheet_t *out, cpts_db_t *db, apr_pool_t *pool)
{
    const char *text = cpts_db_text(db, COLUMN_SHEET);
    const char *day = cpts_db_text(db, COLUMN_CONFIRMED_ON);

    out->id = cpts_db_int64(db, COLUMN_ID);
    out->version = cpts_db_int64(db, COLUMN_VERSION);
    out->sheet = text ? cpts_sheet_decode_stored(text, pool) : NULL;
    if (!out->sheet) {
        return;
    }
    out->sheet->confirmed_by
        = author_parse(cpts_db_text(db, COLUMN_CONFIRMED_BY));
    if (!day || cpts_day_parse(&out->sheet->confirmed_on, day) != 0
        || out->sheet->confirmed_by == CPTS_NO_WORD) {
        out->sheet = NULL;
    }
}

cpts_db_e cpts_sheet_read(cpts_stored_sheet_t *out, cpts_db_t *db,
                          const cpts_actor_t *actor, const char *rpps,
                          apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_SHEET_READ, "sss",
                                 role_word(actor), actor->rpps, rpps);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            return kind_of_absence(actor, rpps);
        }
    }
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    read_row(out, db, pool);
    cpts_db_end(db);
    if (!out->sheet) {
        cpts_db_explain(db, "the stored sheet %lld does not decode",
                        (long long)out->id);
        return CPTS_DB_ERROR;
    }
    return CPTS_DB_OK;
}

/* Number and version of a row that was just written, or why it was not. */
static cpts_db_e read_id(cpts_stored_sheet_t *out, cpts_db_t *db,
                         const cpts_actor_t *actor, const char *rpps)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_SHEET_ID, "sss",
                                 role_word(actor), actor->rpps, rpps);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
        if (rc == CPTS_DB_OK) {
            return kind_of_absence(actor, rpps);
        }
    }
    if (rc == CPTS_DB_ROW) {
        out->id = cpts_db_int64(db, 0);
        out->version = cpts_db_int64(db, 1);
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

/* --- writing */

/* What is written beside a sheet, and the copy that is given back. */
typedef struct {
    cpts_sheet_t *sheet;
    const char *text;
    const char *day, *by;
} writing_t;

static cpts_db_e prepare(writing_t *w, const cpts_sheet_t *sheet, int by,
                         cpts_day_t today, apr_pool_t *pool)
{
    w->sheet = apr_pmemdup(pool, sheet, sizeof(*sheet));
    w->sheet->confirmed_on = today;
    w->sheet->confirmed_by = by;
    w->text = cpts_sheet_store_text(w->sheet, pool);
    w->day = cpts_day_string(pool, today);
    w->by = cpts_author_words[by];
    return w->text ? CPTS_DB_OK : CPTS_DB_ERROR;
}

static int author_of(const cpts_actor_t *actor)
{
    return actor->role == CPTS_DOCTOR     ? CPTS_BY_DOCTOR
           : actor->role == CPTS_DELEGATE ? CPTS_BY_DELEGATE
                                          : CPTS_BY_COORDINATOR;
}

/* An actor who may see what was just written, whoever wrote it. */
static const cpts_actor_t anyone = { "", CPTS_COORDINATOR, NULL, 0 };

static cpts_db_e insert(cpts_stored_sheet_t *out, cpts_db_t *db,
                        const writing_t *w, const char *search)
{
    cpts_db_e rc = cpts_generation_raise(db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_SHEET_INSERT, "sssss",
                         w->sheet->rpps, w->day, w->by, search, w->text);
    }
    if (rc == CPTS_DB_OK) {
        rc = read_id(out, db, &anyone, w->sheet->rpps);
    }
    return rc;
}

cpts_db_e cpts_sheet_create(cpts_stored_sheet_t *out, cpts_db_t *db,
                            const cpts_sheet_t *sheet, const char *search,
                            int by, cpts_day_t today, apr_pool_t *pool)
{
    writing_t w;
    int own;
    cpts_db_e rc = prepare(&w, sheet, by, today, pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_enter(db, &own);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    out->sheet = w.sheet;
    return cpts_db_leave(db, own, insert(out, db, &w, search));
}

static cpts_db_e replace(cpts_stored_sheet_t *out, cpts_db_t *db,
                         const cpts_actor_t *actor, const writing_t *w,
                         const char *search, int64_t version)
{
    int changed = 0;
    cpts_db_e rc = cpts_generation_raise(db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, &changed, CPTS_SQL_SHEET_REPLACE, "ssslssss",
                         role_word(actor), actor->rpps, w->sheet->rpps,
                         version, w->day, w->by, search, w->text);
    }
    if (rc == CPTS_DB_OK) {
        rc = read_id(out, db, actor, w->sheet->rpps);
    }
    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_STALE : rc;
}

cpts_db_e cpts_sheet_replace(cpts_stored_sheet_t *out, cpts_db_t *db,
                             const cpts_actor_t *actor,
                             const cpts_sheet_t *sheet, const char *search,
                             int64_t version, cpts_day_t today,
                             apr_pool_t *pool)
{
    writing_t w;
    int own;
    cpts_db_e rc = prepare(&w, sheet, author_of(actor), today, pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_enter(db, &own);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    out->sheet = w.sheet;
    return cpts_db_leave(db, own,
                         replace(out, db, actor, &w, search, version));
}

static cpts_db_e import(cpts_stored_sheet_t *out, cpts_db_t *db,
                        const writing_t *w, const char *search)
{
    cpts_db_e rc = cpts_generation_raise(db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_SHEET_IMPORT, "sssss",
                         w->sheet->rpps, w->day, w->by, search, w->text);
    }
    return rc == CPTS_DB_OK ? read_id(out, db, &anyone, w->sheet->rpps) : rc;
}

cpts_db_e cpts_sheet_import(cpts_stored_sheet_t *out, cpts_db_t *db,
                            const cpts_sheet_t *sheet, const char *search,
                            cpts_day_t today, apr_pool_t *pool)
{
    writing_t w;
    int own;
    cpts_db_e rc = prepare(&w, sheet, CPTS_BY_IMPORT, today, pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_enter(db, &own);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    out->sheet = w.sheet;
    return cpts_db_leave(db, own, import(out, db, &w, search));
}

/* --- actions */

#define STATE_BIT(state) (1u << (state))
#define ON_THE_LIST                                            \
    (STATE_BIT(CPTS_STATE_OPEN) | STATE_BIT(CPTS_STATE_PAUSED) \
     | STATE_BIT(CPTS_STATE_OPENING))
#define ANY_STATE \
    (ON_THE_LIST | STATE_BIT(CPTS_STATE_CLOSED) | STATE_BIT(CPTS_STATE_LEFT))

/* A pause ends by itself: it may not open a sheet that was closed. */
static const struct {
    unsigned states; /* from which the action may be taken */
    int state;       /* reached, or CPTS_NO_WORD: as before */
    int capacity;    /* 1: a capacity must be known */
    int until;       /* 1: takes a last day */
    int confirms;    /* 1: the sheet counts as confirmed today */
} actions[] = {
    [CPTS_ACTION_CONFIRM] = { ANY_STATE, CPTS_NO_WORD, 0, 0, 1 },
    [CPTS_ACTION_PAUSE] = { ON_THE_LIST, CPTS_STATE_PAUSED, 1, 1, 0 },
    [CPTS_ACTION_RESUME] = { ANY_STATE, CPTS_STATE_OPEN, 1, 0, 1 },
    [CPTS_ACTION_LEAVE] = { ANY_STATE, CPTS_STATE_LEFT, 0, 0, 0 },
};

static cpts_db_e change(cpts_sheet_t *sheet, cpts_action_e action,
                        cpts_day_t until)
{
    cpts_availability_t *a = sheet->availability;

    if (!(actions[action].states & STATE_BIT(a->state))
        || (actions[action].capacity && !a->capacity)
        || (actions[action].until && until == CPTS_NO_DAY)) {
        return CPTS_DB_CONSTRAINT;
    }
    if (actions[action].state != CPTS_NO_WORD) {
        a->state = actions[action].state;
        a->from = CPTS_NO_DAY;
        a->until = actions[action].until ? until : CPTS_NO_DAY;
    }
    return CPTS_DB_OK;
}

static cpts_db_e write_action(cpts_stored_sheet_t *out, cpts_db_t *db,
                              apr_pool_t *pool)
{
    writing_t w;
    cpts_db_e rc = prepare(&w, out->sheet, out->sheet->confirmed_by,
                           out->sheet->confirmed_on, pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_generation_raise(db);
    }
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_SHEET_ACT, "lsss", out->id, w.day,
                         w.by, w.text);
    }
    out->version++;
    return rc;
}

cpts_db_e cpts_sheet_act(cpts_stored_sheet_t *out, cpts_db_t *db,
                         const cpts_actor_t *actor, const char *rpps,
                         cpts_action_e action, cpts_day_t until,
                         cpts_day_t today, apr_pool_t *pool)
{
    int own;
    cpts_db_e rc = cpts_db_enter(db, &own);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_sheet_read(out, db, actor, rpps, pool);
    if (rc == CPTS_DB_OK) {
        rc = change(out->sheet, action, until);
    }
    if (rc == CPTS_DB_OK && actions[action].confirms) {
        out->sheet->confirmed_on = today;
        out->sheet->confirmed_by = author_of(actor);
    }
    if (rc == CPTS_DB_OK) {
        rc = write_action(out, db, pool);
    }
    return cpts_db_leave(db, own, rc);
}

/* --- erasing */

static cpts_db_e erase_rows(cpts_db_t *db, int64_t id, const char *rpps)
{
    /* what is left once the accounts are gone; the journal keeps numbers
     * that then lead to nobody */
    static const struct {
        cpts_sql_e sql;
        int by_rpps;
    } steps[] = {
        { CPTS_SQL_ERASE_NOTE, 0 },        { CPTS_SQL_ERASE_OUTCOMES, 1 },
        { CPTS_SQL_ERASE_LINKS, 0 },       { CPTS_SQL_ERASE_OUTBOX, 0 },
        { CPTS_SQL_ERASE_INVITATIONS, 1 }, { CPTS_SQL_ERASE_SHEET, 0 },
    };
    cpts_db_e rc = CPTS_DB_OK;

    for (size_t i = 0;
         i < sizeof(steps) / sizeof(steps[0]) && rc == CPTS_DB_OK; i++) {
        rc = steps[i].by_rpps ? cpts_db_run(db, NULL, steps[i].sql, "s", rpps)
                              : cpts_db_run(db, NULL, steps[i].sql, "l", id);
    }
    return rc;
}

cpts_db_e cpts_sheet_erase(int64_t *id, cpts_db_t *db,
                           const cpts_actor_t *actor, const char *rpps)
{
    cpts_stored_sheet_t row;
    int own;
    cpts_db_e rc = cpts_db_enter(db, &own);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = read_id(&row, db, actor, rpps);
    if (rc == CPTS_DB_OK) {
        rc = cpts_generation_raise(db);
    }
    if (rc == CPTS_DB_OK) {
        *id = row.id;
        rc = cpts_accounts_erase(db, rpps, row.id, actor,
                                 apr_time_sec(apr_time_now()));
    }
    if (rc == CPTS_DB_OK) {
        rc = erase_rows(db, row.id, rpps);
    }
    rc = cpts_db_leave(db, own, rc);
    if (rc == CPTS_DB_OK && own) {
        /* busy: the next checkpoint does it */
        (void)cpts_db_checkpoint(db);
    }
    return rc;
}

/* --- many */

/* Step through sheets; each row lives in a pool cleared before the next. */
cpts_db_e cpts_sheet_rows(cpts_db_t *db, cpts_sheet_row_fn *fn,
                          cpts_sheet_row_fn *broken, void *baton,
                          apr_pool_t *pool)
{
    cpts_stored_sheet_t row;
    apr_pool_t *own;
    int skipped = 0;
    cpts_db_e rc;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        cpts_db_end(db);
        return CPTS_DB_ERROR;
    }
    while ((rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        apr_pool_clear(own);
        read_row(&row, db, own);
        if (row.sheet) {
            rc = fn(baton, &row);
        }
        else {
            skipped++;
            cpts_db_explain(db, "the stored sheet %lld does not decode",
                            (long long)row.id);
            rc = broken ? broken(baton, &row) : CPTS_DB_OK;
        }
        if (rc != CPTS_DB_OK) {
            break;
        }
    }
    cpts_db_end(db);
    cpts_db_skipped_set(db, skipped);
    apr_pool_destroy(own);
    return rc;
}
