/* SPDX-License-Identifier: Apache-2.0 */
/* The answer in words. */
import { REQUIREMENTS } from './rule.js';

const NB = '\u00a0';

function coded(code, text) {
    return `{"code":"${code}","text":"${text}"}`;
}

const OPEN = coded('open', 'Prend de nouveaux patients');
const SAME = coded('distance', 'Exerce dans la commune du patient');
const RESERVED = coded('reserved_place',
    'A une place réservée aux patients prioritaires');
const VISIT = coded('home_visit', 'Visite à domicile dans cette commune');
const ACCESSIBLE = coded('accessible',
    'Cabinet accessible en fauteuil roulant');
const SEX = { F: coded('sex', 'Médecin femme, comme demandé'),
              M: coded('sex', 'Médecin homme, comme demandé') };
const LANGUAGE = coded('language', 'Parle une langue du patient');
const REMOTE = coded('teleconsultation', 'Propose la téléconsultation');

const DECLARE = coded('declare_doctor', 'Un généraliste suit déjà ce patient'
    + `${NB}: proposez-lui de le déclarer médecin traitant. Le médecin le `
    + 'fait en ligne pendant une consultation, avec la carte Vitale.');
const COORDINATION = coded('coordination', 'Transmettez à la coordination de '
    + `la CPTS${NB}: elle cherche avec le patient.`);
const MEANWHILE = coded('teleconsultation',
    'En attendant, une téléconsultation peut dépanner.');
const CPAM = coded('cpam', 'Sans solution de la CPTS, le patient peut saisir '
    + `sa CPAM (36${NB}46, ou son compte ameli).`);

export const FOLLOWED = '{"proposals":[],"radius_km":0.0,"candidates":0,'
    + `"excluded":[],"advice":[${DECLARE}]}`;

function kilometres(metres, point) {
    const tenths = Math.trunc((metres + 50) / 100);
    return `${Math.trunc(tenths / 10)}${point}${tenths % 10}`;
}

function reasons(metres, shown, need, priority) {
    let text = shown.commune === need.commune ? SAME
        : coded('distance', `À ${kilometres(metres, ',')}${NB}km du patient`);
    text += `,${OPEN}`;
    if (priority && shown.reserved > 0) {
        text += `,${RESERVED}`;
    }
    if (need.home_visit) {
        text += `,${VISIT}`;
    }
    if (need.accessible) {
        text += `,${ACCESSIBLE}`;
    }
    if (need.sex) {
        text += `,${SEX[need.sex]}`;
    }
    if (need.languages?.length) {
        text += `,${LANGUAGE}`;
    }
    if (need.household > 1) {
        text += ',' + coded('household',
            `Peut prendre les ${need.household} personnes du foyer`);
    }
    if (need.teleconsultation && shown.teleconsultation) {
        text += `,${REMOTE}`;
    }
    return text;
}

function advice(count, need, config) {
    if (count >= config.proposals) {
        return '';
    }
    return COORDINATION + (need.teleconsultation ? '' : `,${MEANWHILE}`)
        + (count === 0 ? `,${CPAM}` : '');
}

/** The JSON of what a search has found. */
export function answer(found, need, store, config) {
    const proposals = found.chosen.map((one) => {
        const shown = store.shown(one);
        const { site, head, tail, visits } = shown;
        return `${head}${site},"distance_km":${kilometres(one.metres, '.')}${
            tail},"reasons":[${reasons(one.metres, shown, need,
            found.priority)}]${need.home_visit ? `,"visits":${visits}` : ''}}`;
    });
    const excluded = [];
    found.excluded.forEach((count, i) => {
        if (count) {
            excluded.push(
                `{"requirement":"${REQUIREMENTS[i]}","count":${count}}`);
        }
    });
    return `{"proposals":[${proposals}],"radius_km":${
        kilometres(found.radius, '.')},"candidates":${found.candidates
    },"excluded":[${excluded}],"advice":[${
        advice(found.chosen.length, need, config)}]}`;
}
