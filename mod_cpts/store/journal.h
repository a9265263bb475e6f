/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: who did what, when, to which sheet or placement. */

/**
 * @file journal.h
 * @brief Append-only, and never a criterion.  An entry holds numbers of
 * accounts and sheets, no names: those are erased elsewhere and the chain
 * stays whole.  Each entry carries a keyed hash of itself and of the link
 * before it; the two ends are sealed with the same key, which is in a file
 * beside the database (FILE.key) and never in it.  Whoever can write the
 * database but not read the key cannot change, remove, insert, swap or
 * truncate entries unseen.
 */
#ifndef CPTS_STORE_JOURNAL_H
#define CPTS_STORE_JOURNAL_H

#include "store/actor.h"
#include "store/db.h"

/** What was done; cpts_did_words[] gives the words that are stored. */
#define CPTS_DID_MATCH_WORD "match"
typedef enum {
    CPTS_DID_MATCH,
    CPTS_DID_SHEET_CREATE,
    CPTS_DID_SHEET_REPLACE,
    CPTS_DID_SHEET_CONFIRM,
    CPTS_DID_SHEET_PAUSE,
    CPTS_DID_SHEET_RESUME,
    CPTS_DID_SHEET_LEAVE,
    CPTS_DID_SHEET_ERASE,
    CPTS_DID_SHEET_IMPORT,
    CPTS_DID_PLACEMENT_HOLD,
    CPTS_DID_PLACEMENT_CONTACT,
    CPTS_DID_PLACEMENT_ACCEPT,
    CPTS_DID_PLACEMENT_REFUSE,
    CPTS_DID_PLACEMENT_DECLARE,
    CPTS_DID_PLACEMENT_CANCEL,
    CPTS_DID_PLACEMENT_EXPIRE,
    CPTS_DID_INVITATION_MAKE,
    CPTS_DID_INVITATION_RENEW,
    CPTS_DID_INVITATION_REVOKE,
    CPTS_DID_INVITATION_USE,
    CPTS_DID_DELEGATE_REVOKE,
    CPTS_DID_TERMS_ACCEPT,
    CPTS_DID_MAIL_SEND,
    CPTS_DID_ACCOUNT_ADD,
    CPTS_DID_ACCOUNT_CHANGE,
    CPTS_DID_ACCOUNT_ERASE,
    CPTS_DID_EXPORT,
    CPTS_DID_PURGE,
    CPTS_DID_COUNT
} cpts_did_e;

extern const char *const cpts_did_words[];

/** The most sheets of one entry. */
#define CPTS_ENTRY_SHEETS_MAX 8

typedef struct {
    int64_t at;                /**< seconds since 1970 */
    const cpts_actor_t *actor; /**< NULL: the administrator, or a timer */
    cpts_did_e did;
    const int64_t *sheets; /**< numbers of the sheets concerned */
    int count;
    int64_t placement;   /**< its number, or 0 */
    const char *outcome; /**< a word, or NULL */
} cpts_entry_t;

/**
 * Append one entry inside the caller's transaction.
 * @param id its number, may be NULL
 * @return CPTS_DB_KEY when the key of the journal cannot be read.
 */
cpts_db_e cpts_journal_append(cpts_db_t *db, const cpts_entry_t *entry,
                              int64_t *id);

/** Make the key of a database if it has none: mode 0640 at the most,
 * the owner and the group of the database. */
cpts_db_e cpts_journal_key_make(const char *database, apr_pool_t *pool);

/**
 * Copy the key to beside another copy of the database: COPY.key, mode 0640.
 * @return CPTS_DB_CONFLICT when there is such a file already, CPTS_DB_KEY
 * when there is no good key to copy, or none can be written there.
 */
cpts_db_e cpts_journal_key_copy(const char *database, const char *copy,
                                apr_pool_t *pool);

/** Look whether the key can be read: CPTS_DB_OK or CPTS_DB_KEY. */
cpts_db_e cpts_journal_key_look(cpts_db_t *db);

/** Seal the ends of a journal that has no seal yet: a new database, or one
 * that was just migrated.  Inside the caller's transaction. */
cpts_db_e cpts_journal_begin(cpts_db_t *db);

/** What cpts_journal_verify() found. */
typedef enum {
    CPTS_JOURNAL_WHOLE,
    CPTS_JOURNAL_CHANGED,  /**< an entry is not the one that was written */
    CPTS_JOURNAL_MISSING,  /**< an entry is not there */
    CPTS_JOURNAL_INSERTED, /**< an entry outside of the sealed ends */
    CPTS_JOURNAL_ENDS,     /**< the ends are not the ones that were sealed */
    CPTS_JOURNAL_INDEX     /**< what finds the entries of a sheet is wrong */
} cpts_journal_state_e;

extern const char *const cpts_journal_state_texts[];

typedef struct {
    cpts_journal_state_e state;
    int64_t broken;      /**< the first entry that is wrong, or 0 */
    int64_t floor, last; /**< entries after floor up to last are covered */
    int64_t before;      /**< entries older than the chain */
    char link[65];       /**< of the last, hexadecimal: a witness to keep */
} cpts_journal_check_t;

/** Read the whole journal, in one read transaction, and say whether it is
 * whole.
 * @param progress may be NULL */
cpts_db_e cpts_journal_verify(cpts_journal_check_t *check, cpts_db_t *db,
                              cpts_progress_fn *progress, void *baton);

/**
 * Remove the entries older than @a before, seconds since 1970; the chain goes
 * on from a sealed floor.  Inside the caller's transaction, after an entry
 * was appended: ends that are not sealed are refused (CPTS_DB_ERROR).
 * @param removed how many
 */
cpts_db_e cpts_journal_purge(cpts_db_t *db, int64_t before, int64_t *removed);

/** One entry as it is read. */
typedef struct {
    int64_t id, at;
    const char *account; /**< NULL: erased, or nobody's */
    const char *role;    /**< word, NULL: the administrator or a timer */
    const char *profession, *structure;
    const char *action, *outcome;
    const char *code; /**< of the placement, or NULL */
    const char *rpps; /**< JSON array, "" for erased sheets */
} cpts_journal_row_t;

typedef struct {
    const char *account, *action, *rpps; /**< or NULL */
    int64_t before;                      /**< 0: from the newest */
    int limit;
} cpts_journal_filter_t;

typedef cpts_db_e cpts_journal_row_fn(void *baton,
                                      const cpts_journal_row_t *row);

/** Entries, newest first. Row memory lives during the call. */
cpts_db_e cpts_journal_list(cpts_db_t *db, const cpts_journal_filter_t *filter,
                            cpts_journal_row_fn *fn, void *baton);

#endif
