/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-trouver> on a page of the CPTS's own site, behind the same login. */
import { NARROW, accessible, base, fits, is, leave, like, ok, password, suite,
         visitor } from './lib/browser.mjs';
import { search } from './lib/search.mjs';

suite(async (browser) => {
    const visit = await visitor(browser, { expected: [/status of 401/] });
    const { page } = visit;
    await page.goto(new URL('/site.html', base).href);
    await page.click('text=Se connecter');
    await page.fill('#cpts-again-name', 'pharmacie');
    await page.fill('#cpts-again-password', password('pharmacie'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('cpts-search');
    await search(page, 'castanet', 78, ['ald']);
    is(await page.locator('article.doctor').count(), 3, 'three doctors');
    await page.waitForSelector('.map-mark');
    ok(await page.locator('.map-mark').first().evaluate((mark) =>
        getComputedStyle(mark).borderTopLeftRadius !== '0px'),
       'the map has its style');
    is(await page.locator('article h3').first().evaluate((title) =>
        getComputedStyle(title).letterSpacing), 'normal',
       'the style of the page stays outside');
    await accessible(page, 'on another page');
    await page.screenshot({ path: `${process.env.CPTS_RUN}/embed.png`,
                            fullPage: true });
    await page.setViewportSize(NARROW);
    await fits(page, 'on another page, 390 pixels');
    await page.emulateMedia({ media: 'print' });
    like(await page.locator('.screen-only').innerText(),
         /^Cette partie ne s’imprime pas/, 'not on paper');
    await page.emulateMedia({ media: 'screen' });
    await page.reload();
    await page.waitForSelector('cpts-search [name="followed"]');
    ok(true, 'signed in once for all pages');
    await leave(visit, 'on another page');
});
