// A queue of 100,000 deliveries in the window: how long the Outbox takes to open, and how soon a change of state shows,
// beside a queue of 100. Prints one table; fails above 300 ms and 1 s. `node test/soak/outbox-window.ts [deliveries]`.
//
// The window is the one that was built, in Chromium without a GPU. The exams are made in the book; their files count as
// removed on purpose. One destination does not answer, the other is paused: nothing leaves meanwhile.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright';
import { newId, newUid } from '#station/kit/ids.ts';
import { openBook } from '#station/records/index.ts';
import { runHeadless } from '../../src-main/headless/run.ts';
import { freePort } from '../peers/programs/index.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const large = Number(process.argv[2] ?? 100_000);
const perExam = 50;
const rounds = 7;
const destinations = ['archive', 'cache'] as const;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const slowest = (values: readonly number[]) => Math.max(...values);

type Figures = {
  readonly deliveries: number;
  readonly pageMs: number;
  readonly statusMs: number;
  readonly openMs: readonly number[];
  readonly changeMs: readonly number[];
};

function seed(home: string, deliveries: number): void {
  mkdirSync(home, { recursive: true });
  const book = openBook(path.join(home, 'catalog.db'));
  const at = (n: number) => new Date(Date.now() - 60_000 - n * 1000).toISOString();
  const setting = (id: string) => JSON.stringify({ id, required: true });
  book.transaction(() => {
    const [source, patient] = [newId(), newId()];
    book
      .sql(`INSERT INTO source (id, kind, label, firstSeenAt, lastSeenAt) VALUES (?, 'dicom', 'CT', ?, ?)`)
      .run(source, at(0), at(0));
    book.sql(`INSERT INTO patient VALUES (?, '4711', '', 'SAMPLE^A', '', '')`).run(patient);
    for (const id of destinations) {
      book.sql('INSERT INTO destination (id, setting, since) VALUES (?, ?, ?)').run(id, setting(id), at(0));
    }
    const objects = Math.max(1, deliveries / destinations.length);
    for (let made = 0, n = 0; made < objects; n++) {
      const [exam, series] = [newId(), newId()];
      const count = Math.min(perExam, objects - made);
      const name = `SAMPLE^N${String(n).padStart(5, '0')}`;
      book
        .sql(
          `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, modalities, firstArrivedAt, lastArrivedAt,
             completeAt, approvedAt, objects, images, approved) VALUES (?, ?, ?, ?, ?, '["CT"]', ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          ...[exam, newUid(), patient, source, JSON.stringify({ PatientName: name, PatientID: String(n) })],
          ...[at(n), at(n), at(n), at(n), count, count, count],
        );
      book.sql(`INSERT INTO series VALUES (?, ?, ?, 'CT', '1', '')`).run(series, exam, newUid());
      for (let i = 0; i < count; i++, made++) {
        const [object, revision, uid] = [newId(), newId(), newUid()];
        book
          .sql(
            `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
               InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt, purgingAt, purgedAt)
             VALUES (?, ?, ?, ?, ?, ?, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', ?, 'approved', ?, 524288, 400, '', '{}', '{}', ?, ?, ?)`,
          )
          .run(object, exam, series, source, patient, uid, String(i + 1), `000000/${object}.dcm`, at(n), at(0), at(0));
        book
          .sql(
            `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes,
               dataSetOffset, dataSetSha256, attributes, verifiedAt, createdAt, by)
             VALUES (?, ?, 1, ?, '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 524288, 400, '', '{}', ?, ?, 'bench')`,
          )
          .run(revision, object, uid, at(n), at(n));
        for (const id of destinations) {
          book
            .sql(
              `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, priority, place, state, createdAt)
               VALUES (?, ?, ?, ?, ?, 1, 2, ?, 'ready', ?)`,
            )
            .run(newId(), exam, object, revision, id, i, at(n));
        }
      }
    }
  });
  book.close();
}

/** From the key to the first frame in which a line of the Outbox is on screen. */
async function openOutbox(page: Page): Promise<number> {
  await page.keyboard.press('F2');
  await page.getByRole('heading', { name: 'Inbox', exact: true }).waitFor();
  await page.evaluate(() => {
    const look = (began: number) => {
      const line = document.querySelector('table[aria-label^="Approved exams"] tr[data-id]');
      if (line) document.body.dataset['opened'] = String(performance.now() - began);
      else requestAnimationFrame(() => look(began));
    };
    delete document.body.dataset['opened'];
    addEventListener('keydown', () => look(performance.now()), { once: true, capture: true });
  });
  await page.keyboard.press('F6');
  const handle = await page.waitForFunction(() => document.body.dataset['opened']);
  return Number(await handle.jsonValue());
}

/** From the request that holds an exam to the frame in which its line says so. */
async function showChange(page: Page, change: () => Promise<unknown>, state: string): Promise<number> {
  const shown = page.evaluate(async (wanted) => {
    for (;;) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const share = document.querySelector('table[aria-label^="Approved exams"] tr[data-id] [data-share]');
      if (share?.getAttribute('data-share') === wanted) return performance.timeOrigin + performance.now();
    }
  }, state);
  const began = Date.now();
  await change();
  return (await shown) - began;
}

async function measure(deliveries: number): Promise<Figures> {
  const folder = await temporaryFolder('outbox-window');
  const home = path.join(folder.path, 'home');
  seed(home, deliveries);
  const port = await freePort();
  const running = await runHeadless({
    home,
    settings: {
      station: { dicomHost: '127.0.0.1' },
      destinations: destinations.map((id, n) => ({
        ...{ id, name: id, kind: id, aeTitle: id.toUpperCase(), host: '127.0.0.1', port: port + n, confirm: 'query' },
      })),
    },
    ...{ dicomPort: 0, httpPort: 0, pagesFolder: path.resolve(import.meta.dirname, '../../dist/renderer') },
    log: { info() {}, warn() {}, error() {}, debug() {} } as never,
  });
  const ask = async <T>(method: string, route: string, body?: object): Promise<T> => {
    const answer = await fetch(new URL(`api${route}`, running.ready.url), {
      method,
      headers: { Authorization: `Bearer ${running.ready.token}`, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const timed = async (work: () => Promise<unknown>) => {
    const times: number[] = [];
    for (let n = 0; n < rounds; n++) {
      const began = performance.now();
      await work();
      times.push(performance.now() - began);
    }
    return median(times);
  };
  const browser = await chromium.launch({
    executablePath: process.env['SAFELIGHT_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  try {
    await ask('POST', '/destinations/cache/pause', { paused: true });
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.goto(`${running.ready.url}#token=${running.ready.token}`);
    await page.getByRole('contentinfo').getByText('Listening as').waitFor();
    const openMs: number[] = [];
    for (let n = 0; n < rounds; n++) {
      // The first time of a window is what counts: a fresh page each time.
      await page.reload();
      await page.getByRole('contentinfo').getByText('Listening as').waitFor();
      openMs.push(await openOutbox(page));
    }
    const { lines } = await ask<{ lines: { examId: string }[] }>('GET', '/outbox?limit=1');
    const id = lines[0]?.examId ?? '';
    const changeMs: number[] = [];
    for (let n = 0; n < rounds; n++) {
      const action = n % 2 === 0 ? 'hold' : 'release';
      const change = () => ask('POST', `/outbox/changes`, { examIds: [id], action });
      changeMs.push(await showChange(page, change, n % 2 === 0 ? 'held' : 'waiting'));
    }
    const pageMs = await timed(() => ask('GET', '/outbox?limit=50'));
    const statusMs = await timed(() => ask('GET', '/health'));
    return { deliveries, pageMs, statusMs, openMs, changeMs };
  } finally {
    await browser.close();
    await running.close();
    await folder.close();
  }
}

const found = [await measure(100), await measure(large)];
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
console.log(
  '| deliveries | Outbox opens, median | slowest | change shows, median | slowest | page of 50 | health |\n|---|---|---|---|---|---|---|',
);
for (const { deliveries, openMs, changeMs, pageMs, statusMs } of found) {
  const figures = [median(openMs), slowest(openMs), median(changeMs), slowest(changeMs), pageMs, statusMs].map(ms);
  console.log(`| ${deliveries.toLocaleString('en-GB')} | ${figures.join(' | ')} |`);
}
const last = found.at(-1);
const isWell = last !== undefined && median(last.openMs) <= 300 && slowest(last.changeMs) <= 1000;
process.exit(isWell ? 0 : 1);
