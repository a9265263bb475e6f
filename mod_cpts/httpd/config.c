/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration records: made, merged, found again. */

#include <string.h>

#include <apr_strings.h>

#include "httpd/config.h"

extern module AP_MODULE_DECLARE_DATA cpts_module;

void *cpts_config_create(apr_pool_t *pool, server_rec *server)
{
    cpts_config_t *config = apr_pcalloc(pool, sizeof(*config));

    (void)server;
    cpts_directives_clear(config);
    return config;
}

/* Everything worked out later is left at zero: check.c fills it for each
 * server, after all merging is done. */
void *cpts_config_merge(apr_pool_t *pool, void *base, void *own)
{
    cpts_config_t *config = apr_pmemdup(pool, own, sizeof(*config));

    cpts_directives_inherit(config, base, pool);
    return config;
}

cpts_config_t *cpts_config_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &cpts_module);
}

const cpts_terms_t *cpts_config_terms(const cpts_config_t *config, int role)
{
    int i;

    for (i = 0; config->terms && i < config->terms->nelts; i++) {
        const cpts_terms_t *terms
            = &APR_ARRAY_IDX(config->terms, i, cpts_terms_t);

        if (terms->role == role) {
            return terms;
        }
    }
    return NULL;
}

int cpts_terms_in_force(const cpts_terms_t *terms, const char *version)
{
    return version && strcmp(version, terms->version) == 0;
}

static int base_holds(const cpts_base_t *base, const char *uri)
{
    return strncmp(uri, base->path, base->length) == 0
           && (uri[base->length] == '/' || uri[base->length] == '\0');
}

const cpts_base_t *cpts_config_base(const cpts_config_t *config,
                                    const char *uri)
{
    int i;

    if (config->bases == NULL || uri == NULL) {
        return NULL;
    }
    for (i = 0; i < config->bases->nelts; i++) {
        const cpts_base_t *base
            = &APR_ARRAY_IDX(config->bases, i, cpts_base_t);

        if (base_holds(base, uri)) {
            return base;
        }
    }
    return NULL;
}
