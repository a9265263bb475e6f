/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of sheets: rights, versions, actions, erasure, lists, snapshots. */

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "store/account.h"
#include "store/consultation.h"
#include "store/idempotency.h"
#include "store/journal.h"
#include "store_support.h"

#define DAY "2026-11-22"

static const cpts_actor_t orphan = { "sans-fiche", CPTS_DOCTOR, NULL, 905 };
static const cpts_actor_t other = { "autre", CPTS_DOCTOR, STORE_OTHER, 906 };

static int64_t generation(const char *file)
{
    return store_number(file, "SELECT generation FROM territory");
}

/* --- reading and rights */

static void test_create(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_stored_sheet_t made = store_create(db, STORE_OWN, "Jeanne", DAY);
    cpts_stored_sheet_t read;
    cpts_sheet_t *again = store_sheet(STORE_OWN, "Autre");

    (void)state;
    assert_int_equal(made.id, 1);
    assert_int_equal(generation(file), 1);
    assert_string_equal(cpts_day_string(unit_pool, made.sheet->confirmed_on),
                        DAY);
    store_kind(
        cpts_sheet_read(&read, db, &store_coordinator, STORE_OWN, unit_pool),
        CPTS_DB_OK);
    assert_int_equal(read.version, made.version);
    assert_string_equal(unit_dump(unit_keep(cpts_sheet_json(read.sheet))),
                        unit_dump(unit_keep(cpts_sheet_json(made.sheet))));
    assert_int_equal(read.sheet->confirmed_by, CPTS_BY_IMPORT);
    store_kind(cpts_sheet_create(&read, db, again, "autre",
                                 CPTS_BY_COORDINATOR, unit_day(DAY),
                                 unit_pool),
               CPTS_DB_CONFLICT);
    /* nothing of the refused one stays, not even its generation */
    assert_int_equal(generation(file), 1);
    assert_false(cpts_db_in_transaction(db));
}

static void test_rights(void **state)
{
    static const struct {
        const cpts_actor_t *actor;
        cpts_db_e own, absent; /* STORE_OWN is there, the other is not */
    } table[] = {
        { &store_coordinator, CPTS_DB_OK, CPTS_DB_NONE },
        { &store_doctor, CPTS_DB_OK, CPTS_DB_FORBIDDEN },
        { &other, CPTS_DB_FORBIDDEN, CPTS_DB_NONE },
        { &orphan, CPTS_DB_FORBIDDEN, CPTS_DB_FORBIDDEN },
        { &store_pharmacist, CPTS_DB_FORBIDDEN, CPTS_DB_FORBIDDEN },
        { &store_delegate, CPTS_DB_OK, CPTS_DB_FORBIDDEN },
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_stored_sheet_t made = store_create(db, STORE_OWN, "Jeanne", DAY);
    cpts_stored_sheet_t out;
    int64_t id = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const cpts_actor_t *actor = table[i].actor;
        int64_t before = generation(file);

        store_kind(cpts_sheet_read(&out, db, actor, STORE_OWN, unit_pool),
                   table[i].own);
        store_kind(cpts_sheet_read(&out, db, actor, STORE_OTHER, unit_pool),
                   table[i].absent);
        store_kind(cpts_sheet_replace(&out, db, actor,
                                      store_sheet(STORE_OTHER, "X"), "x", 1,
                                      unit_day(DAY), unit_pool),
                   table[i].absent);
        store_kind(cpts_sheet_act(&out, db, actor, STORE_OTHER,
                                  CPTS_ACTION_LEAVE, CPTS_NO_DAY,
                                  unit_day(DAY), unit_pool),
                   table[i].absent);
        store_kind(cpts_sheet_erase(&id, db, actor, STORE_OTHER),
                   table[i].absent);
        assert_int_equal(generation(file), before);
        store_kind(cpts_sheet_act(&out, db, actor, STORE_OWN,
                                  CPTS_ACTION_CONFIRM, CPTS_NO_DAY,
                                  unit_day(DAY), unit_pool),
                   table[i].own);
        made.version += table[i].own == CPTS_DB_OK;
        store_kind(cpts_sheet_replace(&out, db, actor,
                                      store_sheet(STORE_OWN, "X"), "x",
                                      made.version, unit_day(DAY), unit_pool),
                   table[i].own);
        made.version += table[i].own == CPTS_DB_OK;
        if (table[i].own != CPTS_DB_OK) {
            store_kind(cpts_sheet_erase(&id, db, actor, STORE_OWN),
                       table[i].own);
            assert_int_equal(generation(file), before);
        }
    }
    store_kind(cpts_sheet_erase(&id, db, &store_doctor, STORE_OWN),
               CPTS_DB_OK);
    assert_int_equal(id, made.id);
    store_kind(cpts_sheet_erase(&id, db, &store_doctor, STORE_OWN),
               CPTS_DB_NONE);
}

/* --- replacing */

static void test_replace(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_stored_sheet_t made = store_create(db, STORE_OWN, "Jeanne", DAY);
    cpts_stored_sheet_t out;

    (void)state;
    store_kind(cpts_sheet_replace(&out, db, &store_doctor,
                                  store_sheet(STORE_OWN, "Jeanne Pinson"),
                                  "jeanne pinson", made.version,
                                  unit_day("2026-12-01"), unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.id, made.id);
    assert_int_equal(out.version, made.version + 1);
    store_kind(cpts_sheet_replace(&out, db, &store_doctor,
                                  store_sheet(STORE_OWN, "Trop tard"),
                                  "trop tard", made.version,
                                  unit_day("2026-12-02"), unit_pool),
               CPTS_DB_STALE);
    assert_int_equal(generation(file), 2);
    store_kind(cpts_sheet_read(&out, db, &store_doctor, STORE_OWN, unit_pool),
               CPTS_DB_OK);
    assert_string_equal(out.sheet->name, "Jeanne Pinson");
    assert_int_equal(out.sheet->confirmed_by, CPTS_BY_DOCTOR);
    assert_int_equal(out.sheet->confirmed_on, unit_day("2026-12-01"));
    assert_int_equal(store_number(file, "SELECT generation FROM"
                                        " practitioner"),
                     2);
}

static void test_import(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_stored_sheet_t made = store_create(db, STORE_OWN, "Jeanne", DAY);
    cpts_stored_sheet_t out;

    (void)state;
    store_kind(cpts_sheet_import(&out, db, store_sheet(STORE_OWN, "Neuve"),
                                 "neuve", unit_day("2026-12-01"), unit_pool),
               CPTS_DB_OK);
    assert_int_equal(out.version, made.version + 1);
    assert_int_equal(out.sheet->confirmed_by, CPTS_BY_IMPORT);
    store_kind(cpts_sheet_import(&out, db, store_sheet(STORE_OTHER, "X"), "x",
                                 unit_day(DAY), unit_pool),
               CPTS_DB_NONE);
    assert_int_equal(generation(file), 2);
}

/* An erased RPPS that comes back never bears an old version. */
static void test_version_never_again(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_stored_sheet_t made = store_create(db, STORE_OWN, "Jeanne", DAY);
    cpts_stored_sheet_t out;

    (void)state;
    store_kind(cpts_sheet_act(&out, db, &store_doctor, STORE_OWN,
                              CPTS_ACTION_LEAVE, CPTS_NO_DAY, unit_day(DAY),
                              unit_pool),
               CPTS_DB_OK);
    store_erase(db, &store_doctor, STORE_OWN);
    made = store_create(db, STORE_OWN, "Jeanne", DAY);
    assert_true(made.version > out.version);
    assert_true(made.id > out.id);
}

/* Someone's transaction holds the sheet and the outcome, or neither. */
static void test_joins(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_outcome_t outcome
        = { "coordination", "key-1", "digest", 201, STORE_OWN, 1000 };

    (void)state;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_create(db, STORE_OWN, "Jeanne", DAY);
    assert_true(cpts_db_in_transaction(db));
    store_kind(cpts_outcome_save(db, &outcome), CPTS_DB_OK);
    cpts_db_rollback(db);
    assert_int_equal(generation(file), 0);
    assert_int_equal(store_number(file, "SELECT count(*) FROM outcome"), 0);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_kind(cpts_outcome_save(db, &outcome), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(generation(file), 1);
    assert_int_equal(store_number(file, "SELECT count(*) FROM outcome"), 1);
}

/* --- actions */

static void set_state(const char *file, const char *availability)
{
    store_exec(file, apr_psprintf(unit_pool,
                                  "UPDATE practitioner SET sheet = json_set("
                                  "sheet, '$.availability', json('%s'))",
                                  availability));
}

static void test_actions(void **state)
{
#define CAPACITY \
    ",\"capacity\":{\"places\":2,\"period\":\"week\",\"reserved\":0}}"
#define OPEN    "{\"state\":\"open\"" CAPACITY
#define PAUSED  "{\"state\":\"paused\",\"until\":\"2026-12-01\"" CAPACITY
#define OPENING "{\"state\":\"opening\",\"from\":\"2027-01-01\"" CAPACITY
#define CLOSED  "{\"state\":\"closed\"" CAPACITY
#define BARE    "{\"state\":\"left\"}"
    static const struct {
        const char *before;
        cpts_action_e action;
        const char *until;
        cpts_db_e kind;
        cpts_state_e state;
        int confirmed;
    } table[] = {
        { OPEN, CPTS_ACTION_CONFIRM, NULL, CPTS_DB_OK, CPTS_STATE_OPEN, 1 },
        { PAUSED, CPTS_ACTION_CONFIRM, NULL, CPTS_DB_OK, CPTS_STATE_PAUSED,
          1 },
        { BARE, CPTS_ACTION_CONFIRM, NULL, CPTS_DB_OK, CPTS_STATE_LEFT, 1 },
        { OPEN, CPTS_ACTION_PAUSE, "2026-12-24", CPTS_DB_OK, CPTS_STATE_PAUSED,
          0 },
        { PAUSED, CPTS_ACTION_PAUSE, "2026-12-24", CPTS_DB_OK,
          CPTS_STATE_PAUSED, 0 },
        { OPENING, CPTS_ACTION_PAUSE, "2026-12-24", CPTS_DB_OK,
          CPTS_STATE_PAUSED, 0 },
        { OPEN, CPTS_ACTION_PAUSE, NULL, CPTS_DB_CONSTRAINT, CPTS_STATE_OPEN,
          0 },
        { CLOSED, CPTS_ACTION_PAUSE, "2026-12-24", CPTS_DB_CONSTRAINT,
          CPTS_STATE_CLOSED, 0 },
        { BARE, CPTS_ACTION_PAUSE, "2026-12-24", CPTS_DB_CONSTRAINT,
          CPTS_STATE_LEFT, 0 },
        { PAUSED, CPTS_ACTION_RESUME, NULL, CPTS_DB_OK, CPTS_STATE_OPEN, 1 },
        { OPENING, CPTS_ACTION_RESUME, NULL, CPTS_DB_OK, CPTS_STATE_OPEN, 1 },
        { CLOSED, CPTS_ACTION_RESUME, NULL, CPTS_DB_OK, CPTS_STATE_OPEN, 1 },
        { BARE, CPTS_ACTION_RESUME, NULL, CPTS_DB_CONSTRAINT, CPTS_STATE_LEFT,
          0 },
        { PAUSED, CPTS_ACTION_LEAVE, NULL, CPTS_DB_OK, CPTS_STATE_LEFT, 0 },
        { BARE, CPTS_ACTION_LEAVE, NULL, CPTS_DB_OK, CPTS_STATE_LEFT, 0 },
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_stored_sheet_t out;
    int64_t before;

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_day_t until
            = table[i].until ? unit_day(table[i].until) : CPTS_NO_DAY;
        cpts_availability_t *a;

        store_exec(file, "UPDATE practitioner SET confirmed_on = '" DAY "',"
                         " confirmed_by = 'import'");
        set_state(file, table[i].before);
        before = generation(file);
        store_kind(cpts_sheet_act(&out, db, &store_coordinator, STORE_OWN,
                                  table[i].action, until,
                                  unit_day("2026-11-30"), unit_pool),
                   table[i].kind);
        assert_int_equal(generation(file) - before,
                         table[i].kind == CPTS_DB_OK);
        /* refused: the sheet as it is says why */
        if (table[i].kind == CPTS_DB_CONSTRAINT) {
            assert_int_equal(out.sheet->availability->state, table[i].state);
        }
        /* what is given back is what is stored */
        if (table[i].kind == CPTS_DB_OK) {
            json_t *given = unit_keep(cpts_sheet_json(out.sheet));
            int64_t version = out.version;

            store_kind(
                cpts_sheet_read(&out, db, &store_doctor, STORE_OWN, unit_pool),
                CPTS_DB_OK);
            assert_string_equal(
                unit_dump(unit_keep(cpts_sheet_json(out.sheet))),
                unit_dump(given));
            assert_int_equal(out.version, version);
        }
        store_kind(
            cpts_sheet_read(&out, db, &store_doctor, STORE_OWN, unit_pool),
            CPTS_DB_OK);
        a = out.sheet->availability;
        assert_int_equal(a->state, table[i].state);
        assert_int_equal(a->state == CPTS_STATE_PAUSED,
                         a->until != CPTS_NO_DAY);
        assert_int_equal(a->state == CPTS_STATE_OPENING,
                         a->from != CPTS_NO_DAY);
        if (until != CPTS_NO_DAY && table[i].kind == CPTS_DB_OK) {
            assert_int_equal(a->until, until);
        }
        assert_int_equal(out.sheet->confirmed_on,
                         unit_day(table[i].confirmed ? "2026-11-30" : DAY));
        assert_int_equal(out.sheet->confirmed_by, table[i].confirmed
                                                      ? CPTS_BY_COORDINATOR
                                                      : CPTS_BY_IMPORT);
    }
}

/* --- erasing */

/* Planted in every place where the doctor leaves something. */
static void plant(cpts_db_t *db)
{
    cpts_account_t own = { .name = "docteur",
                           .hash = "hash-of-the-secret",
                           .role = CPTS_DOCTOR,
                           .rpps = STORE_OWN,
                           .created_at = 1,
                           .email = "mail-of-the-doctor",
                           .structure = "office-of-the-doctor" };
    cpts_account_t second = { .name = "secretariat",
                              .hash = "hash-of-the-second",
                              .role = CPTS_DELEGATE,
                              .rpps = STORE_OWN,
                              .created_at = 1 };
    cpts_actor_t pharmacist
        = store_actor(db, "pharmacie", CPTS_PROFESSIONAL, NULL);
    cpts_actor_t doctor;
    cpts_outcome_t about = { "coordination", "k1", "d", 201, STORE_OWN, 100 };
    cpts_outcome_t by = { "docteur", "k2", "d", 201, STORE_OTHER, 100 };
    cpts_outcome_t neither
        = { "coordination", "k3", "d", 201, STORE_OTHER, 100 };
    cpts_daily_t *daily = cpts_daily_create(unit_pool);
    cpts_consultation_t seen = { .account = pharmacist.id,
                                 .role = pharmacist.role,
                                 .at = 100,
                                 .sheets = { 1, 2 },
                                 .count = 2 };
    cpts_consultation_t looked = { .role = CPTS_DOCTOR,
                                   .at = 100,
                                   .sheets = { 2 },
                                   .count = 1,
                                   .key = "key-of-the-doctor" };

    store_create(db, STORE_OWN, "Ambroisie Zwyx", DAY);
    store_create(db, STORE_OTHER, "Paul Pinson", DAY);
    store_kind(cpts_account_add(db, &own), CPTS_DB_OK);
    store_kind(cpts_account_add(db, &second), CPTS_DB_OK);
    store_kind(cpts_outcome_save(db, &about), CPTS_DB_OK);
    store_kind(cpts_outcome_save(db, &by), CPTS_DB_OK);
    store_kind(cpts_outcome_save(db, &neither), CPTS_DB_OK);
    doctor = store_actor(db, "docteur", CPTS_DOCTOR, STORE_OWN);
    looked.account = doctor.id;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(db, daily, &seen), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(db, daily, &looked), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
}

/* What other tables keep of the doctor: letters, links, mails. */
static void plant_more(const char *file)
{
    store_exec(file,
               "INSERT INTO invitation (role, rpps, name, email, token,"
               " created_at, expires_at) VALUES ('doctor', '" STORE_OWN
               "', 'name-in-the-letter', 'address-of-the-letter',"
               " randomblob(32), 1, 2),"
               " ('doctor', '" STORE_OTHER "', 'other', NULL,"
               " randomblob(32), 1, 2);"
               "INSERT INTO link (token, practitioner_id, account_id,"
               " created_at, expires_at)"
               " VALUES (randomblob(32), 1, 2, 1, 2),"
               " (randomblob(32), 2, 1, 1, 2);"
               "INSERT INTO outbox (kind, about, account_id, practitioner_id,"
               " created_at, next_at)"
               " VALUES ('reminder', 'mail-about-the-doctor', 2, 1, 1, 1),"
               " ('reminder', 'other', 1, 2, 1, 1)");
}

/* The table holds so many rows. */
static void check_rows(const char *file, const char *table, int64_t expected)
{
    int64_t found = store_number(
        file, apr_pstrcat(unit_pool, "SELECT count(*) FROM ", table, NULL));

    if (found != expected) {
        fail_msg("%s: %d rows, not %d", table, (int)found, (int)expected);
    }
}

static void test_erase(void **state)
{
    static const char *const traces[] = {
        "Ambroisie",
        "ambroisie",
        STORE_OWN,
        "docteur",
        "secretariat",
        "hash-of-the-secret",
        "hash-of-the-second",
        "key-of-the-doctor",
        "mail-of-the-doctor",
        "office-of-the-doctor",
        "name-in-the-letter",
        "address-of-the-letter",
        "mail-about-the-doctor",
    };
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_journal_check_t whole;

    (void)state;
    plant(db);
    plant_more(file);
    store_erase(db, &store_doctor, STORE_OWN);
    for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
        if (store_holds(file, traces[i])
            || store_holds(store_path("a.db-wal"), traces[i])) {
            fail_msg("%s is still there", traces[i]);
        }
    }
    assert_int_equal(store_number(file, "SELECT count(*) FROM erasure"
                                        " WHERE practitioner_id = 1"
                                        " AND generation = 3"),
                     1);
    assert_int_equal(generation(file), 3);
    /* what is not the doctor's stays */
    check_rows(file, "outcome", 1);
    check_rows(file, "practitioner", 1);
    check_rows(file, "account", 1);
    check_rows(file, "shown_key", 0);
    check_rows(file, "invitation WHERE rpps = '" STORE_OTHER "'", 1);
    check_rows(file, "link WHERE practitioner_id = 2", 1);
    check_rows(file, "outbox WHERE practitioner_id = 2", 1);
    /* the journal stays as it is: its numbers lead to nobody now */
    check_rows(file, "journal WHERE sheets = '[1,2]' AND actor = 1", 1);
    check_rows(file, "journal WHERE sheets = '[2]' AND actor = 2", 1);
    check_rows(file, "journal", 2);
    check_rows(file, "journal JOIN account ON account.id = actor", 1);
    store_kind(cpts_journal_verify(&whole, db, NULL, NULL), CPTS_DB_OK);
    assert_int_equal(whole.state, CPTS_JOURNAL_WHOLE);
    /* and are never given again */
    assert_true(store_create(db, STORE_OWN, "Jeanne", DAY).id > 2);
    assert_true(store_actor(db, "docteur", CPTS_DOCTOR, STORE_OWN).id > 3);
}

/* --- lists */

typedef struct {
    char rpps[20][CPTS_RPPS_LENGTH + 1];
    int64_t last;
    int count;
    int stop;
} listed_t;

static cpts_db_e take(void *baton, const cpts_stored_sheet_t *row)
{
    listed_t *listed = baton;

    apr_cpystrn(listed->rpps[listed->count++], row->sheet->rpps,
                CPTS_RPPS_LENGTH + 1);
    listed->last = row->id;
    return listed->stop == listed->count ? CPTS_DB_FORBIDDEN : CPTS_DB_OK;
}

/* The RPPS that a filter finds, last digit each. */
static const char *found(cpts_db_t *db, const cpts_sheet_filter_t *filter)
{
    listed_t listed = { .count = 0 };
    char *text;

    store_kind(cpts_sheet_list(db, filter, take, &listed, unit_pool),
               CPTS_DB_OK);
    text = apr_pcalloc(unit_pool, 21);
    for (int i = 0; i < listed.count; i++) {
        text[i] = listed.rpps[i][CPTS_RPPS_LENGTH - 1];
    }
    return text;
}

static void fill(cpts_db_t *db, const char *file)
{
    store_create(db, "99900000001", "Jeanne Mésange", "2026-11-01");
    store_create(db, "99900000002", "Paul-Émile Pinson", "2026-08-01");
    store_create(db, "99900000003", "Zoé L’Étourneau", "2026-08-02");
    store_create(db, "99900000004", "Marie Paul", "2026-11-02");
    store_create(db, "99900000005", "Lucie Serin", "2026-11-02");
    store_exec(file, "UPDATE practitioner SET sheet = json_set(sheet,"
                     " '$.availability.state', 'closed') WHERE id = 2;"
                     "UPDATE practitioner SET sheet = json_set(sheet,"
                     " '$.availability.state', 'paused',"
                     " '$.availability.until', '2026-12-01') WHERE id = 5;"
                     "UPDATE practitioner SET sheet = json_set(sheet,"
                     " '$.sites[1]', json_set(json_extract(sheet,"
                     " '$.sites[0]'), '$.commune', '31035')) WHERE id = 3");
}

static void test_list(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    const struct {
        cpts_sheet_filter_t filter;
        const char *expected;
    } table[] = {
        { { .stale = -1, .limit = 10 }, "12345" },
        { { .stale = -1, .limit = 3 }, "123" },
        { { .stale = -1, .limit = 3, .after = 3 }, "45" },
        { { .stale = -1, .limit = 3, .after = 5 }, "" },
        { { .state = "closed", .stale = -1, .limit = 10 }, "2" },
        { { .state = "open", .stale = -1, .limit = 10 }, "134" },
        { { .state = "none", .stale = -1, .limit = 10 }, "" },
        { { .commune = "31035", .stale = -1, .limit = 10 }, "3" },
        { { .commune = "31113", .stale = -1, .limit = 10 }, "12345" },
        /* the first day still fresh is fresh */
        { { .stale = 1, .fresh_since = unit_day("2026-08-02"), .limit = 10 },
          "2" },
        { { .stale = 0, .fresh_since = unit_day("2026-08-02"), .limit = 10 },
          "1345" },
        /* today's state: a pause that is over is open */
        { { .state = "open",
            .stale = -1,
            .limit = 10,
            .today = unit_day("2026-12-01") },
          "134" },
        { { .state = "paused",
            .stale = -1,
            .limit = 10,
            .today = unit_day("2026-12-01") },
          "5" },
        { { .state = "open",
            .stale = -1,
            .limit = 10,
            .today = unit_day("2026-12-02") },
          "1345" },
        { { .state = "paused",
            .stale = -1,
            .limit = 10,
            .today = unit_day("2026-12-02") },
          "" },
        { { .search = "mesange", .stale = -1, .limit = 10 }, "1" },
        { { .search = "paul", .stale = -1, .limit = 10 }, "24" },
        { { .search = "paul marie", .stale = -1, .limit = 10 }, "4" },
        { { .search = "etour zoe", .stale = -1, .limit = 10 }, "3" },
        { { .search = "99900000002", .stale = -1, .limit = 10 }, "2" },
        { { .search = "%", .stale = -1, .limit = 10 }, "" },
        { { .search = "\"", .stale = -1, .limit = 10 }, "" },
        { { .search = "' OR 1 --", .stale = -1, .limit = 10 }, "" },
        { { .search = "paul",
            .state = "open",
            .stale = 0,
            .fresh_since = unit_day("2026-11-02"),
            .limit = 10 },
          "4" },
    };

    (void)state;
    fill(db, file);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *result = found(db, &table[i].filter);

        if (strcmp(result, table[i].expected) != 0) {
            fail_msg("filter %d: \"%s\", not \"%s\"", (int)i, result,
                     table[i].expected);
        }
    }
}

/* Page by page in each order; what changes meanwhile moves nobody else. */
static void test_list_order(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    static const struct {
        cpts_sheet_order_e order;
        const char *expected;
    } table[] = {
        { CPTS_ORDER_CREATED, "12345" },
        /* Étourneau (one word with its article), Mésange, Paul, Pinson,
         * Serin */
        { CPTS_ORDER_NAME, "31425" },
        { CPTS_ORDER_OLDEST, "23145" },
    };
    cpts_sheet_filter_t filter
        = { .stale = -1, .limit = 2, .order = CPTS_ORDER_OLDEST };
    char name[400] = "";
    int64_t count;

    (void)state;
    fill(db, file);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_sheet_filter_t all
            = { .stale = -1, .limit = 10, .order = table[i].order };

        assert_string_equal(found(db, &all), table[i].expected);
    }
    assert_string_equal(found(db, &filter), "23");
    filter.after = 3;
    filter.after_key = cpts_sheet_key(CPTS_ORDER_OLDEST, "Zoé L’Étourneau",
                                      "2026-08-02", unit_pool);
    assert_string_equal(found(db, &filter), "14");
    /* the one that the page ended with goes to the end */
    store_exec(file, "UPDATE practitioner SET confirmed_on = '2026-12-01'"
                     " WHERE id = 3");
    assert_string_equal(found(db, &filter), "14");
    store_kind(cpts_sheet_count(&count, db, &filter, unit_pool), CPTS_DB_OK);
    assert_int_equal(count, 5);
    filter.search = "paul";
    store_kind(cpts_sheet_count(&count, db, &filter, unit_pool), CPTS_DB_OK);
    assert_int_equal(count, 2);
    /* however long the name */
    memset(name, 'x', sizeof(name) - 1);
    assert_int_equal(strlen(cpts_sheet_key(CPTS_ORDER_OLDEST, name,
                                           "2026-08-02", unit_pool)),
                     11 + 2 * CPTS_SHEET_KEY_MAX);
}

static void test_list_stops(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_sheet_filter_t all = { .stale = -1, .limit = 10 };
    listed_t listed = { .stop = 2 };

    (void)state;
    fill(db, file);
    store_kind(cpts_sheet_list(db, &all, take, &listed, unit_pool),
               CPTS_DB_FORBIDDEN);
    assert_int_equal(listed.count, 2);
    /* nothing is left running that would hold the WAL */
    store_kind(cpts_db_checkpoint(db), CPTS_DB_OK);
}

/* A row of another version of this program: never a crash. */
static void test_undecodable(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_sheet_filter_t all = { .stale = -1, .limit = 10 };
    cpts_stored_sheet_t out;

    (void)state;
    fill(db, file);
    store_exec(file, "UPDATE practitioner SET sheet = json_set(sheet,"
                     " '$.new', 1) WHERE id = 2;"
                     "UPDATE practitioner SET confirmed_on = '2026-19-39'"
                     " WHERE id = 4");
    assert_string_equal(found(db, &all), "135");
    assert_int_equal(cpts_db_skipped(db), 2);
    store_kind(cpts_sheet_read(&out, db, &store_coordinator, "99900000002",
                               unit_pool),
               CPTS_DB_ERROR);
    assert_non_null(strstr(cpts_db_message(db), "2 does not decode"));
    store_kind(cpts_sheet_act(&out, db, &store_coordinator, "99900000002",
                              CPTS_ACTION_LEAVE, CPTS_NO_DAY, unit_day(DAY),
                              unit_pool),
               CPTS_DB_ERROR);
    assert_false(cpts_db_in_transaction(db));
    /* it can be replaced, and erased */
    store_kind(cpts_sheet_replace(&out, db, &store_coordinator,
                                  store_sheet("99900000002", "Paul"), "paul",
                                  2, unit_day(DAY), unit_pool),
               CPTS_DB_OK);
    assert_string_equal(found(db, &all), "1235");
    store_erase(db, &store_coordinator, "99900000004");
    assert_string_equal(found(db, &all), "1235");
    assert_int_equal(cpts_db_skipped(db), 0);
}

/* The database itself refuses what no version of this program writes. */
static void test_constraints(void **state)
{
    static const char *const bad[] = {
        "UPDATE practitioner SET rpps = '123'",
        "UPDATE practitioner SET rpps = '9990000001a'",
        "UPDATE practitioner SET rpps = '99900000999'",
        "UPDATE practitioner SET sheet = '{}'",
        "UPDATE practitioner SET confirmed_by = 'someone'",
        "UPDATE practitioner SET confirmed_on = 'yesterday'",
        "UPDATE practitioner SET version = 'one'",
        "INSERT INTO territory VALUES (2, 0, randomblob(16), 0)",
        "UPDATE territory SET rotation_key = 'short'",
        "INSERT INTO account (name, hash, role, created_at)"
        " VALUES ('a', 'h', 'nurse', 0)",
        "INSERT INTO account (name, hash, role, rpps, created_at)"
        " VALUES ('a', 'h', 'professional', '" STORE_OWN "', 0)",
        "INSERT INTO account (name, hash, role, created_at)"
        " VALUES ('a', 'h', 'delegate', 0)",
        "INSERT INTO placement (code, practitioner_id, account_id, general,"
        " reserved, state, held_on, held_at, expires_at, changed_at)"
        " VALUES ('ABCDEFGHJ', 1, 1, 0, 0, 'held', '2026-11-22', 1, 2, 1)",
        "INSERT INTO placement (code, practitioner_id, account_id, general,"
        " reserved, state, held_on, held_at, expires_at, changed_at)"
        " VALUES ('ABCDEFGHJ', 1, 1, 1, 0, 'refused', '2026-11-22', 1, 2, 1)",
        "INSERT INTO placement (code, practitioner_id, account_id, general,"
        " reserved, state, held_on, held_at, expires_at, changed_at)"
        " VALUES ('ABCDEFGHJ', 1, 1, 1, 0, 'held', '2026-11-22', 2, 2, 1)",
        "INSERT INTO invitation (role, name, token, created_at, expires_at)"
        " VALUES ('doctor', 'x', randomblob(32), 1, 2)",
        "INSERT INTO invitation (role, name, token, created_at, expires_at)"
        " VALUES ('professional', 'x', 'in clear', 1, 2)",
    };
    cpts_db_t *db = store_open(store_make("a.db"));

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cpts_db_e rc = cpts_db_script(db, bad[i]);

        if (rc != CPTS_DB_CONSTRAINT) {
            fail_msg("%s: %s", bad[i], cpts_db_faults[rc].code);
        }
    }
    /* no JSON at all: refused while the state is read out of it */
    store_kind(cpts_db_script(db, "UPDATE practitioner SET sheet = '{'"),
               CPTS_DB_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_create),
        STORE_TEST(test_rights),
        STORE_TEST(test_replace),
        STORE_TEST(test_import),
        STORE_TEST(test_version_never_again),
        STORE_TEST(test_joins),
        STORE_TEST(test_actions),
        STORE_TEST(test_erase),
        STORE_TEST(test_list),
        STORE_TEST(test_list_order),
        STORE_TEST(test_list_stops),
        STORE_TEST(test_undecodable),
        STORE_TEST(test_constraints),
    };

    return UNIT_RUN(tests);
}
