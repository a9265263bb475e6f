/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of this httpd share: counters, back-off, queue. */

/**
 * @file shared.h
 * @brief One segment, made once in the life of the parent process, so that
 * during a graceful restart the children of both generations see it.
 * Nothing in it stays locked when a child dies: it is reached by atomic
 * operations, the queue under a robust lock.
 */
#ifndef CPTS_HTTPD_SHARED_H
#define CPTS_HTTPD_SHARED_H

#include <stdint.h>

#include <httpd.h>

#include "store/queue.h"

/** The queue of consultations. */
cpts_queue_t *cpts_shared_queue(void);

/** The value of the change counter of a database.
 * @param slot as in cpts_config_t */
uint64_t cpts_shared_counter(int slot);

/** Say that a change was committed. @return the value before */
uint64_t cpts_shared_raise(int slot);

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

/** Hook post_config: make the segment, or find it again, and give each
 * territory its slot: the same in all processes and after a restart. */
void cpts_shared_register_hooks(apr_pool_t *pool);

#endif
