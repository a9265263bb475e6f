/* SPDX-License-Identifier: Apache-2.0 */
/* Files that stand beside a database: its key, its image, its notice. */

/**
 * @file beside.h
 */
#ifndef CPTS_STORE_BESIDE_H
#define CPTS_STORE_BESIDE_H

/**
 * Make a new file readable by those who may read the database, whoever makes
 * it: mode 0640, the owner and the group of the database.
 * @return 0, or -1 with errno
 */
int cpts_beside_own(int fd, const char *database);

#endif
