// Split, merge, move and copy: which UIDs change and which do not (dicom-rules 3), whose patient it is, and the way back.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRearranging, type Rearranging, type Wish } from '#station/3-catalog/index.ts';
import { newId } from '#station/kit/ids.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import { arrival, openTestCatalog, type Made } from './arriving.ts';

/** More by hand: SAFELIGHT_ROUNDS=2000 npx vitest run test/station/3-catalog/rearranging.test.ts */
const rounds = Number(process.env['SAFELIGHT_ROUNDS'] ?? 60);

let room: ReturnType<typeof openTestCatalog>;
let rearranging: Rearranging;
const left = new Set<string>();
beforeEach(() => {
  room = openTestCatalog();
  left.clear();
  const { book, clock, catalog } = room;
  rearranging = openRearranging({
    ...{ book, clock },
    mayHaveLeft: (objectId) => left.has(objectId),
    refreshProblems: catalog.refreshProblems,
  });
});
afterEach(() => room.book.close());

const receive = (header: Made['header'] = {}, more: Made = {}) => room.catalog.record(arrival({ ...more, header }));
const images = (count: number, header: Made['header'] = {}) =>
  Array.from({ length: count }, () => receive(header).objectId);
const examOf = (objectId: string) => uids(objectId).examId;
function uids(objectId: string) {
  const { examId, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = room.catalog.objectFile(objectId);
  return { examId, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
}
function wish(wished: Wish, more: { otherPatient?: boolean; commandId?: string } = {}) {
  const done = rearranging.rearrange({ wish: wished, by: 'anna', ...more });
  if (done.kind !== 'rearranged') throw new Error('unchanged');
  return done;
}
const codes = (examId: string) =>
  room.catalog
    .standingProblems(examId)
    .map(({ code }) => code)
    .sort();
const other = { StudyInstanceUID: '2.25.101', SeriesInstanceUID: '2.25.301' };
const stranger = { PatientName: 'Hopper^Grace', PatientID: '777', PatientBirthDate: '19061209' };

describe('UIDs, as the table of the rules says', () => {
  it('images split to a new exam get a new study and a new series, and keep their SOP Instance UID', () => {
    const [stays = '', goes = '', too = ''] = images(3);
    const before = uids(goes);
    wish({ kind: 'split', groups: [[goes, too]] });
    const after = uids(goes);
    expect(after.SOPInstanceUID).toBe(before.SOPInstanceUID);
    expect(after.StudyInstanceUID).not.toBe(before.StudyInstanceUID);
    expect(after.SeriesInstanceUID).not.toBe(before.SeriesInstanceUID);
    for (const uid of [after.StudyInstanceUID, after.SeriesInstanceUID]) {
      expect(uid).toMatch(/^2\.25\.\d+$/);
      expect(isLegalUid(uid)).toBe(true);
    }
    expect(uids(too)).toMatchObject({
      StudyInstanceUID: after.StudyInstanceUID,
      SeriesInstanceUID: after.SeriesInstanceUID,
    });
    expect(uids(stays)).toMatchObject({ StudyInstanceUID: '2.25.100', SeriesInstanceUID: '2.25.200' });
  });

  it('images moved to another exam get its study, a new series for each they come from, and keep their SOP Instance UID', () => {
    const [one = ''] = images(2);
    const [two = ''] = images(1, { SeriesInstanceUID: '2.25.201' });
    const [target = ''] = images(1, other);
    const before = [uids(one), uids(two)];
    wish({ kind: 'move', objectIds: [one, two], toExamId: examOf(target) });
    const after = [uids(one), uids(two)];
    expect(after.map((place) => place.StudyInstanceUID)).toEqual(['2.25.101', '2.25.101']);
    expect(after.map((place) => place.SOPInstanceUID)).toEqual(before.map((place) => place.SOPInstanceUID));
    const series = after.map((place) => place.SeriesInstanceUID);
    expect(new Set([...series, '2.25.200', '2.25.201', '2.25.301']).size).toBe(5);
  });

  it('an exam merged into another gets its study and keeps series and SOP Instance UIDs', () => {
    const [target = ''] = images(1);
    const [one = ''] = images(2, other);
    wish({ kind: 'merge', fromExamId: examOf(one), toExamId: examOf(target) });
    expect(uids(one)).toMatchObject({ StudyInstanceUID: '2.25.100', SeriesInstanceUID: '2.25.301' });
    expect(room.catalog.exam(examOf(target)).counts).toMatchObject({ objects: 3, series: 2 });
  });

  it('a series that collides in a merge gets a new UID, the others keep theirs', () => {
    const [target = ''] = images(1);
    const [same = ''] = images(1, { StudyInstanceUID: '2.25.101' });
    const [own = ''] = images(1, other);
    wish({ kind: 'merge', fromExamId: examOf(own), toExamId: examOf(target) });
    expect(uids(same).SeriesInstanceUID).not.toBe('2.25.200');
    expect(uids(own).SeriesInstanceUID).toBe('2.25.301');
  });

  it('part of a series split off keeps study and SOP Instance UIDs and gets a new series', () => {
    const [stays = '', goes = ''] = images(2);
    const before = uids(goes);
    wish({ kind: 'split-series', objectIds: [goes] });
    const { SeriesInstanceUID, ...after } = uids(goes);
    expect(after).toEqual({ ...before, SeriesInstanceUID: undefined, ...after });
    expect(after.StudyInstanceUID).toBe(before.StudyInstanceUID);
    expect(after.SOPInstanceUID).toBe(before.SOPInstanceUID);
    expect(SeriesInstanceUID).not.toBe(uids(stays).SeriesInstanceUID);
  });

  it('an image copied to a second exam is there under its study with a new series and a new SOP Instance UID', () => {
    const [one = ''] = images(2);
    const [target = ''] = images(1, other);
    const before = uids(one);
    const copy = newId();
    wish({
      ...{ kind: 'copy', toExamId: examOf(target) },
      copies: [{ of: one, objectId: copy, file: `000000/${copy}.dcm` }],
    });
    expect(uids(one)).toEqual(before);
    expect(uids(copy)).toMatchObject({ StudyInstanceUID: '2.25.101' });
    expect(uids(copy).SeriesInstanceUID).not.toBe(before.SeriesInstanceUID);
    expect(uids(copy).SOPInstanceUID).not.toBe(before.SOPInstanceUID);
    expect(room.catalog.objectFile(copy).dataSetSha256).toBe(room.catalog.objectFile(one).dataSetSha256);
  });

  it('an image without legal UIDs that is moved has legal ones wherever it goes', () => {
    const { objectId } = receive({ StudyInstanceUID: '', SeriesInstanceUID: '1.02', SOPInstanceUID: '' });
    const [target = ''] = images(1);
    wish({ kind: 'move', objectIds: [objectId], toExamId: examOf(target) });
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = uids(objectId);
    for (const uid of [StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID]) expect(isLegalUid(uid)).toBe(true);
  });
});

describe('whose images they are', () => {
  it('two patients in one exam are told apart by what the device sent, and splitting ends the alarm', () => {
    const first = images(3);
    const second = images(3, stranger);
    const examId = examOf(first[0] ?? '');
    expect(codes(examId)).toContain('two-patients');
    const groups = rearranging.patients(examId);
    expect(groups.map(({ PatientID, objectIds }) => [PatientID, objectIds])).toEqual([
      ['0012305', first],
      ['777', second],
    ]);
    wish({ kind: 'split', groups: [groups[1]?.objectIds ?? []] });
    expect(codes(examId)).toEqual([]);
    expect(codes(examOf(second[0] ?? ''))).toEqual([]);
    expect(room.catalog.exam(examOf(second[0] ?? '')).received.PatientID).toBe('777');
  });

  it('an image that names nobody goes with the one before it', () => {
    const [first = ''] = images(1);
    const [second = ''] = images(1, stranger);
    const [nobody = ''] = images(1, { PatientName: '', PatientID: '', PatientBirthDate: '' });
    expect(rearranging.patients(examOf(first)).map(({ objectIds }) => objectIds)).toEqual([[first], [second, nobody]]);
  });

  it('images of another patient go nowhere without a word, and nothing is half done', () => {
    const [one = ''] = images(1);
    const [target = ''] = images(1, { ...other, ...stranger });
    const before = uids(one);
    const moving = { kind: 'move', objectIds: [one], toExamId: examOf(target) } as const;
    expect(() => wish(moving)).toThrow('other-patient');
    expect(uids(one)).toEqual(before);
    const done = wish(moving, { otherPatient: true });
    expect(done.identity).toMatchObject({ examId: examOf(target), attributes: { PatientID: '777' } });
  });

  it('images go to the patient whose images are in the target, not to one whose image was rejected there', () => {
    const [one = ''] = images(1, { ...other, PatientName: 'Berg^Anna', PatientID: '88', PatientBirthDate: '19800101' });
    const [wrong = ''] = images(1);
    const [target = ''] = images(1, stranger);
    room.book.sql("UPDATE object SET state = 'rejected', rejectionReason = '113037' WHERE id = ?").run(wrong);
    const done = wish({ kind: 'move', objectIds: [one], toExamId: examOf(target) }, { otherPatient: true });
    expect(done.identity).toMatchObject({ examId: examOf(target), attributes: { PatientID: '777' } });
  });

  it('images of a third patient do not make one of the two whose images are in the target', () => {
    const [one = ''] = images(1, { ...other, PatientName: 'Berg^Anna', PatientID: '88', PatientBirthDate: '19800101' });
    const [target = ''] = images(1);
    images(1, stranger);
    const before = uids(one);
    const moving = { kind: 'move', objectIds: [one], toExamId: examOf(target) } as const;
    expect(() => wish(moving, { otherPatient: true })).toThrow('two-patients');
    expect(uids(one)).toEqual(before);
  });

  it('a copy in the place of an image that left takes on who the other exam is of, as its device said', () => {
    const [one = ''] = images(1);
    const [target = ''] = images(1, { ...other, ...stranger });
    room.book.sql("UPDATE object SET state = 'rejected', rejectionReason = '113038' WHERE id = ?").run(one);
    const copy = newId();
    const copies = [{ of: one, objectId: copy, file: `000000/${copy}.dcm` }];
    const done = wish({ kind: 'renew', copies, to: { kind: 'exam', examId: examOf(target) } }, { otherPatient: true });
    expect(done.identity).toMatchObject({ examId: examOf(target), attributes: { PatientID: '777' } });
  });

  it('nobody can be followed who has no name', () => {
    const [one = ''] = images(1);
    const [target = ''] = images(1, { ...other, PatientName: '', PatientID: '', PatientBirthDate: '19550101' });
    expect(() => wish({ kind: 'move', objectIds: [one], toExamId: examOf(target) }, { otherPatient: true })).toThrow(
      'target-names-nobody',
    );
  });

  it('corrections of an exam go with what is split off only when nobody else is in it', () => {
    const [stays = '', goes = ''] = images(2);
    const examId = examOf(stays);
    const correct = () =>
      room.book.sql('UPDATE exam SET corrected = ? WHERE id = ?').run('{"AccessionNumber":"A1"}', examId);
    correct();
    wish({ kind: 'split', groups: [[goes]] });
    expect(room.catalog.exam(examOf(goes)).corrected).toEqual({ AccessionNumber: 'A1' });
    const [theirs = ''] = images(1, stranger);
    wish({ kind: 'split', groups: [[theirs]] });
    expect(room.catalog.exam(examOf(theirs)).corrected).toEqual({});
  });
});

describe('what is refused', () => {
  it('images that may have left or are approved stay where they are', () => {
    const [one = '', two = ''] = images(3);
    left.add(one);
    expect(() => wish({ kind: 'split', groups: [[one]] })).toThrow('rearrange-after-release');
    room.book.sql("UPDATE object SET state = 'approved' WHERE id = ?").run(two);
    expect(() => wish({ kind: 'split', groups: [[two]] })).toThrow('already-approved');
  });

  it('an exam is not split from nothing, moved to itself or merged with itself', () => {
    const [one = '', two = ''] = images(2);
    const examId = examOf(one);
    expect(() => wish({ kind: 'split', groups: [[one, two]] })).toThrow('input-invalid');
    expect(() => wish({ kind: 'split', groups: [[one], [one]] })).toThrow('input-invalid');
    expect(() => wish({ kind: 'split-series', objectIds: [one, two] })).toThrow('input-invalid');
    expect(() => wish({ kind: 'move', objectIds: [one], toExamId: examId })).toThrow('input-invalid');
    expect(() => wish({ kind: 'merge', fromExamId: examId, toExamId: examId })).toThrow('input-invalid');
    expect(() => wish({ kind: 'move', objectIds: [one], toExamId: newId() })).toThrow('not-found');
    expect(() => wish({ kind: 'move', objectIds: [newId()], toExamId: examId })).toThrow('not-found');
  });

  it('a command that comes twice is carried out once', () => {
    const [, goes = ''] = images(2);
    const command = { kind: 'split', groups: [[goes]] } as const;
    const commandId = crypto.randomUUID();
    wish(command, { commandId });
    const after = uids(goes);
    expect(rearranging.rearrange({ wish: command, by: 'anna', commandId })).toEqual({ kind: 'unchanged' });
    expect(uids(goes)).toEqual(after);
  });
});

describe('an exam that lost all its images', () => {
  it('is shown nowhere, counted nowhere, and comes back with undo', () => {
    const [target = ''] = images(1);
    const [one = ''] = images(2, other);
    const examId = examOf(one);
    const list = () => room.catalog.list({ filter: 'all', search: '', limit: 10, offset: 0 });
    const totals = list().totals;
    const { id } = wish({ kind: 'merge', fromExamId: examId, toExamId: examOf(target) });
    expect(list()).toMatchObject({ total: 1, totals: { all: 1, rejected: 0 } });
    expect(room.catalog.list({ filter: 'rejected', search: '', limit: 10, offset: 0 }).exams).toEqual([]);
    expect(room.catalog.list({ filter: 'all', search: 'lovelace', limit: 10, offset: 0 }).exams).toHaveLength(1);
    expect(() => room.catalog.exam(examId)).toThrow('not-found');
    rearranging.undo(id, 'anna');
    expect(list().totals).toEqual(totals);
    expect(room.catalog.exam(examId).counts.objects).toBe(2);
  });

  it('is named by what comes to it then, not by whom it was of before', () => {
    const [target = ''] = images(1);
    const [one = ''] = images(1, other);
    const examId = examOf(one);
    wish({ kind: 'merge', fromExamId: examId, toExamId: examOf(target) });
    const [late = ''] = images(1, {
      ...stranger,
      StudyInstanceUID: other.StudyInstanceUID,
      SeriesInstanceUID: '2.25.777',
      Modality: 'DX',
    });
    expect(examOf(late)).toBe(examId);
    expect(room.catalog.exam(examId)).toMatchObject({ received: stranger, modalities: ['DX'] });
  });
});

describe('the way back', () => {
  it('several steps go back in their order, and not out of it', () => {
    const [a = '', b = '', c = ''] = images(3);
    const before = [a, b, c].map(uids);
    const first = wish({ kind: 'split', groups: [[b, c]] });
    const second = wish({ kind: 'split-series', objectIds: [c] });
    expect(rearranging.undoable(examOf(c)).map(({ id }) => id)).toEqual([second.id]);
    expect(() => rearranging.undo(first.id, 'anna')).toThrow('rearranged-since');
    rearranging.undo(second.id, 'anna');
    rearranging.undo(first.id, 'anna');
    expect([a, b, c].map(uids)).toEqual(before);
    expect(() => rearranging.undo(first.id, 'anna')).toThrow('not-found');
  });

  it('what was approved since does not go back', () => {
    const [, goes = ''] = images(2);
    const { id } = wish({ kind: 'split', groups: [[goes]] });
    room.book.sql("UPDATE object SET state = 'approved' WHERE id = ?").run(goes);
    expect(() => rearranging.undo(id, 'anna')).toThrow('already-approved');
    expect(rearranging.undoable(examOf(goes))).toEqual([]);
  });

  it(`${rounds} random rounds of rearranging, each taken back to its beginning, leave exactly what was there`, () => {
    const random = seeded(20_261_123);
    for (let n = 0; n < 7; n++) {
      const header = { StudyInstanceUID: `2.25.${100 + random(3)}`, SeriesInstanceUID: `2.25.${200 + random(3)}` };
      receive(random(4) === 0 ? { ...header, ...stranger } : header);
    }
    const start = snapshot();
    for (let round = 0; round < rounds; round++) {
      const done: string[] = [];
      for (let n = 0; n < 4; n++) {
        const id = randomStep(random);
        if (id !== undefined) done.push(id);
      }
      for (const id of done.toReversed()) rearranging.undo(id, 'anna');
      expect(snapshot(), `round ${round}`).toEqual(start);
    }
  });
});

function randomStep(random: (below: number) => number): string | undefined {
  const objects = room.book
    .sql<{ id: string; examId: string }>('SELECT id, examId FROM object WHERE sameAs IS NULL ORDER BY rowid')
    .all();
  const exams = [...new Set(objects.map(({ examId }) => examId))];
  const pick = <T>(list: readonly T[]) => list[random(list.length)];
  const one = pick(objects);
  if (!one) return undefined;
  const mates = objects.filter(({ examId }) => examId === one.examId).map(({ id }) => id);
  const some = [...new Set([one.id, ...mates.filter(() => random(3) === 0)])];
  const toExamId = pick(exams) ?? '';
  const copy = newId();
  const wishes: readonly Wish[] = [
    { kind: 'split', groups: [some] },
    { kind: 'move', objectIds: some, toExamId },
    { kind: 'merge', fromExamId: one.examId, toExamId },
    { kind: 'split-series', objectIds: [one.id] },
    { kind: 'copy', toExamId, copies: [{ of: one.id, objectId: copy, file: `000000/${copy}.dcm` }] },
  ];
  const chosen = pick(wishes);
  if (!chosen) return undefined;
  try {
    return wish(chosen, { otherPatient: true }).id;
  } catch (error) {
    // What cannot be done is refused, and the round goes on.
    if (error instanceof Error && /input-invalid|target-names-nobody/.test(error.message)) return undefined;
    throw error;
  }
}

/** Everything that a person or a receiver could see. */
function snapshot() {
  const { exams, totals } = room.catalog.list({ filter: 'all', search: '', limit: 100, offset: 0 });
  return {
    totals,
    exams: exams
      .map(({ id }) => {
        const { version, problems, ...exam } = room.catalog.exam(id);
        void version;
        return { ...exam, problems: problems.map(({ code, params, objectId }) => ({ code, params, objectId })) };
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
