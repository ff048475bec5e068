// A patient ID that was typed by hand: somebody else's, or a slip of the hand away from the right one.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { openIdentityGuard } from '#station/flow/identity-guard.ts';
import { judgeTypedPatient } from '#station/flow/typed-patient.ts';
import { matchingSettingShape } from '#contract/shapes/matching.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openOrders } from '#station/orders/index.ts';
import { idsNear, compareIds } from '#station/orders/matching/index.ts';
import { openSmallHouse, type SmallHouse } from '../4-review/house.ts';
import { makeObject, patient } from '../dicom/objects.ts';

let house: SmallHouse;
let examId: string;
beforeEach(async () => {
  house = await openSmallHouse();
  const named = patient.map((one) => ('keyword' in one && one.keyword === 'PatientID' ? { ...one, value: '' } : one));
  ({ examId } = await house.take(makeObject(named)));
  const orders = openOrders({ book: house.book, clock: systemClock });
  const brandt = {
    PatientName: 'Brandt^Ute',
    PatientID: '118843',
    PatientBirthDate: '19700102',
    AccessionNumber: 'A1',
  };
  orders.keep({
    ...{ sourceId: 'ris', sourceKind: 'worklist', sourceKey: '1', state: 'scheduled' },
    content: orderContentShape.parse(brandt),
  });
});
afterEach(() => house.close());

const typed = (PatientID: string, PatientName = 'Brandt^Ute', PatientBirthDate = '19700102') => ({
  ...{ PatientID, PatientName, PatientBirthDate },
});
const judge = (...said: Parameters<typeof typed>) =>
  judgeTypedPatient(house.book, examId, typed(...said)).map(({ kind, slip, PatientID, knownFrom }) => ({
    ...{ kind, slip, PatientID, knownFrom },
  }));
const meant = (slip: string) => [{ kind: 'near', slip, PatientID: '118843', knownFrom: 'order' }];

test.each([
  ['118853', 'one-digit'],
  ['118834', 'swapped'],
  ['11884', 'check-digit'],
  ['11883', 'one-digit'],
  ['1188443', 'one-digit'],
])('%s is one slip away from the ID of the patient who is meant', (id, slip) => {
  expect(judge(id)).toEqual(meant(slip));
});

test('the ID of this patient, written as it is known, raises nothing', () => {
  expect(judge('118843')).toEqual([]);
  expect(judge('118843', 'BRANDT^UTE', '')).toEqual([]);
  expect(judge('', 'Brandt^Ute')).toEqual([]);
});

test('an ID that is somebody else’s is told with who that is, by name or by birth date', () => {
  const other = [{ kind: 'other-person', slip: '', PatientID: '118843', knownFrom: 'order' }];
  expect(judge('118843', 'Hoffmann^Karl', '19531127')).toEqual(other);
  expect(judge('118843', 'Brandt^Ute', '19531127')).toEqual(other);
});

test('the next number of another patient is nothing to tell, nor one that is two slips away', () => {
  expect(judge('118844', 'Hoffmann^Karl', '19531127')).toEqual([]);
  expect(judge('118855')).toEqual([]);
});

test('a cancelled order knows nobody, and the exam itself is not another one', async () => {
  house.book.sql("UPDATE hospital_order SET state = 'cancelled'").run();
  expect(judge('118853')).toEqual([]);
  whenExamCorrected(house.rooms, { examId, attributes: typed('118843'), reason: 'COERCE', by: 'Kim' });
  expect(judge('118843', 'Hoffmann^Karl', '19531127')).toEqual([]);
  const two = await house.take(
    makeObject(
      patient.map((one) =>
        'keyword' in one && one.keyword === 'StudyInstanceUID' ? { ...one, value: '2.25.9' } : one,
      ),
    ),
  );
  const [hint] = judgeTypedPatient(house.book, two.examId, typed('118843', 'Hoffmann^Karl', '19531127'));
  expect(hint).toMatchObject({ kind: 'other-person', PatientName: 'Brandt^Ute', knownFrom: 'exam' });
});

test('a typed ID that is doubtful does not leave before a second identifier was given', () => {
  const { book, audit, catalog } = house;
  const setting = matchingSettingShape.parse({});
  const guard = openIdentityGuard({ book, clock: systemClock, audit, setting: () => setting });
  const correct = (PatientID: string) => {
    const attributes = typed(PatientID);
    whenExamCorrected(house.rooms, { examId, attributes, reason: 'COERCE', by: 'Kim' });
    return guard.truth({ ...catalog.exam(examId), history: [] }).wanted;
  };
  expect(correct('555001')).toBe(false);
  expect(correct('118853')).toBe(true);
  const exam = { ...catalog.exam(examId), history: [] };
  expect(() => guard.refuseUnchecked(exam)).toThrow(expect.objectContaining({ code: 'second-identifier-missing' }));
  expect(guard.check(exam, { text: '02.01.1970', how: 'typed', by: 'Kim' }).outcome).toBe('matches');
  guard.refuseUnchecked(exam);
  expect(correct('118843')).toBe(false);
});

test('what has left is not corrected to a doubtful patient before a second identifier was given, and its copies do not ask again', () => {
  const { book, audit, catalog } = house;
  const setting = matchingSettingShape.parse({});
  const guard = openIdentityGuard({ book, clock: systemClock, audit, setting: () => setting });
  const exam = { ...catalog.exam(examId), history: [] };
  const missing = expect.objectContaining({ code: 'second-identifier-missing' }) as unknown;
  guard.refuseUncheckedChange(exam, typed('555001'));
  guard.refuseUncheckedChange(exam, { StudyDescription: 'Knee' });
  const doubtful = typed('118853');
  expect(() => guard.refuseUncheckedChange(exam, doubtful)).toThrow(missing);
  expect(guard.check(exam, { text: '03.01.1970', how: 'typed', by: 'Kim', patient: doubtful }).outcome).toBe('differs');
  expect(() => guard.refuseUncheckedChange(exam, doubtful)).toThrow(missing);
  expect(guard.check(exam, { text: '02.01.1970', how: 'typed', by: 'Kim', patient: doubtful }).outcome).toBe('matches');
  guard.refuseUncheckedChange(exam, doubtful);

  const copies = { ...exam, id: 'copies', received: { ...exam.received, ...doubtful } };
  const always = openIdentityGuard({
    ...{ book, clock: systemClock, audit },
    setting: () => ({ ...setting, guard: 'always' as const }),
  });
  expect(() => always.refuseUnchecked(copies)).toThrow(missing);
  book.transaction(() => guard.carry(examId, 'copies'));
  always.refuseUnchecked(copies);
  expect(() => always.refuseUncheckedChange(copies, { PatientID: '1' })).toThrow(missing);
});

test('every ID that is near is one slip away, and there are never many', () => {
  const near = idsNear('A12B');
  expect(near).toContain('A21B');
  expect(near).toContain('AI2B'.replace('I', 'J'));
  expect(near).not.toContain('A12B');
  for (const id of idsNear('118843')) expect(compareIds(id, '118843')).not.toBe('other');
  expect(idsNear('123')).toEqual([]);
  expect(idsNear('1'.repeat(65))).toEqual([]);
  expect(idsNear('AB3456789012345678901234').length).toBeLessThan(2500);
});
