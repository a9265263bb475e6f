/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of signed-in people, as a table of words. */

/**
 * @file role.h
 */
#ifndef CPTS_CORE_ROLE_H
#define CPTS_CORE_ROLE_H

typedef enum {
    CPTS_DOCTOR,
    CPTS_PROFESSIONAL,
    CPTS_COORDINATOR,
    CPTS_DELEGATE, /**< a secretary whom a doctor named */
    CPTS_ROLES
} cpts_role_e;

/** Masks for the route table. */
#define CPTS_ROLE_BIT(role) (1u << (role))

/** NULL-ended: doctor, professional, coordinator, delegate. */
extern const char *const cpts_role_words[];

/** The role of this name, or -1. */
int cpts_role_parse(const char *word);

/** The longest account name, characters. */
#define CPTS_ACCOUNT_MAX 64
/** The shortest and longest password, bytes: bcrypt reads 72 at most. */
#define CPTS_PASSWORD_MIN 4
#define CPTS_PASSWORD_MAX 72
/** The shortest password taken without asking for a weak one. */
#define CPTS_PASSWORD_GOOD 8

/** 1 when @a name can be an account's name: 1 to 64 letters, digits, and
 * . _ - @ (ASCII). */
int cpts_account_name_ok(const char *name);

#endif
