/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written: what no other module tells. */

#include "httpd/tree.h"

#include <stdlib.h>
#include <string.h>

#include <apr_fnmatch.h>
#include <apr_strings.h>

#include "httpd/config.h"

int cpts_tree_is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

const ap_directive_t *cpts_tree_section(const server_rec *server)
{
    const ap_directive_t *node = server->is_virtual ? ap_conftree : NULL;

    for (; node; node = node->next) {
        if (cpts_tree_is(node, "<VirtualHost")
            && (unsigned)node->line_num == server->defn_line_number
            && server->defn_name && node->filename
            && strcmp(node->filename, server->defn_name) == 0) {
            return node->first_child;
        }
    }
    return NULL;
}

const ap_directive_t *cpts_tree_last(const ap_directive_t *node,
                                     const char *name)
{
    const ap_directive_t *found = NULL;

    for (; node; node = node->next) {
        if (cpts_tree_is(node, name)) {
            found = node;
        }
    }
    return found;
}

const char *cpts_tree_word(const ap_directive_t *node, apr_pool_t *pool)
{
    char *args = apr_pstrdup(pool, node->args ? node->args : "");
    const char *rest = args;
    size_t length = strlen(args);

    if (node->directive[0] == '<' && length && args[length - 1] == '>') {
        args[length - 1] = '\0';
    }
    return ap_getword_conf(pool, &rest);
}

/* --- the Locations that we serve */

static int is_our_handler(const ap_directive_t *node, apr_pool_t *pool)
{
    return cpts_tree_is(node, "SetHandler")
           && ap_cstr_casecmp(cpts_tree_word(node, pool), "cpts") == 0;
}

/* A Location with a plain path, in no other section than a virtual host:
 * its path can then be taken off the front of a URI. */
static int is_plain_location(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *path;

    if (!node || !cpts_tree_is(node, "<Location")
        || (node->parent && !cpts_tree_is(node->parent, "<VirtualHost"))) {
        return 0;
    }
    path = cpts_tree_word(node, pool);
    return path[0] == '/' && !apr_fnmatch_test(path);
}

static void add_base(apr_array_header_t *bases, const char *path)
{
    cpts_base_t *base = apr_array_push(bases);
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] == '/') {
        length--;
    }
    base->path = apr_pstrmemdup(bases->pool, path, length);
    base->length = length;
}

/* The virtual hosts are looked at on their own. */
static const char *collect(apr_array_header_t *bases,
                           const ap_directive_t *node)
{
    const char *error = NULL;

    for (; node && !error; node = node->next) {
        if (is_our_handler(node, bases->pool)) {
            if (!is_plain_location(node->parent, bases->pool)) {
                return apr_psprintf(
                    bases->pool,
                    "%s:%d: SetHandler cpts must stand in a "
                    "<Location> with a plain path, not in %s: write for "
                    "example <Location \"/cpts/api\">",
                    node->filename, node->line_num,
                    node->parent
                        ? apr_pstrcat(bases->pool, node->parent->directive,
                                      " ", node->parent->args, NULL)
                        : "the whole server");
            }
            add_base(bases, cpts_tree_word(node->parent, bases->pool));
        }
        else if (node->first_child && !cpts_tree_is(node, "<VirtualHost")) {
            error = collect(bases, node->first_child);
        }
    }
    return error;
}

static int compare_bases(const void *a, const void *b)
{
    size_t x = ((const cpts_base_t *)a)->length;
    size_t y = ((const cpts_base_t *)b)->length;

    return x < y ? 1 : x > y ? -1 : 0;
}

const char *cpts_tree_bases(apr_array_header_t **bases,
                            const server_rec *server, apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(cpts_base_t));
    const char *error = collect(found, cpts_tree_section(server));

    if (!error) {
        error = collect(found, ap_conftree);
    }
    qsort(found->elts, (size_t)found->nelts, sizeof(cpts_base_t),
          compare_bases);
    *bases = found;
    return error;
}
