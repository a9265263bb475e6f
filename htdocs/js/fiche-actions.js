/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-actions>: the state in one line, and what changes it at once. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { capacityWords, stateWords, today } from './fiche-model.js';
import { NB, ago, day, daysBetween, isoDay, plural } from './text.js';

/**
 * @typedef {import('./fiche-model.js').Sheet} Sheet
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {'confirm' | 'resume' | 'pause' | 'leave'} Action
 */

/** Days of the pause that is offered. */
const PAUSE = 14;

const BADGES = { open: 'good', paused: 'warn', opening: 'warn',
                 closed: 'bad', left: 'bad' };

/** @param {number} days from today */
export function inDays(days) {
    const date = new Date();
    date.setDate(date.getDate() + days);
    return isoDay(date);
}

/** The state, to the doctor. @param {Sheet['availability']} now */
function toDoctor(now) {
    /** @type {Record<string, () => string>} */
    const words = {
        open: () => 'Vous prenez de nouveaux patients',
        paused: () => `Vous êtes en pause jusqu’au ${day(now.until ?? '')}`,
        opening: () => `Vous prendrez de nouveaux patients à partir du ${
            day(now.from ?? '')}`,
        closed: () => 'Vous ne prenez pas de nouveaux patients',
        left: () => 'Vous avez quitté la liste',
    };
    return words[now.state]?.() ?? stateWords(now);
}

/** What the state means. @param {Sheet['availability']} now */
function meaning(now) {
    if (now.state === 'open' && now.capacity?.places === 0) {
        return `La fiche dit «${NB}0${NB}nouveau patient${NB}»${NB}: elle `
            + 'n’est proposée à personne.';
    }
    /** @type {Record<string, string>} */
    const words = {
        open: `${capacityWords(now.capacity)}.`,
        paused: 'Le lendemain, la fiche sera de nouveau proposée, '
            + 'sans rien faire.',
        opening: 'Ce jour-là, la fiche sera proposée, sans rien faire.',
        closed: 'La fiche n’est proposée à personne.',
        left: 'La fiche est gardée, et n’est proposée à personne.',
    };
    return words[now.state] ?? '';
}

/** Events: "act", detail: {action, body}. */
export class SheetActions extends LitElement {
    static properties = {
        sheet: { attribute: false },
        territory: { attribute: false },
        own: { attribute: false },
        busy: { attribute: false },
        done: { attribute: false },
    };

    constructor() {
        super();
        /** @type {Sheet | null} */
        this.sheet = null;
        /** @type {Territory | null} */
        this.territory = null;
        this.own = true;
        /** The action under way. @type {Action | ''} */
        this.busy = '';
        /** What was just done, in words. */
        this.done = '';
    }

    createRenderRoot() {
        return this;
    }

    /** @param {Action} action @param {object} [body] */
    act(action, body = {}) {
        if (this.busy === '') {
            this.dispatchEvent(new CustomEvent('act', {
                detail: { action, body } }));
        }
    }

    /** @param {Action} action @param {string} own @param {string} other
     * @param {string} look */
    button(action, own, other, look) {
        return html`<button type="button" class="big ${look}"
            data-action=${action} aria-busy=${this.busy === action}
            @click=${() => this.act(action)}>${
                this.own ? own : other}</button>`;
    }

    /** @param {string} until */
    pause(until) {
        const first = until || inDays(PAUSE);
        return html`<form class="pause" novalidate
            @submit=${(/** @type {SubmitEvent} */ event) => {
                event.preventDefault();
                const field = /** @type {HTMLInputElement} */ (
                    this.querySelector('#pause-until'));
                this.act('pause', { until: field.value });
            }}>
            <label for="pause-until">${until ? 'En pause jusqu’au'
                : this.own ? 'Me mettre en pause jusqu’au'
                    : 'Mettre en pause jusqu’au'}</label>
            <input id="pause-until" type="date" required
                min=${isoDay(new Date())} .value=${first}>
            <button class="big" data-action="pause"
                aria-busy=${this.busy === 'pause'}>${until ? 'Changer'
                    : 'En pause'}</button>
        </form>`;
    }

    freshness() {
        const { sheet, territory } = this;
        if (!sheet?.confirmed_on || !territory) {
            return nothing;
        }
        const by = { doctor: this.own ? 'par vous' : 'par le médecin',
                     coordinator: 'par la coordination',
                     delegate: 'par le secrétariat',
                   }[sheet.confirmed_by ?? ''] ?? '';
        const days = territory.limits.sheet_validity_days;
        const when = ago(sheet.confirmed_on);
        const text = sheet.confirmed_by === 'import' ? `Fiche importée ${when}`
            : `Fiche confirmée ${when} ${by}`;
        return daysBetween(sheet.confirmed_on, isoDay(new Date())) > days
            ? html`<p class="note warn">${text}, il y a plus de ${
                plural(days, 'jour')}${NB}: elle n’est plus proposée. Si rien
                n’a changé, confirmez-la.</p>`
            : html`<p class="muted small">${text}.</p>`;
    }

    buttons() {
        const now = today(/** @type {Sheet} */ (this.sheet).availability);
        const gone = now.state === 'left';
        return html`<div class="big-actions">
            ${now.state === 'open' ? nothing
                : this.button('resume', 'Je prends de nouveaux patients',
                              'Prend de nouveaux patients', 'main')}
            ${gone ? nothing : this.button('confirm', 'Rien n’a changé',
                'Rien n’a changé (au nom du médecin)',
                now.state === 'open' ? 'main' : '')}
            ${gone || now.state === 'closed' ? nothing
                : this.pause(now.state === 'paused' ? now.until ?? '' : '')}
            ${gone ? nothing : this.button('leave', 'Je quitte la liste',
                                           'Quitte la liste', '')}
        </div>`;
    }

    render() {
        if (!this.sheet) {
            return nothing;
        }
        const now = today(this.sheet.availability);
        const none = now.state === 'open' && now.capacity?.places === 0;
        return html`<section class="card state ${none ? 'bad'
            : word(now.state)}" aria-labelledby="state-title">
            <h2 id="state-title" tabindex="-1">${
                this.own ? toDoctor(now) : stateWords(now)}</h2>
            <p class=${none ? 'note warn' : ''}>${meaning(now)}</p>
            ${this.freshness()}
            <div role="status" class="told">${this.done === '' ? nothing
                : html`<p class="note good">${this.done}</p>`}</div>
            ${this.buttons()}
        </section>`;
    }
}

/** @param {string} state */
function word(state) {
    return BADGES[/** @type {keyof BADGES} */ (state)] ?? '';
}

customElements.define('sheet-actions', SheetActions);
