/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of the pages: a table of states, each at both widths. */
import { NARROW, WIDE, api, base, ok, signIn, suite, visitor }
    from './lib/browser.mjs';
import { hold, search } from './lib/search.mjs';

const folder = process.env.CPTS_SCREENSHOTS;
const wanted = (process.env.CPTS_SCREENS ?? '').split(' ').filter(Boolean);

/* A place held at the first doctor of an answer. */
async function held(page) {
    await search(page, 'castanet', 78, ['ald']);
    await page.click('.hold');
    await page.waitForSelector('.held');
}

/* Places held at the doctor of the account "docteur", one of them accepted. */
async function expected(page) {
    const there = await api(page, 'GET', '/placements?state=accepted');
    if (there.body.placements.length === 0) {
        const first = await hold(page, '99900000012');
        await api(page, 'POST', `/placements/${first.code}/accept`, {});
        await hold(page, '99900000012');
        await hold(page, '99900000012', { uses: 'reserved', places: 2 });
    }
    await page.reload();
    await page.waitForSelector('.placement');
}

/* The page of a new invitation. */
async function invited(page, body) {
    const { body: made } = await api(page, 'POST', '/invitations', body);
    return `${base}invitation.html#${made.token}`;
}

/* The link of a reminder, as the server would answer. */
async function linkOf(page, state, stale = false) {
    const iso = (days) => new Date(Date.now() + days * 864e5).toISOString()
        .slice(0, 10);
    await page.route('**/api/links/*', (route) => route.fulfill({
        contentType: 'application/json',
        body: JSON.stringify({
            rpps: '99900000012', doctor: 'Paul Mésange', state, stale,
            from: null, until: null, confirmed_on: iso(stale ? -95 : -80),
            fresh_until: iso(stale ? -5 : 10) }),
    }));
    await page.reload();
    await page.waitForSelector('#sheet:visible');
}

/* name, account (or none), address below /cpts/, and how to get to the state */
const STATES = [
    ['connexion', null, 'connexion.html'],
    ['connexion-refusee', null, 'connexion.html',
     (page) => signIn(page, 'pharmacie', 'x')],
    ['connexion-attente', null, 'connexion.html?echec=16'],
    ['trouver', 'pharmacie', 'espace/trouver.html'],
    ['trouver-suivi', 'pharmacie', 'espace/trouver.html',
     (page) => page.check('text=Oui')],
    ['trouver-criteres', 'pharmacie', 'espace/trouver.html',
     async (page) => {
         await page.check('text=Non');
         await page.click('summary');
         await page.fill('commune-field input', 'saint');
     }],
    ['trouver-reponse', 'pharmacie', 'espace/trouver.html',
     (page) => search(page, 'castanet', 78, ['ald', 'home_visit'])],
    ['trouver-un', 'pharmacie', 'espace/trouver.html',
     (page) => search(page, 'ayguesvives', 78, ['home_visit'], 'vi')],
    ['trouver-personne', 'pharmacie', 'espace/trouver.html',
     (page) => search(page, 'ayguesvives', 78, ['home_visit'], 'wo')],
    ['trouver-place', 'pharmacie', 'espace/trouver.html', held],
    ['trouver-place-refusee', 'pharmacie', 'espace/trouver.html',
     async (page) => {
         await held(page);
         await page.click('[data-event="refuse"]');
         await page.click('[data-reason="away"]');
         await page.waitForSelector('.held.over');
     }],
    ['trouver-place-aucune', 'pharmacie', 'espace/trouver.html',
     async (page) => {
         await page.route('**/api/placements', (route) => route.fulfill({
             status: 409, contentType: 'application/problem+json',
             body: JSON.stringify({ status: 409, code: 'no_place_left',
                 title: 'Conflit', detail: 'Il n’y a plus assez de places '
                     + 'chez ce médecin\u00a0: refaites une recherche.' }) }));
         await search(page, 'castanet', 78);
         await page.click('.hold');
         await page.waitForSelector('.doctor .note.bad');
     }],
    ['placements-vide', 'laboratoire', 'espace/placements.html'],
    ['placements', 'pharmacie', 'espace/placements.html',
     async (page) => {
         await expected(page);
         await page.click('.placement [data-event="refuse"]');
     }],
    ['placements-code', 'pharmacie', 'espace/placements.html',
     async (page) => {
         await page.fill('#code', 'K7O4');
         await page.keyboard.press('Enter');
     }],
    ['placements-tous', 'coordination', 'espace/placements.html',
     (page) => page.selectOption('#state', 'all')],
    ['session-terminee', 'pharmacie', 'espace/trouver.html',
     async (page) => {
         await page.context().clearCookies();
         await search(page, 'castanet', 78, [], '', 'dialog');
     }],
    ['accueil', null, 'index.html'],
    ['lien', null, 'lien.html#AAAAA', (page) => linkOf(page, 'open')],
    ['lien-depasse', null, 'lien.html#AAAAA',
     (page) => linkOf(page, 'open', true)],
    ['lien-merci', null, 'lien.html#AAAAA',
     async (page) => {
         await linkOf(page, 'open');
         await page.click('#confirm button');
         await page.waitForSelector('#message.good');
     }],
    ['lien-inconnu', null, 'lien.html#AAAAA',
     (page) => page.waitForSelector('#sign-in a:visible')],
    ['aide', null, 'aide.html'],
    ['accessibilite', null, 'accessibilite.html'],
    ['donnees', null, 'donnees.html'],
    ['fiche', 'docteur', 'espace/fiche.html'],
    ['fiche-placements', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.waitForSelector('.to-come .placement');
         await page.click('.to-come [data-event="refuse"]');
     }],
    ['fiche-secretariat', 'secretariat', 'espace/fiche.html'],
    ['fiche-pause', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('[data-action="pause"]');
         await page.waitForSelector('.told .note');
     }],
    ['fiche-reprise', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('[data-action="pause"]');
         await page.click('[data-action="resume"]');
         await page.waitForSelector('.told >> text=dès maintenant');
     }],
    ['fiche-sections', 'docteur', 'espace/fiche.html',
     async (page) => {
         for (const one of await page.locator(
             'sheet-form > details > summary').all()) {
             await one.click();
         }
         await page.fill('#f-home_visits-radius_km', '6');
     }],
    ['fiche-lieu', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('#section-sites > summary');
         await page.click('site-place summary');
         await page.waitForSelector('place-map path.good');
     }],
    ['fiche-absente', 'nouveau', 'espace/fiche.html'],
    ['fiche-fautes', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('#section-identity > summary');
         await page.click('#section-contact > summary');
         await page.fill('#f-name', '');
         await page.fill('#f-phone', 'douze');
         await page.click('#save');
         await page.waitForSelector('#trouble');
     }],
    ['fiche-conflit', 'docteur', 'espace/fiche.html',
     async (page) => {
         const other = await page.context().newPage();
         const day = 1 + Date.now() % 28;
         for (const [tab, text] of [[page, `Absent du ${day} au 30 août`],
                                    [other, `Absent du ${day} au 31 août`]]) {
             await tab.goto(`${base}espace/fiche.html`);
             await tab.click('#section-retirement > summary');
             await tab.fill('#f-note', text);
         }
         await other.click('#section-skills > summary');
         const now = await other.inputValue('#f-skills');
         await other.fill('#f-skills', now === 'pédiatrie'
             ? 'pédiatrie\ngériatrie' : 'pédiatrie');
         await other.click('#save');
         await other.waitForSelector('.save-bar.done');
         await page.click('#save');
         await page.waitForSelector('sheet-conflict');
     }],
    ['fiche-vues', 'docteur', 'espace/fiche.html',
     (page) => page.click('sheet-viewers summary')],
    ['fiche-effacer', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('sheet-erase summary');
         await page.click('#erase-first');
     }],
    ['fiche-nouvelle', 'coordination', 'espace/fiche.html?nouvelle'],
    ['fiche-coordination', 'coordination',
     'espace/fiche.html?rpps=99900000061'],
    ['fiche-inconnue', 'coordination', 'espace/fiche.html?rpps=99900088888'],
    ['invitations', 'coordination', 'espace/invitations.html',
     async (page) => {
         await invited(page, { role: 'professional', name: 'Léa Pic',
                               profession: 'infirmière' });
         await page.reload();
         await page.waitForSelector('.sent .badge');
     }],
    ['invitations-faites', 'coordination', 'espace/invitations.html',
     async (page) => {
         await page.check('text=Un autre professionnel');
         await page.fill('#i-name', 'Claire Pinson');
         await page.fill('#i-profession', 'pharmacienne');
         await page.fill('#i-structure', 'Pharmacie du Lac');
         await page.click('#invite');
         await page.click('.letter summary');
     }],
    ['invitations-fichier', 'coordination', 'espace/invitations.html',
     async (page) => {
         await page.click('text=Inviter des médecins par un fichier');
         await page.setInputFiles('#batch-file', { name: 'medecins.csv',
             mimeType: 'text/csv', buffer: Buffer.from(
                 'rpps;name;phone\n123;Ana;05\n99900001027;;\n') });
         await page.click('#invite-all');
         await page.waitForSelector('#batch-trouble');
     }],
    ['invitation-code', null, 'invitation.html',
     async (page) => {
         await page.fill('#code', 'abcde 12345');
         await page.click('text=Continuer');
     }],
    ['invitation-qui', 'coordination', 'espace/invitations.html',
     async (page) => {
         await page.goto(await invited(page, { role: 'professional',
             name: 'Nina Cygne', profession: 'infirmière',
             structure: 'Cabinet infirmier du Canal' }));
         await page.waitForSelector('.who');
     }],
    ['invitation-compte', 'coordination', 'espace/invitations.html',
     async (page) => {
         await page.goto(await invited(page, { role: 'professional',
                                               name: 'Nina Cygne' }));
         await page.click('text=Oui, c’est moi');
         await page.click('#create');
     }],
    ['fiche-secretaires', 'docteur', 'espace/fiche.html',
     async (page) => {
         await page.click('#section-delegates > summary');
         await page.fill('#delegate-name', 'Nadia Alouette');
         await page.click('text=Inviter cette personne');
         await page.waitForSelector('.token');
     }],
    ['charte', null, 'charte.html'],
    ['conditions', null, 'conditions.html'],
    ['coordination', 'coordination', 'espace/coordination.html'],
    ['coordination-confirmer', 'coordination', 'espace/coordination.html',
     async (page) => {
         await page.fill('#q', 'fauvette');
         await page.click('.sheet:only-child button');
     }],
    ['coordination-pause', 'coordination', 'espace/coordination.html',
     async (page) => {
         await page.fill('#q', 'mesange');
         await page.click('.sheet:only-child button + button');
         await page.click('dialog[open] .main');
     }],
    ['coordination-vide', 'coordination', 'espace/coordination.html',
     async (page) => {
         await page.fill('#q', 'personne');
         await page.waitForSelector('text=Tout afficher');
     }],
    ['journal', 'coordination', 'espace/journal.html',
     (page) => page.waitForSelector('tbody tr')],
    ['indicateurs', 'coordination', 'espace/indicateurs.html',
     (page) => page.waitForSelector('tbody tr')],
    ['compte', 'pharmacie', 'espace/compte.html',
     (page) => page.click('#erase-first')],
    ['coordination-territoire', 'coordination',
     'espace/coordination.html#territoire',
     (page) => page.waitForSelector('.communes')],
];

async function picture(browser, state, look, options) {
    const [name, account, address, act] = state;
    const visit = await visitor(browser, options);
    const { page } = visit;
    if (account) {
        await signIn(page, account);
        await page.waitForURL('**/espace/*.html');
    }
    await page.goto(base + address);
    await page.waitForLoadState('networkidle');
    await act?.(page);
    /* a map is loaded when it comes near the window */
    await page.evaluate(() => document.querySelector('territory-map')
        ?.scrollIntoView());
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(150);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: `${folder}/${name}-${look}.png`,
                            fullPage: true });
    await visit.context.close();
    ok(true, `${name}-${look}`);
}

suite(async (browser) => {
    const states = STATES.filter(([name]) => wanted.length === 0
        || wanted.some((part) => name.includes(part)));
    for (const state of states) {
        await picture(browser, state, '390', { viewport: NARROW,
                                               hasTouch: true });
        await picture(browser, state, '1280', { viewport: WIDE });
        await picture(browser, state, '1280-dark', { viewport: WIDE,
                                                     colorScheme: 'dark' });
    }
});
