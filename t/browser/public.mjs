/* SPDX-License-Identifier: Apache-2.0 */
/* The public pages: what anyone reads, at both widths, without JavaScript. */
import { NARROW, accessible, base, fits, is, leave, like, ok, suite, visitor }
    from './lib/browser.mjs';

const PAGES = {
    '': /Avez-vous un médecin traitant/,
    'aide.html': /Aide/,
    'accessibilite.html': /Accessibilité/,
    'donnees.html': /Données personnelles/,
};

/* Every doctor of examples/sheets.csv that a page could name by mistake. */
const DOCTORS = /Mésange|Roitelet|Chardonneret|Hirondelle|Loriot/;

async function each(browser, options, name) {
    for (const [file, title] of Object.entries(PAGES)) {
        const visit = await visitor(browser, options);
        const { page } = visit;
        const answer = await page.goto(base + file);
        is(answer.status(), 200, `${name}: /${file} needs no sign-in`);
        like(await page.textContent('h1'), title, 'it is that page');
        await page.waitForFunction(() =>
            document.querySelector('header [data-cpts="name"]')
                .textContent === 'CPTS des Exemples');
        ok(true, 'it says whose it is');
        like(await page.innerText('.contact'),
             /^05(\u00a000){4}\s+coordination@cpts\.example$/,
             'and how to reach them');
        ok(!DOCTORS.test(await page.textContent('body')), 'no doctor is named');
        await accessible(page, `${name}: /${file}`);
        await fits(page, `${name}: /${file}`);
        await leave(visit, `${name}: /${file}`);
    }
}

/* Each link of the public pages that stays on the site leads somewhere. */
async function links(browser) {
    const visit = await visitor(browser);
    const { page } = visit;
    const missing = [];
    for (const file of Object.keys(PAGES)) {
        await page.goto(base + file);
        const found = await page.$$eval('a', (all) => all.map((a) => a.href));
        for (const href of new Set(found)) {
            if (href.startsWith(base) && !/logout/.test(href)) {
                const answer = await page.request.get(href);
                if (!answer.ok()) {
                    missing.push(`${file}: ${href} ${answer.status()}`);
                }
            }
        }
        missing.push(...await page.$$eval('a[href*="#"]', (all) => all
            .filter((a) => a.pathname === location.pathname
                && !document.getElementById(a.hash.slice(1)))
            .map((a) => a.href)));
    }
    ok(missing.length === 0, 'every link and every anchor is there', missing);
    await leave(visit, 'links');
}

/* The pages behind the sign-in lead to a part of the help that exists. */
async function help(browser) {
    const visit = await visitor(browser);
    await visit.page.goto(`${base}aide.html`);
    for (const part of ['connexion', 'trouver', 'fiche', 'coordination']) {
        is(await visit.page.locator(`h2#${part}`).count(), 1,
           `help has #${part}`);
    }
    await visit.page.click('.contents a[href="#fiche"]');
    await visit.page.waitForFunction(() => {
        const { top } = document.querySelector('h2#fiche')
            .getBoundingClientRect();
        return top > -2 && top < window.innerHeight;
    });
    ok(true, 'a link of its contents shows that part');
    await leave(visit, 'help');
}

async function figures(browser) {
    const visit = await visitor(browser, { javaScriptEnabled: false });
    await visit.page.goto(base);
    const text = await visit.page.textContent('main');
    like(text, /19\u00a0€[^]*70\u00a0%[^]*7\u00a0€[^]*30\u00a0%/,
         'without JavaScript: 19 € with, 7 € without');
    like(text, /Avant 16\u00a0ans/, 'not under 16');
    like(text, /la caisse peut ne pas appliquer/, 'nor when the doctor left');
    like(text, /Source[^]*Assurance Maladie[^]*2026/, 'source and year');
    like(text, /votre pharmacie/, 'where to ask');
    await leave(visit, 'figures');
}

async function keyboard(browser) {
    const visit = await visitor(browser);
    const { page } = visit;
    await page.goto(base);
    await page.keyboard.press('Tab');
    is(await page.evaluate(() => document.activeElement.textContent),
       'Aller au contenu', 'the first key shows the way to the content');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#contenu:focus');
    ok(true, 'which it leads to');
    await page.goto(base);
    await page.focus('.menu a');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/connexion.html**');
    ok(true, 'professionals are led to the form');
    await leave(visit, 'keyboard');
}

/* Whose page it is is all that comes from the API. */
async function silent(browser) {
    const visit = await visitor(browser, { expected: [/503|Failed to load/] });
    await visit.page.route('**/api/contact', (route) =>
        route.fulfill({ status: 503, body: '{}' }));
    await visit.page.goto(base);
    await visit.page.waitForLoadState('networkidle');
    like(await visit.page.textContent('h1'), /médecin traitant/,
         'the page stands when the API does not answer');
    is(await visit.page.locator('.contact:visible').count(), 0,
       'and shows no empty line');
    await accessible(visit.page, 'without the API');
    await leave(visit, 'without the API');
}

/* What a browser may keep, and for how long. */
async function kept(browser) {
    const visit = await visitor(browser);
    const { page } = visit;
    const header = async (address, name, headers = {}) =>
        (await page.request.get(address, { headers })).headers()[name];
    await page.goto(base);
    const never = await page.locator('link[href*="v/"]').first()
        .evaluate((link) => link.href);
    for (const file of Object.keys(PAGES)) {
        is(await header(base + file, 'cache-control'), 'private, max-age=600',
           `/${file} may be kept for ten minutes`);
    }
    is(await header(never, 'cache-control'),
       'public, max-age=31536000, immutable',
       'what is named after its content for ever');
    is(await header(`${base}api/contact`, 'cache-control'), 'no-store',
       'an answer of the API never');
    const all = (await page.request.get(base)).headers();
    is((await page.request.get(base, { headers: {
        'If-Modified-Since': all['last-modified'],
        ...(all.etag ? { 'If-None-Match': all.etag } : {}) } })).status(),
       304, 'after that a page costs a 304');
    await leave(visit, 'caches');
}

suite(async (browser) => {
    await kept(browser);
    await each(browser, {}, 'wide');
    await each(browser, { viewport: NARROW, colorScheme: 'dark' },
               'narrow, dark');
    await links(browser);
    await help(browser);
    await figures(browser);
    await keyboard(browser);
    await silent(browser);
});
