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
#include "store/journal.h"

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
    const char *limit;              /**< --limit */
    const char *since;              /**< --since */
    const char *keep;               /**< --keep */
    const char *sendmail;           /**< --sendmail */
    const char *at;                 /**< --at */
    const char *email;              /**< --email */
    const char *profession;         /**< --profession */
    const char *structure;          /**< --structure */
    int broken;                     /**< --broken */
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

/**
 * Say in the journal what the administrator did, inside a transaction.
 * @param rc what the change itself returned: only CPTS_DB_OK is told
 * @param outcome a word, or NULL
 * @return @a rc, or why the journal refused
 */
cpts_db_e ctl_note(cpts_db_t *db, cpts_db_e rc, cpts_did_e did,
                   const char *outcome);

/** Say that sheets were concerned: at most CPTS_ENTRY_SHEETS_MAX. */
cpts_db_e ctl_note_sheets(cpts_db_t *db, cpts_did_e did, const int64_t *sheets,
                          int count);

/**
 * Verify the journal; when it is broken, what is wrong goes to standard
 * error.
 * @param whole 1 or 0
 * @return CTL_OK, or CTL_REFUSED when it could not be read
 */
int ctl_journal_check(int *whole, cpts_journal_check_t *check,
                      const ctl_t *ctl, cpts_db_t *db);

/** A whole number of an option. @return 0, or -1 when it is none, or not
 * within the bounds */
int ctl_number(int *number, const char *text, int least, int most);

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
int ctl_account_erase(ctl_t *ctl);
int ctl_account_list(ctl_t *ctl);
int ctl_sheets_import(ctl_t *ctl);
int ctl_sheets_export(ctl_t *ctl);
int ctl_journal_verify(ctl_t *ctl);
int ctl_journal_list(ctl_t *ctl);
int ctl_send(ctl_t *ctl);
int ctl_purge(ctl_t *ctl);
/** @} */

#endif
