/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Ma fiche": whose sheet is it, and is it a new one. */
import './fiche-page.js';
import { open } from './page.js';

const { me, territory } = await open(['doctor', 'coordinator']);
const query = new URLSearchParams(location.search);
const sheet = /** @type {import('./fiche-page.js').CptsSheet} */ (
    document.querySelector('cpts-sheet'));
const own = me.role === 'doctor';
Object.assign(sheet, {
    territory, own, creating: !own && query.has('nouvelle'),
    rpps: own ? me.rpps ?? '' : query.get('rpps') ?? '',
});
await sheet.start();
