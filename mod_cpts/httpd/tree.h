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

/** The first directive inside the <VirtualHost> that made a server; NULL for
 * the main server. */
const ap_directive_t *cpts_tree_section(const server_rec *server);

/** The last directive of this name among siblings, or NULL. */
const ap_directive_t *cpts_tree_last(const ap_directive_t *node,
                                     const char *name);

/** The first argument, quotes and the > of a section taken off. */
const char *cpts_tree_word(const ap_directive_t *node, apr_pool_t *pool);

/** 1 when the node is this section or directive, whatever its case. */
int cpts_tree_is(const ap_directive_t *node, const char *name);

/**
 * The Locations of a server that have SetHandler cpts, its own and those of
 * the main server.
 * @param bases set to an array of cpts_base_t, longest first
 * @return NULL, or a message: SetHandler cpts where it cannot work.
 */
const char *cpts_tree_bases(apr_array_header_t **bases,
                            const server_rec *server, apr_pool_t *pool);

#endif
