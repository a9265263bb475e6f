/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit tests of the store share: a folder, databases, sheets. */

/**
 * @file store_support.h
 * @brief Helpers of t/unit/store_*.c, over core_support.h.  All of them fail
 * the running test instead of returning an error.
 */
#ifndef CPTS_T_UNIT_STORE_SUPPORT_H
#define CPTS_T_UNIT_STORE_SUPPORT_H

#include <sys/types.h>

#include "core_support.h"
#include "store/db.h"
#include "core/role.h"
#include "store/actor.h"
#include "store/sheet.h"

int store_setup(void **state);
int store_teardown(void **state);

/** A test with its own unit_pool and an empty folder. */
#define STORE_TEST(function) \
    cmocka_unit_test_setup_teardown(function, store_setup, store_teardown)

/** A path in the folder of the test. */
const char *store_path(const char *name);

/** Make a database there; returns its path. */
const char *store_make(const char *name);

/** Open a database; waits 100 ms for locks. */
cpts_db_t *store_open(const char *file);

/** Fail unless @a kind is @a expected, with both names and the message. */
#define store_kind(kind, expected) \
    store_kind_at((kind), (expected), __FILE__, __LINE__)
void store_kind_at(cpts_db_e kind, cpts_db_e expected, const char *file,
                   int line);

/** Run SQL on a connection of its own. */
void store_exec(const char *file, const char *sql);

/** The number that a query gives, on a connection of its own. */
int64_t store_number(const char *file, const char *sql);

/** The same with the sqlite3 command; 0 when there is none. */
int store_command(const char *file, const char *sql);

/** The bytes of a file as text that may hold NULs. @param length out */
const char *store_bytes(const char *file, size_t *length);

/** 1 when the text is somewhere in the file (0 when there is no file). */
int store_holds(const char *file, const char *text);

/** Overwrite bytes of a file. */
void store_damage(const char *file, off_t offset, size_t length);

/** Call a function in a child that is not root; what it returns, 0..99.
 * Skips the test when the process is no root and cannot change user: then
 * it is called without a change. */
int store_as_nobody(int (*function)(const char *file), const char *file);

/** A sheet that is open, with this RPPS and name. */
cpts_sheet_t *store_sheet(const char *rpps, const char *name);

/** Insert such a sheet, confirmed by import on @a day. */
cpts_stored_sheet_t store_create(cpts_db_t *db, const char *rpps,
                                 const char *name, const char *day);

/** Add an account, unless there is one of this name; who that is. */
cpts_actor_t store_actor(cpts_db_t *db, const char *name, int role,
                         const char *rpps);

/** Erase a sheet, which must be there. */
void store_erase(cpts_db_t *db, const cpts_actor_t *actor, const char *rpps);

/** Make a small file, or overwrite it. */
void store_write_file(const char *file, const char *text);

extern const cpts_actor_t store_coordinator, store_pharmacist;
/** The doctor of STORE_OWN, and a delegate of this doctor. */
extern const cpts_actor_t store_doctor, store_delegate;
#define STORE_OWN   "99900000012"
#define STORE_OTHER "99900000020"

#endif
