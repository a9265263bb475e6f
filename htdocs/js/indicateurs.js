/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-fairness>, <cpts-unmet>: figures of whole months, as tables. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get } from './api.js';
import { REQUIREMENTS, ROLES, figure, month, period } from './figure-text.js';
import { open } from './page.js';
import { NB, day, plural } from './text.js';

/**
 * @typedef {import('./figure-text.js').Figure} Figure
 * @typedef {import('./figure-text.js').Provenance} Provenance
 * @typedef {{proposals: Figure, holds: Figure, acceptances: Figure}} Measures
 * @typedef {{provenance: Provenance, sums: Measures,
 *            doctors: (Measures & {rpps: string | null,
 *                                  name: string | null})[],
 *            professions: (Measures & {role: string | null,
 *                                      profession: string | null})[]
 *          }} Fairness
 * @typedef {{provenance: Provenance,
 *            searches: {month: string, searches: Figure}[],
 *            communes: {commune: string, name: string | null, month: string,
 *                       needs: Figure,
 *                       requirements: {requirement: string, needs: Figure}[]
 *                      }[]}} Unmet
 */

const PERIODS = [1, 3, 6, 12];

/** A cell with a figure. @param {Figure} told @param {string} name */
function cell(told, name) {
    return html`<td class="number ${told.hidden ? 'hidden-count' : ''}"
        data-name=${name}>${figure(told)}</td>`;
}

/** The three cells of a row. @param {Measures} row */
function cells(row) {
    return [cell(row.proposals, 'Propositions'),
            cell(row.holds, 'Places retenues'),
            cell(row.acceptances, 'Patients acceptés')];
}

/** Whether a row says more than zeros. @param {Measures} row */
function counts(row) {
    return [row.proposals, row.holds, row.acceptances].some((one) =>
        one.hidden || one.from > 0);
}

/** @param {{name: string | null}} row */
function doctorWords(row) {
    return row.name ?? 'Fiches effacées';
}

/** Whence the figures come, and why some are hidden.
 * @param {Provenance} from @param {string} source */
function provenance(from, source) {
    return html`<p class="muted small">${from.territory}, ${period(from)}, mois
        entiers. Source${NB}: ${source}, lu le ${day(from.computed_on)}.
        ${from.threshold > 1 ? html`Les nombres de 1 à
        ${from.threshold - 1} par mois ne sont pas montrés, ni ceux qui
        permettraient de les retrouver${NB}: «${NB}2 à 20${NB}» dit entre
        quelles bornes est le nombre.` : nothing}</p>`;
}

/** What both have: a period, a reading, a problem. */
class Figures extends LitElement {
    static properties = {
        data: { state: true },
        busy: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {any} */
        this.data = null;
        this.busy = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
        this.path = '';
        this.name = '';
        this.months = 3;
        this.turn = 0;
    }

    createRenderRoot() {
        return this;
    }

    async load() {
        const turn = ++this.turn;
        this.busy = true;
        this.problem = null;
        try {
            const data = await get(`${this.path}?months=${this.months}`);
            if (turn === this.turn) {
                this.data = data;
            }
        }
        catch (error) {
            if (turn === this.turn) {
                this.problem = /** @type {any} */ (error);
            }
        }
        this.busy = this.busy && turn !== this.turn;
    }

    /** @param {Event} event */
    choose(event) {
        this.months = Number(/** @type {HTMLSelectElement} */ (
            event.target).value);
        this.load();
    }

    select() {
        return html`<div class="field period">
            <label for="${this.name}-months">Période</label>
            <select id="${this.name}-months" @change=${this.choose}>
                ${PERIODS.map((count) => html`<option value=${count}
                    ?selected=${count === this.months}>${count === 1
                        ? 'Le mois dernier'
                        : `Les ${count} derniers mois`}</option>`)}
            </select></div>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <button type="button" @click=${this.load}>Recommencer</button>
        </div>` : nothing;
    }
}

class CptsFairness extends Figures {
    constructor() {
        super();
        this.path = '/fairness';
        this.name = 'fairness';
    }

    /** @param {string} caption @param {string} first @param {unknown} rows
     * @param {Measures} sums */
    table(caption, first, rows, sums) {
        return html`<table class="figures stacked">
            <caption>${caption}</caption>
            <thead><tr><th scope="col">${first}</th>
                <th scope="col" class="number">Propositions</th>
                <th scope="col" class="number">Places retenues</th>
                <th scope="col" class="number">Patients acceptés</th></tr>
            </thead>
            <tbody>${rows}</tbody>
            <tfoot><tr><th scope="row">Ensemble</th>${cells(sums)}</tr>
            </tfoot></table>`;
    }

    tables() {
        /** @type {Fairness | null} */
        const data = this.data;
        if (!data) {
            return this.busy ? html`<p>Un instant…</p>` : nothing;
        }
        const doctors = data.doctors.sort((a, b) => (a.name && b.name
            ? a.name.localeCompare(b.name, 'fr')
            : Number(!a.name) - Number(!b.name)));
        return html`${provenance(data.provenance, 'le journal')}
            ${this.table('Par médecin', 'Médecin',
                doctors.filter(counts).map((row) => html`<tr><th scope="row"
                    ><bdi>${doctorWords(row)}</bdi></th>${cells(row)}</tr>`),
                data.sums)}
            ${this.others(doctors.filter((row) => !counts(row)))}
            ${this.table('Par profession qui demande', 'Profession',
                data.professions.filter(counts).map((row) => html`<tr>
                    <th scope="row">${row.profession
                        ?? (row.role === 'professional'
                            ? 'Profession non connue, ou compte effacé'
                            : row.role ? ROLES[row.role]
                                : 'Le journal ne le dit plus')}</th>${
                    cells(row)}</tr>`), data.sums)}`;
    }

    /** Those of whom there is nothing but zeros, as a list that is folded.
     * @param {Fairness['doctors']} doctors */
    others(doctors) {
        const named = doctors.filter((row) => row.name);
        return named.length === 0 ? nothing : html`<details>
            <summary>${plural(named.length, 'médecin')} sans aucune
            proposition</summary>
            <ul class="text">${named.map((row) => html`<li><bdi>${
                row.name}</bdi></li>`)}</ul></details>`;
    }

    render() {
        return html`<section class="card" aria-labelledby="fairness-title">
            <h2 id="fairness-title">Équité</h2>
            <p class="text">À égalité, les médecins sont proposés tour à
            tour. Ce tableau permet de le vérifier.</p>
            ${this.select()}
            <div aria-live="polite" aria-busy=${this.busy}>${
                this.tables()}</div>
            ${this.trouble()}</section>`;
    }
}

class CptsUnmet extends Figures {
    constructor() {
        super();
        this.path = '/unmet';
        this.name = 'unmet';
    }

    /** @param {Unmet} data */
    searches(data) {
        return html`<p>Recherches dans tout le territoire${NB}: ${
            data.searches.map((row, index) => html`${index ? ', '
                : ''}${month(row.month)}${NB}: ${figure(row.searches)}`)}.</p>`;
    }

    /** @param {Unmet} data */
    rows(data) {
        return data.communes.map((row) => html`<tr>
            <th scope="row">${row.name ?? row.commune}</th>
            <td data-name="Mois">${month(row.month)}</td>
            ${cell(row.needs, 'Sans réponse')}
            <td data-name="Obstacles"><ul>${row.requirements.map((one) =>
                html`<li>${REQUIREMENTS[one.requirement]
                    ?? one.requirement}${NB}: ${figure(one.needs)}</li>`)}
            </ul></td></tr>`);
    }

    tables() {
        /** @type {Unmet | null} */
        const data = this.data;
        if (!data) {
            return this.busy ? html`<p>Un instant…</p>` : nothing;
        }
        return html`${provenance(data.provenance, 'des compteurs')}
            ${this.searches(data)}
            ${data.communes.length === 0
                ? html`<p>Aucun besoin sans réponse.</p>`
                : html`<table class="figures stacked">
                    <thead><tr><th scope="col">Commune</th>
                        <th scope="col">Mois</th>
                        <th scope="col" class="number">Sans réponse</th>
                        <th scope="col">Obstacles</th></tr></thead>
                    <tbody>${this.rows(data)}</tbody></table>`}`;
    }

    render() {
        return html`<section class="card" aria-labelledby="unmet-title">
            <h2 id="unmet-title">Besoins sans réponse</h2>
            <p class="text">Recherches qui n’ont trouvé aucun médecin, par
            commune du patient. Un même besoin peut compter sous plusieurs
            obstacles${NB}: lesquels allaient ensemble n’est enregistré nulle
            part.</p>
            ${this.select()}
            <div aria-live="polite" aria-busy=${this.busy}>${
                this.tables()}</div>
            ${this.trouble()}</section>`;
    }
}

customElements.define('cpts-fairness', CptsFairness);
customElements.define('cpts-unmet', CptsUnmet);

await open(['coordinator']);
for (const figures of document.querySelectorAll('cpts-fairness, cpts-unmet')) {
    /** @type {Figures} */ (figures).load();
}
