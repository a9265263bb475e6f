/* SPDX-License-Identifier: Apache-2.0 */
/* /sheets/{rpps}/delegates: who may act on a sheet for its doctor. */

#include <apr_strings.h>

#include "api/change.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/delegate.h"
#include "store/invitation.h"

typedef struct {
    const char *account, *email, *created_at;
} delegate_t;

typedef struct {
    apr_array_header_t *delegates; /* of delegate_t */
} list_t;

/* clang-format off */
#define TEXT(member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(delegate_t, member), doc }

static const cpts_field_t delegate_fields[] = {
    TEXT(account, CPTS_REQUIRED, "Name of the account."),
    TEXT(email, 0, "E-mail, if it is known."),
    TEXT(created_at, CPTS_REQUIRED, "When the account was made, RFC 3339."),
    { .name = NULL }
};

const cpts_field_t cpts_delegate_list_fields[] = {
    { "delegates", CPTS_OBJECTS, CPTS_REQUIRED, 0, INT_MAX, NULL, NULL,
      delegate_fields, sizeof(delegate_t), offsetof(list_t, delegates),
      "By name." },
    { .name = NULL }
};
/* clang-format on */

static cpts_db_e add_delegate(void *baton, const cpts_delegate_t *row)
{
    apr_array_header_t *delegates = baton;
    delegate_t *out = apr_array_push(delegates);

    out->account = apr_pstrdup(delegates->pool, row->account);
    out->email = apr_pstrdup(delegates->pool, row->email);
    out->created_at
        = cpts_page_time(delegates->pool, apr_time_from_sec(row->created_at));
    return CPTS_DB_OK;
}

static int list_delegates(cpts_request_t *request)
{
    list_t list = { apr_array_make(request->pool, 4, sizeof(delegate_t)) };
    cpts_database_t *database;
    cpts_db_t *db;
    int problem;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_delegate_list(db, &request->actor, request->rpps, add_delegate,
                            list.delegates);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_delegate_list_fields, &list, 0))
                         : problem;
}

static cpts_db_e revoke_in(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, void *baton)
{
    cpts_db_e rc
        = cpts_delegate_revoke(db, &request->actor, request->rpps,
                               request->values[CPTS_PARAMETER_ACCOUNT]);

    (void)baton;
    return rc == CPTS_DB_OK
               ? cpts_invitation_sheet(&changed->sheet, db, request->rpps)
               : rc;
}

static const cpts_change_t revoking
    = { HTTP_NO_CONTENT, CPTS_DID_DELEGATE_REVOKE, revoke_in, NULL };

static int revoke_delegate(cpts_request_t *request)
{
    return cpts_change_run(request, &revoking, NULL);
}

/* clang-format off */
const cpts_route_t cpts_routes_delegates[] = {
    { M_GET, "/sheets/{rpps}/delegates", CPTS_SHEET_OWNERS, 0, list_delegates,
      "listDelegates", "Accounts that may act on the sheet for its doctor.",
      NULL, 0, NULL, "200", "DelegateList" },
    { M_DELETE, "/sheets/{rpps}/delegates/{account}", CPTS_SHEET_OWNERS,
      CPTS_WRITES, revoke_delegate, "revokeDelegate",
      "This account may do nothing any more, at once.", NULL, 0, NULL,
      "204 404", NULL },
    { .path = NULL }
};
/* clang-format on */
