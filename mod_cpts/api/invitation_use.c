/* SPDX-License-Identifier: Apache-2.0 */
/* /invitations/open, /invitations/use: from the token to the account. */

#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>
#include <sodium.h>

#include "api/change.h"
#include "api/invitation.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/secret.h"
#include "httpd/body.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

APLOG_USE_MODULE(cpts);

/* As people may type it: with spaces, in either case. */
#define TOKEN_TYPED_MAX 100

/* --- what is sent */

typedef struct {
    const char *token;
} opening_t;

typedef struct {
    const char *token, *account, *password, *terms;
} using_t;

static int check_account(const char *text)
{
    return cpts_account_name_ok(text) ? 0 : -1;
}

static const cpts_format_t format_account
    = { "account", "^[0-9A-Za-z._@-]{1,64}$", check_account,
        "Écrivez de 1 à 64 lettres sans accent, chiffres, points, tirets ou "
        "arobases, sans espace." };

/* clang-format off */
#define TOKEN(type) \
    { "token", CPTS_STRING, CPTS_REQUIRED, 1, TOKEN_TYPED_MAX, NULL, NULL, \
      NULL, 0, offsetof(type, token), "The code of the letter." }

static const cpts_field_t opening_fields[] = {
    TOKEN(opening_t),
    { .name = NULL }
};

static const cpts_field_t using_fields[] = {
    TOKEN(using_t),
    { "account", CPTS_STRING, CPTS_REQUIRED, 1, CPTS_ACCOUNT_MAX,
      &format_account, NULL, NULL, 0, offsetof(using_t, account),
      "Name to sign in with." },
    { "password", CPTS_STRING, CPTS_REQUIRED, 1, CPTS_PASSWORD_MAX, NULL,
      NULL, NULL, 0, offsetof(using_t, password),
      "8 to 72 bytes, none of those that are tried first." },
    { "terms", CPTS_STRING, 0, 1, 32, NULL, NULL, NULL, 0,
      offsetof(using_t, terms),
      "Version of the text that was read and accepted." },
    { .name = NULL }
};
/* clang-format on */

/* --- what is answered */

typedef struct {
    const char *version, *address;
} text_t;

typedef struct {
    int role;
    const char *name, *rpps, *email, *profession, *structure, *expires_at;
    text_t *terms;
    int sheet;
} opened_t;

typedef struct {
    const char *account;
    int role;
} new_account_t;

/* clang-format off */
#define REQ CPTS_REQUIRED
#define TEXT(type, member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 200, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }

static const cpts_field_t text_fields[] = {
    TEXT(text_t, version, REQ, "Version in force."),
    TEXT(text_t, address, REQ, "Where the text is."),
    { .name = NULL }
};

const cpts_field_t cpts_opened_fields[] = {
    { "role", CPTS_WORD, REQ, 0, 0, NULL, cpts_role_words, NULL, 0,
      offsetof(opened_t, role), "Role of the account to come." },
    TEXT(opened_t, name, REQ, "Who was invited."),
    TEXT(opened_t, rpps, 0, "RPPS of the doctor, of a delegate's doctor."),
    TEXT(opened_t, email, 0, "E-mail, if it is known."),
    TEXT(opened_t, profession, 0, "Profession, if it is known."),
    TEXT(opened_t, structure, 0, "Structure, if it is known."),
    TEXT(opened_t, expires_at, REQ, "Until when it can be used, RFC 3339."),
    { "terms", CPTS_OBJECT, 0, 0, 0, NULL, NULL, text_fields, sizeof(text_t),
      offsetof(opened_t, terms), "The text to accept, if there is one." },
    { "sheet", CPTS_BOOLEAN, REQ, 0, 0, NULL, NULL, NULL, 0,
      offsetof(opened_t, sheet), "The doctor has a sheet already." },
    { .name = NULL }
};

const cpts_field_t cpts_new_account_fields[] = {
    TEXT(new_account_t, account, REQ, "Name to sign in with."),
    { "role", CPTS_WORD, REQ, 0, 0, NULL, cpts_role_words, NULL, 0,
      offsetof(new_account_t, role), "Its role." },
    { .name = NULL }
};
/* clang-format on */

/* What it says that a token leads to nothing any more. */
static const struct {
    const char *code, *detail;
} endings[] = {
    [CPTS_INVITATION_USED]
    = { "invitation_used",
        "Cette invitation a déjà servi : identifiez-vous avec le compte "
        "créé ce jour-là. Si ce n’était pas vous, prévenez la "
        "coordination." },
    [CPTS_INVITATION_EXPIRED]
    = { "invitation_expired",
        "Cette invitation est trop ancienne : demandez-en une nouvelle à "
        "qui vous l’a envoyée." },
    [CPTS_INVITATION_REVOKED]
    = { "invitation_revoked",
        "Cette invitation a été annulée : renseignez-vous auprès de qui "
        "vous l’a envoyée." },
};

/* --- finding it: before anything that costs */

static int unknown(cpts_request_t *request)
{
    return cpts_problem(request->r, HTTP_NOT_FOUND, "unknown_invitation",
                        "Ce code ne correspond à aucune invitation : "
                        "vérifiez-le, ou prenez le plus récent que vous "
                        "avez reçu.");
}

static int ended(cpts_request_t *request, int state)
{
    return cpts_problem(request->r, HTTP_GONE, endings[state].code,
                        endings[state].detail);
}

/* The hash of a typed token, or 404. */
static int hash_of(unsigned char hash[CPTS_TOKEN_HASH],
                   cpts_request_t *request, const char *token)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];
    int found = cpts_token_parse(bytes, token) == 0
                && cpts_token_hash(hash, bytes) == 0;

    sodium_memzero(bytes, sizeof(bytes));
    return found ? OK : unknown(request);
}

/* What one reading of the database finds. */
typedef struct {
    unsigned char hash[CPTS_TOKEN_HASH];
    cpts_invitation_t row;
    int64_t sheet;
    const char *account; /* to look for, or NULL */
    int taken;           /* there is an account of this name */
} looking_t;

static cpts_db_e look_in(looking_t *looking, cpts_db_t *db,
                         cpts_request_t *request)
{
    int64_t now = cpts_request_now(request);
    cpts_invitation_t *row = &looking->row;
    cpts_account_t account;
    cpts_db_e rc
        = cpts_invitation_find(row, db, looking->hash, now, request->pool);

    if (rc == CPTS_DB_OK && row->state == CPTS_INVITATION_OPEN
        && !row->opened_at) {
        rc = cpts_invitation_opened(db, row->id, now);
    }
    if (rc == CPTS_DB_OK) {
        rc = cpts_invitation_sheet(&looking->sheet, db, row->rpps);
    }
    if (rc == CPTS_DB_OK && looking->account) {
        rc = cpts_account_read(&account, db, looking->account, request->pool);
        looking->taken = rc == CPTS_DB_OK;
        rc = rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
    }
    return rc;
}

/* OK when the token is one of an open invitation. */
static int look(looking_t *looking, cpts_request_t *request, const char *token)
{
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e rc;
    int problem = hash_of(looking->hash, request, token);

    if (problem != OK) {
        return problem;
    }
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = look_in(looking, db, request);
    if (rc != CPTS_DB_OK) {
        problem = rc == CPTS_DB_NONE ? unknown(request)
                                     : cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    if (problem == OK && looking->row.state != CPTS_INVITATION_OPEN) {
        problem = ended(request, looking->row.state);
    }
    return problem;
}

/* --- looking at it */

static int open_invitation(cpts_request_t *request)
{
    opening_t opening;
    looking_t looking = { .account = NULL };
    const cpts_invitation_t *row = &looking.row;
    const cpts_terms_t *terms;
    text_t text;
    opened_t out;
    int problem = cpts_body_decode(request, opening_fields, &opening);

    if (problem == OK) {
        problem = look(&looking, request, opening.token);
    }
    if (problem != OK) {
        return problem;
    }
    terms = cpts_config_terms(request->config, row->role);
    if (terms) {
        text.version = terms->version;
        text.address = terms->address;
    }
    out.role = row->role;
    out.name = row->name;
    out.rpps = row->rpps;
    out.email = row->email;
    out.profession = row->profession;
    out.structure = row->structure;
    out.expires_at
        = cpts_page_time(request->pool, apr_time_from_sec(row->expires_at));
    out.terms = terms ? &text : NULL;
    out.sheet = looking.sheet != 0;
    return cpts_reply_json(request, HTTP_OK,
                           cpts_fields_encode(cpts_opened_fields, &out, 0));
}

/* --- making the account */

static void check_password(cpts_faults_t *faults, const using_t *use)
{
    if (strlen(use->password) > CPTS_PASSWORD_MAX) {
        cpts_faults_add(faults, "/password", "length",
                        "Raccourcissez ce mot de passe : %d octets au plus, "
                        "et une lettre accentuée en compte deux.",
                        CPTS_PASSWORD_MAX);
    }
    else if (cpts_secret_is_weak(use->password, use->account)) {
        cpts_faults_add(faults, "/password", "weak",
                        "Choisissez un mot de passe d’au moins %d "
                        "caractères, qui ne soit ni le nom du compte, ni "
                        "une suite de touches.",
                        CPTS_PASSWORD_GOOD);
    }
}

static void check_terms(cpts_faults_t *faults, const cpts_terms_t *terms,
                        const using_t *use)
{
    if (terms ? !cpts_terms_in_force(terms, use->terms) : use->terms != NULL) {
        cpts_faults_add(faults, "/terms", "not_current",
                        "Lisez et acceptez le texte en vigueur : relisez "
                        "l’invitation, elle dit lequel.");
    }
}

static int check_use(cpts_request_t *request, const using_t *use,
                     const looking_t *looking)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);

    check_password(faults, use);
    check_terms(faults, cpts_config_terms(request->config, looking->row.role),
                use);
    if (cpts_faults_count(faults)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    return OK;
}

#define TAKEN_CODE "account_taken"
#define TAKEN_DETAIL                                                  \
    "Ce nom de compte est déjà pris : choisissez-en un autre, ou " \
    "identifiez-vous si c’est le vôtre."

/* What the transaction is handed. */
typedef struct {
    const looking_t *looking;
    cpts_account_t account;
} making_t;

/* From here on the one who acts is the new account. */
static cpts_db_e tell_use(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, const making_t *making)
{
    const cpts_account_t *account = &making->account;
    new_account_t out = { account->name, account->role };
    cpts_entry_t entry = { .at = account->terms_at,
                           .actor = &request->actor,
                           .did = CPTS_DID_TERMS_ACCEPT,
                           .outcome = account->terms };

    request->actor.account = account->name;
    request->actor.role = account->role;
    request->actor.rpps = account->rpps;
    request->actor.id = account->id;
    changed->sheet = making->looking->sheet;
    changed->outcome = cpts_role_words[account->role];
    changed->json = cpts_fields_encode(cpts_new_account_fields, &out, 0);
    return account->terms ? cpts_journal_append(db, &entry, NULL) : CPTS_DB_OK;
}

/* Somebody was faster. */
static cpts_db_e refuse_use(cpts_changed_t *changed, cpts_db_t *db,
                            cpts_request_t *request, const looking_t *looking,
                            cpts_db_e rc)
{
    cpts_invitation_t row;

    if (rc == CPTS_DB_CONFLICT) {
        changed->code = TAKEN_CODE;
        changed->detail = TAKEN_DETAIL;
        return CPTS_DB_CONSTRAINT;
    }
    if (rc != CPTS_DB_CONSTRAINT) {
        return rc;
    }
    rc = cpts_invitation_find(&row, db, looking->hash,
                              cpts_request_now(request), request->pool);
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (row.state != CPTS_INVITATION_OPEN) {
        changed->refusal = HTTP_GONE;
        changed->code = endings[row.state].code;
        changed->detail = endings[row.state].detail;
    }
    else {
        /* by another invitation */
        changed->code = cpts_invite_refusals[CPTS_INVITE_ACCOUNT].code;
        changed->detail
            = "Vous avez déjà un compte\u00a0: identifiez-vous. Si ce n’est "
              "pas vous qui l’avez créé, prévenez la coordination.";
    }
    return CPTS_DB_CONSTRAINT;
}

static cpts_db_e use_in(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton)
{
    making_t *making = baton;
    const looking_t *looking = making->looking;
    cpts_db_e rc
        = cpts_invitation_use(&making->account, db, &looking->row,
                              looking->hash, cpts_request_now(request));

    return rc == CPTS_DB_OK ? tell_use(changed, db, request, making)
                            : refuse_use(changed, db, request, looking, rc);
}

static const cpts_change_t using_change
    = { HTTP_CREATED, CPTS_DID_INVITATION_USE, use_in, NULL };

static int make_account(cpts_request_t *request, const using_t *use,
                        const looking_t *looking)
{
    making_t making
        = { .looking = looking,
            .account = { .name = use->account, .terms = use->terms } };

    making.account.terms_at = use->terms ? cpts_request_now(request) : 0;
    making.account.hash = cpts_secret_hash(request->pool, use->password);
    if (!making.account.hash) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, request->r,
                      "CPTS032: a password could not be hashed");
        return cpts_problem(request->r, HTTP_INTERNAL_SERVER_ERROR, NULL,
                            NULL);
    }
    return cpts_change_run(request, &using_change, &making);
}

/* bcrypt costs 50 ms: it comes last, and outside of the transaction. */
static int use_invitation(cpts_request_t *request)
{
    using_t use;
    looking_t looking = { .taken = 0 };
    int problem = cpts_body_decode(request, using_fields, &use);

    looking.account = use.account;
    if (problem == OK) {
        problem = look(&looking, request, use.token);
    }
    if (problem == OK) {
        problem = check_use(request, &use, &looking);
    }
    if (problem == OK && looking.taken) {
        problem = cpts_problem(request->r, HTTP_CONFLICT, TAKEN_CODE,
                               TAKEN_DETAIL);
    }
    return problem == OK ? make_account(request, &use, &looking) : problem;
}

/* clang-format off */
const cpts_route_t cpts_routes_invitation_use[] = {
    { M_POST, "/invitations/open", CPTS_ANYONE, CPTS_WRITES, open_invitation,
      "openInvitation", "What an invitation is about, by its token.", NULL, 0,
      opening_fields, "200 403 404 410 422", "OpenedInvitation" },
    { M_POST, "/invitations/use", CPTS_ANYONE, CPTS_WRITES, use_invitation,
      "useInvitation", "Make the account of an invitation, once.", NULL, 0,
      using_fields, "201 403 404 409 410 422", "NewAccount" },
    { .path = NULL }
};
/* clang-format on */
