/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written: what no other module tells. */

#include "httpd/tree.h"

#include <stdlib.h>
#include <string.h>

#include <apr_fnmatch.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "httpd/config.h"

struct cpts_tree_t {
    apr_hash_t *sections;      /* "file:line" -> <VirtualHost> */
    apr_hash_t *last;          /* names asked for -> answers of the main one */
    apr_array_header_t *bases; /* of the main server, of cpts_base_t */
};

static int is(const ap_directive_t *node, const char *name)
{
    return ap_cstr_casecmp(node->directive, name) == 0;
}

static const char *place(const char *file, unsigned line, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%u:%s", line, file);
}

static void index_sections(cpts_tree_t *tree, apr_pool_t *pool)
{
    const ap_directive_t *node;

    for (node = ap_conftree; node; node = node->next) {
        if (node->filename && is(node, "<VirtualHost")) {
            apr_hash_set(tree->sections,
                         place(node->filename, (unsigned)node->line_num, pool),
                         APR_HASH_KEY_STRING, node);
        }
    }
}

/* The first directive inside the <VirtualHost> that made a server; NULL for
 * the main server. */
static const ap_directive_t *inside(const cpts_tree_t *tree,
                                    const server_rec *server)
{
    const ap_directive_t *section = NULL;

    if (server->is_virtual && server->defn_name) {
        section
            = apr_hash_get(tree->sections,
                           place(server->defn_name, server->defn_line_number,
                                 apr_hash_pool_get(tree->sections)),
                           APR_HASH_KEY_STRING);
    }
    return section ? section->first_child : NULL;
}

static const ap_directive_t *last_of(const ap_directive_t *node,
                                     const char *name)
{
    const ap_directive_t *found = NULL;

    for (; node; node = node->next) {
        if (is(node, name)) {
            found = node;
        }
    }
    return found;
}

/* What the main server says, or tree itself where it says nothing. */
static const void *last_of_main(cpts_tree_t *tree, const char *name)
{
    const void *known = apr_hash_get(tree->last, name, APR_HASH_KEY_STRING);

    if (!known) {
        known = last_of(ap_conftree, name);
        known = known ? known : tree;
        apr_hash_set(tree->last, name, APR_HASH_KEY_STRING, known);
    }
    return known;
}

const ap_directive_t *cpts_tree_last(cpts_tree_t *tree,
                                     const server_rec *server,
                                     const char *name)
{
    const ap_directive_t *own = last_of(inside(tree, server), name);
    const void *inherited = own ? NULL : last_of_main(tree, name);

    return own ? own : inherited == tree ? NULL : inherited;
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
    return is(node, "SetHandler")
           && ap_cstr_casecmp(cpts_tree_word(node, pool), "cpts") == 0;
}

/* A Location with a plain path, in no other section than a virtual host:
 * its path can then be taken off the front of a URI. */
static int is_plain_location(const ap_directive_t *node, apr_pool_t *pool)
{
    const char *path;

    if (!node || !is(node, "<Location")
        || (node->parent && !is(node->parent, "<VirtualHost"))) {
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
        else if (node->first_child && !is(node, "<VirtualHost")) {
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
                            const cpts_tree_t *tree, const server_rec *server,
                            apr_pool_t *pool)
{
    apr_array_header_t *found = apr_array_make(pool, 2, sizeof(cpts_base_t));
    const char *error = collect(found, inside(tree, server));

    apr_array_cat(found, tree->bases);
    qsort(found->elts, (size_t)found->nelts, sizeof(cpts_base_t),
          compare_bases);
    *bases = found;
    return error;
}

const char *cpts_tree_read(cpts_tree_t **out, apr_pool_t *pool)
{
    cpts_tree_t *tree = apr_palloc(pool, sizeof(*tree));

    tree->sections = apr_hash_make(pool);
    tree->last = apr_hash_make(pool);
    tree->bases = apr_array_make(pool, 2, sizeof(cpts_base_t));
    index_sections(tree, pool);
    *out = tree;
    return collect(tree->bases, ap_conftree);
}
