/* SPDX-License-Identifier: Apache-2.0 */
/* The sheet: what one general practitioner says of themselves. */

/**
 * @file sheet.h
 * @brief The practitioner's record, its field table and the rules that hold
 * across fields.  There is no field with which a category of patients could
 * be refused, on purpose: capacity, and places reserved, are all.
 */
#ifndef CPTS_CORE_SHEET_H
#define CPTS_CORE_SHEET_H

#include "core/date.h"
#include "core/fault.h"
#include "core/field.h"
#include "core/territory.h"

/** RPPS number: 11 digits. */
#define CPTS_RPPS_LENGTH 11

typedef enum { CPTS_SEX_F, CPTS_SEX_M } cpts_sex_e;
typedef enum {
    CPTS_CONTACT_PHONE,
    CPTS_CONTACT_MSSANTE,
    CPTS_CONTACT_COORDINATION
} cpts_contact_e;
typedef enum {
    CPTS_STATE_OPEN,    /**< takes patients */
    CPTS_STATE_PAUSED,  /**< not before the day after `until` */
    CPTS_STATE_OPENING, /**< from the day `from` on */
    CPTS_STATE_CLOSED,  /**< takes none, until said otherwise */
    CPTS_STATE_LEFT     /**< left the list, may come back */
} cpts_state_e;
typedef enum { CPTS_PERIOD_WEEK, CPTS_PERIOD_MONTH } cpts_period_e;
typedef enum {
    CPTS_BY_DOCTOR,
    CPTS_BY_COORDINATOR,
    CPTS_BY_IMPORT,
    CPTS_BY_DELEGATE
} cpts_author_e;

typedef struct {
    double lat, lon; /**< degrees, WGS84 */
} cpts_point_t;

typedef struct {
    const char *name;    /**< of the practice, may be NULL */
    const char *address; /**< postal address */
    const char *commune; /**< INSEE code */
    cpts_point_t *point; /**< NULL: the commune's centre */
    int structure;       /**< index into cpts_structure_words */
    int accessible;      /**< wheelchair access */
} cpts_site_t;

/** Where the doctor visits: the union of the three, or the default radius
 * when all three are absent. */
typedef struct {
    apr_array_header_t *communes;   /**< of INSEE codes */
    apr_array_header_t *perimeters; /**< of names from the configuration */
    double radius_km;               /**< around each site, or NAN */
} cpts_visits_t;

typedef struct {
    int places;   /**< new patients per period, 0..200 */
    int period;   /**< cpts_period_e */
    int reserved; /**< of which for the priority groups together */
} cpts_capacity_t;

typedef struct {
    int state;                 /**< cpts_state_e */
    cpts_day_t from;           /**< first day open, state opening */
    cpts_day_t until;          /**< last day of the pause, state paused */
    cpts_capacity_t *capacity; /**< NULL only where nothing was ever said */
} cpts_availability_t;

typedef struct {
    const char *rpps;
    const char *name;
    int sex; /**< cpts_sex_e */
    const char *phone;
    const char *mssante;
    int contact;                   /**< cpts_contact_e */
    apr_array_header_t *sites;     /**< of cpts_site_t, 1..5 */
    apr_array_header_t *languages; /**< ISO 639 codes */
    int sector;                    /**< index into cpts_sector_words */
    apr_array_header_t *skills;    /**< of const char * */
    apr_array_header_t *equipment; /**< of const char * */
    int trains_students;
    int teleconsultation;
    cpts_visits_t *home_visits; /**< NULL: does not visit at home */
    cpts_availability_t *availability;
    cpts_day_t retirement;   /**< planned day, or CPTS_NO_DAY */
    const char *note;        /**< for the coordination only */
    cpts_day_t confirmed_on; /**< read-only */
    int confirmed_by;        /**< read-only, cpts_author_e */
} cpts_sheet_t;

/** How many words there are. */
#define CPTS_STRUCTURES 4
#define CPTS_SECTORS    5

extern const cpts_field_t cpts_sheet_fields[];
extern const cpts_field_t cpts_point_fields[];
extern const char *const cpts_sex_words[];
extern const char *const cpts_contact_words[];
extern const char *const cpts_state_words[];
extern const char *const cpts_period_words[];
extern const char *const cpts_author_words[];
extern const char *const cpts_structure_words[CPTS_STRUCTURES + 1];
extern const char *const cpts_sector_words[CPTS_SECTORS + 1];

/**
 * Decode a sheet sent by a client and check it whole.
 * @param territory communes, perimeters and limits; NULL skips those rules.
 * @param before the stored sheet, whose read-only fields a client may send
 * back unchanged; NULL at creation, when they must be absent.
 * @param today the server's day: a pause cannot end before it.
 * @return the sheet in @a pool, or NULL with at least one fault.
 */
cpts_sheet_t *cpts_sheet_decode(const json_t *json,
                                const cpts_territory_t *territory,
                                const cpts_sheet_t *before, cpts_day_t today,
                                cpts_faults_t *faults, apr_pool_t *pool);

/** Decode a stored sheet: its fields and what matching relies on, no rule
 * that time or the configuration can break.  NULL for a row that is older or
 * newer than this code, or was changed by hand: it is then left out. */
cpts_sheet_t *cpts_sheet_decode_stored(const char *text, apr_pool_t *pool);

/** The canonical JSON text of a sheet without its read-only fields, for the
 * store; NULL when memory is short. */
char *cpts_sheet_store_text(const cpts_sheet_t *sheet, apr_pool_t *pool);

/** A new JSON object with every field. */
json_t *cpts_sheet_json(const cpts_sheet_t *sheet);

/** What a search finds a sheet by: name, RPPS, communes' names; folded. */
const char *cpts_sheet_search_text(const cpts_sheet_t *sheet,
                                   const cpts_territory_t *territory,
                                   apr_pool_t *pool);

/** The state that holds on @a day: a pause or an opening that is over has
 * become open. */
cpts_state_e cpts_availability_on(const cpts_availability_t *availability,
                                  cpts_day_t day);

/** 1 when the Luhn key of an RPPS is right; wrong is only worth a warning. */
int cpts_rpps_luhn(const char *rpps);

#endif
