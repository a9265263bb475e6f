/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of accounts, consultations and idempotency keys. */

#include <string.h>

#include <apr_strings.h>

#include "store/account.h"
#include "store/consultation.h"
#include "store/idempotency.h"
#include "store/journal.h"
#include "store_support.h"

#define DAY "2026-11-22"

/* --- accounts */

static cpts_db_e add(cpts_db_t *db, const char *name, int role,
                     const char *rpps)
{
    cpts_account_t account = { .name = name,
                               .hash = "$2y$hash",
                               .role = role,
                               .rpps = rpps,
                               .created_at = 1234 };

    return cpts_account_add(db, &account);
}

static void test_accounts(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_account_t read;

    (void)state;
    store_kind(cpts_account_read(&read, db, "docteur", unit_pool),
               CPTS_DB_NONE);
    store_kind(add(db, "docteur", CPTS_DOCTOR, STORE_OWN), CPTS_DB_OK);
    store_kind(cpts_account_read(&read, db, "docteur", unit_pool), CPTS_DB_OK);
    assert_string_equal(read.name, "docteur");
    assert_string_equal(read.hash, "$2y$hash");
    assert_int_equal(read.role, CPTS_DOCTOR);
    assert_string_equal(read.rpps, STORE_OWN);
    assert_int_equal(read.disabled, 0);
    assert_int_equal(read.created_at, 1234);
    assert_int_equal(read.id, 1);
    assert_null(read.email);
    assert_null(read.terms);
    assert_int_equal(read.terms_at, 0);
    store_kind(add(db, "docteur", CPTS_DOCTOR, STORE_OTHER), CPTS_DB_CONFLICT);
    store_kind(add(db, "Docteur", CPTS_DOCTOR, STORE_OTHER), CPTS_DB_CONFLICT);
    store_kind(cpts_account_read(&read, db, "Docteur", unit_pool),
               CPTS_DB_NONE);
    /* a secretary may share the doctor's sheet */
    store_kind(add(db, "associe", CPTS_DOCTOR, STORE_OWN), CPTS_DB_OK);
    store_kind(add(db, "secretariat", CPTS_DELEGATE, STORE_OWN), CPTS_DB_OK);
    store_kind(cpts_account_read(&read, db, "secretariat", unit_pool),
               CPTS_DB_OK);
    assert_int_equal(read.role, CPTS_DELEGATE);
    /* numbers: one each, whatever was refused meanwhile */
    assert_int_equal(read.id, 3);
    /* a delegate is somebody's */
    store_kind(add(db, "personne", CPTS_DELEGATE, NULL), CPTS_DB_CONSTRAINT);
    store_kind(add(db, "roi", CPTS_PROFESSIONAL, STORE_OWN),
               CPTS_DB_CONSTRAINT);
}

/* What an invitation tells of a person. */
static void test_account_person(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_account_t account = { .name = "infirmiere",
                               .hash = "$2y$hash",
                               .role = CPTS_PROFESSIONAL,
                               .created_at = 1234,
                               .email = "ide@example.org",
                               .profession = "infirmier",
                               .structure = "Cabinet du Lac",
                               .terms = "2026-11",
                               .terms_at = 1235 };
    cpts_account_t read;

    (void)state;
    store_kind(cpts_account_add(db, &account), CPTS_DB_OK);
    store_kind(cpts_account_read(&read, db, "infirmiere", unit_pool),
               CPTS_DB_OK);
    assert_string_equal(read.email, account.email);
    assert_string_equal(read.profession, account.profession);
    assert_string_equal(read.structure, account.structure);
    assert_string_equal(read.terms, account.terms);
    assert_int_equal(read.terms_at, 1235);
}

static void test_account_changes(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_account_t read;

    (void)state;
    store_kind(add(db, "a", CPTS_PROFESSIONAL, NULL), CPTS_DB_OK);
    store_kind(add(db, "b", CPTS_PROFESSIONAL, NULL), CPTS_DB_OK);
    store_kind(cpts_account_set_hash(db, "a", "new"), CPTS_DB_OK);
    store_kind(cpts_account_set_role(db, "a", CPTS_DOCTOR, STORE_OWN),
               CPTS_DB_OK);
    store_kind(cpts_account_set_disabled(db, "a", 7), CPTS_DB_OK);
    store_kind(cpts_account_read(&read, db, "a", unit_pool), CPTS_DB_OK);
    assert_string_equal(read.hash, "new");
    assert_int_equal(read.role, CPTS_DOCTOR);
    assert_string_equal(read.rpps, STORE_OWN);
    assert_int_equal(read.disabled, 1);
    store_kind(cpts_account_set_disabled(db, "a", 0), CPTS_DB_OK);
    store_kind(cpts_account_set_role(db, "a", CPTS_COORDINATOR, NULL),
               CPTS_DB_OK);
    store_kind(cpts_account_read(&read, db, "a", unit_pool), CPTS_DB_OK);
    assert_int_equal(read.disabled, 0);
    assert_null(read.rpps);
    store_kind(cpts_account_read(&read, db, "b", unit_pool), CPTS_DB_OK);
    assert_string_equal(read.hash, "$2y$hash");
    store_kind(cpts_account_set_hash(db, "c", "x"), CPTS_DB_NONE);
    store_kind(cpts_account_set_role(db, "c", CPTS_DOCTOR, NULL),
               CPTS_DB_NONE);
    store_kind(cpts_account_set_disabled(db, "c", 1), CPTS_DB_NONE);
}

static cpts_db_e join_names(void *baton, const cpts_account_t *row)
{
    const char **names = baton;

    *names = apr_pstrcat(unit_pool, *names, row->name, " ", NULL);
    return strcmp(row->name, "b") == 0 ? CPTS_DB_FULL : CPTS_DB_OK;
}

static void test_account_list(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const char *names = "";

    (void)state;
    store_kind(add(db, "c", CPTS_PROFESSIONAL, NULL), CPTS_DB_OK);
    store_kind(add(db, "a", CPTS_PROFESSIONAL, NULL), CPTS_DB_OK);
    store_kind(cpts_account_list(db, join_names, &names, unit_pool),
               CPTS_DB_OK);
    assert_string_equal(names, "a c ");
    store_kind(add(db, "b", CPTS_PROFESSIONAL, NULL), CPTS_DB_OK);
    names = "";
    store_kind(cpts_account_list(db, join_names, &names, unit_pool),
               CPTS_DB_FULL);
    assert_string_equal(names, "a b ");
}

/* --- consultations */

/* In a transaction of its own, as the writer does; as if in a process that
 * has just begun. */
static cpts_db_e consult_alone(cpts_db_t *db, const cpts_consultation_t *c)
{
    cpts_daily_t *daily = cpts_daily_create(unit_pool);
    cpts_db_e rc = cpts_db_start(db);

    return rc == CPTS_DB_OK
               ? cpts_db_leave(db, 1, cpts_consultation_insert(db, daily, c))
               : rc;
}

static cpts_consultation_t consultation(cpts_db_t *db, const char *account,
                                        int64_t at, const char *key)
{
    cpts_consultation_t c
        = { .account = store_actor(db, account, CPTS_PROFESSIONAL, NULL).id,
            .role = CPTS_PROFESSIONAL,
            .at = at,
            .ceiling = 3,
            .day_begin = 1000 };

    apr_cpystrn(c.key, key ? key : "", sizeof(c.key));
    return c;
}

static cpts_db_e consult(cpts_db_t *db, const char *account, int64_t at,
                         const char *key, int count, int64_t one, int64_t two)
{
    cpts_consultation_t c = consultation(db, account, at, key);

    c.sheets[0] = one;
    c.sheets[1] = two;
    c.count = count;
    return consult_alone(db, &c);
}

static int64_t count(const char *file, const char *table)
{
    return store_number(
        file, apr_pstrcat(unit_pool, "SELECT count(*) FROM ", table, NULL));
}

/* Entry by entry, each sheet once. */
#define SHEETS_SHOWN                                       \
    "(SELECT DISTINCT j.id, each.value FROM journal AS j," \
    " json_each(j.sheets) AS each WHERE j.action = 'match')"

static void test_consultations(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    store_kind(consult(db, "p", 1500, NULL, 2, 1, 2), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 1);
    assert_int_equal(count(file, SHEETS_SHOWN), 2);
    /* nothing found is a consultation too */
    store_kind(consult(db, "p", 1500, NULL, 0, 0, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 2);
    /* the same doctor twice, and one erased meanwhile: its number stays */
    store_kind(consult(db, "p", 1500, NULL, 2, 1, 1), CPTS_DB_OK);
    store_kind(consult(db, "q", 1500, NULL, 2, 1, 77), CPTS_DB_OK);
    assert_int_equal(count(file, SHEETS_SHOWN), 5);
    assert_int_equal(count(file, "journal WHERE sheets = '[1,77]'"), 1);
    assert_false(cpts_db_in_transaction(db));
}

static void test_ceiling(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_consultation_t unlimited = consultation(db, "p", 1500, NULL);

    (void)state;
    unlimited.ceiling = 0;
    /* yesterday's do not count; those of others neither */
    store_kind(consult(db, "p", 999, NULL, 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "q", 1500, NULL, 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "p", 1000, NULL, 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "p", 1500, NULL, 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "p", 1500, "k", 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "p", 1500, NULL, 0, 0, 0), CPTS_DB_FORBIDDEN);
    store_kind(consult(db, "p", 1500, "new", 0, 0, 0), CPTS_DB_FORBIDDEN);
    assert_false(cpts_db_in_transaction(db));
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 5);
    /* a repetition is let through, others too */
    store_kind(consult(db, "p", 1600, "k", 0, 0, 0), CPTS_DB_OK);
    store_kind(consult(db, "q", 1600, NULL, 0, 0, 0), CPTS_DB_OK);
    store_kind(consult_alone(db, &unlimited), CPTS_DB_OK);
}

static void test_consultation_keys(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);

    (void)state;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    store_kind(consult(db, "p", 1500, "k", 2, 1, 2), CPTS_DB_OK);
    store_kind(consult(db, "p", 1501, "k", 2, 2, 1), CPTS_DB_OK);
    store_kind(consult(db, "p", 1502, "k", 1, 2, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 1);
    /* the key of someone else */
    store_kind(consult(db, "q", 1500, "k", 1, 1, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 2);
    /* a key cannot hide what was shown */
    store_kind(consult(db, "q", 1501, "k", 1, 2, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 3);
    store_kind(consult(db, "q", 1502, "k", 1, 1, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 4);
    store_kind(consult(db, "q", 1502, "k", 1, 2, 0), CPTS_DB_FORBIDDEN);
    /* yesterday's key is free again */
    store_exec(file, "UPDATE shown_key SET at = 500;"
                     "DROP TRIGGER journal_no_update;"
                     "UPDATE journal SET at = 500");
    store_kind(consult(db, "p", 1500, "k", 1, 1, 0), CPTS_DB_OK);
    assert_int_equal(count(file, "journal WHERE action = 'match'"), 5);
}

/* A batch goes on after a refusal: it must have written nothing. */
static void test_consultation_batch(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_daily_t *daily = cpts_daily_create(unit_pool);
    cpts_consultation_t c = consultation(db, "p", 1500, "k");

    (void)state;
    c.ceiling = 1;
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(db, daily, &c), CPTS_DB_OK);
    c.sheets[0] = 1;
    c.count = 1;
    store_kind(cpts_consultation_insert(db, daily, &c), CPTS_DB_FORBIDDEN);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(store_number(file, "SELECT count(*) FROM shown_key"
                                        " WHERE key = 'k'"),
                     1);
    assert_int_equal(count(file, SHEETS_SHOWN), 0);
}

/* Two processes take turns, each with its own counts. */
static void test_ceiling_of_two(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *dbs[] = { store_open(file), store_open(file) };
    cpts_daily_t *dailies[]
        = { cpts_daily_create(unit_pool), cpts_daily_create(unit_pool) };
    cpts_consultation_t c = consultation(dbs[0], "p", 1500, NULL);
    int i;

    (void)state;
    c.ceiling = 5;
    for (i = 0; i < 7; i++) {
        cpts_db_t *db = dbs[i % 2];
        cpts_db_e rc;

        store_kind(cpts_db_start(db), CPTS_DB_OK);
        rc = cpts_consultation_insert(db, dailies[i % 2], &c);
        store_kind(rc, i < 5 ? CPTS_DB_OK : CPTS_DB_FORBIDDEN);
        store_kind(cpts_db_leave(db, 1, CPTS_DB_OK), CPTS_DB_OK);
    }
    /* what was rolled back does not count, once it is forgotten */
    c.ceiling = 6;
    store_kind(cpts_db_start(dbs[0]), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(dbs[0], dailies[0], &c), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(dbs[0], dailies[0], &c),
               CPTS_DB_FORBIDDEN);
    cpts_db_rollback(dbs[0]);
    cpts_daily_forget(dailies[0]);
    store_kind(cpts_db_start(dbs[0]), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(dbs[0], dailies[0], &c), CPTS_DB_OK);
    store_kind(cpts_db_commit(dbs[0]), CPTS_DB_OK);
    /* a new day */
    c.day_begin = 2000;
    c.at = 2500;
    store_kind(cpts_db_start(dbs[1]), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(dbs[1], dailies[1], &c), CPTS_DB_OK);
    store_kind(cpts_db_commit(dbs[1]), CPTS_DB_OK);
}

/* In the transaction that fills a run the ends are older than what is counted:
 * each entry counts once, in the run and behind it. */
static void test_ceiling_at_end_of_run(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_daily_t *known = cpts_daily_create(unit_pool);
    cpts_consultation_t c = consultation(db, "p", 1500, NULL);
    cpts_entry_t change = { .at = 1500, .did = CPTS_DID_PURGE };
    int after, count, i;

    (void)state;
    c.ceiling = 0;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    for (i = 0; i < 510; i++) {
        store_kind(cpts_consultation_insert(db, known, &c), CPTS_DB_OK);
    }
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &change, NULL), CPTS_DB_OK);
    for (after = 0; after < 3; after++) {
        store_kind(cpts_daily_count(&count, cpts_daily_create(unit_pool), db,
                                    c.account, c.day_begin),
                   CPTS_DB_OK);
        assert_int_equal(count, 510 + after);
        store_kind(cpts_consultation_insert(db, known, &c), CPTS_DB_OK);
    }
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    store_kind(cpts_daily_count(&count, cpts_daily_create(unit_pool), db,
                                c.account, c.day_begin),
               CPTS_DB_OK);
    assert_int_equal(count, 510 + after);
}

/* Each has a ceiling of its own, however many there are. */
static void test_ceiling_of_many(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_daily_t *dailies[]
        = { cpts_daily_create(unit_pool), cpts_daily_create(unit_pool) };
    cpts_consultation_t c = consultation(db, "p", 1500, NULL);
    int64_t first = c.account;
    int i;

    (void)state;
    for (i = 0; i < 300; i++) {
        c.account = first + i % 100 * 1000003;
        c.ceiling = 1 + i / 100;
        /* what the one has added, the other reads */
        store_kind(cpts_db_start(db), CPTS_DB_OK);
        store_kind(cpts_consultation_insert(db, dailies[i / 7 % 2], &c),
                   CPTS_DB_OK);
        store_kind(cpts_consultation_insert(db, dailies[i / 7 % 2], &c),
                   CPTS_DB_FORBIDDEN);
        store_kind(cpts_db_commit(db), CPTS_DB_OK);
    }
}

/* --- viewers */

typedef struct {
    const char *text;
    int64_t last;
} seen_t;

static cpts_db_e see(void *baton, const cpts_viewer_t *viewer)
{
    seen_t *seen = baton;

    seen->text = apr_psprintf(unit_pool, "%s%s@%d ", seen->text,
                              viewer->account ? viewer->account : "(erased)",
                              (int)viewer->at);
    assert_int_equal(viewer->role, CPTS_PROFESSIONAL);
    seen->last = viewer->id;
    return CPTS_DB_OK;
}

static const char *viewers(int64_t *last, cpts_db_t *db, int64_t before,
                           int limit)
{
    seen_t seen = { "", 0 };

    store_kind(cpts_viewers_list(db, &store_doctor, STORE_OWN, before, limit,
                                 see, &seen, unit_pool),
               CPTS_DB_OK);
    *last = seen.last;
    return seen.text;
}

static cpts_db_e append_confirm(cpts_db_t *db, int64_t sheet)
{
    cpts_entry_t entry = { .at = 1800,
                           .actor = &store_doctor,
                           .did = CPTS_DID_SHEET_CONFIRM,
                           .sheets = &sheet,
                           .count = 1 };
    cpts_db_e rc = cpts_db_start(db);

    return rc == CPTS_DB_OK
               ? cpts_db_leave(db, 1, cpts_journal_append(db, &entry, NULL))
               : rc;
}

static void test_viewers(void **state)
{
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    seen_t seen = { "", 0 };
    int64_t last;

    (void)state;
    store_kind(cpts_viewers_list(db, &store_doctor, STORE_OWN, 0, 9, see,
                                 &seen, unit_pool),
               CPTS_DB_NONE);
    store_create(db, STORE_OWN, "Jeanne", DAY);
    store_create(db, STORE_OTHER, "Paul", DAY);
    assert_string_equal(viewers(&last, db, 0, 9), "");
    store_kind(consult(db, "p", 1500, NULL, 2, 1, 2), CPTS_DB_OK);
    store_kind(consult(db, "q", 1600, NULL, 1, 2, 0), CPTS_DB_OK);
    store_kind(consult(db, "r", 1400, NULL, 1, 1, 0), CPTS_DB_OK);
    store_kind(consult(db, "p", 1700, NULL, 1, 1, 0), CPTS_DB_OK);
    assert_string_equal(viewers(&last, db, 0, 9), "p@1700 r@1400 p@1500 ");
    assert_string_equal(viewers(&last, db, 0, 2), "p@1700 r@1400 ");
    assert_string_equal(viewers(&last, db, last, 2), "p@1500 ");
    assert_string_equal(viewers(&last, db, last, 2), "");
    /* who was erased is still counted, without a name */
    store_exec(file, "DELETE FROM account WHERE name = 'r'");
    assert_string_equal(viewers(&last, db, 0, 9),
                        "p@1700 (erased)@1400 p@1500 ");
    /* other actions on the sheet are no views */
    store_kind(append_confirm(db, 1), CPTS_DB_OK);
    assert_string_equal(viewers(&last, db, 0, 1), "p@1700 ");
    /* the doctor's own business: nobody else's, not the coordinator's */
    store_kind(cpts_viewers_list(db, &store_coordinator, STORE_OWN, 0, 9, see,
                                 &seen, unit_pool),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_viewers_list(db, &store_pharmacist, STORE_OWN, 0, 9, see,
                                 &seen, unit_pool),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_viewers_list(db, &store_delegate, STORE_OWN, 0, 9, see,
                                 &seen, unit_pool),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_viewers_list(db, &store_doctor, STORE_OTHER, 0, 9, see,
                                 &seen, unit_pool),
               CPTS_DB_FORBIDDEN);
    assert_string_equal(seen.text, "");
}

/* --- outcomes */

static cpts_db_e find(cpts_db_t *db, const char *account, const char *key,
                      const char *digest, int64_t at, int *status,
                      const char **rpps)
{
    cpts_outcome_t o = { account, key, digest, 0, NULL, at };
    cpts_db_e rc = cpts_outcome_find(&o, db, unit_pool);

    *status = o.status;
    *rpps = o.about;
    return rc;
}

static void test_outcomes(void **state)
{
    const int64_t now = 1000000;
    const char *file = store_make("a.db");
    cpts_db_t *db = store_open(file);
    cpts_outcome_t o = { "c", "key", "digest", 201, STORE_OWN, now };
    const char *rpps;
    int status;

    (void)state;
    store_kind(find(db, "c", "key", "digest", now, &status, &rpps),
               CPTS_DB_NONE);
    store_kind(cpts_outcome_save(db, &o), CPTS_DB_OK);
    store_kind(cpts_outcome_save(db, &o), CPTS_DB_CONFLICT);
    store_kind(find(db, "c", "key", "digest", now, &status, &rpps),
               CPTS_DB_OK);
    assert_int_equal(status, 201);
    assert_string_equal(rpps, STORE_OWN);
    store_kind(find(db, "c", "key", "other", now, &status, &rpps),
               CPTS_DB_CONFLICT);
    store_kind(find(db, "d", "key", "digest", now, &status, &rpps),
               CPTS_DB_NONE);
    /* a day later it is forgotten, and can be used again */
    store_kind(find(db, "c", "key", "digest", now + CPTS_IDEMPOTENCY_LIFE - 1,
                    &status, &rpps),
               CPTS_DB_OK);
    store_kind(find(db, "c", "key", "digest", now + CPTS_IDEMPOTENCY_LIFE,
                    &status, &rpps),
               CPTS_DB_NONE);
    o.at = now + CPTS_IDEMPOTENCY_LIFE;
    o.about = NULL;
    store_kind(cpts_outcome_save(db, &o), CPTS_DB_OK);
    store_kind(find(db, "c", "key", "digest", o.at, &status, &rpps),
               CPTS_DB_OK);
    assert_null(rpps);
    assert_int_equal(count(file, "outcome"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_accounts),
        STORE_TEST(test_account_person),
        STORE_TEST(test_account_changes),
        STORE_TEST(test_account_list),
        STORE_TEST(test_consultations),
        STORE_TEST(test_ceiling),
        STORE_TEST(test_consultation_keys),
        STORE_TEST(test_consultation_batch),
        STORE_TEST(test_ceiling_of_two),
        STORE_TEST(test_ceiling_at_end_of_run),
        STORE_TEST(test_ceiling_of_many),
        STORE_TEST(test_viewers),
        STORE_TEST(test_outcomes),
    };

    return UNIT_RUN(tests);
}
