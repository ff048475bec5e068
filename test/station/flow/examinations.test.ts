// When destinations are examined, and what the trail tells of it.
import { afterEach, expect, test } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import { openAudit } from '#station/audit/index.ts';
import { openExaminations } from '#station/flow/examinations.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook } from '#station/records/index.ts';
import { acceptAll, command, data, fragment, readCommand, releaseResponse } from '../../faults/raw-pdus.ts';
import { listenScripted, type ScriptedPeer } from '../../faults/scripted-peer.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Takes everything and answers every request with success. */
async function willing(peer: ScriptedPeer): Promise<void> {
  const request = await peer.next();
  if (request?.[0] !== 1) return;
  peer.say(acceptAll(request));
  for (;;) {
    const happened = await peer.happens();
    if (happened.kind !== 'pdu') return peer.close();
    if (happened.type === 5) peer.say(releaseResponse());
    const asked = happened.type === 4 ? readCommand(happened.bytes) : undefined;
    const field = Number(asked?.get(0x0100) ?? 0);
    if (asked === undefined || field === 0) continue;
    const said = { 0x0100: field + 0x8000, 0x0120: Number(asked.get(0x0110)), 0x0800: 0x0101, 0x0900: 0 };
    peer.say(data(fragment(happened.bytes[10] ?? 1, 3, command(said))));
  }
}

async function open() {
  const server = await listenScripted((peer) => willing(peer).catch(() => {}));
  const book = openBook(':memory:');
  let offsetMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => new Date(Date.now() + offsetMs).toISOString(),
    epochMs: () => Date.now() + offsetMs,
  };
  const address = { aeTitle: 'ARCHIVE', host: '127.0.0.1', port: server.port };
  const settings = settingsShape.parse({
    destinations: [{ id: 'archive', name: 'Archive', kind: 'archive', ...address }],
  });
  const audit = openAudit({ book, clock });
  const examinations = openExaminations({
    ...{
      book,
      clock,
      log: silentLog,
      settings: () => settings,
      audit,
      by: () => 'Kim',
      ports: {},
      times: { patienceMs: 100 },
    },
  });
  closing.push(
    () => book.close(),
    () => server.close(),
    () => examinations.close(),
  );
  const [destination] = settings.destinations;
  if (!destination) throw new Error('no destination');
  const { kind: _kind, name: _name, required: _required, ...target } = destination;
  return {
    ...{ examinations, target, server },
    trail: () => book.sql<{ by: string; action: string }>('SELECT by, action FROM audit_entry ORDER BY number').all(),
    pass: (ms: number) => (offsetMs += ms),
  };
}

test('one that was examined and refuses is examined again by itself, once an hour at most', async () => {
  const { examinations, target, trail, pass } = await open();
  examinations.changed({ id: 'archive', state: 'refusing' });
  expect(trail()).toEqual([]);
  const first = await examinations.examine({ destination: target, sendTestImage: false });
  examinations.changed({ id: 'archive', state: 'refusing' });
  pass(3_700_000);
  examinations.changed({ id: 'archive', state: 'silent' });
  expect(trail()).toEqual([{ by: 'Kim', action: 'destination-examined' }]);
  examinations.changed({ id: 'archive', state: 'refusing' });
  await expect.poll(() => examinations.list()[0]?.at).not.toBe(first.at);
  expect(trail().map(({ by }) => by)).toEqual(['Kim', 'station']);
  expect(examinations.list()[0]?.testStudyInstanceUID).toBe('');
});

test('who let a test image go is in the trail', async () => {
  const { examinations, target, trail } = await open();
  const profile = await examinations.examine({ destination: target, sendTestImage: true });
  expect(profile.lines.find(({ step }) => step === 'test-image')?.key).toBe('test-stored');
  expect(trail()).toEqual([{ by: 'Kim', action: 'test-image-sent' }]);
});

test('a destination as it stands in the form is examined, and only the saved one is kept', async () => {
  const { examinations, target } = await open();
  const other = await examinations.examine({ destination: { ...target, aeTitle: 'OTHER' }, sendTestImage: false });
  expect(other.lines.length).toBeGreaterThan(3);
  expect(examinations.list()).toEqual([]);
});

test('an examination under way ends when the station does', async () => {
  const { examinations, target } = await open();
  const underWay = examinations.examine({ destination: target, sendTestImage: true });
  const ended = underWay.then(
    () => 'whole',
    (error: Error) => error.name,
  );
  await examinations.close();
  expect(['whole', 'AbortError']).toContain(await ended);
});
