// The catalogue: objects become exams, nothing is kept twice, nothing is written over, and what stands against an exam is said.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examRowShape, examShape, objectRowShape } from '#contract/shapes/exam.ts';
import { ourselves } from '#station/3-catalog/index.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import { arrival, openTestCatalog, type Made } from './arriving.ts';

let room: ReturnType<typeof openTestCatalog>;
beforeEach(() => {
  room = openTestCatalog();
});
afterEach(() => room.book.close());

const record = (made: Made = {}) => room.catalog.record(arrival(made));
const codes = (examId: string) =>
  room.catalog
    .standingProblems(examId)
    .map(({ code }) => code)
    .sort();
const row = (examId: string) => room.catalog.exam(examId);
const reject = (objectId: string, examId: string) => {
  room.book
    .sql("UPDATE object SET state = 'rejected', rejectionReason = '111207', rejectedAt = ? WHERE id = ?")
    .run(room.clock.now(), objectId);
  room.catalog.refreshProblems(examId);
};

describe('objects become exams', () => {
  it('objects of one study are one exam, whatever their series', () => {
    const { examId } = record();
    record({ header: { SeriesInstanceUID: '2.25.201', Modality: 'SR', hasPixelData: false } });
    const exam = row(examId);
    expect(exam.counts).toMatchObject({ objects: 2, images: 1, series: 2, undecided: 2 });
    expect(exam.modalities).toEqual(['SR', 'US']);
    expect(exam.series.map((series) => series.objects.length)).toEqual([1, 1]);
  });

  it('what the desk reads has the shapes of the contract', () => {
    const { examId, objectId } = record({ header: { PatientID: '' } });
    examRowShape.parse(room.catalog.examRows([examId])[0]);
    examShape.parse(row(examId));
    objectRowShape.parse(room.catalog.objectRow(objectId));
    expect(room.catalog.examRows(['0'.repeat(26)])).toEqual([]);
  });

  it('an exam that was asked for and is not there is said not to be there', () => {
    expect(() => row('0'.repeat(26))).toThrow('not-found');
    expect(() => room.catalog.objectFile('0'.repeat(26))).toThrow('not-found');
  });

  it('the header of an object comes back as it was', () => {
    const one = arrival({ header: { WindowCenter: [40], NumberOfFrames: 3, FrameTime: 33.3, Laterality: 'L' } });
    room.catalog.record(one);
    expect(room.catalog.objectFile(one.objectId).header).toEqual(one.header);
    expect(room.catalog.objectRow(one.objectId)).toMatchObject({ frames: 3, frameTimeMs: 33.3, drawable: true });
  });
});

describe('what came today', () => {
  const midnight = '2026-03-01T00:00:00.000Z';

  it('is counted on from where it was counted before, without what the station made and without yesterday', () => {
    room.pass(-24 * 3_600_000);
    record();
    room.pass(24 * 3_600_000);
    record();
    expect(room.catalog.arrivedSince(midnight)).toBe(1);
    const { examId } = record();
    record({ source: ourselves, examId });
    record();
    expect(room.catalog.arrivedSince(midnight)).toBe(3);
    expect(room.catalog.arrivedSince(midnight)).toBe(3);
    room.pass(24 * 3_600_000);
    record();
    expect(room.catalog.arrivedSince('2026-03-02T00:00:00.000Z')).toBe(1);
    expect(room.catalog.arrivedSince(midnight)).toBe(4);
  });
});

describe('duplicates', () => {
  it('an object received twice is kept once and counted', () => {
    const { objectId, examId } = record({ content: 'same', header: { SOPInstanceUID: '2.25.9' } });
    const again = record({ content: 'same', header: { SOPInstanceUID: '2.25.9' } });
    expect(again).toMatchObject({ kind: 'resent', objectId, examId, fileTaken: false });
    expect(row(examId).counts.objects).toBe(1);
    expect(room.book.sql('SELECT resent FROM object').all()).toEqual([{ resent: 1 }]);
  });

  it('the same UID with other content is kept beside the first, and both are in conflict', () => {
    const first = record({ header: { SOPInstanceUID: '2.25.9' } });
    const second = record({ header: { SOPInstanceUID: '2.25.9' } });
    expect(second).toMatchObject({ kind: 'conflict', examId: first.examId });
    expect(row(first.examId).counts).toMatchObject({ objects: 2, conflicts: 2, undecided: 0 });
    expect(codes(first.examId)).toEqual(['same-uid-being-compared']);
  });

  it('a device that gives every image the same UID makes one problem of each that came later', () => {
    let examId = '';
    for (let count = 0; count < 30; count++) ({ examId } = record({ header: { SOPInstanceUID: '2.25.9' } }));
    expect(room.book.sql('SELECT count(*) AS problems FROM problem').get()).toEqual({ problems: 29 });
    expect(row(examId).problems).toHaveLength(1);
  });

  it('a conflict ends when only one of the objects is left', () => {
    const first = record({ header: { SOPInstanceUID: '2.25.9' } });
    const second = record({ header: { SOPInstanceUID: '2.25.9' } });
    room.pass(1000);
    reject(second.objectId, second.examId);
    expect(room.catalog.objectRow(first.objectId).state).toBe('received');
    expect(codes(first.examId)).toEqual([]);
    expect(row(first.examId).counts).toMatchObject({ undecided: 1, rejected: 1, conflicts: 0 });
  });

  it('an approved object is not touched by another one with its UID', () => {
    const first = record({ header: { SOPInstanceUID: '2.25.9' } });
    room.book.sql("UPDATE object SET state = 'approved'").run();
    const second = record({ header: { SOPInstanceUID: '2.25.9' } });
    expect(room.catalog.objectRow(first.objectId).state).toBe('approved');
    expect(room.catalog.objectRow(second.objectId).state).toBe('conflict');
  });

  it('the same UID in two series is two objects', () => {
    record({ header: { SOPInstanceUID: '2.25.9' } });
    const second = record({ header: { SOPInstanceUID: '2.25.9', SeriesInstanceUID: '2.25.201' } });
    expect(second.kind).toBe('new');
  });

  it('a UID that was rejected before is held and said', () => {
    const first = record({ header: { SOPInstanceUID: '2.25.9' } });
    reject(first.objectId, first.examId);
    room.pass(1000);
    const second = record({ header: { SOPInstanceUID: '2.25.9' } });
    expect(codes(second.examId)).toEqual(['rejected-earlier']);
  });

  it('the same content takes the place of a file that had gone', () => {
    const first = record({ content: 'same' });
    room.catalog.fileMissing(first.objectId, true);
    expect(codes(first.examId)).toEqual(['object-file-missing']);
    const again = arrival({ content: 'same' });
    expect(room.catalog.record(again)).toMatchObject({ kind: 'resent', fileTaken: true });
    expect(room.catalog.objectFile(first.objectId).file).toBe(again.file);
    expect(codes(first.examId)).toEqual([]);
  });

  it('the same content behind another File Meta takes it too: the bytes are what must not be lost', () => {
    const first = record({ content: 'same' });
    room.catalog.fileMissing(first.objectId, true);
    const again = { ...arrival({ content: 'same' }), dataSetOffset: 1234 };
    expect(room.catalog.record(again)).toMatchObject({ kind: 'resent', fileTaken: true });
    expect(room.catalog.objectFile(first.objectId)).toMatchObject({ file: again.file, dataSetOffset: 1234 });
  });
});

describe('UIDs that are missing or illegal', () => {
  it('objects without a study UID, of one device, patient and day, are one exam under a UID of ours', () => {
    const first = record({ header: { StudyInstanceUID: '', SeriesInstanceUID: '' } });
    const second = record({ header: { StudyInstanceUID: '', SeriesInstanceUID: '' } });
    expect(second.examId).toBe(first.examId);
    const { StudyInstanceUID, SeriesInstanceUID, header } = room.catalog.objectFile(first.objectId);
    expect([StudyInstanceUID, SeriesInstanceUID].every(isLegalUid)).toBe(true);
    expect(header.StudyInstanceUID).toBe('');
    const other = record({ header: { StudyInstanceUID: '', PatientID: '99' } });
    expect(other.examId).not.toBe(first.examId);
  });

  it.each(['../../etc/passwd', '1.2.03', 'x'.repeat(200), '1..2'])('an illegal one is a problem: %s', (uid) => {
    const { examId, objectId } = record({ header: { SOPInstanceUID: uid, StudyInstanceUID: uid } });
    expect(isLegalUid(row(examId).StudyInstanceUID)).toBe(true);
    expect(isLegalUid(room.catalog.objectRow(objectId).SOPInstanceUID)).toBe(true);
    expect(codes(examId)).toEqual(['illegal-uid', 'illegal-uid']);
  });

  it('a command that speaks of another object than its data set is told', () => {
    const announced = { sopInstanceUid: '2.25.77', sopClassUid: '1.2.840.10008.5.1.4.1.1.7' };
    expect(codes(record({ announced }).examId)).toEqual(['announced-otherwise']);
  });
});

describe('what stands against an exam', () => {
  it('goes away with the image that caused it, and comes back with it', () => {
    const { examId } = record();
    const stray = record({ header: { PatientID: '77', PatientName: 'Curie^Marie' } });
    expect(codes(examId)).toEqual(['two-patients']);
    reject(stray.objectId, examId);
    expect(codes(examId)).toEqual([]);
    room.book.sql("UPDATE object SET state = 'received' WHERE id = ?").run(stray.objectId);
    room.catalog.refreshProblems(examId);
    expect(codes(examId)).toEqual(['two-patients']);
  });

  describe('an image that comes after the patient was chosen', () => {
    const choose = (examId: string, attributes: object) => {
      room.pass(1000);
      const text = JSON.stringify(attributes);
      room.book.sql('UPDATE exam SET corrected = ? WHERE id = ?').run(text, examId);
      room.book
        .sql(
          `INSERT INTO correction (id, examId, attributes, previous, reason, by, at, lastObject)
           SELECT :id, :examId, :text, '{}', 'CORRECT', 'ada', '', max(rowid) FROM object WHERE examId = :examId`,
        )
        .run({ id: `c${room.clock.now()}`, examId, text });
      room.pass(1000);
    };
    const open = (examId: string) =>
      room.catalog
        .standingProblems(examId)
        .filter((problem) => !problem.answered)
        .map(({ code }) => code);
    const nobody = { PatientID: '', PatientName: 'TEST^ROOM2', PatientBirthDate: '', PatientSex: '' };
    const brandt = { PatientID: '118843', PatientName: 'Brandt^Ute', PatientBirthDate: '19700102' };

    it('and says somebody else stops the exam, though the correction covers all it says', () => {
      const { examId } = record({ header: nobody });
      choose(examId, brandt);
      expect(open(examId)).toEqual([]);
      record({ header: { PatientID: '881204', PatientName: 'Okafor^Chidi' } });
      expect(open(examId)).toEqual(['late-other-patient']);
      choose(examId, brandt);
      room.catalog.refreshProblems(examId);
      expect(open(examId)).toEqual([]);
    });

    it('and says the right patient by itself asks nothing', () => {
      const { examId } = record({ header: nobody });
      choose(examId, brandt);
      record({ header: { ...brandt, PatientSex: '' } });
      expect(open(examId)).toEqual(['late-images']);
    });

    it('and says nobody, as before, waits for a word: nothing says that it is the same patient', () => {
      const { examId } = record({ header: nobody });
      choose(examId, brandt);
      record({ header: nobody });
      record({ header: { ...nobody, PatientName: '' } });
      expect(open(examId)).toEqual(['late-undecided']);
      choose(examId, brandt);
      room.catalog.refreshProblems(examId);
      expect(open(examId)).toEqual([]);
    });
  });

  it('is shown as answered when a correction gives what was missing', () => {
    const { examId } = record({ header: { PatientID: '' } });
    expect(room.catalog.standingProblems(examId)).toMatchObject([{ code: 'no-patient-id', answered: false }]);
    room.book.sql('UPDATE exam SET corrected = ? WHERE id = ?').run('{"PatientID":"4711"}', examId);
    expect(room.catalog.standingProblems(examId)).toMatchObject([{ code: 'no-patient-id', answered: true }]);
  });

  it('a flaw of a thousand objects is one line, and stays with each of them', () => {
    const flaws = [{ code: 'truncated', params: { name: '', expected: 1, found: 0 } }] as const;
    const { examId } = record({ flaws });
    for (let count = 1; count < 50; count++) record({ flaws });
    expect(row(examId).problems).toHaveLength(1);
    expect(room.catalog.standingProblems(examId)).toHaveLength(50);
  });
});

describe('where an exam stands', () => {
  it('arriving until nothing came for the quiet time, then it needs somebody', () => {
    const { examId } = record();
    expect(row(examId).state).toBe('arriving');
    expect(room.catalog.nextQuietAt()).toBe('2026-03-01T08:00:10.000Z');
    room.pass(6000);
    record();
    room.pass(6000);
    expect(row(examId).state).toBe('arriving');
    room.pass(6000);
    expect(row(examId).state).toBe('review');
    expect(room.catalog.nextQuietAt()).toBeNull();
    const { version } = row(examId);
    expect(room.catalog.markQuiet('2026-03-01T08:00:00.000Z')).toEqual([examId]);
    expect(row(examId).version).toBeGreaterThan(version);
  });

  it('an approved exam needs somebody again when an image comes late', () => {
    const { examId } = record();
    room.book.sql("UPDATE object SET state = 'approved'").run();
    room.book.sql("UPDATE exam SET approvedAt = '2026-03-01T08:01:00.000Z'").run();
    room.catalog.refreshProblems(examId);
    expect(row(examId).state).toBe('confirmed');
    const late = record();
    expect(late.exam).toBe('approved');
    room.pass(20_000);
    expect(row(examId)).toMatchObject({ state: 'review', counts: { approved: 1, undecided: 1 } });
  });

  it('held and rejected by what people decided', () => {
    const { examId, objectId } = record();
    room.book.sql('UPDATE exam SET held = 1').run();
    expect(row(examId).state).toBe('held');
    room.book.sql('UPDATE exam SET held = 0').run();
    reject(objectId, examId);
    expect(row(examId).state).toBe('rejected');
  });
});

describe('lists', () => {
  const list = (search: string, filter: 'all' | 'needs-you' | 'arriving' = 'all') =>
    room.catalog.list({ filter, search, limit: 10, offset: 0 });

  it('are newest first, in pages, with totals of every filter', () => {
    for (let number = 0; number < 25; number++) {
      record({ header: { StudyInstanceUID: `2.25.5${number}`, PatientID: `P${number}` } });
      room.pass(1000);
    }
    const page = room.catalog.list({ filter: 'all', search: '', limit: 10, offset: 5 });
    expect(page.exams.map((exam) => exam.received.PatientID)).toEqual(
      [...Array(10).keys()].map((number) => `P${19 - number}`),
    );
    expect(page.total).toBe(25);
    expect(page.totals).toEqual({ 'needs-you': 25, arriving: 9, held: 0, approved: 0, rejected: 0, all: 25 });
    expect(list('', 'arriving').total).toBe(9);
    expect(list('', 'needs-you').total).toBe(25);
  });

  it('are searched without regard to case, accents and the signs of a name', () => {
    record({ header: { PatientName: 'MÜLLER^Änne', AccessionNumber: 'A-100%' } });
    record({ header: { StudyInstanceUID: '2.25.101', PatientName: 'Muster^Max' } });
    expect(list('müller').total).toBe(1);
    expect(list('anne MULLER').total).toBe(1);
    expect(list('us_room2').total).toBe(2);
    expect(list('100%').total).toBe(1);
    expect(list('100_').total).toBe(0);
    expect(list("'; DROP TABLE exam; --").total).toBe(0);
  });

  it('are searched by words of any length and any signs, rare and common ones', () => {
    record({ header: { StudyInstanceUID: '2.25.7', PatientName: 'Li^Bo', AccessionNumber: '"77"' } });
    const insert = room.book.sql(
      `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, firstArrivedAt, lastArrivedAt, completeAt,
         undecided, searchText)
       SELECT ?, ?, patientId, sourceId, '{}', '2020', ?, '2020', 1, ? FROM exam LIMIT 1`,
    );
    room.book.transaction(() => {
      for (let n = 0; n < 2100; n++)
        insert.run(`e${n}`, `1.2.${n}`, `2020${String(n).padStart(4, '0')}`, `common ${n}`);
    });
    for (const word of ['bo', 'li bo', '"77"', 'li "77']) expect(list(word).total, word).toBe(1);
    for (const word of ['\0', 'li\0bo', '""', '"', "'", '*', 'AND', 'text:li', '^li', 'NEAR(li bo)']) list(word);
    expect(list('li\0bo').total).toBe(1);
    expect(list('common').total).toBe(2100);
    expect(list('common').exams.map(({ id }) => id)).toEqual([...Array(10).keys()].map((n) => `e${2099 - n}`));
    expect(list('mmon 20 99').total).toBe(1);
    expect(list('common', 'needs-you').total).toBe(2100);
    room.book.sql('DELETE FROM exam WHERE id = ?').run('e2099');
    expect(list('common').total).toBe(2099);
  });

  it('find a corrected name as well as a received one', () => {
    const { examId } = record();
    room.book.sql('UPDATE exam SET corrected = ?').run('{"PatientName":"Hopper^Grace"}');
    room.catalog.refreshProblems(examId);
    expect(list('hopper').total).toBe(1);
    expect(list('lovelace').total).toBe(1);
  });

  it('read indexes and never the whole catalogue, but for a search', () => {
    const plan = (sql: string) =>
      room.book
        .sql<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => detail)
        .join('; ');
    expect(
      plan("SELECT id FROM exam WHERE stage = 'open' AND completeAt <= '2026' ORDER BY lastArrivedAt DESC, id"),
    ).toMatch(/USING INDEX exam_(?:stage|quiet)/);
    expect(plan('SELECT id FROM exam ORDER BY lastArrivedAt DESC, id LIMIT 10')).toMatch(/INDEX exam_newest/);
    expect(plan("SELECT count(*) FROM exam WHERE stage = 'open' AND completeAt > '2026'")).toMatch(/INDEX exam_quiet/);
    expect(plan("SELECT count(*) FROM object WHERE arrivedAt >= '2026'")).toMatch(/COVERING INDEX object_arrived/);
  });
});
