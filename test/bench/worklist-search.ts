// How soon orders are on screen after the typing stops: a worklist (wlmscpfs) with 2,000 items, the station with its list
// kept, and Chromium typing into Orders. `node test/bench/worklist-search.ts [items]`.
//
// First answer: from the last letter to the first row that fits. Worklist's own word: from the last letter to the sentence
// that says what the worklist itself found, which contains the pause in the typing (250 ms) and the peer's own time.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright';
import { buildFileMeta, explicitLittleEndian } from '#station/dicom/index.ts';
import { writeIdentifier } from '#station/dicom/network/identifier.ts';
import { settingsFor, startStation } from '../journeys/support/station.ts';
import { freePort, keepRunning, temporaryFolder } from '../peers/programs/index.ts';
import { listening } from '../peers/programs/index.ts';
import { itemOf } from '../station/orders/scripted-worklist.ts';

const items = Number(process.argv[2] ?? 2000);
const tries = 20;
const limitMs = 300;
const families = ['Smith', 'Jansen', 'Müller', 'García', 'Nowak', 'Rossi', 'Öztürk', 'Larsen', 'Dubois', 'Silva'];
const two = (number: number) => String(number).padStart(2, '0');
const now = new Date();
const today = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;

async function writeItems(folder: string): Promise<void> {
  await mkdir(path.join(folder, 'RIS'));
  await writeFile(path.join(folder, 'RIS', 'lockfile'), '');
  for (let number = 0; number < items; number++) {
    const family = `${families[number % families.length] ?? ''}${String.fromCharCode(97 + (number % 26))}`;
    const item = itemOf(
      {
        ...{
          PatientName: `${family}^Given${number}`,
          PatientID: `P${100_000 + number}`,
          AccessionNumber: `A${number}`,
        },
        ...{ StudyInstanceUID: `2.25.${1_000_000 + number}`, RequestedProcedureID: `R${number}` },
      },
      {
        ScheduledProcedureStepStartDate: today,
        ScheduledProcedureStepStartTime: `${two(7 + (number % 12))}${two(number % 60)}00`,
        ScheduledProcedureStepID: `S${number}`,
      },
    );
    const meta = buildFileMeta({
      sopClassUid: '1.2.840.10008.5.1.4.31',
      sopInstanceUid: `2.25.${9_000_000 + number}`,
      transferSyntaxUid: explicitLittleEndian,
    });
    await writeFile(
      path.join(folder, 'RIS', `${number}.wl`),
      Buffer.concat([meta, writeIdentifier(item, explicitLittleEndian)]),
    );
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const worst = (values: readonly number[]) => Math.max(...values);
const ms = (value: number) => `${Math.round(value)} ms`;

const folder = await temporaryFolder('worklist');
await writeItems(folder.path);
const port = await freePort();
const peer = keepRunning('wlmscpfs', ['-csk', '-dfr', '-dfp', folder.path, String(port)], {
  env: { TCP_NODELAY: '1' },
});
await listening(port, peer.ended);
const ris = { id: 'ris', name: 'RIS', aeTitle: 'RIS', host: '127.0.0.1', port };
const station = await startStation({ ...settingsFor(), worklists: [ris] });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
let isWell = false;
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(`${station.url}#token=${station.token}`);
  await page.getByRole('contentinfo').getByText('Listening as').waitFor();
  const fetched = performance.now();
  await page.keyboard.press('F5');
  await page.getByText(new RegExp(`^${items.toLocaleString('en')} orders$`)).waitFor({ timeout: 120_000 });
  const wholeMs = performance.now() - fetched;
  const first: number[] = [];
  const live: number[] = [];
  const search = page.getByRole('searchbox', { name: 'Search orders' });
  for (let n = 0; n < tries; n++) {
    const number = (n * 97) % items;
    const typed = n % 3 === 0 ? `A${number}` : n % 3 === 1 ? `given${number}` : (families[n % 10] ?? '').toLowerCase();
    await search.fill('');
    await page.getByText(new RegExp(`^${items.toLocaleString('en')} orders$`)).waitFor();
    await search.pressSequentially(typed.slice(0, -1), { delay: 40 });
    const times = await page.evaluate(
      async ({ last, wanted }) => {
        const input = document.activeElement as HTMLInputElement;
        const seen = (found: () => boolean) =>
          new Promise<number>((resolve) => {
            const look = () => (found() ? resolve(performance.now()) : requestAnimationFrame(look));
            look();
          });
        const began = performance.now();
        input.value += last;
        input.dispatchEvent(new Event('input', { bubbles: true }));
        const fold = (text: string) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
        const rows = () => [...document.querySelectorAll('tbody tr[data-id]')];
        const shown = await seen(
          () => rows().length > 0 && rows().every((row) => fold(row.textContent ?? '').includes(wanted)),
        );
        const said = await seen(() => /RIS has/.test(document.querySelector('[role=status].asked')?.textContent ?? ''));
        return { shown: shown - began, said: said - began };
      },
      {
        last: typed.slice(-1),
        wanted: typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase(),
      },
    );
    first.push(times.shown);
    live.push(times.said);
  }
  isWell = worst(first) <= limitMs;
  console.log(`| what | median | worst |\n|---|---|---|`);
  console.log(
    `| first answer shown after the last letter (${items} items) | ${ms(median(first))} | ${ms(worst(first))} |`,
  );
  console.log(`| the worklist's own word shown | ${ms(median(live))} | ${ms(worst(live))} |`);
  console.log(`| the whole list fetched and shown, from the start | ${ms(wholeMs)} | |`);
} finally {
  await browser.close();
  await station.close();
  await peer.close();
  await folder.close();
}
if (!isWell) console.error(`The first answer took longer than ${limitMs} ms.`);
process.exitCode = isWell ? 0 : 1;
