/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-form>: the sheet in short sections; what is typed is the draft. */
import { LitElement, html, live, nothing } from './vendor/lit.js';
import './commune-field.js';
import './fiche-place.js';
import './fiche-visits.js';
import { languageName } from './doctor-card.js';
import { CONTACTS, LANGUAGES, SECTORS, STRUCTURES, capacityWords, communeName,
         fieldId, newSite, stateWords, toSheet, visitsWords,
} from './fiche-model.js';
import { NB, day, isoDay, phone, plural } from './text.js';

/**
 * @typedef {import('./api.js').Fault} Fault
 * @typedef {import('./fiche-model.js').Draft} Draft
 * @typedef {import('./fiche-model.js').DraftSite} DraftSite
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {{label: string, hint?: string, type?: string, mode?: string,
 *     short?: boolean, area?: boolean, min?: string}} Look
 */

const MOST_SITES = 5;

const STATES = {
    open: ['Je prends de nouveaux patients', 'Prend de nouveaux patients'],
    opening: ['J’en prendrai à partir du…', 'En prendra à partir du…'],
    paused: ['En pause jusqu’au…', 'En pause jusqu’au…'],
    closed: ['Je n’en prends pas', 'N’en prend pas'],
    left: ['J’ai quitté la liste', 'A quitté la liste'],
};

/** Events: "edit" after each change of the draft. */
export class SheetForm extends LitElement {
    static properties = {
        draft: { attribute: false },
        territory: { attribute: false },
        own: { attribute: false },
        creating: { attribute: false },
        faults: { attribute: false },
        version: { state: true },
    };

    constructor() {
        super();
        /** @type {Draft | null} */
        this.draft = null;
        /** @type {Territory | null} */
        this.territory = null;
        this.own = true;
        this.creating = false;
        /** @type {Fault[]} */
        this.faults = [];
        this.version = 0;
        this.wrong = this.wrong.bind(this);
        this.edited = this.edited.bind(this);
    }

    createRenderRoot() {
        return this;
    }

    /* the draft as it is: render() shows nothing without one */
    get typed() {
        return /** @type {Draft} */ (this.draft);
    }

    edited() {
        this.version += 1;
        this.dispatchEvent(new Event('edit'));
    }

    /** @param {string} pointer */
    wrong(pointer) {
        return this.faults.filter((fault) => fault.pointer === pointer)
            .map((fault) => fault.detail).join(' ');
    }

    /** The commune fields show what the draft says. */
    updated() {
        for (const [index, site] of this.draft?.sites.entries() ?? []) {
            const field = /** @type {any} */ (this.querySelector(
                `#${fieldId(`/sites/${index}/commune`)}`));
            if (field && field.value !== site.commune) {
                if (site.commune === '') {
                    field.clear();
                }
                else {
                    field.set(site.commune);
                }
            }
        }
    }

    /* --- fields */

    /** @param {any} object @param {string} key @param {string} pointer
     * @param {Look} look */
    input(object, key, pointer, look) {
        const id = fieldId(pointer);
        const wrong = this.wrong(pointer);
        const typed = (/** @type {any} */ event) => {
            object[key] = event.target.value;
            this.edited();
        };
        const invalid = wrong ? 'true' : 'false';
        const told = `${look.hint ? `${id}-hint ` : ''}${id}-wrong`;
        return html`<div class="field ${look.short ? 'short' : ''}">
            <label for=${id}>${look.label}</label>
            ${look.area
                ? html`<textarea id=${id} dir="auto" rows="3"
                    aria-invalid=${invalid} aria-describedby=${told}
                    .value=${live(object[key])} @input=${typed}></textarea>`
                : html`<input id=${id} dir="auto" autocomplete="off"
                    type=${look.type ?? 'text'} min=${look.min ?? nothing}
                    inputmode=${look.mode ?? nothing}
                    aria-invalid=${invalid} aria-describedby=${told}
                    .value=${live(object[key])} @input=${typed}>`}
            ${look.hint ? html`<p class="hint" id="${id}-hint">${
                look.hint}</p>` : nothing}
            <p class="wrong" id="${id}-wrong">${wrong}</p>
        </div>`;
    }

    /** @param {any} object @param {string} key @param {string} pointer
     * @param {string} label @param {[string, string][]} options */
    select(object, key, pointer, label, options) {
        const id = fieldId(pointer);
        return html`<div class="field">
            <label for=${id}>${label}</label>
            <select id=${id} .value=${live(object[key])}
                @change=${(/** @type {any} */ event) => {
                    object[key] = event.target.value;
                    this.edited();
                }}>${options.map(([value, text]) => html`
                <option value=${value} ?selected=${value === object[key]}>${
                    text}</option>`)}</select>
        </div>`;
    }

    /** @param {'sex' | 'contact' | 'state'} key @param {string} pointer
     * @param {string} legend @param {[string, string][]} options */
    radios(key, pointer, legend, options) {
        const id = fieldId(pointer);
        const wrong = this.wrong(pointer);
        return html`<fieldset><legend>${legend}</legend>
            <div class="choices">${options.map(([value, text], index) => html`
                <label class="choice"><input type="radio" name=${id}
                    id=${index === 0 ? id : nothing} value=${value}
                    aria-describedby=${wrong ? `${id}-wrong` : nothing}
                    .checked=${live(this.typed[key] === value)}
                    @change=${() => {
                        this.typed[key] = value;
                        this.edited();
                    }}>${text}</label>`)}</div>
            <p class="wrong" id="${id}-wrong">${wrong}</p></fieldset>`;
    }

    /** @param {any} object @param {string} key @param {string} text */
    check(object, key, text) {
        return html`<label class="choice"><input type="checkbox"
            data-field=${key} .checked=${live(object[key])}
            @change=${(/** @type {any} */ event) => {
                object[key] = event.target.checked;
                this.edited();
            }}>${text}</label>`;
    }

    /** @param {string} name @param {string} title @param {unknown} line
     * @param {RegExp} pointers @param {unknown} content */
    section(name, title, line, pointers, content) {
        const wrong = this.faults.some(({ pointer }) =>
            pointers.test(pointer));
        return html`<details class="card section" id="section-${name}"
            ?open=${this.creating}>
            <summary><span class="heading"><h3>${title}</h3>
                <span class="muted line" dir="auto">${line}</span></span>
                ${wrong ? html`<span class="badge bad">à corriger</span>`
                    : nothing}</summary>
            <div class="inside">${content}</div></details>`;
    }

    /* --- sections */

    identity() {
        const { draft } = this;
        const sheet = toSheet(this.typed);
        const line = [sheet.name, sheet.sector && SECTORS[
            /** @type {keyof SECTORS} */ (sheet.sector)]]
            .filter((part) => part).join(', ');
        return this.section('identity', 'Identité', line,
            /^\/(name|rpps|sex|sector)/, html`
            ${this.creating && !this.own
                ? this.input(draft, 'rpps', '/rpps', { label: 'Numéro RPPS',
                    mode: 'numeric', hint: '11 chiffres. Il ne change pas.' })
                : html`<p class="muted small">RPPS ${this.typed.rpps}</p>`}
            ${this.input(draft, 'name', '/name', {
                label: 'Nom, tel que les patients le connaissent' })}
            ${this.radios('sex', '/sex', 'Sexe', [['F', 'Femme'],
                                                  ['M', 'Homme']])}
            ${this.select(draft, 'sector', '/sector', 'Secteur',
                [['', 'Non précisé'], ...Object.entries(SECTORS)])}`);
    }

    contact() {
        const { typed: draft } = this;
        const { phone: number, mssante } = toSheet(draft);
        const how = CONTACTS[/** @type {keyof CONTACTS} */ (draft.contact)];
        const line = draft.contact === 'phone' && number
            ? `${how}${NB}: ${phone(number)}`
            : draft.contact === 'mssante' && mssante
                ? `${how}${NB}: ${mssante}` : how;
        return this.section('contact', this.own ? 'Me joindre' : 'Joindre',
            line, /^\/(contact|phone|mssante)/, html`
            ${this.radios('contact', '/contact',
                          `Comment les professionnels ${
                              this.own ? 'vous' : 'le'} joignent`,
                          Object.entries(CONTACTS))}
            <p class="hint">Eux seuls le voient, et seulement le moyen
            choisi.</p>
            <div class="row">${this.input(draft, 'phone', '/phone', {
                label: 'Téléphone', type: 'tel' })}
            ${this.input(draft, 'mssante', '/mssante', {
                label: 'Adresse MSSanté', mode: 'email' })}</div>`);
    }

    /** @param {DraftSite} site @param {number} index */
    site(site, index) {
        const { typed: draft } = this;
        const at = `/sites/${index}`;
        return html`<fieldset class="site">
            <legend>Lieu ${index + 1}</legend>
            ${this.input(site, 'name', `${at}/name`, {
                label: 'Nom du lieu (facultatif)' })}
            ${this.input(site, 'address', `${at}/address`, {
                label: 'Adresse' })}
            <commune-field id=${fieldId(`${at}/commune`)} label="Commune"
                .communes=${this.territory?.communes ?? []}
                .wrong=${this.wrong(`${at}/commune`)}
                @change=${(/** @type {any} */ event) => {
                    const insee = event.currentTarget.value;
                    if (insee !== site.commune) {
                        Object.assign(site, { commune: insee, point: null });
                        this.edited();
                    }
                }}></commune-field>
            ${this.select(site, 'structure', `${at}/structure`, 'Structure',
                          Object.entries(STRUCTURES))}
            <div class="choices">${this.check(site, 'accessible',
                'Accessible en fauteuil roulant')}</div>
            <site-place .site=${site} .index=${index} .own=${this.own}
                .territory=${this.territory} .version=${this.version}
                .wrong=${this.wrong(`${at}/point`)}
                @edit=${this.edited}></site-place>
            ${draft.sites.length > 1 ? html`<p><button type="button"
                @click=${() => this.removeSite(index)}>Retirer le lieu ${
                    index + 1}</button></p>` : nothing}
        </fieldset>`;
    }

    /** @param {number} index */
    async removeSite(index) {
        this.typed.sites.splice(index, 1);
        this.edited();
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector('#add-site, .site input'))?.focus();
    }

    async addSite() {
        this.typed.sites.push(newSite());
        this.edited();
        await this.updateComplete;
        this.querySelector('#section-sites')
            ?.querySelectorAll('.site')[this.typed.sites.length - 1]
            ?.querySelector('input')?.focus();
    }

    sites() {
        const { sites } = this.typed;
        const line = sites.map((site) => communeName(
            /** @type {Territory} */ (this.territory), site.commune))
            .filter((name) => name).join(', ');
        return this.section('sites', 'Lieux d’exercice', line, /^\/sites/,
            html`${sites.map((site, index) => this.site(site, index))}
            ${sites.length < MOST_SITES ? html`<p><button type="button"
                id="add-site" @click=${this.addSite}>Ajouter un lieu
                </button></p>` : nothing}`);
    }

    languages() {
        const { typed: draft } = this;
        const id = fieldId('/languages');
        const rest = LANGUAGES.filter((one) => !draft.languages.includes(one));
        const change = (/** @type {string[]} */ languages) => {
            draft.languages = languages;
            this.edited();
        };
        return html`<fieldset><legend>Langues parlées</legend>
            <ul class="chips">${draft.languages.map((one) => html`<li>
                <button type="button" @click=${() => {
                    change(draft.languages.filter((other) => other !== one));
                    document.getElementById(id)?.focus();
                }}>${languageName(one)}<span class="hidden-text">,
                    retirer</span><span aria-hidden="true">×</span></button>
                </li>`)}</ul>
            <div class="add">
                <div class="field"><label for=${id}>Ajouter une langue</label>
                <select id=${id} aria-describedby="${id}-wrong">
                    ${rest.map((one) => html`<option value=${one}>${
                        languageName(one)}</option>`)}</select></div>
                <button type="button" @click=${() => {
                    const field = /** @type {HTMLSelectElement} */ (
                        this.querySelector(`#${id}`));
                    change([...draft.languages, field.value]);
                }}>Ajouter</button>
            </div>
            <p class="wrong" id="${id}-wrong">${this.wrong('/languages')}</p>
        </fieldset>`;
    }

    skills() {
        const { typed: draft } = this;
        const { languages, skills } = toSheet(draft);
        return this.section('skills', 'Langues et compétences',
            [...languages.map(languageName), ...skills].join(', '),
            /^\/(languages|skills|equipment)/, html`
            ${this.languages()}
            ${this.input(draft, 'skills', '/skills', { area: true,
                label: 'Compétences', hint: 'Une par ligne, par exemple'
                    + `${NB}: pédiatrie.` })}
            ${this.input(draft, 'equipment', '/equipment', { area: true,
                label: 'Équipement', hint: 'Un par ligne, par exemple'
                    + `${NB}: échographe.` })}
            <div class="choices">
                ${this.check(draft, 'teleconsultation', 'Téléconsultation')}
                ${this.check(draft, 'trains_students',
                             'Accueil d’étudiants (MSU)')}
            </div>`);
    }

    visits() {
        const { typed: draft } = this;
        const territory = /** @type {Territory} */ (this.territory);
        return this.section('visits', 'Visites à domicile',
            visitsWords(toSheet(draft).home_visits, territory),
            /^\/home_visits/, html`
            <div class="choices">${this.check(draft, 'visits', this.own
                ? 'Je visite à domicile' : 'Visite à domicile')}</div>
            ${draft.visits ? html`<sheet-visits .draft=${draft}
                .territory=${territory} .wrong=${this.wrong}
                .version=${this.version} @edit=${this.edited}></sheet-visits>`
                : nothing}`);
    }

    capacity() {
        const { typed: draft } = this;
        const age = this.territory?.limits.priority_age ?? 70;
        return html`<div class="row">
            ${this.input(draft, 'places', '/availability/capacity/places', {
                label: 'Combien', mode: 'numeric' })}
            ${this.select(draft, 'period', '/availability/capacity/period',
                          'Par', [['week', 'semaine'], ['month', 'mois']])}
            ${this.input(draft, 'reserved',
                '/availability/capacity/reserved', {
                    label: 'Dont places réservées', mode: 'numeric',
                    hint: `Aux ${plural(age, 'an')} et plus, ALD, C2S et `
                        + 'AME, ensemble.' })}
        </div>`;
    }

    availability() {
        const { typed: draft } = this;
        const { availability } = toSheet(draft);
        const closed = ['closed', 'left'].includes(draft.state);
        const now = isoDay(new Date());
        const line = draft.state === 'open'
            ? capacityWords(availability.capacity) : stateWords(availability);
        return this.section('availability', 'Disponibilités',
            line, /^\/availability/, html`
            ${this.radios('state', '/availability/state',
                'Nouveaux patients', Object.entries(STATES)
                    .map(([state, words]) => [state,
                                              words[this.own ? 0 : 1]]))}
            ${draft.state === 'opening' ? this.input(draft, 'from',
                '/availability/from', { label: 'Premier jour', type: 'date',
                                        min: now }) : nothing}
            ${draft.state === 'paused' ? this.input(draft, 'until',
                '/availability/until', { label: 'Dernier jour de la pause',
                                         type: 'date', min: now }) : nothing}
            ${closed ? nothing : this.capacity()}`);
    }

    retirement() {
        const { typed: draft } = this;
        return this.section('retirement', 'Départ prévu et note',
            draft.retirement ? `Le ${day(draft.retirement)}` : 'Pas de date',
            /^\/(retirement|note)/, html`
            <p class="hint">Pour la coordination seule${NB}: les autres
            professionnels ne le voient pas.</p>
            ${this.input(draft, 'retirement', '/retirement', {
                label: 'Fin d’exercice prévue', type: 'date' })}
            ${this.input(draft, 'note', '/note', { area: true,
                label: 'Note pour la coordination',
                hint: 'N’écrivez rien sur un patient.' })}`);
    }

    render() {
        if (!this.draft || !this.territory) {
            return nothing;
        }
        return html`${this.identity()}${this.contact()}${this.sites()}${
            this.skills()}${this.visits()}${this.availability()}${
            this.retirement()}`;
    }
}

customElements.define('sheet-form', SheetForm);
