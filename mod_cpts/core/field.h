/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of fields: one description from which come decoding, validation,
 * encoding, the published schema, the CSV columns and the manual. */

/**
 * @file field.h
 * @brief A record is described by a table of cpts_field_t that ends with a
 * NULL name.  Members of the C structure are found by offset:
 *
 * | type            | member of the structure          | absent or null     |
 * |-----------------|----------------------------------|--------------------|
 * | CPTS_STRING     | const char *                     | NULL               |
 * | CPTS_INTEGER    | int                              | CPTS_NO_INT        |
 * | CPTS_NUMBER     | double                           | NAN                |
 * | CPTS_BOOLEAN    | int                              | 0                  |
 * | CPTS_DATE       | cpts_day_t                       | CPTS_NO_DAY        |
 * | CPTS_WORD       | int, index into words            | CPTS_NO_WORD       |
 * | CPTS_OBJECT     | pointer to a structure           | NULL               |
 * | CPTS_STRINGS    | apr_array_header_t * of const char * | empty array    |
 * | CPTS_WORDS      | apr_array_header_t * of int      | empty array        |
 * | CPTS_OBJECTS    | apr_array_header_t * of structures | empty array      |
 */
#ifndef CPTS_CORE_FIELD_H
#define CPTS_CORE_FIELD_H

#include <limits.h>
#include <stddef.h>

#include <apr_pools.h>
#include <jansson.h>

#include "core/fault.h"

typedef enum {
    CPTS_STRING,
    CPTS_INTEGER,
    CPTS_NUMBER,
    CPTS_BOOLEAN,
    CPTS_DATE,
    CPTS_WORD,
    CPTS_OBJECT,
    CPTS_STRINGS,
    CPTS_WORDS,
    CPTS_OBJECTS
} cpts_type_e;

/** How JSON is written: compact, and 43.48014 not 43.480139999999999. */
#define CPTS_JSON_WRITE (JSON_COMPACT | JSON_REAL_PRECISION(15))

#define CPTS_NO_INT  INT_MIN
#define CPTS_NO_WORD (-1)

/** The field must be there (and not null). */
#define CPTS_REQUIRED 0x1u
/** Kept by the server: accepted from a client only when unchanged. */
#define CPTS_READONLY 0x2u
/** Never shown to professionals. */
#define CPTS_PRIVATE 0x4u
/** Line feeds are allowed in this string. */
#define CPTS_MULTILINE 0x8u
/** Any character may be in this string: a whole file. */
#define CPTS_ANY_CHARACTER 0x20u
/** Of an object: no field in it, at any depth, has to be there. */
#define CPTS_PARTIAL 0x10u

typedef struct cpts_field_t cpts_field_t;

/** How a string that has no simple bound is looked at: 0, or -1. */
typedef int cpts_string_check_fn(const char *text);

/** One named format of strings: its check, and what the manual says of it. */
typedef struct {
    const char *name;            /**< as published in openapi.json */
    const char *pattern;         /**< ECMA 262 and PCRE2 alike, anchored */
    cpts_string_check_fn *check; /**< same language as the pattern */
    const char *detail;          /**< French: what is expected */
} cpts_format_t;

struct cpts_field_t {
    const char *name;
    cpts_type_e type;
    unsigned flags;
    /** Value for numbers, characters for strings, items for arrays. */
    double min, max;
    const cpts_format_t *format; /**< of a string, or of each string */
    const char *const *words;    /**< NULL-ended, for WORD and WORDS */
    const cpts_field_t *fields;  /**< for OBJECT and OBJECTS */
    size_t size;                 /**< sizeof the structure of fields */
    size_t offset;               /**< of the member in its structure */
    const char *doc;             /**< English, for openapi.json, manual */
};

/** The formats in use. */
extern const cpts_format_t cpts_format_rpps;
extern const cpts_format_t cpts_format_insee;
extern const cpts_format_t cpts_format_phone;
extern const cpts_format_t cpts_format_email;
extern const cpts_format_t cpts_format_language;
extern const cpts_format_t cpts_format_name; /**< of a perimeter */

/**
 * Fill @a record with the values of absent fields.
 * Arrays are made empty in @a pool.
 */
void cpts_fields_clear(const cpts_field_t *fields, void *record,
                       apr_pool_t *pool);

/**
 * Decode @a object into @a record (cleared first).  Every fault is added to
 * @a faults: unknown member, missing, wrong type, out of bounds.
 * @param base JSON pointer of @a object, "" at the top.
 * @return number of faults added.  Strings are copied into @a pool.
 */
int cpts_fields_decode(const cpts_field_t *fields, void *record,
                       const json_t *object, const char *base,
                       cpts_faults_t *faults, apr_pool_t *pool);

/** Characters of each string of a CPTS_STRINGS. */
#define CPTS_ITEM_LEAST 1
#define CPTS_ITEM_MOST  60

/**
 * Look at one string as decoding does.
 * @param min characters; @a max likewise
 * @return number of faults added to @a faults
 */
int cpts_field_check(const cpts_field_t *field, const char *text, double min,
                     double max, cpts_faults_t *faults, apr_pool_t *pool);

/**
 * Encode @a record.  Every field is written, null where absent, in the order
 * of the table; fields having any flag of @a without are left out.
 * @return a new object, or NULL when memory is short.
 */
json_t *cpts_fields_encode(const cpts_field_t *fields, const void *record,
                           unsigned without);

/**
 * The JSON Schema (2020-12) of a table, for openapi.json.
 * @return a new object.
 */
json_t *cpts_fields_schema(const cpts_field_t *fields);

#endif
