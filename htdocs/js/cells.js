/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes for communes of which only the centre is known: Voronoi cells. */

/**
 * @typedef {{lat: number, lon: number}} Point
 * @typedef {[number, number]} Flat x and y, kilometres
 */

/** Kilometres of one degree of latitude. */
const DEGREE = 111.195;
/** Corners of the circle that a cell is cut from. */
const CORNERS = 24;
/** How far a cell reaches, in distances to the third nearest centre. */
const REACH = 0.9;

/** A plane around a latitude: good to a few metres over a territory.
 * @param {number} latitude */
function plane(latitude) {
    const width = DEGREE * Math.cos(latitude * Math.PI / 180);
    return {
        /** @param {Point} point @returns {Flat} */
        flat: (point) => [point.lon * width, point.lat * DEGREE],
        /** @param {Flat} flat @returns {[number, number]} lat, lon */
        round: ([x, y]) => [y / DEGREE, x / width],
    };
}

/** The corners of a circle. @param {Flat} centre @param {number} radius
 * @returns {Flat[]} */
function circle([x, y], radius) {
    return Array.from({ length: CORNERS }, (_, index) => {
        const angle = 2 * Math.PI * index / CORNERS;
        return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    });
}

/** What of a polygon is nearer to a than to b. @param {Flat[]} polygon
 * @param {Flat} a @param {Flat} b @returns {Flat[]} */
function nearer(polygon, a, b) {
    const [nx, ny] = [b[0] - a[0], b[1] - a[1]];
    const limit = nx * (a[0] + b[0]) / 2 + ny * (a[1] + b[1]) / 2;
    const beyond = (/** @type {Flat} */ p) => nx * p[0] + ny * p[1] - limit;
    /** @type {Flat[]} */
    const kept = [];
    polygon.forEach((to, index) => {
        const from = polygon.at(index - 1) ?? to;
        const [before, after] = [beyond(from), beyond(to)];
        if ((before > 0) !== (after > 0)) {
            const part = before / (before - after);
            kept.push([from[0] + part * (to[0] - from[0]),
                       from[1] + part * (to[1] - from[1])]);
        }
        if (after <= 0) {
            kept.push(to);
        }
    });
    return kept;
}

/**
 * A cell around each point: all that is nearer to it than to the others, and
 * not far away.
 *
 * @param {Point[]} points
 * @returns {[number, number][][]} corners (latitude, longitude) of each
 */
export function cells(points) {
    if (points.length === 0) {
        return [];
    }
    const { flat, round } = plane(points[0].lat);
    const places = points.map(flat);
    return places.map((place) => {
        const others = places.filter((other) => other !== place)
            .map((other) => ({ other, far: Math.hypot(
                other[0] - place[0], other[1] - place[1]) }))
            .filter((one) => one.far > 0)
            .sort((a, b) => a.far - b.far);
        const reach = REACH * (others[Math.min(2, others.length - 1)]?.far
            ?? 3);
        let cell = circle(place, reach);
        for (const { other, far } of others) {
            if (far > 2 * reach) {
                break;
            }
            cell = nearer(cell, place, other);
        }
        return cell.map(round);
    });
}
