/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of needs: the table of t/data/need, priority groups, defaults. */

/*
 * A case is {name, set, remove, expected}: "set" and "remove" change the base
 * need {"commune", "age"} by JSON pointers; "expected" lists the faults.
 */

#include <string.h>

#include "core/need.h"
#include "core_support.h"

static cpts_territory_t *territory(void)
{
    return unit_territory(
        json_object_get(unit_json("t/data/sheet/_base.json"), "territory"));
}

static json_t *base(void)
{
    return unit_keep(json_pack("{s:s, s:i}", "commune", "31113", "age", 78));
}

static void check_case(void **state)
{
    const json_t *json = ((const unit_case_t *)*state)->json;
    const json_t *expected = json_object_get(json, "expected");
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    cpts_need_t *need = cpts_need_decode(unit_patched(base(), json),
                                         territory(), faults, unit_pool);

    assert_true(json_is_array(expected));
    unit_assert_faults(faults, expected);
    assert_int_equal(need == NULL, json_array_size(expected) > 0);
}

static void test_not_an_object(void **state)
{
    static const char *const texts[] = { "[]", "null", "1", "\"x\"", "true" };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cpts_faults_t *faults = cpts_faults_create(unit_pool);
        json_t *json = unit_keep(json_loads(texts[i], JSON_DECODE_ANY, NULL));

        assert_null(cpts_need_decode(json, territory(), faults, unit_pool));
        assert_int_equal(cpts_faults_count(faults), 1);
        assert_string_equal(cpts_faults_get(faults, 0)->pointer, "");
        assert_string_equal(cpts_faults_get(faults, 0)->code, "wrong_type");
    }
}

static void test_defaults(void **state)
{
    cpts_need_t *need = unit_need(base(), territory());

    (void)state;
    assert_string_equal(need->commune, "31113");
    assert_null(need->point);
    assert_int_equal(need->age, 78);
    assert_int_equal(need->household, 1);
    assert_int_equal(need->sex, CPTS_NO_WORD);
    assert_int_equal(need->languages->nelts, 0);
    assert_int_equal(need->ald + need->precarity + need->home_visit
                         + need->teleconsultation + need->accessible
                         + need->followed,
                     0);
}

static void test_priority(void **state)
{
    static const struct {
        int age, ald, precarity, priority;
    } table[] = {
        { 69, 0, 0, 0 }, { 70, 0, 0, 1 }, { 0, 0, 0, 0 },  { 130, 0, 0, 1 },
        { 30, 1, 0, 1 }, { 30, 0, 1, 1 }, { 80, 1, 1, 1 },
    };
    cpts_need_t *need = unit_need(base(), territory());
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        need->age = table[i].age;
        need->ald = table[i].ald;
        need->precarity = table[i].precarity;
        assert_int_equal(cpts_need_priority(need, &cpts_limits_default),
                         table[i].priority);
    }
}

/* A fault about a patient tells nothing of the patient. */
static void test_values_stay_untold(void **state)
{
    json_t *need = unit_keep(json_pack(
        "{s:s, s:i, s:s, s:[s], s:i}", "commune", "76543", "age", 777, "ald",
        "diabetes", "languages", "klingon", "household", 4242));
    cpts_faults_t *faults = cpts_faults_create(unit_pool);
    int i;

    (void)state;
    assert_null(cpts_need_decode(need, territory(), faults, unit_pool));
    assert_int_equal(cpts_faults_count(faults), 5);
    for (i = 0; i < cpts_faults_count(faults); i++) {
        const char *detail = cpts_faults_get(faults, i)->detail;

        assert_null(strstr(detail, "76543"));
        assert_null(strstr(detail, "777"));
        assert_null(strstr(detail, "diabetes"));
        assert_null(strstr(detail, "klingon"));
        assert_null(strstr(detail, "4242"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_not_an_object),
        UNIT_TEST(test_defaults),
        UNIT_TEST(test_priority),
        UNIT_TEST(test_values_stay_untold),
    };

    return unit_run_cases("t/data/need", check_case, tests,
                          sizeof(tests) / sizeof(tests[0]));
}
