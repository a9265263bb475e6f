/* SPDX-License-Identifier: Apache-2.0 */
/* What the directives of httpd say, kept in the database for cptsctl. */

#include "store/setting.h"

#include <stdlib.h>

#include <apr_strings.h>

const char *const cpts_setting_names[] = {
    [CPTS_SETTING_TERRITORY] = "territory",
    [CPTS_SETTING_ADDRESS] = "address",
    [CPTS_SETTING_PHONE] = "contact_phone",
    [CPTS_SETTING_EMAIL] = "contact_email",
    [CPTS_SETTING_VALIDITY] = "sheet_validity",
    [CPTS_SETTING_REMINDER] = "reminder",
    [CPTS_SETTING_INVITATION] = "invitation_validity",
    [CPTS_SETTING_RETENTION] = "retention",
    [CPTS_SETTINGS] = NULL,
};

cpts_db_e cpts_setting_read(const char **value, cpts_db_t *db,
                            cpts_setting_e setting, apr_pool_t *pool)
{
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_SETTING_READ, "s",
                                 cpts_setting_names[setting]);

    *value = NULL;
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    *value = apr_pstrdup(pool, cpts_db_text(db, 0));
    cpts_db_end(db);
    return CPTS_DB_OK;
}

cpts_db_e cpts_setting_days(int *days, cpts_db_t *db, cpts_setting_e setting)
{
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_SETTING_READ, "s",
                                 cpts_setting_names[setting]);

    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    *days = atoi(cpts_db_text(db, 0));
    cpts_db_end(db);
    return CPTS_DB_OK;
}

cpts_db_e cpts_setting_write(cpts_db_t *db, cpts_setting_e setting,
                             const char *value)
{
    const char *name = cpts_setting_names[setting];

    return value ? cpts_db_run(db, NULL, CPTS_SQL_SETTING_WRITE, "ss", name,
                               value)
                 : cpts_db_run(db, NULL, CPTS_SQL_SETTING_FORGET, "s", name);
}
