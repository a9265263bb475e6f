/* SPDX-License-Identifier: Apache-2.0 */
/* The page to sign in: errors in place, then to the page that was asked for. */
import { home } from './page.js';
import { AGAIN, afterWait, failure, signIn } from './sign-in.js';
import { root, site } from './site.js';
import { NB } from './text.js';

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

const form = byId('sign-in');
const message = byId('message');
const submit = byId('submit');
/** @type {HTMLInputElement} */
const name = byId('name');
/** @type {HTMLInputElement} */
const password = byId('password');

/** @param {string} title @param {string} detail @param {string} kind */
function say(title, detail, kind) {
    const strong = document.createElement('strong');
    strong.textContent = title;
    message.className = `note ${kind}`;
    message.replaceChildren(strong, ' ', detail);
    message.hidden = false;
}

/** @param {unknown} error */
function sayWhy(error) {
    const problem = /** @type {import('./api.js').Problem} */ (error);
    say(`${problem.title}.`, problem.detail, 'bad');
    const said = message.textContent;
    afterWait(problem, () => {
        if (message.textContent === said) {
            say(AGAIN, '', '');
        }
    });
}

/** The page of espace/ that was asked for, and nothing else. */
function wanted() {
    const asked = new URLSearchParams(location.search).get('suite');
    if (!asked) {
        return null;
    }
    const address = new URL(asked, site('espace/'));
    return address.href.startsWith(`${root}espace/`)
        && !address.pathname.endsWith('/') ? address.href : null;
}

form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (submit.hasAttribute('aria-busy')) {
        return; /* a wrong password counts once */
    }
    submit.setAttribute('aria-busy', 'true');
    message.hidden = true;
    try {
        const me = await signIn(name.value, password.value);
        location.replace(wanted() ?? home(me.role));
    }
    catch (error) {
        sayWhy(error);
        submit.removeAttribute('aria-busy');
        password.value = '';
        password.focus();
    }
});

const query = new URLSearchParams(location.search);
if (query.has('echec')) {
    byId('echec').remove();
    sayWhy(failure(query.get('echec')));
}
else if (query.has('sortie')) {
    say('Vous êtes déconnecté.', `À bientôt${NB}!`, 'good');
}
else if (query.has('suite')) {
    say('Connectez-vous pour continuer.', '', '');
}

/* whose page it is and how to reach them, when it comes */
import('./accueil.js');
