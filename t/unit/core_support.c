/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests of the core share: pools, files, cases, territories. */

#include "core_support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>

#define CENTRE_LAT 43.5
#define CENTRE_LON 1.5
/* Metres of one degree of a great circle on the sphere of the project. */
#define DEGREE (6371008.8 * 3.14159265358979323846 / 180.0)

apr_pool_t *unit_pool;
const unsigned char unit_key[16]
    = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static uint64_t random_state;

/* Running */

int unit_setup(void **state)
{
    (void)state;
    return apr_pool_create(&unit_pool, NULL) == APR_SUCCESS ? 0 : -1;
}

int unit_teardown(void **state)
{
    (void)state;
    apr_pool_destroy(unit_pool);
    unit_pool = NULL;
    return 0;
}

static void seed_random(void)
{
    const char *given = getenv("CPTS_SEED");
    uint64_t seed = (uint64_t)apr_time_now() ^ (uint64_t)getpid() << 32;

    if (given && *given) {
        seed = strtoull(given, NULL, 0);
    }
    random_state = seed;
    printf("# CPTS_SEED=%llu\n", (unsigned long long)seed);
}

int unit_run(const struct CMUnitTest *tests, size_t count)
{
    int failed;

    /* the days that tests know are days in France, wherever they run */
    if (setenv("TZ", "Europe/Paris", 1) != 0
        || apr_initialize() != APR_SUCCESS) {
        return 99;
    }
    tzset();
    seed_random();
    failed = _cmocka_run_group_tests("core", tests, count, NULL, NULL);
    apr_terminate();
    return failed;
}

/* splitmix64: every seed is as good as another. */
uint64_t unit_random(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

int unit_below(int n)
{
    return (int)(unit_random() % (uint64_t)n);
}

int unit_once_in(int n)
{
    return unit_below(n) == 0;
}

/* Files */

const char *unit_source(const char *path)
{
    const char *top = getenv("CPTS_SRCDIR");

    return apr_pstrcat(unit_pool, top ? top : ".", "/", path, NULL);
}

const char *unit_text(const char *path)
{
    const char *file = unit_source(path);
    apr_file_t *in;
    apr_finfo_t info;
    char *text;

    if (apr_file_open(&in, file, APR_READ, 0, unit_pool) != APR_SUCCESS
        || apr_file_info_get(&info, APR_FINFO_SIZE, in) != APR_SUCCESS) {
        fail_msg("cannot open %s (is CPTS_SRCDIR set?)", file);
    }
    text = apr_pcalloc(unit_pool, (apr_size_t)info.size + 1);
    if (apr_file_read_full(in, text, (apr_size_t)info.size, NULL)
        != APR_SUCCESS) {
        fail_msg("cannot read %s", file);
    }
    apr_file_close(in);
    return text;
}

static apr_status_t drop_json(void *json)
{
    json_decref(json);
    return APR_SUCCESS;
}

json_t *unit_keep(json_t *json)
{
    assert_non_null(json);
    apr_pool_cleanup_register(unit_pool, json, drop_json,
                              apr_pool_cleanup_null);
    return json;
}

json_t *unit_json(const char *path)
{
    json_error_t error;
    json_t *json = json_loads(unit_text(path), JSON_REJECT_DUPLICATES, &error);

    if (!json) {
        fail_msg("%s:%d: %s", path, error.line, error.text);
    }
    return unit_keep(json);
}

const char *unit_dump(const json_t *json)
{
    size_t length = json_dumpb(json, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = apr_pcalloc(unit_pool, length + 1);

    json_dumpb(json, text, length, JSON_COMPACT | JSON_ENCODE_ANY);
    return text;
}

const char *unit_file(const char *text, size_t length)
{
    const char *folder;
    char *path;
    apr_file_t *out;

    assert_int_equal(apr_temp_dir_get(&folder, unit_pool), APR_SUCCESS);
    path = apr_pstrcat(unit_pool, folder, "/cpts-unit-XXXXXX", NULL);
    assert_int_equal(
        apr_file_mktemp(&out, path,
                        APR_CREATE | APR_WRITE | APR_EXCL | APR_DELONCLOSE,
                        unit_pool),
        APR_SUCCESS);
    assert_int_equal(apr_file_write_full(out, text, length, NULL),
                     APR_SUCCESS);
    return path;
}

/* Cases */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static apr_array_header_t *list_files(const char *folder)
{
    apr_array_header_t *files
        = apr_array_make(unit_pool, 32, sizeof(const char *));
    DIR *dir = opendir(unit_source(folder));
    struct dirent *entry;

    if (!dir) {
        return files;
    }
    while ((entry = readdir(dir)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (entry->d_name[0] != '_' && entry->d_name[0] != '.' && length > 5
            && strcmp(entry->d_name + length - 5, ".json") == 0) {
            APR_ARRAY_PUSH(files, const char *)
                = apr_pstrdup(unit_pool, entry->d_name);
        }
    }
    closedir(dir);
    qsort(files->elts, (size_t)files->nelts, sizeof(const char *), by_name);
    return files;
}

static void add_test(apr_array_header_t *tests, const char *name,
                     CMUnitTestFunction function, json_t *json)
{
    struct CMUnitTest *test = apr_array_push(tests);
    unit_case_t *one = apr_palloc(tests->pool, sizeof(*one));

    one->name = name;
    one->json = json;
    test->name = name;
    test->test_func = function;
    test->setup_func = unit_setup;
    test->teardown_func = unit_teardown;
    test->initial_state = one;
}

/* 0, or -1 when the file is not right. */
static int add_cases(apr_array_header_t *tests, const char *folder,
                     const char *file, CMUnitTestFunction function)
{
    json_error_t error;
    const char *path
        = apr_pstrcat(tests->pool, unit_source(folder), "/", file, NULL);
    const char *stem
        = apr_pstrndup(tests->pool, file, strlen(file) - strlen(".json"));
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    size_t i;

    if (!json) {
        printf("# %s:%d: %s\n", path, error.line, error.text);
        return -1;
    }
    unit_keep(json);
    if (json_is_object(json)) {
        add_test(tests, stem, function, json);
    }
    for (i = 0; i < json_array_size(json); i++) {
        json_t *one = json_array_get(json, i);
        const char *name = json_string_value(json_object_get(one, "name"));

        add_test(tests,
                 apr_psprintf(tests->pool, "%s: %s", stem, name ? name : "?"),
                 function, one);
    }
    return 0;
}

int unit_run_cases(const char *folder, CMUnitTestFunction function,
                   const struct CMUnitTest *more, size_t more_count)
{
    apr_array_header_t *tests;
    apr_array_header_t *files;
    apr_pool_t *pool;
    int status = 0;
    int i;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&unit_pool, NULL) != APR_SUCCESS) {
        return 99;
    }
    pool = unit_pool;
    tests = apr_array_make(pool, 64, sizeof(struct CMUnitTest));
    files = list_files(folder);
    for (i = 0; i < files->nelts && !status; i++) {
        status = add_cases(tests, folder,
                           APR_ARRAY_IDX(files, i, const char *), function);
    }
    if (status || tests->nelts == 0) {
        printf("Bail out! no case in %s\n", unit_source(folder));
        return 99;
    }
    for (i = 0; i < (int)more_count; i++) {
        APR_ARRAY_PUSH(tests, struct CMUnitTest) = more[i];
    }
    status = unit_run((const struct CMUnitTest *)tests->elts,
                      (size_t)tests->nelts);
    /* The cases live in it until here. */
    apr_pool_destroy(pool);
    apr_terminate();
    return status;
}

/* Patches */

/* The parent of what a pointer names; *last is its last segment. */
static json_t *parent_of(json_t *json, const char *pointer, const char **last)
{
    char *state = NULL;
    char *copy = apr_pstrdup(unit_pool, pointer);
    char *segment = apr_strtok(copy, "/", &state);
    char *next;

    for (; segment; segment = next) {
        next = apr_strtok(NULL, "/", &state);
        *last = segment;
        if (!next) {
            return json;
        }
        json = json_is_array(json)
                   ? json_array_get(json, (size_t)atoi(segment))
                   : json_object_get(json, segment);
        if (!json) {
            fail_msg("%s leads nowhere", pointer);
        }
    }
    fail_msg("\"%s\" names no member", pointer);
    return NULL;
}

void unit_set(json_t *json, const char *pointer, json_t *value)
{
    const char *last = "";
    json_t *parent = parent_of(json, pointer, &last);
    int rc;

    if (json_is_array(parent)) {
        size_t i = (size_t)atoi(last);

        rc = !value                         ? json_array_remove(parent, i)
             : i == json_array_size(parent) ? json_array_append(parent, value)
                                            : json_array_set(parent, i, value);
    }
    else {
        rc = value ? json_object_set(parent, last, value)
                   : json_object_del(parent, last);
    }
    if (rc) {
        fail_msg("%s cannot be set", pointer);
    }
}

json_t *unit_patched(const json_t *base, const json_t *patch)
{
    json_t *copy = unit_keep(json_deep_copy(base));
    const char *pointer;
    json_t *value;
    size_t i;

    json_object_foreach(json_object_get(patch, "set"), pointer, value) {
        unit_set(copy, pointer, value);
    }
    json_array_foreach(json_object_get(patch, "remove"), i, value) {
        unit_set(copy, json_string_value(value), NULL);
    }
    return copy;
}

static const char *list_faults(const cpts_faults_t *faults)
{
    const char *text = "";
    int i;

    for (i = 0; i < cpts_faults_count(faults); i++) {
        const cpts_fault_t *fault = cpts_faults_get(faults, i);

        text = apr_pstrcat(unit_pool, text, " ", fault->pointer, " ",
                           fault->code, ";", NULL);
    }
    return text;
}

void unit_assert_faults(const cpts_faults_t *faults, const json_t *expected)
{
    size_t i;

    if (json_array_size(expected) != (size_t)cpts_faults_count(faults)) {
        fail_msg("%d faults where %d are expected:%s",
                 cpts_faults_count(faults), (int)json_array_size(expected),
                 list_faults(faults));
    }
    for (i = 0; i < json_array_size(expected); i++) {
        const json_t *one = json_array_get(expected, i);
        const char *pointer
            = json_string_value(json_object_get(one, "pointer"));
        const char *code = json_string_value(json_object_get(one, "code"));
        const cpts_fault_t *fault = cpts_faults_get(faults, (int)i);

        if (strcmp(fault->pointer, pointer) || strcmp(fault->code, code)) {
            fail_msg("not %s %s in place %d:%s", pointer, code, (int)i,
                     list_faults(faults));
        }
    }
}

/* Territories, sheets, needs */

cpts_day_t unit_day(const char *text)
{
    cpts_day_t day = CPTS_NO_DAY;

    if (!text || cpts_day_parse(&day, text)) {
        fail_msg("\"%s\" is not a day", text ? text : "(none)");
    }
    return day;
}

void unit_offset(double *lat, double *lon, double north, double east)
{
    *lat += north / DEGREE;
    *lon += east / (DEGREE * cos(*lat * 3.14159265358979323846 / 180.0));
}

static double number_of(const json_t *json, const char *name, double absent)
{
    const json_t *value = json_object_get(json, name);

    return json_is_number(value) ? json_number_value(value) : absent;
}

void unit_commune(cpts_territory_t *territory, const char *insee, double lat,
                  double lon, int neighbour)
{
    cpts_commune_t *commune = apr_array_push(territory->communes);

    memset(commune, 0, sizeof(*commune));
    apr_cpystrn(commune->insee, insee, sizeof(commune->insee));
    commune->name = apr_pstrcat(unit_pool, "Commune ", insee, NULL);
    commune->lat = lat;
    commune->lon = lon;
    commune->population = 1000;
    commune->neighbour = neighbour;
}

void unit_territory_index(cpts_territory_t *territory)
{
    cpts_territory_index_all(territory, unit_pool);
}

static void read_communes(cpts_territory_t *territory, const json_t *communes)
{
    size_t i;
    const json_t *one;

    json_array_foreach(communes, i, one) {
        double lat = number_of(one, "lat", CENTRE_LAT);
        double lon = number_of(one, "lon", CENTRE_LON);
        const char *name = json_string_value(json_object_get(one, "name"));

        unit_offset(&lat, &lon, number_of(one, "north", 0),
                    number_of(one, "east", 0));
        unit_commune(territory,
                     json_string_value(json_object_get(one, "insee")), lat,
                     lon, json_is_true(json_object_get(one, "neighbour")));
        if (name) {
            APR_ARRAY_IDX(territory->communes, (int)i, cpts_commune_t).name
                = apr_pstrdup(unit_pool, name);
        }
    }
    unit_territory_index(territory);
}

static void read_limits(cpts_limits_t *limits, json_t *json)
{
#define LIMIT(name)                          \
    {                                        \
#name, offsetof(cpts_limits_t, name) \
    }
    static const struct {
        const char *name;
        size_t offset;
    } members[] = {
        LIMIT(home_visit_default),  LIMIT(home_visit_max),
        LIMIT(search_start),        LIMIT(search_step),
        LIMIT(search_max),          LIMIT(proposals),
        LIMIT(priority_age),        LIMIT(sheet_validity),
        LIMIT(daily_consultations),
    };
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value) {
        size_t i = 0;

        while (i < sizeof(members) / sizeof(members[0])
               && strcmp(members[i].name, name) != 0) {
            i++;
        }
        if (i == sizeof(members) / sizeof(members[0])) {
            fail_msg("no limit is called %s", name);
        }
        *(int *)(void *)((char *)limits + members[i].offset)
            = (int)json_integer_value(value);
    }
}

static void read_perimeters(cpts_territory_t *territory, json_t *json)
{
    const char *name;
    json_t *value;

    json_object_foreach(json, name, value) {
        apr_array_header_t *items
            = apr_array_make(unit_pool, 4, sizeof(const char *));
        const char *error;
        const json_t *item;
        size_t i;

        json_array_foreach(value, i, item) {
            APR_ARRAY_PUSH(items, const char *) = json_string_value(item);
        }
        error = cpts_territory_perimeter(
            territory, apr_pstrdup(unit_pool, name), items, unit_pool);
        if (error) {
            fail_msg("%s", error);
        }
    }
}

static const char *text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));

    return text ? apr_pstrdup(unit_pool, text) : NULL;
}

cpts_territory_t *unit_territory(const json_t *json)
{
    cpts_territory_t *territory = cpts_territory_create(unit_pool);

    if (text_of(json, "name")) {
        territory->name = text_of(json, "name");
    }
    territory->phone = text_of(json, "phone");
    territory->email = text_of(json, "email");
    read_limits(&territory->limits, json_object_get(json, "limits"));
    read_communes(territory, json_object_get(json, "communes"));
    read_perimeters(territory, json_object_get(json, "perimeters"));
    return territory;
}

/* north and east become the point that they mean. */
static void place_site(json_t *site, const cpts_territory_t *territory)
{
    const char *insee = json_string_value(json_object_get(site, "commune"));
    const cpts_commune_t *commune
        = insee ? cpts_territory_commune(territory, insee) : NULL;
    double lat, lon;

    if (!commune
        || (!json_object_get(site, "north")
            && !json_object_get(site, "east"))) {
        return;
    }
    lat = commune->lat;
    lon = commune->lon;
    unit_offset(&lat, &lon, number_of(site, "north", 0),
                number_of(site, "east", 0));
    json_object_del(site, "north");
    json_object_del(site, "east");
    json_object_set_new(site, "point",
                        json_pack("{s:f, s:f}", "lat", lat, "lon", lon));
}

/* Say what is wrong with a sheet that should be right. */
static void fail_sheet(const json_t *json)
{
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    cpts_sheet_t *sheet = apr_pcalloc(unit_pool, sizeof(*sheet));

    cpts_fields_decode(cpts_sheet_fields, sheet, json, "", faults, unit_pool);
    fail_msg("not a sheet:%s in %s", list_faults(faults), unit_dump(json));
}

cpts_sheet_t *unit_sheet(json_t *json, const cpts_territory_t *territory)
{
    json_t *site;
    size_t i;
    cpts_sheet_t *sheet;

    json_array_foreach(json_object_get(json, "sites"), i, site) {
        place_site(site, territory);
    }
    sheet = cpts_sheet_decode_stored(unit_dump(json), unit_pool);
    if (!sheet) {
        fail_sheet(json);
    }
    return sheet;
}

cpts_need_t *unit_need(const json_t *json, const cpts_territory_t *territory)
{
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    cpts_need_t *need = cpts_need_decode(json, territory, faults, unit_pool);

    if (!need) {
        fail_msg("not a need:%s in %s", list_faults(faults), unit_dump(json));
    }
    return need;
}

static apr_status_t drop_snapshot(void *snapshot)
{
    cpts_snapshot_release(snapshot);
    return APR_SUCCESS;
}

cpts_snapshot_t *unit_snapshot(const cpts_territory_t *territory,
                               json_t *sheets, const unsigned char key[16])
{
    cpts_changes_t *changes = cpts_changes_create(NULL, territory, unit_pool);
    cpts_snapshot_t *snapshot = NULL;
    json_t *sheet;
    size_t i;

    json_array_foreach(sheets, i, sheet) {
        assert_int_equal(cpts_changes_put(changes, (int64_t)i + 1,
                                          unit_sheet(sheet, territory)),
                         APR_SUCCESS);
    }
    assert_int_equal(cpts_changes_commit(&snapshot, changes, 1, key),
                     APR_SUCCESS);
    apr_pool_cleanup_register(unit_pool, snapshot, drop_snapshot,
                              apr_pool_cleanup_null);
    return snapshot;
}
