/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: appended to, listed, purged. */

#include "store/journal.h"

#include <string.h>

#include "store/journal_chain.h"
#include "store/journal_index.h"

const char *const cpts_did_words[] = {
    [CPTS_DID_MATCH] = CPTS_DID_MATCH_WORD,
    [CPTS_DID_SHEET_CREATE] = "sheet.create",
    [CPTS_DID_SHEET_REPLACE] = "sheet.replace",
    [CPTS_DID_SHEET_CONFIRM] = "sheet.confirm",
    [CPTS_DID_SHEET_PAUSE] = "sheet.pause",
    [CPTS_DID_SHEET_RESUME] = "sheet.resume",
    [CPTS_DID_SHEET_LEAVE] = "sheet.leave",
    [CPTS_DID_SHEET_ERASE] = "sheet.erase",
    [CPTS_DID_SHEET_IMPORT] = "sheet.import",
    [CPTS_DID_PLACEMENT_HOLD] = "placement.hold",
    [CPTS_DID_PLACEMENT_CONTACT] = "placement.contact",
    [CPTS_DID_PLACEMENT_ACCEPT] = "placement.accept",
    [CPTS_DID_PLACEMENT_REFUSE] = "placement.refuse",
    [CPTS_DID_PLACEMENT_DECLARE] = "placement.declare",
    [CPTS_DID_PLACEMENT_CANCEL] = "placement.cancel",
    [CPTS_DID_PLACEMENT_EXPIRE] = "placement.expire",
    [CPTS_DID_INVITATION_MAKE] = "invitation.make",
    [CPTS_DID_INVITATION_RENEW] = "invitation.renew",
    [CPTS_DID_INVITATION_REVOKE] = "invitation.revoke",
    [CPTS_DID_INVITATION_USE] = "invitation.use",
    [CPTS_DID_DELEGATE_REVOKE] = "delegate.revoke",
    [CPTS_DID_TERMS_ACCEPT] = "terms.accept",
    [CPTS_DID_MAIL_SEND] = "mail.send",
    [CPTS_DID_ACCOUNT_ADD] = "account.add",
    [CPTS_DID_ACCOUNT_CHANGE] = "account.change",
    [CPTS_DID_ACCOUNT_ERASE] = "account.erase",
    [CPTS_DID_EXPORT] = "export",
    [CPTS_DID_PURGE] = "purge",
    [CPTS_DID_COUNT] = NULL,
};

/* --- appending */

static cpts_db_e insert(cpts_db_t *db, const cpts_link_row_t *row,
                        const unsigned char link[CPTS_LINK_SIZE])
{
    cpts_db_e rc
        = cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_ADD, "lllssslsb", row->id,
                      row->at, row->actor, row->role, row->action, row->sheets,
                      row->placement, row->outcome, link, CPTS_LINK_SIZE);

    if (rc == CPTS_DB_CONFLICT) {
        /* nobody's conflict: somebody meddled with the journal */
        cpts_db_explain(db, "entry %lld of the journal is there already",
                        (long long)row->id);
        rc = CPTS_DB_ERROR;
    }
    return rc;
}

/* From entry to entry and not from number to number: by another hand the ends
 * may be as far from one another as numbers go. */
static cpts_db_e index_runs(cpts_db_t *db, cpts_journal_ends_t *ends)
{
    int64_t id = ends->indexed;
    cpts_db_e rc = CPTS_DB_OK;

    while (rc == CPTS_DB_OK && id < ends->last) {
        rc = cpts_db_number(&id, db, CPTS_SQL_JOURNAL_WALK, "li", id, 1);
        if (rc == CPTS_DB_OK) {
            rc = cpts_journal_index(db, id / CPTS_RUN);
            id |= CPTS_RUN - 1; /* the last of its run */
        }
    }
    if (rc == CPTS_DB_OK) {
        ends->indexed = ends->last;
    }
    return rc;
}

static cpts_db_e append(cpts_db_t *db, const cpts_entry_t *entry,
                        cpts_journal_ends_t *ends)
{
    char sheets[CPTS_SHEETS_SIZE];
    const cpts_actor_t *actor = entry->actor;
    cpts_link_row_t row
        = { .id = ends->last + 1,
            .at = entry->at,
            .actor = actor ? actor->id : 0,
            .role = actor ? cpts_role_words[actor->role] : NULL,
            .action = cpts_did_words[entry->did],
            .sheets = sheets,
            .placement = entry->placement,
            .outcome = entry->outcome };
    cpts_db_e rc;

    cpts_journal_sheets_write(sheets, entry->sheets, entry->count);
    /* Somebody meddled with the ends: service goes on, but from here on the
     * chain is broken for good, so that a new seal hides nothing. */
    rc = cpts_journal_link(ends->last_link, db, &row,
                           ends->sealed ? ends->last_link : cpts_chain_start);
    if (rc == CPTS_DB_OK) {
        rc = insert(db, &row, ends->last_link);
    }
    if (rc == CPTS_DB_OK) {
        ends->last = row.id;
        ends->sealed = 1;
        cpts_journal_ends_changed(db);
    }
    return rc;
}

cpts_db_e cpts_journal_append(cpts_db_t *db, const cpts_entry_t *entry,
                              int64_t *id)
{
    cpts_journal_ends_t *ends;
    cpts_db_e rc;

    if (!cpts_db_in_transaction(db)) {
        cpts_db_explain(db, "an entry of the journal needs a transaction");
        return CPTS_DB_ERROR;
    }
    if (entry->count > CPTS_ENTRY_SHEETS_MAX) {
        cpts_db_explain(db, "%d sheets in one entry of the journal",
                        entry->count);
        return CPTS_DB_ERROR;
    }
    rc = cpts_journal_ends(&ends, db);
    if (rc == CPTS_DB_OK) {
        rc = append(db, entry, ends);
    }
    /* of a run that is full */
    if (rc == CPTS_DB_OK && ends->last % CPTS_RUN == CPTS_RUN - 1) {
        rc = index_runs(db, ends);
    }
    if (rc == CPTS_DB_OK && id) {
        *id = ends->last;
    }
    return rc;
}

/* --- listing */

static void read_row(cpts_journal_row_t *row, cpts_db_t *db)
{
    row->id = cpts_db_int64(db, 0);
    row->at = cpts_db_int64(db, 1);
    row->account = cpts_db_text(db, 2);
    row->role = cpts_db_text(db, 3);
    row->profession = cpts_db_text(db, 4);
    row->structure = cpts_db_text(db, 5);
    row->action = cpts_db_text(db, 6);
    row->outcome = cpts_db_text(db, 7);
    row->code = cpts_db_text(db, 8);
    row->rpps = cpts_db_text(db, 9);
}

cpts_db_e cpts_journal_list(cpts_db_t *db, const cpts_journal_filter_t *filter,
                            cpts_journal_row_fn *fn, void *baton)
{
    cpts_journal_row_t row;
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_JOURNAL_LIST, "lsssi",
                                 filter->before, filter->account,
                                 filter->action, filter->rpps, filter->limit);

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        read_row(&row, db);
        rc = fn(baton, &row);
    }
    cpts_db_end(db);
    return rc;
}

/* --- purging */

/* The number of the last entry that is to go: the one before the first that is
 * not old.  Those older than the chain are below its floor from the beginning,
 * and are kept as long as all others. */
static cpts_db_e find_last_old(int64_t *old, cpts_db_t *db,
                               const cpts_journal_ends_t *ends, int64_t before)
{
    int nothing_purged = cpts_chain_equal(ends->floor_link, cpts_chain_start);

    return cpts_db_number(old, db, CPTS_SQL_JOURNAL_BEFORE, "ll", before,
                          nothing_purged ? (int64_t)0 : ends->floor);
}

/* The floor is never lowered. */
static cpts_db_e raise_floor(cpts_journal_ends_t *ends, cpts_db_t *db,
                             int64_t floor)
{
    cpts_db_e rc;

    if (floor <= ends->floor) {
        return CPTS_DB_OK;
    }
    rc = cpts_db_first(db, CPTS_SQL_JOURNAL_LINK, "l", floor);
    if (rc == CPTS_DB_ROW) {
        rc = cpts_journal_link_column(ends->floor_link, db, 0);
        ends->floor = floor;
    }
    else if (rc == CPTS_DB_NONE) {
        cpts_db_explain(db, "entry %lld of the journal is not there",
                        (long long)floor);
        rc = CPTS_DB_ERROR;
    }
    cpts_db_end(db);
    return rc;
}

/* Nothing that finds an entry outlives it: what is left of the run that the
 * first entry kept is in is written anew, if that run was full. */
static cpts_db_e purge_index(cpts_db_t *db, const cpts_journal_ends_t *ends,
                             int64_t old)
{
    int64_t run = (old + 1) / CPTS_RUN;
    cpts_db_e rc
        = cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_PURGE_SHEETS, "l", old);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_JOURNAL_PURGE_RUNS, "l", old);
    }
    return rc == CPTS_DB_OK && run < (ends->indexed + 1) / CPTS_RUN
               ? cpts_journal_index(db, run)
               : rc;
}

static cpts_db_e purge(cpts_db_t *db, cpts_journal_ends_t *ends, int64_t old,
                       int *changed)
{
    cpts_db_e rc = raise_floor(ends, db, old);

    if (rc == CPTS_DB_OK) {
        cpts_journal_ends_changed(db);
        rc = cpts_db_run(db, changed, CPTS_SQL_JOURNAL_PURGE, "l", old);
    }
    return rc == CPTS_DB_OK ? purge_index(db, ends, old) : rc;
}

cpts_db_e cpts_journal_purge(cpts_db_t *db, int64_t before, int64_t *removed)
{
    cpts_journal_ends_t *ends;
    int changed = 0;
    int64_t old = 0;
    cpts_db_e rc = cpts_journal_ends(&ends, db);

    if (rc == CPTS_DB_OK && !ends->sealed) {
        /* a new seal would hide who meddled with the ends; the next entry
         * marks that place for good */
        cpts_db_explain(db, "the ends of the journal are not the ones that"
                            " were sealed: append first");
        rc = CPTS_DB_ERROR;
    }
    if (rc == CPTS_DB_OK) {
        rc = find_last_old(&old, db, ends, before);
    }
    if (rc == CPTS_DB_OK) {
        rc = purge(db, ends, old, &changed);
    }
    *removed = changed;
    return rc;
}
