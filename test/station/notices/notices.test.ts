// Telling others: steps, availability and state, to a manager of another make and over a network that fails.
import { setTimeout as wait } from 'node:timers/promises';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import type { NoticesSetting } from '#contract/shapes/notices.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenObjectKept, whenObjectRejected } from '#station/flow/when-object-judged.ts';
import { openNotices, stepClass, type Notices } from '#station/notices/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { createTable, itemsOf, lacking, openStepManager, seriesTable, type StepManager } from './step-provider.ts';

const open: { close(): Promise<unknown> | unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close();
});
const keep = <T extends { close(): Promise<unknown> | unknown }>(one: T): T => {
  open.push(one);
  return one;
};

const order = orderContentShape.parse({
  PatientName: 'Müller^Jürgen',
  PatientID: '471190',
  AccessionNumber: 'A1001',
  RequestedProcedureID: 'RP77',
  RequestedProcedureDescription: 'Abdomen',
  RequestedProcedureCodes: [
    { CodeValue: 'US1', CodingSchemeDesignator: 'LOCAL', CodeMeaning: 'Abdomen' },
    { CodeValue: '241615005-0123456', CodingSchemeDesignator: 'LOCAL', CodeMeaning: 'Abdomen, long' },
  ],
  ScheduledProcedureStepID: 'SPS5',
  ScheduledProtocolCodes: [{ CodeValue: 'P1', CodingSchemeDesignator: 'LOCAL', CodeMeaning: 'Standard' }],
});

const image = (n: number, series = '2.25.1003') =>
  makeObject([
    ...patient.filter(
      (element) => !('keyword' in element && ['SOPInstanceUID', 'SeriesInstanceUID'].includes(element.keyword)),
    ),
    { keyword: 'SOPInstanceUID', value: `2.25.${5000 + n}` },
    { keyword: 'SeriesInstanceUID', value: series },
  ]);

/** The house begins at ten; who is told was set an hour before. */
const offsetMs = Date.parse('2026-11-23T09:00:00.000Z') - Date.now();

async function openTelling(
  settings: NoticesSetting,
  more: { readonly withOrder?: boolean; readonly house?: SmallHouse } = {},
) {
  const house = more.house ?? keep(await openSmallHouse());
  const notices = keep(
    openNotices({
      book: house.book,
      clock: {
        ...systemClock,
        now: () => new Date(Date.now() + offsetMs).toISOString(),
        epochMs: () => Date.now() + offsetMs,
      },
      settings: () => settings,
      station: () => ({ name: 'Röntgen 2', aeTitle: 'SAFELIGHT' }),
      procedureOf: (examId) => house.review.decided(examId).procedureCode,
      orderOf: () => (more.withOrder ? { content: order, StudyID: 'RP77', StudyInstanceUID: '' } : undefined),
      aeTitleOf: (id) => id.toUpperCase(),
      openAssociation,
      onChanged: () => {},
      backoff: { firstMs: 40, mostMs: 80 },
      graceMs: 150,
    }),
  );
  notices.apply();
  return { house, notices };
}

const mppsAt = (port: number) => ({ mpps: { host: '127.0.0.1', port, aeTitle: 'RIS' } });
const states = (notices: Notices) =>
  notices
    .page(undefined, 100)
    .notices.toSorted((a, b) => a.number - b.number)
    .map(({ kind, state }) => `${kind} ${state}`);

const chosen = {
  ...{ CodeValue: 'KN1', CodingSchemeDesignator: '99KLINIK', CodingSchemeVersion: '', CodeMeaning: 'Knee, two views' },
};
const choose = (house: SmallHouse, examId: string) =>
  whenExamCorrected(house.rooms, {
    ...{ examId, attributes: { StudyDescription: 'Knee' }, reason: 'CORRECT', by: 'Kim', procedureCode: chosen },
  });

const onlyStep = (manager: StepManager) =>
  [...manager.instances.values()][0] as NonNullable<ReturnType<StepManager['instances']['get']>>;

test('MPPS IRWF-6 a step is in progress from the first decision on, and completed with the approved objects only', async () => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling(mppsAt(manager.port), { withOrder: true });
  const one = await house.take(image(1));
  const two = await house.take(image(2, '2.25.1004'));
  const { examId } = one;
  whenExamCorrected(house.rooms, {
    examId,
    attributes: { PatientName: 'Müller^Jürgen', PatientID: '471190', AccessionNumber: 'A1001' },
    reason: 'COERCE',
    by: 'Kim',
  });
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(1);
  const begun = { ...onlyStep(manager).elements };
  expect(lacking(begun, createTable)).toEqual([]);
  expect(itemsOf(begun['ProcedureCodeSequence'])).toMatchObject([
    { CodeValue: 'US1' },
    { LongCodeValue: '241615005-0123456' },
  ]);
  const [scheduled = {}] = itemsOf(begun['ScheduledStepAttributesSequence']);
  expect(lacking(scheduled, createTable.scheduled)).toEqual([]);
  expect(scheduled).toMatchObject({
    StudyInstanceUID: '2.25.1002',
    AccessionNumber: 'A1001',
    RequestedProcedureID: 'RP77',
    ScheduledProcedureStepID: 'SPS5',
  });
  expect(begun).toMatchObject({
    PatientID: '471190',
    PerformedStationAETitle: 'ULTRASOUND2',
    PerformedProcedureStepStatus: 'IN PROGRESS',
    Modality: 'OT',
    StudyID: 'RP77',
  });
  expect(JSON.stringify(begun['PatientName'])).toContain('Müller^Jürgen');
  expect(onlyStep(manager).classUid).toBe(stepClass);

  whenObjectRejected(house.rooms, { objectId: two.objectId, reason: '111209', text: '', by: 'Kim' });
  notices.look([examId]);
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(2);
  const done = onlyStep(manager);
  expect(done.history).toEqual(['IN PROGRESS', 'COMPLETED']);
  const series = itemsOf(done.elements['PerformedSeriesSequence']);
  expect(series).toHaveLength(1);
  expect(lacking(series[0] ?? {}, seriesTable)).toEqual([]);
  const named = series.flatMap((item) => [
    ...itemsOf(item['ReferencedImageSequence']),
    ...itemsOf(item['ReferencedNonImageCompositeSOPInstanceSequence']),
  ]);
  expect(named.map((item) => item['ReferencedSOPInstanceUID'])).toEqual(['2.25.5001']);
  expect(done.elements['PerformedProcedureStepEndDate']).toMatch(/^\d{8}$/);
  await expect.poll(() => states(notices)).toEqual(['begun sent', 'completed sent']);
});

test('IRWF-6 nothing is told twice, and what is approved after the end is a step of its own', async () => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling(mppsAt(manager.port));
  const { examId } = await house.take(image(1));
  await house.approve(examId);
  for (let count = 0; count < 3; count++) notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(2);
  await house.take(image(2));
  notices.look([examId]);
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(4);
  expect(manager.requests).toEqual(['N-CREATE', 'N-SET COMPLETED', 'N-CREATE', 'N-SET COMPLETED']);
  expect([...manager.instances.values()].map(({ history }) => history)).toEqual([
    ['IN PROGRESS', 'COMPLETED'],
    ['IN PROGRESS', 'COMPLETED'],
  ]);
});

test.each([
  ['113038', '110514'],
  ['111217', '110501'],
  ['111209', '110513'],
])('IRWF-7 a wholly rejected exam (%s) discontinues its step with the code %s', async (reason, code) => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling(mppsAt(manager.port));
  const { examId, objectId } = await house.take(image(1));
  whenObjectRejected(house.rooms, { objectId, reason, text: '', by: 'Kim' });
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(2);
  const { elements, history } = onlyStep(manager);
  expect(history).toEqual(['IN PROGRESS', 'DISCONTINUED']);
  const [why = {}] = itemsOf(elements['PerformedProcedureStepDiscontinuationReasonCodeSequence']);
  expect(why).toMatchObject({ CodeValue: code, CodingSchemeDesignator: 'DCM' });
  const [series = {}] = itemsOf(elements['PerformedSeriesSequence']);
  expect(lacking(series, seriesTable)).toEqual([]);
  expect(itemsOf(series['ReferencedImageSequence'])).toEqual([]);
});

test('IRWF-7 a rejection that is taken back in time discontinues nothing', async () => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling(mppsAt(manager.port));
  const { examId, objectId } = await house.take(image(1));
  whenObjectRejected(house.rooms, { objectId, reason: '111209', text: '', by: 'Kim' });
  notices.look([examId]);
  whenObjectKept(house.rooms, objectId, 'Kim');
  notices.look([examId]);
  // However long it takes until somebody decides again.
  expect(states(notices)).not.toContain('discontinued waiting');
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(2);
  await wait(250);
  expect(onlyStep(manager).history).toEqual(['IN PROGRESS', 'COMPLETED']);
  expect(manager.requests).toEqual(['N-CREATE', 'N-SET COMPLETED']);
});

test('SWF-5 notices wait for a manager that is away, survive a restart, and come in their order', async () => {
  const probe = await openStepManager();
  const { port } = probe;
  await probe.close();
  const settings = mppsAt(port);
  const { house, notices } = await openTelling(settings);
  const { examId } = await house.take(image(1));
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => notices.page(undefined, 10).notices.at(-1)?.attempts ?? 0).toBeGreaterThan(1);
  expect(states(notices)).toEqual(['begun waiting', 'completed waiting']);
  await notices.close();
  const again = await openTelling(settings, { house });
  const manager = keep(await openStepManager(port));
  await expect.poll(() => manager.requests).toHaveLength(2);
  await expect.poll(() => states(again.notices).filter((state) => !state.endsWith('sent'))).toEqual([]);
  expect(manager.requests).toEqual(['N-CREATE', 'N-SET COMPLETED']);
});

test('SWF-5 an answer that got lost is asked for once more, and leaves one step that was completed once', async () => {
  const manager = keep(await openStepManager());
  manager.answers.push('lost', 0x0111, 'lost');
  const { house, notices } = await openTelling(mppsAt(manager.port));
  const { examId } = await house.take(image(1));
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => states(notices)).toEqual(['begun sent', 'completed sent']);
  expect(manager.requests).toEqual(['N-CREATE', 'N-CREATE', 'N-SET COMPLETED', 'N-SET COMPLETED']);
  expect([...manager.instances.values()].map(({ history }) => history)).toEqual([['IN PROGRESS', 'COMPLETED']]);
});

test('SWF-5 an end is never told while its beginning was refused, other exams go on, and a person may tell it again', async () => {
  const manager = keep(await openStepManager());
  manager.answers.push(0x0106);
  const { house, notices } = await openTelling(mppsAt(manager.port));
  const { examId } = await house.take(image(1));
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => states(notices)[0]).toBe('begun refused');
  const other = await house.take(
    makeObject(
      patient.map((element) =>
        'keyword' in element && element.keyword === 'StudyInstanceUID' ? { ...element, value: '2.25.77' } : element,
      ),
    ),
  );
  await house.approve(other.examId);
  notices.look([other.examId]);
  await expect.poll(() => states(notices).at(-1)).toBe('completed sent');
  expect(manager.requests).toHaveLength(3);
  expect(states(notices)).toEqual(['begun refused', 'completed waiting', 'begun sent', 'completed sent']);
  notices.resend(notices.page(examId, 10).notices.find(({ kind }) => kind === 'begun')?.number ?? 0);
  await expect.poll(() => states(notices).filter((state) => !state.endsWith('sent'))).toEqual([]);
  expect([...manager.instances.values()].every(({ history }) => history.join() === 'IN PROGRESS,COMPLETED')).toBe(true);
});

test('IAN is told once every required destination has proved that it holds the objects, and not before', async () => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling({ ian: { host: '127.0.0.1', port: manager.port, aeTitle: 'RIS' } });
  const { examId, objectId } = await house.take(image(1));
  await house.approve(examId);
  const revision = house.enqueued[0]?.revisions[0];
  const now = new Date().toISOString();
  house.book.sql(`INSERT INTO destination (id, setting, since) VALUES ('archive', '{}', ?)`).run(now);
  house.book
    .sql(
      `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, createdAt) VALUES ('d', ?, ?, ?, 'archive', 1, 'sent', ?)`,
    )
    .run(examId, objectId, revision?.id ?? '', now);
  notices.look([examId]);
  await wait(50);
  expect(manager.requests).toEqual([]);
  house.book.sql(`UPDATE delivery SET state = 'committed' WHERE id = 'd'`).run();
  notices.look([examId]);
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(1);
  const { elements, classUid } = onlyStep(manager);
  expect(classUid).toBe('1.2.840.10008.5.1.4.33');
  expect(elements['StudyInstanceUID']).toBe('2.25.1002');
  const [series = {}] = itemsOf(elements['ReferencedSeriesSequence']);
  const [object = {}] = itemsOf(series['ReferencedSOPSequence']);
  expect(object).toMatchObject({
    ReferencedSOPInstanceUID: '2.25.5001',
    InstanceAvailability: 'ONLINE',
    RetrieveAETitle: 'ARCHIVE',
  });
  expect(itemsOf(elements['ReferencedPerformedProcedureStepSequence'])[0]).toHaveProperty('ReferencedSOPInstanceUID');
});

/** Answers each message with MSA-1 of the list, then AA. */
async function openMllp(codes: (string | 'silent')[] = []) {
  const heard: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    let bytes = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
      const end = bytes.indexOf(Buffer.from([0x1c, 0x0d]));
      if (end < 0) return;
      const message = bytes.toString('utf8', bytes.indexOf(0x0b) + 1, end);
      heard.push(message);
      const code = codes.shift() ?? 'AA';
      if (code === 'silent') return void socket.destroy();
      const id = message.split('\r')[0]?.split('|')[9] ?? '';
      socket.write(`\x0bMSH|^~\\&|RIS|||||20261123||ACK|1|P|2.5\rMSA|${code}|${id}|said\r\x1c\r`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  return {
    ...{ port, heard },
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

test.each(['orm', 'oru'] as const)(
  'the state of an exam is told as HL7 (%s) until it is acknowledged, in order and well escaped',
  async (kind) => {
    const ris = keep(await openMllp(['silent', 'AR']));
    const { house, notices } = await openTelling(
      { hl7: { host: '127.0.0.1', port: ris.port, kind, receivingApplication: 'RIS', receivingFacility: '' } },
      { withOrder: true },
    );
    const { examId } = await house.take(image(1));
    const attributes = { PatientName: 'Müller^Jürgen^^Dr.^Jr.', PatientID: '47|11', AccessionNumber: 'A1001' };
    whenExamCorrected(house.rooms, { examId, attributes, reason: 'COERCE', by: 'Kim' });
    await house.approve(examId);
    notices.look([examId]);
    await expect.poll(() => states(notices)).toEqual(['begun sent', 'completed sent']);
    expect(ris.heard).toHaveLength(4);
    expect(new Set(ris.heard.slice(0, 3)).size).toBe(1);
    const fields = (message: string, name: string) =>
      message
        .split('\r')
        .find((line) => line.startsWith(`${name}|`))
        ?.split('|') ?? [];
    const [, , , last = ''] = ris.heard;
    expect(fields(last, 'MSH').slice(8, 12)).toEqual([
      kind === 'orm' ? 'ORM^O01^ORM_O01' : 'ORU^R01^ORU_R01',
      '2',
      'P',
      '2.5',
    ]);
    expect(fields(last, 'MSH')[17]).toBe('UNICODE UTF-8');
    expect(fields(last, 'PID')[3]).toBe('47\\F\\11^^^');
    expect(fields(last, 'PID')[5]).toBe('Müller^Jürgen^^Jr.^Dr.');
    expect(fields(last, 'ORC').slice(1, 6)).toEqual(['SC', 'RP77', 'A1001', '', 'CM']);
    expect(fields(last, 'OBR').slice(1, 5)).toEqual(['1', 'RP77', 'A1001', 'US1^Abdomen^LOCAL']);
    expect(fields(last, 'OBR')[25]).toBe(kind === 'oru' ? 'R' : undefined);
  },
);

test('MPPS a procedure that was chosen here is said with the end of a step that began before', async () => {
  const manager = keep(await openStepManager());
  const { house, notices } = await openTelling(mppsAt(manager.port), { withOrder: true });
  const { examId } = await house.take(image(1));
  whenExamCorrected(house.rooms, { examId, attributes: { PatientSex: 'O' }, reason: 'CORRECT', by: 'Kim' });
  notices.look([examId]);
  await expect.poll(() => manager.requests).toHaveLength(1);
  expect(itemsOf(onlyStep(manager).elements['ProcedureCodeSequence'])).toMatchObject([{ CodeValue: 'US1' }, {}]);
  choose(house, examId);
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => onlyStep(manager).elements['PerformedProcedureStepStatus']).toBe('COMPLETED');
  const { elements } = onlyStep(manager);
  expect(itemsOf(elements['ProcedureCodeSequence'])).toMatchObject([
    { CodeValue: 'KN1', CodingSchemeDesignator: '99KLINIK', CodeMeaning: 'Knee, two views' },
  ]);
  expect(elements['PerformedProcedureStepDescription']).toBe('Knee');
});

test.each([
  ['with an order beside its service', true, 'US1^Abdomen^LOCAL'],
  ['without an order as the service', false, 'KN1^Knee, two views^99KLINIK'],
])('an HL7 message says a procedure that was chosen here %s', async (_how, withOrder, service) => {
  const ris = keep(await openMllp([]));
  const hl7 = {
    host: '127.0.0.1',
    port: ris.port,
    kind: 'orm',
    receivingApplication: 'RIS',
    receivingFacility: '',
  } as const;
  const { house, notices } = await openTelling({ hl7 }, { withOrder });
  const { examId } = await house.take(image(1));
  choose(house, examId);
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => states(notices)).toEqual(['begun sent', 'completed sent']);
  const obr =
    ris.heard
      .at(-1)
      ?.split('\r')
      .find((line) => line.startsWith('OBR|'))
      ?.split('|') ?? [];
  expect([obr[4], obr[44]]).toEqual([service, 'KN1^Knee, two views^99KLINIK']);
});

test('an HL7 message that the RIS will not have is refused for a person to see, and does not hold up the next one', async () => {
  const ris = keep(await openMllp(['AE']));
  const { house, notices } = await openTelling({
    hl7: { host: '127.0.0.1', port: ris.port, kind: 'orm', receivingApplication: '', receivingFacility: '' },
  });
  const { examId } = await house.take(image(1));
  whenExamCorrected(house.rooms, { examId, attributes: { PatientID: '4712' }, reason: 'CORRECT', by: 'Kim' });
  notices.look([examId]);
  await expect.poll(() => states(notices)[0]).toBe('begun refused');
  expect(notices.page(examId, 1).notices[0]?.answer).toMatchObject({
    key: 'instance-invalid',
    params: { status: 'AE', comment: 'said' },
  });
  await house.approve(examId);
  notices.look([examId]);
  await expect.poll(() => states(notices)).toEqual(['begun refused', 'completed sent']);
});

test('what was approved before anybody wanted to be told is not told', async () => {
  const manager = keep(await openStepManager());
  const house = keep(await openSmallHouse());
  const { examId } = await house.take(image(1));
  await house.approve(examId);
  house.book.sql('UPDATE exam SET approvedAt = ?').run('2020-01-01T00:00:00.000Z');
  const { notices } = await openTelling(mppsAt(manager.port), { house });
  notices.look([examId]);
  await wait(50);
  expect(manager.requests).toEqual([]);
});
