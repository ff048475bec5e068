import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultOf, message, openFeed, pid, say, verdictOf, type Feed } from './feed.ts';

let feed: Feed;
beforeEach(async () => void (feed = await openFeed()));
afterEach(() => feed.close());

const nameAfter = async (bytes: Buffer) => {
  const answer = await say(feed.port, bytes);
  return [verdictOf(answer), feed.hl7.patients.find('1', 'HOSP')?.PatientName ?? faultOf(answer)];
};
/** A message in which the name stands as these bytes. */
function withName(name: Buffer, set: string): Buffer {
  const [before = '', after = ''] = message('ADT^A08', [pid('1', '@@@')], { set }).split('@@@');
  return Buffer.concat([Buffer.from(before), name, Buffer.from(after)]);
}

test.each([
  ['8859/1', Buffer.from('Müller^Änne', 'latin1'), 'Müller^Änne'],
  ['8859/2', Buffer.from([0xa3, 0xf3, 0x64, 0xbc]), 'Łódź'],
  ['8859/5', Buffer.from([0xb8, 0xd2, 0xd0, 0xdd]), 'Иван'],
  ['8859/7', Buffer.from([0xcd, 0xdf, 0xea, 0xef, 0xf2]), 'Νίκος'],
  ['8859/15', Buffer.from([0xa4]), '€'],
  ['UNICODE UTF-8', Buffer.from('Łódź^Иван'), 'Łódź^Иван'],
  ['UNICODE', Buffer.from('Żółć'), 'Żółć'],
  ['~ISO IR87', Buffer.from([0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42]), '山田'],
  ['GB 18030-2000', Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1]), '王^小'],
  ['BIG-5', Buffer.from([0xa4, 0xfd, 0x5e, 0xa4, 0x70]), '王^小'],
  ['KS X 1001', Buffer.from([0xb1, 0xe8]), '김'],
  ['ASCII', Buffer.from('Plain^Jane'), 'Plain^Jane'],
])('a name in %s is read as it was meant', async (set, bytes, name) => {
  expect(await nameAfter(withName(bytes, set))).toEqual(['AA', name]);
});

test.each([
  ['ASCII', Buffer.from('Müller', 'latin1')],
  ['UNICODE UTF-8', Buffer.from('Müller', 'latin1')],
  ['8859/1', Buffer.from([0x4d, 0x81, 0x6c])],
  ['8859/1', Buffer.from('Müller', 'utf8')],
  ['~ISO IR87', Buffer.from([0x1b, 0x24, 0x42, 0x3b, 0x1b, 0x28, 0x42])],
  ['GB 18030-2000', Buffer.from([0xcd, 0xff])],
])('a message that claims %s and is something else is refused at MSH-18', async (set, bytes) => {
  expect(await nameAfter(withName(bytes, set))).toEqual(['AE', 'MSH^1^18 102']);
  expect(feed.hl7.status().patients).toBe(0);
});

test('HL7 a message that does not say its character set is read as set, and doubtful text is marked', async () => {
  expect(await nameAfter(withName(Buffer.from('Müller', 'latin1'), ''))).toEqual(['AA', 'Müller']);
  expect(feed.hl7.status().messages[0]?.doubts).toEqual([]);
  await say(feed.port, withName(Buffer.from('Müller', 'utf8'), ''));
  expect(feed.hl7.status().messages[0]?.doubts).toContain('looks-like-utf8');
});

test('the message stays to be looked at as it came', async () => {
  await say(feed.port, withName(Buffer.from('Müller', 'latin1'), ''));
  const [last] = feed.hl7.status().messages;
  expect(feed.hl7.message(last?.id ?? 0).raw).toContain('\nPID|1||1^^^HOSP^MR||Müller||');
  expect(() => feed.hl7.message(999)).toThrow('not-found');
});

test('escape sequences become what they stand for, and a lone backslash stays one', async () => {
  const name = String.raw`O\T\Brien\X0D\\XFC\^Ann\E\a\R\b\.br\c \Zxx\C:\new`;
  await say(feed.port, message('ADT^A08', [pid('1', name)]));
  // A backslash, and a separator that was escaped, cannot stand in a name.
  expect(feed.hl7.patients.find('1', 'HOSP')?.PatientName).toBe('O&Brien ü^Ann a~b c C: new');
  expect(feed.hl7.status().messages[0]?.doubts).toEqual(['escape-not-read']);
});
