/* SPDX-License-Identifier: Apache-2.0 */
/* All that is held about one person, read as JSON. */

#include "store/export.h"

/* What an export holds, in this order: each row comes as a JSON text.  Of
 * account, sheet and RPPS a statement takes the first one, two or three. */
static const struct {
    const char *name;
    cpts_sql_e sql;
    const char *types;
} sections[] = {
    { "accounts", CPTS_SQL_EXPORT_ACCOUNTS, "lls" },
    { "delegates", CPTS_SQL_EXPORT_DELEGATES, "lls" },
    { "sheets", CPTS_SQL_EXPORT_SHEETS, "ll" },
    { "placements", CPTS_SQL_EXPORT_PLACEMENTS, "ll" },
    { "journal", CPTS_SQL_EXPORT_JOURNAL, "ll" },
    { "invitations", CPTS_SQL_EXPORT_INVITATIONS, "lls" },
    { "mails", CPTS_SQL_EXPORT_OUTBOX, "ll" },
    { "links", CPTS_SQL_EXPORT_LINKS, "ll" },
    { "keys", CPTS_SQL_EXPORT_KEYS, "l" },
};

static cpts_db_e add_row(json_t *rows, cpts_db_t *db)
{
    const char *text = cpts_db_text(db, 0);
    json_error_t error;
    json_t *row = text ? json_loads(text, 0, &error) : NULL;

    if (!row) {
        cpts_db_explain(db, "a row of the export is no JSON");
        return CPTS_DB_ERROR;
    }
    return json_array_append_new(rows, row) == 0 ? CPTS_DB_OK : CPTS_DB_ERROR;
}

static cpts_db_e add_section(json_t *rows, cpts_db_t *db, size_t section,
                             int64_t account, int64_t sheet, const char *rpps)
{
    cpts_db_e rc
        = cpts_db_begin(db, sections[section].sql, sections[section].types,
                        account, sheet, rpps);

    while (rc == CPTS_DB_OK && (rc = cpts_db_step(db)) == CPTS_DB_ROW) {
        rc = add_row(rows, db);
    }
    cpts_db_end(db);
    return rc;
}

static cpts_db_e add_sections(json_t *json, cpts_db_t *db, int64_t account,
                              int64_t sheet, const char *rpps)
{
    cpts_db_e rc = CPTS_DB_OK;

    for (size_t i = 0;
         i < sizeof(sections) / sizeof(sections[0]) && rc == CPTS_DB_OK; i++) {
        json_t *rows = json_array();

        if (json_object_set_new(json, sections[i].name, rows) != 0) {
            return CPTS_DB_ERROR;
        }
        rc = add_section(rows, db, i, account, sheet, rpps);
    }
    return rc;
}

/* The first column of the first row, 0 where there is none. */
static cpts_db_e number_of(int64_t *number, cpts_db_t *db, cpts_sql_e sql,
                           const char *rpps)
{
    cpts_db_e rc = cpts_db_number(number, db, sql, "s", rpps);

    if (rc == CPTS_DB_NONE) {
        *number = 0;
        rc = CPTS_DB_OK;
    }
    return rc;
}

cpts_db_e cpts_export_read(json_t **json, int64_t *sheet, cpts_db_t *db,
                           int64_t account, const char *rpps)
{
    cpts_db_e rc = CPTS_DB_OK;

    *json = NULL;
    *sheet = 0;
    if (rpps) {
        rc = number_of(sheet, db, CPTS_SQL_EXPORT_SHEET_ID, rpps);
    }
    if (rc == CPTS_DB_OK && !account) {
        rc = number_of(&account, db, CPTS_SQL_EXPORT_ACCOUNT_ID, rpps);
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    *json = json_object();
    rc = add_sections(*json, db, account, *sheet, rpps);
    if (rc != CPTS_DB_OK) {
        json_decref(*json);
        *json = NULL;
    }
    return rc;
}
