/* SPDX-License-Identifier: Apache-2.0 */
/* One proposed doctor: name, place, why this one, how to reach them. */
import { html } from './vendor/lit.js';
import './placement-hold.js';
import { ago, kilometres, phone, phoneLink } from './text.js';

/**
 * @typedef {{rpps: string, name: string, sex: string, distance_km: number,
 *     site: {name: string | null, address: string, commune: string,
 *            commune_name: string, structure: string, accessible: boolean,
 *            point: {lat: number, lon: number}},
 *     contact: {by: string, phone?: string, mssante?: string,
 *               email?: string},
 *     sector: string | null, languages: string[], teleconsultation: boolean,
 *     confirmed_on: string,
 *     reasons: {code: string, text: string}[], visits?: Visits}} Proposal
 * @typedef {{communes: string[], radius_km: number | null,
 *     around: {lat: number, lon: number}[]}} Visits at home
 */

/** @type {Record<string, string>} */
const SECTOR = {
    1: 'Secteur 1', '1-optam': 'Secteur 1 Optam', 2: 'Secteur 2',
    '2-optam': 'Secteur 2 Optam', 3: 'Non conventionné',
};

const NAMES = new Intl.DisplayNames('fr', { type: 'language' });

/** Where a browser may have no name. @type {Record<string, string>} */
const MORE_NAMES = {
    ber: 'berbère', ff: 'peul', fsl: 'langue des signes française',
};

/** "arabe". @param {string} code ISO 639 */
export function languageName(code) {
    return MORE_NAMES[code] ?? NAMES.of(code) ?? code;
}

/** An address that may break before its "@" and its dots.
 * @param {string} mail */
function breakable(mail) {
    return mail.split(/(?=[@.])/).map((part) => html`<wbr>${part}`);
}

/** @param {Proposal['contact']} contact */
function reach(contact) {
    const links = [];
    if (contact.phone) {
        links.push(html`<a class="button" href=${
            phoneLink(contact.phone)}>${phone(contact.phone)}</a>`);
    }
    const mail = contact.mssante ?? contact.email;
    if (mail) {
        links.push(html`<a class="mail" href="mailto:${mail}">${
            breakable(mail)}</a>`);
    }
    const how = contact.by === 'coordination' ? 'Par la coordination'
        : contact.by === 'mssante' ? 'Par MSSanté' : 'Par téléphone';
    return html`<p class="how">${how}</p>
        <p class="actions">${links}</p>`;
}

/** @param {Proposal['site']} site */
function place(site) {
    const address = site.address.includes(site.commune_name)
        ? site.address : `${site.address}, ${site.commune_name}`;
    return html`<p class="place">${site.name
        ? html`<strong>${site.name}</strong><br>` : ''}${address}</p>`;
}

/** @param {Proposal} proposal */
function facts(proposal) {
    const spoken = proposal.languages.filter((code) => code !== 'fr')
        .map(languageName);
    return [
        proposal.sector ? SECTOR[proposal.sector] : '',
        spoken.length > 0 ? `Parle aussi ${spoken.join(', ')}` : '',
        `Fiche confirmée ${ago(proposal.confirmed_on)}`,
    ].filter((fact) => fact !== '');
}

/** Why this doctor: all but what the card says anyway.
 * @param {Proposal} proposal @param {string} commune of the patient */
function reasons(proposal, commune) {
    const same = proposal.site.commune === commune;
    return proposal.reasons.filter((reason) => reason.code !== 'open'
        && (reason.code !== 'distance' || same));
}

/**
 * A card; mark is the letter of the doctor on the map.
 *
 * @param {Proposal} proposal @param {string} mark
 * @param {string} commune of the patient
 * @param {{places: number, elsewhere: string,
 *     held: (event: CustomEvent) => void, again: () => void}} placing how
 *     many places, at whom one is held already, and who wants to know
 */
export function doctorCard(proposal, mark, commune, placing) {
    const id = `doctor-${mark}`;
    return html`<article class="card doctor" aria-labelledby=${id}>
        <header>
            <span class="mark" aria-hidden="true">${mark}</span>
            <h3 id=${id}>${proposal.name}</h3>
            ${proposal.distance_km > 0 ? html`<p class="distance">${
                kilometres(proposal.distance_km)}</p>` : ''}
        </header>
        <div class="why">
            ${place(proposal.site)}
            <ul class="reasons">${reasons(proposal, commune)
                .map((reason) => html`<li>${reason.text}</li>`)}</ul>
        </div>
        <div class="reach">${reach(proposal.contact)}</div>
        <placement-hold .proposal=${proposal} .places=${placing.places}
            .elsewhere=${placing.elsewhere} @held=${placing.held}
            @again=${placing.again}></placement-hold>
        <p class="muted small facts">${facts(proposal).map((fact) =>
            html`<span>${fact}</span>`)}</p>
    </article>`;
}
