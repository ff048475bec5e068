import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLog } from '#station/kit/log.ts';
import { framed, message, nextId, openFeed, pid, say, segment, Sender, verdictOf, type Feed } from './feed.ts';

let feed: Feed;
let lines: string[];
beforeEach(async () => {
  lines = [];
  const log = openLog(
    (line) => lines.push(line),
    () => '',
  );
  feed = await openFeed({ log });
});
afterEach(async () => {
  expect(lines.filter((line) => line.includes('"error"'))).toEqual([]);
  await feed.close();
});

/** Small and the same each time. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const whole = () =>
  message('OMI^O23^OMI_O23', [
    pid('4711', 'Muster^Erika&van^^^^^L^A~Mustre^Eriak^^^^^A'),
    segment('PV1', { 3: 'ICU^1', 8: '2^Ref^Rita', 19: 'V1' }),
    segment('ORC', { 1: 'NW', 2: 'P1^RIS', 9: '20261123101500' }),
    segment('OBR', { 2: 'P1^RIS', 4: 'CT^Head \\T\\ neck^L', 18: 'A1', 31: 'Pain' }),
    segment('IPC', { 1: 'A1', 2: 'RP1', 3: '1.2.3', 5: 'CT', 9: 'CT_ONE' }),
  ]);

test('mutated messages are each answered, and nothing half-read is kept', async () => {
  const random = randomFrom(20_261_123);
  const signs = Buffer.from('|^~\\&\r\n\0"MSHPID\u001b\xff\xc3\x80', 'latin1');
  const sender = await Sender.to(feed.port);
  for (let n = 0; n < 300; n++) {
    let bytes = Buffer.from(whole());
    for (let change = 0; change <= random(6); change++) {
      const at = random(bytes.length);
      const kind = random(4);
      if (kind === 0) bytes[at] = signs[random(signs.length)] ?? 0;
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random(30))]);
      else if (kind === 2)
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1), at), bytes.subarray(at)]);
      else bytes[at] = random(256);
    }
    // What would end or begin a block is another test.
    for (const [at, byte] of bytes.entries()) if (byte === 0x0b || byte === 0x1c) bytes[at] = 0x20;
    expect(verdictOf(await sender.ask(bytes))).toMatch(/^[AC][AER]$/);
  }
  expect(verdictOf(await sender.ask(message('ADT^A08', [pid('last')])))).toBe('AA');
  const { taken, refused } = feed.hl7.status();
  expect(taken + refused).toBeGreaterThan(295);
  for (const { content } of feed.ordersHere()) expect(content.PatientID).not.toBe('');
  sender.close();
});

test.each([
  ['nothing', Buffer.alloc(0)],
  ['no message', Buffer.from('GET / HTTP/1.1')],
  ['MSH alone', Buffer.from('MSH')],
  ['separators that are one', Buffer.from('MSH|||||||||||1|P|2.5\r')],
  ['separators that are letters', Buffer.from('MSHABCDE\r')],
  ['separators that are line ends', Buffer.from('MSH\r\n\r\n|\r')],
  [
    'a million segments',
    Buffer.from(message('ADT^A08', [pid('1'), ...Array.from({ length: 100_000 }, () => 'NTE|1')])),
  ],
  ['NULs', Buffer.concat([Buffer.from(message('ADT^A08', [])), Buffer.alloc(100_000)])],
  ['random bytes', Buffer.from(randomBytes(50_000).map((byte) => (byte === 0x0b || byte === 0x1c ? 0 : byte)))],
])('%s as a message is answered with a refusal', async (_, bytes) => {
  expect(verdictOf(await say(feed.port, bytes))).toMatch(/^A[ER]$/);
  expect(feed.hl7.status().patients).toBe(0);
});

test('fields of a megabyte, thousands of repetitions and unending escapes cost little and are cut or refused', async () => {
  const long = 'x'.repeat(1024 * 1024);
  const all = [
    message('ADT^A08', [pid('1', long)]),
    message('ADT^A08', [
      segment('PID', { 3: Array.from({ length: 100_000 }, (_, n) => `${n}^^^H`).join('~'), 5: 'A' }),
    ]),
    message('ADT^A08', [segment('PID', { 3: '5^^^HOSP', 5: `A${'\\X41\\'.repeat(200_000)}` })]),
    message('ADT^A08', [segment('PID', { 3: '6^^^HOSP', 5: 'A', 11: '\\'.repeat(1_000_000) })]),
    message('ADT^A08', [segment('PID', { 3: '7^^^HOSP', 5: '\\'.repeat(300_000) })]),
    message('ADT^A08', [`PID|||8^^^HOSP||A${'|'.repeat(1_000_000)}`]),
    message('ORM^O01', [pid('9'), 'ORC|NW|P9', segment('OBR', { 2: 'P9', 4: `C^${long}^L`, 31: long })]),
  ];
  const verdicts = [];
  for (const one of all) verdicts.push(verdictOf(await say(feed.port, one)));
  expect(verdicts).toEqual(['AE', 'AA', 'AE', 'AA', 'AE', 'AA', 'AA']);
  expect(feed.ordersHere()[0]?.content.RequestedProcedureDescription).toHaveLength(64);
});

test('script, path and SQL in names and numbers are texts like any other', async () => {
  const evil = `<img src=x onerror=alert(1)>'; DROP TABLE exam;--`;
  expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('../../etc/passwd', evil)])))).toBe('AA');
  expect(feed.hl7.patients.find('../../etc/passwd', 'HOSP')?.PatientName).toBe(evil.replaceAll('=', ' '));
  expect(feed.hl7.patients.search("'; drop").length).toBe(1);
});

test('an answer never holds what could end it, whatever the sender called itself', async () => {
  const id = nextId();
  const answer = await say(
    feed.port,
    `MSH$^~\\&$R|X$H|Y$$$20261123101500$$ADT^A08$${id}|MSA|AE$P$2.5\rPID$$$1^^^HOSP\r`,
  );
  expect(answer).toContain(`\rMSA|AA|${id}MSAAE\r`);
});

test('nothing of a patient is written to the log', async () => {
  await say(feed.port, message('ADT^A08', [pid('SECRET-ID', 'Secret^Name')]));
  await say(feed.port, message('ADT^A08', [pid('SECRET-ID', 'Secret^Name', '20010230')]));
  const sender = await Sender.to(feed.port);
  sender.write(Buffer.from('\u000bMSH|Secret'));
  sender.close();
  expect(lines.join('\n')).not.toMatch(/secret/i);
});

test('many silent connections keep nobody out', async () => {
  await feed.close();
  feed = await openFeed({ limits: { mostConnections: 12, mostFromOneAddress: 8 } });
  const silent = await Promise.all(Array.from({ length: 40 }, () => Sender.to(feed.port)));
  expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('1')])))).toBe('AA');
  expect(feed.hl7.status().connections).toBeLessThanOrEqual(8);
  for (const one of silent) one.close();
});

test('when no connection is left, the oldest that rests makes room for who comes, at once', async () => {
  await feed.close();
  feed = await openFeed({ limits: { mostConnections: 3, mostFromOneAddress: 8 } });
  const [oldest, ...younger] = await Promise.all(Array.from({ length: 3 }, () => Sender.to(feed.port)));
  await expect.poll(() => feed.hl7.status().connections).toBe(3);
  expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('1')])))).toBe('AA');
  await expect.poll(() => oldest?.isClosed).toBe(true);
  expect(younger.map(({ isClosed }) => isClosed)).toEqual([false, false]);
  for (const one of younger) one.close();
});

test('a message that does not go on ends its connection; one that rests between messages stays', async () => {
  await feed.close();
  feed = await openFeed({ limits: { messageMs: 200 } });
  const resting = await Sender.to(feed.port);
  const stuck = await Sender.to(feed.port);
  stuck.write(framed(message('ADT^A08', [pid('1')])).subarray(0, 60));
  expect(await stuck.answer()).toBeUndefined();
  expect(feed.hl7.status().dropped[0]?.why).toBe('too-slow');
  expect(verdictOf(await resting.ask(message('ADT^A08', [pid('2')])))).toBe('AA');
  resting.close();
});

test('memory for messages that are coming in is bounded over all connections', async () => {
  await feed.close();
  feed = await openFeed({ limits: { mostHeldBytes: 3 * 1024 * 1024 } });
  const senders = await Promise.all(Array.from({ length: 8 }, () => Sender.to(feed.port)));
  for (const one of senders) one.write(Buffer.concat([Buffer.of(0x0b), Buffer.alloc(900_000, 0x41)]));
  await expect
    .poll(() => feed.hl7.status().dropped.filter(({ why }) => why === 'too-much-at-once').length)
    .toBeGreaterThan(3);
  for (const one of senders) one.close();
  expect(verdictOf(await say(feed.port, message('ADT^A08', [pid('2')])))).toBe('AA');
});

test('a web browser, or TLS on the plain port, is let go at once', async () => {
  const browser = await Sender.to(feed.port);
  browser.write(Buffer.alloc(200_000, 'GET / HTTP/1.1\r\nHost: x\r\n'));
  expect(await browser.answer()).toBeUndefined();
  const hello = await Sender.to(feed.port);
  hello.write(Buffer.from('1603010200', 'hex'));
  expect(await hello.answer()).toBeUndefined();
  expect(feed.hl7.status().dropped.map(({ why }) => why)).toEqual(['tls-here', 'not-mllp']);
});

test('a sender that goes after its last byte still gets its answer', async () => {
  const socket = net.connect({ host: '127.0.0.1', port: feed.port, allowHalfOpen: true });
  socket.end(framed(message('ADT^A08', [pid('1')])));
  const heard: Buffer[] = [];
  for await (const bytes of socket) heard.push(bytes as Buffer);
  expect(verdictOf(Buffer.concat(heard).toString('latin1'))).toBe('AA');
});
