/* SPDX-License-Identifier: Apache-2.0 */
/* Files that stand beside a database: its key, its image, its notice. */

/**
 * @file beside.h
 */
#ifndef CPTS_STORE_BESIDE_H
#define CPTS_STORE_BESIDE_H

#include <sys/types.h>

/** Who may read the database may read it. */
#define CPTS_BESIDE_READ 0640
/** And who may write to it may write. */
#define CPTS_BESIDE_WRITE 0660

/**
 * Open a new file to those who may use the database, whoever makes it: the
 * owner, the group and the mode of the database.
 * @param most what of its mode is given at the most; its owner always may
 * read and write
 * @return 0, or -1 with errno
 */
int cpts_beside_own(int fd, const char *database, mode_t most);

#endif
