/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of invitations: read as people type them, written as a picture. */
import { html } from './vendor/lit.js';

/** @typedef {{size: number, path: string}} Qr dark squares, one unit each */

/** Symbols of a code. */
export const SYMBOLS = 26;

/** White squares on each side of a picture. */
const QUIET = 4;

/** The symbols of a code that is typed, or of an address that ends in one: in
 * either case, with any hyphens or spaces, I and L for 1, O for 0.
 * @param {string} typed */
export function symbols(typed) {
    return typed.replace(/^[^]*#/, '').toUpperCase()
        .replace(/[^\p{L}\p{N}]/gu, '')
        .replace(/[IL]/g, '1').replace(/O/g, '0');
}

/** A code in its groups, or nothing when it is none. @param {string} typed */
export function readToken(typed) {
    const read = symbols(typed);
    return read.length === SYMBOLS && /^[0-9A-HJKMNP-TV-Z]+$/.test(read)
        ? read.replace(/^(.{5})(.{5})(.{5})(.{5})/, '$1-$2-$3-$4-') : '';
}

/** The picture of an address. @param {Qr} qr @param {string} label */
export function qrPicture({ size, path }, label) {
    const side = size + 2 * QUIET;
    return html`<svg class="qr" role="img" aria-label=${label}
        viewBox="-4 -4 ${side} ${side}" shape-rendering="crispEdges">
        <rect x="-4" y="-4" width=${side} height=${side} fill="#fff"></rect>
        <path d=${path} fill="#000"></path></svg>`;
}
