/* SPDX-License-Identifier: Apache-2.0 */
/* /sheets: list, create, read, replace, erase. */

#include <string.h>

#include <apr_strings.h>
#include <http_protocol.h>

#include "api/change.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/text.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

/* The query of the list. */
typedef struct {
    int state;
    const char *commune;
    int stale; /* index into stale_words */
    const char *q;
    int order; /* index into cpts_sheet_order_words */
    const char *cursor;
} list_query_t;

static const char *const stale_words[] = { "false", "true", NULL };

/* A page being filled. */
typedef struct {
    cpts_request_t *request;
    cpts_sheet_order_e order;
    cpts_page_t page;
    int64_t last;
    const char *last_key;
} listing_t;

static apr_array_header_t *commune_names(const cpts_request_t *request,
                                         const cpts_sheet_t *sheet)
{
    apr_array_header_t *names = apr_array_make(
        request->pool, sheet->sites->nelts, sizeof(const char *));
    int i;

    for (i = 0; i < sheet->sites->nelts; i++) {
        const char *insee
            = APR_ARRAY_IDX(sheet->sites, i, cpts_site_t).commune;
        const cpts_commune_t *commune
            = cpts_territory_commune(request->territory, insee);

        APR_ARRAY_PUSH(names, const char *)
            = apr_pstrdup(request->pool, commune ? commune->name : insee);
    }
    return names;
}

/* In an order of its own a cursor is the number of a sheet, and the key that
 * it had: it may be another by then. */
static const char *next_of(const listing_t *listing)
{
    apr_pool_t *pool = listing->request->pool;
    const char *next = cpts_page_next(pool, listing->last);

    return listing->last_key
               ? apr_pstrcat(pool, next, ".", listing->last_key, NULL)
               : next;
}

static int start_of(cpts_sheet_filter_t *filter, cpts_request_t *request,
                    const char *cursor)
{
    const char *dot = cursor ? strchr(cursor, '.') : NULL;

    if (cursor && filter->order != CPTS_ORDER_CREATED) {
        filter->after_key = dot ? dot + 1 : NULL;
        /* none of this order: no number either */
        cursor = dot ? apr_pstrmemdup(request->pool, cursor,
                                      (apr_size_t)(dot - cursor))
                     : "";
    }
    return cpts_page_start(request, cursor, &filter->after);
}

static cpts_db_e add_row(void *baton, const cpts_stored_sheet_t *row)
{
    listing_t *listing = baton;
    const cpts_request_t *request = listing->request;
    const cpts_sheet_t *sheet = row->sheet;
    cpts_state_e state
        = cpts_availability_on(sheet->availability, request->today);
    cpts_summary_t *summary;

    if (listing->page.sheets->nelts == CPTS_PAGE_SIZE) {
        /* One more than a page: there is a next one. */
        listing->page.next = next_of(listing);
        return CPTS_DB_OK;
    }
    summary = apr_array_push(listing->page.sheets);
    summary->capacity = NULL;
    summary->rpps = apr_pstrdup(request->pool, sheet->rpps);
    summary->name = apr_pstrdup(request->pool, sheet->name);
    summary->state = (int)state;
    summary->until = state == CPTS_STATE_PAUSED ? sheet->availability->until
                                                : CPTS_NO_DAY;
    summary->from = state == CPTS_STATE_OPENING ? sheet->availability->from
                                                : CPTS_NO_DAY;
    if (sheet->availability->capacity) {
        summary->capacity
            = apr_pmemdup(request->pool, sheet->availability->capacity,
                          sizeof(*summary->capacity));
    }
    summary->communes = commune_names(request, sheet);
    summary->confirmed_on = sheet->confirmed_on;
    summary->confirmed_by = sheet->confirmed_by;
    summary->stale = request->today - sheet->confirmed_on
                     > request->territory->limits.sheet_validity;
    listing->last = row->id;
    if (listing->order != CPTS_ORDER_CREATED
        && listing->page.sheets->nelts == CPTS_PAGE_SIZE) {
        listing->last_key = cpts_sheet_key(
            listing->order, sheet->name,
            cpts_day_string(request->pool, sheet->confirmed_on),
            request->pool);
    }
    return CPTS_DB_OK;
}

/* Both of one state of the database. */
static cpts_db_e read_page(listing_t *listing, cpts_db_t *db,
                           const cpts_sheet_filter_t *filter)
{
    apr_pool_t *pool = listing->request->pool;
    int64_t total = 0;
    cpts_db_e rc = cpts_db_start_read(db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_count(&total, db, filter, pool);
    }
    listing->page.total = (int)total;
    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_list(db, filter, add_row, listing, pool);
    }
    cpts_db_rollback(db);
    return rc;
}

static int list_sheets(cpts_request_t *request)
{
    const list_query_t *query = request->query;
    cpts_sheet_filter_t filter = {
        .state
        = query->state == CPTS_NO_WORD ? NULL : cpts_state_words[query->state],
        .commune = query->commune,
        .stale = query->stale == CPTS_NO_WORD ? -1 : query->stale,
        .search = query->q ? cpts_text_fold(request->pool, query->q) : NULL,
        .limit = CPTS_PAGE_SIZE + 1,
        .fresh_since
        = request->today - request->territory->limits.sheet_validity,
        .today = request->today,
        .order = query->order == CPTS_NO_WORD
                     ? CPTS_ORDER_CREATED
                     : (cpts_sheet_order_e)query->order,
    };
    listing_t listing = { .request = request, .order = filter.order };
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc;
    int problem;

    problem = start_of(&filter, request, query->cursor);
    if (problem != OK) {
        return problem;
    }
    listing.page.sheets = apr_array_make(request->pool, CPTS_PAGE_SIZE,
                                         sizeof(cpts_summary_t));
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = read_page(&listing, db, &filter);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_page_fields, &listing.page, 0))
                         : problem;
}

/* A sheet of the body with what was stored before, or a problem. */
static int decode_body(cpts_sheet_t **sheet, cpts_request_t *request,
                       const cpts_sheet_t *before)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);

    *sheet = cpts_sheet_decode(request->body, request->territory, before,
                               request->today, faults, request->pool);
    return *sheet ? OK
                  : cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY,
                                        NULL, faults);
}

static cpts_db_e create_in(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, void *baton)
{
    const cpts_sheet_t *sheet = baton;
    cpts_stored_sheet_t stored;
    cpts_db_e rc = cpts_sheet_create(
        &stored, db, sheet,
        cpts_sheet_search_text(sheet, request->territory, request->pool),
        request->actor.role == CPTS_DOCTOR ? CPTS_BY_DOCTOR
                                           : CPTS_BY_COORDINATOR,
        request->today, request->pool);

    if (rc == CPTS_DB_OK) {
        cpts_changed_sheet(changed, request, &stored);
    }
    return rc;
}

static const cpts_change_t creation = { HTTP_CREATED, CPTS_DID_SHEET_CREATE,
                                        create_in, cpts_change_reread_sheet };

/* A doctor's own, whatever is stored. */
static int may_create(const cpts_request_t *request, const cpts_sheet_t *sheet)
{
    const char *own = request->actor.rpps;

    return request->actor.role == CPTS_COORDINATOR
           || (own && strcmp(own, sheet->rpps) == 0);
}

static int create_sheet(cpts_request_t *request)
{
    cpts_sheet_t *sheet;
    int problem = decode_body(&sheet, request, NULL);

    if (problem == OK && !may_create(request, sheet)) {
        problem = cpts_problem(request->r, HTTP_FORBIDDEN, "not_own_sheet",
                               "Une fiche ne peut être créée que pour votre "
                               "propre numéro RPPS.");
    }
    if (problem != OK) {
        return problem;
    }
    if (!cpts_rpps_luhn(sheet->rpps)) {
        /* Not an error: real numbers exist whose key is wrong. */
        apr_table_setn(request->r->headers_out, "Cpts-Warning",
                       "rpps_check_digit");
    }
    return cpts_change_run(request, &creation, sheet);
}

/* Read the sheet of the path; the connection is given back. */
static int read_stored(cpts_stored_sheet_t *stored, cpts_request_t *request)
{
    cpts_database_t *database;
    cpts_db_t *db;
    int problem = OK;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_sheet_read(stored, db, &request->actor, request->rpps,
                         request->pool);
    if (rc != CPTS_DB_OK) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    return problem;
}

static int read_sheet(cpts_request_t *request)
{
    cpts_stored_sheet_t stored;
    cpts_changed_t found = { .sheet = 0 };
    int problem = read_stored(&stored, request);

    if (problem != OK) {
        return problem;
    }
    cpts_reply_etag(request, stored.version);
    problem = ap_meets_conditions(request->r);
    if (problem != OK) {
        return problem;
    }
    cpts_changed_sheet(&found, request, &stored);
    return cpts_change_reply(request, HTTP_OK, &found);
}

/* What replace_in() is handed. */
typedef struct {
    cpts_sheet_t *sheet;
    int64_t version;
} replacing_t;

static cpts_db_e replace_in(cpts_changed_t *changed, cpts_db_t *db,
                            cpts_request_t *request, void *baton)
{
    const replacing_t *replacing = baton;
    cpts_stored_sheet_t stored;
    cpts_db_e rc = cpts_sheet_replace(
        &stored, db, &request->actor, replacing->sheet,
        cpts_sheet_search_text(replacing->sheet, request->territory,
                               request->pool),
        replacing->version, request->today, request->pool);

    if (rc == CPTS_DB_OK) {
        cpts_changed_sheet(changed, request, &stored);
    }
    return rc;
}

static const cpts_change_t replacement
    = { HTTP_OK, CPTS_DID_SHEET_REPLACE, replace_in, NULL };

static int replace_sheet(cpts_request_t *request)
{
    cpts_stored_sheet_t before;
    replacing_t replacing;
    int problem = cpts_request_version(request, &replacing.version);

    if (problem == OK) {
        problem = read_stored(&before, request);
    }
    if (problem == OK && before.version != replacing.version) {
        /* The database decides again; this spares the client faults that
         * only come from comparing with another version. */
        problem
            = cpts_problem(request->r, HTTP_PRECONDITION_FAILED, NULL, NULL);
    }
    if (problem == OK) {
        problem = decode_body(&replacing.sheet, request, before.sheet);
    }
    return problem == OK ? cpts_change_run(request, &replacement, &replacing)
                         : problem;
}

static cpts_db_e erase_in(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, void *baton)
{
    (void)baton;
    return cpts_sheet_erase(&changed->sheet, db, &request->actor,
                            request->rpps);
}

static const cpts_change_t erasing
    = { HTTP_NO_CONTENT, CPTS_DID_SHEET_ERASE, erase_in, NULL };

static int erase_sheet(cpts_request_t *request)
{
    return cpts_change_run(request, &erasing, NULL);
}

/* clang-format off */
static const cpts_field_t list_query_fields[] = {
    { "state", CPTS_WORD, 0, 0, 0, NULL, cpts_state_words, NULL, 0,
      offsetof(list_query_t, state), "Today's state." },
    { "commune", CPTS_STRING, 0, 5, 5, &cpts_format_insee, NULL, NULL, 0,
      offsetof(list_query_t, commune), "INSEE code of a site's commune." },
    { "stale", CPTS_WORD, 0, 0, 0, NULL, stale_words, NULL, 0,
      offsetof(list_query_t, stale), "Past their validity, or not." },
    { "q", CPTS_STRING, 0, 1, 100, NULL, NULL, NULL, 0,
      offsetof(list_query_t, q),
      "Words of name, RPPS, practice or commune; accents do not matter." },
    { "order", CPTS_WORD, 0, 0, 0, NULL, cpts_sheet_order_words, NULL, 0,
      offsetof(list_query_t, order),
      "As they were made (if it is not said), by the last word of the name, "
      "or by confirmation, the oldest first." },
    { "cursor", CPTS_STRING, 0, 1, 19 + 12 + 2 * CPTS_SHEET_KEY_MAX, NULL,
      NULL, NULL, 0, offsetof(list_query_t, cursor),
      "`next` of the page before, in the same order." },
    { .name = NULL }
};

#define COORDINATOR CPTS_ROLE_BIT(CPTS_COORDINATOR)

const cpts_route_t cpts_routes_sheets[] = {
    { M_GET, "/sheets", COORDINATOR, 0, list_sheets, "listSheets",
      "Sheets, page by page.", list_query_fields, sizeof(list_query_t), NULL,
      "200 400", "SheetPage" },
    { M_POST, "/sheets", CPTS_SHEET_OWNERS, CPTS_WRITES | CPTS_TAKES_KEY,
      create_sheet, "createSheet",
      "Create a sheet: one's own, or that of a paper answer.", NULL, 0,
      cpts_sheet_fields, "201 409 422", "Sheet" },
    { M_GET, "/sheets/{rpps}", CPTS_SHEET_KEEPERS, 0, read_sheet, "readSheet",
      "A whole sheet.", NULL, 0, NULL, "200 304 404", "Sheet" },
    { M_PUT, "/sheets/{rpps}", CPTS_SHEET_KEEPERS,
      CPTS_WRITES | CPTS_NEEDS_IF_MATCH,
      replace_sheet, "replaceSheet", "Replace a sheet; confirms it.", NULL, 0,
      cpts_sheet_fields, "200 404 412 422 428", "Sheet" },
    { M_DELETE, "/sheets/{rpps}", CPTS_SHEET_OWNERS,
      CPTS_WRITES | CPTS_BEFORE_TERMS, erase_sheet, "eraseSheet",
      "Erase all personal data of the doctor.", NULL, 0, NULL,
      "204 404", NULL },
    { .path = NULL }
};
/* clang-format on */
