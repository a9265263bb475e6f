/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-delegates>: who acts on the sheet for the doctor, named and removed.
 */
import { LitElement, html, nothing } from './vendor/lit.js';
import { call, get, post } from './api.js';
import { dayOf } from './invitations-text.js';
import { NB, moment } from './text.js';
import { qrPicture } from './token.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {{account: string, email: string | null,
 *     created_at: string}} Delegate
 */

export class SheetDelegates extends LitElement {
    static properties = {
        rpps: { attribute: false },
        delegates: { state: true }, waiting: { state: true },
        made: { state: true }, busy: { state: true }, sure: { state: true },
        problem: { state: true }, wrong: { state: true },
        done: { state: true },
    };

    constructor() {
        super();
        this.rpps = '';
        /** Null until read. @type {Delegate[] | null} */
        this.delegates = null;
        /** Invitations that were not used yet. @type {Invitation[]} */
        this.waiting = [];
        /** With its code: here only. @type {Invitation | null} */
        this.made = null;
        this.busy = false;
        /** What is to be removed, once confirmed. */
        this.sure = '';
        /** @type {Problem | null} */
        this.problem = null;
        this.wrong = '';
        this.done = '';
    }

    createRenderRoot() {
        return this;
    }

    /** @param {Event} event */
    opened(event) {
        const box = /** @type {HTMLDetailsElement} */ (event.currentTarget);
        if (box.open && !this.delegates && event.target === box) {
            this.run(() => this.read());
        }
    }

    async read() {
        const [{ delegates }, { invitations }] = await Promise.all([
            get(`/sheets/${this.rpps}/delegates`),
            get('/invitations?state=open')]);
        this.delegates = delegates;
        this.waiting = invitations.filter((/** @type {Invitation} */ one) =>
            one.role === 'delegate' && one.rpps === this.rpps);
    }

    /** @param {() => Promise<unknown>} what */
    async run(what) {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.problem = null;
        this.done = '';
        try {
            await what();
        }
        catch (error) {
            const problem = /** @type {Problem} */ (error);
            this.wrong = problem.fault('/name');
            this.problem = this.wrong ? null : problem;
        }
        this.busy = false;
    }

    /** @param {string} selector */
    async focusOn(selector) {
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector(selector))?.focus();
    }

    /** @param {Event} event */
    async invite(event) {
        event.preventDefault();
        const input = /** @type {HTMLInputElement} */ (
            this.querySelector('#delegate-name'));
        const name = input.value.trim();
        this.wrong = name ? '' : 'Indiquez le nom de la personne.';
        if (!name) {
            input.focus();
            return;
        }
        await this.run(async () => {
            this.made = await post('/invitations', {
                role: 'delegate', rpps: this.rpps, name });
            input.value = '';
            await this.read();
            await this.focusOn('#delegate-made');
        });
    }

    /** @param {Invitation} one */
    renew(one) {
        return this.run(async () => {
            this.made = await post(`/invitations/${one.id}/renew`, {});
            await this.read();
            await this.focusOn('#delegate-made');
        });
    }

    /** @param {Invitation} one */
    revoke(one) {
        return this.run(async () => {
            await call('DELETE', `/invitations/${one.id}`);
            this.made = this.made?.id === one.id ? null : this.made;
            await this.read();
            this.done = `L’invitation de ${one.name} est annulée.`;
            await this.focusOn('#delegates-now');
        });
    }

    /** @param {string} account */
    withdraw(account) {
        return this.run(async () => {
            await call('DELETE', `/sheets/${this.rpps}/delegates/${
                encodeURIComponent(account)}`);
            this.sure = '';
            await this.read();
            this.done = `C’est fait${NB}: ${account} n’a plus accès.`;
            await this.focusOn('#delegates-now');
        });
    }

    /** @param {string} account */
    async ask(account) {
        this.sure = account;
        await this.focusOn(account ? '#delegate-sure' : '#delegates-now');
    }

    /* --- what is seen */

    /** @param {Delegate} one */
    delegate(one) {
        return html`<li><p><strong><bdi>${one.account}</bdi></strong>
            <span class="muted small">depuis le ${dayOf(one.created_at)}
            </span></p>
            ${this.sure === one.account ? html`<p>Cette personne n’aura plus
                accès, dès maintenant.</p>
                <div class="actions"><button type="button" class="danger"
                    id="delegate-sure" aria-busy=${this.busy}
                    @click=${() => this.withdraw(one.account)}>Oui, retirer
                    l’accès</button>
                <button type="button" @click=${() => this.ask('')}>Non
                    </button></div>`
                : html`<button type="button" class="danger"
                    @click=${() => this.ask(one.account)}>Retirer l’accès<span
                    class="hidden-text"> de ${one.account}</span></button>`}
        </li>`;
    }

    /** @param {Invitation} one */
    invited(one) {
        const whose = html`<span class="hidden-text"> pour ${one.name}</span>`;
        return html`<li><p><bdi>${one.name}</bdi> <span class="muted small"
            >invitation valable jusqu’au ${dayOf(one.expires_at)}
            </span></p>
            <div class="actions"><button type="button"
                @click=${() => this.renew(one)}>Nouveau code${whose}</button>
            <button type="button" @click=${() => this.revoke(one)}>Annuler
                l’invitation${whose}</button></div></li>`;
    }

    list() {
        if (!this.delegates) {
            return this.busy ? html`<p>Un instant…</p>` : nothing;
        }
        return html`<h3 id="delegates-now" tabindex="-1">${
            this.delegates.length > 0 ? 'Ont accès'
                : 'Personne n’a accès pour l’instant'}</h3>
            <ul class="people">${this.delegates.map((one) =>
                this.delegate(one))}</ul>
            ${this.waiting.length > 0 ? html`<h3>Invités</h3>
                <ul class="people">${this.waiting.map((one) =>
                    this.invited(one))}</ul>` : nothing}`;
    }

    /** @param {Invitation} made */
    handed(made) {
        return html`<div class="note good">
            <h3 id="delegate-made" tabindex="-1">À remettre à <bdi>${
                made.name}</bdi></h3>
            <div class="handed">${made.qr ? qrPicture(made.qr,
                'Carré à scanner pour ouvrir l’invitation') : nothing}
            <div><p>À scanner, ou à ouvrir${NB}:<br>${
                (made.address ?? '').replace(/#.*/, '')}</p>
                <p>Code${NB}:<br><span class="token">${made.token}</span></p>
                <p class="small">Valable une fois, jusqu’au ${
                    moment(made.expires_at)}. Ce code n’est montré qu’ici et
                maintenant.</p></div></div>
            <button type="button" @click=${() => {
                this.made = null;
                this.focusOn('#delegates-now');
            }}>C’est fait</button></div>`;
    }

    form() {
        return html`<form novalidate autocomplete="off" @submit=${this.invite}>
            <div class="field">
                <label for="delegate-name">Prénom et nom</label>
                <input id="delegate-name" dir="auto" maxlength="120"
                    autocomplete="off" aria-describedby="delegate-wrong"
                    aria-invalid=${this.wrong ? 'true' : 'false'}>
                <p class="wrong" id="delegate-wrong" role="status">${
                    this.wrong}</p>
            </div>
            <button aria-busy=${this.busy}>Inviter cette personne</button>
        </form>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            ${this.delegates ? nothing : html`<button type="button"
                @click=${() => this.run(() => this.read())}>Recommencer
                </button>`}</div>` : nothing;
    }

    render() {
        return html`<details class="card section" id="section-delegates"
            @toggle=${this.opened}>
            <summary><span class="heading"><h2>Mon secrétariat</h2></span>
            </summary>
            <div class="inside">
                <p class="muted small">La personne aura son propre compte. Elle
                tiendra votre fiche et répondra pour vous. Ce qu’elle fait est
                noté à son nom. Elle ne voit pas qui a vu la fiche, et ne peut
                pas l’effacer.</p>
                <div aria-busy=${this.busy}>${this.list()}</div>
                <p class="done" role="status">${this.done}</p>
                ${this.trouble()}
                ${this.made ? this.handed(this.made) : nothing}
                ${this.delegates ? this.form() : nothing}
            </div></details>`;
    }
}

customElements.define('sheet-delegates', SheetDelegates);
