/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to a need as JSON: reasons, advice, exclusions, in words.
 *
 * The texts are written here as JSON strings already: none holds a character
 * to escape but what language names and numbers add, which are plain. */

#include "core/answer.h"

#include <string.h>

#include <apr_strings.h>
#define APR_WANT_IOVEC
#include <apr_want.h>

/* Pieces of one answer: a proposal takes at most about thirty. */
#define PIECES_MAX 256

/* A no-break space, and the narrow one before high punctuation. */
#define NBSP "\xc2\xa0"

typedef struct {
    apr_pool_t *pool;
    struct iovec pieces[PIECES_MAX];
    apr_size_t count;
    int overflow;
} writer_t;

/* What a reason needs to be told. */
typedef struct {
    const cpts_chosen_t *chosen;
    const cpts_need_t *need;
    const cpts_territory_t *territory;
    int priority;
    apr_pool_t *pool;
} telling_t;

typedef const char *reason_fn(const telling_t *t);

static void put_length(writer_t *w, const char *text, size_t length)
{
    if (w->count == PIECES_MAX) {
        w->overflow = 1;
        return;
    }
    /* struct iovec has no const; nothing writes through it here. */
    w->pieces[w->count].iov_base = (void *)(uintptr_t)text;
    w->pieces[w->count].iov_len = length;
    w->count++;
}

static void put(writer_t *w, const char *text)
{
    put_length(w, text, strlen(text));
}

/* Reasons */

/* Tenths of a kilometre, rounded to nearest. */
static int tenths(int metres)
{
    return (metres + 50) / 100;
}

static const char *tell_distance(const telling_t *t)
{
    const cpts_near_t *near = t->chosen->near;
    int km10 = tenths(near->metres);

    if (t->need->commune) {
        const cpts_commune_t *commune
            = cpts_territory_commune(t->territory, t->need->commune);

        if (t->chosen->record->sites[near->site].commune
            == cpts_territory_index(t->territory, commune)) {
            return "Exerce dans la commune du patient";
        }
    }
    return apr_psprintf(t->pool, "À %d,%d" NBSP "km du patient", km10 / 10,
                        km10 % 10);
}

static const char *tell_open(const telling_t *t)
{
    (void)t;
    return "Prend de nouveaux patients";
}

static const char *tell_reserved(const telling_t *t)
{
    return t->priority && t->chosen->record->reserved > 0
               ? "A une place réservée aux patients prioritaires"
               : NULL;
}

static const char *tell_home_visit(const telling_t *t)
{
    return t->need->home_visit ? "Visite à domicile dans cette commune"
                               : NULL;
}

static const char *tell_accessible(const telling_t *t)
{
    return t->need->accessible ? "Cabinet accessible en fauteuil roulant"
                               : NULL;
}

static const char *tell_sex(const telling_t *t)
{
    static const char *const texts[]
        = { "Médecin femme, comme demandé", "Médecin homme, comme demandé" };

    return t->need->sex == CPTS_NO_WORD ? NULL : texts[t->need->sex];
}

static const char *tell_language(const telling_t *t)
{
    return t->need->languages->nelts ? "Parle une langue du patient" : NULL;
}

static const char *tell_household(const telling_t *t)
{
    return t->need->household > 1
               ? apr_psprintf(t->pool,
                              "Peut prendre les %d personnes du foyer",
                              t->need->household)
               : NULL;
}

static const char *tell_teleconsultation(const telling_t *t)
{
    return t->need->teleconsultation && t->chosen->record->teleconsultation
               ? "Propose la téléconsultation"
               : NULL;
}

static const char *tell_neighbour(const telling_t *t)
{
    return t->chosen->near->flags & CPTS_NEAR_LOCAL
               ? NULL
               : "Exerce dans une commune voisine du territoire";
}

/* In the order in which they are told. */
static const struct {
    const char *code;
    reason_fn *tell; /* NULL: does not apply */
} reasons[] = {
    { "distance", tell_distance },
    { "open", tell_open },
    { "reserved_place", tell_reserved },
    { "home_visit", tell_home_visit },
    { "accessible", tell_accessible },
    { "sex", tell_sex },
    { "language", tell_language },
    { "household", tell_household },
    { "teleconsultation", tell_teleconsultation },
    { "neighbour", tell_neighbour },
};

static void put_coded(writer_t *w, const char *comma, const char *code,
                      const char *text)
{
    put(w, comma);
    put(w, "{\"code\":\"");
    put(w, code);
    put(w, "\",\"text\":\"");
    put(w, text);
    put(w, "\"}");
}

static void put_reasons(writer_t *w, const telling_t *t)
{
    const char *comma = "";
    size_t i;

    for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        const char *text = reasons[i].tell(t);

        if (text) {
            put_coded(w, comma, reasons[i].code, text);
            comma = ",";
        }
    }
}

static void put_proposal(writer_t *w, const telling_t *t)
{
    const cpts_record_t *record = t->chosen->record;
    const cpts_near_t *near = t->chosen->near;
    const cpts_fragment_t *site = &record->sites[near->site].json;
    int km10 = tenths(near->metres);

    put_length(w, record->before.text, record->before.length);
    put_length(w, site->text, site->length);
    put(w, apr_psprintf(w->pool, ",\"distance_km\":%d.%d", km10 / 10,
                        km10 % 10));
    put_length(w, record->after.text, record->after.length);
    put(w, "[");
    put_reasons(w, t);
    put(w, "]}");
}

/* Exclusions and advice */

static void put_excluded(writer_t *w, const cpts_match_t *match)
{
    const char *comma = "";
    int i;

    for (i = 0; i < CPTS_EXCLUDED_COUNT; i++) {
        if (match->excluded[i] > 0) {
            put(w, apr_psprintf(
                       w->pool, "%s{\"requirement\":\"%s\",\"count\":%d}",
                       comma, cpts_excluded_words[i], match->excluded[i]));
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
    telling_t t = { NULL, need, territory,
                    cpts_need_priority(need, &territory->limits), pool };
    writer_t w;
    int i;

    w.pool = pool;
    w.count = 0;
    w.overflow = 0;
    put(&w, "{\"proposals\":[");
    for (i = 0; i < match->count; i++) {
        t.chosen = &chosen[i];
        put(&w, i ? "," : "");
        put_proposal(&w, &t);
    }
    put(&w, apr_psprintf(pool,
                         "],\"radius_km\":%d.%d,\"candidates\":%d,"
                         "\"excluded\":[",
                         tenths(match->radius) / 10,
                         tenths(match->radius) % 10, match->candidates));
    put_excluded(&w, match);
    put(&w, "],\"advice\":[");
    put_advice(&w, match, need, territory);
    put(&w, "]}");
    if (w.overflow) {
        return APR_ENOSPC;
    }
    match->body = apr_pstrcatv(pool, w.pieces, w.count, &match->length);
    return APR_SUCCESS;
}
