// Segments as hospitals really send them: repeated, nested, in several orders, with zones, escapes and lists of character sets.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkValue } from '#contract/shapes/value-rules.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import { faultOf, message, openFeed, pid, say, segment, Sender, verdictOf, type Feed } from './feed.ts';

let feed: Feed;
beforeEach(async () => void (feed = await openFeed()));
afterEach(() => feed.close());

const orc = (number: string, more: Readonly<Record<number, string>> = {}) =>
  segment('ORC', { 1: 'NW', 2: `${number}^RIS`, ...more });
const obr = (number: string, code: string, accession: string, more: Readonly<Record<number, string>> = {}) =>
  segment('OBR', { 2: `${number}^RIS`, 4: `${code}^${code} text^L`, 18: accession, ...more });
const kept = () =>
  feed
    .ordersHere()
    .map(({ content: { AccessionNumber, RequestedProcedureCodes } }) => [
      AccessionNumber,
      RequestedProcedureCodes.map(({ CodeValue }) => CodeValue).join('+'),
    ]);

describe('several orders in one message', () => {
  test('HL7 each ORC with its OBR is an order', async () => {
    const said = [pid('1'), orc('P1'), obr('P1', 'CT', 'A1'), orc('P2'), obr('P2', 'MR', 'A2')];
    expect(verdictOf(await say(feed.port, message('ORM^O01', said)))).toBe('AA');
    expect(kept()).toEqual([
      ['A1', 'CT'],
      ['A2', 'MR'],
    ]);
  });

  test('a second OBR under one ORC with a number of its own is another order, and is not lost', async () => {
    const said = [pid('1'), orc('P1'), obr('P1', 'CT', 'A1'), obr('P2', 'MR', 'A2')];
    expect(verdictOf(await say(feed.port, message('ORM^O01', said)))).toBe('AA');
    expect(kept()).toEqual([
      ['A1', 'CT'],
      ['A2', 'MR'],
    ]);
  });

  test('a second OBR of the same number is one more procedure of the same order', async () => {
    const said = [pid('1'), orc('P1'), obr('P1', 'CT', 'A1'), obr('P1', 'CTA', 'A1')];
    expect(verdictOf(await say(feed.port, message('ORM^O01', said)))).toBe('AA');
    expect(kept()).toEqual([['A1', 'CT+CTA']]);
  });

  test('one that cannot be read refuses all of them', async () => {
    const said = [pid('1'), orc('P1'), obr('P1', 'CT', 'A1'), orc('P2'), obr('P2', 'MR', '17 characters long')];
    expect(verdictOf(await say(feed.port, message('ORM^O01', said)))).toBe('AE');
    expect(feed.ordersHere()).toEqual([]);
  });

  test('two patients in one message are refused: nobody can tell whose the orders are', async () => {
    const orders = [
      pid('1'),
      orc('P1'),
      obr('P1', 'CT', 'A1'),
      pid('2', 'Other^One'),
      orc('P2'),
      obr('P2', 'MR', 'A2'),
    ];
    const answer = await say(feed.port, message('ORM^O01', orders));
    expect([verdictOf(answer), faultOf(answer)]).toEqual(['AE', 'PID^2 102']);
    expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('1'), pid('2', 'Other^One')])))).toBe('AE');
    expect(feed.ordersHere()).toEqual([]);
    expect(feed.hl7.status().patients).toBe(0);
  });
});

describe('identifiers of several authorities', () => {
  const ids = (text: string) => segment('PID', { 3: text, 5: 'Muster^Erika', 7: '19640812', 8: 'F' });
  test('HL7 that of our authority counts, wherever it stands and whatever its type', async () => {
    await feed.close();
    feed = await openFeed({ feed: { ourAuthority: 'HOSP' } });
    const said = ids('999-99^^^USSSA^SS~E77^^^&1.2.3&ISO^PI~4711^^^HOSP&1.2.9&ISO^MR~""~^^^HOSP');
    expect(verdictOf(await say(feed.port, message('ADT^A08', [said])))).toBe('AA');
    const known = feed.hl7.patients.find('4711', 'HOSP');
    expect(known?.otherIds).toEqual([{ PatientID: 'E77', IssuerOfPatientID: '1.2.3' }]);
    const foreign = await say(feed.port, message('ADT^A08', [ids('1^^^ELSEWHERE^MR')]));
    expect([verdictOf(foreign), faultOf(foreign)]).toEqual(['AE', 'PID^1^3 204']);
  });

  test('a foreign identifier that DICOM cannot hold does not keep our own out; our own must be held', async () => {
    const long = 'x'.repeat(65);
    expect(verdictOf(await say(feed.port, message('ADT^A08', [ids(`4711^^^HOSP^MR~${long}^^^${long}^PI`)])))).toBe(
      'AA',
    );
    expect(feed.hl7.patients.find('4711', 'HOSP')?.otherIds).toEqual([]);
    const ours = await say(feed.port, message('ADT^A08', [ids(`${long}^^^HOSP^MR`)]));
    expect([verdictOf(ours), faultOf(ours)]).toEqual(['AE', 'PID^1^3 104']);
  });
});

test.each([
  ['Muster&von&&&^Erika^Maria^Jr^Dr^MD^L', 'Muster^Erika^Maria^Dr^Jr MD'],
  ['Muster^^^^^PhD', 'Muster^^^^PhD'],
  ['^Erika', '^Erika'],
  ['Muster^Erika^^^^^M~Alt^Erika^^^^^L', 'Alt^Erika'],
  ['山田^太郎^^^^^L^I~Yamada^Tarou^^^^^L^A~やまだ^たろう^^^^^L^P', 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
  ['M\\S\\ller^Eva\\T\\Ada', 'M ller^Eva&Ada'],
  ['M\\XC3BC\\ller^Eva', 'Müller^Eva'],
  ['O\\X27\\Brien^Pat\\.br\\rick', "O'Brien^Pat rick"],
])('PID-5 %s becomes %s', async (said, name) => {
  expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('1', said)], { set: 'UNICODE UTF-8' })))).toBe('AA');
  expect(feed.hl7.patients.find('1', 'HOSP')?.PatientName).toBe(name);
});

test.each([
  ['20261123143000', '20261123143000'],
  ['202611231430', '202611231430'],
  ['20261123', '20261123'],
  ['20261123143000.1234', '20261123143000'],
  ['20261123T1430', ''],
  ['20260230143000', ''],
])('a start of %s is %s by the clock of the hospital', async (said, start) => {
  await say(feed.port, message('ORM^O01', [pid('1'), orc('P1'), obr('P1', 'CT', 'A1', { 36: said })]));
  expect(feed.ordersHere()[0]?.content.scheduledFor).toBe(start);
});

test('a start with a zone is the same moment by the clock of the hospital, as long as it was said', async () => {
  const moment = localDateTime(new Date('2026-11-23T14:30:15+09:30'));
  await say(feed.port, message('ORM^O01', [pid('1'), orc('P1'), obr('P1', 'CT', 'A1', { 36: '20261123143015+0930' })]));
  await say(feed.port, message('ORM^O01', [pid('1'), orc('P2'), obr('P2', 'CT', 'A2', { 36: '202611231430+0930' })]));
  await say(feed.port, message('ORM^O01', [pid('1'), orc('P3'), obr('P3', 'CT', 'A3', { 36: '20261123+0930' })]));
  expect(feed.ordersHere().map(({ content }) => content.scheduledFor)).toEqual([
    moment,
    moment.slice(0, 12),
    '20261123',
  ]);
});

test('a birth date with time and zone is the day that was said', async () => {
  await say(feed.port, message('ADT^A08', [pid('1', 'A^B', '19640812003000+1400')]));
  expect(feed.hl7.patients.find('1', 'HOSP')?.PatientBirthDate).toBe('19640812');
});

test.each([
  ['UNICODE UTF-8', 'Müller'],
  ['ASCII~UNICODE UTF-8', 'Müller'],
  ['UNICODE UTF-8~8859/1', 'Müller'],
  ['~UNICODE UTF-8', 'Müller'],
])('a list of character sets %s is read', async (set, name) => {
  const answer = await say(feed.port, message('ADT^A08', [pid('1', `${name}^Eva`)], { set }));
  expect(verdictOf(answer)).toBe('AA');
  expect(feed.hl7.patients.find('1', 'HOSP')?.PatientName).toBe(`${name}^Eva`);
});

test('an event of visits, beds or persons that changes nothing here is acknowledged; what is no event is not', async () => {
  for (const event of ['A09', 'A21', 'A38', 'A44', 'A60'])
    expect(verdictOf(await say(feed.port, message(`ADT^${event}`, [pid('1')])))).toBe('AA');
  for (const type of ['ADT^A99', 'ADT^Z01', 'SIU^S12', 'ORM^O99'])
    expect(verdictOf(await say(feed.port, message(type, [pid('1')])))).toBe('AR');
  expect(feed.hl7.status().patients).toBe(0);
});

test('an acknowledgement is never acknowledged: two stations would answer each other for ever', async () => {
  const sender = await Sender.to(feed.port);
  sender.write(Buffer.concat([Buffer.of(0x0b), Buffer.from(message('ACK^A08', ['MSA|AA|1'])), Buffer.of(0x1c, 0x0d)]));
  expect(await sender.ask(message('ADT^A08', [pid('last')]))).toContain('\rMSA|AA|');
  sender.close();
  expect(feed.hl7.status().refused).toBe(0);
});

test('whatever odd parts a message is put together from, it is answered, and what is kept DICOM can hold', async () => {
  let state = 7;
  const pick = <T>(from: readonly T[]): T => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return from[Math.floor((state / 2 ** 31) * from.length)] as T;
  };
  const odd = [
    '',
    '""',
    '^',
    '~',
    '&',
    '\\',
    '\\X\\',
    '\\XZZ\\',
    '\\X00\\',
    'a\\S\\b',
    '1\\R\\2',
    'é',
    '\u0000',
    'x'.repeat(70),
  ];
  const ids = () => `${pick(['4711', ...odd])}^^^${pick(['HOSP', 'H&1.2&ISO', ...odd])}^${pick(['MR', 'SS', ''])}`;
  const sender = await Sender.to(feed.port);
  for (let n = 0; n < 250; n++) {
    const said = [
      segment('PID', {
        3: `${ids()}~${ids()}`,
        5: `${pick(odd)}^${pick(['Eva', ...odd])}^^${pick(odd)}`,
        7: pick(['1964', '19640812', '2026-01-01', ...odd]),
      }),
      ...Array.from({ length: pick([0, 1, 2]) }, (_, at) =>
        orc(pick([`P${n}-${at}`, ...odd]), { 1: pick(['NW', 'XO', 'CA', '??']), 9: pick(odd) }),
      ),
      obr(pick([`P${n}`, ...odd]), pick(['CT', ...odd]), pick(['A1', ...odd]), {
        36: pick(['20261123+0100', '20261123143000-9900', ...odd]),
      }),
    ];
    const set = pick(['UNICODE UTF-8', '~', 'UNICODE UTF-8~~', '']);
    const bytes = message(pick(['ORM^O01', 'ADT^A08', 'ADT^A40', 'OMI^O23']), said, { set }).replaceAll('\u0000', '');
    expect(verdictOf(await sender.ask(bytes))).toMatch(/^A[AER]$/);
  }
  sender.close();
  for (const { content } of feed.ordersHere()) {
    expect(content.PatientID).not.toBe('');
    for (const [vr, value] of [
      ['LO', content.PatientID],
      ['PN', content.PatientName],
      ['SH', content.AccessionNumber],
    ] as const)
      expect(checkValue(vr, value)).toMatchObject({ ok: true });
  }
  expect(feed.ordersHere().length).toBeGreaterThan(0);
});
