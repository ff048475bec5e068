// Objects whose identifiers are missing, illegal or contradicted by what carried them: they are kept, and they leave
// under identifiers that hold.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeElements, isLegalUid, openPart10, readHeader, type NewElement } from '#station/dicom/index.ts';
import { openConflicts } from '#station/3-catalog/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { openSmallHouse } from './house.ts';

const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const device = { kind: 'dicom', label: 'OLDCR', address: '10.0.0.7' } as const;
const announced = { sopClassUid: secondaryCapture, sopInstanceUid: '2.25.4711' };

let house: Awaited<ReturnType<typeof openSmallHouse>>;
beforeEach(async () => {
  house = await openSmallHouse();
});
afterEach(() => house.close());

type Uids = Partial<Record<'class' | 'object' | 'study' | 'series', string>>;

function dataSet(uids: Uids, number = 1): Buffer {
  const said: Record<number, string | undefined> = {
    0x00080016: uids.class ?? secondaryCapture,
    0x00080018: uids.object ?? `2.25.30${number}`,
    0x0020000d: uids.study ?? '2.25.10',
    0x0020000e: uids.series ?? '2.25.20',
  };
  const rest: NewElement[] = [
    { tag: 0x00080060, vr: 'CS', value: 'CR' },
    { tag: 0x00100010, vr: 'PN', value: 'Muster^Eva' },
    { tag: 0x00100020, vr: 'LO', value: '4711' },
    { tag: 0x00200013, vr: 'IS', value: String(number) },
  ];
  const named = Object.entries(said)
    .filter(([, value]) => value !== '')
    .map(([tag, value]): NewElement => ({ tag: Number(tag), vr: 'UI', value: Buffer.from(padded(value ?? '')) }));
  return encodeElements([...named, ...rest], {
    explicit: true,
    littleEndian: true,
    characterSet: [],
  });
}
const padded = (uid: string) => (uid.length % 2 === 0 ? uid : `${uid}\0`);

const take = (uids: Uids, number = 1) => {
  const said = uids.object ?? `2.25.30${number}`;
  return house.take(dataSet(uids, number), device, said === '' ? announced : { ...announced, sopInstanceUid: said });
};
const leavingHeader = async (objectId: string) => readHeader(await openPart10(await house.leaving(objectId)));
const codes = (examId: string) => house.catalog.standingProblems(examId).map(({ code }) => code);

describe('what came with a bad identifier', () => {
  it.each([
    ['letters', '1.2.abc'],
    ['more than 64 characters', `1.2.${'3'.repeat(80)}`],
    ['a leading zero', '1.2.03'],
    ['an empty component', '1..2'],
    ['a path', '../../etc/passwd'],
  ])('%s: leaves under one of ours, as does what comes later', async (_name, uid) => {
    const one = await take({ study: uid, series: uid, object: uid });
    expect(codes(one.examId)).toContain('illegal-uid');
    await house.approve(one.examId);
    const header = await leavingHeader(one.objectId);
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = header;
    expect([StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID].every(isLegalUid)).toBe(true);
    expect((await house.leaving(one.objectId)).includes(uid)).toBe(true); // in Original Attributes
    const two = await take({ study: uid, series: uid, object: `${uid}.7` }, 2);
    expect(two.examId).toBe(one.examId);
    await house.approve(two.examId);
    expect(await leavingHeader(two.objectId)).toMatchObject({ StudyInstanceUID, SeriesInstanceUID });
    const map = house.book.sql<{ given: string }>('SELECT given FROM given_uid').all();
    expect(map.map(({ given }) => given)).toEqual(expect.arrayContaining([StudyInstanceUID, SOPInstanceUID]));
  });

  it.each(['study', 'series', 'object'] as const)('no %s identifier: leaves with one', async (which) => {
    const { examId, objectId } = await take({ [which]: '' });
    expect(codes(examId)).toContain('missing-uid');
    await house.approve(examId);
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = await leavingHeader(objectId);
    expect([StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID].every(isLegalUid)).toBe(true);
    if (which === 'object') expect(SOPInstanceUID).toBe(announced.sopInstanceUid);
  });

  it('no class: it leaves as the class that the device announced', async () => {
    const { examId, objectId } = await take({ class: '', object: announced.sopInstanceUid });
    expect(codes(examId)).toContain('missing-uid');
    await house.approve(examId);
    expect((await leavingHeader(objectId)).SOPClassUID).toBe(secondaryCapture);
  });
});

describe('what another identifier was announced for', () => {
  it.each([
    ['object', { object: '2.25.99' }],
    ['class', { class: '1.2.840.10008.5.1.4.1.1.1', object: announced.sopInstanceUid }],
  ] as const)('stays until a person has said whether it may leave: %s', async (_which, uids) => {
    const { examId, objectId } = await house.take(dataSet(uids), device, announced);
    expect(codes(examId)).toEqual(['announced-otherwise']);
    await expect(house.approve(examId)).rejects.toMatchObject({ code: 'announced-otherwise' });
    const conflicts = openConflicts({ book: house.book, clock: systemClock });
    expect(conflicts.ofExam(examId)).toMatchObject([{ kind: 'mismatch', choices: ['accept', 'keep-both'] }]);
    conflicts.decide({ objectId, choice: 'accept', by: 'Kim' });
    expect(codes(examId)).toEqual([]);
    conflicts.undo(objectId);
    expect(codes(examId)).toEqual(['announced-otherwise']);
    conflicts.decide({ objectId, choice: 'keep-both', by: 'Kim' });
    house.catalog.refreshProblems(examId);
    await house.approve(examId);
    expect((await leavingHeader(objectId)).SOPInstanceUID).toMatch(/^2\.25\.\d{20,}$/);
  });
});
