/* SPDX-License-Identifier: Apache-2.0 */
/* A counter beside the database by which processes tell of changes. */

#include "store/notice.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/beside.h"

#define SUFFIX ".live"

/* The whole file. */
typedef struct {
    char magic[64];
    _Atomic uint64_t count;
    char room[4096 - 64 - sizeof(uint64_t)];
} page_t;

_Static_assert(sizeof(page_t) == 4096, "the file has 4 KiB");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share the counter");

static const char magic[64] = "mod_cpts live 1\n";

struct cpts_notice_t {
    page_t *page;
    dev_t device;
    ino_t inode;
    cpts_notice_t *before;
};

/* Beside the database itself, whatever links lead to it. */
static int name_file(char file[PATH_MAX], const char *database)
{
    size_t length;

    if (!realpath(database, file)) {
        return -1;
    }
    length = strlen(file);
    if (length + sizeof(SUFFIX) > PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(file + length, SUFFIX, sizeof(SUFFIX));
    return 0;
}

static int open_file(const char *database, int flags)
{
    char file[PATH_MAX];

    if (name_file(file, database) != 0) {
        return -1;
    }
    /* for who has the right to write to the database */
    return open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags,
                0600);
}

/* Several processes may be at it: all of them write the same.  The size
 * comes last: who finds it has found the rest. */
static int fill(int fd, const char *database)
{
    return cpts_beside_own(fd, database, CPTS_BESIDE_WRITE) == 0
                   && pwrite(fd, magic, sizeof(magic), 0)
                          == (ssize_t)sizeof(magic)
                   && ftruncate(fd, sizeof(page_t)) == 0
               ? 0
               : -1;
}

/* New, or whoever made it is still at it or was killed. */
static int is_unfinished(int fd)
{
    char begin[sizeof(magic)];
    struct stat st;
    size_t size;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)
        || st.st_size > (off_t)sizeof(begin)) {
        return 0;
    }
    size = (size_t)st.st_size;
    return pread(fd, begin, size, 0) == (ssize_t)size
           && memcmp(begin, magic, size) == 0;
}

/* A file that is not ours is left alone: root may have been led to it. */
static int is_ours(int fd, const struct stat *st)
{
    char begin[sizeof(magic)];

    return S_ISREG(st->st_mode) && st->st_size == (off_t)sizeof(page_t)
           && pread(fd, begin, sizeof(begin), 0) == (ssize_t)sizeof(begin)
           && memcmp(begin, magic, sizeof(magic)) == 0;
}

static cpts_notice_t *map(int fd)
{
    cpts_notice_t *notice = malloc(sizeof(*notice));
    struct stat st;
    void *page;

    if (!notice || fstat(fd, &st) != 0 || !is_ours(fd, &st)) {
        free(notice);
        errno = EINVAL;
        return NULL;
    }
    page = mmap(NULL, sizeof(page_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                0);
    if (page == MAP_FAILED) {
        free(notice);
        return NULL;
    }
    *notice = (cpts_notice_t){ page, st.st_dev, st.st_ino, NULL };
    return notice;
}

static cpts_notice_t *map_and_close(int fd)
{
    cpts_notice_t *notice = map(fd);
    int why = errno;

    (void)close(fd);
    errno = why;
    return notice;
}

cpts_notice_t *cpts_notice_open(const char *database)
{
    int fd = open_file(database, O_CREAT);

    if (fd < 0) {
        return NULL;
    }
    if (is_unfinished(fd) && fill(fd, database) != 0) {
        int why = errno;

        (void)close(fd);
        errno = why;
        return NULL;
    }
    return map_and_close(fd);
}

void cpts_notice_follow(cpts_notice_t *notice, cpts_notice_t *before)
{
    notice->before = before;
}

void cpts_notice_close(cpts_notice_t *notice)
{
    while (notice) {
        cpts_notice_t *before = notice->before;

        (void)munmap(notice->page, sizeof(page_t));
        free(notice);
        notice = before;
    }
}

int cpts_notice_holds(const cpts_notice_t *notice, const char *database)
{
    char file[PATH_MAX];
    struct stat st;

    return name_file(file, database) == 0 && lstat(file, &st) == 0
           && st.st_dev == notice->device && st.st_ino == notice->inode;
}

uint64_t cpts_notice_count(const cpts_notice_t *notice)
{
    return atomic_load(&notice->page->count);
}

uint64_t cpts_notice_raise(cpts_notice_t *notice)
{
    return atomic_fetch_add(&notice->page->count, 1);
}

int cpts_notice_tell(const char *database)
{
    int fd = open_file(database, 0);
    cpts_notice_t *notice;

    if (fd < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    notice = map_and_close(fd);
    if (!notice) {
        return -1;
    }
    cpts_notice_raise(notice);
    cpts_notice_close(notice);
    return 0;
}
