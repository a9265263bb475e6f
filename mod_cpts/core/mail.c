/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as the text that sendmail(1) takes: RFC 5322, one recipient. */

#include "core/mail.h"

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>
#include <utf8proc.h>

#include "core/field.h"
#include "core/text.h"

#define LINE_MAX_LENGTH 76
/* Bytes of text in one encoded word: 52 characters of base 64, 12 around
 * them, and before the first the name of a header. */
#define WORD_BYTES 39
/* A subject up to here stays on one line as it is. */
#define SUBJECT_PLAIN 65

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Headers */

/* A copy with one space for each run of control characters, ends of lines
 * and spaces; none at the ends.  NULL when it is no UTF-8. */
static const char *clean(apr_pool_t *pool, const char *text)
{
    char *copy = apr_palloc(pool, strlen(text) + 1);
    char *out = copy;

    while (*text) {
        utf8proc_int32_t c;
        utf8proc_ssize_t length
            = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &c);
        utf8proc_category_t category;

        if (length <= 0) {
            return NULL;
        }
        category = utf8proc_category(c);
        if (c == ' ' || category == UTF8PROC_CATEGORY_CC
            || category == UTF8PROC_CATEGORY_ZL
            || category == UTF8PROC_CATEGORY_ZP) {
            if (out > copy && out[-1] != ' ') {
                *out++ = ' ';
            }
        }
        else {
            memcpy(out, text, (size_t)length);
            out += length;
        }
        text += length;
    }
    if (out > copy && out[-1] == ' ') {
        out--;
    }
    *out = '\0';
    return copy;
}

/* Bytes of the next encoded word: whole characters, WORD_BYTES at most. */
static size_t word_length(const char *text)
{
    size_t length = strlen(text);

    if (length <= WORD_BYTES) {
        return length;
    }
    length = WORD_BYTES;
    while (((unsigned char)text[length] & 0xc0) == 0x80) {
        length--;
    }
    return length;
}

/* RFC 2047 encoded words, one on each line. */
static const char *encode_words(apr_pool_t *pool, const char *text)
{
    const char *words = "";

    while (*text) {
        int length = (int)word_length(text);
        char *base64
            = apr_palloc(pool, (apr_size_t)apr_base64_encode_len(length));

        apr_base64_encode(base64, text, length);
        words = apr_pstrcat(pool, words, *words ? "\n " : "", "=?UTF-8?B?",
                            base64, "?=", NULL);
        text += length;
    }
    return words;
}

/* A name as it stands in a header: as it is when it is plain words. */
static const char *name_of(apr_pool_t *pool, const char *name)
{
    size_t length = strlen(name);

    return length <= SUBJECT_PLAIN
                   && strspn(name, LETTERS DIGITS " -") == length
               ? name
               : encode_words(pool, name);
}

static const char *subject_of(apr_pool_t *pool, const char *subject)
{
    const char *c;

    if (strlen(subject) > SUBJECT_PLAIN || strstr(subject, "=?")) {
        return encode_words(pool, subject);
    }
    for (c = subject; *c; c++) {
        if (*c < ' ' || *c > '~') {
            return encode_words(pool, subject);
        }
    }
    return subject;
}

/* Columns of the last line of a header. */
static size_t last_column(const char *text)
{
    const char *line = strrchr(text, '\n');

    return strlen(line ? line + 1 : text);
}

static const char *from_header(apr_pool_t *pool, const char *name,
                               const char *address)
{
    const char *header;
    int folds;

    if (!*name) {
        return apr_pstrcat(pool, "From: ", address, "\n", NULL);
    }
    header = apr_pstrcat(pool, "From: ", name_of(pool, name), NULL);
    folds = last_column(header) + strlen(address) + 3 > LINE_MAX_LENGTH;
    return apr_pstrcat(pool, header, folds ? "\n <" : " <", address, ">\n",
                       NULL);
}

static const char *date_header(apr_pool_t *pool, apr_time_t date)
{
    char text[APR_RFC822_DATE_LEN];

    if (apr_rfc822_date(text, date) != APR_SUCCESS) {
        return NULL;
    }
    /* RFC 5322 wants a number where RFC 822 had "GMT". */
    text[strlen(text) - strlen("GMT")] = '\0';
    return apr_pstrcat(pool, "Date: ", text, "+0000\n", NULL);
}

/* Body: quoted-printable (RFC 2045) */

static int ends_line(const char *text)
{
    return *text == '\0' || *text == '\n' || *text == '\r';
}

/* 1 when the character at text stands as it is. */
static int is_plain(const char *text, size_t column)
{
    if (*text == ' ' || *text == '\t') {
        return !ends_line(text + 1);
    }
    if (*text <= ' ' || *text > '~' || *text == '=') {
        return 0;
    }
    /* What a mailbox or a sendmail without -i would take for an end. */
    return column > 0 || (*text != '.' && strncmp(text, "From ", 5) != 0);
}

/* Write one character or escape, on a new line if this one is full: its last
 * column is for the "=" of the break. */
static char *put(char *out, size_t *column, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)*text;

    if (*column + (is_plain(text, *column) ? 1 : 3) >= LINE_MAX_LENGTH) {
        *out++ = '=';
        *out++ = '\n';
        *column = 0;
    }
    if (is_plain(text, *column)) {
        *out++ = *text;
        *column += 1;
        return out;
    }
    *out++ = '=';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    *column += 3;
    return out;
}

static const char *encode_body(apr_pool_t *pool, const char *text)
{
    /* Three characters for one, two for each break, and the last end. */
    char *body = apr_palloc(pool, strlen(text) * 4 + 4);
    char *out = body;
    size_t column = 0;

    for (; *text; text++) {
        if (*text == '\r' && text[1] == '\n') {
            continue;
        }
        if (ends_line(text)) {
            *out++ = '\n';
            column = 0;
        }
        else {
            out = put(out, &column, text);
        }
    }
    if (column > 0) {
        *out++ = '\n';
    }
    *out = '\0';
    return body;
}

/* Whole */

static int address_ok(const char *address)
{
    return address && cpts_format_email.check(address) == 0
           && strlen(address) <= CPTS_MAIL_ADDRESS_MAX;
}

static int id_ok(const char *id)
{
    size_t length = id ? strlen(id) : 0;

    return length >= 1 && length <= CPTS_MAIL_ID_MAX
           && strspn(id, LETTERS DIGITS "-.") == length && id[0] != '.'
           && id[length - 1] != '.' && !strstr(id, "..");
}

/* What is wrong, or NULL. */
static const char *check(const cpts_mail_t *mail, const char *name,
                         const char *subject)
{
    if (!address_ok(mail->from)) {
        return "the sender is no mail address";
    }
    if (!address_ok(mail->to)) {
        return "the recipient is no mail address";
    }
    if (!name) {
        return "the sender's name is not UTF-8";
    }
    if (!subject) {
        return "the subject is not UTF-8";
    }
    if (!*subject) {
        return "the subject is empty";
    }
    if (!id_ok(mail->id)) {
        return "the id is not letters, digits, dots and hyphens";
    }
    return cpts_text_length(mail->text) < 0 ? "the text is not UTF-8" : NULL;
}

const char *cpts_mail_write(apr_pool_t *pool, const cpts_mail_t *mail,
                            const char **error)
{
    const char *name = clean(pool, mail->from_name ? mail->from_name : "");
    const char *subject = clean(pool, mail->subject);
    const char *date = date_header(pool, mail->date);

    *error = check(mail, name, subject);
    if (!*error && !date) {
        *error = "the date cannot be written";
    }
    if (*error) {
        return NULL;
    }
    return apr_pstrcat(pool, date, from_header(pool, name, mail->from),
                       "To: ", mail->to,
                       "\nSubject: ", subject_of(pool, subject),
                       "\nMessage-ID: <", mail->id, strchr(mail->from, '@'),
                       ">\n"
                       "MIME-Version: 1.0\n"
                       "Content-Type: text/plain; charset=UTF-8\n"
                       "Content-Transfer-Encoding: quoted-printable\n"
                       "Auto-Submitted: auto-generated\n"
                       "\n",
                       encode_body(pool, mail->text), NULL);
}
