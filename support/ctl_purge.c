/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl purge: what is older than it may be kept goes, in one step. */

#include <apr_time.h>

#include "ctl.h"
#include "store/idempotency.h"
#include "store/placement.h"
#include "store/setting.h"
#include "store/unmet.h"

#define DAY       ((int64_t)86400)
#define KEEP_MOST 36500

/* Holds written down in one transaction. */
#define EXPIRED_AT_ONCE 50

/* Removes what is older than @a before; at the end of its transaction. */
typedef cpts_db_e purge_fn(int64_t *removed, cpts_db_t *db, int64_t before);

static cpts_db_e purge_journal(int64_t *removed, cpts_db_t *db, int64_t before)
{
    return cpts_journal_purge(db, before, removed);
}

static cpts_db_e run(int64_t *removed, cpts_db_t *db, cpts_sql_e sql,
                     int64_t before)
{
    int changed = 0;
    cpts_db_e rc = cpts_db_run(db, &changed, sql, "l", before);

    *removed = changed;
    return rc;
}

static cpts_db_e purge_keys(int64_t *removed, cpts_db_t *db, int64_t before)
{
    return run(removed, db, CPTS_SQL_SHOWN_PURGE, before);
}

static cpts_db_e purge_outcomes(int64_t *removed, cpts_db_t *db,
                                int64_t before)
{
    return run(removed, db, CPTS_SQL_OUTCOME_PURGE, before);
}

static cpts_db_e purge_placements(int64_t *removed, cpts_db_t *db,
                                  int64_t before)
{
    return run(removed, db, CPTS_SQL_PURGE_PLACEMENTS, before);
}

static cpts_db_e purge_invitations(int64_t *removed, cpts_db_t *db,
                                   int64_t before)
{
    int64_t batches;
    cpts_db_e rc = run(removed, db, CPTS_SQL_PURGE_INVITATIONS, before);

    return rc == CPTS_DB_OK ? run(&batches, db, CPTS_SQL_PURGE_BATCHES, before)
                            : rc;
}

static cpts_db_e purge_links(int64_t *removed, cpts_db_t *db, int64_t before)
{
    return run(removed, db, CPTS_SQL_PURGE_LINKS, before);
}

static cpts_db_e purge_mails(int64_t *removed, cpts_db_t *db, int64_t before)
{
    return run(removed, db, CPTS_SQL_PURGE_OUTBOX, before);
}

/* Whole months, as the figures are told. */
static cpts_db_e purge_unmet(int64_t *removed, cpts_db_t *db, int64_t before)
{
    char month[CPTS_MONTH_SIZE];
    int changed = 0;
    cpts_db_e rc;

    cpts_month_format(month, cpts_day_of(apr_time_from_sec(before)));
    rc = cpts_db_run(db, &changed, CPTS_SQL_PURGE_UNMET, "s", month);
    *removed = changed;
    return rc;
}

/* How old each may get: days of --keep, or seconds of its own. */
static const struct {
    const char *what;
    int64_t life;  /* seconds, 0: what --keep says */
    int64_t least; /* seconds, whatever --keep says */
    purge_fn *purge;
} steps[] = {
    { "entries of the journal", 0, 0, purge_journal },
    /* good for a day of the server: never longer than this */
    { "keys of consultations", DAY, 0, purge_keys },
    { "keys of changes", CPTS_IDEMPOTENCY_LIFE, 0, purge_outcomes },
    /* they count in the capacity of their month */
    { "placements", 0, 31 * DAY, purge_placements },
    { "invitations", 0, 0, purge_invitations },
    { "links", 0, 0, purge_links },
    { "mails", 0, 0, purge_mails },
    { "counters of unmet needs", 0, 0, purge_unmet },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static int64_t age_of(size_t step, int keep)
{
    int64_t age = steps[step].life ? steps[step].life : keep * DAY;

    return age < steps[step].least ? steps[step].least : age;
}

/* The entry comes first: it closes ends that somebody meddled with, so that
 * a purge hides nothing. */
static cpts_db_e purge_all(int64_t removed[STEPS], cpts_db_t *db, int keep)
{
    int64_t now = apr_time_sec(apr_time_now());
    cpts_db_e rc = ctl_note(db, CPTS_DB_OK, CPTS_DID_PURGE, NULL);

    for (size_t i = 0; i < STEPS && rc == CPTS_DB_OK; i++) {
        rc = steps[i].purge(&removed[i], db, now - age_of(i, keep));
    }
    return rc;
}

/* Holds whose time has passed are written down, some at a time: httpd is not
 * to wait for all of them. */
static cpts_db_e expire_all(int64_t *expired, cpts_db_t *db)
{
    int count = EXPIRED_AT_ONCE;
    cpts_db_e rc = CPTS_DB_OK;

    for (*expired = 0; rc == CPTS_DB_OK && count == EXPIRED_AT_ONCE;
         *expired += count) {
        rc = cpts_db_start(db);
        if (rc == CPTS_DB_OK) {
            rc = cpts_placement_expire(
                &count, db, apr_time_sec(apr_time_now()), EXPIRED_AT_ONCE);
            rc = cpts_db_leave(db, 1, rc);
        }
    }
    return rc;
}

static int purge(const ctl_t *ctl, cpts_db_t *db, int keep)
{
    int64_t removed[STEPS] = { 0 };
    int64_t expired;
    cpts_db_e rc = expire_all(&expired, db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_start(db);
    }
    if (rc == CPTS_DB_OK) {
        rc = cpts_db_leave(db, 1, purge_all(removed, db, keep));
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, db, rc);
    }
    /* nothing of it may linger in the log; busy: a later one does it */
    (void)cpts_db_checkpoint(db);
    printf("%s: %lld holds written down as expired\n", ctl->file,
           (long long)expired);
    for (size_t i = 0; i < STEPS; i++) {
        printf("%s: %lld %s removed\n", ctl->file, (long long)removed[i],
               steps[i].what);
    }
    return CTL_OK;
}

/* What CptsRetention says, as httpd wrote it down. */
static int read_retention(int *keep, const ctl_t *ctl, cpts_db_t *db)
{
    cpts_db_e rc = cpts_setting_days(keep, db, CPTS_SETTING_RETENTION);

    if (rc == CPTS_DB_NONE) {
        return ctl_refuse("%s: httpd has not yet said how long the journal is"
                          " kept (CptsRetention):\n  start it once, or give"
                          " --keep DAYS",
                          ctl->file);
    }
    return rc == CPTS_DB_OK ? CTL_OK : ctl_fail(ctl, db, rc);
}

int ctl_purge(ctl_t *ctl)
{
    cpts_journal_check_t check;
    cpts_db_t *db;
    int keep, whole;

    if (ctl->keep && ctl_number(&keep, ctl->keep, 1, KEEP_MOST) != 0) {
        return ctl_refuse("--keep takes the days that the journal is kept, 1"
                          " to %d",
                          KEEP_MOST);
    }
    if (ctl_open(&db, ctl) != CTL_OK
        || (!ctl->keep && read_retention(&keep, ctl, db) != CTL_OK)
        || ctl_journal_check(&whole, &check, ctl, db) != CTL_OK) {
        return CTL_REFUSED;
    }
    if (!whole && !ctl->broken) {
        return ctl_refuse("nothing was purged: what is broken may be needed"
                          " to find out who did it.\n  Make a backup; then"
                          " --broken purges all the same.");
    }
    return purge(ctl, db, keep);
}
