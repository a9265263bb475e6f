/* SPDX-License-Identifier: Apache-2.0 */
/* Everything in memory: typed arrays, and a grid of tiles on the map. */
import { metresBetween } from './rule.js';

const RADIANS = Math.PI / 180;
/** Tiles for one degree; about 5 km. */
const TILES = 20;

/* Rows from first[tile] up to first[tile + 1]; tiles by their south-west. */
class Grid {
    constructor(sites) {
        const rows = sites.map(({ lat }) => Math.floor(lat * TILES));
        const columns = sites.map(({ lon }) => Math.floor(lon * TILES));
        const least = (list) => list.reduce((a, b) => Math.min(a, b), 1e9);
        const most = (list) => list.reduce((a, b) => Math.max(a, b), -1e9);
        this.south = least(rows);
        this.west = least(columns);
        this.height = Math.max(0, most(rows) - this.south + 1);
        this.width = Math.max(0, most(columns) - this.west + 1);
        this.first = new Int32Array(this.height * this.width + 1);
        sites.forEach((site, i) => {
            this.first[(rows[i] - this.south) * this.width
                + columns[i] - this.west + 1]++;
        });
        for (let i = 1; i < this.first.length; i++) {
            this.first[i] += this.first[i - 1];
        }
    }
}

export class MemoryStore {
    constructor({ communes, doctors, sites, config }) {
        /* prepare.js has sorted them as the grid has its tiles */
        this.grid = new Grid(sites);
        this.config = config;
        this.communes = communes;
        this.doctors = doctors;
        this.sites = sites;
        this.rows = new Int32Array(sites.length);
        this.metres = new Int32Array(sites.length);
        this.bits = new Map();
        this.visited = new Map();
        this.fill(sites, doctors);
    }

    fill(sites, doctors) {
        const column = (type, of) =>
            type.from(sites, (site) => Number(of(site, doctors[site.doctor])));
        this.facts = {
            lat: column(Float64Array, (s) => s.latRadians),
            lon: column(Float64Array, (s) => s.lonRadians),
            cosine: column(Float64Array, (s) => Math.cos(s.latRadians)),
            doctor: column(Int32Array, (s) => s.doctor),
            accessible: column(Uint8Array, (s) => s.accessible),
            elsewhere: column(Uint8Array, (s) => s.elsewhere),
            openFrom: column(Int32Array, (s, d) => d.openFrom),
            freshUntil: column(Int32Array, (s, d) => d.freshUntil),
            places: column(Uint16Array, (s, d) => d.places),
            reserved: column(Uint16Array, (s, d) => d.reserved),
            sex: column(Uint8Array, (s, d) => d.sex === 'F'),
            teleconsultation:
                column(Uint8Array, (s, d) => d.teleconsultation),
            visitRadius: column(Int32Array, (s, d) => d.visitRadius),
            languages: column(Int32Array, (s, d) => this.mask(d.languages)),
        };
        doctors.forEach(({ communes }, doctor) => {
            for (const insee of communes) {
                this.visited.set(insee, (this.visited.get(insee)
                    ?? new Set()).add(doctor));
            }
        });
        this.accessibleRows = new Map();
        sites.forEach((site, row) => {
            if (site.accessible) {
                const rows = this.accessibleRows.get(site.doctor) ?? [];
                this.accessibleRows.set(site.doctor, [...rows, row]);
            }
        });
    }

    /* A bit for each language; 31 are enough here. */
    mask(languages) {
        return languages.reduce((mask, code) => {
            if (!this.bits.has(code)) {
                this.bits.set(code, 1 << this.bits.size);
            }
            return mask | this.bits.get(code);
        }, 0);
    }

    commune(insee) {
        return this.communes.get(insee);
    }

    around(from, metres) {
        const { grid, facts } = this;
        const lat = from.lat * RADIANS;
        const lon = from.lon * RADIANS;
        const cosine = Math.cos(lat);
        /* a little more, so that rounding leaves nobody out */
        const high = metres / 111000;
        const wide = high
            / Math.max(0.01, Math.cos((Math.abs(from.lat) + high) * RADIANS));
        const tile = (degrees, least, count) => Math.min(count - 1,
            Math.max(0, Math.floor(degrees * TILES) - least));
        const west = tile(from.lon - wide, grid.west, grid.width);
        const east = tile(from.lon + wide, grid.west, grid.width);
        const north = tile(from.lat + high, grid.south, grid.height);
        let count = 0;
        for (let y = tile(from.lat - high, grid.south, grid.height);
            y <= north; y++) {
            const end = grid.first[y * grid.width + east + 1];
            for (let row = grid.first[y * grid.width + west]; row < end;
                row++) {
                const far = metresBetween(lat, lon, cosine, facts.lat[row],
                    facts.lon[row], facts.cosine[row]);
                if (far <= metres) {
                    this.rows[count] = row;
                    this.metres[count++] = far;
                }
            }
        }
        return count;
    }

    /* The number of the first requirement that fails, or 0. */
    reason(row, nearest, need, priority) {
        const { facts, config } = this;
        if (facts.openFrom[row] > config.today) {
            return 1;
        }
        if (facts.freshUntil[row] < config.today) {
            return 2;
        }
        const radius = facts.visitRadius[row];
        if (need.home_visit && !(radius > 0 && nearest <= radius)
            && !this.visits(row, need)) {
            return 3;
        }
        if (need.accessible && !facts.accessible[row]) {
            return 4;
        }
        if (need.sex && facts.sex[row] !== (need.sex === 'F' ? 1 : 0)) {
            return 5;
        }
        if (need.languages?.length && !this.speaks(row, need)) {
            return 6;
        }
        return facts.places[row] - (priority ? 0 : facts.reserved[row])
            < (need.household ?? 1) ? 7 : 0;
    }

    /* All places are left: nothing is placed in the benchmark. */
    points(row, need) {
        const { facts, config } = this;
        const fresh = Math.trunc(100 * (facts.freshUntil[row] - config.today)
            / config.sheet_validity);
        return 200 + Math.min(100, fresh)
            + (need.teleconsultation && facts.teleconsultation[row]
                ? 100 : 0);
    }

    visits(row, need) {
        return this.visited.get(need.commune)?.has(this.facts.doctor[row])
            ?? false;
    }

    speaks(row, need) {
        const spoken = this.facts.languages[row];
        return need.languages.some((code) =>
            (spoken & (this.bits.get(code) ?? 0)) !== 0);
    }

    accessibleMetres(from, doctor) {
        const { facts } = this;
        const lat = from.lat * RADIANS;
        return Math.min(...(this.accessibleRows.get(doctor) ?? []).map((row) =>
            metresBetween(lat, from.lon * RADIANS, Math.cos(lat),
                facts.lat[row], facts.lon[row], facts.cosine[row])));
    }

    rpps(row, doctor) {
        return this.doctors[doctor].rpps;
    }

    shown({ row }) {
        const site = this.sites[row];
        const { head, tail, visits, reserved, teleconsultation }
            = this.doctors[site.doctor];
        return { commune: site.commune, site: site.json, head, tail, visits,
            reserved, teleconsultation };
    }
}
