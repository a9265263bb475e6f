/* SPDX-License-Identifier: Apache-2.0 */
/* What the directives say, written down for cptsctl. */

/**
 * @file settings.h
 */
#ifndef CPTS_HTTPD_SETTINGS_H
#define CPTS_HTTPD_SETTINGS_H

#include "httpd/config.h"
#include "store/db.h"

/**
 * Write the settings that differ from those in the database, in a transaction
 * of its own; nothing is locked when none does.
 */
cpts_db_e cpts_settings_keep(cpts_db_t *db, const cpts_config_t *config,
                             apr_pool_t *pool);

#endif
