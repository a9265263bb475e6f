/* SPDX-License-Identifier: Apache-2.0 */
/* Territories that nobody asks for give back what they hold. */

#include "httpd/idle.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <apr_signal.h>
#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <apr_thread_proc.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <mpm_common.h>

#include "httpd/config.h"
#include "httpd/kept.h"
#include "httpd/live.h"

APLOG_USE_MODULE(cpts);

/* How often it looks: a quarter of the shortest CptsIdle, within these. */
#define LOOK_MIN apr_time_from_msec(100)
#define LOOK_MAX apr_time_from_sec(60)

typedef struct {
    server_rec *main;
    apr_interval_time_t every;
    apr_thread_t *thread;
    apr_thread_mutex_t *mutex; /* guards ending */
    apr_thread_cond_t *wake;
    int ending;
} idle_t;

/* What malloc() keeps of memory that was freed is worth asking for after
 * whole snapshots and connections were: it would be cut into pieces. */
static void trim(void)
{
#ifdef __GLIBC__
    (void)malloc_trim(0);
#endif
}

static void sweep(server_rec *main)
{
    apr_time_t now = apr_time_now();
    server_rec *server;
    int dropped = 0;

    for (server = main; server; server = server->next) {
        if (cpts_config_of(server)->live) {
            dropped += cpts_live_sweep(server, now);
        }
    }
    dropped += cpts_kept_sweep(now);
    if (dropped) {
        trim();
    }
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    idle_t *idle = data;

    (void)thread;
    /* signals are for the threads that httpd made */
    apr_setup_signal_thread();
    apr_thread_mutex_lock(idle->mutex);
    while (!idle->ending) {
        apr_thread_cond_timedwait(idle->wake, idle->mutex, idle->every);
        if (!idle->ending) {
            apr_thread_mutex_unlock(idle->mutex);
            sweep(idle->main);
            apr_thread_mutex_lock(idle->mutex);
        }
    }
    apr_thread_mutex_unlock(idle->mutex);
    return NULL;
}

/* Before anything of the child that it may be looking at goes. */
static apr_status_t end(void *data)
{
    idle_t *idle = data;
    apr_status_t rv;

    apr_thread_mutex_lock(idle->mutex);
    idle->ending = 1;
    apr_thread_cond_signal(idle->wake);
    apr_thread_mutex_unlock(idle->mutex);
    return apr_thread_join(&rv, idle->thread);
}

/* A quarter of the shortest time; 0 when there is no territory. */
static apr_interval_time_t how_often(const server_rec *main)
{
    const server_rec *server;
    apr_interval_time_t least = 0;

    for (server = main; server; server = server->next) {
        const cpts_config_t *config = cpts_config_of(server);

        if (config->territory && (!least || config->idle < least)) {
            least = config->idle;
        }
    }
    least /= 4;
    return !least             ? 0
           : least < LOOK_MIN ? LOOK_MIN
           : least > LOOK_MAX ? LOOK_MAX
                              : least;
}

static apr_status_t start(idle_t *idle, apr_pool_t *pool)
{
    apr_status_t rv = apr_thread_mutex_create(&idle->mutex,
                                              APR_THREAD_MUTEX_DEFAULT, pool);

    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&idle->wake, pool);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_thread_create(&idle->thread, NULL, run, idle, pool);
    }
    if (rv == APR_SUCCESS) {
        apr_pool_pre_cleanup_register(pool, idle, end);
    }
    return rv;
}

static void child_init(apr_pool_t *pool, server_rec *main)
{
    idle_t *idle = apr_pcalloc(pool, sizeof(*idle));
    apr_status_t rv;

    idle->main = main;
    idle->every = how_often(main);
    if (!idle->every) {
        return;
    }
    rv = cpts_kept_start(pool);
    if (rv == APR_SUCCESS) {
        rv = start(idle, pool);
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, main,
                     "CPTS014: cannot start what gives memory back");
        exit(APEXIT_CHILDSICK);
    }
}

void cpts_idle_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    /* when all that it looks at is there */
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_LAST);
}
