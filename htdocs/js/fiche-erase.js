/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-erase>: all data of the doctor, in two steps. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { call } from './api.js';
import { NB } from './text.js';

/** Event "erased". */
export class SheetErase extends LitElement {
    static properties = {
        rpps: { attribute: false },
        own: { attribute: false },
        sure: { state: true },
        busy: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        this.rpps = '';
        this.own = true;
        this.sure = false;
        this.busy = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {boolean} sure */
    async step(sure) {
        this.sure = sure;
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (this.querySelector(
            sure ? '#erase-title' : '#erase-first'))?.focus();
    }

    async erase() {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.problem = null;
        try {
            await call('DELETE', `/sheets/${this.rpps}`);
            this.dispatchEvent(new Event('erased'));
        }
        catch (error) {
            this.problem = /** @type {any} */ (error);
        }
        this.busy = false;
    }

    first() {
        return html`<button type="button" class="danger" id="erase-first"
            @click=${() => this.step(true)}>${this.own
                ? 'Effacer mes données…' : 'Effacer ces données…'}</button>`;
    }

    second() {
        return html`<div class="note bad">
            <h3 id="erase-title" tabindex="-1">Effacer pour toujours${NB}?
            </h3>
            <p>La fiche et le compte sont effacés, et le nom dans
            l’historique des consultations. On ne peut pas revenir en
            arrière. Les copies de sauvegarde ne sont pas
            touchées.${this.own ? html` Vous serez aussitôt déconnecté.`
                : nothing}</p>
            <div class="actions">
                <button type="button" class="danger" id="erase-sure"
                    aria-busy=${this.busy} @click=${this.erase}>Oui, effacer
                    pour toujours</button>
                <button type="button" @click=${() => this.step(false)}>Non,
                    garder ${this.own ? 'ma' : 'la'} fiche</button>
            </div></div>`;
    }

    render() {
        return html`<details class="card section">
            <summary><span class="heading"><h2>${this.own
                ? 'Effacer mes données' : 'Effacer ces données'}</h2></span>
            </summary>
            <div class="inside">
                <p>Pour ne plus être proposé, quitter la liste suffit. Effacer
                supprime la fiche et le compte.</p>
                ${this.problem ? html`<div class="note bad" role="alert">
                    <p><strong>${this.problem.title}</strong></p>
                    <p>${this.problem.detail}</p></div>` : nothing}
                ${this.sure ? this.second() : this.first()}
            </div></details>`;
    }
}

customElements.define('sheet-erase', SheetErase);
