/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the image: what is taken from it, refused, and never left in it.
 *
 * Whether a load decoded the rows or took the records of the image is told by
 * a change made behind its back: hide() closes every sheet without a new
 * generation, which only who decodes can see.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/match.h"
#include "core/record.h"
#include "store/image.h"
#include "store/journal.h"
#include "store/load.h"
#include "store_support.h"

#define DAY "2026-11-22"
/* noon of that day, UTC */
#define NOW 1795348800

/* A database with sheets, and who loads it. */
typedef struct {
    const char *file, *image;
    cpts_db_t *db;
    cpts_territory_t *territory;
    cpts_moment_t moment;
} stage_t;

static cpts_territory_t *territory(void)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    unit_commune(t, "31113", 43.51361, 1.50339, 0);
    unit_commune(t, "31025", 43.50361, 1.51339, 0);
    unit_territory_index(t);
    return t;
}

/* As the server does with every change. */
static void note(cpts_db_t *db)
{
    cpts_entry_t entry = { .at = NOW, .did = CPTS_DID_SHEET_IMPORT };

    store_kind(cpts_db_start(db), CPTS_DB_OK);
    store_kind(cpts_journal_append(db, &entry, NULL), CPTS_DB_OK);
    store_kind(cpts_db_commit(db), CPTS_DB_OK);
}

static const char *rpps_of(int i)
{
    return apr_psprintf(unit_pool, "999%08d", i);
}

static void add(const stage_t *s, int from, int to)
{
    for (; from < to; from++) {
        store_create(s->db, rpps_of(from),
                     apr_psprintf(unit_pool, "Nomme%dFin", from), DAY);
    }
    note(s->db);
}

static stage_t stage(int sheets)
{
    stage_t s = { .file = store_make("a.db"), .territory = territory() };

    s.image = cpts_image_file(s.file, unit_pool);
    s.db = store_open(s.file);
    s.moment = (cpts_moment_t){ .now = NOW,
                                .today = unit_day(DAY),
                                .share_from = 1 };
    add(&s, 0, sheets);
    return s;
}

/* @a before is released. */
static cpts_snapshot_t *load(stage_t *s, cpts_snapshot_t *before)
{
    cpts_snapshot_t *snapshot = NULL;

    s->moment.renew = 0;
    store_kind(cpts_snapshot_load(&snapshot, s->db, before, s->territory,
                                  &s->moment, unit_pool),
               CPTS_DB_OK);
    assert_false(cpts_db_in_transaction(s->db));
    if (before) {
        cpts_snapshot_release(before);
    }
    return snapshot;
}

static int candidates(const stage_t *s, const cpts_snapshot_t *snapshot)
{
    json_t *json
        = unit_keep(json_pack("{s:s, s:i}", "commune", "31113", "age", 40));
    cpts_match_t *match;

    assert_int_equal(cpts_match_run(&match, snapshot, s->territory,
                                    unit_need(json, s->territory),
                                    s->moment.today, unit_pool),
                     APR_SUCCESS);
    return match->candidates;
}

/* How many are candidates after a first load. */
static int first(stage_t *s)
{
    cpts_snapshot_t *snapshot = load(s, NULL);
    int count = candidates(s, snapshot);

    cpts_snapshot_release(snapshot);
    return count;
}

static void hide(const stage_t *s)
{
    store_exec(s->file, "UPDATE practitioner SET sheet ="
                        " json_set(sheet, '$.availability.state', 'closed')");
}

static void act(const stage_t *s, int i, cpts_action_e action)
{
    cpts_stored_sheet_t out;

    store_kind(cpts_sheet_act(&out, s->db, &store_coordinator, rpps_of(i),
                              action, CPTS_NO_DAY, unit_day(DAY), unit_pool),
               CPTS_DB_OK);
    note(s->db);
}

static int is_there(const char *file)
{
    return access(file, F_OK) == 0;
}

static const char *new_file(const stage_t *s)
{
    return apr_pstrcat(unit_pool, s->image, ".new", NULL);
}

static int64_t made_of(const stage_t *s)
{
    cpts_image_origin_t origin;

    assert_int_equal(cpts_image_look(&origin, s->image), 0);
    return origin.generation;
}

/* --- taken */

static void test_taken(void **state)
{
    stage_t s = stage(3);
    struct stat st;
    cpts_snapshot_t *snapshot;

    (void)state;
    assert_int_equal(first(&s), 3);
    assert_int_equal(s.moment.unshared, 0);
    assert_int_equal(stat(s.image, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_false(is_there(new_file(&s)));
    hide(&s);
    snapshot = load(&s, NULL);
    assert_int_equal(candidates(&s, snapshot), 3);
    assert_int_equal(cpts_snapshot_count(snapshot), 3);
    assert_int_equal(cpts_snapshot_generation(snapshot), 3);
    assert_int_equal(cpts_snapshot_loose(snapshot), 0);
    cpts_snapshot_release(snapshot);
    /* what changed since is decoded, the rest is not */
    act(&s, 1, CPTS_ACTION_LEAVE);
    assert_int_equal(first(&s), 2);
    add(&s, 3, 5);
    assert_int_equal(first(&s), 4);
}

static void test_few(void **state)
{
    stage_t s = stage(3);

    (void)state;
    s.moment.share_from = 4;
    assert_int_equal(first(&s), 3);
    assert_false(is_there(s.image));
    s.moment.share_from = 0;
    assert_int_equal(first(&s), 3);
    assert_false(is_there(s.image));
}

/* The same answers, one by one, as without. */
static void test_same(void **state)
{
    stage_t s = stage(40);
    cpts_snapshot_t *a, *b;

    (void)state;
    s.moment.share_from = 0;
    a = load(&s, NULL);
    s.moment.share_from = 1;
    cpts_snapshot_release(load(&s, NULL));
    b = load(&s, NULL);
    assert_int_equal(cpts_snapshot_unlocated(a), cpts_snapshot_unlocated(b));
    for (int i = 0; i < 20; i++) {
        json_t *json = unit_keep(
            json_pack("{s:s, s:i}", "commune", "31113", "age", 40));
        const cpts_need_t *need = unit_need(json, s.territory);
        cpts_match_t *x, *y;

        cpts_match_run(&x, a, s.territory, need, s.moment.today, unit_pool);
        cpts_match_run(&y, b, s.territory, need, s.moment.today, unit_pool);
        assert_int_equal(x->length, y->length);
        assert_memory_equal(x->body, y->body, x->length);
    }
    cpts_snapshot_release(a);
    cpts_snapshot_release(b);
}

/* --- refused */

/* Where the bytes of the file stand: the head (core/image.c). */
#define DIGEST_AT  8
#define COVERED_AT 16

static char *read_image(const stage_t *s, size_t *size)
{
    const char *bytes = store_bytes(s->image, size);

    return apr_pmemdup(unit_pool, bytes, *size);
}

/* Another file: the one that was there may be mapped. */
static void write_image(const stage_t *s, const void *bytes, size_t size)
{
    int fd;

    cpts_image_remove(s->image);
    fd = open(s->image, O_WRONLY | O_CREAT | O_EXCL, 0640);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    (void)close(fd);
}

/* The file is not read: rows are decoded, and it is made anew. */
static void assert_refused(stage_t *s, const char *what)
{
    if (first(s) != 0) {
        fail_msg("taken in spite of %s", what);
    }
    assert_int_equal(s->moment.unshared, 0);
}

static void test_damaged(void **state)
{
    stage_t s = stage(5);
    size_t size, i;
    char *good, *longer;

    (void)state;
    assert_int_equal(first(&s), 5);
    good = read_image(&s, &size);
    hide(&s);
    for (i = 0; i < 400; i++) {
        char *bytes = apr_pmemdup(unit_pool, good, size);
        size_t at = i < 128 ? i : (size_t)unit_below((int)size);

        bytes[at] = (char)(bytes[at] ^ (1 << unit_below(8)));
        write_image(&s, bytes, size);
        assert_refused(&s, "a bit turned over");
    }
    for (i = 0; i < size; i += 1 + (size_t)unit_below(97)) {
        write_image(&s, good, i);
        assert_refused(&s, "a file cut short");
    }
    write_image(&s, apr_pstrcat(unit_pool, "", NULL), 0);
    assert_refused(&s, "an empty file");
    longer = apr_pcalloc(unit_pool, size + 16);
    memcpy(longer, good, size);
    write_image(&s, longer, size + 16);
    assert_refused(&s, "bytes at its end");
    write_image(&s, good, size);
    assert_int_equal(first(&s), 5);
}

/* Signed as if we had written it: nothing it says leads out of it. */
static void test_forged(void **state)
{
    stage_t s = stage(5);
    unsigned char key[16];
    int64_t generation;
    uint64_t digest;
    char *good;
    size_t size;

    (void)state;
    cpts_snapshot_release(load(&s, NULL));
    store_kind(cpts_generation_read(s.db, &generation, key), CPTS_DB_OK);
    good = read_image(&s, &size);
    digest = cpts_image_digest(good + COVERED_AT, size - COVERED_AT, key);
    assert_memory_equal(good + DIGEST_AT, &digest, sizeof(digest));
    for (int i = 0; i < 3000; i++) {
        char *bytes = malloc(size);

        memcpy(bytes, good, size);
        for (int n = unit_below(4); n >= 0; n--) {
            size_t at = COVERED_AT + (size_t)unit_below((int)size - 20);
            uint32_t value = (uint32_t)unit_random();

            if (unit_once_in(2)) {
                value &= 0xff;
            }
            memcpy(bytes + at / 4 * 4, &value, sizeof(value));
        }
        digest = cpts_image_digest(bytes + COVERED_AT, size - COVERED_AT, key);
        memcpy(bytes + DIGEST_AT, &digest, sizeof(digest));
        write_image(&s, bytes, size);
        free(bytes);
        (void)first(&s);
    }
}

static void test_other_configuration(void **state)
{
    stage_t s = stage(2);
    cpts_territory_t *t = s.territory;
    cpts_commune_t *commune = &APR_ARRAY_IDX(t->communes, 1, cpts_commune_t);
    apr_array_header_t *items = apr_array_make(unit_pool, 1, sizeof(char *));
    int *limits = (int *)&t->limits;

    (void)state;
    assert_int_equal(first(&s), 2);
    hide(&s);
    assert_int_equal(first(&s), 2);
    for (size_t i = 0; i < sizeof(t->limits) / sizeof(int); i++) {
        limits[i]++;
        assert_refused(&s, "another limit");
    }
    t->phone = "05 61 00 00 00";
    assert_refused(&s, "another phone");
    t->email = "ailleurs@example.org";
    assert_refused(&s, "another address");
    t->phone = NULL;
    t->email = "05 61 00 00 00";
    assert_refused(&s, "other contacts");
    commune->name = "Ailleurs";
    assert_refused(&s, "another name");
    commune->lat += 0.00001;
    assert_refused(&s, "another place");
    commune->neighbour = 1;
    assert_refused(&s, "a neighbour");
    APR_ARRAY_PUSH(items, const char *) = "31025";
    assert_null(cpts_territory_perimeter(t, "coteaux", items, unit_pool));
    assert_refused(&s, "another perimeter");
    unit_commune(t, "31411", 43.4, 1.4, 0);
    unit_territory_index(t);
    assert_refused(&s, "another commune");
}

/* Another database under the same name, or the same one put back. */
static void test_other_state(void **state)
{
    stage_t s = stage(3);
    size_t size;
    char *good;

    (void)state;
    assert_int_equal(first(&s), 3);
    good = read_image(&s, &size);
    hide(&s);
    store_exec(s.file, "UPDATE territory SET generation = 2");
    assert_refused(&s, "an older generation");
    store_exec(s.file, "UPDATE territory SET generation = 3");
    write_image(&s, good, size);
    assert_int_equal(first(&s), 3);
    /* restored, then as many changes again */
    store_exec(s.file, "DROP TRIGGER journal_no_update;"
                       "DROP TRIGGER journal_no_delete;"
                       "DROP TRIGGER journal_in_order;"
                       "UPDATE journal SET link = randomblob(32)");
    store_exec(s.file, "UPDATE territory SET generation = 9");
    assert_refused(&s, "another way to a generation");
    write_image(&s, good, size);
    store_exec(s.file, "DELETE FROM journal");
    assert_refused(&s, "a journal without its entry");
    /* nothing was ever noted: only the very same generation will do */
    assert_int_equal(made_of(&s), 9);
    act(&s, 0, CPTS_ACTION_RESUME);
    store_exec(s.file, "DELETE FROM journal;"
                       "UPDATE practitioner SET generation = 1");
    assert_int_equal(first(&s), 1); /* decoded: the one that came back */
}

/* --- in a child */

static int load_alone(const char *file)
{
    stage_t s = { .file = file, .territory = territory() };
    cpts_snapshot_t *snapshot = NULL;
    cpts_moment_t moment
        = { .now = NOW, .today = unit_day(DAY), .share_from = 1 };

    if (cpts_db_open(&s.db, file, 0, 100, unit_pool) != CPTS_DB_OK
        || cpts_snapshot_load(&snapshot, s.db, NULL, s.territory, &moment,
                              unit_pool)
               != CPTS_DB_OK) {
        return 1;
    }
    s.moment = moment;
    return cpts_snapshot_count(snapshot) >= 3 ? 10 + moment.unshared : 2;
}

/* In a child, whose limits and death are its own. */
static int in_child(int (*function)(const char *file), const char *file)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        _exit(function(file));
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int load_with_little_room(const char *file)
{
    /* enough for what SQLite shares */
    struct rlimit limit = { 40000, 40000 };

    (void)signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? load_alone(file) : 3;
}

/* --- of another time */

/* Few sheets need no file: one of another time is not left there. */
static void test_refused_goes(void **state)
{
    stage_t s = stage(3);

    (void)state;
    assert_int_equal(first(&s), 3);
    s.moment.share_from = 4;
    hide(&s);
    assert_int_equal(first(&s), 3);
    assert_true(is_there(s.image)); /* it fits */
    store_exec(s.file, "UPDATE territory SET generation = 2");
    assert_refused(&s, "an older generation");
    assert_false(is_there(s.image));
}

static void test_refused_goes_without_room(void **state)
{
    stage_t s = stage(200);

    (void)state;
    assert_int_equal(first(&s), 200);
    store_exec(s.file, "UPDATE territory SET generation = 2");
    cpts_db_close(s.db);
    assert_int_equal(in_child(load_with_little_room, s.file), 10 + EFBIG);
    assert_false(is_there(s.image));
}

static void test_other_key(void **state)
{
    stage_t s = stage(3);

    (void)state;
    assert_int_equal(first(&s), 3);
    hide(&s);
    store_exec(s.file, "UPDATE territory SET rotation_key = randomblob(16)");
    assert_refused(&s, "another key");
}

static void test_other_time(void **state)
{
    stage_t s = stage(3);

    (void)state;
    assert_int_equal(first(&s), 3);
    hide(&s);
    s.moment.now = NOW - 2; /* by one who read the clock a moment later */
    assert_int_equal(first(&s), 3);
    s.moment.now = NOW + 29 * 86400;
    s.moment.today = unit_day(DAY) + 29;
    assert_int_equal(first(&s), 3);
    s.moment.now = NOW + 31 * 86400;
    s.moment.today = unit_day(DAY) + 31;
    assert_refused(&s, "its age");
    s.moment.now = NOW;
    s.moment.today = unit_day(DAY);
    assert_refused(&s, "a clock put back");
}

/* A sheet that cannot be read is told of by every load. */
static void test_undecodable(void **state)
{
    stage_t s = stage(3);

    (void)state;
    store_exec(s.file, "UPDATE practitioner SET sheet ="
                       " json_set(sheet, '$.sites', 'none') WHERE id = 1");
    assert_int_equal(first(&s), 2);
    assert_int_equal(cpts_db_skipped(s.db), 1);
    assert_false(is_there(s.image));
    assert_int_equal(first(&s), 2);
    assert_int_equal(cpts_db_skipped(s.db), 1);
}

/* --- places: those of when the image was made */

static void test_places(void **state)
{
    stage_t s = stage(1);

    (void)state;
    store_exec(s.file,
               apr_psprintf(unit_pool,
                            "INSERT INTO placement (code, practitioner_id,"
                            " account_id, general, reserved, state, held_on,"
                            " held_at, expires_at, changed_at) VALUES"
                            " ('123456789', 1, 1, 3, 0, 'held', '%s', 1,"
                            " %d, 1);"
                            "UPDATE territory SET generation = 2;"
                            "UPDATE practitioner SET generation = 2",
                            DAY, NOW + 100));
    note(s.db);
    assert_int_equal(first(&s), 0);
    assert_int_equal(s.moment.due, NOW + 100);
    assert_int_equal(first(&s), 0);
    s.moment.now = NOW + 100;
    assert_int_equal(first(&s), 1);
    s.moment.now = NOW + 99;
    assert_int_equal(first(&s), 0);
}

/* --- made anew */

static void test_many_changed(void **state)
{
    stage_t s = stage(30);
    cpts_snapshot_t *snapshot = load(&s, NULL);

    (void)state;
    assert_int_equal(made_of(&s), 30);
    for (int i = 0; i < 3; i++) {
        act(&s, i, CPTS_ACTION_LEAVE);
        snapshot = load(&s, snapshot);
        assert_int_equal(cpts_snapshot_loose(snapshot), i + 1);
        assert_int_equal(made_of(&s), 30);
    }
    act(&s, 3, CPTS_ACTION_LEAVE);
    snapshot = load(&s, snapshot);
    assert_int_equal(made_of(&s), 34);
    assert_int_equal(cpts_snapshot_loose(snapshot), 0);
    assert_int_equal(candidates(&s, snapshot), 26);
    /* and after a day, with the next change */
    s.moment.now += 86401;
    s.moment.today += 1;
    snapshot = load(&s, snapshot);
    assert_int_equal(made_of(&s), 34);
    act(&s, 4, CPTS_ACTION_LEAVE);
    snapshot = load(&s, snapshot);
    assert_int_equal(made_of(&s), 35);
    cpts_snapshot_release(snapshot);
}

/* Turns go on, whatever keeps the records. */
static void test_turns(void **state)
{
    stage_t s = stage(30);
    cpts_snapshot_t *snapshot = load(&s, NULL);
    json_t *json
        = unit_keep(json_pack("{s:s, s:i}", "commune", "31113", "age", 40));
    const cpts_need_t *need = unit_need(json, s.territory);
    int64_t seen[30] = { 0 };
    int count = 0;

    (void)state;
    for (int round = 0; round < 10; round++) {
        cpts_match_t *match;

        assert_int_equal(cpts_match_run(&match, snapshot, s.territory, need,
                                        s.moment.today, unit_pool),
                         APR_SUCCESS);
        for (int i = 0; i < match->count && count < 30; i++) {
            for (int j = 0; j < count; j++) {
                assert_true(seen[j] != match->proposals[i].id);
            }
            seen[count++] = match->proposals[i].id;
        }
        s.moment.now += 86401; /* made anew each time */
        act(&s, 0, CPTS_ACTION_RESUME);
        snapshot = load(&s, snapshot);
    }
    assert_int_equal(count, 30);
    cpts_snapshot_release(snapshot);
}

/* --- erased */

static int holds(const stage_t *s, int i)
{
    return store_holds(s->image, apr_psprintf(unit_pool, "Nomme%dFin", i))
           || store_holds(s->image, rpps_of(i))
           || store_holds(new_file(s), rpps_of(i));
}

static void test_erased(void **state)
{
    stage_t s = stage(5);
    cpts_snapshot_t *snapshot = load(&s, NULL);
    size_t size;
    char *old;

    (void)state;
    assert_true(holds(&s, 2));
    old = read_image(&s, &size);
    store_erase(s.db, &store_coordinator, rpps_of(2));
    note(s.db);
    assert_false(is_there(s.image));
    /* who had it mapped makes another */
    snapshot = load(&s, snapshot);
    assert_int_equal(candidates(&s, snapshot), 4);
    assert_int_equal(cpts_snapshot_loose(snapshot), 0);
    assert_true(is_there(s.image));
    assert_true(holds(&s, 1));
    assert_false(holds(&s, 2));
    /* one that was being written meanwhile does not stay */
    write_image(&s, old, size);
    cpts_image_sweep(s.db);
    assert_false(is_there(s.image));
    write_image(&s, old, size);
    assert_int_equal(first(&s), 4);
    assert_true(is_there(s.image));
    assert_false(holds(&s, 2));
    /* nor does what a process left behind that was killed */
    write_image(&s, old, size);
    assert_int_equal(rename(s.image, new_file(&s)), 0);
    assert_true(holds(&s, 2));
    store_erase(s.db, &store_coordinator, rpps_of(3));
    note(s.db);
    assert_false(holds(&s, 2));
    assert_false(holds(&s, 3));
    cpts_snapshot_release(snapshot);
}

/* Two processes that had it both come to have one without. */
static void test_erased_for_two(void **state)
{
    stage_t s = stage(5);
    cpts_snapshot_t *a = load(&s, NULL);
    cpts_snapshot_t *b = load(&s, NULL);
    struct stat first_made, then;

    (void)state;
    store_erase(s.db, &store_coordinator, rpps_of(2));
    note(s.db);
    a = load(&s, a);
    assert_int_equal(stat(s.image, &first_made), 0);
    b = load(&s, b);
    assert_int_equal(stat(s.image, &then), 0);
    assert_int_equal(first_made.st_ino, then.st_ino);
    assert_false(holds(&s, 2));
    assert_int_equal(candidates(&s, a), 4);
    assert_int_equal(candidates(&s, b), 4);
    assert_int_equal(cpts_snapshot_loose(b), 0);
    cpts_snapshot_release(a);
    cpts_snapshot_release(b);
}

/* --- put off */

/* The first load leaves it to the next one, whatever changed meanwhile. */
static void test_later(void **state)
{
    stage_t s = stage(4);
    cpts_snapshot_t *snapshot;

    (void)state;
    s.moment.later = 1;
    s.moment.lock = -1;
    snapshot = load(&s, NULL);
    assert_int_equal(candidates(&s, snapshot), 4);
    assert_false(is_there(s.image));
    assert_true(s.moment.lock >= 0);
    assert_int_equal(cpts_image_lock(s.image, 0, unit_pool), -1);
    act(&s, 1, CPTS_ACTION_LEAVE);
    store_erase(s.db, &store_coordinator, rpps_of(2));
    note(s.db);
    snapshot = load(&s, snapshot);
    assert_int_equal(s.moment.lock, -1);
    assert_false(is_there(new_file(&s)));
    assert_int_equal(candidates(&s, snapshot), 2);
    assert_int_equal(cpts_snapshot_loose(snapshot), 0);
    assert_int_equal(made_of(&s), cpts_snapshot_generation(snapshot));
    assert_false(holds(&s, 2));
    /* nothing is left to do */
    snapshot = load(&s, snapshot);
    assert_int_equal(s.moment.lock, -1);
    cpts_snapshot_release(snapshot);
}

/* Nothing changed: the same sheets, from the file. */
static void test_later_the_same(void **state)
{
    stage_t s = stage(4);
    cpts_snapshot_t *snapshot;

    (void)state;
    s.moment.later = 1;
    s.moment.lock = -1;
    snapshot = load(&s, load(&s, NULL));
    assert_true(cpts_image_made_at(cpts_snapshot_image(snapshot)) > 0);
    assert_int_equal(candidates(&s, snapshot), 4);
    cpts_snapshot_release(snapshot);
    hide(&s);
    assert_int_equal(first(&s), 4);
}

/* What does not fit does not stay until then; who fails holds nobody up. */
static void test_later_refused(void **state)
{
    stage_t s = stage(4);
    cpts_snapshot_t *before, *snapshot;
    int lock;

    (void)state;
    assert_int_equal(first(&s), 4);
    s.territory->limits.sheet_validity--;
    s.moment.later = 1;
    s.moment.lock = -1;
    before = load(&s, NULL);
    assert_false(is_there(s.image));
    assert_true(s.moment.lock >= 0);
    store_exec(s.file, "DELETE FROM territory");
    store_kind(cpts_snapshot_load(&snapshot, s.db, before, s.territory,
                                  &s.moment, unit_pool),
               CPTS_DB_ERROR);
    assert_int_equal(s.moment.lock, -1);
    lock = cpts_image_lock(s.image, 0, unit_pool);
    assert_true(lock >= 0);
    cpts_image_unlock(lock, s.image, unit_pool);
    cpts_snapshot_release(before);
}

/* --- by others */

/* Whoever opens the database by a link. */
static void test_erased_by_link(void **state)
{
    stage_t s = stage(5);
    const char *link = store_path("link.db");

    (void)state;
    assert_int_equal(first(&s), 5);
    assert_true(is_there(s.image));
    cpts_db_close(s.db);
    assert_int_equal(symlink(s.file, link), 0);
    s.db = store_open(link);
    store_erase(s.db, &store_coordinator, rpps_of(2));
    note(s.db);
    assert_false(is_there(s.image));
}

/* The writer was killed after the rename, the sheet erased before. */
static void test_erased_then_first(void **state)
{
    stage_t s = stage(5);
    size_t size;
    char *old;

    (void)state;
    assert_int_equal(first(&s), 5);
    old = read_image(&s, &size);
    store_erase(s.db, &store_coordinator, rpps_of(2));
    note(s.db);
    write_image(&s, old, size);
    s.moment.share_from = 100;
    assert_int_equal(first(&s), 4);
    assert_false(is_there(s.image));
}

/* --- where it cannot be written */

static void set_mode(stage_t *s, mode_t mode, mode_t expected)
{
    struct stat st;

    cpts_image_remove(s->image);
    assert_int_equal(chmod(s->file, mode), 0);
    assert_int_equal(first(s), 3);
    assert_int_equal(stat(s->image, &st), 0);
    assert_int_equal(st.st_mode & 07777, expected);
}

/* Who may not read the database may not read the image. */
static void test_modes(void **state)
{
    stage_t s = stage(3);

    (void)state;
    set_mode(&s, 0600, 0600);
    set_mode(&s, 0640, 0640);
    set_mode(&s, 0664, 0640);
}

/* Nobody waits for a pipe under one of the names. */
static void test_pipes(void **state)
{
    stage_t s = stage(3);
    cpts_image_origin_t origin;

    (void)state;
    (void)alarm(20);
    assert_int_equal(mkfifo(s.image, 0600), 0);
    assert_int_equal(mkfifo(new_file(&s), 0600), 0);
    assert_int_equal(cpts_image_look(&origin, s.image), -1);
    assert_null(cpts_image_map(s.image));
    assert_int_equal(cpts_image_lock(s.image, 0, unit_pool), -1);
    assert_int_equal(errno, EINVAL);
    cpts_image_sweep(s.db);
    assert_int_equal(first(&s), 3);
    assert_int_equal(s.moment.unshared, EINVAL);
    assert_true(is_there(new_file(&s)));
    assert_int_equal(unlink(new_file(&s)), 0);
    assert_int_equal(first(&s), 3);
    assert_int_equal(made_of(&s), 3);
    (void)alarm(0);
}

static void test_no_room(void **state)
{
    stage_t s = stage(200);

    (void)state;
    cpts_db_close(s.db);
    assert_int_equal(in_child(load_with_little_room, s.file), 10 + EFBIG);
    assert_false(is_there(s.image));
    assert_false(is_there(new_file(&s)));
}

static void test_no_right(void **state)
{
    stage_t s = stage(3);

    (void)state;
    /* a folder in the place of what would be written */
    assert_int_equal(mkdir(new_file(&s), 0700), 0);
    assert_int_equal(in_child(load_alone, s.file), 10 + EISDIR);
    assert_int_equal(rmdir(new_file(&s)), 0);
    assert_int_equal(in_child(load_alone, s.file), 10);
    assert_true(is_there(s.image));
}

/* --- several at once */

static void test_one_writes(void **state)
{
    stage_t s = stage(3);
    int lock = cpts_image_lock(s.image, 0, unit_pool);
    pid_t pid;
    int status;

    (void)state;
    assert_true(lock >= 0);
    assert_int_equal(cpts_image_lock(s.image, 20, unit_pool), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    /* what is being written is left alone */
    cpts_image_sweep(s.db);
    assert_true(is_there(new_file(&s)));
    pid = fork();
    if (pid == 0) {
        (void)close(lock);
        _exit(load_alone(s.file));
    }
    usleep(100000);
    assert_false(is_there(s.image));
    cpts_image_unlock(lock, s.image, unit_pool);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 10);
    assert_true(is_there(s.image));
    assert_false(is_there(new_file(&s)));
}

/* Nobody waits for long for one that does not come to write. */
static void test_one_keeps(void **state)
{
    stage_t s = stage(3);
    int lock = cpts_image_lock(s.image, 0, unit_pool);
    apr_time_t begun = apr_time_now();

    (void)state;
    assert_true(lock >= 0);
    assert_int_equal(first(&s), 3);
    assert_in_range(apr_time_now() - begun, apr_time_from_msec(900),
                    apr_time_from_sec(3));
    assert_false(is_there(s.image));
    cpts_image_unlock(lock, s.image, unit_pool);
    assert_int_equal(first(&s), 3);
    assert_true(is_there(s.image));
}

/* At any moment: the next one finds nothing half done. */
static void test_killed(void **state)
{
    stage_t s = stage(400);
    int whole = 0;

    (void)state;
    cpts_db_close(s.db);
    for (int i = 0; i < 60; i++) {
        pid_t pid;

        cpts_image_remove(s.image);
        pid = fork();
        if (pid == 0) {
            _exit(load_alone(s.file));
        }
        usleep((useconds_t)unit_below(15000));
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        whole += is_there(s.image);
        s.db = store_open(s.file);
        assert_int_equal(first(&s), 400);
        assert_true(is_there(s.image));
        assert_false(is_there(new_file(&s)));
        cpts_db_close(s.db);
    }
    print_message("# %d of 60 were killed before the end\n", 60 - whole);
}

/* Readers and one who erases: what is erased is in no file in the end. */
static int read_on(const char *file)
{
    stage_t s = { .file = file, .territory = territory() };
    cpts_snapshot_t *snapshot = NULL;

    s.moment = (cpts_moment_t){ .now = NOW,
                                .today = unit_day(DAY),
                                .share_from = 1 };
    s.db = store_open(file);
    for (int i = 0; i < 60; i++) {
        snapshot = load(&s, snapshot);
        (void)candidates(&s, snapshot);
        if (unit_once_in(8)) {
            cpts_snapshot_release(snapshot);
            snapshot = NULL;
        }
    }
    return 0;
}

static void test_at_once(void **state)
{
    enum { READERS = 3 };
    stage_t s = stage(300);
    pid_t pid[READERS];
    int status;

    (void)state;
    for (int i = 0; i < READERS; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            _exit(read_on(s.file));
        }
    }
    for (int i = 0; i < 30; i++) {
        store_erase(s.db, &store_coordinator, rpps_of(i));
        note(s.db);
        usleep(5000);
    }
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(first(&s), 270);
    for (int i = 0; i < 30; i++) {
        assert_false(holds(&s, i));
    }
    assert_true(holds(&s, 30));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_taken),
        STORE_TEST(test_later),
        STORE_TEST(test_later_the_same),
        STORE_TEST(test_later_refused),
        STORE_TEST(test_few),
        STORE_TEST(test_same),
        STORE_TEST(test_damaged),
        STORE_TEST(test_forged),
        STORE_TEST(test_other_configuration),
        STORE_TEST(test_other_state),
        STORE_TEST(test_other_key),
        STORE_TEST(test_other_time),
        STORE_TEST(test_undecodable),
        STORE_TEST(test_places),
        STORE_TEST(test_many_changed),
        STORE_TEST(test_turns),
        STORE_TEST(test_erased),
        STORE_TEST(test_erased_for_two),
        STORE_TEST(test_no_room),
        STORE_TEST(test_no_right),
        STORE_TEST(test_one_writes),
        STORE_TEST(test_one_keeps),
        STORE_TEST(test_killed),
        STORE_TEST(test_at_once),
        STORE_TEST(test_refused_goes),
        STORE_TEST(test_erased_by_link),
        STORE_TEST(test_modes),
        STORE_TEST(test_erased_then_first),
        STORE_TEST(test_pipes),
        STORE_TEST(test_refused_goes_without_room),
    };

    return UNIT_RUN(tests);
}
