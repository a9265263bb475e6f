/* SPDX-License-Identifier: Apache-2.0 */
/* Codes as people type them: case, spaces and hyphens do not count. */

/**
 * @file typed.h
 */
#ifndef CPTS_CORE_TYPED_H
#define CPTS_CORE_TYPED_H

/** cpts_typed_next(): the text is over. */
#define CPTS_TYPED_END 0
/** cpts_typed_next(): a character that is in no code, or no UTF-8. */
#define CPTS_TYPED_NONE (-1)

/**
 * The next symbol of a typed code.  Spaces and hyphens of every kind are
 * skipped: a telephone's keyboard makes its own of them.
 * @param text UTF-8; moved past what was read
 * @return '0'..'9', 'A'..'Z', CPTS_TYPED_END or CPTS_TYPED_NONE.
 */
int cpts_typed_next(const char **text);

#endif
