/* SPDX-License-Identifier: Apache-2.0 */
/* The questionnaire on the back of a doctor's letter: a sheet on paper. */
import { html, nothing } from './vendor/lit.js';
import { titled } from './invitations-text.js';
import { NB, phone } from './text.js';

/**
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {import('./page.js').Territory} Territory
 */

/** So many names still fit on the page. */
const MOST_NAMES = 60;

/** A box to tick. @param {string} text */
const box = (text) => html`<span class="box">${text}</span>`;

/** Room to write. @param {string} size s, m, l or w (the rest) */
const room = (size) => html`<span class="room ${size}"></span>`;

/** @param {string} title @param {unknown} content */
const part = (title, content) => html`<div class="part"><h3>${title}</h3>
    ${content}</div>`;

/** Which communes: ticked, or written where there are too many.
 * @param {Territory} territory */
function communes(territory) {
    const own = territory.communes.filter((one) => !one.neighbour)
        .map((one) => one.name).sort((a, b) => a.localeCompare(b, 'fr'));
    return own.length > MOST_NAMES
        ? html`<p class="fill">${box('Communes')} ${room('w')}</p>
            <p class="fill">${room('w')}</p><p class="fill">${room('w')}</p>`
        : html`<ul class="names">${own.map((name) =>
            html`<li>${box(name)}</li>`)}</ul>`;
}

/** @param {Territory} territory */
function patients(territory) {
    const age = territory.limits.priority_age ?? 70;
    return part('Nouveaux patients', html`
        <p>${box('J’en prends')} ${box('J’en prendrai à partir du')}
            ${room('s')} ${box('Je n’en prends pas')}</p>
        <p>${box('En pause jusqu’au')} ${room('s')}</p>
        <p>Combien${NB}? ${room('xs')} ${box('par mois')}
            ${box('par semaine')} Dont places réservées${NB}: ${room('xs')}</p>
        <p>(réservées aux ${age}${NB}ans et plus, ALD, C2S et AME,
            ensemble)</p>`);
}

function practice() {
    return part('Exercice', html`
        <p class="fill">Adresse ${room('w')}</p>
        <p>${box('Cabinet')} ${box('Maison de santé (MSP)')}
            ${box('Équipe de soins primaires')} ${box('Centre de santé')}
            ${box('Accessible en fauteuil roulant')}</p>
        <p class="fill">Autre lieu ${room('w')}</p>
        <p>${box('Secteur 1')} ${box('Secteur 1 Optam')} ${box('Secteur 2')}
            ${box('Secteur 2 Optam')} ${box('Non conventionné')}</p>
        <p class="fill">Langues ${room('w')} Compétences ${room('w')}</p>
        <p>${box('Téléconsultation')} ${box('J’accueille des étudiants')}</p>`);
}

/** @param {Territory} territory */
function visits(territory) {
    return part('Visites à domicile', html`
        <p>${box('Non')} ${box('Oui, à moins de')} ${room('xs')} km de mon
            cabinet</p>
        <p>${box('Oui, dans ces communes')}</p>
        ${communes(territory)}`);
}

function contact() {
    return part('Comment les professionnels me joignent', html`
        <p class="fill">${box('Par téléphone')} ${room('w')}
            ${box('Par MSSanté')} ${room('w')}</p>
        <p>${box('Par la coordination')}</p>`);
}

/** Where it goes. @param {Territory} territory */
function back(territory) {
    const ways = [
        territory.email ? `photographié à ${territory.email}` : '',
        territory.phone ? `dicté au ${phone(territory.phone)}` : '',
    ].filter((one) => one).join(', ou ');
    return html`<p class="back"><strong>À rendre à la coordination, ${
        territory.name}</strong>${ways ? html`, sur papier, ou ${ways}`
        : nothing}.</p>`;
}

/** @param {Invitation} invitation @param {Territory} territory */
export function questionnaire(invitation, territory) {
    const charter = (invitation.address ?? '')
        .replace(/invitation\.html.*/, 'charte.html');
    return html`<section class="page form">
        <h2>Ma réponse sur papier</h2>
        <p class="whose"><strong><bdi>${titled(invitation)}</bdi></strong>,
            RPPS${NB}${invitation.rpps}</p>
        ${patients(territory)}${practice()}${visits(territory)}${contact()}
        ${part('Pour la coordination seule', html`<p class="fill">Fin d’exercice
            prévue ${room('s')} Note ${room('w')}</p>`)}
        <p class="agree">${box(`J’ai lu la charte de la liste (${charter}) et `
            + 'je demande que ma fiche soit proposée aux professionnels de '
            + 'santé du territoire.')}</p>
        <p class="fill sign">Date ${room('s')} Signature ${room('w')}</p>
        ${back(territory)}
    </section>`;
}
