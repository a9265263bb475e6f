/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl send: writes the mails that are due, hands them to sendmail(1). */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <sodium.h>

#include "core/mail.h"
#include "ctl.h"
#include "ctl_mail.h"
#include "store/link.h"
#include "store/setting.h"

#define SENDMAIL "/usr/sbin/sendmail"
/* A sendmail that takes longer than this, seconds, is ended. */
#define SENDMAIL_TIME   60
#define SECONDS_PER_DAY 86400

/* One run. */
typedef struct {
    const ctl_t *ctl;
    cpts_db_t *db;
    const char *sendmail;
    ctl_sender_t sender;
    int invitation; /* validity of invitations, days */
    cpts_mail_clock_t clock;
    int64_t sent, failed, dropped;
} run_t;

/* One mail on its way. */
typedef struct {
    cpts_outgoing_t row;
    const char *to;
    ctl_text_t text;
    char token[CPTS_TOKEN_SIZE];
    unsigned char hash[CPTS_TOKEN_HASH];
    apr_pool_t *pool;
} parcel_t;

/* --- what httpd has said */

/* One that must be there; the first that is missing is told. */
static int need(const char **value, const run_t *run, cpts_setting_e setting,
                const char *remedy)
{
    cpts_db_e rc = cpts_setting_read(value, run->db, setting, run->ctl->pool);

    if (rc == CPTS_DB_OK) {
        return CTL_OK;
    }
    return rc == CPTS_DB_NONE
               ? ctl_refuse("no mail can be written: %s, and let httpd answer"
                            " a request",
                            remedy)
               : ctl_fail(run->ctl, run->db, rc);
}

static int read_settings(run_t *run)
{
    ctl_sender_t *s = &run->sender;
    cpts_db_e rc;

    if (need(&s->territory, run, CPTS_SETTING_TERRITORY,
             "httpd has not served this database yet: start it")
            != CTL_OK
        || need(&s->email, run, CPTS_SETTING_EMAIL,
                "set CptsContactEmail, the sender")
               != CTL_OK
        || need(&s->address, run, CPTS_SETTING_ADDRESS,
                "set CptsAddress, where links lead to")
               != CTL_OK) {
        return CTL_REFUSED;
    }
    run->clock.validity = 90;
    run->clock.reminder = 14;
    run->invitation = 30;
    rc = cpts_setting_read(&s->phone, run->db, CPTS_SETTING_PHONE,
                           run->ctl->pool);
    if (rc == CPTS_DB_OK || rc == CPTS_DB_NONE) {
        rc = cpts_setting_days(&run->clock.validity, run->db,
                               CPTS_SETTING_VALIDITY);
    }
    if (rc == CPTS_DB_OK || rc == CPTS_DB_NONE) {
        rc = cpts_setting_days(&run->clock.reminder, run->db,
                               CPTS_SETTING_REMINDER);
    }
    if (rc == CPTS_DB_OK || rc == CPTS_DB_NONE) {
        rc = cpts_setting_days(&run->invitation, run->db,
                               CPTS_SETTING_INVITATION);
    }
    s->validity = run->clock.validity;
    return rc == CPTS_DB_OK || rc == CPTS_DB_NONE
               ? CTL_OK
               : ctl_fail(run->ctl, run->db, rc);
}

/* --- one mail, inside a transaction */

static cpts_db_e write_reminder(parcel_t *p, run_t *run)
{
    cpts_reminder_t reminder;
    cpts_db_e rc = cpts_outbox_reminder(&reminder, run->db, &p->row,
                                        &run->clock, p->pool);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    p->to = reminder.email;
    rc = cpts_link_make(p->token, p->hash, run->db, p->row.sheet,
                        p->row.account, run->clock.now);
    if (rc == CPTS_DB_OK) {
        ctl_mail_reminder(&p->text, &run->sender, p->row.kind, &reminder,
                          p->token, run->clock.today + CPTS_LINK_DAYS - 1,
                          p->pool);
    }
    return rc;
}

/* A token for an invitation; the one before is dead. */
static cpts_db_e renew(parcel_t *p, run_t *run)
{
    unsigned char bytes[CPTS_TOKEN_BYTES];
    int64_t expires
        = run->clock.now + (int64_t)run->invitation * SECONDS_PER_DAY;
    int made = cpts_token_make(p->token) == 0
               && cpts_token_parse(bytes, p->token) == 0
               && cpts_token_hash(p->hash, bytes) == 0;

    sodium_memzero(bytes, sizeof(bytes));
    if (!made) {
        cpts_db_explain(run->db, "no token could be made");
        return CPTS_DB_ERROR;
    }
    return cpts_invitation_renew(run->db, p->row.about, p->hash, expires);
}

static cpts_db_e write_invitation(parcel_t *p, run_t *run)
{
    static const cpts_actor_t anyone
        = { .account = "", .role = CPTS_COORDINATOR };
    cpts_invitation_t invitation;
    cpts_db_e rc = cpts_invitation_read(&invitation, run->db, &anyone,
                                        p->row.about, run->clock.now, p->pool);

    if (rc == CPTS_DB_OK && (!invitation.mail || !invitation.email)) {
        rc = CPTS_DB_NONE;
    }
    if (rc == CPTS_DB_OK) {
        p->to = invitation.email;
        rc = renew(p, run);
    }
    if (rc == CPTS_DB_OK) {
        ctl_mail_invitation(&p->text, &run->sender, &invitation, p->token,
                            run->clock.today + run->invitation - 1, p->pool);
    }
    /* used or revoked meanwhile */
    return rc == CPTS_DB_CONSTRAINT ? CPTS_DB_NONE : rc;
}

/* Claim the next row and write its mail.
 * CPTS_DB_NONE: there are no more. p->to is NULL where it was dropped. */
static cpts_db_e take(parcel_t *p, run_t *run, int64_t after)
{
    cpts_db_e rc = cpts_outbox_claim(&p->row, run->db, after, run->clock.now);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = p->row.kind == CPTS_MAIL_INVITATION ? write_invitation(p, run)
                                             : write_reminder(p, run);
    if (rc == CPTS_DB_NONE) {
        p->to = NULL;
        rc = cpts_outbox_drop(run->db, &p->row);
    }
    return rc;
}

/* --- sendmail */

static void run_sendmail(const run_t *run, const parcel_t *p, int in)
{
    const char *arguments[]
        = { run->sendmail, "-i", "-f", run->sender.email, "--", p->to, NULL };

    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(in, STDIN_FILENO) >= 0) {
        (void)execv(run->sendmail, (char *const *)arguments);
    }
    _exit(127);
}

/* The exit status, or -1 when it had to be ended. */
static int wait_for(pid_t child)
{
    int tries, status;

    for (tries = 0; tries < SENDMAIL_TIME * 20; tries++) {
        pid_t gone = waitpid(child, &status, WNOHANG);

        if (gone == child) {
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        }
        if (gone < 0 && errno != EINTR) {
            return -1;
        }
        apr_sleep(apr_time_from_msec(50));
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, &status, 0);
    return -1;
}

static int write_whole(int out, const char *text)
{
    size_t rest = strlen(text);

    while (rest > 0) {
        ssize_t written = write(out, text, rest);

        if (written < 0 && errno != EINTR) {
            return -1;
        }
        if (written > 0) {
            text += written;
            rest -= (size_t)written;
        }
    }
    return 0;
}

/* NULL, or what went wrong. */
static const char *hand_over(const run_t *run, const parcel_t *p,
                             const char *mail)
{
    int ends[2];
    int written, status;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return "no pipe could be made";
    }
    child = fork();
    if (child == 0) {
        run_sendmail(run, p, ends[0]);
    }
    (void)close(ends[0]);
    if (child < 0) {
        (void)close(ends[1]);
        return "no process could be made";
    }
    written = write_whole(ends[1], mail);
    (void)close(ends[1]);
    status = wait_for(child);
    if (status != 0) {
        return status < 0 ? "sendmail did not end by itself"
                          : apr_psprintf(p->pool, "sendmail: exit %d", status);
    }
    return written == 0 ? NULL : "sendmail did not read the mail";
}

static const char *send_one(const run_t *run, const parcel_t *p)
{
    cpts_mail_t mail = { .from_name = run->sender.territory,
                         .from = run->sender.email,
                         .to = p->to,
                         .subject = p->text.subject,
                         .date = apr_time_now(),
                         .text = p->text.text };
    const char *error;
    const char *text;

    /* Both copies of a reminder work: they may be known as the same.  Only
     * the last one of an invitation does. */
    mail.id = apr_psprintf(
        p->pool, "cpts.%s.%" APR_INT64_T_FMT ".%" APR_INT64_T_FMT ".%d",
        cpts_mail_words[p->row.kind], (apr_int64_t)p->row.id,
        (apr_int64_t)p->row.created_at,
        p->row.kind == CPTS_MAIL_INVITATION ? p->row.attempts : 0);
    text = cpts_mail_write(p->pool, &mail, &error);
    if (!text) {
        return error;
    }
    error = hand_over(run, p, text);
    sodium_memzero((char *)text, strlen(text));
    return error;
}

/* --- all of them */

static cpts_db_e note(run_t *run, const parcel_t *p, const char *error)
{
    cpts_db_e rc = cpts_db_start(run->db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (!error) {
        rc = cpts_outbox_sent(run->db, &p->row, apr_time_sec(apr_time_now()));
    }
    else {
        rc = cpts_outbox_failed(run->db, &p->row, error);
        if (rc == CPTS_DB_OK && p->row.kind != CPTS_MAIL_INVITATION) {
            rc = cpts_link_forget(run->db, p->hash);
        }
    }
    return cpts_db_leave(run->db, 1, rc);
}

/* Claim, commit, hand over, commit. */
static cpts_db_e send_next(run_t *run, parcel_t *p, int64_t after)
{
    const char *error;
    cpts_db_e rc = cpts_db_start(run->db);

    if (rc == CPTS_DB_OK) {
        rc = cpts_db_leave(run->db, 1, take(p, run, after));
    }
    if (rc != CPTS_DB_OK) {
        return rc;
    }
    if (!p->to) {
        run->dropped++;
        return CPTS_DB_OK;
    }
    error = send_one(run, p);
    if (error) {
        fprintf(stderr, "cptsctl: mail %lld (%s): %s\n", (long long)p->row.id,
                cpts_mail_words[p->row.kind], error);
        run->failed++;
    }
    else {
        run->sent++;
    }
    return note(run, p, error);
}

static void wipe(parcel_t *p)
{
    sodium_memzero(p->token, sizeof(p->token));
    if (p->text.text) {
        sodium_memzero(p->text.text, strlen(p->text.text));
    }
}

static cpts_db_e send_all(run_t *run)
{
    cpts_db_e rc = CPTS_DB_OK;
    parcel_t p = { .row = { .id = 0 } };

    while (rc == CPTS_DB_OK) {
        int64_t after = p.row.id;

        memset(&p, 0, sizeof(p));
        if (apr_pool_create(&p.pool, run->ctl->pool) != APR_SUCCESS) {
            return CPTS_DB_ERROR;
        }
        rc = send_next(run, &p, after);
        wipe(&p);
        apr_pool_destroy(p.pool);
    }
    return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}

static cpts_db_e fill(run_t *run)
{
    cpts_db_e rc = cpts_db_start(run->db);

    return rc == CPTS_DB_OK ? cpts_db_leave(
               run->db, 1, cpts_outbox_fill(run->db, &run->clock))
                            : rc;
}

static cpts_db_e list_all(apr_array_header_t *lines, run_t *run)
{
    cpts_db_e rc = cpts_outbox_fill(run->db, &run->clock);
    parcel_t p = { .pool = run->ctl->pool };

    while (rc == CPTS_DB_OK) {
        rc = take(&p, run, p.row.id);
        if (rc == CPTS_DB_OK && p.to) {
            APR_ARRAY_PUSH(lines, const char *) = apr_pstrcat(
                lines->pool, cpts_mail_words[p.row.kind], " ", p.to, NULL);
        }
        wipe(&p);
    }
    return rc == CPTS_DB_NONE ? CPTS_DB_OK : rc;
}

/* The same up to the mails themselves, and nothing is kept. Told once httpd
 * may write again: a reader of the list may take its time. */
static cpts_db_e show_all(run_t *run)
{
    apr_array_header_t *lines
        = apr_array_make(run->ctl->pool, 16, sizeof(const char *));
    cpts_db_e rc = cpts_db_start(run->db);

    if (rc == CPTS_DB_OK) {
        rc = list_all(lines, run);
        cpts_db_rollback(run->db);
    }
    for (int i = 0; i < lines->nelts && rc == CPTS_DB_OK; i++) {
        printf("%s\n", APR_ARRAY_IDX(lines, i, const char *));
        run->sent++;
    }
    return rc;
}

static int report(run_t *run, cpts_db_e rc)
{
    int64_t given_up = 0;

    if (rc == CPTS_DB_OK) {
        rc = cpts_outbox_given_up(&given_up, run->db);
    }
    if (rc != CPTS_DB_OK) {
        return ctl_fail(run->ctl, run->db, rc);
    }
    if (run->ctl->dry_run) {
        printf("%s: %lld mails would be sent\n", run->ctl->file,
               (long long)run->sent);
        return CTL_OK;
    }
    printf("%s: %lld mails sent, %lld failed, %lld no longer needed\n",
           run->ctl->file, (long long)run->sent, (long long)run->failed,
           (long long)run->dropped);
    if (given_up) {
        fprintf(stderr, "cptsctl: %lld mails were given up after %d tries\n",
                (long long)given_up, CPTS_MAIL_TRIES);
    }
    return run->failed ? CTL_REFUSED : CTL_OK;
}

/* --- the command */

static int look_around(run_t *run)
{
    cpts_db_e rc = cpts_journal_key_look(run->db);

    /* a mail that went and cannot be noted would go again and again */
    if (rc != CPTS_DB_OK) {
        return ctl_fail(run->ctl, run->db, rc);
    }
    if (!run->ctl->dry_run
        && (*run->sendmail != '/' || access(run->sendmail, X_OK) != 0)) {
        return ctl_refuse("%s cannot be run: install a program that sends"
                          " mail, or name it with --sendmail /PATH",
                          run->sendmail);
    }
    return read_settings(run);
}

static int set_clock(run_t *run)
{
    const ctl_t *ctl = run->ctl;
    apr_time_t now = apr_time_now();

    run->clock.now = apr_time_sec(now);
    run->clock.today = cpts_day_of(now);
    if (!ctl->at) {
        return CTL_OK;
    }
    if (!ctl->dry_run || cpts_day_parse(&run->clock.today, ctl->at) != 0) {
        return ctl_refuse("--at takes a day, 2026-11-22, and goes with"
                          " --dry-run only");
    }
    run->clock.now = apr_time_sec(cpts_day_begin(run->clock.today));
    return CTL_OK;
}

int ctl_send(ctl_t *ctl)
{
    run_t run
        = { .ctl = ctl, .sendmail = ctl->sendmail ? ctl->sendmail : SENDMAIL };
    cpts_db_e rc;

    (void)signal(SIGPIPE, SIG_IGN);
    if (set_clock(&run) != CTL_OK || ctl_open(&run.db, ctl) != CTL_OK
        || look_around(&run) != CTL_OK) {
        return CTL_REFUSED;
    }
    if (ctl->dry_run) {
        return report(&run, show_all(&run));
    }
    rc = fill(&run);
    return report(&run, rc == CPTS_DB_OK ? send_all(&run) : rc);
}
