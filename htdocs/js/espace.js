/* SPDX-License-Identifier: Apache-2.0 */
/* Leads each role to its own page. */
import { get } from './api.js';
import { home, showProblem } from './page.js';

get('/me').then((me) => location.replace(home(me.role)), showProblem);
