/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-journal>: every action and consultation, newest first. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get } from './api.js';
import { ACTIONS, OUTCOMES, ROLES } from './figure-text.js';
import { open } from './page.js';
import { NB, moment } from './text.js';

/**
 * @typedef {{id: number, at: string, account: string | null,
 *            role: string | null, profession: string | null,
 *            structure: string | null, action: string,
 *            outcome: string | null, code: string | null,
 *            sheets: string[], erased: number}} Entry
 */

/** Who did it. @param {Entry} entry */
function who(entry) {
    if (!entry.role) {
        return 'Le serveur';
    }
    const trade = entry.profession ?? ROLES[entry.role] ?? entry.role;
    const where = entry.structure ? `, ${entry.structure}` : '';
    return `${entry.account ?? 'compte effacé'} (${trade}${where})`;
}

/** What was done. @param {Entry} entry */
function what(entry) {
    const action = ACTIONS[entry.action] ?? entry.action;
    const outcome = entry.outcome
        ? OUTCOMES[entry.outcome] ?? entry.outcome : '';
    return outcome ? `${action} (${outcome})` : action;
}

class CptsJournal extends LitElement {
    static properties = {
        entries: { state: true },
        next: { state: true },
        busy: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {Entry[] | null} */
        this.entries = null;
        /** @type {string | null} */
        this.next = null;
        this.busy = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
        this.asked = '';
        this.turn = 0;
    }

    createRenderRoot() {
        return this;
    }

    /** What the form asks for, as a query. */
    query() {
        const form = /** @type {HTMLFormElement} */ (
            this.querySelector('form'));
        const asked = new URLSearchParams();
        for (const [name, value] of new FormData(form)) {
            const text = String(value).trim();
            if (text) {
                asked.set(name, name === 'rpps' ? text.replace(/\s/g, '')
                    : text);
            }
        }
        return asked.toString();
    }

    /** @param {string | null} cursor */
    async load(cursor) {
        const turn = ++this.turn;
        const from = cursor ? `cursor=${encodeURIComponent(cursor)}` : '';
        const query = [this.asked, from].filter(Boolean).join('&');
        this.busy = true;
        this.problem = null;
        try {
            const page = await get(`/journal${query ? `?${query}` : ''}`);
            if (turn !== this.turn) {
                return;
            }
            this.entries = cursor ? [...this.entries ?? [], ...page.entries]
                : page.entries;
            this.next = page.next;
        }
        catch (error) {
            if (turn !== this.turn) {
                return;
            }
            this.problem = /** @type {any} */ (error);
        }
        this.busy = false;
    }

    /** @param {Event} [event] */
    submit(event) {
        event?.preventDefault();
        this.asked = this.query();
        return this.load(null);
    }

    async more() {
        const first = this.entries?.length ?? 0;
        await this.load(this.next);
        await this.updateComplete;
        /** @type {HTMLElement | undefined} */ (
            this.querySelectorAll('tbody tr')[first])?.focus();
    }

    form() {
        return html`<form class="card sift" @submit=${this.submit}>
            <div class="field"><label for="account">Compte</label>
                <input id="account" name="account" maxlength="64"
                    autocapitalize="none" spellcheck="false"
                    autocomplete="off"></div>
            <div class="field"><label for="action">Action</label>
                <select id="action" name="action">
                    <option value="">Toutes</option>
                    ${Object.entries(ACTIONS).map(([word, text]) =>
                        html`<option value=${word}>${text}</option>`)}
                </select></div>
            <div class="field"><label for="rpps">RPPS du médecin</label>
                <input id="rpps" name="rpps" inputmode="numeric"
                    maxlength="14" autocomplete="off"></div>
            <button>Chercher</button>
        </form>`;
    }

    /** @param {Entry} entry */
    sheets(entry) {
        const links = entry.sheets.map((rpps) => html`<li><a
            href="fiche.html?rpps=${rpps}">${rpps}</a></li>`);
        const gone = entry.erased
            ? html`<li>${entry.erased > 1
                ? `${entry.erased}${NB}fiches effacées`
                : 'fiche effacée'}</li>` : nothing;
        return entry.sheets.length || entry.erased
            ? html`<ul>${links}${gone}</ul>` : nothing;
    }

    table() {
        return html`<table class="figures stacked">
            <thead><tr><th scope="col">Quand</th><th scope="col">Qui</th>
                <th scope="col">Quoi</th><th scope="col">Fiches</th>
                <th scope="col">Code</th></tr></thead>
            <tbody>${this.entries?.map((entry) => html`<tr tabindex="-1">
                <th scope="row">${moment(entry.at)}</th>
                <td data-name="Qui">${who(entry)}</td>
                <td data-name="Quoi">${what(entry)}</td>
                <td>${this.sheets(entry)}</td>
                <td class="whole" data-name="Code">${entry.code
                    ?? nothing}</td>
            </tr>`)}</tbody></table>`;
    }

    list() {
        if (!this.entries) {
            return this.busy ? html`<p>Un instant…</p>` : nothing;
        }
        return this.entries.length ? this.table()
            : html`<p>Rien ne correspond à ces critères.</p>`;
    }

    render() {
        return html`<p class="text">Qui a fait quoi, et quelles fiches ont été
            montrées à qui. Pour quel patient${NB}: ce n’est enregistré nulle
            part. Rien ne peut être retiré ni changé ici.</p>
            ${this.form()}
            <section aria-labelledby="journal-title">
            <h2 id="journal-title" class="hidden-text">Ce qui est écrit</h2>
            <div aria-live="polite" aria-busy=${this.busy}>${this.list()}</div>
            ${this.problem ? html`<div class="note bad" role="alert">
                <p><strong>${this.problem.title}</strong></p>
                <p>${this.problem.detail}</p></div>` : nothing}
            ${this.next ? html`<button type="button" aria-busy=${this.busy}
                @click=${this.more}>Charger la suite</button>` : nothing}
            </section>`;
    }
}

customElements.define('cpts-journal', CptsJournal);

await open(['coordinator']);
const journal = /** @type {CptsJournal} */ (
    document.querySelector('cpts-journal'));
await journal.load(null);
