// Worklists as they are: right, wrong, silent, endless, and gone in the middle.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { worklistSettingShape, type OrderSource } from '#contract/shapes/worklists.ts';
import { classifyEnding, classifyOpening } from '#station/5-forward/index.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { openOrders, openWorklists, type Orders, type Worklists } from '#station/orders/index.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { itemOf, listenWorklist, type Query, type ScriptedWorklist } from './scripted-worklist.ts';

const today = new Date(2026, 10, 23, 9, 0).getTime();
const clock: Clock = { ...systemClock, epochMs: () => today };
const log = { info() {}, warn() {}, error() {} };

let book: Book;
let orders: Orders;
let worklists: Worklists;
let closing: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  book = openBook(':memory:');
  orders = openOrders({ book, clock });
});
afterEach(async () => {
  await worklists.close();
  for (const close of closing) await close();
  closing = [];
  book.close();
});

function open(ports: object = {}): void {
  worklists = openWorklists({
    ...{ book, clock, log, keep: orders.keep, gone: orders.gone, changed: () => {} },
    ports: {
      openAssociation,
      sayOpening: (opening, titles) => classifyOpening(opening, titles).answer,
      sayEnding: (ending) => classifyEnding(ending).answer,
      heedMs: 100,
      ...ports,
    },
  });
}

async function serve(answer: ((query: Query) => unknown) | 'reject'): Promise<ScriptedWorklist> {
  const worklist = await listenWorklist(answer);
  closing.push(() => worklist.close());
  return worklist;
}

const settingOf = (port: number, more: object = {}) =>
  worklistSettingShape.parse({ id: 'ris', name: 'RIS', aeTitle: 'RIS', host: '127.0.0.1', port, ...more });

/** Fetches the list of a worklist that answers so; gives what is known of it. */
async function fetchFrom(answer: ((query: Query) => unknown) | 'reject', more: object = {}, ports: object = {}) {
  const worklist = await serve(answer);
  open(ports);
  worklists.apply([settingOf(worklist.port, more)], 'SAFELIGHT');
  await worklists.refresh();
  return { worklist, source: sourceOf() };
}

const sourceOf = (): OrderSource => worklists.sources()[0] as OrderSource;
const saying =
  (...items: (Identifier | Buffer)[]) =>
  ({ say, done }: Query) => {
    for (const item of items) say(item);
    done();
  };
const all = () => orders.search({ limit: 1000, withGone: true }).orders;
const stepOf = (keys: Identifier): Identifier =>
  (keys['ScheduledProcedureStepSequence'] as readonly Identifier[] | undefined)?.[0] ?? {};

test('SWF-1 the broad query asks for days, device and modality, and leaves every other key empty for return', async () => {
  const { worklist } = await fetchFrom(saying(), { stationAeTitles: ['US_1'], modalities: ['US'] });
  const [keys = {}] = worklist.asked;
  expect(stepOf(keys)).toMatchObject({
    ScheduledProcedureStepStartDate: '20261122-20261124',
    ScheduledStationAETitle: 'US_1',
    Modality: 'US',
    ScheduledProcedureStepID: '',
    ScheduledProtocolCodeSequence: [{ CodeValue: '' }],
  });
  for (const keyword of ['PatientName', 'PatientID', 'AccessionNumber', 'StudyInstanceUID', 'RequestedProcedureID'])
    expect(keys[keyword]).toBe('');
});

test('SWF-1 the patient-based query asks for a name with a wild card, in the forms in which names are written', async () => {
  const { worklist } = await fetchFrom(saying());
  await worklists.ask({ searchId: 'window', text: 'smi anna' });
  const names = worklist.asked.slice(1).map((keys) => keys['PatientName']);
  expect(names).toEqual(['Smi*Anna*', 'SMI*ANNA*', 'smi*anna*']);
  expect(stepOf(worklist.asked[1] ?? {})['ScheduledProcedureStepStartDate']).toBe('');
  await worklists.ask({ searchId: 'window', text: 'A17' });
  expect(worklist.asked.slice(-2).map((keys) => keys['AccessionNumber'] || keys['PatientID'])).toEqual([
    'A17*',
    'A17*',
  ]);
});

test('EBIW-1 the query by visit asks for its admission ID', async () => {
  const { worklist } = await fetchFrom(saying());
  await worklists.ask({ searchId: 'window', wish: { AdmissionID: 'V-7' } });
  expect(worklist.asked.at(-1)).toMatchObject({ AdmissionID: 'V-7' });
});

test('SWF-2 IRWF-8 everything an image takes over from the worklist is kept', async () => {
  const item = itemOf(
    {
      ReferencedStudySequence: [{ ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: '1.2.9' }],
      RequestedProcedureCodeSequence: [{ CodeValue: 'L1', CodingSchemeDesignator: '99X', CodeMeaning: 'Liver' }],
      RequestedProcedurePriority: 'STAT',
      AdmissionID: 'V7',
      IssuerOfAdmissionIDSequence: [{ LocalNamespaceEntityID: 'KLINIK' }],
    },
    {
      ScheduledProcedureStepDescription: 'Upper abdomen',
      ScheduledProtocolCodeSequence: [{ CodeValue: 'P1', CodingSchemeDesignator: '99X', CodeMeaning: 'Abdomen' }],
      ScheduledProcedureStepStatus: 'ARRIVED',
    },
  );
  await fetchFrom(saying(item));
  expect(all()).toMatchObject([
    {
      state: 'arrived',
      content: {
        ...{ StudyInstanceUID: '1.2.3', AccessionNumber: 'A1', ReferencedStudySOPInstanceUIDs: ['1.2.9'] },
        ...{
          RequestedProcedureID: 'R1',
          RequestedProcedureDescription: 'Liver',
          AdmissionID: 'V7',
          IssuerOfAdmissionID: 'KLINIK',
        },
        RequestedProcedureCodes: [{ CodeValue: 'L1', CodeMeaning: 'Liver' }],
        ...{ ScheduledProcedureStepID: 'S1', ScheduledProcedureStepDescription: 'Upper abdomen' },
        ScheduledProtocolCodes: [{ CodeValue: 'P1' }],
        ...{ priority: 'stat', scheduledFor: '20261123101500', ScheduledStationAETitles: ['US_1'] },
      },
    },
  ]);
});

test('MWL an answer in another character set than the query is read in its own', async () => {
  const latin = Buffer.from(itemBytes('ISO_IR 100', Buffer.from('Müller^Änne', 'latin1')));
  const greek = Buffer.from(
    itemBytes('ISO_IR 126', Buffer.from([0xc4, 0xe9, 0xef, 0xed, 0xf5, 0xf3, 0xdf, 0xef, 0xf2])),
  );
  await fetchFrom(saying(latin, greek));
  expect(all().map(({ content }) => content.PatientName)).toEqual(['Müller^Änne', 'Διονυσίος'].sort());
});

test('MWL an answer that forgot to say its character set is read as what its bytes are, and counted', async () => {
  const { source } = await fetchFrom(
    saying(itemBytes('', Buffer.from('Müller^Änne'), 'A1'), itemBytes('', Buffer.from('Otto^Jörg', 'latin1'), 'A2')),
  );
  expect(all().map(({ content }) => content.PatientName)).toEqual(['Müller^Änne', 'Otto^Jörg']);
  expect(source.notes).toMatchObject([{ key: 'item-guessed', params: { count: 2 } }]);
});

/** An item whose name is written in bytes of its own. */
function itemBytes(characterSet: string, name: Buffer, accession = characterSet.slice(-3)): Buffer {
  const element = (group: number, number: number, vr: string, value: Buffer) => {
    const padded = value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from(' ')]);
    const head = Buffer.alloc(8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.write(vr, 4, 'latin1');
    head.writeUInt16LE(padded.length, 6);
    return Buffer.concat([head, padded]);
  };
  const step = Buffer.concat([
    element(0x0008, 0x0060, 'CS', Buffer.from('US')),
    element(0x0040, 0x0002, 'DA', Buffer.from('20261123')),
  ]);
  const item = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  item.writeUInt32LE(step.length, 4);
  const sequence = Buffer.from([0x40, 0, 0, 0x01, 0x53, 0x51, 0, 0, 0, 0, 0, 0]);
  sequence.writeUInt32LE(step.length + 8, 8);
  return Buffer.concat([
    element(0x0008, 0x0005, 'CS', Buffer.from(characterSet)),
    element(0x0008, 0x0050, 'SH', Buffer.from(accession)),
    element(0x0010, 0x0010, 'PN', name),
    element(0x0010, 0x0020, 'LO', Buffer.from('P1')),
    ...[sequence, item, step],
  ]);
}

test('MWL ill-formed answers are left out or put right, counted, and never cut an identifier', async () => {
  const { source } = await fetchFrom(
    saying(
      itemOf(),
      { PatientName: 'No^Step', PatientID: 'P2' },
      itemOf({ AccessionNumber: 'A3', PatientID: 'X'.repeat(65) }),
      itemOf({ AccessionNumber: '12345678901234567', RequestedProcedureID: 'R4' }),
      itemOf({ AccessionNumber: 'A5', PatientBirthDate: '19601345', RequestedProcedureDescription: 'D'.repeat(80) }),
      itemOf({ AccessionNumber: 'A6', PatientName: '', PatientID: '' }),
      Buffer.from('nonsense'),
    ),
  );
  expect(source).toMatchObject({ failedAt: null });
  expect(source.notes).toEqual([
    { key: 'item-unreadable', params: { count: 1 } },
    { key: 'item-left-out', params: { keyword: 'ScheduledProcedureStepSequence', count: 1 } },
    { key: 'item-left-out', params: { keyword: 'PatientID', count: 1 } },
    { key: 'item-emptied', params: { keyword: 'AccessionNumber', count: 1 } },
    { key: 'item-emptied', params: { keyword: 'PatientBirthDate', count: 1 } },
    { key: 'item-cut', params: { keyword: 'RequestedProcedureDescription', count: 1 } },
    { key: 'item-left-out', params: { keyword: 'PatientName', count: 1 } },
  ]);
  expect(
    all()
      .map(({ content }) => content.AccessionNumber)
      .sort(),
  ).toEqual(['', 'A1', 'A5']);
});

test('MWL an item with two steps becomes two orders, and two items with one accession and two patients as well', async () => {
  const two = itemOf({ AccessionNumber: 'A2' });
  const [step = {}] = two['ScheduledProcedureStepSequence'] as Identifier[];
  const both = { ...two, ScheduledProcedureStepSequence: [step, { ...step, ScheduledProcedureStepID: 'S2' }] };
  const items = [both, itemOf(), itemOf({ PatientID: 'P9', PatientName: 'Other^Person' })];
  const { source } = await fetchFrom(saying(...items));
  expect(source.notes).toEqual([
    { key: 'item-several-steps', params: { keyword: 'ScheduledProcedureStepSequence', count: 1 } },
  ]);
  const shared = all().filter(({ content }) => content.AccessionNumber === 'A1');
  expect(all()).toHaveLength(4);
  expect(shared.map(({ sharesAccession }) => sharesAccession)).toEqual([true, true]);
});

test('an order passes to another patient only when the whole list says so', async () => {
  let items = [itemOf()];
  await fetchFrom((query) => saying(...items)(query));
  const [first] = all();
  items = [itemOf({ PatientID: 'P9', PatientName: 'Other^Person' })];
  await worklists.ask({ searchId: 'window', text: 'other' });
  expect(orders.find(first?.id ?? '')?.content.PatientID).toBe('P1');
  expect(all()).toHaveLength(2);
  await worklists.refresh();
  expect(orders.find(first?.id ?? '')?.content.PatientID).toBe('P9');
  expect(orders.search({ limit: 9 }).total).toBe(1);
});

test('what the worklist no longer lists leaves the list; when it does not answer, nothing does, and the age is honest', async () => {
  let items = [itemOf(), itemOf({ AccessionNumber: 'A2' })];
  let dies = false;
  const { source } = await fetchFrom((query) => (dies ? query.peer.reset() : saying(...items)(query)));
  expect(source).toMatchObject({ failedAt: null, answer: null });
  items = [itemOf()];
  await worklists.refresh();
  expect(orders.search({ limit: 9 }).total).toBe(1);
  dies = true;
  await worklists.refresh();
  expect(sourceOf()).toMatchObject({ answer: { key: 'connection-lost' } });
  expect(sourceOf().failedAt).not.toBeNull();
  expect(sourceOf().answeredAt).not.toBeNull();
  expect(orders.search({ limit: 9 }).total).toBe(1);
  dies = false;
  await worklists.refresh();
  expect(sourceOf()).toMatchObject({ failedAt: null, answer: null });
});

test('a worklist that closes midway takes nothing off the list', async () => {
  let isCut = false;
  const answer = (query: Query) => {
    if (!isCut) return saying(itemOf(), itemOf({ AccessionNumber: 'A2' }))(query);
    query.say(itemOf());
    setImmediate(() => query.peer.end());
  };
  await fetchFrom(answer);
  isCut = true;
  await worklists.refresh();
  expect(sourceOf().failedAt).not.toBeNull();
  expect(orders.search({ limit: 9 }).total).toBe(2);
});

test('a worklist that never answers is given up, says so, and holds up no other', async () => {
  const { source } = await fetchFrom(() => {}, {}, { timeouts: { answerMs: 200 } });
  expect(source).toMatchObject({ answeredAt: null, asking: false, answer: { key: 'worklist-unanswered' } });
});

test('a worklist that refuses says why, in the words of every other peer', async () => {
  const { source } = await fetchFrom('reject');
  expect(source.answer).toEqual({ key: 'called-ae-unknown', params: { called: 'RIS' } });
  await worklists.close();
  const failing = await serve(({ done }) => done(0xa900));
  open();
  worklists.apply([settingOf(failing.port)], 'SAFELIGHT');
  await worklists.refresh();
  expect(sourceOf().answer).toEqual({ key: 'worklist-refused', params: { status: 'A900', comment: '' } });
});

test('MWL a search that brings more than 500 answers is cut by C-CANCEL, and says that there are more', async () => {
  const endless = async ({ say, done, cancelled }: Query) => {
    let isCancelled = false;
    void cancelled.then(() => (isCancelled = true));
    for (let number = 0; number < 5000 && !isCancelled; number++) {
      say(itemOf({ AccessionNumber: `N${number}`, RequestedProcedureID: '' }, { ScheduledProcedureStepStartDate: '' }));
      if (number % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    done(isCancelled ? 0xfe00 : 0);
  };
  let isFirst = true;
  const { worklist } = await fetchFrom((query) => {
    if (!isFirst) return endless(query);
    isFirst = false;
    query.done();
  });
  const { answers } = await worklists.ask({ searchId: 'window', text: 'smith' });
  expect(answers).toMatchObject([{ kind: 'more', orders: 500 }]);
  expect(worklist.cancels).toBe(1);
  expect(all()).toHaveLength(500);
});

test('five thousand answers of a list that goes on are kept, and nothing is taken off for being cut', async () => {
  const many = ({ say, done, cancelled }: Query) => {
    for (let number = 0; number < 5001; number++)
      say(itemOf({ AccessionNumber: `N${number}`, RequestedProcedureID: '' }));
    void cancelled.then(() => done(0xfe00));
  };
  const { source, worklist } = await fetchFrom(many);
  expect(source.notes).toEqual([{ key: 'list-cut', params: { most: 5000 } }]);
  expect(orders.search({ limit: 1 }).total).toBe(5000);
  expect(worklist.cancels).toBe(1);
});

test('a newer search withdraws the older one by C-CANCEL, and a peer that does not heed it is left', async () => {
  const held: Query[] = [];
  const { worklist } = await fetchFrom((query) => {
    const name = query.keys['PatientName'];
    if (name === 'Smi*') held.push(query);
    else if (name === 'Smith*') saying(itemOf())(query);
    else query.done();
  });
  const first = worklists.ask({ searchId: 'window', text: 'smi' });
  await expect.poll(() => held.length).toBe(1);
  const second = await worklists.ask({ searchId: 'window', text: 'smith' });
  expect((await first).answers).toMatchObject([{ kind: 'superseded' }]);
  expect(second.answers).toMatchObject([{ kind: 'answered', orders: 1 }]);
  await expect.poll(() => worklist.cancels).toBe(1);
  await expect.poll(() => held[0]?.peer.isEnded).toBe(true);
});

test('the test button says how many orders there are today, and what is wrong', async () => {
  const worklist = await serve(saying(itemOf(), itemOf({ AccessionNumber: 'A2' })));
  open();
  expect(await worklists.test(settingOf(worklist.port))).toMatchObject({
    ...{ ok: true, key: 'worklist-answers', params: { orders: 2 } },
  });
  expect(stepOf(worklist.asked[0] ?? {})['ScheduledProcedureStepStartDate']).toBe('20261123');
  await worklist.close();
  closing = [];
  expect(await worklists.test(settingOf(worklist.port))).toMatchObject({ ok: false, key: 'connection-refused' });
  expect(all()).toEqual([]);
});
