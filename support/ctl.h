/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of cptsctl share: options, messages, opening. */

/**
 * @file ctl.h
 */
#ifndef CPTS_SUPPORT_CTL_H
#define CPTS_SUPPORT_CTL_H

#include <stdio.h>

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/territory.h"
#include "store/db.h"

/** Exit codes. */
#define CTL_OK      0
#define CTL_REFUSED 1
#define CTL_USAGE   2

/** The most operands of a command. */
#define CTL_OPERANDS 3

/** One run of cptsctl. */
typedef struct {
    apr_pool_t *pool;
    const char *file;               /**< -d */
    const char *rpps;               /**< --rpps */
    int password_stdin;             /**< --password-stdin */
    int allow_weak;                 /**< --allow-weak */
    int update;                     /**< --update */
    int dry_run;                    /**< --dry-run */
    apr_array_header_t *communes;   /**< --communes, const char * */
    apr_array_header_t *perimeters; /**< --perimeter, const char * */
    const char *operands[CTL_OPERANDS];
    int operand_count;
} ctl_t;

/** Print "cptsctl: ..." on standard error. @return CTL_REFUSED */
int ctl_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Say why the database refused, and what to do. @param db NULL: the last
 * open that failed. @return CTL_REFUSED */
int ctl_fail(const ctl_t *ctl, const cpts_db_t *db, cpts_db_e kind);

/** Open the database of -d. @return CTL_OK or CTL_REFUSED, already told */
int ctl_open(cpts_db_t **db, const ctl_t *ctl);

/** A percentage on standard error when it is a terminal; the baton is the
 * word before it. */
cpts_progress_fn ctl_progress;

/** Wipe the line of ctl_progress. */
void ctl_progress_end(void);

/** @name The commands; each returns an exit code. @{ */
int ctl_init(ctl_t *ctl);
int ctl_migrate(ctl_t *ctl);
int ctl_check(ctl_t *ctl);
int ctl_backup(ctl_t *ctl);
int ctl_account_add(ctl_t *ctl);
int ctl_account_password(ctl_t *ctl);
int ctl_account_role(ctl_t *ctl);
int ctl_account_disable(ctl_t *ctl);
int ctl_account_enable(ctl_t *ctl);
int ctl_account_list(ctl_t *ctl);
int ctl_sheets_import(ctl_t *ctl);
int ctl_sheets_export(ctl_t *ctl);
/** @} */

#endif
