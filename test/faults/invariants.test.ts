// The checker of invariants is worth what it finds: every kind of breach is planted in a sound home, and each is found.
import { appendFileSync, copyFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { makeObject, secondaryCapture, type SentObject } from '../crash/sender.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { openRooms } from '../station/flow/open-rooms.ts';
import { findBreaches, inWords, type Evidence } from './invariants.ts';

let folder: TemporaryFolder;
let home: string;
let acknowledged: SentObject[];
let files: string[];

beforeEach(async () => {
  folder = await temporaryFolder('invariants');
  home = path.join(folder.path, 'home');
  acknowledged = [];
  const rooms = await openRooms(home);
  const StudyInstanceUID = newUid();
  const SeriesInstanceUID = newUid();
  for (let number = 0; number < 3; number++) {
    const { object, bytes } = makeObject(StudyInstanceUID, SeriesInstanceUID, 500);
    const sink = rooms.arrivals.beginIncoming({
      sopClassUid: secondaryCapture,
      sopInstanceUid: object.SOPInstanceUID,
      transferSyntaxUid: explicitLittleEndian,
      association: { callingAeTitle: 'DEVICE', address: '127.0.0.1' },
    });
    await sink.write([bytes]);
    expect(await sink.finish()).toEqual({ status: 0 });
    acknowledged.push(object);
  }
  await rooms.close();
  files = inBook((book) => book.prepare('SELECT file FROM object ORDER BY rowid').pluck().all()) as string[];
});
afterEach(() => folder.close());

function inBook<T>(work: (book: Database.Database) => T): T {
  const book = new Database(path.join(home, 'catalog.db'));
  try {
    book.pragma('foreign_keys = OFF');
    return work(book);
  } finally {
    book.close();
  }
}

const look = async (more: Partial<Evidence> = {}) =>
  inWords(await findBreaches({ home, acknowledged, ended: 'orderly', ...more }));
const fileOf = (index: number) => path.join(home, 'objects', files[index] ?? '');

/** A delivery of the first object, as it stands, and its attempts. */
function deliver(state: string, more: { readonly nextAttemptAt?: string; readonly digests?: readonly string[] } = {}) {
  inBook((book) => {
    const object = book.prepare('SELECT id, examId FROM object').get() as { id: string; examId: string };
    book.prepare("INSERT INTO destination (id, setting, since) VALUES ('archive', '{}', '')").run();
    book
      .prepare(
        `INSERT INTO revision (id, objectId, number, SOPInstanceUID, SOPClassUID, TransferSyntaxUID, sizeBytes,
           dataSetOffset, dataSetSha256, attributes, verifiedAt, createdAt, by)
         VALUES ('r', ?, 1, '1.2', '1.2', '1.2', 1, 1, '', '{}', '', '', '')`,
      )
      .run(object.id);
    book
      .prepare(
        `INSERT INTO delivery (id, examId, objectId, revisionId, destinationId, required, state, nextAttemptAt, createdAt)
         VALUES ('d', ?, ?, 'r', 'archive', 1, ?, ?, '')`,
      )
      .run(object.examId, object.id, state, more.nextAttemptAt ?? null);
    for (const [index, digest] of (more.digests ?? []).entries()) {
      book
        .prepare(
          `INSERT INTO attempt (id, deliveryId, SOPInstanceUID, dataSetSha256, startedAt, outcome)
           VALUES (?, 'd', '1.2', ?, '', 'stored')`,
        )
        .run(`a${index}`, digest);
    }
  });
}

it('finds nothing in a sound home', async () => {
  expect(await look()).toEqual([]);
  expect(await look({ ended: 'killed' })).toEqual([]);
});

describe('I1: what was acknowledged is there, byte for byte', () => {
  it('finds an object that is not there', async () => {
    const SOPInstanceUID = newUid();
    acknowledged.push({ SOPInstanceUID, sha256: 'ab' });
    expect(await look()).toEqual([`I1: ${SOPInstanceUID} was acknowledged and is not there`]);
  });

  it('finds one that has other bytes than were sent', async () => {
    const [first] = acknowledged.splice(0, 1);
    acknowledged.push({ SOPInstanceUID: first?.SOPInstanceUID ?? '', sha256: 'ab' });
    expect(await look()).toEqual([`I1: ${first?.SOPInstanceUID} was acknowledged and differs`]);
  });

  it.each([
    ['missing', () => rmSync(fileOf(0)), /^I1: .* which was acknowledged: its file is missing/],
    ['shorter', () => truncateSync(fileOf(0), 400), /another length/],
    ['longer', () => appendFileSync(fileOf(0), 'x'), /another length/],
  ])('finds a file that is %s', async (_name, plant, words) => {
    plant();
    expect(await look()).toEqual([expect.stringMatching(words)]);
  });

  it('tells a missing file that nobody was promised apart', async () => {
    rmSync(fileOf(0));
    acknowledged.shift();
    expect(await look()).toEqual([
      expect.stringMatching(/^book: .* which nobody was told is kept: its file is missing/),
    ]);
  });

  it('finds a file of which one byte is another', async () => {
    const { sizeBytes } = inBook((book) => book.prepare('SELECT sizeBytes FROM object').get()) as { sizeBytes: number };
    truncateSync(fileOf(0), sizeBytes - 1);
    appendFileSync(fileOf(0), Buffer.from([0x55]));
    // One time in 256 it is the same byte.
    const found = await look();
    if (found.length > 0) expect(found).toEqual([expect.stringMatching(/its file differs from its digest/)]);
    truncateSync(fileOf(0), sizeBytes - 1);
    appendFileSync(fileOf(0), Buffer.from([0x56]));
    expect([...found, ...(await look())].length).toBeGreaterThan(0);
  });

  it('finds the same content kept twice', async () => {
    inBook((book) => {
      const row = book.prepare('SELECT * FROM object').get() as Record<string, unknown>;
      const twin = { ...row, id: 'twin', file: '000000/00000000000000000000000000.dcm' };
      const names = Object.keys(twin);
      book.prepare(`INSERT INTO object (${names.join()}) VALUES (${names.map((name) => `@${name}`).join()})`).run(twin);
      book.prepare('UPDATE exam SET objects = objects + 1').run();
    });
    copyFileSync(fileOf(0), path.join(home, 'objects/000000/00000000000000000000000000.dcm'));
    expect(await look()).toEqual([expect.stringMatching(/is there 2 times/)]);
  });

  it('finds a purge of what nobody vouched for', async () => {
    inBook((book) => book.prepare("UPDATE object SET purgedAt = '2026-01-01' WHERE file = ?").run(files[0]));
    rmSync(fileOf(0));
    expect(await look()).toEqual([expect.stringMatching(/was purged with 0 proofs/)]);
  });

  it('finds an archive that lacks it', async () => {
    const received = acknowledged.slice(1).map(({ SOPInstanceUID }) => ({ SOPInstanceUID }));
    expect(await look({ archives: [{ name: 'ARCHIVE', received }] })).toEqual([
      expect.stringMatching(/not in ARCHIVE/),
    ]);
  });
});

describe('I2: one identity', () => {
  it('finds one UID that was sent with two digests', async () => {
    deliver('committed', { digests: ['one', 'two', 'one'] });
    expect(await look()).toEqual(['I2: 1.2 was sent to archive with 2 digests']);
  });

  it('finds a picture that left although somebody had covered a part of it', async () => {
    deliver('ready', { nextAttemptAt: '2026', digests: ['x'] });
    const id = inBook((book) => book.prepare('SELECT objectId FROM delivery').pluck().get()) as string;
    const draw = (markup: object) =>
      inBook((book) => {
        book
          .prepare('INSERT OR REPLACE INTO object_markup VALUES (?, ?, ?, ?)')
          .run(id, JSON.stringify(markup), '', '2026');
        book.prepare("UPDATE attempt SET startedAt = '2027', outcome = 'sent'").run();
      });
    draw({ crop: null, redactions: [], inverted: true });
    expect((await look()).filter((words) => words.includes('covered'))).toEqual([]);
    draw({ crop: null, redactions: [{ left: 0, top: 0, right: 1, bottom: 1 }] });
    const said = `I2: object ${id} left as it was received, and somebody had covered parts of it`;
    expect(await look()).toContain(said);
  });

  it('finds one UID that came with two digests, and one under another patient', async () => {
    const [first] = acknowledged;
    inBook((book) => {
      const { id } = book.prepare('SELECT id FROM object WHERE SOPInstanceUID = ?').get(first?.SOPInstanceUID) as {
        id: string;
      };
      deliver('committed');
      book
        .prepare('UPDATE revision SET objectId = ?, SOPInstanceUID = ?, dataSetSha256 = ?')
        .run(id, first?.SOPInstanceUID, first?.sha256);
    });
    const received = [
      { ...first, SOPInstanceUID: first?.SOPInstanceUID ?? '', PatientID: '4711' },
      ...acknowledged.slice(1).map(({ SOPInstanceUID }) => ({ SOPInstanceUID, PatientID: '4711' })),
      { SOPInstanceUID: first?.SOPInstanceUID ?? '', sha256: 'ab', PatientID: '0815' },
    ];
    expect(await look({ archives: [{ name: 'CACHE', received }], PatientID: '4711' })).toEqual([
      expect.stringMatching(/is in CACHE with bytes that are of no revision/),
      expect.stringMatching(/came to CACHE with 2 digests/),
      expect.stringMatching(/is in CACHE under patient 0815/),
    ]);
  });
});

describe('I3: no limbo', () => {
  it.each([
    ['sending', /is sending and nobody sends/],
    ['backoff', /waits for no moment/],
    ['blocked', /says not why/],
    ['commit-requested', /a proof that nobody asked for/],
  ])('finds a delivery that stays %s', async (state, words) => {
    deliver(state);
    expect(await look()).toEqual([expect.stringMatching(words)]);
  });

  it('finds what has not drained, and lets be what has', async () => {
    deliver('backoff', { nextAttemptAt: '2026-01-01T00:00:00Z' });
    expect(await look()).toEqual([]);
    expect(await look({ drained: true })).toEqual(['I3: delivery d is still backoff']);
  });

  it('finds an approved object that is on no way to a place that must get it', async () => {
    deliver('committed');
    inBook((book) => book.prepare("UPDATE object SET state = 'approved', revisionId = 'r'").run());
    const { length } = acknowledged;
    expect(await look({ required: ['archive'] })).toHaveLength(length - 1);
    expect(await look({ required: ['cache'] })).toHaveLength(length);
    expect(await look()).toEqual([]);
  });

  it('finds an attempt that never ended, and an approved object without a revision', async () => {
    deliver('committed', { digests: ['one'] });
    inBook((book) => {
      book.prepare("UPDATE attempt SET outcome = 'underway'").run();
      book.prepare("UPDATE object SET state = 'approved' WHERE file = ?").run(files[1]);
    });
    expect(await look()).toEqual(['I3: 1 attempts never ended', expect.stringMatching(/approved and has no revision/)]);
  });
});

describe('I5 and the book', () => {
  it('finds what is left in temporary places', async () => {
    writeFileSync(path.join(home, 'incoming/x.part'), '');
    mkdirSync(path.join(home, 'uploads/batch'), { recursive: true });
    writeFileSync(path.join(home, 'settings.json.x.part'), '');
    expect(await look()).toHaveLength(3);
    expect(await look({ ended: 'killed' })).toEqual([]);
  });

  it('finds a figure that did not come back', async () => {
    const bounded = [
      { name: 'descriptors', before: 30, after: 34 },
      { name: 'memory', before: 100, after: 109 },
    ];
    expect(await look({ bounded })).toEqual(['I5: descriptors: 34 after, 30 before']);
  });

  it('finds a file without a row, unless the station was killed: then its bytes count as kept', async () => {
    inBook((book) => {
      book.prepare('DELETE FROM problem').run();
      book.prepare('DELETE FROM object WHERE file = ?').run(files[0]);
      book.prepare('UPDATE exam SET objects = objects - 1').run();
    });
    expect(await look()).toEqual([expect.stringMatching(/^I1: .* not there$/), expect.stringMatching(/has no row/)]);
    expect(await look({ ended: 'killed' })).toEqual([]);
  });

  it('finds counts that are wrong, rows that refer to nothing, and a book that is none', async () => {
    inBook((book) => book.prepare('UPDATE exam SET objects = 5').run());
    expect(await look()).toEqual([expect.stringMatching(/counts 5 of 3/)]);
    inBook((book) => book.prepare("UPDATE exam SET objects = 3, patientId = 'nobody'").run());
    expect(await look()).toEqual(['book: 1 rows refer to nothing']);
    rmSync(path.join(home, 'catalog.db-wal'), { force: true });
    writeFileSync(path.join(home, 'catalog.db'), 'no book at all, but long enough to be looked at'.repeat(20));
    expect(await look()).toEqual([expect.stringMatching(/^book: the book cannot be read/)]);
  });
});
