/* SPDX-License-Identifier: Apache-2.0 */
/* What support/build-pages puts into js/vendor/lit.js. */
export * from 'lit';
export { live } from 'lit/directives/live.js';
export { repeat } from 'lit/directives/repeat.js';
export { createRef, ref } from 'lit/directives/ref.js';
