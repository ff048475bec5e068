// Two contents under one identifier, end to end below the desk: real files, real decoders, real book.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAudit } from '#station/audit/index.ts';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { openPart10 } from '#station/dicom/index.ts';
import { openConflictFlow, type ConflictFlow } from '#station/flow/when-objects-conflict.ts';
import { openConflicts } from '#station/3-catalog/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder } from '../../peers/programs/index.ts';
import { openRooms, type Rooms } from './open-rooms.ts';

const samples = path.resolve(import.meta.dirname, '../../../resources/samples');
const mr = path.join(samples, 'mr-series');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let rooms: Rooms;
let flow: ConflictFlow;
let end: () => Promise<void>;

const frames = openFrameReader();
afterAll(() => frames.close());

function openFlow(): ConflictFlow {
  const { book, catalog, store } = rooms;
  return openConflictFlow({
    ...{ book, catalog, frames, log: silentLog, pathOf: store.pathOf },
    audit: openAudit({ book, clock: systemClock }),
    conflicts: openConflicts({ book, clock: systemClock }),
    examChanged: () => undefined,
  });
}

beforeEach(async () => {
  folder = await temporaryFolder('conflict');
  rooms = await openRooms(path.join(folder.path, 'home'), { quietTimeMs: 1 });
  flow = openFlow();
  end = async () => {
    await flow.close();
    await rooms.close();
    await folder.close();
  };
});
afterEach(() => end());

const first = () => {
  const own = path.join(folder.path, 'first.dcm');
  copyFileSync(path.join(mr, readdirSync(mr).sort()[0] ?? ''), own);
  return own;
};
/** The same object with one bit of a pixel turned, so many bytes before the end. */
function otherPixels(from: string, before = 40): string {
  const bytes = readFileSync(from);
  const at = bytes.length - before;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  const to = path.join(folder.path, `other-${before}.dcm`);
  writeFileSync(to, bytes);
  return to;
}
/** A copy of a file that a program of DCMTK has gone over. */
const made = (from: string, name: string, program: string, args: readonly string[]): string => {
  const to = path.join(folder.path, name);
  if (program === 'dcmodify') {
    copyFileSync(from, to);
    execFileSync(program, ['-nb', '-imt', ...args, to]);
  } else execFileSync(program, [...args, from, to]);
  return to;
};

async function send(file: string): Promise<{ objectId: string; examId: string; kind: string }> {
  const bytes = readFileSync(file);
  const { dataSetOffset, meta } = await openPart10(bytes);
  const arrived = await rooms.arrivals.arriveFile({
    name: path.basename(file),
    dataSetOffset,
    expectedBytes: bytes.length,
    transferSyntaxUid: meta?.transferSyntaxUid ?? '',
    source: { kind: 'file', label: 'disc', address: null },
    flaws: [],
    pieces: [bytes],
  });
  flow.look([arrived.examId]);
  return arrived;
}
const codes = (examId: string) => rooms.catalog.standingProblems(examId).map(({ code }) => code);
const settled = () => flow.settled();
const uidOf = (objectId: string) => rooms.catalog.objectFile(objectId).SOPInstanceUID;

describe('the same content in another transfer syntax', () => {
  it.each([
    ['explicit big endian', 'dcmconv', ['+tb']],
    ['implicit little endian', 'dcmconv', ['+ti']],
    ['deflated', 'dcmconv', ['+td']],
    ['undefined lengths and no group lengths', 'dcmconv', ['+te', '-e', '-g']],
    ['RLE', 'dcmcrle', []],
    ['JPEG lossless', 'dcmcjpeg', ['+e1']],
    ['JPEG-LS lossless', 'dcmcjpls', ['+el']],
  ] as const)('is a re-send: %s', async (_name, program, args) => {
    const one = first();
    const { examId, objectId } = await send(one);
    const again = await send(made(one, 'again.dcm', program, args));
    if (again.kind !== 'resent') {
      expect(codes(examId)).toEqual(['same-uid-being-compared']);
      await settled();
    }
    expect(codes(examId)).toEqual([]);
    const row = rooms.catalog.exam(examId);
    expect(row.counts).toMatchObject({ objects: 1, undecided: 1, rejected: 0, conflicts: 0 });
    expect(row.series.flatMap(({ objects }) => objects.map(({ id }) => id))).toEqual([objectId]);
    expect(rooms.book.sql('SELECT resent FROM object WHERE id = ?').get(objectId)).toEqual({ resent: 1 });
    // Its bytes stay all the same, and the third time is known at once.
    const kept = rooms.book.sql<{ file: string }>('SELECT file FROM object').all();
    expect(kept.every(({ file }) => existsSync(rooms.store.pathOf(file)))).toBe(true);
    expect((await send(path.join(folder.path, 'again.dcm'))).kind).toBe('resent');
  });

  it('with one pixel of another value is a conflict', async () => {
    const one = first();
    const { examId } = await send(one);
    await send(made(otherPixels(one), 'other.dcm', 'dcmcrle', []));
    await settled();
    expect(codes(examId)).toEqual(['same-uid-other-content']);
    expect(flow.list(examId)).toMatchObject([{ kind: 'other-pixels', pixels: 'other', differences: [] }]);
  });

  it('compressed with loss is a conflict, and nobody says whether the pictures are the same', async () => {
    const eight = path.join(samples, 'ultrasound-no-id');
    const own = path.join(folder.path, 'first.dcm');
    copyFileSync(path.join(eight, readdirSync(eight).sort()[0] ?? ''), own);
    const plain = made(own, 'plain.dcm', 'dcmdjpeg', ['+te']);
    const { examId } = await send(plain);
    await send(made(plain, 'lossy.dcm', 'dcmcjpeg', ['+eb', '+un']));
    await settled();
    expect(codes(examId)).toContain('same-uid-other-content');
    expect(flow.list(examId)).toMatchObject([
      { pixels: 'unknown', choices: ['keep-first', 'use-second', 'keep-both'] },
    ]);
  });

  it('of the one that got a new UID is a re-send of that one', async () => {
    const one = first();
    const { examId } = await send(one);
    const other = otherPixels(one);
    const second = await send(other);
    await settled();
    flow.decide({ objectId: second.objectId, choice: 'keep-both', by: 'ada' });
    await send(made(other, 'other-rle.dcm', 'dcmcrle', []));
    await settled();
    expect(codes(examId)).toEqual([]);
    expect(rooms.catalog.exam(examId).counts).toMatchObject({ objects: 2, undecided: 2 });
  });
});

describe('the same UID and the same picture with other data', () => {
  it('is told from another picture, with what differs side by side', async () => {
    const one = first();
    const { examId, objectId } = await send(one);
    const second = await send(made(one, 'two.dcm', 'dcmodify', ['-i', 'StudyDescription=Another one']));
    expect(second.kind).toBe('conflict');
    await settled();
    expect(codes(examId)).toEqual(['same-uid-other-values']);
    const [conflict] = flow.list(examId);
    expect(conflict).toMatchObject({
      kind: 'other-values',
      pixels: 'same',
      first: { objectId, state: 'conflict' },
      second: { objectId: second.objectId },
      choices: ['keep-first', 'use-second', 'keep-both'],
    });
    expect(conflict?.differences).toMatchObject([
      { tag: '00081030', keyword: 'StudyDescription', second: 'Another one' },
    ]);
  });

  it('under an approved one never takes its place', async () => {
    const one = first();
    const { examId, objectId } = await send(one);
    rooms.book.sql("UPDATE object SET state = 'approved' WHERE id = ?").run(objectId);
    const { objectId: second } = await send(made(one, 'two.dcm', 'dcmodify', ['-i', 'StudyDescription=Another one']));
    await settled();
    expect(flow.list(examId)[0]?.choices).toEqual(['keep-first', 'keep-both']);
    expect(() => flow.decide({ objectId: second, choice: 'use-second', by: 'ada' })).toThrow('first-has-left');
    flow.decide({ objectId: second, choice: 'keep-both', by: 'ada' });
    expect(uidOf(second)).not.toBe(uidOf(objectId));
    expect(rooms.catalog.objectRow(objectId).state).toBe('approved');
  });

  it('of another patient is an alarm and stands in the trail at once', async () => {
    const one = first();
    const { examId } = await send(one);
    const args = ['-m', 'PatientID=99', '-m', 'PatientName=Curie^Marie'];
    const second = await send(made(one, 'two.dcm', 'dcmodify', args));
    expect(codes(examId)).toContain('same-uid-other-patient');
    const trail = rooms.book.sql<{ action: string }>('SELECT action FROM audit_entry WHERE objectId = ?');
    expect(trail.all(second.objectId).map(({ action }) => action)).toContain('object-names-other-patient');
    await settled();
    expect(flow.list(examId)).toMatchObject([{ kind: 'other-patient', pixels: 'same' }]);
  });
});

describe('what a person decides', () => {
  const pair = async () => {
    const one = first();
    const { examId, objectId } = await send(one);
    const { objectId: second } = await send(otherPixels(one));
    await settled();
    const state = (id: string) => rooms.catalog.objectRow(id).state;
    return { examId, one: objectId, two: second, state };
  };

  it.each([
    ['keep-first', 'received', 'rejected'],
    ['use-second', 'rejected', 'received'],
    ['keep-both', 'received', 'received'],
  ] as const)('%s leaves nothing open, once however often it is said, and can be taken back', async (choice, a, b) => {
    const { examId, one, two, state } = await pair();
    const uid = uidOf(two);
    const commandId = '7d0a52bb-6e9f-4f0c-9f5b-0a35b7a5c9a1';
    for (let times = 0; times < 2; times++) flow.decide({ objectId: two, choice, by: 'ada', commandId });
    expect([state(one), state(two)]).toEqual([a, b]);
    expect(codes(examId)).toEqual([]);
    expect(uidOf(one)).toBe(uid);
    expect(uidOf(two) === uid).toBe(choice !== 'keep-both');
    expect(flow.list(examId)).toMatchObject([{ decided: { choice, by: 'ada', undoable: true } }]);
    flow.undo(two, 'ada');
    expect([state(one), state(two), uidOf(two)]).toEqual(['conflict', 'conflict', uid]);
    expect(codes(examId)).toEqual(['same-uid-other-content']);
    const trail = rooms.book.sql<{ n: number }>("SELECT count(*) AS n FROM audit_entry WHERE action LIKE 'conflict-%'");
    expect(trail.get()?.n).toBe(2);
  });

  it('of three under one UID two stand against the first, and each is decided by itself', async () => {
    const one = first();
    const { examId } = await send(one);
    const two = await send(otherPixels(one, 40));
    const three = await send(otherPixels(one, 80));
    await settled();
    expect(flow.list(examId)).toHaveLength(2);
    flow.decide({ objectId: two.objectId, choice: 'use-second', by: 'ada' });
    await settled();
    expect(flow.list(examId).filter(({ decided }) => decided === null)).toMatchObject([
      { kind: 'other-pixels', first: { objectId: two.objectId }, second: { objectId: three.objectId } },
    ]);
    flow.decide({ objectId: three.objectId, choice: 'keep-both', by: 'ada' });
    expect(codes(examId)).toEqual([]);
    expect(rooms.catalog.exam(examId).counts).toMatchObject({ undecided: 2, rejected: 1, conflicts: 0 });
  });

  it('nothing that is approved is taken back', async () => {
    const { two } = await pair();
    flow.decide({ objectId: two, choice: 'keep-both', by: 'ada' });
    rooms.book.sql("UPDATE object SET state = 'approved' WHERE id = ?").run(two);
    expect(() => flow.undo(two, 'ada')).toThrow('already-approved');
  });

  it('a picture that comes again after it was rejected is used only on purpose', async () => {
    const one = first();
    const { examId, objectId } = await send(one);
    rooms.book
      .sql("UPDATE object SET state = 'rejected', rejectionReason = '111209', rejectedAt = '2020' WHERE id = ?")
      .run(objectId);
    rooms.catalog.refreshProblems(examId);
    const { objectId: second } = await send(otherPixels(one));
    expect(codes(examId)).toEqual(['rejected-earlier']);
    await settled();
    expect(flow.list(examId)).toMatchObject([{ kind: 'rejected-earlier', pixels: 'other' }]);
    flow.decide({ objectId: second, choice: 'use-second', by: 'ada' });
    expect(codes(examId)).toEqual([]);
    expect(rooms.catalog.objectRow(objectId).rejection?.reason).toBe('111209');
  });

  it('in another series it gets a UID of its own', async () => {
    const one = first();
    await send(one);
    const { examId, objectId, kind } = await send(
      made(one, 'two.dcm', 'dcmodify', ['-m', 'SeriesInstanceUID=2.25.77']),
    );
    expect(kind).toBe('new');
    expect(codes(examId)).toEqual(['same-uid-elsewhere']);
    flow.decide({ objectId, choice: 'keep-both', by: 'ada' });
    expect(codes(examId)).toEqual([]);
    flow.undo(objectId, 'ada');
    expect(codes(examId)).toEqual(['same-uid-elsewhere']);
  });
});

it('a comparison that was interrupted is made when the station starts again', async () => {
  const one = first();
  const { examId } = await send(one);
  await flow.close();
  await send(made(one, 'rle.dcm', 'dcmcrle', []));
  expect(codes(examId)).toEqual(['same-uid-being-compared']);
  flow = openFlow();
  await settled();
  expect(codes(examId)).toEqual([]);
});

it('a file that cannot be read is never taken for the same', async () => {
  const one = first();
  const { examId } = await send(one);
  await flow.close();
  const second = await send(made(one, 'rle.dcm', 'dcmcrle', []));
  rmSync(rooms.store.pathOf(rooms.catalog.objectFile(second.objectId).file));
  flow = openFlow();
  await settled();
  expect(codes(examId)).toEqual(['same-uid-other-content']);
});
