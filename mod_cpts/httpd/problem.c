/* SPDX-License-Identifier: Apache-2.0 */
/* Error answers: RFC 9457 problem details, ours and httpd's own alike. */

#include "httpd/problem.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "httpd/reply.h"
#include "httpd/request.h"

APLOG_USE_MODULE(cpts);

#define FILTER "CPTS_PROBLEM"
/* type is the code, as a URI */
#define TYPE_PREFIX "urn:mod-cpts:problem:"

typedef struct cpts_problem_t {
    int status;
    const char *code, *title, *detail; /* NULL: those of the status */
    const cpts_faults_t *faults;       /* or NULL */
    const char *allow;                 /* or NULL */
} problem_t;

typedef struct {
    int status;
    const char *code, *title, *detail;
} default_t;

/* What is said where nothing else is known. The last two stand for every
 * other status below and from 500. */
/* clang-format off */
static const default_t defaults[] = {
    { 400, "bad_request", "Requête incorrecte",
      "La requête n’a pas pu être comprise." },
    { 401, "unauthorized", "Authentification nécessaire",
      "Identifiez-vous avec votre compte." },
    { 403, "forbidden", "Accès refusé",
      "Votre compte ne donne pas ce droit." },
    { 404, "not_found", "Introuvable",
      "Il n’y a rien à cette adresse." },
    { 405, "method_not_allowed", "Méthode non autorisée",
      "Cette adresse n’accepte pas cette méthode : l’en-tête Allow donne "
      "celles qu’elle accepte." },
    { 408, "timeout", "Délai dépassé",
      "La requête n’est pas arrivée à temps : envoyez-la de nouveau." },
    { 409, "conflict", "Conflit",
      "Cela existe déjà." },
    { 410, "gone", "N’est plus valable",
      "Ce qui était à cette adresse n’est plus valable." },
    { 411, "length_required", "Longueur nécessaire",
      "Indiquez la longueur du contenu." },
    { 412, "stale_version", "Version dépassée",
      "La fiche a changé depuis votre lecture : relisez-la, puis "
      "recommencez." },
    { 413, "body_too_large", "Contenu trop volumineux",
      "Le contenu envoyé dépasse la taille acceptée." },
    { 414, "uri_too_long", "Adresse trop longue",
      "L’adresse dépasse la longueur acceptée." },
    { 415, "unsupported_media_type", "Type de contenu refusé",
      "Envoyez du JSON avec l’en-tête « Content-Type: application/json »." },
    { 417, "expectation_failed", "Attente impossible",
      "L’en-tête Expect demande ce que ce serveur ne fait pas." },
    { 422, "invalid", "Contenu non valide",
      "Corrigez les points de la liste « errors »." },
    { 428, "precondition_required", "Version nécessaire",
      "Indiquez dans l’en-tête If-Match l’ETag de la version lue." },
    { 429, "too_many_requests", "Trop de requêtes",
      "Réessayez après le délai que donne l’en-tête Retry-After." },
    { 431, "headers_too_large", "En-têtes trop volumineux",
      "Les en-têtes dépassent la taille acceptée." },
    { 500, "internal_error", "Erreur interne",
      "Le serveur a rencontré une erreur ; son journal en donne la cause." },
    { 503, "unavailable", "Service indisponible",
      "Réessayez dans quelques instants." },
    { 507, "database_full", "Espace insuffisant",
      "Le disque du serveur est plein : prévenez son administrateur." },
    { 0, "refused", "Requête refusée",
      "La requête n’a pas pu être traitée." },
    { 0, "server_error", "Erreur du serveur",
      "Le serveur n’a pas pu traiter la requête." }
};
/* clang-format on */

#define DEFAULTS ((int)(sizeof(defaults) / sizeof(defaults[0])))

static const default_t *default_of(int status)
{
    int i;

    for (i = 0; i < DEFAULTS - 2; i++) {
        if (defaults[i].status == status) {
            return &defaults[i];
        }
    }
    return &defaults[status < 500 ? DEFAULTS - 2 : DEFAULTS - 1];
}

static problem_t *note(request_rec *r, int status)
{
    problem_t *problem = apr_pcalloc(r->pool, sizeof(*problem));

    problem->status = status;
    cpts_request_state(r)->problem = problem;
    return problem;
}

int cpts_problem(request_rec *r, int status, const char *code,
                 const char *detail)
{
    problem_t *problem = note(r, status);

    problem->code = code;
    problem->detail = detail;
    return status;
}

int cpts_problem_faults(request_rec *r, int status, const char *code,
                        const cpts_faults_t *faults)
{
    problem_t *problem = note(r, status);

    problem->code = code;
    problem->faults = faults;
    return status;
}

int cpts_problem_db(request_rec *r, cpts_db_e kind, const cpts_db_t *db)
{
    const cpts_db_fault_t *fault = &cpts_db_faults[kind];
    problem_t *problem;

    if (fault->status < 400) {
        fault = &cpts_db_faults[CPTS_DB_ERROR];
    }
    problem = note(r, fault->status);
    problem->code = fault->code;
    problem->title = fault->title;
    problem->detail = fault->advice;
    if (fault->retry_after) {
        cpts_problem_retry(r, fault->retry_after);
    }
    if (fault->status >= 500) {
        /* that a territory is broken was said once, see CPTS006 */
        ap_log_rerror(APLOG_MARK, fault->broken ? APLOG_INFO : APLOG_ERR, 0, r,
                      "CPTS023: %s%s%s", fault->log, db ? ": " : "",
                      db ? cpts_db_message(db) : "");
    }
    return fault->status;
}

void cpts_problem_retry(request_rec *r, int seconds)
{
    apr_table_setn(r->err_headers_out, "Retry-After",
                   apr_itoa(r->pool, seconds));
}

/* httpd makes its own Allow from the mask, with TRACE in it. */
int cpts_problem_method(request_rec *r, apr_int64_t methods, const char *allow)
{
    r->allowed = methods;
    r->allowed_methods->method_mask = methods;
    note(r, HTTP_METHOD_NOT_ALLOWED)->allow = allow;
    return HTTP_METHOD_NOT_ALLOWED;
}

/* A custom response of the request comes before any ErrorDocument; an empty
 * text is then what our filter replaces. */
void cpts_problem_keep(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);
    int i;

    if (core->response_code_exprs || core->response_code_strings) {
        for (i = 0; i < DEFAULTS - 2; i++) {
            ap_custom_response(r, defaults[i].status, "\"");
        }
    }
}

/* --- the filter */

/* A provider of authentication can only say "denied" or "error": what it
 * noted beside that is what the client is told. */
static const problem_t *settle(request_rec *r)
{
    const problem_t *noted = cpts_request_state(r)->problem;

    if (noted && noted->status > r->status
        && (r->status == HTTP_UNAUTHORIZED
            || r->status == HTTP_INTERNAL_SERVER_ERROR)) {
        r->status = noted->status;
        r->status_line = NULL;
    }
    return noted && noted->status == r->status ? noted : NULL;
}

static const char *or_else(const char *text, const char *fallback)
{
    return text ? text : fallback;
}

/* "about:blank" says that there is no more to know than the status. */
static const char *type_of(const char *code, const default_t *known,
                           apr_pool_t *pool)
{
    return strcmp(code, known->code) == 0
               ? "about:blank"
               : apr_pstrcat(pool, TYPE_PREFIX, code, NULL);
}

static json_t *problem_json(const problem_t *problem, int status,
                            apr_pool_t *pool)
{
    static const problem_t nothing = { 0 };
    const problem_t *p = problem ? problem : &nothing;
    const default_t *known = default_of(status);
    const char *code = or_else(p->code, known->code);
    json_t *json = json_pack(
        "{s:s, s:s, s:i, s:s, s:s}", "type", type_of(code, known, pool),
        "title", or_else(p->title, known->title), "status", status, "detail",
        or_else(p->detail, known->detail), "code", code);

    if (json && p->faults
        && json_object_set_new(json, "errors", cpts_faults_json(p->faults))) {
        json_decref(json);
        json = NULL;
    }
    return json;
}

static const char *problem_body(request_rec *r, const problem_t *problem)
{
    json_t *json = problem_json(problem, r->status, r->pool);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const char *body = text ? apr_pstrdup(r->pool, text) : "{}";

    free(text);
    json_decref(json);
    return body;
}

/* By now r->headers_out are the headers that error answers keep. */
static void set_headers(request_rec *r, const problem_t *problem)
{
    cpts_reply_headers(r->headers_out);
    if (problem && problem->allow) {
        apr_table_setn(r->headers_out, "Allow", problem->allow);
    }
    ap_set_content_type(r, "application/problem+json");
}

static int has_eos(const apr_bucket_brigade *brigade)
{
    return !APR_BRIGADE_EMPTY(brigade)
           && APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade));
}

/* Lets go of httpd's HTML and writes ours when it is over. */
static apr_status_t write_problem(ap_filter_t *filter,
                                  apr_bucket_brigade *brigade)
{
    request_rec *r = filter->r;
    apr_bucket_alloc_t *alloc = r->connection->bucket_alloc;
    const problem_t *problem;
    const char *body;
    size_t length;

    if (!has_eos(brigade)) {
        apr_brigade_cleanup(brigade);
        return APR_SUCCESS;
    }
    apr_brigade_cleanup(brigade);
    problem = settle(r);
    body = problem_body(r, problem);
    length = strlen(body);
    set_headers(r, problem);
    ap_set_content_length(r, (apr_off_t)length);
    APR_BRIGADE_INSERT_TAIL(
        brigade, apr_bucket_pool_create(body, length, r->pool, alloc));
    APR_BRIGADE_INSERT_TAIL(brigade, apr_bucket_eos_create(alloc));
    ap_remove_output_filter(filter);
    return ap_pass_brigade(filter->next, brigade);
}

static void insert_filter(request_rec *r)
{
    if (r->status >= 400 && cpts_request_path(r)) {
        ap_add_output_filter(FILTER, NULL, r, r->connection);
    }
}

void cpts_problem_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    /* before mod_headers, whose filter is of the next type */
    ap_register_output_filter(FILTER, write_problem, NULL, AP_FTYPE_RESOURCE);
    ap_hook_insert_error_filter(insert_filter, NULL, NULL, APR_HOOK_MIDDLE);
}
