/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as the text that sendmail(1) takes: RFC 5322, one recipient. */

/**
 * @file mail.h
 * @brief Whatever is in the parts, nothing but them comes out: a name or a
 * subject cannot add a header, a recipient or a body.  Lines have at most 76
 * characters, except one that holds an address longer than that.
 */
#ifndef CPTS_CORE_MAIL_H
#define CPTS_CORE_MAIL_H

#include <apr_pools.h>
#include <apr_time.h>

/** Longest address, bytes (RFC 5321). */
#define CPTS_MAIL_ADDRESS_MAX 254
/** Longest id, characters. */
#define CPTS_MAIL_ID_MAX 64

/** The parts of a mail.  All texts are UTF-8. */
typedef struct {
    const char *from_name; /**< may be NULL; control characters and line
                            * ends become spaces */
    const char *from;      /**< address, cpts_format_email */
    const char *to;        /**< address, cpts_format_email */
    const char *subject;   /**< as from_name, but not empty */
    const char *id;        /**< names the mail for ever: letters, digits, "."
                            * and "-".  The same when it is sent again, so that
                            * a second copy is known as such */
    apr_time_t date;
    const char *text; /**< plain text; lines may end with LF or CR LF and have
                       * any length */
} cpts_mail_t;

/**
 * Write a mail.
 * @param error out: what is wrong, in English; it names the part and quotes
 * nothing of it
 * @return the mail in @a pool, lines ending with LF as sendmail(1) expects
 * (call it with -i, and the address after "--"); NULL with @a error.
 */
const char *cpts_mail_write(apr_pool_t *pool, const cpts_mail_t *mail,
                            const char **error);

#endif
