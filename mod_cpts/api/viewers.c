/* SPDX-License-Identifier: Apache-2.0 */
/* GET /sheets/{rpps}/viewers: who was shown my sheet, when. */

#include <apr_strings.h>

#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/consultation.h"

typedef struct {
    const char *cursor;
} viewers_query_t;

/* A page being filled. */
typedef struct {
    apr_pool_t *pool;
    cpts_seen_page_t page;
    int64_t last;
} listing_t;

static cpts_db_e add_viewer(void *baton, const cpts_viewer_t *viewer)
{
    listing_t *listing = baton;
    cpts_seen_t *seen;

    if (listing->page.viewers->nelts == CPTS_PAGE_SIZE) {
        /* One more than a page: there is a next one. */
        listing->page.next = cpts_page_next(listing->pool, listing->last);
        return CPTS_DB_OK;
    }
    seen = apr_array_push(listing->page.viewers);
    seen->account = apr_pstrdup(listing->pool, viewer->account);
    seen->role = viewer->role;
    seen->profession = apr_pstrdup(listing->pool, viewer->profession);
    seen->structure = apr_pstrdup(listing->pool, viewer->structure);
    seen->at = cpts_page_time(listing->pool, apr_time_from_sec(viewer->at));
    listing->last = viewer->id;
    return CPTS_DB_OK;
}

static int list_viewers(cpts_request_t *request)
{
    const viewers_query_t *query = request->query;
    listing_t listing = { request->pool, { NULL, NULL }, 0 };
    int64_t before;
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc;
    int problem = cpts_page_start(request, query->cursor, &before);

    if (problem != OK) {
        return problem;
    }
    listing.page.viewers
        = apr_array_make(request->pool, CPTS_PAGE_SIZE, sizeof(cpts_seen_t));
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_viewers_list(db, &request->actor, request->rpps, before,
                           CPTS_PAGE_SIZE + 1, add_viewer, &listing,
                           request->pool);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_seen_page_fields, &listing.page, 0))
                         : problem;
}

/* clang-format off */
static const cpts_field_t viewers_query_fields[] = {
    { "cursor", CPTS_STRING, 0, 1, 20, NULL, NULL, NULL, 0,
      offsetof(viewers_query_t, cursor), "`next` of the page before." },
    { .name = NULL }
};

const cpts_route_t cpts_routes_viewers[] = {
    { M_GET, "/sheets/{rpps}/viewers", CPTS_ROLE_BIT(CPTS_DOCTOR), 0,
      list_viewers, "listViewers", "Who was shown this sheet, newest first.",
      viewers_query_fields, sizeof(viewers_query_t), NULL, "200 400 404",
      "ViewerPage" },
    { .path = NULL }
};
/* clang-format on */
