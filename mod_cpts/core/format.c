/* SPDX-License-Identifier: Apache-2.0 */
/* The named formats of strings: RPPS, INSEE, telephone, address... */

#include "core/field.h"

#include <string.h>

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Before the @ of an address. */
#define LOCAL_MAX 64

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* 0 when text is min to max characters of a class, nothing else.  Inline,
 * and no strspn(), which makes a table of its set at each call. */
static inline int only(const char *text, int (*is_one)(char), int min, int max)
{
    int length = 0;

    while (length <= max && is_one(text[length])) {
        length++;
    }
    return length >= min && length <= max && text[length] == '\0' ? 0 : -1;
}

static int check_rpps(const char *text)
{
    return only(text, is_digit, 11, 11);
}

static int check_insee(const char *text)
{
    if (text[0] == '2' && (text[1] == 'A' || text[1] == 'B')) {
        return only(text + 2, is_digit, 3, 3);
    }
    return only(text, is_digit, 5, 5);
}

static int check_phone(const char *text)
{
    int digits = 0;
    int after_digit = 0;

    if (*text == '+') {
        text++;
    }
    for (; *text; text++) {
        if (*text >= '0' && *text <= '9') {
            digits++;
            after_digit = 1;
        }
        else if (after_digit && strchr(" .-", *text)) {
            after_digit = 0;
        }
        else {
            return -1;
        }
    }
    return after_digit && digits >= 6 && digits <= 15 ? 0 : -1;
}

/* Labels of letters, digits and hyphens, two at least. */
static int check_domain(const char *text)
{
    int labels = 1;

    for (;;) {
        size_t label = strspn(text, LOWER UPPER DIGITS "-");

        if (label == 0) {
            return -1;
        }
        text += label;
        if (*text == '\0') {
            return labels >= 2 ? 0 : -1;
        }
        if (*text != '.') {
            return -1;
        }
        text++;
        labels++;
    }
}

/* Words with a dot between each two, as mail programs ask for. */
static int check_email(const char *text)
{
    const char *start = text;

    for (;;) {
        size_t word = strspn(text, LOWER UPPER DIGITS "_%+-");

        if (word == 0) {
            return -1;
        }
        text += word;
        if (*text == '@') {
            return text - start <= LOCAL_MAX ? check_domain(text + 1) : -1;
        }
        if (*text != '.') {
            return -1;
        }
        text++;
    }
}

static int check_language(const char *text)
{
    return only(text, is_lower, 2, 3);
}

static int check_name(const char *text)
{
    size_t length = strspn(text, LOWER UPPER DIGITS "_-");

    return length >= 1 && length <= 40 && text[length] == '\0' ? 0 : -1;
}

const cpts_format_t cpts_format_rpps
    = { "rpps", "^[0-9]{11}$", check_rpps,
        "Le numéro RPPS compte 11 chiffres." };
const cpts_format_t cpts_format_insee
    = { "insee", "^(?:[0-9]{2}|2A|2B)[0-9]{3}$", check_insee,
        "Indiquez le code INSEE de la commune, 5 caractères "
        "(ce n’est pas le code postal)." };
const cpts_format_t cpts_format_phone
    = { "phone", "^\\+?[0-9](?:[ .-]?[0-9]){5,14}$", check_phone,
        "Indiquez un numéro de téléphone : 6 à 15 chiffres, avec ou sans "
        "espaces, par exemple 05 61 00 00 00." };
const cpts_format_t cpts_format_email
    = { "email",
        "^(?=[^@]{1,64}@)[A-Za-z0-9_%+-]+(?:\\.[A-Za-z0-9_%+-]+)*@"
        "[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)+$",
        check_email, "Indiquez une adresse de la forme nom@domaine.fr." };
const cpts_format_t cpts_format_language
    = { "language", "^[a-z]{2,3}$", check_language,
        "Indiquez un code de langue ISO 639 : 2 ou 3 lettres minuscules, "
        "par exemple fr, ar, fsl." };
const cpts_format_t cpts_format_name
    = { "name", "^[A-Za-z0-9_-]{1,40}$", check_name,
        "Indiquez un nom de 1 à 40 lettres sans accent, chiffres, "
        "tirets." };
