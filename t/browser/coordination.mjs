/* SPDX-License-Identifier: Apache-2.0 */
/* Coordination: the list, what is done to a sheet, the territory. */
import { NARROW, accessible, base, expire, fits, gate, is, leave, like, ok,
         signIn, suite, visitor } from './lib/browser.mjs';

const NB = '\u00a0';
const FAILURES = [/Failed to load resource/];

/* A page that the coordination has just opened. */
async function opened(browser, options) {
    const visit = await visitor(browser, options);
    await signIn(visit.page, 'coordination');
    await visit.page.waitForURL('**/espace/coordination.html');
    await visit.page.waitForSelector('.sheet');
    return visit;
}

async function title(page, pattern, name) {
    await page.waitForFunction((source) => new RegExp(source).test(
        document.querySelector('#sheets-title').textContent), pattern.source);
    ok(true, name);
}

function row(page, name) {
    return page.locator('.sheet', { hasText: name });
}

function button(page, name, text) {
    return row(page, name).locator('button', { hasText: text });
}

/* What the page says of one sheet. */
async function says(page, name, pattern, what) {
    like((await row(page, name).innerText()).replace(/\s+/g, ' '), pattern,
         what);
}

async function list(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await title(page, /Les 50 premières fiches sur 61\s*$/,
                'the first page of the list');
    await accessible(page, 'the list');
    await fits(page, 'the list');
    await page.click('text=Charger la suite');
    await title(page, /^\s*61\u00a0fiches/, 'and the rest of it');
    is(await page.locator('.sheet').count(), 61, 'every sheet is there');
    is(await page.evaluate(() => [...document.querySelectorAll('.sheet')]
        .indexOf(document.activeElement.closest('.sheet'))), 50,
       'the first new one has the focus');
    await page.selectOption('#order', 'name');
    await page.waitForFunction(() => /Octave Aigrette/.test(
        document.querySelector('.sheet h3').textContent));
    await title(page, /Les 50 premières fiches sur 61/, 'the first by name');
    await page.click('text=Charger la suite');
    await title(page, /^\s*61\u00a0fiches/, 'and the rest');
    const names = (await page.locator('.sheet h3').allTextContents())
        .map((name) => name.trim().split(' ').pop());
    is(names.join(), [...names].sort((a, b) => a.localeCompare(b, 'fr'))
        .join(), 'all by name');
    await accessible(page, 'by name');
    await page.selectOption('#order', 'created');
    await title(page, /Les 50 premières fiches/, 'and back');
    await page.fill('#q', 'mesange');
    await title(page, /^\s*1\u00a0fiche\b/, 'search without accents');
    await says(page, 'Paul Mésange', /Castanet-Tolosan.*Prend des patients/,
               'place and state');
    await says(page, 'Paul Mésange', /6 patients par mois, dont 2 réservés/,
               'capacity');
    await says(page, 'Paul Mésange', /Importée aujourd’hui/, 'freshness');
    is(await row(page, 'Paul Mésange').locator('h3 a').getAttribute('href'),
       'fiche.html?rpps=99900000012', 'the name leads to the sheet');
    await page.fill('#q', '');
    await page.selectOption('#state', 'paused');
    await title(page, /^\s*8\u00a0fiches/, 'by state');
    like(await page.innerText('.sheets'), /En pause\s+jusqu’au/, 'until when');
    await page.selectOption('#commune', { label: 'Castanet-Tolosan' });
    await title(page, /^\s*[1-7]\u00a0fiche/, 'by commune');
    await page.check('[name="stale"]');
    await title(page, /Aucune fiche/, 'nothing is found');
    await accessible(page, 'nothing is found');
    await page.click('text=Tout afficher');
    await title(page, /Les 50 premières fiches/, 'everything again');
    is(await page.evaluate(() => document.activeElement.id), 'q',
       'the search field has the focus');
    is(page.url(), `${base}espace/coordination.html`,
       'nothing of a filter in the address');
    await leave(visit, 'the list');
}

/* To a sheet and to a new one, and back. */
async function sheets(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await page.click('.sheet >> text=Paul Mésange');
    await page.waitForURL('**/fiche.html?rpps=99900000012');
    await page.waitForSelector('main:has-text("Paul Mésange")');
    ok(true, 'the name leads to the sheet');
    await page.goBack();
    await page.waitForSelector('.sheet');
    await page.click('text=Créer une fiche');
    await page.waitForURL('**/fiche.html?nouvelle');
    await page.waitForSelector('main form');
    ok(true, 'and a new one is a click away');
    await leave(visit, 'sheets');
}

async function actions(browser) {
    const visit = await opened(browser, { viewport: NARROW });
    const { page } = visit;
    await page.fill('#q', 'roitelet');
    await title(page, /^\s*1\u00a0fiche\b/, 'one sheet');
    await fits(page, 'the list at 390 pixels');
    await button(page, 'Roitelet', 'Confirmer').click();
    await page.waitForSelector('dialog[open]');
    like(await page.innerText('dialog'), /coordination qui l’a confirmée/,
         'confirming for the doctor says how it is recorded');
    await accessible(page, 'confirming');
    await fits(page, 'confirming at 390 pixels');
    await page.click('dialog >> text=Annuler');
    is(await page.evaluate(() => document.activeElement
        .closest('.sheet')?.querySelector('button') === document.activeElement),
       true, 'cancelled: the focus is where it was');
    await says(page, 'Roitelet', /Importée/, 'and nothing was done');
    await page.keyboard.press('Enter');
    await page.waitForSelector('dialog[open]');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.done:has-text("Confirmée au nom")');
    await says(page, 'Roitelet', /Confirmée aujourd’hui par la coordination/,
               'by keyboard: recorded as such');
    await accessible(page, 'confirmed');
    await leave(visit, 'confirming');
}

async function pause(browser) {
    const visit = await opened(browser, { viewport: NARROW });
    const { page } = visit;
    await page.fill('#q', 'roitelet');
    await title(page, /^\s*1\u00a0fiche\b/, 'one sheet');
    await button(page, 'Roitelet', 'Mettre en pause').click();
    await page.click('dialog .main');
    like(await page.textContent('#until-wrong'), /dernier jour de la pause/,
         'a pause needs a day');
    is(await page.evaluate(() => document.activeElement.id), 'until',
       'which has the focus');
    await accessible(page, 'a day that lacks');
    await page.fill('#until', '2020-01-01');
    await page.click('dialog .main');
    like(await page.textContent('#until-wrong'), /aujourd’hui ou plus tard/,
         'a day that is over is none');
    await page.fill('#until', '2036-12-24');
    await page.click('dialog .main');
    await page.waitForSelector('.done:has-text("En pause")');
    await says(page, 'Roitelet', /En pause jusqu’au 24 décembre 2036/,
               'paused');
    is(await page.evaluate(() => document.activeElement.tagName), 'A',
       'the button is gone: the focus is on the sheet');
    await button(page, 'Roitelet', 'Reprendre').click();
    await accessible(page, 'taking patients again');
    await page.click('dialog .main');
    await page.waitForSelector('.done:has-text("de nouveau")');
    await says(page, 'Roitelet', /Prend des patients/, 'and open again');
    await leave(visit, 'pause');
}

/* A question that is left before its answer came, and another one. */
async function left(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await page.fill('#q', 'roitelet');
    await title(page, /^\s*1\u00a0fiche\b/, 'one sheet');
    await page.fill('#q', '');
    await title(page, /Les 50 premières fiches/, 'and all');
    const late = await gate(page, '**/pause');
    await button(page, 'Roitelet', 'Mettre en pause').click();
    await page.fill('#until', '2036-12-24');
    await page.click('dialog .main');
    await late.reached(1);
    await page.click('dialog >> text=Annuler');
    await button(page, 'Paul Mésange', 'Confirmer').click();
    await page.waitForSelector('dialog[open] .name:has-text("Mésange")');
    is(await page.getAttribute('dialog .main', 'aria-busy'), 'false',
       'another question is not busy');
    await late.go();
    await page.waitForSelector('.sheet:has-text("Roitelet") '
        + '>> text=En pause jusqu’au >> nth=0');
    ok(await page.isVisible('dialog[open] .name:has-text("Mésange")'),
       'what was done is shown, and the other question stays');
    await page.click('dialog >> text=Annuler');
    is(await row(page, 'Paul Mésange').locator('.done').innerText(), '',
       'nothing is said of what was not done');
    await button(page, 'Roitelet', 'Reprendre').click();
    await page.click('dialog .main');
    await page.waitForSelector('.done:has-text("de nouveau")');
    await leave(visit, 'left');
}

async function failures(browser) {
    const visit = await opened(browser, { expected: FAILURES });
    const { page } = visit;
    const keys = [];
    let broken = true;
    await page.route('**/confirm', (route) => {
        keys.push(route.request().headers()['idempotency-key']);
        return broken ? route.abort() : route.continue();
    });
    await page.fill('#q', 'loriot');
    await title(page, /^\s*1\u00a0fiche\b/, 'one sheet');
    await button(page, 'Loriot', 'Confirmer').click();
    await page.click('dialog .main');
    await page.waitForSelector('dialog .note.bad');
    like(await page.innerText('dialog'), /ne répond pas/,
         'no answer is said where the button is');
    await accessible(page, 'no answer');
    broken = false;
    await page.click('dialog .main');
    await page.waitForSelector('.done:has-text("Confirmée")');
    ok(keys.length === 2 && keys[0] === keys[1] && keys[0],
       'sent again under the same key', keys);

    await page.route('**/pause', (route) => route.fulfill({
        status: 409, contentType: 'application/problem+json',
        body: JSON.stringify({ status: 409, code: 'not_on_list',
            title: 'Action impossible', detail: 'La fiche est fermée.' }) }));
    await button(page, 'Loriot', 'Mettre en pause').click();
    await page.fill('#until', '2036-12-24');
    await page.click('dialog .main');
    await page.waitForSelector('dialog .note.bad');
    like(await page.innerText('dialog'), /La fiche est fermée.*Ouvrir la/s,
         'a refusal is said, with a way on');
    await page.keyboard.press('Escape');
    is(await page.locator('dialog[open]').count(), 0, 'Escape closes it');

    await page.route('**/sheets?*', (route) => route.fulfill({
        status: 503, contentType: 'application/problem+json',
        body: JSON.stringify({ status: 503, code: 'unavailable',
            title: 'Service indisponible', detail: 'Recommencez.' }) }));
    await page.fill('#q', 'pinson');
    await page.waitForSelector('.note.bad');
    like(await page.innerText('.note.bad'), /Service indisponible/,
         'a list that cannot be read');
    await accessible(page, 'a list that cannot be read');
    await page.click('.views >> text=Territoire');
    await page.waitForSelector('cpts-overview .note.bad');
    await accessible(page, 'a territory that cannot be read');
    await page.unroute('**/sheets?*');
    await page.click('cpts-overview >> text=Recommencer');
    await page.waitForSelector('.communes');
    ok(true, 'is read again');
    await page.click('.views >> text=Fiches');
    await page.click('cpts-sheets >> text=Recommencer');
    await page.waitForSelector('.sheet:has-text("Pinson")');
    is(await page.locator('.note.bad').count(), 0, 'is read again');
    await leave(visit, 'failures');
}

async function slow(browser) {
    const visit = await opened(browser, { expected: FAILURES });
    const { page } = visit;
    const held = await gate(page, '**/sheets?q=m*');
    const late = page.waitForEvent('requestfailed');
    await page.fill('#q', 'mesange');
    await page.waitForSelector('text=La réponse tarde');
    await accessible(page, 'a slow answer');
    await page.fill('#q', 'loriot');
    await title(page, /^\s*1\u00a0fiche\b/, 'a newer question');
    is(await page.locator('text=La réponse tarde').count(), 0,
       'is not held up');
    like((await late).url(), /q=mesange/, 'and the older is given up');
    await says(page, 'Loriot', /Loriot/, 'for good');
    await page.fill('#q', 'martinet');
    await page.click('text=Arrêter');
    await page.waitForSelector('.note.bad:has-text("Demande arrêtée")');
    ok(true, 'waiting can be ended');
    await held.go();
    await leave(visit, 'slow network');
}

async function expired(browser) {
    const visit = await opened(browser, { expected: [/status of 401/] });
    const { page } = visit;
    await expire(visit);
    await page.fill('#q', 'fauvette');
    await page.waitForSelector('dialog.sign-in[open]');
    await page.fill('#cpts-again-password',
                    `${process.env.CPTS_PASSWORD}coordination`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.sheet:has-text("Fauvette")');
    is(await page.inputValue('#q'), 'fauvette', 'an expired session loses '
        + 'nothing that was typed');

    await button(page, 'Fauvette', 'Mettre en pause').click();
    await page.fill('#until', '2036-12-24');
    await expire(visit);
    await page.click('dialog[open] .main');
    await page.waitForSelector('dialog.sign-in[open]');
    await accessible(page, 'signing in again over a question');
    await page.fill('#cpts-again-password',
                    `${process.env.CPTS_PASSWORD}coordination`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.done:has-text("En pause")');
    ok(true, 'nor the day of a pause');
    await leave(visit, 'an expired session');
}

const HOSTILE = [
    '<script>alert(1)</script><img src=x onerror=alert(1)>',
    '\u05d0\u05d1\u05d2 \u0645\u0631\u062d\u0628\u0627 Dr',
    '😀'.repeat(40),
    'X'.repeat(120),
    '${alert(1)} {{7*7}} " \' & &lt;b&gt;',
];

async function hostile(browser) {
    const visit = await opened(browser, { viewport: NARROW });
    const { page } = visit;
    const made = await page.evaluate(async (names) => Promise.all(
        names.map(async (name, index) => (await fetch('../api/sheets', {
            method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({
                rpps: `9990000880${index}`, name, sex: 'F',
                contact: 'coordination', phone: '05 36 49 99 90',
                sites: [{ name, address: name, commune: '31113',
                          structure: 'practice' }],
                availability: { state: 'closed' }, note: name }),
        })).status)), HOSTILE);
    is(made.join(), HOSTILE.map(() => 201).join(), 'hostile sheets are made');
    await page.fill('#q', '999000088');
    await page.waitForFunction((count) =>
        document.querySelectorAll('.sheet').length === count, HOSTILE.length);
    const names = await page.$$eval('.sheet h3',
        (all) => all.map((one) => one.textContent));
    is(JSON.stringify([...names].sort()), JSON.stringify([...HOSTILE].sort()),
       'hostile names are shown as text');
    is(await page.locator('.sheets img, .sheets script').count(), 0,
       'and are nothing else');
    await accessible(page, 'hostile names');
    await fits(page, 'hostile names at 390 pixels');
    await row(page, 'XXXX').locator('button').first().click();
    await fits(page, 'a question about a long name');
    await leave(visit, 'hostile names');
}

/* What only time brings, written into the real answer. */
async function stale(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await page.route('**/sheets?*', async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();
        const day = (ago) => new Date(Date.now() - ago * 86400000)
            .toISOString().slice(0, 10);
        Object.assign(json.sheets[0], { confirmed_on: day(120),
            confirmed_by: 'doctor', stale: true });
        Object.assign(json.sheets[1], { confirmed_on: day(85) });
        await route.fulfill({ response: answer, json });
    });
    await page.fill('#q', 'castanet');
    await page.waitForSelector('.sheet .badge:text-is("À confirmer")');
    await says(page, 'Mésange', /À confirmer Confirmée le .* par le médecin/,
               'a sheet past its validity');
    await says(page, 'Roitelet', /À confirmer dans les [456] jours/,
               'and one that soon will be');
    const asked = page.waitForResponse(/order=oldest/);
    await page.selectOption('#order', 'oldest');
    is((await asked).status(), 200,
       'the oldest confirmation first is asked for');
    await accessible(page, 'stale sheets');
    await leave(visit, 'stale sheets');
}

async function territory(browser, options, name) {
    const visit = await opened(browser, options);
    const { page } = visit;
    await page.evaluate(() => fetch('../api/match', {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: '{"commune":"31113","age":50}' }));
    await page.click('.views >> text=Territoire');
    await page.waitForSelector('.communes');
    like(await page.innerText('cpts-overview'),
         /36\u00a0communes, dont \d+ où un médecin prend de nouveaux patients/,
         `${name}: the territory in a sentence`);
    ok(await page.locator('.communes tbody tr').count() >= 36,
       'a row for each commune');
    like(await page.locator('.communes tr', { hasText: 'Castanet-Tolosan' })
        .innerText(), /\t11\t\d+$/, 'the doctors of a commune are counted');
    await page.waitForSelector('.map path.good');
    like(await page.innerText('.weeks summary'),
         /^Cette semaine\u00a0: [12]\u00a0recherches?$/,
         'searches of this week');
    await page.click('.weeks summary');
    is(await page.locator('.weeks tbody tr').count(), 8,
       'how much the list was used, week by week');
    await accessible(page, `${name}: the territory`);
    await fits(page, `${name}: the territory`);
    await page.click('.communes thead >> text=Médecins');
    like(await page.locator('th[aria-sort="descending"]').innerText(),
         /Médecins/, 'sorted by doctors');
    like(await page.locator('.communes tbody tr').first().innerText(),
         /Castanet-Tolosan/, 'the most first');
    await page.click('.communes tbody >> text=Escalquens');
    await title(page, /^\s*6\u00a0fiches/, 'a commune leads to its sheets');
    await page.click('.views >> text=Territoire');
    await page.click('.tile:has-text("en pause")');
    await title(page, /^\s*8\u00a0fiches/, 'a figure leads to its sheets');
    is(await page.inputValue('#state'), 'paused', 'by a filter');
    like(page.url(), /#fiches$/, 'in the other view');
    await page.waitForSelector('#sheets-title:focus');
    ok(true, 'whose title has the focus');
    is(await page.innerText('.views [aria-current="true"]'), 'Fiches',
       'and which is said to be shown');
    await page.goBack();
    await page.waitForSelector('.communes');
    ok(true, 'back shows the territory again');
    await leave(visit, `${name}: the territory`);
}

/* Communes of one name: asked for by code. */
async function namesakes(browser) {
    const visit = await visitor(browser);
    const { page } = visit;
    await page.route('**/api/territory', async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();
        json.communes.find((one) => one.insee === '31254').name
            = 'Castanet-Tolosan';
        await route.fulfill({ response: answer, json });
    });
    await signIn(page, 'coordination');
    await page.waitForSelector('.sheet');
    await page.goto(`${base}espace/coordination.html#territoire`);
    await page.reload();
    await page.waitForSelector('.communes');
    const counts = await page.locator('.communes tr', {
        hasText: 'Castanet-Tolosan' }).allInnerTexts();
    is(counts.map((text) => text.split('\t')[2]).join(), '11,5',
       'two communes of one name are not counted as one');
    await leave(visit, 'namesakes');
}

async function paper(browser) {
    const visit = await opened(browser);
    const { page } = visit;
    await page.emulateMedia({ media: 'print' });
    const text = (await page.evaluate(() => document.body.innerText)).trim();
    is(text, `Cette page ne s’imprime pas${NB}: aucune liste de médecins ne `
        + 'doit circuler.', 'on paper there is one sentence');
    await leave(visit, 'paper');
}

async function others(browser) {
    for (const [account, file] of [['docteur', 'fiche'],
                                   ['pharmacie', 'trouver']]) {
        const visit = await visitor(browser, { expected: [/404/, /403/] });
        await signIn(visit.page, account);
        await visit.page.waitForURL(`**/espace/${file}.html`);
        await visit.page.goto(`${base}espace/coordination.html`);
        await visit.page.waitForURL(`**/espace/${file}.html`);
        ok(true, `${account} is led to ${file}.html`);
        ok(!visit.requests.some((one) => /api\/sheets\?/.test(one.url())),
           'and no list was asked for');
        await leave(visit, account);
    }
}

suite(async (browser) => {
    await list(browser);
    await sheets(browser);
    await territory(browser, {}, 'wide');
    await territory(browser, { viewport: NARROW, colorScheme: 'dark' },
                    'narrow, dark');
    await namesakes(browser);
    await stale(browser);
    await actions(browser);
    await pause(browser);
    await left(browser);
    await failures(browser);
    await slow(browser);
    await expired(browser);
    await hostile(browser);
    await paper(browser);
    await others(browser);
});
