/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl journal: verify and list; what the administrator did is noted. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "core/chain.h"
#include "ctl.h"

/* Entries that are listed when no limit is given, and the most. */
#define LIST_DEFAULT 50
#define LIST_MOST    1000000

int ctl_number(int *number, const char *text, int least, int most)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most) {
        return -1;
    }
    *number = (int)value;
    return 0;
}

/* --- noting */

static cpts_db_e append(cpts_db_t *db, cpts_entry_t *entry)
{
    entry->at = apr_time_sec(apr_time_now());
    return cpts_journal_append(db, entry, NULL);
}

cpts_db_e ctl_note(cpts_db_t *db, cpts_db_e rc, cpts_did_e did,
                   const char *outcome)
{
    cpts_entry_t entry = { .did = did, .outcome = outcome };

    return rc == CPTS_DB_OK ? append(db, &entry) : rc;
}

cpts_db_e ctl_note_sheets(cpts_db_t *db, cpts_did_e did, const int64_t *sheets,
                          int count)
{
    cpts_entry_t entry = { .did = did, .sheets = sheets, .count = count };

    return append(db, &entry);
}

/* --- verify */

int ctl_journal_check(int *whole, cpts_journal_check_t *check,
                      const ctl_t *ctl, cpts_db_t *db)
{
    char journal[] = "journal";
    cpts_db_e rc = cpts_journal_verify(check, db, ctl_progress, journal);

    ctl_progress_end();
    *whole = rc == CPTS_DB_OK && check->state == CPTS_JOURNAL_WHOLE;
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, db, rc);
    }
    if (!*whole) {
        (void)ctl_refuse("%s: the journal is BROKEN at entry %lld: %s",
                         ctl->file, (long long)check->broken,
                         cpts_journal_state_texts[check->state]);
    }
    return CTL_OK;
}

/* What was written down of an earlier end: "ID:LINK". */
typedef struct {
    int64_t id;
    unsigned char link[CPTS_CHAIN_HASH];
} witness_t;

static int read_witness(witness_t *witness, const char *text)
{
    cpts_chain_key_t link; /* the same 64 digits */
    char *end;

    errno = 0;
    witness->id = strtoll(text, &end, 10);
    if (errno || end == text || *end != ':' || witness->id < 0
        || strlen(end + 1) != 2 * CPTS_CHAIN_HASH
        || cpts_chain_key_parse(&link, end + 1) != 0) {
        return -1;
    }
    memcpy(witness->link, link.bytes, sizeof(witness->link));
    return 0;
}

/* The link of an entry, or of the floor; CPTS_DB_NONE: it is not there. */
static cpts_db_e compare(int *same, cpts_db_t *db, const witness_t *witness,
                         int at_floor)
{
    const void *link;
    int length = 0;
    cpts_db_e rc = at_floor ? cpts_db_first(db, CPTS_SQL_JOURNAL_END, "")
                            : cpts_db_first(db, CPTS_SQL_JOURNAL_LINK, "l",
                                            witness->id);

    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    link = cpts_db_blob(db, at_floor, &length);
    *same = link && length == CPTS_CHAIN_HASH
            && memcmp(link, witness->link, CPTS_CHAIN_HASH) == 0;
    cpts_db_end(db);
    return CPTS_DB_OK;
}

static int check_witness(const ctl_t *ctl, cpts_db_t *db,
                         const cpts_journal_check_t *check,
                         const witness_t *witness)
{
    long long id = (long long)witness->id;
    int same = 0;
    cpts_db_e rc;

    if (witness->id > check->last) {
        return ctl_refuse("%s: entry %lld was there once and is not any"
                          " more: the journal was\n  put back to entry %lld",
                          ctl->file, id, (long long)check->last);
    }
    if (witness->id < check->floor) {
        printf("%s: entry %lld was purged since: it says nothing any more\n",
               ctl->file, id);
        return CTL_OK;
    }
    rc = compare(&same, db, witness, witness->id == check->floor);
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, db, rc);
    }
    if (!same) {
        return ctl_refuse("%s: entry %lld is not the one that was there: the"
                          " journal was put\n  back, and went on another way",
                          ctl->file, id);
    }
    printf("%s: agrees with what entry %lld was\n", ctl->file, id);
    return CTL_OK;
}

static void tell_whole(const ctl_t *ctl, const cpts_journal_check_t *check)
{
    printf("%s: the journal is whole: entries after %lld up to %lld\n",
           ctl->file, (long long)check->floor, (long long)check->last);
    if (check->before) {
        printf("%s: and %lld entries from before the chain, which nothing"
               " covers\n",
               ctl->file, (long long)check->before);
    }
    printf("witness %lld:%s\n", (long long)check->last, check->link);
}

int ctl_journal_verify(ctl_t *ctl)
{
    cpts_journal_check_t check;
    witness_t witness;
    cpts_db_t *db;
    int whole;

    if (ctl->since && read_witness(&witness, ctl->since) != 0) {
        return ctl_refuse("--since takes ID:LINK, as an earlier \"journal"
                          " verify\" printed it");
    }
    if (ctl_open(&db, ctl) != CTL_OK
        || ctl_journal_check(&whole, &check, ctl, db) != CTL_OK || !whole) {
        return CTL_REFUSED;
    }
    if (ctl->since) {
        int rc = check_witness(ctl, db, &check, &witness);

        if (rc != CTL_OK) {
            return rc;
        }
    }
    tell_whole(ctl, &check);
    return CTL_OK;
}

/* --- list */

static cpts_db_e print_row(void *baton, const cpts_journal_row_t *row)
{
    time_t at = (time_t)row->at;
    char when[32] = "?";
    struct tm tm;

    (void)baton;
    if (gmtime_r(&at, &tm)) {
        (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
    }
    printf("%-8lld %s %-24s %-12s %-18s %-12s %-8s %s\n", (long long)row->id,
           when, row->account ? row->account : "-",
           row->role ? row->role : "-", row->action,
           row->outcome ? row->outcome : "-", row->code ? row->code : "-",
           row->rpps ? row->rpps : "[]");
    return CPTS_DB_OK;
}

int ctl_journal_list(ctl_t *ctl)
{
    cpts_journal_filter_t filter = { .limit = LIST_DEFAULT };
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl->limit
        && ctl_number(&filter.limit, ctl->limit, 1, LIST_MOST) != 0) {
        return ctl_refuse("--limit takes a number from 1 to %d", LIST_MOST);
    }
    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    printf("%-8s %-20s %-24s %-12s %-18s %-12s %-8s %s\n", "ID", "TIME",
           "ACCOUNT", "ROLE", "ACTION", "OUTCOME", "CODE", "SHEETS");
    rc = cpts_journal_list(db, &filter, print_row, NULL);
    return rc == CPTS_DB_OK ? CTL_OK : ctl_fail(ctl, db, rc);
}
