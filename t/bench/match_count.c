/* SPDX-License-Identifier: Apache-2.0 */
/* match_count: what our own part of POST /match costs, without httpd.
 *
 *   match_count COMMUNES.csv DATABASE NEEDS [PASSES]
 *
 * The needs (one JSON object a line) are decoded and answered in turn, as
 * the route does: first until the lists are made and equals have turns of
 * their own, then PASSES times.  Prints the
 * needs answered and the nanoseconds of processor time for each.  For
 * instructions:
 *
 *   valgrind --tool=callgrind --instr-atstart=no match_count ...
 *
 * counts from then on; the sum divided by the needs answered is
 * what one costs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_general.h>

#include "core/match.h"
#include "store/load.h"

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#define NEEDS_MAX 10000
#define LINE_SIZE 4096
/* Before anything is counted. */
#define PASSES_BEFORE 20

/* What all needs are answered from. */
typedef struct {
    cpts_territory_t *territory;
    cpts_snapshot_t *snapshot;
    cpts_day_t today;
    json_t *needs[NEEDS_MAX];
    int count;
} bench_t;

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "match_count: %s: %s\n", what, why);
    exit(1);
}

static void load(bench_t *bench, const char *communes, const char *file,
                 apr_pool_t *pool)
{
    cpts_moment_t moment = { .now = apr_time_sec(apr_time_now()) };
    const char *error;
    cpts_db_t *db;

    bench->today = moment.today = cpts_day_of(apr_time_now());
    bench->territory = cpts_territory_create(pool);
    error = cpts_territory_read(bench->territory, communes, 0, pool);
    if (error) {
        give_up(communes, error);
    }
    if (cpts_db_open(&db, file, 0, 1000, pool) != CPTS_DB_OK) {
        give_up(file, cpts_db_message(NULL));
    }
    if (cpts_snapshot_load(&bench->snapshot, db, NULL, bench->territory,
                           &moment, pool)
        != CPTS_DB_OK) {
        give_up(file, cpts_db_message(db));
    }
    cpts_db_close(db);
}

static void read_needs(bench_t *bench, const char *file)
{
    char line[LINE_SIZE];
    FILE *in = fopen(file, "r");

    if (!in) {
        give_up(file, "cannot be read");
        return;
    }
    while (bench->count < NEEDS_MAX && fgets(line, sizeof(line), in)) {
        json_t *need = json_loads(line, 0, NULL);

        if (!need) {
            give_up(file, "a line is no JSON");
        }
        bench->needs[bench->count++] = need;
    }
    fclose(in);
}

/* As post_match() does it, of one need. */
static void answer(const bench_t *bench, const json_t *json, apr_pool_t *pool)
{
    cpts_faults_t *faults = cpts_faults_create(pool);
    cpts_need_t *need = cpts_need_decode(json, bench->territory, faults, pool);
    cpts_match_t *match;

    if (!need) {
        give_up("a need", cpts_faults_get(faults, 0)->pointer);
    }
    if (cpts_match_run(&match, bench->snapshot, bench->territory, need,
                       bench->today, pool)
        != APR_SUCCESS) {
        give_up("a need", "no memory");
    }
    apr_pool_clear(pool);
}

static void answer_all(const bench_t *bench, apr_pool_t *pool)
{
    int i;

    for (i = 0; i < bench->count; i++) {
        answer(bench, bench->needs[i], pool);
    }
}

static double nanoseconds(void)
{
    struct timespec now;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)) {
        give_up("clock", "cannot be read");
    }
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    static bench_t bench;
    apr_pool_t *pool = NULL, *request = NULL;
    int passes = argc > 4 ? atoi(argv[4]) : 1;
    double before;
    int i;

    if (argc < 4 || passes < 1) {
        give_up("usage", "COMMUNES.csv DATABASE NEEDS [PASSES]");
    }
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&pool, NULL) != APR_SUCCESS
        || apr_pool_create(&request, pool) != APR_SUCCESS) {
        give_up("start", "no memory");
    }
    load(&bench, argv[1], argv[2], pool);
    read_needs(&bench, argv[3]);
    for (i = 0; i < PASSES_BEFORE; i++) {
        answer_all(&bench, request);
    }
    before = nanoseconds();
    CALLGRIND_START_INSTRUMENTATION;
    for (i = 0; i < passes; i++) {
        answer_all(&bench, request);
    }
    CALLGRIND_STOP_INSTRUMENTATION;
    printf("%d needs answered, %.0f ns each\n", passes * bench.count,
           (nanoseconds() - before) / passes / bench.count);
    for (i = 0; i < bench.count; i++) {
        json_decref(bench.needs[i]);
    }
    cpts_snapshot_release(bench.snapshot);
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}
