/* SPDX-License-Identifier: Apache-2.0 */
/* Faults found in what was sent, gathered so that all are told at once. */

#include "core/fault.h"

#include <stdarg.h>

#include <apr_strings.h>

cpts_faults_t *cpts_faults_create(apr_pool_t *pool)
{
    cpts_faults_t *faults = apr_pcalloc(pool, sizeof(*faults));

    faults->pool = pool;
    faults->list = apr_array_make(pool, 4, sizeof(cpts_fault_t));
    return faults;
}

void cpts_faults_add(cpts_faults_t *faults, const char *pointer,
                     const char *code, const char *format, ...)
{
    cpts_fault_t *fault;
    va_list args;

    if (faults->list->nelts >= CPTS_FAULTS_MAX) {
        return;
    }
    fault = apr_array_push(faults->list);
    fault->pointer = apr_pstrdup(faults->pool, pointer);
    fault->code = code;
    va_start(args, format);
    fault->detail = apr_pvsprintf(faults->pool, format, args);
    va_end(args);
}

int cpts_faults_count(const cpts_faults_t *faults)
{
    return faults->list->nelts;
}

const cpts_fault_t *cpts_faults_get(const cpts_faults_t *faults, int i)
{
    return &APR_ARRAY_IDX(faults->list, i, cpts_fault_t);
}

json_t *cpts_faults_json(const cpts_faults_t *faults)
{
    json_t *array = json_array();
    int i;

    for (i = 0; array && i < faults->list->nelts; i++) {
        const cpts_fault_t *f = cpts_faults_get(faults, i);
        json_t *item = json_pack("{s:s, s:s, s:s}", "pointer", f->pointer,
                                 "code", f->code, "detail", f->detail);

        if (!item || json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

const char *cpts_pointer_member(apr_pool_t *pool, const char *base,
                                const char *name)
{
    /* Each "~" and "/" takes two characters once escaped. */
    char *escaped = apr_palloc(pool, 2 * strlen(name) + 1);
    char *out = escaped;

    for (; *name; name++) {
        if (*name == '~' || *name == '/') {
            *out++ = '~';
            *out++ = *name == '~' ? '0' : '1';
        }
        else {
            *out++ = *name;
        }
    }
    *out = '\0';
    return apr_pstrcat(pool, base, "/", escaped, NULL);
}

const char *cpts_pointer_index(apr_pool_t *pool, const char *base,
                               size_t index)
{
    return apr_psprintf(pool, "%s/%" APR_SIZE_T_FMT, base, index);
}
