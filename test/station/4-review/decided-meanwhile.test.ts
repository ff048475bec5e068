// What a person decides in one window while another one approves: it is in what leaves, or nothing leaves.
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { orderContentShape } from '#contract/shapes/order.ts';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenObjectsAreCorrected, whenOrderIsGiven } from '#station/flow/when-order-is-given.ts';
import { Problem } from '#station/kit/problem.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

let house: SmallHouse;
let meanwhile: (() => void) | undefined;
beforeEach(async () => {
  meanwhile = undefined;
  house = await openSmallHouse({
    meanwhile: () => {
      const once = meanwhile;
      meanwhile = undefined;
      once?.();
    },
  });
});
afterEach(() => house.close());

const by = 'Kim';
const reason = 'CORRECT';

/** An exam of which a revision has to be written; what happens meanwhile happens while it is. */
async function approveWhile(happens: (examId: string, objectId: string) => void) {
  const { examId, objectId } = await house.take(makeObject(patient));
  whenExamCorrected(house.rooms, { examId, attributes: { PatientName: 'Doe^Joan' }, reason, by });
  meanwhile = () => happens(examId, objectId);
  house.pass(60_000);
  await whenExamApproved(house.rooms, { examId, by });
  expect(meanwhile).toBeUndefined();
  expect(await readdir(house.revisionsFolder)).toHaveLength(1);
  return readTexts(await house.leaving(objectId));
}

test('a side that is set on an image while its exam is approved is the side it leaves with', async () => {
  const texts = await approveWhile((_, objectId) =>
    whenObjectsAreCorrected(house.rooms, {
      ...{ objectIds: [objectId], attributes: { ImageLaterality: 'L' }, codes: {}, reason, by },
    }),
  );
  expect(texts['00200062']).toBe('L');
});

test('an order that is given while the exam is approved is the order it leaves with', async () => {
  const content = orderContentShape.parse({ PatientName: 'Doe^Joan', RequestedProcedureID: 'RP-9' });
  const texts = await approveWhile((examId) =>
    whenOrderIsGiven(
      { ...house.rooms, findOrder: () => ({ content }), adoptsStudyUid: () => false },
      { examId, orderId: 'o1', by },
    ),
  );
  expect(JSON.stringify(texts)).toContain('RP-9');
});

test('a procedure code that is chosen while the exam is approved leaves with it', async () => {
  const attributes = { StudyDescription: 'CT Head' };
  const procedureCode = {
    CodeValue: 'CTH',
    CodingSchemeDesignator: '99X',
    CodingSchemeVersion: '',
    CodeMeaning: 'Head',
  };
  const { examId, objectId } = await house.take(makeObject(patient));
  whenExamCorrected(house.rooms, { examId, attributes, reason, by });
  meanwhile = () => whenExamCorrected(house.rooms, { examId, attributes, procedureCode, reason, by });
  house.pass(60_000);
  await whenExamApproved(house.rooms, { examId, by });
  expect(JSON.stringify(await readTexts(await house.leaving(objectId)))).toContain('CTH');
});

test('a correction that is typed while the exam is approved is in what leaves', async () => {
  const texts = await approveWhile((examId) =>
    whenExamCorrected(house.rooms, { examId, attributes: { PatientName: 'Doe^Jill' }, reason, by }),
  );
  expect(texts['00100010']).toBe('Doe^Jill');
});

test('what the site has against an approval is asked again when it counts', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  whenExamCorrected(house.rooms, { examId, attributes: { PatientName: 'Doe^Joan' }, reason, by });
  let isUnchecked = false;
  meanwhile = () => (isUnchecked = true);
  const refuse = () => {
    if (isUnchecked) throw new Problem('second-identifier-missing', {});
  };
  house.pass(60_000);
  await expect(whenExamApproved({ ...house.rooms, refuse }, { examId, by })).rejects.toThrow(
    'second-identifier-missing',
  );
  expect(house.catalog.objectRow(objectId).state).toBe('received');
  expect(await readdir(house.revisionsFolder)).toEqual([]);
});

test('a commit of which nobody knows whether it will last keeps what it would need', async () => {
  const { examId } = await house.take(makeObject(patient));
  whenExamCorrected(house.rooms, { examId, attributes: { PatientName: 'Doe^Joan' }, reason, by });
  let isDoubtful = false;
  const book = new Proxy(house.book, {
    get: (whole, name) => {
      if (name === 'isDoubtful') return isDoubtful;
      const found: unknown = Reflect.get(whole, name, whole);
      if (name === 'transaction') {
        return () => {
          isDoubtful = true;
          throw new Problem('disk-failed', { operation: 'book' });
        };
      }
      return typeof found === 'function' ? (found.bind(whole) as unknown) : found;
    },
  });
  house.pass(60_000);
  await expect(whenExamApproved({ ...house.rooms, book }, { examId, by })).rejects.toThrow('disk-failed');
  expect(await readdir(house.revisionsFolder)).toHaveLength(1);
});
