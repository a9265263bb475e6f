/* SPDX-License-Identifier: Apache-2.0 */
/* A sheet as it is edited: draft and back, in words, and two versions merged.
 */
import { languageName } from './doctor-card.js';
import { fromCentre } from './geo.js';
import { NB, day, isoDay, number, plural } from './text.js';

/**
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {import('./page.js').Commune} Commune
 * @typedef {{lat: number, lon: number}} Point
 * @typedef {{name: string | null, address: string | null,
 *     commune: string | null, point: Point | null, structure: string,
 *     accessible: boolean}} Site
 * @typedef {{communes: string[], perimeters: string[],
 *     radius_km: number | string | null}} Visits
 * @typedef {{places: number | string | null, period: string,
 *     reserved: number | string | null}} Capacity
 * @typedef {{state: string, from: string | null, until: string | null,
 *     capacity: Capacity | null}} Availability
 * @typedef {{rpps: string | null, name: string | null, sex: string | null,
 *     phone: string | null, mssante: string | null, contact: string,
 *     sites: Site[], languages: string[], sector: string | null,
 *     skills: string[], equipment: string[], trains_students: boolean,
 *     teleconsultation: boolean, home_visits: Visits | null,
 *     availability: Availability, retirement: string | null,
 *     note: string | null, confirmed_on?: string,
 *     confirmed_by?: string}} Sheet
 *
 * What the fields of the form hold, as typed.
 * @typedef {{name: string, address: string, commune: string,
 *     point: Point | null, structure: string,
 *     accessible: boolean}} DraftSite
 * @typedef {{rpps: string, name: string, sex: string, phone: string,
 *     mssante: string, contact: string, sites: DraftSite[],
 *     languages: string[], sector: string, skills: string,
 *     equipment: string, trains_students: boolean,
 *     teleconsultation: boolean, visits: boolean, communes: string[],
 *     perimeters: string[], radius: string, state: string, from: string,
 *     until: string, places: string, period: string, reserved: string,
 *     retirement: string, note: string}} Draft
 */

export const STRUCTURES = {
    practice: 'Cabinet', msp: 'Maison de santé (MSP)',
    esp: 'Équipe de soins primaires (ESP)', cds: 'Centre de santé',
};
export const SECTORS = {
    1: 'Secteur 1', '1-optam': 'Secteur 1 Optam', 2: 'Secteur 2',
    '2-optam': 'Secteur 2 Optam', 3: 'Non conventionné',
};
export const CONTACTS = {
    phone: 'Par téléphone', mssante: 'Par MSSanté',
    coordination: 'Par la coordination',
};
export const LANGUAGES = ['fr', 'en', 'ar', 'es', 'pt', 'it', 'de', 'ro', 'pl',
    'ru', 'uk', 'tr', 'fa', 'ps', 'ku', 'hy', 'ka', 'sq', 'zh', 'vi', 'km',
    'ta', 'bn', 'ur', 'so', 'am', 'ti', 'sw', 'ln', 'wo', 'bm', 'ff', 'oc',
    'ber', 'fsl'];

/** @template T @param {Record<string, T>} words @param {string | null} key */
const word = (words, key) => (key === null ? undefined : words[key]);

/** Today's availability: a pause that is over is open, as for the server.
 * @param {Availability} now @returns {Availability} */
export function today(now) {
    const date = isoDay(new Date());
    const over = now.state === 'paused' && (now.until ?? '') < date
        || now.state === 'opening' && (now.from ?? '9') <= date;
    return over ? { ...now, state: 'open', from: null, until: null } : now;
}

/* --- sheet and draft */

/** @returns {DraftSite} */
export function newSite() {
    return { name: '', address: '', commune: '', point: null,
             structure: 'practice', accessible: false };
}

/** @returns {Draft} */
export function newDraft() {
    return {
        rpps: '', name: '', sex: '', phone: '', mssante: '', contact: 'phone',
        sites: [newSite()], languages: ['fr'], sector: '', skills: '',
        equipment: '', trains_students: false, teleconsultation: false,
        visits: false, communes: [], perimeters: [], radius: '',
        state: 'open', from: '', until: '', places: '', period: 'month',
        reserved: '', retirement: '', note: '',
    };
}

/** @param {unknown} value */
const text = (value) => (value === null || value === undefined ? ''
    : String(value));

/** @param {Site} site @returns {DraftSite} */
function draftSite(site) {
    return { ...site, name: text(site.name), address: text(site.address),
             commune: text(site.commune) };
}

/** @param {Sheet} sheet @returns {Draft} */
export function toDraft(sheet) {
    const visits = sheet.home_visits;
    const { state, from, until, capacity } = today(sheet.availability);
    return {
        rpps: text(sheet.rpps), name: text(sheet.name), sex: text(sheet.sex),
        phone: text(sheet.phone), mssante: text(sheet.mssante),
        contact: sheet.contact, sites: sheet.sites.map(draftSite),
        languages: [...sheet.languages], sector: text(sheet.sector),
        skills: sheet.skills.join('\n'), equipment: sheet.equipment.join('\n'),
        trains_students: sheet.trains_students,
        teleconsultation: sheet.teleconsultation,
        visits: visits !== null, communes: [...visits?.communes ?? []],
        perimeters: [...visits?.perimeters ?? []],
        radius: text(visits?.radius_km).replace('.', ','),
        state, from: text(from), until: text(until),
        places: text(capacity?.places), period: capacity?.period ?? 'month',
        reserved: text(capacity?.reserved),
        retirement: text(sheet.retirement), note: text(sheet.note),
    };
}

/** What is known of a thing, over what it is else. @template {object} T
 * @param {T} blank @param {Partial<T> | null | undefined} known
 * @returns {T} */
function filledIn(blank, known) {
    return { ...blank, ...Object.fromEntries(Object.entries(known ?? {})
        .filter(([, value]) => value !== null && value !== undefined)) };
}

/** A first draft, from what the coordination knew of a doctor.
 * @param {Partial<Sheet>} known @param {string} rpps @returns {Draft} */
export function fromKnown(known, rpps) {
    const blank = toSheet(newDraft());
    const sheet = filledIn(blank, known);
    const { home_visits: visits, availability } = sheet;
    return toDraft({
        ...sheet, rpps,
        sites: sheet.sites.map((site) => filledIn(blank.sites[0], site)),
        home_visits: visits && filledIn(/** @type {Visits} */ (
            { communes: [], perimeters: [], radius_km: null }), visits),
        availability: {
            ...filledIn(blank.availability, availability),
            capacity: availability.capacity ? filledIn(
                /** @type {Capacity} */ ({ places: null, period: 'month',
                                           reserved: 0 }),
                availability.capacity) : null,
        },
    });
}

/** Null when nothing was typed. @param {string} typed */
const filled = (typed) => typed.trim() || null;

/** A number; what is none stays text, for the server to refuse.
 * @param {string} typed */
function numeric(typed) {
    const plain = typed.trim().replace(',', '.');
    return plain === '' ? null
        : /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : typed.trim();
}

/** @param {string} typed */
const lines = (typed) => typed.split('\n').map((line) => line.trim())
    .filter((line) => line !== '');

/** @param {Draft} draft @returns {Capacity | null} */
function capacityOf(draft) {
    return draft.places.trim() === '' && draft.reserved.trim() === '' ? null
        : { places: numeric(draft.places), period: draft.period,
            reserved: numeric(draft.reserved) ?? 0 };
}

/** What is sent. @param {Draft} draft @returns {Sheet} */
export function toSheet(draft) {
    return {
        rpps: filled(draft.rpps), name: filled(draft.name),
        sex: filled(draft.sex), phone: filled(draft.phone),
        mssante: filled(draft.mssante), contact: draft.contact,
        sites: draft.sites.map((site) => ({
            name: filled(site.name), address: filled(site.address),
            commune: filled(site.commune), point: site.point,
            structure: site.structure, accessible: site.accessible })),
        languages: [...draft.languages], sector: filled(draft.sector),
        skills: lines(draft.skills), equipment: lines(draft.equipment),
        trains_students: draft.trains_students,
        teleconsultation: draft.teleconsultation,
        home_visits: draft.visits ? {
            communes: [...draft.communes].sort(),
            perimeters: [...draft.perimeters].sort(),
            radius_km: numeric(draft.radius) } : null,
        availability: {
            state: draft.state,
            from: draft.state === 'opening' ? filled(draft.from) : null,
            until: draft.state === 'paused' ? filled(draft.until) : null,
            capacity: capacityOf(draft),
        },
        retirement: filled(draft.retirement),
        note: draft.note.replace(/\r/g, '').trim() || null,
    };
}

/** @param {unknown} a @param {unknown} b */
export function same(a, b) {
    return JSON.stringify(a) === JSON.stringify(b);
}

/* --- in words */

/** @param {Territory} territory @param {string | null} insee */
export function communeName(territory, insee) {
    return territory.communes.find((one) => one.insee === insee)?.name
        ?? insee ?? '';
}

/** "6 nouveaux patients par mois, dont 2 places réservées".
 * @param {Capacity | null} capacity */
export function capacityWords(capacity) {
    if (!capacity || typeof capacity.places !== 'number') {
        return '';
    }
    const reserved = Number(capacity.reserved);
    return plural(capacity.places, 'nouveau patient', 'nouveaux patients')
        + (capacity.period === 'week' ? ' par semaine' : ' par mois')
        + (reserved > 0 ? `, dont ${plural(reserved, 'place réservée',
                                           'places réservées')}` : '');
}

/** @param {Availability} availability */
export function stateWords(availability) {
    /** @type {Record<string, () => string>} */
    const words = {
        open: () => 'Prend de nouveaux patients',
        paused: () => `En pause jusqu’au ${
            availability.until ? day(availability.until) : '…'}`,
        opening: () => `Prendra de nouveaux patients à partir du ${
            availability.from ? day(availability.from) : '…'}`,
        closed: () => 'Ne prend pas de nouveaux patients',
        left: () => 'A quitté la liste',
    };
    return words[availability.state]?.() ?? availability.state;
}

/** @param {Visits | null} visits @param {Territory} territory */
export function visitsWords(visits, territory) {
    if (!visits) {
        return 'Pas de visites à domicile';
    }
    const parts = [];
    const { communes, perimeters, radius_km: radius } = visits;
    if (communes.length > 0) {
        parts.push(communes.length > 4 ? plural(communes.length, 'commune')
            : communes.map((one) => communeName(territory, one)).join(', '));
    }
    if (perimeters.length > 0) {
        parts.push(`${perimeters.length < 2 ? 'périmètre' : 'périmètres'} ${
            perimeters.join(', ')}`);
    }
    if (radius !== null || parts.length === 0) {
        const km = radius ?? territory.limits.home_visit_default_km;
        parts.push(`${typeof km === 'number' ? number(km) : km}${NB}km `
            + 'autour de chaque lieu');
    }
    return parts.join(' + ');
}

/** @param {Site} site @param {Territory} territory */
function siteWords(site, territory) {
    const commune = territory.communes.find((one) =>
        one.insee === site.commune);
    return [site.name, site.address, communeName(territory, site.commune),
            word(STRUCTURES, site.structure),
            site.accessible ? 'accessible en fauteuil roulant' : null,
            site.point && commune
                ? `point ${fromCentre(commune, site.point)}` : null]
        .filter((one) => one).join(', ');
}

/** @param {boolean} value */
const yesNo = (value) => (value ? 'Oui' : 'Non');

/**
 * What two versions may differ in, each resolved as a whole.
 * @typedef {{key: string, label: string, get: (sheet: Sheet) => any,
 *     set: (sheet: Sheet, value: any) => void,
 *     words: (value: any, territory: Territory) => string | string[]}} Part
 */

/** @param {keyof Sheet} key @param {string} label
 * @param {(value: any, territory: Territory) => string | string[]} words
 * @returns {Part} */
function part(key, label, words = text) {
    return { key, label, words, get: (sheet) => sheet[key],
             set: (sheet, value) => {
                 Object.assign(sheet, { [key]: value });
             } };
}

/** @type {Part} */
const STATE = {
    key: 'state', label: 'Disponibilité', words: stateWords,
    get: ({ availability: { state, from, until } }) =>
        ({ state, from, until }),
    set: (sheet, value) => {
        Object.assign(sheet.availability, value);
    },
};

/** @type {Part} */
const CAPACITY = {
    key: 'capacity', label: 'Nouveaux patients', words: capacityWords,
    get: (sheet) => sheet.availability.capacity,
    set: (sheet, value) => {
        sheet.availability.capacity = value;
    },
};

/** @type {Part[]} */
const PARTS = [
    STATE, CAPACITY,
    part('name', 'Nom'),
    part('sex', 'Sexe', (value) => (value === 'F' ? 'Femme' : 'Homme')),
    part('sector', 'Secteur', (value) => word(SECTORS, value) ?? ''),
    part('contact', 'Comment être joint',
         (value) => word(CONTACTS, value) ?? ''),
    part('phone', 'Téléphone'),
    part('mssante', 'Adresse MSSanté'),
    part('sites', 'Lieux', (value, territory) =>
        value.map((/** @type {Site} */ site) => siteWords(site, territory))),
    part('languages', 'Langues', (value) =>
        value.map(languageName).join(', ')),
    part('skills', 'Compétences', (value) => value.join(', ')),
    part('equipment', 'Équipement', (value) => value.join(', ')),
    part('trains_students', 'Accueille des étudiants', yesNo),
    part('teleconsultation', 'Téléconsultation', yesNo),
    part('home_visits', 'Visites à domicile', (value, territory) => {
        const words = visitsWords(value, territory);
        return value?.communes.length > 4 ? [words, value.communes.map(
            (/** @type {string} */ one) => communeName(territory, one))
            .join(', ')] : words;
    }),
    part('retirement', 'Départ prévu',
         (value) => (value ? day(value) : '')),
    part('note', 'Note pour la coordination'),
];

/**
 * One difference between what was typed and what is stored by now; pick is
 * null where both changed the same thing: only the reader can know.
 * @typedef {{part: Part, mine: any, theirs: any,
 *     pick: 'mine' | 'theirs' | null}} Difference
 */

/** @param {Sheet} base what both started from @param {Sheet} mine
 * @param {Sheet} theirs @returns {Difference[]} */
export function differences(base, mine, theirs) {
    return PARTS
        .map((one) => ({ part: one, was: one.get(base), mine: one.get(mine),
                         theirs: one.get(theirs) }))
        .filter((one) => !same(one.mine, one.theirs))
        .map(({ was, ...one }) => ({
            ...one,
            pick: same(one.mine, was) ? 'theirs'
                : same(one.theirs, was) ? 'mine' : null }));
}

/** The stored version with what was picked from mine.
 * @param {Sheet} theirs @param {Difference[]} found @returns {Sheet} */
export function merged(theirs, found) {
    /** @type {Sheet} */
    const result = structuredClone(theirs);
    for (const one of found) {
        if (one.pick === 'mine') {
            one.part.set(result, structuredClone(one.mine));
        }
    }
    return result;
}

/* --- what was wrong */

/** @typedef {import('./api.js').Fault} Fault */

/** [pointer, code of the fault, what to do] where the server cannot know what
 * the form looks like. @type {[RegExp, RegExp, string][]} */
const PLAINER = [
    [/^\/name$/, /required/, 'Indiquez le nom.'],
    [/^\/rpps$/, /required/, 'Indiquez le numéro RPPS, 11 chiffres.'],
    [/^\/sex$/, /required/, `Choisissez${NB}: femme ou homme.`],
    [/address$/, /required/, 'Indiquez l’adresse.'],
    [/^\/phone$|^\/mssante$/, /required/,
     'Remplissez ce champ, puisque c’est le moyen choisi pour joindre.'],
    [/capacity$/, /required/, 'Indiquez combien de nouveaux patients.'],
    [/^\/phone$/, /length/, 'Indiquez un numéro de téléphone, par exemple'
        + `${NB}: 05${NB}61${NB}00${NB}00${NB}00.`],
    [/^\/sites\/\d+\/commune$/, /required|format|length/,
     'Choisissez la commune dans la liste.'],
    [/radius_km$/, /type/,
     `Indiquez un nombre de kilomètres, par exemple${NB}: 3,5.`],
    [/places$|reserved$/, /type|required/, 'Indiquez un nombre entier.'],
];

/** @param {Fault} fault @returns {Fault} */
function plainer(fault) {
    const own = PLAINER.find(([pointer, code]) => pointer.test(fault.pointer)
        && code.test(fault.code));
    const line = /^\/(?:skills|equipment)\/(\d+)$/.exec(fault.pointer);
    const said = own ? own[2] : fault.detail;
    return { ...fault,
             detail: line ? `Ligne ${Number(line[1]) + 1}${NB}: ${
                 said.charAt(0).toLowerCase()}${said.slice(1)}` : said };
}

/** The fields of the form, by their pointers. @type {Record<string, string>}
 */
const FIELDS = {
    '/rpps': 'Numéro RPPS', '/name': 'Nom', '/sex': 'Sexe',
    '/sector': 'Secteur', '/contact': 'Comment être joint',
    '/phone': 'Téléphone', '/mssante': 'Adresse MSSanté',
    '/languages': 'Langues', '/skills': 'Compétences',
    '/equipment': 'Équipement', '/home_visits/radius_km': 'Rayon',
    '/home_visits/communes': 'Communes visitées',
    '/home_visits/perimeters': 'Périmètres',
    '/availability/state': 'Disponibilité',
    '/availability/from': 'Premier jour',
    '/availability/until': 'Dernier jour de la pause',
    '/availability/capacity/places': 'Nouveaux patients',
    '/availability/capacity/reserved': 'Places réservées',
    '/retirement': 'Fin d’exercice', '/note': 'Note',
};

/** @type {Record<string, string>} */
const SITE_FIELDS = { name: 'nom', address: 'adresse', commune: 'commune',
                      structure: 'structure',
                      point: 'point sur la carte' };

/** "Lieu 2, adresse". @param {string} pointer of a field of the form */
export function fieldLabel(pointer) {
    const [, first, index, member] = pointer.split('/');
    return first === 'sites'
        ? `Lieu${NB}${Number(index) + 1}, ${SITE_FIELDS[member] ?? member}`
        : FIELDS[pointer] ?? 'Fiche';
}

/** The field of the form that a fault belongs to. @param {string} pointer */
function fieldOf(pointer) {
    if (/^\/sites\/\d+\//.test(pointer)) {
        return pointer.split('/').slice(0, 4).join('/');
    }
    return Object.keys(FIELDS).find((field) => pointer === field
        || pointer.startsWith(`${field}/`))
        ?? { '/availability/capacity': '/availability/capacity/places',
             '/availability/capacity/period': '/availability/capacity/places',
             '/home_visits': '/home_visits/radius_km',
             '/sites': '/sites/0/address' }[pointer] ?? pointer;
}

/** Faults in the words of the form, at its fields. @param {Fault[]} faults
 * @returns {Fault[]} */
export function formFaults(faults) {
    return faults.map((fault) => ({ ...plainer(fault),
                                    pointer: fieldOf(fault.pointer) }));
}

/** The id of the field of a pointer. @param {string} pointer */
export function fieldId(pointer) {
    return `f${pointer.replace(/\W/g, '-')}`;
}
