/* SPDX-License-Identifier: Apache-2.0 */
/* The roles of signed-in people, as a table of words. */

#include "core/role.h"

#include <string.h>

const char *const cpts_role_words[]
    = { "doctor", "professional", "coordinator", "delegate", NULL };

int cpts_role_parse(const char *word)
{
    int i;

    for (i = 0; cpts_role_words[i]; i++) {
        if (strcmp(word, cpts_role_words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

int cpts_account_name_ok(const char *name)
{
    size_t length = strlen(name);

    return length >= 1 && length <= CPTS_ACCOUNT_MAX
           && strspn(name, "abcdefghijklmnopqrstuvwxyz"
                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                           "0123456789._-@")
                  == length;
}
