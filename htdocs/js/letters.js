/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-letters>: what is printed: invitations, each on its own sheet. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { titled } from './invitations-text.js';
import { greeting, promises, reasons, signature, subject, typedAt, until }
    from './letters-text.js';
import { questionnaire } from './letters-form.js';
import { site } from './site.js';
import { NB, day, isoDay, phone } from './text.js';
import { qrPicture } from './token.js';

/**
 * @typedef {import('./letters-text.js').Letter} Letter
 * @typedef {import('./page.js').Territory} Territory
 */

/** A child of body with the class "on-paper". */
export class CptsLetters extends LitElement {
    static properties = {
        letters: { state: true },
        territory: { attribute: false },
    };

    constructor() {
        super();
        /** @type {Letter[]} */
        this.letters = [];
        /** @type {Territory | null} */
        this.territory = null;
        this.hidden = true;
    }

    createRenderRoot() {
        return this;
    }

    /** Prints these, then nothing any more. @param {Letter[]} letters */
    async print(letters) {
        this.letters = letters;
        this.hidden = false;
        const others = [...document.querySelectorAll('body > .on-paper')]
            .filter((one) => one !== this && !one.hasAttribute('hidden'));
        others.forEach((one) => one.setAttribute('hidden', ''));
        await this.updateComplete;
        await Promise.all([...this.querySelectorAll('img')].map((image) =>
            image.decode().catch(() => null)));
        /* some browsers go on before the paper is made */
        window.addEventListener('afterprint', () => {
            others.forEach((one) => one.removeAttribute('hidden'));
            this.hidden = true;
            this.letters = [];
        }, { once: true });
        window.print();
    }

    /** @param {Territory} territory */
    head(territory) {
        const reach = [territory.phone && phone(territory.phone),
                       territory.email].filter((one) => one);
        return html`<div class="from">
            <img src=${site('logo.svg')} alt="" width="48" height="48">
            <p><strong>${territory.name}</strong>${reach.map((one) =>
                html`<br>${one}`)}</p></div>`;
    }

    /** @param {Letter} letter */
    to({ invitation, lines }) {
        const { profession, structure } = invitation;
        return html`<div class="to" dir="auto"><p><strong><bdi>${
            titled(invitation)}</bdi></strong>${
            [profession, structure, ...lines].filter((line) => line)
                .map((line) => html`<br><bdi>${line}</bdi>`)}</p></div>`;
    }

    /** How to begin. @param {Letter} letter */
    start({ invitation }) {
        const { qr, token } = invitation;
        return html`<div class="start">
            ${qr ? qrPicture(qr, 'Code de l’invitation') : nothing}
            <div><h2>Pour commencer</h2>
                <p>Scannez ce carré avec votre téléphone. Ou ouvrez</p>
                <p class="where">${typedAt(invitation)}</p>
                <p>et tapez ce code${NB}:</p>
                <p class="code">${token}</p>
                <p class="fine">Personnel, valable une fois, jusqu’au ${
                    until(invitation)}.</p></div></div>`;
    }

    /** @param {Letter} letter @param {Territory} territory */
    front(letter, territory) {
        const { invitation } = letter;
        const [title, points] = promises(invitation);
        return html`<section class="page front">
            ${this.head(territory)}${this.to(letter)}
            <p class="date">Le ${day(isoDay(new Date()))}</p>
            <p class="subject"><strong>Objet${NB}:</strong> ${
                subject(invitation)}</p>
            <p>${greeting(invitation)}</p>
            ${reasons(invitation, territory).map((text) =>
                html`<p>${text}</p>`)}
            <h2>${title}</h2>
            <ul>${points.map((text) => html`<li>${text}</li>`)}</ul>
            ${this.start(letter)}
            ${invitation.role === 'doctor' ? html`<p>Vous préférez le
                papier${NB}? Remplissez le questionnaire au dos et renvoyez-le
                à la coordination, qui remplira votre fiche pour vous.</p>`
                : nothing}
            <p class="signature">${signature(territory)}</p>
        </section>`;
    }

    render() {
        const { territory } = this;
        return territory ? this.letters.map((letter) => html`
            ${this.front(letter, territory)}
            ${letter.invitation.role === 'doctor'
                ? questionnaire(letter.invitation, territory) : nothing}`)
            : nothing;
    }
}

customElements.define('cpts-letters', CptsLetters);
