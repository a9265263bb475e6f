/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Coordination": which of its views is shown. */
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

/** The views by the address of their link in .views, the first is the one
 * that is shown; what each does when it is.
 * @type {[string, HTMLElement, () => void][]} */
const VIEWS = [
    ['#fiches', list, () => {}],
    ['#territoire', overview, () => overview.load()],
];

/** The view of the address; "#contenu" (skip link) changes nothing. */
function show() {
    const asked = location.hash || VIEWS[0][0];
    if (!VIEWS.some(([address]) => address === asked)) {
        return;
    }
    for (const [address, view, opened] of VIEWS) {
        view.hidden = address !== asked;
        const link = document.querySelector(`.views a[href="${address}"]`);
        if (view.hidden) {
            link?.removeAttribute('aria-current');
        }
        else {
            link?.setAttribute('aria-current', 'true');
            opened();
        }
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
