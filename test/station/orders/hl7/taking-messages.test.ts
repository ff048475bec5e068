import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultOf, framed, message, openFeed, pid, say, segment, Sender, verdictOf, type Feed } from './feed.ts';

let feed: Feed;
beforeEach(async () => void (feed = await openFeed()));
afterEach(() => feed.close());

const order = (control: string) =>
  message('ORM^O01^ORM_O01', [
    pid('4711'),
    segment('PV1', { 2: 'O', 3: '4WEST^12^A^HOSP', 7: '1^Attending^Alan', 8: '2^Referrer^Rita^^^Dr', 19: 'V99' }),
    segment('ORC', {
      ...{ 1: control, 2: 'P100^RIS', 3: 'F200^RIS', 7: '1^^^20261123143000^^S', 9: '20261123101500' },
      12: '12^Orderer^Olga',
    }),
    segment('OBR', {
      ...{ 1: '1', 2: 'P100^RIS', 3: 'F200^RIS', 4: 'XR-KNEE^Knee, two views^LOCAL^XR-KNEE-2V^Knee 2 views^LOCAL' },
      ...{ 16: '21^Doctor^Dora', 18: 'ACC-1', 19: 'RP-1', 20: 'SPS-1', 24: 'DX', 31: 'Pain' },
    }),
    'ZDS|1.2.276.0.7230010.3.9^RIS^Application^DICOM',
  ]);

test('HL7 a new order is in the book with the patient, in the words of DICOM, when it is acknowledged', async () => {
  expect(verdictOf(await say(feed.port, order('NW')))).toBe('AA');
  const [kept] = feed.ordersHere();
  expect(kept?.state).toBe('scheduled');
  expect(kept?.content).toMatchObject({
    ...{ PatientName: 'Muster^Erika^Maria^Dr^Jr', PatientID: '4711', IssuerOfPatientID: 'HOSP' },
    ...{ PatientBirthDate: '19640812', PatientSex: 'F', AdmissionID: 'V99', AccessionNumber: 'ACC-1' },
    ...{ StudyInstanceUID: '1.2.276.0.7230010.3.9', RequestedProcedureID: 'RP-1', ScheduledProcedureStepID: 'SPS-1' },
    ...{ ReferringPhysicianName: 'Referrer^Rita^^Dr', RequestingPhysician: 'Doctor^Dora', Modality: 'DX' },
    ...{ RequestedProcedureDescription: 'Knee, two views', ReasonForTheRequestedProcedure: 'Pain' },
    ...{ scheduledFor: '20261123143000', priority: 'stat', CurrentPatientLocation: '4WEST 12 A HOSP' },
    RequestedProcedureCodes: [
      {
        CodeValue: 'XR-KNEE',
        CodingSchemeDesignator: 'LOCAL',
        CodingSchemeVersion: '',
        CodeMeaning: 'Knee, two views',
      },
    ],
  });
});

test('HL7 a cancelled order stays and says so, and an older message of it changes nothing', async () => {
  await say(feed.port, order('NW'));
  const cancel = ['ORC|CA|P100^RIS|||||||20261123110000', pid('4711')].toReversed();
  expect(verdictOf(await say(feed.port, message('ORM^O01', cancel)))).toBe('AA');
  expect(feed.ordersHere().map(({ state }) => state)).toEqual(['cancelled']);
  expect(verdictOf(await say(feed.port, order('XO')))).toBe('AA');
  const [kept] = feed.ordersHere();
  expect(kept).toMatchObject({ state: 'cancelled', content: { AccessionNumber: 'ACC-1' } });
  expect(feed.hl7.status().messages[0]?.doubts).toContain('older');
});

test('a cancellation that came before its order keeps the order cancelled, and the order says what it was', async () => {
  await say(feed.port, message('ORM^O01', [pid('4711'), 'ORC|CA|P100^RIS|||||||20261123110000']));
  await say(feed.port, order('NW'));
  expect(feed.ordersHere()).toMatchObject([{ state: 'cancelled', content: { AccessionNumber: 'ACC-1' } }]);
});

test('HL7 an imaging order with two steps becomes two orders with accession and study of IPC', async () => {
  const steps = message('OMI^O23^OMI_O23', [
    pid('4711'),
    'ORC|NW|P7^RIS|||||||20261123101500',
    'TQ1|1||||||20261124080000||A',
    'OBR|1|P7^RIS||CT^CT of the head^L',
    'IPC|A7^RIS|RP7^RIS|1.2.3.4^^^DICOM|S1^RIS|CT^^DCM|HEAD^Head^L|ST1|ROOM 2|CT_ONE',
    'IPC|A7^RIS|RP7^RIS|1.2.3.4^^^DICOM|S2^RIS|CT^^DCM|CHEST^Chest^L|ST1|ROOM 2|CT_TWO',
  ]);
  expect(verdictOf(await say(feed.port, steps))).toBe('AA');
  expect(feed.ordersHere().map(({ content }) => content)).toMatchObject([
    { ScheduledProcedureStepID: 'S1', AccessionNumber: 'A7', ScheduledStationAETitles: ['CT_ONE'], priority: 'urgent' },
    { ScheduledProcedureStepID: 'S2', StudyInstanceUID: '1.2.3.4', ScheduledStationAETitles: ['CT_TWO'] },
  ]);
});

test.each([
  ['^^^^R', 'R'],
  ['^^^^Left', 'L'],
  ['^^^KNEE^RIGHT', 'R'],
  ['^^^^both', ''],
  ['R', ''],
])('HL7 the side in OBR-15 %s is %o, and what is no side says none', async (said, side) => {
  const one = message('ORM^O01', [pid('4711'), 'ORC|NW|P8', segment('OBR', { 2: 'P8', 4: 'XR^Knee', 15: said })]);
  expect(verdictOf(await say(feed.port, one))).toBe('AA');
  expect(feed.ordersHere()[0]?.content.Laterality).toBe(side);
});

test('a laboratory-like order group is an order too', async () => {
  const omg = message('OMG^O19^OMG_O19', [
    pid('4711'),
    'ORC|NW|P8',
    segment('OBR', { 2: 'P8', 4: 'US^Ultrasound', 18: 'ACC-8' }),
  ]);
  expect(verdictOf(await say(feed.port, omg))).toBe('AA');
  expect(feed.ordersHere()[0]?.content.AccessionNumber).toBe('ACC-8');
});

test('HL7 the same message again gets the same answer and changes nothing', async () => {
  const once = order('NW');
  expect(verdictOf(await say(feed.port, once))).toBe('AA');
  const before = JSON.stringify(feed.ordersHere());
  expect(verdictOf(await say(feed.port, once))).toBe('AA');
  expect(JSON.stringify(feed.ordersHere())).toBe(before);
  expect(feed.hl7.status()).toMatchObject({ taken: 1, repeated: 1 });
});

test('several messages in one packet are answered in their order', async () => {
  const sender = await Sender.to(feed.port);
  const all = ['a', 'b', 'c', 'd'].map((id) => framed(message('ADT^A08', [pid(id)], { id })));
  sender.write(Buffer.concat(all));
  for (const id of ['a', 'b', 'c', 'd']) expect(await sender.answer()).toContain(`MSA|AA|${id}`);
  sender.close();
});

test('a message that comes byte by byte, with rubbish around it, is one message', async () => {
  const sender = await Sender.to(feed.port);
  const bytes = Buffer.concat([
    Buffer.from('rubbish\r\n'),
    framed(message('ADT^A04', [pid('1')])),
    Buffer.from('more\n'),
  ]);
  for (const byte of bytes) {
    sender.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(verdictOf((await sender.answer()) ?? '')).toBe('AA');
  sender.close();
});

test('a message without its end is given up when the next one begins', async () => {
  const sender = await Sender.to(feed.port);
  sender.write(framed(message('ADT^A04', [pid('lost')])).subarray(0, -2));
  expect(verdictOf(await sender.ask(message('ADT^A04', [pid('kept')])))).toBe('AA');
  expect(feed.hl7.patients.find('lost', 'HOSP')).toBeUndefined();
  expect(feed.hl7.patients.find('kept', 'HOSP')).toBeDefined();
  sender.close();
});

test('HL7 an end in the midst of a message refuses it: half of it is never taken', async () => {
  const sender = await Sender.to(feed.port);
  const whole = message('ADT^A04', [pid('half', 'Half^Name')]);
  const answer = await sender.ask(whole.replace('Half^', 'Half\u001c^'));
  expect(verdictOf(answer)).toBe('AR');
  expect(feed.hl7.patients.find('half', 'HOSP')).toBeUndefined();
  expect(verdictOf(await sender.ask(whole))).toBe('AA');
  sender.close();
});

test('the last return may be missing', async () => {
  const sender = await Sender.to(feed.port);
  sender.write(framed(message('ADT^A04', [pid('1')])).subarray(0, -1));
  expect(verdictOf((await sender.answer()) ?? '')).toBe('AA');
  sender.close();
});

test('a message larger than what is set is refused and the next one is taken', async () => {
  await feed.close();
  feed = await openFeed({ listen: { mostBytes: 65_536 } });
  const sender = await Sender.to(feed.port);
  const answer = await sender.ask(message('ADT^A04', [pid('1'), `NTE|1||${'x'.repeat(80_000)}`], { id: 'big' }));
  expect(answer).toContain('MSA|AR|big');
  expect(faultOf(answer)).toBe('MSH^1 207');
  expect(verdictOf(await sender.ask(message('ADT^A04', [pid('2')])))).toBe('AA');
  sender.close();
});

test('what was asked for in enhanced mode is what is answered', async () => {
  const sender = await Sender.to(feed.port);
  const ask = (acks: string, segments = [pid('1')]) => message('ADT^A08', segments, { acks });
  expect(verdictOf(await sender.ask(ask('AL|NE')))).toBe('CA');
  expect(verdictOf(await sender.ask(ask('NE|AL')))).toBe('AA');
  expect(verdictOf(await sender.ask(ask('AL|AL')))).toBe('CA');
  expect(verdictOf((await sender.answer()) ?? '')).toBe('AA');
  expect(verdictOf(await sender.ask(ask('ER|SU')))).toBe('AA');
  expect(verdictOf(await sender.ask(ask('ER|NE', [])))).toBe('CE');
  sender.write(framed(ask('NE|NE')));
  expect(verdictOf(await sender.ask(ask('|')))).toBe('AA');
  sender.close();
});

test.each([
  ['no patient identifier', message('ADT^A08', ['PID|1||||Muster^Erika']), 'AE', 'PID^1^3 101'],
  ['no PID', message('ADT^A08', ['EVN|A08']), 'AE', 'PID^1 100'],
  ['a birth that never was', message('ADT^A08', [pid('1', 'A^B', '20010230')]), 'AE', 'PID^1^7 102'],
  ['a sex nobody knows', message('ADT^A08', [pid('1', 'A^B', '20010203', 'Q')]), 'AE', 'PID^1^8 103'],
  ['a name of 200 letters', message('ADT^A08', [pid('1', 'A'.repeat(200))]), 'AE', 'PID^1^5 104'],
  ['an identifier of 65', message('ADT^A08', [pid('1'.repeat(65))]), 'AE', 'PID^1^3 104'],
  ['another message', message('ORU^R01', [pid('1')]), 'AR', 'MSH^1^9^1^1 200'],
  ['an event that does not exist', message('ADT^Z99', [pid('1')]), 'AR', 'MSH^1^9^1^2 201'],
  ['no control ID', message('ADT^A08', [pid('1')], { id: '' }), 'AR', 'MSH^1^10 101'],
  ['a test message', message('ADT^A08', [pid('1')]).replace('|P|2.5.1', '|T|2.5.1'), 'AR', 'MSH^1^11 202'],
  ['version 3', message('ADT^A08', [pid('1')]).replace('|P|2.5.1', '|P|3.0'), 'AR', 'MSH^1^12 203'],
  ['an unknown character set', message('ADT^A08', [pid('1')], { set: 'KLINGON' }), 'AE', 'MSH^1^18 103'],
  ['an order without a number', message('ORM^O01', [pid('1'), 'ORC|NW', 'OBR|1']), 'AE', 'ORC^1^2 101'],
  [
    'an accession of 17',
    message('ORM^O01', [pid('1'), 'ORC|NW|P1', segment('OBR', { 2: 'P1', 18: 'A'.repeat(17) })]),
    'AE',
    'OBR^1^18 104',
  ],
  ['an order control nobody knows', message('ORM^O01', [pid('1'), 'ORC|QQ|P1']), 'AE', 'ORC^1^1 103'],
  ['a study UID that is none', message('ORM^O01', [pid('1'), 'ORC|NW|P1', 'OBR|1|P1', 'ZDS|abc']), 'AE', 'ZDS^1^1 102'],
])('%s is refused at its field and nothing of it is kept', async (_, said, verdict, fault) => {
  const answer = await say(feed.port, said);
  expect([verdictOf(answer), faultOf(answer)]).toEqual([verdict, fault]);
  expect([feed.ordersHere(), feed.hl7.status().patients, feed.changes]).toEqual([[], 0, []]);
  expect(feed.hl7.status().lastFault?.answer).toBe(verdict);
});

test('a refusal in version 2.3.1 has the error segment of that version', async () => {
  const answer = await say(feed.port, message('ADT^A08', ['PID|1||||Muster'], { version: '2.3.1' }));
  expect(answer).toContain('ERR|PID^1^3^101&Required field missing&HL70357');
});

test('events of visits and beds are acknowledged and change nothing', async () => {
  expect(verdictOf(await say(feed.port, message('ADT^A11', [pid('1')])))).toBe('AA');
  expect(verdictOf(await say(feed.port, message('ADT^A20', ['NPU|X'])))).toBe('AA');
  expect(feed.hl7.status()).toMatchObject({ patients: 0, taken: 2 });
});

test('a sender that is not set is turned away, and nothing of what it says is kept', async () => {
  await feed.close();
  feed = await openFeed({ feed: { application: 'OTHER' } });
  const answer = await say(feed.port, message('ADT^A08', [pid('1')]));
  expect([verdictOf(answer), faultOf(answer)]).toEqual(['AR', 'MSH^1^3 103']);
  await feed.close();
  feed = await openFeed({ feed: { host: '192.0.2.1' } });
  const sender = await Sender.to(feed.port);
  expect(await sender.answer()).toBeUndefined();
  expect(feed.hl7.status().dropped[0]).toMatchObject({ why: 'not-allowed' });
});
