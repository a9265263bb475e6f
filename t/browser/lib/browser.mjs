/* SPDX-License-Identifier: Apache-2.0 */
/* What all browser suites share: Chromium, what no page may do, TAP. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { slowDown } from './slow.mjs';
import { ok, plan } from './tap.mjs';

export { slowed } from './slow.mjs';
export { diag, is, like, ok } from './tap.mjs';

const require = createRequire(`${process.env.CPTS_NPM}/x.js`);
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** The address of the pages, with a slash at the end. */
export const base = process.env.CPTS_URL;
export const WIDE = { width: 1280, height: 900 };
export const NARROW = { width: 390, height: 844 };
const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
              'best-practice'];

/* --- the browser */

export function password(account) {
    return process.env.CPTS_PASSWORD + account;
}

export async function launch() {
    return chromium.launch({
        executablePath: process.env.CPTS_CHROMIUM,
        args: process.getuid() === 0 ? ['--no-sandbox'] : [],
    });
}

/**
 * A page in a browser of its own (no cookie, no cache). What it may never do
 * is kept in faults(): console errors, reports of the content security
 * policy, requests that leave the site. expected: patterns of console errors
 * that the suite provokes (an answer 401 is one).
 */
export async function visitor(browser, options = {}) {
    const { expected = [], ...rest } = options;
    const context = await browser.newContext({
        locale: 'fr-FR', timezoneId: 'Europe/Paris', viewport: WIDE, ...rest,
    });
    context.setDefaultTimeout(15000);
    const faults = [];
    const requests = [];
    const origin = new URL(base).origin;
    await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
            console.error(`CSP: ${event.violatedDirective} `
                + `${event.blockedURI} ${event.sourceFile}`);
        });
    });
    context.on('request', (request) => {
        requests.push(request);
        if (!/^(data|blob):/.test(request.url())
            && new URL(request.url()).origin !== origin) {
            faults.push(`request to ${request.url()}`);
        }
    });
    const underWay = new Set();
    context.on('request', (request) => underWay.add(request));
    for (const end of ['requestfinished', 'requestfailed']) {
        context.on(end, (request) => underWay.delete(request));
    }
    context.on('console', (message) => {
        const text = `${message.text()} (${message.location().url})`;
        if (message.type() === 'error'
            && !expected.some((pattern) => pattern.test(text))) {
            faults.push(`console: ${text}`);
        }
    });
    context.on('weberror', (error) => faults.push(`${error.error().stack}`));
    await slowDown(context);
    const page = await context.newPage();
    return { context, page, faults, requests, expected, underWay };
}

/** Ends the session of a page that asks for nothing at the moment: whatever it
 * asks for next is what finds out. */
export async function expire({ context, page, underWay }) {
    for (let quiet = 0; quiet < 4; quiet += 1) {
        await page.waitForTimeout(50);
        if (underWay.size > 0
            || await page.evaluate(() => window.callsUnderWay > 0)) {
            quiet = -1;
        }
    }
    await context.clearCookies();
}

/** One test: nothing forbidden happened; ends the visit. */
export async function leave(visit, name) {
    await visit.context.close();
    ok(visit.faults.length === 0,
       `${name}: no console error, no report, no request elsewhere`,
       visit.faults);
}

/** Goes to the form, or comes from where it was led to it, and signs in. */
export async function signIn(page, account, secret = password(account)) {
    if (!/connexion\.html/.test(page.url())) {
        await page.goto(`${base}connexion.html`);
    }
    await page.fill('#name', account);
    await page.fill('#password', secret);
    await page.click('#submit');
}

/** One request from within a page, as its modules send it: status, body. */
export async function api(page, method, path, body, headers = {}) {
    return page.evaluate(async ([address, init]) => {
        const response = await fetch(address, init);
        const text = await response.text();
        return { status: response.status, body: text && JSON.parse(text),
                 etag: response.headers.get('ETag') };
    }, [`${base}api${path}`, {
        method, body: body && JSON.stringify(body),
        headers: { 'Content-Type': 'application/json', ...headers },
    }]);
}

/**
 * Answers that hang on their way: the server has done what was asked, the page
 * hears of it when they are let go of. reached(n) waits until there are n;
 * more than most are not held up.
 */
export async function gate(page, pattern, most = Infinity) {
    let open = () => {};
    const opened = new Promise((resolve) => {
        open = resolve;
    });
    const answers = [];
    let seen = 0;
    let count = 0;
    const waiting = [];
    const look = () => waiting.filter((one) => one.count <= count)
        .forEach((one) => one.resolve());
    await page.route(pattern, async (route) => {
        seen += 1;
        if (seen > most) {
            await route.continue();
            return;
        }
        const response = await route.fetch();
        /* nobody may wait for it any more */
        answers.push(opened.then(() => route.fulfill({ response }))
            .then(() => route.request().response())
            .then((answer) => answer.finished())
            .catch(() => {}));
        count += 1;
        look();
    });
    const go = async () => {
        open();
        await Promise.all(answers);
        /* and the page has seen them */
        await page.evaluate(() => new Promise((resolve) => {
            setTimeout(resolve, 20);
        }));
    };
    return { go, reached: (wanted) => new Promise((resolve) => {
        waiting.push({ count: wanted, resolve });
        look();
    }) };
}

/** One test: axe-core finds nothing in this state of the page. */
export async function accessible(page, state) {
    await page.evaluate(AXE);
    const found = await page.evaluate(async (tags) => {
        const result = await window.axe.run(document, {
            runOnly: { type: 'tag', values: tags },
        });
        return result.violations.map((violation) => `${violation.id}: `
            + violation.nodes.map((node) =>
                `${node.target} ${node.failureSummary}`).join('; '));
    }, WCAG);
    ok(found.length === 0, `accessible: ${state}`, found);
}

/** One test: nothing is wider than the window. */
export async function fits(page, state) {
    const over = await page.evaluate(() => {
        const wide = window.innerWidth;
        if (document.documentElement.scrollWidth <= wide) {
            return [];
        }
        const all = (root) => [...root.querySelectorAll('*')].flatMap((one) =>
            [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
        return all(document).filter((one) =>
            one.getBoundingClientRect().right > wide)
            .map((one) => one.outerHTML.slice(0, 100));
    });
    ok(over.length === 0, `fits the width: ${state}`, over);
}

/** Runs a suite: always ends the browser, and says how many tests there were.
 */
export async function suite(run) {
    const browser = await launch();
    try {
        await run(browser);
    }
    catch (error) {
        ok(false, 'the suite runs', error.stack);
    }
    finally {
        await browser.close();
    }
    plan();
}
