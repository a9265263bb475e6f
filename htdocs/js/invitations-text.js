/* SPDX-License-Identifier: Apache-2.0 */
/* Words for invitations: who, in which state; rows of a CSV file. */
import { day, isoDay, moment } from './text.js';

/**
 * @typedef {import('./token.js').Qr} Qr
 * @typedef {{id: number, role: 'doctor' | 'professional' | 'delegate',
 *     rpps: string | null, name: string, email: string | null,
 *     profession: string | null, structure: string | null,
 *     batch: string | null, mail: boolean, sent_at: string | null,
 *     state: 'open' | 'used' | 'expired' | 'revoked', created_at: string,
 *     expires_at: string, opened_at: string | null, used_at: string | null,
 *     account: string | null, token: string | null, address: string | null,
 *     qr: Qr | null}} Invitation
 */

/** "22 novembre 2026", the reader's day. @param {string} iso RFC 3339 */
export function dayOf(iso) {
    return day(isoDay(new Date(iso)));
}

/** "Dr Jeanne Roitelet", "Claire Pinson".
 * @param {{role: string, name: string}} person */
export function titled({ role, name }) {
    return role === 'doctor' && !/^(dr|docteur|docteure|pr|professeur)\b/i
        .test(name) ? `Dr\u00a0${name}` : name;
}

/** The lines of an address, as far as it is known.
 * @param {import('./page.js').Territory | null} territory
 * @param {{name?: string | null, address?: string | null,
 *     commune?: string | null}} [site] */
export function addressLines(territory, site = {}) {
    const commune = territory?.communes.find((one) =>
        one.insee === site.commune);
    const address = site.address ?? '';
    const last = !commune || address.includes(commune.name) ? ''
        : [commune.postcodes?.[0], commune.name].filter((one) => one)
            .join(' ');
    return [site.name ?? '', ...address.split(/,\s*(?=\d{5}\b)/), last]
        .filter((line) => line !== '');
}

/** What each role is called. */
export const ROLES = {
    doctor: 'Médecin', professional: 'Professionnel', delegate: 'Secrétariat',
};

/** A state in two words, and the class of its badge.
 * @param {Invitation} one @returns {[string, string]} */
export function stateOf(one) {
    switch (one.state) {
    case 'used': return ['Compte créé', 'good'];
    case 'expired': return ['Plus valable', 'warn'];
    case 'revoked': return ['Annulée', 'still'];
    default: return one.opened_at ? ['Ouverte', '']
        : one.mail && !one.sent_at ? ['E-mail pas encore parti', 'warn']
            : ['Pas encore ouverte', ''];
    }
}

/** When it became so. @param {Invitation} one */
export function since(one) {
    const until = dayOf(one.expires_at);
    switch (one.state) {
    case 'used': return one.used_at ? `le ${moment(one.used_at)}` : '';
    case 'expired': return `depuis le ${until}`;
    case 'revoked': return '';
    default: return `valable jusqu’au ${until}`;
    }
}

/* --- a file of doctors */

/** The text of a file: UTF-8, or what a French Excel writes.
 * @param {ArrayBuffer} bytes */
export function decoded(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    }
    catch {
        return new TextDecoder('windows-1252').decode(bytes);
    }
}

/** The cells of a line of a CSV file, and those after it.
 * @param {string} text @returns {string[][]} */
function cells(text) {
    const separator = /^[^\n]*;/.test(text) ? ';' : ',';
    const rows = [['']];
    let quoted = false;
    for (let i = 0; i < text.length; i += 1) {
        const row = rows[rows.length - 1];
        const at = row.length - 1;
        if (text[i] === '"') {
            /* two within quotes are one of the text */
            if (quoted && text[i + 1] === '"') {
                row[at] += '"';
                i += 1;
            }
            else {
                quoted = !quoted;
            }
        }
        else if (!quoted && text[i] === separator) {
            row.push('');
        }
        else if (!quoted && text[i] === '\n') {
            rows.push(['']);
        }
        else {
            row[at] += text[i];
        }
    }
    return rows;
}

/** The rows of a CSV file by the names of their columns. The server reads it
 * too, and is the one that judges. @param {string} text
 * @returns {Record<string, string>[]} */
export function rowsOf(text) {
    const [head, ...rows] = cells(text.replace(/^\ufeff/, '')
        .replace(/\r\n?/g, '\n'));
    return rows.filter((row) => row.some((cell) => cell.trim() !== ''))
        .map((row) => Object.fromEntries(head.map((name, index) =>
            [name.trim(), (row[index] ?? '').trim()])));
}
