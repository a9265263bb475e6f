/* SPDX-License-Identifier: Apache-2.0 */
/* <placement-list>: placements in some states, and their outcome. */
import { LitElement, html, nothing, repeat } from './vendor/lit.js';
import './placement-steps.js';
import { get } from './api.js';
import { codeWords } from './placement-hold.js';
import { isEnding, reasonWords, requesterWords, stateWords, whenWords }
    from './placements-text.js';
import { NB, moment, plural } from './text.js';

/**
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./placements-text.js').Placement} Placement
 * @typedef {import('./placements-text.js').Side} Side
 * @typedef {import('./sign-in.js').Me} Me
 * @typedef {{placements: Placement[], next: string | null}} Page
 */

/** The most that are read at once to be put into an order. */
const MOST = 500;

const DAY = 86_400_000;

/** One page. @param {string} state or '' @param {string | null} cursor
 * @param {object} options */
function readPage(state, cursor, options) {
    const query = new URLSearchParams();
    if (state) {
        query.set('state', state);
    }
    if (cursor) {
        query.set('cursor', cursor);
    }
    return get(`/placements?${query}`, options);
}

/** All placements in these states, the most urgent first.
 * @param {string[]} states @param {object} options
 * @param {number} most of one state: more than this are not asked for
 * @returns {Promise<Page>} */
async function readAll(states, options, most) {
    const pages = await Promise.all(states.map(async (state) => {
        /** @type {Page} */
        let page = await readPage(state, null, options);
        const all = [...page.placements];
        while (page.next && all.length < most) {
            page = await readPage(state, page.next, options);
            all.push(...page.placements);
        }
        return all;
    }));
    return { next: null, placements: pages.flat().sort((a, b) =>
        Date.parse(a.expires_at) - Date.parse(b.expires_at)) };
}

/** Events: "listed", detail: how many there are; "change" of its steps. */
export class PlacementList extends LitElement {
    static properties = {
        me: { attribute: false },
        states: { attribute: false },
        rpps: { attribute: false },
        days: { attribute: false },
        heading: { attribute: false },
        empty: { attribute: false },
        fixed: { attribute: false },
        rows: { state: true },
        next: { state: true },
        busy: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {Me | null} */
        this.me = null;
        /** Null: all, newest first, page by page. @type {string[] | null} */
        this.states = null;
        /** Only those at this doctor's sheet. */
        this.rpps = '';
        /** Only one's own that changed in the last so many days; 0: all. */
        this.days = 0;
        this.heading = '';
        /** What an empty list says; '' shows nothing at all. */
        this.empty = '';
        /** Placements to show as they are. @type {Placement[] | null} */
        this.fixed = null;
        /** @type {Placement[] | null} */
        this.rows = null;
        /** @type {string | null} */
        this.next = null;
        this.busy = false;
        /** @type {Problem | null} */
        this.problem = null;
        /** @type {AbortController | null} */
        this.control = null;
        /** What changed here while the list is read, by code.
         * @type {Map<string, Placement>} */
        this.newer = new Map();
        this.asked = '';
        this.seen = this.seen.bind(this);
        this.passed = this.passed.bind(this);
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        document.addEventListener('visibilitychange', this.seen);
        window.addEventListener('pagehide', this.passed);
        window.addEventListener('pageshow', this.passed);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        document.removeEventListener('visibilitychange', this.seen);
        window.removeEventListener('pagehide', this.passed);
        window.removeEventListener('pageshow', this.passed);
        this.control?.abort();
    }

    /** @param {import('lit').PropertyValues} changed */
    updated(changed) {
        const asked = JSON.stringify(this.states);
        if (this.fixed) {
            if (changed.has('fixed')) {
                this.asked = '';
                this.rows = this.fixed;
                this.next = null;
            }
        }
        else if (this.me && asked !== this.asked) {
            this.asked = asked;
            this.rows = null;
            this.load();
        }
    }

    /* somebody else may have answered: looked at again, without a word */
    seen() {
        if (document.visibilityState === 'visible' && !this.busy && this.rows
            && !this.fixed && this.next === null
            && !this.querySelector('.question')) {
            this.load({ quiet: true });
        }
    }

    /* "back" shows a list to nobody but who may read it now */
    passed(/** @type {PageTransitionEvent} */ event) {
        if (!event.persisted || this.fixed) {
            return;
        }
        if (event.type === 'pagehide') {
            this.rows = null;
            this.next = null;
        }
        else {
            this.load();
        }
    }

    /** One state, or all: a page. More: whole lists. */
    whole() {
        return this.states !== null && this.states.length > 1;
    }

    /** @param {{quiet?: boolean}} [how] */
    async load(how = {}) {
        const page = await this.read(null, how);
        if (page) {
            this.rows = this.mine(page.placements);
            this.next = page.next;
            this.dispatchEvent(new CustomEvent('listed', {
                detail: this.rows.length, bubbles: true }));
        }
    }

    async more() {
        const page = await this.read(this.next);
        if (!page) {
            return;
        }
        const fresh = this.mine(page.placements);
        this.rows = [...this.rows ?? [], ...fresh];
        this.next = page.next;
        await this.updateComplete;
        this.focusRow(fresh[0]?.code);
    }

    /** @param {Placement[]} placements */
    mine(placements) {
        const since = Date.now() - this.days * DAY;
        placements = placements.map((one) => this.newer.get(one.code) ?? one);
        if (this.days > 0) {
            return placements.filter((one) =>
                Date.parse(one.changed_at) > since
                && one.requester.account === this.me?.account);
        }
        return this.rpps === '' ? placements
            : placements.filter((one) => one.rpps === this.rpps);
    }

    /** @param {string | null} cursor @param {{quiet?: boolean}} [how]
     * @returns {Promise<Page | null>} */
    async read(cursor, { quiet } = {}) {
        this.control?.abort();
        const control = new AbortController();
        const options = { signal: control.signal, quiet };
        this.control = control;
        this.newer.clear();
        this.busy = true;
        try {
            const page = this.whole()
                ? await readAll(this.states ?? [], options,
                                this.days > 0 ? 1 : MOST)
                : await readPage(this.states?.[0] ?? '', cursor, options);
            if (this.control === control) {
                this.problem = null;
                this.busy = false;
                return page;
            }
        }
        catch (error) {
            if (this.control === control) {
                this.problem = quiet ? this.problem
                    : /** @type {Problem} */ (error);
                this.busy = false;
            }
        }
        return null;
    }

    /** @param {string | undefined} code */
    focusRow(code) {
        /** @type {HTMLElement | null} */
        const row = this.querySelector(`#p-${code} h3`);
        row?.focus();
    }

    /** @param {CustomEvent<Placement>} event */
    changed({ detail }) {
        this.newer.set(detail.code, detail);
        this.rows = (this.rows ?? []).map((one) =>
            (one.code === detail.code ? detail : one));
    }

    /** @param {Placement} one @returns {Side} */
    side(one) {
        return (this.me?.role === 'doctor' || this.me?.role === 'delegate')
            && one.rpps === this.me.rpps ? 'doctor' : 'desk';
    }

    /** Who is concerned, to whom it is not plain. @param {Placement} one
     * @param {Side} side */
    people(one, side) {
        const own = one.requester.account === this.me?.account;
        const doctor = one.doctor ? html`<bdi>${one.doctor}</bdi>`
            : 'Fiche effacée';
        const places = one.places > 1 ? html` – ${
            plural(one.places, 'place')}` : nothing;
        return html`<p class="people">${side === 'doctor'
            ? html`Adressé par ${own ? 'vous' : html`<bdi>${
                requesterWords(one)}</bdi>`}` : doctor}${places}</p>
            ${side === 'doctor' || own ? nothing : html`<p class="muted small"
                >Par <bdi>${requesterWords(one)}</bdi></p>`}`;
    }

    /** @param {Placement} one */
    row(one) {
        const side = this.side(one);
        const [state, kind] = stateWords(one.state, side);
        return html`<li class="placement" id="p-${one.code}">
            <div class="what"><h3 tabindex="-1">${codeWords(one.code)}</h3>
                <span class="badge ${kind}">${state}</span>
                ${isEnding(one) ? html`<span class="badge bad">Moins d’un
                    jour</span>` : nothing}</div>
            <div class="who">${this.people(one, side)}
                <p class="muted small">${whenWords(one, side)}${one.reason
                    ? html`${NB}: ${reasonWords(one.reason, side)
                        .toLowerCase()}` : nothing}</p>
                ${one.state === 'held' || one.state === 'contacted' ? html`<p
                    class="muted small">Demandé le ${moment(one.held_at)}</p>`
                    : nothing}</div>
            <placement-steps .placement=${one} .side=${side}></placement-steps>
        </li>`;
    }

    trouble() {
        return this.problem ? html`<div class="note bad" role="alert">
            <p><strong>${this.problem.title}</strong></p>
            <p>${this.problem.detail}</p>
            <button type="button" @click=${() => this.load()}>Recommencer
            </button></div>` : nothing;
    }

    head() {
        if (this.heading === '') {
            return nothing;
        }
        const count = this.rows?.length ?? 0;
        return html`<h2 tabindex="-1">${this.heading}${count === 0 ? nothing
            : html` <span class="muted">(${count}${this.next ? '+' : ''
            })</span>`}</h2>`;
    }

    list() {
        if (!this.rows) {
            return this.busy ? html`<p role="status">Un instant…</p>`
                : nothing;
        }
        return this.rows.length === 0 && !this.next
            ? html`<p class="muted">${this.empty}</p>`
            : html`<ul class="placements" @change=${this.changed}>${
                repeat(this.rows, (one) => one.code,
                       (one) => this.row(one))}</ul>`;
    }

    render() {
        if (this.rows?.length === 0 && this.empty === '' && !this.problem) {
            return nothing;
        }
        return html`<section aria-label=${this.heading || 'Placements'}
            aria-busy=${this.busy}>${this.head()}${this.trouble()}
            ${this.list()}
            ${this.next ? html`<button type="button" class="wide"
                aria-busy=${this.busy} @click=${this.more}>Charger la
                suite</button>` : nothing}</section>`;
    }
}

customElements.define('placement-list', PlacementList);
