/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of records and snapshots: versions, memory, readers in threads. */

/*
 * The program is linked with --wrap for malloc, calloc and free, so that the
 * blocks of the library are counted exactly and any allocation can be made
 * to fail; APR's pools are not concerned.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/match.h"
#include "core/snapshot_parts.h"
#include "core_support.h"

#define DOCTORS  40
#define COMMUNES 6
#define STEPS    1000
#define VERSIONS 1000
#define READERS  3

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *block);

static atomic_long live; /* blocks */
static atomic_long fail_after = LONG_MAX;

static int fails(void)
{
    return atomic_load(&fail_after) != LONG_MAX
           && atomic_fetch_sub(&fail_after, 1) <= 0;
}

void *__wrap_malloc(size_t size)
{
    void *block = fails() ? NULL : __real_malloc(size);

    if (block) {
        atomic_fetch_add(&live, 1);
    }
    return block;
}

void *__wrap_calloc(size_t count, size_t size)
{
    void *block = fails() ? NULL : __real_calloc(count, size);

    if (block) {
        atomic_fetch_add(&live, 1);
    }
    return block;
}

void __wrap_free(void *block)
{
    if (block) {
        atomic_fetch_sub(&live, 1);
    }
    __real_free(block);
}

/* What is there: sheets by id - 1, NULL for none */

typedef struct {
    const cpts_territory_t *territory;
    json_t *sheets[DOCTORS];
} model_t;

static const cpts_territory_t *make_territory(void)
{
    return unit_territory(unit_keep(json_loads(
        "{\"communes\":["
        "{\"insee\":\"31000\"},{\"insee\":\"31001\",\"north\":2000},"
        "{\"insee\":\"31002\",\"north\":4500,\"east\":1000},"
        "{\"insee\":\"31003\",\"north\":9000},"
        "{\"insee\":\"31004\",\"east\":16000},"
        "{\"insee\":\"31005\",\"east\":3000,\"neighbour\":true}],"
        "\"perimeters\":{\"some\":[\"31001\",\"31003\"]},"
        "\"phone\":\"05 61 00 00 00\"}",
        0, NULL)));
}

static const char *insee(int commune)
{
    return apr_psprintf(unit_pool, "3100%d", commune);
}

static json_t *make_sheet(int id, int commune)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:[s, s], s:{s:[s], s:[s]},"
                     " s:[{s:s, s:s, s:s, s:s, s:b, s:n}],"
                     " s:{s:s, s:{s:i, s:s, s:i}}, s:s}",
                     "rpps", apr_psprintf(unit_pool, "999000%05d", id), "name",
                     "Dr X", "sex", id % 2 ? "F" : "M", "contact",
                     "coordination", "languages", "fr", "ar", "home_visits",
                     "communes", insee(id % COMMUNES), "perimeters", "some",
                     "sites", "name", "Cabinet", "address", "1 rue", "commune",
                     insee(commune), "structure", "practice", "accessible",
                     id % 3 == 0, "point", "availability", "state", "open",
                     "capacity", "places", 1 + id % 4, "period", "week",
                     "reserved", id % 2, "confirmed_on", "2026-06-01");
}

/* Neighbours are one commune in six, but matter. */
static json_t *random_commune(void)
{
    return unit_keep(json_string(
        insee(unit_once_in(3) ? COMMUNES - 1 : unit_below(COMMUNES))));
}

/* Visit one commune more, or one less. */
static void toggle_visit(json_t *communes)
{
    json_t *one = random_commune();
    size_t i = 0;

    while (i < json_array_size(communes)
           && !json_equal(json_array_get(communes, i), one)) {
        i++;
    }
    if (i < json_array_size(communes)) {
        json_array_remove(communes, i);
    }
    else {
        json_array_append(communes, one);
    }
}

/* Two points only: the commune may change where the point does not. */
static json_t *random_point(void)
{
    if (unit_once_in(3)) {
        return unit_keep(json_null());
    }
    return unit_keep(json_pack("{s:f, s:f}", "lat",
                               unit_once_in(2) ? 43.51 : 43.52, "lon", 1.5));
}

static void change_place(json_t *sheet)
{
    switch (unit_below(3)) {
    case 0:
        unit_set(sheet, "/sites/0/commune",
                 unit_keep(json_string(unit_once_in(5)
                                           ? "99999"
                                           : insee(unit_below(COMMUNES)))));
        break;
    case 1:
        unit_set(sheet, "/sites/0/point", random_point());
        break;
    default:
        unit_set(sheet, "/sites/0/accessible",
                 unit_keep(json_boolean(unit_once_in(2))));
    }
}

static void change_visits(json_t *sheet)
{
    json_t *visits = json_object_get(sheet, "home_visits");

    if (!json_is_object(visits)) {
        unit_set(sheet, "/home_visits",
                 unit_keep(json_pack("{s:[]}", "communes")));
    }
    else if (unit_once_in(4)) {
        unit_set(sheet, "/home_visits",
                 unit_once_in(2)
                     ? unit_keep(json_null())
                     : unit_keep(json_pack("{s:[], s:i}", "communes",
                                           "radius_km", unit_below(9) + 1)));
    }
    else {
        toggle_visit(json_object_get(visits, "communes"));
    }
}

static void change_state(json_t *sheet)
{
    static const char *const states[] = { "open", "closed", "left" };

    switch (unit_below(3)) {
    case 0:
        unit_set(sheet, "/availability/state",
                 unit_keep(json_string(
                     states[unit_once_in(3) ? unit_below(3) : 0])));
        break;
    case 1:
        unit_set(sheet, "/availability/capacity/places",
                 unit_keep(json_integer(2 + unit_below(9))));
        break;
    default:
        unit_set(sheet, "/sites/0/address",
                 unit_keep(json_string(unit_once_in(2) ? "2 rue" : "3 rue")));
    }
}

/* Some change to a sheet: half of them leave it where it is. */
static void change_sheet(json_t *sheet)
{
    if (unit_once_in(2)) {
        change_state(sheet);
    }
    else if (unit_once_in(2)) {
        change_place(sheet);
    }
    else {
        change_visits(sheet);
    }
}

static void put(cpts_changes_t *changes, const model_t *model, int id)
{
    json_t *copy = unit_keep(json_deep_copy(model->sheets[id - 1]));

    assert_int_equal(
        cpts_changes_put(changes, id, unit_sheet(copy, model->territory)),
        APR_SUCCESS);
}

/* One change at random, told to both. */
static void change_at_random(cpts_changes_t *changes, model_t *model)
{
    int id = 1 + unit_below(DOCTORS);
    json_t **sheet = &model->sheets[id - 1];

    if (unit_once_in(20)) {
        assert_int_equal(cpts_changes_remove(changes, 1000 + id), APR_SUCCESS);
        return;
    }
    if (*sheet && unit_once_in(6)) {
        *sheet = NULL;
        assert_int_equal(cpts_changes_remove(changes, id), APR_SUCCESS);
        return;
    }
    if (!*sheet) {
        *sheet = unit_keep(make_sheet(id, unit_below(COMMUNES)));
    }
    else {
        change_sheet(*sheet);
    }
    put(changes, model, id);
}

static cpts_snapshot_t *commit(cpts_changes_t *changes, int64_t generation)
{
    cpts_snapshot_t *snapshot = NULL;

    assert_int_equal(
        cpts_changes_commit(&snapshot, changes, generation, unit_key),
        APR_SUCCESS);
    assert_int_equal(cpts_snapshot_generation(snapshot), generation);
    return snapshot;
}

/* The same sheets at once, in another order. */
static cpts_snapshot_t *build_fresh(const model_t *model)
{
    cpts_changes_t *changes
        = cpts_changes_create(NULL, model->territory, unit_pool);
    int first = unit_below(DOCTORS);
    int step = unit_once_in(2) ? 1 : 3; /* no divisor of DOCTORS */
    int i;

    for (i = 0; i < DOCTORS; i++) {
        int id = 1 + (first + i * step) % DOCTORS;

        if (model->sheets[id - 1]) {
            put(changes, model, id);
        }
    }
    return commit(changes, 1);
}

static const char *const needs[] = {
    "{\"commune\":\"31000\",\"age\":40}",
    "{\"commune\":\"31001\",\"age\":80,\"home_visit\":true}",
    "{\"commune\":\"31005\",\"age\":80,\"home_visit\":true}",
    "{\"commune\":\"31003\",\"age\":40,\"accessible\":true,\"sex\":\"F\"}",
    "{\"commune\":\"31004\",\"age\":40,\"household\":2}",
    "{\"point\":{\"lat\":43.5,\"lon\":1.5},\"age\":9,\"languages\":[\"ar\"]}",
};
#define NEEDS (sizeof(needs) / sizeof(needs[0]))

static const char *run(const cpts_snapshot_t *snapshot,
                       const cpts_territory_t *territory, size_t need,
                       apr_pool_t *pool)
{
    json_t *json = json_loads(needs[need], 0, NULL);
    cpts_faults_t *faults = cpts_faults_create(pool);
    cpts_need_t *decoded = cpts_need_decode(json, territory, faults, pool);
    cpts_match_t *match = NULL;

    json_decref(json);
    if (!decoded
        || cpts_match_run(&match, snapshot, territory, decoded,
                          20619 /* 2026-06-15 */, pool)
               != APR_SUCCESS) {
        return NULL;
    }
    return apr_pstrmemdup(pool, match->body, match->length);
}

/* Answers are compared with those of others: nobody was proposed yet. */
static void forget_turns(const cpts_snapshot_t *snapshot)
{
    uint32_t i;

    for (i = 0; i < snapshot->count; i++) {
        cpts_turns_set(snapshot->turns, i, 0);
    }
}

static const char *run_anew(const cpts_snapshot_t *snapshot,
                            const cpts_territory_t *territory, size_t need)
{
    forget_turns(snapshot);
    return run(snapshot, territory, need, unit_pool);
}

static void assert_same(const cpts_snapshot_t *a, const cpts_snapshot_t *b,
                        const cpts_territory_t *territory)
{
    size_t i;

    assert_int_equal(cpts_snapshot_count(a), cpts_snapshot_count(b));
    assert_int_equal(cpts_snapshot_unlocated(a), cpts_snapshot_unlocated(b));
    for (i = 0; i < NEEDS; i++) {
        assert_string_equal(run_anew(a, territory, i),
                            run_anew(b, territory, i));
    }
}

/* Any sequence of versions ends where a fresh load does. */
static void test_versions_equal_fresh(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_snapshot_t *now = NULL;
    int step;

    (void)state;
    for (step = 1; step <= STEPS; step++) {
        cpts_changes_t *changes
            = cpts_changes_create(now, model.territory, unit_pool);
        cpts_snapshot_t *fresh;
        cpts_snapshot_t *next;
        /* One alone tells best whether it could be done in place. */
        int count = unit_once_in(4) ? unit_below(4) : 0;

        for (; count >= 0; count--) {
            change_at_random(changes, &model);
        }
        next = commit(changes, step);
        cpts_snapshot_release(now);
        now = next;
        fresh = build_fresh(&model);
        assert_same(now, fresh, model.territory);
        cpts_snapshot_release(fresh);
    }
    cpts_snapshot_release(now);
}

/* An old version answers as it always did, for as long as it is held; whose
 * turn it is apart. */
static void test_old_versions(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_snapshot_t *held[50];
    const char *bodies[50][NEEDS];
    size_t n;
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        cpts_changes_t *changes = cpts_changes_create(
            i ? held[i - 1] : NULL, model.territory, unit_pool);

        change_at_random(changes, &model);
        held[i] = commit(changes, i);
        for (n = 0; n < NEEDS; n++) {
            bodies[i][n] = run_anew(held[i], model.territory, n);
        }
    }
    /* Given back in no order, each read to its end. */
    for (i = 0; i < 50; i++) {
        int which = i * 7 % 50;

        for (n = 0; n < NEEDS; n++) {
            assert_string_equal(run_anew(held[which], model.territory, n),
                                bodies[which][n]);
        }
        cpts_snapshot_release(held[which]);
    }
}

/* A change in place shares all records but its own: it takes a few blocks,
 * however many sheets there are. */
static void test_sharing(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_changes_t *changes
        = cpts_changes_create(NULL, model.territory, unit_pool);
    cpts_snapshot_t *first, *second;
    long before;
    int id;

    (void)state;
    for (id = 1; id <= DOCTORS; id++) {
        model.sheets[id - 1] = unit_keep(make_sheet(id, id % COMMUNES));
        put(changes, &model, id);
    }
    first = commit(changes, 1);
    before = atomic_load(&live);
    changes = cpts_changes_create(first, model.territory, unit_pool);
    unit_set(model.sheets[4], "/availability/state",
             unit_keep(json_string("closed")));
    put(changes, &model, 5);
    second = commit(changes, 2);
    /* One record, one chunk, one block, one snapshot. */
    assert_int_equal(atomic_load(&live) - before, 4);
    cpts_snapshot_retain(first);
    cpts_snapshot_release(first);
    cpts_snapshot_release(first);
    assert_non_null(run(second, model.territory, 0, unit_pool));
    cpts_snapshot_release(second);
}

/* Values of a record */

static cpts_record_t *write_record(const cpts_territory_t *territory)
{
    return cpts_record_write(
        1, unit_sheet(unit_keep(make_sheet(1, 0)), territory), territory,
        unit_pool);
}

static int is_sound(const cpts_record_t *record)
{
    return cpts_record_is_sound(record, record->size, COMMUNES);
}

/* Each length made longer: the last value would end beyond the others, and a
 * greater one beyond the record. */
static void assert_lengths_matter(const cpts_record_t *record,
                                  const cpts_values_t *values, int count)
{
    char *at = (char *)record + values->at;

    for (; count > 0; count--) {
        const uint16_t more[] = { 1, 100, UINT16_MAX };
        uint16_t length, i;

        memcpy(&length, at, sizeof(length));
        for (i = 0; i < 3; i++) {
            uint16_t wrong = (uint16_t)(length | more[i]);

            wrong = (uint16_t)(wrong + (wrong == length));
            memcpy(at, &wrong, sizeof(wrong));
            assert_false(is_sound(record));
        }
        memcpy(at, &length, sizeof(length));
        assert_true(is_sound(record));
        at += sizeof(length) + length;
    }
}

static void test_values_sound(void **state)
{
    cpts_record_t *record = write_record(make_territory());
    const cpts_values_t *sites = &cpts_record_sites(record)->values;
    const cpts_values_t values = record->values;
    cpts_record_site_t *site;

    (void)state;
    assert_true(is_sound(record));
    assert_lengths_matter(record, &record->values, CPTS_DOCTOR_VALUES);
    assert_lengths_matter(record, sites, CPTS_SITE_VALUES);
    record->values.length = UINT32_MAX - CPTS_VALUE_SHORT + 1;
    assert_false(is_sound(record));
    record->values.length = values.length - 1;
    assert_false(is_sound(record));
    record->values = values;
    record->contact = CPTS_CONTACT_COORDINATION + 1;
    assert_false(is_sound(record));
    record->contact = 0;
    record->sector = CPTS_SECTORS + 1;
    assert_false(is_sound(record));
    record->sector = 0;
    assert_true(is_sound(record));
    site = (cpts_record_site_t *)(uintptr_t)cpts_record_sites(record);
    site->structure = CPTS_STRUCTURES;
    assert_false(is_sound(record));
    site->structure = 0;
    site->accessible = 2;
    assert_false(is_sound(record));
}

/* A short one is copied with what stands behind it. */
static void test_values_at_the_end(void **state)
{
    const cpts_record_t *record = write_record(make_territory());
    uint32_t length = record->values.length;
    cpts_record_t *longer
        = apr_pcalloc(unit_pool, record->size + length + CPTS_VALUE_SHORT);

    (void)state;
    memcpy(longer, record, record->size);
    memcpy((char *)longer + record->size,
           cpts_record_at(record, record->values.at), length);
    longer->values.at = record->size;
    longer->size += length + CPTS_VALUE_SHORT;
    assert_true(is_sound(longer));
    longer->size--;
    assert_false(is_sound(longer));
}

/* A commune with a name of this length is proposed: 1 when it is told. */
static int is_name_told(size_t length)
{
    json_t *communes
        = json_loads("{\"communes\":[{\"insee\":\"31000\"}]}", 0, NULL);
    char *name = apr_pcalloc(unit_pool, length + 1);
    model_t model = { NULL, { NULL } };
    cpts_snapshot_t *snapshot;
    const char *body;

    memset(name, 'x', length);
    unit_set(communes, "/communes/0/name", unit_keep(json_string(name)));
    model.territory = unit_territory(unit_keep(communes));
    model.sheets[0] = unit_keep(make_sheet(1, 0));
    snapshot = build_fresh(&model);
    body = run(snapshot, model.territory, 0, unit_pool);
    cpts_snapshot_release(snapshot);
    assert_non_null(body);
    if (strstr(body, "\"commune_name\":null,\"structure\":\"practice\"")) {
        return 0;
    }
    assert_non_null(
        strstr(body, apr_pstrcat(unit_pool, "\"commune_name\":\"", name,
                                 "\",\"structure\":\"practice\"", NULL)));
    return 1;
}

/* Names of communes come from a file that has no bound. */
static void test_values_of_any_length(void **state)
{
    const size_t longest = UINT16_MAX - 2; /* without its quotes */
    size_t length;

    (void)state;
    for (length = 1; length < 2 * CPTS_VALUE_SHORT; length++) {
        assert_true(is_name_told(length));
    }
    assert_true(is_name_told(longest));
    assert_false(is_name_told(longest + 1));
    assert_false(is_name_told(2 * longest));
}

/* A proposal says of a sheet what the sheet says. */
static void assert_told(const char *pointer, const char *member, json_t *value)
{
    model_t model = { make_territory(), { NULL } };
    cpts_snapshot_t *snapshot;
    const char *body;
    char *json = json_dumps(value, JSON_ENCODE_ANY);

    model.sheets[0] = unit_keep(make_sheet(1, 0));
    unit_set(model.sheets[0], pointer, unit_keep(value));
    snapshot = build_fresh(&model);
    body = run(snapshot, model.territory, 0, unit_pool);
    cpts_snapshot_release(snapshot);
    assert_non_null(body);
    assert_non_null(json);
    assert_non_null(
        strstr(body, apr_psprintf(unit_pool, ",\"%s\":%s,", member, json)));
    free(json);
}

static void test_words(void **state)
{
    int i;

    (void)state;
    for (i = 0; cpts_sex_words[i]; i++) {
        assert_told("/sex", "sex", json_string(cpts_sex_words[i]));
    }
    for (i = 0; i < CPTS_STRUCTURES; i++) {
        assert_told("/sites/0/structure", "structure",
                    json_string(cpts_structure_words[i]));
    }
    for (i = 0; i < CPTS_SECTORS; i++) {
        assert_told("/sector", "sector", json_string(cpts_sector_words[i]));
    }
    assert_told("/sector", "sector", json_null());
    for (i = 0; i <= 1; i++) {
        assert_told("/sites/0/accessible", "accessible", json_boolean(i));
        assert_told("/teleconsultation", "teleconsultation", json_boolean(i));
    }
}

/* The turn of the sheet of this id. */
static uint64_t turn_of(const cpts_snapshot_t *snapshot, int64_t id)
{
    return cpts_turns_get(
        snapshot->turns, (uint32_t)cpts_geometry_find(snapshot->geometry, id));
}

static void set_turn(const cpts_snapshot_t *snapshot, int64_t id,
                     uint64_t turn)
{
    cpts_turns_set(snapshot->turns,
                   (uint32_t)cpts_geometry_find(snapshot->geometry, id), turn);
}

static int is_there(const cpts_snapshot_t *snapshot, int id)
{
    return cpts_geometry_find(snapshot->geometry, id) >= 0;
}

/* What changed, moved or stood still keeps its turn; what is new has none. */
static void test_turns(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_snapshot_t *now = build_fresh(&model);
    uint64_t number = 0;
    int step, id;

    (void)state;
    for (step = 1; step <= STEPS / 4; step++) {
        cpts_changes_t *changes
            = cpts_changes_create(now, model.territory, unit_pool);
        cpts_snapshot_t *next;

        change_at_random(changes, &model);
        next = commit(changes, step);
        for (id = 1; id <= DOCTORS; id++) {
            if (is_there(next, id)) {
                assert_int_equal(turn_of(next, id),
                                 is_there(now, id) ? turn_of(now, id) : 0);
                set_turn(next, id, cpts_turns_next(next->turns));
                assert_int_equal(turn_of(next, id), ++number);
            }
        }
        cpts_snapshot_release(now);
        now = next;
    }
    assert_true(number > 1000);
    cpts_snapshot_release(now);
}

/* Stamps of one version are seen in the next, unless doctors have other
 * numbers there. */
static void test_turns_shared(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_snapshot_t *first, *second, *third, *last;
    cpts_changes_t *changes;

    (void)state;
    model.sheets[0] = unit_keep(make_sheet(1, 0));
    model.sheets[1] = unit_keep(make_sheet(2, 1));
    first = build_fresh(&model);
    changes = cpts_changes_create(first, model.territory, unit_pool);
    put(changes, &model, 1);
    second = commit(changes, 2);
    set_turn(first, 1, 7);
    assert_int_equal(turn_of(second, 1), 7);
    changes = cpts_changes_create(second, model.territory, unit_pool);
    model.sheets[1] = unit_keep(make_sheet(2, 2));
    put(changes, &model, 2);
    third = commit(changes, 3); /* moved, with the same number */
    assert_true(third->geometry != second->geometry);
    set_turn(first, 1, 8);
    assert_int_equal(turn_of(third, 1), 8);
    changes = cpts_changes_create(third, model.territory, unit_pool);
    model.sheets[2] = unit_keep(make_sheet(3, 2));
    put(changes, &model, 3);
    last = commit(changes, 4);
    set_turn(first, 1, 9);
    assert_int_equal(turn_of(last, 1), 8);
    /* no number is given twice */
    assert_int_equal(cpts_turns_next(last->turns), 9);
    cpts_snapshot_release(second);
    cpts_snapshot_release(first);
    cpts_snapshot_release(third);
    cpts_snapshot_release(last);
}

/* Run one of these tests and count blocks: all come back. */
static void assert_returns_memory(void (*test)(void **))
{
    long before = atomic_load(&live);
    long after;
    apr_pool_t *outer = unit_pool;

    assert_int_equal(apr_pool_create(&unit_pool, NULL), APR_SUCCESS);
    test(NULL);
    apr_pool_destroy(unit_pool);
    unit_pool = outer;
    after = atomic_load(&live);
    assert_int_equal(after, before);
}

/* Changes that are never committed are given back with their pool. */
static void abandon_changes(void **state)
{
    model_t model = { make_territory(), { NULL } };
    cpts_changes_t *changes
        = cpts_changes_create(NULL, model.territory, unit_pool);
    int i;

    (void)state;
    for (i = 0; i < 100; i++) {
        change_at_random(changes, &model);
    }
}

static void test_memory_comes_back(void **state)
{
    (void)state;
    assert_returns_memory(test_sharing);
    assert_returns_memory(test_old_versions);
    assert_returns_memory(test_turns_shared);
    assert_returns_memory(abandon_changes);
}

/* Short memory: the k-th allocation fails, jansson's too */

typedef struct {
    const cpts_territory_t *territory;
    const cpts_sheet_t *sheets[3]; /* the third moves the second */
    cpts_snapshot_t *before;
    apr_pool_t *pool;
} torture_t;

static const char *attempt(const torture_t *t)
{
    cpts_changes_t *changes
        = cpts_changes_create(t->before, t->territory, t->pool);
    cpts_snapshot_t *next = NULL;
    const char *body;

    if (cpts_changes_put(changes, 1, t->sheets[0]) != APR_SUCCESS
        || cpts_changes_put(changes, 2, t->sheets[2]) != APR_SUCCESS
        || cpts_changes_commit(&next, changes, 2, unit_key) != APR_SUCCESS) {
        return NULL;
    }
    body = run(next, t->territory, 0, t->pool);
    cpts_snapshot_release(next);
    return body;
}

static size_t common_length(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] && a[i] == b[i]) {
        i++;
    }
    return i;
}

static void test_short_memory(void **state)
{
    model_t model = { make_territory(), { NULL } };
    torture_t t = { model.territory, { NULL }, NULL, NULL };
    const char *due;
    int refused = 0;
    long k;
    int i;

    (void)state;
    for (i = 0; i < 3; i++) {
        t.sheets[i] = unit_sheet(unit_keep(make_sheet(i < 2 ? i + 1 : 2, i)),
                                 t.territory);
        model.sheets[i] = i < 2 ? unit_keep(make_sheet(i + 1, i)) : NULL;
    }
    t.before = build_fresh(&model);
    t.pool = unit_pool;
    due = attempt(&t);
    assert_non_null(due);
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    for (k = 0; k < 100000; k++) {
        long before = atomic_load(&live);
        const char *body;

        apr_pool_create(&t.pool, unit_pool);
        atomic_store(&fail_after, k);
        body = attempt(&t);
        i = atomic_load(&fail_after) > 0; /* nothing had to fail */
        atomic_store(&fail_after, LONG_MAX);
        /* Whole or not at all, and nothing lost on the way. */
        if (body && strcmp(body, due)) {
            fail_msg("allocation %ld fails: ...%.300s", k,
                     body + common_length(body, due));
        }
        apr_pool_destroy(t.pool);
        if (atomic_load(&live) != before) {
            fail_msg("allocation %ld fails: %ld blocks lost", k,
                     atomic_load(&live) - before);
        }
        if (i) {
            break;
        }
        refused += !body;
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(refused > 10);
    /* What was there is as it was. */
    assert_non_null(run(t.before, t.territory, 0, unit_pool));
    cpts_snapshot_release(t.before);
}

/* Readers while a writer commits */

typedef struct {
    const cpts_territory_t *territory;
    pthread_mutex_t lock;
    cpts_snapshot_t *current;
    const char *counts[3][NEEDS]; /* by generation modulo 3 */
    atomic_int stop, wrong;
    atomic_long reads;
} stage_t;

static cpts_snapshot_t *acquire(stage_t *stage)
{
    cpts_snapshot_t *snapshot;

    pthread_mutex_lock(&stage->lock);
    snapshot = stage->current;
    cpts_snapshot_retain(snapshot);
    pthread_mutex_unlock(&stage->lock);
    return snapshot;
}

/* What is told besides the proposals: the readers take turns. */
static const char *counts_of(const char *body)
{
    return body ? strstr(body, "\"candidates\"") : NULL;
}

static void *read_on(void *baton)
{
    stage_t *stage = baton;
    size_t need = 0;

    while (!atomic_load(&stage->stop)) {
        cpts_snapshot_t *snapshot = acquire(stage);
        int64_t generation = cpts_snapshot_generation(snapshot);
        apr_pool_t *pool;
        const char *counts;

        apr_pool_create(&pool, NULL);
        counts = counts_of(run(snapshot, stage->territory, need, pool));
        if (!counts || strcmp(counts, stage->counts[generation % 3][need])) {
            atomic_fetch_add(&stage->wrong, 1);
        }
        apr_pool_destroy(pool);
        cpts_snapshot_release(snapshot);
        atomic_fetch_add(&stage->reads, 1);
        need = (need + 1) % NEEDS;
    }
    return NULL;
}

/* The sheets of a generation: as made, then some closed (in place), then
 * some elsewhere (rebuilt). */
static const cpts_sheet_t *sheet_of(const model_t *model, int id, int phase)
{
    json_t *json = unit_keep(json_deep_copy(model->sheets[id - 1]));

    if (phase == 1 && id % 3 == 0) {
        unit_set(json, "/availability/state",
                 unit_keep(json_string("closed")));
    }
    if (phase == 2 && id % 2 == 0) {
        unit_set(json, "/sites/0/commune",
                 unit_keep(json_string(insee(id / 2 % COMMUNES))));
    }
    return unit_sheet(json, model->territory);
}

static void publish(stage_t *stage, cpts_snapshot_t *next)
{
    cpts_snapshot_t *old;

    pthread_mutex_lock(&stage->lock);
    old = stage->current;
    stage->current = next;
    pthread_mutex_unlock(&stage->lock);
    cpts_snapshot_release(old);
}

static cpts_snapshot_t *next_version(const stage_t *stage,
                                     const cpts_sheet_t *sheets[3][DOCTORS],
                                     int64_t generation)
{
    apr_pool_t *pool;
    cpts_changes_t *changes;
    cpts_snapshot_t *next;
    int id;

    apr_pool_create(&pool, unit_pool);
    changes = cpts_changes_create(stage->current, stage->territory, pool);
    for (id = 1; id <= DOCTORS; id++) {
        assert_int_equal(
            cpts_changes_put(changes, id, sheets[generation % 3][id - 1]),
            APR_SUCCESS);
    }
    next = commit(changes, generation);
    apr_pool_destroy(pool);
    return next;
}

static void prepare(stage_t *stage, model_t *model,
                    const cpts_sheet_t *sheets[3][DOCTORS])
{
    int phase, id;
    size_t n;

    for (id = 1; id <= DOCTORS; id++) {
        model->sheets[id - 1] = unit_keep(make_sheet(id, id % COMMUNES));
        for (phase = 0; phase < 3; phase++) {
            sheets[phase][id - 1] = sheet_of(model, id, phase);
        }
    }
    for (phase = 0; phase < 3; phase++) {
        publish(stage, next_version(stage, sheets, phase));
        for (n = 0; n < NEEDS; n++) {
            stage->counts[phase][n] = counts_of(
                run(stage->current, stage->territory, n, unit_pool));
            assert_non_null(stage->counts[phase][n]);
        }
    }
}

static void read_and_write(void **state)
{
    static const cpts_sheet_t *sheets[3][DOCTORS];
    model_t model = { make_territory(), { NULL } };
    stage_t stage
        = { .territory = model.territory, .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t readers[READERS];
    int64_t generation;
    int i;

    (void)state;
    prepare(&stage, &model, sheets);
    for (i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, &stage),
                         0);
    }
    for (generation = 3; generation < 3 + VERSIONS; generation++) {
        publish(&stage, next_version(&stage, sheets, generation));
    }
    atomic_store(&stage.stop, 1);
    for (i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
    }
    cpts_snapshot_release(stage.current);
    assert_int_equal(atomic_load(&stage.wrong), 0);
    assert_true(atomic_load(&stage.reads) > 0);
}

static void test_threads(void **state)
{
    (void)state;
    /* Hash seeds of jansson are made once, at the first object. */
    json_decref(json_object());
    assert_returns_memory(read_and_write);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_versions_equal_fresh),
        UNIT_TEST(test_old_versions),
        UNIT_TEST(test_sharing),
        UNIT_TEST(test_words),
        UNIT_TEST(test_values_sound),
        UNIT_TEST(test_values_at_the_end),
        UNIT_TEST(test_values_of_any_length),
        UNIT_TEST(test_turns),
        UNIT_TEST(test_turns_shared),
        UNIT_TEST(test_memory_comes_back),
        UNIT_TEST(test_short_memory),
        UNIT_TEST(test_threads),
    };

    return UNIT_RUN(tests);
}
