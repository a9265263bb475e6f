/* SPDX-License-Identifier: Apache-2.0 */
/* Checks across directives: all that `httpd -t` can find, it finds here. */

#include <apr_hash.h>
#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>

#include "core/contours.h"
#include "httpd/config.h"
#include "httpd/kept.h"
#include "httpd/params.h"
#include "httpd/session.h"
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

/* One look at the whole configuration, and what servers share in it: with
 * hundreds of them each file is to be read once. */
typedef struct {
    cpts_tree_t *tree;
    apr_hash_t *lands;      /* files -> cpts_territory_t, its communes */
    apr_hash_t *perimeters; /* shared_t -> cpts_perimeter_t */
    apr_pool_t *pool;       /* of all that stays */
} look_t;

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

static const char *read_land(cpts_territory_t *land,
                             const cpts_config_t *config, apr_pool_t *pool)
{
    const char *error = read_communes(land, config, pool);

    return error ? error : read_contours(land, config, pool);
}

static const char *find_land(const cpts_territory_t **found, look_t *look,
                             const cpts_config_t *config)
{
    const char *files
        = apr_pstrcat(look->pool, config->communes, "\n",
                      config->neighbours ? config->neighbours : "", "\n",
                      config->contours ? config->contours : "", NULL);
    cpts_territory_t *land
        = apr_hash_get(look->lands, files, APR_HASH_KEY_STRING);
    const char *error = NULL;

    if (!land) {
        land = cpts_territory_create(look->pool);
        error = read_land(land, config, look->pool);
        apr_hash_set(look->lands, files, APR_HASH_KEY_STRING, land);
    }
    *found = land;
    return error;
}

/* What makes two perimeters the same: the line, and what it chooses from. */
typedef struct {
    const void *communes;
    const void *where;
} shared_t;

static const char *add_perimeter(cpts_territory_t *territory, look_t *look,
                                 const cpts_perimeter_line_t *line)
{
    const shared_t key = { territory->communes, line->where };
    const cpts_perimeter_t *known
        = apr_hash_get(look->perimeters, &key, sizeof(key));
    const char *error;

    if (known) {
        APR_ARRAY_PUSH(territory->perimeters, cpts_perimeter_t) = *known;
        return NULL;
    }
    error = cpts_territory_perimeter(territory, line->name, line->items,
                                     look->pool);
    if (error) {
        return at(line->where, look->pool, error);
    }
    known = cpts_territory_named(territory, line->name);
    apr_hash_set(look->perimeters, apr_pmemdup(look->pool, &key, sizeof(key)),
                 sizeof(key), apr_pmemdup(look->pool, known, sizeof(*known)));
    return NULL;
}

static const char *build_territory(cpts_config_t *config, look_t *look)
{
    const apr_array_header_t *lines = config->perimeters;
    const cpts_territory_t *land;
    const char *error = find_land(&land, look, config);
    cpts_territory_t *territory = cpts_territory_share(land, look->pool);
    int i;

    territory->name = config->name;
    territory->phone = config->phone;
    territory->email = config->email;
    set_limits(&territory->limits, config);
    for (i = 0; !error && lines && i < lines->nelts; i++) {
        error = add_perimeter(territory, look,
                              &APR_ARRAY_IDX(lines, i, cpts_perimeter_line_t));
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
                                   look_t *look)
{
    apr_pool_t *pool = look->pool;
    const ap_directive_t *where = config->where[CPTS_DIRECTIVE_TERRITORY];
    const char *error;

    if (!config->communes) {
        return at(where, pool,
                  "there is no CptsCommunes for this territory: "
                  "add CptsCommunes with the CSV file of its communes");
    }
    error = build_territory(config, look);
    if (error) {
        return error;
    }
    if (!cpts_kept_available()) {
        return at(where, pool,
                  "mod_dbd is not loaded: add LoadModule "
                  "dbd_module (Debian: a2enmod dbd)");
    }
    error = cpts_params_file(&config->database, look->tree, server, pool);
    if (error) {
        return at(where, pool, error);
    }
    config->keeps = cpts_params_keeps(look->tree, server, pool);
    return read_session_key(config, pool);
}

/* A virtual host without Cpts directives shares the record of the main
 * server: each server gets a record of its own here. */
static const char *prepare(server_rec *server, const look_t *look)
{
    cpts_config_t *own
        = apr_pmemdup(look->pool, cpts_config_of(server), sizeof(*own));
    const char *error;

    ap_set_module_config(server->module_config, &cpts_module, own);
    error = cpts_directives_settle(own);
    if (error) {
        return apr_psprintf(look->pool, "%s has a bad default", error);
    }
    return cpts_tree_bases(&own->bases, look->tree, server, look->pool);
}

static const char *check_server(server_rec *server, const server_rec *main,
                                look_t *look)
{
    if (!has_territory(server)) {
        return check_without_territory(server, main, look->pool);
    }
    return check_territory(cpts_config_of(server), server, look);
}

static const char *check_servers(server_rec *main, look_t *look)
{
    const char *error = cpts_tree_read(&look->tree, look->pool);
    server_rec *server;

    for (server = main; server && !error; server = server->next) {
        error = prepare(server, look);
    }
    for (server = main; server && !error; server = server->next) {
        error = check_server(server, main, look);
    }
    return error;
}

static int check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                        server_rec *main)
{
    look_t look = { .lands = apr_hash_make(ptemp),
                    .perimeters = apr_hash_make(ptemp),
                    .pool = pconf };
    const char *error;

    (void)plog;
    cpts_kept_retrieve();
    error = check_servers(main, &look);
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
