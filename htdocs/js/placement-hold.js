/* SPDX-License-Identifier: Apache-2.0 */
/* <placement-hold>: takes a place at a proposed doctor and shows the code.
 * It sends the doctor, the pool and the number of places: no criterion. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './placement-steps.js';
import { newKey, post } from './api.js';
import { isWaiting, shownCode, spelledCode, whenWords }
    from './placements-text.js';
import { site } from './site.js';
import { NB, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./doctor-card.js').Proposal} Proposal
 * @typedef {import('./placements-text.js').Placement} Placement
 * @typedef {{placement: Placement, name: string, answer: object | null}} Held
 */

/** Answers that another search cures. @type {Record<string, string>} */
const SEARCH = {
    no_place_left: 'La place vient d’être prise',
    not_open: 'Ce médecin ne prend plus de patients',
    not_proposed: 'Cette recherche est trop ancienne',
};

/** A code, large, and spelled for who hears it. @param {string} code */
export function codeWords(code) {
    return html`<span class="code"><span aria-hidden="true">${
        shownCode(code)}</span><span class="hidden-text">${
        spelledCode(code)}</span></span>`;
}

/** It takes places. @param {Placement} one */
export function holds(one) {
    return isWaiting(one) || one.state === 'accepted'
        || one.state === 'declared';
}

/** What was held after an answer that is no more shown: its code is not lost.
 * @param {Held | null} held @param {object} answer that is shown */
export function heldNote(held, answer) {
    return held === null || held.answer === answer || !holds(held.placement)
        ? nothing : html`<p class="note">Vous avez retenu une place chez
            <bdi>${held.name}</bdi>${NB}: ${codeWords(held.placement.code)}.
            <a href=${site('espace/placements.html')}>Mes placements</a></p>`;
}

/** Words of a doctor for "what now". @param {Proposal['contact']} contact */
function nextWords(contact) {
    return contact.by === 'coordination'
        ? 'Appelez la coordination et dites-lui ce code'
        : contact.by === 'mssante' ? 'Écrivez au médecin, avec ce code'
            : 'Appelez le médecin et dites-lui ce code';
}

/** Events: "held", detail: the placement, when it is made or has changed, and
 * the proposal it was made to; "again", to search again. */
export class PlacementHold extends LitElement {
    static properties = {
        proposal: { attribute: false },
        places: { attribute: false },
        elsewhere: { attribute: false },
        placement: { state: true },
        busy: { state: true },
        problem: { state: true },
        copied: { state: true },
    };

    constructor() {
        super();
        /** @type {Proposal | null} */
        this.proposal = null;
        this.places = 1;
        /** The doctor of this answer at whom a place is held already. */
        this.elsewhere = '';
        /** @type {Placement | null} */
        this.placement = null;
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        this.copied = false;
        this.sent = { text: '', key: '' };
    }

    createRenderRoot() {
        return this;
    }

    /** Another answer is about another patient, for all that is known.
     * @param {import('lit').PropertyValues} changed */
    willUpdate(changed) {
        if (changed.has('proposal')) {
            Object.assign(this, { placement: null, problem: null,
                                  copied: false, busy: false,
                                  sent: { text: '', key: '' } });
        }
    }

    what() {
        const reserved = this.proposal?.reasons
            .some((reason) => reason.code === 'reserved_place');
        return { rpps: this.proposal?.rpps, places: this.places,
                 uses: reserved ? 'reserved' : 'general' };
    }

    async hold() {
        if (this.busy) {
            return;
        }
        const { proposal } = this;
        const body = this.what();
        const text = JSON.stringify(body);
        if (text !== this.sent.text) {
            this.sent = { text, key: newKey() };
        }
        this.busy = true;
        this.problem = null;
        try {
            const placement = await post('/placements', body, {
                key: this.sent.key });
            if (this.proposal === proposal) {
                this.sent = { text: '', key: '' };
                this.placement = placement;
            }
            this.tell(placement, proposal);
        }
        catch (error) {
            if (this.proposal === proposal) {
                this.refused(/** @type {Problem} */ (error));
            }
        }
        if (this.proposal !== proposal) {
            return;
        }
        this.busy = false;
        await this.updateComplete;
        /** @type {HTMLElement | null} */
        const told = this.querySelector('.held-title, .note.bad');
        told?.focus();
        told?.scrollIntoView({ block: 'nearest' });
    }

    /** @param {Problem} problem */
    refused(problem) {
        this.problem = problem;
        /* an answer that says no is final; silence may have been a yes */
        if (problem.status >= 400 && problem.status < 500) {
            this.sent = { text: '', key: '' };
        }
    }

    /** @param {Placement} placement @param {Proposal | null} to */
    tell(placement, to) {
        this.dispatchEvent(new CustomEvent('held', {
            detail: { placement, to } }));
    }

    /** @param {CustomEvent<Placement>} event */
    changed({ detail }) {
        this.placement = detail;
        this.tell(detail, this.proposal);
    }

    again() {
        this.dispatchEvent(new CustomEvent('again'));
    }

    async copy() {
        try {
            await navigator.clipboard.writeText(this.placement?.code ?? '');
            this.copied = true;
        }
        catch {
            this.copied = false;
        }
    }

    trouble() {
        const { problem } = this;
        if (!problem) {
            return nothing;
        }
        const what = problem.code in SEARCH
            ? html`<button type="button" class="main" @click=${this.again}
                >Chercher à nouveau</button>`
            : problem.code === 'too_many_held'
                ? html`<a class="button" href=${
                    site('espace/placements.html')}>Mes placements</a>`
                : nothing;
        return html`<div class="note bad" role="alert" tabindex="-1">
            <p><strong>${SEARCH[problem.code] ?? problem.title}</strong></p>
            <p>${problem.detail}</p>${what}</div>`;
    }

    offer() {
        if (this.elsewhere !== '') {
            return html`<p class="muted small">Une place est retenue chez
                <bdi>${this.elsewhere}</bdi>. Pour changer de médecin,
                rendez-la d’abord.</p>`;
        }
        const words = this.places > 1
            ? `Retenir ${plural(this.places, 'place')}` : 'Retenir une place';
        return html`${this.trouble()}
            ${(this.problem?.code ?? '') in SEARCH ? nothing : html`
                <button type="button" class="main hold"
                    aria-busy=${this.busy} @click=${this.hold}>${this.busy
                        ? 'Un instant…' : words}<span class="hidden-text">
                    chez ${this.proposal?.name}</span></button>`}`;
    }

    /** @param {Placement} one */
    waiting(one) {
        return html`<p class="write-down"><strong>Notez ce code dans votre
            dossier${NB}: il est le seul lien avec votre patient.</strong></p>
            <p>${whenWords(one, 'desk')}.
            ${this.proposal && one.state === 'held' ? html`${
                nextWords(this.proposal.contact)}, puis notez` : 'Notez'}
            la réponse${NB}:</p>`;
    }

    /** @param {Placement} one */
    held(one) {
        const live = holds(one);
        return html`<section class="held ${live ? '' : 'over'}"
            aria-label="Placement">
            <h4 class="held-title" tabindex="-1">${one.places > 1
                ? `${one.places} places ${live ? 'retenues' : 'rendues'}`
                : live ? 'Place retenue' : 'Place rendue'}${NB}:
                ${codeWords(one.code)}</h4>
            ${live && navigator.clipboard ? html`<p class="copy">
                <button type="button" class="plain" @click=${this.copy}
                    >Copier le code</button>
                <span role="status">${this.copied ? 'Copié.' : ''}</span></p>`
                : nothing}
            ${isWaiting(one) ? this.waiting(one) : nothing}
            ${one.state === 'accepted' ? html`<p>Le médecin le déclare en
                ligne avec la carte Vitale, ou le patient envoie le formulaire
                S3704 à sa caisse.</p>` : nothing}
            <placement-steps .placement=${one} @change=${this.changed}>
            </placement-steps>
            ${live ? nothing : html`<p><button type="button" class="main"
                @click=${this.again}>Chercher un autre médecin</button></p>`}
        </section>`;
    }

    render() {
        return this.placement ? this.held(this.placement) : this.offer();
    }
}

customElements.define('placement-hold', PlacementHold);
