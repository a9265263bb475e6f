/* SPDX-License-Identifier: Apache-2.0 */
/* The journal, the figures, and one's own account. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { NARROW, accessible, api, base, fits, gate, is, leave, like, ok,
         signIn, suite, visitor } from './lib/browser.mjs';

const NB = '\u00a0';

/* What past months would have left: searches that showed a doctor, and needs
 * without an answer. The journal takes one entry after the other. */
function entries(count, months, doctor) {
    return Array.from({ length: count }, () => `INSERT INTO journal
        (id, at, actor, role, action, sheets)
        SELECT e.last + 1, CAST(strftime('%s', 'now', 'localtime',
                   'start of month', '-${months} months', '+10 days')
                   AS INTEGER), a.id, 'professional', 'match',
               json_array(p.id)
          FROM journal_end AS e, account AS a, practitioner AS p
         WHERE a.name = 'pharmacie' AND p.rpps = '${doctor}';
        UPDATE journal_end SET last = last + 1;`).join('');
}

function needs(commune, requirement, count) {
    return `INSERT INTO unmet VALUES ('${commune}', strftime('%Y-%m', 'now',
        'localtime', 'start of month', '-1 months'), '${requirement}',
        ${count});`;
}

function past() {
    return ['BEGIN;', `UPDATE account SET profession = 'Pharmacien',
                structure = 'Pharmacie du Pont' WHERE name = 'pharmacie';`,
            entries(40, 1, '99900000012'), entries(25, 1, '99900000038'),
            entries(4, 1, '99900000046'), entries(3, 2, '99900000012'),
            needs('31113', 'none', 14), needs('31113', 'distance', 14),
            needs('31113', 'home_visit', 12), needs('31035', 'none', 4),
            needs('31035', 'language', 2), 'COMMIT;'].join('\n');
}

/* One SQL text with the sqlite3 command: what it says. */
function sql(input) {
    const run = spawnSync('sqlite3', [process.env.CPTS_DATABASE],
                          { input: `.timeout 20000\n${input}` });
    return `${run.stdout}${run.stderr}`.trim();
}

async function opened(browser, who, file, options) {
    const visit = await visitor(browser, options);
    await signIn(visit.page, who);
    await visit.page.waitForURL('**/espace/*.html');
    await visit.page.goto(`${base}espace/${file}`);
    return visit;
}

async function text(page, selector) {
    return (await page.locator(selector).innerText()).replace(/\s+/g, ' ');
}

async function search(browser) {
    const visit = await opened(browser, 'pharmacie', 'trouver.html');
    const answer = await api(visit.page, 'POST', '/match',
                             { commune: '31113', age: 40 });
    is(answer.status, 200, 'a search');
    await leave(visit, 'a search');
}

async function journal(browser, options, look) {
    const visit = await opened(browser, 'coordination', 'journal.html',
                               options);
    const { page } = visit;
    await page.waitForSelector('tbody tr');
    is(await page.locator('tbody tr').count(), 50, `${look}: a page of it`);
    like(await text(page, 'tbody tr >> nth=0'),
         /pharmacie \(Pharmacien, Pharmacie du Pont\).*Recherche/,
         `${look}: the newest first, who and what`);
    ok(await page.locator('.views a[aria-current]').innerText()
        .then((name) => name === 'Journal'), `${look}: where one is`);
    await accessible(page, `journal, ${look}`);
    await fits(page, `journal, ${look}`);
    await page.click('text=Charger la suite');
    await page.waitForFunction(() =>
        document.querySelectorAll('tbody tr').length > 50);
    is(await page.evaluate(() =>
        [...document.querySelectorAll('tbody tr')].indexOf(
            document.activeElement)), 50, `${look}: the first new one has the `
        + 'focus');
    await page.fill('#account', 'pharmacie');
    await page.fill('#rpps', '999 00000 046');
    await page.selectOption('#action', 'match');
    await page.click('text=Chercher');
    await page.waitForFunction(() => {
        const { length } = document.querySelectorAll('tbody tr');
        return length > 0 && length <= 5;
    });
    like(await text(page, 'tbody'), /99900000046/, `${look}: filtered`);
    await page.fill('#account', 'personne');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Rien ne correspond');
    ok(true, `${look}: nothing is found`);
    await accessible(page, `journal, nothing, ${look}`);
    await leave(visit, `journal, ${look}`);
}

async function wrong(browser) {
    const visit = await opened(browser, 'coordination', 'journal.html',
                               { expected: [/400/] });
    const { page } = visit;
    await page.waitForSelector('tbody tr');
    await page.fill('#rpps', '12');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role="alert"]');
    ok(true, 'a number that is none: a problem that is told');
    await accessible(page, 'journal, a problem');
    await leave(visit, 'a problem');
}

async function figures(browser, options, look) {
    const visit = await opened(browser, 'coordination', 'indicateurs.html',
                               options);
    const { page } = visit;
    await page.waitForSelector('cpts-fairness tbody tr');
    await page.selectOption('#fairness-months', '1');
    // exactly: the longer period before it says "40 ou plus"
    await page.waitForSelector('cpts-fairness td:text-is("40")');
    const fair = await text(page, 'cpts-fairness');
    like(fair, /Source : le journal, lu le \d+/, `${look}: the source`);
    like(fair, /Les nombres de 1 à 10 par mois ne sont pas montrés/,
         `${look}: what is hidden, and why`);
    const hidden = (await page.locator('cpts-fairness .hidden-count')
        .allInnerTexts()).map((one) => one.trim());
    ok(hidden.length > 0 && hidden.every((one) =>
        / à |ou plus|non publié/.test(one.replace(/\s/g, ' '))),
       `${look}: hidden counts are intervals`, hidden);
    await page.waitForSelector('cpts-unmet tbody tr');
    const unmet = await text(page, 'cpts-unmet');
    like(unmet, /Castanet-Tolosan.*14.*trop loin : 14/,
         `${look}: needs without an answer`);
    like(unmet, /visite à domicile : 1 à 13/,
         `${look}: a small rest is hidden`);
    like(unmet, /Auzeville-Tolosane.*1 à 10.*langue : 1 à 10/,
         `${look}: and so are small counts`);
    await accessible(page, `figures, ${look}`);
    await fits(page, `figures, ${look}`);
    await leave(visit, `figures, ${look}`);
}

async function account(browser, who, options, look) {
    const visit = await opened(browser, who, 'compte.html', {
        ...options, expected: [/404/, /422/] });
    const { page } = visit;
    await page.waitForSelector('.facts');
    like(await text(page, '.facts'), new RegExp(`Compte ${who} Rôle`),
         `${who}, ${look}: who one is`);
    await page.fill('#email', 'pas une adresse');
    await page.click('text=Enregistrer');
    await page.waitForSelector('.wrong:not(:empty)');
    is(await page.evaluate(() => document.activeElement.id), 'email',
       `${who}, ${look}: the field at fault has the focus`);
    await accessible(page, `account, a fault, ${who}, ${look}`);
    await page.fill('#email', `${who}@cpts.example`);
    await page.click('text=Enregistrer');
    await page.waitForSelector('text=Enregistré.');
    const [file] = await Promise.all([page.waitForEvent('download'),
        page.click('text=Télécharger mes données')]);
    is(file.suggestedFilename(), 'cpts-donnees.json', `${who}: a file`);
    const data = JSON.parse(readFileSync(await file.path(), 'utf8'));
    is(data.accounts[0].email, `${who}@cpts.example`,
       `${who}: with what is held`);
    await fits(page, `account, ${who}, ${look}`);
    return visit;
}

async function erase(browser) {
    const visit = await account(browser, 'laboratoire', {}, 'wide');
    const { page } = visit;
    await page.click('#erase-first');
    await page.waitForSelector('#erase-sure');
    is(await page.evaluate(() => document.activeElement.id), 'erase-title',
       'asked twice');
    await accessible(page, 'asked twice');
    await page.click('text=Non, le garder');
    is(await page.evaluate(() => document.activeElement.id), 'erase-first',
       'and back');
    await page.click('#erase-first');
    await page.click('#erase-sure');
    await page.waitForURL('**/connexion.html?sortie*');
    ok(true, 'erased, and signed out');
    await leave(visit, 'erased');
    is(sql(`SELECT count(*) FROM account WHERE name = 'laboratoire';`), '0',
       'the account is gone');
}

async function doctors(browser) {
    const visit = await account(browser, 'docteur', { viewport: NARROW },
                                'narrow');
    like(await text(visit.page, 'cpts-account'),
         /Votre compte est effacé avec votre fiche/,
         'a doctor erases the sheet');
    await leave(visit, 'a doctor');
    const other = await account(browser, 'sans.fiche', {}, 'wide');
    ok(await other.page.isVisible('#erase-first'),
       'a doctor without a sheet erases the account');
    await leave(other, 'a doctor without a sheet');
}

async function secretary(browser) {
    const visit = await account(browser, 'secretariat', {}, 'wide');
    const { page } = visit;
    like(await text(page, '.facts'), /RPPS du médecin 99900000012/,
         'whose secretary');
    const late = await gate(page, '**/me/email');
    await page.reload();
    await late.reached(1);
    is(await page.locator('#email').count(), 0,
       'no address can be typed that the stored one would undo');
    await late.go();
    await page.waitForSelector('#email');
    is(await page.inputValue('#email'), 'secretariat@cpts.example',
       'then it is there');
    await leave(visit, 'a secretary');
}

async function last(browser) {
    const visit = await account(browser, 'coordination', {
        colorScheme: 'dark' }, 'dark');
    visit.expected.push(/409/);
    await visit.page.click('#erase-first');
    await visit.page.click('#erase-sure');
    await visit.page.waitForSelector(`text=créez-en un d’abord`);
    await accessible(visit.page, 'the last coordinator');
    await leave(visit, 'the last coordinator');
}

async function viewers(browser) {
    const visit = await opened(browser, 'docteur', 'fiche.html');
    await visit.page.click('sheet-viewers summary');
    await visit.page.waitForSelector('sheet-viewers tbody tr');
    like(await text(visit.page, 'sheet-viewers tbody tr >> nth=0'),
         /^Pharmacien, Pharmacie du Pont/, 'who saw my sheet, by profession');
    await leave(visit, 'who saw my sheet');
}

async function others(browser) {
    for (const who of ['docteur', 'pharmacie']) {
        for (const file of ['journal.html', 'indicateurs.html']) {
            const visit = await opened(browser, who, file);
            await visit.page.waitForURL((url) =>
                !url.pathname.endsWith(file));
            ok(!visit.requests.some((one) =>
                /api\/(journal|fairness|unmet)/.test(one.url())),
               `${who} is led away from ${file}, and nothing was asked for`);
            await leave(visit, `${who}, ${file}`);
        }
    }
    const visit = await opened(browser, 'coordination', 'journal.html');
    await visit.page.waitForSelector('tbody tr');
    await visit.page.emulateMedia({ media: 'print' });
    is((await visit.page.evaluate(() => document.body.innerText)).trim(),
       `Cette page ne s’imprime pas${NB}: elle nomme des personnes.`,
       'on paper there is one sentence');
    await leave(visit, 'paper');
}

is(sql(past()), '', 'past months');

suite(async (browser) => {
    await search(browser);
    await journal(browser, {}, 'wide');
    await journal(browser, { viewport: NARROW }, 'narrow');
    await wrong(browser);
    await figures(browser, {}, 'wide');
    await figures(browser, { viewport: NARROW, colorScheme: 'dark' },
                  'narrow, dark');
    await viewers(browser);
    await others(browser);
    await doctors(browser);
    await secretary(browser);
    await last(browser);
    await erase(browser);
});
