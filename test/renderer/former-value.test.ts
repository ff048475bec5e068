// Only a value that images may leave with is offered to be kept.
import { expect, it } from 'vitest';
import { canKeep } from '#ui/state/former-value.ts';

it.each([
  ['PatientBirthDate', '19700102', true],
  ['PatientBirthDate', '19680230', false],
  ['PatientSex', 'F', true],
  ['PatientSex', 'm', false],
])('of the former patient %s %s may be kept: %s', (keyword, value, may) => {
  expect(canKeep({ params: { keyword, value } })).toBe(may);
});
