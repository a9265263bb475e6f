/* SPDX-License-Identifier: Apache-2.0 */
/* Words for placements: codes, states, reasons, times, places. */
import { NB, day, moment, number, plural } from './text.js';

/**
 * @typedef {'held' | 'contacted' | 'accepted' | 'refused' | 'declared'
 *     | 'expired' | 'cancelled'} State
 * @typedef {'contact' | 'accept' | 'refuse' | 'declare' | 'cancel'} Happening
 * @typedef {{code: string, rpps: string | null, doctor: string | null,
 *     requester: {account: string | null, profession: string | null,
 *                 structure: string | null},
 *     state: State, reason: string | null, places: number, reserved: number,
 *     held_at: string, expires_at: string, changed_at: string,
 *     events: Happening[]}} Placement
 * @typedef {{general: number, reserved: number, general_left: number,
 *     reserved_left: number, renews_on: string}} Places
 * @typedef {'desk' | 'doctor'} Side of the counter
 */

/** Each state in words, and the class of its badge.
 * @type {Record<State, [string, string]>} */
export const STATES = {
    held: ['Médecin à joindre', 'warn'],
    contacted: ['Réponse attendue', 'warn'],
    accepted: ['Accepté', 'good'],
    declared: ['Déclaré', 'good'],
    refused: ['Refusé', 'bad'],
    expired: ['Expiré', 'still'],
    cancelled: ['Annulé', 'still'],
};

/** The same, to the doctor. @param {State} state @param {Side} side
 * @returns {[string, string]} */
export function stateWords(state, side) {
    return side === 'doctor' && (state === 'held' || state === 'contacted')
        ? ['Réponse à donner', 'warn'] : STATES[state];
}

/** Why it came to nothing. @type {Record<string, string>} */
export const REASONS = {
    full: 'Le médecin n’a plus de place',
    away: 'Le médecin est absent',
    outside_perimeter: 'Trop loin pour le médecin',
    patient_chose_another: 'Le patient a choisi un autre médecin',
    patient_absent: 'Le patient n’est pas venu',
    other: 'Autre raison',
};

/** Those a doctor gives. @type {Record<string, string>} */
const MINE = {
    full: 'Je n’ai plus de place', away: 'Je suis absent',
    outside_perimeter: 'Trop loin pour moi',
};

/** @param {string} reason @param {Side} side */
export function reasonWords(reason, side) {
    return (side === 'doctor' && MINE[reason]) || REASONS[reason] || '';
}

/* --- codes */

const SYMBOLS = '23456789ADFHJKLMQRUWXYZ';
const LENGTH = 8;

/** "K7M4 – 2XQL". @param {string} code "K7M4-2XQL" */
export function shownCode(code) {
    return code.replace('-', `${NB}–${NB}`);
}

/** For reading aloud: "K 7 M 4, 2 X Q L". @param {string} code */
export function spelledCode(code) {
    return code.split('-').map((part) => [...part].join(' ')).join(', ');
}

/** What somebody typed, as a code; or what is wrong with it.
 * @param {string} typed @returns {{code: string, wrong: string}} */
export function readCode(typed) {
    const plain = typed.toUpperCase().replace(/[\s\-‐-―.]/g, '');
    const strange = [...plain].find((symbol) => !SYMBOLS.includes(symbol));
    if (strange) {
        return { code: '', wrong: `Le signe «${NB}${strange}${NB}» n’est dans `
            + 'aucun code. Vérifiez-le.' };
    }
    if (plain.length !== LENGTH) {
        return { code: '', wrong: `Un code a ${LENGTH} signes, comme K7M4${NB
        }–${NB}2XQL.` };
    }
    return { code: `${plain.slice(0, 4)}-${plain.slice(4)}`, wrong: '' };
}

/* --- times */

/** A hold that ends within a day is said so, milliseconds. */
const SOON = 24 * 3600 * 1000;

/** @param {Placement} one */
export function isWaiting(one) {
    return one.state === 'held' || one.state === 'contacted';
}

/** @param {Placement} one @param {number} [now] */
export function isEnding(one, now = Date.now()) {
    return isWaiting(one) && Date.parse(one.expires_at) - now < SOON;
}

/** Until when, or since when. @param {Placement} one @param {Side} side */
export function whenWords(one, side) {
    const at = moment(one.changed_at);
    switch (one.state) {
    case 'held':
    case 'contacted':
        return `${side === 'doctor' ? 'Réponse à donner avant le'
            : one.places > 1 ? 'Places retenues jusqu’au'
                : 'Place retenue jusqu’au'} ${moment(one.expires_at)}`;
    case 'accepted': return `Accepté le ${at}`;
    case 'declared': return `Déclaré le ${at}`;
    case 'refused': return `Refusé le ${at}`;
    case 'expired': return `Sans réponse le ${moment(one.expires_at)}`;
    default: return `Annulé le ${at}`;
    }
}

/** "30 novembre": a day of this period needs no year.
 * @param {string} iso 2026-11-30 */
export function dayMonth(iso) {
    return day(iso).replace(/\s\d{4}$/, '');
}

/** @param {string} iso 2026-12-01 */
function dayBefore(iso) {
    return new Date(Date.parse(`${iso}T12:00:00Z`) - 86400000)
        .toISOString().slice(0, 10);
}

/* --- places */

/** "3 places sur 6, dont 1 réservée, jusqu’au 30 novembre".
 * @param {Places} places */
export function placesWords(places) {
    const left = places.general_left + places.reserved_left;
    const all = places.general + places.reserved;
    const until = `jusqu’au ${dayMonth(dayBefore(places.renews_on))}`;
    if (all === 0) {
        return `Aucune place ${until}`;
    }
    if (left === 0) {
        return `Plus de place ${until}${NB}: ${all === 1 ? 'elle est prise'
            : `les ${number(all)} sont prises`}`;
    }
    const reserved = places.reserved_left === 0 ? ''
        : `, dont ${plural(places.reserved_left, 'réservée')}`;
    return `${plural(left, 'place')} sur ${number(all)}${reserved}, ${until}`;
}

/** Who asked. @param {Placement} one */
export function requesterWords({ requester }) {
    return [requester.structure, requester.profession].filter(Boolean)
        .join(', ') || requester.account || 'un compte effacé';
}
