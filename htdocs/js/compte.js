/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-account>: who one is here, one's data as a file, and their end. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { call, get } from './api.js';
import { ROLES } from './figure-text.js';
import { PAGES, open } from './page.js';
import { site } from './site.js';
import { NB, moment } from './text.js';

/**
 * @typedef {import('./sign-in.js').Me} Me
 * @typedef {import('./api.js').Problem} Problem
 */

/** @param {string | null} rpps */
async function hasSheet(rpps) {
    try {
        await get(`/sheets/${rpps}`);
        return true;
    }
    catch (error) {
        if (/** @type {Problem} */ (error).status === 404) {
            return false;
        }
        throw error;
    }
}

class CptsAccount extends LitElement {
    static properties = {
        me: { state: true },
        email: { state: true },
        sheet: { state: true },
        saved: { state: true },
        sure: { state: true },
        busy: { state: true },
        wrong: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {any} */
        this.me = null;
        this.email = '';
        this.saved = false;
        /** A doctor's, whose account is erased with it. */
        this.sheet = false;
        this.sure = false;
        this.busy = false;
        this.wrong = '';
        /** @type {Problem | null} */
        this.problem = null;
    }

    createRenderRoot() {
        return this;
    }

    /** Who is signed in. @param {Me} me */
    async start(me) {
        /* nothing to type in before what is known of it has come */
        try {
            this.sheet = me.role === 'doctor' && await hasSheet(me.rpps);
            this.email = (await get('/me/email')).email ?? '';
        }
        catch (error) {
            this.problem = /** @type {any} */ (error);
        }
        this.me = me;
    }

    /** @param {() => Promise<void>} work */
    async run(work) {
        if (this.busy) {
            return;
        }
        this.busy = true;
        this.problem = null;
        this.wrong = '';
        try {
            await work();
        }
        catch (error) {
            const problem = /** @type {Problem} */ (error);
            this.wrong = problem.fault('/email');
            this.problem = this.wrong ? null : problem;
        }
        this.busy = false;
    }

    /** @param {Event} event */
    save(event) {
        event.preventDefault();
        const field = /** @type {HTMLInputElement} */ (
            this.querySelector('#email'));
        this.saved = false;
        return this.run(async () => {
            const text = field.value.trim();
            await call('POST', '/me/email', { body: text ? { email: text }
                : {} });
            this.email = text;
            this.saved = true;
        }).then(() => {
            if (this.wrong) {
                field.focus();
            }
        });
    }

    /* Not a plain link: a session that is over is signed in again here. */
    download() {
        return this.run(async () => {
            const data = await get('/me/export');
            const file = new Blob([JSON.stringify(data, null, 2)],
                                  { type: 'application/json' });
            const link = document.createElement('a');
            link.href = URL.createObjectURL(file);
            link.download = 'cpts-donnees.json';
            link.click();
            setTimeout(() => URL.revokeObjectURL(link.href), 60000);
        });
    }

    /** @param {boolean} sure */
    async step(sure) {
        this.sure = sure;
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (this.querySelector(
            sure ? '#erase-title' : '#erase-first'))?.focus();
    }

    erase() {
        return this.run(async () => {
            await call('DELETE', '/me');
            location.replace(site('logout'));
        });
    }

    facts() {
        const { me } = this;
        const terms = me.terms;
        return html`<section class="card" aria-labelledby="facts-title">
            <h2 id="facts-title">Qui je suis ici</h2>
            <dl class="facts">
                <dt>Compte</dt><dd>${me.account}</dd>
                <dt>Rôle</dt><dd>${ROLES[me.role] ?? me.role}</dd>
                ${me.rpps ? html`<dt>${me.role === 'doctor' ? 'RPPS'
                    : 'RPPS du médecin'}</dt><dd>${me.rpps}</dd>` : nothing}
                ${terms ? html`<dt>Conditions d’utilisation</dt><dd>${
                    terms.accepted_at
                        ? html`Version ${terms.version}, acceptée le ${
                            moment(terms.accepted_at)}.`
                        : html`Version ${terms.version}, pas encore
                            acceptée.`}</dd>` : nothing}
            </dl></section>`;
    }

    mail() {
        return html`<section class="card" aria-labelledby="mail-title">
            <h2 id="mail-title">Adresse e-mail</h2>
            <form novalidate @submit=${this.save}>
                <div class="field"><label for="email">Pour les rappels
                    (facultatif)</label>
                    <input id="email" name="email" type="email"
                        autocomplete="email" maxlength="254"
                        .value=${this.email}
                        aria-describedby="email-wrong"
                        aria-invalid=${this.wrong ? 'true' : 'false'}>
                    <p class="wrong" id="email-wrong" role="status">${
                        this.wrong}</p></div>
                <div class="actions"><button aria-busy=${this.busy}
                    >Enregistrer</button>
                    <span role="status">${this.saved ? 'Enregistré.'
                        : ''}</span></div>
            </form></section>`;
    }

    data() {
        return html`<section class="card" aria-labelledby="data-title">
            <h2 id="data-title">Mes données</h2>
            <p class="text">Tout ce qui est conservé à votre sujet, en un
            fichier${NB}: compte, ${this.me.role === 'doctor' ? 'fiche, '
                : ''}placements, journal, invitations, messages. Il ne contient
            rien sur un patient${NB}: rien n’est conservé.</p>
            <button type="button" aria-busy=${this.busy}
                @click=${this.download}>Télécharger mes données</button>
            </section>`;
    }

    second() {
        return html`<div class="note bad">
            <h3 id="erase-title" tabindex="-1">Effacer pour toujours${NB}?</h3>
            <p>Le compte est effacé aussitôt, et votre nom dans le journal. Les
            places que vous reteniez sont rendues. On ne peut pas revenir en
            arrière. Les copies de sauvegarde ne sont pas touchées.</p>
            <div class="actions">
                <button type="button" class="danger" id="erase-sure"
                    aria-busy=${this.busy} @click=${this.erase}>Oui, effacer
                    mon compte</button>
                <button type="button" @click=${() => this.step(false)}>Non,
                    le garder</button>
            </div></div>`;
    }

    end() {
        const first = html`<button type="button" class="danger"
            id="erase-first" @click=${() => this.step(true)}>Effacer mon
            compte…</button>`;
        const doctor = html`<p>Votre compte est effacé avec votre fiche.</p>
            <p><a class="button" href="fiche.html">Ouvrir ma fiche</a></p>`;
        return html`<section class="card" aria-labelledby="end-title">
            <h2 id="end-title">Effacer mon compte</h2>
            ${this.sheet ? doctor
                : this.sure ? this.second() : first}</section>`;
    }

    render() {
        return this.me ? html`${this.problem ? html`<div class="note bad"
                role="alert"><p><strong>${this.problem.title}</strong></p>
                <p>${this.problem.detail}</p></div>` : nothing}
            ${this.facts()}${this.mail()}${this.data()}${this.end()}`
            : nothing;
    }
}

customElements.define('cpts-account', CptsAccount);

const { me } = await open(
    /** @type {Me['role'][]} */ (Object.keys(PAGES)));
await /** @type {CptsAccount} */ (document.querySelector('cpts-account'))
    .start(me);
