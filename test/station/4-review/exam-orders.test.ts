// An exam is given to an order: what every object of it says then, what goes, and that it can be taken back.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { orderContentShape, type OrderContent } from '#contract/shapes/order.ts';
import type { NewElement } from '#station/dicom/index.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { whenOrderIsGiven, whenOrderIsTaken, type OrderRooms } from '#station/flow/when-order-is-given.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';
import { readTexts } from './read-texts.ts';

const content: OrderContent = orderContentShape.parse({
  PatientName: 'Berg^Anna',
  PatientID: '0012305',
  IssuerOfPatientID: 'KLINIK',
  PatientBirthDate: '19900215',
  PatientSex: 'F',
  AccessionNumber: 'ACC-77',
  IssuerOfAccessionNumber: 'RIS',
  StudyInstanceUID: '1.2.826.0.1.77',
  ReferencedStudySOPInstanceUIDs: ['1.2.826.0.1.78'],
  ReferringPhysicianName: 'Fern^Otto',
  RequestingPhysician: 'Ruf^Ida',
  AdmissionID: 'V-5',
  IssuerOfAdmissionID: 'KLINIK',
  RequestedProcedureID: 'RP-9',
  RequestedProcedureDescription: 'Thorax p.a.',
  RequestedProcedureCodes: [{ CodeValue: '36643-5', CodingSchemeDesignator: 'LN', CodeMeaning: 'XR Chest 2 Views' }],
  ScheduledProcedureStepID: 'SPS-1',
});

const without = (...keywords: readonly string[]) =>
  patient.filter((element) => !('keyword' in element && keywords.includes(element.keyword)));
const text = (keyword: string, value: string): NewElement => ({ keyword, value });
const uid = (n: number): NewElement => text('SOPInstanceUID', `2.25.20${n}`);

let house: SmallHouse;
let orders: Map<string, OrderContent>;
let rooms: OrderRooms;
beforeEach(async () => {
  house = await openSmallHouse();
  orders = new Map([['o1', content]]);
  const findOrder = (id: string) => (orders.has(id) ? { content: orders.get(id) ?? content } : undefined);
  rooms = {
    ...house.rooms,
    findOrder,
    adoptsStudyUid: () => false,
    forget: (examId) => void house.catalog.decisions.endOf(examId),
  };
});
afterEach(() => house.close());

const give = (examId: string, orderId = 'o1', more: object = {}) =>
  whenOrderIsGiven(rooms, { examId, orderId, by: 'Kim', ...more });
const take = (examId: string) => whenOrderIsTaken(rooms, { examId, by: 'Kim' });
const corrected = (examId: string) => house.catalog.exam(examId).corrected;
const code = (expected: string, params: object = {}) =>
  expect.objectContaining({ code: expected, params: expect.objectContaining(params) as unknown }) as unknown;

const classes = {
  image: '1.2.840.10008.5.1.4.1.1.7',
  presentation: '1.2.840.10008.5.1.4.1.1.11.1',
  keyObjects: '1.2.840.10008.5.1.4.1.1.88.59',
  report: '1.2.840.10008.5.1.4.1.1.88.11',
  dose: '1.2.840.10008.5.1.4.1.1.88.67',
};

describe('what is typed after an order was given', () => {
  const type = (examId: string, attributes: Record<string, string>) =>
    whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });

  test('another patient: nothing of the order leaves with them', async () => {
    const { examId, objectId } = await house.take(makeObject([...patient]));
    give(examId);
    expect(house.review.orderThatCounts(examId)?.content.RequestedProcedureID).toBe('RP-9');
    type(examId, { PatientName: 'Kern^Eva', PatientID: '99', AccessionNumber: 'ACC-99' });
    expect(house.review.orderThatCounts(examId)).toBeUndefined();
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({ '00100010': 'Kern^Eva', '00100020': '99', '00080050': 'ACC-99' });
    const now = Object.entries(texts).filter(([place]) => !place.startsWith('04000561'));
    for (const word of ['ACC-77', 'V-5', 'Ruf^Ida', 'RP-9', 'SPS-1', '1.2.826.0.1.77', '1.2.826.0.1.78'])
      expect(
        now.filter(([place, value]) => value.includes(word) && place !== '00200010'),
        word,
      ).toEqual([]);
  });

  test('another accession number of the same patient: the request says that one', async () => {
    const { examId, objectId } = await house.take(makeObject([...patient]));
    give(examId);
    type(examId, { AccessionNumber: 'ACC-78' });
    expect(house.review.orderThatCounts(examId)?.content).toMatchObject({
      AccessionNumber: 'ACC-78',
      AdmissionID: 'V-5',
    });
    await house.approve(examId);
    expect(await readTexts(await house.leaving(objectId))).toMatchObject({
      '00080050': 'ACC-78',
      '00400275[0]>00080050': 'ACC-78',
      '00400275[0]>00401001': 'RP-9',
      '00380010': 'V-5',
    });
  });
});

describe('an exam without order that is given to one', () => {
  test('IRWF-1 IRWF-5 says patient and order in images, presentation states, key objects, reports and dose reports', async () => {
    const taken = [];
    for (const [n, sopClass] of Object.values(classes).entries()) {
      const elements = [...without('SOPClassUID', 'SOPInstanceUID'), text('SOPClassUID', sopClass), uid(n)];
      taken.push({ sopClass, ...(await house.take(makeObject(elements))) });
    }
    const examId = taken[0]?.examId ?? '';
    give(examId);
    await house.approve(examId);
    for (const { sopClass, objectId } of taken) {
      const texts = await readTexts(await house.leaving(objectId));
      expect(texts, sopClass).toMatchObject({
        '00100010': 'Berg^Anna',
        '00100020': '0012305',
        '00100021': 'KLINIK',
        '00100030': '19900215',
        '00100040': 'F',
        '00080050': 'ACC-77',
        '00080051[0]>00400031': 'RIS',
        '00080090': 'Fern^Otto',
        '00321032': 'Ruf^Ida',
        '00380010': 'V-5',
        '00380014[0]>00400031': 'KLINIK',
        '00200010': 'RP-9',
        '00081030': 'Thorax p.a.',
        '00081032[0]>00080100': '36643-5',
        '00081110[0]>00081155': '1.2.826.0.1.78',
        '0020000D': '2.25.1002',
        '04000561': '1',
        '04000561[0]>04000565': 'COERCE',
        '04000561[0]>04000550[0]>00100020': '4711',
      });
      const request = sopClass.startsWith('1.2.840.10008.5.1.4.1.1.88.') ? '0040A370' : '00400275';
      expect(texts).toMatchObject({
        [request]: '1',
        [`${request}[0]>00080050`]: 'ACC-77',
        [`${request}[0]>0020000D`]: '1.2.826.0.1.77',
        [`${request}[0]>00401001`]: 'RP-9',
      });
    }
  });

  test('keeps what the order does not say, and never leaves without Study ID', async () => {
    const { examId, objectId } = await house.take(
      makeObject([...patient, text('ReferringPhysicianName', 'Alt^Eva'), text('StudyDescription', 'Hand')]),
    );
    orders.set(
      'o1',
      orderContentShape.parse({ PatientName: 'Berg^Anna', PatientID: '0012305', AccessionNumber: 'A1' }),
    );
    give(examId);
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({ '00080090': 'Alt^Eva', '00081030': 'Hand', '00200010': 'SL261123100000' });
    expect(texts['00400275[0]>00401001']).toBeUndefined();
  });

  test('keeps a foreign ID of the same person, and loses one of somebody else', async () => {
    const other: NewElement = { tag: 0x00101000, vr: 'LO', value: 'FOREIGN-1' };
    const mine = await house.take(makeObject([...patient, other]));
    orders.set('o1', { ...content, OtherPatientIDs: ['4711'] });
    give(mine.examId);
    await house.approve(mine.examId);
    expect((await readTexts(await house.leaving(mine.objectId)))['00101000']).toBe('FOREIGN-1');

    const study = text('StudyInstanceUID', '2.25.3002');
    const strange = await house.take(
      makeObject([...without('StudyInstanceUID', 'SOPInstanceUID'), study, uid(9), other]),
    );
    orders.set('o1', content);
    give(strange.examId);
    await house.approve(strange.examId);
    expect((await readTexts(await house.leaving(strange.objectId)))['00101000']).toBeUndefined();
  });

  test('gets the age of the new birth date on the day of the study, if it says one', async () => {
    const told = [...patient, text('PatientBirthDate', '19500101'), text('PatientAge', '076Y')];
    const { examId, objectId } = await house.take(makeObject([...told, text('StudyDate', '20261123')]));
    give(examId);
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({ '00101010': '036Y', '04000561[0]>04000550[0]>00101010': '076Y' });
  });
});

describe('an exam that bears another order', () => {
  const wrong: readonly NewElement[] = [
    ...patient,
    text('AccessionNumber', 'WRONG-1'),
    text('ReferringPhysicianName', 'Falsch^Max'),
    { tag: 0x00321032, vr: 'PN', value: 'Falsch^Ruf' },
    { tag: 0x00402016, vr: 'LO', value: 'PLACER-1' },
    {
      tag: 0x00400275,
      vr: 'SQ',
      items: [[{ tag: 0x00401001, vr: 'SH', value: 'RP-1' }], [{ tag: 0x00401001, vr: 'SH', value: 'RP-2' }]],
    },
  ];

  test('loses all of it, as an error and not as a reconciliation', async () => {
    const { examId, objectId } = await house.take(makeObject(wrong));
    orders.set('o1', { ...content, ReferringPhysicianName: '', RequestingPhysician: '' });
    give(examId);
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({ '00400275': '1', '00400275[0]>00401001': 'RP-9', '00080090': '' });
    expect(texts['00321032']).toBeUndefined();
    expect(texts['00402016']).toBeUndefined();
    expect(texts).toMatchObject({
      '04000561[0]>04000565': 'CORRECT',
      '04000561[0]>04000550[0]>00400275': '2',
      '04000561[0]>04000550[0]>00402016': 'PLACER-1',
    });
  });
});

describe('what a person typed and what the order says', () => {
  test('stand in two items, one for each reason', async () => {
    const { examId, objectId } = await house.take(makeObject([...patient, text('OperatorsName', 'Alt^Op')]));
    whenExamCorrected(house.rooms, { examId, attributes: { OperatorsName: 'Neu^Op' }, reason: 'CORRECT', by: 'Kim' });
    give(examId);
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({
      '04000561': '2',
      '04000561[0]>04000565': 'COERCE',
      '04000561[0]>04000550[0]>00100020': '4711',
      '04000561[1]>04000565': 'CORRECT',
      '04000561[1]>04000550[0]>00081070': 'Alt^Op',
    });
    expect(texts['04000561[1]>04000550[0]>00100020']).toBeUndefined();
  });
});

describe('an order that is taken back', () => {
  test('leaves exactly what stood before it, and what was typed after it', async () => {
    const { examId, objectId, bytes } = await house.take(makeObject(patient));
    give(examId);
    expect(corrected(examId)).toMatchObject({ PatientID: '0012305', StudyID: 'RP-9' });
    take(examId);
    expect(corrected(examId)).toEqual({});
    expect(house.review.decided(examId).appliedOrder).toBeUndefined();

    whenExamCorrected(house.rooms, { examId, attributes: { PatientSex: 'O' }, reason: 'CORRECT', by: 'Kim' });
    give(examId);
    whenExamCorrected(house.rooms, { examId, attributes: { PatientID: '99' }, reason: 'CORRECT', by: 'Kim' });
    expect(corrected(examId)).toMatchObject({ PatientID: '99', PatientSex: 'F' });
    take(examId);
    expect(corrected(examId)).toEqual({ PatientID: '99', PatientSex: 'O' });
    whenExamCorrected(house.rooms, {
      ...{ examId, reason: 'CORRECT', by: 'Kim' },
      attributes: { PatientID: '4711', PatientSex: '' },
    });
    await house.approve(examId);
    expect((await house.leaving(objectId)).equals(bytes)).toBe(true);
  });

  test('makes room for another one, of which nothing of the first is left', async () => {
    const { examId, objectId } = await house.take(makeObject(patient));
    orders.set('o2', orderContentShape.parse({ PatientID: '555', PatientName: 'Neu^Nina', AccessionNumber: 'ACC-2' }));
    give(examId);
    give(examId, 'o2');
    await house.approve(examId);
    const texts = await readTexts(await house.leaving(objectId));
    expect(texts).toMatchObject({ '00100020': '555', '00080050': 'ACC-2', '00400275[0]>00080050': 'ACC-2' });
    expect(JSON.stringify(texts)).not.toMatch(/ACC-77|Berg|RP-9|Fern|Ruf/);
  });

  test('stays when images of the exam have left', async () => {
    const { examId } = await house.take(makeObject(patient));
    give(examId);
    await house.approve(examId);
    expect(() => take(examId)).toThrow(code('already-approved'));
    expect(() => give(examId)).not.toThrow();
  });
});

describe('an order is refused', () => {
  test.each([
    ['PatientName', 'Berg\u0007^Anna', 'value-not-allowed'],
    ['PatientBirthDate', '19900231', 'value-not-allowed'],
    ['PatientBirthDate', '20990101', 'impossible-date'],
    ['PatientSex', 'W', 'value-not-allowed'],
    ['RequestingPhysician', 'a^b^c^d^e^f', 'value-not-allowed'],
    ['RequestedProcedureDescription', 'x\ny', 'value-not-allowed'],
    ['AccessionNumber', '12345678901234567', 'value-too-long'],
  ])('with the field, when %s is %j, and nothing is half applied', async (keyword, value, expected) => {
    const { examId } = await house.take(makeObject(patient));
    orders.set('o1', { ...content, [keyword]: value });
    expect(() => give(examId)).toThrow(code(expected, { keyword }));
    expect(corrected(examId)).toEqual({});
    expect(house.review.decided(examId).appliedOrder).toBeUndefined();
    expect(house.catalog.exam(examId).corrections).toEqual([]);
  });

  test('when there is none, and when images came that nobody has seen', async () => {
    const { examId } = await house.take(makeObject(patient));
    expect(() => give(examId, 'o9')).toThrow(code('not-found'));
    expect(() => give(examId, 'o1', { seenObjects: 7 })).toThrow(code('changed-meanwhile'));
    expect(house.review.decided(examId).appliedOrder).toBeUndefined();
  });
});

test('an order that was given before orders said whose admission it is leaves as it was given', async () => {
  const { examId, objectId } = await house.take(makeObject(patient));
  give(examId);
  house.book.sql("UPDATE applied_order SET content = json_remove(content, '$.IssuerOfAdmissionID')").run();
  await house.approve(examId);
  const texts = await readTexts(await house.leaving(objectId));
  expect(texts).toMatchObject({ '00380010': 'V-5' });
  expect(texts).not.toHaveProperty('00380014');
});

test('a repeated command gives an exam to an order once', async () => {
  const { examId } = await house.take(makeObject(patient));
  const commandId = '00000000-0000-4000-8000-000000000001';
  give(examId, 'o1', { commandId });
  take(examId);
  give(examId, 'o1', { commandId });
  expect(house.review.decided(examId).appliedOrder).toBeUndefined();
});
