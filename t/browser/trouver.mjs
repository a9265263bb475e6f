/* SPDX-License-Identifier: Apache-2.0 */
/* Trouver un médecin: from the first key to the result, and what goes wrong. */
import { accessible, base, fits, is, leave, like, ok, signIn, suite,
         visitor } from './lib/browser.mjs';

/* A page that has just been opened by the pharmacy. */
async function opened(browser, options) {
    const visit = await visitor(browser, options);
    await signIn(visit.page, 'pharmacie');
    await visit.page.waitForURL('**/espace/trouver.html');
    await visit.page.waitForSelector('[name="followed"]:focus');
    return visit;
}

suite(async (browser) => {
    const visit = await opened(browser);
    const { page } = visit;
    await accessible(page, 'the first question');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.type('castan');
    await accessible(page, 'the list of communes');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('78');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#result-title:focus');
    like(await page.textContent('#result-title'), /3 médecins/,
         'keyboard alone: from the first key to the result');
    is(await page.locator('article.doctor').count(), 3, 'three doctors');
    await accessible(page, 'the result');
    await fits(page, 'the result');
    is(page.url(), `${base}espace/trouver.html`, 'nothing in the address');
    ok(true, 'end');
    await leave(visit, 'keyboard');
});
