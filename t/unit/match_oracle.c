/* SPDX-License-Identifier: Apache-2.0 */
/* Matching against an oracle: docs/matching.md in plain loops, at random. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "core/match.h"
#include "core_support.h"

#define WORLDS     1200
#define NEEDS      12
#define COMMUNES   10
#define PERIMETERS 3
#define DOCTORS    32
#define SITES      3
#define LANGUAGES  6

static const char *const language_codes[LANGUAGES]
    = { "fr", "ar", "en", "fsl", "pt", "es" };
static const char *const state_words[]
    = { "open", "paused", "opening", "closed", "left" };
enum { OPEN, PAUSED, OPENING, CLOSED, LEFT };

/* In the order of docs/matching.md. */
static const char *const requirement_words[]
    = { "distance",      "availability", "freshness", "home_visit",
        "accessibility", "sex",          "language",  "places" };
enum {
    DISTANCE,
    AVAILABILITY,
    FRESHNESS,
    HOME_VISIT,
    ACCESSIBILITY,
    SEX,
    LANGUAGE,
    PLACES,
    REQUIREMENTS,
    FITS = REQUIREMENTS
};

typedef struct {
    double lat, lon;
    int commune; /* -1: one that the territory does not know */
    int accessible;
} site_t;

typedef struct {
    char rpps[12];
    int female, state, places, reserved, teleconsultation;
    int general_taken, reserved_taken;         /* by placements */
    int from, until, retirement, confirmed_on; /* days */
    int retires;
    int speaks[LANGUAGES];
    int sites;
    site_t site[SITES];
    int visits;
    int visits_commune[COMMUNES];
    int visits_perimeter[PERIMETERS];
    double visits_km; /* 0: not given */
} doctor_t;

typedef struct {
    double lat[COMMUNES], lon[COMMUNES];
    int neighbour[COMMUNES];
    int in_perimeter[PERIMETERS][COMMUNES];
    cpts_limits_t limits;
    int doctors;
    doctor_t doctor[DOCTORS];
    unsigned char key[16];
    int today;
    /* Who was proposed by each answer that proposed somebody. */
    int answers;
    const doctor_t *proposed[NEEDS][CPTS_PROPOSALS_MAX];
} world_t;

typedef struct {
    int commune; /* -1: the point */
    double lat, lon;
    int age, ald, precarity, home_visit, teleconsultation, accessible;
    int sex; /* -1: any, 1: female, 0: male */
    int household, followed;
    int languages[LANGUAGES];
} need_t;

/* What the oracle finds of one doctor. */
typedef struct {
    const doctor_t *doctor;
    int reached; /* has a site within the cap */
    int site, metres, local, verdict, score;
    int turn;
    uint64_t draw;
} finding_t;

typedef struct {
    int count, candidates, radius;
    int excluded[REQUIREMENTS];
    const finding_t *proposal[CPTS_PROPOSALS_MAX];
    finding_t finding[DOCTORS];
} verdict_t;

/* The oracle */

/* Great circle by vectors: another formula than the haversine. */
static int metres_between(double lat1, double lon1, double lat2, double lon2)
{
    const double degree = acos(-1.0) / 180;
    double p = lat1 * degree;
    double q = lat2 * degree;
    double d = (lon2 - lon1) * degree;
    double x = cos(q) * sin(d);
    double y = cos(p) * sin(q) - sin(p) * cos(q) * cos(d);
    double z = sin(p) * sin(q) + cos(p) * cos(q) * cos(d);

    return (int)floor(6371008.8 * atan2(sqrt(x * x + y * y), z) + 0.5);
}

static uint64_t rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate_left(v[1], 13) ^ v[0];
    v[3] = rotate_left(v[3], 16) ^ v[2];
    v[0] = rotate_left(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = rotate_left(v[1], 17) ^ v[2];
    v[3] = rotate_left(v[3], 21) ^ v[0];
    v[2] = rotate_left(v[2], 32);
}

static uint64_t word_at(const unsigned char *bytes, size_t count)
{
    uint64_t word = 0;
    size_t i;

    for (i = 0; i < count; i++) {
        word |= (uint64_t)bytes[i] << (8 * i);
    }
    return word;
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
static uint64_t siphash(const unsigned char key[16], const void *text,
                        size_t length)
{
    const unsigned char *bytes = text;
    uint64_t k0 = word_at(key, 8);
    uint64_t k1 = word_at(key + 8, 8);
    uint64_t v[4] = { k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
                      k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL };
    size_t i;

    for (i = 0; i <= length; i += 8) {
        size_t left = length - i;
        uint64_t word = word_at(bytes + i, left < 8 ? left : 8);

        if (left < 8) {
            word |= (uint64_t)length << 56;
        }
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static int is_open(const doctor_t *d, int today)
{
    if (d->retires && today >= d->retirement) {
        return 0;
    }
    return d->state == OPEN || (d->state == PAUSED && today > d->until)
           || (d->state == OPENING && today >= d->from);
}

static int is_priority(const world_t *w, const need_t *n)
{
    return n->age >= w->limits.priority_age || n->ald || n->precarity;
}

static int is_local(const world_t *w, const doctor_t *d)
{
    int i;

    for (i = 0; i < d->sites; i++) {
        if (d->site[i].commune >= 0 && !w->neighbour[d->site[i].commune]) {
            return 1;
        }
    }
    return 0;
}

/* Metres to the nearest site, or to the nearest accessible one; its number
 * in *site.  -1: none that can be placed. */
static int nearest(const doctor_t *d, const need_t *n, int accessible,
                   int *site)
{
    int best = -1;
    int i;

    for (i = 0; i < d->sites; i++) {
        int metres
            = metres_between(n->lat, n->lon, d->site[i].lat, d->site[i].lon);

        if (d->site[i].commune >= 0 && (!accessible || d->site[i].accessible)
            && (best < 0 || metres < best)) {
            best = metres;
            *site = i;
        }
    }
    return best;
}

static int visits_at_home(const world_t *w, const doctor_t *d, const need_t *n)
{
    int site;
    double reach = d->visits_km * 1000;
    int listed = 0;
    int i;

    if (!d->visits) {
        return 0;
    }
    for (i = 0; i < COMMUNES; i++) {
        listed = listed || d->visits_commune[i];
        if (d->visits_commune[i] && i == n->commune) {
            return 1;
        }
    }
    for (i = 0; i < PERIMETERS; i++) {
        listed = listed || d->visits_perimeter[i];
        if (d->visits_perimeter[i] && w->in_perimeter[i][n->commune]) {
            return 1;
        }
    }
    if (!listed && d->visits_km <= 0) {
        reach = w->limits.home_visit_default;
    }
    if (reach > w->limits.home_visit_max) {
        reach = w->limits.home_visit_max;
    }
    return reach > 0 && nearest(d, n, 0, &site) <= reach;
}

static int speaks_one(const doctor_t *d, const need_t *n)
{
    int asked = 0;
    int i;

    for (i = 0; i < LANGUAGES; i++) {
        asked = asked || n->languages[i];
        if (n->languages[i] && d->speaks[i]) {
            return 1;
        }
    }
    return !asked;
}

/* A capacity may be made smaller than what is taken already, or be divided
 * in another way: what one pool lacks, the other gives. */
static int general_left(const doctor_t *d)
{
    int left = d->places - d->reserved - d->general_taken;

    if (d->reserved_taken > d->reserved) {
        left -= d->reserved_taken - d->reserved;
    }
    return left > 0 ? left : 0;
}

static int reserved_left(const doctor_t *d)
{
    int left = d->reserved - d->reserved_taken;

    if (d->general_taken > d->places - d->reserved) {
        left -= d->general_taken - (d->places - d->reserved);
    }
    return left > 0 ? left : 0;
}

static int judge(const world_t *w, const finding_t *f, const need_t *n)
{
    const doctor_t *d = f->doctor;
    int usable = general_left(d) + (is_priority(w, n) ? reserved_left(d) : 0);

    if (!is_open(d, w->today)) {
        return AVAILABILITY;
    }
    if (w->today - d->confirmed_on > w->limits.sheet_validity) {
        return FRESHNESS;
    }
    if (n->home_visit && !visits_at_home(w, d, n)) {
        return HOME_VISIT;
    }
    if (n->accessible && !d->site[f->site].accessible) {
        return ACCESSIBILITY;
    }
    if (n->sex >= 0 && n->sex != d->female) {
        return SEX;
    }
    if (!speaks_one(d, n)) {
        return LANGUAGE;
    }
    return usable < n->household ? PLACES : FITS;
}

static int score(const world_t *w, const finding_t *f, const need_t *n)
{
    const doctor_t *d = f->doctor;
    double cap = w->limits.search_max;
    double validity = w->limits.sheet_validity;
    double left = validity - (w->today - d->confirmed_on);
    double total = floor(600 * (cap - f->metres) / cap);

    total += floor(200.0 * (general_left(d) + reserved_left(d)) / d->places);
    total += floor(100 * fmin(left, validity) / validity);
    if (n->teleconsultation && d->teleconsultation) {
        total += 100;
    }
    return (int)total;
}

/* The number of the last answer that proposed this doctor, 0: none. */
static int last_answer(const world_t *w, const doctor_t *d)
{
    int number, i;

    for (number = w->answers; number > 0; number--) {
        for (i = 0; i < CPTS_PROPOSALS_MAX; i++) {
            if (w->proposed[number - 1][i] == d) {
                return number;
            }
        }
    }
    return 0;
}

/* Who of those with the same turn comes first. */
static uint64_t draw(const world_t *w, const finding_t *f)
{
    char day[CPTS_DAY_SIZE];
    char text[40];

    cpts_day_format(day, w->today);
    apr_snprintf(text, sizeof(text), f->turn ? "%s%s%d" : "%s%s", day,
                 f->doctor->rpps, f->turn);
    return siphash(w->key, text, strlen(text));
}

static void find(finding_t *f, const world_t *w, const doctor_t *d,
                 const need_t *n)
{
    int cap = w->limits.search_max;

    memset(f, 0, sizeof(*f));
    f->doctor = d;
    f->local = is_local(w, d);
    f->metres = n->accessible ? nearest(d, n, 1, &f->site) : -1;
    if (f->metres < 0 || f->metres > cap) {
        f->metres = nearest(d, n, 0, &f->site);
    }
    f->reached = f->metres >= 0 && f->metres <= cap;
    if (!f->reached) {
        return;
    }
    f->verdict = judge(w, f, n);
    if (f->verdict == FITS) {
        f->score = score(w, f, n);
        f->turn = last_answer(w, d);
        f->draw = draw(w, f);
    }
}

static int better(const finding_t *a, const finding_t *b)
{
    if (a->local != b->local) {
        return a->local;
    }
    if (a->score / 50 != b->score / 50) {
        return a->score / 50 > b->score / 50;
    }
    if (a->turn != b->turn) {
        return a->turn < b->turn;
    }
    if (a->draw != b->draw) {
        return a->draw < b->draw;
    }
    return strcmp(a->doctor->rpps, b->doctor->rpps) < 0;
}

static int count_within(const world_t *w, const verdict_t *v, int local,
                        int radius)
{
    int count = 0;
    int i;

    for (i = 0; i < w->doctors; i++) {
        const finding_t *f = &v->finding[i];

        count += f->reached && f->local == local && f->metres <= radius
                 && f->verdict == FITS;
    }
    return count;
}

static int widen(const world_t *w, const verdict_t *v, int local, int have)
{
    int radius = w->limits.search_start;

    while (have + count_within(w, v, local, radius) < w->limits.proposals
           && radius < w->limits.search_max) {
        radius += w->limits.search_step;
        if (radius > w->limits.search_max) {
            radius = w->limits.search_max;
        }
    }
    return radius;
}

/* The best of those not taken yet, as often as there may be proposals. */
static void choose(const world_t *w, verdict_t *v, const int reach[2])
{
    int taken[DOCTORS] = { 0 };

    while (v->count < w->limits.proposals && v->count < v->candidates) {
        int best = -1;
        int i;

        for (i = 0; i < w->doctors; i++) {
            const finding_t *f = &v->finding[i];

            if (f->reached && f->metres <= reach[f->local]
                && f->verdict == FITS && !taken[i]
                && (best < 0 || better(f, &v->finding[best]))) {
                best = i;
            }
        }
        taken[best] = 1;
        v->proposal[v->count++] = &v->finding[best];
    }
}

static void answer(verdict_t *v, const world_t *w, const need_t *n)
{
    int reach[2] = { -1, -1 }; /* of neighbours, of the territory */
    int any_neighbour = 0;
    int i;

    memset(v, 0, sizeof(*v));
    if (n->followed) {
        return;
    }
    for (i = 0; i < w->doctors; i++) {
        find(&v->finding[i], w, &w->doctor[i], n);
    }
    for (i = 0; i < COMMUNES; i++) {
        any_neighbour = any_neighbour || w->neighbour[i];
    }
    reach[1] = widen(w, v, 1, 0);
    v->candidates = count_within(w, v, 1, reach[1]);
    if (v->candidates < w->limits.proposals && any_neighbour) {
        reach[0] = widen(w, v, 0, v->candidates);
        v->candidates += count_within(w, v, 0, reach[0]);
    }
    v->radius = reach[0] > reach[1] ? reach[0] : reach[1];
    for (i = 0; i < w->doctors; i++) {
        const finding_t *f = &v->finding[i];

        if (f->reached && f->metres <= reach[f->local]) {
            if (f->verdict != FITS) {
                v->excluded[f->verdict]++;
            }
        }
        else if (v->candidates < w->limits.proposals) {
            v->excluded[DISTANCE]++;
        }
    }
    choose(w, v, reach);
}

/* Worlds at random: on a grid, with small numbers, so that equals and
 * boundaries are frequent. */

static double grid(int cells)
{
    return 500.0 * (unit_below(2 * cells + 1) - cells);
}

static void random_limits(cpts_limits_t *limits)
{
    *limits = cpts_limits_default;
    if (unit_once_in(2)) {
        return;
    }
    limits->home_visit_max = 1000 * (1 + unit_below(30));
    limits->home_visit_default = 1000 + unit_below(limits->home_visit_max);
    if (limits->home_visit_default > limits->home_visit_max) {
        limits->home_visit_default = limits->home_visit_max;
    }
    limits->search_max = 500 * (1 + unit_below(50));
    limits->search_start = 500 + unit_below(limits->search_max - 499);
    limits->search_step = 500 * (1 + unit_below(20));
    limits->proposals = 2 + unit_below(2);
    limits->priority_age = 60 + unit_below(31);
    limits->sheet_validity = 7 + unit_below(120);
}

static void random_places(world_t *w)
{
    int neighbours = unit_once_in(2);
    int i, j;

    for (i = 0; i < COMMUNES; i++) {
        w->lat[i] = 43.5;
        w->lon[i] = 1.5;
        unit_offset(&w->lat[i], &w->lon[i], grid(20), grid(20));
        w->neighbour[i] = neighbours && i > 0 && unit_once_in(3);
    }
    for (i = 0; i < PERIMETERS; i++) {
        for (j = 0; j < COMMUNES; j++) {
            w->in_perimeter[i][j] = unit_once_in(3);
        }
        w->in_perimeter[i][unit_below(COMMUNES)] = 1;
    }
}

static void random_site(const world_t *w, site_t *s)
{
    int at = unit_below(COMMUNES);

    s->commune = unit_once_in(25) ? -1 : at;
    s->lat = w->lat[at];
    s->lon = w->lon[at];
    if (unit_once_in(2)) {
        unit_offset(&s->lat, &s->lon, grid(12), unit_once_in(2) ? grid(8) : 0);
    }
    s->accessible = unit_once_in(2);
}

static void random_visits(doctor_t *d)
{
    int i;

    d->visits = !unit_once_in(4);
    if (unit_once_in(2)) {
        for (i = 0; i < COMMUNES; i++) {
            d->visits_commune[i] = unit_once_in(4);
        }
    }
    if (unit_once_in(3)) {
        d->visits_perimeter[unit_below(PERIMETERS)] = 1;
    }
    if (unit_once_in(3)) {
        d->visits_km = 0.5 * (1 + unit_below(60));
    }
}

static void random_availability(const world_t *w, doctor_t *d)
{
    d->state = unit_once_in(2) ? OPEN : unit_below(5);
    d->from = w->today - 2 + unit_below(5);
    d->until = w->today - 2 + unit_below(5);
    d->retires = unit_once_in(5);
    d->retirement = w->today - 2 + unit_below(5);
    d->places = unit_once_in(3) ? 1 + unit_below(20) : unit_below(4);
    d->reserved = unit_below(d->places + 1);
    if (unit_once_in(2)) {
        d->general_taken = unit_below(d->places - d->reserved + 2);
        d->reserved_taken = unit_below(d->reserved + 2);
    }
    d->confirmed_on = w->today - unit_below(w->limits.sheet_validity + 3);
    if (unit_once_in(3)) {
        d->confirmed_on
            = w->today - w->limits.sheet_validity + 1 - unit_below(3);
    }
}

static void random_doctor(const world_t *w, doctor_t *d, int number)
{
    int i;

    memset(d, 0, sizeof(*d));
    apr_snprintf(d->rpps, sizeof(d->rpps), "999%07d%d", unit_below(10000000),
                 number % 10);
    d->female = unit_once_in(2);
    d->teleconsultation = unit_once_in(2);
    d->sites = 1 + (unit_once_in(3) ? unit_below(SITES) : 0);
    for (i = 0; i < d->sites; i++) {
        random_site(w, &d->site[i]);
    }
    for (i = 0; i < LANGUAGES; i++) {
        d->speaks[i] = unit_once_in(3);
    }
    random_visits(d);
    random_availability(w, d);
}

static void random_world(world_t *w)
{
    int i;

    memset(w, 0, sizeof(*w));
    w->today = 20000 + unit_below(2000);
    random_limits(&w->limits);
    random_places(w);
    for (i = 0; i < 16; i++) {
        w->key[i] = (unsigned char)unit_below(256);
    }
    w->doctors = unit_below(DOCTORS + 1);
    for (i = 0; i < w->doctors; i++) {
        random_doctor(w, &w->doctor[i], i);
    }
}

static void random_need(const world_t *w, need_t *n)
{
    int i;

    memset(n, 0, sizeof(*n));
    i = unit_below(COMMUNES);
    n->commune = i;
    n->lat = w->lat[i];
    n->lon = w->lon[i];
    if (unit_once_in(4)) {
        n->commune = -1;
        unit_offset(&n->lat, &n->lon, grid(10), grid(10));
    }
    n->age = unit_once_in(2) ? w->limits.priority_age - 1 + unit_below(2)
                             : unit_below(131);
    n->ald = unit_once_in(5);
    n->precarity = unit_once_in(5);
    n->home_visit = n->commune >= 0 && unit_once_in(3);
    n->teleconsultation = unit_once_in(3);
    n->accessible = unit_once_in(3);
    n->sex = unit_once_in(4) ? unit_below(2) : -1;
    n->household = unit_once_in(3) ? 1 + unit_below(10) : 1;
    n->followed = unit_once_in(40);
    for (i = 0; i < 5; i++) {
        n->languages[i] = unit_once_in(8);
    }
}

/* The same world for the product */

static const char *insee_of(int commune)
{
    return commune < 0 ? "99999" : apr_psprintf(unit_pool, "310%02d", commune);
}

static cpts_territory_t *make_territory(const world_t *w)
{
    cpts_territory_t *t = cpts_territory_create(unit_pool);
    int i, j;

    t->limits = w->limits;
    for (i = 0; i < COMMUNES; i++) {
        unit_commune(t, insee_of(i), w->lat[i], w->lon[i], w->neighbour[i]);
    }
    unit_territory_index(t);
    for (i = 0; i < PERIMETERS; i++) {
        apr_array_header_t *items
            = apr_array_make(unit_pool, 4, sizeof(const char *));

        for (j = 0; j < COMMUNES; j++) {
            if (w->in_perimeter[i][j]) {
                APR_ARRAY_PUSH(items, const char *) = insee_of(j);
            }
        }
        assert_null(cpts_territory_perimeter(
            t, apr_psprintf(unit_pool, "p%d", i), items, unit_pool));
    }
    return t;
}

static json_t *sites_json(const doctor_t *d)
{
    json_t *sites = json_array();
    int i;

    for (i = 0; i < d->sites; i++) {
        const site_t *s = &d->site[i];

        json_array_append_new(
            sites, json_pack("{s:s, s:s, s:s, s:s, s:b, s:{s:f, s:f}}", "name",
                             apr_psprintf(unit_pool, "site %d", i), "address",
                             "x", "commune", insee_of(s->commune), "structure",
                             "practice", "accessible", s->accessible, "point",
                             "lat", s->lat, "lon", s->lon));
    }
    return sites;
}

static json_t *visits_json(const doctor_t *d)
{
    json_t *communes = json_array();
    json_t *perimeters = json_array();
    int i;

    for (i = 0; i < COMMUNES; i++) {
        if (d->visits_commune[i]) {
            json_array_append_new(communes, json_string(insee_of(i)));
        }
    }
    for (i = 0; i < PERIMETERS; i++) {
        if (d->visits_perimeter[i]) {
            json_array_append_new(
                perimeters, json_string(apr_psprintf(unit_pool, "p%d", i)));
        }
    }
    return json_pack("{s:o, s:o, s:o}", "communes", communes, "perimeters",
                     perimeters, "radius_km",
                     d->visits_km > 0 ? json_real(d->visits_km) : json_null());
}

static json_t *languages_json(const int *speaks)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < LANGUAGES; i++) {
        if (speaks[i]) {
            json_array_append_new(array, json_string(language_codes[i]));
        }
    }
    return array;
}

static json_t *day_json(int given, int day)
{
    return given ? json_string(cpts_day_string(unit_pool, day)) : json_null();
}

static json_t *doctor_json(const doctor_t *d)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:s, s:s,"
        " s:{s:s, s:o, s:o, s:{s:i, s:s, s:i}}}",
        "rpps", d->rpps, "name", "Dr Test", "sex", d->female ? "F" : "M",
        "contact", "coordination", "sites", sites_json(d), "languages",
        languages_json(d->speaks), "teleconsultation", d->teleconsultation,
        "home_visits", d->visits ? visits_json(d) : json_null(), "retirement",
        day_json(d->retires, d->retirement), "confirmed_on",
        cpts_day_string(unit_pool, d->confirmed_on), "confirmed_by", "doctor",
        "availability", "state", state_words[d->state], "from",
        day_json(d->state == OPENING, d->from), "until",
        day_json(d->state == PAUSED, d->until), "capacity", "places",
        d->places, "period", "week", "reserved", d->reserved);
}

static json_t *need_json(const need_t *n)
{
    json_t *json = unit_keep(json_pack(
        "{s:i, s:b, s:b, s:b, s:b, s:b, s:i, s:b, s:o, s:o}", "age", n->age,
        "ald", n->ald, "precarity", n->precarity, "home_visit", n->home_visit,
        "teleconsultation", n->teleconsultation, "accessible", n->accessible,
        "household", n->household, "followed", n->followed, "sex",
        n->sex < 0 ? json_null() : json_string(n->sex ? "F" : "M"),
        "languages", languages_json(n->languages)));

    if (n->commune >= 0) {
        json_object_set_new(json, "commune",
                            json_string(insee_of(n->commune)));
    }
    else {
        json_object_set_new(
            json, "point",
            json_pack("{s:f, s:f}", "lat", n->lat, "lon", n->lon));
    }
    return json;
}

static apr_status_t drop(void *snapshot)
{
    cpts_snapshot_release(snapshot);
    return APR_SUCCESS;
}

/* The next version, in which placements have taken places. */
static cpts_snapshot_t *take_places(const world_t *w,
                                    const cpts_territory_t *t,
                                    cpts_snapshot_t *before)
{
    cpts_changes_t *changes = cpts_changes_create(before, t, unit_pool);
    cpts_snapshot_t *next = NULL;
    int i;

    for (i = 0; i < w->doctors; i++) {
        const doctor_t *d = &w->doctor[i];

        assert_int_equal(
            cpts_changes_put(changes, i + 1,
                             unit_sheet(unit_keep(doctor_json(d)), t)),
            APR_SUCCESS);
        cpts_changes_take(changes, d->general_taken, d->reserved_taken);
    }
    assert_int_equal(cpts_changes_commit(&next, changes, 2, w->key),
                     APR_SUCCESS);
    apr_pool_cleanup_register(unit_pool, next, drop, apr_pool_cleanup_null);
    return next;
}

static cpts_snapshot_t *make_snapshot(const world_t *w,
                                      const cpts_territory_t *t)
{
    json_t *sheets = unit_keep(json_array());
    int i;

    for (i = 0; i < w->doctors; i++) {
        json_array_append_new(sheets, doctor_json(&w->doctor[i]));
    }
    return take_places(w, t, unit_snapshot(t, sheets, w->key));
}

/* Comparing */

static double km(int metres)
{
    return floor(metres / 100.0 + 0.5) / 10;
}

static const char *codes_of(const json_t *list)
{
    const char *text = "";
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one) {
        text = apr_pstrcat(unit_pool, text, " ",
                           json_string_value(json_object_get(one, "code")),
                           NULL);
    }
    return text;
}

static const char *reasons_due(const world_t *w, const finding_t *f,
                               const need_t *n)
{
    int languages = 0;
    int i;

    for (i = 0; i < LANGUAGES; i++) {
        languages = languages || n->languages[i];
    }
    return apr_pstrcat(
        unit_pool, " distance open",
        is_priority(w, n) && reserved_left(f->doctor) > 0 ? " reserved_place"
                                                          : "",
        n->home_visit ? " home_visit" : "", n->accessible ? " accessible" : "",
        n->sex >= 0 ? " sex" : "", languages ? " language" : "",
        n->household > 1 ? " household" : "",
        n->teleconsultation && f->doctor->teleconsultation
            ? " teleconsultation"
            : "",
        f->local ? "" : " neighbour", NULL);
}

static const char *advice_due(const world_t *w, const verdict_t *v,
                              const need_t *n)
{
    if (n->followed) {
        return " declare_doctor";
    }
    if (v->count >= w->limits.proposals) {
        return "";
    }
    return apr_pstrcat(unit_pool, " coordination",
                       n->teleconsultation ? "" : " teleconsultation",
                       v->count ? "" : " cpam", NULL);
}

/* What differs, or NULL. */
static const char *compare_proposal(const world_t *w, const need_t *n,
                                    const finding_t *due,
                                    const cpts_proposal_t *got,
                                    const json_t *json)
{
    const json_t *site = json_object_get(json, "site");
    const char *site_due = apr_psprintf(unit_pool, "site %d", due->site);

    if (strcmp(due->doctor->rpps, got->rpps)
        || strcmp(due->doctor->rpps,
                  json_string_value(json_object_get(json, "rpps")))) {
        return "rpps";
    }
    if (due->metres != got->distance
        || fabs(json_number_value(json_object_get(json, "distance_km"))
                - km(due->metres))
               > 1e-9) {
        return "distance";
    }
    if (due->score != got->score) {
        return "score";
    }
    if (got->reserved
        != (is_priority(w, n) && reserved_left(due->doctor) > 0)) {
        return "reserved";
    }
    if (strcmp(site_due, json_string_value(json_object_get(site, "name")))) {
        return "site";
    }
    if (strcmp(reasons_due(w, due, n),
               codes_of(json_object_get(json, "reasons")))) {
        return "reasons";
    }
    return NULL;
}

static const char *compare_excluded(const verdict_t *v, const cpts_match_t *m,
                                    const json_t *list)
{
    size_t told = 0;
    int i;

    for (i = 0; i < REQUIREMENTS; i++) {
        const json_t *one = json_array_get(list, told);

        if (v->excluded[i] != m->excluded[i]) {
            return requirement_words[i];
        }
        if (v->excluded[i] == 0) {
            continue;
        }
        if (!one
            || strcmp(json_string_value(json_object_get(one, "requirement")),
                      requirement_words[i])
            || json_integer_value(json_object_get(one, "count"))
                   != v->excluded[i]) {
            return "excluded in the body";
        }
        told++;
    }
    return told == json_array_size(list) ? NULL : "excluded too much";
}

static const char *compare(const world_t *w, const need_t *n,
                           const verdict_t *v, const cpts_match_t *m,
                           const json_t *body)
{
    const json_t *proposals = json_object_get(body, "proposals");
    const char *wrong = NULL;
    int i;

    if (v->candidates != m->candidates
        || json_integer_value(json_object_get(body, "candidates"))
               != v->candidates) {
        return "candidates";
    }
    if (v->radius != m->radius
        || fabs(json_number_value(json_object_get(body, "radius_km"))
                - km(v->radius))
               > 1e-9) {
        return "radius";
    }
    if (v->count != m->count
        || json_array_size(proposals) != (size_t)v->count) {
        return "number of proposals";
    }
    for (i = 0; i < v->count && !wrong; i++) {
        wrong = compare_proposal(w, n, v->proposal[i], &m->proposals[i],
                                 json_array_get(proposals, (size_t)i));
    }
    if (!wrong) {
        wrong = compare_excluded(v, m, json_object_get(body, "excluded"));
    }
    if (!wrong
        && strcmp(advice_due(w, v, n),
                  codes_of(json_object_get(body, "advice")))) {
        wrong = "advice";
    }
    return wrong;
}

/* How much of the rule the random worlds have reached. */
typedef struct {
    int proposals[CPTS_PROPOSALS_MAX + 1];
    int excluded[REQUIREMENTS];
    int widened, capped, neighbours, ties, turns, same_turns;
} reached_t;

static void note_tie(reached_t *r, const finding_t *a, const finding_t *b)
{
    if (a->local == b->local && a->score / 50 == b->score / 50) {
        r->ties++;
        r->turns += a->turn != b->turn;
        r->same_turns += a->turn == b->turn && a->turn > 0;
    }
}

static void note(reached_t *r, const world_t *w, const verdict_t *v)
{
    int i;

    r->proposals[v->count]++;
    for (i = 0; i < REQUIREMENTS; i++) {
        r->excluded[i] += v->excluded[i];
    }
    r->widened += v->radius > w->limits.search_start;
    r->capped += v->radius == w->limits.search_max;
    for (i = 0; i < v->count; i++) {
        r->neighbours += !v->proposal[i]->local;
        if (i > 0) {
            note_tie(r, v->proposal[i - 1], v->proposal[i]);
        }
    }
}

static void remember(world_t *w, const verdict_t *v)
{
    int i;

    for (i = 0; i < v->count; i++) {
        w->proposed[w->answers][i] = v->proposal[i]->doctor;
    }
    w->answers += v->count > 0;
}

static void check_need(world_t *w, const cpts_territory_t *t,
                       const cpts_snapshot_t *s, const need_t *n,
                       reached_t *reached, int number)
{
    json_t *json = need_json(n);
    json_t *body;
    verdict_t v;
    cpts_match_t *m = NULL;
    const char *wrong;

    answer(&v, w, n);
    assert_int_equal(
        cpts_match_run(&m, s, t, unit_need(json, t), w->today, unit_pool),
        APR_SUCCESS);
    body = json_loadb(m->body, m->length, JSON_REJECT_DUPLICATES, NULL);
    if (!body) {
        fail_msg("world %d: not JSON: %.*s", number, (int)m->length, m->body);
    }
    unit_keep(body);
    wrong = compare(w, n, &v, m, body);
    if (wrong) {
        fail_msg("world %d, need %s: %s differs: %.*s", number,
                 unit_dump(json), wrong, (int)m->length, m->body);
    }
    note(reached, w, &v);
    remember(w, &v);
}

/* Was every part of the rule at work? */
static void check_reached(const reached_t *r)
{
    int i;

    for (i = 0; i <= CPTS_PROPOSALS_MAX; i++) {
        assert_true(r->proposals[i] > 100);
    }
    for (i = 0; i < REQUIREMENTS; i++) {
        assert_true(r->excluded[i] > 100);
    }
    assert_true(r->widened > 100);
    assert_true(r->capped > 100);
    assert_true(r->neighbours > 100);
    assert_true(r->ties > 100);
    assert_true(r->turns > 100);
    assert_true(r->same_turns > 100);
}

static void test_oracle(void **state)
{
    static world_t w;
    reached_t reached;
    need_t n;
    int i, j;

    (void)state;
    memset(&reached, 0, sizeof(reached));
    for (i = 0; i < WORLDS; i++) {
        cpts_territory_t *t;
        cpts_snapshot_t *s;

        random_world(&w);
        t = make_territory(&w);
        s = make_snapshot(&w, t);
        for (j = 0; j < NEEDS; j++) {
            /* often the same again, so that equals take turns */
            if (j == 0 || unit_once_in(2)) {
                random_need(&w, &n);
            }
            check_need(&w, t, s, &n, &reached, i);
        }
        apr_pool_clear(unit_pool);
    }
    check_reached(&reached);
}

/* The vectors that the authors of SipHash published: 00, 00 01, ... */
static void test_siphash(void **state)
{
    (void)state;
    assert_true(siphash(unit_key, "", 0) == 0x726fdb47dd0e0e31ULL);
    assert_true(siphash(unit_key, unit_key, 1) == 0x74f839c593dc67fdULL);
    assert_true(siphash(unit_key, unit_key, 8) == 0x93f5f5799a932462ULL);
    assert_true(siphash(unit_key, unit_key, 15) == 0xa129ca6149be45e5ULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(test_siphash),
        UNIT_TEST(test_oracle),
    };

    return UNIT_RUN(tests);
}
