/* SPDX-License-Identifier: Apache-2.0 */
/* Rules for the modules of the pages, for their tests and for the tools. */
import { createRequire } from 'node:module';

/* the packages are in the build folder */
const require = createRequire(`${process.env.CPTS_NPM}/x.js`);
const js = require('@eslint/js');
const globals = require('globals');

const rules = {
    ...js.configs.recommended.rules,
    'curly': 'error',
    'eqeqeq': 'error',
    'max-len': ['error', { code: 80, ignoreUrls: true }],
    'max-lines-per-function': ['error', { max: 60, skipComments: true }],
    'no-alert': 'error',
    'no-console': 'error',
    'no-eval': 'error',
    'no-implied-eval': 'error',
    'no-shadow': 'error',
    'no-unused-vars': ['error', { args: 'after-used' }],
    'no-var': 'error',
    'prefer-const': 'error',
    'semi': 'error',
    /* free text is shown as text, and nothing of a patient is kept */
    'no-restricted-properties': ['error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write',
            'cookie', 'pushState', 'replaceState']
            .map((property) => ({ property }))],
    'no-restricted-globals': ['error', 'localStorage', 'sessionStorage',
        'indexedDB', 'caches'],
    'no-restricted-syntax': ['error',
        { selector: 'TaggedTemplateExpression[tag.name=/^(svg|html)$/] '
            + 'TemplateElement[value.raw=/\\sstyle=/]',
          message: 'The policy of the site allows no style attribute.' },
        { selector: 'Identifier[name=/^unsafe(HTML|SVG|CSS|Static)$/]',
          message: 'Free text is shown as text.' }],
};

export default [
    { files: ['htdocs/**/*.js'], rules,
      languageOptions: { ecmaVersion: 2022, sourceType: 'module',
                         globals: globals.browser } },
    { files: ['t/browser/**/*.mjs', 'npm/*.mjs'],
      rules: { ...rules, 'no-console': 'off', 'no-restricted-globals': 'off',
               'no-restricted-properties': 'off',
               'max-lines-per-function': 'off' },
      languageOptions: { ecmaVersion: 2022, sourceType: 'module',
                         globals: { ...globals.node, ...globals.browser } } },
    { files: ['support/build-pages'],
      rules: { ...rules, 'no-console': 'off' },
      languageOptions: { ecmaVersion: 2022, sourceType: 'commonjs',
                         globals: globals.node } },
];
