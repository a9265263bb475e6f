/* SPDX-License-Identifier: Apache-2.0 */
/* The queue of consultations that all processes of a server share. */

/**
 * @file queue.h
 * @brief One piece of shared memory: cells, each with one consultation that
 * waits to be recorded, and lanes, one for each database.  Whoever holds the
 * lock of a lane may write to its database: it records everything that waits
 * in the lane in one transaction, and tells the owners of the cells.
 *
 *     cell:   FREE -> FILLING -> QUEUED -> TAKEN -> DONE -> FREE
 *     owner:  -------------------------->           -------->
 *     leader:                        -------------->
 *
 * An owner who waits no longer for a leader that is stopped makes a TAKEN
 * cell LEFT, which whoever settles its batch frees.
 *
 * Nobody who dies leaves anything behind: the lock is robust, a cell bears
 * the process it belongs to, and the batch that a leader was committing can
 * be found in the journal, or not (cpts_queue_batch_t).
 *
 * Threads and processes: any number at once, but for what says "with the
 * lock".
 */
#ifndef CPTS_STORE_QUEUE_H
#define CPTS_STORE_QUEUE_H

#include <stddef.h>
#include <sys/types.h>

#include "core/chain.h"
#include "store/consultation.h"

/** Consultations that may wait at once, of all databases together. */
#define CPTS_QUEUE_CELLS 1024
/** Databases. */
#define CPTS_QUEUE_LANES 4096
/** The most cells of one batch: bounds what one failure undoes. */
#define CPTS_QUEUE_BATCH 256

typedef struct cpts_queue_t cpts_queue_t;
typedef struct cpts_cell_t cpts_cell_t;

/** What a leader says of its batch before it commits, so that whoever takes
 * over can tell whether it was committed. */
typedef struct {
    int64_t last; /**< its last entry in the journal; 0: it wrote none */
    unsigned char link[CPTS_CHAIN_HASH]; /**< of that entry */
} cpts_queue_batch_t;

/** Bytes of shared memory that a queue needs. */
size_t cpts_queue_size(void);

/** Make a queue of zeroed memory, before other processes see it. */
cpts_queue_t *cpts_queue_init(void *memory);

/**
 * The lane of a database; the first call makes it.  One process at a time,
 * before the children are made.
 * @param database a hash of its name, not 0
 * @return 0 .. CPTS_QUEUE_LANES - 1, or -1 when there is none left or its
 * lock cannot be made
 */
int cpts_queue_lane(cpts_queue_t *queue, uint64_t database);

/** Put a consultation into the lane, at the end of what waits.
 * @param process of the caller
 * @return its cell, the caller's until cpts_queue_leave(), or NULL: too many
 * wait already */
cpts_cell_t *cpts_queue_put(cpts_queue_t *queue, int lane, pid_t process,
                            const cpts_consultation_t *consultation);

/** 1 once it is done. @param result how, if so */
int cpts_queue_done(const cpts_cell_t *cell, cpts_db_e *result);

/** Give a cell back that is done. */
void cpts_queue_leave(cpts_cell_t *cell);

/** Take it back while no leader has it. @return 1, and the cell is given
 * back; 0: a leader has it, or it is done */
int cpts_queue_withdraw(cpts_queue_t *queue, cpts_cell_t *cell);

/** Wait no longer for the leader that has it: what becomes of it is not known.
 * @return 1, and the cell is given up; 0: it is done, or not taken */
int cpts_queue_abandon(cpts_cell_t *cell);

/** Who is to commit, after a wait. */
typedef enum {
    CPTS_QUEUE_OTHERS, /**< look again */
    CPTS_QUEUE_OURS,   /**< the first of its batch: take the lock */
    CPTS_QUEUE_MAYBE   /**< nothing has happened for long: try the lock */
} cpts_queue_turn_e;

/**
 * Wait for something to happen to this cell: it is done, or a batch was
 * committed without it.  Returns early now and then.
 * @param timeout the longest, microseconds
 */
cpts_queue_turn_e cpts_queue_wait(cpts_queue_t *queue, cpts_cell_t *cell,
                                  int64_t timeout);

/** What cpts_queue_lock() found. */
typedef enum {
    CPTS_QUEUE_LOCKED,
    CPTS_QUEUE_INHERITED, /**< the same; a leader died: recover first */
    CPTS_QUEUE_BUSY,      /**< not within the time-out */
    CPTS_QUEUE_FAILED
} cpts_queue_lock_e;

/** Take the lock of a lane. @param timeout microseconds, 0: try */
cpts_queue_lock_e cpts_queue_lock(cpts_queue_t *queue, int lane,
                                  int64_t timeout);

/** With the lock: the batch that a leader was committing when it died, and
 * nobody has settled yet; NULL: there is none. */
const cpts_queue_batch_t *cpts_queue_unsettled(cpts_queue_t *queue, int lane);

/** With the lock: that batch was committed, and its cells are done, or it was
 * not, and they wait again. */
void cpts_queue_settle(cpts_queue_t *queue, int lane, int committed);

/** How many wait in a lane, about. */
int cpts_queue_length(const cpts_queue_t *queue, int lane);

/** With the lock: take what waits, at most CPTS_QUEUE_BATCH cells.
 * @return how many */
int cpts_queue_take(cpts_queue_t *queue, int lane,
                    cpts_cell_t *cells[CPTS_QUEUE_BATCH]);

/** What a taken cell asks for: read it, never keep it. */
const cpts_consultation_t *cpts_queue_read(const cpts_cell_t *cell);

/** Note the outcome of a taken cell: it holds if the batch is committed. */
void cpts_queue_note(cpts_cell_t *cell, cpts_db_e result);

/** With the lock, before the commit: what it will have written. */
void cpts_queue_announce(cpts_queue_t *queue, int lane,
                         const cpts_queue_batch_t *batch);

/** With the lock: what was taken is done, as noted. */
void cpts_queue_finish(cpts_queue_t *queue, int lane,
                       cpts_cell_t *const *cells, int count);

/** Give the lock back, and wake those whose cells are done. */
void cpts_queue_unlock(cpts_queue_t *queue, int lane);

#endif
