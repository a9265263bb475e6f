/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that all processes of this httpd share: counters, back-off, queue. */

#include "httpd/shared.h"

#include <stdatomic.h>
#include <string.h>

#include <apr_general.h>
#include <apr_shm.h>
#include <apr_strings.h>
#include <http_config.h>
#include <httpd.h>
#include <http_log.h>

#include "httpd/config.h"

APLOG_USE_MODULE(cpts);

/* The name changes with the layout: after an upgrade of the module two
 * versions may run side by side during a graceful restart. */
#define SEGMENT_NAME "mod_cpts:shared:4:"

/* Failures are kept in groups: a newcomer takes the place of the oldest one
 * of its group. 16,384 places against one bcrypt for each failure. */
#define GROUPS     2048
#define GROUP_SIZE 8

/* Failures allowed before the first wait, and the longest wait, seconds. */
#define FREE_FAILURES 5
#define WAIT_MAX      60
/* A series of failures that is older than this is over, milliseconds. */
#define MEMORY 900000

/* state: failures in the low 8 bits, above them when the last one was,
 * milliseconds. */
typedef struct {
    _Atomic uint64_t who;
    _Atomic uint64_t state;
} failure_t;

typedef struct {
    unsigned char key[16];
    _Atomic uint64_t counters[CPTS_QUEUE_LANES];
    failure_t failures[GROUPS][GROUP_SIZE];
    cpts_queue_t *queue; /* right after this */
} shared_t;

/* Set before the children are made, in each load of this module. */
static shared_t *shared;

/* FNV-1a, of 64 bits: two databases of a server never have the same. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037u;

    for (; *text; text++) {
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    }
    return hash ? hash : 1;
}

cpts_queue_t *cpts_shared_queue(void)
{
    return shared->queue;
}

uint64_t cpts_shared_counter(int slot)
{
    return atomic_load(&shared->counters[slot]);
}

uint64_t cpts_shared_raise(int slot)
{
    return atomic_fetch_add(&shared->counters[slot], 1);
}

const unsigned char *cpts_shared_key(void)
{
    return shared->key;
}

static int64_t time_of(uint64_t state)
{
    return (int64_t)(state >> 8);
}

static int count_of(uint64_t state)
{
    return (int)(state & 0xff);
}

static uint64_t state_of(int count, int64_t when)
{
    return (uint64_t)when << 8 | (uint64_t)(count > 255 ? 255 : count);
}

static failure_t *find(uint64_t who)
{
    failure_t *group = shared->failures[who % GROUPS];
    int i;

    for (i = 0; i < GROUP_SIZE; i++) {
        if (atomic_load(&group[i].who) == who) {
            return &group[i];
        }
    }
    return NULL;
}

/* Two newcomers may take the same place at once: one of them starts again
 * at one failure, which harms nobody. */
static failure_t *find_or_take(uint64_t who)
{
    failure_t *group = shared->failures[who % GROUPS];
    failure_t *oldest = find(who);
    int i;

    if (oldest) {
        return oldest;
    }
    oldest = &group[0];
    for (i = 1; i < GROUP_SIZE; i++) {
        if (time_of(atomic_load(&group[i].state))
            < time_of(atomic_load(&oldest->state))) {
            oldest = &group[i];
        }
    }
    atomic_store(&oldest->state, 0);
    atomic_store(&oldest->who, who);
    return oldest;
}

static int wait_after(int count)
{
    if (count < FREE_FAILURES) {
        return 0;
    }
    return count - FREE_FAILURES >= 6 ? WAIT_MAX
                                      : 1 << (count - FREE_FAILURES);
}

int cpts_shared_wait(uint64_t who, int64_t now)
{
    failure_t *failure = find(who);
    uint64_t state = failure ? atomic_load(&failure->state) : 0;
    int64_t passed = now - time_of(state);
    int64_t wait = (int64_t)wait_after(count_of(state)) * 1000;

    /* a clock that was put back must not lock anybody out for long */
    return passed >= 0 && passed < wait ? (int)((wait - passed + 999) / 1000)
                                        : 0;
}

void cpts_shared_fail(uint64_t who, int64_t now)
{
    failure_t *failure = find_or_take(who);
    uint64_t state = atomic_load(&failure->state);
    uint64_t next;

    do {
        int over = now - time_of(state) > MEMORY;

        next = state_of(over ? 1 : count_of(state) + 1, now);
    } while (!atomic_compare_exchange_weak(&failure->state, &state, next));
}

void cpts_shared_forgive(uint64_t who)
{
    failure_t *failure = find(who);

    if (failure) {
        atomic_store(&failure->state, 0);
    }
}

static apr_status_t create(shared_t **out, apr_pool_t *pool)
{
    apr_shm_t *segment;
    shared_t *made;
    apr_size_t size = sizeof(*made) + cpts_queue_size();
    apr_status_t rv = apr_shm_create(&segment, size, NULL, pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    made = apr_shm_baseaddr_get(segment);
    memset(made, 0, size);
    made->queue = cpts_queue_init(made + 1);
    rv = apr_generate_random_bytes(made->key, sizeof(made->key));
    *out = made;
    return rv;
}

static int give_slots(server_rec *main)
{
    server_rec *server;

    for (server = main; server; server = server->next) {
        cpts_config_t *config = cpts_config_of(server);

        if (!config->territory) {
            continue;
        }
        config->slot
            = cpts_queue_lane(shared->queue, hash_of(config->database));
        if (config->slot < 0) {
            ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, 0, server,
                         "CPTS033: %s: no room for one more database, %d at"
                         " most since httpd was started",
                         config->name, CPTS_QUEUE_LANES);
            return HTTP_INTERNAL_SERVER_ERROR;
        }
    }
    return OK;
}

static int post_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                       server_rec *main)
{
    apr_pool_t *process = main->process->pool;
    void *kept = NULL;
    /* the name must outlive this load of the module */
    const char *name = apr_psprintf(
        process, SEGMENT_NAME "%" APR_SIZE_T_FMT ":%" APR_SIZE_T_FMT,
        sizeof(shared_t), cpts_queue_size());
    apr_status_t rv = apr_pool_userdata_get(&kept, name, process);

    (void)pconf;
    (void)plog;
    (void)ptemp;
    shared = kept;
    if (rv == APR_SUCCESS && !shared) {
        rv = create(&shared, process);
        if (rv == APR_SUCCESS) {
            rv = apr_pool_userdata_set(shared, name, NULL, process);
        }
    }
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_STARTUP | APLOG_CRIT, rv, main,
                     "CPTS002: cannot make the shared memory, %" APR_SIZE_T_FMT
                     " bytes",
                     sizeof(*shared) + cpts_queue_size());
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return give_slots(main);
}

void cpts_shared_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
}
