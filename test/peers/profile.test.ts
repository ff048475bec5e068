// What an examination says of real archives, and of peers that lie, break off or never answer.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Profile } from '#contract/shapes/profile.ts';
import { webSettingShape } from '#contract/shapes/web.ts';
import { openProfiler, type ExaminedTarget, type Profiler } from '#station/5-forward/index.ts';
import { makeTestImage } from '#station/5-forward/profile-image.ts';
import { openDicomServer } from '#station/dicom/network/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import {
  abort,
  acceptAll,
  associateAccept,
  associateReject,
  command,
  data,
  fragment,
  readCommand,
  readRequest,
  releaseResponse,
} from '../faults/raw-pdus.ts';
import { listenScripted, type ScriptedPeer } from '../faults/scripted-peer.ts';
import { KeptObjects } from '../station/dicom/network/kept-objects.ts';
import { many, Shelf } from '../station/5-forward/approved-exam.ts';
import { freePort, runFindscu, startDcmqrscp, startOrthanc, startStorescp } from './programs/index.ts';

const jpegLs = '1.2.840.10008.1.2.4.80';
const privateClass = '1.2.3.4.5.6';
const closing: (() => unknown)[] = [];
let shelf: Shelf;

beforeEach(() => {
  shelf = new Shelf();
  closing.push(() => shelf.book.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let daysLater = 0;
const later = (days: number) => void (daysLater = days);
const clock = { ...systemClock, epochMs: () => systemClock.epochMs() + daysLater * 86_400_000 };

function profiler(times: object = {}): Profiler {
  const opened = openProfiler({ book: shelf.book, clock, log: silentLog, ports: {}, times });
  closing.push(() => opened.close());
  return opened;
}

const targetAt = (port: number, more: Partial<ExaminedTarget> = {}): ExaminedTarget => ({
  ...{ id: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port, confirm: 'query' },
  ...more,
});

const examine = (target: ExaminedTarget, sendTestImage = false, with_ = profiler()): Promise<Profile> =>
  with_.examine({ target, callingAeTitle: 'SAFELIGHT', sendTestImage, keep: true });

/** What was said of each step. */
const said = (profile: Profile) => profile.lines.map(({ step, result, key }) => `${step} ${result} ${key}`);

test('Orthanc is examined with a test image: it keeps the text, takes it twice and offers a query', async () => {
  const own = profiler();
  const rules = new KeptObjects().rules({ onCommitmentReport: (report) => own.reported(report) ?? 0x0110 });
  const port = await freePort();
  const listener = await openDicomServer({ host: '127.0.0.1', port }, rules);
  closing.push(() => listener.close(1000));
  const orthanc = await startOrthanc({
    aet: 'ARCHIVE',
    configuration: { DefaultEncoding: 'Utf8', UnknownSopClassAccepted: false },
    modalities: [{ aeTitle: 'SAFELIGHT', port }],
  });
  closing.push(() => orthanc.close());
  shelf.exam([...many(3), { syntax: jpegLs }, { sopClass: privateClass }]);
  const profile = await examine(targetAt(orthanc.dicomPort), true, own);
  expect(said(profile)).toEqual([
    'reach well reached',
    'association well accepted',
    'echo well echo',
    'pdu well pdu',
    'window well window-one',
    'called note called-not-looked-at',
    'calling note calling-not-looked-at',
    'classes note takes-some',
    'classes bad class-refused-here',
    'commitment well commitment-offered',
    'query well query-offered',
    'commitment note suggest-commitment',
    'test-image well test-stored',
    'twice well twice-taken',
    'character-set well text-same',
    'test-commitment well committed-by-call',
  ]);
  expect(profile).toMatchObject({ query: true, commitment: true, suggestedConfirm: 'commitment', current: true });
  expect(profile.maxPduLength).toBeGreaterThan(4096);
  expect(profile.kinds[0]).toMatchObject({ objects: 3, accepted: 'yes' });
  const instances = (await orthanc.get('/instances')) as string[];
  expect(instances).toHaveLength(1);
  expect(await orthanc.get(`/instances/${instances[0]}/simplified-tags`)).toMatchObject({
    ...{ PatientName: 'SAFELIGHT^TEST', PatientID: 'SAFELIGHT-TEST', StudyInstanceUID: profile.testStudyInstanceUID },
  });
});

test('without the choice of a person nothing is left at the destination', async () => {
  const orthanc = await startOrthanc({ aet: 'ARCHIVE' });
  closing.push(() => orthanc.close());
  const profile = await examine(targetAt(orthanc.dicomPort));
  expect(await orthanc.get('/instances')).toEqual([]);
  expect(profile.testStudyInstanceUID).toBe('');
  expect(said(profile)).toContain('classes note nothing-held');
});

test('an archive that looks at its title says what a mistake would bring', async () => {
  const archive = await startDcmqrscp();
  closing.push(() => archive.close());
  shelf.exam(many(1));
  const profile = await examine(targetAt(archive.port, { confirm: 'commitment' }), true);
  expect(said(profile)).toEqual(
    expect.arrayContaining([
      'called well called-refused',
      'calling note calling-not-looked-at',
      'classes well takes-all',
      'commitment bad commit-not-offered',
      'query well query-offered',
      'commitment note suggest-query',
      'test-image well test-stored',
    ]),
  );
  expect(profile).toMatchObject({ commitment: false, query: true, suggestedConfirm: 'query', maxPduLength: 65_536 });
  const found = await runFindscu({ port: archive.port, called: 'ARCHIVE', calling: 'SAFELIGHT' }, [
    'QueryRetrieveLevel=STUDY',
    'PatientName=SAFELIGHT^TEST',
    'StudyInstanceUID',
  ]);
  expect(found.output).toContain(profile.testStudyInstanceUID);
  // With the title wrong the examination ends where sending would.
  const wrong = await examine(targetAt(archive.port, { aeTitle: 'ARCHIV' }));
  expect(said(wrong)).toEqual(['reach well reached', 'association bad called-ae-unknown']);
});

test('a receiver that does nothing but store is told as that', async () => {
  const cache = await startStorescp();
  closing.push(() => cache.close());
  shelf.exam(many(1));
  const lines = said(await examine(targetAt(cache.port), true));
  expect(lines).toContain('commitment note commit-not-offered');
  expect(lines).toContain('query bad query-not-offered');
  expect(lines).toContain('twice well twice-taken');
});

test('what nobody answers ends in one line', async () => {
  expect(said(await examine(targetAt(await freePort())))).toEqual(['reach bad connection-refused']);
  const named = await examine(targetAt(104, { host: 'no-such-host.invalid' }), false, profiler({ connectMs: 3_000 }));
  expect(said(named)[0]).toMatch(/^reach bad (name-not-found|not-reachable|no-answer)$/);
});

test('a report is kept, with its age, and counts for nothing once the address is another', async () => {
  const cache = await startStorescp();
  closing.push(() => cache.close());
  shelf.exam(many(1));
  const own = profiler();
  const target = targetAt(cache.port);
  const profile = await examine(target, false, own);
  const kind = profile.kinds[0];
  expect(own.profiles([target])).toEqual([profile]);
  expect(own.accepts(target, kind?.sopClassUid ?? '', kind?.transferSyntaxUid ?? '')).toBe('yes');
  later(31);
  expect(own.accepts(target, kind?.sopClassUid ?? '', kind?.transferSyntaxUid ?? '')).toBeUndefined();
  later(0);
  const moved = { ...target, port: target.port + 1 };
  expect(own.profiles([moved])).toEqual([{ ...profile, current: false }]);
  expect(own.accepts(moved, kind?.sopClassUid ?? '', kind?.transferSyntaxUid ?? '')).toBeUndefined();
});

test('asking twice at the same time is asking once', async () => {
  const cache = await startStorescp();
  closing.push(() => cache.close());
  const own = profiler();
  const [one, other] = await Promise.all([
    examine(targetAt(cache.port), false, own),
    examine(targetAt(cache.port), false, own),
  ]);
  expect(one).toBe(other);
});

const quick = { connectMs: 2000, associateMs: 500, answerMs: 500, stalledMs: 500, releaseMs: 300, patienceMs: 500 };
const echoAnswer = (contextId: number, messageId: number) =>
  data(
    fragment(
      contextId,
      3,
      command({ 0x0002: '1.2.840.10008.1.1', 0x0100: 0x8030, 0x0120: messageId, 0x0800: 0x0101, 0x0900: 0 }),
    ),
  );

/** Accepts, answers echoes as told, releases. */
async function play(peer: ScriptedPeer, accept: (request: Buffer) => Buffer, answer: (asked: number) => Buffer | null) {
  const request = await peer.next();
  if (request?.[0] !== 1) return;
  peer.say(accept(request));
  for (;;) {
    const happened = await peer.happens();
    if (happened.kind !== 'pdu') return peer.close();
    if (happened.type === 5) peer.say(releaseResponse());
    if (happened.type !== 4) continue;
    const reply = answer(Number(readCommand(happened.bytes).get(0x0110) ?? 1));
    if (reply) peer.say(reply);
  }
}

const echoes = (asked: number) => echoAnswer(1, asked);

test.each<[string, (peer: ScriptedPeer) => Promise<void>, string]>([
  ['never answers the association', (peer) => peer.gone(), 'association bad association-unanswered'],
  [
    'answers garbage',
    async (peer) => peer.say(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    'association bad answer-unreadable',
  ],
  [
    'says that its answer has 4 GB',
    async (peer) => peer.say(Buffer.from([2, 0, 0xff, 0xff, 0xff, 0xff, 0])),
    'association bad answer-unreadable',
  ],
  ['aborts', async (peer) => (await peer.nextOf(1), peer.say(abort(2, 1))), 'association bad aborted'],
  ['closes', async (peer) => (await peer.nextOf(1), peer.close()), 'association bad connection-lost'],
  [
    'is busy',
    async (peer) => (await peer.nextOf(1), peer.say(associateReject(2, 3, 2))),
    'association bad refused-busy',
  ],
  [
    'takes hardly anything at a time',
    (peer) => play(peer, (request) => acceptAll(request, 500), echoes),
    'test-image note test-not-sent',
  ],
  [
    'boasts of 4 GB a fragment',
    (peer) => play(peer, (request) => acceptAll(request, 0xffff_ffff), echoes),
    'pdu note pdu-odd',
  ],
  ['has no limit', (peer) => play(peer, (request) => acceptAll(request, 0), echoes), 'pdu well pdu-unlimited'],
  ['answers another message', (peer) => play(peer, acceptAll, (asked) => echoAnswer(1, asked + 7)), 'echo bad '],
  ['answers in another context', (peer) => play(peer, acceptAll, (asked) => echoAnswer(99, asked)), 'echo bad '],
  ['never answers an echo', (peer) => play(peer, acceptAll, () => null), 'echo bad object-unanswered'],
  [
    'answers an echo with noise',
    (peer) => play(peer, acceptAll, () => Buffer.alloc(64, 0xab)),
    'echo bad answer-unreadable',
  ],
  [
    'takes no echo',
    (peer) =>
      play(
        peer,
        (request) => associateAccept({ results: readRequest(request).map(({ id }) => ({ id, result: 3 })) }),
        echoes,
      ),
    'echo note echo-not-taken',
  ],
])('a peer that %s gets a line, and the examination its end', async (_, script, line) => {
  const server = await listenScripted(async (peer) => {
    // The first connection asks whether anybody is there.
    await script(peer).catch(() => {});
  });
  closing.push(() => server.close());
  shelf.exam(many(1));
  const profile = await examine(targetAt(server.port), true, profiler(quick));
  expect(
    said(profile).some((one) => one.startsWith(line)),
    said(profile).join('\n'),
  ).toBe(true);
});

test('an examination that takes too long is ended, and what it found stays', async () => {
  const server = await listenScripted((peer) => play(peer, acceptAll, () => null).catch(() => {}));
  closing.push(() => server.close());
  const profile = await examine(targetAt(server.port), false, profiler({ wholeMs: 1500 }));
  expect(said(profile)).toEqual(['reach well reached', 'association well accepted', 'time bad time-over']);
});

test('a DICOMweb archive is examined the same way', async () => {
  const orthanc = await startOrthanc({
    configuration: { Plugins: ['/usr/share/orthanc/plugins/libOrthancDicomWeb.so'], DefaultEncoding: 'Utf8' },
  });
  closing.push(() => orthanc.close());
  const web = (port: number, base = 'dicom-web') =>
    targetAt(0, {
      ...{ aeTitle: '', host: '', protocol: 'dicomweb', confirm: 'none' },
      web: webSettingShape.parse({ baseUrl: `http://127.0.0.1:${port}/${base}` }),
    });
  const profile = await examine(web(orthanc.httpPort), true);
  expect(said(profile)).toEqual([
    'web well web-reached',
    'query-web well query-offered',
    'query-web note suggest-query',
    'store-web well store-offered',
    'test-image well test-stored',
    'twice well twice-taken',
    'character-set well text-same',
  ]);
  expect((await orthanc.get('/instances')) as string[]).toHaveLength(1);
  expect(said(await examine(web(orthanc.httpPort, 'elsewhere')))).toEqual(['web bad web-not-found']);
  expect(said(await examine(web(await freePort())))).toEqual(['web bad connection-refused']);
});

test('a test image says in every way that it is one', async () => {
  const [one, other] = [makeTestImage('2026-11-23T08:00:00.000Z'), makeTestImage('2026-11-23T08:00:00.000Z')];
  expect(one.StudyInstanceUID).not.toBe(other.StudyInstanceUID);
  const text = one.bytes.toString('utf8');
  for (const words of ['SAFELIGHT^TEST', 'SAFELIGHT-TEST', 'TEST äßé Ωж 試験', 'To be deleted'])
    expect(text).toContain(words);
});
