/* SPDX-License-Identifier: Apache-2.0 */
/* The link of a reminder: what the sheet says, one confirmation or pause. */
import { Problem, post } from './api.js';
import { NB, ago, day, isoDay } from './text.js';

/** @typedef {{rpps: string, doctor: string, state: string,
 *             from: string | null, until: string | null,
 *             confirmed_on: string, fresh_until: string,
 *             stale: boolean}} Link */

/** Days of the pause that is offered. */
const PAUSE = 14;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

const message = byId('message');
const sheet = byId('sheet');
/** @type {HTMLInputElement} */
const until = byId('until');

/* Behind the #, so that it is never sent with an address. */
const token = () => location.hash.slice(1);

/** @param {string} title @param {string} detail @param {string} kind */
function say(title, detail, kind) {
    const strong = document.createElement('strong');
    strong.textContent = title;
    message.className = `note ${kind}`;
    message.replaceChildren(strong, ' ', detail);
    message.hidden = false;
    message.focus();
}

/** @param {Link} link */
function stateText(link) {
    /** @type {Record<string, () => string>} */
    const words = {
        open: () => 'Vous prenez de nouveaux patients.',
        paused: () => `Vous êtes en pause jusqu’au ${day(link.until ?? '')}.`,
        opening: () => 'Vous prendrez de nouveaux patients à partir du '
            + `${day(link.from ?? '')}.`,
        closed: () => 'Vous ne prenez pas de nouveaux patients.',
        left: () => 'Vous avez quitté la liste.',
    };
    return words[link.state]?.() ?? '';
}

/** @param {Link} link */
function freshText(link) {
    const when = `Fiche confirmée ${ago(link.confirmed_on)}`;
    return link.stale
        ? `${when}${NB}: elle était proposée jusqu’au ${
            day(link.fresh_until)}, et ne l’est plus.`
        : `${when}, proposée jusqu’au ${day(link.fresh_until)}.`;
}

/** @param {Link} link */
function show(link) {
    byId('doctor').textContent = link.doctor;
    byId('state').textContent = stateText(link);
    byId('fresh').textContent = freshText(link);
    byId('pause').hidden = link.state === 'closed' || link.state === 'left';
    sheet.hidden = false;
}

/** @param {unknown} error */
function fail(error) {
    const problem = error instanceof Problem ? error : new Problem(0);
    /* this link does nothing any more: only signing in helps */
    const over = problem.status === 404 || problem.status === 410;
    /* or first of all: a pause is possible before */
    const terms = problem.code === 'terms_required';
    sheet.hidden = sheet.hidden || over;
    byId('confirm').hidden = terms;
    byId('sign-in').hidden = !over && !terms;
    say(terms ? 'Un texte à accepter d’abord.' : `${problem.title}.`,
        problem.detail, over || terms ? 'warn' : 'bad');
}

/** @param {Link} link */
function thank(link) {
    show(link);
    byId('actions').remove();
    byId('sign-in').hidden = true;
}

/** Runs one of the two; a second click meanwhile is one too many.
 * @param {HTMLButtonElement | null} button @param {object} body
 * @param {(link: Link) => string} title */
async function use(button, body, title) {
    if (!button || document.querySelector('[aria-busy]')) {
        return;
    }
    button.setAttribute('aria-busy', 'true');
    message.hidden = true;
    byId('until-wrong').textContent = '';
    until.removeAttribute('aria-invalid');
    try {
        const link = await post('/links/use', { token: token(), ...body },
                                { quiet: true });
        thank(link);
        say(title(link), '', 'good');
    }
    catch (error) {
        button.removeAttribute('aria-busy');
        const wrong = error instanceof Problem ? error.fault('/until') : '';
        if (wrong) {
            byId('until-wrong').textContent = wrong;
            until.setAttribute('aria-invalid', 'true');
            until.focus();
        }
        else {
            fail(error);
        }
    }
}

byId('confirm').addEventListener('submit', (event) => {
    event.preventDefault();
    use(byId('confirm').querySelector('button'), { action: 'confirm' },
        (link) => `Merci${NB}: votre fiche est confirmée. Elle est valable `
            + `jusqu’au ${day(link.fresh_until)}.`);
});

byId('pause').addEventListener('submit', (event) => {
    event.preventDefault();
    use(byId('pause').querySelector('button'),
        { action: 'pause', until: until.value || null },
        (link) => `C’est noté${NB}: vous êtes en pause jusqu’au ${
            day(link.until ?? until.value)}. ${
            (link.until ?? until.value) < link.fresh_until
                ? 'Le lendemain, votre fiche sera de nouveau proposée.'
                : 'À votre retour, confirmez votre fiche pour qu’elle soit '
                    + 'de nouveau proposée.'}`);
});

async function open() {
    const today = new Date();
    until.min = isoDay(today);
    today.setDate(today.getDate() + PAUSE);
    until.value = isoDay(today);
    if (token() === '') {
        fail(new Problem(404, {
            title: 'Lien incomplet',
            detail: 'Ouvrez l’adresse entière du message, ou '
                + 'connectez-vous.',
        }));
        return;
    }
    try {
        show(await post('/links/open', { token: token() }, { quiet: true }));
    }
    catch (error) {
        fail(error);
    }
}

/* another link in the same tab */
addEventListener('hashchange', () => location.reload());

open();

/* whose page it is and how to reach them, when it comes */
import('./accueil.js');
