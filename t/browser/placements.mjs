/* SPDX-License-Identifier: Apache-2.0 */
/* Placements, from the card to the declaration, by every role. */
import { execFileSync } from 'node:child_process';

import { NARROW, accessible, api, base, expire, fits, gate, is, leave, like,
         ok, password, signIn, suite, visitor } from './lib/browser.mjs';
import { hold, search } from './lib/search.mjs';

const NB = '\u00a0';
const DOCTOR = '99900000012';
const CODE = /^[2-9ADFHJKLMQRUWXYZ]{4}\u00a0–\u00a0[2-9ADFHJKLMQRUWXYZ]{4}$/;
const HOSTILE = '<img src=x onerror=alert(1)>\u200f مرحبا';

/* What the clock or an administrator does. */
function sql(text) {
    return execFileSync('sqlite3', ['-cmd', '.timeout 5000',
                                    process.env.CPTS_DATABASE, text],
                        { encoding: 'utf8' }).trim();
}

async function opened(browser, account, address, options) {
    const visit = await visitor(browser, options);
    await signIn(visit.page, account);
    await visit.page.waitForURL('**/espace/*.html');
    if (!visit.page.url().endsWith(address)) {
        await visit.page.goto(`${base}espace/${address}`);
    }
    await visit.page.waitForSelector('.menu li');
    return visit;
}

const text = (page, selector) => page.locator(selector).first().innerText();

const sent = (visit, end) => visit.requests.filter((request) =>
    request.method() === 'POST' && request.url().endsWith(end));

/* The code that a card shows, as the API writes it. */
async function codeShown(page) {
    const shown = await text(page, '.held .code [aria-hidden]');
    return shown.replace(`${NB}–${NB}`, '-');
}

const stateOf = async (page, code) =>
    (await api(page, 'GET', `/placements/${code}`)).body.state;

/* --- at the counter */

async function counter(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html', {
        permissions: ['clipboard-read', 'clipboard-write'] });
    const { page } = visit;
    await search(page, 'castanet', 78, ['ald']);
    await accessible(page, 'cards that offer a place');
    await page.locator('.hold').first().focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.held-title:focus');
    like(await text(page, '.held .code [aria-hidden]'), CODE,
         'keyboard: the code appears, and is where one reads');
    like(await page.locator('.held .code .hidden-text').innerText(),
         /^(\w ){3}\w, (\w ){3}\w$/, 'spelled for who hears it');
    like(await text(page, '.write-down'), /Notez ce code dans votre dossier/,
         'it is to be written down');
    like(await text(page, '.held'), /Place retenue jusqu’au[^]*\d{4} à \d/,
         'until when');
    const body = sent(visit, '/placements')[0].postDataJSON();
    is(Object.keys(body).sort().join(), 'places,rpps,uses',
       'sent: the doctor, the pool, how many');
    is(`${body.uses} ${body.places}`, 'reserved 1', 'a reserved place');
    await accessible(page, 'a place is held');
    await fits(page, 'a place is held');
    is(await page.locator('.hold').count(), 0,
       'no second place for this patient');
    like(await text(page, 'article:nth-of-type(2) placement-hold'),
         /retenue chez/, 'the other cards say why');
    const code = await codeShown(page);
    await page.click('text=Copier le code');
    await page.waitForSelector('text=Copié.');
    is(await page.evaluate(() => navigator.clipboard.readText()), code,
       'copied: the code and no more');

    await page.locator('[data-event="contact"]').focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.said:focus');
    is(await stateOf(page, code), 'contacted', 'the doctor was reached');
    await page.click('[data-event="accept"]');
    await page.waitForSelector('text=Reste la déclaration');
    like(await text(page, '.held'), /S3704/, 'how to declare');
    await accessible(page, 'accepted');
    await page.click('[data-event="declare"]');
    await page.waitForSelector('text=c’est terminé');
    is(await stateOf(page, code), 'declared', 'declared');
    is(await page.locator('.held .steps button').count(), 0,
       'and nothing is left to do');
    is(page.url(), `${base}espace/trouver.html`, 'nothing in the address');
    is(await page.evaluate(async () => JSON.stringify([history.state,
        localStorage.length, sessionStorage.length, document.cookie,
        (await indexedDB.databases()).length])), '[null,0,0,"",0]',
       'nor in history or storage');
    await page.emulateMedia({ media: 'print' });
    const paper = await page.evaluate(() => document.body.innerText.trim());
    like(paper, /^Cette page ne s’imprime pas[^]{20,200}$/,
         'on paper: a sentence');
    ok(!paper.includes(code.slice(0, 4)), 'and no code');
    await page.emulateMedia({ media: 'screen' });
    await page.goto(`${base}espace/placements.html`);
    await page.goBack();
    await page.waitForSelector('cpts-search form');
    is(await page.locator('article, .code').count(), 0,
       'back: no code is shown again');
    await leave(visit, 'counter');
}

async function household(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html');
    const { page } = visit;
    await page.check('[name="followed"][value="no"]');
    await page.click('summary');
    await page.selectOption('#household', '3');
    await search(page, 'castanet', 40);
    like(await text(page, '.hold'), /^Retenir 3\s+places/,
         'a household: three places');
    await page.click('.hold');
    await page.waitForSelector('.held');
    const body = sent(visit, '/placements')[0].postDataJSON();
    is(`${body.uses} ${body.places}`, 'general 3', 'general ones');
    const code = await codeShown(page);
    const before = await text(page, '.held h4');
    like(before, /3 places retenues/, 'all of them, or none');

    await page.click('[data-event="cancel"]');
    await page.waitForSelector('.question:focus');
    await accessible(page, 'giving up');
    await page.click('text=Non, garder');
    await page.waitForSelector('[data-event="cancel"]:focus');
    is(await stateOf(page, code), 'held', 'no is no');
    await page.click('[data-event="cancel"]');
    await page.click('[data-event="yes"]');
    await page.waitForSelector('.held.over');
    is(await stateOf(page, code), 'cancelled', 'given back');
    is(await page.locator('.hold').count(), 2, 'then the others are offered');
    await accessible(page, 'given back');
    await page.click('text=Chercher un autre médecin');
    await page.waitForFunction(() => document.querySelectorAll('.hold')
        .length === 3);
    is(await page.inputValue('#age'), '40', 'a new search loses nothing');
    is(await page.inputValue('#household'), '3', 'of the need');
    await leave(visit, 'household');
}

async function refusal(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html');
    const { page } = visit;
    await search(page, 'castanet', 40);
    await page.click('.hold');
    await page.waitForSelector('.held');
    const code = await codeShown(page);
    await page.click('[data-event="refuse"]');
    await page.waitForSelector('.question:focus');
    is(await page.locator('[data-reason]').count(), 6, 'six reasons');
    is(await page.locator('placement-steps input, placement-steps textarea')
        .count(), 0, 'and no text to type');
    await accessible(page, 'the reasons');
    await page.click('[data-reason="patient_chose_another"]');
    await page.waitForSelector('text=La place est rendue');
    is(await stateOf(page, code), 'refused', 'two clicks');

    /* the code of one answer never stands beside another */
    await page.locator('.hold').first().click();
    await page.waitForSelector('.held:not(.over)');
    const other = await page.locator('.held:not(.over) .code [aria-hidden]')
        .innerText();
    await page.fill('#age', '30');
    await page.click('cpts-search form button.main');
    await page.waitForFunction(() => document.querySelectorAll('.hold')
        .length === 3);
    is(await page.locator('.held').count(), 0, 'new answer: no code on cards');
    ok((await text(page, '.results .note')).includes(other),
       'but it is not lost');
    await accessible(page, 'a place held before');
    await page.click('text=Autre patient');
    is(await page.locator('.code').count(), 0, 'until the next patient');
    await leave(visit, 'refusal');
}

async function trouble(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html', {
        expected: [/status of (401|409)/, /ERR_FAILED/] });
    const { page, context } = visit;
    const desk = await opened(browser, 'coordination', 'trouver.html');
    await search(page, 'castanet', 40);
    const rpps = await page.evaluate(() =>
        document.querySelector('placement-hold').proposal.rpps);
    const taken = [];
    for (const places of [10, 10, 10]) {
        taken.push(await hold(desk.page, rpps, { places }).catch(() => null));
    }
    for (let left = 9; left > 0; left -= 1) {
        taken.push(await hold(desk.page, rpps, { places: left })
            .catch(() => null));
    }
    await page.locator('.hold').first().click();
    await page.waitForSelector('.doctor .note.bad:focus');
    like(await text(page, '.doctor .note.bad'), /place vient d’être prise/,
         'no place is left: the card says so');
    await accessible(page, 'no place is left');
    await page.click('text=Chercher à nouveau');
    await page.waitForFunction((gone) =>
        [...document.querySelectorAll('placement-hold')].every((one) =>
            one.proposal.rpps !== gone), rpps);
    is(await page.locator('article.doctor').count(), 2,
       'a new search proposes the others');
    for (const one of taken.filter(Boolean)) {
        await api(desk.page, 'POST', `/placements/${one.code}/cancel`, {});
    }
    await desk.context.close();

    /* the answer is lost on its way: the same key takes no second place */
    let reached = 0;
    await context.route('**/api/placements', async (route) => {
        reached += 1;
        if (reached === 1) {
            await route.fetch();
            await route.abort('failed');
            return;
        }
        await route.continue();
    });
    const count = () => Number(sql('SELECT count(*) FROM placement'));
    const before = count();
    await page.locator('.hold').first().click();
    await page.waitForSelector('.doctor .note.bad');
    await page.locator('.hold').first().click();
    await page.waitForSelector('.held');
    is(count(), before + 1, 'tried again: one placement');
    await context.unroute('**/api/placements');

    await expire(visit);
    await page.click('[data-event="accept"]');
    await page.waitForSelector('dialog');
    await page.fill('#cpts-again-password', password('pharmacie'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Reste la déclaration');
    is(await stateOf(page, await codeShown(page)), 'accepted',
       'an expired session: signed in again, done');
    await leave(visit, 'trouble');
}

async function ceiling(browser) {
    const visit = await opened(browser, 'laboratoire', 'trouver.html', {
        expected: [/status of 409/] });
    const { page } = visit;
    const made = [await hold(page, DOCTOR, { places: 10 }),
                  await hold(page, DOCTOR, { places: 10 })];
    await search(page, 'castanet', 40);
    await page.locator('.hold').first().click();
    await page.waitForSelector('.doctor .note.bad');
    like(await text(page, '.doctor .note.bad'), /déjà trop de places/,
         'too many places held: said');
    is(await page.locator('.doctor .note.bad a').getAttribute('href'),
       `${base}espace/placements.html`, 'and where they are');
    for (const one of made) {
        await api(page, 'POST', `/placements/${one.code}/cancel`, {});
    }
    await leave(visit, 'ceiling');
}

/* --- lists */

async function lists(browser) {
    const visit = await opened(browser, 'laboratoire', 'placements.html', {
        expected: [/status of 404/] });
    const { page } = visit;
    await page.waitForSelector('text=Rien n’attend de réponse');
    await accessible(page, 'no placement');
    await fits(page, 'no placement');
    const late = await hold(page, DOCTOR);
    const soon = await hold(page, DOCTOR, { places: 2 });
    sql('UPDATE placement SET expires_at = held_at + 3600 '
        + `WHERE code = '${soon.code}'`);
    await page.reload();
    await page.waitForSelector('.placement');
    is((await page.locator('.placement').evaluateAll((all) =>
        all.map((one) => one.id))).join(), `p-${soon.code},p-${late.code}`,
       'the one that ends first comes first');
    like(await text(page, '.placement'), /Moins d’un jour[^]*2\s+places/,
         'which is said, and how many places');
    await accessible(page, 'placements');

    await page.click(`#p-${soon.code} [data-event="accept"]`);
    await page.waitForSelector(`#p-${soon.code} .said:focus`);
    is(await stateOf(page, soon.code), 'accepted', 'one click');
    like(await text(page, `#p-${soon.code} .badge`), /Accepté/,
         'it stays where it is, as it is now');
    await page.reload();
    await page.waitForSelector('text=Acceptés, à déclarer');

    const typed = ` ${late.code.toLowerCase().replace('-', ' – ')} `;
    await page.fill('#code', typed);
    await page.keyboard.press('Enter');
    await page.waitForSelector('.found h3:focus');
    is(await page.locator('.placement').count(), 1,
       'found by its code, as it was written by hand');
    await accessible(page, 'found');
    await page.click('.found [data-event="refuse"]');
    await page.click('[data-reason="other"]');
    await page.waitForSelector('.found .badge >> text=Refusé');
    await page.click('text=Revenir à la liste');
    await page.waitForSelector('#code:focus');
    await page.waitForSelector(`text=Sans suite depuis >> nth=0`);
    like(await text(page, `#p-${late.code} .badge`), /Refusé/,
         'what came to nothing stays in sight for a week');
    for (const [wrong, says] of [['K7O4 2XQL', /signe\s.\sO/],
                                 ['K7', /8 signes/], ['', /8 signes/],
                                 ['<b>K7</b>', /signe\s.\s</],
                                 ['2222-2222', /Aucun de vos placements/]]) {
        await page.fill('#code', wrong);
        await page.keyboard.press('Enter');
        await page.waitForSelector('#code[aria-invalid="true"]:focus');
        await page.waitForFunction((pattern) => new RegExp(pattern).test(
            document.querySelector('#code-wrong').textContent), says.source);
        ok(true, `"${wrong}": said what is wrong`);
    }
    await accessible(page, 'a wrong code');
    is(page.url(), `${base}espace/placements.html`, 'no code in the address');
    await page.selectOption('#state', 'refused');
    /* it was in sight before, in another list */
    const list = (heading) => `section:has(h2:has-text("${heading}"))`;
    await page.waitForSelector(`${list('Refusé')} #p-${late.code}`);
    like(await text(page, '.placement'), /autre raison/, 'with its reason');
    await page.selectOption('#state', 'expired');
    await page.waitForSelector('text=Aucun placement dans cet état');
    ok(true, 'none in a state: said');
    await page.selectOption('#state', '');
    await page.click('text=Voir tous les placements');
    await page.waitForSelector('#state:focus');
    await page.waitForSelector(`${list('Tous les placements')} .placement`);
    ok(await page.locator('.placement').count() > 1, 'all of them');
    const pass = (type) => page.evaluate((name) => window.dispatchEvent(
        new PageTransitionEvent(name, { persisted: true })), type);
    await pass('pagehide');
    await page.waitForSelector('.placement', { state: 'detached' });
    await pass('pageshow');
    await page.waitForSelector('.placement');
    ok(true, 'left and come back to: read again');
    await page.emulateMedia({ media: 'print' });
    like(await page.evaluate(() => document.body.innerText.trim()),
         /^Cette page ne s’imprime pas[^]{20,200}$/, 'prints a sentence');
    await leave(visit, 'lists');
}

/* A place is held, and its answer comes after that of another search. */
async function lateHold(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html');
    const { page } = visit;
    await search(page, 'castanet', 40);
    const name = await text(page, 'article h3');
    const late = await gate(page, '**/api/placements');
    await page.locator('.hold').first().click();
    await late.reached(1);
    await page.fill('#age', '30');
    await page.click('cpts-search form button.main');
    await page.waitForSelector('cpts-search:not(:has([aria-busy="true"]))');
    await late.go();
    await page.waitForSelector('.results > .note .code');
    ok((await text(page, '.results > .note')).includes(name),
       'another answer: the code is not lost, nor with whom it is');
    is(await page.locator('.hold').count(), 3,
       'and nothing is held of the new answer');
    const code = (await text(page, '.note .code [aria-hidden]'))
        .replace(`${NB}–${NB}`, '-');
    await api(page, 'POST', `/placements/${code}/cancel`, {});
    await leave(visit, 'a late hold');
}

/* Lists and codes whose answers come after what was done meanwhile. */
async function lateLists(browser) {
    const visit = await opened(browser, 'laboratoire', 'placements.html', {
        expected: [/status of 409/] });
    const { page } = visit;
    const [one, other] = [await hold(page, DOCTOR), await hold(page, DOCTOR)];
    await page.reload();
    await page.waitForSelector(`#p-${one.code}`);
    await page.waitForSelector('placement-list:not(:has('
        + '[aria-busy="true"]))');
    const list = await gate(page, '**/api/placements?*');
    await page.evaluate(() => document.dispatchEvent(
        new Event('visibilitychange')));
    await list.reached(2);
    await page.click(`#p-${one.code} [data-event="accept"]`);
    await page.waitForSelector(`#p-${one.code} .said:focus`);
    await list.go();
    await page.waitForFunction(() => !document.querySelector(
        'placement-list [aria-busy="true"]'));
    like(await text(page, `#p-${one.code} .badge`), /Accepté/,
         'an older list does not undo what was done');

    const find = await gate(page, `**/api/placements/${one.code}`);
    await page.fill('#code', one.code);
    await page.keyboard.press('Enter');
    await find.reached(1);
    await page.fill('#code', other.code);
    await page.keyboard.press('Enter');
    await page.waitForSelector(`.found #p-${other.code}`);
    await find.go();
    is(await page.locator(`.found #p-${one.code}`).count(), 0,
       'nor does an older code take the place of a newer');
    await leave(visit, 'late lists');
}

/* Places that are counted twice, and the older answer comes last. */
async function lateCount(browser) {
    const desk = await opened(browser, 'laboratoire', 'placements.html', {
        expected: [/status of 409/] });
    const [one, other] = [await hold(desk.page, DOCTOR),
                          await hold(desk.page, DOCTOR)];
    const visit = await opened(browser, 'docteur', 'fiche.html');
    const { page } = visit;
    await page.waitForSelector(`#p-${other.code}`);
    await page.waitForLoadState('networkidle');
    const left = async () => Number(/^\d+/.exec(
        await text(page, '.places-left'))[0]);
    const before = await left();
    const late = await gate(page, '**/places', 1);
    await page.click(`#p-${one.code} [data-event="accept"]`);
    await late.reached(1);
    await page.click(`#p-${other.code} [data-event="refuse"]`);
    await page.click('[data-reason="full"]');
    await page.waitForFunction((wanted) => parseInt(document.querySelector(
        '.places-left').textContent, 10) === wanted, before + 1);
    await late.go();
    is(await left(), before + 1, 'the newer count stays');
    await leave(visit, 'a late count');
    await leave(desk, 'the desk of a late count');
}

/* More than a page: the server's answers, so many of them. */
async function pages(browser) {
    const visit = await opened(browser, 'coordination', 'placements.html');
    const { page } = visit;
    const one = (number) => ({
        code: `2222-2${'23456789A'[Math.floor(number / 9)]}${
            '23456789A'[number % 9]}2`, rpps: DOCTOR, doctor: HOSTILE,
        requester: { account: 'pharmacie', profession: 'pharmacien',
                     structure: HOSTILE },
        state: 'declared', reason: null, places: 1, reserved: 0,
        held_at: '2026-01-05T08:00:00Z', expires_at: '2026-01-12T08:00:00Z',
        changed_at: '2026-01-06T08:00:00Z', events: [] });
    await page.route('**/api/placements?*', (route) => {
        const query = new URL(route.request().url()).searchParams;
        if (query.get('state') !== 'declared') {
            return route.continue();
        }
        const from = Number(query.get('cursor') ?? 0);
        return route.fulfill({ json: {
            placements: Array.from({ length: 30 }, (_, n) => one(from + n)),
            next: from === 0 ? '30' : null } });
    });
    await page.selectOption('#state', 'declared');
    await page.waitForFunction(() => document.querySelectorAll('.placement')
        .length === 30);
    await page.click('text=Charger la suite');
    await page.waitForFunction(() => document.querySelectorAll('.placement')
        .length === 60);
    ok(await page.evaluate(() => document.activeElement.closest(
        '.placement:nth-child(31)') !== null),
       'the next page: one goes on where it begins');
    is(await page.locator('text=Charger la suite').count(), 0, 'the last one');
    is(await page.locator('.placement bdi').first().textContent(), HOSTILE,
       'hostile words are text');
    is(await page.locator('.placement img').count(), 0, 'never HTML');
    await fits(page, 'hostile words');
    await accessible(page, 'hostile words');
    await leave(visit, 'pages');
}

/* --- the doctor, the secretary */

async function sheet(browser) {
    const desk = await opened(browser, 'laboratoire', 'placements.html');
    sql('UPDATE account SET structure = \'Laboratoire des Lilas\', '
        + 'profession = \'Biologiste\' WHERE name = \'laboratoire\'');
    const first = await hold(desk.page, DOCTOR);
    const second = await hold(desk.page, DOCTOR, { uses: 'reserved' });
    const third = await hold(desk.page, DOCTOR);
    const phone = { viewport: NARROW, hasTouch: true, isMobile: true };
    const visit = await opened(browser, 'docteur', 'fiche.html', phone);
    const { page } = visit;
    await page.waitForSelector('.to-come .placement');
    like(await text(page, '.places-left'), new RegExp(
        `^\\d+${NB}places? sur 40, dont \\d+${NB}réservées?, `
        + 'jusqu’au \\d+(er)?.\\p{L}+\\.$', 'u'), 'the places of the period');
    like(await text(page, '.waiting'), /patients\s+attendent votre réponse/,
         'who waits is said at the top');
    await fits(page, '390 pixels: patients to come');
    await accessible(page, 'patients to come');
    await page.tap('.waiting a');
    await page.waitForSelector('#to-come:focus');
    is(page.url(), `${base}espace/fiche.html`, 'no address of its own');
    like(await text(page, `#p-${first.code}`),
         /Laboratoire des Lilas, Biologiste/, 'from whom');
    const small = await page.evaluate(() => [...document.querySelectorAll(
        '.to-come button')].filter((one) =>
        one.getBoundingClientRect().height < 48).length);
    is(small, 0, 'large targets');
    const left = async () => Number(/^\d+/.exec(
        await text(page, '.places-left'))[0]);
    const before = await left();
    const waiting = Number(/\d+/.exec(await text(page, '.waiting'))[0]);
    await page.tap(`#p-${first.code} [data-event="accept"]`);
    await page.waitForSelector(`#p-${first.code} .said:focus`);
    is(await stateOf(page, first.code), 'accepted', 'accepted by one tap');
    await page.waitForFunction((count) => Number(/\d+/.exec(
        document.querySelector('.waiting').textContent)) === count,
        waiting - 1);
    ok(true, 'and one less waits');
    is(await page.locator(`#p-${first.code} [data-event="cancel"], `
        + `#p-${first.code} [data-event="contact"]`).count(), 0,
       'what a doctor may not do is not offered');
    await page.tap(`#p-${second.code} [data-event="refuse"]`);
    like(await text(page, '.reasons-asked'), /Je n’ai plus de place/,
         'the reasons are those of a doctor');
    await accessible(page, 'the reasons of the doctor');
    await fits(page, '390 pixels: reasons');
    await page.tap('[data-reason="full"]');
    await page.waitForSelector(`#p-${second.code} .said:focus`);
    await page.waitForFunction((now) => parseInt(document.querySelector(
        '.places-left').textContent, 10) === now, before + 1);
    ok(true, 'a refusal gives the place back, which is shown');

    /* the desk has not seen it yet */
    await desk.page.reload();
    await desk.page.waitForSelector(`#p-${third.code}`);
    await page.tap(`#p-${third.code} [data-event="accept"]`);
    await page.waitForSelector(`#p-${third.code} .said:focus`);
    await desk.page.click(`#p-${third.code} [data-event="cancel"]`);
    desk.expected.push(/status of 409/);
    await desk.page.click('[data-event="yes"]');
    await desk.page.waitForSelector(`#p-${third.code} .said:focus`);
    like(await text(desk.page, `#p-${third.code} .said`),
         /a changé entre-temps\s: accepté/, 'conflict: how it is by now');
    is(await desk.page.locator(`#p-${third.code} [data-event="declare"]`)
        .count(), 1, 'and what may be done now');
    await accessible(desk.page, 'a conflict');
    await leave(visit, 'sheet');

    const gone = await hold(desk.page, DOCTOR);
    await desk.page.reload();
    await desk.page.waitForSelector(`#p-${gone.code}`);
    sql('UPDATE placement SET held_at = held_at - 9000, '
        + 'expires_at = held_at - 5 '
        + `WHERE code = '${gone.code}'`);
    await desk.page.click(`#p-${gone.code} [data-event="accept"]`);
    await desk.page.waitForSelector(`#p-${gone.code} .said:focus`);
    like(await text(desk.page, `#p-${gone.code} .said`), /: expiré/,
         'an expired hold cannot be accepted');
    like(await text(desk.page, `#p-${gone.code}`), /Sans réponse/,
         'and says so');
    await leave(desk, 'the desk');
}

async function delegate(browser) {
    const desk = await opened(browser, 'pharmacie', 'trouver.html');
    const made = await hold(desk.page, DOCTOR);
    await desk.context.close();
    const visit = await visitor(browser, {
        viewport: NARROW, hasTouch: true, isMobile: true });
    const { page } = visit;
    await signIn(page, 'secretariat');
    await page.waitForURL('**/espace/fiche.html');
    await page.waitForSelector('.to-come .placement');
    is(await text(page, 'h1'), 'Paul Mésange', 'whose sheet it is');
    is(await page.locator('sheet-viewers, sheet-erase').count(), 0,
       'what a delegate may not do is not shown');
    like((await page.locator('.menu a').allInnerTexts()).join(' | '),
         /^Fiche du médecin \| Placements \|(?!.*(Trouver|Coordination))/,
         'the menu');
    await accessible(page, 'the secretary');
    await fits(page, 'the secretary');
    await page.tap(`#p-${made.code} [data-event="refuse"]`);
    await page.tap('[data-reason="away"]');
    await page.waitForSelector(`#p-${made.code} .said:focus`);
    is((await api(page, 'GET', `/placements/${made.code}`)).body.reason,
       'away', 'answers for the doctor');
    await page.tap('[data-action="confirm"]');
    await page.waitForSelector('.told .note.good');
    like(await text(page, '.state'), /par le secrétariat/, 'and confirms');
    await page.goto(`${base}espace/placements.html`);
    await page.waitForSelector('.placement');
    await accessible(page, 'placements of the secretary');
    await page.goto(`${base}espace/trouver.html`);
    await page.waitForURL('**/espace/fiche.html');
    ok(true, 'no search: led to the sheet');
    await leave(visit, 'the secretary');
}

async function coordination(browser) {
    const visit = await opened(browser, 'coordination', 'placements.html');
    const { page } = visit;
    await page.waitForSelector('placement-counts .tile');
    const counts = await page.locator('placement-counts strong')
        .allInnerTexts();
    is(counts.reduce((sum, one) => sum + Number(one), 0),
       Number(sql('SELECT count(*) FROM placement WHERE held_at >= CAST('
           + "strftime('%s', 'now', 'localtime', 'start of month', 'utc')"
           + ' AS INTEGER)')),
       'each placement of this month is counted once');
    like(await text(page, '.placement'), /Par /, 'by whom');
    await accessible(page, 'the coordination');
    await fits(page, 'the coordination');
    await page.click('.tile >> text=Refusé');
    await page.waitForFunction(() => {
        const all = [...document.querySelectorAll('.placement .badge')];
        return all.length > 0
            && all.every((one) => one.textContent === 'Refusé');
    });
    is(await page.inputValue('#state'), 'refused', 'a tile is a filter');
    await page.setViewportSize(NARROW);
    await fits(page, '390 pixels: the coordination');
    await page.goto(`${base}espace/fiche.html?rpps=${DOCTOR}`);
    await page.waitForSelector('.to-come');
    is(await page.locator('.to-come .placement').count(), 0,
       'a sheet shows the places, not the patients to come');
    await leave(visit, 'the coordination');
}

/* Two tabs of one account: each says how it is by now. */
async function tabs(browser) {
    const visit = await opened(browser, 'pharmacie', 'placements.html', {
        expected: [/status of 409/] });
    const { page, context } = visit;
    const made = await hold(page, DOCTOR);
    const other = await context.newPage();
    for (const tab of [page, other]) {
        await tab.goto(`${base}espace/placements.html`);
        await tab.waitForSelector(`#p-${made.code}`);
    }
    await other.click(`#p-${made.code} [data-event="contact"]`);
    await other.waitForSelector(`#p-${made.code} .said:focus`);
    await page.bringToFront();
    await page.evaluate(() => document.dispatchEvent(
        new Event('visibilitychange')));
    await page.waitForSelector(`#p-${made.code} .badge >> text=attendue`);
    ok(true, 'a tab that is looked at again is up to date');
    await other.click(`#p-${made.code} [data-event="accept"]`);
    await other.waitForSelector(`#p-${made.code} [data-event="declare"]`);
    await page.click(`#p-${made.code} [data-event="cancel"]`);
    await page.click('[data-event="yes"]');
    await page.waitForSelector(`#p-${made.code} .said >> text=entre-temps`);
    ok(true, 'or says what changed');
    await leave(visit, 'two tabs');
}

suite(async (browser) => {
    for (const part of [counter, household, refusal, trouble, ceiling, lists,
                        pages, sheet, delegate, coordination, tabs, lateHold,
                        lateLists, lateCount]) {
        await part(browser);
    }
});
