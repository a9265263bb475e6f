/* SPDX-License-Identifier: Apache-2.0 */
/* What the mails of cptsctl send say, in French. */

#include "ctl_mail.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

/* "22 novembre 2026", "1er mars 2026" */
static const char *day_text(apr_pool_t *pool, cpts_day_t day)
{
    static const char *const months[]
        = { "janvier",   "février", "mars",     "avril",
            "mai",       "juin",    "juillet",  "août",
            "septembre", "octobre", "novembre", "décembre" };
    char iso[CPTS_DAY_SIZE];
    int number, month;

    cpts_day_format(iso, day);
    number = atoi(iso + 8);
    month = atoi(iso + 5);
    return apr_psprintf(pool, "%d%s %s %.4s", number, number == 1 ? "er" : "",
                        months[month - 1], iso);
}

/* The coordination, at the end of each mail. */
static const char *signature(const ctl_sender_t *sender, apr_pool_t *pool)
{
    return apr_pstrcat(pool, "La coordination\n", sender->territory, "\n",
                       sender->phone ? sender->phone : "",
                       sender->phone ? "\n" : "", sender->email, "\n", NULL);
}

void ctl_mail_reminder(ctl_text_t *out, const ctl_sender_t *sender,
                       cpts_mail_e kind, const cpts_reminder_t *reminder,
                       const char *token, cpts_day_t until, apr_pool_t *pool)
{
    cpts_day_t last = reminder->confirmed_on + sender->validity;
    const char *now = kind == CPTS_MAIL_STALE
                          ? apr_pstrcat(pool,
                                        "Elle n’est plus proposée aux "
                                        "patients depuis le ",
                                        day_text(pool, last + 1), NULL)
                          : apr_pstrcat(pool,
                                        "Elle est proposée aux patients "
                                        "jusqu’au ",
                                        day_text(pool, last),
                                        " inclus, puis ne le sera plus", NULL);

    out->subject = kind == CPTS_MAIL_STALE
                       ? "Votre fiche de médecin n’est plus proposée"
                       : "Votre fiche de médecin est-elle toujours à jour ?";
    out->text = apr_pstrcat(
        pool,
        "Bonjour,\n\n"
        "Votre fiche est sur la liste des médecins qui acceptent de nouveaux "
        "patients (",
        sender->territory, ") :\n", reminder->name, ", confirmée le ",
        day_text(pool, reminder->confirmed_on), ".\n\n", now,
        ", faute de confirmation récente.\n\n"
        "Rien n’a changé ? Un clic suffit, sans mot de passe :\n",
        sender->address, "lien.html#", token,
        "\n\n"
        "Sur la même page, vous pouvez vous mettre en pause. Ce lien est "
        "personnel ; il sert une seule fois, jusqu’au ",
        day_text(pool, until),
        ".\n\n"
        "Modifier votre fiche, ou quitter la liste :\n",
        sender->address,
        "espace/fiche.html\n\n"
        "Ne plus recevoir ces rappels : retirez votre adresse de votre "
        "compte,\n",
        sender->address,
        "espace/compte.html\n"
        "ou répondez à ce message.\n\n",
        signature(sender, pool), NULL);
}

/* What somebody is invited to. */
static const char *what_for(int role)
{
    if (role == CPTS_DOCTOR) {
        return "à tenir votre fiche sur la liste des médecins qui acceptent "
               "de nouveaux patients. Vous gardez la main : vous dites "
               "combien de patients vous prenez, vous vous mettez en pause "
               "ou quittez la liste quand vous voulez.";
    }
    if (role == CPTS_DELEGATE) {
        return "à tenir la fiche d’un médecin en son nom : la confirmer, la "
               "modifier, la mettre en pause.";
    }
    return "à chercher avec vos patients un médecin traitant parmi ceux du "
           "territoire qui acceptent de nouveaux patients.";
}

void ctl_mail_invitation(ctl_text_t *out, const ctl_sender_t *sender,
                         const cpts_invitation_t *invitation,
                         const char *token, cpts_day_t until, apr_pool_t *pool)
{
    out->subject = apr_pstrcat(pool, "Invitation : ", sender->territory, NULL);
    out->text = apr_pstrcat(
        pool, "Bonjour ", invitation->name, ",\n\nLa coordination (",
        sender->territory, ") vous invite ", what_for(invitation->role),
        "\n\nPour commencer, ouvrez cette adresse et choisissez un mot de "
        "passe :\n",
        sender->address, "invitation.html#", token,
        "\n\n"
        "Elle est personnelle et sert une seule fois, jusqu’au ",
        day_text(pool, until),
        ". Si une lettre vous a donné un autre code, seul celui-ci vaut "
        "encore.\n\n"
        "Vous ne voulez pas donner suite, ou ce message n’est pas pour "
        "vous ? Ne faites rien, ou répondez : rien n’est créé sans vous.\n\n",
        signature(sender, pool), NULL);
}
