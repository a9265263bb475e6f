/* SPDX-License-Identifier: Apache-2.0 */
/* Points on the ground: how far, which way, and a step further. */
import { NB, kilometres } from './text.js';

/** @typedef {{lat: number, lon: number}} Point */

const EARTH = 6371.0088;
const ANGLE = Math.PI / 180;

/** From the north, clockwise. */
const WAYS = ['au nord', 'au nord-est', 'à l’est', 'au sud-est', 'au sud',
              'au sud-ouest', 'à l’ouest', 'au nord-ouest'];

/** Kilometres, as the server counts them. @param {Point} a @param {Point} b */
export function distance(a, b) {
    const s1 = Math.sin((b.lat - a.lat) * ANGLE / 2);
    const s2 = Math.sin((b.lon - a.lon) * ANGLE / 2);
    const h = s1 * s1 + Math.cos(a.lat * ANGLE) * Math.cos(b.lat * ANGLE)
        * s2 * s2;
    return 2 * EARTH * Math.asin(Math.sqrt(Math.min(h, 1)));
}

/** "au nord-est". @param {Point} from @param {Point} to */
export function way(from, to) {
    const east = (to.lon - from.lon) * Math.cos(from.lat * ANGLE);
    const turn = Math.atan2(east, to.lat - from.lat) / ANGLE;
    return WAYS[Math.round((turn + 360) / 45) % 8];
}

/** "à 350 m au nord du centre de la commune".
 * @param {Point} centre @param {Point} point */
export function fromCentre(centre, point) {
    const km = distance(centre, point);
    if (km < 0.025) {
        return 'au centre de la commune';
    }
    const far = km < 1 ? `${Math.round(km * 20) * 50}${NB}m`
        : kilometres(km);
    return `à ${far} ${way(centre, point)} du centre de la commune`;
}

/** A point as it is kept: about a metre. @param {Point} point */
export function rounded({ lat, lon }) {
    const cut = (/** @type {number} */ value) => Number(value.toFixed(5));
    return { lat: cut(lat), lon: cut(lon) };
}

/** @param {Point} point @param {number} north @param {number} east metres */
export function moved({ lat, lon }, north, east) {
    const degrees = 1 / (EARTH * 1000 * ANGLE);
    return rounded({ lat: lat + north * degrees,
                     lon: lon + east * degrees / Math.cos(lat * ANGLE) });
}
