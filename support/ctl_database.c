/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl init, migrate, check, backup: the file as a whole. */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "ctl.h"
#include "store/account.h"
#include "store/load.h"
#include "store/migrate.h"
#include "store/sheet.h"

/* From this schema on there is a journal. */
#define CTL_JOURNAL_SCHEMA 2

int ctl_init(ctl_t *ctl)
{
    cpts_db_e rc = cpts_db_init(ctl->file, cpts_migrations_all(), ctl->pool);

    if (rc == CPTS_DB_CONFLICT) {
        return ctl_refuse("%s: %s\n  Nothing was changed. To start again,"
                          " move it away or choose another name.",
                          ctl->file, cpts_db_message(NULL));
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, NULL, rc);
    }
    printf("%s: made, schema %d\n%s.key: made, the key of its journal:"
           " both are needed\n",
           ctl->file, CPTS_SCHEMA_VERSION, ctl->file);
    if (geteuid() == 0) {
        puts("Now give them to the user of httpd, for example:"
             " chown www-data FILE FILE.key;\nthis user must also be able to"
             " make files in its folder.");
    }
    return CTL_OK;
}

/* With schema 2 the journal begins, and needs a key. */
static void tell_key(const ctl_t *ctl, const cpts_migrated_t *done)
{
    if (done->from < CTL_JOURNAL_SCHEMA) {
        printf("%s.key: made, the key of its journal, readable by those who"
               " may read the\ndatabase: both are needed, keep a copy\n",
               ctl->file);
    }
}

int ctl_migrate(ctl_t *ctl)
{
    cpts_migrated_t done;
    cpts_db_e rc = cpts_db_migrate(&done, ctl->file, cpts_migrations_all(),
                                   ctl_progress, "backup", ctl->pool);

    ctl_progress_end();
    if (done.backup) {
        printf("%s: the state before is in %s\n", ctl->file, done.backup);
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, NULL, rc);
    }
    if (done.from == done.to) {
        printf("%s: schema %d already, nothing to do\n", ctl->file, done.to);
    }
    else {
        printf("%s: from schema %d to schema %d. Restart httpd if it runs"
               " an older mod_cpts.\n",
               ctl->file, done.from, done.to);
        tell_key(ctl, &done);
    }
    return CTL_OK;
}

/* The copy is of no use to httpd without the key. */
static int backup_key(const ctl_t *ctl, const char *from, const char *to)
{
    cpts_db_e rc = cpts_journal_key_copy(from, to, ctl->pool);

    if (rc != CPTS_DB_OK) {
        return ctl_refuse("%s.key: not copied to %s.key: %s", ctl->file, to,
                          rc == CPTS_DB_CONFLICT ? "there is such a file"
                                                 : cpts_db_faults[rc].log);
    }
    printf("%s.key: copied to %s.key; whoever has both can write a journal"
           " that looks\nwhole, so keep the key apart from copies that"
           " others can read\n",
           ctl->file, to);
    return CTL_OK;
}

/* An old key under this name would be taken for that of the copy; whether
 * the copy itself has a place is looked at by those who make it. */
static int key_in_the_way(const ctl_t *ctl, const char *to)
{
    struct stat st;

    return lstat(to, &st) != 0
           && lstat(apr_pstrcat(ctl->pool, to, ".key", NULL), &st) == 0;
}

int ctl_backup(ctl_t *ctl)
{
    const char *to = ctl->operands[0];
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    if (key_in_the_way(ctl, to)) {
        return ctl_refuse("%s.key: File exists\n  Nothing was overwritten:"
                          " choose another name, or move that file away.",
                          to);
    }
    rc = cpts_db_backup(db, to, ctl_progress, "backup", ctl->pool);
    ctl_progress_end();
    if (rc == CPTS_DB_CONFLICT) {
        return ctl_refuse("%s\n  Nothing was overwritten: choose another"
                          " name, or move that file away.",
                          cpts_db_message(db));
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(ctl, db, rc);
    }
    printf("%s: copied to %s\n", ctl->file, to);
    return backup_key(ctl, cpts_db_file(db), to);
}

/* --- check */

/* What one look at the whole file found. */
typedef struct {
    const ctl_t *ctl;
    cpts_db_t *db;
    int faults;
    int sheets;
    int accounts;
} check_t;

static void found(check_t *check, const char *what)
{
    check->faults++;
    printf("%s: %s\n", check->ctl->file, what);
}

static void found_kind(check_t *check, cpts_db_e kind)
{
    found(check,
          apr_psprintf(check->ctl->pool, "%s (%s)", cpts_db_faults[kind].log,
                       cpts_db_message(check->db)));
}

/* SQLite says "ok", or one line for each damage. */
static void check_pages(check_t *check)
{
    const char *line;
    cpts_db_e rc = cpts_db_begin(check->db, CPTS_SQL_INTEGRITY_CHECK, "");

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(check->db)) == CPTS_DB_ROW) {
        line = cpts_db_text(check->db, 0);
        if (line && strcmp(line, "ok") != 0) {
            found(check, line);
        }
        rc = CPTS_DB_OK;
    }
    cpts_db_end(check->db);
    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

static void check_references(check_t *check)
{
    cpts_db_e rc = cpts_db_begin(check->db, CPTS_SQL_FOREIGN_KEY_CHECK, "");

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(check->db)) == CPTS_DB_ROW) {
        found(check, apr_psprintf(check->ctl->pool,
                                  "a row of %s refers to nothing in %s",
                                  cpts_db_text(check->db, 0),
                                  cpts_db_text(check->db, 2)));
        rc = CPTS_DB_OK;
    }
    cpts_db_end(check->db);
    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

static void check_schema(check_t *check)
{
    cpts_db_e rc = cpts_db_rehearse(check->db);

    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

static cpts_db_e count_sheet(void *baton, const cpts_stored_sheet_t *row)
{
    check_t *check = baton;

    (void)row;
    if (++check->sheets % 1000 == 0) {
        ctl_progress("sheets", check->sheets, 0);
    }
    return CPTS_DB_OK;
}

static void check_sheets(check_t *check)
{
    cpts_sheet_filter_t all = { .stale = -1, .limit = INT32_MAX };
    cpts_db_e rc = cpts_sheet_list(check->db, &all, count_sheet, check,
                                   check->ctl->pool);

    ctl_progress_end();
    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
    else if (cpts_db_skipped(check->db)) {
        found(check, apr_psprintf(check->ctl->pool,
                                  "%d sheets cannot be read: they are not"
                                  " proposed (%s)",
                                  cpts_db_skipped(check->db),
                                  cpts_db_message(check->db)));
    }
}

static cpts_db_e count_account(void *baton, const cpts_account_t *row)
{
    check_t *check = baton;

    check->accounts++;
    if (row->role < 0) {
        found(check,
              apr_psprintf(check->ctl->pool,
                           "the account %s has no known role", row->name));
    }
    return CPTS_DB_OK;
}

static void check_accounts(check_t *check)
{
    cpts_db_e rc
        = cpts_account_list(check->db, count_account, check, check->ctl->pool);

    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

static void check_key(check_t *check)
{
    cpts_db_e rc = cpts_journal_key_look(check->db);

    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

static void check_generation(check_t *check, int64_t *generation)
{
    unsigned char key[16];
    cpts_db_e rc = cpts_generation_read(check->db, generation, key);

    if (rc != CPTS_DB_OK) {
        found_kind(check, rc);
    }
}

int ctl_check(ctl_t *ctl)
{
    check_t check = { .ctl = ctl };
    int64_t generation = 0;

    if (ctl_open(&check.db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    check_pages(&check);
    check_references(&check);
    check_schema(&check);
    check_sheets(&check);
    check_accounts(&check);
    check_key(&check);
    check_generation(&check, &generation);
    if (check.faults) {
        printf("%s: NOT SOUND, %d faults. Stop httpd, keep a copy of the"
               " file, and put a\nbackup in its place.\n",
               ctl->file, check.faults);
        return CTL_REFUSED;
    }
    printf("%s: sound: schema %d, generation %lld, %d sheets, %d accounts,"
           " the key is there\n",
           ctl->file, CPTS_SCHEMA_VERSION, (long long)generation, check.sheets,
           check.accounts);
    return CTL_OK;
}
