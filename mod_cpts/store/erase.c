/* SPDX-License-Identifier: Apache-2.0 */
/* All that is held about one account, erased. */

#include <string.h>

#include <apr_strings.h>

#include "core/placement.h"
#include "store/export.h"
#include "store/journal.h"
#include "store/sheet_rows.h"

/* --- live placements */

/* One that is still live, started by an account or at a sheet. */
typedef struct {
    int64_t id, sheet;
    int due; /* 1: its time has passed, nobody has written it down */
} live_t;

static cpts_db_e find_live(live_t *live, cpts_db_t *db, cpts_sql_e sql,
                           int64_t number, int64_t now)
{
    cpts_db_e rc = cpts_db_first(db, sql, "ll", number, now);

    if (rc == CPTS_DB_ROW) {
        live->id = cpts_db_int64(db, 0);
        live->sheet = cpts_db_int64(db, 1);
        live->due = cpts_db_int64(db, 2) != 0;
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

static cpts_db_e end_one(cpts_db_t *db, const live_t *live,
                         const cpts_actor_t *actor, int64_t now)
{
    int state = live->due ? CPTS_PLACEMENT_EXPIRED : CPTS_PLACEMENT_CANCELLED;
    cpts_entry_t entry = { .at = now,
                           .actor = live->due ? NULL : actor,
                           .did = live->due ? CPTS_DID_PLACEMENT_EXPIRE
                                            : CPTS_DID_PLACEMENT_CANCEL,
                           .sheets = &live->sheet,
                           .count = 1,
                           .placement = live->id };
    cpts_db_e rc = cpts_db_run(db, NULL, CPTS_SQL_FORGET_HOLD, "lsl", live->id,
                               cpts_placement_state_words[state], now);

    if (rc == CPTS_DB_OK) {
        rc = cpts_journal_append(db, &entry, NULL);
    }
    return rc == CPTS_DB_OK ? cpts_sheet_touch(db, live->sheet) : rc;
}

static cpts_db_e end_live(cpts_db_t *db, cpts_sql_e sql, int64_t number,
                          const cpts_actor_t *actor, int64_t now)
{
    live_t live;
    cpts_db_e rc;

    while ((rc = find_live(&live, db, sql, number, now)) == CPTS_DB_OK) {
        rc = end_one(db, &live, actor, now);
        if (rc != CPTS_DB_OK) {
            return rc;
        }
    }
    return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}

/* --- rows */

/* What is looked at before an account goes. */
typedef struct {
    int64_t id;
    char name[CPTS_ACCOUNT_MAX + 1];
    int has_sheet;    /* a doctor's, with a sheet */
    int last_of_kind; /* the only coordinator who can sign in */
} leaving_t;

static cpts_db_e find(leaving_t *leaving, cpts_db_t *db, cpts_sql_e sql,
                      const char *text)
{
    cpts_db_e rc = cpts_db_first(db, sql, "s", text);

    if (rc == CPTS_DB_ROW) {
        leaving->id = cpts_db_int64(db, 0);
        apr_cpystrn(leaving->name, cpts_db_text(db, 1), sizeof(leaving->name));
        leaving->has_sheet = cpts_db_int64(db, 2) != 0;
        leaving->last_of_kind = cpts_db_int64(db, 3) != 0;
        cpts_db_end(db);
        rc = CPTS_DB_OK;
    }
    return rc;
}

static cpts_db_e forget(cpts_db_t *db, const leaving_t *leaving,
                        const cpts_actor_t *actor, int64_t now)
{
    /* the account last: the others look at it */
    static const struct {
        cpts_sql_e sql;
        int by_name;
    } steps[] = {
        { CPTS_SQL_FORGET_KEYS, 0 },        { CPTS_SQL_FORGET_OUTCOMES, 1 },
        { CPTS_SQL_FORGET_LINKS, 0 },       { CPTS_SQL_FORGET_OUTBOX, 0 },
        { CPTS_SQL_FORGET_INVITATIONS, 0 }, { CPTS_SQL_FORGET_ACCOUNT, 0 },
    };
    cpts_db_e rc = end_live(db, CPTS_SQL_FORGET_LIVE, leaving->id, actor, now);

    for (size_t i = 0;
         i < sizeof(steps) / sizeof(steps[0]) && rc == CPTS_DB_OK; i++) {
        rc = steps[i].by_name
                 ? cpts_db_run(db, NULL, steps[i].sql, "s", leaving->name)
                 : cpts_db_run(db, NULL, steps[i].sql, "l", leaving->id);
    }
    return rc;
}

cpts_db_e cpts_account_erase(cpts_erase_e *why, cpts_db_t *db,
                             const char *name, const cpts_actor_t *actor,
                             int64_t now)
{
    leaving_t leaving;
    cpts_db_e rc = find(&leaving, db, CPTS_SQL_FORGET_FIND, name);

    *why = CPTS_ERASE_OK;
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (actor && leaving.has_sheet) {
        *why = CPTS_ERASE_SHEET;
        return CPTS_DB_CONSTRAINT;
    }
    if (actor && leaving.last_of_kind) {
        *why = CPTS_ERASE_LAST;
        return CPTS_DB_CONSTRAINT;
    }
    return forget(db, &leaving, actor, now);
}

cpts_db_e cpts_accounts_erase(cpts_db_t *db, const char *rpps, int64_t sheet,
                              const cpts_actor_t *actor, int64_t now)
{
    leaving_t leaving;
    cpts_db_e rc = end_live(db, CPTS_SQL_FORGET_LIVE_AT, sheet, actor, now);

    while (rc == CPTS_DB_OK
           && (rc = find(&leaving, db, CPTS_SQL_FORGET_FIND_OF, rpps))
                  == CPTS_DB_OK) {
        rc = forget(db, &leaving, actor, now);
    }
    return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}
