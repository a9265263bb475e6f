/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an image, beside the database: read, made, done away with. */

#include "store/image.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "store/beside.h"

/* Between two looks at a lock that another has. */
#define LOOK_AFTER apr_time_from_msec(5)

const char *cpts_image_file(const char *database, apr_pool_t *pool)
{
    return apr_pstrcat(pool, database, ".image", NULL);
}

static const char *new_file(const char *file, apr_pool_t *pool)
{
    return apr_pstrcat(pool, file, ".new", NULL);
}

/* --- reading */

/* Never what would have to be waited for, nor another's file by a link. */
#define FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

static int is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static void *map(int fd, size_t size)
{
#ifdef MAP_POPULATE
    /* every byte is looked at next */
    const int flags = MAP_SHARED | MAP_POPULATE;
#else
    const int flags = MAP_SHARED;
#endif
    void *bytes = mmap(NULL, size, PROT_READ, flags, fd, 0);

    return bytes == MAP_FAILED ? NULL : bytes;
}

cpts_image_t *cpts_image_map(const char *file)
{
    int fd = open(file, O_RDONLY | FLAGS);
    void *bytes = NULL;
    struct stat st;

    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && st.st_size >= CPTS_IMAGE_HEAD) {
        bytes = map(fd, (size_t)st.st_size);
    }
    (void)close(fd);
    return bytes ? cpts_image_adopt(bytes, (size_t)st.st_size) : NULL;
}

int cpts_image_look(cpts_image_origin_t *origin, const char *file)
{
    char head[CPTS_IMAGE_HEAD];
    int fd = open(file, O_RDONLY | FLAGS);
    ssize_t got;

    if (fd < 0) {
        return -1;
    }
    got = is_file(fd) ? read(fd, head, sizeof(head)) : -1;
    (void)close(fd);
    return got < 0 ? -1 : cpts_image_peek(origin, head, (size_t)got);
}

/* --- one writer */

/* 1 when the descriptor is that of the file which has this name now. */
static int is_still(int fd, const char *name)
{
    struct stat mine, there;

    return fstat(fd, &mine) == 0 && stat(name, &there) == 0
           && mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

/* Without waiting. */
static int try_lock(const char *name, int flags)
{
    int fd = open(name, O_RDWR | FLAGS | flags, 0600);

    if (fd < 0) {
        return -1;
    }
    if (!is_file(fd)) {
        (void)close(fd);
        errno = EINVAL;
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_still(fd, name)) {
        /* another has it, or it has just been renamed or removed */
        (void)close(fd);
        errno = EWOULDBLOCK;
        return -1;
    }
    return fd;
}

int cpts_image_lock(const char *file, int wait, apr_pool_t *pool)
{
    const char *name = new_file(file, pool);
    apr_time_t until = apr_time_now() + apr_time_from_msec(wait);
    int fd = try_lock(name, O_CREAT);

    while (fd < 0 && errno == EWOULDBLOCK && apr_time_now() < until) {
        apr_sleep(LOOK_AFTER);
        fd = try_lock(name, O_CREAT);
    }
    return fd;
}

void cpts_image_unlock(int lock, const char *file, apr_pool_t *pool)
{
    const char *name = new_file(file, pool);

    if (is_still(lock, name)) {
        (void)unlink(name);
    }
    (void)close(lock);
}

/* --- writing */

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t written = write(fd, bytes, size);

        if (written <= 0) {
            if (written < 0 && errno == EINTR) {
                continue;
            }
            return -1;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

int cpts_image_save(int lock, const cpts_image_t *image, const char *file,
                    const char *database, apr_pool_t *pool)
{
    size_t size;
    const char *bytes = cpts_image_bytes(image, &size);

    if (ftruncate(lock, 0) != 0 || lseek(lock, 0, SEEK_SET) != 0
        || write_all(lock, bytes, size) != 0
        || cpts_beside_own(lock, database, CPTS_BESIDE_READ) != 0) {
        return -1;
    }
    return rename(new_file(file, pool), file);
}

/* --- doing away with it */

void cpts_image_remove(const char *file)
{
    (void)unlink(file);
}

static int was_erased_since(cpts_db_t *db, int64_t generation)
{
    cpts_db_e rc
        = cpts_db_first(db, CPTS_SQL_ERASURE_CHANGED, "l", generation);

    if (rc == CPTS_DB_ROW) {
        cpts_db_end(db);
    }
    return rc != CPTS_DB_NONE;
}

void cpts_image_sweep(cpts_db_t *db)
{
    apr_pool_t *pool;
    cpts_image_origin_t origin;
    const char *file;
    int fd;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return;
    }
    file = cpts_image_file(cpts_db_file(db), pool);
    fd = try_lock(new_file(file, pool), 0);
    if (fd >= 0) {
        cpts_image_unlock(fd, file, pool);
    }
    if (cpts_image_look(&origin, file) == 0
        && was_erased_since(db, origin.generation)) {
        cpts_image_remove(file);
    }
    apr_pool_destroy(pool);
}
