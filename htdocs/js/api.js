/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the API: JSON, problems, versions, and signing in again in place. */
import { site } from './site.js';
import { NB } from './text.js';

/** Longest wait for one answer, milliseconds. */
const PATIENCE = 20000;

/** A sign-in and a text to accept: no more is asked for one call. */
const MENDS = 2;

/**
 * @typedef {{pointer: string, code: string, detail: string}} Fault
 * @typedef {object} Options
 * @property {unknown} [body] sent as JSON
 * @property {string} [ifMatch] the ETag that was read
 * @property {string} [key] Idempotency-Key of a POST, from newKey()
 * @property {AbortSignal} [signal] ends the call: a Problem "aborted"
 * @property {boolean} [quiet] a 401 is a Problem and asks for no sign-in
 * @property {boolean} [keep] the browser may keep it, and asks if it holds
 * @typedef {{data: any, etag: string | null, status: number,
 *            warning: string | null}} Answer
 */

/** What went wrong, in words for the reader. */
export class Problem extends Error {
    /** @param {number} status 0 when no answer came @param {any} [json] */
    constructor(status, json = {}) {
        const title = json.title || 'La demande n’a pas abouti';
        super(title);
        this.status = status;
        /** @type {string} */
        this.code = json.code || 'server_error';
        /** @type {string} */
        this.title = title;
        /** What to do. @type {string} */
        this.detail = json.detail
            || 'Recommencez. Si cela se reproduit, prévenez la coordination.';
        /** @type {Fault[]} */
        this.errors = json.errors || [];
    }

    /** What is said of one field: fault('/age'). @param {string} pointer */
    fault(pointer) {
        return this.errors.find((fault) => fault.pointer === pointer)?.detail
            ?? '';
    }
}

const NO_ANSWER = {
    code: 'network',
    title: 'Le serveur ne répond pas',
    detail: 'Rien de ce que vous avez saisi n’est perdu'
        + `${NB}: vérifiez la connexion, puis recommencez.`,
};
const ABORTED = { code: 'aborted', title: 'Demande arrêtée',
                  detail: 'Vous pouvez recommencer.' };

/** A new Idempotency-Key: one for each thing that is to be done once. */
export function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
        .join('');
}

/** @param {string} method @param {string} path @param {Options} options
 * @param {AbortSignal} signal @returns {Promise<Response>} */
function send(method, path, options, signal) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json' };
    if (options.body !== undefined) {
        headers['Content-Type'] = 'application/json';
    }
    if (options.ifMatch) {
        headers['If-Match'] = options.ifMatch;
    }
    if (options.key) {
        headers['Idempotency-Key'] = options.key;
    }
    return fetch(site(`api${path}`), {
        method, headers, signal, cache: options.keep ? 'default' : 'no-store',
        credentials: 'same-origin',
        body: options.body === undefined ? undefined
            : JSON.stringify(options.body),
    });
}

/** @param {Response} response @returns {Promise<Answer>} */
async function read(response) {
    const text = await response.text();
    let data = null;
    try {
        data = text === '' ? null : JSON.parse(text);
    }
    catch {
        throw new Problem(response.ok ? 0 : response.status,
                          response.ok ? NO_ANSWER : {});
    }
    if (!response.ok) {
        throw new Problem(response.status, data ?? {});
    }
    return { data, status: response.status,
             etag: response.headers.get('ETag'),
             warning: response.headers.get('Cpts-Warning') };
}

/** One try. @param {string} method @param {string} path
 * @param {Options} options @returns {Promise<Answer>} */
async function once(method, path, options) {
    const control = new AbortController();
    const stop = () => control.abort();
    const timer = setTimeout(stop, PATIENCE);
    options.signal?.addEventListener('abort', stop);
    try {
        if (options.signal?.aborted) {
            throw new Problem(0, ABORTED);
        }
        return await read(await send(method, path, options, control.signal));
    }
    catch (error) {
        if (error instanceof Problem) {
            throw error;
        }
        throw new Problem(0, options.signal?.aborted ? ABORTED : NO_ANSWER);
    }
    finally {
        clearTimeout(timer);
        options.signal?.removeEventListener('abort', stop);
    }
}

/** What stood in the way and was put right in place, by the reader.
 * @param {Problem} problem @returns {Promise<boolean>} */
async function mended(problem) {
    if (problem.status === 401) {
        return (await import('./sign-in.js')).signInAgain();
    }
    return problem.code === 'terms_required'
        && (await import('./terms-dialog.js')).acceptTerms();
}

/**
 * Calls the API. A session that is over is signed in again in a dialog, a new
 * text is accepted in one, and the request is sent once more: what was typed
 * stays.
 *
 * @param {string} method
 * @param {string} path below the API: "/sheets/99900000012"
 * @param {Options} [options]
 * @returns {Promise<Answer>} or rejects with a Problem
 */
export async function call(method, path, options = {}) {
    for (let tries = 0; ; tries += 1) {
        try {
            return await once(method, path, options);
        }
        catch (error) {
            if (!(error instanceof Problem) || options.quiet
                || tries === MENDS || !await mended(error)) {
                throw error;
            }
        }
    }
}

/** @param {string} path @param {Options} [options] */
export async function get(path, options) {
    return (await call('GET', path, options)).data;
}

/** @param {string} path @param {unknown} body @param {Options} [options] */
export async function post(path, body, options) {
    return (await call('POST', path, { ...options, body })).data;
}
