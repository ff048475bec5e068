// What of an exam cannot be, from its own dates, ages and sexes. Facts only; whoever reads it decides. Pure.
import type { Oddity } from '#contract/shapes/matching.ts';

export type AgedFacts = {
  /** As it would go out. */
  readonly PatientBirthDate: string;
  readonly StudyDate: string;
  /** As the device said it (AS: 056Y), '' when it said nothing. */
  readonly PatientAge: string;
  /** Every sex that was said, by device, order and hospital. */
  readonly sexes: readonly string[];
  readonly modalities: readonly string[];
};

const oldestYears = 120;
const mammography = new Set(['MG', 'BTO']);

export function findOddities(facts: AgedFacts): Oddity[] {
  const found: Oddity[] = [];
  const { PatientBirthDate: born, StudyDate: done } = facts;
  const hasDates = /^\d{8}$/.test(born) && /^\d{8}$/.test(done);
  const years = hasDates ? yearsBetween(born, done) : undefined;
  if (hasDates && born > done) found.push({ key: 'born-after-exam', params: { born, done }, kind: 'cannot' });
  else if (years !== undefined && years > oldestYears)
    found.push({ key: 'very-old', params: { years, born }, kind: 'cannot' });
  const said = yearsOfAge(facts.PatientAge);
  if (years !== undefined && years >= 0 && said !== undefined && Math.abs(said - years) > 1)
    found.push({ key: 'age-differs', params: { said: Math.floor(said), years }, kind: 'cannot' });
  const sexes = new Set(facts.sexes.map((sex) => sex.trim().toUpperCase()).filter((sex) => /^[MF]$/.test(sex)));
  if (sexes.size > 1) found.push({ key: 'sexes-differ', params: {}, kind: 'cannot' });
  else if (sexes.has('M') && facts.modalities.some((modality) => mammography.has(modality)))
    found.push({ key: 'mammography-of-man', params: {}, kind: 'hint' });
  return found;
}

function yearsBetween(born: string, done: string): number {
  const years = Number(done.slice(0, 4)) - Number(born.slice(0, 4));
  return done.slice(4) < born.slice(4) ? years - 1 : years;
}

/** Years of an age string (PS3.5 AS), or undefined. */
function yearsOfAge(age: string): number | undefined {
  const found = /^(\d{3})([DWMY])$/.exec(age.trim());
  // 000Y is what devices write that know no age.
  if (!found || found[1] === '000') return undefined;
  const perYear = { D: 365.25, W: 52.18, M: 12, Y: 1 }[found[2] as 'D' | 'W' | 'M' | 'Y'];
  return Number(found[1]) / perYear;
}
