/* SPDX-License-Identifier: Apache-2.0 */
/* docs/matching.md in JavaScript, on the sites that a store finds. */
import siphash from 'siphash';

export const REQUIREMENTS = ['distance', 'availability', 'freshness',
    'home_visit', 'accessibility', 'sex', 'language', 'places'];
const KINDS = REQUIREMENTS.length;
const BAND = 50;
const EARTH_RADIUS = 6371008.8;

/** Great circle in whole metres; all in radians. */
export function metresBetween(lat, lon, cosine, lat2, lon2, cosine2) {
    const s1 = Math.sin((lat2 - lat) / 2);
    const s2 = Math.sin((lon2 - lon) / 2);
    const h = s1 * s1 + cosine * cosine2 * s2 * s2;
    return Math.floor(2 * EARTH_RADIUS * Math.asin(Math.sqrt(h)) + 0.5);
}

/**
 * One search at a time: all that it needs is kept for the next one.
 *
 * A store has
 *   around(from, metres, need, priority)
 *       the number of sites found, in rows[] and metres[]
 *   facts       columns by row: doctor; elsewhere, an accessible site of the
 *               same doctor, when this one is not
 *   reason(row, nearest, need, priority)
 *       the number of the first requirement that fails, or 0
 *   points(row, need)           the score without the distance
 *   accessibleMetres(from, doctor), rpps(row, doctor)
 */
export class Search {
    constructor(store, config) {
        const column = () => new Int32Array(config.doctors);
        this.store = store;
        this.config = config;
        this.turns = new Float64Array(config.doctors);
        this.answers = 0;
        /* the entry of a doctor, valid for the search of this number */
        this.seen = column();
        this.entry = column();
        this.number = 0;
        /* entries: the site that counts, and how far the nearest one is */
        this.count = 0;
        this.row = column();
        this.metres = column();
        this.nearest = column();
        this.steps = [config.search_start];
        while (this.steps.at(-1) < config.search_max) {
            this.steps.push(Math.min(config.search_max,
                this.steps.at(-1) + config.search_step));
        }
        /* few questions to the store, and few rows */
        this.reaches = [config.search_start, 3 * config.search_start,
            config.search_max];
        this.rings = this.steps.map(() => []);
        this.counts = new Int32Array(this.steps.length * KINDS);
    }

    /* {radius, candidates, excluded, chosen: [{row, metres}], priority} */
    run(from, need) {
        const { config, steps } = this;
        const priority = need.age >= config.priority_age
            || need.ald === true || need.precarity === true;
        let found;
        for (const covered of this.reaches) {
            this.look(from, covered, need, priority);
            found = this.widen(covered, need, priority);
            if (found.candidates >= config.proposals) {
                break;
            }
        }
        const { candidates, excluded, step, looked } = found;
        if (candidates < config.proposals) {
            excluded[0] = config.doctors - looked;
        }
        const chosen = this.best(step, need);
        this.takeTurns(chosen);
        return { radius: steps[step], candidates, excluded, chosen, priority };
    }

    /* An entry for each doctor within reach. */
    look(from, covered, need, priority) {
        const { store, seen, entry, row, metres, nearest } = this;
        const found = store.around(from, covered, need, priority);
        const { facts } = store;
        const number = ++this.number;
        this.count = 0;
        for (let i = 0; i < found; i++) {
            const far = store.metres[i];
            const site = store.rows[i];
            if (far > covered) {
                continue;
            }
            const doctor = facts.doctor[site];
            let at = entry[doctor];
            if (seen[doctor] !== number) {
                seen[doctor] = number;
                at = entry[doctor] = this.count++;
                row[at] = -1;
                nearest[at] = far;
            }
            nearest[at] = Math.min(nearest[at], far);
            if (need.accessible && facts.elsewhere[site]
                && store.accessibleMetres(from, doctor)
                    <= this.config.search_max) {
                continue;
            }
            if (row[at] < 0 || far < metres[at]) {
                row[at] = site;
                metres[at] = far;
            }
        }
    }

    /* Each entry into its ring: the candidates, and counts of all. */
    judge(need, priority) {
        const { steps, config, rings, counts, row, metres } = this;
        counts.fill(0);
        rings.forEach((ring) => {
            ring.length = 0;
        });
        for (let at = 0; at < this.count; at++) {
            if (row[at] < 0) {
                continue;
            }
            const ring = metres[at] <= steps[0] ? 0
                : Math.ceil((metres[at] - steps[0]) / config.search_step);
            const reason = this.store.reason(row[at], this.nearest[at], need,
                priority);
            counts[ring * KINDS + reason]++;
            if (reason === 0) {
                rings[ring].push(at);
            }
        }
    }

    /* Step by step over what was found within reach. */
    widen(covered, need, priority) {
        const { steps, config, counts } = this;
        const excluded = new Int32Array(KINDS);
        let looked = 0;
        let step = 0;
        this.judge(need, priority);
        for (let i = 0; i < steps.length && steps[i] <= covered; i++) {
            step = i;
            for (let kind = 0; kind < KINDS; kind++) {
                excluded[kind] += counts[i * KINDS + kind];
                looked += counts[i * KINDS + kind];
            }
            if (excluded[0] >= config.proposals) {
                break;
            }
        }
        const candidates = excluded[0];
        excluded[0] = 0;
        return { candidates, excluded, step, looked };
    }

    /* Only where it decides: most equals have turns of their own. */
    draw(one) {
        if (one.draw === null) {
            one.rpps = this.store.rpps(one.row, one.doctor);
            one.draw = siphash.hash(this.config.key,
                `${this.config.day}${one.rpps}${one.turn || ''}`);
        }
        return one.draw;
    }

    comesBefore(a, b) {
        if (a.band !== b.band) {
            return a.band > b.band;
        }
        if (a.turn !== b.turn) {
            return a.turn < b.turn;
        }
        const drawA = this.draw(a);
        const drawB = this.draw(b);
        return drawA.h !== drawB.h ? drawA.h < drawB.h
            : drawA.l !== drawB.l ? drawA.l < drawB.l : a.rpps < b.rpps;
    }

    /* The best few of the rings up to a step, kept in order. */
    best(step, need) {
        const chosen = [];
        for (let ring = 0; ring <= step; ring++) {
            for (const at of this.rings[ring]) {
                this.keep(chosen, at, need);
            }
        }
        return chosen;
    }

    keep(chosen, at, need) {
        const most = this.config.proposals;
        const row = this.row[at];
        const metres = this.metres[at];
        const cap = this.config.search_max;
        const band = Math.trunc((Math.trunc(600 * (cap - metres) / cap)
            + this.store.points(row, need)) / BAND);
        if (chosen.length === most && band < chosen[most - 1].band) {
            return;
        }
        const doctor = this.store.facts.doctor[row];
        const one = { row, metres, band, doctor, turn: this.turns[doctor],
            rpps: '', draw: null };
        let place = chosen.length;
        while (place > 0 && this.comesBefore(one, chosen[place - 1])) {
            place--;
        }
        if (place < most) {
            chosen.splice(place, 0, one);
            chosen.length = Math.min(chosen.length, most);
        }
    }

    /* Those proposed go to the end of the row. */
    takeTurns(chosen) {
        if (chosen.length > 0) {
            this.answers++;
            for (const { doctor } of chosen) {
                this.turns[doctor] = this.answers;
            }
        }
    }
}
