/* SPDX-License-Identifier: Apache-2.0 */
/* Figures, months and words of the journal as French says them. */
import { NB, day, number } from './text.js';

/**
 * @typedef {{hidden: boolean, from: number, to: number | null}} Figure
 * @typedef {{territory: string, from: string | null, to: string | null,
 *            computed_on: string, source: string, threshold: number}
 *          } Provenance
 */

/** A count, or what may be told of it. @param {Figure} told */
export function figure(told) {
    if (!told.hidden) {
        return number(told.from);
    }
    if (told.to === null) {
        return told.from > 0 ? `${number(told.from)} ou plus`
            : 'non publié';
    }
    return `${number(told.from)} à ${number(told.to)}`.replace(/ /g, NB);
}

/** "septembre 2026". @param {string} iso 2026-09 */
export function month(iso) {
    return day(`${iso}-15`).replace(/^15\s/, '');
}

/** "du 1er août 2026 au 31 octobre 2026". @param {Provenance} provenance */
export function period(provenance) {
    return provenance.from && provenance.to
        ? `du ${day(provenance.from)} au ${day(provenance.to)}`
        : 'aucun mois entier';
}

/** Why a need has no answer. @type {Record<string, string>} */
export const REQUIREMENTS = {
    distance: 'trop loin',
    availability: 'médecins sans place ouverte',
    freshness: 'fiches à confirmer',
    home_visit: 'visite à domicile',
    accessibility: 'accès en fauteuil roulant',
    sex: 'médecin femme ou homme',
    language: 'langue',
    places: 'plus de place',
};

/** Who, without a name. @type {Record<string, string>} */
export const ROLES = {
    doctor: 'Médecin',
    professional: 'Professionnel',
    coordinator: 'Coordination',
    delegate: 'Secrétariat de médecin',
};

/** What is done. @type {Record<string, string>} */
export const ACTIONS = {
    match: 'Recherche',
    'sheet.create': 'Fiche créée',
    'sheet.replace': 'Fiche modifiée',
    'sheet.confirm': 'Fiche confirmée',
    'sheet.pause': 'Pause',
    'sheet.resume': 'Reprise',
    'sheet.leave': 'Sortie de la liste',
    'sheet.erase': 'Fiche effacée',
    'sheet.import': 'Fiche importée',
    'placement.hold': 'Place retenue',
    'placement.contact': 'Médecin contacté',
    'placement.accept': 'Patient accepté',
    'placement.refuse': 'Place rendue après un refus',
    'placement.declare': 'Déclaration faite',
    'placement.cancel': 'Place rendue',
    'placement.expire': 'Délai dépassé',
    'invitation.make': 'Invitation faite',
    'invitation.renew': 'Invitation renouvelée',
    'invitation.revoke': 'Invitation annulée',
    'invitation.use': 'Invitation utilisée',
    'delegate.revoke': 'Secrétariat retiré',
    'terms.accept': 'Conditions acceptées',
    'mail.send': 'Message envoyé',
    'account.add': 'Compte ajouté',
    'account.change': 'Compte modifié',
    'account.erase': 'Compte effacé',
    export: 'Données exportées',
    purge: 'Anciennes données supprimées',
};

/** What is said more of an action. @type {Record<string, string>} */
export const OUTCOMES = {
    full: 'complet', away: 'absent', outside_perimeter: 'hors du périmètre',
    patient_chose_another: 'le patient en a choisi un autre',
    chose_another: 'le patient en a choisi un autre',
    absent: 'le patient n’est pas venu',
    patient_absent: 'le patient n’est pas venu', other: 'autre raison',
    password: 'mot de passe', disabled: 'désactivé', enabled: 'activé',
    doctor: 'médecin', professional: 'professionnel',
    coordinator: 'coordination', delegate: 'secrétariat',
};
