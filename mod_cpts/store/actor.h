/* SPDX-License-Identifier: Apache-2.0 */
/* Who acts, for rights that the SQL itself decides and for the journal. */

/**
 * @file actor.h
 */
#ifndef CPTS_STORE_ACTOR_H
#define CPTS_STORE_ACTOR_H

#include <stdint.h>

#include "core/role.h"

typedef struct {
    const char *account; /**< name */
    int role;            /**< cpts_role_e */
    const char *rpps;    /**< a doctor's own, a delegate's doctor; or NULL */
    int64_t id;          /**< of the account; what the journal keeps */
} cpts_actor_t;

#endif
