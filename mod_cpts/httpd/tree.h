/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as it was written: what no other module tells. */

/**
 * @file tree.h
 * @brief mod_dbd keeps its parameters to itself, and httpd compiles the
 * argument of SetHandler into an expression; the tree of directives has both
 * in clear.  It is there while the configuration is read and checked.
 */
#ifndef CPTS_HTTPD_TREE_H
#define CPTS_HTTPD_TREE_H

#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>

typedef struct cpts_tree_t cpts_tree_t;

/**
 * Look at the whole tree once: what is asked below then takes a time that
 * does not grow with the number of virtual hosts.
 * @param tree set, also when there is an error
 * @return NULL, or a message: SetHandler cpts where it cannot work.
 */
const char *cpts_tree_read(cpts_tree_t **tree, apr_pool_t *pool);

/** The last directive of this name in a server itself, or in the main server
 * if it has none; NULL when there is none. */
const ap_directive_t *cpts_tree_last(cpts_tree_t *tree,
                                     const server_rec *server,
                                     const char *name);

/** The first argument, quotes and the > of a section taken off. */
const char *cpts_tree_word(const ap_directive_t *node, apr_pool_t *pool);

/**
 * The Locations of a server that have SetHandler cpts, its own and those of
 * the main server.
 * @param bases set to an array of cpts_base_t, longest first
 * @return NULL, or a message: SetHandler cpts where it cannot work.
 */
const char *cpts_tree_bases(apr_array_header_t **bases,
                            const cpts_tree_t *tree, const server_rec *server,
                            apr_pool_t *pool);

#endif
