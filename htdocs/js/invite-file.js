/* SPDX-License-Identifier: Apache-2.0 */
/* <invite-file>: a CSV file of doctors; all are invited, or none. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { post } from './api.js';
import { addressLines, decoded, rowsOf } from './invitations-text.js';
import { NB, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {import('./page.js').Territory} Territory
 */

/** So many faults are shown at once. */
const MOST = 50;

const MONTH = new Intl.DateTimeFormat('fr-FR', { month: 'long',
                                                 year: 'numeric' });

/** Event "invited" with letters. */
export class InviteFile extends LitElement {
    static properties = {
        territory: { attribute: false },
        file: { state: true }, busy: { state: true },
        problem: { state: true }, wrong: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** As it was when it was chosen. @type {{name: string, text: string,
         *     rows: Record<string, string>[]} | null} */
        this.file = null;
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        this.wrong = '';
    }

    createRenderRoot() {
        return this;
    }

    /** @param {Event} event */
    async chosen(event) {
        const chosen = /** @type {HTMLInputElement} */ (event.target)
            .files?.[0];
        this.file = null;
        this.problem = null;
        this.wrong = '';
        if (!chosen) {
            return;
        }
        try {
            const text = decoded(await chosen.arrayBuffer());
            this.file = { name: chosen.name, text, rows: rowsOf(text) };
        }
        catch {
            this.wrong = 'Ce fichier ne peut pas être lu. Choisissez-le de '
                + 'nouveau.';
        }
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        if (this.busy) {
            return;
        }
        const name = /** @type {HTMLInputElement} */ (
            this.querySelector('#batch-name')).value.trim();
        this.wrong = this.file ? '' : 'Choisissez un fichier.';
        if (!this.file) {
            /** @type {HTMLElement | null} */ (
                this.querySelector('#batch-file'))?.focus();
            return;
        }
        await this.send(name || this.proposed(), this.file);
    }

    /** @param {string} name
     * @param {NonNullable<InviteFile['file']>} file */
    async send(name, file) {
        this.busy = true;
        this.problem = null;
        try {
            const answer = await post('/invitations/batch',
                                      { name, csv: file.text });
            const letters = answer.invitations.map(
                (/** @type {Invitation} */ invitation) => ({ invitation,
                    lines: this.lines(file.rows.find((row) =>
                        row.rpps === invitation.rpps)) }));
            this.querySelector('form')?.reset();
            this.file = null;
            this.dispatchEvent(new CustomEvent('invited',
                                               { detail: letters }));
        }
        catch (error) {
            this.problem = /** @type {Problem} */ (error);
            await this.updateComplete;
            /** @type {HTMLElement | null} */ (
                this.querySelector('#batch-trouble'))?.focus();
        }
        this.busy = false;
    }

    /** The lines of an address. @param {Record<string, string>} [row] */
    lines(row = {}) {
        return addressLines(this.territory, {
            name: row['sites.0.name'], address: row['sites.0.address'],
            commune: row['sites.0.commune'] });
    }

    proposed() {
        return `Médecins, ${MONTH.format(new Date())}`;
    }

    trouble() {
        const { problem } = this;
        if (!problem) {
            return nothing;
        }
        const { errors } = problem;
        const more = errors.length - MOST;
        return html`<div class="note bad" role="alert" id="batch-trouble"
            tabindex="-1">
            <p><strong>${errors.length > 0
                ? 'Personne n’est invité'
                    + `${NB}: ${plural(errors.length, 'chose')} à corriger `
                    + 'dans le fichier.' : problem.title}</strong></p>
            ${errors.length > 0 ? html`<ul>${errors.slice(0, MOST).map(
                (one) => html`<li>${one.detail}</li>`)}</ul>
                ${more < 1 ? nothing : html`<p>… et ${more} autres.</p>`}
                <p>Corrigez-le, puis choisissez-le de nouveau.</p>`
                : html`<p>${problem.detail}</p>`}</div>`;
    }

    render() {
        if (!this.territory) {
            return nothing;
        }
        const many = this.file?.rows.length ?? 0;
        return html`<form novalidate autocomplete="off" @submit=${this.submit}>
            <p>Une ligne par médecin. Il faut les colonnes <code>rpps</code> et
            <code>name</code>. Celles d’une fiche peuvent s’y ajouter${NB}:
            elle en sera remplie d’avance.
            <a href="exemple-medecins.csv" download>Télécharger un
            exemple</a></p>
            <div class="row">
                <div class="field">
                    <label for="batch-file">Fichier CSV</label>
                    <input id="batch-file" type="file"
                        accept=".csv,text/csv" @change=${this.chosen}
                        aria-describedby="batch-found batch-wrong"
                        aria-invalid=${this.wrong ? 'true' : 'false'}>
                    <p class="hint" id="batch-found" role="status">${
                        this.file ? `${plural(many, 'médecin')} dans ce `
                            + 'fichier.' : ''}</p>
                    <p class="wrong" id="batch-wrong" role="status">${
                        this.wrong}</p>
                </div>
                <div class="field">
                    <label for="batch-name">Nom de cet envoi</label>
                    <input id="batch-name" maxlength="120" dir="auto"
                        .defaultValue=${this.proposed()}
                        aria-describedby="batch-hint">
                    <p class="hint" id="batch-hint">Pour suivre les
                    réponses.</p>
                </div>
            </div>
            ${this.trouble()}
            <button class="main" id="invite-all" aria-busy=${this.busy}
                >${many > 0 ? `Inviter ${plural(many, 'médecin')}`
                    : 'Inviter'}</button></form>`;
    }
}

customElements.define('invite-file', InviteFile);
