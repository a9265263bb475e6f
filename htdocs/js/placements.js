/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Mes placements". */
import './placements-page.js';
import { open } from './page.js';

const { me } = await open(['professional', 'doctor', 'coordinator',
                           'delegate']);
const title = document.querySelector('h1');
if (title && me.role !== 'professional') {
    title.textContent = 'Placements';
    document.title = 'Placements';
}
const page = /** @type {import('./placements-page.js').CptsPlacements} */ (
    document.querySelector('cpts-placements'));
page.me = me;
