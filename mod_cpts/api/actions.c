/* SPDX-License-Identifier: Apache-2.0 */
/* POST /sheets/{rpps}/confirm, pause, resume, leave: one action, one click. */

#include "api/change.h"
#include "api/routes.h"
#include "httpd/problem.h"

/* The body of a pause; the other actions take an empty object. */
typedef struct {
    cpts_day_t until;
} pause_t;

#define CHANGE(did)                                    \
    {                                                  \
        HTTP_OK, did, act_in, cpts_change_reread_sheet \
    }

/* What act_in() is handed. */
typedef struct {
    cpts_action_e action;
    cpts_day_t until;
} acting_t;

/* clang-format off */
static const cpts_field_t no_fields[] = { { .name = NULL } };

static const cpts_field_t pause_fields[] = {
    { "until", CPTS_DATE, CPTS_REQUIRED, 0, 0, NULL, NULL, NULL, 0,
      offsetof(pause_t, until), "Last day of the pause." },
    { .name = NULL }
};
/* clang-format on */

static cpts_db_e act_in(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton);

/* Each action, and what it means that the state of the sheet does not allow
 * it. */
static const struct {
    cpts_change_t change;
    const char *code;
    const char *detail;
} acts[] = {
    [CPTS_ACTION_CONFIRM]
    = { CHANGE(CPTS_DID_SHEET_CONFIRM), "constraint", NULL },
    [CPTS_ACTION_PAUSE]
    = { CHANGE(CPTS_DID_SHEET_PAUSE), "not_on_list",
        "La fiche est fermée ou a quitté la liste\u00a0: il n’y a rien à "
        "mettre en pause." },
    [CPTS_ACTION_RESUME]
    = { CHANGE(CPTS_DID_SHEET_RESUME), "capacity_needed",
        "Indiquez d’abord dans la fiche combien de nouveaux patients vous "
        "prenez." },
    [CPTS_ACTION_LEAVE] = { CHANGE(CPTS_DID_SHEET_LEAVE), "constraint", NULL },
};

static cpts_db_e act_in(cpts_changed_t *changed, cpts_db_t *db,
                        cpts_request_t *request, void *baton)
{
    const acting_t *acting = baton;
    cpts_stored_sheet_t stored;
    cpts_db_e rc = cpts_sheet_act(&stored, db, &request->actor, request->rpps,
                                  acting->action, acting->until,
                                  request->today, request->pool);

    changed->code = acts[acting->action].code;
    changed->detail = acts[acting->action].detail;
    if (rc == CPTS_DB_OK) {
        cpts_changed_sheet(changed, request, &stored);
    }
    return rc;
}

static int act(cpts_request_t *request, cpts_action_e action,
               const cpts_field_t *fields)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    acting_t acting = { action, CPTS_NO_DAY };
    pause_t pause = { CPTS_NO_DAY };

    cpts_fields_decode(fields, &pause, request->body, "", faults,
                       request->pool);
    if (pause.until != CPTS_NO_DAY && pause.until < request->today) {
        cpts_faults_add(faults, "/until", "past",
                        "Indiquez un jour à venir, ou aujourd’hui.");
    }
    if (cpts_faults_count(faults)) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    acting.until = pause.until;
    return cpts_change_run(request, &acts[action].change, &acting);
}

static int confirm(cpts_request_t *request)
{
    return act(request, CPTS_ACTION_CONFIRM, no_fields);
}

static int pause_sheet(cpts_request_t *request)
{
    return act(request, CPTS_ACTION_PAUSE, pause_fields);
}

static int resume(cpts_request_t *request)
{
    return act(request, CPTS_ACTION_RESUME, no_fields);
}

static int leave(cpts_request_t *request)
{
    return act(request, CPTS_ACTION_LEAVE, no_fields);
}

/* clang-format off */
#define FLAGS (CPTS_WRITES | CPTS_TAKES_KEY)

const cpts_route_t cpts_routes_actions[] = {
    { M_POST, "/sheets/{rpps}/confirm", CPTS_SHEET_KEEPERS, FLAGS, confirm,
      "confirmSheet", "Nothing changed: the sheet is fresh again.", NULL, 0,
      no_fields, "200 404 422", "Sheet" },
    { M_POST, "/sheets/{rpps}/pause", CPTS_SHEET_KEEPERS,
      FLAGS | CPTS_BEFORE_TERMS, pause_sheet, "pauseSheet",
      "No new patients up to and including a day.", NULL, 0,
      pause_fields, "200 404 409 422", "Sheet" },
    { M_POST, "/sheets/{rpps}/resume", CPTS_SHEET_KEEPERS, FLAGS, resume,
      "resumeSheet", "Takes patients again, from today.", NULL, 0, no_fields,
      "200 404 409 422", "Sheet" },
    { M_POST, "/sheets/{rpps}/leave", CPTS_SHEET_KEEPERS,
      FLAGS | CPTS_BEFORE_TERMS, leave, "leaveSheet",
      "Leaves the list; the sheet is kept, to come back.", NULL, 0,
      no_fields, "200 404 422", "Sheet" },
    { .path = NULL }
};
/* clang-format on */
