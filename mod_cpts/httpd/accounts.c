/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts that this child has read, as long as they surely hold. */

#include "httpd/accounts.h"

#include <stdlib.h>
#include <string.h>

#include <apr_siphash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "httpd/config.h"
#include "httpd/database.h"
#include "httpd/live.h"
#include "httpd/shared.h"

APLOG_USE_MODULE(cpts);

/* A newcomer takes the place of whoever had it: that one is read again. */
#define PLACES 4096

/* One block of memory; the texts of the account are at its end. */
typedef struct {
    const char *database;
    cpts_mark_t mark;   /* before it was read */
    apr_time_t read_at; /* and when */
    cpts_account_t account;
    size_t size; /* of text */
    char text[];
} known_t;

typedef struct {
    known_t *places[PLACES];
    apr_thread_mutex_t *mutex; /* of places */
} accounts_t;

static accounts_t *accounts;

/* The members of an account that are kept as text. */
static const char **texts_of(cpts_account_t *account, int i)
{
    const char **all[]
        = { &account->name, &account->hash, &account->rpps, &account->terms };

    return i < 4 ? all[i] : NULL;
}

static known_t **place_of(const cpts_config_t *config, const char *name)
{
    uint64_t hash = apr_siphash24(name, strlen(name), cpts_shared_key());

    return &accounts->places[(hash + (unsigned)config->slot) % PLACES];
}

/* A clock that was put back ends all that was read after its time. */
static int holds(const known_t *known, const server_rec *server)
{
    const cpts_config_t *config = cpts_config_of(server);
    apr_time_t passed = apr_time_now() - known->read_at;
    cpts_mark_t mark;

    return cpts_live_mark(&mark, server) && known->mark.inside == mark.inside
           && known->mark.outside == mark.outside && passed >= 0
           && passed < config->refresh;
}

/* The account of a place, copied before another can take it. */
static int copy_out(cpts_account_t *account, const known_t *known,
                    apr_pool_t *pool)
{
    const char *text = apr_pmemdup(pool, known->text, known->size);
    const char **member;
    int i;

    *account = known->account;
    for (i = 0; (member = texts_of(account, i)); i++) {
        if (*member) {
            *member = text + (*member - known->text);
        }
    }
    return 1;
}

int cpts_accounts_recall(cpts_account_t *account, request_rec *r,
                         const char *name)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    const known_t *known;
    int found = 0;

    if (!accounts || !config->live) {
        return 0;
    }
    apr_thread_mutex_lock(accounts->mutex);
    known = *place_of(config, name);
    if (known && strcmp(known->account.name, name) == 0
        && strcmp(known->database, config->database) == 0
        && holds(known, r->server)) {
        found = copy_out(account, known, r->pool);
    }
    apr_thread_mutex_unlock(accounts->mutex);
    return found;
}

/* A block of its own, or NULL. */
static known_t *make_known(const cpts_account_t *account, const char *database,
                           const cpts_mark_t *mark, apr_time_t read_at)
{
    cpts_account_t copy = *account;
    const char **member;
    size_t size = 0;
    known_t *known;
    int i;

    copy.email = copy.profession = copy.structure = NULL;
    for (i = 0; (member = texts_of(&copy, i)); i++) {
        size += *member ? strlen(*member) + 1 : 0;
    }
    known = malloc(sizeof(*known) + size);
    if (!known) {
        return NULL;
    }
    known->size = 0;
    for (i = 0; (member = texts_of(&copy, i)); i++) {
        if (*member) {
            size = strlen(*member) + 1;
            *member = memcpy(known->text + known->size, *member, size);
            known->size += size;
        }
    }
    known->database = database;
    known->mark = *mark;
    known->read_at = read_at;
    known->account = copy;
    return known;
}

static void remember(known_t *known, const cpts_config_t *config)
{
    known_t **place;
    known_t *before;

    if (!known) {
        return;
    }
    apr_thread_mutex_lock(accounts->mutex);
    place = place_of(config, known->account.name);
    before = *place;
    *place = known;
    apr_thread_mutex_unlock(accounts->mutex);
    free(before);
}

static cpts_db_e read_account(cpts_account_t *account, request_rec *r,
                              const char *name)
{
    cpts_database_t *database;
    cpts_db_t *db;
    cpts_db_e kind = cpts_database_open(&database, &db, r->server, r->pool);

    if (kind == CPTS_DB_OK) {
        kind = cpts_account_read(account, db, name, r->pool);
        cpts_database_close(database);
    }
    return kind;
}

cpts_db_e cpts_accounts_read(cpts_account_t *account, request_rec *r,
                             const char *name)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    apr_time_t now = apr_time_now();
    cpts_mark_t mark;
    cpts_db_e kind;
    int known;

    if (!cpts_account_name_ok(name)) {
        return CPTS_DB_NONE;
    }
    known = accounts && config->live;
    if (known) {
        cpts_live_watch(r->server);
        known = cpts_live_mark(&mark, r->server);
    }
    kind = read_account(account, r, name);
    if (kind == CPTS_DB_OK && known) {
        remember(make_known(account, config->database, &mark, now), config);
    }
    return kind;
}

static apr_status_t forget(void *data)
{
    accounts_t *made = data;
    int i;

    accounts = NULL;
    for (i = 0; i < PLACES; i++) {
        free(made->places[i]);
    }
    return APR_SUCCESS;
}

static void child_init(apr_pool_t *pool, server_rec *main)
{
    accounts_t *made = apr_pcalloc(pool, sizeof(*made));
    apr_status_t rv = apr_thread_mutex_create(&made->mutex,
                                              APR_THREAD_MUTEX_DEFAULT, pool);

    accounts = NULL;
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, rv, main,
                     "CPTS036: accounts are not remembered");
        return;
    }
    accounts = made;
    apr_pool_cleanup_register(pool, made, forget, apr_pool_cleanup_null);
}

void cpts_accounts_register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}
