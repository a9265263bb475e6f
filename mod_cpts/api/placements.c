/* SPDX-License-Identifier: Apache-2.0 */
/* /placements: places taken after a proposal, and what became of them. */

#include <apr_strings.h>

#include "api/change.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/body.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/placement.h"

/* Holds written down as expired with one change: bounds its length. */
#define EXPIRED_AT_ONCE 20

/* --- what is sent */

typedef struct {
    const char *rpps;
    int uses; /* index into uses_words */
    int places;
} start_t;

typedef struct {
    int reason;
} refusal_t;

typedef struct {
    int state;
    const char *cursor;
} list_query_t;

static const char *const uses_words[] = { "general", "reserved", NULL };

/* clang-format off */
static const cpts_field_t start_fields[] = {
    { "rpps", CPTS_STRING, CPTS_REQUIRED, 11, 11, &cpts_format_rpps, NULL,
      NULL, 0, offsetof(start_t, rpps),
      "A doctor whom a search proposed today or yesterday." },
    { "uses", CPTS_WORD, CPTS_REQUIRED, 0, 0, NULL, uses_words, NULL, 0,
      offsetof(start_t, uses),
      "reserved: places reserved for the priority groups may be used, and go "
      "first." },
    { "places", CPTS_INTEGER, CPTS_REQUIRED, 1, CPTS_PLACES_MAX, NULL, NULL,
      NULL, 0, offsetof(start_t, places),
      "People of the household: all at this doctor, or none." },
    { .name = NULL }
};

static const cpts_field_t no_fields[] = { { .name = NULL } };

static const cpts_field_t refusal_fields[] = {
    { "reason", CPTS_WORD, CPTS_REQUIRED, 0, 0, NULL,
      cpts_placement_reason_words, NULL, 0, offsetof(refusal_t, reason),
      "Why, from a fixed list." },
    { .name = NULL }
};

static const cpts_field_t list_query_fields[] = {
    { "state", CPTS_WORD, 0, 0, 0, NULL, cpts_placement_state_words, NULL, 0,
      offsetof(list_query_t, state), "Only those in this state." },
    { "cursor", CPTS_STRING, 0, 1, 20, NULL, NULL, NULL, 0,
      offsetof(list_query_t, cursor), "`next` of the page before." },
    { .name = NULL }
};
/* clang-format on */

/* --- what is answered */

typedef struct {
    const char *account, *profession, *structure;
} requester_t;

typedef struct {
    const char *code, *rpps, *doctor;
    requester_t *requester;
    int state, reason, places, reserved;
    const char *held_at, *expires_at, *changed_at;
    apr_array_header_t *events; /* of int */
} placement_t;

typedef struct {
    apr_array_header_t *placements; /* of placement_t */
    const char *next;
} placement_page_t;

typedef struct {
    int general, reserved, general_left, reserved_left;
    cpts_day_t renews_on;
} places_t;

/* clang-format off */
#define REQ CPTS_REQUIRED
#define TEXT(type, member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define COUNT(type, member, doc) \
    { #member, CPTS_INTEGER, REQ, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }

static const cpts_field_t requester_fields[] = {
    TEXT(requester_t, account, 0, "Account; null once erased."),
    TEXT(requester_t, profession, 0, "Profession, if it is known."),
    TEXT(requester_t, structure, 0, "Structure, if it is known."),
    { .name = NULL }
};

const cpts_field_t cpts_placement_fields[] = {
    TEXT(placement_t, code, REQ,
         "Code to write down: the only link to a patient, and not here."),
    TEXT(placement_t, rpps, 0, "RPPS of the doctor; null once erased."),
    TEXT(placement_t, doctor, 0, "Name of the doctor; null once erased."),
    { "requester", CPTS_OBJECT, REQ, 0, 0, NULL, NULL, requester_fields,
      sizeof(requester_t), offsetof(placement_t, requester),
      "Who started it." },
    { "state", CPTS_WORD, REQ, 0, 0, NULL, cpts_placement_state_words, NULL,
      0, offsetof(placement_t, state), "Where it stands." },
    { "reason", CPTS_WORD, 0, 0, 0, NULL, cpts_placement_reason_words, NULL,
      0, offsetof(placement_t, reason), "Of a refusal." },
    COUNT(placement_t, places, "Places taken in all."),
    COUNT(placement_t, reserved, "Of which reserved ones."),
    TEXT(placement_t, held_at, REQ, "When it was started, RFC 3339."),
    TEXT(placement_t, expires_at, REQ,
         "When the places go back unless the doctor accepts."),
    TEXT(placement_t, changed_at, REQ, "When its state changed."),
    { "events", CPTS_WORDS, REQ, 0, CPTS_EVENTS, NULL,
      cpts_placement_event_words, NULL, 0, offsetof(placement_t, events),
      "What the one who asks may do now: POST /placements/{code}/..." },
    { .name = NULL }
};

const cpts_field_t cpts_placement_page_fields[] = {
    { "placements", CPTS_OBJECTS, REQ, 0, CPTS_PAGE_SIZE, NULL, NULL,
      cpts_placement_fields, sizeof(placement_t),
      offsetof(placement_page_t, placements), "Newest first." },
    TEXT(placement_page_t, next, 0, "Cursor of the next page."),
    { .name = NULL }
};

const cpts_field_t cpts_places_fields[] = {
    COUNT(places_t, general, "General places of the period."),
    COUNT(places_t, reserved, "Reserved places of the period."),
    COUNT(places_t, general_left, "General places left."),
    COUNT(places_t, reserved_left, "Reserved places left."),
    { "renews_on", CPTS_DATE, REQ, 0, 0, NULL, NULL, NULL, 0,
      offsetof(places_t, renews_on), "First day of the next period." },
    { .name = NULL }
};
/* clang-format on */

static const char *time_text(apr_pool_t *pool, int64_t when)
{
    return cpts_page_time(pool, apr_time_from_sec(when));
}

static apr_array_header_t *events_of(const cpts_placement_t *p,
                                     apr_pool_t *pool)
{
    apr_array_header_t *events
        = apr_array_make(pool, CPTS_EVENTS, sizeof(int));
    unsigned bits = cpts_placement_events(p->state, p->actor);
    int event;

    for (event = 0; event < CPTS_EVENTS; event++) {
        if (bits >> event & 1u) {
            APR_ARRAY_PUSH(events, int) = event;
        }
    }
    return events;
}

static void fill(placement_t *out, const cpts_placement_t *p, apr_pool_t *pool)
{
    out->code = apr_pstrdup(pool, p->code);
    out->rpps = apr_pstrdup(pool, p->rpps);
    out->doctor = apr_pstrdup(pool, p->doctor);
    out->requester = apr_pcalloc(pool, sizeof(*out->requester));
    out->requester->account = apr_pstrdup(pool, p->account);
    out->requester->profession = apr_pstrdup(pool, p->profession);
    out->requester->structure = apr_pstrdup(pool, p->structure);
    out->state = p->state;
    out->reason = p->reason < 0 ? CPTS_NO_WORD : p->reason;
    out->places = p->general + p->reserved;
    out->reserved = p->reserved;
    out->held_at = time_text(pool, p->held_at);
    out->expires_at = time_text(pool, p->expires_at);
    out->changed_at = time_text(pool, p->changed_at);
    out->events = events_of(p, pool);
}

static void tell(cpts_changed_t *changed, const cpts_placement_t *p,
                 cpts_request_t *request)
{
    placement_t out;

    fill(&out, p, request->pool);
    changed->sheet = p->sheet;
    changed->placement = p->id;
    changed->outcome
        = p->reason < 0 ? NULL : cpts_placement_reason_words[p->reason];
    changed->about = out.code;
    changed->path = apr_pstrcat(request->pool, "/placements/", p->code, NULL);
    changed->json = cpts_fields_encode(cpts_placement_fields, &out, 0);
}

static cpts_clock_t clock_of(const cpts_request_t *request)
{
    cpts_clock_t clock = { cpts_request_now(request), request->today,
                           &request->territory->limits };

    return clock;
}

static cpts_db_e reread(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request)
{
    cpts_placement_t p;
    cpts_db_e rc
        = cpts_placement_read(&p, db, &request->actor, changed->about,
                              cpts_request_now(request), request->pool);

    if (rc == CPTS_DB_OK) {
        tell(changed, &p, request);
    }
    return rc;
}

/* Every change also writes down what the clock has ended. */
static cpts_db_e expire(cpts_db_t *db, const cpts_request_t *request)
{
    int count;

    return cpts_placement_expire(&count, db, cpts_request_now(request),
                                 EXPIRED_AT_ONCE);
}

/* --- starting */

static const struct {
    const char *code, *detail;
} refusals[] = {
    [CPTS_HOLD_OK] = { NULL, NULL },
    [CPTS_HOLD_NOT_SHOWN]
    = { "not_proposed",
        "Ce médecin ne vous a pas été proposé depuis hier\u00a0: refaites une "
        "recherche." },
    [CPTS_HOLD_CLOSED]
    = { "not_open",
        "Ce médecin ne prend plus de patients aujourd’hui\u00a0: refaites une "
        "recherche." },
    [CPTS_HOLD_FULL]
    = { "no_place_left",
        "Il n’y a plus assez de places chez ce médecin\u00a0: refaites une "
        "recherche." },
    [CPTS_HOLD_CEILING]
    = { "too_many_held",
        "Vous retenez déjà trop de places sans réponse\u00a0: menez à terme "
        "ou annulez des placements en cours." },
};

static cpts_db_e start_in(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, void *baton)
{
    const start_t *start = baton;
    cpts_hold_t hold = { start->rpps, start->places, start->uses };
    cpts_clock_t clock = clock_of(request);
    cpts_hold_e why = CPTS_HOLD_OK;
    cpts_placement_t p;
    cpts_db_e rc = expire(db, request);

    if (rc == CPTS_DB_OK) {
        rc = cpts_placement_hold(&p, &why, db, &request->actor, &hold, &clock,
                                 request->pool);
    }
    changed->code = refusals[why].code;
    changed->detail = refusals[why].detail;
    if (rc == CPTS_DB_OK) {
        tell(changed, &p, request);
    }
    return rc;
}

static const cpts_change_t starting
    = { HTTP_CREATED, CPTS_DID_PLACEMENT_HOLD, start_in, reread };

static int start_placement(cpts_request_t *request)
{
    start_t start;
    int problem = cpts_body_decode(request, start_fields, &start);

    return problem == OK ? cpts_change_run(request, &starting, &start)
                         : problem;
}

/* --- events: one row each */

typedef struct {
    cpts_placement_event_e event;
    int reason; /* or -1 */
} happening_t;

static cpts_db_e happen(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton)
{
    const happening_t *what = baton;
    char code[CPTS_CODE_SIZE];
    cpts_placement_t p;
    cpts_db_e rc;

    if (cpts_code_parse(code, request->values[CPTS_PARAMETER_CODE]) != 0) {
        return CPTS_DB_NONE;
    }
    rc = expire(db, request);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_placement_event(&p, db, &request->actor, code, what->event,
                              what->reason, cpts_request_now(request),
                              request->pool);
    if (rc == CPTS_DB_CONSTRAINT) {
        changed->code = apr_pstrcat(request->pool, "placement_",
                                    cpts_placement_state_words[p.state], NULL);
        changed->detail = "Ce placement n’en est plus là\u00a0: relisez-le.";
    }
    if (rc == CPTS_DB_OK) {
        tell(changed, &p, request);
    }
    return rc;
}

static const cpts_change_t happenings[CPTS_EVENTS] = {
    [CPTS_EVENT_CONTACT]
    = { HTTP_OK, CPTS_DID_PLACEMENT_CONTACT, happen, reread },
    [CPTS_EVENT_ACCEPT]
    = { HTTP_OK, CPTS_DID_PLACEMENT_ACCEPT, happen, reread },
    [CPTS_EVENT_REFUSE]
    = { HTTP_OK, CPTS_DID_PLACEMENT_REFUSE, happen, reread },
    [CPTS_EVENT_DECLARE]
    = { HTTP_OK, CPTS_DID_PLACEMENT_DECLARE, happen, reread },
    [CPTS_EVENT_CANCEL]
    = { HTTP_OK, CPTS_DID_PLACEMENT_CANCEL, happen, reread },
};

static int run_event(cpts_request_t *request, cpts_placement_event_e event,
                     const cpts_field_t *fields)
{
    refusal_t refusal = { -1 };
    happening_t what = { event, -1 };
    int problem = cpts_body_decode(request, fields, &refusal);

    what.reason = refusal.reason;
    return problem == OK ? cpts_change_run(request, &happenings[event], &what)
                         : problem;
}

static int contact(cpts_request_t *request)
{
    return run_event(request, CPTS_EVENT_CONTACT, no_fields);
}

static int accept_placement(cpts_request_t *request)
{
    return run_event(request, CPTS_EVENT_ACCEPT, no_fields);
}

static int refuse(cpts_request_t *request)
{
    return run_event(request, CPTS_EVENT_REFUSE, refusal_fields);
}

static int declare(cpts_request_t *request)
{
    return run_event(request, CPTS_EVENT_DECLARE, no_fields);
}

static int cancel(cpts_request_t *request)
{
    return run_event(request, CPTS_EVENT_CANCEL, no_fields);
}

/* --- reading */

/* What a reading is handed, and finds. */
typedef struct {
    cpts_request_t *request;
    placement_page_t page;
    int64_t last;
    json_t *json;
} reading_t;

typedef cpts_db_e read_fn(reading_t *reading, cpts_db_t *db);

static int read_with(reading_t *reading, read_fn *fn)
{
    cpts_request_t *request = reading->request;
    cpts_database_t *database;
    cpts_db_t *db;
    int problem;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = fn(reading, db);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(request, HTTP_OK, reading->json)
                         : problem;
}

static cpts_db_e read_one(reading_t *reading, cpts_db_t *db)
{
    cpts_request_t *request = reading->request;
    char code[CPTS_CODE_SIZE];
    cpts_placement_t p;
    placement_t out;
    cpts_db_e rc;

    if (cpts_code_parse(code, request->values[CPTS_PARAMETER_CODE]) != 0) {
        return CPTS_DB_NONE;
    }
    rc = cpts_placement_read(&p, db, &request->actor, code,
                             cpts_request_now(request), request->pool);
    if (rc == CPTS_DB_OK) {
        fill(&out, &p, request->pool);
        reading->json = cpts_fields_encode(cpts_placement_fields, &out, 0);
    }
    return rc;
}

static int get_placement(cpts_request_t *request)
{
    reading_t reading = { .request = request };

    return read_with(&reading, read_one);
}

static cpts_db_e add_row(void *baton, const cpts_placement_t *row)
{
    reading_t *reading = baton;
    apr_pool_t *pool = reading->request->pool;

    if (reading->page.placements->nelts == CPTS_PAGE_SIZE) {
        /* One more than a page: there is a next one. */
        reading->page.next = cpts_page_next(pool, reading->last);
        return CPTS_DB_OK;
    }
    fill(apr_array_push(reading->page.placements), row, pool);
    reading->last = row->id;
    return CPTS_DB_OK;
}

static cpts_db_e read_list(reading_t *reading, cpts_db_t *db)
{
    cpts_request_t *request = reading->request;
    const list_query_t *query = request->query;
    cpts_placement_filter_t filter
        = { query->state, reading->last, CPTS_PAGE_SIZE + 1 };
    cpts_db_e rc = cpts_placement_list(db, &request->actor, &filter,
                                       cpts_request_now(request), add_row,
                                       reading, request->pool);

    if (rc == CPTS_DB_OK) {
        reading->json = cpts_fields_encode(cpts_placement_page_fields,
                                           &reading->page, 0);
    }
    return rc;
}

static int list_placements(cpts_request_t *request)
{
    const list_query_t *query = request->query;
    reading_t reading = { .request = request };
    int problem = cpts_page_start(request, query->cursor, &reading.last);

    reading.page.placements
        = apr_array_make(request->pool, CPTS_PAGE_SIZE, sizeof(placement_t));
    return problem == OK ? read_with(&reading, read_list) : problem;
}

static cpts_db_e read_places(reading_t *reading, cpts_db_t *db)
{
    cpts_request_t *request = reading->request;
    cpts_clock_t clock = clock_of(request);
    cpts_stored_sheet_t own;
    cpts_places_t left;
    places_t out;
    cpts_db_e rc = cpts_sheet_read(&own, db, &request->actor, request->rpps,
                                   request->pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_places_read(&left, NULL, db, request->rpps, &clock,
                              request->pool);
    }
    if (rc == CPTS_DB_OK) {
        out.general = left.general;
        out.reserved = left.reserved;
        out.general_left = left.general_left;
        out.reserved_left = left.reserved_left;
        out.renews_on = left.renews_on;
        reading->json = cpts_fields_encode(cpts_places_fields, &out, 0);
    }
    return rc;
}

static int get_places(cpts_request_t *request)
{
    reading_t reading = { .request = request };

    return read_with(&reading, read_places);
}

/* clang-format off */
#define FLAGS (CPTS_WRITES | CPTS_TAKES_KEY)

const cpts_route_t cpts_routes_placements[] = {
    { M_GET, "/placements", CPTS_SIGNED_IN, 0, list_placements,
      "listPlacements",
      "Placements that are something to who asks, newest first.",
      list_query_fields, sizeof(list_query_t), NULL, "200 400",
      "PlacementPage" },
    { M_POST, "/placements", CPTS_SEARCHERS, FLAGS, start_placement,
      "startPlacement",
      "Take places at a proposed doctor for a limited time.", NULL, 0,
      start_fields, "201 409 422", "Placement" },
    { M_GET, "/placements/{code}", CPTS_SIGNED_IN, 0, get_placement,
      "readPlacement", "One placement.", NULL, 0, NULL, "200 404",
      "Placement" },
    { M_POST, "/placements/{code}/contact", CPTS_SIGNED_IN, FLAGS, contact,
      "contactDoctor", "The doctor has been asked.", NULL, 0, no_fields,
      "200 403 404 409 422", "Placement" },
    { M_POST, "/placements/{code}/accept", CPTS_SIGNED_IN, FLAGS,
      accept_placement, "acceptPlacement", "The doctor takes the patient.",
      NULL, 0, no_fields, "200 403 404 409 422", "Placement" },
    { M_POST, "/placements/{code}/refuse", CPTS_SIGNED_IN, FLAGS, refuse,
      "refusePlacement", "It comes to nothing: the places go back.", NULL, 0,
      refusal_fields, "200 403 404 409 422", "Placement" },
    { M_POST, "/placements/{code}/declare", CPTS_SIGNED_IN, FLAGS, declare,
      "declarePlacement", "The declaration is made.", NULL, 0, no_fields,
      "200 403 404 409 422", "Placement" },
    { M_POST, "/placements/{code}/cancel", CPTS_SIGNED_IN, FLAGS, cancel,
      "cancelPlacement", "Given up before the doctor answered.", NULL, 0,
      no_fields, "200 403 404 409 422", "Placement" },
    { M_GET, "/sheets/{rpps}/places", CPTS_SHEET_KEEPERS, 0, get_places,
      "readPlaces", "Places left in the present period.", NULL, 0, NULL,
      "200 404", "Places" },
    { .path = NULL }
};
/* clang-format on */
