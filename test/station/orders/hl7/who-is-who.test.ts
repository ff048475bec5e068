import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultOf, message, openFeed, pid, say, segment, verdictOf, type Feed } from './feed.ts';

let feed: Feed;
beforeEach(async () => void (feed = await openFeed()));
afterEach(() => feed.close());

const adt = (event: string, segments: readonly string[], at = '20261123101500') =>
  message(`ADT^${event}`, segments, { at });
const merge = (prior: string, now: string, at = '20261123101500', event = 'A40') =>
  adt(event, [pid(now, 'Survivor^Sue'), segment('MRG', { 1: `${prior}^^^HOSP^MR` })], at);
const known = (id: string) => feed.hl7.patients.find(id, 'HOSP');

test.each(['A01', 'A04', 'A05', 'A08', 'A31', 'A28'])('ADT^%s says who a patient is', async (event) => {
  expect(verdictOf(await say(feed.port, adt(event, [pid('1'), segment('PV1', { 3: 'ICU^1', 19: 'V1' })])))).toBe('AA');
  expect(known('1')).toMatchObject({
    ...{ PatientName: 'Muster^Erika^Maria^Dr^Jr', PatientBirthDate: '19640812', PatientSex: 'F' },
    ...{ AdmissionID: 'V1', CurrentPatientLocation: 'ICU 1', IssuerOfPatientID: 'HOSP' },
  });
});

test('what a message leaves out stays, what it empties goes, and a former name still finds the patient', async () => {
  await say(feed.port, adt('A04', [pid('1', 'Alt^Erika')]));
  await say(feed.port, adt('A08', [segment('PID', { 3: '1^^^HOSP', 5: 'Neu^Erika', 8: '""' })], '20261123111500'));
  expect(known('1')).toMatchObject({ PatientName: 'Neu^Erika', PatientBirthDate: '19640812', PatientSex: '' });
  expect(feed.hl7.patients.search('alt eri').map(({ PatientName }) => PatientName)).toEqual(['Neu^Erika']);
});

test('an older update that comes late does not overwrite the newer one', async () => {
  await say(feed.port, adt('A08', [pid('1', 'New^Name')], '20261123120000'));
  await say(feed.port, adt('A08', [pid('1', 'Old^Name')], '20261123110000'));
  expect(known('1')?.PatientName).toBe('New^Name');
  expect(feed.hl7.status().messages[0]?.doubts).toEqual(['older']);
});

test('a clock that runs years ahead does not keep later updates out', async () => {
  await say(feed.port, adt('A08', [pid('1', 'Future^Name')], '29990101120000'));
  expect(feed.hl7.status().messages[0]?.doubts).toEqual(['future-time']);
  const now = new Date(Date.now() + 60_000).toISOString().replace(/\D/g, '').slice(0, 14);
  await say(feed.port, adt('A08', [pid('1', 'Right^Name')], now));
  expect(known('1')?.PatientName).toBe('Right^Name');
});

test('the identifier of our authority is the patient ID, whatever stands before it', async () => {
  await feed.close();
  feed = await openFeed({ feed: { ourAuthority: '1.2.3', issuer: 'CLINIC' } });
  const ids = 'X9^^^OTHER^MR~77^^^HOSP&1.2.3&ISO^MR~999-99^^^SSA^SS';
  expect(verdictOf(await say(feed.port, adt('A08', [segment('PID', { 3: ids, 5: 'A^B' })])))).toBe('AA');
  expect(feed.hl7.patients.find('77', 'CLINIC')?.otherIds).toEqual([{ PatientID: 'X9', IssuerOfPatientID: 'OTHER' }]);
  const answer = await say(feed.port, adt('A08', [segment('PID', { 3: 'X9^^^OTHER', 5: 'A^B' })]));
  expect([verdictOf(answer), faultOf(answer)]).toEqual(['AE', 'PID^1^3 204']);
});

test('names come in three writings, each in its group', async () => {
  const name = 'Yamada^Tarou^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P~Tarochan^^^^^^N';
  const said = message('ADT^A08', [pid('1', name)], { set: 'UNICODE UTF-8' });
  await say(feed.port, said);
  expect(known('1')).toMatchObject({
    PatientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    aliases: ['Tarochan'],
  });
});

test('PIR-1: an update of a patient is told, and changes the orders that are open', async () => {
  await say(
    feed.port,
    message('ORM^O01', [pid('1', 'Wrong^Name'), 'ORC|NW|P1', segment('OBR', { 2: 'P1', 18: 'A1' })]),
  );
  feed.changes.length = 0;
  await say(feed.port, adt('A08', [pid('1', 'Right^Name')], '20261123111500'));
  expect(feed.changes).toMatchObject([{ kind: 'updated', patient: { PatientID: '1', PatientName: 'Right^Name' } }]);
  expect(feed.ordersHere()[0]?.content.PatientName).toBe('Right^Name');
  await say(feed.port, adt('A31', [pid('1', 'Right^Name')], '20261123121500'));
  expect(feed.changes).toHaveLength(1);
});

test('PIR-2: a merge leads from the old identifier to the surviving patient, and takes the orders along', async () => {
  await say(
    feed.port,
    message('ORM^O01', [pid('old', 'Old^Name'), 'ORC|NW|P1', segment('OBR', { 2: 'P1', 18: 'A1' })]),
  );
  feed.changes.length = 0;
  expect(verdictOf(await say(feed.port, merge('old', 'new')))).toBe('AA');
  expect(known('old')).toMatchObject({ PatientID: 'new', PatientName: 'Survivor^Sue' });
  expect(known('new')?.otherIds).toContainEqual({ PatientID: 'old', IssuerOfPatientID: 'HOSP' });
  expect(feed.changes).toMatchObject([{ kind: 'merged', prior: { PatientID: 'old' }, patient: { PatientID: 'new' } }]);
  expect(feed.ordersHere()[0]?.content).toMatchObject({ PatientID: 'new', PatientName: 'Survivor^Sue' });
  // An order that still names the old one belongs to the surviving patient.
  await say(
    feed.port,
    message('ORM^O01', [pid('old', 'Old^Name'), 'ORC|NW|P2', segment('OBR', { 2: 'P2', 18: 'A2' })]),
  );
  expect(feed.ordersHere()[1]?.content).toMatchObject({ PatientID: 'new', PatientName: 'Survivor^Sue' });
  expect(feed.hl7.patients.search('old').map(({ PatientID }) => PatientID)).toEqual(['new']);
});

test.each(['A18', 'A34', 'A40'])('a merge by %s counts too', async (event) => {
  await say(feed.port, merge('old', 'new', undefined, event));
  expect(known('old')?.PatientID).toBe('new');
});

test('merges in a chain lead to the last one, in whatever order they come', async () => {
  await say(feed.port, merge('b', 'c', '20261123110000'));
  await say(feed.port, merge('a', 'b', '20261123100000'));
  await say(feed.port, merge('c', 'd', '20261123120000'));
  for (const id of ['a', 'b', 'c', 'd']) expect(known(id)?.PatientID).toBe('d');
});

test('a merge of a patient into themselves, or one that closes a ring, is refused at MRG-1', async () => {
  const itself = await say(feed.port, merge('a', 'a'));
  expect([verdictOf(itself), faultOf(itself)]).toEqual(['AE', 'MRG^1^1 205']);
  await say(feed.port, merge('a', 'b', '20261123100000'));
  await say(feed.port, merge('b', 'c', '20261123110000'));
  const ring = await say(feed.port, merge('c', 'a', '20261123120000'));
  expect([verdictOf(ring), faultOf(ring)]).toEqual(['AE', 'MRG^1^1 205']);
  expect(known('a')?.PatientID).toBe('c');
});

test('several merges in one message happen together or not at all', async () => {
  const two = (second: string) =>
    adt('A40', [pid('n1', 'A^A'), 'MRG|o1^^^HOSP', pid('n2', 'B^B'), `MRG|${second}^^^HOSP`]);
  expect(verdictOf(await say(feed.port, two('n2')))).toBe('AE');
  expect([known('o1'), feed.changes]).toEqual([undefined, []]);
  expect(verdictOf(await say(feed.port, two('o2')))).toBe('AA');
  expect([known('o1')?.PatientID, known('o2')?.PatientID]).toEqual(['n1', 'n2']);
});

test('PIR-3: a new identifier takes along what was known of the patient', async () => {
  await say(feed.port, adt('A04', [pid('temp', 'Unknown^Jane')]));
  const a47 = adt('A47', [segment('PID', { 3: '4711^^^HOSP' }), 'MRG|temp^^^HOSP'], '20261123110000');
  expect(verdictOf(await say(feed.port, a47))).toBe('AA');
  expect(known('temp')).toMatchObject({ PatientID: '4711', PatientName: 'Unknown^Jane', PatientBirthDate: '19640812' });
  expect(feed.changes.at(-1)).toMatchObject({ kind: 'merged', prior: { PatientID: 'temp' } });
});

test('a merge without MRG or with nobody in it is refused', async () => {
  expect(faultOf(await say(feed.port, adt('A40', [pid('1')])))).toBe('MRG^1 100');
  expect(faultOf(await say(feed.port, adt('A40', [pid('1'), 'MRG|']))).trim()).toBe('MRG^1^1 101');
});
