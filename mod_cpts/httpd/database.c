/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: lent by mod_dbd, opened and checked by the store. */

#include "httpd/database.h"

#include <stdlib.h>

#include <httpd.h>
#include <http_log.h>
#include <http_main.h>
#include <mpm_common.h>

#include "httpd/config.h"
#include "httpd/kept.h"
#include "httpd/shared.h"

APLOG_USE_MODULE(cpts);

struct cpts_database_t {
    apr_pool_t *pool;
    cpts_kept_t *kept;
    cpts_db_t *db;
};

static apr_status_t give_back(void *data)
{
    cpts_database_t *database = data;

    cpts_db_rollback(database->db);
    cpts_kept_give(database->kept);
    return APR_SUCCESS;
}

/* The pool had none to give: the file itself can tell why. */
static cpts_db_e diagnose(server_rec *server, apr_pool_t *pool)
{
    const cpts_config_t *config = cpts_config_of(server);
    cpts_db_e kind = cpts_db_diagnose(config->database, pool);

    if (kind == CPTS_DB_OK) {
        kind = CPTS_DB_ERROR;
    }
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                 "CPTS003: no connection to %s: %s", config->database,
                 cpts_db_faults[kind].log);
    return kind;
}

cpts_db_e cpts_database_open(cpts_database_t **database, cpts_db_t **db,
                             server_rec *server, apr_pool_t *pool)
{
    const cpts_config_t *config = cpts_config_of(server);
    cpts_kept_t *kept = cpts_kept_take(server);
    const ap_dbd_t *rec;
    cpts_db_e kind;

    *database = NULL;
    *db = NULL;
    if (!kept) {
        return diagnose(server, pool);
    }
    rec = cpts_kept_rec(kept);
    kind = cpts_db_adopt(db, rec->driver, rec->handle,
                         (int)(config->write_timeout / 1000), rec->pool);
    if (kind != CPTS_DB_OK) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "CPTS004: the connection to %s is refused: %s (%s)",
                     config->database, cpts_db_faults[kind].log,
                     cpts_db_message(NULL));
        cpts_kept_close(kept);
        *db = NULL;
        return kind;
    }
    *database = apr_palloc(pool, sizeof(**database));
    (*database)->pool = pool;
    (*database)->kept = kept;
    (*database)->db = *db;
    apr_pool_cleanup_register(pool, *database, give_back,
                              apr_pool_cleanup_null);
    return CPTS_DB_OK;
}

void cpts_database_close(cpts_database_t *database)
{
    if (database) {
        apr_pool_cleanup_run(database->pool, database, give_back);
    }
}

/* --- writing together with others */

typedef struct {
    request_rec *r;
    cpts_database_t *database;
} source_t;

static cpts_db_e open_source(cpts_db_t **db, void *baton)
{
    source_t *source = baton;

    return cpts_database_open(&source->database, db, source->r->server,
                              source->r->pool);
}

static void close_source(void *baton)
{
    source_t *source = baton;

    cpts_database_close(source->database);
    source->database = NULL;
}

static cpts_writer_source_t lender_of(source_t *source)
{
    cpts_writer_source_t lender = { open_source, close_source, source };

    return lender;
}

cpts_db_e cpts_database_record(request_rec *r,
                               const cpts_consultation_t *consultation)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    source_t source = { r, NULL };
    cpts_writer_source_t lender = lender_of(&source);

    return cpts_writer_record(config->writer, consultation, &lender,
                              config->write_timeout);
}

cpts_db_e cpts_database_change(request_rec *r,
                               const cpts_writer_change_t *change)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    source_t source = { r, NULL };
    cpts_writer_source_t lender = lender_of(&source);

    return cpts_writer_change(config->writer, change, &lender,
                              config->write_timeout);
}

static void child_init(apr_pool_t *pool, server_rec *main)
{
    server_rec *server;

    for (server = main; server; server = server->next) {
        cpts_config_t *config = cpts_config_of(server);
        apr_status_t rv;

        if (!config->territory) {
            continue;
        }
        rv = cpts_writer_create(&config->writer, cpts_shared_queue(),
                                config->slot, pool);
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server,
                         "CPTS010: cannot start writing for %s", config->name);
            exit(APEXIT_CHILDSICK);
        }
    }
}

void cpts_database_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
