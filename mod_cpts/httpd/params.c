/* SPDX-License-Identifier: Apache-2.0 */
/* What DBDriver and DBDParams say for a server, read in the configuration. */

#include "httpd/params.h"

#include <string.h>

#include <apr_strings.h>

#define EXAMPLE                               \
    "write: DBDriver sqlite3, and DBDParams " \
    "\"file:/var/lib/cpts/cpts.db?mode=rw\""

static const char *argument_of(cpts_tree_t *tree, const server_rec *server,
                               const char *name, apr_pool_t *pool)
{
    const ap_directive_t *found = cpts_tree_last(tree, server, name);

    return found ? cpts_tree_word(found, pool) : NULL;
}

/* The path of file:/a, file:///a or file://localhost/a; NULL for others. */
static const char *path_of(const char *uri)
{
    if (strncmp(uri, "file:", 5) != 0) {
        return NULL;
    }
    uri += 5;
    if (strncmp(uri, "//localhost/", 12) == 0) {
        uri += 11;
    }
    else if (strncmp(uri, "///", 3) == 0) {
        uri += 2;
    }
    return uri[0] == '/' && uri[1] != '/' && uri[1] != '\0' ? uri : NULL;
}

/* SQLite takes the last of several. */
static int opens_existing(const char *query, apr_pool_t *pool)
{
    char *text = apr_pstrdup(pool, query);
    char *state = NULL;
    char *part;
    int result = 0;

    for (part = apr_strtok(text, "&", &state); part;
         part = apr_strtok(NULL, "&", &state)) {
        if (strncmp(part, "mode=", 5) == 0) {
            result = strcmp(part + 5, "rw") == 0;
        }
    }
    return result;
}

static const char *parse_params(const char **file, const char *params,
                                apr_pool_t *pool)
{
    const char *query = strchr(params, '?');
    const char *path;
    char *name;

    path = path_of(
        query ? apr_pstrmemdup(pool, params, (apr_size_t)(query - params))
              : params);
    if (!path) {
        return apr_psprintf(pool,
                            "DBDParams \"%s\" is not a URI with an "
                            "absolute file name; " EXAMPLE,
                            params);
    }
    if (!query || !opens_existing(query + 1, pool)) {
        return apr_psprintf(pool,
                            "DBDParams \"%s\" would let SQLite create "
                            "an empty database where there is none; " EXAMPLE,
                            params);
    }
    name = apr_pstrdup(pool, path);
    if (ap_unescape_url(name) != OK) {
        return apr_psprintf(
            pool, "DBDParams \"%s\" has a bad %% escape; " EXAMPLE, params);
    }
    *file = name;
    return NULL;
}

const char *cpts_params_file(const char **file, cpts_tree_t *tree,
                             const server_rec *server, apr_pool_t *pool)
{
    const char *driver = argument_of(tree, server, "DBDriver", pool);
    const char *params = argument_of(tree, server, "DBDParams", pool);

    if (!driver) {
        return "there is no DBDriver; " EXAMPLE;
    }
    if (strcmp(driver, "sqlite3") != 0) {
        return apr_psprintf(pool, "DBDriver %s cannot be used; " EXAMPLE,
                            driver);
    }
    if (!params) {
        return "there is no DBDParams; " EXAMPLE;
    }
    return parse_params(file, params, pool);
}

int cpts_params_keeps(cpts_tree_t *tree, const server_rec *server,
                      apr_pool_t *pool)
{
    const char *persist = argument_of(tree, server, "DBDPersist", pool);

    return persist && ap_cstr_casecmp(persist, "off") == 0;
}
