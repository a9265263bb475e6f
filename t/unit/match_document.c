/* SPDX-License-Identifier: Apache-2.0 */
/* The worked example of docs/matching.md, run as it stands there. */

#include <stdlib.h>
#include <string.h>

#include <apr_siphash.h>
#include <apr_strings.h>

#include "core/match.h"
#include "core_support.h"

#define DOCUMENT "docs/matching.md"
#define TODAY    "2026-06-15"
#define BONNET   "99900000020"
#define CASTERA  "99900000038"

/* The block of the document that begins with ```json NAME. */
static json_t *block(const char *name)
{
    const char *fence = apr_psprintf(unit_pool, "\n```json %s\n", name);
    const char *begin = strstr(unit_text(DOCUMENT), fence);
    const char *end;
    json_error_t error;
    json_t *json;

    if (!begin) {
        fail_msg("%s has no block \"%s\"", DOCUMENT, name);
    }
    begin += strlen(fence);
    end = strstr(begin, "\n```");
    assert_non_null(end);
    json = json_loadb(begin, (size_t)(end - begin),
                      JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        fail_msg("block \"%s\", line %d: %s", name, error.line, error.text);
    }
    return unit_keep(json);
}

static void read_key(unsigned char key[16])
{
    const char *text = json_string_value(block("key"));
    int i;

    assert_int_equal(strlen(text), 32);
    for (i = 0; i < 16; i++) {
        char byte[3] = { text[2 * i], text[2 * i + 1], '\0' };

        key[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
}

typedef struct {
    cpts_territory_t *territory;
    cpts_snapshot_t *snapshot;
    unsigned char key[16];
} example_t;

static void make_example(example_t *e)
{
    read_key(e->key);
    e->territory = unit_territory(block("territory"));
    e->snapshot = unit_snapshot(e->territory, block("sheets"), e->key);
}

static cpts_match_t *run(const example_t *e, const char *need,
                         const char *today)
{
    cpts_match_t *match = NULL;

    assert_int_equal(cpts_match_run(&match, e->snapshot, e->territory,
                                    unit_need(block(need), e->territory),
                                    unit_day(today), unit_pool),
                     APR_SUCCESS);
    return match;
}

/* What the document leaves out is not compared; lists are whole. */
static int shows(const json_t *shown, const json_t *got)
{
    const char *name;
    json_t *value;
    size_t i;

    if (json_is_object(shown)) {
        json_object_foreach((json_t *)(uintptr_t)shown, name, value) {
            if (!shows(value, json_object_get(got, name))) {
                return 0;
            }
        }
        return json_is_object(got);
    }
    if (json_is_array(shown)) {
        for (i = 0; i < json_array_size(shown); i++) {
            if (!shows(json_array_get(shown, i), json_array_get(got, i))) {
                return 0;
            }
        }
        return json_is_array(got)
               && json_array_size(got) == json_array_size(shown);
    }
    return json_equal(shown, got);
}

static void test_answer(void **state)
{
    example_t e;
    const cpts_match_t *match;
    json_t *body;

    (void)state;
    make_example(&e);
    match = run(&e, "need", TODAY);
    body = unit_keep(json_loadb(match->body, match->length, 0, NULL));
    if (!shows(block("answer"), body)) {
        fail_msg("the answer is %.*s", (int)match->length, match->body);
    }
}

/* A row of the table of scores must end with this score and band. */
static void assert_row(const char *doctor, int score)
{
    const char *text = unit_text(DOCUMENT);
    const char *row = strstr(text, "**The scores.**");
    const char *end;
    const char *due
        = apr_psprintf(unit_pool, "| %d | %d |", score, score / 50);

    assert_non_null(row);
    row = strstr(row, apr_psprintf(unit_pool, "\n| %s |", doctor));
    assert_non_null(row);
    end = strchr(row + 1, '\n');
    row = apr_pstrndup(unit_pool, row + 1, (apr_size_t)(end - row - 1));
    if (strlen(row) < strlen(due)
        || strcmp(row + strlen(row) - strlen(due), due)) {
        fail_msg("\"%s\" does not end with \"%s\"", row, due);
    }
}

static void test_scores(void **state)
{
    example_t e;
    const cpts_match_t *match;

    (void)state;
    make_example(&e);
    match = run(&e, "need", TODAY);
    assert_int_equal(match->count, 3);
    assert_row("Bonnet", match->proposals[0].score);
    assert_row("Anglade", match->proposals[1].score);
    assert_row("Estève", match->proposals[2].score);
    match = run(&e, "need-of-turns", TODAY);
    assert_int_equal(match->proposals[0].score, 866);
    assert_int_equal(match->proposals[1].score, 820);
    assert_int_equal(match->proposals[2].score, 836);
    assert_int_equal(match->radius, 5000);
}

static void assert_proposals(const cpts_match_t *match, const json_t *due)
{
    int i;

    assert_int_equal(match->count, json_array_size(due));
    for (i = 0; i < match->count; i++) {
        assert_string_equal(match->proposals[i].rpps,
                            json_string_value(json_array_get(due, (size_t)i)));
    }
}

/* The draw over this text is told. */
static void assert_draw(const example_t *e, const char *day, const char *rpps,
                        const char *turn)
{
    const char *text = apr_pstrcat(unit_pool, day, rpps, turn, NULL);
    const char *draw
        = apr_psprintf(unit_pool, "`%016" APR_UINT64_T_HEX_FMT "`",
                       apr_siphash24(text, strlen(text), e->key));

    if (!strstr(unit_text(DOCUMENT), draw)) {
        fail_msg("the draw of %s is %s", text, draw);
    }
}

/* The proposals of each day, and the numbers that decide. */
static void test_turns(void **state)
{
    example_t e;
    json_t *turns = block("turns");
    const char *today;
    json_t *due;

    (void)state;
    json_object_foreach(turns, today, due) {
        make_example(&e); /* nobody was proposed yet */
        assert_proposals(run(&e, "need-of-turns", today), due);
        assert_draw(&e, today, BONNET, "");
        assert_draw(&e, today, CASTERA, "");
    }
}

/* The answers one after the other. */
static void test_history(void **state)
{
    example_t e;
    json_t *history = block("history");
    const json_t *one;
    size_t i;

    (void)state;
    make_example(&e);
    json_array_foreach(history, i, one) {
        const char *need = json_string_value(json_object_get(one, "need"));

        assert_proposals(run(&e, need, TODAY), json_object_get(one, "rpps"));
    }
    assert_int_equal(i, 5);
    assert_draw(&e, TODAY, BONNET, "1");
    assert_draw(&e, TODAY, CASTERA, "1");
    assert_draw(&e, TODAY, BONNET, "4");
    assert_draw(&e, TODAY, CASTERA, "4");
}

/* Every requirement has its row, in the order of the code. */
static void test_requirements(void **state)
{
    const char *at = strstr(unit_text(DOCUMENT), "## Requirements");
    int i;

    (void)state;
    assert_non_null(at);
    for (i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        at = strstr(
            at, apr_psprintf(unit_pool, "\n| `%s` |", cpts_excluded_words[i]));
        if (!at) {
            fail_msg("%s is not in its place", cpts_excluded_words[i]);
        }
    }
}

/* The defaults told are those of the code. */
static void test_defaults(void **state)
{
    const cpts_limits_t *l = &cpts_limits_default;
    const char *rows[5];
    size_t i;

    (void)state;
    rows[0] = apr_psprintf(unit_pool, "%d km, %d km, %d km",
                           l->search_start / 1000, l->search_step / 1000,
                           l->search_max / 1000);
    rows[1]
        = apr_psprintf(unit_pool, "%d km, %d km | `CptsHomeVisitRadius`",
                       l->home_visit_default / 1000, l->home_visit_max / 1000);
    rows[2] = apr_psprintf(unit_pool, "%d | `CptsProposals`", l->proposals);
    rows[3]
        = apr_psprintf(unit_pool, "%d | `CptsPriorityAge`", l->priority_age);
    rows[4] = apr_psprintf(unit_pool, "%d | `CptsSheetValidity`",
                           l->sheet_validity);
    for (i = 0; i < 5; i++) {
        if (!strstr(unit_text(DOCUMENT), rows[i])) {
            fail_msg("\"%s\" is not told", rows[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_answer),       UNIT_TEST(test_scores),
        UNIT_TEST(test_turns),        UNIT_TEST(test_history),
        UNIT_TEST(test_requirements), UNIT_TEST(test_defaults),
    };

    return UNIT_RUN(tests);
}
