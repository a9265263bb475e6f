/* SPDX-License-Identifier: Apache-2.0 */
/* <new-account>: a name, a password, and the text to accept. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './terms-text.js';
import { NB, fold } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./terms-text.js').Terms} Terms
 * @typedef {{name: string, terms: Terms | null, role: string}} Invited
 * @typedef {{account: string, password: string, terms?: string}} Account
 */

/** Characters of a password that is taken; bcrypt reads so many bytes. */
const SHORTEST = 8;
const LONGEST = 72;

/** "jeanne.roitelet"; nothing when the name has other letters.
 * @param {string} name */
export function suggested(name) {
    return fold(name.replace(/^(docteur|dr)\.?\s+/i, ''))
        .replace(/ /g, '.').slice(0, 64);
}

/** What is wrong with a name, or nothing. @param {string} account */
function wrongAccount(account) {
    if (account === '') {
        return 'Choisissez un nom de compte.';
    }
    return /^[A-Za-z0-9._@-]{1,64}$/.test(account) ? ''
        : 'Seulement des lettres sans accent, des chiffres, et . _ - @';
}

/** @param {string} password @param {string} account */
function wrongPassword(password, account) {
    const many = [...password].length;
    if (many < SHORTEST) {
        return many === 0 ? 'Choisissez un mot de passe.'
            : `Trop court${NB}: ${many}${NB}caractères, il en faut ${
                SHORTEST}.`;
    }
    if (new TextEncoder().encode(password).length > LONGEST) {
        return `Trop long${NB}: ${LONGEST}${NB}caractères au plus, les `
            + 'lettres accentuées comptent double.';
    }
    return password.toLowerCase() === account.toLowerCase()
        ? 'Prenez autre chose que le nom du compte.' : '';
}

/** Event "account" with an Account. */
export class NewAccount extends LitElement {
    static properties = {
        invited: { attribute: false },
        problem: { attribute: false },
        busy: { attribute: false },
        shown: { state: true },
        wrong: { state: true },
    };

    constructor() {
        super();
        /** @type {Invited | null} */
        this.invited = null;
        /** What the server said. @type {Problem | null} */
        this.problem = null;
        this.busy = false;
        this.shown = false;
        /** What is wrong here. @type {Record<string, string>} */
        this.wrong = {};
    }

    createRenderRoot() {
        return this;
    }

    /** @param {string} id @returns {HTMLInputElement} */
    input(id) {
        return /** @type {HTMLInputElement} */ (this.querySelector(`#${id}`));
    }

    /** @param {Map<string, unknown>} changed */
    updated(changed) {
        if (changed.has('problem') && this.problem) {
            this.wrong = {
                account: this.problem.fault('/account')
                    || (this.problem.code === 'account_taken'
                        ? this.problem.detail : ''),
                password: this.problem.fault('/password'),
                terms: this.problem.fault('/terms'),
            };
            this.focusWrong();
        }
    }

    focusWrong() {
        const first = ['account', 'password', 'terms'].find((name) =>
            this.wrong[name]);
        /** @type {HTMLElement | null} */ (this.querySelector(
            first ? `#${first}` : '#account-trouble'))?.focus();
    }

    /** @param {Event} event */
    submit(event) {
        event.preventDefault();
        if (this.busy) {
            return;
        }
        const terms = this.invited?.terms;
        const account = this.input('account').value.trim();
        const password = this.input('password').value;
        this.wrong = {
            account: wrongAccount(account),
            password: wrongPassword(password, account),
            terms: terms && !this.input('terms').checked
                ? 'Cochez pour accepter.' : '',
        };
        if (Object.values(this.wrong).some((text) => text)) {
            this.focusWrong();
            return;
        }
        this.dispatchEvent(new CustomEvent('account', { detail: {
            account, password, ...terms ? { terms: terms.version } : {} } }));
    }

    /** @param {string} id @param {string} text */
    fault(id, text = this.wrong[id] ?? '') {
        return html`<p class="wrong" id="${id}-wrong" role="status">${text}
            </p>`;
    }

    /** @param {Invited} invited */
    names(invited) {
        return html`<div class="field">
            <label for="account">Nom de compte</label>
            <input id="account" autocomplete="username" autocapitalize="none"
                spellcheck="false" maxlength="64"
                .defaultValue=${suggested(invited.name)}
                aria-describedby="account-hint account-wrong"
                aria-invalid=${this.wrong.account ? 'true' : 'false'}>
            <p class="hint" id="account-hint">Pour vous connecter. Lettres sans
            accent, chiffres, et . _ - @</p>
            ${this.fault('account')}
        </div>
        <div class="field">
            <label for="password">Mot de passe</label>
            <p class="hint before" id="password-hint">Au moins ${SHORTEST}
            caractères. Trois ou quatre mots qui n’ont rien à voir se
            retiennent bien.</p>
            <input id="password" type=${this.shown ? 'text' : 'password'}
                autocomplete="new-password" autocapitalize="none"
                spellcheck="false"
                aria-describedby="password-hint password-wrong"
                aria-invalid=${this.wrong.password ? 'true' : 'false'}>
            ${this.fault('password')}
            <div class="choices show"><label class="choice"><input
                type="checkbox" @change=${(/** @type {any} */ event) => {
                    this.shown = event.target.checked;
                }}>Afficher le mot de passe</label></div>
        </div>`;
    }

    /** @param {Terms} terms */
    terms(terms) {
        const name = this.invited?.role === 'professional'
            ? 'les conditions d’utilisation' : 'la charte';
        return html`<fieldset><legend>${name.charAt(0).toUpperCase()}${
                name.slice(1)}</legend>
            <terms-text .terms=${terms} label="Texte de ${name}"></terms-text>
            <div class="choices"><label class="choice"><input id="terms"
                type="checkbox" aria-describedby="terms-wrong"
                aria-invalid=${this.wrong.terms ? 'true' : 'false'}>J’ai lu et
                j’accepte ${name}</label></div>
            ${this.fault('terms')}</fieldset>`;
    }

    trouble() {
        const { problem } = this;
        return problem && !Object.values(this.wrong).some((text) => text)
            ? html`<div class="note bad" role="alert" id="account-trouble"
                tabindex="-1"><p><strong>${problem.title}</strong></p>
                <p>${problem.detail}</p></div>` : nothing;
    }

    render() {
        const { invited } = this;
        return invited ? html`<form class="card" novalidate
            @submit=${this.submit}>
            ${this.names(invited)}
            ${invited.terms ? this.terms(invited.terms) : nothing}
            ${this.trouble()}
            <button class="main wide" id="create" aria-busy=${this.busy}
                >Créer mon compte</button></form>` : nothing;
    }
}

customElements.define('new-account', NewAccount);
