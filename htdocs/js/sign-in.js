/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in without leaving the page: the form's own, and again in place. */
import { Problem, get } from './api.js';
import { site } from './site.js';
import { NB, plural } from './text.js';

/** @typedef {{account: string, role: 'doctor' | 'professional'
 *            | 'coordinator' | 'delegate', rpps: string | null}} Me */

/** Who this page was opened by. @type {Me | null} */
let known = null;

/** Where the dialog is put. @type {Node} */
let host = document.body;

/** A place of its own for the dialog: a shadow root. @param {Node} node */
export function dialogIn(node) {
    host = node;
}

/** Where a dialog goes. */
export function dialogHost() {
    return host;
}

/** Remembers whose page this is. @param {Me} me */
export function remember(me) {
    known = me;
}

/** What is said of a failure, once a wait is over too. */
export const WRONG = {
    code: 'wrong_login',
    title: 'Nom ou mot de passe incorrect',
    detail: 'Vérifiez les majuscules. Mot de passe oublié'
        + `${NB}? La coordination en donne un nouveau.`,
};

/**
 * What is said of a sign-in that failed.
 *
 * @param {string | null} seconds to wait, as the address of the form says
 *     after "echec="; nothing when the password was wrong
 * @returns {Problem} with .wait, in seconds
 */
export function failure(seconds) {
    const wait = Math.min(Number.parseInt(seconds ?? '', 10) || 0, 3600);
    const problem = wait > 0 ? new Problem(429, {
        code: 'too_many_failures',
        title: 'Trop d’essais',
        detail: `Ce compte est protégé${NB}: attendez ${
            plural(wait, 'seconde')}, puis réessayez. Le mot de passe n’a `
            + 'pas été vérifié.',
    }) : new Problem(401, WRONG);
    return Object.assign(problem, { wait });
}

/** After the wait. */
export const AGAIN = 'Vous pouvez réessayer.';

/** Calls back when a wait is over. @param {unknown} problem
 * @param {() => void} done */
export function afterWait(problem, done) {
    const { wait = 0 } = /** @type {{wait?: number}} */ (problem);
    if (wait > 0) {
        setTimeout(done, wait * 1000);
    }
}

/**
 * Signs in as the form of connexion.html does.
 *
 * @param {string} name @param {string} password
 * @returns {Promise<Me>} or rejects with a Problem
 */
export async function signIn(name, password) {
    /** @type {string | null} */
    let refused = null;
    try {
        const { url } = await fetch(site('login'), {
            method: 'POST', credentials: 'same-origin', cache: 'no-store',
            body: new URLSearchParams({ httpd_username: name,
                                        httpd_password: password }),
        });
        refused = new URL(url).searchParams.get('echec');
        if (refused === null) {
            return await get('/me', { quiet: true });
        }
    }
    catch (error) {
        if (!(error instanceof Problem)) {
            throw new Problem(0, {
                title: 'Le serveur ne répond pas',
                detail: 'Vérifiez la connexion, puis recommencez.',
            });
        }
        if (error.status !== 401) {
            throw error;
        }
    }
    /* a database that cannot answer looks like a wrong password too */
    await get('/health', { quiet: true });
    throw failure(refused);
}

/** @param {string} tag @param {Record<string, any>} [properties]
 * @param {(string | Node)[]} children */
function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
}

/** @param {string} id @param {string} label
 * @param {Record<string, any>} properties */
function field(id, label, properties) {
    const input = /** @type {HTMLInputElement} */ (
        element('input', { id, required: true, ...properties }));
    return { input, box: element('div', { className: 'field' },
        element('label', { htmlFor: id }, label), input) };
}

function dialog() {
    const name = field('cpts-again-name', 'Nom de compte', {
        autocomplete: 'username', autocapitalize: 'none',
        value: known?.account ?? '',
    });
    const password = field('cpts-again-password', 'Mot de passe', {
        type: 'password', autocomplete: 'current-password',
    });
    const wrong = element('p', { className: 'wrong', role: 'alert' });
    const submit = /** @type {HTMLButtonElement} */ (
        element('button', { className: 'main' },
                known ? 'Se reconnecter' : 'Se connecter'));
    const cancel = element('button', { type: 'button' }, 'Annuler');
    const form = element('form', {},
        element('h2', { id: 'cpts-again-title' },
                known ? 'Reconnectez-vous' : 'Connectez-vous'),
        element('p', {}, known
            ? 'Votre session est terminée. Ce que vous avez saisi est '
                + 'toujours là.'
            : 'Cette page est réservée aux professionnels de la CPTS.'),
        name.box, password.box, wrong,
        element('div', { className: 'actions' }, submit, cancel));
    const box = /** @type {HTMLDialogElement} */ (
        element('dialog', { className: 'sign-in' }, form));
    box.setAttribute('aria-labelledby', 'cpts-again-title');
    return { box, form, name: name.input, password: password.input, wrong,
             submit, cancel };
}

/** @returns {Promise<boolean>} */
function ask() {
    const parts = dialog();
    return new Promise((resolve) => {
        const end = (/** @type {boolean} */ done) => {
            parts.box.close();
            parts.box.remove();
            resolve(done);
        };
        parts.cancel.addEventListener('click', () => end(false));
        parts.box.addEventListener('cancel', () => end(false));
        parts.form.addEventListener('submit', async (event) => {
            event.preventDefault();
            if (parts.submit.hasAttribute('aria-busy')) {
                return;
            }
            parts.wrong.textContent = '';
            parts.submit.setAttribute('aria-busy', 'true');
            try {
                const me = await signIn(parts.name.value,
                                        parts.password.value);
                if (known && me.account !== known.account) {
                    /* somebody else: this page is not theirs */
                    location.replace(site('espace/'));
                    return;
                }
                end(true);
            }
            catch (error) {
                const problem = /** @type {Problem} */ (error);
                const said = `${problem.title}. ${problem.detail}`;
                parts.wrong.textContent = said;
                afterWait(problem, () => {
                    if (parts.wrong.textContent === said) {
                        parts.wrong.textContent = AGAIN;
                    }
                });
                parts.password.value = '';
                parts.password.focus();
            }
            parts.submit.removeAttribute('aria-busy');
        });
        host.appendChild(parts.box);
        parts.box.showModal();
        (known ? parts.password : parts.name).focus();
    });
}

/** @type {Promise<boolean> | null} */
let asking = null;

/** Asks once, whatever number of requests wait for it: true when signed in. */
export function signInAgain() {
    asking ??= ask().finally(() => {
        asking = null;
    });
    return asking;
}
