/* SPDX-License-Identifier: Apache-2.0 */
/* What the directives of httpd say, kept in the database for cptsctl. */

/**
 * @file setting.h
 * @brief The directives are the one place where these are set; httpd writes
 * them down when a child first reads the territory, so that timers know them.
 */
#ifndef CPTS_STORE_SETTING_H
#define CPTS_STORE_SETTING_H

#include "store/db.h"

/** Days are digits alone. */
typedef enum {
    CPTS_SETTING_TERRITORY,  /**< name of the CPTS */
    CPTS_SETTING_ADDRESS,    /**< of the pages, ends with a slash */
    CPTS_SETTING_PHONE,      /**< of the coordination */
    CPTS_SETTING_EMAIL,      /**< of the coordination */
    CPTS_SETTING_VALIDITY,   /**< of sheets, days */
    CPTS_SETTING_REMINDER,   /**< days before the end of the validity */
    CPTS_SETTING_INVITATION, /**< validity of invitations, days */
    CPTS_SETTING_RETENTION,  /**< of the journal and of what is over, days */
    CPTS_SETTINGS
} cpts_setting_e;

extern const char *const cpts_setting_names[];

/** Read one; CPTS_DB_NONE when httpd never said it. */
cpts_db_e cpts_setting_read(const char **value, cpts_db_t *db,
                            cpts_setting_e setting, apr_pool_t *pool);

/** Read a number of days. @param days unchanged with CPTS_DB_NONE */
cpts_db_e cpts_setting_days(int *days, cpts_db_t *db, cpts_setting_e setting);

/** Write one, or forget it (NULL). */
cpts_db_e cpts_setting_write(cpts_db_t *db, cpts_setting_e setting,
                             const char *value);

#endif
