/* SPDX-License-Identifier: Apache-2.0 */
/* <commune-field>: a commune by the beginning of its name or its postcode. */
import { LitElement, html, live, nothing } from './vendor/lit.js';
import { NB, fold } from './text.js';

/** @typedef {import('./page.js').Commune} Commune */

/** The most communes of a list: by name, and by postcode, where typing on
 * tells no more of them apart. */
const MOST = 8;
const MOST_OF_POSTCODE = 60;
let numbers = 0;

/** Whether somebody types a postcode. @param {string} text */
function isPostcode(text) {
    return /^\s*\d/.test(text);
}

/** How well a commune fits what was typed: 0 best, -1 not at all.
 * @param {Commune} commune @param {string} typed folded */
function rank(commune, typed) {
    const name = fold(commune.name);
    if (commune.postcodes?.some((code) => code.startsWith(typed))
        || name.startsWith(typed)) {
        return 0;
    }
    if (` ${name}`.includes(` ${typed}`)) {
        return 1;
    }
    return typed.length > 2 && name.includes(typed) ? 2 : -1;
}

/** The communes that fit, best first. @param {Commune[]} communes
 * @param {string} text as typed */
export function communesFor(communes, text) {
    const typed = isPostcode(text) ? fold(text).replace(/ /g, '')
        : fold(text);
    if (typed === '') {
        return [];
    }
    return communes
        .map((commune) => ({ commune, rank: rank(commune, typed) }))
        .filter((found) => found.rank >= 0)
        .sort((a, b) => a.rank - b.rank
            || Number(a.commune.neighbour) - Number(b.commune.neighbour)
            || a.commune.name.localeCompare(b.commune.name, 'fr'))
        .map((found) => found.commune);
}

/**
 * A combobox with a list (ARIA Authoring Practices, list autocomplete).
 * Properties: communes, label, wrong (a sentence), value (INSEE code or '').
 * Event "change" when value changes. focus() goes to the input.
 */
export class CommuneField extends LitElement {
    static properties = {
        communes: { attribute: false },
        label: {},
        wrong: {},
        text: { state: true },
        shown: { state: true },
        active: { state: true },
    };

    constructor() {
        super();
        /** @type {Commune[]} */
        this.communes = [];
        this.label = 'Commune';
        this.wrong = '';
        this.text = '';
        this.shown = false;
        this.active = -1;
        /** INSEE code. */
        this.value = '';
        this.key = `commune-${numbers += 1}`;
    }

    createRenderRoot() {
        return this;
    }

    get found() {
        return communesFor(this.communes, this.text)
            .slice(0, isPostcode(this.text) ? MOST_OF_POSTCODE : MOST);
    }

    get input() {
        return /** @type {HTMLInputElement} */ (this.querySelector('input'));
    }

    focus() {
        this.input.focus();
    }

    clear() {
        this.text = '';
        this.set('');
    }

    /** @param {string} insee */
    set(insee) {
        const changed = insee !== this.value;
        this.value = insee;
        const commune = this.communes.find((one) => one.insee === insee);
        if (commune) {
            this.text = commune.name;
        }
        this.shown = false;
        this.active = -1;
        if (changed) {
            this.dispatchEvent(new Event('change', { bubbles: true }));
        }
    }

    /** @param {Event} event */
    typed(event) {
        event.stopPropagation();
        this.text = /** @type {HTMLInputElement} */ (event.target).value;
        this.shown = this.text.trim() !== '';
        this.active = this.found.length > 0 ? 0 : -1;
        if (this.value !== '') {
            this.value = '';
            this.dispatchEvent(new Event('change', { bubbles: true }));
        }
    }

    /** @param {KeyboardEvent} event */
    key_pressed(event) {
        const count = this.found.length;
        if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
            event.preventDefault();
            if (!this.shown) {
                this.shown = this.text !== '' && this.value === '';
                return;
            }
            const step = event.key === 'ArrowDown' ? 1 : -1;
            this.active = count === 0 ? -1
                : (this.active + step + count) % count;
        }
        else if (event.key === 'Enter' && this.shown && this.active >= 0) {
            event.preventDefault();
            this.set(this.found[this.active].insee);
        }
        else if (event.key === 'Escape' && this.shown) {
            event.preventDefault();
            this.shown = false;
        }
    }

    /* what was typed and not chosen counts when it can only be one */
    left() {
        if (this.value === '' && this.text !== '') {
            const same = this.found.filter((commune) =>
                fold(commune.name) === fold(this.text));
            const sure = same.length === 1 ? same
                : this.found.length === 1 ? this.found : [];
            if (sure.length === 1) {
                this.set(sure[0].insee);
            }
        }
        this.shown = false;
    }

    updated() {
        this.querySelector('[aria-selected="true"]')
            ?.scrollIntoView({ block: 'nearest' });
    }

    /** What tells a commune of the list from others.
     * @param {Commune} commune */
    beside(commune) {
        const typed = this.text.replace(/ /g, '');
        const code = isPostcode(typed) ? commune.postcodes?.find((one) =>
            one.startsWith(typed)) : undefined;
        return [code ?? '', commune.neighbour ? 'voisine' : '']
            .filter((part) => part !== '').join(', ');
    }

    /** What may be typed. */
    hint() {
        return this.communes.some((one) => one.postcodes?.length)
            ? 'Nom ou code postal' : 'Nom';
    }

    list() {
        return this.found.map((commune, index) => html`
            <li role="option" id="${this.key}-${index}"
                aria-selected=${index === this.active}
                @mousedown=${(/** @type {Event} */ event) => {
                    event.preventDefault();
                    this.set(commune.insee);
                }}>
                <span><bdi>${commune.name}</bdi></span>
                <span class="muted small">${this.beside(commune)}</span>
            </li>`);
    }

    render() {
        const none = this.shown && this.found.length === 0;
        const open = this.shown && !none;
        const said = none
            ? (isPostcode(this.text)
                ? `Aucune commune de ce code postal dans le territoire ni `
                    + `autour${NB}: essayez le nom.`
                : `Aucune commune de ce nom dans le territoire ni autour${NB}`
                    + ': vérifiez l’orthographe.') : this.wrong;
        return html`<div class="field">
            <label for="${this.key}">${this.label}</label>
            <input id="${this.key}" role="combobox" autocomplete="off"
                spellcheck="false" aria-autocomplete="list"
                placeholder=${this.hint()}
                aria-controls="${this.key}-list"
                aria-expanded=${open}
                aria-activedescendant=${open && this.active >= 0
                    ? `${this.key}-${this.active}` : nothing}
                aria-invalid=${said ? 'true' : 'false'}
                aria-describedby="${this.key}-wrong"
                .value=${live(this.text)}
                @input=${this.typed} @keydown=${this.key_pressed}
                @blur=${this.left}
                @change=${(/** @type {Event} */ event) =>
                    event.stopPropagation()}>
            <ul class="options" role="listbox" id="${this.key}-list"
                aria-label=${this.label} ?hidden=${!open}>
                ${open ? this.list() : ''}</ul>
            <p class="wrong" id="${this.key}-wrong" role="status"
                >${said}</p>
        </div>`;
    }
}

customElements.define('commune-field', CommuneField);
