/* SPDX-License-Identifier: Apache-2.0 */
/* Maps with contours and with cells, visits at home on them, postcodes. */
import { NARROW, accessible, base, fits, is, leave, like, ok, signIn, suite,
         visitor } from './lib/browser.mjs';
import { search } from './lib/search.mjs';

const NB = '\u00a0';
/* communes of examples/communes.csv, which have contours, and around them */
const OWN = 36;
const NEAR = 25;

async function opened(browser, account, place, options) {
    const visit = await visitor(browser, options);
    await signIn(visit.page, account);
    await visit.page.waitForURL('**/espace/*.html');
    if (!visit.page.url().endsWith(place)) {
        await visit.page.goto(`${base}espace/${place}`);
    }
    return visit;
}

const asked = (visit) => visit.requests.filter((request) =>
    request.url().endsWith('/territory/contours'));

async function mapShown(page) {
    await page.locator('territory-map').first().scrollIntoViewIfNeeded();
    /* what is not in view has no size */
    await page.waitForSelector('territory-map path.land',
                               { state: 'attached' });
}

const caption = (page) => page.locator('territory-map figcaption').first()
    .innerText();

/* --- the search */

async function answered(page, criteria, commune = 'castanet', language = '') {
    const [answer] = await Promise.all([
        page.waitForResponse('**/api/match'),
        search(page, commune, 78, criteria, language)]);
    const { proposals } = await answer.json();
    await mapShown(page);
    await page.waitForSelector('.map-mark');
    return proposals;
}

/* Who is proposed turns from day to day: their perimeters are given. */
async function givePerimeters(page) {
    await page.route('**/api/match', async (route) => {
        const response = await route.fetch();
        const json = await response.json();
        const given = [
            { communes: ['31113', '31254'], radius_km: null, around: [] },
            { communes: [], radius_km: 7.5, around: [
                { lat: 43.5136, lon: 1.5034 }, { lat: 43.5, lon: 1.55 }] },
            { communes: ['31113', '31035'], radius_km: 12, around: [
                { lat: 43.52, lon: 1.49 }] }];
        ok(json.proposals.every(({ visits }) =>
            visits.communes.length + visits.around.length > 0),
           'each proposal says where its doctor visits');
        json.proposals.forEach((one, index) => {
            one.visits = given[index];
        });
        await route.fulfill({ response, json });
    });
}

async function homeVisits(browser, viewport) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html',
                               { viewport });
    const { page } = visit;
    await page.waitForSelector('[name="followed"]');
    is(asked(visit).length, 0, 'no contours before there is a map');
    is((await answered(page, [])).filter((one) => one.visits).length, 0,
       'no home visit asked: no perimeter');
    is(asked(visit).length, 1, 'the contours come with the map');
    is(await page.locator('path.land.outline').count(), OWN,
       'communes with their contours');
    is(await page.locator('path.land.cell').count(), NEAR,
       'neighbours without');
    like(await caption(page), /d’après leurs contours, approximatives pour/,
         'said below the map');
    is(await page.locator('path.reach, path.visited').count(), 0,
       'nothing of visits on it');

    await page.click('text=Autre patient');
    await givePerimeters(page);
    const proposals = await answered(page, ['home_visit']);
    const circles = proposals.flatMap((one) => one.visits.around);
    const communes = new Set(proposals.flatMap((one) => one.visits.communes));
    communes.delete('31113');
    is(await page.locator('path.reach').count(), circles.length,
       'a circle around each practice that a radius goes from');
    is(await page.locator('path.visited').count(), communes.size,
       'the communes that somebody visits');
    is(await page.locator('path.here').count(), 1, 'and the patient’s');
    const who = (which) => ['A', 'B', 'C'].filter((_, index) =>
        which(proposals[index].visits).length > 0).join(', ')
        .replace(/, (.)$/, ' et $1');
    const legend = await caption(page);
    ok(legend.includes(`teintées${NB}: visites à domicile de ${
        who((one) => one.communes)}.`), 'the legend says whose they are',
       legend);
    ok(legend.includes(`tirets${NB}: rayon de visite de ${
        who((one) => one.around)}.`), 'and whose the circles are', legend);
    await page.click('text=La carte en tableau');
    const words = await page.locator('.where ul li').allInnerTexts();
    is(words.length, proposals.length, 'in words, for each doctor');
    proposals.forEach((one, index) => {
        const { radius_km: km, communes: named } = one.visits;
        like(words[index], new RegExp([`^${'ABC'[index]}${NB}: `,
            km === null ? '' : `à ${String(km).replace('.', ',')}${NB}km au `
                + 'plus',
            named.length === 0 ? '' : `.*${named.length}${NB}commune`]
            .join('')), `what the map shows of ${'ABC'[index]}`);
    });
    await accessible(page, 'visits at home');
    await fits(page, `visits at home, ${viewport?.width ?? 1280} pixels`);
    is(asked(visit).length, 1, 'the contours were asked for once');
    await leave(visit, 'visits');
}

/* A second page asks whether they still hold; they are not sent again. */
async function kept(browser) {
    const visit = await opened(browser, 'coordination',
                               'coordination.html#territoire');
    await mapShown(visit.page);
    is(await visit.page.locator('path.outline').count(), OWN,
       'the territory in its contours');
    like(await caption(visit.page), /d’après leurs contours\./,
         'and nothing else');
    await accessible(visit.page, 'the territory');
    const again = await visit.context.newPage();
    const wire = await visit.context.newCDPSession(again);
    await wire.send('Network.enable');
    /* from two processes: which of them comes first is not known */
    const urls = new Map();
    const statuses = new Map();
    const told = () => [...urls].filter(([, url]) =>
        url.endsWith('/contours')).map(([id]) => statuses.get(id)).join();
    wire.on('Network.requestWillBeSent', (event) =>
        urls.set(event.requestId, event.request.url));
    wire.on('Network.responseReceivedExtraInfo', (event) =>
        statuses.set(event.requestId, event.statusCode));
    await again.goto(`${base}espace/coordination.html#territoire`);
    await mapShown(again);
    for (let i = 0; i < 500 && told() === ''; i += 1) {
        await again.waitForTimeout(20);
    }
    is(told(), '304', 'a second visit: 304');
    await leave(visit, 'kept');
}

/* Without contours the map is there all the same. */
async function without(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html', {
        expected: [/contours/] });
    const { page, context } = visit;
    await context.route('**/territory/contours', (route) => route.abort());
    await answered(page, []);
    is(await page.locator('path.land.cell').count(), OWN + NEAR,
       'no answer: cells');
    like(await caption(page), /Limites approximatives/, 'and said');
    is(await page.locator('dialog').count(), 0, 'nobody is bothered');
    await leave(visit, 'without contours');
}

/* --- the doctor's own perimeter */

async function picked(browser) {
    const visit = await opened(browser, 'docteur', 'fiche.html');
    const { page } = visit;
    await page.click('#section-visits summary');
    await mapShown(page);
    is(await page.locator('sheet-visits path.outline').count(), OWN,
       'communes with their contours');
    const before = await page.locator('sheet-visits path.picked').count();
    await page.locator('sheet-visits path.outline:not(.picked, .good)').last()
        .dispatchEvent('click');
    await page.waitForFunction((count) => document.querySelectorAll(
        'sheet-visits path.picked').length === count, before + 1);
    ok(true, 'a tap on a contour chooses the commune');
    await leave(visit, 'the doctor’s map');
}

/* --- postcodes */

async function postcodes(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html');
    const { page } = visit;
    await page.check('[name="followed"][value="no"]');
    const input = page.locator('commune-field input');
    await input.waitFor();
    const found = async (typed) => {
        await input.fill(typed);
        return page.locator('[role="option"]').allInnerTexts();
    };
    like(await input.getAttribute('placeholder'), /ou code postal/,
         'that a postcode will do is said');
    is((await found('31670')).join().replace(/\s+/g, ' ').trim(),
       'Labège 31670', 'one commune, with its postcode');
    await page.keyboard.press('Enter');
    is(await input.inputValue(), 'Labège', 'which is chosen');
    is((await found('31450')).length, 19, 'all communes of a postcode');
    is((await found('31 450')).length, 19, 'with a space in it');
    like((await found('314')).join(), /Auragne|31450/, 'its beginning');
    like((await found('31100')).join(), /Toulouse\s*31100, voisine/,
         'one of several');
    await accessible(page, 'communes by postcode');
    await found('99999');
    like(await page.locator('commune-field .wrong').innerText(),
         /Aucune commune de ce code postal/, 'none: said');
    await leave(visit, 'postcodes');
}

await suite(async (browser) => {
    await homeVisits(browser);
    await homeVisits(browser, NARROW);
    await kept(browser);
    await without(browser);
    await picked(browser);
    await postcodes(browser);
});
