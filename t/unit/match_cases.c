/* SPDX-License-Identifier: Apache-2.0 */
/* Matching, case by case: the table of t/data/match, one file per case. */

/*
 * A case is an object: "doc" says what it shows; "territory", "sheets" and
 * "runs" make it.  What is absent comes from _base.json: each sheet is laid
 * over its "sheet", each need over its "need".  A run is {doc, need, today,
 * expected}; "change" of a run lays one more object over the sheets, by
 * their number, and "taken" says the places that placements have taken,
 * {number: {general, reserved}}.  In "expected" only what is given is
 * compared:
 *   proposals   RPPS, or objects {rpps, metres, score, site, reserved,
 *               reasons, contact, visits}, in order
 *   radius_km, candidates, advice (codes), excluded {requirement: count}
 */

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/match.h"
#include "core_support.h"

#define FOLDER "t/data/match"

typedef struct {
    const json_t *base;
    const json_t *json; /* the case */
    cpts_territory_t *territory;
    const char *what; /* which run, for messages */
} running_t;

static json_t *over(const json_t *base, const json_t *top)
{
    json_t *copy = unit_keep(json_deep_copy(base));

    if (top && json_object_update_recursive(copy, (json_t *)(uintptr_t)top)) {
        fail_msg("short of memory");
    }
    return copy;
}

/* Sites are whole arrays: each is laid over the first site of the base. */
static void complete_sites(json_t *sheet, const json_t *base)
{
    const json_t *model = json_array_get(json_object_get(base, "sites"), 0);
    json_t *sites = json_object_get(sheet, "sites");
    json_t *site;
    size_t i;

    json_array_foreach(sites, i, site) {
        json_array_set(sites, i, over(model, site));
    }
}

static json_t *make_sheets(const running_t *r, const json_t *run)
{
    const json_t *base = json_object_get(r->base, "sheet");
    const json_t *change = json_object_get(run, "change");
    json_t *sheets = unit_keep(json_array());
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(r->json, "sheets"), i, one) {
        json_t *sheet = over(base, one);
        const char *number = apr_psprintf(unit_pool, "%d", (int)i + 1);

        sheet = over(sheet, json_object_get(change, number));
        complete_sites(sheet, base);
        if (!json_object_get(sheet, "rpps")) {
            json_object_set_new(
                sheet, "rpps",
                json_string(apr_psprintf(unit_pool, "9990000000%s", number)));
        }
        json_array_append(sheets, sheet);
    }
    return sheets;
}

static apr_status_t drop(void *snapshot)
{
    cpts_snapshot_release(snapshot);
    return APR_SUCCESS;
}

static int taken(const json_t *places, const char *pool)
{
    return (int)json_integer_value(json_object_get(places, pool));
}

/* The next version, in which placements have taken places. */
static cpts_snapshot_t *take_places(const running_t *r, const json_t *run,
                                    cpts_snapshot_t *before)
{
    cpts_changes_t *changes
        = cpts_changes_create(before, r->territory, unit_pool);
    cpts_snapshot_t *next = NULL;
    json_t *sheets = make_sheets(r, run);
    const char *number;
    json_t *places;

    json_object_foreach(json_object_get(run, "taken"), number, places) {
        int id = atoi(number);
        json_t *sheet = json_array_get(sheets, (size_t)id - 1);

        assert_int_equal(
            cpts_changes_put(changes, id, unit_sheet(sheet, r->territory)),
            APR_SUCCESS);
        cpts_changes_take(changes, taken(places, "general"),
                          taken(places, "reserved"));
    }
    assert_int_equal(cpts_changes_commit(&next, changes, 2, unit_key),
                     APR_SUCCESS);
    apr_pool_cleanup_register(unit_pool, next, drop, apr_pool_cleanup_null);
    return next;
}

static cpts_snapshot_t *make_snapshot(const running_t *r, const json_t *run)
{
    cpts_snapshot_t *all
        = unit_snapshot(r->territory, make_sheets(r, run), unit_key);

    return json_object_get(run, "taken") ? take_places(r, run, all) : all;
}

/* Comparing */

static void expect_number(const running_t *r, const json_t *expected,
                          const char *name, long long got)
{
    const json_t *due = json_object_get(expected, name);

    if (due && json_integer_value(due) != got) {
        fail_msg("%s: %s is %lld, not %lld", r->what, name, got,
                 (long long)json_integer_value(due));
    }
}

static void expect_text(const running_t *r, const json_t *due,
                        const char *name, const char *got)
{
    if (due && strcmp(json_string_value(due), got)) {
        fail_msg("%s: %s is \"%s\", not \"%s\"", r->what, name, got,
                 json_string_value(due));
    }
}

static json_t *codes_of(const json_t *list)
{
    json_t *codes = unit_keep(json_array());
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) {
        json_array_append(codes, json_object_get(one, "code"));
    }
    return codes;
}

static void expect_codes(const running_t *r, const json_t *due,
                         const json_t *list, const char *name)
{
    json_t *codes = codes_of(list);

    if (due && !json_equal(due, codes)) {
        fail_msg("%s: %s are %s, not %s", r->what, name, unit_dump(codes),
                 unit_dump(due));
    }
}

/* A whole member; null in a case: it is not there. */
static void expect_member(const running_t *r, const json_t *due,
                          const json_t *body, const char *name)
{
    const json_t *wanted = json_object_get(due, name);
    const json_t *got = json_object_get(body, name);

    if (wanted && !(json_is_null(wanted) ? !got : json_equal(wanted, got))) {
        fail_msg("%s: %s is %s", r->what, name, got ? unit_dump(got) : "none");
    }
}

static void expect_proposal(const running_t *r, const json_t *due,
                            const cpts_proposal_t *got, const json_t *body)
{
    const json_t *site = json_object_get(body, "site");

    if (json_is_string(due)) {
        expect_text(r, due, "rpps", got->rpps);
        return;
    }
    expect_text(r, json_object_get(due, "rpps"), "rpps", got->rpps);
    expect_number(r, due, "metres", got->distance);
    expect_number(r, due, "score", got->score);
    expect_number(r, due, "reserved", got->reserved);
    expect_text(r, json_object_get(due, "site"), "site",
                json_string_value(json_object_get(site, "name")));
    expect_codes(r, json_object_get(due, "reasons"),
                 json_object_get(body, "reasons"), "reasons");
    expect_member(r, due, body, "contact");
    expect_member(r, due, body, "visits");
}

static const char *list_proposals(const cpts_match_t *match)
{
    const char *text = "";
    int i;

    for (i = 0; i < match->count; i++) {
        text = apr_psprintf(unit_pool, "%s %s (%d m, score %d)", text,
                            match->proposals[i].rpps,
                            match->proposals[i].distance,
                            match->proposals[i].score);
    }
    return text;
}

static void expect_proposals(const running_t *r, const json_t *due,
                             const cpts_match_t *match, const json_t *body)
{
    const json_t *list = json_object_get(body, "proposals");
    const json_t *one;
    size_t i;

    if (json_array_size(list) != (size_t)match->count) {
        fail_msg("%s: the body has another number of proposals", r->what);
    }
    if (!due) {
        return;
    }
    if (json_array_size(due) != (size_t)match->count) {
        fail_msg("%s: %d proposals:%s", r->what, match->count,
                 list_proposals(match));
    }
    json_array_foreach(due, i, one) {
        expect_proposal(r, one, &match->proposals[i], json_array_get(list, i));
    }
}

/* All of them: one that is not named must be 0. */
static void expect_excluded(const running_t *r, const json_t *due,
                            const cpts_match_t *match)
{
    int i;

    for (i = 0; due && i < CPTS_EXCLUDED_COUNT; i++) {
        int count = (int)json_integer_value(
            json_object_get(due, cpts_excluded_words[i]));

        if (match->excluded[i] != count) {
            fail_msg("%s: %d excluded by %s, not %d", r->what,
                     match->excluded[i], cpts_excluded_words[i], count);
        }
    }
}

static void expect_radius(const running_t *r, const json_t *due,
                          const json_t *got)
{
    if (due && !json_equal(due, got)) {
        fail_msg("%s: radius_km is %s, not %s", r->what, unit_dump(got),
                 unit_dump(due));
    }
}

static void check_run(running_t *r, const json_t *run, size_t number)
{
    const json_t *expected = json_object_get(run, "expected");
    const char *doc = json_string_value(json_object_get(run, "doc"));
    const char *today = json_string_value(json_object_get(run, "today"));
    const json_t *need;
    cpts_match_t *match = NULL;
    json_t *body;

    r->what = apr_psprintf(unit_pool, "run %d (%s)", (int)number + 1,
                           doc ? doc : "");
    need
        = over(json_object_get(r->base, "need"), json_object_get(run, "need"));
    if (json_object_get(need, "point")) {
        json_object_del((json_t *)(uintptr_t)need, "commune");
    }
    if (!today) {
        today = json_string_value(json_object_get(r->base, "today"));
    }
    assert_int_equal(cpts_match_run(&match, make_snapshot(r, run),
                                    r->territory,
                                    unit_need(need, r->territory),
                                    unit_day(today), unit_pool),
                     APR_SUCCESS);
    body = unit_keep(
        json_loadb(match->body, match->length, JSON_REJECT_DUPLICATES, NULL));
    expect_proposals(r, json_object_get(expected, "proposals"), match, body);
    expect_number(r, expected, "candidates", match->candidates);
    expect_radius(r, json_object_get(expected, "radius_km"),
                  json_object_get(body, "radius_km"));
    expect_excluded(r, json_object_get(expected, "excluded"), match);
    expect_codes(r, json_object_get(expected, "advice"),
                 json_object_get(body, "advice"), "advice");
}

static void check_case(void **state)
{
    const unit_case_t *one = *state;
    running_t r = { NULL, one->json, NULL, "" };
    json_t *runs = json_object_get(one->json, "runs");
    size_t i;
    const json_t *run;

    r.base = unit_json(FOLDER "/_base.json");
    r.territory
        = unit_territory(over(json_object_get(r.base, "territory"),
                              json_object_get(one->json, "territory")));
    assert_true(json_array_size(runs) > 0);
    json_array_foreach(runs, i, run) {
        assert_non_null(json_object_get(run, "expected"));
        check_run(&r, run, i);
    }
}

int main(void)
{
    return unit_run_cases(FOLDER, check_case, NULL, 0);
}
