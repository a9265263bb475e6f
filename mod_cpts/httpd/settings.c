/* SPDX-License-Identifier: Apache-2.0 */
/* What the directives say, written down for cptsctl. */

#include "httpd/settings.h"

#include <string.h>

#include <apr_strings.h>

#include "store/setting.h"

static const char *days(apr_pool_t *pool, apr_int64_t number)
{
    return apr_psprintf(pool, "%" APR_INT64_T_FMT, number);
}

static void collect(const char *values[CPTS_SETTINGS],
                    const cpts_config_t *config, apr_pool_t *pool)
{
    memset(values, 0, sizeof(values[0]) * CPTS_SETTINGS);
    values[CPTS_SETTING_TERRITORY] = config->name;
    values[CPTS_SETTING_ADDRESS] = config->address;
    values[CPTS_SETTING_PHONE] = config->phone;
    values[CPTS_SETTING_EMAIL] = config->email;
    values[CPTS_SETTING_VALIDITY] = days(pool, config->sheet_validity);
    values[CPTS_SETTING_REMINDER] = days(pool, config->reminder);
    values[CPTS_SETTING_INVITATION] = days(pool, config->invitation_validity);
    values[CPTS_SETTING_RETENTION] = days(pool, config->retention);
}

static int differ(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) != 0 : one != other;
}

/* 1 when one is not in the database as it is to be. */
static cpts_db_e compare(int *changed, cpts_db_t *db,
                         const char *const values[CPTS_SETTINGS],
                         apr_pool_t *pool)
{
    int i;

    *changed = 0;
    for (i = 0; i < CPTS_SETTINGS && !*changed; i++) {
        const char *known;
        cpts_db_e rc = cpts_setting_read(&known, db, (cpts_setting_e)i, pool);

        if (rc != CPTS_DB_OK && rc != CPTS_DB_NONE) {
            return rc;
        }
        *changed = differ(known, values[i]);
    }
    return CPTS_DB_OK;
}

static cpts_db_e write_all(cpts_db_t *db,
                           const char *const values[CPTS_SETTINGS])
{
    cpts_db_e rc = cpts_db_start(db);
    int i;

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    for (i = 0; i < CPTS_SETTINGS && rc == CPTS_DB_OK; i++) {
        rc = cpts_setting_write(db, (cpts_setting_e)i, values[i]);
    }
    return cpts_db_leave(db, 1, rc);
}

cpts_db_e cpts_settings_keep(cpts_db_t *db, const cpts_config_t *config,
                             apr_pool_t *pool)
{
    const char *values[CPTS_SETTINGS];
    int changed;
    cpts_db_e rc;

    collect(values, config, pool);
    rc = compare(&changed, db, values, pool);
    return rc == CPTS_DB_OK && changed ? write_all(db, values) : rc;
}
