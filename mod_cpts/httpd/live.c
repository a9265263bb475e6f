/* SPDX-License-Identifier: Apache-2.0 */
/* The current snapshot of each server's territory, in each child process. */

#include "httpd/live.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>
#include <httpd.h>
#include <http_log.h>
#include <http_protocol.h>

#include "httpd/config.h"
#include "httpd/database.h"
#include "httpd/settings.h"
#include "httpd/shared.h"
#include "store/image.h"
#include "store/load.h"
#include "store/notice.h"

APLOG_USE_MODULE(cpts);

/* A broken database is tried again once a second at most, and /health may
 * ask ten times a second. */
#define RETRY_AFTER  apr_time_from_sec(1)
#define HEALTH_AFTER apr_time_from_msec(100)

#define KEY_SIZE 16

/* Fewer sheets are decoded in milliseconds and take less than a megabyte; more
 * are worth a file that the children share. */
#define SHARE_FROM 1000

/* Settings that could not be written are tried again after this. */
#define TELL_AFTER apr_time_from_sec(60)

struct cpts_live_t {
    apr_thread_mutex_t *mutex; /* guards all that follows */
    apr_thread_cond_t *idle;   /* broadcast at the end of each look */
    cpts_snapshot_t *snapshot; /* NULL until first loaded */
    cpts_db_e kind;            /* how the last look ended */
    cpts_mark_t seen;          /* before the last good look */
    apr_time_t looked_at;      /* end of the last look, 0: never */
    int64_t due; /* seconds since 1970: places come back by themselves */
    int looking; /* a thread is at it */
    /* what a load left to the next one, -1: nothing; set by who is looking */
    atomic_int lock;
    int unshared;       /* errno that was told, 0: none */
    apr_time_t tell_at; /* settings are to be written from then on */
    int asked;          /* there was a request since the last sweep */
    apr_time_t quiet;   /* since when there was none, as sweeps see it */
    /* what others raise; NULL: it cannot be had.  Never given back: others
     * may be reading it. */
    _Atomic(cpts_notice_t *) notice;
    int told; /* that it cannot be had */
};

/* What one look at the database found. */
typedef struct {
    cpts_db_e kind;
    cpts_snapshot_t *snapshot; /* NULL: the current one is still right */
    int skipped;               /* rows that could not be read */
    int whole;          /* everything was read again: another file, maybe */
    apr_time_t tell_at; /* as in cpts_live_t; 0: as before */
    cpts_moment_t moment;
} look_t;

/* What a change leads to, before it is committed. */
struct cpts_ahead_t {
    cpts_snapshot_t *before; /* that it follows */
    cpts_mark_t mark;
    look_t look;
};

/* --- marks */

static int read_mark(cpts_mark_t *mark, const cpts_live_t *live,
                     const cpts_config_t *config)
{
    const cpts_notice_t *notice = atomic_load(&live->notice);

    mark->inside = cpts_shared_counter(config->slot);
    mark->outside = notice ? cpts_notice_count(notice) : 0;
    return notice != NULL;
}

int cpts_live_mark(cpts_mark_t *mark, const server_rec *server)
{
    const cpts_config_t *config = cpts_config_of(server);

    return read_mark(mark, config->live, config);
}

static int has_changed(const cpts_live_t *live, const cpts_config_t *config)
{
    cpts_mark_t mark;

    read_mark(&mark, live, config);
    return mark.inside != live->seen.inside
           || mark.outside != live->seen.outside;
}

/* The file may have been replaced, with the database or without; another
 * thread may be at it too.
 * @return 0, or why it cannot be had */
static int hold_notice(cpts_live_t *live, const char *database)
{
    cpts_notice_t *before = atomic_load(&live->notice);
    cpts_notice_t *notice;
    int why;

    if (before && cpts_notice_holds(before, database)) {
        return 0;
    }
    notice = cpts_notice_open(database);
    why = notice ? 0 : errno;
    if (notice) {
        cpts_notice_follow(notice, before);
    }
    if (!atomic_compare_exchange_strong(&live->notice, &before, notice)
        && notice) {
        cpts_notice_follow(notice, NULL);
        cpts_notice_close(notice);
    }
    return why;
}

void cpts_live_watch(const server_rec *server)
{
    const cpts_config_t *config = cpts_config_of(server);

    (void)hold_notice(config->live, config->database);
}

/* --- looking: without the mutex, by the one thread that set `looking` */

/* A lower generation or another key: the file was replaced by an older one
 * or by a new one, and everything is read again. */
static int goes_on(const cpts_live_t *live, int64_t generation,
                   const unsigned char *key)
{
    return live->snapshot
           && generation >= cpts_snapshot_generation(live->snapshot)
           && memcmp(key, cpts_snapshot_key(live->snapshot), KEY_SIZE) == 0;
}

/* The end of a hold, or of the day: places come back. */
static int is_due(const cpts_live_t *live, apr_time_t now)
{
    return live->snapshot && apr_time_sec(now) >= live->due;
}

static void set_moment(cpts_moment_t *moment, const cpts_live_t *live)
{
    apr_time_t now = apr_time_now();

    moment->now = apr_time_sec(now);
    moment->today = cpts_day_of(now);
    moment->renew = is_due(live, now);
    moment->share_from = SHARE_FROM;
}

static cpts_db_e look_with(look_t *look, cpts_live_t *live, cpts_db_t *db,
                           const cpts_territory_t *territory, apr_pool_t *pool)
{
    cpts_snapshot_t *before;
    unsigned char key[KEY_SIZE];
    int64_t generation;
    cpts_db_e kind = cpts_generation_read(db, &generation, key);

    if (kind != CPTS_DB_OK) {
        return kind;
    }
    before = goes_on(live, generation, key) ? live->snapshot : NULL;
    look->whole = !before;
    set_moment(&look->moment, live);
    if (before && generation == cpts_snapshot_generation(before)
        && !look->moment.renew && atomic_load(&live->lock) < 0) {
        return CPTS_DB_OK;
    }
    look->moment.later = 1;
    look->moment.lock = atomic_load(&live->lock);
    kind = cpts_snapshot_load(&look->snapshot, db, before, territory,
                              &look->moment, pool);
    atomic_store(&live->lock, look->moment.lock);
    look->skipped = kind == CPTS_DB_OK ? cpts_db_skipped(db) : 0;
    return kind;
}

/* A database that cannot be written to now is told later; nothing waits for
 * it but mails. */
static void tell_settings(look_t *look, cpts_db_t *db, request_rec *r,
                          apr_pool_t *pool)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_db_e kind = cpts_settings_keep(db, config, pool);

    look->tell_at = APR_INT64_MAX;
    if (kind != CPTS_DB_OK) {
        look->tell_at = apr_time_now() + TELL_AFTER;
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CPTS012: %s: cptsctl does not know what the directives "
                      "say: %s: %s",
                      config->name, cpts_db_faults[kind].log,
                      cpts_db_message(db));
    }
}

/* While nothing says that the file has been mended, mod_dbd is not asked:
 * each refusal of its pool is a line in the log. */
static int still_broken(look_t *look, const cpts_live_t *live,
                        const char *file, apr_pool_t *pool)
{
    if (live->looked_at && cpts_db_faults[live->kind].broken) {
        look->kind = cpts_db_diagnose(file, pool);
        return look->kind != CPTS_DB_OK;
    }
    return 0;
}

static void log_look(const look_t *look, const cpts_db_t *db, request_rec *r)
{
    const char *name = cpts_config_of(r->server)->name;

    if (look->kind != CPTS_DB_OK) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPTS005: cannot read the sheets of %s: %s", name,
                      cpts_db_message(db));
    }
    else if (look->skipped) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "CPTS011: %s: %d sheets are left out, they cannot be "
                      "understood: %s",
                      name, look->skipped, cpts_db_message(db));
    }
}

static void look_through(look_t *look, cpts_live_t *live, cpts_db_t *db,
                         request_rec *r, apr_pool_t *pool)
{
    look->kind = look_with(look, live, db,
                           cpts_config_of(r->server)->territory, pool);
    log_look(look, db, r);
    if (look->kind == CPTS_DB_OK
        && (look->whole || apr_time_now() >= live->tell_at)) {
        tell_settings(look, db, r, pool);
    }
    if (look->whole) {
        cpts_db_shrink(db);
    }
}

static void look_at(look_t *look, cpts_live_t *live, request_rec *r)
{
    cpts_database_t *database;
    cpts_db_t *db;
    apr_pool_t *pool;

    memset(look, 0, sizeof(*look));
    apr_pool_create(&pool, r->pool);
    if (!still_broken(look, live, cpts_config_of(r->server)->database, pool)) {
        look->kind = cpts_database_open(&database, &db, r->server, pool);
        if (look->kind == CPTS_DB_OK) {
            look_through(look, live, db, r, pool);
            cpts_database_close(database);
        }
    }
    apr_pool_destroy(pool);
}

/* --- deciding: with the mutex */

static void tell_change(const cpts_live_t *live, const look_t *look,
                        request_rec *r)
{
    const char *name = cpts_config_of(r->server)->name;

    if (look->kind != CPTS_DB_OK
        && (look->kind != live->kind || !live->looked_at)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      "CPTS006: %s cannot be served: %s", name,
                      cpts_db_faults[look->kind].log);
    }
    if (look->kind == CPTS_DB_OK && live->kind != CPTS_DB_OK) {
        ap_log_rerror(APLOG_MARK, APLOG_NOTICE, 0, r,
                      "CPTS007: %s is served again", name);
    }
    if (look->snapshot) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                      "CPTS008: %s: %" APR_SIZE_T_FMT
                      " sheets, generation %" APR_INT64_T_FMT,
                      name, cpts_snapshot_count(look->snapshot),
                      (apr_int64_t)cpts_snapshot_generation(look->snapshot));
    }
}

/* Nobody is served less well: said once. */
static void tell_unshared(cpts_live_t *live, const look_t *look,
                          request_rec *r)
{
    int why = look->moment.unshared;

    if (why && why != live->unshared) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, why, r,
                      "CPTS034: %s: each child keeps the sheets by itself, "
                      "the file beside the database cannot be written",
                      cpts_config_of(r->server)->name);
        live->unshared = why;
    }
}

/* Once; a database that is not there has none, and says so itself. */
static void tell_notice(cpts_live_t *live, const look_t *look, int why,
                        request_rec *r)
{
    if (why && look->kind == CPTS_DB_OK && !live->told) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, why, r,
                      "CPTS015: %s.live cannot be used: each request reads "
                      "its account from the database",
                      cpts_config_of(r->server)->database);
    }
    live->told = why != 0;
}

static void keep(cpts_live_t *live, const look_t *look,
                 const cpts_mark_t *mark)
{
    if (look->kind == CPTS_DB_OK) {
        live->seen = *mark;
    }
    if (look->snapshot) {
        if (live->snapshot) {
            cpts_snapshot_release(live->snapshot);
        }
        live->snapshot = look->snapshot;
        live->due = look->moment.due;
    }
    if (look->tell_at) {
        live->tell_at = look->tell_at;
    }
    live->kind = look->kind;
}

static void begin_look(cpts_live_t *live)
{
    live->looking = 1;
    apr_thread_mutex_unlock(live->mutex);
}

/* Again with the mutex, which whoever waits for this gets next. */
static void end_look(cpts_live_t *live)
{
    live->looking = 0;
    apr_thread_cond_broadcast(live->idle);
}

/* What was left to this look, which came to nothing: no other waits for the
 * file, and no request tries again. */
static void give_up(cpts_live_t *live, request_rec *r)
{
    int lock = atomic_exchange(&live->lock, -1);

    if (lock >= 0) {
        cpts_image_unlock(
            lock,
            cpts_image_file(cpts_config_of(r->server)->database, r->pool),
            r->pool);
    }
}

/* The mark is read before the database: a change that is committed
 * meanwhile makes the next request look again. */
static void look_once(cpts_live_t *live, request_rec *r)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_mark_t mark;
    look_t look;
    int why;

    begin_look(live);
    why = hold_notice(live, config->database);
    read_mark(&mark, live, config);
    look_at(&look, live, r);
    if (look.kind != CPTS_DB_OK) {
        give_up(live, r);
    }
    apr_thread_mutex_lock(live->mutex);
    tell_change(live, &look, r);
    tell_unshared(live, &look, r);
    tell_notice(live, &look, why, r);
    keep(live, &look, &mark);
    live->looked_at = apr_time_now();
    end_look(live);
}

/* Taking up what was changed here is no look as is due now and then: that one
 * sees to the files as well. */
static int may_take_up(const cpts_live_t *live)
{
    return live->snapshot && live->kind == CPTS_DB_OK && !live->looking;
}

/* What was made ready, unless others have found something new meanwhile.
 * @param before the counters, which this change has raised by one: whatever
 * else was counted since it was made ready is still to be looked for */
static int install(cpts_live_t *live, cpts_ahead_t *ahead,
                   const cpts_mark_t *before, request_rec *r)
{
    if (ahead->look.kind != CPTS_DB_OK || !may_take_up(live)
        || live->snapshot != ahead->before) {
        return 0;
    }
    tell_change(live, &ahead->look, r);
    keep(live, &ahead->look, &ahead->mark);
    ahead->look.snapshot = NULL;
    if (before->inside == live->seen.inside) {
        live->seen.inside++;
    }
    if (before->outside == live->seen.outside) {
        live->seen.outside++;
    }
    return 1;
}

/* What could not be made ready; where this fails the next request looks. */
static void take_up(cpts_live_t *live, cpts_db_t *db, request_rec *r)
{
    cpts_mark_t mark;
    look_t look;

    if (!may_take_up(live)) {
        return;
    }
    begin_look(live);
    memset(&look, 0, sizeof(look));
    read_mark(&mark, live, cpts_config_of(r->server));
    look_through(&look, live, db, r, r->pool);
    apr_thread_mutex_lock(live->mutex);
    if (look.kind == CPTS_DB_OK) {
        tell_change(live, &look, r);
        tell_unshared(live, &look, r);
        keep(live, &look, &mark);
    }
    end_look(live);
}

static int has_passed(const cpts_live_t *live, apr_time_t now,
                      apr_time_t interval)
{
    apr_time_t passed = now - live->looked_at;

    /* negative: the clock was put back */
    return passed >= interval || passed < 0;
}

/* What a request needs before it may go on. */
typedef enum { NOTHING, CHEAP_LOOK, MUST_SEE } due_t;

static due_t what_is_due(const cpts_live_t *live, const cpts_config_t *config)
{
    apr_time_t now;

    if (!live->looked_at) {
        return MUST_SEE;
    }
    now = apr_time_now(); /* once: each request asks */
    if (live->kind != CPTS_DB_OK) {
        return has_passed(live, now, RETRY_AFTER) ? MUST_SEE : NOTHING;
    }
    if (has_changed(live, config) || is_due(live, now)) {
        return MUST_SEE;
    }
    return has_passed(live, now, config->refresh) ? CHEAP_LOOK : NOTHING;
}

/* With the mutex held; it may be let go of meanwhile. */
static void refresh(cpts_live_t *live, request_rec *r)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    due_t due = what_is_due(live, config);

    while (due == MUST_SEE && live->looking) {
        apr_thread_cond_wait(live->idle, live->mutex);
        due = what_is_due(live, config);
    }
    if (due != NOTHING && !live->looking) {
        look_once(live, r);
    }
}

/* A snapshot is still right when only the look for changes from elsewhere
 * met a locked database; not when a change is known to be missing in it. */
static cpts_db_e usable(const cpts_live_t *live, const cpts_config_t *config)
{
    if (live->kind == CPTS_DB_OK
        || (live->snapshot && !cpts_db_faults[live->kind].broken
            && !has_changed(live, config))) {
        return CPTS_DB_OK;
    }
    return live->kind;
}

static apr_status_t release(void *data)
{
    cpts_snapshot_release(data);
    return APR_SUCCESS;
}

cpts_db_e cpts_live_acquire(request_rec *r, const cpts_snapshot_t **snapshot,
                            const cpts_territory_t **territory)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_live_t *live = config->live;
    cpts_snapshot_t *current = NULL;
    cpts_db_e kind;

    *snapshot = NULL;
    *territory = config->territory;
    apr_thread_mutex_lock(live->mutex);
    live->asked = 1;
    refresh(live, r);
    kind = usable(live, config);
    if (kind == CPTS_DB_OK) {
        current = live->snapshot;
        cpts_snapshot_retain(current);
    }
    apr_thread_mutex_unlock(live->mutex);
    if (current) {
        apr_pool_cleanup_register(r->pool, current, release,
                                  apr_pool_cleanup_null);
        *snapshot = current;
    }
    return kind;
}

cpts_db_e cpts_live_check(request_rec *r)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_live_t *live = config->live;
    cpts_db_e kind;

    apr_thread_mutex_lock(live->mutex);
    live->asked = 1;
    if (!live->looked_at || cpts_db_faults[live->kind].broken) {
        refresh(live, r);
    }
    kind = usable(live, config);
    apr_thread_mutex_unlock(live->mutex);
    return cpts_db_faults[kind].broken ? kind : CPTS_DB_OK;
}

void cpts_live_status(cpts_live_status_t *status, request_rec *r)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_live_t *live = config->live;

    apr_thread_mutex_lock(live->mutex);
    while (live->looking) {
        apr_thread_cond_wait(live->idle, live->mutex);
    }
    if (has_passed(live, apr_time_now(), HEALTH_AFTER)
        || what_is_due(live, config) == MUST_SEE) {
        look_once(live, r);
    }
    status->kind = usable(live, config);
    status->looked_at = live->looked_at;
    apr_thread_mutex_unlock(live->mutex);
}

/* Requests that hold it go on with it. */
int cpts_live_sweep(const server_rec *server, apr_time_t now)
{
    const cpts_config_t *config = cpts_config_of(server);
    cpts_live_t *live = config->live;
    cpts_snapshot_t *dropped = NULL;

    apr_thread_mutex_lock(live->mutex);
    if (live->asked || live->looking || now < live->quiet) {
        live->asked = 0;
        live->quiet = now;
    }
    else if (live->snapshot && now - live->quiet >= config->idle) {
        dropped = live->snapshot;
        live->snapshot = NULL;
        live->looked_at = 0;
    }
    apr_thread_mutex_unlock(live->mutex);
    if (dropped) {
        cpts_snapshot_release(dropped);
        ap_log_error(APLOG_MARK, APLOG_DEBUG, 0, server,
                     "CPTS013: %s: nobody asks, its sheets are let go of",
                     config->name);
    }
    return dropped != NULL;
}

/* @return the counters before; UINT64_MAX: there is none */
static cpts_mark_t raise_counters(const cpts_live_t *live,
                                  const cpts_config_t *config)
{
    cpts_notice_t *notice = atomic_load(&live->notice);
    cpts_mark_t before = { cpts_shared_raise(config->slot), UINT64_MAX };

    if (notice) {
        before.outside = cpts_notice_raise(notice);
    }
    return before;
}

static apr_status_t drop(void *data)
{
    const cpts_ahead_t *ahead = data;

    cpts_snapshot_release(ahead->look.snapshot);
    cpts_snapshot_release(ahead->before);
    return APR_SUCCESS;
}

/* The mark is read while nobody else can commit: whatever was counted is to
 * be seen in this transaction. */
static void look_ahead(cpts_ahead_t *ahead, cpts_live_t *live, cpts_db_t *db,
                       request_rec *r)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    look_t *look = &ahead->look;

    read_mark(&ahead->mark, live, config);
    set_moment(&look->moment, live);
    look->moment.in_place = 1;
    look->kind = cpts_snapshot_load(&look->snapshot, db, ahead->before,
                                    config->territory, &look->moment, r->pool);
    if (look->snapshot == ahead->before) {
        cpts_snapshot_release(look->snapshot);
        look->snapshot = NULL;
    }
}

cpts_ahead_t *cpts_live_prepare(request_rec *r, cpts_db_t *db)
{
    cpts_live_t *live = cpts_config_of(r->server)->live;
    cpts_ahead_t *ahead = NULL;

    apr_thread_mutex_lock(live->mutex);
    if (may_take_up(live)) {
        ahead = apr_pcalloc(r->pool, sizeof(*ahead));
        ahead->before = live->snapshot;
        cpts_snapshot_retain(ahead->before);
        apr_pool_cleanup_register(r->pool, ahead, drop, apr_pool_cleanup_null);
        begin_look(live);
        look_ahead(ahead, live, db, r);
        apr_thread_mutex_lock(live->mutex);
        end_look(live);
    }
    apr_thread_mutex_unlock(live->mutex);
    return ahead;
}

/* The others are told first: to take it up may last, this process may be
 * killed at it, and another child may already tell somebody that the change
 * was made. */
void cpts_live_changed(request_rec *r, cpts_ahead_t *ahead, cpts_db_t *db)
{
    const cpts_config_t *config = cpts_config_of(r->server);
    cpts_live_t *live = config->live;
    cpts_mark_t before;

    apr_thread_mutex_lock(live->mutex);
    before = raise_counters(live, config);
    if (db && !(ahead && install(live, ahead, &before, r))) {
        take_up(live, db, r);
    }
    apr_thread_mutex_unlock(live->mutex);
}

/* The file that the children share is made once the answer has left. */
static int share(request_rec *r)
{
    cpts_live_t *live = cpts_config_of(r->server)->live;

    if (live && atomic_load(&live->lock) >= 0) {
        apr_thread_mutex_lock(live->mutex);
        if (!live->looking && atomic_load(&live->lock) >= 0) {
            look_once(live, r);
        }
        apr_thread_mutex_unlock(live->mutex);
    }
    return DECLINED;
}

/* --- one per server, made in each child */

static apr_status_t forget(void *data)
{
    cpts_live_t *live = data;

    if (live->snapshot) {
        cpts_snapshot_release(live->snapshot);
        live->snapshot = NULL;
    }
    cpts_notice_close(atomic_exchange(&live->notice, NULL));
    return APR_SUCCESS;
}

static apr_status_t create(cpts_live_t **out, apr_pool_t *pool)
{
    cpts_live_t *live = apr_pcalloc(pool, sizeof(*live));
    apr_status_t rv;

    atomic_init(&live->lock, -1);
    rv = apr_thread_mutex_create(&live->mutex, APR_THREAD_MUTEX_DEFAULT, pool);
    if (rv == APR_SUCCESS) {
        rv = apr_thread_cond_create(&live->idle, pool);
    }
    apr_pool_cleanup_register(pool, live, forget, apr_pool_cleanup_null);
    *out = live;
    return rv;
}

static void child_init(apr_pool_t *pool, server_rec *main)
{
    server_rec *server;

    for (server = main; server; server = server->next) {
        cpts_config_t *config = cpts_config_of(server);
        apr_status_t rv;

        if (!config->territory) {
            continue;
        }
        rv = create(&config->live, pool);
        if (rv != APR_SUCCESS) {
            ap_log_error(APLOG_MARK, APLOG_CRIT, rv, server,
                         "CPTS009: cannot start serving %s", config->name);
            exit(APEXIT_CHILDSICK);
        }
    }
}

void cpts_live_register_hooks(apr_pool_t *pool)
{
    static const char *const after[] = { "mod_dbd.c", NULL };

    (void)pool;
    ap_hook_child_init(child_init, after, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(share, NULL, NULL, APR_HOOK_LAST);
}
