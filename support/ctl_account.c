/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl account: accounts and their passwords. */

#include <signal.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "core/field.h"
#include "core/role.h"
#include "core/secret.h"
#include "core/sheet.h"
#include "core/text.h"
#include "ctl.h"
#include "store/account.h"
#include "store/export.h"

/* The longest texts, as in an invitation. */
#define PROFESSION_MAX 80
#define STRUCTURE_MAX  120

/* --- passwords */

static struct termios terminal;

/* Interrupted while the echo is off: put it back first. */
static void restore_terminal(int signum)
{
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    (void)signal(signum, SIG_DFL);
    (void)raise(signum);
}

/* One line without its end; NULL at the end of the input or when it is too
 * long for any password. */
static const char *read_line(char *line, int size)
{
    size_t length;

    if (!fgets(line, size, stdin)) {
        return NULL;
    }
    length = strcspn(line, "\r\n");
    if (line[length] == '\0' && !feof(stdin)) {
        return NULL;
    }
    line[length] = '\0';
    return line;
}

static const char *ask(const char *prompt, char *line, int size)
{
    struct termios silent;
    const char *answer;

    if (tcgetattr(STDIN_FILENO, &terminal) != 0) {
        return NULL;
    }
    silent = terminal;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)signal(SIGINT, restore_terminal);
    (void)signal(SIGTERM, restore_terminal);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    /* only now: what is typed earlier would be shown, and is dropped */
    fputs(prompt, stderr);
    answer = read_line(line, size);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    fputc('\n', stderr);
    return answer;
}

static int ask_twice(char *line, int size)
{
    char again[CPTS_PASSWORD_MAX + 3];

    if (!isatty(STDIN_FILENO)) {
        return ctl_refuse("there is no terminal to ask for the password:"
                          " give --password-stdin");
    }
    if (!ask("Password: ", line, size)
        || !ask("Again: ", again, (int)sizeof(again))) {
        return ctl_refuse("no password, or longer than %d bytes",
                          CPTS_PASSWORD_MAX);
    }
    return strcmp(line, again) == 0
               ? CTL_OK
               : ctl_refuse("the two differ: nothing was changed");
}

static int check_length(const ctl_t *ctl, size_t length)
{
    int least = ctl->allow_weak ? CPTS_PASSWORD_MIN : CPTS_PASSWORD_GOOD;

    if (length > CPTS_PASSWORD_MAX) {
        return ctl_refuse("the password has more than %d bytes",
                          CPTS_PASSWORD_MAX);
    }
    if (length < (size_t)least) {
        return ctl_refuse("the password has less than %d bytes%s", least,
                          ctl->allow_weak ? ""
                                          : " (--allow-weak takes shorter"
                                            " ones, for trials only)");
    }
    return CTL_OK;
}

/* The hash of a new password, from the terminal or from standard input. */
static int read_password(const char **hash, const ctl_t *ctl)
{
    char line[CPTS_PASSWORD_MAX + 3];
    int rc = CTL_OK;

    if (!ctl->password_stdin) {
        rc = ask_twice(line, (int)sizeof(line));
    }
    else if (!read_line(line, (int)sizeof(line))) {
        rc = ctl_refuse("no password on standard input, or longer than %d"
                        " bytes",
                        CPTS_PASSWORD_MAX);
    }
    if (rc == CTL_OK) {
        rc = check_length(ctl, strlen(line));
    }
    if (rc != CTL_OK) {
        return rc;
    }
    *hash = cpts_secret_hash(ctl->pool, line);
    return *hash ? CTL_OK : ctl_refuse("bcrypt failed");
}

/* --- what is given */

static int check_name(const char *name)
{
    return cpts_account_name_ok(name)
               ? CTL_OK
               : ctl_refuse("\"%s\" cannot be an account's name: 1 to %d"
                            " letters without accent, digits, . _ - @",
                            name, CPTS_ACCOUNT_MAX);
}

static int check_role(int *role, const ctl_t *ctl, const char *word)
{
    *role = cpts_role_parse(word);
    if (*role < 0) {
        return ctl_refuse("\"%s\" is no role: doctor, professional,"
                          " coordinator, delegate",
                          word);
    }
    if (*role != CPTS_DOCTOR && *role != CPTS_DELEGATE) {
        return ctl->rpps ? ctl_refuse("--rpps goes with the roles doctor and"
                                      " delegate only")
                         : CTL_OK;
    }
    if (!ctl->rpps) {
        return ctl_refuse("a %s's account needs --rpps N: it says which"
                          " sheet is theirs",
                          word);
    }
    if (cpts_format_rpps.check(ctl->rpps) != 0) {
        return ctl_refuse("\"%s\" is no RPPS number: 11 digits", ctl->rpps);
    }
    if (!cpts_rpps_luhn(ctl->rpps)) {
        fprintf(stderr,
                "cptsctl: warning: the check digit of RPPS %s is"
                " wrong\n",
                ctl->rpps);
    }
    return CTL_OK;
}

/* A text that people read, of what one option says. */
static int check_text(const char *option, const char *text, int most)
{
    long length = text ? cpts_text_length(text) : 1;

    if (length < 1 || length > most
        || (text && cpts_text_has_control(text, 0))) {
        return ctl_refuse("%s takes 1 to %d characters in UTF-8", option,
                          most);
    }
    return CTL_OK;
}

/* Who it is: told to doctors and to the coordination. */
static int check_who(cpts_account_t *account, const ctl_t *ctl)
{
    if (ctl->email && cpts_format_email.check(ctl->email) != 0) {
        return ctl_refuse("\"%s\" is no e-mail address", ctl->email);
    }
    account->email = ctl->email;
    account->profession = ctl->profession;
    account->structure = ctl->structure;
    return check_text("--profession", ctl->profession, PROFESSION_MAX)
                   == CTL_OK
               ? check_text("--structure", ctl->structure, STRUCTURE_MAX)
               : CTL_REFUSED;
}

static int fail_account(const ctl_t *ctl, const cpts_db_t *db, cpts_db_e rc,
                        const char *name)
{
    if (rc == CPTS_DB_NONE) {
        return ctl_refuse("there is no account \"%s\": \"cptsctl account"
                          " list\" lists them",
                          name);
    }
    if (rc == CPTS_DB_CONFLICT) {
        return ctl_refuse("the account \"%s\" exists already (names that"
                          " differ by case only count as the same)",
                          name);
    }
    return ctl_fail(ctl, db, rc);
}

/* A delegate who has just been let in, but for a doctor who is not. */
static void warn_of_orphan(const ctl_t *ctl, cpts_db_t *db, const char *name)
{
    cpts_account_t account;

    if (cpts_account_read(&account, db, name, ctl->pool) == CPTS_DB_OK
        && account.disabled == CPTS_ACCOUNT_ORPHAN) {
        fprintf(stderr,
                "cptsctl: warning: no doctor's account of RPPS %s may log"
                " in, so this delegate's may not\n",
                account.rpps);
    }
}

/* --- commands */

/* One change of an account, and the entry that says of it. */
static cpts_db_e change(cpts_db_t *db, const cpts_account_t *account,
                        cpts_db_e (*fn)(cpts_db_t *db,
                                        const cpts_account_t *account),
                        cpts_did_e did, const char *outcome)
{
    cpts_db_e rc = cpts_db_start(db);

    if (rc != CPTS_DB_OK) {
        return rc;
    }
    rc = ctl_note(db, fn(db, account), did, outcome);
    return cpts_db_leave(db, 1, rc);
}

static cpts_db_e set_hash(cpts_db_t *db, const cpts_account_t *account)
{
    return cpts_account_set_hash(db, account->name, account->hash);
}

static cpts_db_e set_role(cpts_db_t *db, const cpts_account_t *account)
{
    return cpts_account_set_role(db, account->name, account->role,
                                 account->rpps);
}

static cpts_db_e set_disabled(cpts_db_t *db, const cpts_account_t *account)
{
    return cpts_account_set_disabled(db, account->name, account->disabled);
}

int ctl_account_add(ctl_t *ctl)
{
    cpts_account_t account = { .name = ctl->operands[0],
                               .created_at = apr_time_sec(apr_time_now()) };
    cpts_db_t *db;
    cpts_db_e rc;

    if (check_name(account.name) != CTL_OK
        || check_role(&account.role, ctl, ctl->operands[1]) != CTL_OK
        || check_who(&account, ctl) != CTL_OK || ctl_open(&db, ctl) != CTL_OK
        || read_password(&account.hash, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    account.rpps = ctl->rpps;
    rc = change(db, &account, cpts_account_add, CPTS_DID_ACCOUNT_ADD,
                cpts_role_words[account.role]);
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, account.name);
    }
    printf("account %s added, %s\n", account.name, ctl->operands[1]);
    warn_of_orphan(ctl, db, account.name);
    return CTL_OK;
}

int ctl_account_password(ctl_t *ctl)
{
    const char *name = ctl->operands[0];
    cpts_account_t known;
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = cpts_account_read(&known, db, name, ctl->pool);
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, name);
    }
    if (read_password(&known.hash, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = change(db, &known, set_hash, CPTS_DID_ACCOUNT_CHANGE, "password");
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, name);
    }
    printf("account %s has a new password\n", name);
    return CTL_OK;
}

int ctl_account_role(ctl_t *ctl)
{
    const char *name = ctl->operands[0];
    cpts_account_t account = { .name = name };
    cpts_db_t *db;
    cpts_db_e rc;

    if (check_role(&account.role, ctl, ctl->operands[1]) != CTL_OK
        || ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    account.rpps = ctl->rpps;
    rc = change(db, &account, set_role, CPTS_DID_ACCOUNT_CHANGE,
                cpts_role_words[account.role]);
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, name);
    }
    printf("account %s is %s now\n", name, ctl->operands[1]);
    warn_of_orphan(ctl, db, name);
    return CTL_OK;
}

static int disable(ctl_t *ctl, int disabled)
{
    const char *name = ctl->operands[0];
    const char *word = disabled ? "disabled" : "enabled";
    cpts_account_t account = { .name = name, .disabled = disabled };
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = change(db, &account, set_disabled, CPTS_DID_ACCOUNT_CHANGE, word);
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, name);
    }
    printf("account %s is %s now\n", name, word);
    warn_of_orphan(ctl, db, name);
    return CTL_OK;
}

int ctl_account_disable(ctl_t *ctl)
{
    return disable(ctl, 1);
}

int ctl_account_enable(ctl_t *ctl)
{
    return disable(ctl, 0);
}

static cpts_db_e erase(cpts_db_t *db, const cpts_account_t *account)
{
    cpts_erase_e why;

    return cpts_account_erase(&why, db, account->name, NULL,
                              apr_time_sec(apr_time_now()));
}

int ctl_account_erase(ctl_t *ctl)
{
    cpts_account_t account = { .name = ctl->operands[0] };
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    rc = change(db, &account, erase, CPTS_DID_ACCOUNT_ERASE, NULL);
    if (rc != CPTS_DB_OK) {
        return fail_account(ctl, db, rc, account.name);
    }
    /* nothing erased may linger in the log of the database; readers that
     * are at it leave that to the next checkpoint */
    (void)cpts_db_checkpoint(db);
    printf("account %s erased\n", account.name);
    return CTL_OK;
}

static cpts_db_e print_account(void *baton, const cpts_account_t *row)
{
    static const char *const states[] = {
        [0] = "enabled",
        [1] = "disabled",
        [CPTS_ACCOUNT_ORPHAN] = "no-doctor",
    };
    char day[CPTS_DAY_SIZE];

    (void)baton;
    cpts_day_format(day, cpts_day_of(apr_time_from_sec(row->created_at)));
    printf("%-24s %-12s %-11s %-9s %s\n", row->name,
           row->role < 0 ? "?" : cpts_role_words[row->role],
           row->rpps ? row->rpps : "-", states[row->disabled], day);
    return CPTS_DB_OK;
}

int ctl_account_list(ctl_t *ctl)
{
    cpts_db_t *db;
    cpts_db_e rc;

    if (ctl_open(&db, ctl) != CTL_OK) {
        return CTL_REFUSED;
    }
    printf("%-24s %-12s %-11s %-9s %s\n", "NAME", "ROLE", "RPPS", "STATE",
           "CREATED");
    rc = cpts_account_list(db, print_account, NULL, ctl->pool);
    return rc == CPTS_DB_OK ? CTL_OK : ctl_fail(ctl, db, rc);
}
