/* SPDX-License-Identifier: Apache-2.0 */
/* The page of an invitation: takes its code out of the address at once. */
import './invitation-steps.js';
import { readToken } from './token.js';

const steps = /** @type {import('./invitation-steps.js').CptsInvitation} */ (
    document.querySelector('cpts-invitation'));

/** The code of the address, which nobody is to read over a shoulder. */
function taken() {
    const token = readToken(window.location.hash);
    if (token) {
        /* eslint-disable-next-line no-restricted-properties --
           takes what is secret out of the address, and puts nothing there */
        history.replaceState(null, '', window.location.pathname);
    }
    return token;
}

/* another letter in the same tab */
window.addEventListener('hashchange', () => {
    const token = taken();
    if (token) {
        steps.open(token);
    }
});

const token = taken();
if (token) {
    steps.open(token);
}
else {
    steps.start();
}

/* whose page it is and how to reach them, when it comes */
import('./accueil.js');
