/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of placements: places taken and given back, the clock, who may. */

#include <string.h>

#include <apr_strings.h>

#include "store/account.h"
#include "store/consultation.h"
#include "store/journal.h"
#include "store/placement.h"
#include "store_support.h"

#define HOUR 3600
#define DAYS (24 * HOUR)
/* noon in Paris on a Sunday in the middle of a month */
#define SUNDAY "2026-11-22"
#define NOON   1795345200

/* One world a test: who is there, and when it is. */
static const char *file;
static cpts_db_t *db;
static cpts_actor_t pharmacist, nurse, coordinator, doctor, delegate, other;
static cpts_limits_t limits;
static int64_t now;

/* --- codes that are not random, for one test */

static const char *const *next_codes;
int __real_cpts_code_make(char out[CPTS_CODE_SIZE]);
int __wrap_cpts_code_make(char out[CPTS_CODE_SIZE]);

int __wrap_cpts_code_make(char out[CPTS_CODE_SIZE])
{
    if (!next_codes) {
        return __real_cpts_code_make(out);
    }
    if (!*next_codes) {
        return -1;
    }
    apr_cpystrn(out, *next_codes++, CPTS_CODE_SIZE);
    return 0;
}

/* --- the world */

static cpts_clock_t at(int64_t when)
{
    cpts_clock_t moment
        = { when, cpts_day_of(apr_time_from_sec(when)), &limits };

    return moment;
}

/* A search proposes the sheet to somebody. */
static void show(const cpts_actor_t *to, const char *rpps, int64_t when)
{
    int64_t sheet = store_number(
        file,
        apr_pstrcat(unit_pool, "SELECT id FROM practitioner WHERE rpps = '",
                    rpps, "'", NULL));
    cpts_consultation_t shown
        = { .account = to->id, .role = to->role, .at = when, .count = 1 };
    cpts_daily_t *daily = cpts_daily_create(unit_pool);

    shown.sheets[0] = sheet;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_consultation_insert(db, daily, &shown), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
}

static int world(void **state)
{
    if (store_setup(state) != 0) {
        return -1;
    }
    file = store_make("a.db");
    db = store_open(file);
    now = NOON;
    limits = cpts_limits_default;
    next_codes = NULL;
    store_create(db, STORE_OWN, "Jeanne Pinson", SUNDAY);
    pharmacist = store_actor(db, "pharmacie", CPTS_PROFESSIONAL, NULL);
    nurse = store_actor(db, "infirmerie", CPTS_PROFESSIONAL, NULL);
    coordinator = store_actor(db, "coordination", CPTS_COORDINATOR, NULL);
    doctor = store_actor(db, "docteur", CPTS_DOCTOR, STORE_OWN);
    delegate = store_actor(db, "secretariat", CPTS_DELEGATE, STORE_OWN);
    other = store_actor(db, "autre", CPTS_DOCTOR, STORE_OTHER);
    return 0;
}

#define WORLD_TEST(function) \
    cmocka_unit_test_setup_teardown(function, world, store_teardown)

/* As a request does it: all of it, or nothing. */
static cpts_db_e try_hold(cpts_placement_t *p, cpts_hold_e *why,
                          const cpts_actor_t *who, int places, int reserved)
{
    cpts_hold_t hold = { STORE_OWN, places, reserved };
    cpts_clock_t moment = at(now);
    cpts_db_e rc;

    *why = CPTS_HOLD_OK;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    rc = cpts_placement_hold(p, why, db, who, &hold, &moment, unit_pool);
    return cpts_db_leave(db, 1, rc);
}

static cpts_placement_t hold(const cpts_actor_t *who, int places, int reserved)
{
    cpts_placement_t p;
    cpts_hold_e why;

    store_kind(try_hold(&p, &why, who, places, reserved), CPTS_DB_OK);
    assert_int_equal(why, CPTS_HOLD_OK);
    return p;
}

static void no_hold(const cpts_actor_t *who, int places, int reserved,
                    cpts_hold_e expected)
{
    cpts_placement_t p;
    cpts_hold_e why;
    int64_t before = store_number(file, "SELECT count(*) FROM placement");

    store_kind(try_hold(&p, &why, who, places, reserved), CPTS_DB_CONSTRAINT);
    assert_int_equal(why, expected);
    assert_int_equal(store_number(file, "SELECT count(*) FROM placement"),
                     before);
}

static cpts_db_e try_event(cpts_placement_t *p, const cpts_actor_t *who,
                           const char *code, cpts_placement_event_e event,
                           int reason)
{
    cpts_db_e rc;

    store_kind(cpts_db_start(db), CPTS_DB_OK);
    rc = cpts_placement_event(p, db, who, code, event, reason, now, unit_pool);
    return cpts_db_leave(db, 1, rc);
}

static void event(const cpts_actor_t *who, const char *code,
                  cpts_placement_event_e what)
{
    cpts_placement_t p;

    store_kind(try_event(&p, who, code, what,
                         what == CPTS_EVENT_REFUSE ? CPTS_REASON_FULL : -1),
               CPTS_DB_OK);
}

static void set_sheet(const char *path, const char *json)
{
    store_exec(file, apr_psprintf(unit_pool,
                                  "UPDATE practitioner SET sheet = json_set("
                                  "sheet, '$.%s', json('%s'))",
                                  path, json));
}

static void set_capacity(int places, const char *period, int reserved)
{
    set_sheet("availability.capacity",
              apr_psprintf(unit_pool,
                           "{\"places\":%d,\"period\":\"%s\","
                           "\"reserved\":%d}",
                           places, period, reserved));
}

static void assert_left_at(int general, int reserved, int line)
{
    cpts_clock_t moment = at(now);
    cpts_places_t left;

    store_kind_at(
        cpts_places_read(&left, NULL, db, STORE_OWN, &moment, unit_pool),
        CPTS_DB_OK, __FILE__, line);
    if (left.general_left != general || left.reserved_left != reserved) {
        print_error("left: %d and %d reserved\n", left.general_left,
                    left.reserved_left);
        _fail(__FILE__, line);
    }
}
#define assert_left(general, reserved) \
    assert_left_at(general, reserved, __LINE__)

static int64_t rows(const char *where)
{
    return store_number(file, apr_pstrcat(unit_pool,
                                          "SELECT count(*) FROM placement "
                                          "WHERE ",
                                          where, NULL));
}

/* --- holding */

static void test_hold(void **state)
{
    cpts_placement_t p, read;
    char again[CPTS_CODE_SIZE];
    int64_t generation;

    (void)state;
    store_exec(file, "UPDATE account SET profession = 'Pharmacie',"
                     " structure = 'du Lac' WHERE name = 'pharmacie'");
    show(&pharmacist, STORE_OWN, now);
    generation = store_number(file, "SELECT generation FROM territory");
    assert_left(3, 1);
    p = hold(&pharmacist, 2, 0);
    assert_left(1, 1);
    assert_int_equal(cpts_code_parse(again, p.code), 0);
    assert_string_equal(again, p.code);
    assert_string_equal(p.rpps, STORE_OWN);
    assert_string_equal(p.doctor, "Jeanne Pinson");
    assert_string_equal(p.account, "pharmacie");
    assert_string_equal(p.profession, "Pharmacie");
    assert_string_equal(p.structure, "du Lac");
    assert_int_equal(p.general, 2);
    assert_int_equal(p.reserved, 0);
    assert_int_equal(p.state, CPTS_PLACEMENT_HELD);
    assert_int_equal(p.reason, -1);
    assert_int_equal(p.held_at, now);
    assert_int_equal(p.expires_at, now + 7 * DAYS);
    assert_int_equal(p.changed_at, now);
    assert_int_equal(p.actor, CPTS_ACTOR_REQUESTER);
    /* every snapshot reads the sheet again, and its version stays */
    assert_int_equal(store_number(file, "SELECT generation FROM territory"),
                     generation + 1);
    assert_int_equal(store_number(file, "SELECT generation FROM practitioner"),
                     generation + 1);
    assert_int_equal(store_number(file, "SELECT version FROM practitioner"),
                     1);
    store_kind(cpts_placement_read(&read, db, &doctor, p.code, now, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(read.id, p.id);
    assert_int_equal(read.actor, CPTS_ACTOR_DOCTOR);
    store_kind(
        cpts_placement_read(&read, db, &doctor, "2222-2222", now, unit_pool),
        CPTS_DB_NONE);
    limits.placement_hold = 1;
    p = hold(&pharmacist, 1, 0);
    assert_int_equal(p.expires_at, now + DAYS);
}

/* What is held was proposed, to this account, today or yesterday. */
static void test_not_shown(void **state)
{
    cpts_hold_t absent = { "99900000137", 1, 0 };
    cpts_hold_e why = CPTS_HOLD_OK;
    cpts_clock_t moment = at(now);
    cpts_placement_t p;

    (void)state;
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
    show(&nurse, STORE_OWN, now);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
    no_hold(&coordinator, 1, 0, CPTS_HOLD_NOT_SHOWN);
    /* the last second of the day before yesterday, the first of yesterday */
    show(&pharmacist, STORE_OWN, now - 36 * HOUR - 1);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
    show(&pharmacist, STORE_OWN, now - 36 * HOUR);
    hold(&pharmacist, 1, 0);
    hold(&nurse, 1, 0);
    now += 12 * HOUR;
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
    hold(&nurse, 1, 0);
    /* another sheet shown to them is none of this one */
    store_create(db, STORE_OTHER, "Paul", SUNDAY);
    show(&pharmacist, STORE_OTHER, now);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
    /* nobody finds out who is on the list */
    store_kind(cpts_placement_hold(&p, &why, db, &pharmacist, &absent, &moment,
                                   unit_pool),
               CPTS_DB_CONSTRAINT);
    assert_int_equal(why, CPTS_HOLD_NOT_SHOWN);
}

static void test_closed(void **state)
{
#define CAPACITY \
    ",\"capacity\":{\"places\":4,\"period\":\"month\",\"reserved\":1}}"
    static const struct {
        const char *path, *json;
        int may;
    } table[] = {
        { "availability", "{\"state\":\"open\"" CAPACITY, 1 },
        { "availability", "{\"state\":\"closed\"" CAPACITY, 0 },
        { "availability", "{\"state\":\"left\"}", 0 },
        { "availability",
          "{\"state\":\"paused\",\"until\":\"2026-11-22\"" CAPACITY, 0 },
        { "availability",
          "{\"state\":\"paused\",\"until\":\"2026-11-21\"" CAPACITY, 1 },
        { "availability",
          "{\"state\":\"opening\",\"from\":\"2026-11-23\"" CAPACITY, 0 },
        { "availability",
          "{\"state\":\"opening\",\"from\":\"2026-11-22\"" CAPACITY, 1 },
        { "availability", "{\"state\":\"open\"" CAPACITY, 1 },
        { "retirement", "\"2026-11-22\"", 0 },
        { "retirement", "\"2026-11-23\"", 1 },
    };

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        set_sheet(table[i].path, table[i].json);
        if (table[i].may) {
            hold(&pharmacist, 1, 0);
            store_exec(file, "DELETE FROM placement");
        }
        else {
            no_hold(&pharmacist, 1, 1, CPTS_HOLD_CLOSED);
        }
    }
    /* confirmed 90 days ago, and 91 */
    store_exec(file, "UPDATE practitioner SET confirmed_on = '2026-08-24'");
    hold(&pharmacist, 1, 0);
    store_exec(file, "UPDATE practitioner SET confirmed_on = '2026-08-23'");
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CLOSED);
    store_exec(file, "UPDATE practitioner SET confirmed_on = '2026-11-22'");
    /* a sheet that nobody can read takes nobody */
    store_exec(file, "UPDATE practitioner SET sheet = json_set(sheet,"
                     " '$.sites', 1)");
    {
        cpts_placement_t p;
        cpts_hold_e why;

        store_kind(try_hold(&p, &why, &pharmacist, 1, 0), CPTS_DB_ERROR);
        assert_int_equal(why, CPTS_HOLD_OK);
    }
}

/* Reserved ones first for those who may use them, then general ones; a
 * household has all its places or none. */
static void test_pools(void **state)
{
    static const struct {
        int capacity, of_which_reserved; /* 0: go on with what is left */
        int places, uses_reserved;
        int general, reserved; /* taken; -1: full */
        int general_left, reserved_left;
    } table[] = {
        { 5, 2, 1, 0, 1, 0, 2, 2 },   { 0, 0, 3, 0, -1, -1, 2, 2 },
        { 0, 0, 3, 1, 1, 2, 1, 0 },   { 0, 0, 2, 1, -1, -1, 1, 0 },
        { 0, 0, 1, 1, 1, 0, 0, 0 },   { 0, 0, 1, 1, -1, -1, 0, 0 },
        { 4, 4, 1, 0, -1, -1, 0, 4 }, { 0, 0, 4, 1, 0, 4, 0, 0 },
        { 3, 0, 4, 1, -1, -1, 3, 0 }, { 0, 0, 3, 1, 3, 0, 0, 0 },
        { 10, 5, 10, 1, 5, 5, 0, 0 }, { 10, 5, 6, 0, -1, -1, 5, 5 },
        { 10, 5, 3, 1, 0, 3, 5, 2 },  { 0, 0, 10, 1, -1, -1, 5, 2 },
        { 0, 0, 7, 1, 5, 2, 0, 0 },
    };

    (void)state;
    limits.held_places = 1000;
    show(&pharmacist, STORE_OWN, now);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].capacity) {
            store_exec(file, "DELETE FROM placement");
            set_capacity(table[i].capacity, "month",
                         table[i].of_which_reserved);
        }
        if (table[i].general < 0) {
            no_hold(&pharmacist, table[i].places, table[i].uses_reserved,
                    CPTS_HOLD_FULL);
        }
        else {
            cpts_placement_t p
                = hold(&pharmacist, table[i].places, table[i].uses_reserved);

            assert_int_equal(p.general, table[i].general);
            assert_int_equal(p.reserved, table[i].reserved);
        }
        assert_left(table[i].general_left, table[i].reserved_left);
    }
}

static void test_capacity_changes(void **state)
{
    cpts_placement_t first, second;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    first = hold(&pharmacist, 3, 1);
    second = hold(&pharmacist, 1, 0);
    assert_left(0, 0);
    /* lowered below what is taken: nothing is left, nothing is lost */
    set_capacity(2, "month", 1);
    assert_left(0, 0);
    no_hold(&pharmacist, 1, 1, CPTS_HOLD_FULL);
    event(&doctor, second.code, CPTS_EVENT_ACCEPT);
    event(&pharmacist, first.code, CPTS_EVENT_CANCEL);
    assert_left(0, 1);
    hold(&pharmacist, 1, 1);
    assert_left(0, 0);
    set_capacity(6, "month", 1);
    assert_left(4, 0);
    set_capacity(6, "month", 3);
    assert_left(2, 2);
    /* without a capacity there is none to read */
    set_sheet("availability", "{\"state\":\"left\"}");
    {
        cpts_clock_t moment = at(now);
        cpts_places_t left;

        store_kind(
            cpts_places_read(&left, NULL, db, STORE_OWN, &moment, unit_pool),
            CPTS_DB_NONE);
    }
}

/* What one pool gave too many, the other one lacks. */
static void test_shared_out_anew(void **state)
{
    cpts_placement_t first;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    first = hold(&pharmacist, 3, 0);
    event(&doctor, first.code, CPTS_EVENT_ACCEPT);
    set_capacity(4, "month", 4);
    assert_left(0, 1);
    no_hold(&pharmacist, 2, 1, CPTS_HOLD_FULL);
    hold(&pharmacist, 1, 1);
    assert_left(0, 0);
    set_capacity(4, "month", 0);
    assert_left(0, 0);
    set_capacity(6, "month", 1);
    assert_left(2, 0);
}

/* Who pauses takes no new ones; what was asked before goes on. */
static void test_pause(void **state)
{
    cpts_stored_sheet_t paused;
    cpts_placement_t p;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    p = hold(&pharmacist, 1, 0);
    store_kind(cpts_sheet_act(&paused, db, &doctor, STORE_OWN,
                              CPTS_ACTION_PAUSE, unit_day("2026-12-24"),
                              unit_day(SUNDAY), unit_pool),
               CPTS_DB_OK);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CLOSED);
    event(&pharmacist, p.code, CPTS_EVENT_CONTACT);
    event(&doctor, p.code, CPTS_EVENT_ACCEPT);
    assert_left(2, 1);
}

/* --- the clock */

/* The end of the period gives all places back, whatever became of them. */
static void test_renewal(void **state)
{
    static const struct {
        const char *period, *last, *renews;
        int days; /* from SUNDAY to the first day of the next period */
    } table[] = { { "week", SUNDAY, "2026-11-23", 1 },
                  { "month", SUNDAY, "2026-12-01", 9 } };
    cpts_placement_t p;

    (void)state;
    limits.placement_hold = 30;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_clock_t moment;
        cpts_places_t left;
        cpts_placement_t late;

        now = NOON;
        moment = at(now);
        store_exec(file, "DELETE FROM placement");
        set_capacity(3, table[i].period, 1);
        show(&pharmacist, STORE_OWN, now);
        store_kind(
            cpts_places_read(&left, NULL, db, STORE_OWN, &moment, unit_pool),
            CPTS_DB_OK);
        assert_int_equal(left.general, 2);
        assert_int_equal(left.reserved, 1);
        assert_int_equal(left.renews_on, unit_day(table[i].renews));
        p = hold(&pharmacist, 2, 1);
        late = hold(&pharmacist, 1, 0);
        event(&doctor, p.code, CPTS_EVENT_ACCEPT);
        assert_left(0, 0);
        /* the last second of the period, the first of the next */
        now += (int64_t)table[i].days * DAYS - 12 * HOUR - 1;
        assert_left(0, 0);
        now += 1;
        assert_left(2, 1);
        /* an answer to what was held before takes none of the new ones, and
         * gives none of them back */
        event(&doctor, late.code, CPTS_EVENT_ACCEPT);
        assert_left(2, 1);
        event(&doctor, late.code, CPTS_EVENT_REFUSE);
        assert_left(2, 1);
        show(&pharmacist, STORE_OWN, now);
        hold(&pharmacist, 3, 1);
        assert_left(0, 0);
    }
}

/* A hold nobody wrote down as ended has ended all the same. */
static void test_expiry(void **state)
{
    cpts_placement_t p, read;
    cpts_journal_check_t check;
    int count;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    p = hold(&pharmacist, 3, 0);
    now = p.expires_at - 1;
    assert_left(0, 1);
    store_kind(cpts_placement_read(&read, db, &doctor, p.code, now, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(read.state, CPTS_PLACEMENT_HELD);
    now++;
    assert_left(3, 1);
    store_kind(cpts_placement_read(&read, db, &doctor, p.code, now, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(read.state, CPTS_PLACEMENT_EXPIRED);
    assert_int_equal(read.changed_at, p.expires_at);
    for (int e = 0; e < CPTS_EVENT_EXPIRE; e++) {
        store_kind(try_event(&read, &coordinator, p.code,
                             (cpts_placement_event_e)e, -1),
                   CPTS_DB_CONSTRAINT);
        assert_int_equal(read.state, CPTS_PLACEMENT_EXPIRED);
    }
    assert_int_equal(rows("state = 'held'"), 1);
    now += 5;
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_placement_expire(&count, db, now, 20), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(count, 1);
    assert_int_equal(rows("state = 'expired' AND changed_at = expires_at"), 1);
    assert_int_equal(
        store_number(file, "SELECT count(*) FROM journal AS j, placement AS p"
                           " WHERE action = 'placement.expire'"
                           " AND actor IS NULL AND role IS NULL"
                           " AND j.placement = p.id"
                           " AND sheets = '[' || practitioner_id || ']'"),
        1);
    store_kind(cpts_journal_verify(&check, db, NULL, NULL), CPTS_DB_OK);
    assert_int_equal(check.state, CPTS_JOURNAL_WHOLE);
    /* what has been answered does not end */
    now = NOON;
    show(&pharmacist, STORE_OWN, now);
    p = hold(&pharmacist, 1, 0);
    event(&doctor, p.code, CPTS_EVENT_ACCEPT);
    now = p.expires_at + 1;
    store_kind(cpts_placement_read(&read, db, &doctor, p.code, now, unit_pool),
               CPTS_DB_OK);
    assert_int_equal(read.state, CPTS_PLACEMENT_ACCEPTED);
}

static void test_sweep(void **state)
{
    cpts_placement_t p;
    int count;

    (void)state;
    set_capacity(10, "month", 0);
    show(&pharmacist, STORE_OWN, now);
    for (int i = 0; i < 5; i++) {
        p = hold(&pharmacist, 1, 0);
        now++;
    }
    event(&pharmacist, p.code, CPTS_EVENT_CONTACT);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_placement_expire(&count, db, now, 20), CPTS_DB_OK);
    assert_int_equal(count, 0);
    now += 7 * DAYS;
    store_kind(cpts_placement_expire(&count, db, now, 2), CPTS_DB_OK);
    assert_int_equal(count, 2);
    /* the oldest first */
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(rows("state = 'expired' AND id <= 2"), 2);
    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_placement_expire(&count, db, now, 20), CPTS_DB_OK);
    assert_int_equal(count, 3);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
    assert_int_equal(rows("state = 'expired'"), 5);
    assert_int_equal(store_number(file, "SELECT count(*) FROM journal"
                                        " WHERE action = 'placement.expire'"),
                     5);
}

/* Its places went to somebody else: a request whose clock is behind, or that
 * waited for its turn, cannot accept it after all. */
static void test_clock_behind(void **state)
{
    cpts_placement_t p, read;
    cpts_hold_e why;

    (void)state;
    limits.placement_hold = 1;
    set_capacity(2, "month", 0);
    show(&pharmacist, STORE_OWN, now);
    p = hold(&pharmacist, 2, 0);
    now = p.expires_at;
    show(&nurse, STORE_OWN, now);
    store_kind(try_hold(&read, &why, &nurse, 2, 0), CPTS_DB_OK);
    now = p.expires_at - 1;
    store_kind(try_event(&read, &doctor, p.code, CPTS_EVENT_ACCEPT, -1),
               CPTS_DB_CONSTRAINT);
    assert_int_equal(read.state, CPTS_PLACEMENT_EXPIRED);
    assert_int_equal(rows("state = 'held'"), 1);
    assert_left(0, 0);
}

/* --- codes */

static void test_codes(void **state)
{
    static const char *const first[] = { "K7M4-2XQL", NULL };
    static const char *const taken[] = { "K7M4-2XQL", "K7M4-2XQL", "K7M4-2XQL",
                                         "K7M4-2XQL", "2222-2222", NULL };
    static const char *const always[]
        = { "K7M4-2XQL", "K7M4-2XQL", "2222-2222", "2222-2222",
            "K7M4-2XQL", "3333-3333", NULL };
    static const char *const none[] = { NULL };
    cpts_placement_t p;
    cpts_hold_e why;
    int64_t generation;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    next_codes = first;
    p = hold(&pharmacist, 1, 0);
    assert_string_equal(p.code, "K7M4-2XQL");
    next_codes = taken;
    p = hold(&pharmacist, 1, 0);
    assert_string_equal(p.code, "2222-2222");
    assert_int_equal(p.id, store_number(file, "SELECT id FROM placement"
                                              " WHERE code = '2222-2222'"));
    /* five in a row do not happen by chance: then nothing is taken */
    generation = store_number(file, "SELECT generation FROM territory");
    next_codes = always;
    store_kind(try_hold(&p, &why, &pharmacist, 1, 0), CPTS_DB_CONFLICT);
    next_codes = none;
    store_kind(try_hold(&p, &why, &pharmacist, 1, 0), CPTS_DB_ERROR);
    assert_int_equal(rows("1"), 2);
    assert_int_equal(store_number(file, "SELECT generation FROM territory"),
                     generation);
    assert_left(1, 1);
}

/* --- who may do what: every state, event and person */

/* By person: c contact, a accept, r refuse, d declare, x cancel; the one who
 * is nothing to a placement does not see it. */
static const struct {
    const cpts_actor_t *who;
    const cpts_actor_t *requester;
    const char *may; /* NULL: not there */
} persons[] = {
    { &pharmacist, &pharmacist, "cardx" },
    { &nurse, &pharmacist, NULL },
    { &other, &pharmacist, NULL },
    { &doctor, &pharmacist, "ard" },
    { &delegate, &pharmacist, "ard" },
    { &coordinator, &pharmacist, "cardx" },
    { &coordinator, &coordinator, "cardx" },
    { &doctor, &doctor, "cardx" },
    { &delegate, &doctor, "ard" },
    { &other, &other, "cardx" },
    { &pharmacist, &other, NULL },
};

/* What each letter makes of each state: none, or the new one. */
static const struct {
    char letter;
    cpts_placement_event_e event;
    const char *after[CPTS_PLACEMENT_STATES];
} happenings[] = {
    /* held, contacted, accepted, refused, declared, expired, cancelled */
    { 'c', CPTS_EVENT_CONTACT, { "contacted" } },
    { 'a', CPTS_EVENT_ACCEPT, { "accepted", "accepted" } },
    { 'r', CPTS_EVENT_REFUSE, { "refused", "refused", "refused" } },
    { 'd', CPTS_EVENT_DECLARE, { NULL, NULL, "declared" } },
    { 'x', CPTS_EVENT_CANCEL, { "cancelled", "cancelled" } },
    { 'e', CPTS_EVENT_EXPIRE, { NULL } },
};

static int takes(const char *state)
{
    return strcmp(state, "refused") && strcmp(state, "expired")
           && strcmp(state, "cancelled");
}

/* One cell of the table, on the placement with this code. */
static void try_cell(const char *code, size_t person, size_t what, int before)
{
    const char *word = cpts_placement_state_words[before];
    const char *after = happenings[what].after[before];
    const char *may = persons[person].may;
    int mine = may && strchr(may, happenings[what].letter);
    int reason = happenings[what].letter == 'r' ? CPTS_REASON_AWAY : -1;
    cpts_placement_t p;
    int64_t generation;

    store_exec(file, apr_psprintf(unit_pool,
                                  "UPDATE placement SET state = '%s',"
                                  " reason = %s, changed_at = 1",
                                  word,
                                  before == CPTS_PLACEMENT_REFUSED ? "'other'"
                                                                   : "NULL"));
    generation = store_number(file, "SELECT generation FROM territory");
    store_kind(try_event(&p, persons[person].who, code, happenings[what].event,
                         reason),
               !may     ? CPTS_DB_NONE
               : !mine  ? CPTS_DB_FORBIDDEN
               : !after ? CPTS_DB_CONSTRAINT
                        : CPTS_DB_OK);
    if (!mine || !after) {
        assert_int_equal(
            rows(apr_psprintf(unit_pool, "state = '%s' AND changed_at = 1",
                              word)),
            1);
        assert_int_equal(store_number(file, "SELECT generation FROM"
                                            " territory"),
                         generation);
        return;
    }
    assert_string_equal(cpts_placement_state_words[p.state], after);
    assert_int_equal(p.reason, reason);
    assert_int_equal(p.changed_at, now);
    assert_int_equal(
        rows(apr_psprintf(unit_pool,
                          "state = '%s' AND changed_at = %ld AND reason IS %s",
                          after, (long)now, reason < 0 ? "NULL" : "'away'")),
        1);
    /* told to every child when places came back, and only then */
    assert_int_equal(store_number(file, "SELECT generation FROM territory"),
                     generation + (takes(word) != takes(after)));
    assert_left(takes(after) ? 2 : 3, 1);
}

static void test_matrix(void **state)
{
    size_t count = sizeof(persons) / sizeof(persons[0]);

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    show(&coordinator, STORE_OWN, now);
    show(&doctor, STORE_OWN, now);
    show(&other, STORE_OWN, now);
    for (size_t person = 0; person < count; person++) {
        cpts_placement_t p = hold(persons[person].requester, 1, 0);

        for (int before = 0; before < CPTS_PLACEMENT_STATES; before++) {
            for (size_t what = 0; what < CPTS_EVENTS; what++) {
                try_cell(p.code, person, what, before);
            }
        }
        store_exec(file, "DELETE FROM placement");
    }
}

/* --- lists */

typedef struct {
    int count;
    int64_t ids[8];
    unsigned actors[8];
    int states[8];
} listed_t;

static cpts_db_e note(void *baton, const cpts_placement_t *row)
{
    listed_t *listed = baton;

    assert_in_range(listed->count, 0, 7);
    listed->ids[listed->count] = row->id;
    listed->actors[listed->count] = row->actor;
    listed->states[listed->count++] = row->state;
    return CPTS_DB_OK;
}

static listed_t list(const cpts_actor_t *who, int state, int64_t before,
                     int limit)
{
    cpts_placement_filter_t filter = { state, before, limit };
    listed_t listed = { 0 };

    store_kind(
        cpts_placement_list(db, who, &filter, now, note, &listed, unit_pool),
        CPTS_DB_OK);
    return listed;
}

static cpts_db_e stop(void *baton, const cpts_placement_t *row)
{
    ++*(int *)baton;
    (void)row;
    return CPTS_DB_FULL;
}

static void test_list(void **state)
{
    cpts_placement_filter_t all = { -1, 0, 50 };
    cpts_placement_t mine, hers, own, ended;
    listed_t l;
    int count = 0;

    (void)state;
    set_capacity(10, "month", 0);
    show(&pharmacist, STORE_OWN, now);
    show(&nurse, STORE_OWN, now);
    show(&doctor, STORE_OWN, now);
    limits.placement_hold = 1;
    ended = hold(&pharmacist, 1, 0);
    limits.placement_hold = 7;
    mine = hold(&pharmacist, 1, 0);
    hers = hold(&nurse, 1, 0);
    own = hold(&doctor, 1, 0);
    event(&nurse, hers.code, CPTS_EVENT_CONTACT);
    now += DAYS;
    l = list(&coordinator, -1, 0, 50);
    assert_int_equal(l.count, 4);
    assert_int_equal(l.ids[0], own.id);
    assert_int_equal(l.ids[3], ended.id);
    assert_int_equal(l.actors[0], CPTS_ACTOR_COORDINATOR);
    assert_int_equal(l.states[3], CPTS_PLACEMENT_EXPIRED);
    l = list(&pharmacist, -1, 0, 50);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.ids[0], mine.id);
    assert_int_equal(l.actors[0], CPTS_ACTOR_REQUESTER);
    l = list(&nurse, -1, 0, 50);
    assert_int_equal(l.count, 1);
    l = list(&doctor, -1, 0, 50);
    assert_int_equal(l.count, 4);
    assert_int_equal(l.actors[0], CPTS_ACTOR_DOCTOR | CPTS_ACTOR_REQUESTER);
    assert_int_equal(l.actors[1], CPTS_ACTOR_DOCTOR);
    assert_int_equal(list(&delegate, -1, 0, 50).count, 4);
    assert_int_equal(list(&other, -1, 0, 50).count, 0);
    /* pages */
    l = list(&coordinator, -1, own.id, 2);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.ids[0], hers.id);
    assert_int_equal(l.ids[1], mine.id);
    /* states, also the one that nobody has written down yet */
    l = list(&coordinator, CPTS_PLACEMENT_HELD, 0, 50);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.ids[1], mine.id);
    l = list(&coordinator, CPTS_PLACEMENT_CONTACTED, 0, 50);
    assert_int_equal(l.count, 1);
    assert_int_equal(l.ids[0], hers.id);
    l = list(&coordinator, CPTS_PLACEMENT_EXPIRED, 0, 50);
    assert_int_equal(l.count, 1);
    assert_int_equal(l.ids[0], ended.id);
    /* what the caller says ends the list */
    store_kind(cpts_placement_list(db, &coordinator, &all, now, stop, &count,
                                   unit_pool),
               CPTS_DB_FULL);
    assert_int_equal(count, 1);
}

/* --- what is erased elsewhere */

static void test_erased_sheet(void **state)
{
    cpts_placement_t held, accepted, read;
    int64_t id;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    held = hold(&pharmacist, 1, 0);
    accepted = hold(&pharmacist, 1, 0);
    event(&doctor, accepted.code, CPTS_EVENT_ACCEPT);
    /* erasing goes by the clock of the machine, whatever day it says */
    store_exec(file,
               apr_psprintf(unit_pool, "UPDATE placement SET expires_at = %ld",
                            (long)apr_time_sec(apr_time_now()) + DAYS));
    store_erase(db, &doctor, STORE_OWN);
    store_kind(
        cpts_placement_read(&read, db, &pharmacist, held.code, now, unit_pool),
        CPTS_DB_OK);
    assert_int_equal(read.state, CPTS_PLACEMENT_CANCELLED);
    assert_null(read.rpps);
    assert_null(read.doctor);
    assert_string_equal(read.account, "pharmacie");
    /* nothing to the account of the doctor, should it still be in use */
    store_kind(
        cpts_placement_read(&read, db, &doctor, held.code, now, unit_pool),
        CPTS_DB_NONE);
    /* the requester can still end what was accepted */
    event(&pharmacist, accepted.code, CPTS_EVENT_DECLARE);
    /* the same doctor comes back: a new sheet with all its places */
    id = store_create(db, STORE_OWN, "Jeanne", SUNDAY).id;
    assert_true(id > accepted.sheet);
    assert_left(3, 1);
    assert_int_equal(list(&doctor, -1, 0, 50).count, 0);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_NOT_SHOWN);
}

static void test_erased_account(void **state)
{
    cpts_placement_t p, read;
    cpts_actor_t again;

    (void)state;
    show(&pharmacist, STORE_OWN, now);
    p = hold(&pharmacist, 1, 0);
    store_exec(file, "DELETE FROM account WHERE name = 'pharmacie'");
    store_kind(cpts_placement_read(&read, db, &doctor, p.code, now, unit_pool),
               CPTS_DB_OK);
    assert_null(read.account);
    assert_null(read.profession);
    /* the next one of this name is somebody else */
    again = store_actor(db, "pharmacie", CPTS_PROFESSIONAL, NULL);
    assert_true(again.id > pharmacist.id);
    store_kind(cpts_placement_read(&read, db, &again, p.code, now, unit_pool),
               CPTS_DB_NONE);
    assert_left(2, 1);
    event(&doctor, p.code, CPTS_EVENT_REFUSE);
    assert_left(3, 1);
}

/* --- how much one account holds */

static void test_ceiling(void **state)
{
    cpts_placement_t p;

    (void)state;
    limits.held_places = 10;
    set_capacity(50, "month", 0);
    show(&pharmacist, STORE_OWN, now);
    show(&nurse, STORE_OWN, now);
    show(&coordinator, STORE_OWN, now);
    p = hold(&pharmacist, 4, 0);
    hold(&pharmacist, 5, 0);
    no_hold(&pharmacist, 2, 0, CPTS_HOLD_CEILING);
    hold(&pharmacist, 1, 0);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CEILING);
    event(&pharmacist, p.code, CPTS_EVENT_CONTACT);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CEILING);
    /* each has their own; the coordination places for everybody */
    hold(&nurse, 10, 0);
    hold(&coordinator, 10, 0);
    hold(&coordinator, 10, 0);
    /* an answer makes room, and so does the clock */
    event(&doctor, p.code, CPTS_EVENT_ACCEPT);
    hold(&pharmacist, 4, 0);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CEILING);
    now += 7 * DAYS - 1;
    show(&pharmacist, STORE_OWN, now);
    no_hold(&pharmacist, 1, 0, CPTS_HOLD_CEILING);
    now++;
    hold(&pharmacist, 10, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_hold),
        WORLD_TEST(test_not_shown),
        WORLD_TEST(test_closed),
        WORLD_TEST(test_pools),
        WORLD_TEST(test_capacity_changes),
        WORLD_TEST(test_shared_out_anew),
        WORLD_TEST(test_pause),
        WORLD_TEST(test_renewal),
        WORLD_TEST(test_expiry),
        WORLD_TEST(test_sweep),
        WORLD_TEST(test_clock_behind),
        WORLD_TEST(test_codes),
        WORLD_TEST(test_matrix),
        WORLD_TEST(test_list),
        WORLD_TEST(test_erased_sheet),
        WORLD_TEST(test_erased_account),
        WORLD_TEST(test_ceiling),
    };

    return UNIT_RUN(tests);
}
