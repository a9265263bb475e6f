/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a record from JSON that we wrote, in one pass, without a tree. */

/**
 * @file reader.h
 * @brief The short way for texts such as cpts_fields_encode() makes them:
 * compact, members known, everything right.  Whatever is not so is left to
 * cpts_fields_decode(), which says what is wrong: what this function reads
 * that one reads too, into the same record.
 */
#ifndef CPTS_CORE_READER_H
#define CPTS_CORE_READER_H

#include "core/field.h"

/**
 * Read a record.
 * @param text NUL-ended
 * @return 0, or -1: look at it with cpts_fields_decode(); @a record may then
 * be filled in part
 */
int cpts_fields_read(const cpts_field_t *fields, void *record,
                     const char *text, apr_pool_t *pool);

#endif
