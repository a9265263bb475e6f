/* SPDX-License-Identifier: Apache-2.0 */
/* <site-place>: where a practice is, by a tap on a map or by keys. */
import { LitElement, html, nothing } from './vendor/lit.js';
import { fieldId } from './fiche-model.js';
import { distance, fromCentre, moved, rounded } from './geo.js';
import { TerritoryMap } from './territory-map.js';
import { NB } from './text.js';

/**
 * @typedef {import('./fiche-model.js').DraftSite} DraftSite
 * @typedef {import('./fiche-model.js').Point} Point
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {import('./page.js').Territory} Territory
 */

/** What one key moves, metres. */
const STEP = 100;

/** Farther from the centre of its commune a practice is a mistake, km. */
const FAR = 12;

/** Key, what is on the button, metres to the north and to the east.
 * @type {[string, string, string, number, number][]} */
const MOVES = [
    ['ArrowUp', '↑', 'Nord', STEP, 0], ['ArrowDown', '↓', 'Sud', -STEP, 0],
    ['ArrowLeft', '←', 'Ouest', 0, -STEP], ['ArrowRight', '→', 'Est', 0, STEP],
];

/** A map that says where it was tapped: event "place", detail {lat, lon}. */
class PlaceMap extends TerritoryMap {
    /** @param {import('./territory-map.js').Leaflet} leaflet */
    start(leaflet) {
        super.start(leaflet);
        this.map?.on('click', ({ latlng: { lat, lng: lon } }) =>
            this.dispatchEvent(new CustomEvent('place', {
                detail: rounded({ lat, lon }) })));
    }

    /** Another commune is another view. @param {Map<string, unknown>} was */
    willUpdate(was) {
        if (was.has('shades')) {
            this.fitted = '';
        }
    }
}

customElements.define('place-map', PlaceMap);

/** Event "edit" when the point of the site was changed. */
export class SitePlace extends LitElement {
    static properties = {
        site: { attribute: false },
        index: { attribute: false },
        territory: { attribute: false },
        own: { attribute: false },
        wrong: { attribute: false },
        version: { attribute: false },
        trouble: { state: true },
        busy: { state: true },
    };

    constructor() {
        super();
        /** @type {DraftSite | null} */
        this.site = null;
        this.index = 0;
        /** @type {Territory | null} */
        this.territory = null;
        this.own = true;
        this.wrong = '';
        /** Grows with each change of the draft. */
        this.version = 0;
        this.trouble = '';
        this.busy = false;
        /** What the map shows, by what it was made of. */
        this.shown = { key: '', shades: {},
                       marks: /** @type {any[]} */ ([]) };
    }

    createRenderRoot() {
        return this;
    }

    get commune() {
        return this.territory?.communes.find((one) =>
            one.insee === this.site?.commune);
    }

    /** @param {Point | null} point */
    set(point) {
        if (this.site) {
            this.site.point = point;
            this.trouble = '';
            this.requestUpdate();
            this.dispatchEvent(new Event('edit'));
        }
    }

    /** @param {number} north @param {number} east metres */
    move(north, east) {
        const from = this.site?.point ?? this.commune;
        if (from) {
            this.set(moved(from, north, east));
        }
    }

    /** @param {KeyboardEvent} event */
    pressed(event) {
        const move = MOVES.find(([key]) => key === event.key);
        if (move) {
            event.preventDefault();
            this.move(move[3], move[4]);
        }
    }

    /** Where the reader is, who is at the practice. */
    locate() {
        this.busy = true;
        this.trouble = '';
        navigator.geolocation.getCurrentPosition(
            ({ coords: { latitude: lat, longitude: lon } }) => {
                this.busy = false;
                this.set(rounded({ lat, lon }));
            },
            () => {
                this.busy = false;
                this.trouble = 'L’appareil ne donne pas sa position'
                    + `${NB}: touchez plutôt la carte.`;
            },
            { enableHighAccuracy: true, timeout: 15000 });
    }

    /** @param {Commune} commune @param {Point | null} point */
    map(commune, point) {
        const key = JSON.stringify([commune.insee, point, this.index]);
        if (this.shown.key !== key) {
            const old = this.shown.shades;
            const same = commune.insee in old;
            const { lat, lon } = point ?? commune;
            this.shown = {
                key, shades: same ? old : { [commune.insee]: 'good' },
                marks: [{ lat, lon, label: String(this.index + 1), title: '',
                          kind: point ? '' : 'guess' }],
            };
        }
        return html`<place-map pick
            ?outlined=${this.territory?.contours}
            label="Carte pour situer le lieu ${this.index + 1}"
            .communes=${this.territory?.communes ?? []}
            .shades=${this.shown.shades} .marks=${this.shown.marks}
            @place=${(/** @type {CustomEvent} */ event) =>
                this.set(event.detail)}></place-map>`;
    }

    /** @param {Point | null} point */
    buttons(point) {
        return html`<div class="moves" role="group"
            aria-label="Déplacer le point de ${STEP} mètres"
            @keydown=${this.pressed}>${MOVES.map(([, sign, name, ...by]) =>
                html`<button type="button" @click=${() => this.move(...by)}
                    ><span aria-hidden="true">${sign}</span> ${name}
                    </button>`)}</div>
        <p class="hint">Chaque touche déplace le point de ${STEP}${NB}m.</p>
        <div class="actions">
            ${this.own && 'geolocation' in navigator && isSecureContext
                ? html`<button type="button" data-place="here"
                    aria-busy=${this.busy} @click=${this.locate}>Prendre ma
                    position actuelle</button>` : nothing}
            ${point ? html`<button type="button" class="plain"
                data-place="forget" @click=${() => this.forget()}>Retirer le
                point</button>` : nothing}
        </div>`;
    }

    async forget() {
        this.set(null);
        await this.updateComplete;
        /** @type {HTMLElement | null} */ (
            this.querySelector('.moves button'))?.focus();
    }

    /** @param {Commune} commune @param {Point | null} point */
    told(commune, point) {
        const far = point && distance(commune, point) > FAR;
        return html`<p role="status">${point
            ? html`<strong>Point placé</strong> ${fromCentre(commune, point)}.`
            : 'Pas de point' + `${NB}: les distances partent du centre de la `
                + 'commune.'}${far ? html` <span class="wrong">C’est loin de
                ${commune.name}${NB}: vérifiez.</span>` : nothing}</p>`;
    }

    render() {
        const { site, commune } = this;
        if (!site) {
            return nothing;
        }
        const id = fieldId(`/sites/${this.index}/point`);
        const { point } = site;
        return html`<details class="list">
            <summary id=${id}><span>Situer sur la carte
                <span class="muted">(${point ? 'placé' : 'facultatif'})</span>
            </span></summary>
            ${commune ? html`
                <p>Touchez la carte là où est le cabinet${NB}: les distances
                seront plus justes.</p>
                ${this.map(commune, point)}
                ${this.told(commune, point)}
                ${this.buttons(point)}
                <p class="wrong" role="status">${this.trouble}</p>`
                : html`<p>Choisissez d’abord la commune.</p>`}
            <p class="wrong">${this.wrong}</p>
        </details>`;
    }
}

customElements.define('site-place', SitePlace);
