/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to a snapshot: all sheets, or those that changed. */

#include "store/load.h"

#include <errno.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "core/placement.h"
#include "store/image.h"
#include "store/sheet_rows.h"

/* A period of capacity is a month at most: placements held before cannot
 * come back into account. */
#define RENEWED_DAYS 62

/* An image older than this is made anew with the next change: what a doctor
 * withdrew from the sheet is not kept longer. */
#define IMAGE_RENEWED_AFTER 86400
/* Beyond, it is not read at all: see RENEWED_DAYS. */
#define IMAGE_FORGOTTEN_AFTER (30 * 86400)
/* Two processes that load at once do not read the clock in the order in which
 * they come to write: one may see the image of the other before its time. */
#define IMAGE_AHEAD_MOST 60
/* Changed sheets, of a hundred, from which on it is made anew. */
#define IMAGE_LOOSE_MOST 10
/* What one process decodes the others need not; and what was removed is gone
 * at once: milliseconds to wait for another that writes the image.  It may be
 * at it for long: what was put off has to wait for an answer to be sent. */
#define WAIT_MOST 1000

/* Places that placements take from a sheet. */
typedef struct {
    int64_t id;
    int general, reserved;
} taken_t;

/* One load under way. */
typedef struct {
    cpts_db_t *db;
    const cpts_territory_t *territory;
    cpts_moment_t *moment;
    apr_pool_t *pool;
    unsigned char key[16];
    cpts_image_origin_t origin; /* the state that is read */
    cpts_changes_t *changes;    /* what the rows are put into */
    apr_hash_t *taken;          /* id -> taken_t, when all are read */
    const char *file;           /* of the image, or NULL */
    int lock;                   /* to write it, or -1 */
    int refused;                /* there is one that does not fit */
    int put_off;                /* the lock is that of the call before */
    int whole;                  /* everything was decoded */
    size_t removed;
} loading_t;

cpts_db_e cpts_generation_read(cpts_db_t *db, int64_t *generation,
                               unsigned char rotation_key[16])
{
    const void *key;
    int length = 0;
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_GENERATION_READ, "");

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_step(db);
    }
    if (rc != CPTS_DB_ROW) {
        if (rc == CPTS_DB_OK) {
            cpts_db_explain(db, "the row of the territory is not there");
        }
        return rc == CPTS_DB_OK ? CPTS_DB_ERROR : rc;
    }
    *generation = cpts_db_int64(db, 0);
    key = cpts_db_blob(db, 1, &length);
    if (key && length == 16) {
        memcpy(rotation_key, key, 16);
    }
    else {
        memset(rotation_key, 0, 16);
    }
    cpts_db_end(db);
    return CPTS_DB_OK;
}

static cpts_db_e put(const loading_t *loading, const cpts_stored_sheet_t *row,
                     int general, int reserved)
{
    if (cpts_changes_put(loading->changes, row->id, row->sheet)
        != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    if (general || reserved) {
        cpts_changes_take(loading->changes, general, reserved);
    }
    return CPTS_DB_OK;
}

static cpts_db_e put_row(void *baton, const cpts_stored_sheet_t *row)
{
    const loading_t *loading = baton;

    return put(loading, row,
               (int)cpts_db_int64(loading->db, CPTS_COLUMN_SHEETS),
               (int)cpts_db_int64(loading->db, CPTS_COLUMN_SHEETS + 1));
}

static cpts_db_e put_first_row(void *baton, const cpts_stored_sheet_t *row)
{
    const loading_t *loading = baton;
    const taken_t *taken
        = apr_hash_get(loading->taken, &row->id, sizeof(row->id));

    return put(loading, row, taken ? taken->general : 0,
               taken ? taken->reserved : 0);
}

/* What cannot be read must not be proposed as it was before. */
static cpts_db_e drop_row(void *baton, const cpts_stored_sheet_t *row)
{
    const loading_t *loading = baton;

    return cpts_changes_remove(loading->changes, row->id) == APR_SUCCESS
               ? CPTS_DB_OK
               : CPTS_DB_ERROR;
}

static cpts_db_e load_erasures(cpts_changes_t *changes, cpts_db_t *db,
                               int64_t after)
{
    cpts_db_e rc = cpts_db_begin(db, CPTS_SQL_ERASURE_CHANGED, "l", after);

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        rc = cpts_changes_remove(changes, cpts_db_int64(db, 0)) == APR_SUCCESS
                 ? CPTS_DB_OK
                 : CPTS_DB_ERROR;
    }
    cpts_db_end(db);
    return rc;
}

/* What is taken in the periods that are under way on the day of loading. */
typedef struct {
    const char *monday, *first;
} periods_t;

static periods_t periods_of(const loading_t *loading)
{
    cpts_day_t today = loading->moment->today;
    periods_t periods
        = { cpts_day_string(loading->pool,
                            cpts_period_begin(CPTS_PERIOD_WEEK, today)),
            cpts_day_string(loading->pool,
                            cpts_period_begin(CPTS_PERIOD_MONTH, today)) };

    return periods;
}

/* One statement for those who have placements: most have none, and asking for
 * each sheet would take longer than to read it. */
static cpts_db_e read_taken(loading_t *l, const periods_t *p)
{
    cpts_db_e rc = cpts_db_begin(l->db, CPTS_SQL_SHEET_TAKEN, "ssl", p->monday,
                                 p->first, l->moment->now);

    l->taken = apr_hash_make(l->pool);
    while (rc == CPTS_DB_OK && (rc = cpts_db_step(l->db)) == CPTS_DB_ROW) {
        taken_t *taken = apr_palloc(l->pool, sizeof(*taken));

        taken->id = cpts_db_int64(l->db, 0);
        taken->general = (int)cpts_db_int64(l->db, 1);
        taken->reserved = (int)cpts_db_int64(l->db, 2);
        apr_hash_set(l->taken, &taken->id, sizeof(taken->id), taken);
        rc = CPTS_DB_OK;
    }
    return rc;
}

static cpts_db_e load_all(loading_t *l)
{
    periods_t p = periods_of(l);
    cpts_db_e rc = read_taken(l, &p);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_begin(l->db, CPTS_SQL_SHEET_ALL, "");
    }
    return rc == CPTS_DB_OK
               ? cpts_sheet_rows(l->db, put_first_row, NULL, l, l->pool)
               : rc;
}

static cpts_db_e load_changed(loading_t *l, int64_t known)
{
    const cpts_moment_t *moment = l->moment;
    periods_t p = periods_of(l);
    cpts_db_e rc = cpts_db_begin(l->db, CPTS_SQL_SHEET_CHANGED, "ssll",
                                 p.monday, p.first, moment->now, known);

    if (rc == CPTS_DB_OK) {
        rc = cpts_sheet_rows(l->db, put_row, drop_row, l, l->pool);
    }
    if (rc == CPTS_DB_OK && moment->renew) {
        rc = cpts_db_begin(
            l->db, CPTS_SQL_SHEET_RENEWED, "sslls", p.monday, p.first,
            moment->now, known,
            cpts_day_string(l->pool, moment->today - RENEWED_DAYS));
        if (rc == CPTS_DB_OK) {
            rc = cpts_sheet_rows(l->db, put_row, drop_row, l, l->pool);
        }
    }
    return rc == CPTS_DB_OK ? load_erasures(l->changes, l->db, known) : rc;
}

/* Places come back when a hold ends, or with a new day a new period. */
static cpts_db_e find_due(cpts_moment_t *moment, cpts_db_t *db)
{
    int64_t midnight = apr_time_sec(cpts_day_begin(moment->today + 1));

    return cpts_db_number(&moment->due, db, CPTS_SQL_PLACES_DUE, "ll",
                          moment->now, midnight);
}

/* --- the state that is read */

/* Every change has its entry: the last one says on which way a generation
 * was reached, since a restored database may reach it on another. */
static cpts_db_e read_entry(cpts_image_origin_t *origin, cpts_db_t *db)
{
    const void *link;
    int length = 0;
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_IMAGE_ENTRY, "");

    if (rc != CPTS_DB_ROW) {
        return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
    }
    link = cpts_db_blob(db, 1, &length);
    if (link && length == CPTS_IMAGE_LINK) {
        origin->entry = cpts_db_int64(db, 0);
        memcpy(origin->link, link, CPTS_IMAGE_LINK);
    }
    cpts_db_end(db);
    return CPTS_DB_OK;
}

static cpts_db_e read_state(loading_t *l)
{
    cpts_db_e rc = cpts_generation_read(l->db, &l->origin.generation, l->key);

    if (rc == CPTS_DB_OK) {
        rc = find_due(l->moment, l->db);
    }
    if (rc == CPTS_DB_OK && l->file && !l->moment->in_place) {
        rc = read_entry(&l->origin, l->db);
    }
    l->origin.made_at = l->moment->now;
    l->origin.due = l->moment->due;
    return rc;
}

/* 1 when the database went through the state that an image was made of. */
static int went_through(const loading_t *l, const cpts_image_origin_t *origin)
{
    cpts_db_e rc;

    if (origin->entry == 0) {
        return l->origin.entry == 0
               && origin->generation == l->origin.generation;
    }
    rc = cpts_db_first(l->db, CPTS_SQL_IMAGE_WAY, "lb", origin->entry,
                       origin->link, CPTS_IMAGE_LINK);
    if (rc == CPTS_DB_ROW) {
        cpts_db_end(l->db);
    }
    return rc == CPTS_DB_ROW;
}

/* A snapshot of the image, or NULL when it does not fit.
 * @param turns of whom the turns go on, or NULL */
static cpts_snapshot_t *use_image(loading_t *l, cpts_image_t *image,
                                  const cpts_snapshot_t *turns)
{
    cpts_image_origin_t origin;

    if (cpts_image_check(&origin, image, l->territory, l->key) != 0
        || origin.generation > l->origin.generation
        || origin.made_at > l->moment->now + IMAGE_AHEAD_MOST
        || origin.made_at < l->moment->now - IMAGE_FORGOTTEN_AFTER
        || !went_through(l, &origin)) {
        return NULL;
    }
    if (l->moment->now >= origin.due) {
        l->moment->renew = 1;
    }
    return cpts_snapshot_of_image(image, turns, l->territory,
                                  origin.generation, l->key);
}

/* --- loading, inside a read transaction */

static cpts_db_e commit(cpts_snapshot_t **snapshot, const loading_t *l)
{
    return cpts_changes_commit(snapshot, l->changes, l->origin.generation,
                               l->key)
                   == APR_SUCCESS
               ? CPTS_DB_OK
               : CPTS_DB_ERROR;
}

/* One change at most leads to it: that takes no time. */
static int is_next(const loading_t *l, const cpts_snapshot_t *before)
{
    int64_t known = before ? cpts_snapshot_generation(before) : -1;

    return before && !l->moment->renew
           && memcmp(l->key, cpts_snapshot_key(before), sizeof(l->key)) == 0
           && (l->origin.generation == known
               || l->origin.generation == known + 1);
}

/* The version after @a before, or the first one. */
static cpts_db_e load(cpts_snapshot_t **snapshot, loading_t *l,
                      cpts_snapshot_t *before)
{
    int64_t known = before ? cpts_snapshot_generation(before) : -1;
    cpts_db_e rc;

    l->whole = 0;
    l->removed = 0;
    if (l->moment->in_place && !is_next(l, before)) {
        return CPTS_DB_NONE;
    }
    if (known == l->origin.generation && !l->moment->renew) {
        cpts_snapshot_retain(before);
        *snapshot = before;
        return CPTS_DB_OK;
    }
    if (known > l->origin.generation) {
        before = NULL; /* an older state was restored */
    }
    l->whole = !before;
    l->changes = cpts_changes_create(before, l->territory, l->pool);
    rc = before ? load_changed(l, known) : load_all(l);
    l->removed = cpts_changes_removed(l->changes);
    if (rc == CPTS_DB_OK && l->moment->in_place
        && cpts_changes_moved(l->changes)) {
        return CPTS_DB_NONE;
    }
    return rc == CPTS_DB_OK ? commit(snapshot, l) : rc;
}

/* From the image, if there is one that fits: else *snapshot stays NULL. */
static cpts_db_e load_image(cpts_snapshot_t **snapshot, loading_t *l,
                            const cpts_snapshot_t *turns)
{
    cpts_image_t *image = l->file ? cpts_image_map(l->file) : NULL;
    cpts_snapshot_t *base = image ? use_image(l, image, turns) : NULL;
    cpts_db_e rc = CPTS_DB_OK;

    l->refused = image && !base;
    cpts_image_release(image); /* the snapshot has it */
    if (base) {
        rc = load(snapshot, l, base);
        cpts_snapshot_release(base);
    }
    return rc;
}

/* So many that others are to share their records. */
static cpts_db_e are_many(int *many, const loading_t *l)
{
    int64_t count = 0;
    cpts_db_e rc
        = l->file ? cpts_db_number(&count, l->db, CPTS_SQL_SHEET_COUNT, "")
                  : CPTS_DB_OK;

    *many = l->file && count >= l->moment->share_from;
    return rc;
}

/* Without an image one process decodes, and others wait for what it makes
 * of it: *snapshot stays NULL where that has to be asked for first. */
static cpts_db_e load_first(cpts_snapshot_t **snapshot, loading_t *l,
                            int asked)
{
    int many = 0;
    cpts_db_e rc = load_image(snapshot, l, NULL);

    if (rc != CPTS_DB_OK || *snapshot) {
        return rc;
    }
    if (!asked) {
        rc = are_many(&many, l);
    }
    return rc == CPTS_DB_OK && !many ? load(snapshot, l, NULL) : rc;
}

/* --- transactions */

typedef cpts_db_e step_fn(cpts_snapshot_t **snapshot, loading_t *l,
                          cpts_snapshot_t *before);

/* The rows and the generation are those of one moment. */
static cpts_db_e in_transaction(cpts_snapshot_t **snapshot, loading_t *l,
                                step_fn *step, cpts_snapshot_t *before)
{
    int own = !cpts_db_in_transaction(l->db);
    cpts_db_e rc = own ? cpts_db_start_read(l->db) : CPTS_DB_OK;

    if (rc == CPTS_DB_OK) {
        rc = read_state(l);
    }
    if (rc == CPTS_DB_OK) {
        rc = step(snapshot, l, before);
    }
    if (own) {
        /* nothing was written: there is nothing to commit */
        cpts_db_rollback(l->db);
    }
    return rc;
}

static cpts_db_e step_first(cpts_snapshot_t **snapshot, loading_t *l,
                            cpts_snapshot_t *before)
{
    (void)before;
    return load_first(snapshot, l, 0);
}

static cpts_db_e step_asked(cpts_snapshot_t **snapshot, loading_t *l,
                            cpts_snapshot_t *before)
{
    (void)before;
    return load_first(snapshot, l, 1);
}

static cpts_db_e step_again(cpts_snapshot_t **snapshot, loading_t *l,
                            cpts_snapshot_t *before)
{
    return load_image(snapshot, l, before);
}

/* --- sharing */

static void ask(loading_t *l, int wait)
{
    if (l->lock < 0) {
        l->lock = cpts_image_lock(l->file, wait, l->pool);
        if (l->lock < 0 && errno != EWOULDBLOCK) {
            l->moment->unshared = errno;
        }
    }
}

static void take(cpts_snapshot_t **snapshot, cpts_snapshot_t *other)
{
    if (other) {
        cpts_snapshot_release(*snapshot);
        *snapshot = other;
    }
}

/* An image that does not fit, and in whose place none is put: it may hold what
 * this database, put back since, never knew or has no longer. */
static void leave_no_other(const loading_t *l)
{
    if (l->refused) {
        cpts_image_remove(l->file);
    }
}

/* The file, once written, in the place of the same bytes in memory. */
static cpts_image_t *saved(loading_t *l, cpts_image_t *image)
{
    cpts_image_t *mapped;

    if (l->lock < 0) {
        return image;
    }
    if (cpts_image_save(l->lock, image, l->file, cpts_db_file(l->db), l->pool)
        != 0) {
        l->moment->unshared = errno;
        leave_no_other(l);
        return image;
    }
    l->refused = 0; /* it is replaced */
    mapped = cpts_image_map(l->file);
    cpts_image_sweep(l->db);
    if (!mapped) {
        return image;
    }
    cpts_image_release(image);
    return mapped;
}

/* An image of this very snapshot, shared where that can be. */
static void make_image(cpts_snapshot_t **snapshot, loading_t *l)
{
    cpts_image_t *image
        = cpts_image_of(*snapshot, &l->origin, l->territory, l->key);

    if (image) {
        image = saved(l, image);
        take(snapshot, cpts_snapshot_of_image(image, *snapshot, l->territory,
                                              l->origin.generation, l->key));
        cpts_image_release(image);
    }
}

/* Another process may just have made one that will do. */
static int is_made_already(const loading_t *l, const cpts_snapshot_t *snapshot)
{
    const cpts_image_t *mine = cpts_snapshot_image(snapshot);
    cpts_image_origin_t origin;

    return !l->whole && mine && cpts_image_look(&origin, l->file) == 0
           && (origin.made_at > cpts_image_made_at(mine)
               || origin.generation == l->origin.generation);
}

/* 1 when its image has nothing in it that was removed since. */
static int reload(cpts_snapshot_t **snapshot, loading_t *l)
{
    loading_t before = *l;
    cpts_snapshot_t *again = NULL;

    if (in_transaction(&again, l, step_again, *snapshot) != CPTS_DB_OK
        || !again) {
        /* the state of the snapshot that is there */
        l->origin = before.origin;
        l->removed = before.removed;
        return 0;
    }
    take(snapshot, again);
    return !l->removed;
}

static void share(cpts_snapshot_t **snapshot, loading_t *l)
{
    cpts_image_sweep(l->db);
    ask(l, l->removed ? WAIT_MOST : 0);
    if (is_made_already(l, *snapshot) && reload(snapshot, l)) {
        return;
    }
    if (l->lock >= 0 || l->removed) {
        make_image(snapshot, l);
    }
}

/* What was removed is to be nowhere; what changed is not to be kept twice for
 * long. */
static int is_worth_sharing(const cpts_snapshot_t *snapshot,
                            const loading_t *l)
{
    size_t count = cpts_snapshot_count(snapshot);
    size_t loose = cpts_snapshot_loose(snapshot);
    const cpts_image_t *image = cpts_snapshot_image(snapshot);

    if (!l->file || count < (size_t)l->moment->share_from
        || cpts_db_skipped(l->db)) {
        return 0;
    }
    return l->whole || l->put_off || l->removed
           || loose * 100 > count * IMAGE_LOOSE_MOST
           || (loose && image
               && cpts_image_made_at(image)
                      < l->moment->now - IMAGE_RENEWED_AFTER);
}

/* The answer that waits for the sheets need not wait for the file, too: others
 * do, until the lock is given back. */
static int put_off(loading_t *l)
{
    if (!l->moment->later || !l->whole || l->lock < 0) {
        return 0;
    }
    leave_no_other(l);
    l->moment->lock = l->lock;
    l->lock = -1;
    return 1;
}

/* Few sheets need no file: what was removed leaves the memory all the
 * same. */
static void tidy(cpts_snapshot_t **snapshot, loading_t *l, int first)
{
    if (l->removed) {
        make_image(snapshot, l);
    }
    if (first) {
        leave_no_other(l);
    }
    if (l->file && (first || l->removed)) {
        cpts_image_sweep(l->db);
    }
}

static cpts_db_e load_any(cpts_snapshot_t **snapshot, loading_t *l,
                          cpts_snapshot_t *before)
{
    cpts_db_e rc;

    if (before || l->moment->in_place) {
        return in_transaction(snapshot, l, load, before);
    }
    rc = in_transaction(snapshot, l, step_first, NULL);
    if (rc == CPTS_DB_OK && !*snapshot) {
        ask(l, WAIT_MOST);
        rc = in_transaction(snapshot, l, step_asked, NULL);
    }
    return rc;
}

/* What follows a load: the image, as far as it is concerned. */
static cpts_db_e settle(cpts_snapshot_t **snapshot, loading_t *l, int first)
{
    int worth = is_worth_sharing(*snapshot, l);

    if (l->moment->in_place && (worth || cpts_db_skipped(l->db))) {
        cpts_snapshot_release(*snapshot);
        *snapshot = NULL;
        return CPTS_DB_NONE;
    }
    if (!worth) {
        tidy(snapshot, l, first);
    }
    else if (!put_off(l)) {
        share(snapshot, l);
    }
    return CPTS_DB_OK;
}

cpts_db_e cpts_snapshot_load(cpts_snapshot_t **snapshot, cpts_db_t *db,
                             cpts_snapshot_t *before,
                             const cpts_territory_t *territory,
                             cpts_moment_t *moment, apr_pool_t *pool)
{
    loading_t l
        = { .db = db, .territory = territory, .moment = moment, .lock = -1 };
    cpts_db_e rc;

    *snapshot = NULL;
    moment->unshared = 0;
    if (apr_pool_create(&l.pool, pool) != APR_SUCCESS) {
        return CPTS_DB_ERROR;
    }
    if (moment->later) {
        l.lock = moment->lock;
        l.put_off = l.lock >= 0;
        moment->lock = -1;
    }
    if (moment->share_from) {
        l.file = cpts_image_file(cpts_db_file(db), l.pool);
    }
    cpts_db_skipped_set(db, 0);
    rc = load_any(snapshot, &l, before);
    if (rc == CPTS_DB_OK) {
        rc = settle(snapshot, &l, !before);
    }
    if (l.lock >= 0) {
        cpts_image_unlock(l.lock, l.file, l.pool);
    }
    apr_pool_destroy(l.pool);
    return rc;
}
