/* SPDX-License-Identifier: Apache-2.0 */
/* All that is held about one person, as JSON; and its erasure. */

/**
 * @file export.h
 */
#ifndef CPTS_STORE_EXPORT_H
#define CPTS_STORE_EXPORT_H

#include <jansson.h>

#include "store/actor.h"
#include "store/db.h"

/**
 * All that is held about an account, or about the doctor of a sheet with the
 * doctor's account.  Left out are the hash of the password, the tokens (only
 * their hashes are held) and the links of the journal.
 * @param account number of an account, or 0
 * @param rpps a doctor's, or NULL
 * @param json out: a new object, one member per table; NULL on a fault
 * @param sheet out: number of the sheet, 0 without one
 */
cpts_db_e cpts_export_read(json_t **json, int64_t *sheet, cpts_db_t *db,
                           int64_t account, const char *rpps);

/** Why an account is not erased; CPTS_DB_CONSTRAINT goes with each. */
typedef enum {
    CPTS_ERASE_OK,
    CPTS_ERASE_SHEET, /**< a doctor's with a sheet: that is erased first */
    CPTS_ERASE_LAST   /**< no other coordinator could sign in */
} cpts_erase_e;

/**
 * Erase an account and all that is kept of it, inside the caller's
 * transaction; the caller empties the WAL (cpts_db_checkpoint()) after the
 * commit.  Live placements that it started are cancelled, with an entry of
 * the journal each; what stays are numbers that lead to nobody.
 * @param why set with CPTS_DB_CONSTRAINT
 * @param actor for the journal: who erases, or NULL for the administrator
 * @return CPTS_DB_NONE when there is no such account
 */
cpts_db_e cpts_account_erase(cpts_erase_e *why, cpts_db_t *db,
                             const char *name, const cpts_actor_t *actor,
                             int64_t now);

/** The same for every account of a sheet that is being erased: the doctor's
 * and those of the delegates; and live placements at this sheet. */
cpts_db_e cpts_accounts_erase(cpts_db_t *db, const char *rpps, int64_t sheet,
                              const cpts_actor_t *actor, int64_t now);

#endif
