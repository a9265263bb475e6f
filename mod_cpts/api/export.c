/* SPDX-License-Identifier: Apache-2.0 */
/* One's own data: all of it told, or all of it erased. */

#include <apr_strings.h>

#include "api/change.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/schemas.h"
#include "store/export.h"

/* --- told */

/* What every export says of itself. */
static int describe(json_t *json, const cpts_request_t *request)
{
    return json_object_set_new(json, "made_at",
                               json_string(cpts_page_time(
                                   request->pool, request->r->request_time)))
           || json_object_set_new(json, "territory",
                                  json_string(request->territory->name));
}

static cpts_db_e export_of(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, int64_t account,
                           const char *rpps)
{
    cpts_db_e rc
        = cpts_export_read(&changed->json, &changed->sheet, db, account, rpps);

    if (rc == CPTS_DB_OK && describe(changed->json, request) != 0) {
        json_decref(changed->json);
        changed->json = NULL;
        rc = CPTS_DB_ERROR;
    }
    if (rc == CPTS_DB_OK) {
        apr_table_setn(request->r->headers_out, "Content-Disposition",
                       "attachment; filename=\"cpts-donnees.json\"");
    }
    return rc;
}

/* Of a delegate the RPPS is the doctor's, whose data are the doctor's. */
static cpts_db_e export_me(cpts_changed_t *changed, cpts_db_t *db,
                           cpts_request_t *request, void *baton)
{
    const cpts_actor_t *me = &request->actor;

    (void)baton;
    return export_of(changed, db, request, me->id,
                     me->role == CPTS_DOCTOR ? me->rpps : NULL);
}

static cpts_db_e export_sheet(cpts_changed_t *changed, cpts_db_t *db,
                              cpts_request_t *request, void *baton)
{
    cpts_stored_sheet_t stored;
    cpts_db_e rc = cpts_sheet_read(&stored, db, &request->actor, request->rpps,
                                   request->pool);

    (void)baton;
    return rc == CPTS_DB_OK ? export_of(changed, db, request, 0, request->rpps)
                            : rc;
}

static const cpts_change_t telling_me
    = { HTTP_OK, CPTS_DID_EXPORT, export_me, NULL };
static const cpts_change_t telling_sheet
    = { HTTP_OK, CPTS_DID_EXPORT, export_sheet, NULL };

static int get_my_export(cpts_request_t *request)
{
    return cpts_change_run(request, &telling_me, NULL);
}

static int get_sheet_export(cpts_request_t *request)
{
    return cpts_change_run(request, &telling_sheet, NULL);
}

/* --- erased */

static const struct {
    const char *code, *detail;
} refusals[] = {
    [CPTS_ERASE_OK] = { NULL, NULL },
    [CPTS_ERASE_SHEET]
    = { "sheet_first",
        "Effacez votre fiche : votre compte sera effacé avec elle." },
    [CPTS_ERASE_LAST]
    = { "last_coordinator",
        "Aucun autre compte de la coordination ne peut se connecter : "
        "créez-en un d’abord." },
};

static cpts_db_e erase_me(cpts_changed_t *changed, cpts_db_t *db,
                          cpts_request_t *request, void *baton)
{
    cpts_erase_e why = CPTS_ERASE_OK;
    cpts_db_e rc
        = cpts_account_erase(&why, db, request->actor.account, &request->actor,
                             cpts_request_now(request));

    (void)baton;
    changed->code = refusals[why].code;
    changed->detail = refusals[why].detail;
    return rc;
}

static const cpts_change_t erasing
    = { HTTP_NO_CONTENT, CPTS_DID_ACCOUNT_ERASE, erase_me, NULL };

static int delete_me(cpts_request_t *request)
{
    return cpts_change_run(request, &erasing, NULL);
}

/* clang-format off */
const cpts_route_t cpts_routes_export[] = {
    /* they write an entry of the journal: not for pages of other sites */
    { M_GET, "/me/export", CPTS_SIGNED_IN, CPTS_WRITES | CPTS_BEFORE_TERMS,
      get_my_export, "exportMe",
      "All that is held about who asks.", NULL, 0, NULL, "200",
      NULL },
    { M_DELETE, "/me", CPTS_SIGNED_IN, CPTS_WRITES | CPTS_BEFORE_TERMS,
      delete_me, "eraseMe",
      "Erase the account of who asks.", NULL, 0, NULL, "204 409", NULL },
    { M_GET, "/sheets/{rpps}/export", CPTS_SHEET_OWNERS,
      CPTS_WRITES | CPTS_BEFORE_TERMS, get_sheet_export, "exportSheet",
      "All that is held about a doctor.", NULL, 0, NULL,
      "200 404", NULL },
    { .path = NULL }
};
/* clang-format on */
