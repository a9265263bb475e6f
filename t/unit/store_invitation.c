/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of invitations, batches and delegates in the database. */

#include <string.h>

#include <apr_strings.h>

#include "core/field.h"
#include "store/delegate.h"
#include "store/invitation.h"
#include "store_support.h"

#define NOW 1800000000
#define END (NOW + 1000)

/* A hash that no other test has. */
static const unsigned char *token(unsigned char number)
{
    unsigned char *hash = apr_palloc(unit_pool, CPTS_TOKEN_HASH);

    memset(hash, number, CPTS_TOKEN_HASH);
    return hash;
}

static cpts_invitation_t invitation(int role, const char *rpps)
{
    cpts_invitation_t i = { .role = role,
                            .rpps = rpps,
                            .name = "Dr Essai",
                            .created_at = NOW,
                            .expires_at = END };

    return i;
}

static cpts_db_e add(int64_t *id, cpts_db_t *db, const cpts_actor_t *actor,
                     int role, const char *rpps, unsigned char number)
{
    cpts_invitation_t i = invitation(role, rpps);
    cpts_invite_e why;

    return cpts_invitation_add(id, &why, db, actor, &i, token(number));
}

static int64_t added(cpts_db_t *db, const cpts_actor_t *actor, int role,
                     const char *rpps, unsigned char number)
{
    int64_t id = 0;

    store_kind(add(&id, db, actor, role, rpps, number), CPTS_DB_OK);
    return id;
}

static int state_at(cpts_db_t *db, unsigned char number, int64_t now)
{
    cpts_invitation_t row;

    store_kind(cpts_invitation_find(&row, db, token(number), now, unit_pool),
               CPTS_DB_OK);
    return row.state;
}

/* --- who may invite whom */

static void test_who_invites(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    static const struct {
        const cpts_actor_t *actor;
        int role;
        const char *rpps;
        cpts_db_e expected;
    } table[] = {
        { &store_coordinator, CPTS_DOCTOR, STORE_OWN, CPTS_DB_OK },
        { &store_coordinator, CPTS_PROFESSIONAL, NULL, CPTS_DB_OK },
        { &store_coordinator, CPTS_DELEGATE, STORE_OWN, CPTS_DB_FORBIDDEN },
        { &store_coordinator, CPTS_COORDINATOR, NULL, CPTS_DB_FORBIDDEN },
        { &store_doctor, CPTS_DELEGATE, STORE_OWN, CPTS_DB_OK },
        { &store_doctor, CPTS_DELEGATE, STORE_OWN, CPTS_DB_OK },
        { &store_doctor, CPTS_DELEGATE, STORE_OTHER, CPTS_DB_FORBIDDEN },
        { &store_doctor, CPTS_DELEGATE, NULL, CPTS_DB_FORBIDDEN },
        { &store_doctor, CPTS_DOCTOR, STORE_OWN, CPTS_DB_FORBIDDEN },
        { &store_doctor, CPTS_PROFESSIONAL, NULL, CPTS_DB_FORBIDDEN },
        { &store_pharmacist, CPTS_PROFESSIONAL, NULL, CPTS_DB_FORBIDDEN },
        { &store_pharmacist, CPTS_DOCTOR, STORE_OWN, CPTS_DB_FORBIDDEN },
        { &store_delegate, CPTS_DELEGATE, STORE_OWN, CPTS_DB_FORBIDDEN },
    };
    unsigned char i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int64_t id;
        cpts_db_e rc
            = add(&id, db, table[i].actor, table[i].role, table[i].rpps, i);

        if (rc != table[i].expected) {
            fail_msg("case %d: %s", i, cpts_db_faults[rc].log);
        }
    }
}

static void test_one_for_a_doctor(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = invitation(CPTS_DOCTOR, STORE_OWN);
    cpts_invite_e why;
    int64_t id;

    (void)state;
    id = added(db, &store_coordinator, CPTS_DOCTOR, STORE_OWN, 1);
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(2)),
        CPTS_DB_CONSTRAINT);
    assert_int_equal(why, CPTS_INVITE_OPEN);
    /* once it is over another may be made */
    i.created_at = END;
    i.expires_at = END + 1000;
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(2)),
        CPTS_DB_OK);
    store_kind(cpts_invitation_revoke(db, id, END), CPTS_DB_OK);
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(3)),
        CPTS_DB_OK);
    /* a doctor who has an account needs none, unless it is disabled */
    i.rpps = STORE_OTHER;
    store_actor(db, "docteur2", CPTS_DOCTOR, STORE_OTHER);
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(4)),
        CPTS_DB_CONSTRAINT);
    assert_int_equal(why, CPTS_INVITE_ACCOUNT);
    store_kind(cpts_account_set_disabled(db, "docteur2", 1), CPTS_DB_OK);
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(4)),
        CPTS_DB_OK);
    /* the same token twice: refused by the table itself */
    store_kind(add(&id, db, &store_coordinator, CPTS_PROFESSIONAL, NULL, 4),
               CPTS_DB_CONFLICT);
}

/* --- reading */

static void test_fields(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = { .role = CPTS_DOCTOR,
                            .rpps = STORE_OWN,
                            .name = "\xd8\xaf\xd9\x83\xd8\xaa\xd9\x88\xd8\xb1",
                            .email = "a@b.example",
                            .profession = "p",
                            .structure = "s",
                            .batch = "L'été; DROP TABLE batch",
                            .draft = "{\"sex\":\"F\"}",
                            .mail = 1,
                            .created_at = NOW,
                            .expires_at = END };
    cpts_invitation_t row;
    cpts_invite_e why;
    int64_t id;

    (void)state;
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(1)),
        CPTS_DB_OK);
    store_kind(cpts_invitation_find(&row, db, token(1), NOW, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(row.id, id);
    assert_int_equal(row.role, CPTS_DOCTOR);
    assert_string_equal(row.rpps, i.rpps);
    assert_string_equal(row.name, i.name);
    assert_string_equal(row.email, i.email);
    assert_string_equal(row.profession, i.profession);
    assert_string_equal(row.structure, i.structure);
    assert_string_equal(row.batch, i.batch);
    assert_string_equal(row.draft, i.draft);
    assert_int_equal(row.mail, 1);
    assert_int_equal(row.created_at, NOW);
    assert_int_equal(row.expires_at, END);
    assert_int_equal(
        row.sent_at + row.opened_at + row.used_at + row.revoked_at, 0);
    assert_null(row.account);
    assert_int_equal(row.state, CPTS_INVITATION_OPEN);
    store_kind(cpts_invitation_find(&row, db, token(2), NOW, unit_pool),
               CPTS_DB_NONE);
}

static void test_who_reads(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    int64_t doctor = added(db, &store_coordinator, CPTS_DOCTOR, STORE_OWN, 1);
    int64_t own = added(db, &store_doctor, CPTS_DELEGATE, STORE_OWN, 2);
    const cpts_actor_t other = { "docteur2", CPTS_DOCTOR, STORE_OTHER, 9 };
    cpts_invitation_t row;

    (void)state;
    store_kind(cpts_invitation_read(&row, db, &store_coordinator, doctor, NOW,
                                    unit_pool),
               CPTS_DB_OK);
    store_kind(cpts_invitation_read(&row, db, &store_coordinator, own, NOW,
                                    unit_pool),
               CPTS_DB_OK);
    store_kind(
        cpts_invitation_read(&row, db, &store_doctor, own, NOW, unit_pool),
        CPTS_DB_OK);
    store_kind(
        cpts_invitation_read(&row, db, &store_doctor, doctor, NOW, unit_pool),
        CPTS_DB_NONE);
    store_kind(cpts_invitation_read(&row, db, &other, own, NOW, unit_pool),
               CPTS_DB_NONE);
    store_kind(
        cpts_invitation_read(&row, db, &store_delegate, own, NOW, unit_pool),
        CPTS_DB_NONE);
    store_kind(cpts_invitation_read(&row, db, &store_pharmacist, doctor, NOW,
                                    unit_pool),
               CPTS_DB_NONE);
}

/* --- using */

static cpts_db_e use(cpts_db_t *db, unsigned char found, unsigned char sent,
                     const char *name, int64_t now)
{
    cpts_account_t account
        = { .name = name, .hash = "$2y$x", .terms = "1", .terms_at = now };
    cpts_invitation_t row;

    store_kind(cpts_invitation_find(&row, db, token(found), now, unit_pool),
               CPTS_DB_OK);
    return cpts_invitation_use(&account, db, &row, token(sent), now);
}

static void test_use(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = invitation(CPTS_PROFESSIONAL, NULL);
    cpts_invitation_t row;
    cpts_account_t account;
    cpts_invite_e why;
    int64_t id;

    (void)state;
    i.email = "a@b.example";
    i.profession = "p";
    i.structure = "s";
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(1)),
        CPTS_DB_OK);
    store_kind(use(db, 1, 1, "lea", NOW + 5), CPTS_DB_OK);
    store_kind(cpts_account_read(&account, db, "lea", unit_pool), CPTS_DB_OK);
    assert_int_equal(account.role, CPTS_PROFESSIONAL);
    assert_null(account.rpps);
    assert_string_equal(account.email, "a@b.example");
    assert_string_equal(account.profession, "p");
    assert_string_equal(account.structure, "s");
    assert_string_equal(account.terms, "1");
    assert_int_equal(account.created_at, NOW + 5);
    store_kind(cpts_invitation_find(&row, db, token(1), NOW + 6, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(row.state, CPTS_INVITATION_USED);
    assert_int_equal(row.used_at, NOW + 5);
    assert_int_equal(row.opened_at, NOW + 5);
    assert_string_equal(row.account, "lea");
    store_kind(use(db, 1, 1, "lea2", NOW + 6), CPTS_DB_CONSTRAINT);
    store_kind(cpts_account_read(&account, db, "lea2", unit_pool),
               CPTS_DB_NONE);
}

static void test_not_used(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    int64_t id = added(db, &store_coordinator, CPTS_DOCTOR, STORE_OWN, 1);

    (void)state;
    added(db, &store_coordinator, CPTS_PROFESSIONAL, NULL, 2);
    /* another's token, too late, renewed meanwhile, revoked meanwhile */
    store_kind(use(db, 1, 2, "a", NOW), CPTS_DB_CONSTRAINT);
    store_kind(use(db, 1, 1, "a", END), CPTS_DB_CONSTRAINT);
    store_kind(cpts_invitation_renew(db, id, token(3), END + 9), CPTS_DB_OK);
    store_kind(use(db, 3, 1, "a", NOW), CPTS_DB_CONSTRAINT);
    store_kind(cpts_invitation_revoke(db, id, NOW), CPTS_DB_OK);
    store_kind(use(db, 3, 3, "a", NOW), CPTS_DB_CONSTRAINT);
    /* a name that is taken: the caller rolls back, the token stays good */
    store_actor(db, "pris", CPTS_COORDINATOR, NULL);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(use(db, 2, 2, "Pris", NOW), CPTS_DB_CONFLICT);
    cpts_db_rollback(db);
    assert_int_equal(state_at(db, 2, NOW), CPTS_INVITATION_OPEN);
    store_kind(use(db, 2, 2, "libre", NOW), CPTS_DB_OK);
}

/* Invited again when the first one was too old, which was then renewed: one
 * account all the same. */
static void test_one_account(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = invitation(CPTS_DOCTOR, STORE_OWN);
    cpts_invite_e why;
    int64_t first, second;

    (void)state;
    first = added(db, &store_coordinator, CPTS_DOCTOR, STORE_OWN, 1);
    i.created_at = END;
    i.expires_at = END + 1000;
    store_kind(cpts_invitation_add(&second, &why, db, &store_coordinator, &i,
                                   token(2)),
               CPTS_DB_OK);
    store_kind(cpts_invitation_renew(db, first, token(3), END + 1000),
               CPTS_DB_OK);
    store_kind(use(db, 2, 2, "un", END), CPTS_DB_OK);
    store_kind(use(db, 3, 3, "deux", END), CPTS_DB_CONSTRAINT);
    store_kind(cpts_invitation_renew(db, first, token(4), END + 2000),
               CPTS_DB_CONSTRAINT);
    /* unless the account may not sign in any more */
    store_kind(cpts_account_set_disabled(db, "un", 1), CPTS_DB_OK);
    store_kind(use(db, 3, 3, "deux", END), CPTS_DB_OK);
}

static void test_states(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    int64_t id = added(db, &store_coordinator, CPTS_DOCTOR, STORE_OWN, 1);
    cpts_invitation_t row;

    (void)state;
    assert_int_equal(state_at(db, 1, END - 1), CPTS_INVITATION_OPEN);
    assert_int_equal(state_at(db, 1, END), CPTS_INVITATION_EXPIRED);
    store_kind(cpts_invitation_renew(db, id, token(2), END + 1000),
               CPTS_DB_OK);
    store_kind(cpts_invitation_find(&row, db, token(1), END, unit_pool),
               CPTS_DB_NONE);
    assert_int_equal(state_at(db, 2, END), CPTS_INVITATION_OPEN);
    store_kind(cpts_invitation_opened(db, id, NOW + 1), CPTS_DB_OK);
    store_kind(cpts_invitation_opened(db, id, NOW + 2), CPTS_DB_OK);
    store_kind(cpts_invitation_find(&row, db, token(2), NOW, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(row.opened_at, NOW + 1);
    store_kind(cpts_invitation_revoke(db, id, NOW + 3), CPTS_DB_OK);
    store_kind(cpts_invitation_revoke(db, id, NOW + 4), CPTS_DB_CONSTRAINT);
    store_kind(cpts_invitation_renew(db, id, token(3), END),
               CPTS_DB_CONSTRAINT);
    assert_int_equal(state_at(db, 2, NOW), CPTS_INVITATION_REVOKED);
}

/* --- lists */

static cpts_db_e join(void *baton, const cpts_invitation_t *row)
{
    const char **text = baton;

    *text = apr_psprintf(unit_pool, "%s%d:%s ", *text, (int)row->id,
                         cpts_invitation_state_words[row->state]);
    return CPTS_DB_OK;
}

static const char *list(cpts_db_t *db, const cpts_actor_t *actor,
                        const char *batch, int wanted, int64_t before,
                        int limit)
{
    cpts_invitation_filter_t filter = { batch, wanted, before, limit };
    const char *text = "";

    store_kind(
        cpts_invitation_list(db, actor, &filter, END, join, &text, unit_pool),
        CPTS_DB_OK);
    return text;
}

static cpts_db_e join_batch(void *baton, const cpts_batch_t *row)
{
    const char **text = baton;

    *text = apr_psprintf(unit_pool, "%s%s:%d/%d/%d ", *text, row->name,
                         row->invited, row->opened, row->accepted);
    return CPTS_DB_OK;
}

static void test_lists(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = invitation(CPTS_PROFESSIONAL, NULL);
    const char *batches = "";
    cpts_invite_e why;
    int64_t id;

    (void)state;
    i.batch = "A";
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(1)),
        CPTS_DB_OK);
    store_kind(use(db, 1, 1, "a", NOW), CPTS_DB_OK);
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(2)),
        CPTS_DB_OK);
    store_kind(cpts_invitation_opened(db, id, NOW), CPTS_DB_OK);
    i.batch = "B";
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(3)),
        CPTS_DB_OK);
    store_kind(cpts_invitation_revoke(db, id, NOW), CPTS_DB_OK);
    i.batch = NULL;
    i.expires_at = END + 1;
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(4)),
        CPTS_DB_OK);
    added(db, &store_doctor, CPTS_DELEGATE, STORE_OWN, 5);
    assert_string_equal(list(db, &store_coordinator, NULL, CPTS_NO_WORD, 0, 9),
                        "5:expired 4:open 3:revoked 2:expired 1:used ");
    assert_string_equal(list(db, &store_coordinator, NULL, CPTS_NO_WORD, 4, 2),
                        "3:revoked 2:expired ");
    assert_string_equal(list(db, &store_coordinator, "A", CPTS_NO_WORD, 0, 9),
                        "2:expired 1:used ");
    assert_string_equal(
        list(db, &store_coordinator, NULL, CPTS_INVITATION_EXPIRED, 0, 9),
        "5:expired 2:expired ");
    assert_string_equal(
        list(db, &store_coordinator, NULL, CPTS_INVITATION_OPEN, 0, 9),
        "4:open ");
    assert_string_equal(list(db, &store_doctor, NULL, CPTS_NO_WORD, 0, 9),
                        "5:expired ");
    assert_string_equal(list(db, &store_pharmacist, NULL, CPTS_NO_WORD, 0, 9),
                        "");
    store_kind(cpts_batch_list(db, join_batch, &batches), CPTS_DB_OK);
    assert_string_equal(batches, "B:0/0/0 A:2/2/1 ");
}

static void test_draft(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_invitation_t i = invitation(CPTS_DOCTOR, STORE_OWN);
    const cpts_actor_t other = { "docteur2", CPTS_DOCTOR, STORE_OTHER, 9 };
    const char *name = NULL;
    const char *draft = NULL;
    cpts_invite_e why;
    int64_t id;

    (void)state;
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_doctor,
                                     STORE_OWN, unit_pool),
               CPTS_DB_NONE);
    i.draft = "{\"sex\":\"F\"}";
    store_kind(
        cpts_invitation_add(&id, &why, db, &store_coordinator, &i, token(1)),
        CPTS_DB_OK);
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_doctor,
                                     STORE_OWN, unit_pool),
               CPTS_DB_OK);
    assert_string_equal(name, "Dr Essai");
    assert_string_equal(draft, i.draft);
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_delegate,
                                     STORE_OWN, unit_pool),
               CPTS_DB_OK);
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_coordinator,
                                     STORE_OWN, unit_pool),
               CPTS_DB_OK);
    store_kind(
        cpts_invitation_draft(&name, &draft, db, &other, STORE_OWN, unit_pool),
        CPTS_DB_FORBIDDEN);
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_pharmacist,
                                     STORE_OWN, unit_pool),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_invitation_revoke(db, id, NOW), CPTS_DB_OK);
    store_kind(cpts_invitation_draft(&name, &draft, db, &store_doctor,
                                     STORE_OWN, unit_pool),
               CPTS_DB_NONE);
}

/* --- delegates */

static cpts_db_e join_delegate(void *baton, const cpts_delegate_t *row)
{
    const char **text = baton;

    *text = apr_pstrcat(unit_pool, *text, row->account, " ", NULL);
    return CPTS_DB_OK;
}

static void test_delegates(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    const cpts_actor_t other = { "docteur2", CPTS_DOCTOR, STORE_OTHER, 9 };
    cpts_account_t account;
    const char *names = "";

    (void)state;
    store_actor(db, "docteur", CPTS_DOCTOR, STORE_OWN);
    store_actor(db, "b", CPTS_DELEGATE, STORE_OWN);
    store_actor(db, "a", CPTS_DELEGATE, STORE_OWN);
    store_actor(db, "c", CPTS_DELEGATE, STORE_OTHER);
    store_kind(cpts_delegate_list(db, &store_doctor, STORE_OWN, join_delegate,
                                  &names),
               CPTS_DB_OK);
    assert_string_equal(names, "a b ");
    store_kind(
        cpts_delegate_list(db, &other, STORE_OWN, join_delegate, &names),
        CPTS_DB_FORBIDDEN);
    store_kind(cpts_delegate_list(db, &store_delegate, STORE_OWN,
                                  join_delegate, &names),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_delegate_revoke(db, &other, STORE_OWN, "a"),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_delegate_revoke(db, &store_delegate, STORE_OWN, "a"),
               CPTS_DB_FORBIDDEN);
    store_kind(cpts_delegate_revoke(db, &store_doctor, STORE_OWN, "c"),
               CPTS_DB_NONE);
    store_kind(cpts_delegate_revoke(db, &store_doctor, STORE_OWN, "docteur"),
               CPTS_DB_NONE);
    store_kind(cpts_delegate_revoke(db, &store_doctor, STORE_OWN, "a"),
               CPTS_DB_OK);
    store_kind(cpts_delegate_revoke(db, &store_doctor, STORE_OWN, "a"),
               CPTS_DB_NONE);
    store_kind(cpts_delegate_revoke(db, &store_coordinator, STORE_OTHER, "c"),
               CPTS_DB_OK);
    store_kind(cpts_account_read(&account, db, "a", unit_pool), CPTS_DB_OK);
    assert_int_equal(account.disabled, 1);
    names = "";
    store_kind(cpts_delegate_list(db, &store_coordinator, STORE_OWN,
                                  join_delegate, &names),
               CPTS_DB_OK);
    assert_string_equal(names, "b ");
}

static void test_terms(void **state)
{
    cpts_db_t *db = store_open(store_make("a.db"));
    cpts_actor_t who = store_actor(db, "a", CPTS_PROFESSIONAL, NULL);
    cpts_account_t account;

    (void)state;
    store_kind(cpts_account_set_terms(db, who.id, "2026-11", NOW), CPTS_DB_OK);
    store_kind(cpts_account_read(&account, db, "a", unit_pool), CPTS_DB_OK);
    assert_string_equal(account.terms, "2026-11");
    assert_int_equal(account.terms_at, NOW);
    store_kind(cpts_account_set_terms(db, who.id + 1, "2026-11", NOW),
               CPTS_DB_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_who_invites), STORE_TEST(test_one_for_a_doctor),
        STORE_TEST(test_fields),      STORE_TEST(test_who_reads),
        STORE_TEST(test_use),         STORE_TEST(test_not_used),
        STORE_TEST(test_one_account), STORE_TEST(test_states),
        STORE_TEST(test_lists),       STORE_TEST(test_draft),
        STORE_TEST(test_delegates),   STORE_TEST(test_terms),
    };

    return UNIT_RUN(tests);
}
