/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Ma fiche": whose sheet is it, and is it a new one. */
import './fiche-page.js';
import { open } from './page.js';

const { me, territory } = await open(['doctor', 'coordinator', 'delegate']);
const query = new URLSearchParams(location.search);
const sheet = /** @type {import('./fiche-page.js').CptsSheet} */ (
    document.querySelector('cpts-sheet'));
const own = me.role === 'doctor';
Object.assign(sheet, {
    me, territory, own,
    creating: me.role === 'coordinator' && query.has('nouvelle'),
    rpps: me.role === 'coordinator' ? query.get('rpps') ?? '' : me.rpps ?? '',
});
await sheet.start();
