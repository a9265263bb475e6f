/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of the journal: key, links, sealed ends; for journal*.c only. */

/**
 * @file journal_chain.h
 */
#ifndef CPTS_STORE_JOURNAL_CHAIN_H
#define CPTS_STORE_JOURNAL_CHAIN_H

#include "core/chain.h"
#include "store/journal.h"

#define CPTS_LINK_SIZE CPTS_CHAIN_HASH

/** A row as it is hashed: the columns of the table, in their order. */
typedef struct {
    int64_t id, at;
    int64_t actor; /**< 0: none */
    const char *role, *action, *sheets;
    int64_t placement; /**< 0: none */
    const char *outcome;
} cpts_link_row_t;

/** The row journal_end. */
typedef struct {
    int64_t floor, last;
    unsigned char floor_link[CPTS_LINK_SIZE];
    unsigned char last_link[CPTS_LINK_SIZE];
    int64_t indexed; /**< entries up to this one are found by runs */
    int sealed;      /**< 1: there is a seal, and it is right */
    int empty;       /**< 1: there is none yet */
} cpts_journal_ends_t;

/**
 * The ends as they are in the transaction under way: read once, and kept by
 * the connection until it ends.  That they are sealed is told, not demanded.
 * @return CPTS_DB_OK; *ends is then the connection's.
 */
cpts_db_e cpts_journal_ends(cpts_journal_ends_t **ends, cpts_db_t *db);

/** The ends were changed: they are written, with their seal, when the
 * transaction is committed. */
void cpts_journal_ends_changed(cpts_db_t *db);

/** 1 when they were changed, in the transaction under way. */
int cpts_journal_ends_are_changed(const cpts_db_t *db);

/** Write them now, if they were changed. */
cpts_db_e cpts_journal_ends_flush(cpts_db_t *db);

/** The link of a row after another. @param out may be @a previous */
cpts_db_e cpts_journal_link(unsigned char out[CPTS_LINK_SIZE], cpts_db_t *db,
                            const cpts_link_row_t *row,
                            const unsigned char previous[CPTS_LINK_SIZE]);

/** Copy a column that holds a link; CPTS_DB_ERROR when it is none. */
cpts_db_e cpts_journal_link_column(unsigned char out[CPTS_LINK_SIZE],
                                   cpts_db_t *db, int column);

#endif
