// Earlier exams of a patient: asked for whom, fetched into a cache that is nobody's exam, and whatever an archive does.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PriorsSource } from '#contract/shapes/priors.ts';
import { settingsShape } from '#contract/shapes/settings.ts';
import { openAudit } from '#station/audit/index.ts';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { openPriorsFlow, type PriorsFlow } from '#station/flow/priors.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { examNamed, noCatalog, type NamedExam } from './exam-named.ts';
import {
  heldObjects,
  sayEnd,
  sayMatch,
  sendObject,
  startScriptedArchive,
  studyAnswer,
  untilAborted,
  type Answers,
  type HeldObject,
  type ScriptedArchive,
} from './scripted-archive.ts';

const ours = { PatientID: 'S1', PatientName: 'SAMPLE^IMAGE' };

let home: string;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'priors-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

const folder = () => path.join(home, 'priors');
const files = () => readdirSync(folder());

async function archive(answers: Answers): Promise<ScriptedArchive> {
  const made = await startScriptedArchive(answers);
  closing.push(() => made.close().catch(() => {}));
  return made;
}

type Wish = {
  readonly port: number;
  readonly exams?: readonly NamedExam[];
  readonly book?: Book;
  readonly priors?: 'off' | 'on-request' | 'ahead';
  readonly mostBytes?: number;
  readonly times?: { readonly questionMs?: number; readonly objectMs?: number };
  readonly checkRoom?: () => void;
  readonly clock?: Clock;
};

function open({ port, exams = [examNamed(ours)], priors = 'on-request', ...wish }: Wish) {
  const { clock = systemClock, book = openBook(':memory:') } = wish;
  const settings = settingsShape.parse({
    destinations: [
      { id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port, priors },
    ],
  });
  const { mostBytes } = wish;
  if (mostBytes !== undefined) settings.station.priors.mostMegabytes = mostBytes / 1e6;
  const frames = openFrameReader({ workers: 1 });
  const flow = openPriorsFlow({
    ...{ book, clock, log: silentLog, frames, by: () => 'Kim', settings: () => settings },
    ...{
      audit: openAudit({ book, clock }),
      catalog: noCatalog(...exams),
      folder: folder(),
      callingOf: () => undefined,
    },
    ...{ checkRoom: wish.checkRoom ?? (() => {}), readSecret: undefined, onChanged: () => {} },
    times: { questionMs: 10_000, objectMs: 10_000, heedMs: 30, releaseMs: 100, ...wish.times },
  });
  closing.push(
    () => wish.book ?? book.close(),
    () => frames.close(),
    () => flow.close(),
  );
  return { flow, book, exam: exams[0]?.id ?? '' };
}

async function answered(flow: PriorsFlow, exam: string, again = false) {
  flow.desk.ask(exam, again);
  await expect.poll(() => flow.desk.ofExam(exam).sources.map(({ state }) => state)).not.toContain('asking');
  return flow.desk.ofExam(exam);
}

async function fetched(flow: PriorsFlow, exam: string, study: string) {
  const { priors } = await answered(flow, exam);
  const { prior } = flow.desk.open(exam, priors.find(({ StudyInstanceUID }) => StudyInstanceUID === study)?.id ?? '');
  await expect.poll(() => flow.desk.read(prior.id).prior.here.state).not.toBe('fetching');
  return flow.desk.read(prior.id);
}

const holding = (...objects: readonly HeldObject[]): Answers => ({
  studies: [...new Set(objects.map(({ study }) => study))].map((study) => studyAnswer(study)),
  objects,
});

describe('who is asked for', () => {
  it('is the one that the exam would leave as, with the issuer, and without it where that finds nothing', async () => {
    const peer = await archive({});
    const corrected = { PatientID: 'S1', IssuerOfPatientID: 'CLINIC' };
    const { flow, exam } = open({ port: peer.port, exams: [examNamed({ PatientID: 'X' }, { corrected })] });
    await answered(flow, exam);
    expect(peer.asked.map(({ keys }) => [keys['PatientID'], keys['IssuerOfPatientID']])).toEqual([
      ['S1', 'CLINIC'],
      ['S1', ''],
    ]);
  });

  it('is the chosen patient of an exam that came under a name for nobody, once somebody has answered that', async () => {
    const peer = await archive({});
    const problems = [{ code: 'placeholder-identity', params: {}, objectId: null, answered: true } as never];
    const came = examNamed({ PatientName: 'TEST^ROOM2' }, { corrected: { PatientID: 'S1' }, problems });
    const { flow, exam } = open({ port: peer.port, exams: [came] });
    await answered(flow, exam);
    expect(peer.asked.map(({ keys }) => keys['PatientID'])).toContain('S1');
  });

  it.each([
    ['nobody', examNamed({ PatientName: 'SAMPLE^IMAGE' }), 'no-patient'],
    ['an ID that would ask for others too', examNamed({ PatientID: 'S*' }), 'id-not-askable'],
    [
      'two patients in one exam',
      examNamed(ours, {
        problems: [{ code: 'two-patients', params: {}, objectId: null, answered: null } as never],
      }),
      'unclear-patient',
    ],
  ])('is nobody where the exam has %s: no archive hears of it', async (_what, exam, why) => {
    const peer = await archive({});
    const { flow } = open({ port: peer.port, exams: [exam] });
    expect(flow.desk.ask(exam.id, true)).toMatchObject({ notAsked: why, sources: [], priors: [] });
    expect(peer.peers).toHaveLength(0);
  });

  it('is nobody of an archive that is set not to be asked', async () => {
    const peer = await archive(holding(...heldObjects(1)));
    const { flow, exam } = open({ port: peer.port, priors: 'off' });
    expect(flow.desk.ask(exam, true)).toEqual({ notAsked: null, sources: [], priors: [] });
    expect(peer.peers).toHaveLength(0);
  });
});

describe('what an archive says', () => {
  it('is shown with its doubts where name, birth date or sex contradict, and left out for another ID', async () => {
    const [one, two, three] = [newUid(), newUid(), newUid()];
    const peer = await archive({
      studies: [
        studyAnswer(one, { PatientName: 'Sample^Image^^', PatientBirthDate: '19700102' }),
        studyAnswer(two, { PatientName: 'OTHER^PERSON', PatientBirthDate: '19800102', PatientSex: 'F' }),
        studyAnswer(three, { PatientID: 'S11' }),
        studyAnswer('not a uid'),
      ],
    });
    const who = { ...ours, PatientBirthDate: '19700102', PatientSex: 'M' };
    const { flow, exam } = open({ port: peer.port, exams: [examNamed(who)] });
    const { priors, sources } = await answered(flow, exam);
    expect(new Map(priors.map((prior) => [prior.StudyInstanceUID, prior.doubts]))).toEqual(
      new Map([
        [one, []],
        [two, ['name', 'birth-date', 'sex']],
      ]),
    );
    expect(sources).toMatchObject([{ state: 'answered', leftOut: 2, more: false }]);
  });

  it('stands beside other exams of the patient that are here, each study once, and never the exam itself', async () => {
    const front = examNamed(ours);
    const here = examNamed({ ...ours, StudyDescription: 'Foot' }, { StudyDate: '20260101', state: 'confirmed' });
    const other = examNamed({ PatientID: 'S12' });
    const elsewhere = newUid();
    const studies = [front.StudyInstanceUID, here.StudyInstanceUID, elsewhere].map((uid) => studyAnswer(uid));
    const peer = await archive({ studies });
    const { flow, exam } = open({ port: peer.port, exams: [front, here, other] });
    const { priors } = await answered(flow, exam);
    expect(priors.map(({ id, from, StudyDate }) => [from.kind === 'here' ? id : from.name, StudyDate])).toEqual([
      [here.id, '20260101'],
      ['Archive', '20200503'],
    ]);
  });

  it('is cut at two hundred studies when it never ends, whether or not the archive heeds that it is enough', async () => {
    let said = 0;
    const peer = await archive({
      instead: async (asked) => {
        while (!asked.peer.isEnded && said < 50_000) {
          for (let n = 0; n < 100; n++) sayMatch(asked, studyAnswer(newUid()));
          said += 100;
          await new Promise((resolve) => setImmediate(resolve));
        }
      },
    });
    const { flow, exam } = open({ port: peer.port });
    const { priors, sources } = await answered(flow, exam);
    expect(priors).toHaveLength(200);
    expect(sources).toMatchObject([{ state: 'answered', more: true }]);
  });

  it('is not waited for: who is silent is told as too slow, who is away as away', async () => {
    const silent = await archive({ instead: (asked) => untilAborted(asked) });
    const { flow, exam } = open({ port: silent.port, times: { questionMs: 100 } });
    const words = ({ state, word }: PriorsSource) => [state, word?.key];
    expect(flow.desk.ask(exam, false).sources.map(words)).toEqual([['asking', undefined]]);
    expect((await answered(flow, exam)).sources.map(words)).toEqual([['failed', 'too-slow']]);

    const gone = open({ port: 1 });
    expect((await answered(gone.flow, gone.exam)).sources.map(words)).toEqual([['failed', 'connection-refused']]);
  });

  it('is asked again when a person wants it, and not again and again by looking', async () => {
    const peer = await archive({});
    const { flow, exam } = open({ port: peer.port });
    await answered(flow, exam);
    await answered(flow, exam);
    expect(peer.asked).toHaveLength(1);
    await answered(flow, exam, true);
    expect(peer.asked).toHaveLength(2);
  });
});

describe('an earlier exam that is looked at', () => {
  it('is fetched, can be drawn, is no exam here and stands in the trail of the exam beside it', async () => {
    const objects = heldObjects(3);
    const peer = await archive(holding(...objects));
    const { flow, exam, book } = open({ port: peer.port });
    const { prior, exam: drawn } = await fetched(flow, exam, objects[0]?.study ?? '');
    expect(prior.here).toEqual({ state: 'whole', objects: 3, expected: 3, trouble: null });
    const [first] = drawn.series.flatMap((series) => series.objects);
    expect(await flow.frame(first?.id ?? '', 0)).toMatchObject({ rows: 16, columns: 16 });
    for (const table of ['exam', 'object', 'delivery', 'revision'])
      expect(book.sql(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    const trail = openAudit({ book, clock: systemClock }).historyOf(exam);
    expect(trail.map(({ by, action }) => [by, action])).toEqual([
      ['Kim', 'earlier-exams-asked'],
      ['Kim', 'earlier-exam-looked-at'],
    ]);
  });

  it('is not fetched a second time, and is there while the archive is not', async () => {
    const objects = heldObjects(2);
    const peer = await archive(holding(...objects));
    const book = openBook(':memory:');
    closing.push(() => book.close());
    const { flow, exam } = open({ port: peer.port, book });
    await fetched(flow, exam, objects[0]?.study ?? '');
    await flow.close();
    await peer.close();
    const later = open({ port: peer.port, book });
    const { priors, sources } = await answered(later.flow, later.exam);
    expect(sources).toMatchObject([{ state: 'failed' }]);
    expect(priors).toMatchObject([{ here: { state: 'whole', objects: 2 } }]);
    const { exam: drawn } = later.flow.desk.open(later.exam, priors[0]?.id ?? '');
    expect(drawn.counts.images).toBe(2);
  });

  it('goes on where it broke off, object by object', async () => {
    const objects = heldObjects(3);
    let broken = false;
    const answers = holding(...objects);
    const peer = await archive({
      ...answers,
      instead: (asked) => {
        if (asked.kind !== 'get' || broken) return undefined;
        broken = true;
        return sendObject(asked, objects[0] as HeldObject).then(() => asked.peer.reset());
      },
    });
    const { flow, exam } = open({ port: peer.port });
    const study = objects[0]?.study ?? '';
    const first = await fetched(flow, exam, study);
    expect(first.prior.here).toMatchObject({ state: 'part', objects: 1, trouble: { key: 'connection-lost' } });
    expect((await fetched(flow, exam, study)).prior.here).toMatchObject({ state: 'whole', objects: 3 });
    expect(peer.asked.at(-1)?.keys).toMatchObject({
      QueryRetrieveLevel: 'IMAGE',
      SOPInstanceUID: objects.slice(1).map(({ uid }) => uid),
    });
  });

  it('takes nothing that nobody asked for, nothing under a false name, and nothing of which the end is missing', async () => {
    const objects = heldObjects(2);
    const [wanted, other] = objects as [HeldObject, HeldObject];
    const [stranger] = heldObjects(1) as [HeldObject];
    const statuses: number[] = [];
    const peer = await archive({
      ...holding(wanted, other),
      instead: (asked) => {
        if (asked.kind !== 'get') return undefined;
        return (async () => {
          statuses.push(await sendObject(asked, stranger));
          statuses.push(await sendObject(asked, { uid: wanted.uid, bytes: stranger.bytes }));
          statuses.push(await sendObject(asked, wanted));
          statuses.push(await sendObject(asked, other));
          statuses.push(await sendObject(asked, other));
          sayEnd(asked, 0);
        })();
      },
    });
    const { flow, exam } = open({ port: peer.port });
    const { prior } = await fetched(flow, exam, wanted.study);
    // The second try under a name that was used up counts as not asked for.
    expect(statuses).toEqual([0x0124, 0xa900, 0x0124, 0, 0x0124]);
    expect(prior.here).toMatchObject({
      state: 'part',
      objects: 1,
      trouble: { key: 'did-not-come', params: { count: 1 } },
    });
    expect(files()).toHaveLength(1);
  });

  it('is doubtful when one of its images names somebody else, whatever the archive said', async () => {
    const objects = heldObjects(3, (bytes, n) =>
      n === 0 ? bytes : Buffer.from(bytes.toString('latin1').replace('SAMPLE^IMAGE', 'SOMEBODY^ELS'), 'latin1'),
    );
    const peer = await archive(holding(...objects));
    const { flow, exam } = open({ port: peer.port });
    const { prior, exam: drawn } = await fetched(flow, exam, objects[0]?.study ?? '');
    expect(prior.doubts).toEqual(['in-images']);
    expect(drawn.received.PatientName).toBe('SOMEBODY^ELS');
  });

  it('that stops coming is given up, and says so', async () => {
    const objects = heldObjects(2);
    const peer = await archive({
      ...holding(...objects),
      instead: (asked) =>
        asked.kind === 'get'
          ? sendObject(asked, objects[0] as HeldObject)
              .then(() => asked.peer.gone())
              .then(() => asked.peer.close())
          : undefined,
    });
    const { flow, exam } = open({ port: peer.port, times: { objectMs: 300 } });
    const { prior } = await fetched(flow, exam, objects[0]?.study ?? '');
    expect(prior.here).toMatchObject({ state: 'part', objects: 1, trouble: { key: 'too-slow' } });
  });

  it('that sends what nobody asked for without end is given up, however busy it is', async () => {
    const objects = heldObjects(1);
    const [stranger] = heldObjects(1) as [HeldObject];
    let sent = 0;
    const peer = await archive({
      ...holding(...objects),
      instead: (asked) =>
        asked.kind === 'get'
          ? (async () => {
              for (; sent < 5_000 && !asked.peer.isEnded; sent++) await sendObject(asked, stranger);
            })().catch(() => undefined)
          : undefined,
    });
    const { flow, exam } = open({ port: peer.port, times: { objectMs: 300 } });
    const { prior } = await fetched(flow, exam, objects[0]?.study ?? '');
    expect(prior.here).toMatchObject({ state: 'failed', objects: 0, trouble: { key: 'too-slow' } });
    expect(sent).toBeLessThan(5_000);
  });

  it('can be stopped', async () => {
    const objects = heldObjects(2);
    const peer = await archive({
      ...holding(...objects),
      instead: (asked) => (asked.kind === 'get' ? untilAborted(asked) : undefined),
    });
    const { flow, exam } = open({ port: peer.port });
    const { priors } = await answered(flow, exam);
    const { prior } = flow.desk.open(exam, priors[0]?.id ?? '');
    await expect.poll(() => peer.asked.some(({ kind }) => kind === 'get')).toBe(true);
    flow.desk.stop(prior.id);
    await expect
      .poll(() => flow.desk.read(prior.id).prior.here)
      .toMatchObject({ state: 'failed', trouble: { key: 'stopped' } });
  });
});

describe('the cache', () => {
  it('lets go of what was looked at longest ago', async () => {
    const studies = [heldObjects(1), heldObjects(1), heldObjects(1)].flat();
    const peer = await archive(holding(...studies));
    const { flow, exam, book } = open({ port: peer.port, mostBytes: 3_500 });
    for (const { study } of studies) await fetched(flow, exam, study);
    const left = book.sql<{ uid: string }>('SELECT StudyInstanceUID AS uid FROM prior_study ORDER BY fetchedAt').all();
    expect(left.map(({ uid }) => uid)).toEqual(studies.slice(1).map(({ study }) => study));
    await expect.poll(() => files().length).toBe(2);
  });

  it('keeps no patient longer than is set, and sweeps what a crash left', async () => {
    const objects = heldObjects(1);
    const peer = await archive(holding(...objects));
    const book = openBook(':memory:');
    closing.push(() => book.close());
    const { flow, exam } = open({ port: peer.port, book });
    await fetched(flow, exam, objects[0]?.study ?? '');
    await flow.close();
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path.join(folder(), `${newId()}.part`), 'half');
    writeFileSync(path.join(folder(), `${newId()}.dcm`), 'of nobody');
    const eightDays = 8 * 86_400_000;
    const clock: Clock = {
      ...systemClock,
      now: () => new Date(Date.now() + eightDays).toISOString(),
      epochMs: () => Date.now() + eightDays,
    };
    open({ port: peer.port, book, clock });
    expect(book.sql('SELECT count(*) AS n FROM prior_study').get()).toEqual({ n: 0 });
    await expect.poll(() => files()).toEqual([]);
  });

  it('takes nothing when the disk has no room, and says so', async () => {
    const objects = heldObjects(2);
    const peer = await archive(holding(...objects));
    const { flow, exam } = open({
      port: peer.port,
      checkRoom: () => {
        throw new Problem('no-room', {});
      },
    });
    const { prior } = await fetched(flow, exam, objects[0]?.study ?? '');
    expect(prior.here).toMatchObject({ state: 'failed', trouble: { key: 'no-room' } });
    expect(peer.taken).toEqual([0xa700, 0x0124]);
    expect(files()).toEqual([]);
  });
});

describe('what is fetched ahead', () => {
  it('are the two likeliest, once an exam has its order, and none that is doubtful', async () => {
    const [old, older, mr, doubtful] = [1, 2, 3, 4].map(() => heldObjects(1)[0] as HeldObject);
    const answers = (held: HeldObject | undefined, more: object) => studyAnswer(held?.study ?? '', { ...more });
    const peer = await archive({
      studies: [
        answers(old, { StudyDate: '20210101', ModalitiesInStudy: 'US' }),
        answers(older, { StudyDate: '20200101', ModalitiesInStudy: 'US' }),
        answers(mr, { StudyDate: '20250101', ModalitiesInStudy: 'MR' }),
        answers(doubtful, { PatientName: 'OTHER^PERSON', ModalitiesInStudy: 'US' }),
      ],
      objects: [old, older, mr, doubtful].flatMap((one) => one ?? []),
    });
    const { flow, exam, book } = open({ port: peer.port, priors: 'ahead' });
    flow.look([exam]);
    expect(peer.peers).toHaveLength(0);
    book.sql('PRAGMA foreign_keys = OFF').run();
    giveOrder(book, exam);
    flow.look([exam]);
    const here = () => flow.desk.ofExam(exam).priors.filter((prior) => prior.here.state === 'whole');
    await expect.poll(() => here().map((prior) => prior.StudyInstanceUID)).toEqual([old?.study, older?.study]);
  });
});

function giveOrder(book: Book, examId: string): void {
  book
    .sql(
      `INSERT INTO applied_order (id, examId, orderId, content, reason, StudyID, StudyInstanceUID, correctedBefore, by, at)
       VALUES ('1', ?, 'order', '{}', 'CORRECT', '', '', '{}', 'Kim', '2026')`,
    )
    .run(examId);
}
