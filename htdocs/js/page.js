/* SPDX-License-Identifier: Apache-2.0 */
/* What every page behind the sign-in does first: who is it, may they, menu. */
import { Problem, get } from './api.js';
import { remember } from './sign-in.js';
import { site } from './site.js';
import { NB } from './text.js';

/**
 * @typedef {import('./sign-in.js').Me} Me
 * @typedef {{insee: string, name: string, lat: number, lon: number,
 *            population: number, neighbour: boolean,
 *            postcodes?: string[]}} Commune
 * @typedef {{name: string, phone: string | null, email: string | null,
 *            communes: Commune[], contours?: boolean,
 *            perimeters: {name: string, communes: string[]}[],
 *            limits: Record<string, number>}} Territory
 */

/** Each role's pages, the first is where it lands. */
export const PAGES = {
    doctor: [['fiche.html', 'Ma fiche'],
             ['placements.html', 'Placements'],
             ['trouver.html', 'Trouver un médecin']],
    delegate: [['fiche.html', 'Fiche du médecin'],
               ['placements.html', 'Placements']],
    professional: [['trouver.html', 'Trouver un médecin'],
                   ['placements.html', 'Mes placements']],
    coordinator: [['coordination.html', 'Coordination'],
                  ['invitations.html', 'Invitations'],
                  ['placements.html', 'Placements'],
                  ['trouver.html', 'Trouver un médecin']],
};

/** Where a role lands after signing in. @param {Me['role']} role */
export function home(role) {
    return site(`espace/${PAGES[role][0][0]}`);
}

/** @param {string} href @param {string} text @param {string} [aside] */
function item(href, text, aside) {
    const link = document.createElement('a');
    link.href = href;
    link.textContent = text;
    if (aside) {
        const more = document.createElement('span');
        more.className = 'wide-only';
        more.textContent = `${NB}(${aside})`;
        link.append(more);
    }
    if (link.href === location.href.replace(/[?#].*/, '')) {
        link.setAttribute('aria-current', 'page');
    }
    const line = document.createElement('li');
    line.append(link);
    return line;
}

/** @param {Me} me */
function showMenu(me) {
    const menu = document.querySelector('.menu ul');
    menu?.replaceChildren(
        ...PAGES[me.role].map(([file, text]) =>
            item(site(`espace/${file}`), text)),
        item(site('espace/compte.html'), 'Mon compte'),
        item(site('logout'), 'Se déconnecter', me.account));
}

/** Puts the name of the CPTS where the page has [data-cpts="name"].
 * @param {{name: string}} territory */
function showName(territory) {
    for (const place of document.querySelectorAll('[data-cpts="name"]')) {
        place.textContent = territory.name;
    }
}

/** A box that says what went wrong, at the top of <main>.
 * @param {unknown} error */
export function showProblem(error) {
    const problem = error instanceof Problem ? error : new Problem(0, {});
    const box = document.createElement('div');
    box.className = 'note bad';
    box.setAttribute('role', 'alert');
    const title = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = problem.title;
    title.append(strong);
    const detail = document.createElement('p');
    detail.textContent = problem.detail;
    const again = document.createElement('button');
    again.type = 'button';
    again.textContent = 'Recommencer';
    again.addEventListener('click', () => location.reload());
    box.append(title, detail, again);
    document.querySelector('main')?.prepend(box);
}

/* Another tab may have signed in as somebody else: this page is not theirs. */
function watch(/** @type {Me} */ me) {
    document.addEventListener('visibilitychange', async () => {
        if (document.visibilityState !== 'visible') {
            return;
        }
        const now = await get('/me', { quiet: true }).catch(() => null);
        if (now && now.account !== me.account) {
            location.replace(site('espace/'));
        }
    });
}

/**
 * Opens a page behind the sign-in.
 *
 * @param {Me['role'][]} roles who may see this page; others are led to theirs
 * @returns {Promise<{me: Me, territory: Territory}>} never, when led away or
 *     when there is a problem, which is then shown
 */
export async function open(roles) {
    try {
        const [me, territory] = await Promise.all([get('/me'),
                                                   get('/territory')]);
        if (roles.includes(me.role)) {
            remember(me);
            showMenu(me);
            showName(territory);
            watch(me);
            return { me, territory };
        }
        location.replace(home(me.role));
    }
    catch (error) {
        showProblem(error);
    }
    return new Promise(() => {});
}
