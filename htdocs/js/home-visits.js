/* SPDX-License-Identifier: Apache-2.0 */
/* Where the proposed doctors visit at home: for the map, and in words. */
import { html } from './vendor/lit.js';
import { NB, kilometres, plural } from './text.js';

/**
 * @typedef {import('./doctor-card.js').Proposal} Proposal
 * @typedef {import('./page.js').Commune} Commune
 */

const AND = new Intl.ListFormat('fr', { type: 'conjunction' });

/** Who visits each commune that a doctor names, by INSEE code.
 * @param {Proposal[]} proposals @param {string[]} marks their letters
 * @returns {Map<string, string[]>} */
function visitors(proposals, marks) {
    /** @type {Map<string, string[]>} */
    const found = new Map();
    proposals.forEach((proposal, index) => {
        for (const insee of proposal.visits?.communes ?? []) {
            found.set(insee, [...found.get(insee) ?? [], marks[index]]);
        }
    });
    return found;
}

/** "Communes teintées : visites de A et B." if there is anybody.
 * @param {string} what @param {string[]} who */
function sentence(what, who) {
    return who.length === 0 ? '' : ` ${what} de ${AND.format(who)}.`;
}

/** What the map shows of visits, and what its colours mean.
 * @param {Proposal[]} proposals @param {string[]} marks */
export function drawnVisits(proposals, marks) {
    const found = visitors(proposals, marks);
    const circles = proposals.flatMap(({ visits }) =>
        (visits?.around ?? []).map(({ lat, lon }) =>
            ({ lat, lon, km: visits?.radius_km ?? 0 })));
    const who = (/** @type {(one: Proposal) => unknown} */ which) =>
        marks.filter((_, index) => proposals[index] && which(proposals[index]));
    return {
        circles,
        shades: Object.fromEntries([...found.keys()].map((insee) =>
            [insee, 'visited'])),
        notes: Object.fromEntries([...found].map(([insee, letters]) =>
            [insee, `visites de ${AND.format(letters)}`])),
        legend: sentence(`Communes teintées${NB}: visites à domicile`,
                         who((one) => one.visits?.communes.length))
            + sentence(`Cercles en tirets${NB}: rayon de visite`,
                       who((one) => one.visits?.around.length)),
    };
}

/** The same of one doctor in words.
 * @param {import('./doctor-card.js').Visits} visits
 * @param {Commune[]} communes */
export function visitWords(visits, communes) {
    const names = visits.communes.map((insee) =>
        communes.find((one) => one.insee === insee)?.name ?? insee)
        .sort((a, b) => a.localeCompare(b, 'fr'));
    const within = visits.radius_km === null ? ''
        : `à ${kilometres(visits.radius_km)} au plus de ${
            visits.around.length > 1 ? 'ses lieux' : 'son lieu'} d’exercice`;
    return html`${within}${within !== '' && names.length > 0 ? ', et ' : ''}${
        names.length === 0 ? '' : html`${plural(names.length, 'commune')} (${
            names.map((name, index) => html`${index ? ', ' : ''}<bdi>${
                name}</bdi>`)})`}`;
}
