/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-viewers>: who was shown the sheet, by profession and date. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get } from './api.js';
import { NB, moment } from './text.js';

/** @typedef {{account: string | null, role: string, at: string,
 *             profession: string | null, structure: string | null}} Viewer */

const ROLES = { professional: 'Un professionnel', doctor: 'Un médecin',
                coordinator: 'La coordination',
                delegate: 'Un secrétariat de médecin' };

export class SheetViewers extends LitElement {
    static properties = {
        rpps: { attribute: false },
        viewers: { state: true },
        next: { state: true },
        busy: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        this.rpps = '';
        /** @type {Viewer[] | null} */
        this.viewers = null;
        /** @type {string | null} */
        this.next = null;
        this.busy = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {Event} event */
    opened(event) {
        const box = /** @type {HTMLDetailsElement} */ (event.currentTarget);
        if (box.open && !this.viewers) {
            this.load();
        }
    }

    async load() {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.problem = null;
        const from = this.next
            ? `?cursor=${encodeURIComponent(this.next)}` : '';
        try {
            const page = await get(`/sheets/${this.rpps}/viewers${from}`);
            this.viewers = [...this.viewers ?? [], ...page.viewers];
            this.next = page.next;
        }
        catch (error) {
            this.problem = /** @type {any} */ (error);
        }
        this.busy = false;
    }

    list() {
        if (!this.viewers) {
            return nothing;
        }
        return this.viewers.length === 0
            ? html`<p>Personne pour l’instant.</p>`
            : html`<table>
                <thead><tr><th scope="col">Qui</th><th scope="col">Quand</th>
                </tr></thead>
                <tbody>${this.viewers.map((viewer) => html`<tr>
                    <td>${viewer.profession
                        ?? ROLES[/** @type {keyof ROLES} */ (viewer.role)]
                        ?? viewer.role}${viewer.structure
                        ? `, ${viewer.structure}` : nothing}</td>
                    <td>${moment(viewer.at)}</td></tr>`)}</tbody></table>`;
    }

    render() {
        return html`<details class="card section" @toggle=${this.opened}>
            <summary><span class="heading"><h2>Qui a vu ma fiche</h2></span>
            </summary>
            <div class="inside">
                <p class="muted small">À qui elle a été proposée. Pour quel
                patient${NB}: ce n’est enregistré nulle part.</p>
                <div aria-live="polite" aria-busy=${this.busy}>${
                    this.list()}</div>
                ${this.problem ? html`<div class="note bad" role="alert">
                    <p><strong>${this.problem.title}</strong></p>
                    <p>${this.problem.detail}</p></div>` : nothing}
                ${this.next || this.problem ? html`<button type="button"
                    aria-busy=${this.busy} @click=${this.load}>${this.problem
                        ? 'Recommencer' : 'Charger la suite'}</button>`
                    : nothing}
                ${this.busy && !this.viewers ? html`<p>Un instant…</p>`
                    : nothing}
            </div></details>`;
    }
}

customElements.define('sheet-viewers', SheetViewers);
