/* SPDX-License-Identifier: Apache-2.0 */
/* The directives: one table from which come parsing, inheritance, defaults. */

#include <stddef.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/field.h"
#include "core/role.h"
#include "core/text.h"
#include "httpd/config.h"

#define NOT_SET (-1)
/* The longest text of a directive, characters. */
#define TEXT_MAX 200

typedef struct directive_t directive_t;

typedef struct {
    const char *suffix;
    apr_int64_t factor;
} unit_t;

/* Parse the words of one line into the members of config.
 * Returns NULL or what is wrong. */
typedef const char *parse_fn(const directive_t *directive, cmd_parms *cmd,
                             cpts_config_t *config, char **words);

/* What the values of a directive are, and how they are handled. */
typedef struct {
    parse_fn *parse;
    const unit_t *units;         /* of numbers; NULL for the others */
    const cpts_format_t *format; /* of texts, may be NULL */
} kind_t;

struct directive_t {
    const char *name;
    const kind_t *kind;
    int count;        /* of values; 0: any number, at least two words */
    size_t offset;    /* of the first member in cpts_config_t */
    const char *args; /* as in the manual */
    const char *min;  /* of each value */
    const char *max;
    const char *defaults; /* NULL: none */
    /* A rule that holds between the values, may be NULL. */
    const char *(*check)(const apr_int64_t *values);
};

/* --- numbers with a unit */

static const unit_t lengths[] = { { "m", 1 }, { "km", 1000 }, { NULL, 0 } };
static const unit_t days[] = { { "d", 1 }, { NULL, 0 } };
static const unit_t counts[] = { { "", 1 }, { NULL, 0 } };
/* Those of ap_timeout_parameter_parse, a number alone being seconds; that
 * function takes any text that begins with a unit, and negative numbers. */
static const unit_t times[]
    = { { "", APR_USEC_PER_SEC },         { "ms", 1000 },
        { "s", APR_USEC_PER_SEC },        { "min", 60 * APR_USEC_PER_SEC },
        { "h", 3600 * APR_USEC_PER_SEC }, { NULL, 0 } };

/* Digits and a unit; at most 12 digits, so that nothing overflows. */
static int parse_number(apr_int64_t *value, const char *text,
                        const unit_t *units)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 12) {
        return 0;
    }
    for (; units->suffix; units++) {
        if (strcmp(text + digits, units->suffix) == 0) {
            *value = apr_atoi64(text) * units->factor;
            return 1;
        }
    }
    return 0;
}

static int is_bare_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Each message ends where an example follows: the default. */
static const char *parse_value(const directive_t *d, apr_pool_t *pool,
                               apr_int64_t *value, const char *text)
{
    apr_int64_t min;
    apr_int64_t max;

    if (!parse_number(value, text, d->kind->units)) {
        return apr_psprintf(pool, "\"%s\" %s", text,
                            is_bare_number(text)
                                ? "has no unit: write for example "
                                : "is not understood: write for example ");
    }
    if (!parse_number(&min, d->min, d->kind->units)
        || !parse_number(&max, d->max, d->kind->units)) {
        return apr_psprintf(pool, "%s has a bad range", d->name);
    }
    if (*value < min || *value > max) {
        return apr_psprintf(pool,
                            "%s is out of range, %s to %s; for "
                            "example ",
                            text, d->min, d->max);
    }
    return NULL;
}

static const char *parse_numbers(const directive_t *d, cmd_parms *cmd,
                                 cpts_config_t *config, char **words)
{
    apr_int64_t values[CPTS_VALUES_MAX];
    const char *error;
    int i;

    for (i = 0; i < d->count; i++) {
        error = parse_value(d, cmd->pool, &values[i], words[i]);
        if (error) {
            return apr_pstrcat(cmd->pool, error, d->name, " ", d->defaults,
                               NULL);
        }
    }
    error = d->check ? d->check(values) : NULL;
    if (!error) {
        memcpy((char *)config + d->offset, values,
               sizeof(values[0]) * (size_t)d->count);
    }
    return error;
}

static const char *check_home_visit(const apr_int64_t *values)
{
    return values[0] <= values[1] ? NULL : "DEFAULT must not be more than MAX";
}

static const char *check_search(const apr_int64_t *values)
{
    if (values[0] < 1000 || values[2] < 1000) {
        return "START and MAX must not be less than 1km";
    }
    return values[0] <= values[2] ? NULL : "START must not be more than MAX";
}

/* Below 3 there is nothing between one and the threshold to hide in. */
static const char *check_small_count(const apr_int64_t *values)
{
    return values[0] == 2 ? "N must be 0, 1 (nothing is hidden), or at least 3"
                          : NULL;
}

/* --- texts and file names */

static const char *check_text(const kind_t *kind, const char *text)
{
    long length = cpts_text_length(text);

    if (length < 0) {
        return "the text is not valid UTF-8";
    }
    if (length == 0 || length > TEXT_MAX) {
        return "the text must have 1 to 200 characters";
    }
    if (cpts_text_has_control(text, 0)) {
        return "the text holds a control character";
    }
    if (kind->format && kind->format->check(text)) {
        return "is not understood: see the manual for the form of it";
    }
    return NULL;
}

static const char *parse_text(const directive_t *d, cmd_parms *cmd,
                              cpts_config_t *config, char **words)
{
    const char *error = check_text(d->kind, words[0]);

    if (error) {
        return apr_psprintf(cmd->pool, "\"%s\": %s", words[0], error);
    }
    *(const char **)((char *)config + d->offset) = words[0];
    return NULL;
}

static const char *parse_file(const directive_t *d, cmd_parms *cmd,
                              cpts_config_t *config, char **words)
{
    const char *file = ap_server_root_relative(cmd->pool, words[0]);

    if (!file) {
        return apr_psprintf(cmd->pool, "\"%s\" is not a file name", words[0]);
    }
    *(const char **)((char *)config + d->offset) = file;
    return NULL;
}

/* --- perimeters */

static const cpts_perimeter_line_t *find_perimeter(
    const apr_array_header_t *lines, const char *name)
{
    int i;

    for (i = 0; lines && i < lines->nelts; i++) {
        const cpts_perimeter_line_t *line
            = &APR_ARRAY_IDX(lines, i, cpts_perimeter_line_t);

        if (strcmp(line->name, name) == 0) {
            return line;
        }
    }
    return NULL;
}

static const char *parse_perimeter(const directive_t *d, cmd_parms *cmd,
                                   cpts_config_t *config, char **words)
{
    const cpts_perimeter_line_t *same;
    cpts_perimeter_line_t *line;

    (void)d;
    if (cpts_format_name.check(words[0])) {
        return apr_psprintf(cmd->pool,
                            "\"%s\": the name of a perimeter is 1 "
                            "to 40 letters without accent, digits, _ or -",
                            words[0]);
    }
    same = find_perimeter(config->perimeters, words[0]);
    if (same) {
        return apr_psprintf(cmd->pool,
                            "perimeter %s is already defined on "
                            "line %d of %s",
                            words[0], same->where->line_num,
                            same->where->filename);
    }
    if (!config->perimeters) {
        config->perimeters = apr_array_make(cmd->pool, 4, sizeof(*line));
    }
    line = apr_array_push(config->perimeters);
    line->name = words[0];
    line->where = cmd->directive;
    line->items = apr_array_make(cmd->pool, 8, sizeof(const char *));
    while (*++words) {
        APR_ARRAY_PUSH(line->items, const char *) = *words;
    }
    return NULL;
}

/* A server's own perimeters, then those of the base with other names. */
static apr_array_header_t *merge_perimeters(apr_array_header_t *base,
                                            apr_array_header_t *own,
                                            apr_pool_t *pool)
{
    apr_array_header_t *merged;
    int i;

    if (!base || !own) {
        return own ? own : base;
    }
    merged = apr_array_copy(pool, own);
    for (i = 0; i < base->nelts; i++) {
        const cpts_perimeter_line_t *line
            = &APR_ARRAY_IDX(base, i, cpts_perimeter_line_t);

        if (!find_perimeter(own, line->name)) {
            APR_ARRAY_PUSH(merged, cpts_perimeter_line_t) = *line;
        }
    }
    return merged;
}

/* --- terms of use */

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"
/* What may stand in the path of an address. */
#define PATH LETTERS DIGITS "-._~/%"
/* The journal keeps a version as a word. */
#define VERSION_MAX 32

/* 1 for "http://host/path" or "https://host:port/path". */
static int is_url(const char *text)
{
    const char *rest = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : NULL;
    size_t host = rest ? strspn(rest, LETTERS DIGITS "-.:[]") : 0;

    return host > 0 && rest[host] == '/'
           && rest[host + strspn(rest + host, PATH)] == '\0';
}

static int is_terms_address(const char *text)
{
    return is_url(text)
           || (text[0] == '/' && text[1] != '/'
               && text[strspn(text, PATH "#")] == '\0');
}

/* The address of a folder: what names a page is put behind it. */
static int check_address(const char *text)
{
    return is_url(text) && text[strlen(text) - 1] == '/' ? 0 : -1;
}

static const cpts_format_t format_address
    = { "address", "^https?://[^/]+/(.*/)?$", check_address, "" };

static const char *check_terms(const cpts_terms_t *terms,
                               const cpts_config_t *config, apr_pool_t *pool)
{
    const cpts_terms_t *same;
    size_t length = strlen(terms->version);

    if (terms->role < 0 || terms->role == CPTS_COORDINATOR) {
        return "the role is doctor, professional or delegate";
    }
    if (length < 1 || length > VERSION_MAX
        || terms->version[strspn(terms->version, LETTERS DIGITS "._-")]) {
        return "the version has 1 to 32 letters without accent, digits, "
               ". _ -";
    }
    if (!is_terms_address(terms->address)) {
        return "the address of the text begins with / or https://, and has "
               "no space";
    }
    same = cpts_config_terms(config, terms->role);
    return same ? apr_psprintf(pool,
                               "those of this role are already on line %d "
                               "of %s",
                               same->where->line_num, same->where->filename)
                : NULL;
}

static const char *parse_terms(const directive_t *d, cmd_parms *cmd,
                               cpts_config_t *config, char **words)
{
    cpts_terms_t terms
        = { cpts_role_parse(words[0]), words[1], words[2], cmd->directive };
    const char *error = check_terms(&terms, config, cmd->pool);

    (void)d;
    if (error) {
        return apr_pstrcat(cmd->pool, error,
                           ": write for example CptsTerms "
                           "doctor 2026-11 /cpts/charte.html",
                           NULL);
    }
    if (!config->terms) {
        config->terms = apr_array_make(cmd->pool, 3, sizeof(terms));
    }
    APR_ARRAY_PUSH(config->terms, cpts_terms_t) = terms;
    return NULL;
}

/* A server's own, then those of the base for other roles. */
static apr_array_header_t *merge_terms(const cpts_config_t *base,
                                       const cpts_config_t *own,
                                       apr_pool_t *pool)
{
    apr_array_header_t *merged;
    int i;

    if (!base->terms || !own->terms) {
        return own->terms ? own->terms : base->terms;
    }
    merged = apr_array_copy(pool, own->terms);
    for (i = 0; i < base->terms->nelts; i++) {
        const cpts_terms_t *terms
            = &APR_ARRAY_IDX(base->terms, i, cpts_terms_t);

        if (!cpts_config_terms(own, terms->role)) {
            APR_ARRAY_PUSH(merged, cpts_terms_t) = *terms;
        }
    }
    return merged;
}

/* --- the table */

static const kind_t kind_text = { parse_text, NULL, NULL };
static const kind_t kind_phone = { parse_text, NULL, &cpts_format_phone };
static const kind_t kind_email = { parse_text, NULL, &cpts_format_email };
static const kind_t kind_address = { parse_text, NULL, &format_address };
static const kind_t kind_terms = { parse_terms, NULL, NULL };
static const kind_t kind_file = { parse_file, NULL, NULL };
static const kind_t kind_perimeter = { parse_perimeter, NULL, NULL };
static const kind_t kind_count = { parse_numbers, counts, NULL };
static const kind_t kind_length = { parse_numbers, lengths, NULL };
static const kind_t kind_days = { parse_numbers, days, NULL };
static const kind_t kind_time = { parse_numbers, times, NULL };

#define AT(member) offsetof(cpts_config_t, member)

/* X(row, name, kind, count, member, args, min, max, default, check, help) */
/* clang-format off */
#define DIRECTIVES(X) \
X(TERRITORY, "CptsTerritory", kind_text, 1, AT(name), \
  "NAME", NULL, NULL, NULL, NULL, \
  "Name of the territory; switches the module on in this server") \
X(COMMUNES, "CptsCommunes", kind_file, 1, AT(communes), \
  "FILE", NULL, NULL, NULL, NULL, \
  "CSV file of the communes: insee,name,lat,lon,population,postcodes") \
X(NEIGHBOURS, "CptsNeighbours", kind_file, 1, AT(neighbours), \
  "FILE", NULL, NULL, NULL, NULL, \
  "CSV file of communes near the territory") \
X(CONTOURS, "CptsContours", kind_file, 1, AT(contours), \
  "FILE", NULL, NULL, NULL, NULL, \
  "GeoJSON file of the contours of the communes, for the maps") \
X(PERIMETER, "CptsPerimeter", kind_perimeter, 0, AT(perimeters), \
  "NAME INSEE|~REGEX ...", NULL, NULL, NULL, NULL, \
  "Named set of communes that doctors visit at home") \
X(HOME_VISIT_RADIUS, "CptsHomeVisitRadius", kind_length, 2, AT(home_visit), \
  "DEFAULT MAX", "1km", "100km", "10km 30km", check_home_visit, \
  "Radius of home visits around a practice, and the most that counts") \
X(SEARCH_RADIUS, "CptsSearchRadius", kind_length, 3, AT(search), \
  "START STEP MAX", "500m", "100km", "5km 5km 30km", check_search, \
  "Radius of the search: where it starts, widens by, and ends") \
X(PROPOSALS, "CptsProposals", kind_count, 1, AT(proposals), \
  "N", "2", "3", "3", NULL, \
  "How many doctors an answer proposes at most") \
X(PRIORITY_AGE, "CptsPriorityAge", kind_count, 1, AT(priority_age), \
  "YEARS", "60", "90", "70", NULL, \
  "Age from which a patient belongs to a priority group") \
X(SHEET_VALIDITY, "CptsSheetValidity", kind_days, 1, AT(sheet_validity), \
  "DURATION", "7d", "366d", "90d", NULL, \
  "How long a confirmed sheet is proposed") \
X(PLACEMENT_HOLD, "CptsPlacementHold", kind_days, 1, AT(placement_hold), \
  "DURATION", "1d", "60d", "7d", NULL, \
  "How long places are held before they go back") \
X(HELD_PLACES, "CptsHeldPlaces", kind_count, 1, AT(held_places), \
  "N", "10", "1000", "20", NULL, \
  "Places that an account holds at most without an answer") \
X(REMINDER, "CptsReminder", kind_days, 1, AT(reminder), \
  "DURATION", "0d", "90d", "14d", NULL, \
  "How long before a sheet is not proposed any more its doctor is reminded") \
X(RETENTION, "CptsRetention", kind_days, 1, AT(retention), \
  "DURATION", "31d", "3650d", "365d", NULL, \
  "How long the journal and what is over are kept") \
X(SMALL_COUNT, "CptsSmallCount", kind_count, 1, AT(small_count), \
  "N", "0", "1000", "11", check_small_count, \
  "Counts below are hidden in the figures; 0: none") \
X(DAILY_CONSULTATIONS, "CptsDailyConsultations", kind_count, 1, \
  AT(daily_consultations), "N", "1", "10000", "50", NULL, \
  "Answers with proposals per account and day") \
X(INVITATION_VALIDITY, "CptsInvitationValidity", kind_days, 1, \
  AT(invitation_validity), "DURATION", "1d", "366d", "30d", NULL, \
  "How long an invitation can be used") \
X(TERMS, "CptsTerms", kind_terms, 3, AT(terms), \
  "ROLE VERSION ADDRESS", NULL, NULL, NULL, NULL, \
  "Text that the accounts of a role have to accept") \
X(ADDRESS, "CptsAddress", kind_address, 1, AT(address), \
  "URL", NULL, NULL, NULL, NULL, \
  "Public address of the pages, for letters and mails") \
X(CONTACT_PHONE, "CptsContactPhone", kind_phone, 1, AT(phone), \
  "TEXT", NULL, NULL, NULL, NULL, \
  "Telephone of the coordination, shown to professionals") \
X(CONTACT_EMAIL, "CptsContactEmail", kind_email, 1, AT(email), \
  "TEXT", NULL, NULL, NULL, NULL, \
  "E-mail address of the coordination, shown to professionals") \
X(SESSION_KEY, "CptsSessionKey", kind_file, 1, AT(session_key), \
  "FILE", NULL, NULL, NULL, NULL, \
  "File of the keys that the sessions of mod_session are sealed with") \
X(MAX_BODY, "CptsMaxBody", kind_count, 1, AT(max_body), \
  "BYTES", "1024", "1048576", "65536", NULL, \
  "Largest body of a request") \
X(REFRESH, "CptsRefresh", kind_time, 1, AT(refresh), \
  "DURATION", "0", "60s", "1s", NULL, \
  "Longest time before a change made by other programs is seen") \
X(WRITE_TIMEOUT, "CptsWriteTimeout", kind_time, 1, AT(write_timeout), \
  "DURATION", "100ms", "60s", "5s", NULL, \
  "How long a change waits for a locked database") \
X(IDLE, "CptsIdle", kind_time, 1, AT(idle), \
  "DURATION", "1s", "24h", "10min", NULL, \
  "How long a territory that nobody asks for stays in memory")
/* clang-format on */

#define ROW(row, name, kind, count, offset, args, min, max, def, check, help) \
    { name, &kind, count, offset, args, min, max, def, check },

static const directive_t directives[] = { DIRECTIVES(ROW) };

_Static_assert(sizeof(directives) / sizeof(directives[0]) == CPTS_DIRECTIVES,
               "the table and cpts_directive_e differ");

/* --- the parser that httpd calls for each of them */

/* By the number of values, see directive_t. */
static const char *const arities[CPTS_VALUES_MAX + 1]
    = { "a name and at least one commune", "one argument", "two arguments",
        "three arguments" };

/* The words of a line, NULL-ended, quotes as httpd understands them. */
static char **split_words(apr_pool_t *pool, const char *args, int *count)
{
    apr_array_header_t *words = apr_array_make(pool, 8, sizeof(char *));

    while (*args) {
        APR_ARRAY_PUSH(words, char *) = ap_getword_conf(pool, &args);
    }
    *count = words->nelts;
    APR_ARRAY_PUSH(words, char *) = NULL;
    return (char **)words->elts;
}

static const char *set_directive(cmd_parms *cmd, void *dir, const char *args)
{
    const directive_t *d = cmd->info;
    cpts_config_t *config = cpts_config_of(cmd->server);
    const char *error;
    char **words;
    int count;

    (void)dir;
    words = split_words(cmd->pool, args, &count);
    if (d->count ? count != d->count : count < 2) {
        return apr_psprintf(cmd->pool, "%s takes %s: write %s %s", d->name,
                            arities[d->count], d->name, d->args);
    }
    error = d->kind->parse(d, cmd, config, words);
    if (error) {
        return apr_psprintf(cmd->pool, "%s: %s", d->name, error);
    }
    config->where[d - directives] = cmd->directive;
    return NULL;
}

#define COMMAND(row, name, kind, count, offset, args, min, max, def, check, \
                help)                                                       \
    AP_INIT_RAW_ARGS(name, set_directive,                                   \
                     (void *)&directives[CPTS_DIRECTIVE_##row], RSRC_CONF,  \
                     help),

const command_rec cpts_directives[]
    = { DIRECTIVES(COMMAND){ NULL, { NULL }, NULL, 0, RAW_ARGS, NULL } };

/* --- the same for every directive */

static apr_int64_t *numbers_of(const directive_t *d, cpts_config_t *config)
{
    return (apr_int64_t *)(void *)((char *)config + d->offset);
}

void cpts_directives_clear(cpts_config_t *config)
{
    size_t i;
    int v;

    for (i = 0; i < CPTS_DIRECTIVES; i++) {
        const directive_t *d = &directives[i];

        if (!d->kind->units) {
            memset((char *)config + d->offset, 0, sizeof(void *));
        }
        for (v = 0; d->kind->units && v < d->count; v++) {
            numbers_of(d, config)[v] = NOT_SET;
        }
    }
}

void cpts_directives_inherit(cpts_config_t *config, const cpts_config_t *base,
                             apr_pool_t *pool)
{
    apr_array_header_t *perimeters
        = merge_perimeters(base->perimeters, config->perimeters, pool);
    apr_array_header_t *terms = merge_terms(base, config, pool);
    size_t i;

    for (i = 0; i < CPTS_DIRECTIVES; i++) {
        const directive_t *d = &directives[i];
        size_t size = d->kind->units ? sizeof(apr_int64_t) * (size_t)d->count
                                     : sizeof(void *);

        if (!config->where[i]) {
            memcpy((char *)config + d->offset, (const char *)base + d->offset,
                   size);
            config->where[i] = base->where[i];
        }
    }
    config->perimeters = perimeters;
    config->terms = terms;
}

/* The values of a default, separated by spaces. */
static int parse_defaults(const directive_t *d, apr_int64_t *values)
{
    char text[64];
    char *state = NULL;
    char *word;
    int v = 0;

    apr_cpystrn(text, d->defaults, sizeof(text));
    for (word = apr_strtok(text, " ", &state); word && v < d->count;
         word = apr_strtok(NULL, " ", &state)) {
        if (!parse_number(&values[v++], word, d->kind->units)) {
            return 0;
        }
    }
    return v == d->count && !word;
}

const char *cpts_directives_settle(cpts_config_t *config)
{
    size_t i;

    for (i = 0; i < CPTS_DIRECTIVES; i++) {
        const directive_t *d = &directives[i];

        if (!config->where[i] && d->defaults
            && !parse_defaults(d, numbers_of(d, config))) {
            return d->name;
        }
    }
    return NULL;
}
