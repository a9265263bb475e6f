/* SPDX-License-Identifier: Apache-2.0 */
/* world.json as rows: sites in the order of the map, doctors, texts. */
import { readFileSync } from 'node:fs';

/** The first day of a doctor who takes nobody. */
const NEVER = 99999999;

const RADIANS = Math.PI / 180;

/** Days since 1970 of YYYY-MM-DD. */
export function dayNumber(day) {
    return Date.parse(`${day}T00:00:00Z`) / 86400000;
}

/** The first day on which the doctor takes new patients. */
function openFrom({ state, from, until }) {
    switch (state) {
        case 'open':
            return 0;
        case 'paused':
            return until ? dayNumber(until) + 1 : NEVER;
        case 'opening':
            return dayNumber(from);
        default:
            return NEVER;
    }
}

/** Metres of visits at home; 0: only the communes that are named. */
function visitRadius(visits, limits) {
    if (!visits) {
        return 0;
    }
    if (visits.radius_km !== undefined) {
        return Math.min(Math.round(1000 * visits.radius_km),
            limits.home_visit_max);
    }
    return visits.communes?.length ? 0 : limits.home_visit_default;
}

function visitsText(communes, radius, sites) {
    const around = radius ? sites.map(({ lat, lon }) =>
        `{"lat":${lat.toFixed(5)},"lon":${lon.toFixed(5)}}`) : [];
    return `{"communes":${JSON.stringify(communes)},"radius_km":${
        radius ? (radius / 1000).toFixed(1) : null},"around":[${around}]}`;
}

function siteOf(site, commune) {
    const { lat, lon } = site.point ?? commune;
    return { lat, lon, commune: site.commune, accessible: site.accessible,
        json: JSON.stringify({ name: site.name ?? null,
            address: site.address, commune: site.commune,
            commune_name: commune.name, structure: site.structure,
            accessible: site.accessible, point: { lat, lon } }) };
}

/* Facts of the doctor, and the texts around site and distance. */
function doctorOf(sheet, sites, limits) {
    const communes = sheet.home_visits?.communes ?? [];
    const radius = visitRadius(sheet.home_visits, limits);
    const { capacity } = sheet.availability;
    const head = JSON.stringify({ rpps: sheet.rpps, name: sheet.name,
        sex: sheet.sex });
    const tail = JSON.stringify({
        contact: { by: 'phone', phone: sheet.phone },
        sector: sheet.sector ?? null, languages: sheet.languages,
        teleconsultation: sheet.teleconsultation,
        confirmed_on: sheet.confirmed_on });
    return { rpps: sheet.rpps, sex: sheet.sex, languages: sheet.languages,
        teleconsultation: sheet.teleconsultation,
        openFrom: openFrom(sheet.availability),
        freshUntil: dayNumber(sheet.confirmed_on) + limits.sheet_validity,
        places: capacity.places, reserved: capacity.reserved,
        visitRadius: radius, communes,
        visits: visitsText(communes, radius, sites),
        head: `${head.slice(0, -1)},"site":`, tail: `,${tail.slice(1, -1)}` };
}

/** Neighbours on the map are next to one another. */
function tile({ lat, lon }) {
    return Math.floor((lat + 90) * 20) * 10000 + Math.floor((lon + 180) * 20);
}

/** {config, communes, doctors, sites} of FOLDER/world.json; a site has the
 * number of its doctor, and its place in radians. */
export function readWorld(folder) {
    const world = JSON.parse(readFileSync(`${folder}/world.json`, 'utf8'));
    const communes = new Map(world.communes.map((one) => [one.insee, one]));
    const doctors = [];
    const sites = [];
    world.sheets.forEach((sheet, doctor) => {
        const own = sheet.sites.filter((site) => communes.has(site.commune))
            .map((site) => siteOf(site, communes.get(site.commune)));
        const accessible = own.some((site) => site.accessible);
        doctors.push(doctorOf(sheet, own, world.limits));
        for (const site of own) {
            sites.push({ ...site, doctor, tile: tile(site),
                elsewhere: accessible && !site.accessible,
                latRadians: site.lat * RADIANS,
                lonRadians: site.lon * RADIANS });
        }
    });
    sites.sort((a, b) => a.tile - b.tile);
    const key = Buffer.from(world.key, 'hex');
    return { communes, doctors, sites, config: { ...world.limits,
        day: world.today, today: dayNumber(world.today),
        doctors: doctors.length,
        key: [0, 4, 8, 12].map((at) => key.readUInt32LE(at)) } };
}
