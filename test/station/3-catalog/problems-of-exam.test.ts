// What stands against an exam because of the identities in it, and what answers it.
import { describe, expect, it } from 'vitest';
import type { Attributes } from '#contract/shapes/identity.ts';
import { isPlaceholderId, isPlaceholderName, sitePlaceholders } from '#station/3-catalog/placeholder-identity.ts';
import { isAnswered, problemsOfExam } from '#station/3-catalog/problems-of-exam.ts';

const ada: Attributes = {
  PatientName: 'Lovelace^Ada',
  PatientID: '0012305',
  PatientBirthDate: '19151210',
  PatientSex: 'F',
};
const problems = (...identities: Attributes[]) => problemsOfExam(identities, '20260301');

it('nothing stands against one known patient, though some objects say nothing of the birth date or sex', () => {
  expect(
    problems(ada, { ...ada, PatientBirthDate: '', PatientSex: '' }, { ...ada, PatientName: 'LOVELACE^ADA^^' }),
  ).toEqual([]);
});

it.each<[string, Attributes, object]>([
  ['no patient ID', { ...ada, PatientID: '' }, { code: 'no-patient-id' }],
  ['no patient name', { ...ada, PatientName: '^^' }, { code: 'no-patient-name' }],
  [
    'a name that a device puts there',
    { ...ada, PatientName: 'TEST^ROOM2' },
    { code: 'placeholder-identity', params: { value: 'TEST^ROOM2' } },
  ],
  ['an ID of zeros', { ...ada, PatientID: '00000' }, { code: 'placeholder-identity' }],
  ['30 February', { ...ada, PatientBirthDate: '19800230' }, { code: 'impossible-date' }],
  ['a birth tomorrow', { ...ada, PatientBirthDate: '20260302' }, { code: 'impossible-date' }],
  ['a birth in another century', { ...ada, PatientBirthDate: '16000101' }, { code: 'impossible-date' }],
  ['a small letter for the sex', { ...ada, PatientSex: 'f' }, { code: 'invalid-sex', params: { value: 'f' } }],
  [
    'an ID that is too long',
    { ...ada, PatientID: '1'.repeat(60) + '23456' },
    { code: 'illegal-value', params: { keyword: 'PatientID' } },
  ],
])('is said: %s', (_name, identity, expected) => {
  expect(problems(identity)).toMatchObject([expected]);
});

it.each<[string, Attributes]>([
  ['another ID', { ...ada, PatientID: '0012306' }],
  ['another name', { ...ada, PatientName: 'Curie^Marie' }],
  ['another birth date', { ...ada, PatientBirthDate: '19151211' }],
  ['another sex', { ...ada, PatientSex: 'M' }],
])('two patients in one exam are said: %s', (_name, other) => {
  expect(problems(ada, other).map(({ code }) => code)).toEqual(['two-patients']);
});

describe('a correction', () => {
  const two = [ada, { ...ada, PatientID: '77', PatientName: 'Curie^Marie' }];
  it('answers two patients only when it gives everything in which they differ', () => {
    const [problem] = problems(...two);
    if (!problem) throw new Error('no problem');
    expect(isAnswered(problem, { PatientID: '77' }, two)).toBe(false);
    expect(isAnswered(problem, { PatientID: '77', PatientName: 'Curie^Marie' }, two)).toBe(true);
  });

  it('answers a placeholder by giving what the placeholder stood for', () => {
    const test = [{ ...ada, PatientName: 'TEST^ROOM2' }];
    const [problem] = problems(...test);
    if (!problem) throw new Error('no problem');
    expect(isAnswered(problem, { PatientID: '1' }, test)).toBe(false);
    expect(isAnswered(problem, { PatientName: 'Lovelace^Ada' }, test)).toBe(true);
  });

  it('may take a wrong birth date or sex away', () => {
    expect(isAnswered({ code: 'invalid-sex', params: { value: 'f' } }, { PatientSex: '' }, [ada])).toBe(true);
    const date = { code: 'impossible-date', params: { keyword: 'PatientBirthDate', value: 'x' } } as const;
    expect(isAnswered(date, { PatientBirthDate: '' }, [ada])).toBe(true);
    expect(isAnswered(date, {}, [ada])).toBe(false);
  });
});

describe('placeholders', () => {
  it.each([
    'TEST',
    'Test^Room2',
    'UNKNOWN^UNKNOWN',
    'Anonymous',
    'NO NAME',
    'XXX',
    'Patient^0001',
    '???',
    'Phantom^QA',
  ])('%s is nobody', (name) => expect(isPlaceholderName(name)).toBe(true));
  it.each([
    'Doe^Jane',
    'Test^Maria',
    'Noname^Anna',
    'Müller',
    'Xu^Li',
    '山田^太郎',
    'Room^Emma',
    'Zero^0x',
    'NEW',
    'Noor',
  ])('%s is somebody', (name) => expect(isPlaceholderName(name)).toBe(false));
  it.each(['0000', '0', 'TEST', 'UNKNOWN', 'xxx', '123456', '99999', 'test01'])('%s is nobody’s ID', (id) =>
    expect(isPlaceholderId(id)).toBe(true),
  );
  it.each(['0012305', '1', '22', '4711', 'P100', '1234'])('%s is somebody’s ID', (id) =>
    expect(isPlaceholderId(id)).toBe(false),
  );
});

describe('a site names placeholders of its own', () => {
  const site = sitePlaceholders(['Kasper', 'ER', 'Sono 7', '4711']);
  it.each(['KASPER', 'Kasper^Test', 'er', 'SONO^7', 'Kasper12'])('%s is nobody', (name) =>
    expect(isPlaceholderName(name, site)).toBe(true),
  );
  it.each(['Kasper^Anna', 'Sono^8', 'Erna', ''])('%s is somebody, or nothing', (name) =>
    expect(isPlaceholderName(name, site)).toBe(false),
  );
  it('4711 is nobody here, and somebody elsewhere', () => {
    expect(isPlaceholderId('4711', site)).toBe(true);
    expect(isPlaceholderId('4711')).toBe(false);
  });
  it('is said of an exam', () =>
    expect(problemsOfExam([{ ...ada, PatientName: 'KASPER' }], '20260301', site)).toMatchObject([
      { code: 'placeholder-identity', params: { value: 'KASPER' } },
    ]));
});
