/* SPDX-License-Identifier: Apache-2.0 */
/* What DBDriver and DBDParams say for a server, read in the configuration. */

/**
 * @file params.h
 * @brief mod_dbd keeps its configuration to itself, and says what is wrong
 * with it only once it runs.  SQLite creates an empty file where there is
 * none, so mod_cpts insists on mode=rw before anything is opened.
 */
#ifndef CPTS_HTTPD_PARAMS_H
#define CPTS_HTTPD_PARAMS_H

#include <httpd.h>

#include "httpd/tree.h"

/**
 * Find the database file of a server, own directives first, then those of
 * the main server.
 * @param file set to an absolute file name in @a pool
 * @return NULL, or an English message that says what to write.
 */
const char *cpts_params_file(const char **file, cpts_tree_t *tree,
                             const server_rec *server, apr_pool_t *pool);

/** 1 when DBDPersist is Off: mod_dbd has no pool of connections. */
int cpts_params_keeps(cpts_tree_t *tree, const server_rec *server,
                      apr_pool_t *pool);

#endif
