/* SPDX-License-Identifier: Apache-2.0 */
/* The module record and the list of hooks, nothing else. */

#include <httpd.h>
#include <http_config.h>

#include "httpd/access.h"
#include "httpd/accounts.h"
#include "httpd/authn.h"
#include "httpd/authz.h"
#include "httpd/config.h"
#include "httpd/database.h"
#include "httpd/dispatch.h"
#include "httpd/idle.h"
#include "httpd/live.h"
#include "httpd/login.h"
#include "httpd/problem.h"
#include "httpd/session.h"
#include "httpd/shared.h"

static void register_hooks(apr_pool_t *pool)
{
    cpts_check_register_hooks(pool);
    cpts_shared_register_hooks(pool);
    cpts_database_register_hooks(pool);
    cpts_live_register_hooks(pool);
    cpts_idle_register_hooks(pool);
    cpts_accounts_register_hooks(pool);
    cpts_login_register_hooks(pool);
    cpts_session_register_hooks(pool);
    cpts_authn_register_hooks(pool);
    cpts_authz_register_hooks(pool);
    cpts_access_register_hooks(pool);
    cpts_dispatch_register_hooks(pool);
    cpts_problem_register_hooks(pool);
}

AP_DECLARE_MODULE(cpts) = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    cpts_config_create,
    cpts_config_merge,
    cpts_directives,
    register_hooks,
    AP_MODULE_FLAG_NONE,
};
