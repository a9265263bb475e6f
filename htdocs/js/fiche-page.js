/* SPDX-License-Identifier: Apache-2.0 */
/* <cpts-sheet>: one sheet, read, changed at once, edited, merged, erased. */
import { LitElement, html, nothing } from './vendor/lit.js';
import './fiche-actions.js';
import './fiche-conflict.js';
import './fiche-delegates.js';
import './fiche-erase.js';
import './fiche-form.js';
import './fiche-placements.js';
import './fiche-viewers.js';
import { call, get, newKey } from './api.js';
import { differences, fieldId, fieldLabel, formFaults, fromKnown, merged,
         newDraft, same, toDraft, toSheet } from './fiche-model.js';
import { site } from './site.js';
import { NB, day, isoDay, phone, phoneLink } from './text.js';

/**
 * @typedef {import('./api.js').Answer} Answer
 * @typedef {import('./api.js').Fault} Fault
 * @typedef {import('./api.js').Problem} Problem
 * @typedef {import('./fiche-actions.js').Action} Action
 * @typedef {import('./fiche-model.js').Difference} Difference
 * @typedef {import('./fiche-model.js').Draft} Draft
 * @typedef {import('./fiche-model.js').Sheet} Sheet
 * @typedef {import('./page.js').Territory} Territory
 * @typedef {import('./sign-in.js').Me} Me
 */

/** What an action did. @param {Action} action @param {Sheet} sheet
 * @param {number} days of validity */
function told(action, sheet, days) {
    const until = new Date(`${sheet.confirmed_on}T12:00:00`);
    until.setDate(until.getDate() + days);
    return {
        confirm: () => `C’est confirmé${NB}: la fiche est à jour jusqu’au ${
            day(isoDay(until))}.`,
        resume: () => `C’est fait${NB}: la fiche est proposée dès maintenant.`,
        pause: () => `C’est fait${NB}: la fiche n’est plus proposée, jusqu’au ${
            day(sheet.availability.until ?? '')} inclus.`,
        leave: () => `C’est fait${NB}: la fiche n’est plus proposée. Elle est `
            + 'gardée, pour revenir d’un geste.',
    }[action]();
}

/** @param {Sheet} sheet what the form makes of it */
const plain = (sheet) => toSheet(toDraft(sheet));

export class CptsSheet extends LitElement {
    static properties = {
        own: { state: true }, creating: { state: true },
        phase: { state: true }, sheet: { state: true },
        draft: { state: true }, dirty: { state: true },
        acting: { state: true }, done: { state: true },
        saving: { state: true }, saved: { state: true },
        faults: { state: true }, problem: { state: true },
        conflict: { state: true }, waiting: { state: true },
    };

    constructor() {
        super();
        /** @type {Territory | null} */
        this.territory = null;
        /** @type {Me | null} */
        this.me = null;
        /** The doctor's, seen by the doctor. */
        this.own = true;
        /** How many patients wait for an answer. */
        this.waiting = 0;
        this.creating = false;
        /** Is the draft what the coordination knew? */
        this.known = false;
        /** What a new sheet began with. @type {Sheet | null} */
        this.begun = null;
        this.rpps = '';
        /** @type {'wait' | 'ready' | 'none' | 'failed' | 'erased'} */
        this.phase = 'wait';
        /** As stored when last heard of. @type {Sheet | null} */
        this.sheet = null;
        /** @type {string | null} */
        this.etag = null;
        /** @type {Draft | null} */
        this.draft = null;
        this.dirty = false;
        /** @type {Action | ''} */
        this.acting = '';
        this.done = '';
        this.saving = false;
        this.saved = '';
        /** @type {Fault[]} */
        this.faults = [];
        /** @type {Problem | null} */
        this.problem = null;
        /** @type {{theirs: Sheet, etag: string | null,
         *          found: Difference[]} | null} */
        this.conflict = null;
        /** The POST that may have to be sent again, and its key. */
        this.sent = { text: '', key: '' };
        this.leaving = this.leaving.bind(this);
    }

    createRenderRoot() {
        return this;
    }

    connectedCallback() {
        super.connectedCallback();
        window.addEventListener('beforeunload', this.leaving);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        window.removeEventListener('beforeunload', this.leaving);
    }

    /* what was typed is not left behind without a question */
    leaving(/** @type {Event} */ event) {
        if (this.dirty && this.phase === 'ready') {
            event.preventDefault();
        }
    }

    /** @param {string} selector @returns {HTMLElement | null} */
    find(selector) {
        return this.querySelector(selector);
    }

    /** @param {string} selector */
    async focusOn(selector) {
        await this.updateComplete;
        const form = /** @type {any} */ (this.find('sheet-form'));
        await form?.updateComplete;
        const part = this.find(selector);
        for (let box = part?.closest('details'); box;
            box = box.parentElement?.closest('details')) {
            box.open = true;
        }
        part?.focus();
    }

    /** Reads the sheet, or starts a new one. */
    async start() {
        if (this.creating) {
            await this.begin();
            this.entitle();
            return;
        }
        this.phase = 'wait';
        if (!/^\d{11}$/.test(this.rpps)) {
            this.phase = 'none';
            return;
        }
        try {
            const answer = await call('GET', `/sheets/${this.rpps}`);
            this.take(answer);
            this.phase = 'ready';
        }
        catch (error) {
            await this.notRead(/** @type {Problem} */ (error));
        }
        this.entitle();
    }

    /** No sheet yet: a doctor makes the own one. @param {Problem} problem */
    async notRead(problem) {
        this.problem = problem;
        if (problem.status !== 404 || !this.own) {
            this.phase = problem.status === 404 ? 'none' : 'failed';
            return;
        }
        this.problem = null;
        this.creating = true;
        await this.begin();
    }

    /** A new sheet, with what the coordination knew of the doctor. */
    async begin() {
        this.known = false;
        this.draft = { ...newDraft(), rpps: this.rpps };
        if (/^\d{11}$/.test(this.rpps)) {
            try {
                const known = await get(`/sheets/${this.rpps}/draft`);
                this.known = Object.keys(known).length > 0;
                this.draft = fromKnown(known, this.rpps);
            }
            catch {
                /* then all of it is to be typed */
            }
        }
        this.begun = toSheet(this.draft);
        this.phase = 'ready';
    }

    /** The title, which is not always "Ma fiche". */
    entitle() {
        const title = this.own ? 'Ma fiche'
            : this.creating ? 'Nouvelle fiche'
                : this.sheet?.name ?? 'Fiche';
        document.title = title;
        const heading = document.querySelector('h1');
        if (heading) {
            heading.dir = 'auto';
            heading.textContent = title;
        }
    }

    /** The stored version is the one to go on from. @param {Answer} answer */
    take({ data, etag }) {
        this.sheet = data;
        this.etag = etag;
        this.draft = toDraft(data);
        this.dirty = false;
        this.problem = null;
        this.faults = [];
        this.conflict = null;
    }

    edited() {
        const base = this.sheet ? plain(this.sheet) : toSheet(newDraft());
        this.dirty = !same(toSheet(/** @type {Draft} */ (this.draft)), base);
        this.saved = '';
    }

    /* --- what holds at once */

    /** @param {string} what */
    keyFor(what) {
        if (what !== this.sent.text) {
            this.sent = { text: what, key: newKey() };
        }
        return this.sent.key;
    }

    /** @param {CustomEvent<{action: Action, body: object}>} event */
    async act({ detail: { action, body } }) {
        if (this.saving) {
            return; /* one change after the other */
        }
        this.acting = action;
        this.done = '';
        this.problem = null;
        this.faults = [];
        const path = `/sheets/${this.rpps}/${action}`;
        try {
            const answer = await call('POST', path, {
                body, key: this.keyFor(path + JSON.stringify(body)) });
            this.sent = { text: '', key: '' };
            this.acted(answer);
            this.done = told(action, answer.data, this.territory
                ?.limits.sheet_validity_days ?? 0);
        }
        catch (error) {
            await this.notActed(/** @type {Problem} */ (error));
        }
        this.acting = '';
    }

    /** What was typed beside the action is kept. @param {Answer} answer */
    acted(answer) {
        const draft = /** @type {Draft} */ (this.draft);
        if (!this.dirty || !this.sheet) {
            this.take(answer);
            return;
        }
        const found = differences(plain(this.sheet), toSheet(draft),
                                  plain(answer.data));
        for (const one of found) {
            if (one.part.key === 'state') {
                one.pick = 'theirs';
            }
        }
        if (found.some((one) => one.pick === null)) {
            this.conflict = { theirs: answer.data, etag: answer.etag, found };
            return;
        }
        const result = merged(plain(answer.data), found);
        this.take(answer);
        this.draft = toDraft(result);
        this.edited();
    }

    /** @param {Problem} problem */
    async notActed(problem) {
        if (problem.code === 'capacity_needed' && this.draft) {
            this.draft.state = 'open';
            this.draft = { ...this.draft };
            this.edited();
            this.faults = [{ pointer: '/availability/capacity/places',
                             code: 'required', detail: problem.detail }];
            await this.focusOn(
                `#${fieldId('/availability/capacity/places')}`);
            return;
        }
        await this.say(problem);
    }

    /** @param {Problem} problem */
    async say(problem) {
        if (problem.code === 'aborted') {
            return;
        }
        this.problem = problem;
        this.faults = formFaults(problem.errors);
        await this.focusOn('#trouble');
    }

    /* --- what is saved */

    /** @param {Event} event */
    async submit(event) {
        event.preventDefault();
        if (this.saving || this.acting || !this.draft) {
            return;
        }
        if (!this.dirty && !this.creating) {
            this.saved = 'Rien à enregistrer.';
            return;
        }
        await this.save(toSheet(this.draft), this.etag);
    }

    /** @param {Sheet} body @param {string | null} etag */
    async save(body, etag) {
        this.saving = true;
        this.saved = '';
        this.done = '';
        this.problem = null;
        this.faults = [];
        try {
            const answer = this.creating ? await this.create(body)
                : await call('PUT', `/sheets/${this.rpps}`, {
                    body, ifMatch: etag ?? undefined });
            const typed = toSheet(/** @type {Draft} */ (this.draft));
            this.take(answer);
            this.stored(answer);
            this.keep(body, typed);
        }
        catch (error) {
            await this.notSaved(/** @type {Problem} */ (error));
        }
        this.saving = false;
    }

    /** What was typed while it was saved is not lost.
     * @param {Sheet} body what was saved @param {Sheet} typed by now */
    keep(body, typed) {
        const now = plain(/** @type {Sheet} */ (this.sheet));
        const found = differences(body, typed, now).filter((one) =>
            one.pick !== 'theirs');
        if (found.length > 0) {
            this.draft = toDraft(merged(now, found.map((one) =>
                ({ ...one, pick: 'mine' }))));
            this.edited();
        }
    }

    /** @param {Sheet} body */
    async create(body) {
        const answer = await call('POST', '/sheets', {
            body, key: this.keyFor(JSON.stringify(body)) });
        this.sent = { text: '', key: '' };
        this.rpps = answer.data.rpps;
        this.creating = false;
        return answer;
    }

    /** @param {Answer} answer */
    stored({ data, warning }) {
        this.entitle();
        this.saved = warning === 'rpps_check_digit'
            ? `Enregistré. Vérifiez le numéro RPPS${NB}: ${data.rpps} n’est `
                + 'pas de la forme habituelle.'
            : data.confirmed_by === 'coordinator'
                ? 'Enregistré et confirmé, par la coordination.'
                : 'Enregistré et confirmé.';
    }

    /** @param {Problem} problem */
    async notSaved(problem) {
        /* the own sheet, made elsewhere meanwhile, is one more version */
        const made = this.creating && this.own && problem.status === 409;
        if (problem.status !== 412 && !made) {
            await this.say(problem);
            return;
        }
        try {
            const answer = await call('GET', `/sheets/${this.rpps}`);
            this.creating = false;
            this.sheet ??= this.begun;
            this.compare(answer);
        }
        catch (error) {
            await this.say(/** @type {Problem} */ (error));
        }
    }

    /** @param {Answer} answer what is stored by now */
    compare(answer) {
        const mine = toSheet(/** @type {Draft} */ (this.draft));
        const base = /** @type {Sheet} */ (this.conflict?.theirs
            ?? this.sheet);
        const found = differences(plain(base), mine, plain(answer.data));
        if (found.length === 0) {
            this.take(answer);
            this.saved = `Déjà enregistré${NB}: la fiche dit ce que vous `
                + 'avez saisi.';
            return;
        }
        this.conflict = { theirs: answer.data, etag: answer.etag, found };
    }

    async decided() {
        const { theirs, etag, found } = /** @type {NonNullable<
            CptsSheet['conflict']>} */ (this.conflict);
        const result = merged(plain(theirs), found);
        this.sheet = theirs;
        this.etag = etag;
        this.draft = toDraft(result);
        if (same(result, plain(theirs))) {
            this.giveUp();
            return;
        }
        this.dirty = true;
        this.conflict = null;
        await this.save(result, etag);
        await this.focusOn(this.conflict ? '#conflict-title'
            : this.problem ? '#trouble' : '#save');
    }

    /** The other version it is. */
    giveUp() {
        if (this.conflict) {
            const { theirs, etag } = this.conflict;
            this.take({ data: theirs, etag, status: 200, warning: null });
        }
        this.saved = 'La version enregistrée entre-temps est gardée.';
        this.focusOn('#save');
    }

    async undo() {
        if (this.sheet) {
            this.draft = toDraft(this.sheet);
        }
        this.dirty = false;
        this.faults = [];
        this.problem = null;
        this.saved = 'Modifications annulées.';
        await this.focusOn('#save');
    }

    /** The account is gone with the sheet: its session ends too. */
    async erased() {
        this.dirty = false;
        this.phase = 'erased';
        this.sheet = null;
        this.draft = null;
        if (this.own) {
            document.querySelector('.menu')?.remove();
            await fetch(site('logout'), { credentials: 'same-origin' })
                .catch(() => null);
        }
        await this.focusOn('#erased');
    }

    /* --- what is seen */

    none() {
        const { territory } = this;
        if (this.me?.role === 'delegate') {
            return html`<div class="note warn">
                <p><strong>Ce médecin n’a pas de fiche.</strong> Il la crée
                avec la coordination de la CPTS.</p>
                <button type="button" @click=${this.start}>Regarder si elle
                est créée</button></div>`;
        }
        if (!this.own) {
            return html`<div class="note warn">
                <p><strong>Aucune fiche avec ce numéro.</strong> Elle a
                peut-être été effacée.</p>
                <p class="actions"><a class="button" href=${
                    site('espace/coordination.html')}>Voir les fiches</a>
                <a class="button" href=${site('espace/fiche.html?nouvelle'
                    + (/^\d{11}$/.test(this.rpps) ? `&rpps=${this.rpps}`
                        : ''))}>Créer cette fiche</a></p></div>`;
        }
        return html`<div class="card">
            <h2>Votre compte n’a pas de numéro RPPS</h2>
            <p>Il en faut un pour tenir une fiche${NB}: donnez le vôtre à la
            coordination de la CPTS.</p>
            <p class="actions">
            ${territory?.phone ? html`<a class="button main" href=${
                phoneLink(territory.phone)}>Appeler le ${
                phone(territory.phone)}</a>` : nothing}
            ${territory?.email ? html`<a class="button"
                href="mailto:${territory.email}">Écrire à la
                coordination</a>` : nothing}</p></div>`;
    }

    failed() {
        return html`<div class="note bad" role="alert">
            <p><strong>${this.problem?.title}</strong></p>
            <p>${this.problem?.detail}</p>
            <button type="button" @click=${this.start}>Recommencer</button>
        </div>`;
    }

    gone() {
        return html`<div class="card">
            <h2 id="erased" tabindex="-1">${this.own
                ? 'Vos données sont effacées' : 'Les données sont effacées'}
            </h2>
            <p>Elles ne sont plus dans la base.${this.own
                ? ' Vous êtes déconnecté.' : ''}</p>
            <p><a class="button" href=${this.own ? site('')
                : site('espace/coordination.html')}>${this.own
                ? 'Aller à l’accueil' : 'Voir les fiches'}</a></p></div>`;
    }

    trouble() {
        const { problem, faults } = this;
        if (!problem) {
            return nothing;
        }
        const exists = problem.code === 'conflict' && this.creating;
        return html`<div class="note bad" role="alert" id="trouble"
            tabindex="-1">
            <p><strong>${faults.length > 0
                ? `À corriger avant d’enregistrer${NB}:`
                : problem.title}</strong></p>
            ${faults.length > 0
                ? html`<ul>${faults.map((fault) => this.faultLink(fault))}
                    </ul>` : html`<p>${problem.detail}</p>`}
            ${exists ? html`<p><a href=${site(`espace/fiche.html?rpps=${
                toSheet(/** @type {Draft} */ (this.draft)).rpps}`)}>Ouvrir
                cette fiche</a></p>` : nothing}
        </div>`;
    }

    /** To those who wait, without an address of its own.
     * @param {Event} event */
    toCome(event) {
        event.preventDefault();
        this.find('#to-come')?.focus({ preventScroll: true });
        this.find('#to-come')?.scrollIntoView();
    }

    /** @param {Fault} fault */
    faultLink(fault) {
        const id = fieldId(fault.pointer);
        return html`<li><a href="#${id}" @click=${
            (/** @type {Event} */ event) => {
                event.preventDefault();
                this.focusOn(`#${id}`);
            }}>${fieldLabel(fault.pointer)}</a>${NB}: ${fault.detail}</li>`;
    }

    bar() {
        const said = this.saved || (this.dirty && !this.creating
            ? 'Modifications non enregistrées.' : '');
        return html`<div class="save-bar ${this.saved ? 'done' : ''}"
            ?hidden=${said === '' && !this.creating && !this.saving}>
            <p role="status">${said}</p>
            <div class="actions">
                ${this.dirty && !this.creating ? html`<button type="button"
                    class="plain" @click=${this.undo}>Annuler</button>`
                    : nothing}
                <button class="main" id="save" aria-busy=${this.saving}>${
                    this.creating ? `Créer ${this.own ? 'ma' : 'la'} fiche`
                        : 'Enregistrer'}</button>
            </div></div>`;
    }

    form() {
        return html`<form class="edit" novalidate autocomplete="off"
            aria-labelledby="sheet-title" ?hidden=${this.conflict !== null}
            @submit=${this.submit}>
            <h2 id="sheet-title">${this.own ? 'Ce que dit ma fiche'
                : 'Ce que dit la fiche'}</h2>
            ${this.creating && this.own ? html`<p>${this.known
                ? 'Nous avons rempli ce que nous savions. Corrigez, complétez'
                : 'Remplissez ce qui suit'}, puis créez la fiche. D’ici là,
                elle n’est proposée à personne.</p>` : nothing}
            ${this.me?.role !== 'coordinator' ? nothing : html`<p
                class="muted">Recopiez la réponse
                du médecin. La fiche notera «${NB}confirmée par la
                coordination${NB}».</p>`}
            <sheet-form .draft=${this.draft} .territory=${this.territory}
                .own=${this.own} .creating=${this.creating}
                .faults=${this.faults} @edit=${this.edited}></sheet-form>
            ${this.bar()}
        </form>`;
    }

    conflicting() {
        if (!this.conflict) {
            return nothing;
        }
        const by = { doctor: this.own
            ? 'par vous, dans un autre onglet ou sur un autre appareil'
            : 'par le médecin', coordinator: 'par la coordination',
                     delegate: 'par le secrétariat' };
        return html`<sheet-conflict .found=${this.conflict.found}
            .territory=${this.territory} .busy=${this.saving}
            .by=${by[/** @type {keyof by} */ (
                this.conflict.theirs.confirmed_by ?? '')] ?? ''}
            @decided=${this.decided} @giveup=${this.giveUp}></sheet-conflict>`;
    }

    ready() {
        return html`<div class="sheet ${this.creating ? 'new' : ''}">
            ${this.waiting === 0 ? nothing : html`<p class="note waiting"><a
                href="#to-come" @click=${this.toCome}>${this.waiting === 1
                    ? 'Un patient attend' : `${this.waiting} patients
                        attendent`} votre réponse</a></p>`}
            <div class="now">${this.creating ? nothing : html`
                <sheet-actions .sheet=${this.conflict?.theirs ?? this.sheet}
                    .own=${this.own}
                    .territory=${this.territory} .busy=${this.acting}
                    .done=${this.done} @act=${this.act}></sheet-actions>`}
            </div>
            <div class="content">
                ${this.creating ? nothing : html`<sheet-placements
                    .me=${this.me} .rpps=${this.rpps} .sheet=${this.sheet}
                    @waiting=${(/** @type {CustomEvent} */ event) => {
                        this.waiting = event.detail;
                    }}></sheet-placements>`}
                ${this.trouble()}${this.conflicting()}${this.form()}
                ${this.own && !this.creating ? html`
                    <sheet-viewers .rpps=${this.rpps}></sheet-viewers>
                    <sheet-delegates .rpps=${this.rpps}></sheet-delegates>`
                    : nothing}
                ${this.creating || this.me?.role === 'delegate' ? nothing
                    : html`<sheet-erase
                    .rpps=${this.rpps} .own=${this.own}
                    @erased=${this.erased}></sheet-erase>`}
            </div></div>`;
    }

    render() {
        switch (this.phase) {
        case 'ready': return this.ready();
        case 'none': return this.none();
        case 'failed': return this.failed();
        case 'erased': return this.gone();
        default: return html`<p role="status">Un instant…</p>`;
        }
    }
}

customElements.define('cpts-sheet', CptsSheet);
