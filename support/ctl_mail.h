/* SPDX-License-Identifier: Apache-2.0 */
/* What the mails of cptsctl send say, in French. */

/**
 * @file ctl_mail.h
 */
#ifndef CPTS_SUPPORT_CTL_MAIL_H
#define CPTS_SUPPORT_CTL_MAIL_H

#include <apr_pools.h>

#include "core/date.h"
#include "store/invitation.h"
#include "store/outbox.h"

/** Who writes. */
typedef struct {
    const char *territory; /**< name of the CPTS */
    const char *address;   /**< of the pages, ends with a slash */
    const char *email;     /**< of the coordination */
    const char *phone;     /**< of the coordination, or NULL */
    int validity;          /**< of sheets, days */
} ctl_sender_t;

/** One mail, written. */
typedef struct {
    const char *subject;
    char *text; /**< holds the token: to be wiped */
} ctl_text_t;

/** @param token of the link @param until last day of the link */
void ctl_mail_reminder(ctl_text_t *out, const ctl_sender_t *sender,
                       cpts_mail_e kind, const cpts_reminder_t *reminder,
                       const char *token, cpts_day_t until, apr_pool_t *pool);

/** @param token of the invitation @param until its last day */
void ctl_mail_invitation(ctl_text_t *out, const ctl_sender_t *sender,
                         const cpts_invitation_t *invitation,
                         const char *token, cpts_day_t until,
                         apr_pool_t *pool);

#endif
