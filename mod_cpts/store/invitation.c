/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations in the database: made, looked at, used once, called back. */

#include "store/invitation.h"

#include <string.h>

#include <apr_strings.h>

#include "core/field.h"

const char *const cpts_invitation_state_words[]
    = { "open", "used", "expired", "revoked", NULL };

/* --- rows */

static int state_of(const cpts_invitation_t *row, int64_t now)
{
    return row->used_at            ? CPTS_INVITATION_USED
           : row->revoked_at       ? CPTS_INVITATION_REVOKED
           : row->expires_at > now ? CPTS_INVITATION_OPEN
                                   : CPTS_INVITATION_EXPIRED;
}

static const char *copy(cpts_db_t *db, int column, apr_pool_t *pool)
{
    return apr_pstrdup(pool, cpts_db_text(db, column));
}

static void read_row(cpts_invitation_t *out, cpts_db_t *db, int64_t now,
                     apr_pool_t *pool)
{
    out->id = cpts_db_int64(db, 0);
    out->role = cpts_role_parse(cpts_db_text(db, 1));
    out->rpps = copy(db, 2, pool);
    out->name = copy(db, 3, pool);
    out->email = copy(db, 4, pool);
    out->profession = copy(db, 5, pool);
    out->structure = copy(db, 6, pool);
    out->batch = copy(db, 7, pool);
    out->draft = copy(db, 8, pool);
    out->mail = (int)cpts_db_int64(db, 9);
    out->created_at = cpts_db_int64(db, 10);
    out->expires_at = cpts_db_int64(db, 11);
    out->sent_at = cpts_db_int64(db, 12);
    out->opened_at = cpts_db_int64(db, 13);
    out->used_at = cpts_db_int64(db, 14);
    out->revoked_at = cpts_db_int64(db, 15);
    out->account = copy(db, 16, pool);
    out->state = state_of(out, now);
}

/* The row that was stepped to. */
static cpts_db_e take_row(cpts_invitation_t *out, cpts_db_t *db, cpts_db_e rc,
                          int64_t now, apr_pool_t *pool)
{
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    read_row(out, db, now, pool);
    cpts_db_end(db);
    return CPTS_DB_OK;
}

cpts_db_e cpts_invitation_read(cpts_invitation_t *out, cpts_db_t *db,
                               const cpts_actor_t *actor, int64_t id,
                               int64_t now, apr_pool_t *pool)
{
    cpts_db_e rc
        = cpts_db_first(db, CPTS_SQL_INVITATION_READ, "ssl",
                        cpts_role_words[actor->role], actor->rpps, id);

    return take_row(out, db, rc, now, pool);
}

cpts_db_e cpts_invitation_find(cpts_invitation_t *out, cpts_db_t *db,
                               const unsigned char token[CPTS_TOKEN_HASH],
                               int64_t now, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_INVITATION_FIND, "b", token,
                                 CPTS_TOKEN_HASH);

    return take_row(out, db, rc, now, pool);
}

cpts_db_e cpts_invitation_list(cpts_db_t *db, const cpts_actor_t *actor,
                               const cpts_invitation_filter_t *filter,
                               int64_t now, cpts_invitation_row_fn *fn,
                               void *baton, apr_pool_t *pool)
{
    const char *state = filter->state < 0
                            ? NULL
                            : cpts_invitation_state_words[filter->state];
    cpts_invitation_t row;
    apr_pool_t *own;
    cpts_db_e rc;

    if (apr_pool_create(&own, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    rc = cpts_db_begin(
        db, CPTS_SQL_INVITATION_LIST, "sslssli", cpts_role_words[actor->role],
        actor->rpps, filter->before, filter->batch, state, now, filter->limit);
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        apr_pool_clear(own);
        read_row(&row, db, now, own);
        rc = fn(baton, &row);
    }
    cpts_db_end(db);
    apr_pool_destroy(own);
    return rc;
}

/* --- making */

/* Who may invite whom. */
static int may_invite(const cpts_actor_t *actor, int role, const char *rpps)
{
    if (actor->role == CPTS_COORDINATOR) {
        return role == CPTS_DOCTOR || role == CPTS_PROFESSIONAL;
    }
    return actor->role == CPTS_DOCTOR && role == CPTS_DELEGATE && actor->rpps
           && rpps && strcmp(actor->rpps, rpps) == 0;
}

/* One account for a doctor, and one invitation on its way to it. */
static cpts_db_e is_free(cpts_invite_e *why, cpts_db_t *db,
                         const cpts_invitation_t *invitation)
{
    int64_t found;
    cpts_db_e rc;

    *why = CPTS_INVITE_ACCOUNT;
    rc = cpts_db_number(&found, db, CPTS_SQL_INVITATION_ACCOUNT, "s",
                        invitation->rpps);
    if (rc == CPTS_DB_NONE) {
        *why = CPTS_INVITE_OPEN;
        rc = cpts_db_number(&found, db, CPTS_SQL_INVITATION_LIVE, "sl",
                            invitation->rpps, invitation->created_at);
    }
    if (rc == CPTS_DB_NONE) {
        *why = CPTS_INVITE_OK;
        return CPTS_DB_OK;
    }
    return rc == CPTS_DB_OK ? CPTS_DB_CONSTRAINT : rc;
}

/* 0 without a batch. */
static cpts_db_e batch_of(int64_t *batch, cpts_db_t *db,
                          const cpts_invitation_t *invitation)
{
    cpts_db_e rc;

    *batch = 0;
    if (!invitation->batch) {
        return CPTS_DB_OK;
    }
    rc = cpts_db_number(batch, db, CPTS_SQL_BATCH_FIND, "s",
                        invitation->batch);
    if (rc == CPTS_DB_NONE) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_BATCH_ADD, "sl", invitation->batch,
                         invitation->created_at);
        *batch = cpts_db_last_id(db);
    }
    return rc;
}

static cpts_db_e insert(int64_t *id, cpts_db_t *db, const cpts_actor_t *actor,
                        const cpts_invitation_t *i,
                        const unsigned char token[CPTS_TOKEN_HASH])
{
    int64_t batch;
    cpts_db_e rc = batch_of(&batch, db, i);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_INVITATION_ADD, "lsssssssiblll",
                         batch, cpts_role_words[i->role], i->rpps, i->name,
                         i->email, i->profession, i->structure, i->draft,
                         i->mail, token, CPTS_TOKEN_HASH, actor->id,
                         i->created_at, i->expires_at);
    }
    if (rc == CPTS_DB_OK) {
        *id = cpts_db_last_id(db);
    }
    return rc;
}

cpts_db_e cpts_invitation_add(int64_t *id, cpts_invite_e *why, cpts_db_t *db,
                              const cpts_actor_t *actor,
                              const cpts_invitation_t *invitation,
                              const unsigned char token[CPTS_TOKEN_HASH])
{
    cpts_db_e rc = CPTS_DB_OK;

    *why = CPTS_INVITE_OK;
    if (!may_invite(actor, invitation->role, invitation->rpps)) {
        return CPTS_DB_FORBIDDEN;
    }
    if (invitation->role == CPTS_DOCTOR) {
        rc = is_free(why, db, invitation);
    }
    return rc == CPTS_DB_OK ? insert(id, db, actor, invitation, token) : rc;
}

cpts_db_e cpts_invitation_made(int64_t *made, cpts_db_t *db,
                               const cpts_actor_t *actor, int64_t since)
{
    return cpts_db_number(made, db, CPTS_SQL_INVITATION_MADE, "ll", actor->id,
                          since);
}

/* --- later */

/* It was not in the state that the statement asks for. */
static cpts_db_e changed_one(cpts_db_e rc, int changed)
{
    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_CONSTRAINT : rc;
}

cpts_db_e cpts_invitation_renew(cpts_db_t *db, int64_t id,
                                const unsigned char token[CPTS_TOKEN_HASH],
                                int64_t expires_at)
{
    int changed = 0;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_INVITATION_RENEW, "lbl",
                               id, token, CPTS_TOKEN_HASH, expires_at);

    return changed_one(rc, changed);
}

cpts_db_e cpts_invitation_revoke(cpts_db_t *db, int64_t id, int64_t now)
{
    int changed = 0;
    cpts_db_e rc
        = cpts_db_run(db, &changed, CPTS_SQL_INVITATION_REVOKE, "ll", id, now);

    return changed_one(rc, changed);
}

cpts_db_e cpts_invitation_opened(cpts_db_t *db, int64_t id, int64_t now)
{
    return cpts_db_run(db, NULL, CPTS_SQL_INVITATION_OPENED, "ll", id, now);
}

/* The account's number, for those who look the invitation up later. */
static cpts_db_e add_account(cpts_account_t *account, cpts_db_t *db,
                             const cpts_invitation_t *invitation, int64_t now)
{
    cpts_db_e rc;

    account->role = invitation->role;
    account->rpps = invitation->rpps;
    account->disabled = 0;
    account->created_at = now;
    account->email = invitation->email;
    account->profession = invitation->profession;
    account->structure = invitation->structure;
    rc = cpts_account_add(db, account);
    if (rc == CPTS_DB_OK) {
        account->id = cpts_db_last_id(db);
        rc = cpts_db_run(db, NULL, CPTS_SQL_INVITATION_BECAME, "ll",
                         invitation->id, account->id);
    }
    return rc;
}

cpts_db_e cpts_invitation_use(cpts_account_t *account, cpts_db_t *db,
                              const cpts_invitation_t *invitation,
                              const unsigned char token[CPTS_TOKEN_HASH],
                              int64_t now)
{
    int changed = 0;
    cpts_db_e rc = cpts_db_run(db, &changed, CPTS_SQL_INVITATION_USE, "lbl",
                               invitation->id, token, CPTS_TOKEN_HASH, now);

    rc = changed_one(rc, changed);
    return rc == CPTS_DB_OK ? add_account(account, db, invitation, now) : rc;
}

/* --- what is known of a doctor */

cpts_db_e cpts_invitation_draft(const char **name, const char **draft,
                                cpts_db_t *db, const cpts_actor_t *actor,
                                const char *rpps, apr_pool_t *pool)
{
    int owner = actor->rpps && strcmp(actor->rpps, rpps) == 0;
    cpts_db_e rc;

    if (!owner && actor->role != CPTS_COORDINATOR) {
        return CPTS_DB_FORBIDDEN;
    }
    rc = cpts_db_first(db, CPTS_SQL_INVITATION_DRAFT, "sss",
                       cpts_role_words[actor->role], actor->rpps, rpps);
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    *name = copy(db, 0, pool);
    *draft = copy(db, 1, pool);
    cpts_db_end(db);
    return CPTS_DB_OK;
}

cpts_db_e cpts_invitation_sheet(int64_t *sheet, cpts_db_t *db,
                                const char *rpps)
{
    cpts_db_e rc = CPTS_DB_NONE;

    *sheet = 0;
    if (rpps) {
        rc = cpts_db_number(sheet, db, CPTS_SQL_SHEET_ID, "sss",
                            cpts_role_words[CPTS_COORDINATOR], NULL, rpps);
    }
    return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}

/* --- batches */

cpts_db_e cpts_batch_list(cpts_db_t *db, cpts_batch_row_fn *fn, void *baton)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_BATCH_LIST, "");

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        cpts_batch_t row
            = { cpts_db_text(db, 0), cpts_db_int64(db, 1),
                (int)cpts_db_int64(db, 2), (int)cpts_db_int64(db, 3),
                (int)cpts_db_int64(db, 4) };

        rc = fn(baton, &row);
    }
    cpts_db_end(db);
    return rc;
}
