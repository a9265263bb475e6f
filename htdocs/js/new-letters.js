/* SPDX-License-Identifier: Apache-2.0 */
/* <new-letters>: what was just made, to be printed or copied before leaving.
 */
import { LitElement, html, nothing, repeat } from './vendor/lit.js';
import './letters.js';
import { titled } from './invitations-text.js';
import { mail } from './letters-text.js';
import { NB, plural } from './text.js';

/**
 * @typedef {import('./letters.js').CptsLetters} CptsLetters
 * @typedef {import('./letters-text.js').Letter} Letter
 * @typedef {import('./page.js').Territory} Territory
 */

/** So many are shown without being asked for. */
const FEW = 3;

/** @param {Letter} letter */
const isDoctor = ({ invitation }) => invitation.role === 'doctor';

/** Codes are here, and nowhere else: leaving the page forgets them. */
export class NewLetters extends LitElement {
    static properties = {
        letters: { state: true }, done: { state: true },
        territory: { attribute: false }, copied: { state: true },
    };

    constructor() {
        super();
        /** @type {Letter[]} */
        this.letters = [];
        /** Those that were printed or copied: their numbers.
         * @type {Set<number>} */
        this.done = new Set();
        this.copied = 0;
        /** @type {Territory | null} */
        this.territory = null;
        this.leaving = this.leaving.bind(this);
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        window.addEventListener('beforeunload', this.leaving);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        window.removeEventListener('beforeunload', this.leaving);
    }

    /* codes that nobody has are not left behind without a question */
    leaving(/** @type {Event} */ event) {
        if (this.letters.some(({ invitation }) =>
            !this.done.has(invitation.id))) {
            event.preventDefault();
        }
    }

    /** @param {Letter[]} letters the newer one of a person takes the place */
    async add(letters) {
        const ids = new Set(letters.map((one) => one.invitation.id));
        this.letters = [...letters, ...this.letters.filter((one) =>
            !ids.has(one.invitation.id))];
        this.done = new Set([...this.done].filter((id) => !ids.has(id)));
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector('#letters-title'))?.focus();
    }

    /** What is revoked is printed no more. @param {number} id */
    drop(id) {
        this.letters = this.letters.filter((one) => one.invitation.id !== id);
    }

    /** @param {Letter[]} letters */
    async print(letters) {
        const paper = /** @type {CptsLetters} */ (
            document.querySelector('cpts-letters'));
        paper.territory = this.territory;
        this.finish(letters);
        await paper.print(letters);
    }

    /** @param {Letter[]} letters */
    finish(letters) {
        this.done = new Set([...this.done, ...letters.map((one) =>
            one.invitation.id)]);
    }

    /** @param {Letter} letter @param {Event} event */
    async copy(letter, event) {
        const area = /** @type {HTMLTextAreaElement} */ (
            /** @type {HTMLElement} */ (event.currentTarget)
                .closest('details')?.querySelector('textarea'));
        area.select();
        try {
            await navigator.clipboard.writeText(area.value);
            this.copied = letter.invitation.id;
        }
        catch {
            this.copied = 0; /* it is selected: Ctrl+C does it */
        }
        this.finish([letter]);
    }

    /** @param {Letter} letter */
    mail(letter) {
        const { invitation } = letter;
        const text = mail(invitation,
                          /** @type {Territory} */ (this.territory));
        const id = `mail-${invitation.id}`;
        return html`<details>
            <summary>E-mail à copier<span class="hidden-text"> pour ${
                invitation.name}</span></summary>
            ${invitation.email ? html`<p>À <strong>${invitation.email}</strong>
                </p>` : nothing}
            <p>Objet${NB}: ${text.subject}</p>
            <div class="field"><label for=${id}>Texte</label>
                <textarea id=${id} rows="10" readonly
                    .value=${text.body}></textarea></div>
            <p class="actions"><button type="button"
                @click=${(/** @type {Event} */ event) =>
                    this.copy(letter, event)}>Copier le texte</button>
                <span role="status">${this.copied === invitation.id
                    ? 'Copié.' : ''}</span></p></details>`;
    }

    /** @param {Letter} letter */
    row(letter) {
        const { invitation } = letter;
        return html`<li class="letter">
            <p class="name"><strong><bdi>${titled(invitation)}</bdi></strong>
                ${this.done.has(invitation.id) ? html`<span class="badge good"
                    >Faite</span>` : nothing}</p>
            <button type="button" @click=${() => this.print([letter])}
                >Imprimer<span class="hidden-text"> la lettre pour ${
                invitation.name}</span></button>
            ${this.mail(letter)}</li>`;
    }

    /** @param {Letter[]} letters @param {string} whose @param {string} how */
    all(letters, whose, how) {
        return letters.length === 0 ? nothing : html`<button type="button"
            class="main" @click=${() => this.print(letters)}>Imprimer ${
                letters.length === 1 ? 'la lettre'
                    : `les ${plural(letters.length, 'lettre')}`} ${whose} (${
                how})</button>`;
    }

    list() {
        return html`<ul class="letters">${repeat(this.letters,
            (one) => one.invitation.id, (one) => this.row(one))}</ul>`;
    }

    render() {
        const { letters } = this;
        if (letters.length === 0) {
            return nothing;
        }
        return html`<section class="card" aria-labelledby="letters-title">
            <h2 id="letters-title" tabindex="-1">${plural(letters.length,
                'invitation faite', 'invitations faites')}</h2>
            <div class="note warn"><p><strong>Imprimez ou copiez
            maintenant.</strong> Les codes ne sont que sur cette page${NB}: une
            fois quittée, il faudra une nouvelle lettre.</p></div>
            <p class="actions">
                ${this.all(letters.filter(isDoctor),
                           'aux médecins', 'recto verso')}
                ${this.all(letters.filter((one) => !isDoctor(one)),
                           'aux professionnels', 'recto seul')}</p>
            ${letters.length <= FEW ? this.list() : html`<details>
                <summary>Une par une</summary>${this.list()}</details>`}
        </section>`;
    }
}

customElements.define('new-letters', NewLetters);
