/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that only the module of "make bench" has: what is compared.
 *
 * POST /constant       a JSON body is read and parsed, the answer is a
 *                      constant of as many bytes as Bench-Bytes says
 * POST /match-only     the same, and matching; nothing is recorded
 * POST /match-durable  the handler of POST /match, by accounts in turn
 * GET /seen            which child answers, and what it has seen of the
 *                      database */

#include <string.h>
#include <unistd.h>

#include <apr_atomic.h>
#include <apr_strings.h>

#include "api/routes.h"

/* The very code of POST /match, its record included; its routes are there
 * already. */
#define cpts_routes_match routes_match_again
#include "api/match.c"

/* White space is JSON too: the last N bytes are a document of N bytes. */
#define CONSTANT_MAX 16384
/* Accounts in turn, numbered from 1 on in the database: none comes near its
 * daily ceiling. */
#define ACCOUNTS 1000

static char constant[CONSTANT_MAX];

/* Before httpd has threads. */
__attribute__((constructor)) static void fill_constant(void)
{
    memset(constant, ' ', CONSTANT_MAX - 2);
    memcpy(constant + CONSTANT_MAX - 2, "{}", 2);
}

static int post_constant(cpts_request_t *request)
{
    const char *text = apr_table_get(request->r->headers_in, "Bench-Bytes");
    apr_int64_t length = text ? apr_atoi64(text) : 0;

    if (length < 2 || length > CONSTANT_MAX) {
        return cpts_problem(request->r, HTTP_BAD_REQUEST, NULL, NULL);
    }
    return cpts_reply_buffer(request, HTTP_OK,
                             constant + CONSTANT_MAX - length, (size_t)length,
                             "application/json");
}

static int post_match_only(cpts_request_t *request)
{
    cpts_faults_t *faults = cpts_faults_create(request->pool);
    const cpts_territory_t *territory;
    const cpts_snapshot_t *snapshot;
    cpts_need_t *need;
    cpts_match_t *match;
    cpts_db_e rc;

    need = cpts_need_decode(request->body, request->territory, faults,
                            request->pool);
    if (!need) {
        return cpts_problem_faults(request->r, HTTP_UNPROCESSABLE_ENTITY, NULL,
                                   faults);
    }
    rc = cpts_live_acquire(request->r, &snapshot, &territory);
    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    if (cpts_match_run(&match, snapshot, territory, need, request->today,
                       request->pool)
        != APR_SUCCESS) {
        return cpts_problem(request->r, HTTP_INTERNAL_SERVER_ERROR, NULL,
                            NULL);
    }
    return cpts_reply_buffer(request, HTTP_OK, match->body, match->length,
                             "application/json");
}

static int post_match_durable(cpts_request_t *request)
{
    static volatile apr_uint32_t turn;
    unsigned number = 1 + apr_atomic_inc32(&turn) % ACCOUNTS;

    request->actor.role = CPTS_PROFESSIONAL;
    request->actor.id = number;
    request->actor.account = apr_psprintf(request->pool, "bench%u", number);
    return post_match(request);
}

static int get_seen(cpts_request_t *request)
{
    const cpts_territory_t *territory;
    const cpts_snapshot_t *snapshot;
    cpts_db_e rc = cpts_live_acquire(request->r, &snapshot, &territory);
    const char *text;

    if (rc != CPTS_DB_OK) {
        return cpts_problem_db(request->r, rc, NULL);
    }
    text = apr_psprintf(
        request->pool, "{\"child\":%ld,\"generation\":%" APR_INT64_T_FMT "}",
        (long)getpid(), (apr_int64_t)cpts_snapshot_generation(snapshot));
    return cpts_reply_buffer(request, HTTP_OK, text, strlen(text),
                             "application/json");
}

/* clang-format off */
const cpts_route_t cpts_routes_bench[] = {
    { M_POST, "/constant", CPTS_ANYONE, CPTS_WRITES | CPTS_TAKES_KEY,
      post_constant, "benchConstant", "", NULL, 0, cpts_need_fields, "200",
      NULL },
    { M_POST, "/match-only", CPTS_ANYONE, CPTS_WRITES | CPTS_TAKES_KEY,
      post_match_only, "benchMatchOnly", "", NULL, 0, cpts_need_fields,
      "200", NULL },
    { M_POST, "/match-durable", CPTS_ANYONE, CPTS_WRITES | CPTS_TAKES_KEY,
      post_match_durable, "benchMatchDurable", "", NULL, 0, cpts_need_fields,
      "200", NULL },
    { M_GET, "/seen", CPTS_ANYONE, 0, get_seen, "benchSeen", "", NULL, 0,
      NULL, "200", NULL },
    { .path = NULL }
};
/* clang-format on */
