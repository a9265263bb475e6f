/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-placements>: which placements are shown, and one found by its code. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './placement-counts.js';
import './placement-list.js';
import { get } from './api.js';
import { STATES, readCode } from './placements-text.js';
import { site } from './site.js';
import { NB } from './text.js';

/**
 * @typedef {import('./placements-text.js').Placement} Placement
 * @typedef {import('./sign-in.js').Me} Me
 */

const OPEN = ['held', 'contacted'];
/** What came to nothing without the one who asked having done it. */
const LOST = ['refused', 'expired'];
/** Days that it stays in sight. */
const LOST_DAYS = 7;

export class CptsPlacements extends LitElement {
    static properties = {
        me: { attribute: false },
        state: { state: true },
        found: { state: true },
        wrong: { state: true },
        busy: { state: true },
    };

    constructor() {
        super();
        /** @type {Me | null} */
        this.me = null;
        /** What is shown: '' to follow, 'all', or a state. */
        this.state = '';
        /** @type {Placement[] | null} */
        this.found = null;
        this.wrong = '';
        this.busy = false;
        this.turn = 0;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {string} selector @returns {any} */
    one(selector) {
        return this.querySelector(selector);
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        const { code, wrong } = readCode(this.one('#code').value);
        const turn = this.turn += 1;
        this.wrong = wrong;
        this.found = null;
        this.busy = code !== '';
        if (code !== '') {
            await this.find(code, turn);
        }
        if (turn !== this.turn) {
            return; /* another code, or a list */
        }
        this.busy = false;
        await this.updateComplete;
        if (this.wrong !== '') {
            this.one('#code').focus();
        }
    }

    /** @param {string} code @param {number} turn */
    async find(code, turn) {
        try {
            const found = await get(`/placements/${code}`);
            if (turn !== this.turn) {
                return;
            }
            this.found = [found];
            await this.updateComplete;
            await this.one('placement-list.found').updateComplete;
            await this.one('placement-list.found').updateComplete;
            this.one('placement-list.found h3')?.focus();
        }
        catch (error) {
            const problem = /** @type {import('./api.js').Problem} */ (error);
            if (turn === this.turn) {
                this.wrong = problem.status === 404
                    ? 'Aucun de vos placements n’a ce code. Relisez-le signe '
                        + 'par signe.'
                    : `${problem.title}. ${problem.detail}`;
            }
        }
    }

    async close() {
        this.found = null;
        this.one('#code').value = '';
        await this.updateComplete;
        this.one('#code').focus();
    }

    /** @param {string} state */
    async show(state) {
        this.turn += 1;
        this.busy = false;
        this.found = null;
        this.state = state;
        await this.updateComplete;
        const select = this.one('#state');
        select.value = state;
        /* the button that was pressed may be gone */
        if (!this.contains(document.activeElement)) {
            select.focus();
        }
    }

    form() {
        return html`<form class="card finder" role="search" novalidate
            autocomplete="off" @submit=${this.submit}>
            <div class="field">
                <label for="code">Code noté</label>
                <input id="code" name="code" maxlength="20" spellcheck="false"
                    autocapitalize="characters" enterkeyhint="search"
                    placeholder="K7M4${NB}–${NB}2XQL"
                    aria-invalid=${this.wrong === '' ? 'false' : 'true'}
                    aria-describedby="code-wrong">
            </div>
            <button aria-busy=${this.busy}>Trouver</button>
            <p class="wrong" id="code-wrong" role="status">${this.wrong}</p>
            <div class="field shown">
                <label for="state">Montrer</label>
                <select id="state" @change=${(/** @type {Event} */ event) =>
                    this.show(/** @type {HTMLSelectElement} */ (
                        event.target).value)}>
                    <option value="">À suivre</option>
                    ${Object.entries(STATES).map(([state, [words]]) => html`
                        <option value=${state}>${words}</option>`)}
                    <option value="all">Tous</option>
                </select>
            </div>
        </form>`;
    }

    /** @param {string} heading @param {string[] | null} states
     * @param {string} empty @param {number} [days] */
    list(heading, states, empty, days = 0) {
        return html`<placement-list .me=${this.me} .states=${states}
            .heading=${heading} .empty=${empty} .days=${days}
            ></placement-list>`;
    }

    /** The first words of a page that has nothing yet. */
    none() {
        return this.me?.role === 'delegate' ? 'Aucune réponse à donner.'
            : this.me?.role === 'coordinator'
                ? 'Aucun placement n’attend de réponse.'
                : 'Rien n’attend de réponse. Pour un patient sans médecin, '
                    + 'commencez par «\u00a0Trouver un médecin\u00a0».';
    }

    lists() {
        if (this.found) {
            return html`<placement-list class="found" .me=${this.me}
                .fixed=${this.found} .heading=${'Placement trouvé'}>
                </placement-list>
                <p><button type="button" @click=${this.close}>Revenir à la
                liste</button></p>`;
        }
        if (this.state === 'all') {
            return this.list('Tous les placements', null,
                             'Aucun placement pour l’instant.');
        }
        if (this.state !== '') {
            const words = STATES[/** @type {keyof STATES} */ (
                this.state)][0];
            return this.list(words, [this.state],
                             'Aucun placement dans cet état.');
        }
        return html`${this.list('En attente', OPEN, this.none())}
            ${this.list('Acceptés, à déclarer', ['accepted'], '')}
            ${this.me?.role === 'delegate' ? nothing
                : this.list(`Sans suite depuis ${LOST_DAYS}${NB}jours`, LOST,
                            '', LOST_DAYS)}
            <p class="actions"><button type="button" @click=${() =>
                this.show('all')}>Voir tous les placements</button>
                ${this.me?.role === 'professional' ? html`<a class="button"
                    href=${site('espace/trouver.html')}>Trouver un médecin</a>`
                    : nothing}</p>`;
    }

    render() {
        return html`${this.form()}
            ${this.me?.role === 'coordinator' ? html`<placement-counts
                @state=${(/** @type {CustomEvent<string>} */ event) =>
                    this.show(event.detail)}></placement-counts>` : nothing}
            ${this.lists()}`;
    }
}

customElements.define('cpts-placements', CptsPlacements);
