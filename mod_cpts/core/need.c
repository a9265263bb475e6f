/* SPDX-License-Identifier: Apache-2.0 */
/* The need of one patient: its field table and its rules. */

#include "core/need.h"

/* clang-format off */
const cpts_field_t cpts_need_fields[] = {
    { "commune", CPTS_STRING, 0, 5, 5, &cpts_format_insee, NULL, NULL, 0,
      offsetof(cpts_need_t, commune),
      "INSEE code of the patient's commune; this or point." },
    { "point", CPTS_OBJECT, 0, 0, 0, NULL, NULL, cpts_point_fields,
      sizeof(cpts_point_t), offsetof(cpts_need_t, point),
      "Where the patient lives; instead of commune." },
    { "age", CPTS_INTEGER, CPTS_REQUIRED, 0, 130, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, age), "Age in years." },
    { "ald", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, ald), "Long-term illness (ALD)." },
    { "precarity", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, precarity), "C2S or AME." },
    { "home_visit", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, home_visit), "Needs visits at home." },
    { "teleconsultation", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, teleconsultation),
      "Teleconsultation suits the patient: a preference." },
    { "languages", CPTS_STRINGS, 0, 0, 5, &cpts_format_language, NULL, NULL,
      0, offsetof(cpts_need_t, languages),
      "Languages, ISO 639; the doctor must speak one of them." },
    { "accessible", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, accessible), "Needs wheelchair access." },
    { "sex", CPTS_WORD, 0, 0, 0, NULL, cpts_sex_words, NULL, 0,
      offsetof(cpts_need_t, sex), "Sex of the doctor, if asked for." },
    { "household", CPTS_INTEGER, 0, 1, 10, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, household),
      "People to be taken by the same doctor; 1 if absent." },
    { "followed", CPTS_BOOLEAN, 0, 0, 0, NULL, NULL, NULL, 0,
      offsetof(cpts_need_t, followed),
      "A general practitioner follows this patient already." },
    { .name = NULL }
};
/* clang-format on */

/* A value of the wrong type was sent too, but is not in the need: to be
 * looked for where there are faults. */
static int sent(const void *decoded, const json_t *json, const char *name,
                const cpts_faults_t *faults)
{
    const json_t *value;

    if (decoded || cpts_faults_count(faults) == 0) {
        return decoded != NULL;
    }
    value = json_object_get(json, name);
    return value && !json_is_null(value);
}

static void check_place(const cpts_need_t *need, const json_t *json,
                        cpts_faults_t *faults)
{
    int commune = sent(need->commune, json, "commune", faults);
    int point = sent(need->point, json, "point", faults);

    if (!commune && !point) {
        cpts_faults_add(faults, "/commune", "required",
                        "Indiquez la commune du patient.");
    }
    else if (commune && point) {
        cpts_faults_add(faults, "/point", "not_with_commune",
                        "Indiquez la commune ou le point, pas les deux.");
    }
    else if (point && need->home_visit) {
        cpts_faults_add(faults, "/commune", "commune_needed",
                        "Pour une visite à domicile, indiquez la commune du "
                        "patient et non un point.");
    }
    else if (need->commune && !need->home
             && !cpts_format_insee.check(need->commune)) {
        cpts_faults_add(faults, "/commune", "unknown_commune",
                        "Cette commune n’est pas du territoire : "
                        "adressez-vous à la CPTS de la commune.");
    }
}

cpts_need_t *cpts_need_decode(const json_t *json,
                              const cpts_territory_t *territory,
                              cpts_faults_t *faults, apr_pool_t *pool)
{
    cpts_need_t *need = apr_pcalloc(pool, sizeof(*need));

    cpts_fields_decode(cpts_need_fields, need, json, "", faults, pool);
    need->home = need->commune
                     ? cpts_territory_commune(territory, need->commune)
                     : NULL;
    if (need->household == CPTS_NO_INT) {
        need->household = 1;
    }
    if (json_is_object(json)) {
        check_place(need, json, faults);
    }
    return cpts_faults_count(faults) ? NULL : need;
}

int cpts_need_priority(const cpts_need_t *need, const cpts_limits_t *limits)
{
    return need->age >= limits->priority_age || need->ald || need->precarity;
}
