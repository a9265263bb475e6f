/* SPDX-License-Identifier: Apache-2.0 */
/* Where the site is, whether a module is served as written or below v/. */

/** The address of the pages, with a slash at the end. */
export const root = import.meta.url.replace(/(v\/[^/]+\/)?js\/[^/]*$/, '');

/** An address of the site: site('espace/'). @param {string} path */
export function site(path) {
    return root + path;
}
