/* SPDX-License-Identifier: Apache-2.0 */
/* <placement-counts>: how many placements of this month are in each state. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { get } from './api.js';
import { STATES } from './placements-text.js';
import { isoDay, number } from './text.js';

/** The most that are read to be counted. */
const MOST = 1000;

const MONTH = new Intl.DateTimeFormat('fr-FR', { month: 'long' });

/** Events: "state", detail: the state that was pressed. */
export class PlacementCounts extends LitElement {
    static properties = {
        counts: { state: true },
        many: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {Record<string, number> | null} */
        this.counts = null;
        /** More than are counted. */
        this.many = false;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        this.load();
    }

    /** Those that were started since the first of the month: the list has
     * the newest first. */
    async load() {
        const first = `${isoDay(new Date()).slice(0, 7)}-01`;
        /** @type {Record<string, number>} */
        const counts = {};
        let cursor = '';
        let read = 0;
        this.problem = null;
        try {
            do {
                const page = await get(`/placements${
                    cursor && `?${new URLSearchParams({ cursor })}`}`);
                const now = page.placements.filter((
                    /** @type {{held_at: string}} */ one) =>
                    isoDay(new Date(one.held_at)) >= first);
                for (const { state } of now) {
                    counts[state] = (counts[state] ?? 0) + 1;
                }
                read += now.length;
                cursor = now.length === page.placements.length
                    ? page.next ?? '' : '';
            } while (cursor && read < MOST);
            this.many = cursor !== '';
            this.counts = counts;
        }
        catch (error) {
            this.problem = /** @type {import('./api.js').Problem} */ (error);
        }
    }

    render() {
        const { counts } = this;
        if (this.problem) {
            return html`<p class="note bad" role="alert">${
                this.problem.title}. ${this.problem.detail}</p>`;
        }
        if (!counts) {
            return nothing;
        }
        return html`<h2>Commencés en ${MONTH.format(new Date())}</h2>
            ${this.many ? html`<p class="muted small">Parmi les
                ${number(MOST)} derniers.</p>` : nothing}
            <ul class="tiles">${Object.entries(STATES).map(
                ([state, [words]]) => html`<li><button type="button"
                    class="tile" @click=${() => this.dispatchEvent(
                        new CustomEvent('state', { detail: state }))}>
                    <strong>${number(counts[state] ?? 0)}</strong>
                    <span>${words}</span></button></li>`)}</ul>`;
    }
}

customElements.define('placement-counts', PlacementCounts);
