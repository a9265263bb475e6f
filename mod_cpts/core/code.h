/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of placements: short, read aloud and written by hand without
 * mistakes that go unseen. */

/**
 * @file code.h
 * @brief Seven random symbols and one that checks them, "K7M4-2XQL": 3.4
 * thousand million codes.  A code is a name, not a secret: whoever has one
 * still needs the right to see the placement.
 *
 * The 23 symbols leave out what is mistaken for another
 * - read aloud in French: of those that rhyme with D (B C G P T V) only D
 *   stays, of M and N only M, of F and S only F, of I, J and Y not I, and
 *   not E, which is the sound of hesitation;
 * - written: 0 and O (D, Q), 1 and I (7, L), B (8), G (6), S (5), V (U).
 *
 * 23 is prime: then a sum of the symbols, each times a weight of its own
 * place, modulo 23, tells every single wrong symbol and every swap of two
 * symbols, next to each other or not.  What is left of likeness (2 and Z in
 * some hands) is always seen, and never leads to another placement.
 */
#ifndef CPTS_CORE_CODE_H
#define CPTS_CORE_CODE_H

/** The symbols of codes, in the order of their values 0 .. 22. */
#define CPTS_CODE_SYMBOLS "23456789ADFHJKLMQRUWXYZ"
/** Size of a code with its hyphen and the final NUL. */
#define CPTS_CODE_SIZE 10

/**
 * Make a random code.
 * @return 0, or -1 when the system has no random bytes to give.
 */
int cpts_code_make(char out[CPTS_CODE_SIZE]);

/**
 * Read a code as people type it: in either case, with or without spaces and
 * hyphens.  Symbols that are in no code (0, O, 1, I ...) are not guessed.
 * @param out the code as cpts_code_make() writes it; may be @a text
 * @param text UTF-8
 * @return 0, or -1 when it is no code; @a out is then unchanged.
 */
int cpts_code_parse(char out[CPTS_CODE_SIZE], const char *text);

#endif
