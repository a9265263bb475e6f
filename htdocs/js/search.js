/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-search>: the need of one patient in, two or three doctors out. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './commune-field.js';
import './territory-map.js';
import { newKey, post } from './api.js';
import { doctorCard, languageName } from './doctor-card.js';
import { drawnVisits, visitWords } from './home-visits.js';
import { heldNote, holds } from './placement-hold.js';
import { NB, kilometres, phone, phoneLink, plural } from './text.js';

/**
 * @typedef {import('./doctor-card.js').Proposal} Proposal
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {{proposals: Proposal[], radius_km: number, candidates: number,
 *     excluded: {requirement: string, count: number}[],
 *     advice: {code: string, text: string}[]}} Answer
 * @typedef {Record<string, any>} Need
 */

const LANGUAGES = ['en', 'ar', 'es', 'pt', 'it', 'de', 'ro', 'pl', 'ru', 'uk',
    'tr', 'fa', 'ps', 'ku', 'hy', 'ka', 'sq', 'zh', 'vi', 'km', 'ta', 'bn',
    'ur', 'so', 'am', 'ti', 'sw', 'ln', 'wo', 'bm', 'ff', 'oc', 'ber',
    'fsl'];

const MARKS = ['A', 'B', 'C'];

/* requirement, field of the form, member of the need, words of the button */
const SPARED = [
    ['home_visit', 'home_visit', 'home_visit',
     'Chercher sans visites à domicile'],
    ['accessibility', 'accessible', 'accessible',
     'Chercher sans l’accès en fauteuil roulant'],
    ['sex', 'sex', 'sex', 'Chercher une femme ou un homme'],
    ['language', 'language', 'languages', 'Chercher sans la langue'],
    ['places', 'household', 'household', 'Chercher pour ce patient seul'],
];

/** A wait that is long enough to be spoken of, milliseconds. */
const LONG = 1500;

const NOTHING_ASKED = {
    followed: null, wrong: {}, busy: false, slow: false,
    problem: null, answer: null, need: null, held: null,
};

/** Why doctors are not among the proposals. @param {string} requirement
 * @param {number} count @param {Answer} answer @param {Need} need */
function whyNot(requirement, count, answer, need) {
    const one = count < 2;
    /** @type {Record<string, [string, string]>} */
    const words = {
        distance: [`exerce à plus de ${kilometres(answer.radius_km)}`,
                   `exercent à plus de ${kilometres(answer.radius_km)}`],
        availability: ['ne prend pas de nouveaux patients en ce moment',
                       'ne prennent pas de nouveaux patients en ce moment'],
        freshness: ['n’a pas confirmé sa fiche récemment',
                    'n’ont pas confirmé leur fiche récemment'],
        home_visit: ['ne visite pas à domicile dans cette commune',
                     'ne visitent pas à domicile dans cette commune'],
        accessibility: ['n’a pas de cabinet accessible en fauteuil roulant',
                        'n’ont pas de cabinet accessible en fauteuil roulant'],
        sex: need.sex === 'F'
            ? ['n’est pas une femme', 'ne sont pas des femmes']
            : ['n’est pas un homme', 'ne sont pas des hommes'],
        language: ['ne parle pas la langue demandée',
                   'ne parlent pas la langue demandée'],
        places: ['n’a plus de place pour ce patient',
                 'n’ont plus de place pour ce patient'],
    };
    const [alone, together] = words[requirement] ?? ['ne convient pas',
                                                     'ne conviennent pas'];
    return `${plural(count, 'médecin')} ${one ? alone : together}`;
}

export class CptsSearch extends LitElement {
    static properties = {
        territory: { attribute: false },
        followed: { state: true },
        wrong: { state: true },
        busy: { state: true },
        slow: { state: true },
        problem: { state: true },
        answer: { state: true },
        need: { state: true },
        held: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** @type {'no' | 'yes' | null} */
        this.followed = null;
        /** @type {Record<string, string>} */
        this.wrong = {};
        this.busy = false;
        this.slow = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
        /** @type {Answer | null} */
        this.answer = null;
        /** The need that was answered. @type {Need | null} */
        this.need = null;
        /** The last place that was held here, and at whom.
         * @type {import('./placement-hold.js').Held | null} */
        this.held = null;
        this.sent = { text: '', key: '' };
        /** @type {AbortController | null} */
        this.control = null;
        this.forget = this.forget.bind(this);
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        /* "back" must not bring a patient's need to the screen again */
        window.addEventListener('pagehide', this.forget);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        window.removeEventListener('pagehide', this.forget);
    }

    /** @param {string} selector @returns {any} */
    find(selector) {
        return this.querySelector(selector);
    }

    /** What was asked is not waited for any more. */
    stop() {
        this.control?.abort();
        Object.assign(this, { control: null, busy: false, slow: false });
    }

    /** Nothing of a patient stays. */
    forget() {
        this.stop();
        this.find('form')?.reset();
        this.find('commune-field')?.clear();
        this.sent = { text: '', key: '' };
        Object.assign(this, NOTHING_ASKED);
    }

    async again() {
        this.forget();
        await this.updateComplete;
        this.find('[name="followed"]').focus();
        window.scrollTo(0, 0);
    }

    /** What the form says. @returns {Need} */
    read() {
        const form = new FormData(this.find('form'));
        const age = String(form.get('age') ?? '').trim();
        /** @type {Need} */
        const need = {
            commune: this.find('commune-field').value,
            age: /^\d{1,3}$/.test(age) ? Number(age) : null,
        };
        for (const name of ['ald', 'precarity', 'home_visit',
                            'teleconsultation', 'accessible']) {
            if (form.has(name)) {
                need[name] = true;
            }
        }
        if (form.get('sex')) {
            need.sex = form.get('sex');
        }
        if (form.get('language')) {
            need.languages = [form.get('language')];
        }
        if (Number(form.get('household')) > 1) {
            need.household = Number(form.get('household'));
        }
        return need;
    }

    /** @param {Need} need @returns {Record<string, string>} */
    faults(need) {
        /** @type {Record<string, string>} */
        const wrong = {};
        if (!need.commune) {
            wrong.commune = 'Choisissez la commune du patient dans la liste.';
        }
        if (need.age === null || need.age > 130) {
            wrong.age = 'Indiquez l’âge en années.';
        }
        return wrong;
    }

    /** @param {import('./api.js').Problem} problem */
    refused(problem) {
        this.wrong = { commune: problem.fault('/commune'),
                       age: problem.fault('/age') };
        this.problem = problem;
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        if (this.busy) {
            return;
        }
        const need = this.read();
        this.wrong = this.faults(need);
        this.problem = null;
        if (this.wrong.commune || this.wrong.age) {
            await this.updateComplete;
            this.find('[aria-invalid="true"]').focus();
            return;
        }
        await this.ask(need);
    }

    /** @param {Need} need */
    async ask(need) {
        const text = JSON.stringify(need);
        if (text !== this.sent.text) {
            this.sent = { text, key: newKey() };
        }
        this.stop();
        const control = new AbortController();
        Object.assign(this, { busy: true, control });
        const timer = setTimeout(() => {
            this.slow = true;
        }, LONG);
        try {
            const answer = await post('/match', need, {
                key: this.sent.key, signal: control.signal });
            if (this.control === control) {
                this.sent = { text: '', key: '' };
                Object.assign(this, { answer, need });
            }
        }
        catch (error) {
            const problem = /** @type {import('./api.js').Problem} */ (
                error);
            if (this.control === control) {
                this.answer = null;
                if (problem.code !== 'aborted') {
                    this.refused(problem);
                }
            }
        }
        clearTimeout(timer);
        if (this.control !== control) {
            return; /* a newer question, or another patient */
        }
        this.busy = false;
        this.slow = false;
        await this.updateComplete;
        this.lead();
    }

    /** Leads eyes and screen readers to the answer, or to what went wrong. */
    lead() {
        const title = this.find('#result-title');
        title?.focus({ preventScroll: true });
        const place = title ?? this.find('.results .note');
        const top = place?.getBoundingClientRect().top ?? 0;
        if (top < 0 || top > window.innerHeight / 2) {
            place.scrollIntoView();
        }
    }

    first() {
        const choice = (/** @type {'no' | 'yes'} */ value,
                        /** @type {string} */ text) => html`
            <label class="choice"><input type="radio" name="followed"
                value=${value} .checked=${this.followed === value}
                @change=${() => {
                    this.stop();
                    this.followed = value;
                    this.answer = null;
                    this.problem = null;
                }}>${text}</label>`;
        return html`<fieldset>
            <legend>Un généraliste suit-il déjà ce patient${NB}?</legend>
            <div class="choices">${choice('no', 'Non')}${
                choice('yes', 'Oui')}</div>
        </fieldset>`;
    }

    declare() {
        return html`<section class="note good" role="status">
            <h2>Proposez au patient de le déclarer</h2>
            <p>Ce généraliste devient son médecin traitant en ligne, pendant
            une consultation, avec la carte Vitale.</p>
            <p>Sinon, tous deux signent le formulaire S3704, que le patient
            envoie à sa caisse.</p>
            <button type="button" @click=${this.again}>Autre patient</button>
        </section>`;
    }

    /** @param {string} name @param {string} text */
    check(name, text) {
        return html`<label class="choice"><input type="checkbox" name=${name}>
            ${text}</label>`;
    }

    more() {
        return html`<details>
            <summary>Plus de critères</summary>
            <div class="row">
                <div class="field">
                    <label for="sex">Médecin</label>
                    <select id="sex" name="sex">
                        <option value="">Femme ou homme</option>
                        <option value="F">Femme</option>
                        <option value="M">Homme</option>
                    </select>
                </div>
                <div class="field">
                    <label for="language">Langue du patient</label>
                    <select id="language" name="language">
                        <option value="">Français</option>
                        ${LANGUAGES.map((code) => html`<option value=${code}
                            >${languageName(code)}</option>`)}
                    </select>
                </div>
                <div class="field">
                    <label for="household">Personnes du foyer à prendre</label>
                    <select id="household" name="household">
                        ${Array.from({ length: 10 }, (_, index) => html`
                            <option value=${index + 1}>${index === 0
                                ? 'Ce patient seul'
                                : `${index + 1} personnes`}</option>`)}
                    </select>
                </div>
            </div>
            <div class="choices">${
                this.check('accessible', 'Accès en fauteuil roulant')}</div>
        </details>`;
    }

    criteria() {
        /* without communes there is nothing to choose from yet */
        return html`<div ?hidden=${this.followed !== 'no' || !this.territory}>
            <div class="row">
                <commune-field label="Commune du patient"
                    .communes=${this.territory?.communes ?? []}
                    .wrong=${this.wrong.commune ?? ''}></commune-field>
                <div class="field short">
                    <label for="age">Âge</label>
                    <input id="age" name="age" inputmode="numeric"
                        maxlength="3" autocomplete="off"
                        aria-invalid=${this.wrong.age ? 'true' : 'false'}
                        aria-describedby="age-wrong">
                    <p class="wrong" id="age-wrong" role="status">${
                        this.wrong.age ?? ''}</p>
                </div>
            </div>
            <fieldset>
                <legend>Situation et besoins</legend>
                <div class="choices two">
                    ${this.check('ald', 'ALD')}
                    ${this.check('precarity', 'C2S ou AME')}
                    ${this.check('home_visit', 'Visites à domicile')}
                    ${this.check('teleconsultation',
                                 'Téléconsultation possible')}
                </div>
            </fieldset>
            ${this.more()}
            <button class="main wide" aria-busy=${this.busy}>${this.busy
                ? 'Recherche…' : 'Trouver un médecin'}</button>
        </div>`;
    }

    /** What the patient might do without, if that excludes somebody. */
    without() {
        const buttons = SPARED
            .filter(([requirement, , asked]) => this.need?.[asked]
                && this.answer?.excluded.some((one) =>
                    one.requirement === requirement))
            .map(([, field, , text]) => html`<button type="button"
                @click=${() => this.spare(field)}>${text}</button>`);
        return buttons.length === 0 ? nothing : html`
            <p>Si le patient est d’accord${NB}:</p>
            <p class="actions">${buttons}</p>`;
    }

    /** Asks again without one criterion. @param {string} field */
    spare(field) {
        const control = this.find(`[name="${field}"]`);
        if (control.type === 'checkbox') {
            control.checked = false;
        }
        else {
            control.selectedIndex = 0;
        }
        this.ask(this.read());
    }

    excluded() {
        const { answer, need } = this;
        const most = this.territory?.limits.proposals ?? MARKS.length;
        if (!answer || !need || answer.excluded.length === 0
            || answer.proposals.length >= most) {
            return nothing;
        }
        const list = html`<ul>${answer.excluded.map((one) => html`<li>${
            whyNot(one.requirement, one.count, answer, need)}</li>`)}</ul>`;
        return answer.proposals.length === 0
            ? html`<h3>Pourquoi</h3>${list}${this.without()}`
            : html`<details><summary>Pourquoi pas plus de propositions${NB}?
                </summary>${list}</details>`;
    }

    advice() {
        const advice = this.answer?.advice ?? [];
        if (advice.length === 0) {
            return nothing;
        }
        const call = this.territory?.phone
            && advice.some((one) => one.code === 'coordination');
        return html`<div class="note">
            <h3>Que faire maintenant</h3>
            <ul>${advice.map((one) => html`<li>${one.text}</li>`)}</ul>
            ${call ? html`<p><a class="button"
                href=${phoneLink(this.territory?.phone ?? '')}>Appeler la
                coordination${NB}: ${phone(this.territory?.phone ?? '')}</a>
                </p>` : nothing}
        </div>`;
    }

    heading() {
        const { answer } = this;
        const count = answer?.proposals.length ?? 0;
        if (count === 0) {
            return `Aucun médecin à moins de ${
                kilometres(answer?.radius_km ?? 0)}`;
        }
        return count === 1 ? 'Un médecin peut prendre ce patient'
            : `${count} médecins peuvent prendre ce patient`;
    }

    /** What a card has to know for holding a place.
     * @param {import('./doctor-card.js').Proposal} proposal */
    placing(proposal) {
        const { held } = this;
        const other = held !== null && held.answer === this.answer
            && holds(held.placement) && held.placement.rpps !== proposal.rpps;
        return {
            places: this.need?.household ?? 1,
            elsewhere: other ? held.name : '',
            held: (/** @type {CustomEvent} */ { detail }) => {
                const { placement, to } = detail;
                this.held = { placement, name: to.name,
                              answer: this.answer?.proposals.includes(to)
                                  ? this.answer : null };
            },
            again: () => this.find('form').requestSubmit(),
        };
    }

    result() {
        const { answer } = this;
        if (!answer) {
            return nothing;
        }
        return html`${heldNote(this.held, answer)}
            <h2 id="result-title" tabindex="-1">${this.heading()}</h2>
            ${answer.proposals.length > 1
                ? html`<p>Le patient choisit librement.</p>` : nothing}
            <div class="doctors">${answer.proposals.map((proposal, index) =>
                doctorCard(proposal, MARKS[index], this.need?.commune,
                           this.placing(proposal)))}</div>
            ${answer.proposals.length === 0
                ? [this.advice(), this.excluded()]
                : [this.excluded(), this.advice()]}
            <p><button type="button" @click=${this.again}>Autre patient
            </button></p>`;
    }

    chart() {
        const { answer, need, territory } = this;
        if (!answer || !need || answer.proposals.length === 0) {
            return nothing;
        }
        const visits = drawnVisits(answer.proposals, MARKS);
        return html`<div class="where">
            <territory-map label="Carte${NB}: le patient et les médecins"
                legend=${`Commune foncée${NB}: celle du patient.${
                    visits.legend}`} ?outlined=${territory?.contours}
                .communes=${territory?.communes ?? []}
                .shades=${{ ...visits.shades, [need.commune]: 'here' }}
                .notes=${visits.notes} .circles=${visits.circles}
                .marks=${answer.proposals.map((proposal, index) => ({
                    ...proposal.site.point, label: MARKS[index],
                    title: proposal.name }))}></territory-map>
            <details><summary>La carte en tableau</summary>
                ${this.table(answer)}</details>
        </div>`;
    }

    /** @param {Answer} answer */
    table(answer) {
        return html`<table>
            <thead><tr><th scope="col">Repère</th>
                <th scope="col">Médecin</th><th scope="col">Commune</th>
                <th scope="col">Distance</th></tr></thead>
            <tbody>${answer.proposals.map((proposal, index) => html`<tr>
                <td>${MARKS[index]}</td><td>${proposal.name}</td>
                <td>${proposal.site.commune_name}</td>
                <td>${kilometres(proposal.distance_km)}</td></tr>`)}</tbody>
        </table>${this.visited(answer)}`;
    }

    /** Where each doctor visits at home, if that was asked.
     * @param {Answer} answer */
    visited(answer) {
        const communes = this.territory?.communes ?? [];
        const lines = answer.proposals.map(({ visits }, index) =>
            visits && html`<li>${MARKS[index]}${NB}: ${
                visitWords(visits, communes)}.</li>`);
        return lines.some(Boolean)
            ? html`<h3>Visites à domicile</h3><ul class="small">${lines}</ul>`
            : nothing;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p></div>` : nothing;
    }

    wait() {
        return this.slow ? html`<div class="note" role="status">
            <p>La réponse tarde. Ce que vous avez saisi reste là.</p>
            <button type="button" @click=${() => this.control?.abort()}
                >Arrêter</button></div>` : nothing;
    }

    render() {
        return html`<div class="search">
            <form class="card" autocomplete="off" novalidate
                @submit=${this.submit}>
                ${this.first()}
                ${this.followed === 'yes' ? this.declare() : nothing}
                ${this.criteria()}
            </form>
            <section class="results" aria-label="Réponse"
                aria-busy=${this.busy}>
                ${this.trouble()}${this.wait()}${this.result()}
            </section>
            ${this.chart()}
        </div>`;
    }
}

customElements.define('cpts-search', CptsSearch);
