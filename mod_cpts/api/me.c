/* SPDX-License-Identifier: Apache-2.0 */
/* /me: who is signed in, and the terms that they accept. */

#include "api/change.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/account.h"

typedef struct {
    const char *version;
} accept_t;

/* clang-format off */
static const cpts_field_t accept_fields[] = {
    { "version", CPTS_STRING, CPTS_REQUIRED, 1, 32, NULL, NULL, NULL, 0,
      offsetof(accept_t, version), "Of the text that was read." },
    { .name = NULL }
};
/* clang-format on */

/* NULL when nothing is to be accepted. */
static cpts_me_terms_t *terms_of(const cpts_request_t *request,
                                 const char *accepted, int64_t at)
{
    const cpts_terms_t *terms
        = cpts_config_terms(request->config, request->actor.role);
    cpts_me_terms_t *out;

    if (!terms) {
        return NULL;
    }
    out = apr_pcalloc(request->pool, sizeof(*out));
    out->version = terms->version;
    out->address = terms->address;
    out->accepted = cpts_terms_in_force(terms, accepted);
    if (out->accepted) {
        out->accepted_at
            = cpts_page_time(request->pool, apr_time_from_sec(at));
    }
    return out;
}

static json_t *me_json(const cpts_request_t *request, const char *accepted,
                       int64_t at)
{
    cpts_me_t me = { request->actor.account, request->actor.role,
                     request->actor.rpps, terms_of(request, accepted, at) };

    return cpts_fields_encode(cpts_me_fields, &me, 0);
}

static int get_me(cpts_request_t *request)
{
    const cpts_state_t *state = cpts_request_state(request->r);

    return cpts_reply_json(request, HTTP_OK,
                           me_json(request, state->terms, state->terms_at));
}

/* --- accepting */

static cpts_db_e accept_in(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, void *baton)
{
    const accept_t *accept = baton;
    int64_t now = cpts_request_now(request);

    changed->about = accept->version;
    changed->outcome = accept->version;
    changed->json = me_json(request, accept->version, now);
    return cpts_account_set_terms(db, request->actor.id, accept->version, now);
}

static cpts_db_e reread(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request)
{
    cpts_account_t account;
    cpts_db_e rc = cpts_account_read(&account, db, request->actor.account,
                                     request->pool);

    if (rc == CPTS_DB_OK) {
        changed->json = me_json(request, account.terms, account.terms_at);
    }
    return rc;
}

static const cpts_change_t accepting
    = { HTTP_OK, CPTS_DID_TERMS_ACCEPT, accept_in, reread };

/* Only the text in force can be accepted: another was not read. */
static int accept_terms(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    const cpts_terms_t *terms
        = cpts_config_terms(request->config, request->actor.role);
    accept_t accept;

    cpts_fields_decode(accept_fields, &accept, request->body, "", faults,
                       request->pool);
    if (!cpts_faults_count(faults)
        && (!terms || !cpts_terms_in_force(terms, accept.version))) {
        cpts_faults_add(faults, "/version", "not_current",
                        "Ce n’est pas la version en vigueur : relisez-la, "
                        "puis acceptez-la.");
    }
    return cpts_faults_count(faults)
               ? cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY,
                                     NULL, faults)
               : cpts_change_run(request, &accepting, &accept);
}

/* clang-format off */
const cpts_route_t cpts_routes_me[] = {
    { M_GET, "/me", CPTS_SIGNED_IN, CPTS_BEFORE_TERMS, get_me, "getMe",
      "Account, role, own RPPS and terms of who asks.", NULL, 0, NULL, "200",
      "Me" },
    { M_POST, "/me/terms", CPTS_SIGNED_IN,
      CPTS_WRITES | CPTS_TAKES_KEY | CPTS_BEFORE_TERMS, accept_terms,
      "acceptTerms", "Accept the text in force.", NULL, 0, accept_fields,
      "200 422", "Me" },
    { .path = NULL }
};
/* clang-format on */
