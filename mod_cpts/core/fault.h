/* SPDX-License-Identifier: Apache-2.0 */
/* Faults found in what was sent, gathered so that all are told at once. */

/**
 * @file fault.h
 * @brief A list of faults: where (JSON pointer), which (stable code), what to
 * do (French sentence).  A fault never repeats the value that was sent: it may
 * be a criterion of a patient.
 */
#ifndef CPTS_CORE_FAULT_H
#define CPTS_CORE_FAULT_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <jansson.h>

/** The most faults kept: beyond, the first ones are enough to work on. */
#define CPTS_FAULTS_MAX 100

/** One fault; all strings live as long as the list's pool. */
typedef struct {
    const char *pointer; /**< RFC 6901, "" for the whole document */
    const char *code;    /**< stable, snake_case, from the table in fault.c */
    const char *detail;  /**< French, says what to do */
} cpts_fault_t;

typedef struct {
    apr_pool_t *pool;
    apr_array_header_t *list; /**< of cpts_fault_t */
} cpts_faults_t;

/** Make an empty list whose strings live in @a pool. */
cpts_faults_t *cpts_faults_create(apr_pool_t *pool);

/**
 * Add one fault.
 * @param pointer copied; @param code a literal that is not copied;
 * @param format French sentence, printf style, never with a sent value.
 */
void cpts_faults_add(cpts_faults_t *faults, const char *pointer,
                     const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** Number of faults. */
int cpts_faults_count(const cpts_faults_t *faults);

/** The i-th fault, 0 <= i < count. */
const cpts_fault_t *cpts_faults_get(const cpts_faults_t *faults, int i);

/** A new JSON array [{pointer, code, detail}]; the caller owns it. */
json_t *cpts_faults_json(const cpts_faults_t *faults);

/** Append one segment to a JSON pointer, escaped as RFC 6901 says. */
const char *cpts_pointer_member(apr_pool_t *pool, const char *base,
                                const char *name);

/** Append an array index to a JSON pointer. */
const char *cpts_pointer_index(apr_pool_t *pool, const char *base,
                               size_t index);

#endif
