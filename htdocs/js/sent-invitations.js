/* SPDX-License-Identifier: Apache-2.0 */
/* <sent-invitations>: who was invited, what came of it, and batch by batch. */
import { LitElement, html, nothing, repeat } from './vendor/lit.js';
import { call, get, post } from './api.js';
import { ROLES, dayOf, since, stateOf, titled } from './invitations-text.js';
import { NB, number, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {{name: string, created_at: string, invited: number,
 *     opened: number, accepted: number, response_rate: number | null}} Batch
 */

const STATES = [['', 'Toutes'], ['open', 'En attente'], ['used', 'Acceptées'],
                ['expired', 'Plus valables'], ['revoked', 'Annulées']];

/** Events "renewed" with the new invitation, "revoked" with its number. */
export class SentInvitations extends LitElement {
    static properties = {
        list: { state: true }, next: { state: true }, batches: { state: true },
        busy: { state: true }, problem: { state: true },
        asking: { state: true }, acting: { state: true },
        wrong: { state: true }, done: { state: true },
    };

    constructor() {
        super();
        /** Null until the first answer. @type {Invitation[] | null} */
        this.list = null;
        /** @type {string | null} */
        this.next = null;
        /** @type {Batch[]} */
        this.batches = [];
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        /** What is to be confirmed. @type {{id: number,
         *     what: 'renew' | 'revoke'} | null} */
        this.asking = null;
        this.acting = false;
        /** @type {Problem | null} */
        this.wrong = null;
        this.done = '';
        this.turn = 0;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {string} selector @returns {any} */
    one(selector) {
        return this.querySelector(selector);
    }

    /** What the form says. */
    filter() {
        const query = new URLSearchParams();
        for (const name of ['state', 'batch']) {
            const value = this.one(`#sent-${name}`)?.value ?? '';
            if (value !== '') {
                query.set(name, value);
            }
        }
        return query;
    }

    /** The list from its beginning, and the batches. */
    async load() {
        this.done = '';
        await Promise.all([this.page(''), this.loadBatches()]);
    }

    async loadBatches() {
        try {
            this.batches = (await get('/batches')).batches;
        }
        catch (error) {
            this.problem = /** @type {Problem} */ (error);
        }
    }

    /** @param {string} cursor */
    async page(cursor) {
        const query = this.filter();
        if (cursor) {
            query.set('cursor', cursor);
        }
        this.turn += 1;
        const turn = this.turn;
        this.busy = true;
        this.problem = null;
        try {
            const answer = await get(`/invitations?${query}`);
            if (turn === this.turn) {
                this.list = [...cursor ? this.list ?? [] : [],
                             ...answer.invitations];
                this.next = answer.next;
            }
        }
        catch (error) {
            if (turn === this.turn) {
                this.problem = /** @type {Problem} */ (error);
            }
        }
        if (turn === this.turn) {
            this.busy = false;
        }
    }

    async more() {
        const before = this.list?.length ?? 0;
        await this.page(this.next ?? '');
        await this.updateComplete;
        this.one(`.sent li:nth-child(${before + 1}) h3`)?.focus();
    }

    /** @param {Invitation} one @param {'renew' | 'revoke'} what */
    async ask(one, what) {
        this.asking = { id: one.id, what };
        this.wrong = null;
        await this.updateComplete;
        this.one(`#sent-${one.id} .sure button`)?.focus();
    }

    /** @param {number} id */
    async giveUp(id) {
        this.asking = null;
        await this.updateComplete;
        this.one(`#sent-${id} h3`)?.focus();
    }

    /** @param {Invitation} one */
    async act(one) {
        const what = this.asking?.what;
        if (this.acting || !what) {
            return;
        }
        this.acting = true;
        this.wrong = null;
        try {
            await (what === 'renew' ? this.renew(one) : this.revoke(one));
            this.asking = null;
        }
        catch (error) {
            this.wrong = /** @type {Problem} */ (error);
        }
        this.acting = false;
        if (!this.wrong) {
            await this.page('');
            await this.loadBatches();
        }
    }

    /** @param {Invitation} one */
    async renew(one) {
        const made = await post(`/invitations/${one.id}/renew`, {});
        this.done = one.mail ? `Un autre e-mail partira à ${one.email}.` : '';
        if (one.mail) {
            await this.updateComplete;
            this.one('#sent-title').focus();
        }
        else {
            this.dispatchEvent(new CustomEvent('renewed', { detail: made }));
        }
    }

    /** @param {Invitation} one */
    async revoke(one) {
        await call('DELETE', `/invitations/${one.id}`);
        this.dispatchEvent(new CustomEvent('revoked', { detail: one.id }));
        this.done = `L’invitation de ${one.name} est annulée.`;
        await this.updateComplete;
        this.one('#sent-title').focus();
    }

    /* --- what is seen */

    form() {
        return html`<form class="card filters" aria-label="Invitations"
            @submit=${(/** @type {Event} */ event) => event.preventDefault()}
            @change=${() => this.page('')}>
            <div class="field"><label for="sent-state">État</label>
                <select id="sent-state">${STATES.map(([value, text]) => html`
                    <option value=${value}>${text}</option>`)}</select></div>
            <div class="field" ?hidden=${this.batches.length === 0}>
                <label for="sent-batch">Envoi</label>
                <select id="sent-batch"><option value="">Tous</option>
                    ${this.batches.map((batch) => html`<option
                        value=${batch.name}>${batch.name}</option>`)}
                </select></div>
        </form>`;
    }

    /** @param {Invitation} one */
    buttons(one) {
        if (one.state === 'used' || one.state === 'revoked') {
            return nothing;
        }
        const whose = html`<span class="hidden-text">, invitation de
            ${one.name}</span>`;
        return html`<div class="actions">
            <button type="button" @click=${() => this.ask(one, 'renew')}
                >${one.mail ? 'Renvoyer l’e-mail'
                    : 'Nouvelle lettre'}${whose}</button>
            <button type="button" @click=${() => this.ask(one, 'revoke')}
                >Annuler${whose}</button></div>`;
    }

    /** @param {Invitation} one */
    sure(one) {
        const renew = this.asking?.what === 'renew';
        const [text, button] = !renew
            ? ['Le code ne vaudra plus rien, tout de suite.',
               'Annuler cette invitation']
            : one.mail ? ['Un autre e-mail partira, avec un autre code. Le '
                + 'premier ne vaudra plus rien.', 'Renvoyer l’e-mail']
                : ['L’ancien code ne vaudra plus rien. Le nouveau est à '
                + 'imprimer ou à copier tout de suite.',
                   'Faire une nouvelle lettre'];
        return html`<div class="sure note ${renew ? '' : 'warn'}">
            <p>${text}</p>
            ${this.wrong ? html`<div role="alert"><p><strong>${
                this.wrong.title}</strong></p><p>${this.wrong.detail}</p>
                </div>` : nothing}
            <div class="actions">
                <button type="button" class=${renew ? 'main' : 'danger'}
                    aria-busy=${this.acting} @click=${() => this.act(one)}
                    >${button}</button>
                <button type="button" @click=${() => this.giveUp(one.id)}
                    >Ne rien changer</button></div></div>`;
    }

    /** @param {Invitation} one */
    row(one) {
        const [state, kind] = stateOf(one);
        const about = [one.profession ? '' : ROLES[one.role],
                       one.rpps && `RPPS${NB}${one.rpps}`,
                       one.profession, one.structure, one.email]
            .filter((text) => text);
        return html`<li id="sent-${one.id}">
            <div><h3 tabindex="-1"><bdi>${titled(one)}</bdi></h3>
                <p class="muted small">${about.map((text, index) => html`${
                    index ? ', ' : ''}<bdi>${text}</bdi>`)}</p></div>
            <div><p><span class="badge ${kind}">${state}</span>
                ${since(one)}</p>
                <p class="muted small">${one.batch
                    ? html`<bdi>${one.batch}</bdi>, ` : nothing}faite le ${
                    dayOf(one.created_at)}${one.sent_at
                    ? `, envoyée le ${dayOf(one.sent_at)}` : ''}</p></div>
            ${this.asking?.id === one.id ? this.sure(one)
                : this.buttons(one)}
        </li>`;
    }

    rates() {
        return this.batches.length === 0 ? nothing : html`<section
            aria-labelledby="rates-title">
            <h2 id="rates-title">Réponses par envoi</h2>
            <div class="scroll" tabindex="0" role="group"
                aria-labelledby="rates-title"><table class="rates">
            <thead><tr><th scope="col">Envoi</th>
                <th scope="col" class="number">Invités</th>
                <th scope="col" class="number">Ont ouvert</th>
                <th scope="col" class="number">Comptes</th>
                <th scope="col" class="number">Réponse</th></tr></thead>
            <tbody>${this.batches.map((batch) => html`<tr>
                <th scope="row"><bdi>${batch.name}</bdi> <span
                    class="muted small">${dayOf(batch.created_at)}</span>
                    </th>
                <td class="number">${number(batch.invited)}</td>
                <td class="number">${number(batch.opened)}</td>
                <td class="number">${number(batch.accepted)}</td>
                <td class="number"><strong>${batch.response_rate === null
                    ? '–' : `${number(batch.response_rate)}${NB}%`}</strong>
                </td></tr>`)}</tbody></table></div></section>`;
    }

    count() {
        if (this.list === null) {
            return this.busy ? 'Lecture des invitations…' : 'Invitations';
        }
        return this.list.length === 0 ? 'Aucune invitation'
            : this.next ? `Les ${this.list.length} dernières invitations`
                : plural(this.list.length, 'invitation');
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <button type="button" @click=${this.load}>Recommencer</button>
        </div>` : nothing;
    }

    render() {
        return html`${this.rates()}
            <section aria-labelledby="sent-title" aria-busy=${this.busy}>
            <h2 id="sent-title" tabindex="-1"><span role="status">${
                this.count()}</span></h2>
            ${this.form()}
            <p class="done" role="status">${this.done}</p>
            ${this.trouble()}
            <ul class="sent">${repeat(this.list ?? [], (one) => one.id,
                (one) => this.row(one))}</ul>
            ${this.next ? html`<button type="button" class="wide"
                aria-busy=${this.busy} @click=${this.more}>Charger la suite
                </button>` : nothing}</section>`;
    }
}

customElements.define('sent-invitations', SentInvitations);
