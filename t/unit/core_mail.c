/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mails: headers that hold, lines that are short, text unharmed. */

#include <string.h>

#include <apr_base64.h>
#include <apr_strings.h>

#include "core/mail.h"
#include "core/text.h"
#include "core_support.h"

static const cpts_mail_t simple = {
    .from_name = "CPTS des Portes du Lauragais",
    .from = "contact@cpts.example.fr",
    .to = "docteur.martin@example.fr",
    .subject = "Your sheet",
    .id = "outbox.12",
    .date = 0,
    .text = "Hello,\n\nall is well.\n",
};

static const char *write_mail(const cpts_mail_t *mail)
{
    const char *error = "";
    const char *text = cpts_mail_write(unit_pool, mail, &error);

    if (!text) {
        fail_msg("%s", error);
    }
    assert_null(error);
    return text;
}

static const char *body_of(const char *mail)
{
    const char *end = strstr(mail, "\n\n");

    assert_non_null(end);
    return end + 2;
}

/* The value of a header, unfolded; each is there once. */
static const char *header_of(const char *mail, const char *name)
{
    const char *start = apr_pstrcat(unit_pool, "\n", name, ": ", NULL);
    char *headers = apr_pstrmemdup(unit_pool, mail,
                                   (apr_size_t)(body_of(mail) - mail) - 1);
    char *found = strstr(apr_pstrcat(unit_pool, "\n", headers, NULL), start);
    char *end;

    assert_non_null(found);
    found += strlen(start);
    assert_null(strstr(found, start));
    for (end = found; *end != '\n' || end[1] == ' '; end++) {
        if (*end == '\n') {
            memmove(end, end + 1, strlen(end));
        }
    }
    *end = '\0';
    return found;
}

/* A header with its encoded words decoded: a word for word decoder, spaces
 * between two words being nothing. */
static const char *decoded(const char *value)
{
    char *out = apr_pcalloc(unit_pool, strlen(value) + 1);
    size_t length = 0;

    while (*value) {
        if (strncmp(value, "=?UTF-8?B?", 10) == 0) {
            const char *end = strstr(value, "?=");
            char *word = apr_pstrmemdup(unit_pool, value + 10,
                                        (apr_size_t)(end - value) - 10);
            char *text = apr_pcalloc(
                unit_pool, (apr_size_t)apr_base64_decode_len(word) + 1);
            int bytes = apr_base64_decode(text, word);

            assert_true(end - value + 2 <= 75);
            text[bytes] = '\0';
            /* whole characters in each */
            assert_true(cpts_text_length(text) > 0);
            memcpy(out + length, text, (size_t)bytes);
            length += (size_t)bytes;
            value = end + 2;
            if (strncmp(value, " =?", 3) == 0) {
                value++;
            }
        }
        else {
            out[length++] = *value++;
        }
    }
    return out;
}

static int digit_of(char c)
{
    return c >= 'A' ? c - 'A' + 10 : c - '0';
}

/* The body with quoted-printable undone. */
static const char *plain(const char *body)
{
    char *out = apr_pcalloc(unit_pool, strlen(body) + 1);
    size_t length = 0;

    while (*body) {
        if (*body != '=') {
            out[length++] = *body++;
        }
        else if (body[1] == '\n') {
            body += 2;
        }
        else {
            assert_non_null(strchr("0123456789ABCDEF", body[1]));
            assert_non_null(strchr("0123456789ABCDEF", body[2]));
            out[length++] = (char)(digit_of(body[1]) << 4 | digit_of(body[2]));
            body += 3;
        }
    }
    return out;
}

/* What holds for every mail: short lines of printable ASCII, no white space
 * at their ends, the headers that there are and no other. */
static void check_form(const char *mail)
{
    static const char *const names[] = { "Date",
                                         "From",
                                         "To",
                                         "Subject",
                                         "Message-ID",
                                         "MIME-Version",
                                         "Content-Type",
                                         "Content-Transfer-Encoding",
                                         "Auto-Submitted" };
    const char *body = body_of(mail);
    const char *c;
    size_t column = 0, next = 0;

    for (c = mail; *c; c++) {
        if (*c == '\n') {
            assert_true(c == mail || (c[-1] != ' ' && c[-1] != '\t'));
            column = 0;
            continue;
        }
        if (column == 0 && c < body && *c != ' ') {
            size_t length = strcspn(c, ":");

            assert_true(next < sizeof(names) / sizeof(names[0]));
            assert_int_equal(length, strlen(names[next]));
            assert_memory_equal(c, names[next], length);
            next++;
        }
        assert_true((*c >= ' ' && *c <= '~') || (*c == '\t' && c >= body));
        if (column == 0 && c >= body) {
            assert_true(*c != '.' && strncmp(c, "From ", 5) != 0);
        }
        if (++column > 76) {
            fail_msg("a line is too long: %.90s", c - 76);
        }
    }
    assert_int_equal(next, sizeof(names) / sizeof(names[0]));
    assert_int_equal(c[-1], '\n');
}

static void test_simple(void **state)
{
    (void)state;
    assert_string_equal(
        write_mail(&simple),
        "Date: Thu, 01 Jan 1970 00:00:00 +0000\n"
        "From: CPTS des Portes du Lauragais <contact@cpts.example.fr>\n"
        "To: docteur.martin@example.fr\n"
        "Subject: Your sheet\n"
        "Message-ID: <outbox.12@cpts.example.fr>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: quoted-printable\n"
        "Auto-Submitted: auto-generated\n"
        "\n"
        "Hello,\n\nall is well.\n");
}

static void test_date(void **state)
{
    cpts_mail_t mail = simple;

    (void)state;
    mail.date = apr_time_from_sec(1772323199) + 999999;
    assert_string_equal(header_of(write_mail(&mail), "Date"),
                        "Sat, 28 Feb 2026 23:59:59 +0000");
}

/* Names and subjects of all kinds come out as they went in, spaces apart. */
static void test_words(void **state)
{
    static const struct {
        const char *text, *read;
    } table[] = {
        { "a", "a" },
        { "Rappel : votre fiche", "Rappel : votre fiche" },
        { "Répondre d’ici le 3 mai\xc2\xa0?",
          "Répondre d’ici le 3 mai\xc2\xa0?" },
        { "طبيب الأسرة في البلدية الجديدة وكل ما يحتاج إليه المريض",
          "طبيب الأسرة في البلدية الجديدة وكل ما يحتاج إليه المريض" },
        { "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀" },
        { "=?UTF-8?B?QQ==?=", "=?UTF-8?B?QQ==?=" },
        { "a\r\nBcc: all@example.fr", "a Bcc: all@example.fr" },
        { "a\nBcc: all@example.fr\n\nbody", "a Bcc: all@example.fr body" },
        { "a\rb\x0b\x0c\x01\x7f\tc\xc2\x85"
          "d\xe2\x80\xa8"
          "e\xe2\x80\xa9"
          "f",
          "a b c d e f" },
        { "  a  \r\n  b  ", "a b" },
        { "Evil <evil@example.fr>, x", "Evil <evil@example.fr>, x" },
        { "\"quoted\" \\ (comment); a@b.fr: ,",
          "\"quoted\" \\ (comment); a@b.fr: ," },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_mail_t mail = simple;
        const char *text, *from;

        mail.subject = mail.from_name = table[i].text;
        text = write_mail(&mail);
        check_form(text);
        assert_string_equal(decoded(header_of(text, "Subject")),
                            table[i].read);
        from = header_of(text, "From");
        assert_string_equal(decoded(from),
                            apr_pstrcat(unit_pool, table[i].read,
                                        " <contact@cpts.example.fr>", NULL));
        /* one address, whatever the name is */
        assert_ptr_equal(strchr(from, '<'), strrchr(from, '<'));
        assert_ptr_equal(strchr(from, '@'), strrchr(from, '@'));
        assert_null(strchr(from, ','));
        assert_string_equal(header_of(text, "To"), simple.to);
        assert_string_equal(body_of(text), simple.text);
    }
}

static void test_no_name(void **state)
{
    static const char *const names[] = { NULL, "", " ", "\r\n" };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cpts_mail_t mail = simple;

        mail.from_name = names[i];
        assert_string_equal(header_of(write_mail(&mail), "From"),
                            "contact@cpts.example.fr");
    }
}

/* Every length around the bounds of lines, plain and not. */
static void test_lengths(void **state)
{
    static const char *const units[] = { "a", "é", "ل", "€", "😀", "ab " };
    size_t unit;
    int count;

    (void)state;
    for (unit = 0; unit < sizeof(units) / sizeof(units[0]); unit++) {
        const char *text = "";

        for (count = 1; count < 100; count++) {
            cpts_mail_t mail = simple;
            const char *trimmed;

            text = apr_pstrcat(unit_pool, text, units[unit], NULL);
            trimmed = text;
            if (text[strlen(text) - 1] == ' ') {
                trimmed = apr_pstrmemdup(unit_pool, text, strlen(text) - 1);
            }
            mail.subject = mail.from_name = mail.text = text;
            text = apr_pstrdup(unit_pool, text);
            check_form(write_mail(&mail));
            assert_string_equal(
                decoded(header_of(write_mail(&mail), "Subject")), trimmed);
            assert_string_equal(plain(body_of(write_mail(&mail))),
                                apr_pstrcat(unit_pool, text, "\n", NULL));
        }
    }
}

static void test_body(void **state)
{
    static const struct {
        const char *text, *body;
    } table[] = {
        { "", "" },
        { "a", "a\n" },
        { "a\r\nb\rc\nd", "a\nb\nc\nd\n" },
        { "\n\n", "\n\n" },
        { "\r\r\n\r", "\n\n\n" },
        { "a=b", "a=3Db\n" },
        { "a \nb\t\nc ", "a=20\nb=09\nc=20\n" },
        { "a \r\n", "a=20\n" },
        { "a b\tc", "a b\tc\n" },
        { ".\n..\na.", "=2E\n=2E.\na.\n" },
        { "From a\nFrom\n>From a\n From a",
          "=46rom a\nFrom\n>From a\n From a\n" },
        { "été", "=C3=A9t=C3=A9\n" },
        { "\x01\x7f\x1b", "=01=7F=1B\n" },
        { "سلام", "=D8=B3=D9=84=D8=A7=D9=85\n" },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        cpts_mail_t mail = simple;

        mail.text = table[i].text;
        assert_string_equal(body_of(write_mail(&mail)), table[i].body);
    }
}

/* Any text: lines are short, and it comes back. */
static void test_random_bodies(void **state)
{
    static const char *const pieces[]
        = { "a",
            "é",
            " ",
            "\t",
            "=",
            ".",
            "From ",
            "\n",
            "😀",
            "ل",
            "averyveryverylongwordwithoutanyspaceinitorsomethinglikeone" };
    int round, i;

    (void)state;
    for (round = 0; round < 2000; round++) {
        cpts_mail_t mail = simple;
        const char *text = "x";

        for (i = unit_below(60); i > 0; i--) {
            text = apr_pstrcat(unit_pool, text, pieces[unit_below(11)], NULL);
        }
        mail.text = apr_pstrcat(unit_pool, text, "x\n", NULL);
        check_form(write_mail(&mail));
        assert_string_equal(plain(body_of(write_mail(&mail))), mail.text);
        apr_pool_clear(unit_pool);
    }
}

/* A long address has a line of its own. */
static void test_long_address(void **state)
{
    cpts_mail_t mail = simple;
    const char *text;

    (void)state;
    mail.from = "averylongnameofaperson@averylongnameofadomain.example.fr";
    text = write_mail(&mail);
    check_form(text);
    assert_non_null(strstr(text, "From: CPTS des Portes du Lauragais\n <av"));
    assert_string_equal(header_of(text, "Message-ID"),
                        "<outbox.12@averylongnameofadomain.example.fr>");
}

static void refused(const cpts_mail_t *mail, const char *what)
{
    const char *error = NULL;

    if (cpts_mail_write(unit_pool, mail, &error)) {
        fail_msg("passes: %s", what);
    }
    assert_non_null(error);
    assert_non_null(strstr(error, what));
}

static void test_addresses(void **state)
{
    static const char *const wrong[] = {
        "",
        "a",
        "a@b",
        "@b.fr",
        "a@b.fr\n",
        "a@b.fr\r\nBcc: c@d.fr",
        "a@b.fr, c@d.fr",
        "a@b.fr c@d.fr",
        "<a@b.fr>",
        "A <a@b.fr>",
        "a@b.fr>",
        "\"a b\"@c.fr",
        "a@b.fr(c)",
        "a@b@c.fr",
        "é@b.fr",
        "a@é.fr",
        ".a@b.fr",
        "a.@b.fr",
        "a..b@c.fr",
        "a@b..fr",
        "a\t@b.fr",
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cpts_mail_t mail = simple;

        mail.to = wrong[i];
        refused(&mail, "recipient");
        mail = simple;
        mail.from = wrong[i];
        refused(&mail, "sender");
    }
}

static void test_address_lengths(void **state)
{
    cpts_mail_t mail = simple;
    char local[66], whole[300];

    (void)state;
    memset(local, 'a', sizeof(local) - 1);
    local[65] = '\0';
    mail.to = apr_pstrcat(unit_pool, local, "@b.fr", NULL);
    refused(&mail, "recipient");
    mail.to++;
    write_mail(&mail);
    memset(whole, 'b', sizeof(whole));
    memcpy(whole, "a@b.", 4);
    whole[CPTS_MAIL_ADDRESS_MAX + 1] = '\0';
    mail.to = whole;
    refused(&mail, "recipient");
    whole[CPTS_MAIL_ADDRESS_MAX] = '\0';
    write_mail(&mail);
}

static void test_faults(void **state)
{
    static const char *const ids[]
        = { "",
            "a b",
            "a@b",
            "<a>",
            "a\n",
            ".a",
            "a.",
            "a..b",
            "é",
            ("12345678901234567890123456789012345678901234567890123456789"
             "012345") };
    cpts_mail_t mail = simple;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        mail.id = ids[i];
        refused(&mail, "id");
    }
    mail = simple;
    mail.id = NULL;
    refused(&mail, "id");
    mail = simple;
    mail.subject = " \r\n ";
    refused(&mail, "subject");
    mail.subject = "\xff";
    refused(&mail, "subject");
    mail = simple;
    mail.from_name = "a\xc3";
    refused(&mail, "name");
    mail = simple;
    mail.text = "a\xe2\x82";
    refused(&mail, "text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_simple),        UNIT_TEST(test_date),
        UNIT_TEST(test_words),         UNIT_TEST(test_no_name),
        UNIT_TEST(test_lengths),       UNIT_TEST(test_body),
        UNIT_TEST(test_random_bodies), UNIT_TEST(test_long_address),
        UNIT_TEST(test_addresses),     UNIT_TEST(test_address_lengths),
        UNIT_TEST(test_faults),
    };

    return UNIT_RUN(tests);
}
