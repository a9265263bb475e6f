/* SPDX-License-Identifier: Apache-2.0 */
/* /links: what the link in a mail shows, and the one thing it does. */

#include "api/change.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"
#include "store/account.h"
#include "store/link.h"

/* The longest text that is looked at as a token: typed with spaces. */
#define TOKEN_MAX 64

/* --- what is sent */

typedef struct {
    const char *token;
} open_t;

typedef enum { CONFIRM, PAUSE } doing_e;

static const char *const doing_words[] = { "confirm", "pause", NULL };

typedef struct {
    const char *token;
    int action; /* doing_e */
    cpts_day_t until;
} use_t;

/* --- what is answered */

typedef struct {
    const char *rpps, *doctor;
    int state;
    cpts_day_t from, until, confirmed_on, fresh_until;
    int stale;
} shown_t;

/* clang-format off */
#define REQ CPTS_REQUIRED
#define TOKEN(type) \
    { "token", CPTS_STRING, REQ, 1, TOKEN_MAX, NULL, NULL, NULL, 0, \
      offsetof(type, token), "What is after the # of the link's address." }
#define DAY(member, flags, doc) \
    { #member, CPTS_DATE, flags, 0, 0, NULL, NULL, NULL, 0, \
      offsetof(shown_t, member), doc }

static const cpts_field_t open_fields[] = {
    TOKEN(open_t),
    { .name = NULL }
};

static const cpts_field_t use_fields[] = {
    TOKEN(use_t),
    { "action", CPTS_WORD, REQ, 0, 0, NULL, doing_words, NULL, 0,
      offsetof(use_t, action), "What the link is used for." },
    { "until", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(use_t, until), "Last day of a pause; with pause only." },
    { .name = NULL }
};

const cpts_field_t cpts_link_fields[] = {
    { "rpps", CPTS_STRING, REQ, 11, 11, NULL, NULL, NULL, 0,
      offsetof(shown_t, rpps), "RPPS of the doctor." },
    { "doctor", CPTS_STRING, REQ, 0, 200, NULL, NULL, NULL, 0,
      offsetof(shown_t, doctor), "Name of the doctor." },
    { "state", CPTS_WORD, REQ, 0, 0, NULL, cpts_state_words, NULL, 0,
      offsetof(shown_t, state),
      "Today's state: a pause that is over is open." },
    DAY(from, 0, "First day of an opening to come."),
    DAY(until, 0, "Last day of a pause that lasts."),
    DAY(confirmed_on, REQ, "Day of the last confirmation."),
    DAY(fresh_until, REQ, "Last day on which the sheet is proposed."),
    { "stale", CPTS_BOOLEAN, REQ, 0, 0, NULL, NULL, NULL, 0,
      offsetof(shown_t, stale), "Past its validity: not proposed." },
    { .name = NULL }
};
/* clang-format on */

static json_t *show(const cpts_request_t *request, const cpts_sheet_t *sheet)
{
    const cpts_availability_t *a = sheet->availability;
    int state = (int)cpts_availability_on(a, request->today);
    shown_t shown
        = { .rpps = sheet->rpps,
            .doctor = sheet->name,
            .state = state,
            .from = state == CPTS_STATE_OPENING ? a->from : CPTS_NO_DAY,
            .until = state == CPTS_STATE_PAUSED ? a->until : CPTS_NO_DAY,
            .confirmed_on = sheet->confirmed_on,
            .fresh_until = sheet->confirmed_on
                           + request->territory->limits.sheet_validity };

    shown.stale = request->today > shown.fresh_until;
    return cpts_fields_encode(cpts_link_fields, &shown, 0);
}

/* --- why not */

typedef struct {
    int status;
    const char *code, *detail;
} refusal_t;

static const refusal_t unknown
    = { HTTP_NOT_FOUND, "link_unknown",
        "Ce lien n’existe pas, ou n’existe plus : vérifiez que l’adresse "
        "est entière, ou connectez-vous avec votre compte." };

static const refusal_t refusals[] = {
    [CPTS_LINK_ALIVE] = { 0, NULL, NULL },
    [CPTS_LINK_USED] = { HTTP_GONE, "link_used",
                         "Ce lien a déjà servi : pour un autre changement, "
                         "connectez-vous avec votre compte." },
    [CPTS_LINK_EXPIRED] = { HTTP_GONE, "link_expired",
                            "Ce lien a expiré : connectez-vous avec votre "
                            "compte pour confirmer votre fiche." },
    [CPTS_LINK_DEAD] = { HTTP_GONE, "link_dead",
                         "Ce lien ne mène plus à votre fiche : connectez-vous "
                         "avec votre compte, ou appelez la coordination." },
};

/* The link behind a token, or why it cannot be used. */
static cpts_db_e find(cpts_link_t *link, const refusal_t **refusal,
                      cpts_db_t *db, const cpts_request_t *request,
                      const char *token)
{
    cpts_db_e rc = cpts_link_find(link, db, token, cpts_request_now(request),
                                  request->pool);

    *refusal = NULL;
    if (rc == CPTS_DB_NONE) {
        *refusal = &unknown;
        return CPTS_DB_CONSTRAINT;
    }
    if (rc == CPTS_DB_OK && link->state != CPTS_LINK_ALIVE) {
        *refusal = &refusals[link->state];
        return CPTS_DB_CONSTRAINT;
    }
    return rc;
}

/* --- looking */

static cpts_db_e read_sheet(cpts_stored_sheet_t *stored,
                            const refusal_t **refusal, cpts_db_t *db,
                            cpts_request_t *request, const char *token)
{
    cpts_link_t link;
    cpts_db_e rc = find(&link, refusal, db, request, token);

    return rc == CPTS_DB_OK ? cpts_sheet_read(stored, db, &link.actor,
                                              link.rpps, request->pool)
                            : rc;
}

static int open_link(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    const refusal_t *refusal = NULL;
    cpts_stored_sheet_t stored;
    cpts_database_t *database;
    cpts_db_t *db;
    open_t sent;
    int problem = OK;
    cpts_db_e rc;

    if (cpts_fields_decode(open_fields, &sent, request->body, "", faults,
                           request->pool)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    rc = cpts_database_open(&database, &db, request->r->server, request->pool);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = read_sheet(&stored, &refusal, db, request, sent.token);
    if (rc != CPTS_DB_OK) {
        problem = refusal ? cpts_problem(request->r, refusal->status,
                                         refusal->code, refusal->detail)
                          : cpts_problem_db(request->r, rc, db);
    }
    cpts_database_close(database);
    return problem == OK
               ? cpts_reply_json(request, HTTP_OK, show(request, stored.sheet))
               : problem;
}

/* --- using */

/* The sheet says no: only a pause can be refused. */
static const refusal_t not_on_list
    = { HTTP_CONFLICT, "not_on_list",
        "La fiche est fermée ou a quitté la liste : il n’y a rien à mettre "
        "en pause." };

/* As for one who signs in: a text that is not accepted yet bars the way onto
 * the list, not the way off it. The link stays good. */
static const refusal_t terms_required
    = { HTTP_FORBIDDEN, "terms_required",
        "Avant de confirmer, lisez et acceptez la charte\u00a0: son texte a "
        "changé, ou vous ne l’avez pas encore acceptée. Connectez-vous\u00a0: "
        "elle vous sera montrée, puis votre fiche." };

static cpts_db_e check_terms(const refusal_t **refusal, cpts_db_t *db,
                             const cpts_request_t *request,
                             const cpts_link_t *link)
{
    const cpts_terms_t *terms
        = cpts_config_terms(request->config, link->actor.role);
    cpts_account_t account;
    cpts_db_e rc;

    if (!terms) {
        return CPTS_DB_OK;
    }
    rc = cpts_account_read(&account, db, link->actor.account, request->pool);
    if (rc == CPTS_DB_OK && !cpts_terms_in_force(terms, account.terms)) {
        *refusal = &terms_required;
        rc = CPTS_DB_CONSTRAINT;
    }
    return rc;
}

static cpts_db_e act(cpts_stored_sheet_t *stored, const refusal_t **refusal,
                     cpts_db_t *db, cpts_request_t *request, const use_t *use)
{
    cpts_link_t link;
    cpts_db_e rc = find(&link, refusal, db, request, use->token);

    if (rc == CPTS_DB_OK && use->action == CONFIRM) {
        rc = check_terms(refusal, db, request, &link);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = cpts_link_use(db, &link, cpts_request_now(request));
    if (rc != CPTS_DB_OK) {
        *refusal = &refusals[CPTS_LINK_USED];
        return rc;
    }
    /* from here on it is the doctor who acts, for the journal too */
    request->actor = link.actor;
    rc = cpts_sheet_act(stored, db, &link.actor, link.rpps,
                        use->action == CONFIRM ? CPTS_ACTION_CONFIRM
                                               : CPTS_ACTION_PAUSE,
                        use->until, request->today, request->pool);
    if (rc == CPTS_DB_CONSTRAINT) {
        *refusal = &not_on_list;
    }
    return rc;
}

static cpts_db_e use_in(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton)
{
    const refusal_t *refusal = NULL;
    cpts_stored_sheet_t stored;
    cpts_db_e rc = act(&stored, &refusal, db, request, baton);

    if (rc == CPTS_DB_OK) {
        changed->sheet = stored.id;
        changed->outcome = "link";
        changed->json = show(request, stored.sheet);
    }
    else if (rc == CPTS_DB_CONSTRAINT && refusal) {
        changed->refusal = refusal->status;
        changed->code = refusal->code;
        changed->detail = refusal->detail;
    }
    return rc;
}

static const cpts_change_t uses[] = {
    [CONFIRM] = { HTTP_OK, CPTS_DID_SHEET_CONFIRM, use_in, NULL },
    [PAUSE] = { HTTP_OK, CPTS_DID_SHEET_PAUSE, use_in, NULL },
};

static void check_until(const use_t *use, cpts_day_t today,
                        cpts_faults_t *faults)
{
    if (use->action == PAUSE && use->until == CPTS_NO_DAY) {
        cpts_faults_add(faults, "/until", "required",
                        "Indiquez le dernier jour de la pause.");
    }
    else if (use->action == CONFIRM && use->until != CPTS_NO_DAY) {
        cpts_faults_add(faults, "/until", "not_with_action",
                        "Une confirmation n’a pas de dernier jour.");
    }
    else if (use->until != CPTS_NO_DAY && use->until < today) {
        cpts_faults_add(faults, "/until", "past",
                        "Indiquez un jour à venir, ou aujourd’hui.");
    }
}

static int use_link(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    use_t use;

    if (!cpts_fields_decode(use_fields, &use, request->body, "", faults,
                            request->pool)) {
        check_until(&use, request->today, faults);
    }
    if (cpts_faults_count(faults)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    return cpts_change_run(request, &uses[use.action], &use);
}

/* clang-format off */
const cpts_route_t cpts_routes_links[] = {
    { M_POST, "/links/open", CPTS_ANYONE, CPTS_WRITES, open_link, "openLink",
      "The sheet that the link of a mail is about; changes nothing.", NULL, 0,
      open_fields, "200 403 404 410 422", "Link" },
    { M_POST, "/links/use", CPTS_ANYONE, CPTS_WRITES, use_link, "useLink",
      "Confirms or pauses the sheet as its doctor, once.", NULL, 0,
      use_fields, "200 403 404 409 410 422", "Link" },
    { .path = NULL }
};
/* clang-format on */
