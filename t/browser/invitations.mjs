/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations: made, opened, used; texts to accept; secretaries. */
import { NARROW, accessible, api, base, fits, gate, is, leave, like, ok,
         signIn, suite, visitor } from './lib/browser.mjs';
import { describe } from './lib/search.mjs';

const REFUSED = [/status of 4\d\d/];
const DOCTOR = '99900000012';
const NEW = '99900001019';
const HOSTILE = '<script>window.hit=1</script><img src=x onerror=hit=1> '
    + '\u200Feliforp مرحبا 👩🏽‍⚕️ ${7*7}';
const SECRET = 'colline orage tambour';

async function inside(browser, who, options = {}) {
    const visit = await visitor(browser, { expected: REFUSED, ...options });
    visit.page.on('dialog', (dialog) => dialog.accept());
    await signIn(visit.page, who);
    await visit.page.waitForURL('**/espace/*.html');
    await visit.page.waitForSelector('.menu li');
    return visit;
}

async function invitations(browser, options) {
    const visit = await inside(browser, 'coordination', options);
    await visit.page.goto(`${base}espace/invitations.html`);
    await visit.page.waitForSelector('.ways');
    await visit.page.waitForSelector('#sent-title:has-text("nvitation")');
    return visit;
}

/* An invitation as the API makes it: with the code. */
async function made(page, body) {
    const answer = await api(page, 'POST', '/invitations', body);
    is(answer.status, 201, `invited: ${body.name.slice(0, 20)}`);
    return { ...answer.body,
             at: `${base}invitation.html#${answer.body.token}` };
}

async function guest(browser, at, options = {}) {
    const visit = await visitor(browser, { expected: REFUSED, ...options });
    await visit.page.goto(at);
    return visit;
}

/* Says yes and fills in the account. */
async function account(page, name, secret = SECRET, accept = true) {
    await page.fill('#account', name);
    await page.fill('#password', secret);
    await page.setChecked('#terms', accept);
    await page.click('#create');
}

/* --- texts to accept */

async function acceptedBySearch(browser) {
    const visit = await inside(browser, 'pharmacie', { viewport: NARROW });
    const { page } = visit;
    await describe(page, 'castanet', 78, ['ald']);
    await page.click('cpts-search form button.main');
    await page.waitForSelector('.ask-terms .terms');
    like(await page.textContent('.ask-terms'),
         /Lisez les conditions.*Un patient devant vous.*Version.2026-11/s,
         'a text to accept is shown where one is');
    await accessible(page, 'a text to accept');
    await fits(page, 'a text to accept');
    await page.click('text=Pas maintenant');
    await page.waitForSelector('.note.bad');
    is(await page.inputValue('#age'), '78', 'not now: nothing typed is lost');
    await page.click('cpts-search form button.main');
    await page.click('text=J’accepte');
    await page.waitForSelector('#result-title');
    ok(true, 'accepted: and the search goes on by itself');
    const { body } = await api(page, 'GET', '/me');
    is(body.terms.accepted, true, 'it is recorded');
    await leave(visit, 'a text to accept');
}

async function refusedByDoctor(browser) {
    const visit = await inside(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    await page.waitForSelector('.ask-terms .terms');
    like(await page.textContent('.ask-terms'), /Aucune discrimination/,
         'a doctor reads the charter');
    await page.click('text=Je n’accepte pas');
    await accessible(page, 'a doctor who does not accept');
    await fits(page, 'a doctor who does not accept');
    await page.click('text=Quitter la liste');
    await page.waitForSelector('#terms-left');
    ok(true, 'leaves the list without accepting');
    await page.click('sheet-erase summary');
    ok(await page.isVisible('#erase-first'), 'may erase everything');
    await page.click('text=Revenir au texte');
    await page.click('text=J’accepte');
    await page.waitForSelector('#state-title');
    like(await page.textContent('#state-title'), /quitté la liste/,
         'and may come back');
    await page.click('[data-action="resume"]');
    await page.waitForSelector('.told .note, #trouble, .wrong:not(:empty)');
    await leave(visit, 'a doctor and the charter');
}

/* --- the coordination */

async function wrongInputs(page) {
    await page.click('#invite');
    like(await page.textContent('#i-name-wrong'), /Indiquez le nom/,
         'a name is needed');
    like(await page.textContent('#i-rpps-wrong'), /11 chiffres/,
         'and a number');
    is(await page.evaluate(() => document.activeElement.id), 'i-name',
       'the first of them has the focus');
    await page.fill('#i-name', 'Alice Bergeronnette');
    await page.fill('#i-rpps', '999 0000 1019');
    await page.fill('#i-email', 'pas une adresse');
    await page.click('text=Ce que vous savez déjà');
    await page.fill('#i-phone', 'douze');
    await page.click('#invite');
    await page.waitForSelector('#i-email-wrong:not(:empty)');
    ok(true, 'what the server says is at its field');
    await accessible(page, 'an invitation that is wrong');
}

async function invite(browser) {
    const visit = await inside(browser, 'coordination');
    const { page } = visit;
    const late = await gate(page, '**/api/territory');
    await page.goto(`${base}espace/invitations.html`);
    await late.reached(1);
    is(await page.locator('.ways form').count(), 0,
       'no form before the page is ready to show what is made');
    await late.go();
    await page.waitForSelector('#sent-title:has-text("nvitation")');
    await accessible(page, 'invitations');
    await wrongInputs(page);
    await page.fill('#i-email', 'alice@fictif.example');
    await page.fill('#i-phone', '05 36 49 10 01');
    await page.fill('#i-place', 'Cabinet du Moulin');
    await page.fill('#i-address', '1 place du Moulin');
    await page.fill('#i-commune input', 'ayguesvives');
    await page.keyboard.press('Enter');
    await page.click('#invite');
    await page.waitForSelector('.letter');
    await accessible(page, 'an invitation that was made');
    like(await page.textContent('new-letters'), /Dr.Alice Bergeronnette/,
         'and may be printed');
    await page.click('.letter summary');
    const text = await page.inputValue('.letter textarea');
    like(text, /Vous gardez la main\u00a0:[^]*invitation\.html#[0-9A-Z-]{30}/,
         'or copied as an e-mail');
    await page.waitForSelector('.sent .badge');
    like(await page.textContent('.sent'), /Dr.Alice Bergeronnette.*RPPS.9990/s,
         'it is in the list');
    await page.fill('#i-name', 'Alice Bergeronnette');
    await page.fill('#i-rpps', NEW);
    await page.click('#invite');
    await page.waitForSelector('#invite-trouble');
    like(await page.textContent('#invite-trouble'), /déjà une invitation/,
         'once is enough, and it says what to do');
    await leave(visit, 'an invitation');
    return base + /invitation\.html#[0-9A-Z-]{30}/.exec(text)[0];
}

async function file(browser) {
    const visit = await invitations(browser, { viewport: NARROW });
    const { page } = visit;
    await page.click('text=Inviter des médecins par un fichier');
    await page.click('#invite-all');
    like(await page.textContent('#batch-wrong'), /Choisissez/,
         'a file is needed');
    const choose = async (/** @type {string} */ text, encoding = 'utf8') => {
        await page.setInputFiles('#batch-file', { name: 'm.csv',
            mimeType: 'text/csv', buffer: Buffer.from(text, encoding) });
        await page.waitForSelector('#batch-found:has-text("dans ce fichier")');
    };
    await choose('rpps;name;phone\n123;Ana;05\n99900001027;;\n'
        + '99900001027;Éva;\n');
    await page.click('#invite-all');
    await page.waitForSelector('#batch-trouble');
    like(await page.textContent('#batch-trouble'),
         /Personne n’est invité.*Ligne 2.*Ligne 3/s,
         'what is wrong is said line by line');
    await accessible(page, 'a file that is wrong');
    await fits(page, 'a file that is wrong');
    const before = await api(page, 'GET', '/invitations');
    ok(!before.body.invitations.some((one) => one.rpps === '99900001027'),
       'and nobody was invited');
    /* what a French Excel writes */
    await choose('rpps;name\r\n99900001027;Éva Hérisson\r\n'
        + '99900001035;Odile Fauvette\r\n', 'latin1');
    await page.fill('#batch-name', 'Essai d’été');
    await page.click('text=Inviter 2 médecins');
    await page.waitForSelector('.letter >> text=Éva Hérisson');
    ok(true, 'a file with accents of another coding');
    await page.waitForSelector('.rates >> text=Essai d’été');
    like(await page.textContent('.rates'), /Essai d’été.*2\s+0\s+0\s+0\s*%/s,
         'the batch and its rate');
    await accessible(page, 'a batch');
    await fits(page, 'a batch');
    const example = await page.evaluate(async () => (await fetch(
        document.querySelector('[download]').href)).text());
    await choose(example);
    await page.click('#invite-all');
    await page.waitForSelector('#batch-trouble');
    like(await page.textContent('#batch-trouble'),
         /déjà une invitation/, 'the example fits, but for who is there');
    await leave(visit, 'a file');
}

/* --- the first visit */

async function wrongAccounts(page) {
    await page.click('#create');
    like(await page.textContent('#password-wrong'), /Choisissez/,
         'a password is needed');
    like(await page.textContent('#terms-wrong'), /accepter/,
         'and to accept');
    await account(page, 'alice berge', SECRET);
    like(await page.textContent('#account-wrong'), /sans accent/,
         'a name with a space');
    await account(page, 'alice.b', 'court');
    like(await page.textContent('#password-wrong'), /5.caractères/,
         'a short password');
    await account(page, 'alice.b', 'aaaaaaaaaa');
    await page.waitForSelector('#password-wrong:has-text("suite")');
    ok(true, 'a weak one');
    await account(page, 'pharmacie', SECRET);
    await page.waitForSelector('#account-wrong:has-text("pris")');
    is(await page.evaluate(() => document.activeElement.id), 'account',
       'a name that is taken: it has the focus');
    is(await page.inputValue('#password'), SECRET, 'the password stays');
    await accessible(page, 'an account that is wrong');
}

async function firstVisit(browser, at) {
    const visit = await guest(browser, at, { viewport: NARROW });
    const { page } = visit;
    const token = at.replace(/.*#/, '');
    await page.waitForSelector('.who');
    ok(!page.url().includes('#'), 'the code leaves the address at once');
    like(await page.textContent('.who'),
         /Êtes-vous.*Dr.Alice Bergeronnette.*\?.*RPPS.99900001019/s,
         'who is it');
    await accessible(page, 'who is it');
    await fits(page, 'who is it');
    await page.click('text=Non');
    like(await page.textContent('cpts-invitation'), /pas pour vous/,
         'somebody else');
    await page.click('text=Revenir');
    await page.click('text=Oui, c’est moi');
    is(await page.inputValue('#account'), 'alice.bergeronnette',
       'a name is proposed');
    await page.waitForSelector('.terms');
    await accessible(page, 'the account');
    await fits(page, 'the account');
    await wrongAccounts(page);
    await page.check('text=Afficher le mot de passe');
    is(await page.getAttribute('#password', 'type'), 'text',
       'the password is shown when asked');
    await account(page, 'alice.b');
    await page.waitForURL('**/espace/fiche.html');
    ok(true, 'the account is made, and the page is opened');
    await firstSheet(page);
    ok(!visit.requests.some((one) => one.url().includes(token)
        || one.url().includes(SECRET)), 'neither code nor password is in '
        + 'an address');
    const kept = await page.evaluate(() => JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie,
        history.state]));
    is(kept, '[{},{},"",null]', 'nor kept');
    await leave(visit, 'the first visit');
}

/* What the coordination knew, completed. */
async function firstSheet(page) {
    await page.waitForSelector('#f-name');
    is(await page.inputValue('#f-name'), 'Alice Bergeronnette',
       'the sheet knows the name');
    is(await page.inputValue('#f-sites-0-address'), '1 place du Moulin',
       'and the practice');
    is(await page.inputValue('#f-sites-0-commune input'), 'Ayguesvives',
       'and its commune');
    await accessible(page, 'the first sheet');
    await fits(page, 'the first sheet');
    await page.click('#save');
    await page.waitForSelector('#trouble');
    like(await page.textContent('#trouble'), /À corriger/,
         'what is missing is said');
    await page.check('label:has-text("Femme") input');
    await page.fill('#f-availability-capacity-places', '4');
    await page.click('#save');
    await page.waitForSelector('#state-title');
    like(await page.textContent('.save-bar'), /Enregistré et confirmé/,
         'the first save makes it');
    const { body } = await api(page, 'GET', `/sheets/${NEW}`);
    is(body.confirmed_by, 'doctor', 'by the doctor');
}

async function spent(browser, at) {
    const visit = await guest(browser, at);
    const { page } = visit;
    await page.waitForSelector('text=a déjà servi');
    ok(await page.isVisible('text=Se connecter'), 'used: sign in');
    await accessible(page, 'a used invitation');
    await page.click('text=Taper un autre code');
    await page.click('text=Continuer');
    like(await page.textContent('#code-wrong'), /Tapez le code/,
         'a code is needed');
    await page.fill('#code', 'ABCDE-12345');
    await page.click('text=Continuer');
    like(await page.textContent('#code-wrong'), /10.caractères au lieu de 26/,
         'a code that is too short');
    await page.fill('#code', 'U'.repeat(26));
    await page.click('text=Continuer');
    like(await page.textContent('#code-wrong'), /jamais U/,
         'letters that no code has');
    await page.fill('#code', '0'.repeat(26));
    await page.click('text=Continuer');
    await page.waitForSelector('#code-wrong:has-text("n’est plus")');
    await accessible(page, 'an unknown code');
    await leave(visit, 'a used invitation');
}

/* Typed, with every mistake that is forgiven; by keyboard alone. */
async function typed(browser) {
    const staff = await invitations(browser);
    const one = await made(staff.page, { role: 'professional',
        name: HOSTILE.slice(0, 110), profession: 'infirmière',
        structure: HOSTILE.slice(0, 110) });
    await staff.page.reload();
    await staff.page.waitForSelector('.sent li');
    ok(!await staff.page.evaluate(() => window.hit), 'marks are text');
    const visit = await guest(browser, `${base}invitation.html`);
    const { page } = visit;
    await page.waitForSelector('#code');
    await accessible(page, 'the code');
    await page.focus('#code');
    await page.keyboard.type(one.token.toLowerCase().replace(/-/g, ' ')
        .replace(/1/g, 'l').replace(/0/g, 'o'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.who');
    is(await page.evaluate(() => document.activeElement.tagName), 'H2',
       'the next step has the focus');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#account');
    ok(!await page.evaluate(() => window.hit), 'marks are text here too');
    await account(page, 'nina.cygne');
    await page.waitForURL('**/espace/trouver.html');
    ok(true, 'a professional lands on the search');
    await leave(visit, 'a code that is typed');
    await leave(staff, 'a hostile name');
}

async function renewAndRevoke(browser) {
    const staff = await invitations(browser);
    const { page } = staff;
    const one = await made(page, { role: 'professional', name: 'Léa Pic' });
    await page.reload();
    const row = `#sent-${one.id}`;
    await page.click(`${row} >> text=Nouvelle lettre`);
    await accessible(page, 'a new letter, asked');
    const late = await gate(page, '**/api/batches');
    await page.click(`${row} >> text=Faire une nouvelle lettre`);
    await page.waitForSelector('.letter >> text=Léa Pic');
    const old = await guest(browser, one.at);
    await old.page.waitForSelector('#code-wrong:not(:empty)');
    like(await old.page.textContent('#code-wrong'), /n’est plus/,
         'the old code is dead, and the page says what to do');
    await leave(old, 'an old letter');
    await page.click('.letter summary');
    const at = base + /invitation\.html#[0-9A-Z-]{30}/.exec(
        await page.inputValue('.letter textarea'))[0];
    await page.click(`${row} >> text=Annuler`);
    await page.click(`${row} >> text=Annuler cette invitation`);
    await page.waitForSelector(`${row} >> text=Annulée`);
    is(await page.locator('.letter').count(), 0, 'its letter is gone too, '
        + 'though the figures are still being read');
    await late.go();
    const gone = await guest(browser, at);
    await gone.page.waitForSelector('.note.warn');
    like(await gone.page.textContent('.note.warn'), /annulée/,
         'a revoked one says so');
    await leave(gone, 'a revoked invitation');
    await page.selectOption('#sent-state', 'used');
    await page.waitForSelector('.sent:not(:has-text("Léa Pic"))');
    like(await page.textContent('.sent'), /Compte créé/, 'filtered by state');
    await leave(staff, 'renewed and revoked');
}

/* Two tabs with one invitation: one account. */
async function twoTabs(browser) {
    const staff = await invitations(browser);
    const one = await made(staff.page, { role: 'professional',
                                         name: 'Zoé Huppe' });
    await leave(staff, 'one invitation');
    const visits = [await guest(browser, one.at), await guest(browser, one.at)];
    for (const { page } of visits) {
        await page.click('text=Oui, c’est moi');
        await page.waitForSelector('.terms');
    }
    await account(visits[0].page, 'zoe.huppe');
    await visits[0].page.waitForURL('**/espace/trouver.html');
    await account(visits[1].page, 'zoe.autre');
    await visits[1].page.waitForSelector('text=a déjà servi');
    ok(true, 'the second is told that it was used');
    await leave(visits[0], 'the first tab');
    await leave(visits[1], 'the second tab');
}

/* The server is away for a moment: nothing typed is lost. */
async function away(browser) {
    const staff = await invitations(browser);
    const one = await made(staff.page, { role: 'professional',
                                         name: 'Ugo Merle' });
    await leave(staff, 'one more');
    const visit = await visitor(browser, {
        expected: [...REFUSED, /ERR_FAILED/] });
    const { page } = visit;
    await page.route('**/invitations/open', (route) => route.abort());
    await page.goto(one.at);
    await page.waitForSelector('#trouble');
    await accessible(page, 'no answer');
    await page.unroute('**/invitations/open');
    await page.click('text=Recommencer');
    await page.click('text=Oui, c’est moi');
    await page.route('**/invitations/use', (route) => route.abort());
    await account(page, 'ugo.merle');
    await page.waitForSelector('#account-trouble');
    is(await page.inputValue('#password'), SECRET, 'no answer: all is there');
    await page.unroute('**/invitations/use');
    await page.route('**/login', (route) => route.abort());
    await page.click('#create');
    await page.waitForSelector('text=Votre compte est créé');
    await accessible(page, 'made, but not signed in');
    ok(true, 'made, but not signed in: it says so');
    await leave(visit, 'a server that is away');
}

/* --- the secretary */

async function secretary(browser) {
    const visit = await inside(browser, 'docteur', { viewport: NARROW });
    const { page } = visit;
    await page.click('#section-delegates > summary');
    await page.waitForSelector('#delegate-name');
    await page.click('text=Inviter cette personne');
    like(await page.textContent('#delegate-wrong'), /Indiquez/,
         'a secretary has a name');
    await page.fill('#delegate-name', 'Nadia Alouette');
    await page.click('text=Inviter cette personne');
    await page.waitForSelector('.token');
    await accessible(page, 'a secretary is invited');
    await fits(page, 'a secretary is invited');
    const token = await page.textContent('.token');
    const other = await guest(browser, `${base}invitation.html#${token}`);
    await other.page.waitForSelector('.who');
    like(await other.page.textContent('.who'),
         /Nadia Alouette.*Secrétariat du médecin/s, 'who opens it');
    await other.page.click('text=Oui, c’est moi');
    await account(other.page, 'nadia');
    await other.page.waitForSelector('#state-title');
    await accessible(other.page, 'the page of a secretary');
    is(await other.page.locator('sheet-erase, sheet-viewers, '
        + 'sheet-delegates').count(), 0, 'who sees only what she may do');
    await other.page.click('[data-action="confirm"]');
    await other.page.waitForSelector('.told .note');
    const { body } = await api(other.page, 'GET', `/sheets/${DOCTOR}`);
    is(body.confirmed_by, 'delegate', 'what she does is recorded as hers');
    await page.reload();
    await page.click('#section-delegates > summary');
    await page.click('text=Retirer l’accès');
    await accessible(page, 'a secretary is removed: asked');
    await page.click('#delegate-sure');
    await page.waitForSelector('sheet-delegates >> text=n’a plus accès');
    is((await api(other.page, 'GET', `/sheets/${DOCTOR}`)).status, 401,
       'which holds at once');
    await leave(other, 'the page of a secretary');
    await leave(visit, 'a secretary');
}

suite(async (browser) => {
    await acceptedBySearch(browser);
    await refusedByDoctor(browser);
    const at = await invite(browser);
    await firstVisit(browser, at);
    await spent(browser, at);
    await file(browser);
    await typed(browser);
    await renewAndRevoke(browser);
    await twoTabs(browser);
    await away(browser);
    await secretary(browser);
});
