/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-placements>: the places left, and the patients that may come. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './placement-list.js';
import { get } from './api.js';
import { isWaiting, placesWords } from './placements-text.js';
import { site } from './site.js';

/**
 * @typedef {import('./placements-text.js').Places} Places
 * @typedef {import('./sign-in.js').Me} Me
 */

const OPEN = ['held', 'contacted'];
const ACCEPTED = ['accepted'];

/** Events: "waiting", detail: how many wait for an answer. */
export class SheetPlacements extends LitElement {
    static properties = {
        me: { attribute: false },
        rpps: { attribute: false },
        sheet: { attribute: false },
        places: { state: true },
    };

    constructor() {
        super();
        /** @type {Me | null} */
        this.me = null;
        this.rpps = '';
        /** A new one may have another capacity.
         * @type {import('./fiche-model.js').Sheet | null} */
        this.sheet = null;
        /** @type {Places | null} */
        this.places = null;
        this.turn = 0;
    }

    createRenderRoot() {
        return this;
    }

    /** @param {import('lit').PropertyValues} changed */
    updated(changed) {
        if (changed.has('sheet') || changed.has('rpps')) {
            this.count();
        }
    }

    /** Without capacity there is nothing to say. Nobody is asked to sign in
     * for it: it may come when the sheet and its account are erased. */
    async count() {
        const turn = this.turn += 1;
        const places = this.sheet?.availability.capacity
            ? await get(`/sheets/${this.rpps}/places`, { quiet: true })
                .catch(() => null)
            : null;
        if (turn === this.turn) {
            this.places = places;
        }
    }

    /** Places and those who wait are counted again. */
    changed() {
        /** @type {import('./placement-list.js').PlacementList | null} */
        const list = this.querySelector('placement-list');
        this.dispatchEvent(new CustomEvent('waiting', {
            detail: list?.rows?.filter(isWaiting).length ?? 0 }));
        this.count();
    }

    /** @param {Event} event */
    listed(event) {
        event.stopPropagation();
        this.changed();
    }

    /** The patients at this sheet, to those who answer for it. */
    lists() {
        if (this.me?.rpps !== this.rpps) {
            return html`<p><a href=${site('espace/placements.html')}>Voir les
                placements</a></p>`;
        }
        return html`<placement-list .me=${this.me} .rpps=${this.rpps}
                .states=${OPEN} @listed=${this.listed}
                .empty=${'Personne n’attend de réponse.'}></placement-list>
            <placement-list .me=${this.me} .rpps=${this.rpps}
                .states=${ACCEPTED} .heading=${'Acceptés, à déclarer'}
                @listed=${(/** @type {Event} */ event) =>
                    event.stopPropagation()}></placement-list>
            <p class="small"><a href=${site('espace/placements.html')}>Tous
                les placements</a></p>`;
    }

    render() {
        const left = this.places ? this.places.general_left
            + this.places.reserved_left : 0;
        return html`<section class="card to-come" @change=${this.changed}
            aria-labelledby="to-come">
            <h2 id="to-come" tabindex="-1">Patients à venir</h2>
            ${this.places ? html`<p class=${left === 0 ? 'note warn'
                : 'places-left'}>${placesWords(this.places)}.</p>` : nothing}
            ${this.lists()}
        </section>`;
    }
}

customElements.define('sheet-placements', SheetPlacements);
