/* SPDX-License-Identifier: Apache-2.0 */
/* <territory-map>: communes, doctors and circles on a map without tiles. */
import { LitElement, html } from './vendor/lit.js';
import { get } from './api.js';
import { cells } from './cells.js';
import { NB } from './text.js';

/**
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {import('./vendor/leaflet.js')} Leaflet
 * @typedef {{lat: number, lon: number, label: string, title: string,
 *            kind?: string}} Mark kind: a class of css/map.css
 * @typedef {{lat: number, lon: number, km: number}} Circle
 */

/** Width of a mark, pixels. */
const SIZE = 28;

const EXACT = 'Limites des communes d’après leurs contours.';
const MIXED = 'Limites des communes d’après leurs contours, approximatives '
    + 'pour celles qui sont en tirets.';
const APPROXIMATE = 'Limites approximatives, calculées d’après le centre '
    + 'de chaque commune.';

/** The contours of the site, once for all maps of a page; null: none came.
 * @type {Promise<any> | null} */
let loaded = null;

/** A map that cannot have them does with cells: nobody is asked to sign in
 * for it, and the next map of the page tries again. */
function loadContours() {
    loaded ??= get('/territory/contours', { quiet: true, keep: true })
        .catch(() => {
            loaded = null;
            return null;
        });
    return loaded;
}

/** A geometry of GeoJSON as Leaflet takes it: latitude first.
 * @param {any} part @returns {any} */
function turned(part) {
    return typeof part[0] === 'number' ? [part[1], part[0]]
        : part.map(turned);
}

/** Leaflet's own look, once for each document or shadow root.
 * @param {Node} node */
function addStyles(node) {
    const root = node.getRootNode();
    const place = root instanceof ShadowRoot ? root : document.head;
    for (const name of ['leaflet', 'map']) {
        const href = new URL(`../css/${name}.css`, import.meta.url).href;
        const links = [...place.querySelectorAll('link')];
        if (!links.some((link) => link.href === href)) {
            const link = document.createElement('link');
            link.rel = 'stylesheet';
            link.href = href;
            place.append(link);
        }
    }
}

/**
 * The map is loaded when it comes near the window. It says nothing that the
 * page does not say in words beside it: for keyboards and screen readers that
 * is the way, the map is not in theirs.
 *
 * Properties
 *   label     what the map shows, in a few words
 *   legend    what the colours mean, shown below
 *   communes  those of the territory
 *   outlined  the site has contours of the communes: loaded with the map
 *   shades    class of css/map.css by INSEE code: {'31113': 'here'}
 *   notes     what is said of a commune beside its name, by INSEE code
 *   marks     doctors and other places: a letter in a circle
 *   circles   circles around places
 *   pick      communes can be tapped
 *   whole     shows the whole territory, not only what is marked
 * Event "pick", detail: the INSEE code.
 */
export class TerritoryMap extends LitElement {
    static properties = {
        label: {},
        legend: {},
        communes: { attribute: false },
        outlined: { type: Boolean },
        contours: { state: true },
        shades: { attribute: false },
        notes: { attribute: false },
        marks: { attribute: false },
        circles: { attribute: false },
        pick: { type: Boolean },
        whole: { type: Boolean },
        failed: { state: true },
    };

    constructor() {
        super();
        this.label = 'Carte';
        this.legend = '';
        /** @type {Commune[]} */
        this.communes = [];
        this.outlined = false;
        /** GeoJSON with properties.insee. @type {any} */
        this.contours = null;
        /** @type {Record<string, string>} */
        this.shades = {};
        /** @type {Record<string, string>} */
        this.notes = {};
        /** @type {Mark[]} */
        this.marks = [];
        /** @type {Circle[]} */
        this.circles = [];
        this.pick = false;
        this.whole = false;
        this.failed = false;
        /** The circles that the view was made to show. */
        this.fitted = '';
        /** @type {Leaflet | null} */
        this.leaflet = null;
        /** @type {import('./vendor/leaflet.js').Map | null} */
        this.map = null;
        /** @type {import('./vendor/leaflet.js').LayerGroup | null} */
        this.layers = null;
        /** @type {import('./vendor/leaflet.js').LayerGroup | null} */
        this.letters = null;
        /** @type {IntersectionObserver | null} */
        this.observer = null;
    }

    createRenderRoot() {
        return this;
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        this.observer?.disconnect();
        this.map?.remove();
        this.map = null;
    }

    firstUpdated() {
        this.observer = new IntersectionObserver((entries) => {
            if (entries.some((entry) => entry.isIntersecting)) {
                this.observer?.disconnect();
                this.load();
            }
        }, { rootMargin: '300px' });
        this.observer.observe(this);
    }

    async load() {
        addStyles(this);
        try {
            [this.leaflet, this.contours] = await Promise.all([
                import('./vendor/leaflet.js'),
                this.outlined ? loadContours() : null]);
        }
        catch {
            this.failed = true;
            return;
        }
        if (this.isConnected && !this.map) {
            this.start(this.leaflet);
            this.draw();
        }
    }

    /** @param {Leaflet} leaflet */
    start(leaflet) {
        const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
        const finger = matchMedia('(pointer: coarse)').matches;
        const box = /** @type {HTMLElement} */ (this.querySelector('.map'));
        this.map = leaflet.map(box, {
            attributionControl: false, scrollWheelZoom: false,
            /* one finger scrolls the page, two move the map */
            dragging: !finger, keyboard: false, zoomControl: false,
            zoomAnimation: !still, fadeAnimation: false, zoomSnap: 0.25,
            minZoom: 8, maxZoom: 15,
        });
        leaflet.control.zoom({ zoomInTitle: 'Agrandir',
                               zoomOutTitle: 'Réduire' }).addTo(this.map);
        this.layers = leaflet.layerGroup().addTo(this.map);
        this.letters = leaflet.layerGroup().addTo(this.map);
        this.map.on('zoomend', () => this.place(leaflet));
    }

    updated() {
        this.draw();
    }

    /** The contours by INSEE code. @returns {Map<string, any>} */
    outlines() {
        return new Map((this.contours?.features ?? []).map(
            (/** @type {any} */ feature) =>
                [feature.properties.insee, feature.geometry.coordinates]));
    }

    /** The shape of each commune: its contour, else a cell, which contours
     * are drawn over. @returns {[Commune, any, string][]} */
    shapes() {
        const outlines = this.outlines();
        /** @type {[Commune, any, string][]} */
        const drawn = [];
        /** @type {[Commune, any, string][]} */
        const made = [];
        const shapes = this.communes.every((one) => outlines.has(one.insee))
            ? [] : cells(this.communes);
        this.communes.forEach((commune, index) => {
            const outline = outlines.get(commune.insee);
            if (outline) {
                drawn.push([commune, turned(outline), 'outline']);
            }
            else {
                made.push([commune, shapes[index], 'cell']);
            }
        });
        return [...made, ...drawn];
    }

    /** Which kind of limits is drawn, in words. */
    limits() {
        const outlines = this.outlines();
        const exact = this.communes.filter((one) => outlines.has(one.insee));
        return exact.length === 0 ? APPROXIMATE
            : exact.length < this.communes.length ? MIXED : EXACT;
    }

    /** @param {Leaflet} leaflet @param {Commune} commune @param {any} shape
     * @param {string} made outline or cell */
    land(leaflet, commune, shape, made) {
        const kind = `land ${made} ${commune.neighbour ? 'beside' : ''}`;
        const polygon = leaflet.polygon(shape, {
            className: `${kind} ${this.shades[commune.insee] ?? ''} ${
                this.pick ? 'tap' : ''}`.trim(),
            interactive: true,
        });
        const name = document.createElement('span');
        const note = this.notes[commune.insee];
        name.textContent = note ? `${commune.name}${NB}: ${note}`
            : commune.name;
        polygon.bindTooltip(name, { direction: 'top', sticky: true });
        if (this.pick) {
            polygon.on('click', () => this.dispatchEvent(
                new CustomEvent('pick', { detail: commune.insee })));
        }
        return polygon;
    }

    /** Marks that would hide each other stand side by side.
     * @param {Leaflet} leaflet */
    place(leaflet) {
        const { map, letters } = this;
        letters?.clearLayers();
        /** @type {{x: number, y: number}[]} */
        const taken = [];
        for (const mark of this.marks) {
            const at = map?.latLngToContainerPoint([mark.lat, mark.lon])
                ?? { x: 0, y: 0 };
            let aside = 0;
            while (taken.some((other) => Math.hypot(
                other.x - at.x - aside, other.y - at.y) < SIZE)) {
                aside += SIZE / 2;
            }
            taken.push({ x: at.x + aside, y: at.y });
            letters?.addLayer(this.mark(leaflet, mark, aside));
        }
    }

    /** @param {Leaflet} leaflet @param {Mark} mark @param {number} aside */
    mark(leaflet, mark, aside) {
        const letter = document.createElement('span');
        letter.textContent = mark.label;
        return leaflet.marker([mark.lat, mark.lon], {
            keyboard: false, interactive: false,
            icon: leaflet.divIcon({
                html: letter, className: `map-mark ${mark.kind ?? ''}`,
                iconSize: [SIZE, SIZE],
                iconAnchor: [SIZE / 2 - aside, SIZE / 2],
            }),
        });
    }

    draw() {
        const { leaflet, map, layers } = this;
        if (!leaflet || !map || !layers) {
            return;
        }
        layers.clearLayers();
        const bounds = leaflet.latLngBounds([]);
        for (const [commune, shape, made] of this.shapes()) {
            const polygon = this.land(leaflet, commune, shape, made);
            layers.addLayer(polygon);
            if (this.whole ? !commune.neighbour : this.shades[commune.insee]) {
                bounds.extend(polygon.getBounds());
            }
        }
        for (const circle of this.circles) {
            const round = leaflet.circle([circle.lat, circle.lon], {
                radius: circle.km * 1000, className: 'reach',
                interactive: false });
            layers.addLayer(round);
            bounds.extend(leaflet.latLng(circle.lat, circle.lon)
                .toBounds(circle.km * 2000));
        }
        for (const mark of this.marks) {
            bounds.extend([mark.lat, mark.lon]);
        }
        if (!bounds.isValid()) {
            return;
        }
        /* A tap must not throw away the zoom that the reader chose. */
        const fitted = JSON.stringify(this.circles);
        if (!this.pick || this.fitted !== fitted) {
            map.fitBounds(bounds, { padding: [24, 24], maxZoom: 13,
                                    animate: false });
            this.fitted = fitted;
        }
        this.place(leaflet);
        /* their tooltips made them tab stops: the list beside is the way of
         * the keyboard; a map without a view has no elements yet */
        for (const land of this.querySelectorAll('.land')) {
            land.setAttribute('tabindex', '-1');
        }
    }

    render() {
        if (this.failed) {
            return html`<p class="muted small">La carte n’a pas pu être
                chargée. Tout ce qu’elle montre est écrit à côté.</p>`;
        }
        return html`<figure class="map-figure">
            <div class="map" role="group" aria-label=${this.label}></div>
            <figcaption class="muted small">${this.legend}
                ${this.limits()}</figcaption>
        </figure>`;
    }
}

customElements.define('territory-map', TerritoryMap);
