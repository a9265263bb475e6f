/* SPDX-License-Identifier: Apache-2.0 */
/* A module with one fault of each kind, to see that the alarm rings.
 *
 * Only "make check-asan" builds it: GET /planted/KIND commits that fault. */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

/* What is wrong is written so that no compiler sees it coming. */
static volatile int zero = 0;
static volatile int far_shift = 40;

static int use_after_destroy(apr_pool_t *parent)
{
    apr_pool_t *pool;
    char *text;

    if (apr_pool_create(&pool, parent) != APR_SUCCESS) {
        return 0;
    }
    text = apr_pstrdup(pool, "gone");
    apr_pool_destroy(pool);
    return text[zero];
}

static int use_after_clear(apr_pool_t *parent)
{
    apr_pool_t *pool;
    char *text;

    if (apr_pool_create(&pool, parent) != APR_SUCCESS) {
        return 0;
    }
    text = apr_psprintf(pool, "gone %d", far_shift);
    apr_pool_clear(pool);
    return text[zero];
}

static int overflow(apr_pool_t *pool)
{
    char *bytes = apr_pcalloc(pool, 24);

    bytes[24 + zero] = 1;
    return bytes[23];
}

static int undefined(apr_pool_t *pool)
{
    (void)pool;
    return 1 << far_shift;
}

static int leak(apr_pool_t *pool)
{
    void *volatile lost = malloc(4096);

    (void)pool;
    lost = NULL;
    return lost != NULL;
}

static int none(apr_pool_t *pool)
{
    (void)pool;
    return zero;
}

static const struct {
    const char *path;
    int (*commit)(apr_pool_t *pool);
} faults[] = {
    { "/planted/use-after-destroy", use_after_destroy },
    { "/planted/use-after-clear", use_after_clear },
    { "/planted/overflow", overflow },
    { "/planted/undefined", undefined },
    { "/planted/leak", leak },
    { "/planted/none", none },
};

static int handle(request_rec *r)
{
    size_t i;

    if (!r->handler || strcmp(r->handler, "planted") != 0) {
        return DECLINED;
    }
    for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (strcmp(r->uri, faults[i].path) == 0) {
            ap_rprintf(r, "%d\n", faults[i].commit(r->pool));
            return OK;
        }
    }
    return HTTP_NOT_FOUND;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(planted) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
    AP_MODULE_FLAG_NONE,
};
