/* SPDX-License-Identifier: Apache-2.0 */
/* <invite-person>: one doctor or one other professional. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './commune-field.js';
import { post } from './api.js';
import { addressLines } from './invitations-text.js';
import { NB } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {{label: string, hint?: string, type?: string, mode?: string,
 *     capital?: string}} Look
 */

/** Fields of the form by what the server says of them.
 * @type {Record<string, string>} */
const FIELDS = {
    '/name': 'name', '/rpps': 'rpps', '/email': 'email',
    '/profession': 'profession', '/structure': 'structure',
    '/draft/phone': 'phone', '/draft/sites/0/name': 'place',
    '/draft/sites/0/address': 'address', '/draft/sites/0/commune': 'commune',
};

/** Event "invited" with letters. */
export class InvitePerson extends LitElement {
    static properties = {
        territory: { attribute: false },
        role: { state: true }, busy: { state: true },
        mail: { state: true }, done: { state: true },
        problem: { state: true }, wrong: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** @type {any} */
        this.role = 'doctor';
        /** Does the site send it? */
        this.mail = false;
        this.busy = false;
        this.done = '';
        /** @type {Problem | null} */
        this.problem = null;
        /** @type {Record<string, string>} */
        this.wrong = {};
    }

    createRenderRoot() {
        return this;
    }

    /** What is typed, nothing when empty. @param {string} id */
    typed(id) {
        const input = /** @type {HTMLInputElement | null} */ (
            this.querySelector(`#i-${id}`));
        return input?.value.trim() || null;
    }

    /** What is known of a doctor's practice, if anything is. */
    draft() {
        /** @type {Record<string, any>} */
        const site = {};
        for (const [key, id] of [['name', 'place'], ['address', 'address'],
                                 ['commune', 'commune']]) {
            const value = this.typed(id);
            if (value) {
                site[key] = value;
            }
        }
        const phone = this.typed('phone');
        return { ...phone ? { phone } : {},
                 ...Object.keys(site).length > 0 ? { sites: [site] } : {} };
    }

    /** What is sent. */
    body() {
        const doctor = this.role === 'doctor';
        const draft = doctor ? this.draft() : {};
        /** @type {Record<string, unknown>} */
        const body = { role: this.role, name: this.typed('name'),
                       email: this.typed('email') };
        if (doctor) {
            body.rpps = this.typed('rpps')?.replace(/\s/g, '') ?? null;
        }
        else {
            body.profession = this.typed('profession');
            body.structure = this.typed('structure');
        }
        if (Object.keys(draft).length > 0) {
            body.draft = draft;
        }
        if (this.mail) {
            body.mail = true;
        }
        return Object.fromEntries(Object.entries(body).filter(
            ([, value]) => value !== null));
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        if (this.busy) {
            return;
        }
        const body = this.body();
        this.wrong = {
            name: body.name ? '' : 'Indiquez le nom.',
            rpps: this.role !== 'doctor' || /^\d{11}$/.test(String(body.rpps))
                ? '' : 'Un numéro RPPS a 11 chiffres.',
            email: this.mail && !body.email
                ? 'Indiquez l’adresse de l’e-mail.' : '',
        };
        this.problem = null;
        this.done = '';
        if (Object.values(this.wrong).some((text) => text)) {
            this.focusWrong();
            return;
        }
        await this.send(body);
    }

    /** @param {Record<string, any>} body */
    async send(body) {
        this.busy = true;
        try {
            const invitation = await post('/invitations', body);
            this.done = this.mail ? `Invitation faite${NB}: l’e-mail à ${
                invitation.email} partira au prochain envoi.` : '';
            this.dispatchEvent(new CustomEvent('invited', {
                detail: this.mail ? [] : [{ invitation,
                    lines: addressLines(this.territory,
                                                    body.draft?.sites?.[0]),
                }] }));
            this.clear();
        }
        catch (error) {
            this.say(/** @type {Problem} */ (error));
        }
        this.busy = false;
    }

    clear() {
        this.querySelector('form')?.reset();
        const field = /** @type {any} */ (this.querySelector('#i-commune'));
        field?.clear();
        this.role = 'doctor';
        this.mail = false;
        this.wrong = {};
    }

    /** @param {Problem} problem */
    say(problem) {
        this.wrong = {};
        for (const { pointer, detail } of problem.errors) {
            const id = FIELDS[pointer];
            if (id) {
                this.wrong[id] = detail;
            }
        }
        this.problem = problem.errors.length > 0
            && Object.keys(this.wrong).length === problem.errors.length
            ? null : problem;
        this.focusWrong();
    }

    async focusWrong() {
        await this.updateComplete;
        const first = Object.keys(this.wrong).find((id) => this.wrong[id]);
        const part = /** @type {HTMLElement | null} */ (this.querySelector(
            first ? `#i-${first}` : '#invite-trouble'));
        part?.closest('details')?.setAttribute('open', '');
        part?.focus();
    }

    /** @param {string} id @param {Look} look */
    input(id, look) {
        const wrong = this.wrong[id] ?? '';
        return html`<div class="field">
            <label for="i-${id}">${look.label}</label>
            <input id="i-${id}" type=${look.type ?? 'text'} dir="auto"
                autocomplete="off" maxlength="200"
                inputmode=${look.mode ?? nothing}
                aria-invalid=${wrong ? 'true' : 'false'}
                aria-describedby="${look.hint ? `i-${id}-hint ` : ''
                    }i-${id}-wrong">
            ${look.hint ? html`<p class="hint" id="i-${id}-hint">${look.hint}
                </p>` : nothing}
            <p class="wrong" id="i-${id}-wrong" role="status">${wrong}</p>
        </div>`;
    }

    /** @param {string} value @param {string} text */
    choice(value, text) {
        return html`<label class="choice"><input type="radio" name="i-role"
            value=${value} ?checked=${value === 'doctor'} @change=${() => {
                this.role = value;
                this.wrong = {};
                this.problem = null;
            }}>${text}</label>`;
    }

    doctor() {
        return html`<details><summary>Ce que vous savez déjà (facultatif)
            </summary>
            <p class="hint">Sa fiche en sera remplie d’avance, et la lettre
            portera son adresse. Le médecin corrigera.</p>
            <div class="row">
                ${this.input('place', { label: 'Nom du lieu' })}
                ${this.input('address', { label: 'Adresse' })}</div>
            <div class="row">
                <commune-field id="i-commune" class="field" label="Commune"
                    .communes=${this.territory?.communes ?? []}
                    .wrong=${this.wrong.commune ?? ''}></commune-field>
                ${this.input('phone', { label: 'Téléphone', type: 'tel' })}
            </div></details>`;
    }

    /** How it gets there. */
    way() {
        const way = (/** @type {boolean} */ mail,
                     /** @type {string} */ text) => html`
            <label class="choice"><input type="radio" name="i-way"
                ?checked=${!mail} @change=${() => {
                    this.mail = mail;
                    this.wrong = {};
                }}>${text}</label>`;
        return html`<fieldset><legend>Comment l’invitation
            lui parvient-elle${NB}?</legend>
            <div class="choices">${way(false,
                'Une lettre, ou un e-mail que j’écris')}${way(true,
                'Un e-mail que le site envoie')}</div></fieldset>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert"
            id="invite-trouble" tabindex="-1">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            ${this.problem.errors.length > 0 ? html`<ul>${
                this.problem.errors.map((one) => html`<li>${one.detail}</li>`)}
                </ul>` : nothing}</div>` : nothing;
    }

    render() {
        if (!this.territory) {
            return nothing; /* nobody would hear of what is made yet */
        }
        const doctor = this.role === 'doctor';
        return html`<form novalidate autocomplete="off" @submit=${this.submit}>
            <fieldset><legend>Qui invitez-vous${NB}?</legend>
                <div class="choices">${this.choice('doctor', 'Un médecin')}${
                    this.choice('professional', 'Un autre professionnel')}
                </div></fieldset>
            <div class="row">
                ${this.input('name', { label: 'Prénom et nom' })}
                ${doctor ? this.input('rpps', { label: 'Numéro RPPS',
                    mode: 'numeric', hint: '11 chiffres.' })
                    : this.input('profession', { label: 'Profession',
                        hint: `Par exemple${NB}: pharmacienne.` })}
            </div>
            <div class="row">
                ${doctor ? nothing : this.input('structure', {
                    label: 'Structure',
                    hint: `Par exemple${NB}: Pharmacie du Lac.` })}
                ${this.input('email', { type: 'email',
                    label: this.mail ? 'E-mail' : 'E-mail (facultatif)' })}
            </div>
            ${this.way()}
            ${doctor ? this.doctor() : nothing}
            ${this.trouble()}
            <p class="done" role="status">${this.done}</p>
            <button class="main" id="invite" aria-busy=${this.busy}>Inviter
            </button></form>`;
    }
}

customElements.define('invite-person', InvitePerson);
