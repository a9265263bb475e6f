/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a need as JSON: reasons, advice, exclusions, in words.
 *
 * The texts are written here as JSON strings already: none holds a character
 * to escape but what language names and numbers add, which are plain. */

#include "core/answer.h"

#include <math.h>
#include <string.h>

#include <apr_strings.h>

/* A no-break space, and the narrow one before high punctuation. */
#define NBSP "\xc2\xa0"

/* A piece of JSON whose length is known when compiling. */
#define PIECE(json)            \
    {                          \
        json, sizeof(json) - 1 \
    }

typedef struct {
    const char *text;
    size_t length;
} piece_t;

/* The answer as it grows.  There is room for the longest one: nothing is
 * asked on the way. */
typedef struct {
    char *end;
} writer_t;

static inline void put_length(writer_t *w, const char *text, size_t length)
{
    memcpy(w->end, text, length);
    w->end += length;
}

/* Inline, so that the length of a literal is known when compiling. */
static inline void put(writer_t *w, const char *text)
{
    put_length(w, text, strlen(text));
}

/* The next value of a record. */
static inline void put_value(writer_t *w, const char **at)
{
    uint16_t length;
    const char *value = cpts_record_value(&length, at);

    memcpy(w->end, value, CPTS_VALUE_SHORT);
    if (length > CPTS_VALUE_SHORT) {
        memcpy(w->end, value, length);
    }
    w->end += length;
}

/* No printf: an answer has about twenty numbers. Not negative. */
static void put_number(writer_t *w, int number)
{
    unsigned left = (unsigned)number;
    unsigned ten = 1;

    while (left / ten >= 10) {
        ten *= 10;
    }
    for (; ten > 0; ten /= 10) {
        *w->end++ = (char)('0' + left / ten);
        left %= ten;
    }
}

/* Kilometres with one decimal, rounded to nearest. */
static void put_kilometres(writer_t *w, int metres, char point)
{
    int tenths = (metres + 50) / 100;

    put_number(w, tenths / 10);
    *w->end++ = point;
    *w->end++ = (char)('0' + tenths % 10);
}

/* The patient is at a point: in which commune is not said. */
#define NO_COMMUNE UINT32_MAX

/* Reasons, in the order in which they are told.  Distance comes first, always
 * and in words of its own; being open is always told as well. */
enum {
    OPEN,
    RESERVED_PLACE,
    HOME_VISIT,
    ACCESSIBLE,
    SEX_F,
    SEX_M,
    LANGUAGE,
    HOUSEHOLD,
    TELECONSULTATION,
    NEIGHBOUR,
    REASONS
};

#define REASON(code, text) \
    PIECE(",{\"code\":\"" code "\",\"text\":\"" text "\"}")

#define HOUSEHOLD_BEFORE \
    ",{\"code\":\"household\",\"text\":\"Peut prendre les "
#define HOUSEHOLD_AFTER " personnes du foyer\"}"

/* That of a household has its number between the two halves. */
static const piece_t reasons[REASONS] = {
    [OPEN] = REASON("open", "Prend de nouveaux patients"),
    [RESERVED_PLACE] = REASON(
        "reserved_place", "A une place réservée aux patients prioritaires"),
    [HOME_VISIT]
    = REASON("home_visit", "Visite à domicile dans cette commune"),
    [ACCESSIBLE]
    = REASON("accessible", "Cabinet accessible en fauteuil roulant"),
    [SEX_F] = REASON("sex", "Médecin femme, comme demandé"),
    [SEX_M] = REASON("sex", "Médecin homme, comme demandé"),
    [LANGUAGE] = REASON("language", "Parle une langue du patient"),
    [HOUSEHOLD] = PIECE(HOUSEHOLD_BEFORE HOUSEHOLD_AFTER),
    [TELECONSULTATION]
    = REASON("teleconsultation", "Propose la téléconsultation"),
    [NEIGHBOUR]
    = REASON("neighbour", "Exerce dans une commune voisine du territoire"),
};

#define DISTANCE_BEFORE "{\"code\":\"distance\",\"text\":\"À "
#define DISTANCE_AFTER  NBSP "km du patient\"}"
#define DISTANCE_HERE \
    "{\"code\":\"distance\",\"text\":\"Exerce dans la commune du patient\"}"

/* Digits of the largest number, and of kilometres. */
#define NUMBER_MOST 12

#define BIT(reason) (1u << (reason))

/* What telling the reasons needs. */
typedef struct {
    const cpts_need_t *need;
    const cpts_territory_t *territory;
    uint32_t commune; /* of the patient, or NO_COMMUNE */
    unsigned always;  /* reasons that hold for whoever is proposed */
    unsigned maybe;   /* those that depend on the doctor */
} telling_t;

static unsigned always_told(const cpts_need_t *need)
{
    return BIT(OPEN) | (need->home_visit ? BIT(HOME_VISIT) : 0)
           | (need->accessible ? BIT(ACCESSIBLE) : 0)
           | (need->sex == CPTS_SEX_F ? BIT(SEX_F) : 0)
           | (need->sex == CPTS_SEX_M ? BIT(SEX_M) : 0)
           | (need->languages->nelts > 0 ? BIT(LANGUAGE) : 0)
           | (need->household > 1 ? BIT(HOUSEHOLD) : 0);
}

static unsigned held_by(const cpts_chosen_t *chosen)
{
    const cpts_record_t *record = chosen->record;

    return (record->reserved > 0 ? BIT(RESERVED_PLACE) : 0)
           | (record->facts & CPTS_FACT_TELECONSULTATION
                  ? BIT(TELECONSULTATION)
                  : 0)
           | (chosen->near & CPTS_NEAR_LOCAL ? 0 : BIT(NEIGHBOUR));
}

static unsigned told_of(const telling_t *t, const cpts_chosen_t *chosen)
{
    return t->always | (t->maybe & held_by(chosen));
}

/* Both ways to say the distance, for short. */
static size_t most_of_reasons(unsigned told)
{
    size_t most = sizeof(DISTANCE_BEFORE DISTANCE_AFTER DISTANCE_HERE);

    for (; told; told &= told - 1) {
        most += reasons[__builtin_ctz(told)].length + NUMBER_MOST;
    }
    return most;
}

static void put_distance(writer_t *w, const telling_t *t,
                         const cpts_chosen_t *chosen)
{
    unsigned site = cpts_near_site(chosen->near);

    if (cpts_record_sites(chosen->record)[site].commune == t->commune) {
        put(w, DISTANCE_HERE);
        return;
    }
    put(w, DISTANCE_BEFORE);
    put_kilometres(w, cpts_near_metres(chosen->near), ',');
    put(w, DISTANCE_AFTER);
}

static void put_reasons(writer_t *w, const telling_t *t,
                        const cpts_chosen_t *chosen)
{
    unsigned told = told_of(t, chosen);

    put_distance(w, t, chosen);
    for (; told; told &= told - 1) {
        int reason = __builtin_ctz(told);

        if (reason == HOUSEHOLD) {
            put(w, HOUSEHOLD_BEFORE);
            put_number(w, t->need->household);
            put(w, HOUSEHOLD_AFTER);
        }
        else {
            put_length(w, reasons[reason].text, reasons[reason].length);
        }
    }
}

/* Where the doctor visits at home, for the map */

#define VISITS_MOST 64
/* One commune, one place. */
#define VISITED_MOST (CPTS_INSEE_LENGTH + 3)
#define AROUND_MOST  48

/* Degrees with five decimals: a metre. */
static void put_degrees(writer_t *w, double degrees)
{
    long parts = lround(fabs(degrees) * 1e5);
    int i;

    if (degrees < 0 && parts > 0) {
        put(w, "-");
    }
    put_number(w, (int)(parts / 100000));
    *w->end++ = '.';
    for (i = 4; i >= 0; i--) {
        w->end[i] = (char)('0' + parts % 10);
        parts /= 10;
    }
    w->end += 5;
}

static void put_visited(writer_t *w, const telling_t *t,
                        const cpts_record_t *record)
{
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

static void put_visits(writer_t *w, const telling_t *t,
                       const cpts_record_t *record)
{
    put(w, ",\"visits\":{\"communes\":[");
    put_visited(w, t, record);
    put(w, "],\"radius_km\":");
    if (record->visit_radius) {
        put_kilometres(w, record->visit_radius, '.');
        put(w, ",\"around\":[");
        put_around(w, record);
    }
    else {
        put(w, "null,\"around\":[");
    }
    put(w, "]}");
}

/* Proposals */

/* All that stands around its values and its reasons, with some to spare. */
#define PROPOSAL_MOST 512

static size_t most_of_proposal(const telling_t *t, const cpts_chosen_t *chosen)
{
    const cpts_record_t *record = chosen->record;
    size_t most = PROPOSAL_MOST + most_of_reasons(told_of(t, chosen))
                  + record->values.length
                  + cpts_record_sites(record)[cpts_near_site(chosen->near)]
                        .values.length;

    return t->need->home_visit
               ? most + VISITS_MOST + record->visited_count * VISITED_MOST
                     + record->site_count * AROUND_MOST
               : most;
}

/* Pieces of which one is chosen: which one is hard to foresee, so that all of
 * the room is copied and no length decides how. */
typedef struct {
    char text[48];
    size_t length;
} choice_t;

static const choice_t sex[]
    = { [CPTS_SEX_F] = PIECE(",\"sex\":\"F\",\"site\":{\"name\":"),
        [CPTS_SEX_M] = PIECE(",\"sex\":\"M\",\"site\":{\"name\":") };

/* In the order of the words. */
static const choice_t structure[CPTS_STRUCTURES]
    = { PIECE(",\"structure\":\"practice\""), PIECE(",\"structure\":\"msp\""),
        PIECE(",\"structure\":\"esp\""), PIECE(",\"structure\":\"cds\"") };

/* The last one where there is none. */
static const choice_t sector[CPTS_SECTORS + 1]
    = { PIECE("},\"sector\":\"1\",\"languages\":"),
        PIECE("},\"sector\":\"1-optam\",\"languages\":"),
        PIECE("},\"sector\":\"2\",\"languages\":"),
        PIECE("},\"sector\":\"2-optam\",\"languages\":"),
        PIECE("},\"sector\":\"3\",\"languages\":"),
        PIECE("},\"sector\":null,\"languages\":") };

static const choice_t accessible[]
    = { PIECE(",\"accessible\":false,\"point\":{\"lat\":"),
        PIECE(",\"accessible\":true,\"point\":{\"lat\":") };

static const choice_t contact[] = {
    [CPTS_CONTACT_PHONE] = PIECE(",\"contact\":{\"by\":\"phone\",\"phone\":"),
    [CPTS_CONTACT_MSSANTE]
    = PIECE(",\"contact\":{\"by\":\"mssante\",\"mssante\":"),
    [CPTS_CONTACT_COORDINATION]
    = PIECE(",\"contact\":{\"by\":\"coordination\",\"phone\":"),
};

static const choice_t teleconsultation[]
    = { PIECE(",\"teleconsultation\":false,\"confirmed_on\":"),
        PIECE(",\"teleconsultation\":true,\"confirmed_on\":") };

static inline void put_choice(writer_t *w, const choice_t *choice)
{
    memcpy(w->end, choice->text, sizeof(choice->text));
    w->end += choice->length;
}

/* These two write through a writer of their own: its end stays in a
 * register. */

/* Who, and where. @return where the next value of the doctor begins */
static const char *put_doctor(writer_t *to, const cpts_record_t *record,
                              const cpts_record_site_t *site)
{
    const char *at = cpts_record_at(record, record->values.at);
    const char *here = cpts_record_at(record, site->values.at);
    writer_t w = *to;

    put(&w, "{\"rpps\":\"");
    put_length(&w, record->rpps, CPTS_RPPS_LENGTH);
    put(&w, "\",\"name\":");
    put_value(&w, &at);
    put_choice(&w, &sex[cpts_facts_sex(record->facts)]);
    put_value(&w, &here);
    put(&w, ",\"address\":");
    put_value(&w, &here);
    put(&w, ",\"commune\":");
    put_value(&w, &here);
    put(&w, ",\"commune_name\":");
    put_value(&w, &here);
    put_choice(&w, &structure[site->structure]);
    put_choice(&w, &accessible[site->accessible]);
    put_value(&w, &here);
    put(&w, ",\"lon\":");
    put_value(&w, &here);
    put(&w, "}}");
    *to = w;
    return at;
}

/* How to reach the doctor, and what else is told.
 * @param at from put_doctor() */
static void put_details(writer_t *to, const cpts_record_t *record,
                        const char *at)
{
    int remote = (record->facts & CPTS_FACT_TELECONSULTATION) != 0;
    writer_t w = *to;

    put_choice(&w, &contact[record->contact]);
    put_value(&w, &at);
    put_choice(&w, &sector[record->sector]);
    put_value(&w, &at);
    put_choice(&w, &teleconsultation[remote]);
    put_value(&w, &at);
    *to = w;
}

static void put_proposal(writer_t *w, const telling_t *t,
                         const cpts_chosen_t *chosen)
{
    const cpts_record_t *record = chosen->record;
    unsigned site = cpts_near_site(chosen->near);
    const char *at = put_doctor(w, record, &cpts_record_sites(record)[site]);

    put(w, ",\"distance_km\":");
    put_kilometres(w, cpts_near_metres(chosen->near), '.');
    put_details(w, record, at);
    put(w, ",\"reasons\":[");
    put_reasons(w, t, chosen);
    put(w, "]");
    if (t->need->home_visit) {
        put_visits(w, t, record);
    }
    put(w, "}");
}

/* Exclusions and advice */

#define EXCLUDED(requirement) \
    PIECE("{\"requirement\":\"" requirement "\",\"count\":")

static const piece_t excluded[CPTS_EXCLUDED_COUNT]
    = { EXCLUDED("distance"),      EXCLUDED("availability"),
        EXCLUDED("freshness"),     EXCLUDED("home_visit"),
        EXCLUDED("accessibility"), EXCLUDED("sex"),
        EXCLUDED("language"),      EXCLUDED("places") };

#define EXCLUDED_MOST    (sizeof(EXCLUDED_LONGEST) + NUMBER_MOST)
#define EXCLUDED_LONGEST ",{\"requirement\":\"accessibility\",\"count\":}"

static void put_excluded(writer_t *w, const cpts_match_t *match)
{
    char *begin = w->end;
    int i;

    for (i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        if (match->excluded[i] > 0) {
            put_length(w, excluded[i].text, excluded[i].length);
            put_number(w, match->excluded[i]);
            put(w, "},");
        }
    }
    w->end -= w->end > begin; /* the last comma */
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

#define ADVICE(code, text) "{\"code\":\"" code "\",\"text\":\"" text "\"}"

/* All advice together but how to reach the coordination. */
#define ADVICE_MOST 1024

/* @a how: as coordination() says it; NULL where there is no such advice. */
static void put_advice(writer_t *w, const cpts_match_t *match,
                       const cpts_need_t *need, const char *how)
{
    if (match->followed) {
        put(w, ADVICE("declare_doctor",
                      "Un généraliste suit déjà ce patient" NBSP
                      ": proposez-lui de le déclarer médecin traitant. Le "
                      "médecin le fait en ligne pendant une consultation, "
                      "avec la carte Vitale."));
        return;
    }
    if (!how) {
        return;
    }
    put(w, "{\"code\":\"coordination\",\"text\":\"");
    put(w, how);
    put(w, "\"}");
    if (!need->teleconsultation) {
        put(w,
            "," ADVICE("teleconsultation",
                       "En attendant, une téléconsultation peut dépanner."));
    }
    if (match->count == 0) {
        put(w, "," ADVICE("cpam",
                          "Sans solution de la CPTS, le patient peut saisir "
                          "sa CPAM (36" NBSP "46, ou son compte ameli)."));
    }
}

/* All but the proposals and the advice. */
#define FRAME_MOST (128 + CPTS_EXCLUDED_COUNT * EXCLUDED_MOST)

static size_t longest(const cpts_match_t *match, const cpts_chosen_t *chosen,
                      const telling_t *t, const char *how)
{
    size_t most = FRAME_MOST + (match->followed ? ADVICE_MOST : 0)
                  + (how ? ADVICE_MOST + strlen(how) : 0);
    int i;

    for (i = 0; i < match->count; i++) {
        most += most_of_proposal(t, &chosen[i]);
    }
    return most;
}

static void put_answer(writer_t *w, const cpts_match_t *match,
                       const cpts_chosen_t *chosen, const telling_t *t,
                       const char *how)
{
    int i;

    put(w, "{\"proposals\":[");
    for (i = 0; i < match->count; i++) {
        if (i) {
            put(w, ",");
        }
        put_proposal(w, t, &chosen[i]);
    }
    put(w, "],\"radius_km\":");
    put_kilometres(w, match->radius, '.');
    put(w, ",\"candidates\":");
    put_number(w, match->candidates);
    put(w, ",\"excluded\":[");
    put_excluded(w, match);
    put(w, "],\"advice\":[");
    put_advice(w, match, t->need, how);
    put(w, "]}");
}

apr_status_t cpts_answer_write(cpts_match_t *match,
                               const cpts_chosen_t *chosen,
                               const cpts_territory_t *territory,
                               const cpts_need_t *need, apr_pool_t *pool)
{
    int few = !match->followed && match->count < territory->limits.proposals;
    const char *how = few ? coordination(territory, pool) : NULL;
    telling_t t
        = { need, territory, NO_COMMUNE, always_told(need), BIT(NEIGHBOUR) };
    writer_t w;

    if (need->home) {
        t.commune = cpts_territory_index(territory, need->home);
    }
    if (need->teleconsultation) {
        t.maybe |= BIT(TELECONSULTATION);
    }
    if (cpts_need_priority(need, &territory->limits)) {
        t.maybe |= BIT(RESERVED_PLACE);
    }
    match->body = w.end = apr_palloc(pool, longest(match, chosen, &t, how));
    put_answer(&w, match, chosen, &t, how);
    match->length = (size_t)(w.end - match->body);
    return APR_SUCCESS;
}
