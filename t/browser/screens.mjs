/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of the pages: a table of states, each at both widths. */
import { NARROW, WIDE, base, ok, signIn, suite, visitor }
    from './lib/browser.mjs';
import { search } from './lib/search.mjs';

const folder = process.env.CPTS_SCREENSHOTS;
const wanted = (process.env.CPTS_SCREENS ?? '').split(' ').filter(Boolean);

/* name, account (or none), address below /cpts/, and how to get to the state */
const STATES = [
    ['connexion', null, 'connexion.html'],
    ['connexion-refusee', null, 'connexion.html',
     (page) => signIn(page, 'pharmacie', 'x')],
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
    ['session-terminee', 'pharmacie', 'espace/trouver.html',
     async (page) => {
         await page.context().clearCookies();
         await search(page, 'castanet', 78, [], '', 'dialog');
     }],
    ['accueil', null, 'index.html'],
    ['aide', null, 'aide.html'],
    ['accessibilite', null, 'accessibilite.html'],
    ['donnees', null, 'donnees.html'],
    ['fiche', 'docteur', 'espace/fiche.html'],
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
