/* SPDX-License-Identifier: Apache-2.0 */
/* Gives each allocation from an APR pool a block of its own (LD_PRELOAD).
 *
 * A pool hands out slices of large blocks and keeps them when it is cleared,
 * so a sanitizer sees neither a write past the end of a slice nor a use after
 * the pool was cleared. Here each slice is a malloc() of its own, freed when
 * the pool is cleared or destroyed: after its cleanups have run, since that
 * of the guard is the first to be registered and so the last to run. */

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_pools.h>
#include <apr_strings.h>

#undef apr_palloc
#undef apr_pcalloc

/* Pools are found by their address, in one of these chains. */
#define CHAINS 1024

/* One malloc() for the caller; the list of them is apart, so that what is
 * next to the caller's bytes is the sanitizer's. */
typedef struct block_t {
    struct block_t *next;
    void *bytes;
} block_t;

typedef struct guarded_t {
    struct guarded_t *next;
    apr_pool_t *pool;
    block_t *blocks;
} guarded_t;

static struct {
    pthread_mutex_t lock;
    guarded_t *first;
} chains[CHAINS];

typedef void *palloc_fn(apr_pool_t *pool, apr_size_t size);

static palloc_fn *real_palloc;

/* The pool whose cleanup this thread is registering: the record of that very
 * cleanup has to come from the pool itself. */
static __thread apr_pool_t *registering;

__attribute__((constructor)) static void start(void)
{
    size_t i;

    for (i = 0; i < CHAINS; i++) {
        pthread_mutex_init(&chains[i].lock, NULL);
    }
    *(void **)&real_palloc = dlsym(RTLD_NEXT, "apr_palloc");
    if (!real_palloc) {
        fputs("pool guard: libapr not found\n", stderr);
        abort();
    }
}

static void *need(void *memory)
{
    if (!memory) {
        abort();
    }
    return memory;
}

static size_t chain_of(const apr_pool_t *pool)
{
    return (size_t)(((uintptr_t)pool >> 4) * 2654435761u) % CHAINS;
}

/* With the lock of the chain held. */
static guarded_t **find(size_t chain, const apr_pool_t *pool)
{
    guarded_t **at = &chains[chain].first;

    while (*at && (*at)->pool != pool) {
        at = &(*at)->next;
    }
    return at;
}

/* The pool is being cleared, and all other cleanups have run. */
static apr_status_t let_go(void *data)
{
    apr_pool_t *pool = data;
    size_t chain = chain_of(pool);
    guarded_t **at;
    guarded_t *guarded;

    pthread_mutex_lock(&chains[chain].lock);
    at = find(chain, pool);
    guarded = *at;
    if (guarded) {
        *at = guarded->next;
    }
    pthread_mutex_unlock(&chains[chain].lock);
    while (guarded && guarded->blocks) {
        block_t *block = guarded->blocks;

        guarded->blocks = block->next;
        free(block->bytes);
        free(block);
    }
    free(guarded);
    return APR_SUCCESS;
}

/* 1 when the pool was known already. */
static int note(apr_pool_t *pool, void *bytes)
{
    size_t chain = chain_of(pool);
    block_t *block = need(malloc(sizeof(*block)));
    guarded_t **at;
    int known;

    block->bytes = bytes;
    pthread_mutex_lock(&chains[chain].lock);
    at = find(chain, pool);
    known = *at != NULL;
    if (!known) {
        *at = need(calloc(1, sizeof(**at)));
        (*at)->pool = pool;
    }
    block->next = (*at)->blocks;
    (*at)->blocks = block;
    pthread_mutex_unlock(&chains[chain].lock);
    return known;
}

APR_DECLARE(void *) apr_palloc(apr_pool_t *pool, apr_size_t size)
{
    void *bytes;

    if (registering == pool) {
        return real_palloc(pool, size);
    }
    bytes = need(malloc(size));
    if (!note(pool, bytes)) {
        registering = pool;
        apr_pool_cleanup_register(pool, pool, let_go, apr_pool_cleanup_null);
        registering = NULL;
    }
    return bytes;
}

APR_DECLARE(void *) apr_pcalloc(apr_pool_t *pool, apr_size_t size)
{
    return memset(apr_palloc(pool, size), 0, size);
}

/* These two write straight into the blocks of a pool in APR. */

APR_DECLARE(char *)
apr_pvsprintf(apr_pool_t *pool, const char *format, va_list arguments)
{
    size_t size = 128;

    for (;;) {
        char *text = need(malloc(size));
        va_list copy;
        int length;
        char *result;

        va_copy(copy, arguments);
        length = apr_vsnprintf(text, size, format, copy);
        va_end(copy);
        /* APR's says how much it wrote: a full buffer may be a cut one */
        if (length >= 0 && (size_t)length + 1 < size) {
            result = memcpy(apr_palloc(pool, (size_t)length + 1), text,
                            (size_t)length + 1);
            free(text);
            return result;
        }
        free(text);
        size *= 2;
    }
}

APR_DECLARE_NONSTD(char *)
apr_psprintf(apr_pool_t *pool, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = apr_pvsprintf(pool, format, arguments);
    va_end(arguments);
    return text;
}
