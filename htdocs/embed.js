/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-trouver> for other pages of this site: the only line that they need. */
import './js/embed.js';
