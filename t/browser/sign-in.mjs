/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out: each role lands, errors are said, nothing is lost. */
import { NARROW, accessible, base, fits, is, leave, like, ok, password,
         signIn, suite, visitor } from './lib/browser.mjs';

const REFUSED = [/status of 401/];
const LANDS = { docteur: 'fiche', pharmacie: 'trouver',
                coordination: 'coordination' };

/* What a form says once its button is free again; what it says of a wait is
 * gone after a second or two. */
async function saidIn(page, place, button) {
    const said = await page.waitForFunction(([words, free]) =>
        !document.querySelector(free).hasAttribute('aria-busy')
        && document.querySelector(words).textContent, [place, button]);
    return said.jsonValue();
}

/* Pressed twice, a password is sent once: each that is wrong counts. */
async function twice({ page, requests }, button) {
    const sent = () => requests.filter((one) =>
        one.method() === 'POST' && /login$/.test(one.url())).length;
    const before = sent();
    const answer = page.waitForResponse('**/login');
    await page.evaluate((which) => {
        document.querySelector(which).click();
        document.querySelector(which).click();
    }, button);
    await answer;
    is(sent(), before + 1, 'pressed twice, sent once');
}

suite(async (browser) => {
    for (const [account, file] of Object.entries(LANDS)) {
        const visit = await visitor(browser, { expected: [/404/, /favicon/] });
        await signIn(visit.page, account);
        await visit.page.waitForURL(`**/espace/${file}.html`);
        ok(true, `${account} lands on ${file}.html`);
        await leave(visit, account);
    }

    const visit = await visitor(browser, { expected: REFUSED });
    const { page } = visit;
    await page.goto(`${base}espace/trouver.html`);
    like(page.url(), /connexion\.html\?suite=/, 'a page behind the sign-in '
        + 'leads to the form');
    like(await page.textContent('#message'), /Connectez-vous/, 'which says so');
    await page.waitForSelector('.contact:visible');
    like(await page.textContent('header'), /CPTS des Exemples/, 'whose it is');
    like(await page.innerText('.contact'), /coordination@cpts\.example/,
         'and how to reach them');
    await accessible(page, 'the form');
    await signIn(page, 'pharmacie', 'wrong');
    await page.waitForSelector('#message.bad');
    like(await page.textContent('#message'), /mot de passe incorrect/,
         'a wrong password is said');
    is(await page.inputValue('#name'), 'pharmacie', 'the name stays');
    is(await page.inputValue('#password'), '', 'the password does not');
    is(await page.evaluate(() => document.activeElement.id), 'password',
       'and may be typed again');
    await accessible(page, 'a wrong password');
    await signIn(page, 'pharmacie');
    await page.waitForURL('**/espace/trouver.html');
    ok(true, 'signing in leads to the page that was asked for');
    await page.click('text=Se déconnecter');
    await page.waitForURL('**/connexion.html?sortie');
    like(await page.textContent('#message'), /déconnecté/, 'signed out');
    await page.goto(`${base}espace/`);
    like(page.url(), /connexion\.html/, 'really');
    await leave(visit, 'the form');

    /* a page from the browser's cache, opened by nobody */
    const late = await visitor(browser, {
        expected: [...REFUSED, /status of 503/] });
    await signIn(late.page, 'pharmacie');
    await late.page.waitForURL('**/espace/trouver.html');
    await late.page.waitForSelector('.menu li');
    await late.context.clearCookies();
    await late.page.goto(`${base}espace/trouver.html`);
    await late.page.waitForSelector('dialog');
    await accessible(late.page, 'a page without session');
    is(await late.page.inputValue('#cpts-again-name'), '',
       'it is nobody’s: the name is asked for too');
    await late.page.fill('#cpts-again-name', 'pharmacie');
    await late.page.fill('#cpts-again-password', 'wrong');
    await twice(late, 'dialog .main');
    let said = await saidIn(late.page, 'dialog .wrong', 'dialog .main');
    for (let i = 0; i < 8 && !/Trop/.test(said); i += 1) {
        await late.page.fill('#cpts-again-password', 'wrong');
        await late.page.keyboard.press('Enter');
        said = await saidIn(late.page, 'dialog .wrong', 'dialog .main');
    }
    like(said, /attendez [1-4]\u00a0secondes?/,
         'too many wrong passwords there: how long to wait');
    await late.page.waitForSelector('dialog >> text=pouvez réessayer');
    await late.page.fill('#cpts-again-password', password('pharmacie'));
    await late.page.keyboard.press('Enter');
    await late.page.waitForSelector('.menu li');
    ok(true, 'and then it opens');
    await late.context.route('**/api/territory', (route) =>
        route.fulfill({ status: 503, body: '' }));
    await late.page.reload();
    await late.page.waitForSelector('.note.bad');
    await accessible(late.page, 'a page that cannot open');
    await late.context.unroute('**/api/territory');
    await late.page.click('text=Recommencer');
    await late.page.waitForSelector('.menu li');
    ok(true, 'a server in trouble: one may try again');
    await leave(late, 'a page without session');

    const lost = await visitor(browser, { expected: [/404/] });
    await lost.page.goto(`${base}nulle-part.html`);
    is(await lost.page.locator('a').getAttribute('href'), '/cpts/',
       'an address that is not there leads home');
    await accessible(lost.page, 'an address that is not there');
    await leave(lost, 'an address that is not there');

    /* the sixth wrong password is not even looked at */
    const many = await visitor(browser, { expected: REFUSED });
    await many.page.goto(`${base}connexion.html`);
    await many.page.fill('#name', 'docteur');
    await many.page.fill('#password', 'wrong');
    await twice(many, '#submit');
    said = await saidIn(many.page, '#message', '#submit');
    for (let i = 0; i < 8 && !/Trop/.test(said); i += 1) {
        await signIn(many.page, 'docteur', 'wrong');
        said = await saidIn(many.page, '#message', '#submit');
    }
    like(said, /Trop d’essais.*attendez [1-4]\u00a0secondes?, puis réessayez/s,
         'too many wrong passwords: how long to wait');
    await accessible(many.page, 'too many wrong passwords');
    await many.page.waitForSelector('#message:has-text("pouvez réessayer")');
    await signIn(many.page, 'docteur');
    await many.page.waitForURL('**/espace/fiche.html');
    ok(true, 'and then the right one opens');
    /* what a session of somebody else hides */
    await many.page.goto(`${base}connexion.html`);
    await signIn(many.page, 'coordination', 'wrong');
    await many.page.waitForSelector('#message.bad');
    like(await many.page.textContent('#message'), /mot de passe incorrect/,
         'wrong is wrong, though somebody else is signed in');
    await many.page.goto(`${base}connexion.html?echec=12`);
    like(await many.page.textContent('#message'), /attendez 12\u00a0secondes/,
         'a form sent without script: the address says it');
    await many.page.goto(`${base}connexion.html?echec=%3Cimg%20src=x%3E`);
    like(await many.page.textContent('#message'), /mot de passe incorrect/,
         'an address that was made up says nothing of its own');
    await leave(many, 'too many wrong passwords');

    const evil = await visitor(browser);
    await evil.page.goto(`${base}connexion.html?suite=`
        + encodeURIComponent('https://example.org/espace/x.html'));
    await signIn(evil.page, 'pharmacie');
    await evil.page.waitForURL('**/espace/trouver.html');
    ok(true, 'signing in never leads to another site');
    await leave(evil, 'another site');

    const plain = await visitor(browser, { viewport: NARROW,
                                           javaScriptEnabled: false });
    await signIn(plain.page, 'pharmacie', 'wrong');
    await plain.page.waitForURL('**/*?echec=#echec');
    ok(await plain.page.isVisible('#echec'),
       'without JavaScript: a wrong password is said');
    await signIn(plain.page, 'pharmacie');
    await plain.page.waitForURL('**/espace/');
    ok(true, 'and the right one opens');
    await leave(plain, 'without JavaScript');

    const phone = await visitor(browser, { viewport: NARROW });
    await phone.page.goto(`${base}connexion.html`);
    await fits(phone.page, 'the form at 390 pixels');
    await leave(phone, 'the form at 390 pixels');
});
