/* SPDX-License-Identifier: Apache-2.0 */
/* Authorisation provider: Require cpts-role doctor professional ... */

#include "httpd/authz.h"

#include <apr_strings.h>
#include <httpd.h>
#include <http_log.h>
#include <http_request.h>
#include <mod_auth.h>

#include "core/role.h"
#include "httpd/config.h"
#include "httpd/identity.h"
#include "httpd/problem.h"

APLOG_USE_MODULE(cpts);

static const char *list_roles(apr_pool_t *pool)
{
    const char *list = cpts_role_words[0];
    int i;

    for (i = 1; cpts_role_words[i]; i++) {
        list = apr_pstrcat(pool, list, ", ", cpts_role_words[i], NULL);
    }
    return list;
}

/* The mask of the roles of a line is kept for check_authorization. */
static const char *parse_require_line(cmd_parms *cmd, const char *line,
                                      const void **parsed)
{
    unsigned *mask = apr_pcalloc(cmd->pool, sizeof(*mask));

    while (*line) {
        const char *word = ap_getword_conf(cmd->pool, &line);
        int role = cpts_role_parse(word);

        if (role < 0) {
            return apr_psprintf(cmd->pool,
                                "Require cpts-role: there is no "
                                "role \"%s\"; the roles are %s",
                                word, list_roles(cmd->pool));
        }
        *mask |= CPTS_ROLE_BIT(role);
    }
    if (!*mask) {
        return apr_psprintf(cmd->pool,
                            "Require cpts-role needs at least one "
                            "role of %s",
                            list_roles(cmd->pool));
    }
    *parsed = mask;
    return NULL;
}

static authz_status check_authorization(request_rec *r, const char *line,
                                        const void *parsed)
{
    const unsigned *mask = parsed;
    cpts_actor_t actor;
    cpts_db_e kind;

    (void)line;
    if (!r->user) {
        return AUTHZ_DENIED_NO_USER;
    }
    if (!cpts_config_of(r->server)->territory) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPTS030: Require cpts-role in a server without "
                      "CptsTerritory");
        return AUTHZ_GENERAL_ERROR;
    }
    kind = cpts_identity_read(r, &actor);
    if (kind == CPTS_DB_NONE) {
        return AUTHZ_DENIED;
    }
    if (kind != CPTS_DB_OK) {
        cpts_problem_db(r, kind, NULL);
        return AUTHZ_GENERAL_ERROR;
    }
    return *mask & CPTS_ROLE_BIT(actor.role) ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

static const authz_provider provider
    = { check_authorization, parse_require_line };

void cpts_authz_register_hooks(apr_pool_t *pool)
{
    ap_register_auth_provider(pool, AUTHZ_PROVIDER_GROUP, "cpts-role",
                              AUTHZ_PROVIDER_VERSION, &provider,
                              AP_AUTH_INTERNAL_PER_CONF);
}
