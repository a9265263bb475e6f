/* SPDX-License-Identifier: Apache-2.0 */
/* Fills in the search of a page and sends it. */

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
