/* SPDX-License-Identifier: Apache-2.0 */
/* What support/build-pages puts into js/vendor/leaflet.js. */
export * from 'leaflet';
