/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-conflict>: two versions side by side, decided point by point. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { NB } from './text.js';

/**
 * @typedef {import('./fiche-model.js').Difference} Difference
 * @typedef {import('./page.js').Territory} Territory
 */

/** Events: "decided", with a pick in each difference; "giveup". */
export class SheetConflict extends LitElement {
    static properties = {
        found: { attribute: false },
        territory: { attribute: false },
        by: { attribute: false },
        busy: { attribute: false },
        missing: { state: true },
    };

    constructor() {
        super();
        /** @type {Difference[]} */
        this.found = [];
        /** @type {Territory | null} */
        this.territory = null;
        /** Who changed it, in words, if that is known. */
        this.by = '';
        this.busy = false;
        this.missing = false;
    }

    createRenderRoot() {
        return this;
    }

    firstUpdated() {
        /** @type {HTMLElement | null} */ (
            this.querySelector('#conflict-title'))?.focus();
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        this.missing = this.found.some((one) => one.pick === null);
        if (!this.missing) {
            this.dispatchEvent(new Event('decided'));
            return;
        }
        await this.updateComplete;
        const open = this.found.findIndex((one) => one.pick === null);
        /** @type {HTMLElement | null} */ (
            this.querySelector(`[name="pick-${open}"]`))?.focus();
    }

    /** @param {Difference} one @param {any} value */
    words(one, value) {
        const said = [one.part.words(value,
                                     /** @type {Territory} */ (
                                         this.territory))].flat();
        return said.join('') === '' ? html`<em>rien</em>`
            : said.map((line) => html`<span class="value" dir="auto">${
                line}</span>`);
    }

    /** @param {Difference} one @param {number} index
     * @param {'mine' | 'theirs'} side @param {string} title */
    side(one, index, side, title) {
        return html`<label class="choice version">
            <input type="radio" name="pick-${index}" value=${side}
                .checked=${one.pick === side} @change=${() => {
                    one.pick = side;
                    this.requestUpdate();
                }}>
            <span><span class="muted small">${title}</span>${
                this.words(one, one[side])}</span></label>`;
    }

    /** @param {Difference} one @param {number} index */
    row(one, index) {
        return html`<fieldset>
            <legend>${one.part.label}</legend>
            <div class="versions">
                ${this.side(one, index, 'mine', 'Votre saisie')}
                ${this.side(one, index, 'theirs', 'Enregistré entre-temps')}
            </div>
            ${this.missing && one.pick === null ? html`<p class="wrong">
                Choisissez l’un des deux.</p>` : nothing}
        </fieldset>`;
    }

    render() {
        return html`<form class="card conflict" novalidate
            @submit=${this.submit}>
            <h2 id="conflict-title" tabindex="-1">La fiche a changé pendant
            que vous la modifiiez</h2>
            <p>${this.by ? `Enregistrée ${this.by}. ` : ''}Rien de votre
            saisie n’est perdu${NB}: choisissez ce qui est juste.</p>
            ${this.found.map((one, index) => this.row(one, index))}
            <div class="actions">
                <button class="main" aria-busy=${this.busy}>Enregistrer ces
                choix</button>
                <button type="button" class="plain" @click=${() =>
                    this.dispatchEvent(new Event('giveup'))}>Abandonner ma
                    saisie</button>
            </div>
        </form>`;
    }
}

customElements.define('sheet-conflict', SheetConflict);
