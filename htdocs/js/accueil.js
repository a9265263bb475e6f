/* SPDX-License-Identifier: Apache-2.0 */
/* The public pages: whose they are, and how to reach the coordination. */
import { get } from './api.js';
import { phone, phoneLink } from './text.js';

/** @param {string} href @param {string} text */
function link(href, text) {
    const made = document.createElement('a');
    made.href = href;
    made.textContent = text;
    return made;
}

/** @param {{phone: string | null, email: string | null}} contact */
function links(contact) {
    const made = [];
    if (contact.phone) {
        const call = link(phoneLink(contact.phone), phone(contact.phone));
        call.className = 'button';
        made.push(call);
    }
    if (contact.email) {
        made.push(link(`mailto:${contact.email}`, contact.email));
    }
    return made;
}

try {
    const contact = await get('/contact', { quiet: true });
    for (const place of document.querySelectorAll('[data-cpts="name"]')) {
        place.textContent = contact.name;
    }
    for (const place of document.querySelectorAll('[data-cpts="contact"]')) {
        place.replaceChildren(...links(contact));
        place.toggleAttribute('hidden', links(contact).length === 0);
    }
}
catch {
    /* the page says "CPTS" and "la coordination", as it is written */
}
