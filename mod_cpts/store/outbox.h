/* SPDX-License-Identifier: Apache-2.0 */
/* Mails to send: what is due, who sends it, what became of it. */

/**
 * @file outbox.h
 * @brief A row per mail, unique by what it is about, so that nothing is sent
 * twice.  The text is made when a mail is sent, from what holds then: a row
 * whose reason has gone is dropped.  Whoever sends claims a row first by an
 * update that only one can make; who dies between handing a mail over and
 * saying so leaves a row that is claimed again after its delay, so that a
 * mail can be sent twice then, and is never lost.
 */
#ifndef CPTS_STORE_OUTBOX_H
#define CPTS_STORE_OUTBOX_H

#include "core/date.h"
#include "store/db.h"

/** A mail that sendmail(1) refused this many times is given up. */
#define CPTS_MAIL_TRIES 7

typedef enum {
    CPTS_MAIL_REMINDER,   /**< the sheet will soon not be proposed any more */
    CPTS_MAIL_STALE,      /**< it is not any more */
    CPTS_MAIL_INVITATION, /**< to somebody who has no account yet */
    CPTS_MAILS
} cpts_mail_e;

extern const char *const cpts_mail_words[];

/** When mails are looked for. */
typedef struct {
    int64_t now;      /**< seconds since 1970 */
    cpts_day_t today; /**< the server's day */
    int validity;     /**< of sheets, days */
    int reminder;     /**< days before the end of it, 0: no such reminder */
} cpts_mail_clock_t;

/** One mail to send. */
typedef struct {
    int64_t id;
    cpts_mail_e kind;
    int64_t about;          /**< number of the invitation, or 0 */
    int64_t account, sheet; /**< their numbers, or 0 */
    int64_t created_at;     /**< seconds since 1970 */
    int attempts;           /**< with the one that was just claimed */
} cpts_outgoing_t;

/** What a mail about a sheet says. */
typedef struct {
    const char *email;
    const char *name; /**< of the doctor */
    cpts_day_t confirmed_on;
} cpts_reminder_t;

/**
 * Write rows for all that is due and has none yet: reminders to the doctors
 * whose account has an address and whose sheet is on the list, and
 * invitations that are to be mailed.  Inside the caller's transaction.
 * A reminder never comes earlier than half of the validity.
 */
cpts_db_e cpts_outbox_fill(cpts_db_t *db, const cpts_mail_clock_t *clock);

/**
 * Claim the next row after the number @a after: nobody else sends it before
 * its delay has passed.  Inside the caller's transaction, so that a link is
 * kept together with it.
 * @return CPTS_DB_NONE when none is left
 */
cpts_db_e cpts_outbox_claim(cpts_outgoing_t *out, cpts_db_t *db, int64_t after,
                            int64_t now);

/** What a claimed reminder says; CPTS_DB_NONE when its reason has gone. */
cpts_db_e cpts_outbox_reminder(cpts_reminder_t *out, cpts_db_t *db,
                               const cpts_outgoing_t *mail,
                               const cpts_mail_clock_t *clock,
                               apr_pool_t *pool);

/** It was handed over; with its entry of the journal. */
cpts_db_e cpts_outbox_sent(cpts_db_t *db, const cpts_outgoing_t *mail,
                           int64_t now);

/** It was not handed over. @param error English, names nobody */
cpts_db_e cpts_outbox_failed(cpts_db_t *db, const cpts_outgoing_t *mail,
                             const char *error);

/** Its reason has gone. */
cpts_db_e cpts_outbox_drop(cpts_db_t *db, const cpts_outgoing_t *mail);

/** How many were given up. */
cpts_db_e cpts_outbox_given_up(int64_t *count, cpts_db_t *db);

#endif
