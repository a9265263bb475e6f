/* SPDX-License-Identifier: Apache-2.0 */
/* Letters of invitation: as many pages as there should be, and codes that a
 * telephone reads. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { api, base, is, leave, like, ok, signIn, suite, visitor }
    from './lib/browser.mjs';

const scratch = process.env.CPTS_RUN;
const SITE = 'https://cpts.example.org/cpts/';
const ARABIC = 'كريم بلبل';
/* marks, quotes, what would be HTML; a line that is too long for its box */
const CSV = '\ufeffrpps;name;email;sites.0.name;sites.0.address;'
    + 'sites.0.commune\r\n'
    + '99900001019;Alice Bergeronnette;alice@fictif.example;Cabinet du Moulin;'
    + '"1 place du Moulin ; bâtiment ""B"", 31450 Ayguesvives";31004\r\n'
    + `99900001027;${ARABIC};;;;\r\n`
    + `99900001035;<b>Odile</b> ${'X'.repeat(90)};;;"${'rue '.repeat(40)
    }";31113\r\n`;

function run(command, args, binary) {
    const { status, stdout, stderr } = spawnSync(command, args,
        { encoding: binary ? null : 'utf8' });
    if (status !== 0) {
        throw new Error(`${command}: ${stderr}`);
    }
    return stdout;
}

/* What a printer gets. */
async function printed(page, name) {
    const file = `${scratch}/${name}.pdf`;
    await page.waitForFunction(() => window.asked > 0);
    writeFileSync(file, await page.pdf({ preferCSSPageSize: true }));
    await page.evaluate(() => {
        window.asked = 0;
    });
    const info = run('pdfinfo', [file]);
    return { file, pages: Number(/Pages:\s+(\d+)/.exec(info)[1]),
             a4: /Page size:\s+59[45]\.\d+ x 84[12]\.\d+ pts \(A4\)/.test(info),
             text: (from, to = from) => run('pdftotext', [
                 '-layout', '-f', from, '-l', to, file, '-'].map(String)) };
}

/* The codes of a page of paper. */
function codes(file, number) {
    run('pdftoppm', ['-r', '110', '-gray', '-f', String(number), '-l',
                     String(number), file, `${scratch}/p${number}`]);
    const picture = readdirSync(scratch).find((one) =>
        new RegExp(`^p${number}-0*${number}\\.pgm$`).test(one));
    /* its status says too that it found nothing */
    return spawnSync('zbarimg', ['--raw', '-q', `${scratch}/${picture}`],
                     { encoding: 'utf8' }).stdout.trim().split('\n');
}

const flat = (text) => text.replace(/\s+/g, ' ');

async function coordinator(browser) {
    const visit = await visitor(browser);
    await visit.context.addInitScript(() => {
        window.asked = 0;
        window.print = () => {
            window.asked += 1;
        };
    });
    await signIn(visit.page, 'coordination');
    await visit.page.waitForURL('**/espace/coordination.html');
    await visit.page.goto(`${base}espace/invitations.html`);
    await visit.page.waitForSelector('#sent-title');
    return visit;
}

async function doctors(browser) {
    const visit = await coordinator(browser);
    const { page } = visit;
    await page.click('text=Inviter des médecins par un fichier');
    await page.setInputFiles('#batch-file', {
        name: 'x.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await page.click('text=Inviter 3 médecins');
    await page.click('text=Imprimer les 3 lettres');
    const paper = await printed(page, 'doctors');
    is(paper.pages, 6, 'two pages for each doctor, and nothing else');
    ok(paper.a4, 'on A4');
    const front = flat(paper.text(1));
    for (const words of ['CPTS des Exemples', 'Dr Alice Bergeronnette',
                         'Cabinet du Moulin', 'bâtiment "B"', 'Objet :',
                         'Vous gardez la main', `${SITE}invitation.html`,
                         'questionnaire au dos']) {
        ok(front.includes(words), `the front says: ${words}`, front);
    }
    const token = /\b[0-9A-Z]{5}(-[0-9A-Z]{5}){3}-[0-9A-Z]{6}\b/
        .exec(front)[0];
    const found = [1, 3, 5].map((number) => codes(paper.file, number));
    is(found[0].join(), `${SITE}invitation.html#${token}`,
       'the QR code is the address with the code that is to be typed');
    is(new Set(found.flat()).size, 3, 'each letter has its own');
    const back = flat(paper.text(2));
    for (const words of ['Ma réponse sur papier', 'RPPS 99900001019',
                         'Visites à domicile', 'Castanet-Tolosan',
                         'places réservées', 'En pause', 'Par MSSanté',
                         'Signature', 'À rendre à la coordination']) {
        ok(back.includes(words), `the back says: ${words}`, back);
    }
    const fonts = run('pdftotext', ['-raw', '-f', '3', '-l', '3', paper.file,
                                    '-']);
    ok([...ARABIC.replace(/ /g, '')].every((letter) =>
        fonts.normalize('NFKC').includes(letter)), 'an Arabic name is there',
       fonts);
    like(flat(paper.text(5)), /<b>Odile<\/b>/, 'marks are text');
    like(flat(paper.text(6)), /À rendre à la coordination/,
         'a long name pushes nothing off the page');
    const again = await api(page, 'GET', '/invitations');
    ok(again.body.invitations.every((one) => one.token === null
       && one.qr === null), 'no code is told a second time');
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    is(await page.locator('cpts-letters .page').count(), 0,
       'nothing is left to be printed');
    writeFileSync(`${scratch}/blank.pdf`, await page.pdf());
    const blank = run('pdftotext', [`${scratch}/blank.pdf`, '-']);
    like(blank, /ne s’imprime pas/, 'the page itself prints blank');
    ok(!/Bergeronnette/.test(blank), 'without names');
    await leave(visit, 'letters to doctors');
}

async function professional(browser) {
    const visit = await coordinator(browser);
    const { page } = visit;
    await page.check('text=Un autre professionnel');
    await page.fill('#i-name', 'Claire Pinson');
    await page.fill('#i-profession', 'pharmacienne');
    await page.fill('#i-structure', 'Pharmacie du Lac');
    await page.click('#invite');
    await page.click('text=Imprimer la lettre aux professionnels');
    const paper = await printed(page, 'professional');
    is(paper.pages, 1, 'one page for a professional');
    const text = flat(paper.text(1));
    like(text, /Claire Pinson.*pharmacienne.*Pharmacie du Lac/,
         'with the address block');
    like(text, /ne se copie pas et ne s’imprime pas/,
         'and what one commits oneself to');
    ok(!/questionnaire/.test(text), 'without questionnaire');
    like(codes(paper.file, 1).join(), /invitation\.html#/, 'and its code');
    await leave(visit, 'the letter to a professional');
}

suite(async (browser) => {
    await doctors(browser);
    await professional(browser);
    ok(readFileSync(`${scratch}/doctors.pdf`).length > 1000, 'on paper');
});
