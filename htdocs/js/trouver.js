/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Trouver un médecin". */
import './search.js';
import { open } from './page.js';

const { territory } = await open(['professional', 'doctor', 'coordinator']);
const search = /** @type {import('./search.js').CptsSearch} */ (
    /** @type {unknown} */ (document.querySelector('cpts-search')));
search.territory = territory;
await search.updateComplete;
if (document.activeElement === document.body) {
    search.find('[name="followed"]').focus();
}
