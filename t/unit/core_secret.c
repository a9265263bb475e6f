/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of passwords, roles and account names. */

#include <math.h>
#include <string.h>
#include <time.h>

#include "core/role.h"
#include "core/secret.h"
#include "core_support.h"

static void test_hash(void **state)
{
    const char *one = cpts_secret_hash(unit_pool, "demo");
    const char *two = cpts_secret_hash(unit_pool, "demo");

    (void)state;
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(strlen(one), 60);
    assert_memory_equal(one, "$2y$10$", 7);
    assert_string_not_equal(one, two); /* the salt */
    assert_int_equal(cpts_secret_check("demo", one), 1);
    assert_int_equal(cpts_secret_check("demo", two), 1);
    assert_int_equal(cpts_secret_check("Demo", one), 0);
    assert_int_equal(cpts_secret_check("demo ", one), 0);
    assert_int_equal(cpts_secret_check("", one), 0);
}

static void test_utf8(void **state)
{
    const char *hash = cpts_secret_hash(unit_pool, "clé à molette");

    (void)state;
    assert_int_equal(cpts_secret_check("clé à molette", hash), 1);
    assert_int_equal(cpts_secret_check("cle a molette", hash), 0);
}

/* 72 bytes are all that bcrypt reads: the bound of the house holds them. */
static void test_longest(void **state)
{
    char password[CPTS_PASSWORD_MAX + 1];
    const char *hash;

    (void)state;
    memset(password, 'x', CPTS_PASSWORD_MAX);
    password[CPTS_PASSWORD_MAX] = '\0';
    hash = cpts_secret_hash(unit_pool, password);
    assert_int_equal(cpts_secret_check(password, hash), 1);
    password[CPTS_PASSWORD_MAX - 1] = 'y';
    assert_int_equal(cpts_secret_check(password, hash), 0);
}

static void test_damaged_hashes(void **state)
{
    static const char *const damaged[] = {
        "",
        "x",
        "$2y$",
        "$2y$10$",
        "$2y$10$abcdefghijklmnopqrstuu",
        "$2y$99$abcdefghijklmnopqrstuuJQ7P0ZC1r3j9FqYb1CkJrW3sVf0oW2y",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
        assert_int_equal(cpts_secret_check("demo", damaged[i]), 0);
        assert_int_equal(cpts_secret_check("", damaged[i]), 0);
    }
}

/* Processor time: what else the machine does is not counted. */
static double time_of(const char *hash)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    cpts_secret_check("wrong", hash);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return difftime(end.tv_sec, begin.tv_sec)
           + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* An unknown account costs as much as a wrong password: the shortest of a
 * few tries, in turns. */
static void test_nobody(void **state)
{
    const char *hash = cpts_secret_hash(unit_pool, "demo");
    double known = 1e9;
    double unknown = 1e9;
    int i;

    (void)state;
    assert_int_equal(cpts_secret_check("demo", NULL), 0);
    assert_int_equal(cpts_secret_check("", NULL), 0);
    for (i = 0; i < 7; i++) {
        known = fmin(known, time_of(hash));
        unknown = fmin(unknown, time_of(NULL));
    }
    if (unknown < known * 0.6 || unknown > known * 1.6) {
        fail_msg("%.3f s for an unknown account, %.3f s for a known one",
                 unknown, known);
    }
}

static void test_weak(void **state)
{
    static const struct {
        const char *password, *account;
        int weak;
    } table[] = {
        { "", "a", 1 },
        { "1234567", "a", 1 },
        { "s3cret!", "a", 1 },
        { "s3cret!x", "a", 0 },
        { "aaaaaaaaaaaa", "a", 1 },
        { "12345678", "a", 1 },
        { "123456789012", "a", 1 },
        { "12345678x", "a", 0 },
        { "AZERTYUIOP", "a", 1 },
        { "motdepasse", "a", 1 },
        { "Motdepasse1", "a", 0 },
        { "docteur.dupont", "docteur.dupont", 1 },
        { "DOCTEUR.DUPONT", "docteur.dupont", 1 },
        { "docteur.dupont", "docteur.dupont@cabinet.example", 1 },
        { "docteur.dupon", "docteur.dupont", 0 },
        { "docteur.dupont2", "docteur.dupont", 0 },
        { "\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8", "a", 0 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (cpts_secret_is_weak(table[i].password, table[i].account)
            != table[i].weak) {
            fail_msg("%s for %s", table[i].password, table[i].account);
        }
    }
}

static void test_roles(void **state)
{
    int i;

    (void)state;
    for (i = 0; i < CPTS_ROLES; i++) {
        assert_int_equal(cpts_role_parse(cpts_role_words[i]), i);
    }
    assert_null(cpts_role_words[CPTS_ROLES]);
    assert_int_equal(cpts_role_parse("coordinator"), CPTS_COORDINATOR);
    assert_int_equal(cpts_role_parse(""), -1);
    assert_int_equal(cpts_role_parse("Doctor"), -1);
    assert_int_equal(cpts_role_parse("doctors"), -1);
    assert_int_equal(cpts_role_parse("doc"), -1);
}

static void test_account_names(void **state)
{
    char name[CPTS_ACCOUNT_MAX + 2];

    (void)state;
    memset(name, 'a', sizeof(name) - 1);
    name[CPTS_ACCOUNT_MAX + 1] = '\0';
    assert_int_equal(cpts_account_name_ok(name), 0);
    name[CPTS_ACCOUNT_MAX] = '\0';
    assert_int_equal(cpts_account_name_ok(name), 1);
    assert_int_equal(cpts_account_name_ok("a.b_c-d@e9"), 1);
    assert_int_equal(cpts_account_name_ok(""), 0);
    assert_int_equal(cpts_account_name_ok("a b"), 0);
    assert_int_equal(cpts_account_name_ok("a:b"), 0);
    assert_int_equal(cpts_account_name_ok("é"), 0);
    assert_int_equal(cpts_account_name_ok("a\n"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_hash),          UNIT_TEST(test_utf8),
        UNIT_TEST(test_longest),       UNIT_TEST(test_damaged_hashes),
        UNIT_TEST(test_nobody),        UNIT_TEST(test_roles),
        UNIT_TEST(test_account_names), UNIT_TEST(test_weak),
    };

    return UNIT_RUN(tests);
}
