/* SPDX-License-Identifier: Apache-2.0 */
/* <terms-text>: the charter or the conditions, read where one accepts them. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { root } from './site.js';
import { NB } from './text.js';

/** @typedef {{version: string, address: string, accepted?: boolean,
 *            accepted_at?: string | null}} Terms */

/** What a text may hold, and what it becomes below a heading of ours.
 * @type {Record<string, string>} */
const KEPT = { H2: 'h3', H3: 'h4', P: 'p', UL: 'ul', OL: 'ol', LI: 'li',
               STRONG: 'strong', EM: 'em', DL: 'dl', DT: 'dt', DD: 'dd' };

/** Nodes that are shown for those of a page: words, in the few elements of a
 * text. @param {Node} from @returns {Node[]} */
function copied(from) {
    if (from.nodeType === Node.TEXT_NODE) {
        return [document.createTextNode(from.textContent ?? '')];
    }
    const name = from.nodeName;
    if (/^(H1|SCRIPT|STYLE|NAV)$/.test(name)) {
        return [];
    }
    const inside = [...from.childNodes].flatMap(copied);
    if (!KEPT[name]) {
        return inside;
    }
    const made = document.createElement(KEPT[name]);
    made.append(...inside);
    return [made];
}

/** Where a text is; nothing when that is no address of a page.
 * @param {string} address */
function addressOf(address) {
    const url = new URL(address, root);
    return /^https?:$/.test(url.protocol) ? url : null;
}

/** The text of a page of this site. @param {URL} url */
async function read(url) {
    if (url.origin !== new URL(root).origin) {
        throw new Error('a page of another site');
    }
    const response = await fetch(url, { credentials: 'same-origin' });
    if (!response.ok) {
        throw new Error(`status ${response.status}`);
    }
    const page = new DOMParser().parseFromString(await response.text(),
                                                 'text/html');
    const main = page.querySelector('main');
    if (!main) {
        throw new Error('no main part');
    }
    return copied(main);
}

export class TermsText extends LitElement {
    static properties = {
        terms: { attribute: false },
        label: {},
        phase: { state: true },
    };

    constructor() {
        super();
        /** @type {Terms | null} */
        this.terms = null;
        this.label = 'Texte';
        /** @type {'wait' | 'here' | 'elsewhere'} */
        this.phase = 'wait';
        /** @type {Node[]} */
        this.text = [];
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        this.load();
    }

    async load() {
        try {
            const url = this.terms && addressOf(this.terms.address);
            this.text = url ? await read(url) : [];
            this.phase = this.text.length > 0 ? 'here' : 'elsewhere';
        }
        catch {
            this.phase = 'elsewhere';
        }
    }

    render() {
        const url = this.terms && addressOf(this.terms.address);
        const version = `Version${NB}${this.terms?.version}`;
        return html`${this.phase === 'here' ? html`<div class="terms"
                tabindex="0" role="region" aria-label=${this.label}>${
                this.text}</div>` : nothing}
            ${this.phase === 'wait' ? html`<p role="status">Un instant…</p>`
                : nothing}
            <p class="small muted">${version}. ${url ? html`<a
                href=${url.href} target="_blank" rel="noopener">${
                this.phase === 'elsewhere' ? 'Lire le texte'
                    : 'Ouvrir le texte seul'} (nouvel onglet)</a>`
                : nothing}</p>`;
    }
}

customElements.define('terms-text', TermsText);
