/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of mod_session, sealed with the key of CptsSessionKey. */

#include "httpd/session.h"

#include <dlfcn.h>

#include <apr_hooks.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <mod_session.h>

#include "httpd/config.h"

APLOG_USE_MODULE(cpts);

/* The type of a function that puts a hook in. */
typedef void hook_fn(apr_status_t (*hook)(request_rec *r, session_rec *z),
                     const char *const *before, const char *const *after,
                     int order);

static int available;

/* After mod_session has written the session as text. */
static apr_status_t seal(request_rec *r, session_rec *z)
{
    const cpts_config_t *config = cpts_config_of(r->server);

    if (!config->seal || !z->encoded || !*z->encoded) {
        return DECLINED;
    }
    z->encoded
        = cpts_seal_close(config->seal, config->database, z->encoded, r->pool);
    return z->encoded ? OK : APR_EGENERAL;
}

/* Before mod_session reads the text.  What is no seal of ours is taken for no
 * session, without an error: anyone can send a cookie. */
static apr_status_t unseal(request_rec *r, session_rec *z)
{
    const cpts_config_t *config = cpts_config_of(r->server);

    if (!config->seal || !z->encoded || !*z->encoded) {
        return DECLINED;
    }
    z->encoded
        = cpts_seal_open(config->seal, config->database, z->encoded, r->pool);
    if (!z->encoded) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                      "CPTS035: a session that was not sealed here is taken "
                      "for none");
    }
    return OK;
}

/* mod_session may be loaded after this module, which then cannot be linked
 * with it: its functions are looked up once both are there. */
static int put(const char *name,
               apr_status_t (*hook)(request_rec *r, session_rec *z))
{
    hook_fn *function;

    *(void **)(&function) = dlsym(RTLD_DEFAULT, name);
    if (!function) {
        return 0;
    }
    function(hook, NULL, NULL, APR_HOOK_MIDDLE);
    return 1;
}

/* In the middle: mod_session itself is the first to encode and the last to
 * decode, mod_session_crypto the last and the first. */
static int pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    const char *registering = apr_hook_debug_current;

    (void)pconf;
    (void)plog;
    (void)ptemp;
    /* hooks have the name of who put them in */
    apr_hook_debug_current = "mod_cpts.c";
    available = put("ap_hook_session_encode", seal)
                && put("ap_hook_session_decode", unseal);
    apr_hook_debug_current = registering;
    return OK;
}

int cpts_session_available(void)
{
    return available;
}

void cpts_session_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
}
