/* SPDX-License-Identifier: Apache-2.0 */
/* Ma fiche: the big actions, the sections, conflicts, who saw it, erasing. */
import { NARROW, accessible, api, base, expire, fits, gate, is, leave, like,
         ok, password, signIn, suite, visitor } from './lib/browser.mjs';

const REFUSED = [/status of 4\d\d/];
const SHEET = `${base}api/sheets/`;
const RPPS = '99900000012';
const HOSTILE = '<script>window.hit=1</script><img src=x onerror=hit=1>'
    + '${7*7} \u200Feliforp مرحبا 👩🏽‍⚕️';

/* The page of a doctor, opened. */
async function opened(browser, account = 'docteur', options = {}) {
    const visit = await visitor(browser, { expected: REFUSED, ...options });
    await signIn(visit.page, account);
    await visit.page.waitForSelector('#state-title');
    return visit;
}

/* The sheet as it is stored. */
function stored(page, rpps = RPPS) {
    return page.evaluate(async (url) => (await fetch(url)).json(),
                         SHEET + rpps);
}

/* Changes it behind the back of the page. */
async function changed(page, change, rpps = RPPS) {
    const status = await page.evaluate(async ([url, more]) => {
        const was = await fetch(url);
        const sheet = { ...await was.json(), ...more };
        delete sheet.confirmed_on;
        delete sheet.confirmed_by;
        const answer = await fetch(url, {
            method: 'PUT', body: JSON.stringify(sheet),
            headers: { 'Content-Type': 'application/json',
                       'If-Match': was.headers.get('ETag') } });
        return answer.status;
    }, [SHEET + rpps, change]);
    is(status, 200, `changed elsewhere: ${Object.keys(change)}`);
}

async function section(page, name) {
    await page.click(`#section-${name} > summary`);
}

async function saved(page, name) {
    await page.click('#save');
    await page.waitForSelector('.save-bar.done');
    like(await page.textContent('.save-bar'), /Enregistré et confirmé/, name);
}

async function told(page, pattern, name) {
    await page.waitForSelector('.told .note');
    like(await page.textContent('.told'), pattern, name);
}

async function actions(browser) {
    const visit = await opened(browser, 'docteur', {
        viewport: NARROW, hasTouch: true, isMobile: true });
    const { page } = visit;
    like(await page.textContent('#state-title'), /Vous prenez de nouveaux/,
         'the state in one line');
    await accessible(page, 'open');
    await fits(page, 'open');
    const low = await page.locator('.big').evaluateAll((list) =>
        list.filter((one) => one.getBoundingClientRect().height < 44).length);
    is(low, 0, 'the big actions are large');

    await page.tap('[data-action="confirm"]');
    await told(page, /C’est confirmé/, 'nothing changed: one tap');
    is((await stored(page)).confirmed_by, 'doctor', 'and it is stored');

    await page.fill('#pause-until', '2036-12-24');
    await page.tap('[data-action="pause"]');
    await told(page, /jusqu’au 24.décembre.2036 inclus/, 'a pause: said');
    is((await stored(page)).availability.until, '2036-12-24', 'and stored');
    like(await page.textContent('#state-title'), /en pause jusqu’au/,
         'the line follows');
    await accessible(page, 'paused');

    await page.fill('#pause-until', '2020-01-01');
    await page.tap('[data-action="pause"]');
    await page.waitForSelector('#trouble:focus');
    like(await page.textContent('#trouble'), /jour à venir/,
         'a pause in the past is refused, in words');
    await accessible(page, 'a wrong pause');

    await page.tap('[data-action="leave"]');
    await told(page, /n’est plus proposée/, 'leaving: one tap');
    is((await stored(page)).availability.state, 'left', 'and stored');
    is(await page.locator('#trouble').count(), 0, 'the old problem is gone');
    await accessible(page, 'left');

    await page.tap('[data-action="resume"]');
    await told(page, /proposée dès maintenant/, 'back: one tap');
    is((await stored(page)).availability.state, 'open', 'and stored');
    await fits(page, 'after the actions');
    await leave(visit, 'the big actions');
}

/* A network that loses an answer, and a slow one. */
async function network(browser) {
    const visit = await opened(browser, 'docteur', {
        expected: [...REFUSED, /ERR_FAILED/] });
    const { page } = visit;
    const keys = [];
    let go = () => {};
    const until = new Promise((resolve) => {
        go = resolve;
    });
    await page.route('**/confirm', async (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        if (keys.length === 1) {
            await route.fetch();
            await route.abort();
            return;
        }
        await until;
        await route.continue();
    });
    await page.click('[data-action="confirm"]');
    await page.waitForSelector('#trouble');
    like(await page.textContent('#trouble'), /ne répond pas/,
         'no answer: said, with what to do');
    await page.click('[data-action="confirm"]');
    ok(await page.isVisible('[data-action="confirm"][aria-busy="true"]'),
       'a slow network: busy');
    await page.click('[data-action="confirm"]');
    go();
    await told(page, /C’est confirmé/, 'then done');
    is(keys.length, 2, 'a second click sends nothing more');
    is(keys[0], keys[1], 'the same key: done once');
    await leave(visit, 'the network');
}

/* What is typed and pressed while a change is on its way. */
async function meanwhile(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await section(page, 'retirement');
    await page.fill('#f-note', 'avant');
    const late = await gate(page, `**/sheets/${RPPS}`);
    await page.click('#save');
    await late.reached(1);
    await page.fill('#f-note', 'avant, et après');
    await page.click('[data-action="confirm"]');
    await late.go();
    await page.waitForSelector('#save[aria-busy="false"]');
    is(await page.inputValue('#f-note'), 'avant, et après',
       'what is typed while it is saved stays');
    like(await page.textContent('.save-bar'), /non enregistrées/,
         'and is said not to be saved');
    is((await stored(page)).note, 'avant', 'which is what was sent');
    is(await page.getAttribute('[data-action="confirm"]', 'aria-busy'),
       'false', 'one change after the other');
    ok(!visit.requests.some((one) => /confirm$/.test(one.url())),
       'a button that is pressed meanwhile does nothing');
    await saved(page, 'then it is saved');
    is((await stored(page)).note, 'avant, et après', 'all of it');
    await leave(visit, 'meanwhile');
}

async function edits(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    for (const name of ['identity', 'contact', 'sites', 'skills', 'visits',
                        'availability', 'retirement']) {
        await section(page, name);
    }
    await page.waitForSelector('territory-map .leaflet-container');
    await accessible(page, 'all sections open');
    await fits(page, 'all sections open');
    ok(await page.isHidden('.save-bar'), 'nothing to save yet');

    await page.fill('#f-name', 'Paul B. Mésange');
    like(await page.textContent('.save-bar'), /non enregistrées/,
         'a change is said');
    await page.selectOption('#f-languages', 'ar');
    await page.click('.add button');
    await page.fill('#f-skills', 'gynécologie\n\npédiatrie');
    await page.click('#add-site');
    await page.keyboard.type('Cabinet du Lac');
    await page.fill('#f-sites-1-address', '1 rue du Lac, Labège');
    await page.locator('#f-sites-1-commune input').fill('labe');
    await page.locator('#f-sites-1-commune input').press('Enter');
    await page.fill('#f-availability-capacity-places', '8');
    await page.fill('#f-retirement', '2037-06-30');
    await page.click('#section-visits .list summary');
    await page.fill('#f-home_visits-communes', 'ramonville');
    await page.check('input[name="visited"][value="31446"]');
    await page.fill('#f-home_visits-radius_km', '2,5');
    like(await page.textContent('sheet-visits'),
         /communes visitées.*Ramonville/, 'what is visited is said');
    ok(await page.locator('path.reach').count() === 2, 'circles are drawn');
    await accessible(page, 'changed');
    await saved(page, 'saved, and said so');
    const sheet = await stored(page);
    is(sheet.name, 'Paul B. Mésange', 'the name is stored');
    is(sheet.languages.join(), 'fr,ar', 'the languages');
    is(sheet.skills.join(), 'gynécologie,pédiatrie', 'the skills, by line');
    is(sheet.sites[1].commune, '31254', 'the second site');
    is(sheet.sites[0].point?.lat, 43.5152, 'the first keeps its point');
    is(sheet.availability.capacity.places, 8, 'the capacity');
    is(sheet.home_visits.radius_km, 2.5, 'the radius, with a comma');
    ok(sheet.home_visits.communes.includes('31446'), 'the commune');
    is(sheet.retirement, '2037-06-30', 'the day of leaving');

    await page.click('text=Retirer le lieu 2');
    await page.click('.chips button >> text=arabe');
    await saved(page, 'a site and a language less');
    is((await stored(page)).sites.length, 1, 'stored');

    await page.fill('#f-name', 'x');
    await page.click('.save-bar button >> text=Annuler');
    is(await page.inputValue('#f-name'), 'Paul B. Mésange',
       'changes are undone');

    await page.fill('#f-name', 'y');
    const asked = page.waitForEvent('dialog').then(async (dialog) => {
        await dialog.accept();
        return dialog.type();
    });
    await page.click('.menu a >> text=Trouver');
    is(await asked, 'beforeunload', 'leaving with changes is asked about');
    await page.waitForURL('**/trouver.html');
    await page.goBack();
    await page.waitForSelector('#state-title');
    is(await page.inputValue('#f-name'), 'Paul B. Mésange',
       'back: the sheet as it is stored');
    await leave(visit, 'the sections');
}

/* Communes are tapped on the map: what is tapped is chosen. */
async function map(browser) {
    const visit = await opened(browser, 'docteur', {
        viewport: NARROW, hasTouch: true, isMobile: true });
    const { page } = visit;
    await section(page, 'visits');
    await page.waitForSelector('path.land.picked');
    const before = await page.locator('path.land.picked').count();
    await page.locator('path.land.picked').first().evaluate((path) =>
        path.dispatchEvent(new MouseEvent('click', { bubbles: true })));
    is(await page.locator('path.land.picked').count(), before - 1,
       'a tap takes a commune away');
    await fits(page, 'the map');
    await accessible(page, 'the map');
    await leave(visit, 'the map');
}

/* Where the practice is: tapped, moved by keys, found by the device. */
async function place(browser) {
    const visit = await opened(browser, 'docteur', {
        viewport: NARROW, hasTouch: true, isMobile: true,
        permissions: ['geolocation'],
        geolocation: { latitude: 43.5201234, longitude: 1.51 } });
    const { page } = visit;
    const point = async () => (await stored(page)).sites[0].point;
    const said = () => page.textContent('site-place [role="status"]');
    await section(page, 'sites');
    await page.click('site-place summary');
    like(await said(), /Point placé à 200.m au nord-ouest du centre/,
         'the point is said in words');
    await page.waitForSelector('place-map path.good');
    await accessible(page, 'a place on the map');
    await fits(page, 'a place on the map');
    const box = await page.locator('place-map .map').boundingBox();
    await page.touchscreen.tap(box.x + box.width / 2 + 60,
                               box.y + box.height / 2 + 40);
    await page.waitForFunction(() => !/ouest/.test(document.querySelector(
        'site-place [role="status"]').textContent));
    like(await said(), /Point placé à .*est du centre/,
         'a tap moves it');
    const view = () => page.evaluate(() => document.querySelector(
        'place-map path.good').getAttribute('d'));
    const before = await view();
    await page.focus('.moves button');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    is(await view(), before, 'the map stays where it is');
    await saved(page, 'saved');
    const tapped = await point();
    await page.focus('.moves button');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    await saved(page, 'moved by keys, and saved');
    const moved = await point();
    ok(Math.abs(moved.lat - tapped.lat - 0.0009) < 0.00002
        && Math.abs(moved.lon - tapped.lon - 0.00124) < 0.00002,
       '100 metres to the north, 100 to the east',
       JSON.stringify([moved, tapped]));
    await page.click('[data-place="here"]');
    await page.waitForSelector('.save-bar:has-text("non enregistrées")');
    await saved(page, 'where the device is');
    is(JSON.stringify(await point()), '{"lat":43.52012,"lon":1.51}',
       'to a metre');
    await visit.context.clearPermissions();
    await page.click('[data-place="here"]');
    await page.waitForSelector('site-place >> text=touchez plutôt la carte');
    await accessible(page, 'a device that does not say where it is');
    await page.click('[data-place="forget"]');
    like(await said(), /Pas de point.: les distances partent du centre/,
         'taken away: said');
    await page.waitForSelector('.moves button:focus');
    await saved(page, 'and stored');
    is(await point(), null, 'no point any more');
    await page.fill('#f-sites-0-commune input', '');
    like(await page.textContent('site-place'), /Choisissez d’abord/,
         'without commune there is no map');
    await changed(page, { sites: [{ ...(await stored(page)).sites[0],
        point: { lat: 43.5152, lon: 1.5017 } }] });
    await visit.page.reload({ waitUntil: 'commit' }).catch(() => {});
    await leave(visit, 'a place on the map');
}

async function wrong(browser) {
    const visit = await opened(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    await section(page, 'identity');
    await section(page, 'contact');
    await section(page, 'availability');
    await page.fill('#f-name', 'x'.repeat(10000));
    await page.fill('#f-phone', 'douze');
    await page.fill('#f-availability-capacity-places', 'beaucoup');
    await section(page, 'contact');
    await page.click('#save');
    await page.waitForSelector('#trouble:focus');
    is(await page.locator('#trouble li').count(), 3,
       'every fault is in the summary');
    like(await page.textContent('#trouble'),
         /Nom.: .*Téléphone.: .*Nouveaux patients.: Indiquez un nombre/s,
         'in words, by field');
    is(await page.getAttribute('#f-name', 'aria-invalid'), 'true',
       'the field is marked');
    await accessible(page, 'faults');
    await fits(page, 'faults');
    await page.click('#trouble a >> text=Téléphone');
    is(await page.evaluate(() => document.activeElement.id), 'f-phone',
       'a link leads to the field, in a section that was folded');
    is(page.url(), `${base}espace/fiche.html`, 'the address stays');
    is((await page.inputValue('#f-name')).length, 10000, 'nothing is lost');
    await leave(visit, 'wrong inputs');
}

async function hostile(browser) {
    const visit = await opened(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    for (const name of ['identity', 'sites', 'skills', 'retirement']) {
        await section(page, name);
    }
    const short = HOSTILE.slice(0, 55);
    const note = (HOSTILE + ' ').repeat(30).slice(0, 1990).trim();
    await page.fill('#f-name', HOSTILE);
    await page.fill('#f-sites-0-name', HOSTILE);
    await page.fill('#f-sites-0-address', HOSTILE);
    await page.fill('#f-skills', short);
    await page.fill('#f-equipment', short);
    await page.fill('#f-note', note);
    await saved(page, 'hostile text is text: saved');
    await page.reload();
    await page.waitForSelector('#state-title');
    await section(page, 'identity');
    is(await page.inputValue('#f-name'), HOSTILE, 'as it was typed');
    is(await page.inputValue('#f-note'), note, '2,000 characters too');
    like(await page.textContent('#section-skills .line'), /<script>/,
         'shown as text');
    await fits(page, 'hostile text');
    await accessible(page, 'hostile text');

    await page.fill('#f-name', `${HOSTILE}1`);
    await changed(page, { name: `${HOSTILE}2`, note: 'x' });
    await page.click('#save');
    await page.waitForSelector('sheet-conflict');
    like(await page.textContent('sheet-conflict'), /<script>.*<script>/s,
         'in a conflict too');
    await fits(page, 'a hostile conflict');
    await accessible(page, 'a hostile conflict');
    is(await page.evaluate(() => window.hit), undefined, 'nothing ran');
    await leave(visit, 'hostile text');

    const other = await visitor(browser);
    await signIn(other.page, 'coordination');
    await other.page.waitForURL('**/coordination.html');
    await other.page.goto(`${base}espace/fiche.html?rpps=${RPPS}`);
    await other.page.waitForSelector('#state-title');
    like(await other.page.textContent('h1'), /<script>/,
         'in the title of the coordination too');
    await changed(other.page, { name: 'Paul Mésange', skills: [],
                                equipment: [] });
    await leave(other, 'hostile text, coordination');
}

/* Two tabs of one doctor. */
async function conflict(browser) {
    const visit = await opened(browser);
    const first = visit.page;
    const second = await visit.context.newPage();
    await second.goto(first.url());
    await second.waitForSelector('#state-title');
    await section(first, 'contact');
    await section(first, 'retirement');
    await first.fill('#f-phone', '05 36 49 11 11');
    await first.fill('#f-note', 'premier onglet');
    await section(second, 'contact');
    await section(second, 'availability');
    await second.fill('#f-phone', '05 36 49 22 22');
    await second.fill('#f-availability-capacity-places', '9');
    await saved(second, 'the second tab saves');

    await first.click('#save');
    await first.waitForSelector('#conflict-title:focus');
    is(await first.locator('sheet-conflict fieldset').count(), 3,
       'only what differs');
    like(await first.textContent('sheet-conflict'),
         /05 36 49 11 11.*05 36 49 22 22/s, 'side by side');
    is(await first.locator('sheet-conflict input:checked').count(), 2,
       'what only one changed is proposed');
    await accessible(first, 'a conflict');
    await fits(first, 'a conflict');
    await first.click('text=Enregistrer ces choix');
    like(await first.textContent('sheet-conflict'), /l’un des deux/,
         'what both changed has to be chosen');
    await accessible(first, 'a conflict that is not decided');
    await first.keyboard.press('Space');
    await first.setViewportSize(NARROW);
    await fits(first, 'a conflict at 390 pixels');
    await first.click('text=Enregistrer ces choix');
    await first.waitForSelector('.save-bar.done');
    let sheet = await stored(first);
    is(sheet.phone, '05 36 49 11 11', 'decided: mine');
    is(sheet.note, 'premier onglet', 'mine alone');
    is(sheet.availability.capacity.places, 9, 'theirs alone');

    /* typed in one tab, paused in the other, which knows nothing of it */
    await first.fill('#f-note', 'deuxième');
    await second.click('[data-action="pause"]');
    await told(second, /C’est fait/, 'the second tab pauses');
    await first.click('#save');
    await first.waitForSelector('sheet-conflict');
    await first.click('text=Abandonner ma saisie');
    await first.waitForSelector('.save-bar.done');
    like(await first.textContent('#state-title'), /en pause/,
         'given up: the other version');

    /* an action keeps what is typed */
    await first.fill('#f-note', 'troisième');
    await first.click('[data-action="resume"]');
    await told(first, /C’est fait/, 'an action beside a change');
    is(await first.inputValue('#f-note'), 'troisième', 'which stays');
    await saved(first, 'and is saved');
    sheet = await stored(first);
    is(sheet.note, 'troisième', 'stored');
    is(sheet.availability.state, 'open', 'with the action');
    await leave(visit, 'two tabs');
}

async function session(browser) {
    const visit = await opened(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    await section(page, 'retirement');
    await page.fill('#f-note', 'session');
    await expire(visit);
    await page.click('#save');
    await page.waitForSelector('dialog.sign-in');
    await accessible(page, 'the session is over');
    await page.fill('#cpts-again-password', password('docteur'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.save-bar.done');
    is((await stored(page)).note, 'session', 'saved after signing in again');

    await page.fill('#f-note', 'annulé');
    await expire(visit);
    await page.click('#save');
    await page.click('dialog.sign-in >> text=Annuler');
    await page.waitForSelector('#trouble');
    is(await page.inputValue('#f-note'), 'annulé',
       'nothing is lost without signing in either');
    await leave(visit, 'the session');
}

/* From the first key: pause, a section, a commune of the list, saved. */
async function keyboard(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    const press = async (key, times = 1) => {
        for (let i = 0; i < times; i += 1) {
            await page.keyboard.press(key);
        }
    };
    const until = async (selector) => {
        for (let i = 0; i < 40; i += 1) {
            if (await page.evaluate((one) =>
                document.activeElement.matches(one), selector)) {
                return;
            }
            await press('Tab');
        }
        ok(false, `${selector} is reached by Tab`);
    };
    await until('[data-action="confirm"]');
    await press('Enter');
    await told(page, /C’est confirmé/, 'keyboard: confirmed');
    await until('#section-visits > summary');
    await press('Enter');
    await until('.list > summary');
    await press('Enter');
    await until('#f-home_visits-communes');
    await page.keyboard.type('baziege');
    await until('input[name="visited"][value="31048"]');
    await press('Space');
    await until('#save');
    const seen = await page.evaluate(() => {
        const box = document.activeElement.getBoundingClientRect();
        return box.top >= 0 && box.bottom <= window.innerHeight;
    });
    ok(seen, 'what is focused is seen');
    await press('Enter');
    await page.waitForSelector('.save-bar.done');
    ok((await stored(page)).home_visits.communes.includes('31048'),
       'keyboard: a commune chosen and saved');
    await leave(visit, 'keyboard');
}

async function viewers(browser) {
    const visit = await opened(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    /* the only one who speaks wolof: a need that leads to nobody else */
    await changed(page, { languages: ['fr', 'wo'] });
    const asks = await visitor(browser);
    await signIn(asks.page, 'pharmacie');
    await asks.page.waitForURL('**/trouver.html');
    const shown = await asks.page.evaluate(async (url) => {
        let count = 0;
        for (let i = 0; i < 55; i += 1) {
            const answer = await fetch(url, {
                method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ commune: '31113', age: 78,
                                       languages: ['wo'] }) });
            const text = await answer.text();
            count += text.includes('99900000012') ? 1 : 0;
        }
        return count;
    }, `${base}api/match`);
    is(shown, 55, 'shown to the pharmacy');
    await leave(asks, 'who asks');

    await page.click('sheet-viewers summary');
    await page.waitForSelector('sheet-viewers tbody tr');
    is(await page.locator('sheet-viewers tbody tr').count(), 50, 'a page');
    like(await page.textContent('sheet-viewers tbody tr'),
         /Un professionnel.*20\d\d à \d+.h.\d\d/s, 'by profession and date');
    await accessible(page, 'who saw it');
    await fits(page, 'who saw it');
    await page.click('text=Charger la suite');
    await page.waitForFunction(() => document.querySelectorAll(
        'sheet-viewers tbody tr').length > 50);
    await page.waitForSelector('text=Charger la suite', { state: 'detached' });
    ok(true, 'page by page');
    await leave(visit, 'who saw it');
}

/* A doctor makes the own sheet; the coordination was faster. */
async function firstSheet(browser) {
    const visit = await visitor(browser, { expected: REFUSED,
                                           viewport: NARROW });
    const { page } = visit;
    await signIn(page, 'nouveau');
    await page.waitForSelector('#f-name');
    is(await page.locator('#f-rpps').count(), 0, 'no sheet: its number is '
        + 'that of the account');
    await accessible(page, 'no sheet');
    await fits(page, 'no sheet');
    await page.fill('#f-name', 'Nora Nouvelle');
    await page.check('label:has-text("Femme") input');
    await page.fill('#f-phone', '05 00 00 00 01');
    await page.fill('#f-sites-0-address', '1 place du Marché');
    await page.fill('#f-sites-0-commune input', 'castanet-tolosan');
    await page.keyboard.press('Enter');
    await page.fill('#f-availability-capacity-places', '3');
    const staff = await visitor(browser, { expected: REFUSED });
    await signIn(staff.page, 'coordination');
    await staff.page.waitForURL('**/coordination.html');
    const { body } = await api(staff.page, 'GET', `/sheets/${RPPS}`);
    const copy = { ...body, rpps: '99900009990', name: 'Nora Autrement' };
    delete copy.confirmed_on;
    delete copy.confirmed_by;
    is((await api(staff.page, 'POST', '/sheets', copy)).status, 201,
       'the coordination is faster');
    await leave(staff, 'the coordination');
    await page.click('#save');
    await page.waitForSelector('sheet-conflict');
    like(await page.textContent('sheet-conflict'),
         /Nora Nouvelle[^]*Nora Autrement|Nora Autrement[^]*Nora Nouvelle/,
         'what both typed is side by side');
    await accessible(page, 'a first sheet, made by two');
    await leave(visit, 'no sheet');
}

async function noCapacity(browser) {
    const closed = await opened(browser, 'ferme');
    const { page } = closed;
    await page.click('[data-action="resume"]');
    await page.waitForSelector('#f-availability-capacity-places:focus');
    await accessible(page, 'no capacity');
    ok(true, 'no capacity: led to the number of places');
    await page.fill('#f-availability-capacity-places', '3');
    await page.click('#save');
    await page.click('#trouble a >> text=Périmètres');
    await accessible(page, 'a perimeter that is no more');
    await page.uncheck('sheet-visits label:has-text("n’existe plus") input');
    await saved(page, 'open with places, without it');
    like(await page.textContent('#state-title'), /Vous prenez/, 'at once');
    await leave(closed, 'no capacity');
}

async function coordination(browser) {
    const visit = await visitor(browser, { expected: REFUSED });
    const { page } = visit;
    await signIn(page, 'coordination');
    await page.waitForURL('**/coordination.html');
    await page.goto(`${base}espace/fiche.html?nouvelle`);
    await page.waitForSelector('#f-rpps');
    await accessible(page, 'a new sheet');
    await page.click('#save');
    await page.waitForSelector('#trouble:focus');
    like(await page.textContent('#trouble'), /Numéro RPPS.*Nom.*Lieu.1/s,
         'an empty one: every fault');
    await accessible(page, 'an empty new sheet');
    await page.fill('#f-rpps', RPPS);
    await page.fill('#f-name', 'Nora Nouvelle');
    await page.check('#f-sex');
    await page.fill('#f-phone', '05 36 49 99 90');
    await page.fill('#f-sites-0-address', '1 rue Neuve, Montlaur');
    await page.locator('#f-sites-0-commune input').fill('montl');
    await page.locator('#f-sites-0-commune input').press('Enter');
    await page.fill('#f-availability-capacity-places', '4');
    await page.click('#save');
    await page.waitForSelector('#trouble >> text=Ouvrir cette fiche');
    ok(true, 'a number that has a sheet: led to it');
    await page.fill('#f-rpps', '99900009980');
    await page.click('#save');
    await page.waitForSelector('.save-bar.done');
    like(await page.textContent('.save-bar'), /Vérifiez le numéro RPPS/,
         'created; a wrong check digit is said');
    is((await stored(page, '99900009980')).confirmed_by, 'coordinator',
       'recorded as a paper answer');
    like(await page.textContent('h1'), /^Nora Nouvelle$/, 'whose');
    await accessible(page, 'created');
    await page.click('[data-action="pause"]');
    await told(page, /C’est fait/, 'paused for the doctor');
    like(await page.textContent('#state-title'), /^En pause/, 'of another');

    await page.goto(`${base}espace/fiche.html?rpps=99900088888`);
    await page.waitForSelector('text=Aucune fiche avec ce numéro');
    await accessible(page, 'a number without a sheet');
    await page.click('text=Créer cette fiche');
    await page.waitForSelector('#f-rpps');
    is(await page.inputValue('#f-rpps'), '99900088888',
       'it may be created, its number is there');
    await page.fill('#f-name', 'Nora Nouvelle');
    await expire(visit);
    await page.click('#save');
    await page.waitForSelector('dialog.sign-in[open]');
    await page.fill('#cpts-again-password', password('coordination'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#trouble:focus');
    is(await page.inputValue('#f-name'), 'Nora Nouvelle',
       'a session that ends loses nothing of a new sheet');
    page.once('dialog', (dialog) => dialog.accept());
    await page.goto(`${base}espace/fiche.html?rpps=99900009980`);
    await page.waitForSelector('#state-title');
    is(await page.locator('sheet-viewers').count(), 0,
       'who saw it is the doctor’s to know');
    await page.click('sheet-erase summary');
    await page.click('#erase-first');
    await page.click('#erase-sure');
    await page.waitForSelector('#erased:focus');
    is(await page.evaluate(async (url) => (await fetch(url)).status,
                           `${SHEET}99900009980`), 404, 'erased');
    await leave(visit, 'coordination');
}

async function erase(browser) {
    const visit = await opened(browser, 'parti', { viewport: NARROW });
    const { page } = visit;
    await page.click('sheet-erase summary');
    await page.click('#erase-first');
    await page.waitForSelector('#erase-title:focus');
    like(await page.textContent('sheet-erase'), /revenir en\s+arrière/,
         'erasing: plain words');
    await accessible(page, 'erasing');
    await fits(page, 'erasing');
    await page.click('text=Non, garder ma fiche');
    is(await page.evaluate(() => document.activeElement.id), 'erase-first',
       'the way back');
    await page.click('#erase-first');
    /* asked before, and too late */
    let go = () => {};
    const until = new Promise((resolve) => {
        go = resolve;
    });
    await page.route('**/places', (route) =>
        until.then(() => route.continue()));
    await page.click('[data-action="confirm"]');
    await told(page, /C’est confirmé/, 'confirmed once more');
    await page.click('#erase-sure');
    await page.waitForSelector('#erased:focus');
    const refused = page.waitForResponse('**/places');
    go();
    is((await refused).status(), 401, 'what was asked before is refused');
    like(await page.textContent('main'), /Vous êtes déconnecté/, 'erased');
    await accessible(page, 'erased');
    is(await page.locator('dialog').count(), 0, 'nobody has to sign in');
    is(await page.evaluate(async (url) => (await fetch(url)).status,
                           `${base}api/me`), 401, 'no session');
    await page.reload();
    await page.waitForSelector('dialog.sign-in, #sign-in');
    ok(true, 'signed out');
    await leave(visit, 'erasing');
}

/* A sheet past its validity, and a server that cannot answer. */
async function trouble(browser) {
    const visit = await visitor(browser, { viewport: NARROW });
    await visit.page.clock.setFixedTime(Date.now() + 100 * 86400000);
    await signIn(visit.page, 'docteur');
    await visit.page.waitForSelector('#state-title');
    like(await visit.page.textContent('sheet-actions'),
         /elle n’est plus proposée. Si rien\s+n’a changé, confirmez/,
         'past its validity: said, with what to do');
    await accessible(visit.page, 'past its validity');
    await leave(visit, 'past its validity');

    const down = await visitor(browser, { expected: [/status of 503/],
                                          viewport: NARROW });
    const { page } = down;
    await page.route(`**/sheets/${RPPS}`, (route) => route.fulfill({
        status: 503, contentType: 'application/problem+json',
        body: JSON.stringify({ status: 503, code: 'database_busy',
                               title: 'Base occupée',
                               detail: 'Recommencez dans un instant.' }) }));
    await signIn(page, 'docteur');
    await page.waitForSelector('text=Base occupée');
    await accessible(page, 'the server cannot answer');
    await page.unroute(`**/sheets/${RPPS}`);
    await page.click('text=Recommencer');
    await page.waitForSelector('#state-title');
    ok(true, 'tried again: there it is');
    await leave(down, 'the server cannot answer');
}

async function paper(browser) {
    const visit = await opened(browser);
    await visit.page.emulateMedia({ media: 'print' });
    ok(await visit.page.isHidden('main'), 'nothing of it is printed');
    ok(await visit.page.isVisible('.on-paper'), 'but why');
    await leave(visit, 'on paper');
}

const STEPS = { actions, trouble, network, meanwhile, edits, map, place, wrong,
                hostile, conflict, session, keyboard, viewers,
                firstSheet, noCapacity, coordination, paper, erase };

suite(async (browser) => {
    for (const [name, step] of Object.entries(STEPS)) {
        try {
            await step(browser);
        }
        catch (error) {
            ok(false, `${name} runs`, error.stack);
        }
    }
});
