/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the counter beside a database: who sees it, and what is left. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include "store/account.h"
#include "store/notice.h"
#include "store_support.h"

static const char *live_of(const char *database)
{
    return apr_pstrcat(unit_pool, database, ".live", NULL);
}

static void test_made(void **state)
{
    const char *file = store_make("a.db");
    cpts_notice_t *notice;
    struct stat database;
    struct stat live;

    (void)state;
    assert_int_equal(chmod(file, 0660), 0);
    notice = cpts_notice_open(file);
    assert_non_null(notice);
    assert_int_equal(stat(file, &database), 0);
    assert_int_equal(stat(live_of(file), &live), 0);
    assert_int_equal(live.st_size, 4096);
    assert_int_equal(live.st_mode & 0777, 0660);
    assert_int_equal(live.st_uid, database.st_uid);
    assert_int_equal(cpts_notice_count(notice), 0);
    cpts_notice_close(notice);
    cpts_notice_close(NULL);
}

/* Who may write to the database may tell; others may not even look. */
static void test_modes(void **state)
{
    static const mode_t modes[][2] = {
        { 0600, 0600 }, { 0640, 0640 }, { 0660, 0660 },
        { 0664, 0660 }, { 0666, 0660 },
    };
    const char *file = store_make("a.db");
    struct stat live;

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        assert_int_equal(chmod(file, modes[i][0]), 0);
        cpts_notice_close(cpts_notice_open(file));
        assert_int_equal(stat(live_of(file), &live), 0);
        assert_int_equal(live.st_mode & 0777, modes[i][1]);
        assert_int_equal(unlink(live_of(file)), 0);
    }
}

static int told(const char *file)
{
    return cpts_notice_tell(file) == 0 ? 0 : errno;
}

static int told_by_connection(const char *file, const char *name)
{
    cpts_db_t *db = store_open(file);

    store_actor(db, name, CPTS_COORDINATOR, NULL);
    cpts_db_close(db);
    return cpts_db_untold();
}

static void test_untold(void **state)
{
    const char *file = store_make("a.db");

    (void)state;
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(store_as_nobody(told, file), 0); /* there is none */
    cpts_notice_close(cpts_notice_open(file));
    assert_int_equal(told(file), 0);
    assert_int_equal(store_as_nobody(told, file), EACCES);
    assert_int_equal(told_by_connection(file, "marie"), 0);
    assert_int_equal(unlink(live_of(file)), 0);
    assert_int_equal(mkdir(live_of(file), 0700), 0);
    assert_int_equal(told_by_connection(file, "anne"), EISDIR);
    assert_int_equal(rmdir(live_of(file)), 0);
}

/* Killed while it was made, or still at it. */
static void test_unfinished(void **state)
{
    const char *file = store_make("a.db");
    char begin[65];
    size_t length;
    cpts_notice_t *notice = cpts_notice_open(file);

    (void)state;
    cpts_notice_close(notice);
    memcpy(begin, store_bytes(live_of(file), &length), 64);
    for (int size = 0; size <= 64; size += 16) {
        assert_int_equal(unlink(live_of(file)), 0);
        store_write_file(live_of(file), "");
        assert_int_equal(chmod(live_of(file), 0600), 0);
        if (size) {
            int fd = open(live_of(file), O_WRONLY);

            assert_int_equal(write(fd, begin, (size_t)size), size);
            (void)close(fd);
        }
        notice = cpts_notice_open(file);
        assert_non_null(notice);
        cpts_notice_tell(file);
        assert_int_equal(cpts_notice_count(notice), 1);
        cpts_notice_close(notice);
    }
}

static void test_shared(void **state)
{
    const char *file = store_make("a.db");
    cpts_notice_t *one = cpts_notice_open(file);
    cpts_notice_t *two = cpts_notice_open(file);

    (void)state;
    cpts_notice_raise(one);
    assert_int_equal(cpts_notice_count(two), 1);
    cpts_notice_tell(file);
    assert_int_equal(cpts_notice_count(one), 2);
    cpts_notice_close(one);
    cpts_notice_close(two);
    one = cpts_notice_open(file);
    assert_int_equal(cpts_notice_count(one), 2);
    cpts_notice_close(one);
}

/* The name of the database may be a link: the counter is beside the file. */
static void test_link(void **state)
{
    const char *file = store_make("a.db");
    const char *link = store_path("b.db");
    cpts_notice_t *one = cpts_notice_open(file);
    cpts_notice_t *two;

    (void)state;
    assert_int_equal(symlink(file, link), 0);
    two = cpts_notice_open(link);
    cpts_notice_tell(link);
    assert_int_equal(cpts_notice_count(one), 1);
    assert_int_equal(cpts_notice_count(two), 1);
    assert_int_not_equal(access(live_of(link), F_OK), 0);
    cpts_notice_close(one);
    cpts_notice_close(two);
}

static void test_nobody_to_tell(void **state)
{
    const char *file = store_make("a.db");

    (void)state;
    cpts_notice_tell(file);
    assert_int_not_equal(access(live_of(file), F_OK), 0);
    cpts_notice_tell(store_path("nothing.db"));
    assert_null(cpts_notice_open(store_path("nothing.db")));
    assert_int_equal(errno, ENOENT);
}

static void test_replaced(void **state)
{
    const char *file = store_make("a.db");
    cpts_notice_t *one = cpts_notice_open(file);
    cpts_notice_t *two;

    (void)state;
    assert_true(cpts_notice_holds(one, file));
    assert_int_equal(unlink(live_of(file)), 0);
    assert_false(cpts_notice_holds(one, file));
    two = cpts_notice_open(file);
    assert_true(cpts_notice_holds(two, file));
    assert_false(cpts_notice_holds(one, file));
    cpts_notice_close(one);
    cpts_notice_close(two);
}

/* Somebody's file stays as it is. */
static void test_foreign(void **state)
{
    const char *file = store_make("a.db");
    char text[4097];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    store_write_file(live_of(file), text);
    assert_null(cpts_notice_open(file));
    cpts_notice_tell(file);
    assert_true(store_holds(live_of(file), text));
    store_write_file(live_of(file), "short");
    assert_null(cpts_notice_open(file));
    assert_int_equal(unlink(live_of(file)), 0);

    store_write_file(store_path("other"), text);
    assert_int_equal(symlink(store_path("other"), live_of(file)), 0);
    assert_null(cpts_notice_open(file));
    cpts_notice_tell(file);
    assert_true(store_holds(store_path("other"), text));
}

/* Only a connection of one's own that has changed something tells. */
static void test_connections(void **state)
{
    const char *file = store_make("a.db");
    cpts_notice_t *notice = cpts_notice_open(file);
    cpts_db_t *db = store_open(file);

    (void)state;
    cpts_db_close(db);
    assert_int_equal(cpts_notice_count(notice), 0);
    db = store_open(file);
    store_actor(db, "marie", CPTS_COORDINATOR, NULL);
    assert_int_equal(cpts_notice_count(notice), 0);
    cpts_db_close(db);
    assert_int_equal(cpts_notice_count(notice), 1);
    cpts_notice_close(notice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_made),        STORE_TEST(test_shared),
        STORE_TEST(test_link),        STORE_TEST(test_nobody_to_tell),
        STORE_TEST(test_replaced),    STORE_TEST(test_foreign),
        STORE_TEST(test_connections), STORE_TEST(test_modes),
        STORE_TEST(test_untold),      STORE_TEST(test_unfinished),
    };

    return UNIT_RUN(tests);
}
