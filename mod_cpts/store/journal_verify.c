/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the journal from end to end, to say whether it is whole. */

#include <stdio.h>
#include <string.h>

#include "store/journal_chain.h"

const char *const cpts_journal_state_texts[] = {
    [CPTS_JOURNAL_WHOLE] = "the journal is whole",
    [CPTS_JOURNAL_CHANGED] = "this entry is not the one that was written",
    [CPTS_JOURNAL_MISSING] = "this entry is not there",
    [CPTS_JOURNAL_INSERTED]
    = "this entry was added outside of the sealed ends",
    [CPTS_JOURNAL_ENDS] = "the ends are not the ones that were sealed",
    [CPTS_JOURNAL_INDEX]
    = "what finds the entries of a sheet does not agree with this entry",
};

/* Rows read before progress is told. */
#define STEP 1000

typedef struct {
    cpts_db_t *db;
    cpts_journal_check_t *check;
    cpts_journal_ends_t ends;           /* as they were at the beginning */
    unsigned char link[CPTS_LINK_SIZE]; /* of the row before */
    int64_t at;                         /* number of the row before */
} walk_t;

static cpts_db_e broken(walk_t *walk, int64_t id, cpts_journal_state_e state)
{
    walk->check->state = state;
    walk->check->broken = id;
    return CPTS_DB_OK;
}

static void read_row(cpts_link_row_t *row, cpts_db_t *db)
{
    row->id = cpts_db_int64(db, 0);
    row->at = cpts_db_int64(db, 1);
    row->actor = cpts_db_int64(db, 2);
    row->role = cpts_db_text(db, 3);
    row->action = cpts_db_text(db, 4);
    row->sheets = cpts_db_text(db, 5);
    row->placement = cpts_db_int64(db, 6);
    row->outcome = cpts_db_text(db, 7);
}

/* What the hash does not tell apart SQL does: a text that goes on after a
 * NUL, bytes for a text, 0 for NULL.  Nobody wrote such a row. */
static int is_plain(cpts_db_t *db)
{
    return cpts_db_int64(db, 9) == 1;
}

/* The current row against the one before. */
static cpts_db_e check_row(walk_t *walk)
{
    unsigned char found[CPTS_LINK_SIZE];
    cpts_link_row_t row;
    cpts_db_e rc;

    read_row(&row, walk->db);
    if (row.id != walk->at + 1) {
        return broken(walk, walk->at + 1, CPTS_JOURNAL_MISSING);
    }
    if (row.id > walk->ends.last) {
        return broken(walk, row.id, CPTS_JOURNAL_INSERTED);
    }
    rc = cpts_journal_link(walk->link, walk->db, &row, walk->link);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    walk->at = row.id;
    if (!is_plain(walk->db)
        || cpts_journal_link_column(found, walk->db, 8) != CPTS_DB_OK
        || !cpts_chain_equal(found, walk->link)) {
        return broken(walk, row.id, CPTS_JOURNAL_CHANGED);
    }
    return CPTS_DB_OK;
}

/* All rows of one step. @param count how many there were */
static cpts_db_e check_rows(walk_t *walk, int *count)
{
    cpts_db_e rc
        = cpts_db_begin(walk->db, CPTS_SQL_JOURNAL_WALK, "li", walk->at, STEP);

    *count = 0;
    while (rc == CPTS_DB_OK && !walk->check->state
           && (rc = cpts_db_step(walk->db)) == CPTS_DB_ROW) {
        rc = check_row(walk);
        ++*count;
    }
    cpts_db_end(walk->db);
    return rc;
}

/* What is older than the chain has nothing before it; but what was purged is
 * gone, and a row in its place is somebody's. */
static cpts_db_e check_floor(walk_t *walk)
{
    int64_t id;
    cpts_db_e rc;

    if (!walk->check->before
        || cpts_chain_equal(walk->ends.floor_link, cpts_chain_start)) {
        return CPTS_DB_OK;
    }
    rc = cpts_db_number(&id, walk->db, CPTS_SQL_JOURNAL_WALK, "li", (int64_t)0,
                        1);
    return rc == CPTS_DB_OK ? broken(walk, id, CPTS_JOURNAL_INSERTED) : rc;
}

static cpts_db_e check_ends(walk_t *walk)
{
    if (walk->at != walk->ends.last) {
        return broken(walk, walk->at + 1, CPTS_JOURNAL_MISSING);
    }
    if (!walk->ends.sealed
        || !cpts_chain_equal(walk->link, walk->ends.last_link)) {
        return broken(walk, walk->ends.last, CPTS_JOURNAL_ENDS);
    }
    return CPTS_DB_OK;
}

/* A viewer taken out of the index would be hidden from the doctor: the rows
 * of the index are those of the entries, no more and no fewer. */
static cpts_db_e check_index(walk_t *walk)
{
    int64_t id = 0;
    cpts_db_e rc = cpts_db_number(&id, walk->db, CPTS_SQL_JOURNAL_INDEX_WRONG,
                                  "ll", walk->ends.floor, walk->ends.indexed);

    if (rc == CPTS_DB_NONE) {
        return CPTS_DB_OK;
    }
    return rc == CPTS_DB_OK ? broken(walk, id, CPTS_JOURNAL_INDEX) : rc;
}

static void tell_ends(walk_t *walk)
{
    size_t i;

    walk->check->floor = walk->ends.floor;
    walk->check->last = walk->ends.last;
    for (i = 0; i < CPTS_LINK_SIZE; i++) {
        snprintf(walk->check->link + 2 * i, 3, "%02x",
                 walk->ends.last_link[i]);
    }
}

static cpts_db_e verify(walk_t *walk, cpts_progress_fn *progress, void *baton)
{
    int count = STEP;
    cpts_journal_ends_t *ends;
    cpts_db_e rc = cpts_journal_ends(&ends, walk->db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    walk->ends = *ends;
    tell_ends(walk);
    walk->at = walk->ends.floor;
    memcpy(walk->link, walk->ends.floor_link, CPTS_LINK_SIZE);
    rc = check_floor(walk);
    while (rc == CPTS_DB_OK && count == STEP && !walk->check->state) {
        rc = check_rows(walk, &count);
        if (progress) {
            progress(baton, walk->at, walk->ends.last);
        }
    }
    if (rc == CPTS_DB_OK && !walk->check->state) {
        rc = check_ends(walk);
    }
    if (rc == CPTS_DB_OK && !walk->check->state) {
        rc = check_index(walk);
    }
    return rc;
}

cpts_db_e cpts_journal_verify(cpts_journal_check_t *check, cpts_db_t *db,
                              cpts_progress_fn *progress, void *baton)
{
    walk_t walk = { .db = db, .check = check };
    cpts_db_e rc;

    memset(check, 0, sizeof(*check));
    rc = cpts_db_start_read(db);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_db_number(&check->before, db, CPTS_SQL_JOURNAL_BEFORE_CHAIN, "");
    if (rc == CPTS_DB_OK) {
        rc = verify(&walk, progress, baton);
    }
    cpts_db_rollback(db);
    return rc;
}
