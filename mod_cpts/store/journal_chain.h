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
    int sealed; /**< 1: there is a seal, and it is right */
    int empty;  /**< 1: there is none yet */
} cpts_journal_ends_t;

/** Read the ends; that they are sealed is told, not demanded. */
cpts_db_e cpts_journal_ends_read(cpts_journal_ends_t *ends, cpts_db_t *db);

/** Write them with their seal. */
cpts_db_e cpts_journal_ends_write(cpts_db_t *db, cpts_journal_ends_t *ends);

/** The link of a row after another. @param out may be @a previous */
cpts_db_e cpts_journal_link(unsigned char out[CPTS_LINK_SIZE], cpts_db_t *db,
                            const cpts_link_row_t *row,
                            const unsigned char previous[CPTS_LINK_SIZE]);

/** Copy a column that holds a link; CPTS_DB_ERROR when it is none. */
cpts_db_e cpts_journal_link_column(unsigned char out[CPTS_LINK_SIZE],
                                   cpts_db_t *db, int column);

#endif
