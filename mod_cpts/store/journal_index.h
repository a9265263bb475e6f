/* SPDX-License-Identifier: Apache-2.0 */
/* What finds the entries of the journal, run by run; for journal*.c only. */

/**
 * @file journal_index.h
 * @brief Entries are found by runs (0004-runs.sql): when those of a run were
 * made, and which of them concern a sheet.
 */
#ifndef CPTS_STORE_JOURNAL_INDEX_H
#define CPTS_STORE_JOURNAL_INDEX_H

#include "store/journal.h"

/** Entries of a run: few, so that nobody waits long while one is indexed. */
#define CPTS_RUN 512

/** Room for the sheets of an entry as text: a number, and what is between
 * two, has at most 21 characters. */
#define CPTS_SHEETS_SIZE (CPTS_ENTRY_SHEETS_MAX * 21 + 3)

/** Write numbers of sheets as the journal holds them: "[3,14,15]". */
void cpts_journal_sheets_write(char text[CPTS_SHEETS_SIZE],
                               const int64_t *sheets, int count);

/** Write what finds the entries of a run, anew, from what the journal holds of
 * it.  Inside the caller's transaction. @param run entry / CPTS_RUN */
cpts_db_e cpts_journal_index(cpts_db_t *db, int64_t run);

#endif
