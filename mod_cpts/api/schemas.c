/* SPDX-License-Identifier: Apache-2.0 */
/* What answers look like, as tables of fields: encoded and published. */

#include "api/schemas.h"

#include "core/need.h"
#include "core/role.h"
#include "core/sheet.h"

#define REQ CPTS_REQUIRED
/* A list of an answer is as long as it is. */
#define MANY CPTS_COMMUNES_MAX

/* clang-format off */

/* A row: name, type, flags, least, most, ... where only what is published
 * counts: answers are not decoded. */
#define STRING(type, member, flags, doc) \
    { #member, CPTS_STRING, flags, 0, 2000, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define INTEGER(type, member, flags, doc) \
    { #member, CPTS_INTEGER, flags, 0, INT_MAX, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define BOOLEAN(type, member, doc) \
    { #member, CPTS_BOOLEAN, REQ, 0, 0, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define DATE(type, member, flags, doc) \
    { #member, CPTS_DATE, flags, 0, 0, NULL, NULL, NULL, 0, \
      offsetof(type, member), doc }
#define WORD(type, member, flags, words, doc) \
    { #member, CPTS_WORD, flags, 0, 0, NULL, words, NULL, 0, \
      offsetof(type, member), doc }
#define LIST(type, member, item, fields, doc) \
    { #member, CPTS_OBJECTS, REQ, 0, MANY, NULL, NULL, fields, \
      sizeof(item), offsetof(type, member), doc }

static const cpts_field_t me_terms_fields[] = {
    STRING(cpts_me_terms_t, version, REQ, "Version in force."),
    STRING(cpts_me_terms_t, address, REQ, "Where the text is."),
    BOOLEAN(cpts_me_terms_t, accepted, "This version was accepted."),
    STRING(cpts_me_terms_t, accepted_at, 0, "When, RFC 3339."),
    { .name = NULL }
};

const cpts_field_t cpts_me_fields[] = {
    STRING(cpts_me_t, account, REQ, "Name of the account."),
    WORD(cpts_me_t, role, REQ, cpts_role_words, "Role."),
    STRING(cpts_me_t, rpps, 0, "A doctor's own RPPS, a delegate's doctor's."),
    { "terms", CPTS_OBJECT, 0, 0, 0, NULL, NULL, me_terms_fields,
      sizeof(cpts_me_terms_t), offsetof(cpts_me_t, terms),
      "The text that this role has to accept; null: none." },
    { .name = NULL }
};

static const cpts_field_t health_details_fields[] = {
    INTEGER(cpts_health_details_t, sheets, REQ, "Sheets in memory."),
    INTEGER(cpts_health_details_t, unlocated_sites, REQ,
            "Sites whose commune the territory does not know: their doctors "
            "are not proposed there."),
    STRING(cpts_health_details_t, looked_at, REQ,
           "When the database was last looked at, RFC 3339."),
    { .name = NULL }
};

static const cpts_field_t health_territory_fields[] = {
    STRING(cpts_health_territory_t, name, REQ, "Name of the territory."),
    STRING(cpts_health_territory_t, status, REQ, "ok."),
    INTEGER(cpts_health_territory_t, schema, REQ, "Schema version."),
    INTEGER(cpts_health_territory_t, generation, REQ,
            "Number of committed changes of sheets."),
    { "details", CPTS_OBJECT, 0, 0, 0, NULL, NULL, health_details_fields,
      sizeof(cpts_health_details_t),
      offsetof(cpts_health_territory_t, details),
      "For a coordinator who signs in with the request." },
    { .name = NULL }
};

const cpts_field_t cpts_health_fields[] = {
    STRING(cpts_health_t, status, REQ, "ok; a broken territory is a 503."),
    STRING(cpts_health_t, version, REQ, "Version of mod_cpts."),
    LIST(cpts_health_t, territories, cpts_health_territory_t,
         health_territory_fields, "The territory of this server."),
    { .name = NULL }
};

const cpts_field_t cpts_contact_fields[] = {
    STRING(cpts_contact_t, name, REQ, "Name of the CPTS."),
    STRING(cpts_contact_t, phone, 0, "Telephone of the coordination."),
    STRING(cpts_contact_t, email, 0, "E-mail of the coordination."),
    { .name = NULL }
};

static const cpts_field_t week_fields[] = {
    DATE(cpts_week_t, monday, REQ, "First day of the week."),
    INTEGER(cpts_week_t, consultations, REQ,
            "Needs answered, with or without a proposal."),
    { .name = NULL }
};

const cpts_field_t cpts_activity_fields[] = {
    LIST(cpts_activity_t, weeks, cpts_week_t, week_fields,
         "Eight weeks, this one first."),
    { .name = NULL }
};

static const cpts_field_t summary_capacity_fields[] = {
    INTEGER(cpts_capacity_t, places, REQ, "New patients per period."),
    WORD(cpts_capacity_t, period, REQ, cpts_period_words, "The period."),
    INTEGER(cpts_capacity_t, reserved, REQ,
            "Of which reserved for the priority groups together."),
    { .name = NULL }
};

static const cpts_field_t summary_fields[] = {
    STRING(cpts_summary_t, rpps, REQ, "RPPS number."),
    STRING(cpts_summary_t, name, REQ, "Name."),
    WORD(cpts_summary_t, state, REQ, cpts_state_words,
         "Today's state: a pause that is over is open."),
    DATE(cpts_summary_t, until, 0, "Last day of a pause that lasts."),
    DATE(cpts_summary_t, from, 0, "First day of an opening to come."),
    { "capacity", CPTS_OBJECT, 0, 0, 0, NULL, NULL, summary_capacity_fields,
      sizeof(cpts_capacity_t), offsetof(cpts_summary_t, capacity),
      "New patients, as the sheet says; null where it says nothing." },
    { "communes", CPTS_STRINGS, REQ, 0, 5, NULL, NULL, NULL, 0,
      offsetof(cpts_summary_t, communes), "Names of the sites' communes." },
    DATE(cpts_summary_t, confirmed_on, REQ, "Day of the confirmation."),
    WORD(cpts_summary_t, confirmed_by, REQ, cpts_author_words,
         "Who confirmed it."),
    BOOLEAN(cpts_summary_t, stale, "Past its validity: not proposed."),
    { .name = NULL }
};

const cpts_field_t cpts_page_fields[] = {
    LIST(cpts_page_t, sheets, cpts_summary_t, summary_fields,
         "At most 50 sheets."),
    STRING(cpts_page_t, next, 0, "Cursor of the next page."),
    INTEGER(cpts_page_t, total, REQ, "Sheets on all pages."),
    { .name = NULL }
};

static const cpts_field_t seen_fields[] = {
    STRING(cpts_seen_t, account, 0,
           "Account that was shown the sheet; null once erased."),
    WORD(cpts_seen_t, role, REQ, cpts_role_words, "Its role then."),
    STRING(cpts_seen_t, profession, 0,
           "Profession of the account, if it is known."),
    STRING(cpts_seen_t, structure, 0,
           "Structure of the account, if it is known."),
    STRING(cpts_seen_t, at, REQ, "When, RFC 3339, UTC."),
    { .name = NULL }
};

const cpts_field_t cpts_seen_page_fields[] = {
    LIST(cpts_seen_page_t, viewers, cpts_seen_t, seen_fields,
         "At most 50, newest first."),
    STRING(cpts_seen_page_t, next, 0, "Cursor of the next page."),
    { .name = NULL }
};

/* From here on: answers put together by hand, only described. */
#define SAYS(name, type, flags, doc) \
    { name, type, flags, 0, 2000, NULL, NULL, NULL, 0, 0, doc }
#define SAYS_NUMBER(name, type, most, doc) \
    { name, type, REQ, 0, most, NULL, NULL, NULL, 0, 0, doc }
#define SAYS_LIST(name, fields, doc) \
    { name, CPTS_OBJECTS, REQ, 0, MANY, NULL, NULL, fields, 0, 0, doc }
#define SAYS_OBJECT(name, fields, doc) \
    { name, CPTS_OBJECT, REQ, 0, 0, NULL, NULL, fields, 0, 0, doc }

static const cpts_field_t commune_fields[] = {
    SAYS("insee", CPTS_STRING, REQ, "INSEE code."),
    SAYS("name", CPTS_STRING, REQ, "Name."),
    { "postcodes", CPTS_STRINGS, REQ, 0, 100, NULL, NULL, NULL, 0, 0,
      "Postcodes, if the site knows them." },
    { "lat", CPTS_NUMBER, REQ, -90, 90, NULL, NULL, NULL, 0, 0,
      "Latitude of the centre, degrees, WGS84." },
    { "lon", CPTS_NUMBER, REQ, -180, 180, NULL, NULL, NULL, 0, 0,
      "Longitude of the centre, degrees, WGS84." },
    SAYS_NUMBER("population", CPTS_INTEGER, INT_MAX, "Inhabitants."),
    SAYS("neighbour", CPTS_BOOLEAN, REQ, "Near the territory, not of it."),
    { .name = NULL }
};

static const cpts_field_t perimeter_fields[] = {
    SAYS("name", CPTS_STRING, REQ, "Name in the configuration."),
    { "communes", CPTS_STRINGS, REQ, 0, MANY, &cpts_format_insee, NULL, NULL,
      0, 0, "INSEE codes." },
    { .name = NULL }
};

static const cpts_field_t limits_fields[] = {
    SAYS_NUMBER("home_visit_default_km", CPTS_NUMBER, 100,
                "Radius of visits when a sheet says no perimeter."),
    SAYS_NUMBER("home_visit_max_km", CPTS_NUMBER, 100,
                "Largest radius of visits."),
    SAYS_NUMBER("search_start_km", CPTS_NUMBER, 100, "First radius."),
    SAYS_NUMBER("search_step_km", CPTS_NUMBER, 100, "Step of widening."),
    SAYS_NUMBER("search_max_km", CPTS_NUMBER, 100, "Last radius."),
    SAYS_NUMBER("proposals", CPTS_INTEGER, 3, "Most proposals."),
    SAYS_NUMBER("priority_age", CPTS_INTEGER, 130, "Priority from this age."),
    SAYS_NUMBER("sheet_validity_days", CPTS_INTEGER, 366,
                "Days a confirmation holds."),
    SAYS_NUMBER("placement_hold_days", CPTS_INTEGER, 60,
                "Days that a placement holds its places."),
    SAYS_NUMBER("held_places", CPTS_INTEGER, 1000,
                "Places that an account holds without an answer."),
    SAYS_NUMBER("daily_consultations", CPTS_INTEGER, 10000,
                "Needs per account and day."),
    { .name = NULL }
};

static const cpts_field_t territory_fields[] = {
    SAYS("name", CPTS_STRING, REQ, "Name of the CPTS."),
    SAYS("phone", CPTS_STRING, 0, "Telephone of the coordination."),
    SAYS("email", CPTS_STRING, 0, "E-mail of the coordination."),
    SAYS_LIST("communes", commune_fields, "Communes, neighbours last."),
    SAYS("contours", CPTS_BOOLEAN, REQ,
         "Whether GET /territory/contours has their contours."),
    SAYS_LIST("perimeters", perimeter_fields, "Named perimeters."),
    SAYS_OBJECT("limits", limits_fields, "Limits of the configuration."),
    { .name = NULL }
};

static const cpts_field_t coded_fields[] = {
    SAYS("code", CPTS_STRING, REQ, "Stable word."),
    SAYS("text", CPTS_STRING, REQ, "The same, in French."),
    { .name = NULL }
};

static const cpts_field_t excluded_fields[] = {
    SAYS("requirement", CPTS_STRING, REQ,
         "distance, availability, freshness, home_visit, accessibility, "
         "sex, language or places."),
    SAYS_NUMBER("count", CPTS_INTEGER, INT_MAX, "Doctors, each once."),
    { .name = NULL }
};

static const cpts_field_t answer_site_fields[] = {
    SAYS("name", CPTS_STRING, 0, "Name of the practice."),
    SAYS("address", CPTS_STRING, REQ, "Postal address."),
    SAYS("commune", CPTS_STRING, REQ, "INSEE code."),
    SAYS("commune_name", CPTS_STRING, REQ, "Name of the commune."),
    { "structure", CPTS_WORD, REQ, 0, 0, NULL, cpts_structure_words, NULL, 0,
      0, "Kind of structure." },
    SAYS("accessible", CPTS_BOOLEAN, REQ, "Accessible in a wheelchair."),
    SAYS_OBJECT("point", cpts_point_fields, "Where it is."),
    { .name = NULL }
};

static const cpts_field_t contact_fields[] = {
    { "by", CPTS_WORD, REQ, 0, 0, NULL, cpts_contact_words, NULL, 0, 0,
      "The way that the doctor chose." },
    SAYS("phone", CPTS_STRING, 0, "Telephone."),
    SAYS("mssante", CPTS_STRING, 0, "MSSanté address."),
    SAYS("email", CPTS_STRING, 0, "E-mail of the coordination."),
    { .name = NULL }
};

static const cpts_field_t visits_fields[] = {
    { "communes", CPTS_STRINGS, REQ, 0, MANY, &cpts_format_insee, NULL, NULL,
      0, 0, "INSEE codes: listed by the doctor or by a named perimeter." },
    { "radius_km", CPTS_NUMBER, 0, 0, 100, NULL, NULL, NULL, 0, 0,
      "And within this radius of a practice, to a tenth of a kilometre." },
    SAYS_LIST("around", cpts_point_fields,
              "The practices, where there is a radius."),
    { .name = NULL }
};

static const cpts_field_t proposal_fields[] = {
    SAYS("rpps", CPTS_STRING, REQ, "RPPS number."),
    SAYS("name", CPTS_STRING, REQ, "Name."),
    { "sex", CPTS_WORD, REQ, 0, 0, NULL, cpts_sex_words, NULL, 0, 0, "Sex." },
    SAYS_OBJECT("site", answer_site_fields, "The site that fits."),
    SAYS_NUMBER("distance_km", CPTS_NUMBER, 20100,
                "From the patient, to a tenth of a kilometre."),
    SAYS_OBJECT("contact", contact_fields, "How to reach the doctor."),
    { "sector", CPTS_WORD, 0, 0, 0, NULL, cpts_sector_words, NULL, 0, 0,
      "Sector of the convention." },
    { "languages", CPTS_STRINGS, REQ, 0, 20, &cpts_format_language, NULL,
      NULL, 0, 0, "Languages spoken, ISO 639." },
    SAYS("teleconsultation", CPTS_BOOLEAN, REQ, "Offers teleconsultation."),
    SAYS("confirmed_on", CPTS_DATE, REQ, "Day of the confirmation."),
    SAYS_LIST("reasons", coded_fields, "Why this doctor."),
    { "visits", CPTS_OBJECT, 0, 0, 0, NULL, NULL, visits_fields, 0, 0,
      "Where the doctor visits at home; only when the need asks for it." },
    { .name = NULL }
};

static const cpts_field_t answer_fields[] = {
    SAYS_LIST("proposals", proposal_fields, "At most 3, best first."),
    SAYS_NUMBER("radius_km", CPTS_NUMBER, 100, "Radius reached."),
    SAYS_NUMBER("candidates", CPTS_INTEGER, INT_MAX,
                "Doctors who could take this patient."),
    SAYS_LIST("excluded", excluded_fields,
              "Doctors within the radius who could not, by requirement."),
    SAYS_LIST("advice", coded_fields, "What to do next."),
    { .name = NULL }
};

static const cpts_field_t fault_fields[] = {
    SAYS("pointer", CPTS_STRING, REQ, "JSON pointer, RFC 6901."),
    SAYS("code", CPTS_STRING, REQ, "Stable word."),
    SAYS("detail", CPTS_STRING, REQ, "What to do, in French."),
    { .name = NULL }
};

static const cpts_field_t problem_fields[] = {
    SAYS("type", CPTS_STRING, REQ, "URI of the kind of problem."),
    SAYS("title", CPTS_STRING, REQ, "The kind, in French."),
    SAYS_NUMBER("status", CPTS_INTEGER, 599, "HTTP status."),
    SAYS("detail", CPTS_STRING, 0, "What to do, in French."),
    SAYS("code", CPTS_STRING, REQ, "Stable word."),
    { "errors", CPTS_OBJECTS, 0, 0, 100, NULL, NULL, fault_fields, 0, 0,
      "With 422: every fault." },
    { .name = NULL }
};
const cpts_schema_t cpts_schemas[] = {
    { "Health", cpts_health_fields },
    { "Contact", cpts_contact_fields },
    { "Me", cpts_me_fields },
    { "Territory", territory_fields },
    { "Sheet", cpts_sheet_fields },
    { "SheetPage", cpts_page_fields },
    { "ViewerPage", cpts_seen_page_fields },
    { "Need", cpts_need_fields },
    { "Invitation", cpts_invited_fields },
    { "InvitationPage", cpts_invited_page_fields },
    { "InvitationBatch", cpts_invitation_batch_fields },
    { "BatchList", cpts_batch_list_fields },
    { "OpenedInvitation", cpts_opened_fields },
    { "NewAccount", cpts_new_account_fields },
    { "DelegateList", cpts_delegate_list_fields },
    { "Placement", cpts_placement_fields },
    { "PlacementPage", cpts_placement_page_fields },
    { "Places", cpts_places_fields },
    { "Link", cpts_link_fields },
    { "Email", cpts_email_fields },
    { "Answer", answer_fields },
    { "Activity", cpts_activity_fields },
    { "JournalPage", cpts_journal_page_fields },
    { "Fairness", cpts_fairness_fields },
    { "Unmet", cpts_unmet_fields },
    { "Problem", problem_fields },
    { NULL, NULL },
};
/* clang-format on */
