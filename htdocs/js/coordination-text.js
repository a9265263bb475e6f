/* SPDX-License-Identifier: Apache-2.0 */
/* Words for the state and the freshness of a sheet; counts by commune. */
import { NB, ago, day, daysBetween, isoDay, number, plural } from './text.js';

/**
 * @typedef {'open' | 'paused' | 'opening' | 'closed' | 'left'} State
 * @typedef {{rpps: string, name: string, state: State,
 *     until: string | null, from: string | null, communes: string[],
 *     capacity: {places: number, period: 'week' | 'month',
 *         reserved: number} | null,
 *     confirmed_on: string,
 *     confirmed_by: 'doctor' | 'coordinator' | 'delegate' | 'import',
 *     stale: boolean}} Summary
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {{insee: string, name: string, population: number | null,
 *     neighbour: boolean, doctors: Set<string>, open: Set<string>}} Count
 */

/** From how many days before its end a confirmation is said to end. */
const SOON = 14;

/** A state in two words, and the class of its badge.
 * @type {Record<State, [string, string]>} */
export const STATES = {
    open: ['Prend des patients', 'good'],
    paused: ['En pause', 'warn'],
    opening: ['Ouvrira', ''],
    closed: ['Ne prend plus', 'still'],
    left: ['A quitté la liste', 'still'],
};

/** "jusqu’au 24 décembre 2037". @param {Summary} sheet */
export function until(sheet) {
    if (sheet.until) {
        return `jusqu’au ${day(sheet.until)}`;
    }
    return sheet.from ? `le ${day(sheet.from)}` : '';
}

/** "6 patients par mois, dont 2 réservés", for those who take patients, or
 * will again. @param {Summary} sheet */
export function capacity({ state, capacity: has }) {
    if (!has || state === 'closed' || state === 'left') {
        return '';
    }
    const reserved = has.reserved > 0 ? `, dont ${number(has.reserved)}${NB}${
        has.reserved < 2 ? 'réservé' : 'réservés'}` : '';
    return `${plural(has.places, 'patient')} par ${
        has.period === 'week' ? 'semaine' : 'mois'}${reserved}`;
}

/** "Confirmée hier par le médecin". @param {Summary} sheet
 * @param {Date} [now] */
export function confirmed(sheet, now) {
    const when = ago(sheet.confirmed_on, now);
    return {
        doctor: `Confirmée ${when} par le médecin`,
        coordinator: `Confirmée ${when} par la coordination`,
        delegate: `Confirmée ${when} par le secrétariat`,
        import: `Importée ${when}`,
    }[sheet.confirmed_by];
}

/** Last days of a confirmation, or nothing. @param {Summary} sheet
 * @param {number} validity days @param {Date} [now] */
export function ending(sheet, validity, now = new Date()) {
    const left = validity - daysBetween(sheet.confirmed_on, isoDay(now));
    if (sheet.stale || sheet.state === 'left' || left > SOON || left < 0) {
        return '';
    }
    return left === 0 ? 'À confirmer aujourd’hui au plus tard'
        : `À confirmer dans les ${left}${NB}jours`;
}

/** Orders of a list, as the server knows them. @type {[string, string][]} */
export const ORDERS = [['created', 'Création'], ['name', 'Nom'],
                       ['oldest', 'Confirmation la plus ancienne']];

/** Is this doctor proposed today? @param {Summary} sheet */
export function isProposed(sheet) {
    return sheet.state === 'open' && !sheet.stale;
}

/** Names that more than one commune has. @param {Commune[]} communes */
export function sharedNames(communes) {
    const seen = new Set();
    return new Set(communes.map((commune) => commune.name).filter((name) => {
        const again = seen.has(name);
        seen.add(name);
        return again;
    }));
}

/** @param {Count} count @param {Summary} sheet */
function add(count, sheet) {
    if (sheet.state !== 'left') {
        count.doctors.add(sheet.rpps);
        if (isProposed(sheet)) {
            count.open.add(sheet.rpps);
        }
    }
}

/**
 * How many doctors each commune has; one with two practices counts in both.
 *
 * @param {Summary[]} sheets
 * @param {Commune[]} communes
 * @param {Map<string, Summary[]>} apart the sheets of each commune whose name
 *     is also another's, by INSEE code
 * @returns {Count[]} the communes as they came, then places that are none of
 *     them; neighbours only where there is a doctor
 */
export function countByCommune(sheets, communes, apart = new Map()) {
    const shared = sharedNames(communes);
    /** @type {Map<string, Count>} */
    const counts = new Map();
    for (const { insee, name, population, neighbour } of communes) {
        const count = { insee, name, population, neighbour,
                        doctors: new Set(), open: new Set() };
        counts.set(shared.has(name) ? insee : name, count);
        apart.get(insee)?.forEach((sheet) => add(count, sheet));
    }
    for (const sheet of sheets) {
        for (const name of sheet.communes.filter((one) => !shared.has(one))) {
            const count = counts.get(name) ?? {
                insee: name, name, population: null, neighbour: true,
                doctors: new Set(), open: new Set() };
            counts.set(name, count);
            add(count, sheet);
        }
    }
    return [...counts.values()].filter((count) =>
        !count.neighbour || count.doctors.size > 0);
}
