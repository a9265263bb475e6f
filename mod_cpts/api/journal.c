/* SPDX-License-Identifier: Apache-2.0 */
/* GET /journal: who did what, when, to which sheet or placement. */

#include <apr_strings.h>

#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/journal.h"

typedef struct {
    const char *account;
    int action;
    const char *rpps;
    const char *cursor;
} journal_query_t;

/* One entry as it is answered. */
typedef struct {
    int id;
    const char *at, *account;
    int role;
    const char *profession, *structure, *action, *outcome, *code;
    apr_array_header_t *sheets; /* of const char * */
    int erased;
} entry_t;

typedef struct {
    apr_array_header_t *entries; /* of entry_t */
    const char *next;
} journal_page_t;

/* A page being filled. */
typedef struct {
    apr_pool_t *pool;
    journal_page_t page;
    int64_t last;
} listing_t;

/* clang-format off */
#define REQ CPTS_REQUIRED
#define TEXT(member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(entry_t, member), doc }
#define COUNT(member, doc) \
    { #member, CPTS_INTEGER, REQ, 0, INT_MAX, NULL, NULL, NULL, 0, \
      offsetof(entry_t, member), doc }

static const cpts_field_t entry_fields[] = {
    COUNT(id, "Number of the entry: without a gap."),
    TEXT(at, REQ, "When, RFC 3339, UTC."),
    TEXT(account, 0, "Who; null: erased, or the server itself."),
    { "role", CPTS_WORD, 0, 0, 0, NULL, cpts_role_words, NULL, 0,
      offsetof(entry_t, role),
      "The role then; null: the administrator, or a timer." },
    TEXT(profession, 0, "Profession of the account, if it is known."),
    TEXT(structure, 0, "Structure of the account, if it is known."),
    TEXT(action, REQ, "What was done."),
    TEXT(outcome, 0, "A word more, or null."),
    TEXT(code, 0, "Code of the placement concerned."),
    { "sheets", CPTS_STRINGS, REQ, 0, CPTS_ENTRY_SHEETS_MAX,
      &cpts_format_rpps, NULL, NULL, 0, offsetof(entry_t, sheets),
      "RPPS of the sheets concerned." },
    COUNT(erased, "Sheets concerned that were erased since."),
    { .name = NULL }
};

const cpts_field_t cpts_journal_page_fields[] = {
    { "entries", CPTS_OBJECTS, REQ, 0, CPTS_PAGE_SIZE, NULL, NULL,
      entry_fields, sizeof(entry_t), offsetof(journal_page_t, entries),
      "At most 50, newest first." },
    { "next", CPTS_STRING, 0, 0, 20, NULL, NULL, NULL, 0,
      offsetof(journal_page_t, next), "Cursor of the next page." },
    { .name = NULL }
};
/* clang-format on */

/* The store gives a JSON array, with "" for an erased sheet. */
static void read_sheets(entry_t *entry, const char *text, apr_pool_t *pool)
{
    json_error_t error;
    json_t *array = text ? json_loads(text, 0, &error) : NULL;
    size_t i;

    entry->sheets
        = apr_array_make(pool, CPTS_ENTRY_SHEETS_MAX, sizeof(const char *));
    entry->erased = 0;
    for (i = 0; i < json_array_size(array); i++) {
        const char *rpps = json_string_value(json_array_get(array, i));

        if (rpps && *rpps) {
            APR_ARRAY_PUSH(entry->sheets, const char *)
                = apr_pstrdup(pool, rpps);
        }
        else {
            entry->erased++;
        }
    }
    json_decref(array);
}

static cpts_db_e add_entry(void *baton, const cpts_journal_row_t *row)
{
    listing_t *listing = baton;
    apr_pool_t *pool = listing->pool;
    entry_t *entry;

    if (listing->page.entries->nelts == CPTS_PAGE_SIZE) {
        /* One more than a page: there is a next one. */
        listing->page.next = cpts_page_next(pool, listing->last);
        return CPTS_DB_OK;
    }
    entry = apr_array_push(listing->page.entries);
    entry->id = (int)row->id;
    entry->at = cpts_page_time(pool, apr_time_from_sec(row->at));
    entry->account = apr_pstrdup(pool, row->account);
    entry->role = row->role ? cpts_role_parse(row->role) : CPTS_NO_WORD;
    entry->profession = apr_pstrdup(pool, row->profession);
    entry->structure = apr_pstrdup(pool, row->structure);
    entry->action = apr_pstrdup(pool, row->action);
    entry->outcome = apr_pstrdup(pool, row->outcome);
    entry->code = apr_pstrdup(pool, row->code);
    read_sheets(entry, row->rpps, pool);
    listing->last = row->id;
    return CPTS_DB_OK;
}

static int list_journal(cpts_request_t *request)
{
    const journal_query_t *query = request->query;
    cpts_journal_filter_t filter
        = { .account = query->account,
            .action = query->action == CPTS_NO_WORD
                          ? NULL
                          : cpts_did_words[query->action],
            .rpps = query->rpps,
            .limit = CPTS_PAGE_SIZE + 1 };
    listing_t listing = { request->pool, { NULL, NULL }, 0 };
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc;
    int problem = cpts_page_start(request, query->cursor, &filter.before);

    if (problem != OK) {
        return problem;
    }
    listing.page.entries
        = apr_array_make(request->pool, CPTS_PAGE_SIZE, sizeof(entry_t));
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_journal_list(db, &filter, add_entry, &listing);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_journal_page_fields, &listing.page, 0))
                         : problem;
}

/* clang-format off */
static const cpts_field_t journal_query_fields[] = {
    { "account", CPTS_STRING, 0, 1, CPTS_ACCOUNT_MAX, NULL, NULL, NULL, 0,
      offsetof(journal_query_t, account), "Only what this account did." },
    { "action", CPTS_WORD, 0, 0, 0, NULL, cpts_did_words, NULL, 0,
      offsetof(journal_query_t, action), "Only these actions." },
    { "rpps", CPTS_STRING, 0, 11, 11, &cpts_format_rpps, NULL, NULL, 0,
      offsetof(journal_query_t, rpps), "Only what concerns this sheet." },
    { "cursor", CPTS_STRING, 0, 1, 20, NULL, NULL, NULL, 0,
      offsetof(journal_query_t, cursor), "`next` of the page before." },
    { .name = NULL }
};

const cpts_route_t cpts_routes_journal[] = {
    { M_GET, "/journal", CPTS_ROLE_BIT(CPTS_COORDINATOR), 0, list_journal,
      "listJournal", "Every action and consultation, newest first.",
      journal_query_fields, sizeof(journal_query_t), NULL, "200 400",
      "JournalPage" },
    { .path = NULL }
};
/* clang-format on */
