/* SPDX-License-Identifier: Apache-2.0 */
/* The link of a reminder: confirm or pause with one click, once; dead links. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import { NARROW, WIDE, accessible, api, base, fits, is, leave, like, ok,
         signIn, suite, visitor } from './lib/browser.mjs';

const { CPTS_CTL: ctl, CPTS_RUN: run } = process.env;
const database = `${run}/../db/cpts.db`;
const RPPS = '99900000012';
const NB = '\u00a0';

function sql(query) {
    const done = spawnSync('sqlite3', ['-batch', '-cmd', '.timeout 5000',
                                       database, query],
                           { encoding: 'utf8' });
    if (done.status !== 0) {
        throw new Error(done.stderr);
    }
    return done.stdout.trim();
}

function day(offset) {
    const date = new Date();
    date.setDate(date.getDate() + offset);
    return date.toLocaleDateString('sv-SE', { timeZone: 'Europe/Paris' });
}

/* The token of a new mail about a sheet confirmed so many days ago. */
function newLink(days) {
    const mail = `${run}/mail`;
    rmSync(mail, { force: true });
    sql(`UPDATE practitioner SET confirmed_on = '${day(-days)}',
             sheet = json_set(sheet, '$.availability.state', 'open',
                 '$.availability.until', null)
          WHERE rpps = '${RPPS}';
         DELETE FROM outbox;
         UPDATE territory SET generation = generation + 1;
         UPDATE account SET email = 'dr@exemple.fr'
          WHERE name = 'docteur'`);
    const sent = spawnSync(ctl, ['-d', database, 'send', '--sendmail',
                                 `${run}/sendmail`], { encoding: 'utf8' });
    if (sent.status !== 0) {
        throw new Error(sent.stderr);
    }
    return readFileSync(mail, 'utf8').replace(/=\n/g, '')
        .match(/lien\.html(?:#|=23)([0-9A-Z-]+)/)[1];
}

const said = (page) => page.textContent('#message');

async function openPage(page, token) {
    await page.goto('about:blank');
    await page.goto(`${base}lien.html#${token}`);
    await page.waitForSelector('#sheet:visible, #message:visible');
}

async function confirming(browser, viewport) {
    const visit = await visitor(browser, { viewport,
        expected: [/status of 410/] });
    const { page } = visit;
    const name = `${viewport.width} px`;
    const token = newLink(80);
    await openPage(page, token);
    like(await page.textContent('#doctor'), /\S+ \S+/, `${name}: whose sheet`);
    like(await page.textContent('#fresh'),
         new RegExp(`^Fiche confirmée .*, proposée jusqu’au \\d.*${NB}20`),
         `${name}: until when it is proposed`);
    await accessible(page, `${name}: a link`);
    await fits(page, `${name}: a link`);

    /* by keyboard alone: the big button is the first of the page's own */
    await page.focus('#contenu');
    await page.keyboard.press('Tab');
    is(await page.evaluate(() => document.activeElement.textContent),
       `Rien n’a changé${NB}: je confirme`, `${name}: the first thing to do`);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#message.good');
    like(await said(page), new RegExp(`^Merci${NB}: votre fiche est confirmée`),
         `${name}: thanks`);
    is(await page.evaluate(() => document.activeElement.id), 'message',
       `${name}: which a screen reader is led to`);
    is(await page.locator('#actions').count(), 0, `${name}: nothing more`);
    like(await page.textContent('#fresh'), /aujourd’hui/,
         `${name}: confirmed today`);
    await accessible(page, `${name}: thanks`);
    await fits(page, `${name}: thanks`);

    await openPage(page, token);
    like(await said(page), /a déjà servi/, `${name}: used up`);
    ok(await page.isVisible('#sign-in a'), `${name}: and what to do`);
    ok(await page.isHidden('#sheet'), `${name}: nothing to click`);
    await accessible(page, `${name}: used up`);
    await fits(page, `${name}: used up`);
    await leave(visit, name);
}

async function pausing(browser) {
    const visit = await visitor(browser, { viewport: NARROW,
        expected: [/status of 422/, /status of 409/] });
    const { page } = visit;
    await openPage(page, newLink(95));
    like(await page.textContent('#fresh'), /et ne l’est plus/, 'stale');
    await page.fill('#until', day(-1));
    await page.click('#pause button');
    await page.waitForSelector('#until-wrong:not(:empty)');
    like(await page.textContent('#until-wrong'), /à venir/, 'a day gone by');
    is(await page.evaluate(() => document.activeElement.id), 'until',
       'and where to mend it');
    await accessible(page, 'a wrong day');
    await page.fill('#until', '');
    await page.click('#pause button');
    await page.waitForSelector('#until-wrong:has-text("dernier jour")');
    ok(true, 'no day');
    await page.fill('#until', day(10));
    await page.click('#pause button');
    await page.waitForSelector('#message.good');
    like(await said(page), /en pause jusqu’au .*confirmez votre fiche/,
         'paused, and what a stale sheet needs');
    like(await page.textContent('#state'), /en pause jusqu’au/, 'the state');
    await leave(visit, 'pausing');

    const closed = await visitor(browser);
    const token = newLink(80);
    sql(`UPDATE practitioner SET sheet = json_set(sheet,
             '$.availability.state', 'closed') WHERE rpps = '${RPPS}'`);
    await openPage(closed.page, token);
    ok(await closed.page.isHidden('#pause'),
       'a closed sheet: nothing to pause');
    await leave(closed, 'closed');
}

async function failing(browser) {
    const visit = await visitor(browser, {
        expected: [/status of 404/, /status of 410/, /status of 503/,
                   /ERR_FAILED/] });
    const { page, context } = visit;
    await openPage(page, '');
    like(await said(page), /Lien incomplet/, 'no token');
    await openPage(page, '<img src=x onerror=alert(1)>');
    like(await said(page), /n’existe pas, ou n’existe plus/, 'no link');
    await accessible(page, 'no link');
    const late = newLink(80);
    sql('UPDATE link SET expires_at = 1 WHERE used_at IS NULL');
    await openPage(page, late);
    like(await said(page), /a expiré/, 'expired');

    await openPage(page, newLink(80));
    await context.route('**/api/links/use', (route) => route.abort());
    await page.click('#confirm button');
    await page.waitForSelector('#message.bad');
    like(await said(page), /serveur ne répond pas/, 'no answer');
    ok(await page.isVisible('#confirm'), 'one may try again');
    await context.unroute('**/api/links/use');
    await page.click('#confirm button');
    await page.waitForSelector('#message.good');
    ok(true, 'and then it is done');
    await leave(visit, 'failing');
}

async function leading(browser) {
    const visit = await visitor(browser, { expected: [/status of 410/] });
    const { page } = visit;
    const token = newLink(80);
    await openPage(page, token);
    await api(page, 'POST', '/links/use', { token, action: 'confirm' });
    await page.click('#confirm button');
    await page.waitForSelector('#sign-in a:visible');
    await page.click('#sign-in a');
    await page.waitForURL('**/connexion.html**');
    await signIn(page, 'docteur');
    await page.waitForURL('**/espace/fiche.html');
    ok(true, 'a used link leads to the sheet by signing in');
    await leave(visit, 'leading');
}

/* A text that is not accepted yet: a way to it, and none around it. */
async function accepting(browser) {
    const visit = await visitor(browser, { viewport: NARROW,
        expected: [/status of 403/] });
    const { page } = visit;
    sql("UPDATE account SET terms = NULL WHERE name = 'docteur'");
    await openPage(page, newLink(80));
    await page.click('#confirm button');
    await page.waitForSelector('#sign-in a:visible');
    like(await said(page), /^Un texte à accepter.*lisez et acceptez/,
         'first of all the text');
    ok(await page.isHidden('#confirm') && await page.isVisible('#pause'),
       'a pause is possible all the same');
    await accessible(page, 'a text to accept');
    await fits(page, 'a text to accept');
    await page.click('#sign-in a');
    await page.waitForURL('**/connexion.html**');
    await signIn(page, 'docteur');
    await page.waitForURL('**/espace/fiche.html');
    await page.waitForSelector('.ask-terms .terms');
    ok(true, 'who signs in is shown it');
    await leave(visit, 'accepting');
}

suite(async (browser) => {
    writeFileSync(`${run}/sendmail`, `#!/bin/sh\ncat >'${run}/mail'\n`,
                  { mode: 0o755 });
    /* the first request: what the directives say is known to cptsctl */
    await fetch(`${base}api/health`);
    sql("UPDATE account SET terms = 'charte-2', terms_at = 1700000000");
    for (const viewport of [NARROW, WIDE]) {
        await confirming(browser, viewport);
    }
    await pausing(browser);
    await failing(browser);
    await leading(browser);
    await accepting(browser);
});
