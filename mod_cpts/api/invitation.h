/* SPDX-License-Identifier: Apache-2.0 */
/* What invitations look like in an answer, and how their tokens are made. */

/**
 * @file invitation.h
 * @brief Private to the files of the invitations.
 */
#ifndef CPTS_API_INVITATION_H
#define CPTS_API_INVITATION_H

#include "httpd/request.h"
#include "store/invitation.h"

/* The longest e-mail address of somebody invited, characters. */
#define CPTS_INVITED_EMAIL_MAX 120

typedef struct {
    int size;         /**< modules on a side, without the quiet zone */
    const char *path; /**< SVG path data */
} cpts_invited_qr_t;

/** One invitation of an answer; times are RFC 3339. */
typedef struct {
    int id, role;
    const char *rpps, *name, *email, *profession, *structure, *batch;
    int mail, state;
    const char *created_at, *expires_at, *sent_at, *opened_at, *used_at;
    const char *account;
    /** Only in the answer that makes the token, else NULL. */
    const char *token, *address;
    cpts_invited_qr_t *qr;
} cpts_invited_t;

/** A token and its hash. */
typedef struct {
    char text[CPTS_TOKEN_SIZE];
    unsigned char hash[CPTS_TOKEN_HASH];
} cpts_token_pair_t;

/** Make a token. @return OK, or a problem: there are no random bytes */
int cpts_invited_token(cpts_request_t *request, cpts_token_pair_t *pair);

/** Fill one in. @param token its text, or NULL */
void cpts_invited_fill(cpts_invited_t *out, cpts_request_t *request,
                       const cpts_invitation_t *row, const char *token);

/** Seconds since 1970 at which an invitation made now ends. */
int64_t cpts_invited_end(const cpts_request_t *request);

/** What stands in the way of a part of a sheet, but for what it lacks.
 * @return faults with pointers from the top of @a draft */
cpts_faults_t *cpts_invited_draft_faults(cpts_request_t *request,
                                         const json_t *draft);

/** A JSON text in the pool of the request; NULL when memory is short. */
const char *cpts_invited_text(cpts_request_t *request, const json_t *json);

/** Why one cannot be made: code and French sentence, by cpts_invite_e. */
typedef struct {
    const char *code, *detail;
} cpts_invite_refusal_t;

extern const cpts_invite_refusal_t cpts_invite_refusals[];

#endif
