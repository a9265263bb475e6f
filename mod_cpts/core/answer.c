/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a need as JSON: reasons, advice, exclusions, in words.
 *
 * The texts are written here as JSON strings already: none holds a character
 * to escape but what language names and numbers add, which are plain. */

#include "core/answer.h"

#include <string.h>

#include <apr_strings.h>

/* Most answers fit: three proposals take about 2 KB. */
#define ROOM_FIRST 4096

/* A no-break space, and the narrow one before high punctuation. */
#define NBSP "\xc2\xa0"

/* The answer as it grows, in the pool of the request. */
typedef struct {
    apr_pool_t *pool;
    char *text;
    size_t length;
    size_t room;
} writer_t;

static void make_room(writer_t *w, size_t length)
{
    char *text;

    while (w->length + length > w->room) {
        w->room *= 2;
    }
    text = apr_palloc(w->pool, w->room);
    memcpy(text, w->text, w->length);
    w->text = text;
}

static inline void put_length(writer_t *w, const char *text, size_t length)
{
    if (w->length + length > w->room) {
        make_room(w, length);
    }
    memcpy(w->text + w->length, text, length);
    w->length += length;
}

/* Inline, so that the length of a literal is known when compiling. */
static inline void put(writer_t *w, const char *text)
{
    put_length(w, text, strlen(text));
}

/* No printf: an answer has about twenty numbers. Not negative. */
static void put_number(writer_t *w, int number)
{
    char digits[12];
    size_t first = sizeof(digits);

    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_length(w, digits + first, sizeof(digits) - first);
}

/* Kilometres with one decimal, rounded to nearest. */
static void put_kilometres(writer_t *w, int metres, const char *point)
{
    int tenths = (metres + 50) / 100;

    put_number(w, tenths / 10);
    put(w, point);
    put_number(w, tenths % 10);
}

/* What a reason needs to be told. */
typedef struct {
    const cpts_chosen_t *chosen;
    const cpts_need_t *need;
    const cpts_territory_t *territory;
    uint32_t commune; /* of the patient, or NO_COMMUNE */
    int priority;
} telling_t;

/* The patient is at a point: in which commune is not said. */
#define NO_COMMUNE UINT32_MAX

/* Reasons: whether they apply */

static int is_always(const telling_t *t)
{
    (void)t;
    return 1;
}

static int is_reserved(const telling_t *t)
{
    return t->priority && t->chosen->record->facts.reserved > 0;
}

static int is_home_visit(const telling_t *t)
{
    return t->need->home_visit;
}

static int is_accessible(const telling_t *t)
{
    return t->need->accessible;
}

static int is_sex(const telling_t *t)
{
    return t->need->sex != CPTS_NO_WORD;
}

static int is_language(const telling_t *t)
{
    return t->need->languages->nelts > 0;
}

static int is_household(const telling_t *t)
{
    return t->need->household > 1;
}

static int is_teleconsultation(const telling_t *t)
{
    return t->need->teleconsultation
           && (t->chosen->record->facts.flags & CPTS_FACT_TELECONSULTATION);
}

static int is_neighbour(const telling_t *t)
{
    return !(t->chosen->near->flags & CPTS_NEAR_LOCAL);
}

/* Reasons: those whose words depend on the need */

static void put_distance(writer_t *w, const telling_t *t)
{
    const cpts_near_t *near = t->chosen->near;

    if (cpts_record_sites(t->chosen->record)[near->site].commune
        == t->commune) {
        put(w, "Exerce dans la commune du patient");
        return;
    }
    put(w, "À ");
    put_kilometres(w, near->metres, ",");
    put(w, NBSP "km du patient");
}

static void put_sex(writer_t *w, const telling_t *t)
{
    static const char *const texts[]
        = { "Médecin femme, comme demandé", "Médecin homme, comme demandé" };

    put(w, texts[t->need->sex]);
}

static void put_household(writer_t *w, const telling_t *t)
{
    put(w, "Peut prendre les ");
    put_number(w, t->need->household);
    put(w, " personnes du foyer");
}

/* In the order in which they are told. */
static const struct {
    const char *code;
    int (*applies)(const telling_t *t);
    const char *text; /* NULL: put() says it */
    void (*put)(writer_t *w, const telling_t *t);
} reasons[] = {
    { "distance", is_always, NULL, put_distance },
    { "open", is_always, "Prend de nouveaux patients", NULL },
    { "reserved_place", is_reserved,
      "A une place réservée aux patients prioritaires", NULL },
    { "home_visit", is_home_visit, "Visite à domicile dans cette commune",
      NULL },
    { "accessible", is_accessible, "Cabinet accessible en fauteuil roulant",
      NULL },
    { "sex", is_sex, NULL, put_sex },
    { "language", is_language, "Parle une langue du patient", NULL },
    { "household", is_household, NULL, put_household },
    { "teleconsultation", is_teleconsultation, "Propose la téléconsultation",
      NULL },
    { "neighbour", is_neighbour,
      "Exerce dans une commune voisine du territoire", NULL },
};

static void put_code(writer_t *w, const char *comma, const char *code)
{
    put(w, comma);
    put(w, "{\"code\":\"");
    put(w, code);
    put(w, "\",\"text\":\"");
}

static void put_coded(writer_t *w, const char *comma, const char *code,
                      const char *text)
{
    put_code(w, comma, code);
    put(w, text);
    put(w, "\"}");
}

static void put_reasons(writer_t *w, const telling_t *t)
{
    const char *comma = "";
    size_t i;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (!reasons[i].applies(t)) {
            continue;
        }
        put_code(w, comma, reasons[i].code);
        if (reasons[i].text) {
            put(w, reasons[i].text);
        }
        else {
            reasons[i].put(w, t);
        }
        put(w, "\"}");
        comma = ",";
    }
}

/* Degrees with five decimals: a metre. */
static void put_degrees(writer_t *w, double degrees)
{
    char text[16];

    put_length(w, text,
               (size_t)apr_snprintf(text, sizeof(text), "%.5f", degrees));
}

static void put_visited(writer_t *w, const telling_t *t)
{
    const cpts_record_t *record = t->chosen->record;
    const uint32_t *visited = cpts_record_visited(record);
    size_t i;

    for (i = 0; i < record->visited_count; i++) {
        const cpts_commune_t *commune = &APR_ARRAY_IDX(
            t->territory->communes, (int)visited[i], cpts_commune_t);

        put(w, i ? ",\"" : "\"");
        put_length(w, commune->insee, CPTS_INSEE_LENGTH);
        put(w, "\"");
    }
}

/* A radius counts from each practice. */
static void put_around(writer_t *w, const cpts_record_t *record)
{
    const cpts_record_site_t *sites = cpts_record_sites(record);
    size_t i;

    for (i = 0; i < record->site_count; i++) {
        put(w, i ? ",{\"lat\":" : "{\"lat\":");
        put_degrees(w, sites[i].lat);
        put(w, ",\"lon\":");
        put_degrees(w, sites[i].lon);
        put(w, "}");
    }
}

/* Where the doctor visits at home, for the map. */
static void put_visits(writer_t *w, const telling_t *t)
{
    const cpts_record_t *record = t->chosen->record;

    put(w, ",\"visits\":{\"communes\":[");
    put_visited(w, t);
    put(w, "],\"radius_km\":");
    if (record->visit_radius) {
        put_kilometres(w, record->visit_radius, ".");
        put(w, ",\"around\":[");
        put_around(w, record);
    }
    else {
        put(w, "null,\"around\":[");
    }
    put(w, "]}");
}

static void put_fragment(writer_t *w, const cpts_record_t *record,
                         const cpts_fragment_t *fragment)
{
    put_length(w, cpts_record_text(record, fragment), fragment->length);
}

static void put_proposal(writer_t *w, const telling_t *t)
{
    const cpts_record_t *record = t->chosen->record;
    const cpts_near_t *near = t->chosen->near;

    put_fragment(w, record, &record->before);
    put_fragment(w, record, &cpts_record_sites(record)[near->site].json);
    put(w, ",\"distance_km\":");
    put_kilometres(w, near->metres, ".");
    put_fragment(w, record, &record->after);
    put(w, "[");
    put_reasons(w, t);
    put(w, "]");
    if (t->need->home_visit) {
        put_visits(w, t);
    }
    put(w, "}");
}

/* Exclusions and advice */

static void put_excluded(writer_t *w, const cpts_match_t *match)
{
    const char *comma = "";
    int i;

    for (i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        if (match->excluded[i] > 0) {
            put(w, comma);
            put(w, "{\"requirement\":\"");
            put(w, cpts_excluded_words[i]);
            put(w, "\",\"count\":");
            put_number(w, match->excluded[i]);
            put(w, "}");
            comma = ",";
        }
    }
}

/* What the configuration says, as within a JSON string: jansson would have
 * to allocate outside the pool, which may fail. */
static const char *escaped(const char *text, apr_pool_t *pool)
{
    char *result = apr_palloc(pool, 2 * strlen(text) + 1);
    char *out = result;

    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            *out++ = '\\';
        }
        *out++ = (unsigned char)*text < ' ' ? ' ' : *text;
    }
    *out = '\0';
    return result;
}

/* How to reach the coordination, as a JSON string without its quotes. */
static const char *coordination(const cpts_territory_t *territory,
                                apr_pool_t *pool)
{
    const char *how = "";

    if (territory->phone) {
        how = apr_pstrcat(pool, " au ", escaped(territory->phone, pool), NULL);
    }
    else if (territory->email) {
        how = apr_pstrcat(pool, " à l’adresse ",
                          escaped(territory->email, pool), NULL);
    }
    return apr_pstrcat(pool, "Transmettez à la coordination de la CPTS", how,
                       NBSP ": elle cherche avec le patient.", NULL);
}

static void put_advice(writer_t *w, const cpts_match_t *match,
                       const cpts_need_t *need,
                       const cpts_territory_t *territory)
{
    if (match->followed) {
        put_coded(w, "", "declare_doctor",
                  "Un généraliste suit déjà ce patient" NBSP
                  ": proposez-lui de le déclarer médecin traitant. Le "
                  "médecin le fait en ligne pendant une consultation, avec "
                  "la carte Vitale.");
        return;
    }
    if (match->count >= territory->limits.proposals) {
        return;
    }
    put_coded(w, "", "coordination", coordination(territory, w->pool));
    if (!need->teleconsultation) {
        put_coded(w, ",", "teleconsultation",
                  "En attendant, une téléconsultation peut dépanner.");
    }
    if (match->count == 0) {
        put_coded(w, ",", "cpam",
                  "Sans solution de la CPTS, le patient peut saisir sa CPAM "
                  "(36" NBSP "46, ou son compte ameli).");
    }
}

apr_status_t cpts_answer_write(cpts_match_t *match,
                               const cpts_chosen_t *chosen,
                               const cpts_territory_t *territory,
                               const cpts_need_t *need, apr_pool_t *pool)
{
    telling_t t = { NULL, need, territory, NO_COMMUNE,
                    cpts_need_priority(need, &territory->limits) };
    writer_t w = { pool, apr_palloc(pool, ROOM_FIRST), 0, ROOM_FIRST };
    int i;

    if (need->home) {
        t.commune = cpts_territory_index(territory, need->home);
    }
    put(&w, "{\"proposals\":[");
    for (i = 0; i < match->count; i++) {
        t.chosen = &chosen[i];
        put(&w, i ? "," : "");
        put_proposal(&w, &t);
    }
    put(&w, "],\"radius_km\":");
    put_kilometres(&w, match->radius, ".");
    put(&w, ",\"candidates\":");
    put_number(&w, match->candidates);
    put(&w, ",\"excluded\":[");
    put_excluded(&w, match);
    put(&w, "],\"advice\":[");
    put_advice(&w, match, need, territory);
    put(&w, "]}");
    match->body = w.text;
    match->length = w.length;
    return APR_SUCCESS;
}
