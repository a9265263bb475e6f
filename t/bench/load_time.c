/* SPDX-License-Identifier: Apache-2.0 */
/* Measures the first load of all sheets, and the memory of each process. */

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>

#include "store/image.h"
#include "store/load.h"

static double milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One line of /proc/self/smaps_rollup, KiB. */
static long memory(const char *what)
{
    FILE *in = fopen("/proc/self/smaps_rollup", "r");
    char line[256], name[64];
    long found = -1;
    long value;

    while (in && fgets(line, sizeof(line), in)) {
        if (sscanf(line, "%63[^:]: %ld", name, &value) == 2
            && strcmp(name, what) == 0) {
            found = value;
        }
    }
    if (in) {
        (void)fclose(in);
    }
    return found;
}

static int fail(const char *what)
{
    (void)fprintf(stderr, "load_time: %s\n", what);
    return 1;
}

/* One process: its time and what its memory grew by. */
static int load(const char *name, const cpts_territory_t *territory,
                const char *file, int share_from)
{
    cpts_moment_t moment = { .now = apr_time_sec(apr_time_now()),
                             .today = cpts_day_of(apr_time_now()),
                             .share_from = share_from };
    long private = memory("Private_Dirty");
    cpts_snapshot_t *snapshot = NULL;
    apr_pool_t *pool;
    cpts_db_t *db;
    double begun;

    apr_pool_create(&pool, NULL);
    if (cpts_db_open(&db, file, 0, 1000, pool) != CPTS_DB_OK) {
        return fail(cpts_db_message(NULL));
    }
    begun = milliseconds();
    if (cpts_snapshot_load(&snapshot, db, NULL, territory, &moment, pool)
        != CPTS_DB_OK) {
        return fail(cpts_db_message(db));
    }
    printf("%s ms=%.1f sheets=%zu private_kib=%ld errno=%d\n", name,
           milliseconds() - begun, cpts_snapshot_count(snapshot),
           memory("Private_Dirty") - private, moment.unshared);
    (void)fflush(stdout);
    cpts_snapshot_release(snapshot);
    apr_pool_destroy(pool);
    return 0;
}

/* Each in a process of its own, as children of httpd are. */
static int in_child(const char *name, const cpts_territory_t *territory,
                    const char *file, int share_from)
{
    pid_t pid = fork();
    int status = 1;

    if (pid == 0) {
        _exit(load(name, territory, file, share_from));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return fail("cannot fork");
    }
    return status;
}

/* load_time COMMUNES.csv DATABASE: alone, cold and warm. */
int main(int argc, const char *const *argv, const char *const *env)
{
    cpts_territory_t *territory;
    const char *error;
    apr_pool_t *pool;
    int rc;

    if (argc < 3 || apr_app_initialize(&argc, &argv, &env) != APR_SUCCESS) {
        return fail("usage: load_time COMMUNES.csv DATABASE");
    }
    apr_pool_create(&pool, NULL);
    territory = cpts_territory_create(pool);
    error = cpts_territory_read(territory, argv[1], 0, pool);
    if (error) {
        return fail(error);
    }
    cpts_image_remove(cpts_image_file(argv[2], pool));
    rc = in_child("unshared", territory, argv[2], 0);
    rc = rc ? rc : in_child("cold", territory, argv[2], 1);
    rc = rc ? rc : in_child("warm", territory, argv[2], 1);
    rc = rc ? rc : in_child("warm", territory, argv[2], 1);
    apr_pool_destroy(pool);
    return rc != 0;
}
