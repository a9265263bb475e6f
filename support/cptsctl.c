/* SPDX-License-Identifier: Apache-2.0 */
/* cptsctl, the administrator's command: reads the command line. */

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>

#include "core/version.h"
#include "ctl.h"

/* How long to wait for a lock that httpd holds, milliseconds. */
#define LOCK_TIMEOUT 5000

/* --- the tables */

typedef enum { FLAG, VALUE, LIST } option_e;

enum {
    RPPS = 1,
    PASSWORD_STDIN = 2,
    ALLOW_WEAK = 4,
    COMMUNES = 8,
    PERIMETER = 16,
    UPDATE = 32,
    DRY_RUN = 64,
    LIMIT = 128,
    SINCE = 256,
    KEEP = 512,
    BROKEN = 1024,
    SENDMAIL = 2048,
    AT = 4096,
    WHO = 8192
};

static const struct {
    const char *word;
    unsigned bit;
    option_e kind;
    size_t offset; /* in ctl_t */
} options[] = {
    { "--rpps", RPPS, VALUE, offsetof(ctl_t, rpps) },
    { "--password-stdin", PASSWORD_STDIN, FLAG,
      offsetof(ctl_t, password_stdin) },
    { "--allow-weak", ALLOW_WEAK, FLAG, offsetof(ctl_t, allow_weak) },
    { "--communes", COMMUNES, LIST, offsetof(ctl_t, communes) },
    { "--perimeter", PERIMETER, LIST, offsetof(ctl_t, perimeters) },
    { "--update", UPDATE, FLAG, offsetof(ctl_t, update) },
    { "--dry-run", DRY_RUN, FLAG, offsetof(ctl_t, dry_run) },
    { "--limit", LIMIT, VALUE, offsetof(ctl_t, limit) },
    { "--since", SINCE, VALUE, offsetof(ctl_t, since) },
    { "--keep", KEEP, VALUE, offsetof(ctl_t, keep) },
    { "--broken", BROKEN, FLAG, offsetof(ctl_t, broken) },
    { "--sendmail", SENDMAIL, VALUE, offsetof(ctl_t, sendmail) },
    { "--at", AT, VALUE, offsetof(ctl_t, at) },
    { "--email", WHO, VALUE, offsetof(ctl_t, email) },
    { "--profession", WHO, VALUE, offsetof(ctl_t, profession) },
    { "--structure", WHO, VALUE, offsetof(ctl_t, structure) },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

typedef struct {
    const char *name;
    const char *sub; /* NULL: one word */
    const char *args;
    const char *help;
    unsigned options;
    int min, max; /* operands */
    int (*run)(ctl_t *ctl);
} command_t;

/* clang-format off */
static const command_t commands[] = {
    { "init", NULL, "", "make an empty database",
      0, 0, 0, ctl_init },
    { "migrate", NULL, "", "bring an older database up to this version",
      0, 0, 0, ctl_migrate },
    { "check", NULL, "", "look for damage, say plainly what was found",
      0, 0, 0, ctl_check },
    { "backup", NULL, "FILE",
      "copy the database and its key while httpd runs",
      0, 1, 1, ctl_backup },
    { "account", "add",
      "NAME ROLE [--rpps N] [--email ADDRESS] [--profession TEXT]"
      " [--structure TEXT] [--password-stdin] [--allow-weak]",
      "add an account: doctor or delegate (with --rpps), professional,"
      " coordinator",
      RPPS | WHO | PASSWORD_STDIN | ALLOW_WEAK, 2, 2, ctl_account_add },
    { "account", "password", "NAME [--password-stdin] [--allow-weak]",
      "give an account another password",
      PASSWORD_STDIN | ALLOW_WEAK, 1, 1, ctl_account_password },
    { "account", "role", "NAME ROLE [--rpps N]",
      "give an account another role", RPPS, 2, 2, ctl_account_role },
    { "account", "disable", "NAME", "refuse its logins from now on",
      0, 1, 1, ctl_account_disable },
    { "account", "enable", "NAME", "let it log in again",
      0, 1, 1, ctl_account_enable },
    { "account", "erase", "NAME", "erase it and all that is kept of it",
      0, 1, 1, ctl_account_erase },
    { "account", "list", "", "list all accounts",
      0, 0, 0, ctl_account_list },
    { "import", "sheets",
      "FILE.csv [--communes FILE.csv]... [--perimeter NAME=CODE,...]..."
      " [--update] [--dry-run]",
      "import sheets, all or none",
      COMMUNES | PERIMETER | UPDATE | DRY_RUN, 1, 1, ctl_sheets_import },
    { "export", "sheets", "[FILE.csv]", "write all sheets as CSV",
      0, 0, 1, ctl_sheets_export },
    { "journal", "verify", "[--since ID:LINK]",
      "say whether the journal is whole, and where it is not",
      SINCE, 0, 0, ctl_journal_verify },
    { "journal", "list", "[--limit N]", "show the newest entries",
      LIMIT, 0, 0, ctl_journal_list },
    { "send", NULL, "[--sendmail PATH] [--dry-run] [--at DAY]",
      "send the mails that are due: reminders, invitations",
      SENDMAIL | DRY_RUN | AT, 0, 0, ctl_send },
    { "purge", NULL, "[--keep DAYS] [--broken]",
      "remove what is older than it may be kept",
      KEEP | BROKEN, 0, 0, ctl_purge },
};
/* clang-format on */
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* --- messages */

static void print_command(FILE *out, const command_t *c)
{
    fprintf(out, "  cptsctl -d FILE %s%s%s%s%s\n", c->name, c->sub ? " " : "",
            c->sub ? c->sub : "", *c->args ? " " : "", c->args);
    fprintf(out, "      %s\n", c->help);
}

static void print_usage(FILE *out)
{
    fputs("usage: cptsctl [-d FILE] COMMAND\n\n"
          "  -d FILE      the database; else the environment's"
          " CPTS_DATABASE\n"
          "  -h, --help   this text\n"
          "  --version    the version\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        print_command(out, &commands[i]);
    }
    fputs("\nPasswords are asked for, or read from standard input: never"
          " given on the\ncommand line. Exit codes: 0 done, 1 refused or"
          " failed, 2 usage.\n",
          out);
}

static int usage(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

static int usage(const char *format, ...)
{
    va_list args;

    fputs("cptsctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\n\"cptsctl --help\" lists the commands.\n", stderr);
    return CTL_USAGE;
}

int ctl_refuse(const char *format, ...)
{
    va_list args;

    fputs("cptsctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return CTL_REFUSED;
}

int ctl_fail(const ctl_t *ctl, const cpts_db_t *db, cpts_db_e kind)
{
    return ctl_refuse("%s: %s\n  (%s: %s)", ctl->file,
                      cpts_db_faults[kind].log, cpts_db_faults[kind].code,
                      cpts_db_message(db));
}

int ctl_open(cpts_db_t **db, const ctl_t *ctl)
{
    cpts_db_e rc = cpts_db_open(db, ctl->file, 0, LOCK_TIMEOUT, ctl->pool);

    return rc == CPTS_DB_OK ? CTL_OK : ctl_fail(ctl, NULL, rc);
}

void ctl_progress(void *baton, int64_t done, int64_t total)
{
    if (!isatty(STDERR_FILENO)) {
        return;
    }
    if (total > 0) {
        fprintf(stderr, "\r%s %3d %%", (const char *)baton,
                (int)(done * 100 / total));
    }
    else {
        fprintf(stderr, "\r%s %lld", (const char *)baton, (long long)done);
    }
}

void ctl_progress_end(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

/* --- the command line */

static const command_t *find_command(const char *name, const char *sub)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0
            && (!commands[i].sub
                || (sub && strcmp(commands[i].sub, sub) == 0))) {
            return &commands[i];
        }
    }
    return NULL;
}

/* Number of words taken, 0 when it is no option of this command or lacks
 * its value. */
static int take_option(ctl_t *ctl, const command_t *command, char **words)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        char *member = (char *)ctl + options[i].offset;

        if (strcmp(options[i].word, words[0]) != 0
            || !(command->options & options[i].bit)) {
            continue;
        }
        if (options[i].kind == FLAG) {
            *(int *)(void *)member = 1;
            return 1;
        }
        if (!words[1]) {
            return 0;
        }
        if (options[i].kind == VALUE) {
            *(const char **)(void *)member = words[1];
        }
        else {
            APR_ARRAY_PUSH(*(apr_array_header_t **)(void *)member,
                           const char *)
                = words[1];
        }
        return 2;
    }
    return 0;
}

static int take_words(ctl_t *ctl, const command_t *command, char **words)
{
    int only_operands = 0;
    int taken;

    while (*words) {
        if (only_operands || **words != '-' || strcmp(*words, "-") == 0) {
            if (ctl->operand_count >= command->max) {
                return usage("\"%s\" is one word too many", *words);
            }
            ctl->operands[ctl->operand_count++] = *words++;
        }
        else if (strcmp(*words, "--") == 0) {
            only_operands = 1;
            words++;
        }
        else {
            taken = take_option(ctl, command, words);
            if (!taken) {
                return usage("%s is no option of this command, or lacks its"
                             " value",
                             *words);
            }
            words += taken;
        }
    }
    if (ctl->operand_count < command->min) {
        return usage("%s%s%s takes: %s", command->name,
                     command->sub ? " " : "", command->sub ? command->sub : "",
                     command->args);
    }
    return CTL_OK;
}

static int run_command(ctl_t *ctl, char **words)
{
    const command_t *command = find_command(words[0], words[1]);
    int rc;

    if (!command) {
        return usage("there is no command \"%s%s%s\"", words[0],
                     words[1] ? " " : "", words[1] ? words[1] : "");
    }
    rc = take_words(ctl, command, words + (command->sub ? 2 : 1));
    if (rc != CTL_OK) {
        return rc;
    }
    if (!ctl->file || !*ctl->file) {
        return usage("which database? Give -d FILE, or set CPTS_DATABASE");
    }
    return command->run(ctl);
}

static int run(ctl_t *ctl, char **words)
{
    while (*words && **words == '-') {
        if (strcmp(*words, "-h") == 0 || strcmp(*words, "--help") == 0) {
            print_usage(stdout);
            return CTL_OK;
        }
        if (strcmp(*words, "--version") == 0) {
            puts("cptsctl " CPTS_VERSION);
            return CTL_OK;
        }
        if (strcmp(*words, "-d") != 0 || !words[1]) {
            return usage("%s is no option, or lacks its value", *words);
        }
        ctl->file = words[1];
        words += 2;
    }
    if (!*words) {
        print_usage(stderr);
        return CTL_USAGE;
    }
    if (strcmp(*words, "help") == 0) {
        print_usage(stdout);
        return CTL_OK;
    }
    return run_command(ctl, words);
}

/* No error: what was asked for is done. */
static void tell_untold(const ctl_t *ctl)
{
    int why = cpts_db_untold();

    if (why) {
        fprintf(stderr,
                "cptsctl: %s.live: %s: httpd could not be told, and sees the"
                " change only after CptsRefresh\n",
                ctl->file,
                why == EINVAL ? "not made by httpd" : strerror(why));
    }
}

int main(int argc, char **argv)
{
    ctl_t ctl = { .file = getenv("CPTS_DATABASE") };
    int rc;

    (void)argc;
    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        return ctl_refuse("short of memory");
    }
    ctl.communes = apr_array_make(ctl.pool, 2, sizeof(const char *));
    ctl.perimeters = apr_array_make(ctl.pool, 2, sizeof(const char *));
    rc = run(&ctl, argv + 1);
    apr_pool_destroy(ctl.pool);
    tell_untold(&ctl);
    apr_terminate();
    if (fflush(stdout) != 0 || ferror(stdout)) {
        rc = rc == CTL_OK ? ctl_refuse("cannot write to standard output") : rc;
    }
    return rc;
}
