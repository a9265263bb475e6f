/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of territories: the file of communes and its faults, perimeters. */

#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "core/territory.h"
#include "core_support.h"

#define HEADER "insee,name,lat,lon,population\n"

static const char *read_text(cpts_territory_t *t, const char *text)
{
    return cpts_territory_read(t, unit_file(text, strlen(text)), 0, unit_pool);
}

static void test_good(void **state)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);
    const cpts_commune_t *c;

    (void)state;
    assert_null(cpts_territory_read(
        t, unit_source("t/data/territory/good.csv"), 0, unit_pool));
    assert_null(cpts_territory_read(
        t, unit_source("t/data/territory/neighbours.csv"), 1, unit_pool));
    assert_int_equal(t->communes->nelts, 5);
    assert_int_equal(t->neighbours, 2);
    c = cpts_territory_commune(t, "2A004");
    assert_non_null(c);
    assert_string_equal(c->name, "Ajaccio");
    assert_int_equal(c->population, 75000);
    assert_int_equal(c->neighbour, 0);
    assert_int_equal(cpts_territory_index(t, c), 1);
    c = cpts_territory_commune(t, "2B033");
    assert_non_null(c);
    assert_int_equal(c->neighbour, 1);
    assert_int_equal(cpts_territory_index(t, c), 3);
    assert_string_equal(cpts_territory_commune(t, "31575")->name,
                        "Vieille-Toulouse, dite \"la Vieille\"");
    assert_null(cpts_territory_commune(t, "99999"));
    assert_null(cpts_territory_commune(t, ""));
    assert_null(cpts_territory_commune(t, "311133"));
}

static void test_semicolons(void **state)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    (void)state;
    assert_null(read_text(t, "\xef\xbb\xbfinsee;name;lat;lon;population\r\n"
                             "31113;Castanet-Tolosan;43.5;1.5;13000\r\n"));
    assert_non_null(cpts_territory_commune(t, "31113"));
}

/* Bad files: what the message must hold.  The row is the wrong one, though
 * right ones follow. */
static void test_bad_files(void **state)
{
    static const struct {
        const char *rows, *message;
    } table[] = {
        { "", "holds no commune" },
        { "31113,A,43.5,1.5\n", "row 2: 4 cells where 5 are expected" },
        { "31113,A,43.5,1.5,10,31320\n", "row 2: 6 cells" },
        { "3111,A,43.5,1.5,10\n", "row 2: insee" },
        { "2C004,A,43.5,1.5,10\n", "row 2: insee" },
        { ",A,43.5,1.5,10\n", "row 2: insee" },
        { "31113,,43.5,1.5,10\n", "row 2: name" },
        { "31113,A,,1.5,10\n", "row 2: lat" },
        { "31113,A,90.1,1.5,10\n", "row 2: lat" },
        { "31113,A,-90.1,1.5,10\n", "row 2: lat" },
        { "31113,A,43.5,180.1,10\n", "row 2: lat and lon" },
        { "31113,A,43.5,x,10\n", "row 2: lat and lon" },
        { "31113,A,\"43,5\",1.5,10\n", "row 2: lat and lon" },
        { "31113,A,43.5N,1.5,10\n", "row 2: lat and lon" },
        { "31113,A,nan,1.5,10\n", "row 2: lat and lon" },
        { "31113,A,inf,1.5,10\n", "row 2: lat and lon" },
        { "31113,A,43.5,1.5,\n", "row 2: population" },
        { "31113,A,43.5,1.5,-1\n", "row 2: population" },
        { "31113,A,43.5,1.5,10.5\n", "row 2: population" },
        { "31113,A,43.5,1.5,1e9\n", "row 2: population" },
        { "31113,A,43.5,1.5,10\n31113,B,43.6,1.6,20\n",
          "row 3: commune 31113 is there twice" },
        { "31113,A,43.5,1.5,10\n31114,\"B,43.6,1.6,20\n", "row 3" },
    };
    static const char after[] = "31001,Y,43.1,1.1,1\n31002,Z,43.2,1.2,2\n";
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_territory_t *t = cpts_territory_create(unit_pool);
        const char *text = apr_pstrcat(unit_pool, HEADER, table[i].rows,
                                       *table[i].rows ? after : "", NULL);
        const char *error = read_text(t, text);

        if (!error || !strstr(error, table[i].message)) {
            fail_msg("%s: %s, not \"%s\"", table[i].rows,
                     error ? error : "no error", table[i].message);
        }
    }
}

static void test_postcodes(void **state)
{
    static const struct {
        const char *cell, *codes; /* codes: NULL for a fault */
    } table[] = {
        { "", "" },
        { "31320", "31320" },
        { "31000 31100", "31000 31100" },
        { "31000;31100 ; 31200 ", "31000 31100 31200" },
        { "01000", "01000" },
        { "3132", NULL },
        { "313200", NULL },
        { "31320,31000", NULL },
        { "2A004", NULL },
        { "31320 x", NULL },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_territory_t *t = cpts_territory_create(unit_pool);
        const char *error = read_text(
            t, apr_pstrcat(unit_pool,
                           "insee,name,lat,lon,population,postcodes\n"
                           "31113,A,43.5,1.5,10,\"",
                           table[i].cell, "\"\n", NULL));

        if (table[i].codes) {
            assert_null(error);
            assert_string_equal(cpts_territory_commune(t, "31113")->postcodes,
                                table[i].codes);
        }
        else if (!error || !strstr(error, "row 2: postcodes must be")) {
            fail_msg("%s: %s", table[i].cell, error ? error : "no error");
        }
    }
}

/* Each file says for itself whether it has them. */
static void test_no_postcodes(void **state)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    (void)state;
    assert_null(read_text(t, HEADER "31113,A,43.5,1.5,10\n"));
    assert_string_equal(cpts_territory_commune(t, "31113")->postcodes, "");
    assert_non_null(read_text(t, "insee,name,lat,lon,population,postcodes\n"
                                 "31114,A,43.5,1.5,10\n"));
}

static void test_bad_headers(void **state)
{
    static const char *const headers[] = {
        "",
        "\n",
        "insee\n",
        "insee,name,lat,lon\n",
        "insee,nom,lat,lon,population\n",
        "name,insee,lat,lon,population\n",
        "insee,name,lat,lon,population,x\n",
        "insee,name,lat,lon,population,postcodes,x\n",
        "INSEE,name,lat,lon,population\n",
        "31113,A,43.5,1.5,10\n",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        cpts_territory_t *t = cpts_territory_create(unit_pool);

        assert_non_null(read_text(t, headers[i]));
    }
    assert_non_null(cpts_territory_read(cpts_territory_create(unit_pool),
                                        "/no/such/file", 0, unit_pool));
}

/* A commune of the territory cannot be its own neighbour. */
static void test_neighbour_twice(void **state)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);
    const char *error;

    (void)state;
    assert_null(read_text(t, HEADER "31113,A,43.5,1.5,10\n"));
    error = read_text(t, HEADER "31113,A,43.5,1.5,10\n");
    assert_non_null(error);
    assert_non_null(strstr(error, "31113 is there twice"));
}

/* Perimeters */

static cpts_territory_t *three_communes(void)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    assert_null(cpts_territory_read(
        t, unit_source("t/data/territory/good.csv"), 0, unit_pool));
    return t;
}

static const char *perimeter(cpts_territory_t *t, const char *name,
                             const char *first, const char *second)
{
    apr_array_header_t *items
        = apr_array_make(unit_pool, 2, sizeof(const char *));

    APR_ARRAY_PUSH(items, const char *) = first;
    if (second) {
        APR_ARRAY_PUSH(items, const char *) = second;
    }
    return cpts_territory_perimeter(t, name, items, unit_pool);
}

static void test_perimeters(void **state)
{
    cpts_territory_t *t = three_communes();
    const cpts_perimeter_t *p;

    (void)state;
    assert_null(perimeter(t, "one", "31113", NULL));
    p = cpts_territory_named(t, "one");
    assert_non_null(p);
    assert_int_equal(p->count, 1);
    assert_int_equal(p->communes[0], 0);
    assert_null(perimeter(t, "pattern", "~31\\d+", NULL));
    assert_int_equal(cpts_territory_named(t, "pattern")->count, 2);
    assert_null(perimeter(t, "all", "~31.*", "2A004"));
    assert_int_equal(cpts_territory_named(t, "all")->count, 3);
    assert_null(perimeter(t, "same", "31113", "31113"));
    assert_int_equal(cpts_territory_named(t, "same")->count, 1);
    assert_null(cpts_territory_named(t, "none"));
    assert_null(cpts_territory_named(t, "ONE"));
}

static void test_bad_perimeters(void **state)
{
    static const struct {
        const char *name, *first, *second, *message;
    } table[] = {
        { "a b", "31113", NULL, "name of a perimeter" },
        { "", "31113", NULL, "name of a perimeter" },
        { "\xc3\xa9", "31113", NULL, "name of a perimeter" },
        { "unknown", "31114", NULL, "31114 is not the INSEE code" },
        { "unknown", "31113", "31114", "31114 is not the INSEE code" },
        { "unknown", "", NULL, "is not the INSEE code" },
        { "nothing", "~99.*", NULL, "matches no INSEE code" },
        { "part", "~31", NULL, "matches no INSEE code" },
        { "part", "~113", NULL, "matches no INSEE code" },
        { "empty", "~", NULL, "matches no INSEE code" },
        { "bad", "~31(", NULL, "pattern \"31(\": missing closing paren" },
        { "bad", "~[", NULL, "pattern \"[\"" },
        { "bad", "~*", NULL, "at character" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_territory_t *t = three_communes();
        const char *error
            = perimeter(t, table[i].name, table[i].first, table[i].second);

        if (!error || !strstr(error, table[i].message)) {
            fail_msg("%s: %s", table[i].first, error ? error : "no error");
        }
        assert_null(cpts_territory_named(t, table[i].name));
    }
}

static void test_perimeter_twice(void **state)
{
    cpts_territory_t *t = three_communes();
    const char *error;

    (void)state;
    assert_null(perimeter(t, "one", "31113", NULL));
    error = perimeter(t, "one", "31575", NULL);
    assert_non_null(error);
    assert_non_null(strstr(error, "one is defined twice"));
    assert_int_equal(cpts_territory_named(t, "one")->count, 1);
}

/* A pattern that would try for ever gives up at once. */
static void test_catastrophic(void **state)
{
    static const struct {
        const char *pattern, *message;
    } table[] = {
        { "~(?:\\d?){100}[x-z]", "takes too long to match" },
        { "~(?:\\d?|.?){60}[x-z]", "takes too long to match" },
        { "~^(\\d+)+$x", "matches no INSEE code" },
        { "~(?:(?:(?:(?:(?:\\d*)*)*)*)*)*x", "" },
        { "~(?:(?:(?:(?:(?:(?:(?:\\d|\\d\\d|.)+)+)+)+)+)+)+x", "" },
        { "~(?R)?\\d(?R)?x", "" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_territory_t *t = three_communes();
        apr_time_t begin = apr_time_now();
        const char *error = perimeter(t, "slow", table[i].pattern, NULL);

        assert_true(apr_time_now() - begin < apr_time_from_sec(2));
        if (!error || !strstr(error, table[i].message)) {
            fail_msg("%s: %s", table[i].pattern, error ? error : "no error");
        }
        assert_null(cpts_territory_named(t, "slow"));
    }
}

static void test_defaults(void **state)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);

    (void)state;
    assert_int_equal(t->limits.home_visit_default, 10000);
    assert_int_equal(t->limits.home_visit_max, 30000);
    assert_int_equal(t->limits.search_start, 5000);
    assert_int_equal(t->limits.search_step, 5000);
    assert_int_equal(t->limits.search_max, 30000);
    assert_int_equal(t->limits.proposals, 3);
    assert_int_equal(t->limits.priority_age, 70);
    assert_int_equal(t->limits.sheet_validity, 90);
    assert_int_equal(t->limits.daily_consultations, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_good),
        UNIT_TEST(test_semicolons),
        UNIT_TEST(test_bad_files),
        UNIT_TEST(test_postcodes),
        UNIT_TEST(test_no_postcodes),
        UNIT_TEST(test_bad_headers),
        UNIT_TEST(test_neighbour_twice),
        UNIT_TEST(test_perimeters),
        UNIT_TEST(test_bad_perimeters),
        UNIT_TEST(test_perimeter_twice),
        UNIT_TEST(test_catastrophic),
        UNIT_TEST(test_defaults),
    };

    return UNIT_RUN(tests);
}
