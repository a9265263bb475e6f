/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of this httpd share: counters and back-off. */

/**
 * @file shared.h
 * @brief One segment, made once in the life of the parent process, so that
 * during a graceful restart the children of both generations see it.
 * Everything in it is reached by atomic operations, without any lock that
 * a dying child could leave behind.
 */
#ifndef CPTS_HTTPD_SHARED_H
#define CPTS_HTTPD_SHARED_H

#include <stdint.h>

#include <httpd.h>

/**
 * The change counter of a database.  Two databases may have the same one:
 * a change of one then costs a look at the other, nothing else.
 */
unsigned cpts_shared_slot(const char *database);

/** The value of a counter. */
uint64_t cpts_shared_counter(unsigned slot);

/** Say that a change was committed. */
void cpts_shared_raise(unsigned slot);

/**
 * How long someone who failed has to wait still.
 * @param who a hash, not 0
 * @param now milliseconds since 1970
 * @return seconds, 0: may try
 */
int cpts_shared_wait(uint64_t who, int64_t now);

/** Count one failure: from the fifth in a row on, waiting doubles. */
void cpts_shared_fail(uint64_t who, int64_t now);

/** Forget the failures. */
void cpts_shared_forgive(uint64_t who);

/** 16 random bytes, the same in all processes, for the hashes above. */
const unsigned char *cpts_shared_key(void);

/** Hook post_config: make the segment, or find it again. */
void cpts_shared_register_hooks(apr_pool_t *pool);

#endif
