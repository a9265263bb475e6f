/* SPDX-License-Identifier: Apache-2.0 */
/* /invitations: who is asked to join; made, listed, renewed, revoked. */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>

#include "api/change.h"
#include "api/invitation.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/qr.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

APLOG_USE_MODULE(cpts);

#define SECONDS_PER_DAY 86400

/* --- what is sent */

typedef struct {
    int role; /* index into invited_words */
    const char *rpps, *name, *email, *profession, *structure, *batch;
    int mail;
    cpts_sheet_t *draft;
} invite_t;

static const char *const invited_words[]
    = { "doctor", "professional", "delegate", NULL };
static const int invited_roles[]
    = { CPTS_DOCTOR, CPTS_PROFESSIONAL, CPTS_DELEGATE };

typedef struct {
    const char *batch;
    int state;
    const char *cursor;
} list_query_t;

/* clang-format off */
#define SENT(member, flags, min, max, format, doc) \
    { #member, CPTS_STRING, flags, min, max, format, NULL, NULL, 0, \
      offsetof(invite_t, member), doc }

static const cpts_field_t invite_fields[] = {
    { "role", CPTS_WORD, CPTS_REQUIRED, 0, 0, NULL, invited_words, NULL, 0,
      offsetof(invite_t, role),
      "A coordinator invites doctors and professionals, a doctor delegates." },
    SENT(rpps, 0, 11, 11, &cpts_format_rpps,
         "Of the doctor; a delegate is for the own sheet."),
    SENT(name, CPTS_REQUIRED, 1, 120, NULL, "Of the person."),
    SENT(email, 0, 5, CPTS_INVITED_EMAIL_MAX, &cpts_format_email,
         "Of the person."),
    SENT(profession, 0, 1, 80, NULL, "Of the person."),
    SENT(structure, 0, 1, 120, NULL, "Where the person works."),
    SENT(batch, 0, 1, 120, NULL,
         "Counted together; made where there is none of this name."),
    { "mail", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(invite_t, mail),
      "Sent by cptsctl send, with another token: the one of this answer is "
      "then dead." },
    { "draft", CPTS_OBJECT, CPTS_PARTIAL, 0, 0, NULL, NULL, cpts_sheet_fields,
      sizeof(cpts_sheet_t), offsetof(invite_t, draft),
      "What is known of the doctor's sheet, to begin with." },
    { .name = NULL }
};

static const cpts_field_t list_query_fields[] = {
    { "batch", CPTS_STRING, 0, 1, 120, NULL, NULL, NULL, 0,
      offsetof(list_query_t, batch), "Only those of this batch." },
    { "state", CPTS_WORD, 0, 0, 0, NULL, cpts_invitation_state_words, NULL, 0,
      offsetof(list_query_t, state), "Only those in this state." },
    { "cursor", CPTS_STRING, 0, 1, 20, NULL, NULL, NULL, 0,
      offsetof(list_query_t, cursor), "`next` of the page before." },
    { .name = NULL }
};

static const cpts_field_t no_fields[] = { { .name = NULL } };
/* clang-format on */

/* --- what is answered */

typedef struct {
    apr_array_header_t *invitations; /* of cpts_invited_t */
    const char *next;
} invited_page_t;

/* clang-format off */
#define REQ CPTS_REQUIRED
#define TEXT(member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(cpts_invited_t, member), doc }

static const cpts_field_t qr_fields[] = {
    { "size", CPTS_INTEGER, REQ, 21, 177, NULL, NULL, NULL, 0,
      offsetof(cpts_invited_qr_t, size),
      "Modules on a side; four white ones belong around it." },
    { "path", CPTS_STRING, REQ, 1, 200000, NULL, NULL, NULL, 0,
      offsetof(cpts_invited_qr_t, path), "SVG path of the dark modules." },
    { .name = NULL }
};

const cpts_field_t cpts_invited_fields[] = {
    { "id", CPTS_INTEGER, REQ, 1, INT_MAX, NULL, NULL, NULL, 0,
      offsetof(cpts_invited_t, id), "Its number." },
    { "role", CPTS_WORD, REQ, 0, 0, NULL, cpts_role_words, NULL, 0,
      offsetof(cpts_invited_t, role), "Role of the account to come." },
    TEXT(rpps, 0, "RPPS of the doctor, of a delegate's doctor."),
    TEXT(name, REQ, "Name of the person."),
    TEXT(email, 0, "E-mail of the person."),
    TEXT(profession, 0, "Profession."),
    TEXT(structure, 0, "Where the person works."),
    TEXT(batch, 0, "Name of the batch."),
    { "mail", CPTS_BOOLEAN, REQ, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_invited_t, mail), "To be sent by e-mail." },
    { "state", CPTS_WORD, REQ, 0, 0, NULL, cpts_invitation_state_words, NULL,
      0, offsetof(cpts_invited_t, state), "Whether it can be used." },
    TEXT(created_at, REQ, "When it was made, RFC 3339."),
    TEXT(expires_at, REQ, "When it can no longer be used."),
    TEXT(sent_at, 0, "When the e-mail was sent."),
    TEXT(opened_at, 0, "When the person first looked at it."),
    TEXT(used_at, 0, "When the account was made."),
    TEXT(account, 0, "The account that it became."),
    TEXT(token, 0,
         "To type or to print: only in the answer that makes it."),
    { "address", CPTS_STRING, 0, 0, 2000, NULL, NULL, NULL, 0,
      offsetof(cpts_invited_t, address), "The page, with the token." },
    { "qr", CPTS_OBJECT, 0, 0, 0, NULL, NULL, qr_fields,
      sizeof(cpts_invited_qr_t), offsetof(cpts_invited_t, qr),
      "QR code of the address." },
    { .name = NULL }
};

const cpts_field_t cpts_invited_page_fields[] = {
    { "invitations", CPTS_OBJECTS, REQ, 0, CPTS_PAGE_SIZE, NULL, NULL,
      cpts_invited_fields, sizeof(cpts_invited_t),
      offsetof(invited_page_t, invitations), "Newest first." },
    { "next", CPTS_STRING, 0, 0, 20, NULL, NULL, NULL, 0,
      offsetof(invited_page_t, next), "Cursor of the next page." },
    { .name = NULL }
};
/* clang-format on */

const cpts_invite_refusal_t cpts_invite_refusals[] = {
    [CPTS_INVITE_OK] = { NULL, NULL },
    [CPTS_INVITE_ACCOUNT]
    = { "account_exists",
        "Ce médecin a déjà un compte : il n’a pas besoin d’invitation." },
    [CPTS_INVITE_OPEN]
    = { "already_invited",
        "Ce médecin a déjà une invitation valable : renouvelez-la, ou "
        "annulez-la d’abord." },
};

int64_t cpts_invited_end(const cpts_request_t *request)
{
    return cpts_request_now(request)
           + request->config->invitation_validity * SECONDS_PER_DAY;
}

int cpts_invited_token(cpts_request_t *request, cpts_token_pair_t *pair)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];

    if (cpts_token_make(pair->text) == 0
        && cpts_token_parse(bytes, pair->text) == 0
        && cpts_token_hash(pair->hash, bytes) == 0) {
        return OK;
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, request->r,
                  "CPTS031: there are no random bytes for a token");
    return cpts_problem(request->r, HTTP_INTERNAL_SERVER_ERROR, NULL, NULL);
}

static const char *time_text(apr_pool_t *pool, int64_t when)
{
    return when ? cpts_page_time(pool, apr_time_from_sec(when)) : NULL;
}

/* In the fragment: browsers keep that from every log. */
static void fill_token(cpts_invited_t *out, cpts_request_t *request,
                       const char *token)
{
    const cpts_qr_t *qr;

    out->token = apr_pstrdup(request->pool, token);
    out->address = cpts_request_page(
        request, apr_pstrcat(request->pool, "invitation.html#", token, NULL));
    qr = cpts_qr_make(request->pool, out->address);
    if (qr) {
        out->qr = apr_pcalloc(request->pool, sizeof(*out->qr));
        out->qr->size = qr->size;
        out->qr->path = qr->path;
    }
}

void cpts_invited_fill(cpts_invited_t *out, cpts_request_t *request,
                       const cpts_invitation_t *row, const char *token)
{
    apr_pool_t *pool = request->pool;

    memset(out, 0, sizeof(*out));
    out->id = (int)row->id;
    out->role = row->role;
    out->rpps = apr_pstrdup(pool, row->rpps);
    out->name = apr_pstrdup(pool, row->name);
    out->email = apr_pstrdup(pool, row->email);
    out->profession = apr_pstrdup(pool, row->profession);
    out->structure = apr_pstrdup(pool, row->structure);
    out->batch = apr_pstrdup(pool, row->batch);
    out->mail = row->mail;
    out->state = row->state;
    out->created_at = time_text(pool, row->created_at);
    out->expires_at = time_text(pool, row->expires_at);
    out->sent_at = time_text(pool, row->sent_at);
    out->opened_at = time_text(pool, row->opened_at);
    out->used_at = time_text(pool, row->used_at);
    out->account = apr_pstrdup(pool, row->account);
    if (token) {
        fill_token(out, request, token);
    }
}

/* --- making one */

cpts_faults_t *cpts_invited_draft_faults(cpts_request_t *request,
                                         const json_t *draft)
{
    cpts_faults_t *all = cpts_faults_create(request->pool);
    cpts_faults_t *some = cpts_faults_create(request->pool);
    int i;

    cpts_sheet_decode(draft, request->territory, NULL, request->today, all,
                      request->pool);
    for (i = 0; i < cpts_faults_count(all); i++) {
        const cpts_fault_t *f = cpts_faults_get(all, i);

        if (strcmp(f->code, "required") != 0) {
            cpts_faults_add(some, f->pointer, f->code, "%s", f->detail);
        }
    }
    return some;
}

const char *cpts_invited_text(cpts_request_t *request, const json_t *json)
{
    char *text = json_dumps(json, CPTS_JSON_WRITE);
    const char *copy = apr_pstrdup(request->pool, text);

    free(text);
    return copy;
}

static void check_draft(cpts_faults_t *faults, cpts_request_t *request,
                        const invite_t *invite)
{
    const cpts_faults_t *own = cpts_invited_draft_faults(
        request, json_object_get(request->body, "draft"));
    const char *rpps = invite->draft->rpps;
    int i;

    for (i = 0; i < cpts_faults_count(own); i++) {
        const cpts_fault_t *f = cpts_faults_get(own, i);

        cpts_faults_add(faults,
                        apr_pstrcat(request->pool, "/draft", f->pointer, NULL),
                        f->code, "%s", f->detail);
    }
    if (rpps && invite->rpps && strcmp(rpps, invite->rpps) != 0) {
        cpts_faults_add(faults, "/draft/rpps", "read_only",
                        "Le numéro RPPS est celui de l’invitation : "
                        "retirez celui-ci.");
    }
}

/* What goes with which role. */
static void check_role(cpts_faults_t *faults, const invite_t *invite, int role)
{
    if (role == CPTS_DOCTOR && !invite->rpps) {
        cpts_faults_add(faults, "/rpps", "required",
                        "Indiquez le numéro RPPS du médecin.");
    }
    if (role == CPTS_PROFESSIONAL && invite->rpps) {
        cpts_faults_add(faults, "/rpps", "not_with_role",
                        "Retirez le numéro RPPS : il ne sert qu’aux "
                        "médecins.");
    }
    if (role != CPTS_DOCTOR && invite->draft) {
        cpts_faults_add(faults, "/draft", "not_with_role",
                        "Retirez ce début de fiche : seuls les médecins en "
                        "ont une.");
    }
    if (role == CPTS_DELEGATE && invite->batch) {
        cpts_faults_add(faults, "/batch", "not_with_role",
                        "Retirez le lot : il ne sert qu’à la coordination.");
    }
    if (invite->mail && !invite->email) {
        cpts_faults_add(faults, "/email", "required",
                        "Indiquez l’adresse à laquelle envoyer "
                        "l’invitation.");
    }
}

static int decode_invite(invite_t *invite, cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);

    cpts_fields_decode(invite_fields, invite, request->body, "", faults,
                       request->pool);
    if (!cpts_faults_count(faults)) {
        if (invite->draft) {
            check_draft(faults, request, invite);
        }
        check_role(faults, invite, invited_roles[invite->role]);
    }
    return cpts_faults_count(faults) ? cpts_problem_faults(
               request->r, HTTP_UNPROCESSABLE_ENTITY, NULL, faults)
                                     : OK;
}

/* A doctor invites the few people of a practice; more would be mail that
 * nobody asked for. The coordination writes to everybody. */
static cpts_db_e check_number(cpts_changed_t *changed, cpts_db_t *db,
                              cpts_request_t *request)
{
    apr_time_t today = cpts_day_begin(request->today);
    apr_time_t tomorrow = cpts_day_begin(request->today + 1);
    int64_t made;
    cpts_db_e rc;

    if (request->actor.role != CPTS_DOCTOR) {
        return CPTS_DB_OK;
    }
    rc = cpts_invitation_made(&made, db, &request->actor, apr_time_sec(today));
    if (rc != CPTS_DB_OK || made < CPTS_INVITATIONS_A_DAY) {
        return rc;
    }
    cpts_problem_retry(request->r,
                       (int)apr_time_sec(tomorrow - request->r->request_time)
                           + 1);
    changed->refusal = HTTP_TOO_MANY_REQUESTS;
    changed->code = "too_many_invitations";
    changed->detail = "Le nombre d’invitations et de nouveaux codes permis "
                      "par jour est atteint\u00a0: attendez demain. Les "
                      "codes déjà remis restent valables.";
    return CPTS_DB_CONSTRAINT;
}

/* What the transaction is handed. */
typedef struct {
    cpts_invitation_t invitation;
    cpts_token_pair_t token;
} making_t;

static void fill_making(making_t *making, cpts_request_t *request,
                        const invite_t *invite)
{
    cpts_invitation_t *i = &making->invitation;

    memset(i, 0, sizeof(*i));
    i->role = invited_roles[invite->role];
    i->rpps = i->role == CPTS_DELEGATE && !invite->rpps ? request->actor.rpps
                                                        : invite->rpps;
    i->name = invite->name;
    i->email = invite->email;
    i->profession = invite->profession;
    i->structure = invite->structure;
    i->batch = invite->batch;
    i->mail = invite->mail;
    i->created_at = cpts_request_now(request);
    i->expires_at = cpts_invited_end(request);
    if (invite->draft) {
        i->draft = cpts_invited_text(request,
                                     json_object_get(request->body, "draft"));
    }
}

/* The answer of a change of one invitation, read again. */
static cpts_db_e tell(cpts_changed_t *changed, cpts_db_t *db,
                      cpts_request_t *request, int64_t id, const char *token)
{
    cpts_invitation_t row;
    cpts_invited_t out;
    cpts_db_e rc
        = cpts_invitation_read(&row, db, &request->actor, id,
                               cpts_request_now(request), request->pool);

    if (rc == CPTS_DB_OK) {
        rc = cpts_invitation_sheet(&changed->sheet, db, row.rpps);
    }
    if (rc == CPTS_DB_OK) {
        cpts_invited_fill(&out, request, &row, token);
        changed->outcome = cpts_role_words[row.role];
        changed->json = cpts_fields_encode(cpts_invited_fields, &out, 0);
    }
    return rc;
}

static cpts_db_e make_in(cpts_changed_t *changed, cpts_db_t *db,
                         cpts_request_t *request, void *baton)
{
    const making_t *making = baton;
    cpts_invite_e why;
    int64_t id;
    cpts_db_e rc = check_number(changed, db, request);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_invitation_add(&id, &why, db, &request->actor,
                             &making->invitation, making->token.hash);
    changed->code = cpts_invite_refusals[why].code;
    changed->detail = cpts_invite_refusals[why].detail;
    return rc == CPTS_DB_OK
               ? tell(changed, db, request, id, making->token.text)
               : rc;
}

/* No Idempotency-Key: what was answered once cannot be answered again, since
 * only the hash of the token is kept. */
static const cpts_change_t making_change
    = { HTTP_CREATED, CPTS_DID_INVITATION_MAKE, make_in, NULL };

static int make_invitation(cpts_request_t *request)
{
    invite_t invite;
    making_t making;
    int problem = decode_invite(&invite, request);

    if (problem == OK) {
        fill_making(&making, request, &invite);
        problem = cpts_invited_token(request, &making.token);
    }
    return problem == OK ? cpts_change_run(request, &making_change, &making)
                         : problem;
}

/* --- renewing, revoking */

/* Why a change of one was refused. */
static void refuse(cpts_changed_t *changed, int state)
{
    if (state == CPTS_INVITATION_USED) {
        changed->code = "invitation_used";
        changed->detail = "Cette invitation a déjà servi : le compte existe.";
    }
    else if (state != CPTS_INVITATION_REVOKED) {
        changed->code = cpts_invite_refusals[CPTS_INVITE_ACCOUNT].code;
        changed->detail = cpts_invite_refusals[CPTS_INVITE_ACCOUNT].detail;
    }
    else {
        changed->code = "invitation_revoked";
        changed->detail = "Cette invitation a été annulée : faites-en une "
                          "nouvelle.";
    }
}

static cpts_db_e read_own(cpts_invitation_t *row, cpts_db_t *db,
                          cpts_request_t *request)
{
    return cpts_invitation_read(row, db, &request->actor,
                                apr_atoi64(request->values[CPTS_PARAMETER_ID]),
                                cpts_request_now(request), request->pool);
}

static cpts_db_e renew_in(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, void *baton)
{
    const cpts_token_pair_t *token = baton;
    cpts_invitation_t row;
    cpts_db_e rc = read_own(&row, db, request);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = check_number(changed, db, request);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    refuse(changed, row.state);
    rc = cpts_invitation_renew(db, row.id, token->hash,
                               cpts_invited_end(request));
    return rc == CPTS_DB_OK ? tell(changed, db, request, row.id, token->text)
                            : rc;
}

static cpts_db_e revoke_in(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, void *baton)
{
    cpts_invitation_t row;
    cpts_db_e rc = read_own(&row, db, request);

    (void)baton;
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    refuse(changed, row.state);
    changed->outcome = cpts_role_words[row.role];
    rc = cpts_invitation_revoke(db, row.id, cpts_request_now(request));
    return rc == CPTS_DB_OK
               ? cpts_invitation_sheet(&changed->sheet, db, row.rpps)
               : rc;
}

static const cpts_change_t renewing
    = { HTTP_OK, CPTS_DID_INVITATION_RENEW, renew_in, NULL };
static const cpts_change_t revoking
    = { HTTP_NO_CONTENT, CPTS_DID_INVITATION_REVOKE, revoke_in, NULL };

static int renew_invitation(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    cpts_token_pair_t token;
    int problem;

    if (cpts_fields_decode(no_fields, &token, request->body, "", faults,
                           request->pool)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    problem = cpts_invited_token(request, &token);
    return problem == OK ? cpts_change_run(request, &renewing, &token)
                         : problem;
}

static int revoke_invitation(cpts_request_t *request)
{
    return cpts_change_run(request, &revoking, NULL);
}

/* --- the list */

typedef struct {
    cpts_request_t *request;
    invited_page_t page;
    int64_t last;
} listing_t;

static cpts_db_e add_row(void *baton, const cpts_invitation_t *row)
{
    listing_t *listing = baton;
    cpts_request_t *request = listing->request;

    if (listing->page.invitations->nelts == CPTS_PAGE_SIZE) {
        /* One more than a page: there is a next one. */
        listing->page.next = cpts_page_next(request->pool, listing->last);
        return CPTS_DB_OK;
    }
    cpts_invited_fill(apr_array_push(listing->page.invitations), request, row,
                      NULL);
    listing->last = row->id;
    return CPTS_DB_OK;
}

static int list_invitations(cpts_request_t *request)
{
    const list_query_t *query = request->query;
    cpts_invitation_filter_t filter
        = { query->batch, query->state, 0, CPTS_PAGE_SIZE + 1 };
    listing_t listing = { .request = request };
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc;
    int problem = cpts_page_start(request, query->cursor, &filter.before);

    if (problem != OK) {
        return problem;
    }
    listing.page.invitations = apr_array_make(request->pool, CPTS_PAGE_SIZE,
                                              sizeof(cpts_invited_t));
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_invitation_list(db, &request->actor, &filter,
                              cpts_request_now(request), add_row, &listing,
                              request->pool);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_invited_page_fields, &listing.page, 0))
                         : problem;
}

/* --- what the coordination knew of a doctor */

/* Name and RPPS too, as far as the draft does not say them. */
static json_t *draft_json(const char *rpps, const char *name,
                          const char *draft)
{
    json_t *json = draft ? json_loads(draft, 0, NULL) : json_object();

    if (!json_object_get(json, "rpps")) {
        json_object_set_new(json, "rpps", json_string(rpps));
    }
    if (!json_object_get(json, "name")) {
        json_object_set_new(json, "name", json_string(name));
    }
    return json;
}

static int read_draft(cpts_request_t *request)
{
    const char *name = NULL;
    const char *draft = NULL;
    cpts_database_t *database;
    cpts_db_t *db;
    int problem = OK;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_invitation_draft(&name, &draft, db, &request->actor,
                               request->rpps, request->pool);
    if (rc != CPTS_DB_OK && rc != CPTS_DB_NONE) {
        problem = cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    if (problem != OK) {
        return problem;
    }
    return cpts_reply_json(request, HTTP_OK,
                           name ? draft_json(request->rpps, name, draft)
                                : json_object());
}

/* clang-format off */
const cpts_route_t cpts_routes_invitations[] = {
    { M_GET, "/invitations", CPTS_SHEET_OWNERS, 0, list_invitations,
      "listInvitations",
      "Invitations, newest first; a doctor's own are those of delegates.",
      list_query_fields, sizeof(list_query_t), NULL, "200 400",
      "InvitationPage" },
    { M_POST, "/invitations", CPTS_SHEET_OWNERS, CPTS_WRITES, make_invitation,
      "makeInvitation", "Invite one person; the token is told once.", NULL, 0,
      invite_fields, "201 409 422", "Invitation" },
    { M_POST, "/invitations/{id}/renew", CPTS_SHEET_OWNERS, CPTS_WRITES,
      renew_invitation, "renewInvitation",
      "Another token and another delay; the old token is dead.", NULL, 0,
      no_fields, "200 404 409 422", "Invitation" },
    { M_DELETE, "/invitations/{id}", CPTS_SHEET_OWNERS, CPTS_WRITES,
      revoke_invitation, "revokeInvitation", "It cannot be used any more.",
      NULL, 0, NULL, "204 404 409", NULL },
    { M_GET, "/sheets/{rpps}/draft", CPTS_SHEET_KEEPERS, 0, read_draft,
      "readDraft", "What the coordination knew, to begin a sheet with.", NULL,
      0, NULL, "200", "application/json" },
    { .path = NULL }
};
/* clang-format on */
