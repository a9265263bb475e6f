/* SPDX-License-Identifier: Apache-2.0 */
/* Connections opened by mod_dbd, kept open here while they are of use. */

#include "httpd/kept.h"

#include <stddef.h> /* offsetof, for apr_ring.h */
#include <string.h>

#include <apr_allocator.h>
#include <apr_optional.h>
#include <apr_ring.h>
#include <apr_thread_mutex.h>

#include "httpd/config.h"

/* The most that a child keeps, 72 descriptors: requests to more territories
 * than that at a time open connections, which takes a millisecond. */
#define KEPT_MAX 24

/* Free memory beyond this goes back to the system, bytes. */
#define FREE_MAX 262144

struct cpts_kept_t {
    APR_RING_ENTRY(cpts_kept_t) link;
    server_rec *server;
    ap_dbd_t *rec;
    apr_pool_t *pool; /* all of it, and all that mod_dbd makes for it */
    apr_time_t since; /* when it was given back */
};

APR_RING_HEAD(kept_ring_t, cpts_kept_t);

/* They belong to another module: looked up at each reading of the
 * configuration. */
typedef APR_OPTIONAL_FN_TYPE(ap_dbd_open) dbd_open_fn;
typedef APR_OPTIONAL_FN_TYPE(ap_dbd_close) dbd_close_fn;

static dbd_open_fn *dbd_open;
static dbd_close_fn *dbd_close;

/* Of this child. */
static apr_pool_t *parent;
static apr_thread_mutex_t *lock; /* guards the list */
static struct kept_ring_t list;  /* the one given back last comes first */
static int count;
static int made_way; /* closed to make room since the last sweep */

void cpts_kept_retrieve(void)
{
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    dbd_close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
}

int cpts_kept_available(void)
{
    return dbd_open != NULL && dbd_close != NULL;
}

const ap_dbd_t *cpts_kept_rec(const cpts_kept_t *kept)
{
    return kept->rec;
}

/* mod_dbd allocates from the pool without a lock: each has one of its own. */
static cpts_kept_t *open_new(server_rec *server)
{
    apr_pool_t *pool;
    cpts_kept_t *kept;

    if (apr_pool_create(&pool, parent) != APR_SUCCESS) {
        return NULL;
    }
    kept = apr_pcalloc(pool, sizeof(*kept));
    kept->server = server;
    kept->pool = pool;
    kept->rec = dbd_open(pool, server);
    if (!kept->rec) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return kept;
}

static void unlink_one(cpts_kept_t *kept)
{
    APR_RING_REMOVE(kept, link);
    count--;
}

static int is_for(const cpts_kept_t *kept, const cpts_config_t *config)
{
    return strcmp(cpts_config_of(kept->server)->database, config->database)
           == 0;
}

/* Two virtual hosts may have one database: they share what is kept. */
static cpts_kept_t *find(const cpts_config_t *config)
{
    cpts_kept_t *kept;

    APR_RING_FOREACH(kept, &list, cpts_kept_t, link)
    {
        if (is_for(kept, config)) {
            unlink_one(kept);
            return kept;
        }
    }
    return NULL;
}

cpts_kept_t *cpts_kept_take(server_rec *server)
{
    const cpts_config_t *config = cpts_config_of(server);
    cpts_kept_t *kept;

    apr_thread_mutex_lock(lock);
    kept = find(config);
    apr_thread_mutex_unlock(lock);
    return kept ? kept : open_new(server);
}

void cpts_kept_close(cpts_kept_t *kept)
{
    dbd_close(kept->server, kept->rec);
    apr_pool_destroy(kept->pool);
}

/* The connection kept longest makes room; it is closed without the lock,
 * since the last one of a database writes its log into the file. */
void cpts_kept_give(cpts_kept_t *kept)
{
    cpts_kept_t *oldest = NULL;

    if (!cpts_config_of(kept->server)->keeps) {
        cpts_kept_close(kept);
        return;
    }
    kept->since = apr_time_now();
    apr_thread_mutex_lock(lock);
    APR_RING_INSERT_HEAD(&list, kept, cpts_kept_t, link);
    if (++count > KEPT_MAX) {
        oldest = APR_RING_LAST(&list);
        unlink_one(oldest);
        made_way++;
    }
    apr_thread_mutex_unlock(lock);
    if (oldest) {
        cpts_kept_close(oldest);
    }
}

static int is_idle(const cpts_kept_t *kept, apr_time_t now)
{
    apr_interval_time_t passed = now - kept->since;

    /* negative: the clock was put back */
    return passed >= cpts_config_of(kept->server)->idle || passed < 0;
}

/* One that is idle, taken off the list. */
static cpts_kept_t *take_idle(apr_time_t now)
{
    cpts_kept_t *kept;
    cpts_kept_t *found = NULL;

    apr_thread_mutex_lock(lock);
    APR_RING_FOREACH(kept, &list, cpts_kept_t, link)
    {
        if (is_idle(kept, now)) {
            found = kept;
        }
    }
    if (found) {
        unlink_one(found);
    }
    apr_thread_mutex_unlock(lock);
    return found;
}

static int take_made_way(void)
{
    int closed;

    apr_thread_mutex_lock(lock);
    closed = made_way;
    made_way = 0;
    apr_thread_mutex_unlock(lock);
    return closed;
}

int cpts_kept_sweep(apr_time_t now)
{
    cpts_kept_t *kept;
    int closed = take_made_way();

    while ((kept = take_idle(now)) != NULL) {
        cpts_kept_close(kept);
        closed++;
    }
    return closed;
}

/* Threads make and destroy pools below this one at any time. */
apr_status_t cpts_kept_start(apr_pool_t *pool)
{
    apr_allocator_t *allocator;
    apr_thread_mutex_t *mutex;
    apr_status_t rv = apr_allocator_create(&allocator);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    apr_allocator_max_free_set(allocator, FREE_MAX);
    rv = apr_pool_create_ex(&parent, pool, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, parent);
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, parent);
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
        rv = apr_thread_mutex_create(&lock, APR_THREAD_MUTEX_DEFAULT, parent);
    }
    APR_RING_INIT(&list, cpts_kept_t, link);
    count = 0;
    made_way = 0;
    return rv;
}
