/* SPDX-License-Identifier: Apache-2.0 */
/* The sheet: its field table, and the rules that hold across fields. */

#include "core/sheet.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

#include "core/reader.h"
#include "core/text.h"

const char *const cpts_sex_words[] = { "F", "M", NULL };
const char *const cpts_contact_words[]
    = { "phone", "mssante", "coordination", NULL };
const char *const cpts_state_words[]
    = { "open", "paused", "opening", "closed", "left", NULL };
const char *const cpts_period_words[] = { "week", "month", NULL };
const char *const cpts_author_words[]
    = { "doctor", "coordinator", "import", "delegate", NULL };
const char *const cpts_structure_words[CPTS_STRUCTURES + 1]
    = { "practice", "msp", "esp", "cds", NULL };
const char *const cpts_sector_words[CPTS_SECTORS + 1]
    = { "1", "1-optam", "2", "2-optam", "3", NULL };

#define REQ              CPTS_REQUIRED
#define AT(type, member) offsetof(type, member)

/* clang-format off */
const cpts_field_t cpts_point_fields[] = {
    { "lat", CPTS_NUMBER, REQ, -90, 90, NULL, NULL, NULL, 0,
      AT(cpts_point_t, lat), "Latitude, degrees, WGS84." },
    { "lon", CPTS_NUMBER, REQ, -180, 180, NULL, NULL, NULL, 0,
      AT(cpts_point_t, lon), "Longitude, degrees, WGS84." },
    { .name = NULL }
};

static const cpts_field_t site_fields[] = {
    { "name", CPTS_STRING, 0, 1, 120, NULL, NULL, NULL, 0,
      AT(cpts_site_t, name), "Name of the practice." },
    { "address", CPTS_STRING, REQ, 1, 200, NULL, NULL, NULL, 0,
      AT(cpts_site_t, address), "Postal address." },
    { "commune", CPTS_STRING, REQ, 5, 5, &cpts_format_insee, NULL, NULL, 0,
      AT(cpts_site_t, commune),
      "INSEE code of a commune of the territory or near it." },
    { "point", CPTS_OBJECT, 0, 0, 0, NULL, NULL, cpts_point_fields,
      sizeof(cpts_point_t), AT(cpts_site_t, point),
      "Where the practice is; the centre of the commune if null." },
    { "structure", CPTS_WORD, REQ, 0, 0, NULL, cpts_structure_words, NULL, 0,
      AT(cpts_site_t, structure), "Kind of structure." },
    { "accessible", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_site_t, accessible), "Accessible in a wheelchair." },
    { .name = NULL }
};

static const cpts_field_t visits_fields[] = {
    { "communes", CPTS_STRINGS, 0, 0, 500, &cpts_format_insee, NULL, NULL, 0,
      AT(cpts_visits_t, communes), "INSEE codes of communes visited." },
    { "perimeters", CPTS_STRINGS, 0, 0, 20, &cpts_format_name, NULL, NULL, 0,
      AT(cpts_visits_t, perimeters),
      "Perimeters visited, by the names of the configuration." },
    { "radius_km", CPTS_NUMBER, 0, 0.5, 100, NULL, NULL, NULL, 0,
      AT(cpts_visits_t, radius_km),
      "Kilometres around each site, at most the maximum of "
      "CptsHomeVisitRadius." },
    { .name = NULL }
};

static const cpts_field_t capacity_fields[] = {
    { "places", CPTS_INTEGER, REQ, 0, 200, NULL, NULL, NULL, 0,
      AT(cpts_capacity_t, places), "New patients per period." },
    { "period", CPTS_WORD, REQ, 0, 0, NULL, cpts_period_words, NULL, 0,
      AT(cpts_capacity_t, period), "Period of the capacity." },
    { "reserved", CPTS_INTEGER, REQ, 0, 200, NULL, NULL, NULL, 0,
      AT(cpts_capacity_t, reserved),
      "Of which places reserved for the priority groups together." },
    { .name = NULL }
};

static const cpts_field_t availability_fields[] = {
    { "state", CPTS_WORD, REQ, 0, 0, NULL, cpts_state_words, NULL, 0,
      AT(cpts_availability_t, state), "What the doctor says today." },
    { "from", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_availability_t, from),
      "First day open; with state opening only." },
    { "until", CPTS_DATE, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_availability_t, until),
      "Last day of the pause; with state paused only." },
    { "capacity", CPTS_OBJECT, 0, 0, 0, NULL, NULL, capacity_fields,
      sizeof(cpts_capacity_t), AT(cpts_availability_t, capacity),
      "Places for new patients; needed unless closed or left." },
    { .name = NULL }
};

const cpts_field_t cpts_sheet_fields[] = {
    { "rpps", CPTS_STRING, REQ, 11, 11, &cpts_format_rpps, NULL, NULL, 0,
      AT(cpts_sheet_t, rpps), "RPPS number; never changes." },
    { "name", CPTS_STRING, REQ, 1, 120, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, name), "Name as patients know it." },
    { "sex", CPTS_WORD, REQ, 0, 0, NULL, cpts_sex_words, NULL, 0,
      AT(cpts_sheet_t, sex), "Sex of the doctor." },
    { "phone", CPTS_STRING, 0, 6, 25, &cpts_format_phone, NULL, NULL, 0,
      AT(cpts_sheet_t, phone), "Telephone for professionals." },
    { "mssante", CPTS_STRING, 0, 5, 120, &cpts_format_email, NULL, NULL, 0,
      AT(cpts_sheet_t, mssante), "MSSanté secure address." },
    { "contact", CPTS_WORD, REQ, 0, 0, NULL, cpts_contact_words, NULL, 0,
      AT(cpts_sheet_t, contact),
      "How the doctor wants to be reached; only that is shown." },
    { "sites", CPTS_OBJECTS, REQ, 1, 5, NULL, NULL, site_fields,
      sizeof(cpts_site_t), AT(cpts_sheet_t, sites), "Practice sites." },
    { "languages", CPTS_STRINGS, 0, 0, 20, &cpts_format_language, NULL, NULL,
      0, AT(cpts_sheet_t, languages), "Languages spoken, ISO 639." },
    { "sector", CPTS_WORD, 0, 0, 0, NULL, cpts_sector_words, NULL, 0,
      AT(cpts_sheet_t, sector), "Sector of the convention." },
    { "skills", CPTS_STRINGS, 0, 0, 20, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, skills), "Special skills, in words." },
    { "equipment", CPTS_STRINGS, 0, 0, 20, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, equipment), "Equipment, in words." },
    { "trains_students", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, trains_students), "Trains students (MSU)." },
    { "teleconsultation", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, teleconsultation), "Offers teleconsultation." },
    { "home_visits", CPTS_OBJECT, 0, 0, 0, NULL, NULL, visits_fields,
      sizeof(cpts_visits_t), AT(cpts_sheet_t, home_visits),
      "Visits at home: the union of what is given, or the default radius "
      "when all is empty; null: no visits." },
    { "availability", CPTS_OBJECT, REQ, 0, 0, NULL, NULL, availability_fields,
      sizeof(cpts_availability_t), AT(cpts_sheet_t, availability),
      "Whether and how many patients the doctor takes." },
    { "retirement", CPTS_DATE, CPTS_PRIVATE, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, retirement), "Planned end of practice." },
    { "note", CPTS_STRING, CPTS_PRIVATE | CPTS_MULTILINE, 1, 2000, NULL, NULL,
      NULL, 0, AT(cpts_sheet_t, note), "For the coordination only." },
    { "confirmed_on", CPTS_DATE, CPTS_READONLY, 0, 0, NULL, NULL, NULL, 0,
      AT(cpts_sheet_t, confirmed_on), "Day of the last confirmation." },
    { "confirmed_by", CPTS_WORD, CPTS_READONLY, 0, 0, NULL,
      cpts_author_words, NULL, 0, AT(cpts_sheet_t, confirmed_by),
      "Who confirmed it." },
    { .name = NULL }
};
/* clang-format on */

/* What the rules look at. */
typedef struct {
    const cpts_territory_t *territory;
    const cpts_sheet_t *before;
    cpts_day_t today;
    cpts_faults_t *faults;
    apr_pool_t *pool;
} checking_t;

static void check_contact(const checking_t *c, const cpts_sheet_t *sheet)
{
    if (sheet->contact == CPTS_CONTACT_PHONE && !sheet->phone) {
        cpts_faults_add(c->faults, "/phone", "required",
                        "Indiquez le téléphone, puisque c’est ainsi que "
                        "vous souhaitez être joint.");
    }
    if (sheet->contact == CPTS_CONTACT_MSSANTE && !sheet->mssante) {
        cpts_faults_add(c->faults, "/mssante", "required",
                        "Indiquez l’adresse MSSanté, puisque c’est ainsi "
                        "que vous souhaitez être joint.");
    }
}

static void check_commune(const checking_t *c, const char *insee,
                          const char *pointer)
{
    if (c->territory && !cpts_format_insee.check(insee)
        && !cpts_territory_commune(c->territory, insee)) {
        cpts_faults_add(c->faults, pointer, "unknown_commune",
                        "Cette commune n’est pas du territoire.");
    }
}

static void check_sites(const checking_t *c, const cpts_sheet_t *sheet)
{
    int i;

    for (i = 0; i < sheet->sites->nelts; i++) {
        const cpts_site_t *site = &APR_ARRAY_IDX(sheet->sites, i, cpts_site_t);

        if (site->commune) {
            check_commune(c, site->commune,
                          apr_psprintf(c->pool, "/sites/%d/commune", i));
        }
    }
}

static void check_radius(const checking_t *c, const cpts_visits_t *visits)
{
    int most;

    if (!c->territory || isnan(visits->radius_km)) {
        return;
    }
    most = c->territory->limits.home_visit_max;
    if (visits->radius_km * 1000 > most) {
        cpts_faults_add(c->faults, "/home_visits/radius_km", "out_of_bounds",
                        "Indiquez au plus %d km.", most / 1000);
    }
}

static void check_visits(const checking_t *c, const cpts_sheet_t *sheet)
{
    const cpts_visits_t *visits = sheet->home_visits;
    int i;

    if (!visits || !c->territory) {
        return;
    }
    for (i = 0; i < visits->communes->nelts; i++) {
        check_commune(c, APR_ARRAY_IDX(visits->communes, i, const char *),
                      apr_psprintf(c->pool, "/home_visits/communes/%d", i));
    }
    for (i = 0; i < visits->perimeters->nelts; i++) {
        if (!cpts_territory_named(
                c->territory,
                APR_ARRAY_IDX(visits->perimeters, i, const char *))) {
            cpts_faults_add(
                c->faults,
                apr_psprintf(c->pool, "/home_visits/perimeters/%d", i),
                "unknown_perimeter",
                "Ce périmètre n’existe pas dans ce territoire.");
        }
    }
    check_radius(c, visits);
}

/* One date that goes with one state, and only with it. */
static void check_state_date(const checking_t *c, int is_state, cpts_day_t day,
                             const char *pointer, const char *detail)
{
    if (is_state && day == CPTS_NO_DAY) {
        cpts_faults_add(c->faults, pointer, "required", "%s", detail);
    }
    else if (!is_state && day != CPTS_NO_DAY) {
        cpts_faults_add(c->faults, pointer, "not_with_this_state",
                        "Retirez cette date : elle ne va pas avec cet "
                        "état.");
    }
}

/* A pause or an opening already over is right in a sheet sent back
 * unchanged, wrong in a new one. */
static int same_availability(const cpts_availability_t *a,
                             const cpts_sheet_t *before)
{
    return before && before->availability->state == a->state
           && before->availability->until == a->until
           && before->availability->from == a->from;
}

static void check_capacity(const checking_t *c, const cpts_availability_t *a)
{
    const cpts_capacity_t *capacity = a->capacity;

    if (!capacity) {
        if (a->state != CPTS_STATE_CLOSED && a->state != CPTS_STATE_LEFT) {
            cpts_faults_add(c->faults, "/availability/capacity", "required",
                            "Indiquez combien de nouveaux patients vous "
                            "prenez.");
        }
        return;
    }
    if (capacity->places != CPTS_NO_INT && capacity->reserved != CPTS_NO_INT
        && capacity->reserved > capacity->places) {
        cpts_faults_add(c->faults, "/availability/capacity/reserved",
                        "out_of_bounds",
                        "Les places réservées ne peuvent dépasser le nombre "
                        "de places.");
    }
}

static void check_availability(const checking_t *c,
                               const cpts_availability_t *a)
{
    if (!a || a->state == CPTS_NO_WORD) {
        return;
    }
    check_state_date(c, a->state == CPTS_STATE_PAUSED, a->until,
                     "/availability/until",
                     "Indiquez le dernier jour de la pause.");
    check_state_date(c, a->state == CPTS_STATE_OPENING, a->from,
                     "/availability/from",
                     "Indiquez le premier jour d’ouverture.");
    if (a->state == CPTS_STATE_PAUSED && a->until != CPTS_NO_DAY
        && a->until < c->today && !same_availability(a, c->before)) {
        cpts_faults_add(c->faults, "/availability/until", "past",
                        "Indiquez un jour à venir, ou aujourd’hui.");
    }
    check_capacity(c, a);
}

static void check_readonly(const checking_t *c, const cpts_sheet_t *sheet)
{
    cpts_day_t on = c->before ? c->before->confirmed_on : CPTS_NO_DAY;
    int by = c->before ? c->before->confirmed_by : CPTS_NO_WORD;

    if (sheet->confirmed_on != CPTS_NO_DAY && sheet->confirmed_on != on) {
        cpts_faults_add(c->faults, "/confirmed_on", "read_only",
                        "Cette date est tenue par le serveur : retirez-la.");
    }
    if (sheet->confirmed_by != CPTS_NO_WORD && sheet->confirmed_by != by) {
        cpts_faults_add(c->faults, "/confirmed_by", "read_only",
                        "Ce champ est tenu par le serveur : retirez-le.");
    }
    if (c->before && sheet->rpps && strcmp(sheet->rpps, c->before->rpps)) {
        cpts_faults_add(c->faults, "/rpps", "read_only",
                        "Le numéro RPPS d’une fiche ne change pas.");
    }
}

cpts_sheet_t *cpts_sheet_decode(const json_t *json,
                                const cpts_territory_t *territory,
                                const cpts_sheet_t *before, cpts_day_t today,
                                cpts_faults_t *faults, apr_pool_t *pool)
{
    checking_t c = { territory, before, today, faults, pool };
    cpts_sheet_t *sheet = apr_pcalloc(pool, sizeof(*sheet));

    cpts_fields_decode(cpts_sheet_fields, sheet, json, "", faults, pool);
    if (json_is_object(json)) {
        check_contact(&c, sheet);
        check_sites(&c, sheet);
        check_visits(&c, sheet);
        check_availability(&c, sheet->availability);
        check_readonly(&c, sheet);
    }
    return cpts_faults_count(faults) ? NULL : sheet;
}

/* A text that is not quite what we write: every rule is looked at. */
static void decode_text(const checking_t *c, cpts_sheet_t *sheet,
                        const char *text)
{
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    if (!json) {
        cpts_faults_add(c->faults, "", "syntax", "Ce n’est pas du JSON.");
        return;
    }
    cpts_fields_decode(cpts_sheet_fields, sheet, json, "", c->faults, c->pool);
    json_decref(json);
}

cpts_sheet_t *cpts_sheet_decode_stored(const char *text, apr_pool_t *pool)
{
    /* No territory, and before any day: only what matching relies on. */
    checking_t c = { NULL, NULL, CPTS_NO_DAY, cpts_faults_create(pool), pool };
    cpts_sheet_t *sheet = apr_pcalloc(pool, sizeof(*sheet));

    if (cpts_fields_read(cpts_sheet_fields, sheet, text, pool) != 0) {
        decode_text(&c, sheet, text);
    }
    if (!cpts_faults_count(c.faults)) {
        check_contact(&c, sheet);
        check_availability(&c, sheet->availability);
    }
    return cpts_faults_count(c.faults) ? NULL : sheet;
}

char *cpts_sheet_store_text(const cpts_sheet_t *sheet, apr_pool_t *pool)
{
    json_t *json = cpts_fields_encode(cpts_sheet_fields, sheet, CPTS_READONLY);
    size_t length = json ? json_dumpb(json, NULL, 0, CPTS_JSON_WRITE) : 0;
    char *text = NULL;

    if (length) {
        text = apr_palloc(pool, length + 1);
        json_dumpb(json, text, length, CPTS_JSON_WRITE);
        text[length] = '\0';
    }
    json_decref(json);
    return text;
}

json_t *cpts_sheet_json(const cpts_sheet_t *sheet)
{
    return cpts_fields_encode(cpts_sheet_fields, sheet, 0);
}

const char *cpts_sheet_search_text(const cpts_sheet_t *sheet,
                                   const cpts_territory_t *territory,
                                   apr_pool_t *pool)
{
    const char *text = apr_pstrcat(pool, sheet->name, " ", sheet->rpps, NULL);
    int i;

    for (i = 0; i < sheet->sites->nelts; i++) {
        const cpts_site_t *site = &APR_ARRAY_IDX(sheet->sites, i, cpts_site_t);
        const cpts_commune_t *commune
            = territory ? cpts_territory_commune(territory, site->commune)
                        : NULL;

        text = apr_pstrcat(pool, text, " ", site->name ? site->name : "", " ",
                           commune ? commune->name : site->commune, NULL);
    }
    return cpts_text_fold(pool, text);
}

cpts_state_e cpts_availability_on(const cpts_availability_t *availability,
                                  cpts_day_t day)
{
    if (availability->state == CPTS_STATE_PAUSED
        && day > availability->until) {
        return CPTS_STATE_OPEN;
    }
    if (availability->state == CPTS_STATE_OPENING
        && day >= availability->from) {
        return CPTS_STATE_OPEN;
    }
    return (cpts_state_e)availability->state;
}

int cpts_rpps_luhn(const char *rpps)
{
    int sum = 0;
    int i;

    for (i = 0; i < CPTS_RPPS_LENGTH; i++) {
        int digit = rpps[CPTS_RPPS_LENGTH - 1 - i] - '0';

        if (i % 2) {
            digit *= 2;
        }
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}
