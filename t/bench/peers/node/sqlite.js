/* SPDX-License-Identifier: Apache-2.0 */
/* The same tables as those of PHP and SQLite, by better-sqlite3. */
import { rmSync } from 'node:fs';

import Database from 'better-sqlite3';

const RADIANS = Math.PI / 180;
/** Metres from the patient to a site. */
const metres = (site) => `CAST(12742017.6 * asin(sqrt(
    pow(sin((${site}.lat - :lat) / 2), 2) + :cosine * ${site}.cosine
    * pow(sin((${site}.lon - :lon) / 2), 2))) + 0.5 AS INTEGER)`;

const TABLES = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE commune (insee TEXT PRIMARY KEY, lat REAL, lon REAL)
    WITHOUT ROWID;
CREATE TABLE site (
    id INTEGER PRIMARY KEY, doctor INTEGER NOT NULL, rpps INTEGER NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL, cosine REAL NOT NULL, -- radians
    accessible INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL, -- the doctor has an accessible one, not this
    open_from INTEGER NOT NULL, fresh_until INTEGER NOT NULL,
    places INTEGER NOT NULL, reserved INTEGER NOT NULL,
    sex INTEGER NOT NULL, teleconsultation INTEGER NOT NULL,
    visit_radius INTEGER NOT NULL, languages TEXT NOT NULL);
CREATE VIRTUAL TABLE box USING rtree (id, south, north, west, east);
CREATE TABLE doctor (
    id INTEGER PRIMARY KEY, head TEXT NOT NULL,
    tail TEXT NOT NULL, visits TEXT NOT NULL);
CREATE TABLE shown (
    site INTEGER PRIMARY KEY, commune TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE visited (commune TEXT, doctor INTEGER,
    PRIMARY KEY (commune, doctor)) WITHOUT ROWID;
CREATE INDEX site_doctor ON site (doctor);
`;

function insert(db, table, width) {
    return db.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${
        Array(width).fill('?')})`);
}

/** A new database of all that prepare.js has read. */
export function load(file, { communes, doctors, sites }) {
    for (const end of ['', '-wal', '-shm']) {
        rmSync(file + end, { force: true });
    }
    const db = new Database(file);
    db.exec(TABLES);
    const addCommune = insert(db, 'commune', 3);
    const addDoctor = insert(db, 'doctor', 4);
    const addVisited = insert(db, 'visited', 2);
    const addSite = insert(db, 'site', 16);
    const addBox = insert(db, 'box', 5);
    const addShown = insert(db, 'shown', 3);
    db.transaction(() => {
        for (const { insee, lat, lon } of communes.values()) {
            addCommune.run(insee, lat, lon);
        }
        doctors.forEach((d, i) => {
            addDoctor.run(i, d.head, d.tail, d.visits);
            d.communes.forEach((insee) => addVisited.run(insee, i));
        });
        sites.forEach((s, i) => {
            const d = doctors[s.doctor];
            addSite.run(i, s.doctor, Number(d.rpps), s.latRadians,
                s.lonRadians, Math.cos(s.latRadians), Number(s.accessible),
                Number(s.elsewhere), d.openFrom, d.freshUntil, d.places,
                d.reserved, Number(d.sex === 'F'), Number(d.teleconsultation),
                d.visitRadius, `,${d.languages},`);
            addBox.run(i, s.lat, s.lat, s.lon, s.lon);
            addShown.run(i, s.commune, s.json);
        });
    })();
    db.exec('ANALYZE');
    db.close();
}

/* The first requirement that fails, by the needs that are there. */
function reason(need) {
    const rules = ['WHEN s.open_from > :today THEN 1',
        'WHEN s.fresh_until < :today THEN 2'];
    if (need.home_visit) {
        /* the nearest site is another one at most for need.accessible */
        const nearest = need.accessible ? `(SELECT min(${metres('o')})
            FROM site o WHERE o.doctor = s.doctor)` : metres('s');
        rules.push(`WHEN NOT (s.visit_radius > 0
                AND ${nearest} <= s.visit_radius)
            AND NOT EXISTS (SELECT 1 FROM visited v
                WHERE v.commune = :commune AND v.doctor = s.doctor) THEN 3`);
    }
    if (need.accessible) {
        rules.push('WHEN NOT s.accessible THEN 4');
    }
    if (need.sex) {
        rules.push('WHEN s.sex <> :sex THEN 5');
    }
    if (need.languages?.length) {
        rules.push(`WHEN NOT (${need.languages.map((code, i) =>
            `instr(s.languages, :language${i})`).join(' OR ')}) THEN 6`);
    }
    return `CASE ${rules.join(' ')}
        WHEN s.places - s.reserved * :general < :household THEN 7 ELSE 0 END`;
}

/* What a search reads of each site within a box: few columns, since each
 * value that leaves SQLite costs more than the comparisons there. */
function question(need) {
    return `SELECT s.id, s.doctor, ${metres('s')}, ${reason(need)},
            200 + min(100, 100 * (s.fresh_until - :today) / :validity)
                + 100 * (s.teleconsultation AND :remote), s.rpps,
            ${need.accessible ? 's.elsewhere' : 0}
        FROM box b JOIN site s ON s.id = b.id
        WHERE b.south >= :south AND b.north <= :north
            AND b.west >= :west AND b.east <= :east`;
}

/* Needs of one kind share their question. */
function kindOf(need) {
    return (need.home_visit ? 1 : 0) | (need.accessible ? 2 : 0)
        | (need.sex ? 4 : 0) | (need.languages?.length ?? 0) << 3;
}

export class SqliteStore {
    constructor(file, config) {
        const db = new Database(file);
        db.pragma('mmap_size = 268435456');
        this.db = db;
        this.config = config;
        this.questions = [];
        this.findCommune
            = db.prepare('SELECT lat, lon FROM commune WHERE insee = ?');
        this.findAccessible = db.prepare(`SELECT min(${metres('s')})
            FROM site s WHERE s.doctor = :doctor AND s.accessible`).pluck();
        this.findShown = db.prepare(`SELECT h.commune, h.json AS site, d.head,
            d.tail, d.visits, s.reserved, s.teleconsultation FROM shown h
            JOIN site s ON s.id = h.site JOIN doctor d ON d.id = s.doctor
            WHERE h.site = ?`);
        this.room(1024);
    }

    /* What one question finds, as columns. */
    room(count) {
        const column = () => new Int32Array(count);
        this.rows = column().map((value, i) => i);
        this.metres = column();
        this.facts = { doctor: column(), elsewhere: column() };
    }

    commune(insee) {
        return this.findCommune.get(insee);
    }

    static origin(from) {
        const lat = from.lat * RADIANS;
        return { lat, lon: from.lon * RADIANS, cosine: Math.cos(lat) };
    }

    values(from, reach, need, priority) {
        /* a little more, so that rounding leaves nobody out */
        const high = reach / 111000;
        const wide = high
            / Math.max(0.01, Math.cos((Math.abs(from.lat) + high) * RADIANS));
        const values = { ...SqliteStore.origin(from),
            south: from.lat - high, north: from.lat + high,
            west: from.lon - wide, east: from.lon + wide,
            today: this.config.today, validity: this.config.sheet_validity,
            general: priority ? 0 : 1, household: need.household ?? 1,
            remote: need.teleconsultation ? 1 : 0 };
        if (need.home_visit) {
            values.commune = need.commune;
        }
        if (need.sex) {
            values.sex = need.sex === 'F' ? 1 : 0;
        }
        need.languages?.forEach((code, i) => {
            values[`language${i}`] = `,${code},`;
        });
        return values;
    }

    around(from, reach, need, priority) {
        const kind = kindOf(need);
        this.questions[kind] ??= this.db.prepare(question(need)).raw();
        const found = this.questions[kind].all(
            this.values(from, reach, need, priority));
        if (found.length > this.metres.length) {
            this.room(2 * found.length);
        }
        this.found = found;
        const { metres: far, facts } = this;
        found.forEach((row, i) => {
            facts.doctor[i] = row[1];
            far[i] = row[2];
            facts.elsewhere[i] = row[6];
        });
        return found.length;
    }

    reason(row) {
        return this.found[row][3];
    }

    points(row) {
        return this.found[row][4];
    }

    rpps(row) {
        return String(this.found[row][5]).padStart(11, '0');
    }

    accessibleMetres(from, doctor) {
        return this.findAccessible.get({ ...SqliteStore.origin(from),
            doctor });
    }

    shown({ row }) {
        return this.findShown.get(this.found[row][0]);
    }
}
