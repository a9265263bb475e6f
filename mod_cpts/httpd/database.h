/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: lent by mod_dbd, opened and checked by the store. */

/**
 * @file database.h
 * @brief A connection is taken for one piece of work and given back at once:
 * never kept while a client is being answered.  Take a snapshot (live.h)
 * before, not while holding one: it may need a connection itself.
 */
#ifndef CPTS_HTTPD_DATABASE_H
#define CPTS_HTTPD_DATABASE_H

#include <apr_pools.h>
#include <httpd.h>

#include "store/db.h"
#include "store/writer.h"

typedef struct cpts_database_t cpts_database_t;

/**
 * Take a connection to a server's database.
 * @param database what to give back to cpts_database_close(); it is closed
 * with @a pool at the latest
 * @param db the store's side of it
 * @return CPTS_DB_OK, or why there is none (then nothing is to be closed);
 * the reason is in the error log.
 */
cpts_db_e cpts_database_open(cpts_database_t **database, cpts_db_t **db,
                             server_rec *server, apr_pool_t *pool);

/**
 * Record a consultation and return when it is durable, or refused: see
 * cpts_writer_record().  Do not hold a connection while calling.
 */
cpts_db_e cpts_database_record(request_rec *r,
                               const cpts_consultation_t *consultation);

/** Make a change in a transaction and return when it is durable: see
 * cpts_writer_change().  Do not hold a connection while calling. */
cpts_db_e cpts_database_change(request_rec *r,
                               const cpts_writer_change_t *change);

/** Give it back; NULL is harmless. Any open transaction is rolled back. */
void cpts_database_close(cpts_database_t *database);

/** Hook child_init: the writers. */
void cpts_database_register_hooks(apr_pool_t *pool);

#endif
