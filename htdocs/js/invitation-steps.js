/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-invitation>: the code, who it is for, the account, and in. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './invitation-account.js';
import { post } from './api.js';
import { dayOf, titled } from './invitations-text.js';
import { home } from './page.js';
import { signIn } from './sign-in.js';
import { site } from './site.js';
import { NB, plural } from './text.js';
import { SYMBOLS, readToken, symbols } from './token.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./invitation-account.js').Account} Account
 * @typedef {import('./terms-text.js').Terms} Terms
 * @typedef {{role: 'doctor' | 'professional' | 'delegate', name: string,
 *     rpps: string | null, email: string | null, profession: string | null,
 *     structure: string | null, expires_at: string, terms: Terms | null,
 *     sheet: boolean}} Opened
 */

/** Why an invitation does not open any more.
 * @type {Record<string, [string, string]>} */
const DEAD = {
    invitation_used: ['Cette invitation a déjà servi',
        `Votre compte existe${NB}: connectez-vous. Si ce n’est pas vous qui `
        + 'l’avez créé, prévenez tout de suite la coordination.'],
    invitation_expired: ['Cette invitation n’est plus valable',
        'Demandez-en une nouvelle à la coordination.'],
    invitation_revoked: ['Cette invitation a été remplacée ou annulée',
        'Si vous avez reçu une autre lettre, prenez la plus récente. Sinon, '
        + 'demandez à la coordination.'],
};

/** Why a code cannot be one, or nothing. @param {string} typed */
function wrongCode(typed) {
    const many = symbols(typed).length;
    if (many === 0) {
        return 'Tapez le code de votre lettre.';
    }
    if (many !== SYMBOLS) {
        return `Il y a ${plural(many, 'caractère')} au lieu de ${SYMBOLS}${
            NB}: comparez avec la lettre.`;
    }
    return readToken(typed) ? '' : 'Un code n’a que des chiffres et des '
        + 'lettres sans accent, jamais U.';
}

export class CptsInvitation extends LitElement {
    static properties = {
        step: { state: true }, busy: { state: true },
        invited: { state: true }, problem: { state: true },
        wrong: { state: true },
    };

    constructor() {
        super();
        /** @type {'wait' | 'code' | 'who' | 'other' | 'account' | 'dead'
         *         | 'failed' | 'made'} */
        this.step = 'wait';
        this.busy = false;
        /** Nowhere but here. */
        this.token = '';
        /** @type {Opened | null} */
        this.invited = null;
        /** @type {Problem | null} */
        this.problem = null;
        this.wrong = '';
    }

    createRenderRoot() {
        return this;
    }

    /** Asks for the code. */
    start() {
        this.step = 'code';
    }

    /** @param {CptsInvitation['step']} step @param {Problem | null} problem */
    async go(step, problem = null) {
        this.step = step;
        this.problem = problem;
        this.wrong = '';
        await this.focusOn('h2');
    }

    /** @param {string} selector */
    async focusOn(selector) {
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector(selector))?.focus();
    }

    /** @param {string} token */
    async open(token) {
        const typed = this.step === 'code';
        this.token = token;
        this.busy = true;
        this.problem = null;
        this.wrong = '';
        try {
            this.invited = await post('/invitations/open', { token },
                                      { quiet: true });
            await this.go('who');
        }
        catch (error) {
            await this.notOpened(/** @type {Problem} */ (error), typed);
        }
        this.busy = false;
    }

    /** @param {Problem} problem @param {boolean} typed */
    async notOpened(problem, typed) {
        if (problem.status === 410) {
            await this.go('dead', problem);
        }
        else if (problem.status === 404 || problem.status === 422) {
            await this.go('code');
            this.wrong = typed ? 'Ce code n’est pas, ou n’est plus, celui '
                + 'd’une invitation. Comparez-le avec la lettre la plus '
                + 'récente.'
                : 'L’adresse suivie n’est pas, ou n’est plus, celle d’une '
                + 'invitation. Tapez le code de la lettre la plus récente.';
            await this.focusOn('#code');
        }
        else {
            await this.go(typed ? 'code' : 'failed', problem);
            await this.focusOn('#trouble');
        }
    }

    /** @param {Event} event */
    async typed(event) {
        event.preventDefault();
        const input = /** @type {HTMLInputElement} */ (
            this.querySelector('#code'));
        this.wrong = wrongCode(input.value);
        if (this.wrong) {
            input.focus();
        }
        else if (!this.busy) {
            await this.open(readToken(input.value));
        }
    }

    /** @param {CustomEvent<Account>} event */
    async create({ detail }) {
        this.busy = true;
        this.problem = null;
        let made = false;
        try {
            await post('/invitations/use', { token: this.token, ...detail },
                       { quiet: true });
            made = true;
            this.token = '';
            const me = await signIn(detail.account, detail.password);
            window.location.replace(home(me.role));
            return;
        }
        catch (error) {
            const problem = /** @type {Problem} */ (error);
            if (made || problem.status === 410) {
                await this.go(made ? 'made' : 'dead', problem);
            }
            this.problem = problem;
        }
        this.busy = false;
    }

    /* --- what is seen */

    code() {
        return html`<form class="card" novalidate @submit=${this.typed}>
            <h2 tabindex="-1">Le code de votre lettre</h2>
            <div class="field">
                <label for="code">Code</label>
                <input id="code" autocomplete="off" autocapitalize="characters"
                    spellcheck="false" maxlength="400"
                    placeholder="XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX"
                    aria-describedby="code-hint code-wrong"
                    aria-invalid=${this.wrong ? 'true' : 'false'}>
                <p class="hint" id="code-hint">${SYMBOLS}${NB}lettres et
                chiffres. Les tirets, les espaces et les majuscules ne comptent
                pas.</p>
                <p class="wrong" id="code-wrong" role="status">${this.wrong}
                </p>
            </div>
            ${this.wrong ? nothing : this.trouble()}
            <button class="main wide" aria-busy=${this.busy}>Continuer
            </button></form>
            <p class="muted small">Vous avez déjà un compte${NB}? <a
                href=${site('connexion.html')}>Se connecter</a></p>`;
    }

    /** @param {Opened} invited */
    who(invited) {
        const { role, rpps, profession, structure } = invited;
        const job = [profession, structure].filter((text) => text).join(', ');
        return html`<div class="card who">
            <h2 tabindex="-1">Êtes-vous <bdi>${titled(invited)}</bdi>${NB}?
            </h2>
            ${job ? html`<p><bdi>${job}</bdi></p>` : nothing}
            ${rpps ? html`<p>${role === 'delegate'
                ? `Secrétariat du médecin au RPPS${NB}` : `RPPS${NB}`}${
                rpps}</p>` : nothing}
            <div class="actions">
                <button type="button" class="main" @click=${() =>
                    this.go('account')}>Oui, c’est moi</button>
                <button type="button" @click=${() => this.go('other')}
                    >Non</button>
            </div></div>
            <p class="muted small">Invitation valable une fois, jusqu’au ${
                dayOf(invited.expires_at)}.</p>`;
    }

    other() {
        return html`<div class="card">
            <h2 tabindex="-1">Cette invitation n’est pas pour vous</h2>
            <p>Rien n’a été créé. Détruisez la lettre, ou rendez-la à la
            coordination de la CPTS.</p>
            <button type="button" @click=${() => this.go('who')}>Revenir
            </button></div>`;
    }

    /** @param {Opened} invited */
    account(invited) {
        return html`<h2 tabindex="-1">Votre compte</h2>
            <p>Pour <bdi>${titled(invited)}</bdi>.${
                invited.role !== 'doctor' ? '' : invited.sheet
                    ? ' Votre fiche existe déjà, vous la vérifierez ensuite.'
                    : ' Ensuite, vous remplirez votre fiche.'}</p>
            <new-account .invited=${invited} .problem=${this.problem}
                .busy=${this.busy} @account=${this.create}></new-account>`;
    }

    dead() {
        const [title, what] = DEAD[this.problem?.code ?? '']
            ?? [this.problem?.title ?? '', this.problem?.detail ?? ''];
        return html`<div class="note warn" role="alert">
            <h2 tabindex="-1">${title}</h2><p>${what}</p>
            <p class="actions">${this.problem?.code === 'invitation_used'
                ? html`<a class="button main" href=${site('connexion.html')}
                    >Se connecter</a>` : nothing}
            <button type="button" @click=${() => this.go('code')}>Taper un
            autre code</button></p></div>`;
    }

    made() {
        return html`<div class="note good">
            <h2 tabindex="-1">Votre compte est créé</h2>
            <p>Il reste à vous connecter, avec le nom et le mot de passe que
            vous venez de choisir.</p>
            <p><a class="button main" href=${site('connexion.html')}>Se
            connecter</a></p></div>`;
    }

    failed() {
        return html`<h2 tabindex="-1" class="hidden-text">L’invitation ne
            s’ouvre pas</h2>${this.trouble()}
            <p><button type="button" class="main" aria-busy=${this.busy}
                @click=${() => this.open(this.token)}>Recommencer</button></p>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert"
            id="trouble" tabindex="-1">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p></div>` : nothing;
    }

    render() {
        const invited = /** @type {Opened} */ (this.invited);
        switch (this.step) {
        case 'code': return this.code();
        case 'who': return this.who(invited);
        case 'other': return this.other();
        case 'account': return this.account(invited);
        case 'dead': return this.dead();
        case 'made': return this.made();
        case 'failed': return this.failed();
        default: return html`<p role="status">Un instant…</p>`;
        }
    }
}

customElements.define('cpts-invitation', CptsInvitation);
