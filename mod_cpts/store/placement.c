/* SPDX-License-Identifier: Apache-2.0 */
/* Placements in the database: places taken, kept and given back. */

#include "store/placement.h"

#include <limits.h>
#include <string.h>

#include <apr_strings.h>

#include "core/sheet.h"
#include "store/journal.h"
#include "store/sheet_rows.h"

/* Random codes tried: one in three thousand million is taken already. */
#define CODES_MAX 5

/* A proposal may be taken up until the end of the next day. */
#define SHOWN_DAYS 1

#define SECONDS_PER_DAY 86400

/* --- the sheet, and what is left of its places */

typedef struct {
    int64_t id;
    cpts_sheet_t *sheet;
    cpts_places_t places;
} desk_t;

static void count_left(desk_t *desk, int general_taken, int reserved_taken,
                       cpts_day_t today)
{
    const cpts_capacity_t *capacity = desk->sheet->availability->capacity;
    cpts_places_t *p = &desk->places;

    p->reserved = capacity->reserved;
    p->general = capacity->places - capacity->reserved;
    cpts_places_left(&p->general_left, &p->reserved_left, p->general,
                     p->reserved, general_taken, reserved_taken);
    p->renews_on = cpts_period_end(capacity->period, today) + 1;
}

/* The row under its RPPS; CPTS_DB_NONE when there is none. */
static cpts_db_e read_desk(desk_t *desk, cpts_db_t *db, const char *rpps,
                           int64_t now, cpts_day_t today, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_first(
        db, CPTS_SQL_PLACES_READ, "ssls",
        cpts_day_string(pool, cpts_period_begin(CPTS_PERIOD_WEEK, today)),
        cpts_day_string(pool, cpts_period_begin(CPTS_PERIOD_MONTH, today)),
        now, rpps);
    cpts_day_t confirmed;

    memset(desk, 0, sizeof(*desk));
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    desk->id = cpts_db_int64(db, 0);
    desk->sheet = cpts_sheet_decode_stored(cpts_db_text(db, 2), pool);
    if (desk->sheet && cpts_day_parse(&confirmed, cpts_db_text(db, 1)) == 0) {
        desk->sheet->confirmed_on = confirmed;
        if (desk->sheet->availability->capacity) {
            count_left(desk, (int)cpts_db_int64(db, 3),
                       (int)cpts_db_int64(db, 4), today);
        }
        rc = CPTS_DB_OK;
    }
    else {
        cpts_db_explain(db, "the stored sheet %lld does not decode",
                        (long long)desk->id);
        rc = CPTS_DB_ERROR;
    }
    cpts_db_end(db);
    return rc;
}

cpts_db_e cpts_places_read(cpts_places_t *out, int64_t *sheet, cpts_db_t *db,
                           const char *rpps, const cpts_clock_t *clock,
                           apr_pool_t *pool)
{
    desk_t desk;
    cpts_db_e rc = read_desk(&desk, db, rpps, clock->now, clock->today, pool);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (sheet) {
        *sheet = desk.id;
    }
    *out = desk.places;
    return desk.sheet->availability->capacity ? CPTS_DB_OK : CPTS_DB_NONE;
}

/* --- the clock */

/* Write one down; its sheet's places came back at its time by themselves. */
static cpts_db_e expire_one(cpts_db_t *db, int64_t id, int64_t sheet,
                            int64_t now)
{
    cpts_entry_t entry = { .at = now,
                           .did = CPTS_DID_PLACEMENT_EXPIRE,
                           .sheets = &sheet,
                           .count = 1,
                           .placement = id };
    cpts_db_e rc
        = cpts_db_run(db, NULL, CPTS_SQL_PLACEMENT_EXPIRE, "ls", id,
                      cpts_placement_state_words[CPTS_PLACEMENT_EXPIRED]);

    return rc == CPTS_DB_OK ? cpts_journal_append(db, &entry, NULL) : rc;
}

/* Those of one sheet, or of all: 0. */
static cpts_db_e expire_of(int *count, cpts_db_t *db, int64_t sheet,
                           int64_t now, int most)
{
    int64_t id, at;
    cpts_db_e rc = CPTS_DB_OK;

    for (*count = 0; *count < most && rc == CPTS_DB_OK; ++*count) {
        rc = cpts_db_first(db, CPTS_SQL_PLACEMENT_DUE, "ll", now, sheet);
        if (rc == CPTS_DB_NONE) {
            return CPTS_DB_OK;
        }
        if (rc == CPTS_DB_ROW) {
            id = cpts_db_int64(db, 0);
            at = cpts_db_int64(db, 1);
            cpts_db_end(db);
            rc = expire_one(db, id, at, now);
        }
    }
    return rc;
}

cpts_db_e cpts_placement_expire(int *count, cpts_db_t *db, int64_t now,
                                int most)
{
    return expire_of(count, db, 0, now, most);
}

/* --- holding */

/* What a search would say of it today. */
static int takes_patients(const desk_t *desk, const cpts_clock_t *clock)
{
    const cpts_sheet_t *sheet = desk->sheet;

    return cpts_availability_on(sheet->availability, clock->today)
               == CPTS_STATE_OPEN
           && clock->today - sheet->confirmed_on
                  <= clock->limits->sheet_validity
           && (sheet->retirement == CPTS_NO_DAY
               || clock->today < sheet->retirement);
}

/* Nobody browses the list by holding places: what is held was proposed. */
static cpts_db_e was_shown(cpts_db_t *db, const cpts_actor_t *actor,
                           int64_t sheet, const cpts_clock_t *clock)
{
    int64_t one;
    int64_t since = apr_time_sec(cpts_day_begin(clock->today - SHOWN_DAYS));

    return cpts_db_number(&one, db, CPTS_SQL_PLACEMENT_SHOWN, "lll", actor->id,
                          since, sheet);
}

/* One account cannot take all places of a territory; the coordination places
 * for everybody. */
static cpts_db_e count_held(cpts_hold_e *why, cpts_db_t *db,
                            const cpts_actor_t *actor, int places,
                            const cpts_clock_t *clock)
{
    int64_t held;
    cpts_db_e rc = cpts_db_number(&held, db, CPTS_SQL_PLACEMENT_HELD, "ll",
                                  actor->id, clock->now);

    if (rc == CPTS_DB_OK && actor->role != CPTS_COORDINATOR
        && held + places > clock->limits->held_places) {
        *why = CPTS_HOLD_CEILING;
    }
    return rc;
}

/* What counts as free is written down as such: a request whose clock is
 * behind cannot accept it any more. */
static cpts_db_e free_due(cpts_db_t *db, const desk_t *desk, int64_t now)
{
    int count;

    return expire_of(&count, db, desk->id, now, INT_MAX);
}

/* Everything that must hold before places are taken. */
static cpts_db_e may_hold(cpts_hold_e *why, desk_t *desk, cpts_db_t *db,
                          const cpts_actor_t *actor, const cpts_hold_t *hold,
                          const cpts_clock_t *clock, apr_pool_t *pool)
{
    cpts_db_e rc
        = read_desk(desk, db, hold->rpps, clock->now, clock->today, pool);

    *why = CPTS_HOLD_OK;
    if (rc == CPTS_DB_OK) {
        rc = was_shown(db, actor, desk->id, clock);
    }
    if (rc == CPTS_DB_NONE) {
        /* nor is a sheet that is not there told from one that is */
        *why = CPTS_HOLD_NOT_SHOWN;
        return CPTS_DB_CONSTRAINT;
    }
    if (rc == CPTS_DB_OK && !takes_patients(desk, clock)) {
        *why = CPTS_HOLD_CLOSED;
    }
    else if (rc == CPTS_DB_OK) {
        rc = count_held(why, db, actor, hold->places, clock);
    }
    return rc == CPTS_DB_OK && *why != CPTS_HOLD_OK ? CPTS_DB_CONSTRAINT : rc;
}

static cpts_db_e insert(cpts_placement_t *p, cpts_db_t *db,
                        const cpts_actor_t *actor, const char *today)
{
    cpts_db_e rc = CPTS_DB_CONFLICT;

    for (int i = 0; i < CODES_MAX && rc == CPTS_DB_CONFLICT; i++) {
        if (cpts_code_make(p->code) != 0) {
            cpts_db_explain(db, "there are no random bytes");
            return CPTS_DB_ERROR;
        }
        rc = cpts_db_run(db, NULL, CPTS_SQL_PLACEMENT_ADD, "slliissll",
                         p->code, p->sheet, actor->id, p->general, p->reserved,
                         cpts_placement_state_words[p->state], today,
                         p->held_at, p->expires_at);
    }
    p->id = cpts_db_last_id(db);
    return rc;
}

cpts_db_e cpts_placement_hold(cpts_placement_t *out, cpts_hold_e *why,
                              cpts_db_t *db, const cpts_actor_t *actor,
                              const cpts_hold_t *hold,
                              const cpts_clock_t *clock, apr_pool_t *pool)
{
    desk_t desk;
    cpts_db_e rc = may_hold(why, &desk, db, actor, hold, clock, pool);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    memset(out, 0, sizeof(*out));
    if (cpts_places_split(&out->general, &out->reserved,
                          desk.places.general_left, desk.places.reserved_left,
                          hold->places, hold->reserved)
        != 0) {
        *why = CPTS_HOLD_FULL;
        return CPTS_DB_CONSTRAINT;
    }
    rc = free_due(db, &desk, clock->now);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    out->sheet = desk.id;
    out->state = CPTS_PLACEMENT_HELD;
    out->held_at = clock->now;
    out->expires_at
        = clock->now
          + (int64_t)clock->limits->placement_hold * SECONDS_PER_DAY;
    rc = insert(out, db, actor, cpts_day_string(pool, clock->today));
    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_touch(db, desk.id);
    }
    return rc == CPTS_DB_OK ? cpts_placement_read(out, db, actor, out->code,
                                                  clock->now, pool)
                            : rc;
}

/* --- reading */

/* What the one who asks is to a row. */
static unsigned relation(const cpts_placement_t *p, int64_t account,
                         const cpts_actor_t *actor)
{
    unsigned bits = account == actor->id ? CPTS_ACTOR_REQUESTER : 0;

    if (actor->role == CPTS_COORDINATOR) {
        bits |= CPTS_ACTOR_COORDINATOR;
    }
    if (actor->rpps && p->rpps && strcmp(actor->rpps, p->rpps) == 0) {
        bits |= CPTS_ACTOR_DOCTOR;
    }
    return bits;
}

static void read_row(cpts_placement_t *p, cpts_db_t *db,
                     const cpts_actor_t *actor, int64_t now, apr_pool_t *pool)
{
    const char *reason = cpts_db_text(db, 11);

    memset(p, 0, sizeof(*p));
    p->id = cpts_db_int64(db, 0);
    apr_cpystrn(p->code, cpts_db_text(db, 1), sizeof(p->code));
    p->sheet = cpts_db_int64(db, 2);
    p->rpps = apr_pstrdup(pool, cpts_db_text(db, 3));
    p->doctor = apr_pstrdup(pool, cpts_db_text(db, 4));
    p->account = apr_pstrdup(pool, cpts_db_text(db, 6));
    p->profession = apr_pstrdup(pool, cpts_db_text(db, 7));
    p->structure = apr_pstrdup(pool, cpts_db_text(db, 8));
    p->general = (int)cpts_db_int64(db, 9);
    p->reserved = (int)cpts_db_int64(db, 10);
    p->reason = reason ? cpts_placement_reason_parse(reason) : -1;
    p->state = cpts_placement_state_parse(cpts_db_text(db, 12));
    p->held_at = cpts_db_int64(db, 13);
    p->expires_at = cpts_db_int64(db, 14);
    p->changed_at = cpts_db_int64(db, 15);
    p->actor = relation(p, cpts_db_int64(db, 5), actor);
    if (p->expires_at <= now
        && cpts_placement_next(p->state, CPTS_EVENT_EXPIRE, CPTS_ACTOR_SYSTEM)
               >= 0) {
        /* nobody has written it down yet */
        p->state = CPTS_PLACEMENT_EXPIRED;
        p->changed_at = p->expires_at;
    }
}

cpts_db_e cpts_placement_read(cpts_placement_t *out, cpts_db_t *db,
                              const cpts_actor_t *actor, const char *code,
                              int64_t now, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_PLACEMENT_READ, "s", code);

    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    read_row(out, db, actor, now, pool);
    cpts_db_end(db);
    return out->actor ? CPTS_DB_OK : CPTS_DB_NONE;
}

static cpts_db_e begin_list(cpts_db_t *db, const cpts_actor_t *actor,
                            const cpts_placement_filter_t *filter, int64_t now)
{
    return cpts_db_begin(
        db, CPTS_SQL_PLACEMENT_LIST, "slsllsi", cpts_role_words[actor->role],
        actor->id, actor->rpps, filter->before, now,
        filter->state < 0 ? NULL : cpts_placement_state_words[filter->state],
        filter->limit);
}

cpts_db_e cpts_placement_list(cpts_db_t *db, const cpts_actor_t *actor,
                              const cpts_placement_filter_t *filter,
                              int64_t now, cpts_placement_row_fn *fn,
                              void *baton, apr_pool_t *pool)
{
    cpts_placement_t row;
    apr_pool_t *own;
    cpts_db_e rc = begin_list(db, actor, filter, now);

    if (rc == CPTS_DB_OK && apr_pool_create(&own, pool) != APR_SUCCESS) {
        cpts_db_end(db);
        return CPTS_DB_ERROR;
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        apr_pool_clear(own);
        read_row(&row, db, actor, now, own);
        rc = fn(baton, &row);
    }
    cpts_db_end(db);
    apr_pool_destroy(own);
    return rc;
}

/* --- events */

static const char *reason_word(int reason)
{
    return reason < 0 ? NULL : cpts_placement_reason_words[reason];
}

/* Written only if nobody was faster. */
static cpts_db_e set_state(cpts_db_t *db, const cpts_placement_t *p, int state,
                           int reason, int64_t now)
{
    int changed = 0;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_PLACEMENT_SET, "lsssl",
                               p->id, cpts_placement_state_words[p->state],
                               cpts_placement_state_words[state],
                               reason_word(reason), now);

    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_CONSTRAINT : rc;
}

cpts_db_e cpts_placement_event(cpts_placement_t *out, cpts_db_t *db,
                               const cpts_actor_t *actor, const char *code,
                               cpts_placement_event_e event, int reason,
                               int64_t now, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_placement_read(out, db, actor, code, now, pool);
    int state;

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    state = cpts_placement_next(out->state, (int)event, out->actor);
    if (state < 0) {
        return state == CPTS_PLACEMENT_WRONG_ACTOR ? CPTS_DB_FORBIDDEN
                                                   : CPTS_DB_CONSTRAINT;
    }
    rc = set_state(db, out, state, reason, now);
    if (rc == CPTS_DB_OK
        && cpts_placement_takes(state) != cpts_placement_takes(out->state)) {
        rc = cpts_sheet_touch(db, out->sheet);
    }
    if (rc == CPTS_DB_OK) {
        out->state = state;
        out->reason = reason;
        out->changed_at = now;
    }
    return rc;
}
