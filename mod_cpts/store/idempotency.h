/* SPDX-License-Identifier: Apache-2.0 */
/* Idempotency keys: the outcome of a POST, kept with what it wrote. */

/**
 * @file idempotency.h
 */
#ifndef CPTS_STORE_IDEMPOTENCY_H
#define CPTS_STORE_IDEMPOTENCY_H

#include "store/db.h"

/** How long a key is remembered, seconds. */
#define CPTS_IDEMPOTENCY_LIFE 86400

/** The longest Idempotency-Key; the schema says the same. */
#define CPTS_IDEMPOTENCY_KEY_MAX 64

typedef struct {
    const char *account;
    const char *key;    /**< 1..64 visible ASCII characters */
    const char *digest; /**< hex SHA-1 of method, path and body */
    int status;         /**< HTTP status of the first answer */
    const char *about;  /**< what it wrote: RPPS of a sheet, code... */
    int64_t at;         /**< now, seconds since 1970 */
} cpts_outcome_t;

/** CPTS_DB_OK found and same digest (status and about filled), CPTS_DB_NONE
 * unknown, CPTS_DB_CONFLICT known with another digest. */
cpts_db_e cpts_outcome_find(cpts_outcome_t *outcome, cpts_db_t *db,
                            apr_pool_t *pool);

/** Write it inside the caller's transaction; old ones are purged.
 * CPTS_DB_CONFLICT: someone was faster with this key; roll back. */
cpts_db_e cpts_outcome_save(cpts_db_t *db, const cpts_outcome_t *outcome);

#endif
