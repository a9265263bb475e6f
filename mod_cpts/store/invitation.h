/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: whoever has the token may make one account with it. */

/**
 * @file invitation.h
 * @brief Whoever has the token of an invitation may make one account with
 * it.  Only its hash is kept.  The coordinator invites doctors and
 * professionals and sees every invitation; a doctor invites delegates for
 * the own sheet and sees those.  Whatever is not for the one who asks is
 * CPTS_DB_NONE.  All writes are for the caller's transaction.
 */
#ifndef CPTS_STORE_INVITATION_H
#define CPTS_STORE_INVITATION_H

#include "core/token.h"
#include "store/account.h"
#include "store/actor.h"
#include "store/db.h"

typedef enum {
    CPTS_INVITATION_OPEN,
    CPTS_INVITATION_USED,
    CPTS_INVITATION_EXPIRED,
    CPTS_INVITATION_REVOKED,
    CPTS_INVITATION_STATES
} cpts_invitation_state_e;

/** NULL-ended: open, used, expired, revoked. */
extern const char *const cpts_invitation_state_words[];

typedef struct {
    int64_t id;
    int role;          /**< cpts_role_e, no coordinator */
    const char *rpps;  /**< the doctor's, a delegate's doctor's; or NULL */
    const char *name;  /**< of the person, as the one who invites knows it */
    const char *email; /**< the next three may be NULL */
    const char *profession, *structure;
    const char *batch; /**< name, or NULL */
    const char *draft; /**< JSON object: part of a sheet, or NULL */
    int mail;          /**< 1: to be sent by e-mail */
    /** Seconds since 1970; 0 where it has not happened. */
    int64_t created_at, expires_at, sent_at, opened_at, used_at, revoked_at;
    const char *account; /**< it became, NULL: none, or erased */
    int state;           /**< cpts_invitation_state_e, at the time asked */
} cpts_invitation_t;

/** How many a doctor may make or renew in one day: each may be a mail. */
#define CPTS_INVITATIONS_A_DAY 20

/** Why one cannot be made. */
typedef enum {
    CPTS_INVITE_OK,
    CPTS_INVITE_ACCOUNT, /**< the doctor has an account */
    CPTS_INVITE_OPEN     /**< the doctor has an invitation that is open */
} cpts_invite_e;

/**
 * Add one.
 * @param invitation role, rpps, name, ..., draft, mail, created_at,
 * expires_at; the batch is made where there is none of its name
 * @param why set with CPTS_DB_CONSTRAINT
 * @return CPTS_DB_FORBIDDEN for a role or a doctor that are not @a actor's
 * to invite
 */
cpts_db_e cpts_invitation_add(int64_t *id, cpts_invite_e *why, cpts_db_t *db,
                              const cpts_actor_t *actor,
                              const cpts_invitation_t *invitation,
                              const unsigned char token[CPTS_TOKEN_HASH]);

/** How many an account has made or renewed.
 * @param since seconds since 1970 */
cpts_db_e cpts_invitation_made(int64_t *made, cpts_db_t *db,
                               const cpts_actor_t *actor, int64_t since);

/** Read one by its number. @param now seconds since 1970 */
cpts_db_e cpts_invitation_read(cpts_invitation_t *out, cpts_db_t *db,
                               const cpts_actor_t *actor, int64_t id,
                               int64_t now, apr_pool_t *pool);

/** Read one by its token, whatever its state. */
cpts_db_e cpts_invitation_find(cpts_invitation_t *out, cpts_db_t *db,
                               const unsigned char token[CPTS_TOKEN_HASH],
                               int64_t now, apr_pool_t *pool);

/**
 * Give one that is open or expired another token: the old one is dead.
 * @return CPTS_DB_CONSTRAINT when it was used or revoked, or when its doctor
 * has an account by now.
 */
cpts_db_e cpts_invitation_renew(cpts_db_t *db, int64_t id,
                                const unsigned char token[CPTS_TOKEN_HASH],
                                int64_t expires_at);

/** @return CPTS_DB_CONSTRAINT when it was used or revoked already. */
cpts_db_e cpts_invitation_revoke(cpts_db_t *db, int64_t id, int64_t now);

/** Note the first time that the holder of the token looked at it. */
cpts_db_e cpts_invitation_opened(cpts_db_t *db, int64_t id, int64_t now);

/**
 * Make the account of an invitation that is open: once, whoever else tries.
 * @param account its name, hash, terms and terms_at; the rest is filled in,
 * with its number
 * @return CPTS_DB_CONSTRAINT when it is not open any more, or when its doctor
 * has an account by now; CPTS_DB_CONFLICT when there is an account of this
 * name.
 */
cpts_db_e cpts_invitation_use(cpts_account_t *account, cpts_db_t *db,
                              const cpts_invitation_t *invitation,
                              const unsigned char token[CPTS_TOKEN_HASH],
                              int64_t now);

typedef struct {
    const char *batch; /**< or NULL */
    int state;         /**< or CPTS_NO_WORD */
    int64_t before;    /**< 0: from the newest */
    int limit;
} cpts_invitation_filter_t;

typedef cpts_db_e cpts_invitation_row_fn(void *baton,
                                         const cpts_invitation_t *row);

/** Newest first. Row memory lives during the call. */
cpts_db_e cpts_invitation_list(cpts_db_t *db, const cpts_actor_t *actor,
                               const cpts_invitation_filter_t *filter,
                               int64_t now, cpts_invitation_row_fn *fn,
                               void *baton, apr_pool_t *pool);

/**
 * What the coordination knew of a doctor: name and draft of the newest
 * invitation that was not revoked.
 * @return CPTS_DB_FORBIDDEN when that is not for @a actor, CPTS_DB_NONE when
 * nothing is known.
 */
cpts_db_e cpts_invitation_draft(const char **name, const char **draft,
                                cpts_db_t *db, const cpts_actor_t *actor,
                                const char *rpps, apr_pool_t *pool);

/** One batch; invitations that were revoked unused are not counted. */
typedef struct {
    const char *name;
    int64_t created_at;
    int invited, opened, accepted;
} cpts_batch_t;

typedef cpts_db_e cpts_batch_row_fn(void *baton, const cpts_batch_t *row);

/** All batches, newest first. */
cpts_db_e cpts_batch_list(cpts_db_t *db, cpts_batch_row_fn *fn, void *baton);

/** The number of the sheet of an RPPS, 0 when there is none. */
cpts_db_e cpts_invitation_sheet(int64_t *sheet, cpts_db_t *db,
                                const char *rpps);

#endif
