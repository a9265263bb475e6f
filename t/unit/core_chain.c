/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the hash chain: known values, and every alteration seen. */

#include <string.h>

#include <apr_strings.h>

#include "core/chain.h"
#include "core_support.h"

/* 00 01 02 ... 1f */
#define KEY_TEXT                       \
    "000102030405060708090a0b0c0d0e0f" \
    "101112131415161718191a1b1c1d1e1f"

static cpts_chain_key_t counting_key(void)
{
    cpts_chain_key_t key;
    int i;

    for (i = 0; i < CPTS_CHAIN_KEY; i++) {
        key.bytes[i] = (unsigned char)i;
    }
    return key;
}

static const char *hex(const unsigned char hash[CPTS_CHAIN_HASH])
{
    char *text = apr_pcalloc(unit_pool, 2 * CPTS_CHAIN_HASH + 1);
    int i;

    for (i = 0; i < CPTS_CHAIN_HASH; i++) {
        apr_snprintf(text + 2 * i, 3, "%02x", hash[i]);
    }
    return text;
}

/* Values computed apart from this code, by another implementation of
 * BLAKE2b. */
static void test_known(void **state)
{
    const cpts_chain_key_t key = counting_key();
    const cpts_chain_field_t fields[] = {
        cpts_chain_int(1),
        cpts_chain_int(-2),
        cpts_chain_text("été"),
        cpts_chain_text(NULL),
        cpts_chain_bytes("\0\xff", 2),
        cpts_chain_text(""),
    };
    unsigned char hash[CPTS_CHAIN_HASH];

    (void)state;
    assert_int_equal(cpts_chain_next(hash, &key, cpts_chain_start, NULL, 0),
                     0);
    assert_string_equal(
        hex(hash),
        "ce5a011262ba9629d1a6fa84de0f5def21c7ef761c8fbe52537123e5a5ac65c3");
    /* in place */
    assert_int_equal(cpts_chain_next(hash, &key, hash, fields, 6), 0);
    assert_string_equal(
        hex(hash),
        "92094ef38a95fb23ac797ecc67473314f1d7a033ebdd187c6e78c16b7520f71c");
    assert_int_equal(cpts_chain_seal(hash, &key, 1, cpts_chain_start, 2, hash),
                     0);
    assert_string_equal(
        hex(hash),
        "e451ee31ff5566d342cb9b620347208d60914abf1fa42a88a4c6084568425a86");
}

/* Lists of fields that are alike: all have different hashes. */
static void test_unambiguous(void **state)
{
    const cpts_chain_key_t key = counting_key();
    const struct {
        size_t count;
        cpts_chain_field_t fields[3];
    } lists[] = {
        { 0, { cpts_chain_int(0) } },
        { 1, { cpts_chain_text("") } },
        { 1, { cpts_chain_text(NULL) } },
        { 1, { cpts_chain_bytes("", 0) } },
        { 2, { cpts_chain_text(""), cpts_chain_text("") } },
        { 1, { cpts_chain_int(0) } },
        { 1, { cpts_chain_int(1) } },
        { 1, { cpts_chain_int(-1) } },
        { 1, { cpts_chain_int(INT64_MIN) } },
        { 1, { cpts_chain_int(INT64_MAX) } },
        { 1, { cpts_chain_int((int64_t)1 << 32) } },
        { 1, { cpts_chain_text("1") } },
        { 1, { cpts_chain_bytes("1", 1) } },
        { 1, { cpts_chain_bytes("1", 2) } },
        { 1, { cpts_chain_bytes("\0\0\0\0\0\0\0\1", 8) } },
        { 2, { cpts_chain_text("ab"), cpts_chain_text("c") } },
        { 2, { cpts_chain_text("a"), cpts_chain_text("bc") } },
        { 2, { cpts_chain_text("abc"), cpts_chain_text("") } },
        { 2, { cpts_chain_text(""), cpts_chain_text("abc") } },
        { 1, { cpts_chain_text("abc") } },
        { 2, { cpts_chain_text("abc"), cpts_chain_text(NULL) } },
        { 3,
          { cpts_chain_text("a"), cpts_chain_text("b"),
            cpts_chain_text("c") } },
        { 3,
          { cpts_chain_text("b"), cpts_chain_text("a"),
            cpts_chain_text("c") } },
        { 1, { cpts_chain_text("at\0\0\0\0\0\0\0\1b") } },
        { 2, { cpts_chain_int(1), cpts_chain_int(2) } },
        { 2, { cpts_chain_int(2), cpts_chain_int(1) } },
    };
    enum { COUNT = sizeof(lists) / sizeof(lists[0]) };
    unsigned char hashes[COUNT][CPTS_CHAIN_HASH];
    int i, j;

    (void)state;
    for (i = 0; i < COUNT; i++) {
        assert_int_equal(cpts_chain_next(hashes[i], &key, cpts_chain_start,
                                         lists[i].fields, lists[i].count),
                         0);
        for (j = 0; j < i; j++) {
            if (cpts_chain_equal(hashes[i], hashes[j])) {
                fail_msg("lists %d and %d are one", i, j);
            }
        }
    }
}

/* Each bit of the key, of what is before and of the fields counts. */
static void test_every_bit(void **state)
{
    cpts_chain_key_t key = counting_key();
    unsigned char previous[CPTS_CHAIN_HASH] = { 1, 2, 3 };
    char data[5] = "data";
    cpts_chain_field_t field = cpts_chain_bytes(data, sizeof(data));
    unsigned char whole[CPTS_CHAIN_HASH];
    struct {
        unsigned char *bytes;
        int length;
    } parts[] = {
        { key.bytes, CPTS_CHAIN_KEY },
        { previous, CPTS_CHAIN_HASH },
        { (unsigned char *)data, sizeof(data) },
    };
    int part, i;

    (void)state;
    assert_int_equal(cpts_chain_next(whole, &key, previous, &field, 1), 0);
    for (part = 0; part < 3; part++) {
        for (i = 0; i < parts[part].length * 8; i++) {
            unsigned char *byte = &parts[part].bytes[i / 8];
            unsigned char kept = *byte;
            unsigned char other[CPTS_CHAIN_HASH];

            *byte = (unsigned char)(kept ^ 1 << i % 8);
            assert_int_equal(cpts_chain_next(other, &key, previous, &field, 1),
                             0);
            *byte = kept;
            assert_false(cpts_chain_equal(other, whole));
        }
    }
}

static void test_seal(void **state)
{
    const cpts_chain_key_t key = counting_key();
    cpts_chain_key_t other = key;
    unsigned char seal[CPTS_CHAIN_HASH], one[CPTS_CHAIN_HASH];
    unsigned char floor[CPTS_CHAIN_HASH] = { 5 };
    unsigned char last[CPTS_CHAIN_HASH] = { 7 };
    cpts_chain_field_t id = cpts_chain_int(5);

    (void)state;
    assert_int_equal(cpts_chain_seal(seal, &key, 1, floor, 5, last), 0);
    assert_int_equal(cpts_chain_seal(one, &key, 1, floor, 5, last), 0);
    assert_true(cpts_chain_equal(seal, one));
    assert_int_equal(cpts_chain_seal(one, &key, 1, floor, 6, last), 0);
    assert_false(cpts_chain_equal(seal, one));
    assert_int_equal(cpts_chain_next(one, &key, last, &id, 1), 0);
    assert_false(cpts_chain_equal(seal, one));
    other.bytes[31] ^= 1;
    assert_int_equal(cpts_chain_seal(one, &other, 1, floor, 5, last), 0);
    assert_false(cpts_chain_equal(seal, one));
    assert_int_equal(cpts_chain_seal(one, &key, 2, floor, 5, last), 0);
    assert_false(cpts_chain_equal(seal, one));
    floor[0] ^= 1;
    assert_int_equal(cpts_chain_seal(one, &key, 1, floor, 5, last), 0);
    assert_false(cpts_chain_equal(seal, one));
    floor[0] ^= 1;
    last[31] ^= 0x80;
    assert_int_equal(cpts_chain_seal(one, &key, 1, floor, 5, last), 0);
    assert_false(cpts_chain_equal(seal, one));
}

/* A kind that is none: no hash, and nothing that looks like one. */
static void test_strange_kind(void **state)
{
    const cpts_chain_key_t key = counting_key();
    cpts_chain_field_t field = cpts_chain_int(1);
    unsigned char out[CPTS_CHAIN_HASH] = { 1 };

    (void)state;
    memset(&field.kind, 0, sizeof(field.kind));
    assert_int_equal(cpts_chain_next(out, &key, cpts_chain_start, &field, 1),
                     -1);
    assert_true(cpts_chain_equal(out, cpts_chain_start));
}

static void test_equal(void **state)
{
    unsigned char a[CPTS_CHAIN_HASH] = { 0 };
    unsigned char b[CPTS_CHAIN_HASH] = { 0 };
    int i;

    (void)state;
    assert_true(cpts_chain_equal(a, b));
    for (i = 0; i < CPTS_CHAIN_HASH * 8; i++) {
        b[i / 8] = (unsigned char)(1 << i % 8);
        assert_false(cpts_chain_equal(a, b));
        b[i / 8] = 0;
    }
}

/* Keys */

static void test_key_text(void **state)
{
    static const char *const right[] = {
        KEY_TEXT,
        KEY_TEXT "\n",
        " \t\r\n" KEY_TEXT "\r\n\n ",
        ("000102030405060708090A0B0C0D0E0F"
         "101112131415161718191A1B1C1D1E1F"),
    };
    const cpts_chain_key_t expected = counting_key();
    char text[CPTS_CHAIN_KEY_TEXT];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        cpts_chain_key_t key;

        assert_int_equal(cpts_chain_key_parse(&key, right[i]), 0);
        assert_memory_equal(key.bytes, expected.bytes, CPTS_CHAIN_KEY);
    }
    cpts_chain_key_format(text, &expected);
    assert_string_equal(text, KEY_TEXT);
}

static void test_key_faults(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        "0",
        "00",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
        "000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f",
        "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        KEY_TEXT "0",
        KEY_TEXT "00",
        KEY_TEXT "\n" KEY_TEXT,
        KEY_TEXT "\xc2\xa0",
    };
    static const cpts_chain_key_t none;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cpts_chain_key_t key = counting_key();

        if (cpts_chain_key_parse(&key, wrong[i]) != -1) {
            fail_msg("key %d passes", (int)i);
        }
        assert_memory_equal(key.bytes, none.bytes, CPTS_CHAIN_KEY);
    }
}

static void test_key_make(void **state)
{
    cpts_chain_key_t one, two;
    char text[CPTS_CHAIN_KEY_TEXT];

    (void)state;
    assert_int_equal(cpts_chain_key_make(&one), 0);
    assert_int_equal(cpts_chain_key_make(&two), 0);
    assert_memory_not_equal(one.bytes, two.bytes, CPTS_CHAIN_KEY);
    cpts_chain_key_format(text, &one);
    assert_int_equal(cpts_chain_key_parse(&two, text), 0);
    assert_memory_equal(one.bytes, two.bytes, CPTS_CHAIN_KEY);
    cpts_chain_key_wipe(&two);
    assert_memory_equal(two.bytes, cpts_chain_start, CPTS_CHAIN_KEY);
}

/* A chain of 1000 entries, altered at random in every way there is: the
 * first entry that does not fit is the one that was touched. */

#define ENTRIES 1000

typedef struct {
    int64_t id;
    const char *who;
    unsigned char hash[CPTS_CHAIN_HASH];
} entry_t;

static void hash_entry(entry_t *entry, unsigned char out[CPTS_CHAIN_HASH],
                       const unsigned char *previous)
{
    const cpts_chain_key_t key = counting_key();
    cpts_chain_field_t fields[2];

    fields[0] = cpts_chain_int(entry->id);
    fields[1] = cpts_chain_text(entry->who);
    assert_int_equal(cpts_chain_next(out, &key, previous, fields, 2), 0);
}

/* The number of the first entry that does not fit, or -1. */
static int first_broken(entry_t *entries, int count)
{
    const unsigned char *previous = cpts_chain_start;
    int i;

    for (i = 0; i < count; i++) {
        unsigned char hash[CPTS_CHAIN_HASH];

        hash_entry(&entries[i], hash, previous);
        if (!cpts_chain_equal(hash, entries[i].hash)) {
            return i;
        }
        previous = entries[i].hash;
    }
    return -1;
}

static void make_chain(entry_t *entries)
{
    const unsigned char *previous = cpts_chain_start;
    int i;

    for (i = 0; i < ENTRIES; i++) {
        entries[i].id = i + 1;
        entries[i].who = apr_psprintf(unit_pool, "account %d", i % 7);
        hash_entry(&entries[i], entries[i].hash, previous);
        previous = entries[i].hash;
    }
}

/* 0: change, 1: remove, 2: insert a copy, 3: swap with the next, 4: change
 * the hash too, with another key.  Returns the number of entries. */
static int alter(entry_t *entries, int at, int way)
{
    size_t after = (size_t)(ENTRIES - at - 1) * sizeof(entry_t);
    entry_t kept = entries[at];

    switch (way) {
    case 0:
        entries[at].who = "somebody else";
        return ENTRIES;
    case 1:
        memmove(&entries[at], &entries[at + 1], after);
        return ENTRIES - 1;
    case 2:
        memmove(&entries[at + 1], &entries[at], after + sizeof(entry_t));
        entries[at].id = 0;
        return ENTRIES + 1;
    case 3:
        entries[at] = entries[at + 1];
        entries[at + 1] = kept;
        return ENTRIES;
    default:
        entries[at].hash[unit_below(CPTS_CHAIN_HASH)] ^= 1;
        return ENTRIES;
    }
}

static void test_alterations(void **state)
{
    entry_t *chain = apr_palloc(unit_pool, sizeof(entry_t) * ENTRIES);
    entry_t *copy = apr_palloc(unit_pool, sizeof(entry_t) * (ENTRIES + 1));
    int round;

    (void)state;
    make_chain(chain);
    assert_int_equal(first_broken(chain, ENTRIES), -1);
    for (round = 0; round < 300; round++) {
        int at = unit_below(ENTRIES - 1);

        memcpy(copy, chain, sizeof(entry_t) * ENTRIES);
        assert_int_equal(first_broken(copy, alter(copy, at, round % 5)), at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_known),        UNIT_TEST(test_unambiguous),
        UNIT_TEST(test_every_bit),    UNIT_TEST(test_seal),
        UNIT_TEST(test_strange_kind), UNIT_TEST(test_equal),
        UNIT_TEST(test_key_text),     UNIT_TEST(test_key_faults),
        UNIT_TEST(test_key_make),     UNIT_TEST(test_alterations),
    };

    return UNIT_RUN(tests);
}
