/* SPDX-License-Identifier: Apache-2.0 */
/* Checks across directives: all that `httpd -t` can find, it finds here. */

#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>

#include "core/contours.h"
#include "httpd/config.h"
#include "httpd/database.h"
#include "httpd/params.h"
#include "httpd/session.h"
#include "httpd/shared.h"
#include "httpd/tree.h"

APLOG_USE_MODULE(cpts);

/* A message that says which line it is about. */
static const char *at(const ap_directive_t *where, apr_pool_t *pool,
                      const char *message)
{
    if (!where) {
        return message;
    }
    return apr_psprintf(pool, "%s:%d: %s: %s", where->filename,
                        where->line_num, where->directive, message);
}

/* --- the territory */

static void set_limits(cpts_limits_t *limits, const cpts_config_t *config)
{
    limits->home_visit_default = (int)config->home_visit[0];
    limits->home_visit_max = (int)config->home_visit[1];
    limits->search_start = (int)config->search[0];
    limits->search_step = (int)config->search[1];
    limits->search_max = (int)config->search[2];
    limits->proposals = (int)config->proposals;
    limits->priority_age = (int)config->priority_age;
    limits->sheet_validity = (int)config->sheet_validity;
    limits->placement_hold = (int)config->placement_hold;
    limits->held_places = (int)config->held_places;
    limits->daily_consultations = (int)config->daily_consultations;
}

static const char *read_communes(cpts_territory_t *territory,
                                 const cpts_config_t *config, apr_pool_t *pool)
{
    const ap_directive_t *const *where = config->where;
    const char *error;

    error = cpts_territory_read(territory, config->communes, 0, pool);
    if (error) {
        return at(where[CPTS_DIRECTIVE_COMMUNES], pool, error);
    }
    if (config->neighbours) {
        error = cpts_territory_read(territory, config->neighbours, 1, pool);
    }
    return error ? at(where[CPTS_DIRECTIVE_NEIGHBOURS], pool, error) : NULL;
}

/* Once all communes are known. */
static const char *read_contours(cpts_territory_t *territory,
                                 const cpts_config_t *config, apr_pool_t *pool)
{
    const char *error;

    if (!config->contours) {
        return NULL;
    }
    error = cpts_contours_read(&territory->contours, territory,
                               config->contours, pool);
    return error ? at(config->where[CPTS_DIRECTIVE_CONTOURS], pool, error)
                 : NULL;
}

static const char *build_territory(cpts_config_t *config, apr_pool_t *pool)
{
    cpts_territory_t *territory = cpts_territory_create(pool);
    const char *error;
    int i;

    territory->name = config->name;
    territory->phone = config->phone;
    territory->email = config->email;
    set_limits(&territory->limits, config);
    error = read_communes(territory, config, pool);
    if (!error) {
        error = read_contours(territory, config, pool);
    }
    for (i = 0; !error && config->perimeters && i < config->perimeters->nelts;
         i++) {
        const cpts_perimeter_line_t *line
            = &APR_ARRAY_IDX(config->perimeters, i, cpts_perimeter_line_t);

        error = cpts_territory_perimeter(territory, line->name, line->items,
                                         pool);
        if (error) {
            error = at(line->where, pool, error);
        }
    }
    config->territory = territory;
    return error;
}

/* --- one server */

static int has_territory(const server_rec *server)
{
    return cpts_config_of(server)->name != NULL;
}

/* What the main server says without a territory is for its virtual hosts;
 * it is for nobody when none of them has one. */
static int is_inherited(const server_rec *server, const server_rec *main,
                        int directive)
{
    const server_rec *other;

    if (server != main) {
        return cpts_config_of(main)->where[directive]
               == cpts_config_of(server)->where[directive];
    }
    for (other = main->next; other; other = other->next) {
        if (has_territory(other)) {
            return 1;
        }
    }
    return 0;
}

static const char *check_without_territory(const server_rec *server,
                                           const server_rec *main,
                                           apr_pool_t *pool)
{
    const cpts_config_t *config = cpts_config_of(server);
    int i;

    for (i = 0; i < CPTS_DIRECTIVES; i++) {
        if (config->where[i] && !is_inherited(server, main, i)) {
            return at(config->where[i], pool,
                      "there is no CptsTerritory in "
                      "this server: add one, or remove this line");
        }
    }
    if (config->bases->nelts) {
        return apr_psprintf(pool,
                            "<Location \"%s\"> has SetHandler cpts, "
                            "but its server has no CptsTerritory: add one, "
                            "or move the Location into the virtual host of "
                            "the territory",
                            APR_ARRAY_IDX(config->bases, 0, cpts_base_t).path);
    }
    return NULL;
}

static const char *read_session_key(cpts_config_t *config, apr_pool_t *pool)
{
    const ap_directive_t *where = config->where[CPTS_DIRECTIVE_SESSION_KEY];
    const char *error;

    if (!config->session_key) {
        return NULL;
    }
    if (!cpts_session_available()) {
        return at(where, pool,
                  "mod_session is not loaded: add LoadModule session_module "
                  "(Debian: a2enmod session_cookie)");
    }
    error = cpts_seal_read(&config->seal, config->session_key, pool);
    return error ? at(where, pool, error) : NULL;
}

static const char *check_territory(cpts_config_t *config, server_rec *server,
                                   apr_pool_t *pool)
{
    const ap_directive_t *where = config->where[CPTS_DIRECTIVE_TERRITORY];
    const char *error;

    if (!config->communes) {
        return at(where, pool,
                  "there is no CptsCommunes for this territory: "
                  "add CptsCommunes with the CSV file of its communes");
    }
    error = build_territory(config, pool);
    if (error) {
        return error;
    }
    if (!cpts_database_available()) {
        return at(where, pool,
                  "mod_dbd is not loaded: add LoadModule "
                  "dbd_module (Debian: a2enmod dbd)");
    }
    error = cpts_params_file(&config->database, server, pool);
    if (error) {
        return at(where, pool, error);
    }
    config->slot = cpts_shared_slot(config->database);
    return read_session_key(config, pool);
}

/* A virtual host without Cpts directives shares the record of the main
 * server: each server gets a record of its own here. */
static const char *prepare(server_rec *server, apr_pool_t *pool)
{
    cpts_config_t *own
        = apr_pmemdup(pool, cpts_config_of(server), sizeof(*own));
    const char *error;

    ap_set_module_config(server->module_config, &cpts_module, own);
    error = cpts_directives_settle(own);
    if (error) {
        return apr_psprintf(pool, "%s has a bad default", error);
    }
    return cpts_tree_bases(&own->bases, server, pool);
}

static const char *check_server(server_rec *server, const server_rec *main,
                                apr_pool_t *pool)
{
    if (!has_territory(server)) {
        return check_without_territory(server, main, pool);
    }
    return check_territory(cpts_config_of(server), server, pool);
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main)
{
    const char *error = NULL;
    server_rec *server;

    (void)plog;
    (void)ptemp;
    cpts_database_retrieve();
    for (server = main; server && !error; server = server->next) {
        error = prepare(server, pconf);
    }
    for (server = main; server && !error; server = server->next) {
        error = check_server(server, main, pconf);
    }
    if (error) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, main,
                     "CPTS001: %s", error);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

void cpts_check_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_check_config(check_config, NULL, NULL, APR_HOOK_MIDDLE);
}
