/* SPDX-License-Identifier: Apache-2.0 */
/* The results of tests, as prove reads them. */

let count = 0;

/** One test; more: what to say when it fails. */
export function ok(good, name, ...more) {
    count += 1;
    console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
    if (!good) {
        more.flat().forEach(diag);
    }
    return good;
}

export function is(got, wanted, name) {
    return ok(got === wanted, name, `got    ${JSON.stringify(got)}`,
              `wanted ${JSON.stringify(wanted)}`);
}

export function like(text, pattern, name) {
    return ok(pattern.test(text), name, `got ${JSON.stringify(text)}`,
              `no match for ${pattern}`);
}

export function diag(value) {
    String(value).split('\n').forEach((line) => console.log(`# ${line}`));
}

/** At the end: how many there were. */
export function plan() {
    console.log(`1..${count}`);
}
