/* SPDX-License-Identifier: Apache-2.0 */
/* Files that stand beside a database: its key, its image, its notice. */

#include "store/beside.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int cpts_beside_own(int fd, const char *database, mode_t most)
{
    struct stat st;

    if (stat(database, &st) != 0) {
        return -1;
    }
    /* not root, and another's file: the owner of the process will do */
    if (fchown(fd, st.st_uid, st.st_gid) != 0 && errno != EPERM) {
        return -1;
    }
    return fchmod(fd, (st.st_mode & most) | 0600);
}
