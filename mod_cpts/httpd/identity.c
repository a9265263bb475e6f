/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: the account behind r->user, whoever authenticated it. */

#include "httpd/identity.h"

#include <string.h>

#include "httpd/accounts.h"
#include "httpd/request.h"

static void keep(cpts_state_t *state, const cpts_account_t *account)
{
    state->known = 1;
    state->kind = account->disabled ? CPTS_DB_NONE : CPTS_DB_OK;
    state->actor.account = account->name;
    state->actor.role = account->role;
    state->actor.rpps = account->rpps;
    state->actor.id = account->id;
    state->terms = account->terms;
    state->terms_at = account->terms_at;
}

void cpts_identity_set(request_rec *r, const cpts_account_t *account)
{
    keep(cpts_request_state(r), account);
}

static void read_account(cpts_state_t *state, request_rec *r)
{
    cpts_account_t account;

    state->kind = cpts_accounts_recall(&account, r, r->user)
                      ? CPTS_DB_OK
                      : cpts_accounts_read(&account, r, r->user);
    if (state->kind == CPTS_DB_OK) {
        keep(state, &account);
    }
}

/* r->user may be changed by another module after ours has set it. */
cpts_db_e cpts_identity_read(request_rec *r, cpts_actor_t *actor)
{
    cpts_state_t *state = cpts_request_state(r);

    if (!r->user) {
        return CPTS_DB_NONE;
    }
    if (!state->known || !state->actor.account
        || strcmp(state->actor.account, r->user) != 0) {
        read_account(state, r);
        state->known = state->kind == CPTS_DB_OK;
    }
    if (state->kind == CPTS_DB_OK) {
        *actor = state->actor;
    }
    return state->kind;
}
