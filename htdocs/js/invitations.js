/* SPDX-License-Identifier: Apache-2.0 */
/* The page "Invitations": what is made goes to the letters and to the list. */
import './invite-file.js';
import './invite-person.js';
import './new-letters.js';
import './sent-invitations.js';
import { get } from './api.js';
import { addressLines } from './invitations-text.js';
import { open } from './page.js';

/**
 * @typedef {import('./invitations-text.js').Invitation} Invitation
 * @typedef {import('./letters-text.js').Letter} Letter
 * @typedef {import('./invite-person.js').InvitePerson} InvitePerson
 */

const { territory } = await open(['coordinator']);

/** @template {HTMLElement} T @param {string} name @returns {T} */
const part = (name) => /** @type {T} */ (document.querySelector(name));

/** @type {InvitePerson} */
const person = part('invite-person');
/** @type {import('./invite-file.js').InviteFile} */
const file = part('invite-file');
/** @type {import('./new-letters.js').NewLetters} */
const letters = part('new-letters');
/** @type {import('./sent-invitations.js').SentInvitations} */
const sent = part('sent-invitations');

Object.assign(person, { territory });
Object.assign(file, { territory });
Object.assign(letters, { territory });

for (const form of [person, file]) {
    form.addEventListener('invited', (event) => {
        const { detail } = /** @type {CustomEvent<Letter[]>} */ (event);
        if (detail.length > 0) {
            letters.add(detail);
        }
        sent.load();
    });
}

/** The address of a doctor, as far as the coordination knew it.
 * @param {Invitation} invitation */
async function lines(invitation) {
    try {
        return invitation.role !== 'doctor' ? []
            : addressLines(territory, (await get(
                `/sheets/${invitation.rpps}/draft`)).sites?.[0]);
    }
    catch {
        return []; /* the letter has the name */
    }
}

sent.addEventListener('renewed', async (event) => {
    const invitation = /** @type {CustomEvent<Invitation>} */ (event).detail;
    letters.add([{ invitation, lines: await lines(invitation) }]);
});
sent.addEventListener('revoked', (event) =>
    letters.drop(/** @type {CustomEvent<number>} */ (event).detail));

await sent.load();
