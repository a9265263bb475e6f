/* SPDX-License-Identifier: Apache-2.0 */
/* The same tables as those of PHP and SQLite, by better-sqlite3. */
import { rmSync } from 'node:fs';

import Database from 'better-sqlite3';

const RADIANS = Math.PI / 180;
const METRES = 'CAST(12742017.6 * asin(sqrt('
    + 'pow(sin((s.lat - :lat) / 2), 2) + :cosine * s.cosine'
    + ' * pow(sin((s.lon - :lon) / 2), 2))) + 0.5 AS INTEGER)';

const TABLES = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE commune (insee TEXT PRIMARY KEY, lat REAL, lon REAL)
    WITHOUT ROWID;
CREATE TABLE site (
    id INTEGER PRIMARY KEY, doctor INTEGER NOT NULL,
    lat REAL NOT NULL, lon REAL NOT NULL, cosine REAL NOT NULL, -- radians
    accessible INTEGER NOT NULL,
    elsewhere INTEGER NOT NULL, -- the doctor has an accessible one, not this
    open_from INTEGER NOT NULL, fresh_until INTEGER NOT NULL,
    places INTEGER NOT NULL, reserved INTEGER NOT NULL,
    sex INTEGER NOT NULL, teleconsultation INTEGER NOT NULL,
    visit_radius INTEGER NOT NULL, languages TEXT NOT NULL);
CREATE VIRTUAL TABLE box USING rtree (id, south, north, west, east);
CREATE TABLE doctor (
    id INTEGER PRIMARY KEY, rpps TEXT NOT NULL UNIQUE, head TEXT NOT NULL,
    tail TEXT NOT NULL, visits TEXT NOT NULL);
CREATE TABLE shown (
    site INTEGER PRIMARY KEY, commune TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE visited (commune TEXT, doctor INTEGER,
    PRIMARY KEY (commune, doctor)) WITHOUT ROWID;
CREATE INDEX site_accessible ON site (doctor) WHERE accessible;
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
    const addDoctor = insert(db, 'doctor', 5);
    const addVisited = insert(db, 'visited', 2);
    const addSite = insert(db, 'site', 15);
    const addBox = insert(db, 'box', 5);
    const addShown = insert(db, 'shown', 3);
    db.transaction(() => {
        for (const { insee, lat, lon } of communes.values()) {
            addCommune.run(insee, lat, lon);
        }
        doctors.forEach((d, i) => {
            addDoctor.run(i, d.rpps, d.head, d.tail, d.visits);
            d.communes.forEach((insee) => addVisited.run(insee, i));
        });
        sites.forEach((s, i) => {
            const d = doctors[s.doctor];
            addSite.run(i, s.doctor, s.latRadians, s.lonRadians,
                Math.cos(s.latRadians), Number(s.accessible),
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

export class SqliteStore {
    constructor(file) {
        const db = new Database(file);
        db.pragma('mmap_size = 268435456');
        const columns = `${METRES}, s.id, s.doctor, s.accessible, s.elsewhere,
            s.open_from, s.fresh_until, s.places, s.reserved, s.sex,
            s.teleconsultation, s.visit_radius, s.languages`;
        const within = `FROM box b JOIN site s ON s.id = b.id
            WHERE b.south >= :south AND b.north <= :north
                AND b.west >= :west AND b.east <= :east`;
        this.findCommune
            = db.prepare('SELECT lat, lon FROM commune WHERE insee = ?');
        this.find = db.prepare(`SELECT ${columns}, 0 ${within}`).raw();
        this.findVisitors = db.prepare(`SELECT ${columns}, EXISTS (
            SELECT 1 FROM visited v WHERE v.commune = :commune
                AND v.doctor = s.doctor) ${within}`).raw();
        this.findAccessible = db.prepare(`SELECT min(${METRES}) FROM site s
            WHERE s.doctor = :doctor AND s.accessible`).pluck();
        this.findRpps
            = db.prepare('SELECT rpps FROM doctor WHERE id = ?').pluck();
        this.findShown = db.prepare(`SELECT h.commune, h.json AS site, d.head,
            d.tail, d.visits FROM shown h JOIN site s ON s.id = h.site
            JOIN doctor d ON d.id = s.doctor WHERE h.site = ?`);
        this.room(1024);
    }

    /* What one question finds, as columns. */
    room(count) {
        const column = () => new Int32Array(count);
        this.metres = column();
        this.rows = column().map((value, i) => i);
        this.facts = { doctor: column(), accessible: column(),
            elsewhere: column(), openFrom: column(), freshUntil: column(),
            places: column(), reserved: column(), sex: column(),
            teleconsultation: column(), visitRadius: column() };
        this.columns = [this.metres, null, ...Object.values(this.facts)];
    }

    commune(insee) {
        return this.findCommune.get(insee);
    }

    static origin(from) {
        const lat = from.lat * RADIANS;
        return { lat, lon: from.lon * RADIANS, cosine: Math.cos(lat) };
    }

    around(from, metres, need) {
        /* a little more, so that rounding leaves nobody out */
        const high = metres / 111000;
        const wide = high
            / Math.max(0.01, Math.cos((Math.abs(from.lat) + high) * RADIANS));
        const found = (need.home_visit ? this.findVisitors : this.find).all({
            ...SqliteStore.origin(from),
            south: from.lat - high, north: from.lat + high,
            west: from.lon - wide, east: from.lon + wide,
            ...(need.home_visit && { commune: need.commune }) });
        if (found.length > this.metres.length) {
            this.room(2 * found.length);
        }
        this.found = found;
        const { columns } = this;
        for (let i = 0; i < found.length; i++) {
            const row = found[i];
            columns[0][i] = row[0];
            for (let j = 2; j < columns.length; j++) {
                columns[j][i] = row[j];
            }
        }
        return found.length;
    }

    visits(row) {
        return this.found[row][13] !== 0;
    }

    speaks(row, need) {
        const spoken = this.found[row][12];
        return need.languages.some((code) => spoken.includes(`,${code},`));
    }

    accessibleMetres(from, doctor) {
        return this.findAccessible.get({ ...SqliteStore.origin(from),
            doctor });
    }

    rpps(doctor) {
        return this.findRpps.get(doctor);
    }

    shown({ row }) {
        return this.findShown.get(this.found[row][1]);
    }
}
