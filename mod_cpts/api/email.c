/* SPDX-License-Identifier: Apache-2.0 */
/* /me/email: the address that reminders are sent to, one's own to change. */

#include "api/change.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/mail.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/account.h"

typedef struct {
    const char *email;
} email_t;

/* clang-format off */
const cpts_field_t cpts_email_fields[] = {
    { "email", CPTS_STRING, 0, 3, CPTS_MAIL_ADDRESS_MAX, &cpts_format_email,
      NULL, NULL, 0, offsetof(email_t, email),
      "Address for reminders; null: none are sent." },
    { .name = NULL }
};
/* clang-format on */

static int get_email(cpts_request_t *request)
{
    cpts_account_t account;
    email_t email = { NULL };
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);
    int problem = OK;

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_account_read(&account, db, request->actor.account,
                           request->pool);
    if (rc != CPTS_DB_OK) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    if (problem != OK) {
        return problem;
    }
    email.email = account.email;
    return cpts_reply_json(request, HTTP_OK,
                           cpts_fields_encode(cpts_email_fields, &email, 0));
}

static cpts_db_e reread(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request)
{
    cpts_account_t account;
    email_t email;
    cpts_db_e rc = cpts_account_read(&account, db, request->actor.account,
                                     request->pool);

    if (rc == CPTS_DB_OK) {
        email.email = account.email;
        changed->json = cpts_fields_encode(cpts_email_fields, &email, 0);
    }
    return rc;
}

static cpts_db_e set_in(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton)
{
    const email_t *email = baton;
    cpts_db_e rc
        = cpts_account_set_email(db, request->actor.account, email->email);

    if (rc == CPTS_DB_OK) {
        changed->outcome = "email";
        changed->about = request->actor.account;
        changed->json = cpts_fields_encode(cpts_email_fields, email, 0);
    }
    return rc;
}

static const cpts_change_t setting
    = { HTTP_OK, CPTS_DID_ACCOUNT_CHANGE, set_in, reread };

static int set_email(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    email_t email;

    cpts_fields_decode(cpts_email_fields, &email, request->body, "", faults,
                       request->pool);
    if (!json_object_get(request->body, "email")) {
        cpts_faults_add(faults, "/email", "required",
                        "Indiquez une adresse, ou null pour n’en avoir "
                        "aucune.");
    }
    if (cpts_faults_count(faults)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    return cpts_change_run(request, &setting, &email);
}

/* clang-format off */
const cpts_route_t cpts_routes_email[] = {
    { M_GET, "/me/email", CPTS_SIGNED_IN, CPTS_BEFORE_TERMS, get_email,
      "getMyEmail", "Address that reminders are sent to.", NULL, 0, NULL,
      "200", "Email" },
    { M_POST, "/me/email", CPTS_SIGNED_IN,
      CPTS_WRITES | CPTS_TAKES_KEY | CPTS_BEFORE_TERMS, set_email,
      "setMyEmail", "Gives another address, or none.", NULL, 0,
      cpts_email_fields, "200 422", "Email" },
    { .path = NULL }
};
/* clang-format on */
