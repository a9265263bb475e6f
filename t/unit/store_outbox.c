/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mails, links and settings: what is due, claimed once, used once. */

#include <string.h>

#include "store/account.h"
#include "store/link.h"
#include "store/outbox.h"
#include "store/setting.h"
#include "store_support.h"

#define NOW  1795345200 /* noon in Paris, 2026-11-22 */
#define DAYS 86400

static const char *file;
static cpts_db_t *db;

/* Two doctors with an address, whose sheets are reminded of today. */
static int setup(void **state)
{
    cpts_db_t *own;

    if (store_setup(state) != 0) {
        return -1;
    }
    file = store_make("outbox.db");
    own = db = store_open(file);
    store_create(own, STORE_OWN, "Ours", "2026-09-03");
    store_create(own, STORE_OTHER, "Other", "2026-09-03");
    store_actor(own, "ours", CPTS_DOCTOR, STORE_OWN);
    store_actor(own, "other", CPTS_DOCTOR, STORE_OTHER);
    store_kind(cpts_account_set_email(own, "ours", "a@exemple.fr"),
               CPTS_DB_OK);
    store_kind(cpts_account_set_email(own, "other", "b@exemple.fr"),
               CPTS_DB_OK);
    return 0;
}

#define OUTBOX_TEST(function) \
    cmocka_unit_test_setup_teardown(function, setup, store_teardown)

static cpts_mail_clock_t at(const char *day)
{
    cpts_mail_clock_t clock = { NOW, unit_day(day), 90, 14 };

    return clock;
}

static void fill(const cpts_mail_clock_t *clock)
{
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_outbox_fill(db, clock), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
}

static cpts_db_e claim(cpts_outgoing_t *mail, cpts_db_t *by, int64_t after,
                       int64_t now)
{
    cpts_db_e rc = cpts_db_start(by);

    return rc == CPTS_DB_OK
               ? cpts_db_leave(by, 1, cpts_outbox_claim(mail, by, after, now))
               : rc;
}

/* --- mails */

static void test_due(void **state)
{
    static const struct {
        const char *day;
        int reminders, stale;
    } cases[] = {
        { "2026-11-17", 0, 0 },
        { "2026-11-18", 2, 0 },
        { "2026-12-02", 2, 0 },
        { "2026-12-03", 0, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cpts_mail_clock_t clock = at(cases[i].day);

        store_exec(file, "DELETE FROM outbox");
        fill(&clock);
        fill(&clock);
        assert_int_equal(store_number(file, "SELECT count(*) FROM outbox"
                                            " WHERE kind = 'reminder'"),
                         cases[i].reminders);
        assert_int_equal(store_number(file, "SELECT count(*) FROM outbox"
                                            " WHERE kind = 'stale'"),
                         cases[i].stale);
    }
}

static void test_claim(void **state)
{
    cpts_db_t *second = store_open(file);
    cpts_mail_clock_t clock = at("2026-11-22");
    cpts_outgoing_t one, two, three;
    int64_t wait = 900;

    (void)state;
    fill(&clock);
    store_kind(claim(&one, db, 0, NOW), CPTS_DB_OK);
    assert_int_equal(one.attempts, 1);
    store_kind(claim(&two, second, 0, NOW), CPTS_DB_OK);
    assert_int_not_equal(one.id, two.id);
    store_kind(claim(&three, second, 0, NOW), CPTS_DB_NONE);
    store_kind(claim(&three, db, 0, NOW + wait - 1), CPTS_DB_NONE);
    store_kind(claim(&three, db, 0, NOW + wait), CPTS_DB_OK);
    assert_int_equal(three.id, one.id);
    assert_int_equal(three.attempts, 2);

    /* each time it waits longer, and one day it is given up */
    for (int i = 2; i < CPTS_MAIL_TRIES; i++) {
        store_exec(file, "UPDATE outbox SET next_at = 0 WHERE id = 1");
        store_kind(claim(&three, db, 0, NOW), CPTS_DB_OK);
        assert_int_equal(three.id, one.id);
    }
    store_exec(file, "UPDATE outbox SET next_at = 0 WHERE id = 1");
    store_kind(claim(&three, db, 0, NOW), CPTS_DB_NONE);
    store_kind(cpts_outbox_given_up(&wait, db), CPTS_DB_OK);
    assert_int_equal(wait, 1);
}

static void test_reasons(void **state)
{
    static const char *const gone[] = {
        "UPDATE practitioner SET confirmed_on = '2026-11-22'",
        "UPDATE account SET email = NULL",
        "UPDATE account SET disabled = 1",
        "UPDATE account SET rpps = '99900000999'",
        "DELETE FROM account",
    };
    cpts_mail_clock_t clock = at("2026-11-22");
    cpts_mail_clock_t later = at("2026-12-03");
    cpts_outgoing_t mail;
    cpts_reminder_t reminder;

    (void)state;
    fill(&clock);
    store_kind(claim(&mail, db, 0, NOW), CPTS_DB_OK);
    store_kind(cpts_outbox_reminder(&reminder, db, &mail, &clock, unit_pool),
               CPTS_DB_OK);
    assert_string_equal(reminder.email, "a@exemple.fr");
    assert_string_equal(reminder.name, "Ours");
    store_kind(cpts_outbox_reminder(&reminder, db, &mail, &later, unit_pool),
               CPTS_DB_NONE);
    for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
        store_kind(cpts_db_start(db), CPTS_DB_OK);
        store_kind(cpts_db_script(db, gone[i]), CPTS_DB_OK);
        store_kind(
            cpts_outbox_reminder(&reminder, db, &mail, &clock, unit_pool),
            CPTS_DB_NONE);
        cpts_db_rollback(db);
    }
}

static void test_sent(void **state)
{
    cpts_mail_clock_t clock = at("2026-11-22");
    cpts_outgoing_t mail;

    (void)state;
    fill(&clock);
    store_kind(claim(&mail, db, 0, NOW), CPTS_DB_OK);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_outbox_sent(db, &mail, NOW), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(
        store_number(file, "SELECT count(*) FROM journal WHERE"
                           " action = 'mail.send' AND outcome = 'reminder'"
                           " AND actor IS NULL AND sheets = '[1]'"),
        1);
    fill(&clock);
    store_kind(claim(&mail, db, mail.id - 1, NOW + DAYS), CPTS_DB_OK);
    assert_int_equal(mail.id, 2);
}

/* --- links */

static void make_link(char token[CPTS_TOKEN_SIZE])
{
    unsigned char hash[CPTS_TOKEN_HASH];
    cpts_actor_t actor = store_actor(db, "ours", CPTS_DOCTOR, STORE_OWN);

    store_kind(cpts_link_make(token, hash, db, 1, actor.id, NOW), CPTS_DB_OK);
}

static int state_of(const char *token, int64_t now)
{
    cpts_link_t link;

    store_kind(cpts_link_find(&link, db, token, now, unit_pool), CPTS_DB_OK);
    return (int)link.state;
}

static void test_link(void **state)
{
    char token[CPTS_TOKEN_SIZE];
    cpts_link_t link;

    (void)state;
    make_link(token);
    store_kind(cpts_link_find(&link, db, token, NOW, unit_pool), CPTS_DB_OK);
    assert_int_equal(link.state, CPTS_LINK_ALIVE);
    assert_string_equal(link.rpps, STORE_OWN);
    assert_string_equal(link.actor.account, "ours");
    assert_int_equal(link.actor.role, CPTS_DOCTOR);
    store_kind(cpts_link_use(db, &link, NOW + CPTS_LINK_DAYS * DAYS),
               CPTS_DB_CONSTRAINT);
    store_kind(cpts_link_use(db, &link, NOW), CPTS_DB_OK);
    /* whoever found it alive before */
    store_kind(cpts_link_use(db, &link, NOW), CPTS_DB_CONSTRAINT);
    assert_int_equal(state_of(token, NOW), CPTS_LINK_USED);
    store_kind(cpts_link_find(&link, db, "x", NOW, unit_pool), CPTS_DB_NONE);
    assert_int_equal(store_holds(file, token), 0);
}

static void test_link_dies(void **state)
{
    char token[CPTS_TOKEN_SIZE];
    cpts_link_t link;

    (void)state;
    make_link(token);
    assert_int_equal(state_of(token, NOW + CPTS_LINK_DAYS * DAYS - 1),
                     CPTS_LINK_ALIVE);
    assert_int_equal(state_of(token, NOW + CPTS_LINK_DAYS * DAYS),
                     CPTS_LINK_EXPIRED);
    store_exec(file, "UPDATE account SET rpps = '99900000999'");
    assert_int_equal(state_of(token, NOW), CPTS_LINK_DEAD);
    store_exec(file, "UPDATE account SET rpps = '99900000012'");
    assert_int_equal(state_of(token, NOW), CPTS_LINK_ALIVE);
    store_erase(db, &store_doctor, STORE_OWN);
    store_kind(cpts_link_find(&link, db, token, NOW, unit_pool), CPTS_DB_NONE);
}

/* --- settings */

static void test_settings(void **state)
{
    const char *value;
    int days = 7;

    (void)state;
    store_kind(
        cpts_setting_read(&value, db, CPTS_SETTING_TERRITORY, unit_pool),
        CPTS_DB_NONE);
    store_kind(cpts_setting_days(&days, db, CPTS_SETTING_VALIDITY),
               CPTS_DB_NONE);
    assert_int_equal(days, 7);
    for (int i = 0; i < CPTS_SETTINGS; i++) {
        store_kind(cpts_setting_write(db, (cpts_setting_e)i, "30"),
                   CPTS_DB_OK);
        store_kind(cpts_setting_write(db, (cpts_setting_e)i, "31"),
                   CPTS_DB_OK);
        store_kind(cpts_setting_days(&days, db, (cpts_setting_e)i),
                   CPTS_DB_OK);
        assert_int_equal(days, 31);
        store_kind(cpts_setting_write(db, (cpts_setting_e)i, NULL),
                   CPTS_DB_OK);
    }
    assert_int_equal(store_number(file, "SELECT count(*) FROM setting"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        OUTBOX_TEST(test_due),      OUTBOX_TEST(test_claim),
        OUTBOX_TEST(test_reasons),  OUTBOX_TEST(test_sent),
        OUTBOX_TEST(test_link),     OUTBOX_TEST(test_link_dies),
        OUTBOX_TEST(test_settings),
    };

    return UNIT_RUN(tests);
}
