// The rules of the form in Review, and of dates as people type them.
import { describe, expect, test } from 'vitest';
import type { Exam } from '#contract/shapes/exam.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import {
  changes,
  composeName,
  faultOf,
  fieldSaid,
  fieldValue,
  goesWithPatient,
  isAnswered,
  outgoing,
  reasonFor,
  splitName,
} from '#ui/state/form.ts';
import { fitsCharacterSets } from '#ui/state/character-sets.ts';
import { readTypedDate } from '#ui/state/typed-date.ts';

const examOf = (receivedValues: Exam['receivedValues'], more: Partial<Exam> = {}): Exam =>
  ({
    received: Object.fromEntries(Object.entries(receivedValues).map(([keyword, [first]]) => [keyword, first])),
    receivedValues,
    corrected: {},
    corrections: [],
    problems: [],
    source: { kind: 'dicom', label: 'USROOM2', address: '10.0.0.1' },
    ...more,
  }) as unknown as Exam;

const problem = (code: StandingProblem['code'], params: StandingProblem['params'] = {}): StandingProblem => ({
  id: code,
  objectId: null,
  code,
  params,
  since: '2026-11-23T08:00:00Z',
  answered: false,
});

describe('a date is read as it is typed', () => {
  test.each([
    ['2 Jan 1970', '19700102'],
    ['2.1.1970', '19700102'],
    ['02/01/1970', '19700102'],
    ['1970-01-02', '19700102'],
    ['19700102', '19700102'],
    ['2nd January 1970', '19700102'],
    ['January 2, 1970', '19700102'],
    ['29 Feb 2024', '20240229'],
    ['', ''],
  ])('%s', (typed, expected) => expect(readTypedDate(typed)).toBe(expected));

  test.each(['30 Feb 1970', '2.1.70', 'yesterday', '1970', '31 April 2020', '2 Foo 1970'])('%s is no day', (typed) =>
    expect(readTypedDate(typed)).toBeUndefined(),
  );
});

describe('a name is typed in parts', () => {
  test('and put together without empty ends', () => {
    expect(composeName({ family: 'Brandt', given: 'Ute', more: '', writings: '' })).toBe('Brandt^Ute');
    expect(composeName(splitName('Yamada^Tarou^^Dr=山田^太郎'))).toBe('Yamada^Tarou^^Dr=山田^太郎');
  });

  test('and another writing of the former name does not stay unseen', () => {
    const exam = examOf({ PatientName: ['Petrov^Ivan=Петров^Иван'] });
    expect(fieldValue(exam, { family: 'Brandt' }, 'writings')).toBe('Петров^Иван');
  });

  test('a separator typed into the family name is a fault', () => {
    const exam = examOf({ PatientName: ['TEST^ROOM2'] });
    expect(faultOf(exam, { family: 'Brandt^Ute' }, 'family')?.code).toBe('value-not-allowed');
  });
});

describe('what goes out', () => {
  test('only what differs is a change', () => {
    const exam = examOf({ PatientName: ['TEST^ROOM2'], PatientID: [''] });
    expect(changes(exam, { family: 'TEST', PatientID: '118843' })).toEqual({ PatientID: '118843' });
  });

  test('a contradiction stays until somebody chooses', () => {
    const exam = examOf({ PatientID: ['881204', '881240'] });
    expect(changes(exam, {})).toEqual({});
    expect(isAnswered(exam, {}, problem('two-patients'))).toBe(false);
    expect(isAnswered(exam, { PatientID: '881204' }, problem('two-patients'))).toBe(true);
  });

  test('a description that differs within an exam shows each value, and one that is chosen is a change', () => {
    const exam = examOf({ StudyDescription: ['HEAD', 'Schaedel'] });
    expect(fieldSaid(exam, 'StudyDescription')).toEqual(['HEAD', 'Schaedel']);
    expect(fieldValue(exam, {}, 'StudyDescription')).toBe('');
    expect(changes(exam, {})).toEqual({});
    expect(changes(exam, { StudyDescription: 'HEAD' })).toEqual({ StudyDescription: 'HEAD' });
  });

  test('a blank that was filled is coerced, a typed value that was wrong is corrected', () => {
    const exam = examOf({ PatientName: ['mueller karl'], PatientID: [''] });
    expect(reasonFor(exam, { PatientID: '118843' })).toBe('COERCE');
    expect(reasonFor(exam, { family: 'Müller', given: 'Karl' })).toBe('CORRECT');
  });

  test('a value that a person takes away is corrected, wherever the images came from', () => {
    const exam = {
      ...examOf({ PatientBirthDate: ['19500101'] }),
      source: { kind: 'file', label: 'CD', address: null },
    };
    expect(reasonFor(exam as Exam, { PatientBirthDate: '' })).toBe('CORRECT');
    expect(reasonFor(exam as Exam, { PatientBirthDate: '19510101' })).toBe('COERCE');
  });

  test('a placeholder is answered by typing where it stands', () => {
    const exam = examOf({ PatientName: ['TEST^ROOM2'], PatientID: [''] });
    const placeholder = problem('placeholder-identity', { value: 'TEST^ROOM2' });
    expect(isAnswered(exam, { PatientID: '118843' }, placeholder)).toBe(false);
    expect(isAnswered(exam, { family: 'Brandt', given: 'Ute' }, placeholder)).toBe(true);
  });
});

describe('characters that the character set cannot hold', () => {
  test.each([
    ['Müller', ['ISO_IR 100'], true],
    ['Müller', [], false],
    ['Петров', ['ISO_IR 100'], false],
    ['Петров', ['ISO_IR 144'], true],
    ['山田', ['ISO_IR 192'], true],
  ])('%s in %j: %s', (text, sets, fits) => expect(fitsCharacterSets(text, sets)).toBe(fits));
});

describe('numbers of an order go with its patient', () => {
  const device = { PatientName: ['Hopper^Grace'], PatientID: ['471190'], AccessionNumber: ['A1'] };
  test('whoever types another patient sees them go, and what is typed for the new one stands', () => {
    const exam = examOf(device);
    const other = { family: 'Berg', given: 'Anna', PatientID: '880033' };
    expect(goesWithPatient(exam, other, 'AccessionNumber')).toBe(true);
    expect(outgoing(exam, other, 'AccessionNumber')).toBe('');
    expect(outgoing(exam, { ...other, AccessionNumber: 'B2' }, 'AccessionNumber')).toBe('B2');
    // The station makes them go: a blank is no word of a person.
    expect(changes(exam, other)).toEqual({ PatientName: 'Berg^Anna', PatientID: '880033' });
  });
  test('they stay with a better spelling, a mistyped number, and where the device named nobody', () => {
    expect(outgoing(examOf(device), { given: 'Grâce', PatientID: '471191' }, 'AccessionNumber')).toBe('A1');
    const nobody = [problem('placeholder-identity', { value: 'TEST^ROOM2' })];
    const exam = examOf({ ...device, PatientName: ['TEST^ROOM2'], PatientID: [''] }, { problems: nobody });
    expect(outgoing(exam, { family: 'Berg', given: 'Anna' }, 'AccessionNumber')).toBe('A1');
  });
});
