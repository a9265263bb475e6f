/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-sheet-dialog>: asks before a sheet is changed for its doctor. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { newKey, post } from './api.js';
import { NB, day, isoDay } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./coordination-text.js').Summary} Summary
 * @typedef {'confirm' | 'pause' | 'resume'} Action
 */

/** @type {Record<Action, {title: string, text: string, button: string}>} */
const WORDS = {
    confirm: {
        title: 'Confirmer au nom du médecin',
        text: 'Le médecin vous l’a dit'
            + `${NB}: rien n’a changé. La fiche notera que c’est la `
            + 'coordination qui l’a confirmée, aujourd’hui.',
        button: 'Confirmer',
    },
    pause: {
        title: 'Mettre en pause à la demande du médecin',
        text: 'Il n’est plus proposé dès maintenant. Il le sera de nouveau, '
            + 'de lui-même, le lendemain de ce jour.',
        button: 'Mettre en pause',
    },
    resume: {
        title: 'Reprendre à la demande du médecin',
        text: 'Il prend de nouveaux patients dès maintenant. La fiche notera '
            + 'que c’est la coordination qui l’a confirmée, aujourd’hui.',
        button: 'Reprendre',
    },
};

/** What was done, for the reader. @param {Action} action
 * @param {string} until */
function told(action, until) {
    return {
        confirm: 'Confirmée au nom du médecin.',
        pause: `En pause jusqu’au ${until ? day(until) : ''}.`,
        resume: 'Le médecin prend de nouveau des patients.',
    }[action];
}

export class CptsSheetDialog extends LitElement {
    static properties = {
        action: { state: true },
        sheet: { state: true },
        busy: { state: true },
        problem: { state: true },
        wrong: { state: true },
    };

    constructor() {
        super();
        /** @type {Action} */
        this.action = 'confirm';
        /** @type {Summary | null} */
        this.sheet = null;
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        this.wrong = '';
        this.sent = { text: '', key: '' };
        /** @type {(text: string | null) => void} */
        this.end = () => {};
    }

    createRenderRoot() {
        return this;
    }

    get box() {
        return /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    }

    get until() {
        return /** @type {HTMLInputElement | null} */ (
            this.querySelector('[name="until"]'));
    }

    /**
     * Asks, and does it.
     *
     * @param {Action} action @param {Summary} sheet
     * @returns {Promise<string | null>} what was done, null if nothing was
     */
    async open(action, sheet) {
        if (this.sheet) {
            return null; /* a second key press asks no second time */
        }
        Object.assign(this, { action, sheet, problem: null, wrong: '',
                              sent: { text: '', key: '' } });
        await this.updateComplete;
        this.querySelector('form')?.reset();
        this.box.showModal();
        return new Promise((resolve) => {
            this.end = resolve;
        });
    }

    /** Closes. What was sent is waited for all the same: it may be done. */
    finish() {
        if (!this.busy) {
            this.end(null);
        }
        this.end = () => {};
        this.sheet = null;
        this.problem = null;
        this.busy = false;
        this.box.close();
    }

    /* by Escape; the event comes late, the next question may be open */
    closed() {
        if (!this.box.open) {
            this.finish();
        }
    }

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        const until = this.until?.value ?? '';
        if (this.busy) {
            return;
        }
        this.wrong = this.action === 'pause' && until < isoDay(new Date())
            ? 'Indiquez le dernier jour de la pause, aujourd’hui ou plus tard.'
            : '';
        if (this.wrong) {
            this.until?.focus();
            return;
        }
        await this.send(until);
    }

    /** @param {string} until */
    async send(until) {
        const body = this.action === 'pause' ? { until } : {};
        const { action, sheet, end } = this;
        /* sent again after a failure it is the same change, once */
        if (this.sent.text !== until || this.sent.key === '') {
            this.sent = { text: until, key: newKey() };
        }
        this.busy = true;
        this.problem = null;
        try {
            await post(`/sheets/${sheet?.rpps}/${action}`, body,
                       { key: this.sent.key });
            if (this.end === end) {
                this.finish();
            }
            end(told(action, until));
        }
        catch (error) {
            if (this.end !== end) {
                end(null); /* it was closed meanwhile */
                return;
            }
            const problem = /** @type {Problem} */ (error);
            this.wrong = problem.fault('/until');
            this.problem = this.wrong ? null : problem;
            this.busy = false;
        }
    }

    field() {
        return html`<div class="field">
            <label for="until">Dernier jour de la pause</label>
            <input id="until" name="until" type="date"
                min=${isoDay(new Date())} aria-describedby="until-wrong"
                aria-invalid=${this.wrong ? 'true' : 'false'}>
            <p class="wrong" id="until-wrong" role="status">${this.wrong}</p>
        </div>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <p><a href="fiche.html?rpps=${this.sheet?.rpps}">Ouvrir la
            fiche</a></p></div>` : nothing;
    }

    render() {
        const { title, text, button } = WORDS[this.action];
        return html`<dialog aria-labelledby="ask-title" @close=${this.closed}>
            <form novalidate @submit=${this.submit}>
                <h2 id="ask-title">${title}</h2>
                <p class="name"><bdi>${this.sheet?.name ?? ''}</bdi></p>
                <p>${text}</p>
                ${this.action === 'pause' ? this.field() : nothing}
                ${this.trouble()}
                <div class="actions">
                    <button class="main" aria-busy=${this.busy}>${button}
                    </button>
                    <button type="button" @click=${() => this.finish()}
                        >Annuler</button>
                </div>
            </form>
        </dialog>`;
    }
}

customElements.define('cpts-sheet-dialog', CptsSheetDialog);
