/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-overview>: where in the territory doctors take new patients. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get } from './api.js';
import { countByCommune, isProposed, sharedNames }
    from './coordination-text.js';
import './territory-map.js';
import { NB, day, number, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./coordination-text.js').Summary} Summary
 * @typedef {import('./coordination-text.js').Count} Count
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {{monday: string, consultations: number}} Week
 * @typedef {'name' | 'population' | 'doctors' | 'open'} Column
 */

/** What a row is sorted by. @type {Record<Column, (count: Count) => any>} */
const VALUE = {
    name: (count) => count.name,
    population: (count) => count.population ?? 0,
    doctors: (count) => count.doctors.size,
    open: (count) => count.open.size,
};

/** @type {Record<Column, string>} */
const HEADS = {
    name: 'Commune', population: 'Habitants', doctors: 'Médecins',
    open: 'Prennent des patients',
};

/** Reads all pages of a list. @param {Record<string, string>} filter
 * @param {AbortSignal} signal @returns {Promise<Summary[]>} */
async function readAll(filter, signal) {
    const sheets = [];
    let next = '';
    do {
        const query = new URLSearchParams(
            next ? { ...filter, cursor: next } : filter);
        const page = await get(`/sheets?${query}`, { signal });
        sheets.push(...page.sheets);
        next = page.next;
    } while (next);
    return sheets;
}

export class CptsOverview extends LitElement {
    static properties = {
        territory: { attribute: false },
        sheets: { state: true },
        counts: { state: true },
        weeks: { state: true },
        busy: { state: true },
        problem: { state: true },
        sort: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** @type {Summary[] | null} */
        this.sheets = null;
        /** @type {Count[]} */
        this.counts = [];
        /** This week first. @type {Week[]} */
        this.weeks = [];
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        /** @type {{by: Column, down: boolean}} */
        this.sort = { by: 'name', down: false };
        /** @type {AbortController | null} */
        this.control = null;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {AbortSignal} signal */
    async read(signal) {
        const communes = this.territory?.communes ?? [];
        const [{ weeks }, sheets] = await Promise.all([
            get('/activity', { signal }), readAll({}, signal)]);
        /* a list names communes; two of one name are asked for by code */
        const shared = sharedNames(communes);
        const apart = new Map();
        for (const { name, insee } of communes) {
            if (shared.has(name)) {
                apart.set(insee, await readAll({ commune: insee }, signal));
            }
        }
        return { weeks, sheets,
                 counts: countByCommune(sheets, communes, apart) };
    }

    /** Reads all sheets again: this view counts them. */
    async load() {
        this.control?.abort();
        const control = new AbortController();
        this.control = control;
        this.busy = true;
        this.problem = null;
        try {
            Object.assign(this, await this.read(control.signal));
        }
        catch (error) {
            if (this.control === control) {
                this.problem = /** @type {Problem} */ (error);
            }
        }
        if (this.control === control) {
            this.busy = false;
        }
    }

    /** @param {Column} by */
    sortBy(by) {
        const down = this.sort.by === by ? !this.sort.down : by !== 'name';
        this.sort = { by, down };
    }

    sorted() {
        const { by, down } = this.sort;
        const value = VALUE[by];
        return [...this.counts].sort((a, b) => {
            const order = by === 'name' ? 0 : value(a) - value(b);
            return (down ? -order : order)
                || (down && by === 'name' ? -1 : 1)
                    * a.name.localeCompare(b.name, 'fr');
        });
    }

    /** @param {Record<string, string>} filter */
    showSheets(filter) {
        this.dispatchEvent(new CustomEvent('show-sheets', { detail: filter }));
    }

    /** A figure that leads to its sheets.
     * @param {(sheet: Summary) => boolean} which
     * @param {[string, string]} words for one, for more
     * @param {Record<string, string>} filter @param {string} [kind] */
    tile(which, words, filter, kind = '') {
        const count = (this.sheets ?? []).filter(which).length;
        return html`<li><button type="button"
            class="tile ${count > 0 ? kind : ''}"
            @click=${() => this.showSheets(filter)}><strong>${number(count)}
            </strong> ${words[count < 2 ? 0 : 1]}</button></li>`;
    }

    tiles() {
        /** @param {string} state @returns {(sheet: Summary) => boolean} */
        const is = (state) => (sheet) => sheet.state === state;
        return html`<ul class="tiles">
            ${this.tile((sheet) => sheet.state !== 'left',
                        ['médecin inscrit', 'médecins inscrits'], {})}
            ${this.tile(isProposed,
                        ['prend des patients', 'prennent des patients'],
                        { state: 'open', stale: 'false' })}
            ${this.tile(is('paused'), ['en pause', 'en pause'],
                        { state: 'paused' })}
            ${this.tile(is('opening'), ['ouvrira', 'ouvriront'],
                        { state: 'opening' })}
            ${this.tile(is('closed'), ['ne prend plus', 'ne prennent plus'],
                        { state: 'closed' })}
            ${this.tile((sheet) => sheet.stale && sheet.state !== 'left',
                        ['fiche à confirmer', 'fiches à confirmer'],
                        { stale: 'true' }, 'warn')}
        </ul>`;
    }

    /** The territory in a sentence. */
    summary() {
        const own = this.counts.filter((count) => !count.neighbour);
        const open = own.filter((count) => count.open.size > 0).length;
        const full = own.filter((count) =>
            count.doctors.size > 0 && count.open.size === 0);
        const without = own.filter((count) => count.doctors.size === 0);
        return html`<p>${plural(own.length, 'commune')}, dont ${
            number(open)} où un médecin prend de nouveaux patients, ${
            number(full.length)} où aucun n’en prend et ${
            number(without.length)} sans médecin inscrit.</p>`;
    }

    /** How much the list is used. */
    activity() {
        const [now, ...before] = this.weeks;
        if (!now) {
            return nothing;
        }
        return html`<details class="weeks">
            <summary>Cette semaine${NB}: ${
                plural(now.consultations, 'recherche')}</summary>
            <table>
                <caption class="hidden-text">Recherches par semaine</caption>
                <thead><tr><th scope="col">Semaine du</th>
                    <th scope="col" class="number">Recherches</th></tr></thead>
                <tbody>${[now, ...before].map((week) => html`<tr>
                    <th scope="row">${day(week.monday)}</th>
                    <td class="number">${number(week.consultations)}</td>
                </tr>`)}</tbody>
            </table></details>`;
    }

    map() {
        /** @type {Record<string, string>} */
        const shades = {};
        for (const count of this.counts) {
            if (count.doctors.size > 0) {
                shades[count.insee] = count.open.size > 0 ? 'good' : 'none';
            }
        }
        return html`<div class="where"><territory-map whole
            label="Communes où un médecin prend de nouveaux patients"
            ?outlined=${this.territory?.contours}
            .communes=${(this.territory?.communes ?? [])
                .filter((commune) => !commune.neighbour)}
            .shades=${shades}></territory-map>
            <ul class="legend">
                <li class="good">Un médecin prend des patients</li>
                <li class="none">Aucun n’en prend</li>
                <li>Pas de médecin inscrit</li>
            </ul></div>`;
    }

    /** @param {Column} by */
    head(by) {
        const { sort } = this;
        return html`<th scope="col" class=${by === 'name' ? '' : 'number'}
            aria-sort=${sort.by !== by ? nothing
                : sort.down ? 'descending' : 'ascending'}>
            <button type="button" @click=${() => this.sortBy(by)}
                >${HEADS[by]}${sort.by !== by ? nothing : html`
                    <span aria-hidden="true">${sort.down ? '↓' : '↑'}</span>`}
            </button></th>`;
    }

    /** @param {Count} count */
    row(count) {
        const closed = count.doctors.size > 0 && count.open.size === 0;
        return html`<tr>
            <th scope="row">${count.doctors.size === 0 ? count.name : html`
                <button type="button" class="plain" @click=${() =>
                    this.showSheets({ commune: count.insee })}>${count.name}
                </button>`}${count.neighbour
                ? html` <span class="muted small">(voisine)</span>`
                : nothing}</th>
            <td class="number">${count.population === null ? '–'
                : number(count.population)}</td>
            <td class="number">${count.doctors.size}</td>
            <td class="number ${closed ? 'none' : ''}">${closed ? 'aucun'
                : count.doctors.size === 0 ? '–' : count.open.size}</td>
        </tr>`;
    }

    table() {
        return html`<table class="communes">
            <caption class="hidden-text">Médecins par commune</caption>
            <thead><tr>${this.head('name')}${this.head('population')}${
                this.head('doctors')}${this.head('open')}</tr></thead>
            <tbody>${this.sorted().map((count) => this.row(count))}</tbody>
        </table>
        <p class="muted small">Un médecin qui a plusieurs lieux compte dans
        chaque commune. Ceux dont la fiche est à confirmer ne sont pas
        proposés.</p>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <button type="button" @click=${this.load}>Recommencer</button>
        </div>` : nothing;
    }

    render() {
        return html`<section aria-labelledby="territory-title"
            aria-busy=${this.busy}>
            <h2 id="territory-title">Où prend-on de nouveaux patients${NB}?</h2>
            <p role="status" class=${this.busy && !this.sheets ? ''
                : 'hidden-text'}>${this.busy ? 'Lecture des fiches…' : ''}</p>
            ${this.trouble()}
            ${this.sheets ? html`${this.tiles()}${
                this.activity()}${this.summary()}
                <div class="territory">${this.map()}<div>${this.table()}</div>
                </div>` : nothing}
        </section>`;
    }
}

customElements.define('cpts-overview', CptsOverview);
