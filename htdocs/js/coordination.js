/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Coordination": which of its two views is shown. */
import './coordination-list.js';
import './coordination-territory.js';
import { open } from './page.js';

/**
 * @typedef {import('./coordination-list.js').CptsSheets} CptsSheets
 * @typedef {import('./coordination-territory.js').CptsOverview} CptsOverview
 */

const { territory } = await open(['coordinator']);
const list = /** @type {CptsSheets} */ (document.querySelector('cpts-sheets'));
const overview = /** @type {CptsOverview} */ (
    document.querySelector('cpts-overview'));

/** The view of the address; "#contenu" (skip link) changes nothing. */
function show() {
    if (!['', '#fiches', '#territoire'].includes(location.hash)) {
        return;
    }
    const whole = location.hash === '#territoire';
    list.hidden = whole;
    overview.hidden = !whole;
    for (const link of document.querySelectorAll('.views a')) {
        if (link.getAttribute('href')
            === (whole ? '#territoire' : '#fiches')) {
            link.setAttribute('aria-current', 'true');
        }
        else {
            link.removeAttribute('aria-current');
        }
    }
    if (whole) {
        overview.load();
    }
}

list.territory = territory;
overview.territory = territory;
overview.addEventListener('show-sheets', async (event) => {
    location.hash = '#fiches';
    await list.filter(/** @type {CustomEvent} */ (event).detail);
    list.one('#sheets-title').focus();
});
window.addEventListener('hashchange', show);
/* back from a sheet that may have been changed there */
window.addEventListener('pageshow', (event) => {
    if (event.persisted) {
        list.load();
        show();
    }
});
show();
await list.start();
