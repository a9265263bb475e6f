/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-sheets>: the sheets, page by page, and what is done to one of them. */
import { LitElement, html, nothing, repeat } from './vendor/lit.js';
import { get } from './api.js';
import './coordination-dialog.js';
import { ORDERS, STATES, capacity, confirmed, ending, until }
    from './coordination-text.js';
import { number, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./coordination-text.js').Summary} Summary
 * @typedef {import('./coordination-dialog.js').CptsSheetDialog} Dialog
 * @typedef {import('./coordination-dialog.js').Action} Action
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {{q?: string, state?: string, commune?: string,
 *            stale?: string}} Filter
 * @typedef {{sheets: Summary[], next: string | null, total: number}} Page
 */

/** A wait that is long enough to be spoken of, milliseconds. */
const LONG = 1500;

/** A pause in typing that asks for the list, milliseconds. */
const TYPED = 250;

/** @type {(keyof Filter)[]} */
const NAMES = ['q', 'state', 'commune', 'stale'];

export class CptsSheets extends LitElement {
    static properties = {
        territory: { attribute: false },
        sheets: { state: true },
        next: { state: true },
        total: { state: true },
        busy: { state: true },
        slow: { state: true },
        problem: { state: true },
        done: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** Null until the first answer. @type {Summary[] | null} */
        this.sheets = null;
        /** @type {string | null} */
        this.next = null;
        /** On all pages. */
        this.total = 0;
        this.busy = false;
        this.slow = false;
        /** @type {Problem | null} */
        this.problem = null;
        /** What was done to which sheet. */
        this.done = { rpps: '', text: '' };
        /** What the list shown was asked with. @type {Filter} */
        this.asked = {};
        /** And in which order it is shown. */
        this.order = '';
        /** @type {AbortController | null} */
        this.control = null;
        this.typing = 0;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {string} selector @returns {any} */
    one(selector) {
        return this.querySelector(selector);
    }

    /** The first list. */
    async start() {
        await this.updateComplete;
        await this.load();
    }

    /** What the form says. @returns {Filter} */
    read() {
        const form = new FormData(this.one('form'));
        /** @type {Filter} */
        const filter = {};
        for (const name of NAMES) {
            const value = String(form.get(name) ?? '').trim();
            if (value !== '') {
                filter[name] = value;
            }
        }
        return filter;
    }

    /** Puts a filter into the form and asks. @param {Filter} filter */
    filter(filter) {
        const form = this.one('form');
        form.reset();
        for (const name of NAMES) {
            const input = form.elements[name];
            if (input.type === 'checkbox') {
                input.checked = filter[name] === input.value;
            }
            else {
                input.value = filter[name] ?? '';
            }
        }
        return this.load();
    }

    clear() {
        this.filter({});
        this.one('[name="q"]').focus();
    }

    /** @param {Event} event */
    typed(event) {
        clearTimeout(this.typing);
        const wait = /** @type {HTMLInputElement} */ (event.target).type
            === 'search' ? TYPED : 0;
        this.typing = window.setTimeout(() => {
            if (JSON.stringify(this.read()) !== JSON.stringify(this.asked)
                || this.one('#order').value !== this.order) {
                this.load();
            }
        }, wait);
    }

    /** @param {Event} event */
    submit(event) {
        event.preventDefault();
        this.load();
    }

    /** The list from its beginning. */
    async load() {
        clearTimeout(this.typing);
        const filter = this.read();
        const order = this.one('#order').value;
        this.asked = filter;
        this.order = order;
        this.done = { rpps: '', text: '' };
        const page = await this.ask(new URLSearchParams({ ...filter, order }));
        if (page) {
            this.sheets = page.sheets;
            this.next = page.next;
            this.total = page.total;
        }
    }

    async more() {
        const page = await this.ask(new URLSearchParams({
            ...this.asked, order: this.order, cursor: this.next ?? '' }));
        if (!page) {
            return;
        }
        /* what was confirmed meanwhile may have moved to this page */
        const here = new Set(this.sheets?.map(({ rpps }) => rpps));
        const more = page.sheets.filter(({ rpps }) => !here.has(rpps));
        const first = more[0]?.rpps;
        this.sheets = [...this.sheets ?? [], ...more];
        this.next = page.next;
        this.total = page.total;
        await this.updateComplete;
        this.link(first)?.focus();
    }

    /** One answer; null when there is none, or a newer question.
     * @param {URLSearchParams} query @returns {Promise<Page | null>} */
    async ask(query) {
        this.control?.abort();
        const control = new AbortController();
        this.control = control;
        this.busy = true;
        this.slow = false;
        this.problem = null;
        const timer = setTimeout(() => {
            this.slow = this.control === control;
        }, LONG);
        let page = null;
        try {
            page = await get(`/sheets?${query}`, { signal: control.signal });
        }
        catch (error) {
            if (this.control === control) {
                this.problem = /** @type {Problem} */ (error);
            }
        }
        clearTimeout(timer);
        if (this.control !== control) {
            return null;
        }
        this.busy = false;
        this.slow = false;
        return page;
    }

    /** @param {string | undefined} rpps @returns {HTMLElement | null} */
    link(rpps) {
        return this.querySelector(`#sheet-${rpps} h3 a`);
    }

    /** @param {Action} action @param {Summary} sheet */
    async act(action, sheet) {
        /** @type {Dialog} */
        const dialog = this.one('cpts-sheet-dialog');
        const text = await dialog.open(action, sheet);
        if (text === null) {
            return;
        }
        await this.reread(sheet.rpps);
        this.done = { rpps: sheet.rpps, text };
        await this.updateComplete;
        /* the button that was pressed may be gone */
        if (!this.contains(document.activeElement)) {
            this.link(sheet.rpps)?.focus();
        }
    }

    /** Shows one sheet as it is now, where it stands. @param {string} rpps */
    async reread(rpps) {
        try {
            const page = await get(`/sheets?q=${rpps}`);
            this.sheets = (this.sheets ?? []).map((one) =>
                page.sheets.find((/** @type {Summary} */ other) =>
                    other.rpps === one.rpps) ?? one);
        }
        catch (error) {
            this.problem = /** @type {Problem} */ (error);
        }
    }

    /** @param {string} label @param {boolean} neighbour */
    communeGroup(label, neighbour) {
        const communes = (this.territory?.communes ?? [])
            .filter((commune) => commune.neighbour === neighbour)
            .sort((a, b) => a.name.localeCompare(b.name, 'fr'));
        return communes.length === 0 ? nothing : html`
            <optgroup label=${label}>${communes.map((commune) => html`
                <option value=${commune.insee}>${commune.name}</option>`)}
            </optgroup>`;
    }

    form() {
        return html`<form class="card filters" role="search" autocomplete="off"
            aria-label="Fiches" @submit=${this.submit} @input=${this.typed}>
            <div class="field wide">
                <label for="q">Nom, RPPS, cabinet ou commune</label>
                <input id="q" name="q" type="search" maxlength="100"
                    spellcheck="false">
            </div>
            <div class="field">
                <label for="state">État</label>
                <select id="state" name="state">
                    <option value="">Tous</option>
                    ${Object.entries(STATES).map(([value, [text]]) => html`
                        <option value=${value}>${text}</option>`)}
                </select>
            </div>
            <div class="field">
                <label for="commune">Commune</label>
                <select id="commune" name="commune">
                    <option value="">Toutes</option>
                    ${this.communeGroup('Territoire', false)}
                    ${this.communeGroup('Autour du territoire', true)}
                </select>
            </div>
            <div class="field">
                <label for="order">Trier par</label>
                <select id="order">${ORDERS.map(([value, text]) => html`
                    <option value=${value}>${text}</option>`)}</select>
            </div>
            <label class="choice"><input type="checkbox" name="stale"
                value="true">À confirmer</label>
        </form>`;
    }

    /** @param {Summary} sheet */
    buttons(sheet) {
        const whose = html`<span class="hidden-text">, fiche de
            ${sheet.name}</span>`;
        const button = (/** @type {Action} */ action,
                        /** @type {string} */ text) => html`
            <button type="button" @click=${() => this.act(action, sheet)}
                >${text}${whose}</button>`;
        return html`<div class="actions">
            ${sheet.state === 'left' ? nothing
                : button('confirm', 'Confirmer')}
            ${sheet.state === 'open' ? button('pause', 'Mettre en pause')
                : nothing}
            ${sheet.state === 'paused' ? button('resume', 'Reprendre')
                : nothing}
        </div>`;
    }

    /** @param {Summary} sheet */
    row(sheet) {
        const [state, kind] = STATES[sheet.state];
        const late = ending(sheet, this.territory?.limits
            .sheet_validity_days ?? 0);
        return html`<li class="sheet" id="sheet-${sheet.rpps}">
            <div class="who">
                <h3><a href="fiche.html?rpps=${sheet.rpps}"><bdi
                    >${sheet.name}</bdi></a></h3>
                <p class="muted">${[...new Set(sheet.communes)].map(
                    (name, index) => html`${index ? ', ' : ''}<bdi>${
                        name}</bdi>`)}</p>
            </div>
            <p class="how"><span class="badge ${kind}">${state}</span>
                ${until(sheet)}
                <span class="capacity muted">${capacity(sheet)}</span></p>
            <p class="fresh">${sheet.stale && sheet.state !== 'left' ? html`
                <span class="badge warn">À confirmer</span>` : nothing}
                ${late ? html`<strong>${late}</strong>` : nothing}
                <span>${confirmed(sheet)}</span></p>
            ${this.buttons(sheet)}
            <p class="done" role="status">${this.done.rpps === sheet.rpps
                ? this.done.text : ''}</p>
        </li>`;
    }

    count() {
        const many = this.sheets?.length ?? 0;
        if (this.sheets === null) {
            return this.busy ? 'Lecture des fiches…' : 'Fiches';
        }
        if (many === 0) {
            return 'Aucune fiche';
        }
        return this.next
            ? `Les ${many} premières fiches sur ${number(this.total)}`
            : plural(many, 'fiche');
    }

    none() {
        if (this.sheets?.length !== 0) {
            return nothing;
        }
        return Object.keys(this.asked).length === 0
            ? html`<p>Créez la première d’après la réponse d’un médecin.</p>`
            : html`<p>Rien ne correspond à ces critères.</p>
                <button type="button" @click=${this.clear}>Tout afficher
                </button>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <button type="button" @click=${this.load}>Recommencer</button>
        </div>` : nothing;
    }

    wait() {
        return this.slow ? html`<div class="note" role="status">
            <p>La réponse tarde.</p>
            <button type="button" @click=${() => this.control?.abort()}
                >Arrêter</button></div>` : nothing;
    }

    render() {
        return html`${this.form()}
            <section aria-labelledby="sheets-title" aria-busy=${this.busy}>
                <h2 id="sheets-title" tabindex="-1"><span role="status">${
                    this.count()}</span></h2>
                ${this.trouble()}${this.wait()}${this.none()}
                <ul class="sheets">${repeat(this.sheets ?? [],
                    (sheet) => sheet.rpps, (sheet) => this.row(sheet))}</ul>
                ${this.next ? html`<button type="button" class="wide"
                    aria-busy=${this.busy} @click=${this.more}>Charger la
                    suite</button>` : nothing}
            </section>
            <cpts-sheet-dialog></cpts-sheet-dialog>`;
    }
}

customElements.define('cpts-sheets', CptsSheets);
