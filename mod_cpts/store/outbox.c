/* SPDX-License-Identifier: Apache-2.0 */
/* Mails to send: what is due, who sends it, what became of it. */

#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "store/journal.h"

const char *const cpts_mail_words[] = {
    [CPTS_MAIL_REMINDER] = "reminder",
    [CPTS_MAIL_STALE] = "stale",
    [CPTS_MAIL_INVITATION] = "invitation",
    [CPTS_MAILS] = NULL,
};

/* Before the next try, seconds; the last one again and again. */
static const int delays[] = { 900, 3600, 14400, 43200, 86400 };
#define DELAYS ((int)(sizeof(delays) / sizeof(delays[0])))

/* --- what is due */

/* Sheets confirmed before this day are not proposed any more. */
static const char *stale_before(const cpts_mail_clock_t *clock,
                                char day[CPTS_DAY_SIZE])
{
    cpts_day_format(day, clock->today - clock->validity);
    return day;
}

static cpts_day_t last_reminded(const cpts_mail_clock_t *clock)
{
    int half = clock->validity / 2;
    int lead = clock->reminder < half ? clock->reminder : half;
    cpts_day_t stale = clock->today - clock->validity;

    return lead > 0 ? stale + lead : stale - 1;
}

cpts_db_e cpts_outbox_fill(cpts_db_t *db, const cpts_mail_clock_t *clock)
{
    char stale[CPTS_DAY_SIZE], reminded[CPTS_DAY_SIZE], today[CPTS_DAY_SIZE];
    cpts_db_e rc;

    cpts_day_format(reminded, last_reminded(clock));
    cpts_day_format(today, clock->today);
    rc = cpts_db_run(db, NULL, CPTS_SQL_OUTBOX_ADD_REMINDERS, "sssl",
                     stale_before(clock, stale), reminded, today, clock->now);
    return rc == CPTS_DB_OK ? cpts_db_run(
               db, NULL, CPTS_SQL_OUTBOX_ADD_INVITATIONS, "l", clock->now)
                            : rc;
}

/* --- one mail */

static int kind_of(const char *word)
{
    int kind;

    for (kind = 0; kind < CPTS_MAILS; kind++) {
        if (strcmp(cpts_mail_words[kind], word) == 0) {
            return kind;
        }
    }
    return -1;
}

static cpts_db_e read_row(cpts_outgoing_t *out, cpts_db_t *db)
{
    int kind = kind_of(cpts_db_text(db, 1));

    memset(out, 0, sizeof(*out));
    out->id = cpts_db_int64(db, 0);
    out->kind = (cpts_mail_e)kind;
    out->account = cpts_db_int64(db, 3);
    out->sheet = cpts_db_int64(db, 4);
    out->created_at = cpts_db_int64(db, 5);
    out->attempts = (int)cpts_db_int64(db, 6);
    if (kind == CPTS_MAIL_INVITATION) {
        out->about = apr_atoi64(cpts_db_text(db, 2));
    }
    cpts_db_end(db);
    if (kind < 0) {
        cpts_db_explain(db, "mail %lld is of no known kind",
                        (long long)out->id);
        return CPTS_DB_ERROR;
    }
    return CPTS_DB_OK;
}

cpts_db_e cpts_outbox_claim(cpts_outgoing_t *out, cpts_db_t *db, int64_t after,
                            int64_t now)
{
    int changed = 0;
    int delay;
    cpts_db_e rc = cpts_db_first(db, CPTS_SQL_OUTBOX_NEXT, "lli", after, now,
                                 CPTS_MAIL_TRIES);

    rc = rc == CPTS_DB_ROW ? read_row(out, db) : rc;
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    delay = delays[out->attempts < DELAYS ? out->attempts : DELAYS - 1];
    rc = cpts_db_run(db, &changed, CPTS_SQL_OUTBOX_CLAIM, "lil", out->id,
                     out->attempts, now + delay);
    out->attempts++;
    return rc == CPTS_DB_OK && changed != 1 ? CPTS_DB_CONFLICT : rc;
}

cpts_db_e cpts_outbox_reminder(cpts_reminder_t *out, cpts_db_t *db,
                               const cpts_outgoing_t *mail,
                               const cpts_mail_clock_t *clock,
                               apr_pool_t *pool)
{
    char stale[CPTS_DAY_SIZE], today[CPTS_DAY_SIZE];
    cpts_db_e rc;

    cpts_day_format(today, clock->today);
    rc = cpts_db_first(db, CPTS_SQL_OUTBOX_REMINDER, "lss", mail->id,
                       stale_before(clock, stale), today);
    if (rc != CPTS_DB_ROW) {
        return rc;
    }
    out->email = apr_pstrdup(pool, cpts_db_text(db, 0));
    out->name = apr_pstrdup(pool, cpts_db_text(db, 1));
    rc = cpts_day_parse(&out->confirmed_on, cpts_db_text(db, 2)) == 0
             ? CPTS_DB_OK
             : CPTS_DB_ERROR;
    cpts_db_end(db);
    return rc;
}

/* --- what became of it */

cpts_db_e cpts_outbox_sent(cpts_db_t *db, const cpts_outgoing_t *mail,
                           int64_t now)
{
    cpts_entry_t entry = { .at = now,
                           .did = CPTS_DID_MAIL_SEND,
                           .sheets = &mail->sheet,
                           .count = mail->sheet != 0,
                           .outcome = cpts_mail_words[mail->kind] };
    cpts_db_e rc
        = cpts_db_run(db, NULL, CPTS_SQL_OUTBOX_SENT, "ll", mail->id, now);

    if (rc == CPTS_DB_OK && mail->kind == CPTS_MAIL_INVITATION) {
        rc = cpts_db_run(db, NULL, CPTS_SQL_OUTBOX_INVITED, "ll", mail->about,
                         now);
    }
    return rc == CPTS_DB_OK ? cpts_journal_append(db, &entry, NULL) : rc;
}

cpts_db_e cpts_outbox_failed(cpts_db_t *db, const cpts_outgoing_t *mail,
                             const char *error)
{
    return cpts_db_run(db, NULL, CPTS_SQL_OUTBOX_FAILED, "ls", mail->id,
                       error);
}

cpts_db_e cpts_outbox_drop(cpts_db_t *db, const cpts_outgoing_t *mail)
{
    return cpts_db_run(db, NULL, CPTS_SQL_OUTBOX_DROP, "l", mail->id);
}

cpts_db_e cpts_outbox_given_up(int64_t *count, cpts_db_t *db)
{
    return cpts_db_number(count, db, CPTS_SQL_OUTBOX_GIVEN_UP, "i",
                          CPTS_MAIL_TRIES);
}
