/* SPDX-License-Identifier: Apache-2.0 */
/* <placement-steps>: what may be done now with one placement, and its answer.
 * The server says which (`events`): nothing here decides who may. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get, newKey, post } from './api.js';
import { REASONS, STATES, reasonWords, shownCode } from './placements-text.js';
import { NB } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./placements-text.js').Placement} Placement
 * @typedef {import('./placements-text.js').Happening} Happening
 * @typedef {import('./placements-text.js').Side} Side
 */

/** In the order of the buttons: words at the counter and to the doctor, look.
 * @type {[Happening, string, string, string][]} */
const BUTTONS = [
    ['accept', 'Accepté', 'Accepter', 'main'],
    ['declare', 'Déclaré', 'Déclaré', 'main'],
    ['refuse', 'Refusé…', 'Refuser…', ''],
    ['contact', 'Médecin joint', 'Médecin joint', ''],
    ['cancel', 'Annuler…', 'Annuler…', 'plain'],
];

/** Those that ask something before. @type {Happening[]} */
const ASKING = ['refuse', 'cancel'];

/** @param {Placement} one @returns {string} what became of its places */
function givenBack(one) {
    return one.places > 1 ? 'Les places sont rendues.'
        : 'La place est rendue.';
}

/** What was just done. @param {Happening} event @param {Placement} one
 * @param {Side} side */
function told(event, one, side) {
    const kept = one.places > 1 ? 'Les places sont gardées.'
        : 'La place est gardée.';
    return {
        contact: () => 'C’est noté. Sa réponse est attendue.',
        accept: () => (side === 'doctor'
            ? `Accepté. ${kept} Qui vous l’adresse le voit aussitôt.`
            : `Accepté. ${kept} Reste la déclaration.`),
        refuse: () => `C’est noté. ${givenBack(one)}`,
        declare: () => 'Déclaré. Merci, c’est terminé.',
        cancel: () => `Annulé. ${givenBack(one)}`,
    }[event]();
}

/** Events: "change", detail: the placement as it is now. */
export class PlacementSteps extends LitElement {
    static properties = {
        placement: { attribute: false },
        side: { attribute: false },
        asking: { state: true },
        busy: { state: true },
        said: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {Placement | null} */
        this.placement = null;
        /** @type {Side} */
        this.side = 'desk';
        /** @type {Happening | ''} */
        this.asking = '';
        /** @type {Happening | ''} */
        this.busy = '';
        this.said = '';
        /** @type {Problem | null} */
        this.problem = null;
        this.sent = { text: '', key: '' };
    }

    createRenderRoot() {
        return this;
    }

    /** @param {import('lit').PropertyValues} changed */
    willUpdate(changed) {
        const before = changed.get('placement');
        if (before && before.code !== this.placement?.code) {
            Object.assign(this, { asking: '', said: '', problem: null,
                                  sent: { text: '', key: '' } });
        }
    }

    /** @param {string} selector */
    async focusOn(selector) {
        await this.updateComplete;
        /** @type {HTMLElement | null} */
        const part = this.querySelector(selector);
        part?.focus();
    }

    /** @param {Placement} placement */
    tell(placement) {
        this.asking = '';
        this.dispatchEvent(new CustomEvent('change', {
            detail: placement, bubbles: true }));
    }

    /** @param {Happening} event @param {object} [body] */
    async run(event, body = {}) {
        if (this.busy !== '' || !this.placement) {
            return;
        }
        const path = `/placements/${this.placement.code}/${event}`;
        const text = path + JSON.stringify(body);
        if (text !== this.sent.text) {
            this.sent = { text, key: newKey() };
        }
        Object.assign(this, { busy: event, said: '', problem: null });
        try {
            const now = await post(path, body, { key: this.sent.key });
            this.sent = { text: '', key: '' };
            this.said = told(event, now, this.side);
            this.tell(now);
        }
        catch (error) {
            await this.failed(/** @type {Problem} */ (error));
        }
        this.busy = '';
        await this.focusOn('.said');
    }

    /** Somebody else, or the clock, was first: shows how it is by now.
     * @param {Problem} problem */
    async failed(problem) {
        this.problem = problem;
        if (problem.status !== 409 || !this.placement) {
            return;
        }
        this.sent = { text: '', key: '' };
        try {
            const now = await get(`/placements/${this.placement.code}`);
            this.problem = null;
            this.said = `Ce placement a changé entre-temps${NB}: ${
                STATES[/** @type {keyof STATES} */ (now.state)][0]
                    .toLowerCase()}.`;
            this.tell(now);
        }
        catch (error) {
            this.problem = /** @type {Problem} */ (error);
        }
    }

    /** @param {Happening} event */
    press(event) {
        if (!ASKING.includes(event)) {
            this.run(event);
            return;
        }
        this.asking = event;
        this.focusOn('.question');
    }

    giveUp() {
        const event = this.asking;
        this.asking = '';
        this.focusOn(`[data-event="${event}"]`);
    }

    reasons() {
        return html`<p class="question" tabindex="-1">Pourquoi${NB}?</p>
            <div class="reasons-asked">${Object.keys(REASONS).map((reason) =>
                html`<button type="button" data-reason=${reason}
                    @click=${() => this.run('refuse', { reason })}>${
                        reasonWords(reason, this.side)}</button>`)}
            <button type="button" class="plain" @click=${this.giveUp}
                >Retour</button></div>`;
    }

    cancelling() {
        const many = (this.placement?.places ?? 1) > 1;
        return html`<p class="question" tabindex="-1">${many
            ? 'Rendre les places au médecin' : 'Rendre la place au médecin'
            }${NB}?</p>
            <div class="steps"><button type="button" data-event="yes"
                @click=${() => this.run('cancel')}>${many
                    ? 'Oui, rendre les places' : 'Oui, rendre la place'
                }</button>
            <button type="button" class="plain" @click=${this.giveUp}>Non,
                garder</button></div>`;
    }

    buttons() {
        const events = this.placement?.events ?? [];
        return html`<div class="steps">${BUTTONS
            .filter(([event]) => events.includes(event))
            .map(([event, desk, doctor, look]) => html`<button type="button"
                class=${look} data-event=${event}
                aria-busy=${this.busy === event}
                @click=${() => this.press(event)}>${
                    /* what was accepted is not refused, it came to nothing */
                    event === 'refuse' && events.includes('declare')
                        ? 'Sans suite…' : this.side === 'doctor' ? doctor
                            : desk}</button>`)}</div>`;
    }

    render() {
        if (!this.placement) {
            return nothing;
        }
        return html`<div role="group" aria-label="Placement ${
            shownCode(this.placement.code)}">
            <p class="said" tabindex="-1" role="status"
                ?hidden=${this.said === ''}>${this.said}</p>
            ${this.problem ? html`<div class="note bad said" tabindex="-1"
                role="alert"><p><strong>${this.problem.title}</strong></p>
                <p>${this.problem.detail}</p></div>` : nothing}
            ${this.asking === 'refuse' ? this.reasons()
                : this.asking === 'cancel' ? this.cancelling()
                    : this.buttons()}
        </div>`;
    }
}

customElements.define('placement-steps', PlacementSteps);
