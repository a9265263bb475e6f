/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of one server: what directives said, what it means. */

/**
 * @file config.h
 * @brief One cpts_config_t per server_rec.  Directives write the first part
 * (the table in directive.c says where); check.c works out the second part
 * once the whole configuration is known.  Read-only afterwards, except
 * `live` and `writer`, which each child process makes for itself.
 */
#ifndef CPTS_HTTPD_CONFIG_H
#define CPTS_HTTPD_CONFIG_H

#include <apr_tables.h>
#include <httpd.h>
#include <http_config.h>

#include "core/seal.h"
#include "core/territory.h"

/** The directives, in the order of the table in directive.c. */
typedef enum {
    CPTS_DIRECTIVE_TERRITORY,
    CPTS_DIRECTIVE_COMMUNES,
    CPTS_DIRECTIVE_NEIGHBOURS,
    CPTS_DIRECTIVE_CONTOURS,
    CPTS_DIRECTIVE_PERIMETER,
    CPTS_DIRECTIVE_HOME_VISIT_RADIUS,
    CPTS_DIRECTIVE_SEARCH_RADIUS,
    CPTS_DIRECTIVE_PROPOSALS,
    CPTS_DIRECTIVE_PRIORITY_AGE,
    CPTS_DIRECTIVE_SHEET_VALIDITY,
    CPTS_DIRECTIVE_PLACEMENT_HOLD,
    CPTS_DIRECTIVE_HELD_PLACES,
    CPTS_DIRECTIVE_REMINDER,
    CPTS_DIRECTIVE_RETENTION,
    CPTS_DIRECTIVE_SMALL_COUNT,
    CPTS_DIRECTIVE_DAILY_CONSULTATIONS,
    CPTS_DIRECTIVE_INVITATION_VALIDITY,
    CPTS_DIRECTIVE_TERMS,
    CPTS_DIRECTIVE_ADDRESS,
    CPTS_DIRECTIVE_CONTACT_PHONE,
    CPTS_DIRECTIVE_CONTACT_EMAIL,
    CPTS_DIRECTIVE_SESSION_KEY,
    CPTS_DIRECTIVE_MAX_BODY,
    CPTS_DIRECTIVE_REFRESH,
    CPTS_DIRECTIVE_WRITE_TIMEOUT,
    CPTS_DIRECTIVE_IDLE,
    CPTS_DIRECTIVES
} cpts_directive_e;

/** The most values that one directive takes. */
#define CPTS_VALUES_MAX 3

/** One CptsPerimeter line. */
typedef struct {
    const char *name;
    apr_array_header_t *items;   /**< of const char *: codes, ~patterns */
    const ap_directive_t *where; /**< the line itself */
} cpts_perimeter_line_t;

/** One CptsTerms line: the text that a role has to accept. */
typedef struct {
    int role;                    /**< cpts_role_e */
    const char *version;         /**< of the text, told apart by it */
    const char *address;         /**< where the text is: "/..." or a URL */
    const ap_directive_t *where; /**< the line itself */
} cpts_terms_t;

/** A Location that has SetHandler cpts. */
typedef struct {
    const char *path; /**< without a slash at the end; "" for the root */
    size_t length;    /**< of path */
} cpts_base_t;

struct cpts_live_t;
struct cpts_writer_t;

/**
 * What was not set is NULL or -1, until check.c puts the defaults.
 * Lengths are in metres, ages in years.
 */
typedef struct cpts_config_t {
    const char *name;
    const char *communes;           /**< absolute file name */
    const char *neighbours;         /**< absolute file name, or NULL */
    const char *contours;           /**< absolute file name, or NULL */
    apr_array_header_t *perimeters; /**< of cpts_perimeter_line_t */
    apr_int64_t home_visit[2];      /**< default, most */
    apr_int64_t search[3];          /**< start, step, most */
    apr_int64_t proposals;
    apr_int64_t priority_age;
    apr_int64_t sheet_validity; /**< days */
    apr_int64_t placement_hold; /**< days */
    apr_int64_t held_places;
    apr_int64_t reminder;    /**< days before a sheet is stale; 0: none */
    apr_int64_t retention;   /**< days */
    apr_int64_t small_count; /**< counts below are hidden; 0, 1: none */
    apr_int64_t daily_consultations;
    apr_int64_t invitation_validity; /**< days */
    apr_array_header_t *terms;       /**< of cpts_terms_t, or NULL */
    const char *address;       /**< of the pages, ends with "/"; or NULL */
    const char *phone, *email; /**< of the coordination, or NULL */
    const char *session_key;   /**< absolute file name, or NULL */
    apr_int64_t max_body;      /**< bytes */
    apr_int64_t refresh;       /**< microseconds */
    apr_int64_t write_timeout; /**< microseconds */
    apr_int64_t idle;          /**< microseconds */
    /** Where each directive was said last, NULL where it was not. */
    const ap_directive_t *where[CPTS_DIRECTIVES];

    /* from here on: worked out by check.c */
    cpts_territory_t *territory;  /**< NULL: no territory in this server */
    apr_array_header_t *bases;    /**< of cpts_base_t, longest first */
    const char *database;         /**< file name, from DBDParams */
    int keeps;                    /**< its connections: DBDPersist is Off */
    int slot;                     /**< of the database, see shared.h */
    const cpts_seal_t *seal;      /**< of sessions; NULL: not ours to seal */
    struct cpts_live_t *live;     /**< of this child process, see live.h */
    struct cpts_writer_t *writer; /**< of this child, see database.h */
} cpts_config_t;

/** For the module record. */
extern const command_rec cpts_directives[];
void *cpts_config_create(apr_pool_t *pool, server_rec *server);
void *cpts_config_merge(apr_pool_t *pool, void *base, void *own);

/** The configuration of a server, never NULL. */
cpts_config_t *cpts_config_of(const server_rec *server);

/** The text that a role has to accept, NULL: none. */
const cpts_terms_t *cpts_config_terms(const cpts_config_t *config, int role);

/** Whether that is the version in force; @a version NULL: it is not. */
int cpts_terms_in_force(const cpts_terms_t *terms, const char *version);

/** Set every member to its unset value. */
void cpts_directives_clear(cpts_config_t *config);

/** Give each member of @a config that is unset the value of @a base.
 * Perimeters are inherited by name, terms by role. */
void cpts_directives_inherit(cpts_config_t *config, const cpts_config_t *base,
                             apr_pool_t *pool);

/** Give each member that is still unset its default.
 * @return NULL, or a message: the table itself is wrong. */
const char *cpts_directives_settle(cpts_config_t *config);

/** The Location with SetHandler cpts that holds this URI path, or NULL. */
const cpts_base_t *cpts_config_base(const cpts_config_t *config,
                                    const char *uri);

/** Hook check_config: everything that can be found wrong at `httpd -t`. */
void cpts_check_register_hooks(apr_pool_t *pool);

#endif
