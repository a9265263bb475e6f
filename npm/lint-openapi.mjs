/* SPDX-License-Identifier: Apache-2.0 */
/* Lints the OpenAPI document given as the only argument; one line a fault. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/* the packages are in the build folder */
const require = createRequire(`${process.env.CPTS_NPM}/x.js`);
const { createConfig, lintFromString } = require('@redocly/openapi-core');

/* everything that is a rule of the format, and what makes a contract usable;
 * an address on 127.0.0.1 and a missing licence address are not faults */
const rules = {
    struct: 'error',
    'no-unresolved-refs': 'error',
    'no-unused-components': 'error',
    'no-identical-paths': 'error',
    'no-ambiguous-paths': 'error',
    'no-path-trailing-slash': 'error',
    'path-not-include-query': 'error',
    'path-parameters-defined': 'error',
    'path-declaration-must-exist': 'error',
    'operation-operationId': 'error',
    'operation-operationId-unique': 'error',
    'operation-operationId-url-safe': 'error',
    'operation-parameters-unique': 'error',
    'operation-summary': 'error',
    'operation-2xx-response': 'error',
    'operation-4xx-response': 'off',
    'operation-4xx-problem-details-rfc7807': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-parameter-examples': 'error',
    'no-enum-type-mismatch': 'error',
    'no-required-schema-properties-undefined': 'error',
    'no-schema-type-mismatch': 'error',
    'no-http-verbs-in-paths': 'off',
    'security-defined': 'error',
    'no-empty-servers': 'error',
    'info-license': 'error',
};

const file = process.argv[2];
const config = await createConfig({ extends: ['minimal'], rules });
const problems = await lintFromString({
    source: await readFile(file, 'utf8'),
    absoluteRef: file,
    config,
});
for (const problem of problems) {
    const place = problem.location?.[0]?.pointer ?? '';
    console.log(`${problem.severity}: ${problem.ruleId}: ${place}: `
        + problem.message.replace(/\s+/g, ' '));
}
process.exitCode = problems.some((p) => p.severity === 'error') ? 1 : 0;
