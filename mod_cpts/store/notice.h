/* SPDX-License-Identifier: Apache-2.0 */
/* A counter beside the database by which processes tell of changes. */

/**
 * @file notice.h
 * @brief The file DATABASE.live, 4 KiB, mapped by every process of httpd that
 * serves the database: to look at the counter costs one read of memory.
 * httpd makes it; who changes the database raises the counter after the
 * commit.  It holds nothing else, needs no backup, and is never synced: after
 * a crash of the machine nobody remembers what it was.  No descriptor stays
 * open.
 */
#ifndef CPTS_STORE_NOTICE_H
#define CPTS_STORE_NOTICE_H

#include <stdint.h>

typedef struct cpts_notice_t cpts_notice_t;

/**
 * Map the file of a database; it is made when it is not there.
 * @return NULL with errno when it cannot be had
 */
cpts_notice_t *cpts_notice_open(const char *database);

/** Take the place of one that others may still be looking at: both are
 * unmapped together. @param before NULL: none */
void cpts_notice_follow(cpts_notice_t *notice, cpts_notice_t *before);

/** Unmap it; nobody may be looking at it. NULL is harmless. */
void cpts_notice_close(cpts_notice_t *notice);

/** 1 when the file of this name is still the one that is mapped. */
int cpts_notice_holds(const cpts_notice_t *notice, const char *database);

/** The counter; any thread. */
uint64_t cpts_notice_count(const cpts_notice_t *notice);

/** A change was committed; any thread. @return the value before */
uint64_t cpts_notice_raise(cpts_notice_t *notice);

/** The same by a process that has not mapped it; without the file there is
 * nobody to tell. @return 0, or -1 with errno */
int cpts_notice_tell(const char *database);

#endif
