/* SPDX-License-Identifier: Apache-2.0 */
/* <sheet-visits>: where a doctor visits at home, on a map and as a list. */
import { LitElement, html, live, nothing } from './vendor/lit.js';
import './territory-map.js';
import { fieldId, same } from './fiche-model.js';
import { distance } from './geo.js';
import { NB, fold, kilometres, plural } from './text.js';

/**
 * @typedef {import('./fiche-model.js').Draft} Draft
 * @typedef {import('./fiche-model.js').Point} Point
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {import('./page.js').Territory} Territory
 */

/** Where the sites of a draft are. @param {Draft} draft
 * @param {Territory} territory @returns {Point[]} */
export function places(draft, territory) {
    return draft.sites.flatMap((site) => site.point
        ?? territory.communes.find((one) => one.insee === site.commune)
        ?? []);
}

/** The radius that holds, kilometres, or 0. @param {Draft} draft
 * @param {Territory} territory */
export function radiusOf(draft, territory) {
    const { limits } = territory;
    const typed = Number(draft.radius.trim().replace(',', '.'));
    if (draft.radius.trim() !== '') {
        return Number.isFinite(typed)
            ? Math.min(typed, limits.home_visit_max_km) : 0;
    }
    return draft.communes.length + draft.perimeters.length === 0
        ? limits.home_visit_default_km : 0;
}

/** Why each commune is visited. @param {Draft} draft
 * @param {Territory} territory @returns {Map<string, string>} by INSEE code
 */
export function covered(draft, territory) {
    const radius = radiusOf(draft, territory);
    const from = places(draft, territory);
    /** @type {Map<string, string>} */
    const reasons = new Map();
    for (const commune of territory.communes) {
        const named = territory.perimeters.find((one) =>
            draft.perimeters.includes(one.name)
            && one.communes.includes(commune.insee));
        if (draft.communes.includes(commune.insee)) {
            reasons.set(commune.insee, 'choisie');
        }
        else if (named) {
            reasons.set(commune.insee, named.name);
        }
        else if (radius > 0
            && from.some((place) => distance(place, commune) <= radius)) {
            reasons.set(commune.insee, 'dans le rayon');
        }
    }
    return reasons;
}

/** A commune that the territory has no more. @param {string} insee
 * @returns {Commune} */
function nameless(insee) {
    return { insee, name: insee, lat: 0, lon: 0, population: 0,
             neighbour: false };
}

/** Event "edit" when the draft was changed. */
export class SheetVisits extends LitElement {
    static properties = {
        draft: { attribute: false },
        territory: { attribute: false },
        wrong: { attribute: false },
        version: { attribute: false },
        filter: { state: true },
    };

    constructor() {
        super();
        /** @type {Draft | null} */
        this.draft = null;
        /** @type {Territory | null} */
        this.territory = null;
        /** What is said of a pointer. @type {(pointer: string) => string} */
        this.wrong = () => '';
        /** Grows with each change of the draft. */
        this.version = 0;
        this.filter = '';
        /** All that was ever chosen: a box does not go when it is unchecked.
         * @type {Set<string>} */
        this.seen = new Set();
        /** What the map shows.
         * @type {{shades: Record<string, string>, marks: any[],
         *         circles: any[]} | null} */
        this.shown = null;
    }

    createRenderRoot() {
        return this;
    }

    edited() {
        this.requestUpdate();
        this.dispatchEvent(new Event('edit'));
    }

    /** @param {'communes' | 'perimeters'} list @param {string} item */
    toggle(list, item) {
        const draft = /** @type {Draft} */ (this.draft);
        draft[list] = draft[list].includes(item)
            ? draft[list].filter((one) => one !== item)
            : [...draft[list], item];
        this.edited();
    }

    /** What the sheet names and the territory has no more.
     * @param {'communes' | 'perimeters'} list
     * @param {(item: string) => boolean} known */
    lost(list, known) {
        this.draft?.[list].forEach((item) => this.seen.add(`${list} ${item}`));
        return [...this.seen].filter((item) => item.startsWith(`${list} `))
            .map((item) => item.slice(list.length + 1))
            .filter((item) => !known(item));
    }

    /** @param {string[]} insees */
    choose(insees) {
        const draft = /** @type {Draft} */ (this.draft);
        draft.communes = insees;
        this.edited();
    }

    /** @param {Draft} draft @param {Territory} territory
     * @param {Map<string, string>} reasons */
    map(draft, territory, reasons) {
        const radius = radiusOf(draft, territory);
        /** @type {Record<string, string>} */
        const shades = {};
        for (const [insee, why] of reasons) {
            shades[insee] = why === 'choisie' ? 'picked' : 'good';
        }
        const from = places(draft, territory);
        const shown = {
            shades,
            marks: from.map(({ lat, lon }, index) => ({
                lat, lon, label: String(index + 1), title: '' })),
            circles: radius > 0
                ? from.map(({ lat, lon }) => ({ lat, lon, km: radius })) : [],
        };
        /* the map is drawn again only when it shows something else */
        this.shown = this.shown && same(this.shown, shown) ? this.shown
            : shown;
        return html`<territory-map label="Carte des communes visitées"
            pick whole ?outlined=${territory.contours}
            .communes=${territory.communes}
            .shades=${this.shown.shades} .marks=${this.shown.marks}
            .circles=${this.shown.circles}
            @pick=${(/** @type {CustomEvent} */ event) =>
                this.toggle('communes', event.detail)}></territory-map>`;
    }

    /** @param {Draft} draft @param {Territory} territory */
    radius(draft, territory) {
        const id = fieldId('/home_visits/radius_km');
        const wrong = this.wrong('/home_visits/radius_km');
        return html`<div class="field">
            <label for=${id}>Rayon autour de chaque lieu, en kilomètres
            </label>
            <input id=${id} class="short" inputmode="decimal"
                autocomplete="off" .value=${live(draft.radius)}
                aria-invalid=${wrong ? 'true' : 'false'}
                aria-describedby="${id}-hint ${id}-wrong"
                @input=${(/** @type {any} */ event) => {
                    draft.radius = event.target.value;
                    this.edited();
                }}>
            <p class="hint" id="${id}-hint">Facultatif, ${
                kilometres(territory.limits.home_visit_max_km)} au plus.</p>
            <p class="wrong" id="${id}-wrong">${wrong}</p>
        </div>`;
    }

    /** @param {Draft} draft @param {Territory} territory */
    perimeters(draft, territory) {
        const lost = this.lost('perimeters', (name) =>
            territory.perimeters.some((one) => one.name === name));
        const all = [...territory.perimeters.map((one) => ({
            name: one.name, told: plural(one.communes.length, 'commune') })),
                     ...lost.map((name) => ({ name, told: 'n’existe plus' }))];
        if (all.length === 0) {
            return nothing;
        }
        return html`<fieldset id=${fieldId('/home_visits/perimeters')}
            tabindex="-1">
            <legend>Périmètres</legend>
            <div class="choices">${all.map((one) => html`
                <label class="choice"><input type="checkbox"
                    .checked=${live(draft.perimeters.includes(one.name))}
                    @change=${() => this.toggle('perimeters', one.name)}>
                    <span><bdi>${one.name}</bdi> <span class="muted small">${
                        one.told}</span></span>
                </label>`)}</div>
            <p class="wrong">${this.wrong('/home_visits/perimeters')}</p>
        </fieldset>`;
    }

    /** @param {Commune} commune @param {Map<string, string>} reasons */
    line(commune, reasons) {
        const why = reasons.get(commune.insee) ?? '';
        return html`<label class="choice"
            ?hidden=${!fold(commune.name).includes(fold(this.filter))}>
            <input type="checkbox" name="visited" value=${commune.insee}
                .checked=${live(this.draft?.communes.includes(commune.insee)
                    ?? false)}
                @change=${() => this.toggle('communes', commune.insee)}>
            <span><bdi>${commune.name}</bdi> ${
                why === '' || why === 'choisie' ? nothing
                    : html`<span class="muted small">${why}</span>`}</span>
        </label>`;
    }

    /** @param {string} title @param {Commune[]} communes
     * @param {Map<string, string>} reasons */
    group(title, communes, reasons) {
        const wanted = fold(this.filter);
        const any = communes.some((one) => fold(one.name).includes(wanted));
        return communes.length === 0 ? nothing : html`
            <fieldset ?hidden=${!any}><legend>${title}</legend>
                <div class="communes">${communes.map((one) =>
                    this.line(one, reasons))}</div></fieldset>`;
    }

    /** @param {Draft} draft @param {Territory} territory
     * @param {Map<string, string>} reasons */
    list(draft, territory, reasons) {
        const ours = territory.communes.filter((one) => !one.neighbour)
            .sort((a, b) => a.name.localeCompare(b.name, 'fr'));
        const near = territory.communes.filter((one) => one.neighbour)
            .sort((a, b) => a.name.localeCompare(b.name, 'fr'));
        const found = [...ours, ...near].filter((one) =>
            fold(one.name).includes(fold(this.filter))).length;
        const id = fieldId('/home_visits/communes');
        return html`<details class="list">
            <summary>Choisir les communes dans une liste (${
                plural(draft.communes.length, 'choisie')})</summary>
            <div class="field">
                <label for=${id}>Filtrer la liste</label>
                <input id=${id} autocomplete="off"
                    spellcheck="false" .value=${live(this.filter)}
                    @input=${(/** @type {any} */ event) => {
                        this.filter = event.target.value;
                    }}
                    @keydown=${(/** @type {KeyboardEvent} */ event) => {
                        if (event.key === 'Enter') {
                            event.preventDefault();
                        }
                    }}>
                <p class="hint" role="status">${this.filter === '' ? ''
                    : found === 0 ? 'Aucune commune de ce nom.'
                        : plural(found, 'commune')}</p>
            </div>
            ${this.group('Communes du territoire', ours, reasons)}
            ${this.group('Communes voisines', near, reasons)}
            ${this.group('Communes qui ne sont plus du territoire',
                         this.lost('communes', (insee) =>
                             territory.communes.some((one) =>
                                 one.insee === insee)).map(nameless),
                         reasons)}
            <div class="actions">
                <button type="button" @click=${() =>
                    this.choose(ours.map((one) => one.insee))}>Tout le
                    territoire</button>
                <button type="button" class="plain" @click=${() =>
                    this.choose([])}>Tout décocher</button>
            </div>
        </details>`;
    }

    /** @param {Draft} draft @param {Territory} territory
     * @param {Map<string, string>} reasons */
    told(draft, territory, reasons) {
        const names = territory.communes
            .filter((one) => reasons.has(one.insee)).map((one) => one.name)
            .sort((a, b) => a.localeCompare(b, 'fr'));
        const bare = draft.radius.trim() === ''
            && draft.communes.length + draft.perimeters.length === 0;
        return html`<p role="status">${bare ? html`Rien de choisi${NB}: le
            rayon habituel de ${kilometres(
                territory.limits.home_visit_default_km)} s’applique. `
            : nothing}${names.length === 0 ? 'Aucune commune.'
            : html`<strong>${plural(names.length, 'commune visitée',
                                    'communes visitées')}</strong>${NB}: ${
                names.map((name, index) => html`${index ? ', ' : ''}<bdi>${
                    name}</bdi>`)}.`}</p>`;
    }

    render() {
        const { draft, territory } = this;
        if (!draft || !territory) {
            return nothing;
        }
        const reasons = covered(draft, territory);
        const wrong = this.wrong('/home_visits/communes');
        return html`
            <p>Touchez les communes sur la carte${NB}: celles qui sont
            colorées sont visitées.</p>
            ${this.map(draft, territory, reasons)}
            ${this.told(draft, territory, reasons)}
            <p class="wrong">${wrong}</p>
            ${this.perimeters(draft, territory)}
            ${this.radius(draft, territory)}
            ${this.list(draft, territory, reasons)}`;
    }
}

customElements.define('sheet-visits', SheetVisits);
