/* SPDX-License-Identifier: Apache-2.0 */
/* What answers look like, as tables of fields: encoded and published. */

/**
 * @file schemas.h
 * @brief Answers that are one record are encoded from these tables; those
 * that are put together by hand (the answer to a need, the territory) are
 * described by them, and a test holds both together.
 */
#ifndef CPTS_API_SCHEMAS_H
#define CPTS_API_SCHEMAS_H

#include <apr_tables.h>

#include "core/date.h"
#include "core/field.h"
#include "core/sheet.h"

typedef struct {
    const char *name;
    const cpts_field_t *fields;
} cpts_schema_t;

/** Every schema of openapi.json; ends with a NULL name. */
extern const cpts_schema_t cpts_schemas[];

typedef struct {
    const char *version, *address; /**< of the text in force */
    int accepted;                  /**< this version */
    const char *accepted_at;       /**< RFC 3339, or NULL */
} cpts_me_terms_t;

typedef struct {
    const char *account;
    int role;               /**< cpts_role_e */
    const char *rpps;       /**< a doctor's own, or NULL */
    cpts_me_terms_t *terms; /**< NULL: nothing is to be accepted */
} cpts_me_t;

typedef struct {
    int sheets;            /**< in memory */
    int unlocated_sites;   /**< whose commune the territory does not know */
    const char *looked_at; /**< when the database was last looked at */
} cpts_health_details_t;

typedef struct {
    const char *name;
    const char *status;
    int schema;
    int generation;
    cpts_health_details_t *details; /**< for a coordinator, else NULL */
} cpts_health_territory_t;

typedef struct {
    const char *status;
    const char *version;
    apr_array_header_t *territories; /**< of cpts_health_territory_t */
} cpts_health_t;

typedef struct {
    const char *name;          /**< of the CPTS */
    const char *phone, *email; /**< of the coordination, or NULL */
} cpts_contact_t;

typedef struct {
    cpts_day_t monday;
    int consultations;
} cpts_week_t;

typedef struct {
    apr_array_header_t *weeks; /**< of cpts_week_t, newest first */
} cpts_activity_t;

/** One line of the list of sheets. */
typedef struct {
    const char *rpps;
    const char *name;
    int state;                    /**< today's, cpts_state_e */
    cpts_day_t until;             /**< of a pause that lasts */
    cpts_day_t from;              /**< of an opening to come */
    cpts_capacity_t *capacity;    /**< or NULL */
    apr_array_header_t *communes; /**< names, of const char * */
    cpts_day_t confirmed_on;
    int confirmed_by; /**< cpts_author_e */
    int stale;
} cpts_summary_t;

typedef struct {
    apr_array_header_t *sheets; /**< of cpts_summary_t */
    const char *next;           /**< cursor of the next page, or NULL */
    int total;                  /**< on all pages */
} cpts_page_t;

typedef struct {
    const char *account; /**< NULL once erased */
    int role;
    const char *profession, *structure; /**< or NULL */
    const char *at;                     /**< RFC 3339, UTC */
} cpts_seen_t;

typedef struct {
    apr_array_header_t *viewers; /**< of cpts_seen_t */
    const char *next;
} cpts_seen_page_t;

extern const cpts_field_t cpts_me_fields[];
extern const cpts_field_t cpts_health_fields[];
extern const cpts_field_t cpts_contact_fields[];
extern const cpts_field_t cpts_activity_fields[];
extern const cpts_field_t cpts_page_fields[];
extern const cpts_field_t cpts_seen_page_fields[];
/* of links.c, email.c */
extern const cpts_field_t cpts_link_fields[];
extern const cpts_field_t cpts_email_fields[];
/* of journal.c, fairness.c, unmet.c */
extern const cpts_field_t cpts_journal_page_fields[];
extern const cpts_field_t cpts_fairness_fields[];
extern const cpts_field_t cpts_unmet_fields[];
/* of invitations.c, invitation_batch.c, invitation_use.c, delegates.c */
extern const cpts_field_t cpts_invited_fields[];
extern const cpts_field_t cpts_invited_page_fields[];
extern const cpts_field_t cpts_invitation_batch_fields[];
extern const cpts_field_t cpts_batch_list_fields[];
extern const cpts_field_t cpts_opened_fields[];
extern const cpts_field_t cpts_new_account_fields[];
extern const cpts_field_t cpts_delegate_list_fields[];
/* of placements.c */
extern const cpts_field_t cpts_placement_fields[];
extern const cpts_field_t cpts_placement_page_fields[];
extern const cpts_field_t cpts_places_fields[];

#endif
