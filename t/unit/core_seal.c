/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of seals: what opens, under which keys, and what does not. */

#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "core/seal.h"
#include "core_support.h"

#define ONE   "q3v8z1m5w9k2t7r4y6b0n1x8c3j5h7g2"
#define TWO   "2g7h5j3c8x1n0b6y4r7t2k9w5m1z8v3q"
#define THREE "mnbvcxzlkjhgfdsapoiuytrewq012345"

/* Sealed under ONE for "/a.db" apart from this code: the text "a=1&b=2", the
 * nonce 00 01 02 ... 17. */
#define KNOWN                                                      \
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX06UbxupSfLp8GYhbRji0OUuHQ7VT" \
    "Frwn5mCxdRMAyx3SynYiqEeVJnoCVjRe9g-WeLCRlHd98YCNiuojsAn4Yoa8" \
    "uvFCSzk0JwOxWuQ1r98"

static const cpts_seal_t *keys_of(const char *text)
{
    const char *file = unit_file(text, strlen(text));
    const cpts_seal_t *seal;

    assert_int_equal(chmod(file, 0600), 0);
    assert_null(cpts_seal_read(&seal, file, unit_pool));
    return seal;
}

static void assert_opens(const cpts_seal_t *seal, const char *sealed,
                         const char *text)
{
    const char *opened = cpts_seal_open(seal, "/a.db", sealed, unit_pool);

    assert_non_null(opened);
    assert_string_equal(opened, text);
}

static void assert_closed(const cpts_seal_t *seal, const char *sealed)
{
    assert_null(cpts_seal_open(seal, "/a.db", sealed, unit_pool));
}

static void test_known(void **state)
{
    (void)state;
    assert_opens(keys_of(ONE), KNOWN, "a=1&b=2");
}

/* Every length around those of blocks. */
static void test_round(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE "\n");
    char text[300];
    size_t length;

    (void)state;
    for (length = 0; length < sizeof(text); length++) {
        memset(text, 'x', length);
        text[length] = '\0';
        assert_opens(seal, cpts_seal_close(seal, "/a.db", text, unit_pool),
                     text);
    }
}

static void test_length(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE);
    size_t shortest = strlen(cpts_seal_close(seal, "/a.db", "", unit_pool));

    (void)state;
    assert_int_equal(
        strlen(cpts_seal_close(seal, "/a.db", "123456789012345678901234567890",
                               unit_pool)),
        shortest);
    assert_null(cpts_seal_close(
        seal, "/a.db", memset(apr_pcalloc(unit_pool, 70000), 'x', 69999),
        unit_pool));
}

static void test_never_twice(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE);

    (void)state;
    assert_string_not_equal(cpts_seal_close(seal, "/a.db", "text", unit_pool),
                            cpts_seal_close(seal, "/a.db", "text", unit_pool));
}

static void test_context(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE);
    const char *sealed = cpts_seal_close(seal, "/b.db", "text", unit_pool);

    (void)state;
    assert_closed(seal, sealed);
    assert_string_equal(cpts_seal_open(seal, "/b.db", sealed, unit_pool),
                        "text");
}

static void test_keys(void **state)
{
    const cpts_seal_t *one = keys_of(ONE);
    const cpts_seal_t *two = keys_of("# comment\n\n" TWO " \r\n" ONE "\r\n");
    const cpts_seal_t *other = keys_of(THREE);
    const char *by_one = cpts_seal_close(one, "/a.db", "old", unit_pool);
    const char *by_two = cpts_seal_close(two, "/a.db", "new", unit_pool);

    (void)state;
    assert_opens(two, by_one, "old");
    assert_opens(two, by_two, "new");
    assert_opens(keys_of(TWO), by_two, "new");
    assert_closed(one, by_two);
    assert_closed(other, by_one);
    assert_closed(other, by_two);
}

/* Each bit counts, and so does each byte that is not there. */
static void test_changed(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE);
    const char *sealed = cpts_seal_close(seal, "/a.db", "text", unit_pool);
    size_t length = strlen(sealed);
    size_t i;

    (void)state;
    for (i = 0; i < length; i++) {
        char *changed = apr_pstrdup(unit_pool, sealed);

        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_closed(seal, changed);
        assert_closed(seal, apr_pstrmemdup(unit_pool, sealed, i));
        assert_closed(seal, sealed + i + 1);
    }
    assert_closed(seal, apr_pstrcat(unit_pool, sealed, "AAAA", NULL));
    assert_closed(seal, apr_pstrcat(unit_pool, sealed, "=", NULL));
    assert_opens(seal, sealed, "text");
}

static void test_no_seal(void **state)
{
    const cpts_seal_t *seal = keys_of(ONE);
    static const char *const texts[]
        = { "", "=", "A", "AAAA", "a=1&b=2", "\xff\xfe", " ", "+/+/" };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_closed(seal, texts[i]);
    }
    assert_closed(seal, memset(apr_pcalloc(unit_pool, 200001), 'A', 200000));
}

static void test_file(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *message;
    } cases[] = {
        { ONE, 0600, NULL },
        { ONE, 0640, NULL },
        { ONE, 0400, NULL },
        { ONE, 0644, "mode 644 lets others at the key: chmod 0600" },
        { ONE, 0660, "mode 660 lets others" },
        { ONE, 0602, "mode 602 lets others" },
        { "", 0600, "there is no key in it" },
        { "#" ONE, 0600, "there is no key in it" },
        { "short", 0600, "line 1: it has less than 32 characters" },
        { ONE "\n\nshort", 0600, "line 3: it has less than 32 characters" },
        { "11111111111111111111111111111111", 0600, "it is not random" },
        { "123412341234123412341234123412341234", 0600, "it is not random" },
        { ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE
              "\n",
          0600, NULL },
        { ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE "\n" ONE
              "\n" TWO,
          0600, "line 9: there are more than 8 keys" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *file = unit_file(cases[i].text, strlen(cases[i].text));
        const cpts_seal_t *seal;
        const char *error;

        assert_int_equal(chmod(file, cases[i].mode), 0);
        error = cpts_seal_read(&seal, file, unit_pool);
        if (cases[i].message) {
            assert_non_null(error);
            assert_non_null(strstr(error, cases[i].message));
            assert_null(strstr(error, ONE));
        }
        else {
            assert_null(error);
        }
    }
}

static void test_no_file(void **state)
{
    const cpts_seal_t *seal;
    const char *error = cpts_seal_read(&seal, "/nonexistent/key", unit_pool);

    (void)state;
    assert_non_null(strstr(error, "/nonexistent/key: No such file"));
    error = cpts_seal_read(&seal, "/tmp", unit_pool);
    assert_non_null(strstr(error, "/tmp: it is not a file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_known),   UNIT_TEST(test_round),
        UNIT_TEST(test_length),  UNIT_TEST(test_never_twice),
        UNIT_TEST(test_context), UNIT_TEST(test_keys),
        UNIT_TEST(test_changed), UNIT_TEST(test_no_seal),
        UNIT_TEST(test_file),    UNIT_TEST(test_no_file),
    };

    return UNIT_RUN(tests);
}
