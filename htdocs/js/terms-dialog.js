/* SPDX-License-Identifier: Apache-2.0 */
/* A new text to accept: read and accepted in place, and the work goes on. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './fiche-erase.js';
import './terms-text.js';
import { call, get, newKey, post } from './api.js';
import { dialogHost } from './sign-in.js';
import { site } from './site.js';
import { NB } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./sign-in.js').Me} Me
 * @typedef {import('./terms-text.js').Terms} Terms
 */

/** How each role calls its text. @param {string} role */
export function termsName(role) {
    return role === 'professional' ? 'les conditions d’utilisation'
        : 'la charte';
}

export class CptsTermsDialog extends LitElement {
    static properties = {
        me: { state: true }, terms: { state: true }, busy: { state: true },
        problem: { state: true }, refusing: { state: true },
        left: { state: true },
    };

    constructor() {
        super();
        /** @type {Me | null} */
        this.me = null;
        /** @type {Terms | null} */
        this.terms = null;
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        this.refusing = false;
        this.left = false;
        /** The one "leave", even when it is sent again. */
        this.key = newKey();
        /** @type {(accepted: boolean) => void} */
        this.end = () => {};
    }

    createRenderRoot() {
        return this;
    }

    get box() {
        return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    }

    /** Asks; true when the text is accepted. @returns {Promise<boolean>} */
    async ask() {
        await this.updateComplete;
        this.box.showModal();
        this.focusOn('#terms-title');
        return new Promise((resolve) => {
            this.end = resolve;
        });
    }

    /** @param {string} selector */
    async focusOn(selector) {
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector(selector))?.focus();
    }

    /** @param {boolean} accepted */
    finish(accepted) {
        this.end(accepted);
        this.remove();
    }

    /** @param {() => Promise<unknown>} what */
    async run(what) {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.problem = null;
        try {
            await what();
        }
        catch (error) {
            this.problem = /** @type {Problem} */ (error);
        }
        this.busy = false;
    }

    accept() {
        return this.run(async () => {
            await post('/me/terms', { version: this.terms?.version });
            this.finish(true);
        });
    }

    leave() {
        return this.run(async () => {
            await call('POST', `/sheets/${this.me?.rpps}/leave`,
                       { body: {}, key: this.key });
            this.left = true;
            await this.focusOn('#terms-left');
        });
    }

    async erased() {
        await fetch(site('logout'), { credentials: 'same-origin' })
            .catch(() => null);
        location.replace(site(''));
    }

    /** @param {boolean} refusing */
    async refuse(refusing) {
        this.refusing = refusing;
        await this.focusOn('#terms-title');
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p></div>` : nothing;
    }

    /** A doctor who does not accept keeps the hand all the same. */
    ways() {
        return html`<h2 id="terms-title" tabindex="-1">Sans votre accord</h2>
            <p>Vos pages vous sont fermées. Votre fiche reste proposée tant que
            vous ne quittez pas la liste.</p>
            ${this.left ? html`<div class="note good">
                <p id="terms-left" tabindex="-1"><strong>C’est fait${NB}:
                </strong> plus personne ne reçoit votre fiche.</p></div>`
                : html`<p><button type="button" class="wide"
                    aria-busy=${this.busy} @click=${this.leave}>Quitter la
                    liste</button></p>`}
            ${this.trouble()}
            <sheet-erase .rpps=${this.me?.rpps ?? ''} .own=${true}
                @erased=${this.erased}></sheet-erase>
            <div class="actions">
                <button type="button" @click=${() => this.refuse(false)}
                    >Revenir au texte</button>
                <a class="button" href=${site('logout')}>Se déconnecter</a>
            </div>`;
    }

    text() {
        const name = termsName(this.me?.role ?? '');
        return html`<h2 id="terms-title" tabindex="-1">Lisez ${name}</h2>
            <p>La CPTS vous demande de l’accepter pour continuer. Ce que vous
            avez saisi est toujours là.</p>
            <terms-text .terms=${this.terms} label="Texte de ${name}">
            </terms-text>
            ${this.trouble()}
            <div class="actions">
                <button type="button" class="main" aria-busy=${this.busy}
                    @click=${this.accept}>J’accepte</button>
                ${this.me?.role === 'doctor' ? html`<button type="button"
                    @click=${() => this.refuse(true)}>Je n’accepte pas…
                    </button>` : html`<button type="button"
                    @click=${() => this.finish(false)}>Pas maintenant
                    </button>`}
            </div>`;
    }

    render() {
        return html`<dialog class="ask-terms" aria-labelledby="terms-title"
            @close=${() => this.finish(false)}>${this.refusing ? this.ways()
                : this.text()}</dialog>`;
    }
}

customElements.define('cpts-terms-dialog', CptsTermsDialog);

/** @returns {Promise<boolean>} */
async function ask() {
    const me = await get('/me');
    if (!me.terms || me.terms.accepted) {
        return true; /* in another tab meanwhile */
    }
    const dialog = /** @type {CptsTermsDialog} */ (
        document.createElement('cpts-terms-dialog'));
    Object.assign(dialog, { me, terms: me.terms });
    dialogHost().appendChild(dialog);
    return dialog.ask();
}

/** @type {Promise<boolean> | null} */
let asking = null;

/** Asks once, whatever number of requests wait for it. */
export function acceptTerms() {
    asking ??= ask().finally(() => {
        asking = null;
    });
    return asking;
}
