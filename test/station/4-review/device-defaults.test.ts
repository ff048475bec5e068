// What is set for a device goes into its images where they say nothing, with Original Attributes, and nowhere else.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';
import { openSmallHouse, type SmallHouse } from './house.ts';

let house: SmallHouse;
beforeEach(async () => {
  house = await openSmallHouse({
    defaultsOf: () => ({ InstitutionName: 'Klinik am Fluß', OperatorsName: 'Weber^Anna' }),
  });
});
afterEach(() => house.close());

it('institution and operator of the device go in where the image has none', async () => {
  const { examId, objectId } = await house.take(
    makeObject([...patient, { keyword: 'InstitutionName', value: 'Elsewhere' }]),
  );
  await house.approve(examId);
  const leaving = await house.leaving(objectId);
  const header = await readHeader(await openPart10(leaving));
  expect(header).toMatchObject({ InstitutionName: 'Elsewhere', OperatorsName: 'Weber^Anna' });
  expect(leaving.includes(Buffer.from('COERCE'))).toBe(true);
});
