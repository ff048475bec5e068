// The worklist of DCMTK (wlmscpfs) with items that dump2dcm wrote: what we ask is understood there, and what it says here.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { worklistSettingShape } from '#contract/shapes/worklists.ts';
import { classifyEnding, classifyOpening } from '#station/5-forward/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { openOrders, openWorklists, type Orders, type Worklists } from '#station/orders/index.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { convert, freePort, keepRunning, listening, temporaryFolder } from './programs/index.ts';

const clock: Clock = { ...systemClock, epochMs: () => new Date(2026, 10, 23, 9, 0).getTime() };
const log = { info() {}, warn() {}, error() {} };

type Item = {
  readonly name: Buffer | string;
  readonly characterSet: string;
  readonly accession: string;
  readonly day: string;
  readonly modality: string;
  readonly station: string;
};

const ultrasound = { characterSet: 'ISO_IR 100', day: '20261123', modality: 'US', station: 'US_1' };
const japanese = Buffer.concat([
  Buffer.from('Yamada^Tarou=\x1b$B', 'latin1'),
  Buffer.from([0x3b, 0x33, 0x45, 0x44]),
  Buffer.from('\x1b(B^\x1b$B', 'latin1'),
  Buffer.from([0x42, 0x40, 0x4f, 0x3a]),
  Buffer.from('\x1b(B', 'latin1'),
]);
const items: readonly Item[] = [
  { ...ultrasound, name: Buffer.from('Müller^Änne', 'latin1'), accession: 'A1' },
  { ...ultrasound, name: 'SMITH^ANNA', accession: 'A2', modality: 'XA', station: 'CARM' },
  { ...ultrasound, name: japanese, characterSet: '\\ISO 2022 IR 87', accession: 'A3' },
  { ...ultrasound, name: 'Later^Lea', accession: 'A4', day: '20261210' },
];

const dumpOf = ({ name, characterSet, accession, day, modality, station }: Item, n: number) =>
  Buffer.concat([
    Buffer.from(`(0008,0005) CS [${characterSet}]\n(0008,0050) SH [${accession}]\n(0010,0010) PN [`),
    Buffer.from(name),
    Buffer.from(`]
(0010,0020) LO [P${n}]
(0010,0030) DA [19700102]
(0010,0040) CS [F]
(0020,000d) UI [2.25.7700${n}]
(0032,1060) LO [Liver]
(0032,1064) SQ
(fffe,e000) -
(0008,0100) SH [L1]
(0008,0102) SH [99X]
(0008,0104) LO [Liver]
(fffe,e00d) -
(fffe,e0dd) -
(0040,1001) SH [R${n}]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [${modality}]
(0040,0001) AE [${station}]
(0040,0002) DA [${day}]
(0040,0003) TM [083000]
(0040,0007) LO [Upper abdomen]
(0040,0009) SH [S${n}]
(fffe,e00d) -
(fffe,e0dd) -
`),
  ]);

let server: { port: number; close(): Promise<void> };
beforeAll(async () => {
  const folder = await temporaryFolder('worklist');
  const lists = path.join(folder.path, 'RIS');
  await mkdir(lists);
  await writeFile(path.join(lists, 'lockfile'), '');
  for (const [n, item] of items.entries()) {
    const dump = path.join(folder.path, `${n}.dump`);
    await writeFile(dump, dumpOf(item, n));
    await convert('dump2dcm', [dump, path.join(lists, `${n}.wl`)]);
  }
  const port = await freePort();
  const running = keepRunning('wlmscpfs', ['-csk', '-dfr', '-dfp', folder.path, String(port)]);
  await listening(port, running.ended);
  server = {
    port,
    close: async () => {
      await running.close();
      await folder.close();
    },
  };
});
afterAll(() => server.close());

let book: Book;
let orders: Orders;
let worklists: Worklists;
beforeEach(() => {
  book = openBook(':memory:');
  orders = openOrders({ book, clock });
  worklists = openWorklists({
    ...{ book, clock, log, keep: orders.keep, gone: orders.gone, changed: () => {} },
    ports: {
      openAssociation,
      sayOpening: (opening, titles) => classifyOpening(opening, titles).answer,
      sayEnding: (ending) => classifyEnding(ending).answer,
    },
  });
});
afterEach(async () => {
  await worklists.close();
  book.close();
});

const settingOf = (more: object = {}) =>
  worklistSettingShape.parse({ id: 'ris', name: 'RIS', aeTitle: 'RIS', host: '127.0.0.1', port: server.port, ...more });
const kept = () =>
  orders
    .search({ limit: 99 })
    .orders.map(({ content }) => content.AccessionNumber)
    .sort();
const fetchList = async (more: object = {}) => {
  worklists.apply([settingOf(more)], 'SAFELIGHT');
  await worklists.refresh();
  expect(worklists.sources()).toMatchObject([{ failedAt: null, notes: [] }]);
};

test('SWF-1 the broad query brings the days that are set, and no other', async () => {
  await fetchList();
  expect(kept()).toEqual(['A1', 'A2', 'A3']);
});

test('SWF-1 a list for one device or modality holds only those', async () => {
  await fetchList({ stationAeTitles: ['CARM'] });
  expect(kept()).toEqual(['A2']);
});

test('SWF-1 the patient-based query finds who is planned for another day, by name in either case, and by accession', async () => {
  await fetchList();
  expect((await worklists.ask({ searchId: 'window', text: 'later' })).answers).toMatchObject([{ orders: 1 }]);
  expect((await worklists.ask({ searchId: 'window', text: 'smith' })).answers).toMatchObject([{ orders: 1 }]);
  expect((await worklists.ask({ searchId: 'window', text: 'A4' })).answers).toMatchObject([{ orders: 1 }]);
  expect((await worklists.ask({ searchId: 'window', text: 'nobody' })).answers).toMatchObject([{ orders: 0 }]);
  expect(kept()).toEqual(['A1', 'A2', 'A3', 'A4']);
});

test('SWF-2 IRWF-8 study, procedure, step and codes come from the worklist', async () => {
  await fetchList({ modalities: ['XA'] });
  expect(orders.search({ limit: 1 }).orders[0]?.content).toMatchObject({
    ...{ PatientName: 'SMITH^ANNA', PatientID: 'P1', StudyInstanceUID: '2.25.77001', RequestedProcedureID: 'R1' },
    ...{ ScheduledProcedureStepID: 'S1', ScheduledProcedureStepDescription: 'Upper abdomen' },
    RequestedProcedureCodes: [{ CodeValue: 'L1', CodingSchemeDesignator: '99X', CodeMeaning: 'Liver' }],
    scheduledFor: '20261123083000',
  });
});

test('MWL answers come in the character set of their item, whatever that of the query was', async () => {
  await fetchList();
  const names = orders.search({ limit: 9 }).orders.map(({ content }) => content.PatientName);
  expect(names).toContain('Müller^Änne');
  expect(names).toContain('Yamada^Tarou=山田^太郎');
});

test('the test button finds it, and another AE title is refused in words', async () => {
  const today = { daysBack: 0, daysAhead: 0 };
  expect(await worklists.test(settingOf(today))).toMatchObject({ ok: true, params: { orders: 3 } });
  expect(await worklists.test(settingOf({ aeTitle: 'NOBODY' }))).toMatchObject({ ok: false });
});
