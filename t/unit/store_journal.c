/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the journal: whatever is done to it by other hands is located. */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <sqlite3.h>

#include "core/chain.h"
#include "store/consultation.h"
#include "store/journal.h"
#include "store/migrate.h"
#include "store_support.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Entries of the long journal, and positions altered in it. */
#define LONG      2400
#define POSITIONS 1000
/* So many of them are found by one run of the index; not before. */
#define RUN 512
/* Entries of the short one, where every position meets every alteration. */
#define SHORT 120
/* Seconds between two entries. */
#define PACE  60
#define BEGIN 1000000

/* --- making one */

static cpts_db_e append_one(cpts_db_t *db, int number)
{
    static const cpts_actor_t *const actors[]
        = { &store_coordinator, &store_pharmacist, &store_doctor, NULL };
    static const char *const outcomes[] = { NULL, "full", "away" };
    int64_t sheets[CPTS_ENTRY_SHEETS_MAX];
    cpts_entry_t entry = { .at = BEGIN + (int64_t)number * PACE,
                           .actor = actors[number % 4],
                           .did = (cpts_did_e)(number % CPTS_DID_COUNT),
                           .sheets = sheets,
                           /* none once in nine */
                           .count = number % 9,
                           .placement = number % 3 ? 0 : number,
                           .outcome = outcomes[number % 3] };

    for (int i = 0; i < entry.count; i++) {
        /* two of them in one place of a run */
        sheets[i] = 1 + (number + 5 * i) % 40 + i % 2 * 128;
    }
    return cpts_journal_append(db, &entry, NULL);
}

/* Entries number first+1 to first+count, in one transaction. */
static void append_many(cpts_db_t *db, int first, int count)
{
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    for (int i = first + 1; i <= first + count; i++) {
        store_kind(append_one(db, i), CPTS_DB_OK);
    }
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
}

/* A journal, and somebody who can write its database but read no key. */
typedef struct {
    const char *file;
    cpts_db_t *db;
    sqlite3 *raw;
    int last;
    int indexed; /* the last entry that journal_sheet holds */
} journal_t;

static cpts_journal_check_t verify(cpts_db_t *db)
{
    cpts_journal_check_t check;

    store_kind(cpts_journal_verify(&check, db, NULL, NULL), CPTS_DB_OK);
    assert_false(cpts_db_in_transaction(db));
    assert_non_null(cpts_journal_state_texts[check.state]);
    return check;
}

static void assert_whole(cpts_db_t *db)
{
    cpts_journal_check_t check = verify(db);

    if (check.state != CPTS_JOURNAL_WHOLE) {
        fail_msg("entry %d: %s", (int)check.broken,
                 cpts_journal_state_texts[check.state]);
    }
}

static void assert_broken(cpts_db_t *db, cpts_journal_state_e state,
                          int64_t broken)
{
    cpts_journal_check_t check = verify(db);

    if (check.state != state || check.broken != broken) {
        fail_msg("entry %d: %s; not entry %d: %s", (int)check.broken,
                 cpts_journal_state_texts[check.state], (int)broken,
                 cpts_journal_state_texts[state]);
    }
}

/* Run a script; ?1 is the position, ?2 the last entry, ?3 a later one. */
static void attack(const journal_t *j, const char *sql, int position,
                   int later)
{
    const char *rest;

    for (; *sql; sql = rest) {
        sqlite3_stmt *statement;
        int rc;

        if (sqlite3_prepare_v2(j->raw, sql, -1, &statement, &rest)
            != SQLITE_OK) {
            fail_msg("%s: %s", sql, sqlite3_errmsg(j->raw));
        }
        if (!statement) {
            break;
        }
        (void)sqlite3_bind_int(statement, 1, position);
        (void)sqlite3_bind_int(statement, 2, j->last);
        (void)sqlite3_bind_int(statement, 3, later);
        rc = sqlite3_step(statement);
        if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
            fail_msg("%s: %s", sql, sqlite3_errmsg(j->raw));
        }
        sqlite3_finalize(statement);
    }
}

/* What it is to be again after each alteration. */
static const char save[]
    = "DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete;"
      "DROP TRIGGER journal_in_order;"
      "PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;"
      "CREATE TEMP TABLE saved AS SELECT * FROM journal;"
      "CREATE UNIQUE INDEX temp.saved_id ON saved (id);"
      "CREATE TEMP TABLE saved_sheet AS SELECT * FROM journal_sheet;"
      "CREATE TEMP TABLE saved_run AS SELECT * FROM journal_run;"
      "CREATE TEMP TABLE saved_end AS SELECT * FROM journal_end;";

static const char restore_row[]
    = "BEGIN; DELETE FROM journal WHERE id IN (?1, ?3) OR id > ?2;"
      "INSERT INTO journal SELECT * FROM saved WHERE id IN (?1, ?3);"
      "COMMIT";
static const char restore_all[]
    = "BEGIN; DELETE FROM journal; DELETE FROM journal_sheet;"
      "DELETE FROM journal_run; INSERT INTO journal_run SELECT * FROM"
      " saved_run;"
      "DELETE FROM journal_end; INSERT INTO journal SELECT * FROM saved;"
      "INSERT INTO journal_sheet SELECT * FROM saved_sheet;"
      "INSERT INTO journal_end SELECT * FROM saved_end; COMMIT";

static journal_t attacked(const char *name, int count)
{
    journal_t j = { .file = store_make(name), .last = count };

    j.db = store_open(j.file);
    append_many(j.db, 0, count);
    assert_whole(j.db);
    if (sqlite3_open_v2(j.file, &j.raw, SQLITE_OPEN_READWRITE, NULL)
        != SQLITE_OK) {
        fail_msg("%s: %s", j.file, sqlite3_errmsg(j.raw));
    }
    attack(&j, save, 0, 0);
    j.indexed = (int)store_number(j.file, "SELECT indexed FROM journal_end");
    assert_whole(j.db);
    return j;
}

/* As if its run were full. */
static void index_all(journal_t *j)
{
    store_exec(j->file,
               "INSERT INTO journal_sheet"
               " SELECT (j.id >> 9 << 7) + (each.value & 127),"
               "        json_group_array((each.value << 9) + (j.id & 511))"
               "  FROM journal AS j, json_each(j.sheets) AS each GROUP BY 1;"
               "INSERT INTO journal_run SELECT id >> 9, min(at), max(at)"
               "  FROM journal GROUP BY 1;"
               "UPDATE journal_end SET indexed = last");
    attack(j,
           "DELETE FROM saved_sheet; DELETE FROM saved_end;"
           "INSERT INTO saved_run SELECT * FROM journal_run;"
           "INSERT INTO saved_sheet SELECT * FROM journal_sheet;"
           "INSERT INTO saved_end SELECT * FROM journal_end",
           0, 0);
    j->indexed = j->last;
    assert_whole(j->db);
}

static void leave(journal_t *j)
{
    assert_int_equal(sqlite3_close(j->raw), SQLITE_OK);
    cpts_db_close(j->db);
}

/* --- every alteration */

/* Where the first wrong entry is, after an alteration at p. */
enum {
    HERE,
    NEXT,
    LAST,
    BEYOND,
    AFTER,     /* the next one with a sheet */
    RUN_OF,    /* the first of its run */
    RUN_BEYOND /* of the run that comes */
};

/* Which positions it can be made at. */
enum {
    ANY = 0,
    INNER = 1,   /* not the last */
    SHEETED = 2, /* with a sheet in the index */
    WIDE = 4     /* other rows are touched too */
};

#define CHANGE(column, value)                                              \
    {                                                                      \
        column, "UPDATE journal SET " column " = " value " WHERE id = ?1", \
            CPTS_JOURNAL_CHANGED, HERE, ANY                                \
    }

/* The rows behind one are pushed back, or pulled up, by one. */
#define PUSH                                               \
    "UPDATE journal SET id = id + 1000000 WHERE id >= ?1;" \
    "UPDATE journal SET id = id - 999999 WHERE id >= 1000000;"
#define PULL                                              \
    "UPDATE journal SET id = id + 1000000 WHERE id > ?1;" \
    "UPDATE journal SET id = id - 1000001 WHERE id > 1000000;"
/* Two rows take each other's number. */
#define SWAP(one, two)                                    \
    "UPDATE journal SET id = 1000000 WHERE id = " one ";" \
    "UPDATE journal SET id = " one " WHERE id = " two ";" \
    "UPDATE journal SET id = " two " WHERE id = 1000000;"
#define COLUMNS "at, actor, role, action, sheets, placement, outcome"
#define CUT     "DELETE FROM journal WHERE id > ?1;"
/* What the index says of one entry: other pairs in its place. */
#define PAIR(sheet, entry)  "((" sheet " << 9) + (" entry " & 511))"
#define PLACE(sheet, entry) "((" entry " >> 9 << 7) + (" sheet " & 127))"
#define OF_ENTRY            "value & 511 = ?1 & 511"
#define IN_ITS_RUN          " WHERE id >> 7 = ?1 >> 9"
#define TAKE_OUT                                                   \
    "UPDATE journal_sheet SET entries = (SELECT json_group_array(" \
    "value) FROM json_each(entries) WHERE NOT " OF_ENTRY ")" IN_ITS_RUN
#define PUT_PAIR(place, pair)                                       \
    "INSERT INTO journal_sheet VALUES (" place ", json_array(" pair \
    ")) ON CONFLICT (id) DO UPDATE SET entries ="                   \
    " json_insert(entries, '$[#]', " pair ")"
#define PUT_IN(sheet, entry) PUT_PAIR(PLACE(sheet, entry), PAIR(sheet, entry))
#define SET_BACK(seal)                                  \
    CUT "UPDATE journal_end SET last = ?1, last_link =" \
        " (SELECT link FROM journal WHERE id = ?1), seal = " seal

static const struct {
    const char *name;
    const char *sql;
    cpts_journal_state_e state;
    int where, positions;
} alterations[] = {
    CHANGE("at", "at + 1"),
    CHANGE("actor", "coalesce(actor, 0) + 1"),
    CHANGE("actor", "iif(actor IS NULL, 0, NULL)"),
    CHANGE("role", "iif(role IS 'doctor', 'professional', 'doctor')"),
    CHANGE("role", "iif(role IS NULL, '', NULL)"),
    CHANGE("role", "coalesce(role, '') || char(0) || 'x'"),
    CHANGE("action", "iif(action = 'match', 'export', 'match')"),
    CHANGE("action", "action || char(0)"),
    CHANGE("sheets", "iif(sheets = '[]', '[1]', '[]')"),
    CHANGE("sheets", "replace(sheets, ']', ' ]')"),
    CHANGE("placement", "coalesce(placement, 0) + 1"),
    CHANGE("placement", "iif(placement IS NULL, 0, NULL)"),
    CHANGE("outcome", "iif(outcome IS NULL, 'full', NULL)"),
    CHANGE("outcome", "coalesce(outcome, '') || 'x'"),
    CHANGE("link", "randomblob(32)"),
    CHANGE("link", "zeroblob(32)"),
    CHANGE("link", "NULL"),
    { "moved to the end", "UPDATE journal SET id = ?2 + 1 WHERE id = ?1",
      CPTS_JOURNAL_MISSING, HERE, ANY },
    { "removed", "DELETE FROM journal WHERE id = ?1", CPTS_JOURNAL_MISSING,
      HERE, ANY },
    { "removed, the gap closed",
      "DELETE FROM journal WHERE id = ?1;" PULL
      "UPDATE journal_end SET last = last - 1",
      CPTS_JOURNAL_CHANGED, HERE, INNER | WIDE },
    { "inserted at the end",
      "INSERT INTO journal SELECT ?2 + 1, " COLUMNS ", link FROM journal"
      " WHERE id = ?1",
      CPTS_JOURNAL_INSERTED, BEYOND, ANY },
    { "inserted at the end, the end moved",
      "INSERT INTO journal SELECT ?2 + 1, " COLUMNS ", randomblob(32)"
      " FROM journal WHERE id = ?1;"
      "UPDATE journal_end SET last = ?2 + 1,"
      " last_link = (SELECT link FROM journal WHERE id = ?2 + 1)",
      CPTS_JOURNAL_CHANGED, BEYOND, WIDE },
    { "inserted in the middle",
      PUSH "INSERT INTO journal SELECT ?1, " COLUMNS ", randomblob(32)"
           " FROM journal WHERE id = ?2 + 1",
      CPTS_JOURNAL_CHANGED, HERE, WIDE },
    { "inserted in the middle, the end moved",
      PUSH "INSERT INTO journal SELECT ?1, " COLUMNS ", link"
           " FROM journal WHERE id = ?2 + 1;"
           "UPDATE journal_end SET last = last + 1",
      CPTS_JOURNAL_CHANGED, HERE, INNER | WIDE },
    { "swapped with a later one", SWAP("?1", "?3"), CPTS_JOURNAL_CHANGED, HERE,
      INNER },
    { "swapped, but for the links",
      SWAP("?1", "?3") "CREATE TEMP TABLE two AS SELECT id, link FROM journal"
                       " WHERE id IN (?1, ?3);"
                       "UPDATE journal SET link = (SELECT link FROM two"
                       " WHERE two.id <> journal.id) WHERE id IN (?1, ?3);"
                       "DROP TABLE two",
      CPTS_JOURNAL_CHANGED, HERE, INNER },
    { "put in the place of another",
      "UPDATE journal SET (" COLUMNS ", link) = (SELECT " COLUMNS ", link"
      " FROM saved WHERE id = ?3) WHERE id = ?1",
      CPTS_JOURNAL_CHANGED, HERE, INNER },
    { "cut after it", CUT, CPTS_JOURNAL_MISSING, NEXT, INNER | WIDE },
    { "cut, the end set back", SET_BACK("seal"), CPTS_JOURNAL_ENDS, HERE,
      INNER | WIDE },
    { "cut, the end set back without a seal", SET_BACK("NULL"),
      CPTS_JOURNAL_ENDS, HERE, INNER | WIDE },
    { "cut, the end set back with a forged seal", SET_BACK("randomblob(32)"),
      CPTS_JOURNAL_ENDS, HERE, INNER | WIDE },
    { "the end set back, nothing cut",
      "UPDATE journal_end SET last = ?1, last_link ="
      " (SELECT link FROM journal WHERE id = ?1)",
      CPTS_JOURNAL_INSERTED, NEXT, INNER | WIDE },
    { "all before it purged by hand",
      "UPDATE journal_end SET floor = ?1, floor_link ="
      " (SELECT link FROM journal WHERE id = ?1);"
      "DELETE FROM journal WHERE id <= ?1",
      CPTS_JOURNAL_ENDS, LAST, WIDE },
    { "all before it purged by hand, without a seal",
      "UPDATE journal_end SET floor = ?1, floor_link ="
      " (SELECT link FROM journal WHERE id = ?1), seal = NULL;"
      "DELETE FROM journal WHERE id <= ?1",
      CPTS_JOURNAL_ENDS, LAST, WIDE },
    { "the floor moved without its link", "UPDATE journal_end SET floor = ?1",
      CPTS_JOURNAL_CHANGED, NEXT, INNER | WIDE },
    { "a sheet taken out of the index", TAKE_OUT, CPTS_JOURNAL_INDEX, HERE,
      SHEETED | WIDE },
    { "a sheet put into the index", PUT_IN("4242", "?1"), CPTS_JOURNAL_INDEX,
      HERE, WIDE },
    { "another sheet in the index",
      "UPDATE journal_sheet SET entries = (SELECT json_group_array("
      "iif(" OF_ENTRY
      ", " PAIR("4242", "?1") ", value))"
                              " FROM json_each(entries))" IN_ITS_RUN,
      CPTS_JOURNAL_INDEX, HERE, SHEETED | WIDE },
    { "where nobody looks for it",
      "INSERT INTO journal_sheet SELECT " PLACE(
          "100",
          "?1") ","
                " json_group_array(value) FROM journal_sheet AS s,"
                " json_each(s.entries) WHERE s.id >> 7 = ?1 >> 9 AND " OF_ENTRY
                ";" TAKE_OUT,
      CPTS_JOURNAL_INDEX, HERE, SHEETED | WIDE },
    { "the index goes on behind the end", PUT_IN("?1", "(?2 + 1)"),
      CPTS_JOURNAL_INDEX, BEYOND, WIDE },
    { "a run taken out of the index",
      "DELETE FROM journal_run WHERE id = ?1 >> 9", CPTS_JOURNAL_INDEX, RUN_OF,
      SHEETED | WIDE },
    { "a run said to be older",
      "UPDATE journal_run SET newest ="
      " (SELECT at - 1 FROM journal WHERE id = ?1) WHERE id = ?1 >> 9",
      CPTS_JOURNAL_INDEX, HERE, SHEETED | WIDE },
    { "a run said to be newer",
      "UPDATE journal_run SET oldest ="
      " (SELECT max(at) + 1 FROM journal) WHERE id = ?1 >> 9",
      CPTS_JOURNAL_INDEX, RUN_OF, SHEETED | WIDE },
    { "a run behind the end",
      "INSERT INTO journal_run VALUES ((?2 >> 9) + 1, 0, ?1)",
      CPTS_JOURNAL_INDEX, RUN_BEYOND, WIDE },
    /* what comes after that is looked for in the journal: entries would be
     * found twice, or not at all */
    { "the index said to end before it",
      "UPDATE journal_end SET indexed = ?1 - 1", CPTS_JOURNAL_INDEX, HERE,
      SHEETED | WIDE },
    { "taken out of the index, which is said to end before it",
      "UPDATE journal_end SET indexed = ?1 - 1;" TAKE_OUT, CPTS_JOURNAL_INDEX,
      AFTER, SHEETED | WIDE },
};

/* One that is in the index with a sheet, as is the one after it. */
static int sheeted(const journal_t *j, int position)
{
    if (position >= j->indexed) {
        position = 1 + position % (j->indexed - 1);
    }
    return position % 9 == 0 ? position - 1 : position;
}

static int64_t expected_at(const journal_t *j, int where, int position)
{
    switch (where) {
    case HERE:
        return position;
    case NEXT:
        return position + 1;
    case LAST:
        return j->last;
    case AFTER:
        if (position == 1 || position % RUN == 0) {
            return position; /* its run is behind the end */
        }
        return position % 9 == 8 ? position + 2 : position + 1;
    case RUN_OF:
        return position < RUN ? 1 : position - position % RUN;
    case RUN_BEYOND:
        return j->last - j->last % RUN + RUN;
    default:
        return j->last + 1;
    }
}

static void alter(const journal_t *j, size_t kind, int position)
{
    int flags = alterations[kind].positions;
    int before = sqlite3_total_changes(j->raw);
    cpts_journal_check_t check;
    int64_t expected;
    int later;

    if ((flags & INNER) && position == j->last) {
        position--;
    }
    if (flags & SHEETED) {
        position = sheeted(j, position);
    }
    later = position < j->last ? position + 1 + unit_below(j->last - position)
                               : position;
    attack(j, alterations[kind].sql, position, later);
    assert_true(sqlite3_total_changes(j->raw) > before);
    expected = expected_at(j, alterations[kind].where, position);
    check = verify(j->db);
    if (check.state != alterations[kind].state || check.broken != expected) {
        fail_msg("%s at %d of %d: entry %d, %s; not entry %d",
                 alterations[kind].name, position, j->last, (int)check.broken,
                 cpts_journal_state_texts[check.state], (int)expected);
    }
    attack(j, flags & WIDE ? restore_all : restore_row, position, later);
}

/* Every alteration at every position. */
static void test_every_alteration(void **state)
{
    journal_t j = attacked("a.db", SHORT);

    (void)state;
    index_all(&j);
    for (size_t kind = 0; kind < COUNT(alterations); kind++) {
        for (int position = 1; position <= j.last; position++) {
            alter(&j, kind, position);
        }
        assert_whole(j.db);
    }
    leave(&j);
}

/* A long one at random positions. */
static void test_random_positions(void **state)
{
    journal_t j = attacked("a.db", LONG);

    (void)state;
    assert_int_equal(j.indexed, LONG - LONG % RUN - 1);
    for (int i = 0; i < POSITIONS; i++) {
        alter(&j, (size_t)i % COUNT(alterations), 1 + unit_below(j.last));
    }
    assert_whole(j.db);
    leave(&j);
}

/* --- what an alteration leaves for later */

/* Whoever cut the end, and waits for new entries with a good seal. */
static void test_appending_hides_nothing(void **state)
{
    static const char *const cuts[]
        = { SET_BACK("seal"), SET_BACK("NULL"), SET_BACK("randomblob(32)") };

    (void)state;
    for (size_t i = 0; i < COUNT(cuts); i++) {
        journal_t j = attacked(apr_psprintf(unit_pool, "%d.db", (int)i), 60);
        int64_t removed;

        attack(&j, cuts[i], 40, 0);
        /* nor does a purge give the ends a new seal */
        store_kind(cpts_db_start(j.db), CPTS_DB_OK);
        store_kind(cpts_journal_purge(j.db, BEGIN + 10 * PACE, &removed),
                   CPTS_DB_ERROR);
        cpts_db_rollback(j.db);
        assert_broken(j.db, CPTS_JOURNAL_ENDS, 40);
        append_many(j.db, 40, 50);
        assert_broken(j.db, CPTS_JOURNAL_CHANGED, 41);
        leave(&j);
    }
}

/* An entry that is in the way: no conflict of who asked. */
static void test_entry_in_the_way(void **state)
{
    journal_t j = attacked("a.db", 20);

    (void)state;
    attack(&j,
           "INSERT INTO journal SELECT ?2 + 1, " COLUMNS ", link FROM journal"
           " WHERE id = 3",
           0, 0);
    store_kind(cpts_db_start(j.db), CPTS_DB_OK);
    store_kind(append_one(j.db, 21), CPTS_DB_ERROR);
    assert_non_null(strstr(cpts_db_message(j.db), "entry 21"));
    cpts_db_rollback(j.db);
    assert_broken(j.db, CPTS_JOURNAL_INSERTED, 21);
    leave(&j);
}

/* An old end with its true seal: only who kept a witness can tell. */
static void test_witness(void **state)
{
    journal_t j = attacked("a.db", 40);
    cpts_journal_check_t before, after;
    const char *kept;

    (void)state;
    append_many(j.db, 40, 20);
    before = verify(j.db);
    assert_int_equal(before.last, 60);
    assert_int_equal(strlen(before.link), 64);
    kept = apr_psprintf(unit_pool,
                        "SELECT lower(hex(link)) = '%s' FROM journal"
                        " WHERE id = 60",
                        before.link);
    assert_int_equal(store_number(j.file, kept), 1);
    attack(&j, restore_all, 0, 0);
    after = verify(j.db);
    assert_int_equal(after.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(after.last, 40);
    /* going on, even with the same entries at another time, gives no link
     * of before */
    append_many(j.db, 41, 30);
    assert_whole(j.db);
    assert_int_equal(store_number(j.file, kept), 0);
    leave(&j);
}

/* The chain is right in itself, but nobody had the key. */
static void test_another_key(void **state)
{
    journal_t j = attacked("a.db", 60);
    cpts_db_t *db;

    (void)state;
    leave(&j);
    db = store_open(store_make("b.db"));
    append_many(db, 0, 60);
    assert_whole(db);
    cpts_db_close(db);
    assert_int_equal(rename(store_path("b.db"), j.file), 0);
    db = store_open(j.file);
    assert_broken(db, CPTS_JOURNAL_CHANGED, 1);
    cpts_db_close(db);
    /* the key that belongs to it */
    assert_int_equal(rename(store_path("b.db.key"), store_path("a.db.key")),
                     0);
    assert_whole(store_open(j.file));
}

/* --- the key */

static cpts_db_e try_append(cpts_db_t *db)
{
    cpts_db_e rc = cpts_db_start(db);

    return rc == CPTS_DB_OK ? cpts_db_leave(db, 1, append_one(db, 1)) : rc;
}

static int append_to(const char *file)
{
    cpts_db_t *db = store_open(file);
    cpts_db_e rc = try_append(db);

    cpts_db_close(db);
    return (int)rc;
}

static void test_key_file(void **state)
{
    const char *file = store_make("a.db");
    const char *key = store_path("a.db.key");
    const char *digits = apr_pstrdup(unit_pool, "");
    cpts_journal_check_t check;
    struct stat st;
    size_t length;
    cpts_db_t *db;

    (void)state;
    digits = store_bytes(key, &length);
    assert_int_equal(length, 65);
    assert_int_equal(strspn(digits, "0123456789abcdef"), 64);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    /* nothing of it is in the database */
    digits = apr_pstrndup(unit_pool, digits, 64);
    assert_false(store_holds(file, digits));
    store_kind((cpts_db_e)append_to(file), CPTS_DB_OK);

    assert_int_equal(rename(key, store_path("away")), 0);
    db = store_open(file);
    store_kind(cpts_journal_key_look(db), CPTS_DB_KEY);
    store_kind(try_append(db), CPTS_DB_KEY);
    assert_non_null(strstr(cpts_db_message(db), "a.db.key"));
    store_kind(cpts_journal_verify(&check, db, NULL, NULL), CPTS_DB_KEY);
    assert_false(cpts_db_in_transaction(db));
    store_write_file(key, "");
    store_kind(try_append(db), CPTS_DB_KEY);
    store_write_file(key, digits + 1);
    store_kind(try_append(db), CPTS_DB_KEY);
    store_write_file(key, apr_pstrcat(unit_pool, digits, "0", NULL));
    store_kind(try_append(db), CPTS_DB_KEY);
    store_write_file(key, apr_pstrcat(unit_pool, digits + 1, "g", NULL));
    store_kind(try_append(db), CPTS_DB_KEY);
    assert_non_null(strstr(cpts_db_message(db), "hexadecimal"));
    /* nothing of all that was written; put back, all is well */
    store_write_file(key, apr_pstrcat(unit_pool, digits, "\n", NULL));
    assert_int_equal(store_number(file, "SELECT count(*) FROM journal"), 1);
    store_kind(try_append(db), CPTS_DB_OK);
    assert_whole(db);
    assert_int_equal(chmod(key, 0), 0);
    assert_int_equal(chmod(file, 0666), 0);
    cpts_db_close(db);
    store_kind((cpts_db_e)store_as_nobody(append_to, file), CPTS_DB_KEY);
}

/* A key that is there is never replaced. */
static void test_key_kept(void **state)
{
    const char *file = store_make("a.db");
    size_t length;
    const char *before = store_bytes(store_path("a.db.key"), &length);

    (void)state;
    store_kind(cpts_journal_key_make(file, unit_pool), CPTS_DB_OK);
    assert_string_equal(store_bytes(store_path("a.db.key"), &length), before);
    store_kind(cpts_journal_key_make(store_path("none/a.db"), unit_pool),
               CPTS_DB_KEY);
}

/* --- appending and listing */

static void test_append(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    int64_t sheets[CPTS_ENTRY_SHEETS_MAX + 1] = { 3, 14, 3 };
    cpts_entry_t entry = { .at = 5,
                           .actor = &store_pharmacist,
                           .did = CPTS_DID_MATCH,
                           .sheets = sheets,
                           .count = 3,
                           .placement = 7,
                           .outcome = "full" };
    int64_t id = 0;

    (void)state;
    for (int i = 0; i < CPTS_DID_COUNT; i++) {
        assert_true(strlen(cpts_did_words[i]) <= 32);
    }
    assert_null(cpts_did_words[CPTS_DID_COUNT]);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &entry, &id), CPTS_DB_OK);
    assert_int_equal(id, 1);
    entry = (cpts_entry_t){ .at = 6, .did = CPTS_DID_PURGE };
    store_kind(cpts_journal_append(db, &entry, &id), CPTS_DB_OK);
    assert_int_equal(id, 2);
    entry.sheets = sheets;
    entry.count = CPTS_ENTRY_SHEETS_MAX + 1;
    store_kind(cpts_journal_append(db, &entry, &id), CPTS_DB_ERROR);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(
        store_number(file, "SELECT count(*) FROM journal WHERE id = 1"
                           " AND at = 5 AND actor = 902"
                           " AND role = 'professional' AND action = 'match'"
                           " AND sheets = '[3,14,3]' AND placement = 7"
                           " AND outcome = 'full'"),
        1);
    assert_int_equal(
        store_number(file, "SELECT count(*) FROM journal WHERE id = 2"
                           " AND actor IS NULL AND role IS NULL"
                           " AND action = 'purge' AND sheets = '[]'"
                           " AND placement IS NULL AND outcome IS NULL"),
        1);
    assert_whole(db);
    /* what is rolled back was never there */
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(append_one(db, 3), CPTS_DB_OK);
    cpts_db_rollback(db);
    assert_int_equal(verify(db).last, 2);
}

/* As SQLite does after a page that could not be read, whoever asked for it:
 * the ends must not tell of entries that are gone. */
static void test_rolled_back_by_itself(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    append_many(db, 0, 3);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(append_one(db, 4), CPTS_DB_OK);
    store_kind(cpts_db_script(db, "ROLLBACK"), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_ERROR);
    assert_int_equal(store_number(file, "SELECT last FROM journal_end"), 3);
    assert_non_null(strstr(cpts_db_message(db), "rolled back"));
    assert_whole(db);
    append_many(db, 3, 2);
    assert_int_equal(verify(db).last, 5);
    assert_whole(db);
}

/* The database itself refuses, whoever else asks. */
static void assert_refused(const char *file, const char *sql)
{
    sqlite3 *raw;
    int rc = sqlite3_open_v2(file, &raw, SQLITE_OPEN_READWRITE, NULL);

    assert_int_equal(rc, SQLITE_OK);
    rc = sqlite3_exec(raw, sql, NULL, NULL, NULL);
    if (rc != SQLITE_CONSTRAINT) {
        fail_msg("%s: %d", sql, rc);
    }
    assert_non_null(strstr(sqlite3_errmsg(raw), "append-only"));
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static void test_triggers(void **state)
{
    static const char *const refused[] = {
        "UPDATE journal SET at = at + 1 WHERE id = 2",
        "UPDATE journal SET at = at + 1",
        "UPDATE OR REPLACE journal SET id = 3 WHERE id = 2",
        "DELETE FROM journal WHERE id = 2",
        "DELETE FROM journal",
        "INSERT INTO journal (id, at, action, sheets)"
        " VALUES (2, 1, 'match', '[]')",
        "INSERT OR REPLACE INTO journal (id, at, action, sheets)"
        " VALUES (2, 1, 'match', '[]')",
        "INSERT INTO journal (id, at, action, sheets)"
        " VALUES (10, 1, 'match', '[]')",
        "INSERT INTO journal (id, at, action, sheets)"
        " VALUES (0, 1, 'match', '[]')",
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    append_many(db, 0, 10);
    for (size_t i = 0; i < COUNT(refused); i++) {
        assert_refused(file, refused[i]);
    }
    assert_whole(db);
}

/* None that somebody put into the file runs when an entry is appended. */
static void test_planted_trigger(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db;

    (void)state;
    store_exec(file, "CREATE TABLE copied (sheets TEXT);"
                     "CREATE TRIGGER copies AFTER INSERT ON journal"
                     " BEGIN INSERT INTO copied VALUES (NEW.sheets); END");
    db = store_open(file);
    append_many(db, 0, 10);
    assert_int_equal(store_number(file, "SELECT count(*) FROM copied"), 0);
    assert_whole(db);
}

static cpts_db_e join(void *baton, const cpts_journal_row_t *row)
{
    const char **text = baton;

    *text = apr_psprintf(unit_pool, "%s%d:%s/%s/%s/%s/%s ", *text,
                         (int)row->id, row->account ? row->account : "-",
                         row->role ? row->role : "-", row->action,
                         row->outcome ? row->outcome : "-", row->rpps);
    return CPTS_DB_OK;
}

static const char *list(cpts_db_t *db, cpts_journal_filter_t filter)
{
    const char *text = "";

    filter.limit = filter.limit ? filter.limit : 10;
    store_kind(cpts_journal_list(db, &filter, join, &text), CPTS_DB_OK);
    return text;
}

static void test_list(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_actor_t p = store_actor(db, "pharmacie", CPTS_PROFESSIONAL, NULL);
    cpts_actor_t d = store_actor(db, "docteur", CPTS_DOCTOR, STORE_OWN);
    int64_t both[] = { 1, 2 };
    cpts_entry_t seen = {
        .at = 1, .actor = &p, .did = CPTS_DID_MATCH, .sheets = both, .count = 2
    };
    cpts_entry_t left = { .at = 2,
                          .actor = &d,
                          .did = CPTS_DID_SHEET_LEAVE,
                          .sheets = both,
                          .count = 1,
                          .outcome = "left" };
    cpts_entry_t purge = { .at = 3, .did = CPTS_DID_PURGE };

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", "2026-11-22");
    store_create(db, STORE_OTHER, "Paul", "2026-11-22");
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &seen, NULL), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &left, NULL), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &purge, NULL), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
#define PURGED "3:-/-/purge/-/[] "
#define LEFT   "2:docteur/doctor/sheet.leave/left/[\"" STORE_OWN "\"] "
#define SEEN \
    "1:pharmacie/professional/match/-/[\"" STORE_OWN "\",\"" STORE_OTHER "\"] "
    assert_string_equal(list(db, (cpts_journal_filter_t){ 0 }),
                        PURGED LEFT SEEN);
    assert_string_equal(list(db, (cpts_journal_filter_t){ .limit = 1 }),
                        PURGED);
    assert_string_equal(list(db, (cpts_journal_filter_t){ .before = 3 }),
                        LEFT SEEN);
    assert_string_equal(
        list(db, (cpts_journal_filter_t){ .account = "docteur" }), LEFT);
    assert_string_equal(list(db, (cpts_journal_filter_t){ .action = "match" }),
                        SEEN);
    assert_string_equal(
        list(db, (cpts_journal_filter_t){ .rpps = STORE_OTHER }), SEEN);
    assert_string_equal(
        list(db, (cpts_journal_filter_t){ .account = "personne" }), "");
    /* erased: a number that leads to nobody */
    store_erase(db, &store_coordinator, STORE_OWN);
    assert_string_equal(list(db, (cpts_journal_filter_t){ 0 }), PURGED
                        "2:-/doctor/sheet.leave/left/[\"\"] "
                        "1:pharmacie/professional/match/-/[\"\",\"" STORE_OTHER
                        "\"] ");
    assert_whole(db);
}

/* --- purging */

static int64_t purge(cpts_db_t *db, int64_t before)
{
    int64_t removed = -1;

    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_journal_purge(db, before, &removed), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    return removed;
}

static void test_purge(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_journal_check_t check;

    (void)state;
    append_many(db, 0, 30);
    assert_int_equal(purge(db, BEGIN), 0);
    assert_int_equal(purge(db, BEGIN + 11 * PACE), 10);
    check = verify(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(check.floor, 10);
    assert_int_equal(check.last, 30);
    assert_int_equal(check.before, 0);
    assert_int_equal(store_number(file, "SELECT min(id) FROM journal"), 11);
    assert_int_equal(purge(db, BEGIN + 11 * PACE), 0);
    append_many(db, 30, 5);
    assert_int_equal(purge(db, BEGIN + 21 * PACE), 10);
    assert_whole(db);
    assert_int_equal(verify(db).floor, 20);
    assert_refused(file, "DELETE FROM journal WHERE id = 21");
    /* all of it: what comes next goes on from there */
    assert_int_equal(purge(db, BEGIN + 100 * PACE), 15);
    assert_int_equal(store_number(file, "SELECT count(*) FROM journal"), 0);
    assert_whole(db);
    append_many(db, 35, 3);
    check = verify(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(check.floor, 35);
    assert_int_equal(check.last, 38);
}

/* --- finding the entries of a sheet */

static cpts_db_e join_id(void *baton, const cpts_journal_row_t *row)
{
    const char **text = baton;

    *text = apr_psprintf(unit_pool, "%s%s%d", *text, **text ? "," : "",
                         (int)row->id);
    return CPTS_DB_OK;
}

/* What is listed of this sheet is what the journal says of it: each entry
 * once, newest first. */
static void assert_listed(cpts_db_t *db, const char *rpps)
{
    cpts_journal_filter_t filter = { .rpps = rpps, .limit = 100000 };
    const char *ids = "";

    store_kind(cpts_journal_list(db, &filter, join_id, &ids), CPTS_DB_OK);
    assert_string_not_equal(ids, "");
    assert_int_equal(
        store_number(cpts_db_file(db),
                     apr_psprintf(unit_pool,
                                  "SELECT group_concat(id) = '%s' FROM"
                                  " (SELECT DISTINCT j.id FROM journal AS j,"
                                  "   json_each(j.sheets) AS each"
                                  "   WHERE each.value = (SELECT id FROM"
                                  "   practitioner WHERE rpps = '%s')"
                                  "   ORDER BY j.id DESC)",
                                  ids, rpps)),
        1);
}

/* However far the index has come. */
static void assert_found(cpts_db_t *db, int64_t indexed)
{
    assert_listed(db, STORE_OWN);
    assert_int_equal(
        store_number(cpts_db_file(db), "SELECT indexed FROM journal_end"),
        indexed);
    assert_whole(db);
}

/* Entries are looked for in the journal until there are enough of them. */
static void test_runs(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_db_t *other = store_open(file);

    (void)state;
    assert_int_equal(store_create(db, STORE_OWN, "Jeanne", "2026-11-22").id,
                     1);
    append_many(db, 0, RUN - 3);
    append_many(other, RUN - 3, 1);
    assert_found(db, 0);
    /* what is rolled back fills no run */
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(append_one(db, RUN - 1), CPTS_DB_OK);
    store_kind(append_one(db, RUN), CPTS_DB_OK);
    cpts_db_rollback(db);
    assert_found(db, 0);
    /* the first of all has the number 1 */
    assert_int_equal(verify(db).last, RUN - 2);
    append_many(other, RUN - 2, 1);
    assert_found(db, RUN - 1);
    append_many(db, RUN - 1, 1);
    assert_found(other, RUN - 1);
    /* many at once */
    append_many(db, RUN, 2 * RUN + 200);
    assert_found(db, 3 * RUN - 1);
}

static void test_runs_purged(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    assert_int_equal(store_create(db, STORE_OWN, "Jeanne", "2026-11-22").id,
                     1);
    append_many(db, 0, RUN + 200);
    assert_int_equal(purge(db, BEGIN + 201 * PACE), 200);
    assert_int_equal(
        store_number(file, "SELECT min((s.id >> 7 << 9) + (value & 511))"
                           " FROM journal_sheet AS s, json_each(entries)"),
        201);
    assert_int_equal(store_number(file, "SELECT oldest FROM journal_run"),
                     BEGIN + 201 * PACE);
    assert_found(db, RUN - 1);
    /* farther than the index goes */
    assert_int_equal(purge(db, BEGIN + (RUN + 101) * PACE), RUN - 100);
    assert_int_equal(store_number(file, "SELECT count(*) FROM journal_sheet,"
                                        " journal_run"),
                     0);
    assert_found(db, RUN - 1);
    append_many(db, RUN + 200, RUN - 202);
    assert_found(db, RUN - 1);
    append_many(db, 2 * RUN - 2, 1);
    assert_found(db, 2 * RUN - 1);
}

/* Another hand says that there are entries without end: the index goes from
 * one that is there to the next, however far that is. */
static void test_runs_far_apart(void **state)
{
    const int64_t far = INT64_C(1) << 52;
    journal_t j = attacked("a.db", 20);

    (void)state;
    assert_int_equal(store_create(j.db, STORE_OWN, "Jeanne", "2026-11-22").id,
                     1);
    attack(&j, "UPDATE journal_end SET last = (1 << 52) - 5", 0, 0);
    append_many(j.db, 20, 4);
    assert_int_equal(store_number(j.file, "SELECT indexed FROM journal_end"),
                     far - 1);
    assert_int_equal(store_number(j.file, "SELECT group_concat(id) = '0,' ||"
                                          " ((1 << 43) - 1) FROM journal_run"),
                     1);
    assert_broken(j.db, CPTS_JOURNAL_MISSING, 21);
    leave(&j);
}

/* The floor cannot be lowered again, nor what was purged be put back. */
static void test_purged_is_gone(void **state)
{
    journal_t j = attacked("a.db", 30);

    (void)state;
    assert_int_equal(purge(j.db, BEGIN + 11 * PACE), 10);
    attack(&j, "INSERT INTO journal SELECT * FROM saved WHERE id = 10", 0, 0);
    assert_int_equal(verify(j.db).before, 1);
    assert_broken(j.db, CPTS_JOURNAL_INSERTED, 10);
    attack(&j, "INSERT INTO journal SELECT * FROM saved WHERE id = 3", 0, 0);
    assert_broken(j.db, CPTS_JOURNAL_INSERTED, 3);
    attack(&j, "DELETE FROM journal WHERE id = 3", 0, 0);
    attack(&j, "UPDATE journal_end SET floor = 9", 0, 0);
    assert_broken(j.db, CPTS_JOURNAL_CHANGED, 10);
    attack(&j, "UPDATE journal_end SET floor = 5", 0, 0);
    assert_broken(j.db, CPTS_JOURNAL_MISSING, 6);
    leave(&j);
}

/* --- from schema 1 */

static const char *make_first(const char *name)
{
    cpts_migrations_t first = { cpts_migrations, 1 };
    const char *file = store_path(name);
    const char *sheet;

    store_kind(cpts_db_init(file, first, unit_pool), CPTS_DB_OK);
    assert_int_not_equal(access(store_path("a.db.key"), F_OK), 0);
    sheet = unit_dump(
        unit_keep(cpts_sheet_json(store_sheet(STORE_OWN, "Jeanne"))));
    store_exec(file,
               apr_psprintf(unit_pool,
                            "INSERT INTO practitioner (id, rpps, version,"
                            " generation, confirmed_on, confirmed_by, search,"
                            " sheet) VALUES (3, '" STORE_OWN "', 4, 4,"
                            " '2026-11-22', 'doctor', 'jeanne',"
                            " json_remove('%s', '$.confirmed_on',"
                            " '$.confirmed_by')),"
                            " (9, '" STORE_OTHER "', 1, 1, '2026-11-22',"
                            " 'import', 'paul', json_set(json_remove('%s',"
                            " '$.confirmed_on', '$.confirmed_by'), '$.rpps',"
                            " '" STORE_OTHER "'));"
                            "DELETE FROM practitioner WHERE id = 9",
                            sheet, sheet));
    store_exec(file,
               "UPDATE territory SET generation = 4;"
               "INSERT INTO erasure VALUES (9, 2);"
               "INSERT INTO account (name, hash, role, rpps, created_at)"
               " VALUES ('docteur', 'h', 'doctor', '" STORE_OWN "', 2),"
               " ('pharmacie', 'h', 'professional', NULL, 1);"
               "INSERT INTO consultation (id, account, role, at, key) VALUES"
               " (2, 'pharmacie', 'professional', 1500, 'k'),"
               " (5, '', 'doctor', 1600, NULL),"
               " (6, 'pharmacie', 'professional', 1700, NULL);"
               "INSERT INTO consultation_sheet VALUES (2, 3), (5, 3);"
               "INSERT INTO outcome VALUES ('pharmacie', 'k', 'd', 201,"
               " '" STORE_OWN "', 9)");
    return file;
}

static cpts_db_e join_viewer(void *baton, const cpts_viewer_t *viewer)
{
    const char **text = baton;

    *text = apr_psprintf(unit_pool, "%s%s@%d ", *text,
                         viewer->account ? viewer->account : "-",
                         (int)viewer->at);
    return CPTS_DB_OK;
}

static void test_migrated(void **state)
{
    const char *file = make_first("a.db");
    const char *viewers = "";
    cpts_journal_check_t check;
    cpts_migrated_t out;
    struct stat st;
    cpts_db_t *db;

    (void)state;
    store_kind(cpts_db_migrate(&out, file, cpts_migrations_all(), NULL, NULL,
                               unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.from, 1);
    assert_int_equal(stat(store_path("a.db.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    db = store_open(file);
    store_kind(cpts_db_rehearse(db), CPTS_DB_OK);
    check = verify(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(check.before, 3);
    assert_int_equal(check.floor, 3);
    assert_int_equal(check.last, 3);
    store_kind(cpts_viewers_list(db, &store_doctor, STORE_OWN, 0, 9,
                                 join_viewer, &viewers, unit_pool),
               CPTS_DB_OK);
    assert_string_equal(viewers, "-@1600 pharmacie@1500 ");
    assert_string_equal(list(db, (cpts_journal_filter_t){ 0 }),
                        "3:pharmacie/professional/match/-/[] "
                        "2:-/doctor/match/-/[\"" STORE_OWN "\"] "
                        "1:pharmacie/professional/match/-/[\"" STORE_OWN
                        "\"] ");
    assert_int_equal(store_number(file, "SELECT count(*) FROM outcome"
                                        " WHERE about = '" STORE_OWN "'"),
                     1);
    /* the chain begins here; a number that was erased is not given again */
    append_many(db, 3, 10);
    assert_whole(db);
    assert_int_equal(verify(db).last, 13);
    assert_int_equal(store_create(db, STORE_OTHER, "Paul", "2026-11-22").id,
                     10);
    /* retention holds for the old ones too, neither less nor more */
    assert_int_equal(purge(db, 1600), 1);
    assert_int_equal(purge(db, 1600), 0);
    check = verify(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(check.before, 2);
    assert_int_equal(check.floor, 3);
    assert_string_equal(list(db, (cpts_journal_filter_t){ .before = 4 }),
                        "3:pharmacie/professional/match/-/[] "
                        "2:-/doctor/match/-/[\"" STORE_OWN "\"] ");
    assert_int_equal(purge(db, BEGIN), 2);
    check = verify(db);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    assert_int_equal(check.before, 0);
    assert_int_equal(purge(db, BEGIN + 6 * PACE), 2);
    assert_int_equal(verify(db).floor, 5);
    assert_whole(db);
}

/* Consultations of before in runs of their own, one every second: they go when
 * they are old, and are found until then. */
static void test_migrated_long(void **state)
{
    const char *file = make_first("a.db");
    const char *old = "SELECT min(id) FROM journal";
    cpts_migrated_t out;
    cpts_db_t *db;

    (void)state;
    store_exec(file, "DELETE FROM consultation_sheet;"
                     "DELETE FROM consultation;"
                     "WITH n (i) AS (SELECT 1 UNION ALL"
                     " SELECT i + 1 FROM n WHERE i < 1200)"
                     "INSERT INTO consultation (id, account, role, at)"
                     " SELECT i, 'pharmacie', 'professional', i FROM n;"
                     "INSERT INTO consultation_sheet"
                     " SELECT id, 3 FROM consultation");
    store_kind(cpts_db_migrate(&out, file, cpts_migrations_all(), NULL, NULL,
                               unit_pool),
               CPTS_DB_OK);
    db = store_open(file);
    append_many(db, 1200, 400);
    /* nothing young goes, and what finds it stays */
    assert_int_equal(purge(db, 1), 0);
    assert_int_equal(purge(db, 701), 700);
    assert_int_equal(store_number(file, old), 701);
    assert_found(db, 3 * RUN - 1);
    assert_int_equal(purge(db, BEGIN), 500);
    assert_found(db, 3 * RUN - 1);
    assert_int_equal(verify(db).floor, 1200);
    assert_int_equal(purge(db, BEGIN + 1301 * PACE), 100);
    assert_int_equal(verify(db).floor, 1300);
    assert_int_equal(store_number(file, old), 1301);
    assert_found(db, 3 * RUN - 1);
}

/* A file as the version before wrote it, with what is in a file of today. */
/* All but what is worked out. */
#define SHEET_COLUMNS                                                    \
    "id, rpps, version, generation, confirmed_on, confirmed_by, search," \
    " sheet"
#define END_COLUMNS "floor, floor_link, last, last_link, seal"

static const char *make_second(const char *name, const char *today)
{
    cpts_migrations_t first = { cpts_migrations, 1 };
    const char *file = store_path(name);

    store_kind(cpts_db_init(file, first, unit_pool), CPTS_DB_OK);
    store_exec(file, cpts_migrations[1].sql);
    assert_int_equal(rename(apr_pstrcat(unit_pool, today, ".key", NULL),
                            apr_pstrcat(unit_pool, file, ".key", NULL)),
                     0);
    store_exec(
        file,
        apr_pstrcat(unit_pool, "ATTACH '", today,
                    "' AS today;"
                    "DROP TRIGGER journal_in_order;"
                    "INSERT INTO journal SELECT * FROM today.journal;"
                    "UPDATE journal_end SET (" END_COLUMNS ") ="
                    " (SELECT " END_COLUMNS " FROM today.journal_end);"
                    "INSERT INTO journal_sheet SELECT DISTINCT each.value,"
                    " j.id FROM journal AS j, json_each(j.sheets) AS each;"
                    "INSERT INTO practitioner (" SHEET_COLUMNS ")"
                    " SELECT " SHEET_COLUMNS " FROM today.practitioner;"
                    "CREATE TRIGGER journal_in_order BEFORE INSERT ON journal"
                    " WHEN NEW.id IS NOT (SELECT last + 1 FROM journal_end)"
                    " BEGIN SELECT RAISE(ABORT, 'append-only'); END",
                    NULL));
    return file;
}

static void test_migrated_from_second(void **state)
{
    const char *today = store_make("today.db");
    cpts_db_t *db = store_open(today);
    cpts_migrated_t out;
    const char *file;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", "2026-11-22");
    append_many(db, 0, 2 * RUN + 300);
    assert_int_equal(purge(db, BEGIN + 101 * PACE), 100);
    cpts_db_close(db);
    file = make_second("a.db", today);
    store_kind(cpts_db_migrate(&out, file, cpts_migrations_all(), NULL, NULL,
                               unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.from, 2);
    assert_int_equal(out.to, CPTS_SCHEMA_VERSION);
    db = store_open(file);
    store_kind(cpts_db_rehearse(db), CPTS_DB_OK);
    assert_int_equal(verify(db).floor, 100);
    assert_int_equal(verify(db).last, 2 * RUN + 300);
    /* full runs are in the index, and the last one fills up */
    assert_found(db, 2 * RUN - 1);
    append_many(db, 2 * RUN + 300, RUN - 302);
    assert_found(db, 2 * RUN - 1);
    append_many(db, 3 * RUN - 2, 1);
    assert_found(db, 3 * RUN - 1);
    assert_int_equal(purge(db, BEGIN + (2 * RUN + 11) * PACE), 2 * RUN - 90);
    assert_found(db, 3 * RUN - 1);
}

/* A file of the version that found entries by rows of one sheet and one entry,
 * written for 256 entries at a time: later ones are in no row yet. */
static const char *make_third(const char *name, const char *today, int indexed)
{
    const char *file = make_second(name, today);

    store_exec(file, cpts_migrations[2].sql);
    store_exec(file,
               apr_psprintf(unit_pool,
                            "DELETE FROM journal_sheet WHERE journal_id > %d;"
                            "UPDATE journal_end SET indexed = %d",
                            indexed, indexed));
    return file;
}

/* Runs that are full are found by the index, the last one fills up.
 * @param before the last entry of the index until then
 * @param after the same from then on */
static void migrate_third(int floor, int last, int before, int after)
{
    const char *today
        = store_make(apr_psprintf(unit_pool, "today%d.db", last));
    cpts_db_t *db = store_open(today);
    int end = (last + 1) | (RUN - 1); /* of the run that fills up */
    cpts_migrated_t out;
    const char *file;

    store_create(db, STORE_OWN, "Jeanne", "2026-11-22");
    store_create(db, STORE_OTHER, "Paul", "2026-11-22");
    append_many(db, 0, last);
    assert_int_equal(purge(db, BEGIN + (floor + 1) * PACE), floor);
    cpts_db_close(db);
    file = make_third(apr_psprintf(unit_pool, "%d.db", last), today, before);
    store_kind(cpts_db_migrate(&out, file, cpts_migrations_all(), NULL, NULL,
                               unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.from, 3);
    db = store_open(file);
    assert_int_equal(verify(db).floor, floor);
    assert_int_equal(verify(db).last, last);
    assert_found(db, after);
    assert_listed(db, STORE_OTHER);
    append_many(db, last, end - 1 - last);
    assert_found(db, after);
    append_many(db, end - 1, 4);
    assert_found(db, end);
    assert_listed(db, STORE_OTHER);
    assert_int_equal(verify(db).last, end + 3);
    cpts_db_close(db);
}

static void test_migrated_from_third(void **state)
{
    (void)state;
    migrate_third(0, 1200, 1024, 2 * RUN - 1);
    /* the last entry is the last of its run, and the one before that */
    migrate_third(0, 2 * RUN - 1, 768, 2 * RUN - 1);
    migrate_third(0, 2 * RUN - 2, 768, RUN - 1);
    /* no run is full yet */
    migrate_third(0, 300, 256, 0);
    /* of the full ones nothing is left, or something */
    migrate_third(1100, 1250, 1100, 2 * RUN - 1);
    migrate_third(700, 1251, 1024, 2 * RUN - 1);
}

/* No seal is given twice: one that was taken away stays missed. */
static void test_migrating_again(void **state)
{
    static const cpts_migration_t more
        = { CPTS_SCHEMA_VERSION + 1, "9999-more", "PRAGMA user_version = 5;" };
    cpts_migration_t list_of[8];
    cpts_migrations_t next = { list_of, cpts_migrations_count + 1 };
    journal_t j = attacked("a.db", 30);
    cpts_migrated_t out;

    (void)state;
    assert_true(cpts_migrations_count < COUNT(list_of));
    memcpy(list_of, cpts_migrations,
           cpts_migrations_count * sizeof(list_of[0]));
    list_of[cpts_migrations_count] = more;
    attack(&j, SET_BACK("NULL"), 20, 0);
    store_kind(cpts_db_migrate(&out, j.file, next, NULL, NULL, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.to, CPTS_SCHEMA_VERSION + 1);
    assert_broken(j.db, CPTS_JOURNAL_ENDS, 20);
    leave(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_append),
        STORE_TEST(test_rolled_back_by_itself),
        STORE_TEST(test_triggers),
        STORE_TEST(test_planted_trigger),
        STORE_TEST(test_list),
        STORE_TEST(test_key_file),
        STORE_TEST(test_key_kept),
        STORE_TEST(test_purge),
        STORE_TEST(test_purged_is_gone),
        STORE_TEST(test_runs),
        STORE_TEST(test_runs_purged),
        STORE_TEST(test_runs_far_apart),
        STORE_TEST(test_migrated),
        STORE_TEST(test_migrated_long),
        STORE_TEST(test_migrated_from_second),
        STORE_TEST(test_migrated_from_third),
        STORE_TEST(test_migrating_again),
        STORE_TEST(test_every_alteration),
        STORE_TEST(test_random_positions),
        STORE_TEST(test_appending_hides_nothing),
        STORE_TEST(test_entry_in_the_way),
        STORE_TEST(test_witness),
        STORE_TEST(test_another_key),
    };

    return UNIT_RUN(tests);
}
