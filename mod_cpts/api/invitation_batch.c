/* SPDX-License-Identifier: Apache-2.0 */
/* /invitations/batch, /batches: doctors invited by a CSV file. */

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "api/change.h"
#include "api/invitation.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "core/columns.h"
#include "core/csv.h"
#include "httpd/database.h"
#include "httpd/problem.h"
#include "httpd/reply.h"

/* Rows of one file: their letters are printed at once. */
#define ROWS_MAX 500
#define CSV_MAX  1048576

typedef struct {
    const char *name, *csv;
} batch_t;

/* One row that is right. */
typedef struct {
    int line;
    cpts_invitation_t invitation;
    cpts_token_pair_t token;
} row_t;

/* A file being read. */
typedef struct {
    cpts_request_t *request;
    const batch_t *batch;
    char separator;
    cpts_dialect_t dialect;
    apr_array_header_t *columns; /* of cpts_column_t: all there can be */
    apr_array_header_t *header;  /* of const cpts_column_t *: the file's */
    apr_array_header_t *rows;    /* of row_t */
    cpts_faults_t *faults;
} reading_t;

static const cpts_field_t email_field
    = { .name = "email", .type = CPTS_STRING, .doc = "E-mail of the doctor." };

/* --- faults: by line, and column where there is one */

static void fault(reading_t *reading, int line, const char *column,
                  const char *code, const char *detail)
{
    apr_pool_t *pool = reading->request->pool;
    const char *pointer
        = apr_psprintf(pool, column ? "/csv/%d/%s" : "/csv/%d", line, column);
    const char *where
        = column ? apr_psprintf(pool, "Ligne %d, colonne %s", line, column)
                 : apr_psprintf(pool, "Ligne %d", line);

    cpts_faults_add(reading->faults, pointer, code, "%s : %s", where, detail);
}

static void row_faults(reading_t *reading, int line,
                       const cpts_faults_t *faults)
{
    int i;

    for (i = 0; i < cpts_faults_count(faults); i++) {
        const cpts_fault_t *f = cpts_faults_get(faults, i);

        fault(reading, line,
              cpts_columns_name(reading->columns, f->pointer,
                                reading->request->pool),
              f->code, f->detail);
    }
}

/* --- the header */

static const cpts_column_t *find_column(const reading_t *reading,
                                        const char *name)
{
    int i;

    for (i = 0; i < reading->columns->nelts; i++) {
        const cpts_column_t *column
            = &APR_ARRAY_IDX(reading->columns, i, cpts_column_t);

        if (strcmp(column->name, name) == 0) {
            return column;
        }
    }
    return NULL;
}

static int has_column(const reading_t *reading, const cpts_column_t *column)
{
    int i;

    for (i = 0; i < reading->header->nelts; i++) {
        if (APR_ARRAY_IDX(reading->header, i, const cpts_column_t *)
            == column) {
            return 1;
        }
    }
    return 0;
}

/* By its number: what was sent is not repeated. */
static void add_column(reading_t *reading, int number, const char *name)
{
    apr_pool_t *pool = reading->request->pool;
    const cpts_column_t *column = find_column(reading, name);

    if (!column) {
        fault(reading, 1, apr_itoa(pool, number), "unknown_field",
              "cette colonne n’existe pas : retirez-la, ou corrigez son "
              "nom.");
    }
    else if (has_column(reading, column)) {
        fault(reading, 1, apr_itoa(pool, number), "repeated",
              "cette colonne figure deux fois : retirez-en une.");
    }
    APR_ARRAY_PUSH(reading->header, const cpts_column_t *) = column;
}

static void read_header(reading_t *reading, const apr_array_header_t *cells)
{
    static const char *const needed[] = { "rpps", "name" };
    size_t n;
    int i;

    for (i = 0; i < cells->nelts; i++) {
        add_column(reading, i + 1, APR_ARRAY_IDX(cells, i, const char *));
    }
    for (n = 0; n < sizeof(needed) / sizeof(needed[0]); n++) {
        if (!has_column(reading, find_column(reading, needed[n]))) {
            fault(reading, 1, needed[n], "required",
                  "cette colonne est nécessaire : ajoutez-la.");
        }
    }
}

/* --- rows */

static const char *member(const cpts_request_t *request, const json_t *json,
                          const char *name)
{
    return apr_pstrdup(request->pool,
                       json_string_value(json_object_get(json, name)));
}

/* The two columns that no row may leave empty. */
static void check_needed(const json_t *document, cpts_faults_t *faults)
{
    if (!json_object_get(document, "rpps")) {
        cpts_faults_add(faults, "/rpps", "required",
                        "Ce champ est obligatoire.");
    }
    if (!json_object_get(document, "name")) {
        cpts_faults_add(faults, "/name", "required",
                        "Ce champ est obligatoire.");
    }
}

static void check_twice(reading_t *reading, const char *rpps,
                        cpts_faults_t *faults)
{
    int i;

    for (i = 0; rpps && i < reading->rows->nelts; i++) {
        const row_t *other = &APR_ARRAY_IDX(reading->rows, i, row_t);

        if (strcmp(other->invitation.rpps, rpps) == 0) {
            cpts_faults_add(faults, "/rpps", "repeated",
                            "Ce numéro figure déjà à la ligne %d.",
                            other->line);
            return;
        }
    }
}

static void check_email(const char *email, cpts_faults_t *faults)
{
    if (email && strlen(email) > CPTS_INVITED_EMAIL_MAX) {
        cpts_faults_add(faults, "/email", "length",
                        "Écrivez %d caractères au plus.",
                        CPTS_INVITED_EMAIL_MAX);
    }
    else if (email && cpts_format_email.check(email)) {
        cpts_faults_add(faults, "/email", "format", "%s",
                        cpts_format_email.detail);
    }
}

/* Everything but the address is the beginning of a sheet. */
static void fill_row(row_t *row, reading_t *reading, int line,
                     json_t *document)
{
    cpts_request_t *request = reading->request;
    cpts_invitation_t *i = &row->invitation;

    memset(row, 0, sizeof(*row));
    row->line = line;
    i->role = CPTS_DOCTOR;
    i->rpps = member(request, document, "rpps");
    i->name = member(request, document, "name");
    i->email = member(request, document, "email");
    i->batch = reading->batch->name;
    i->created_at = cpts_request_now(request);
    i->expires_at = cpts_invited_end(request);
    json_object_del(document, "email");
    if (json_object_size(document) > 2) {
        i->draft = cpts_invited_text(request, document);
    }
}

static void check_document(reading_t *reading, int line, json_t *document)
{
    cpts_faults_t *faults = cpts_faults_create(reading->request->pool);
    row_t row;

    fill_row(&row, reading, line, document);
    check_needed(document, faults);
    check_twice(reading, row.invitation.rpps, faults);
    check_email(row.invitation.email, faults);
    row_faults(reading, line,
               cpts_invited_draft_faults(reading->request, document));
    row_faults(reading, line, faults);
    if (row.invitation.rpps) {
        APR_ARRAY_PUSH(reading->rows, row_t) = row;
    }
}

static void read_cells(reading_t *reading, int line,
                       const apr_array_header_t *cells)
{
    cpts_faults_t *faults = cpts_faults_create(reading->request->pool);
    json_t *document
        = cpts_columns_decode(reading->header, cells, reading->dialect, faults,
                              reading->request->pool);

    if (cpts_faults_count(faults)) {
        row_faults(reading, line, faults);
    }
    else {
        check_document(reading, line, document);
    }
    json_decref(document);
}

static const char *read_row(void *baton, int line,
                            const apr_array_header_t *cells, apr_pool_t *pool)
{
    reading_t *reading = baton;

    if (reading->header->nelts == 0) {
        reading->dialect = cpts_columns_dialect(reading->separator);
        read_header(reading, cells);
        /* without a right header every row would be wrong */
        return cpts_faults_count(reading->faults) ? "header" : NULL;
    }
    if (reading->rows->nelts == ROWS_MAX) {
        fault(reading, line, NULL, "items",
              apr_psprintf(pool,
                           "un lot compte au plus %d médecins : coupez-le "
                           "en plusieurs.",
                           ROWS_MAX));
        return "rows";
    }
    if (cells->nelts != reading->header->nelts) {
        fault(reading, line, NULL, "cells",
              apr_psprintf(pool, "%d cellules au lieu de %d.", cells->nelts,
                           reading->header->nelts));
        return NULL;
    }
    read_cells(reading, line, cells);
    return NULL;
}

static void read_csv(reading_t *reading)
{
    const char *csv = reading->batch->csv;
    int line = 0;
    const char *error
        = cpts_csv_parse(csv, strlen(csv), &reading->separator, &line,
                         read_row, reading, reading->request->pool);

    if (error && !cpts_faults_count(reading->faults)) {
        fault(reading, line, NULL, "format",
              "ce n’est pas du CSV correct : un guillemet manque, ou est de "
              "trop.");
    }
    if (!reading->rows->nelts && !cpts_faults_count(reading->faults)) {
        cpts_faults_add(reading->faults, "/csv", "items",
                        "Ce fichier ne contient aucun médecin.");
    }
}

/* --- the request */

typedef struct {
    const char *batch;
    apr_array_header_t *invitations; /* of cpts_invited_t */
} made_t;

/* clang-format off */
static const cpts_field_t batch_fields[] = {
    { "name", CPTS_STRING, CPTS_REQUIRED, 1, 120, NULL, NULL, NULL, 0,
      offsetof(batch_t, name), "Name of the batch, for the response rate." },
    { "csv", CPTS_STRING, CPTS_REQUIRED | CPTS_ANY_CHARACTER, 1, CSV_MAX, NULL,
      NULL, NULL, 0, offsetof(batch_t, csv),
      "Columns rpps, name, and as wanted email and those of a sheet." },
    { .name = NULL }
};

const cpts_field_t cpts_invitation_batch_fields[] = {
    { "batch", CPTS_STRING, CPTS_REQUIRED, 0, 200, NULL, NULL, NULL, 0,
      offsetof(made_t, batch), "Name of the batch." },
    { "invitations", CPTS_OBJECTS, CPTS_REQUIRED, 0, ROWS_MAX, NULL, NULL,
      cpts_invited_fields, sizeof(cpts_invited_t),
      offsetof(made_t, invitations), "In the order of the file." },
    { .name = NULL }
};
/* clang-format on */

/* All or none: the first refusal ends it, but all are told. */
static cpts_db_e add_rows(reading_t *reading, cpts_db_t *db, made_t *made)
{
    cpts_request_t *request = reading->request;
    cpts_db_e rc = CPTS_DB_OK;
    int i;

    for (i = 0; i < reading->rows->nelts && rc == CPTS_DB_OK; i++) {
        row_t *row = &APR_ARRAY_IDX(reading->rows, i, row_t);
        cpts_invite_e why;

        rc = cpts_invitation_add(&row->invitation.id, &why, db,
                                 &request->actor, &row->invitation,
                                 row->token.hash);
        if (rc == CPTS_DB_CONSTRAINT) {
            fault(reading, row->line, "rpps", cpts_invite_refusals[why].code,
                  cpts_invite_refusals[why].detail);
            rc = CPTS_DB_OK;
        }
        else if (rc == CPTS_DB_OK) {
            cpts_invited_fill(apr_array_push(made->invitations), request,
                              &row->invitation, row->token.text);
        }
    }
    return rc;
}

static cpts_db_e batch_in(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, void *baton)
{
    reading_t *reading = baton;
    made_t made = { reading->batch->name,
                    apr_array_make(request->pool, reading->rows->nelts,
                                   sizeof(cpts_invited_t)) };
    cpts_db_e rc = add_rows(reading, db, &made);

    if (rc == CPTS_DB_OK && cpts_faults_count(reading->faults)) {
        rc = CPTS_DB_CONSTRAINT;
    }
    if (rc == CPTS_DB_OK) {
        changed->outcome = "batch";
        changed->json
            = cpts_fields_encode(cpts_invitation_batch_fields, &made, 0);
    }
    return rc;
}

static const cpts_change_t batch_change
    = { HTTP_CREATED, CPTS_DID_INVITATION_MAKE, batch_in, NULL };

static int make_tokens(const reading_t *reading)
{
    int problem = OK;
    int i;

    for (i = 0; i < reading->rows->nelts && problem == OK; i++) {
        problem = cpts_invited_token(
            reading->request, &APR_ARRAY_IDX(reading->rows, i, row_t).token);
    }
    return problem;
}

static void start_reading(reading_t *reading, cpts_request_t *request,
                          const batch_t *batch, cpts_faults_t *faults)
{
    const cpts_column_t email = { email_field.name, &email_field };

    memset(reading, 0, sizeof(*reading));
    reading->request = request;
    reading->batch = batch;
    reading->faults = faults;
    reading->columns = cpts_columns_make(cpts_sheet_fields, 0, request->pool);
    APR_ARRAY_PUSH(reading->columns, cpts_column_t) = email;
    reading->header
        = apr_array_make(request->pool, 16, sizeof(const cpts_column_t *));
    reading->rows = apr_array_make(request->pool, 16, sizeof(row_t));
}

static int refuse(const reading_t *reading)
{
    return cpts_problem_faults(reading->request->r, HTTP_UNPROCESSABLE_ENTITY,
                               NULL, reading->faults);
}

static int make_batch(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    reading_t reading;
    batch_t batch;
    int problem;

    cpts_fields_decode(batch_fields, &batch, request->body, "", faults,
                       request->pool);
    start_reading(&reading, request, &batch, faults);
    if (!cpts_faults_count(faults)) {
        read_csv(&reading);
    }
    if (cpts_faults_count(faults)) {
        return refuse(&reading);
    }
    problem = make_tokens(&reading);
    if (problem == OK) {
        problem = cpts_change_run(request, &batch_change, &reading);
    }
    return cpts_faults_count(faults) ? refuse(&reading) : problem;
}

/* --- how they fared */

typedef struct {
    const char *name, *created_at;
    int invited, opened, accepted;
    double response_rate;
} fared_t;

typedef struct {
    apr_array_header_t *batches; /* of fared_t */
} fared_list_t;

/* clang-format off */
#define COUNT(member, doc) \
    { #member, CPTS_INTEGER, CPTS_REQUIRED, 0, INT_MAX, NULL, NULL, NULL, 0, \
      offsetof(fared_t, member), doc }

static const cpts_field_t fared_fields[] = {
    { "name", CPTS_STRING, CPTS_REQUIRED, 0, 200, NULL, NULL, NULL, 0,
      offsetof(fared_t, name), "Name of the batch." },
    { "created_at", CPTS_STRING, CPTS_REQUIRED, 0, 200, NULL, NULL, NULL, 0,
      offsetof(fared_t, created_at), "When it was made, RFC 3339." },
    COUNT(invited, "Invitations, without those that were revoked."),
    COUNT(opened, "Of which somebody looked at."),
    COUNT(accepted, "Of which became an account."),
    { "response_rate", CPTS_NUMBER, 0, 0, 100, NULL, NULL, NULL, 0,
      offsetof(fared_t, response_rate),
      "accepted of invited, per cent; null when nobody was invited." },
    { .name = NULL }
};

const cpts_field_t cpts_batch_list_fields[] = {
    { "batches", CPTS_OBJECTS, CPTS_REQUIRED, 0, INT_MAX, NULL, NULL,
      fared_fields, sizeof(fared_t), offsetof(fared_list_t, batches),
      "Newest first." },
    { .name = NULL }
};
/* clang-format on */

static cpts_db_e add_batch(void *baton, const cpts_batch_t *row)
{
    apr_array_header_t *batches = baton;
    fared_t *out = apr_array_push(batches);

    out->name = apr_pstrdup(batches->pool, row->name);
    out->created_at
        = cpts_page_time(batches->pool, apr_time_from_sec(row->created_at));
    out->invited = row->invited;
    out->opened = row->opened;
    out->accepted = row->accepted;
    out->response_rate
        = row->invited ? round(1000.0 * row->accepted / row->invited) / 10
                       : NAN;
    return CPTS_DB_OK;
}

static int list_batches(cpts_request_t *request)
{
    fared_list_t list = { apr_array_make(request->pool, 16, sizeof(fared_t)) };
    cpts_database_t *database;
    cpts_db_t *db;
    int problem;
    cpts_db_e rc = cpts_database_open(&database, &db, request->r->server,
                                      request->pool);

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    rc = cpts_batch_list(db, add_batch, list.batches);
    problem = rc == CPTS_DB_OK ? OK : cpts_problem_db(request->r, rc, db);
    cpts_database_close(database);
    return problem == OK ? cpts_reply_json(
               request, HTTP_OK,
               cpts_fields_encode(cpts_batch_list_fields, &list, 0))
                         : problem;
}

/* clang-format off */
#define COORDINATOR CPTS_ROLE_BIT(CPTS_COORDINATOR)

const cpts_route_t cpts_routes_batches[] = {
    { M_POST, "/invitations/batch", COORDINATOR, CPTS_WRITES, make_batch,
      "makeBatch", "Invite the doctors of a CSV file, all or none.", NULL, 0,
      batch_fields, "201 422", "InvitationBatch" },
    { M_GET, "/batches", COORDINATOR, 0, list_batches, "listBatches",
      "Batches of invitations, and how many were accepted.", NULL, 0, NULL,
      "200", "BatchList" },
    { .path = NULL }
};
/* clang-format on */
