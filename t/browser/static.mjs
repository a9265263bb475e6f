/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the pages without a browser: lint, types, HTML, what CSP forbids. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

import { ok, plan } from './lib/tap.mjs';

const { CPTS_NPM: npm, CPTS_RUN: scratch } = process.env;
const source = resolve(process.env.CPTS_SRCDIR);
const require = createRequire(`${npm}/x.js`);

function files(folder) {
    return readdirSync(join(source, folder), { withFileTypes: true })
        .flatMap((entry) => (entry.isDirectory()
            ? files(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
        .sort();
}

async function lint() {
    const { ESLint } = require('eslint');
    const eslint = new ESLint({
        cwd: source, overrideConfigFile: join(source, 'npm/eslint.config.mjs'),
    });
    const results = await eslint.lintFiles(['htdocs/js', 't/browser',
                                            'npm/*.mjs',
                                            'support/build-pages']);
    for (const result of results) {
        const faults = result.messages.map((one) =>
            `${one.line}: ${one.ruleId}: ${one.message}`);
        ok(faults.length === 0,
           `lint: ${result.filePath.slice(source.length + 1)}`, faults);
    }
    const text = 'export function f(x) {\n    x.innerHTML = 1;\n}\n';
    const [planted] = await eslint.lintText(text, {
        filePath: join(source, 'htdocs/js/planted.js') });
    ok(planted.messages.length === 1, 'lint: a planted fault is found');
}

/* The types of the modules as written; those of other people's code stand in
 * npm/types and in the packages. */
function compile(name, extra) {
    const project = join(scratch, `${name}.json`);
    writeFileSync(project, JSON.stringify({
        compilerOptions: {
            allowJs: true, checkJs: true, noEmit: true, strict: true,
            useDefineForClassFields: false, noImplicitAny: true,
            skipLibCheck: true, target: 'es2022', module: 'es2022',
            moduleResolution: 'bundler', types: ['leaflet'],
            typeRoots: [join(npm, 'node_modules/@types')],
            lib: ['es2023', 'dom', 'dom.iterable'],
            rootDirs: [join(source, 'htdocs'), join(source, 'npm/types'),
                       scratch],
            paths: { '*': [join(npm, 'node_modules/@types/*'),
                           join(npm, 'node_modules/*')] },
        },
        include: [join(source, 'htdocs/js/**/*.js'), ...extra],
    }));
    const run = spawnSync(process.execPath, [
        require.resolve('typescript/bin/tsc'), '--project', project],
        { encoding: 'utf8' });
    return { status: run.status, text: run.stdout + run.stderr };
}

function types() {
    const right = compile('right', []);
    ok(right.status === 0, 'the types fit', right.text);
    mkdirSync(join(scratch, 'js'), { recursive: true });
    const planted = join(scratch, 'js/planted.js');
    writeFileSync(planted, '/** @type {number} */\nexport const a = "b";\n');
    ok(/planted\.js.*TS2322/.test(compile('wrong', [planted]).text),
       'types: a planted fault is found');
}

async function pages() {
    const { HtmlValidate, FileSystemConfigLoader } = require('html-validate');
    const config = JSON.parse(readFileSync(
        join(source, 'npm/htmlvalidate.json'), 'utf8'));
    const validator = new HtmlValidate(new FileSystemConfigLoader(config));
    for (const file of files('htdocs').filter((one) => /\.html$/.test(one))) {
        const text = readFileSync(join(source, file), 'utf8');
        const report = await validator.validateString(text);
        ok(report.valid, `HTML: ${file}`, report.results.flatMap((result) =>
            result.messages.map((one) =>
                `${one.line}: ${one.ruleId}: ${one.message}`)));
        ok(!/<(?:script(?![^>]*\bsrc=)|style\b)|\son[a-z]+=|\sstyle=/
            .test(text), `nothing inline: ${file}`);
        ok(!/(?:src|href)="(?:https?:)?\/\//.test(text.replace(
            /<a\s[^>]*>/g, '')), `nothing from elsewhere: ${file}`);
    }
    const bad = await validator.validateString('<!doctype html><p id=a id=a>');
    ok(!bad.valid, 'HTML: a planted fault is found');
}

/* No-break spaces before the double signs of French, narrow ones between
 * thousands. */
function typography() {
    for (const file of files('htdocs')
        .filter((one) => /\.(?:html|js)$/.test(one))) {
        const text = readFileSync(join(source, file), 'utf8')
            .replace(/<!--[^]*?-->|<(?:meta|link|script)[^>]*>/g, '');
        const words = file.endsWith('.html') ? [text]
            : text.match(/'[^'\n]*'|>[^<>{}=;]+</g) ?? [];
        const faults = words.flatMap((one) => one.match(
            /[\p{L}»”)] [?!:;»](?=[\s<']|$).*|« .*|[\p{L}]'[\p{L}]{2}.*/gu)
            ?? []).concat(text.match(/\b\d{1,3}(?: |&nbsp;|\u00a0)\d{3}\b.*/g)
            ?? []);
        ok(faults.length === 0, `typography: ${file}`, faults);
    }
}

await lint();
types();
await pages();
typography();
plan();
