/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in the search of a page and sends it; holds places without it. */
import { api } from './browser.mjs';

/** Answers the first question with "Non", and all the criteria. */
export async function describe(page, commune, age, criteria = [], language) {
    await page.check('[name="followed"][value="no"]');
    await page.fill('commune-field input', commune);
    await page.keyboard.press('Enter');
    await page.fill('#age', String(age));
    for (const name of criteria) {
        await page.check(`[name="${name}"]`);
    }
    if (language) {
        await page.click('summary');
        await page.selectOption('#language', language);
    }
}

/** The same, sent; waits for the answer, or for something else. */
export async function search(page, commune, age, criteria, language,
                             until = '#result-title') {
    await describe(page, commune, age, criteria, language);
    await page.click('cpts-search form button.main');
    await page.waitForSelector(until);
}

/** Places held at this doctor, by requests from within the page: asks until
 * the doctor's turn comes, if it has not come yet. */
export async function hold(page, rpps, { places = 1, uses = 'general' } = {}) {
    for (let turn = 0; turn < 60; turn += 1) {
        const made = await api(page, 'POST', '/placements',
                               { rpps, places, uses });
        if (made.status === 201) {
            return made.body;
        }
        if (made.body.code !== 'not_proposed') {
            throw new Error(JSON.stringify(made.body));
        }
        await api(page, 'POST', '/match', {
            commune: '31113', age: 70 + turn % 20, home_visit: true });
    }
    throw new Error(`${rpps} was not proposed`);
}
