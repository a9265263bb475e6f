/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests of the store share: a folder, databases, sheets. */

#include "store_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <sqlite3.h>

#include "core/text.h"
#include "store/account.h"
#include "store/migrate.h"

#define NOBODY  65534
#define TIMEOUT 100

static char folder[64];

/* Numbers of accounts that need not be there. */
const cpts_actor_t store_coordinator
    = { "coordination", CPTS_COORDINATOR, NULL, 901 };
const cpts_actor_t store_pharmacist
    = { "pharmacie", CPTS_PROFESSIONAL, NULL, 902 };
const cpts_actor_t store_doctor = { "docteur", CPTS_DOCTOR, STORE_OWN, 903 };
const cpts_actor_t store_delegate
    = { "secretariat", CPTS_DELEGATE, STORE_OWN, 904 };

int store_setup(void **state)
{
    snprintf(folder, sizeof(folder), "/tmp/cpts-store-XXXXXX");
    /* those who are not root must get in as well */
    return mkdtemp(folder) && chmod(folder, 0777) == 0 ? unit_setup(state)
                                                       : -1;
}

static void empty_folder(void)
{
    apr_dir_t *dir;
    apr_finfo_t entry;

    if (apr_dir_open(&dir, folder, unit_pool) != APR_SUCCESS) {
        return;
    }
    while (apr_dir_read(&entry, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        const char *path = store_path(entry.name);

        if (unlink(path) != 0 && *entry.name != '.') {
            rmdir(path);
        }
    }
    apr_dir_close(dir);
}

int store_teardown(void **state)
{
    empty_folder();
    rmdir(folder);
    return unit_teardown(state);
}

const char *store_path(const char *name)
{
    return apr_pstrcat(unit_pool, folder, "/", name, NULL);
}

void store_kind_at(cpts_db_e kind, cpts_db_e expected, const char *file,
                   int line)
{
    if (kind != expected && kind < CPTS_DB_KINDS) {
        print_error("%s:%d: %s, not %s\n", file, line,
                    cpts_db_faults[kind].code, cpts_db_faults[expected].code);
        print_error("last failed open: %s\n", cpts_db_message(NULL));
        _fail(file, line);
    }
}

const char *store_make(const char *name)
{
    const char *file = store_path(name);

    store_kind(cpts_db_init(file, cpts_migrations_all(), unit_pool),
               CPTS_DB_OK);
    return file;
}

cpts_db_t *store_open(const char *file)
{
    cpts_db_t *db;

    store_kind(cpts_db_open(&db, file, 0, TIMEOUT, unit_pool), CPTS_DB_OK);
    return db;
}

static sqlite3 *open_raw(const char *file)
{
    sqlite3 *raw;

    if (sqlite3_open_v2(file, &raw, SQLITE_OPEN_READWRITE, NULL)
        != SQLITE_OK) {
        fail_msg("%s: %s", file, sqlite3_errmsg(raw));
    }
    return raw;
}

void store_exec(const char *file, const char *sql)
{
    sqlite3 *raw = open_raw(file);
    char *error = NULL;

    if (sqlite3_exec(raw, sql, NULL, NULL, &error) != SQLITE_OK) {
        fail_msg("%s: %s", sql, error);
    }
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

int64_t store_number(const char *file, const char *sql)
{
    sqlite3 *raw = open_raw(file);
    sqlite3_stmt *statement;
    int64_t number;

    if (sqlite3_prepare_v2(raw, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail_msg("%s: %s", sql, sqlite3_errmsg(raw));
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
    return number;
}

int store_command(const char *file, const char *sql)
{
    const char *line;

    if (system("command -v sqlite3 >/dev/null 2>&1") != 0) {
        return 0;
    }
    line = apr_pstrcat(unit_pool, "sqlite3 -bail '", file, "' \"", sql,
                       "\" >/dev/null", NULL);
    assert_int_equal(system(line), 0);
    return 1;
}

const char *store_bytes(const char *file, size_t *length)
{
    int fd = open(file, O_RDONLY);
    struct stat st;
    char *bytes;

    if (fd < 0 || fstat(fd, &st) != 0) {
        fail_msg("cannot read %s", file);
    }
    *length = (size_t)st.st_size;
    bytes = apr_pcalloc(unit_pool, *length + 1);
    assert_int_equal(read(fd, bytes, *length), st.st_size);
    close(fd);
    return bytes;
}

int store_holds(const char *file, const char *text)
{
    size_t length;
    const char *bytes;

    if (access(file, F_OK) != 0) {
        return 0;
    }
    bytes = store_bytes(file, &length);
    return memmem(bytes, length, text, strlen(text)) != NULL;
}

void store_damage(const char *file, off_t offset, size_t length)
{
    int fd = open(file, O_WRONLY);
    char *garbage = apr_palloc(unit_pool, length);

    memset(garbage, 0xA5, length);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, garbage, length, offset), (ssize_t)length);
    close(fd);
}

int store_as_nobody(int (*function)(const char *file), const char *file)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
            _exit(100);
        }
        _exit(function(file));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 100) {
        skip();
    }
    return WEXITSTATUS(status);
}

cpts_actor_t store_actor(cpts_db_t *db, const char *name, int role,
                         const char *rpps)
{
    cpts_account_t account = { .name = name,
                               .hash = "$2y$hash",
                               .role = role,
                               .rpps = rpps,
                               .created_at = 1 };
    cpts_actor_t actor = { name, role, rpps, 0 };
    cpts_db_e rc = cpts_account_add(db, &account);

    if (rc != CPTS_DB_CONFLICT) {
        store_kind(rc, CPTS_DB_OK);
    }
    store_kind(cpts_account_read(&account, db, name, unit_pool), CPTS_DB_OK);
    actor.id = account.id;
    return actor;
}

void store_erase(cpts_db_t *db, const cpts_actor_t *actor, const char *rpps)
{
    int64_t id = 0;

    store_kind(cpts_sheet_erase(&id, db, actor, rpps), CPTS_DB_OK);
    assert_true(id > 0);
}

void store_write_file(const char *file, const char *text)
{
    FILE *out = fopen(file, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

cpts_sheet_t *store_sheet(const char *rpps, const char *name)
{
    cpts_sheet_t *sheet;
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s,"
        " s:[{s:s, s:s, s:s, s:b}], s:[s, s],"
        " s:{s:s, s:{s:i, s:s, s:i}}, s:s}",
        "rpps", rpps, "name", name, "sex", "F", "phone", "05 36 49 00 01",
        "contact", "phone", "sites", "address", "1 rue des Essais", "commune",
        "31113", "structure", "practice", "accessible", 1, "languages", "fr",
        "ar", "availability", "state", "open", "capacity", "places", 4,
        "period", "month", "reserved", 1, "note", "Fiche fictive.");

    assert_non_null(json);
    sheet = cpts_sheet_decode_stored(unit_dump(unit_keep(json)), unit_pool);
    assert_non_null(sheet);
    return sheet;
}

cpts_stored_sheet_t store_create(cpts_db_t *db, const char *rpps,
                                 const char *name, const char *day)
{
    cpts_sheet_t *sheet = store_sheet(rpps, name);
    cpts_stored_sheet_t out;

    store_kind(
        cpts_sheet_create(&out, db, sheet,
                          cpts_sheet_search_text(sheet, NULL, unit_pool),
                          CPTS_BY_IMPORT, unit_day(day), unit_pool),
        CPTS_DB_OK);
    return out;
}
