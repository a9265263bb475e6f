/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, days and words as French writes them. */

/** The no-break space. */
export const NB = '\u00a0';

/** The narrow one, between thousands. */
const NARROW = '\u202f';

const DAY = new Intl.DateTimeFormat('fr-FR', {
    day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC',
});
const NUMBER = new Intl.NumberFormat('fr-FR', { maximumFractionDigits: 1 });

/** A whole number or one with a decimal. @param {number} value */
export function number(value) {
    return NUMBER.format(value).replace(/\s/g, NARROW);
}

/** "3,2 km". @param {number} value kilometres */
export function kilometres(value) {
    return `${number(value)}${NB}km`;
}

/** "22 novembre 2026", "1er mars 2026". @param {string} iso 2026-11-22 */
export function day(iso) {
    return DAY.format(new Date(`${iso}T12:00:00Z`))
        .replace(/^1 /, '1er ').replace(/ /g, NB);
}

/** "22 novembre 2026 à 9 h 30", in the time zone of the reader.
 * @param {string} iso RFC 3339 */
export function moment(iso) {
    const at = new Date(iso);
    const minutes = String(at.getMinutes()).padStart(2, '0');
    return `${day(isoDay(at))} à ${at.getHours()}${NB}h${NB}${minutes}`;
}

/** 2026-11-22, in the time zone of the reader. @param {Date} date */
export function isoDay(date) {
    const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}`
        + `-${two(date.getDate())}`;
}

/** Whole days from the first to the second. @param {string} from
 * @param {string} to both 2026-11-22 */
export function daysBetween(from, to) {
    return Math.round((Date.parse(`${to}T12:00:00Z`)
        - Date.parse(`${from}T12:00:00Z`)) / 86400000);
}

/** "aujourd’hui", "hier", "il y a 12 jours", then the day itself.
 * @param {string} iso @param {Date} [now] */
export function ago(iso, now = new Date()) {
    const days = daysBetween(iso, isoDay(now));
    if (days === 0) {
        return 'aujourd’hui';
    }
    if (days === 1) {
        return 'hier';
    }
    return days > 1 && days <= 30
        ? `il y a ${days}${NB}jours` : `le ${day(iso)}`;
}

/** "1 médecin", "3 médecins". @param {number} count @param {string} one
 * @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
    return `${number(count)}${NB}${Math.abs(count) < 2 ? one : many}`;
}

/** A telephone number that does not break; ten digits stand two by two.
 * @param {string} text */
export function phone(text) {
    return (/^0[0-9]{9}$/.test(text) ? text.replace(/[0-9]{2}(?=.)/g, '$& ')
        : text).replace(/ /g, NB);
}

/** What a link to a telephone number holds. @param {string} text */
export function phoneLink(text) {
    return `tel:${text.replace(/[^+0-9]/g, '')}`;
}

/** For comparing: no accents, no capitals, no hyphens, "st" for "saint".
 * @param {string} text */
export function fold(text) {
    return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
        .replace(/œ/g, 'oe').replace(/æ/g, 'ae')
        .replace(/[^a-z0-9]+/g, ' ').trim()
        .replace(/\b(saint|sainte)\b/g, (word) =>
            (word === 'saint' ? 'st' : 'ste'));
}
