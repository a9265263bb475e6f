/* SPDX-License-Identifier: Apache-2.0 */
/* Communes whose names do harm: text, on every page, and nothing else. */
import { NARROW, accessible, base, fits, is, leave, like, ok, signIn, suite,
         visitor } from './lib/browser.mjs';
import { search } from './lib/search.mjs';

const SCRIPT = '<script>window.hit=1</script><img src=x onerror=hit=1>';

/* A page of an account, opened in its state. */
async function opened(browser, account, file, selector) {
    const visit = await visitor(browser, { viewport: NARROW });
    await signIn(visit.page, account);
    await visit.page.waitForURL('**/espace/*.html');
    await visit.page.goto(`${base}espace/${file}`);
    await visit.page.waitForSelector(selector);
    return visit;
}

async function harmless(page, state) {
    is(await page.evaluate(() => window.hit), undefined, `${state}: no script`);
    is(await page.locator('main img, main script').count(), 0,
       `${state}: nothing but text`);
    await accessible(page, state);
    await fits(page, state);
}

async function find(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html',
                               'cpts-search form');
    const { page } = visit;
    await page.check('[name="followed"][value="no"]');
    await page.fill('commune-field input', '<scr');
    await page.waitForSelector('[role="option"]');
    is((await page.textContent('[role="option"] span')).trim(), SCRIPT,
       'a commune is found by the beginning of its name');
    await harmless(page, 'the list of communes');
    await page.fill('commune-field input', '');
    await search(page, '<scr', 78, ['home_visit']);
    like(await page.textContent('cpts-search'), /<script>/, 'an answer');
    await page.locator('territory-map').scrollIntoViewIfNeeded();
    await page.waitForSelector('territory-map .leaflet-container');
    await harmless(page, 'an answer');
    await leave(visit, 'an answer');
}

async function sheet(browser) {
    const visit = await opened(browser, 'docteur', 'fiche.html',
                               '#section-sites .line');
    const { page } = visit;
    like(await page.textContent('#section-sites .line'), /<script>/,
         'my sheet: the place');
    await page.click('#section-sites > summary');
    await page.click('site-place summary');
    await page.click('#section-visits > summary');
    await page.click('sheet-visits .list summary');
    await page.locator('sheet-visits territory-map').scrollIntoViewIfNeeded();
    await page.waitForSelector('sheet-visits .leaflet-container');
    like(await page.textContent('sheet-visits'), /<script>.*X{150}/s,
         'and what is visited');
    await page.fill('#f-home_visits-communes', '${7');
    is(await page.locator('input[name="visited"]:visible').count(), 1,
       'a list is filtered by such a name');
    await harmless(page, 'my sheet');
    await leave(visit, 'my sheet');
}

async function coordination(browser) {
    const visit = await opened(browser, 'coordination', 'coordination.html',
                               '.sheet');
    const { page } = visit;
    ok((await page.locator('#commune option').allTextContents())
        .includes(SCRIPT), 'a filter');
    await page.selectOption('#commune', '31113');
    await page.waitForFunction(() => document.querySelectorAll('.sheet')
        .length < 50);
    like(await page.textContent('.sheet'), /<script>/, 'a line of the list');
    await harmless(page, 'the list');
    await page.click('.views >> text=Territoire');
    await page.waitForSelector('.communes');
    like(await page.textContent('.communes'), /<script>.*<\/title>|<\/title>/s,
         'the table');
    await harmless(page, 'the territory');
    await page.locator('territory-map').scrollIntoViewIfNeeded();
    await page.hover('territory-map path.good >> nth=0');
    await page.waitForSelector('.leaflet-tooltip');
    await harmless(page, 'the name on the map');
    await leave(visit, 'coordination');
}

suite(async (browser) => {
    await find(browser);
    await sheet(browser);
    await coordination(browser);
});
