/* SPDX-License-Identifier: Apache-2.0 */
/* What letters and e-mails of an invitation say. */
import { dayOf, titled } from './invitations-text.js';
import { NB } from './text.js';

/**
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {{invitation: Invitation, lines: string[]}} Letter lines: those of
 *     the address below the name
 */

/** "la CPTS du Lac": a name as it stands in a sentence. @param {string} name
 */
function the(name) {
    return /^cpts\b/i.test(name) ? `la ${name}` : name;
}

/** The same at its beginning. @param {string} name */
function The(name) {
    const text = the(name);
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/** "Docteur," or the name. @param {Invitation} invitation */
export function greeting(invitation) {
    return invitation.role === 'doctor' ? 'Docteur,' : 'Bonjour,';
}

/** What it is about. @param {Invitation} invitation */
export function subject(invitation) {
    return invitation.role === 'doctor'
        ? 'Votre fiche pour les patients sans médecin traitant'
        : 'Trouver un médecin traitant à vos patients';
}

/** Why, and what for. @param {Invitation} invitation
 * @param {Territory} territory @returns {string[]} */
export function reasons(invitation, territory) {
    return invitation.role === 'doctor' ? [
        'Des habitants de notre territoire n’ont pas de médecin traitant. '
        + 'Pour eux, pharmaciens, infirmiers et secrétariats appellent un '
        + 'cabinet après l’autre, dont le vôtre, sans savoir qui peut prendre '
        + 'un patient de plus.',
        `${The(territory.name)} ouvre une liste réservée aux professionnels de `
        + 'santé. Chaque médecin y dit ce qu’il peut prendre. Le '
        + 'professionnel décrit un besoin, reçoit deux ou trois médecins qui '
        + 'y répondent, et le patient choisit.',
    ] : [
        'Devant vous, un patient n’a pas de médecin traitant, et vous '
        + `appelez un cabinet après l’autre. ${The(territory.name)} ouvre une `
        + 'liste où chaque médecin du territoire dit ce qu’il peut prendre.',
        `Vous décrivez un besoin en quelques secondes${NB}: commune, âge, `
        + 'visites à domicile. Vous recevez deux ou trois médecins qui '
        + 'peuvent prendre ce patient, avec la façon de les joindre. Le '
        + 'patient choisit.',
    ];
}

/** What the reader keeps in hand. @param {Invitation} invitation
 * @returns {[string, string[]]} */
export function promises(invitation) {
    return invitation.role === 'doctor' ? ['Vous gardez la main', [
        'Vous dites combien de nouveaux patients vous prenez, où, et comment '
        + 'les professionnels vous joignent.',
        'Une pause ou un départ se fait d’un geste, et vaut tout de suite.',
        'Vous voyez à qui votre fiche a été proposée. Vous pouvez tout '
        + 'effacer.',
        'Aucun médecin n’est montré au public. Rien n’est enregistré sur les '
        + 'patients.',
    ]] : ['Ce à quoi vous vous engagez', [
        'La liste sert à orienter un patient qui est devant vous. Elle ne se '
        + 'copie pas et ne s’imprime pas.',
        'Aucun nom de patient n’est demandé, rien n’est enregistré sur lui.',
        'Vos recherches sont notées, pour que chaque médecin sache à qui sa '
        + 'fiche a été proposée.',
    ]];
}

/** The page where a code is typed. @param {Invitation} invitation */
export function typedAt(invitation) {
    return (invitation.address ?? '').replace(/#.*/, '');
}

/** Until when. @param {Invitation} invitation */
export function until(invitation) {
    return dayOf(invitation.expires_at);
}

/** Who writes. @param {Territory} territory */
export function signature(territory) {
    return `La coordination, ${territory.name}`;
}

/** An e-mail to copy. @param {Invitation} invitation
 * @param {Territory} territory @returns {{subject: string, body: string}} */
export function mail(invitation, territory) {
    const [title, points] = promises(invitation);
    const reach = [territory.phone, territory.email].filter((one) => one)
        .join(' · ');
    return {
        subject: subject(invitation),
        body: [
            greeting(invitation),
            ...reasons(invitation, territory),
            `${title}${NB}:\n${points.map((one) => `- ${one}`).join('\n')}`,
            `Pour commencer, ouvrez cette adresse. Elle est personnelle (${
                titled(invitation)}), sert une seule fois, jusqu’au ${
                until(invitation)}${NB}:\n${invitation.address}`,
            `${signature(territory)}${reach ? `\n${reach}` : ''}`,
        ].join('\n\n'),
    };
}
