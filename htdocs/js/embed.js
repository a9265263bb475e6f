/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-trouver>: the search on a page that is not ours, out of its style. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './search.js';
import { get } from './api.js';
import { dialogIn, remember, signInAgain } from './sign-in.js';
import { site } from './site.js';
import { NB } from './text.js';

const STYLES = [new URL('../css/cpts.css', import.meta.url).href,
                new URL('../css/search.css', import.meta.url).href,
                new URL('../css/placements.css', import.meta.url).href,
                site('theme.css')];

export class CptsTrouver extends LitElement {
    static properties = {
        territory: { state: true },
        problem: { state: true },
    };

    constructor() {
        super();
        /** @type {import('./page.js').Territory | null} */
        this.territory = null;
        /** @type {import('./api.js').Problem | null} */
        this.problem = null;
    }

    firstUpdated() {
        dialogIn(/** @type {Node} */ (this.renderRoot));
        this.load();
    }

    async load() {
        this.problem = null;
        try {
            remember(await get('/me', { quiet: true }));
            this.territory = await get('/territory');
        }
        catch (error) {
            this.problem = /** @type {import('./api.js').Problem} */ (
                error);
        }
    }

    async signIn() {
        if (await signInAgain()) {
            await this.load();
        }
    }

    trouble() {
        if (!this.problem) {
            return html`<p role="status">Un instant…</p>`;
        }
        return this.problem.status === 401
            ? html`<p>Réservé aux professionnels de la CPTS.</p>
                <button type="button" class="main" @click=${this.signIn}
                    >Se connecter</button>`
            : html`<div class="note bad" role="alert">
                <p><strong>${this.problem.title}</strong></p>
                <p>${this.problem.detail}</p>
                <button type="button" @click=${this.load}>Recommencer</button>
            </div>`;
    }

    render() {
        return html`${STYLES.map((href) =>
            html`<link rel="stylesheet" href=${href}>`)}
            <div class="embedded screen-only">
                ${this.territory ? nothing : html`<div>${this.trouble()}</div>`}
                ${this.territory ? html`<cpts-search
                    .territory=${this.territory}></cpts-search>` : nothing}
                <p class="on-paper">Cette partie ne s’imprime pas${NB}: aucune
                liste de médecins ne doit circuler.</p>
            </div>`;
    }
}

customElements.define('cpts-trouver', CptsTrouver);
