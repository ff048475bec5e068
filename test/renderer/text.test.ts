// Every text mentions only what comes with its problem or answer, and says what can be done.
import { describe, expect, test } from 'vitest';
import { problemKinds, type ProblemCode } from '#contract/problems.ts';
import { answerParams, type AnswerKey } from '#contract/shapes/answer-keys.ts';
import { rejectReasons } from '#contract/shapes/reject-reasons.ts';
import { answerTexts, problemTexts, reasonTexts, sayDate, sayName, sayProblem, sayUntil } from '#ui/text/index.ts';

const mentioned = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

describe('problems', () => {
  test.each(Object.keys(problemKinds) as ProblemCode[])('%s has a title, an explanation and a remedy', (code) => {
    const { title, explanation, remedy } = problemTexts[code];
    expect(title.length).toBeLessThan(32);
    expect(explanation).toMatch(/[.:]$/);
    expect(remedy).toMatch(/\.$/);
    const known: readonly string[] = [...problemKinds[code].params, 'incident'];
    expect(mentioned(explanation + remedy).filter((name) => !known.includes(name ?? ''))).toEqual([]);
  });

  test('a keyword is said as the form says it', () => {
    const said = sayProblem({ code: 'impossible-date', params: { keyword: 'PatientBirthDate', value: '19680230' } });
    expect(said.explanation).toBe('Born says 30 Feb 1968, and there is no such day.');
  });

  test('a changed order says name, date and what changed as people say them', () => {
    const patient = { PatientName: 'Brandt^Ute', PatientID: '118843', PatientBirthDate: '19700103', PatientSex: 'F' };
    const params = { ...patient, changed: 'PatientBirthDate, AccessionNumber', AccessionNumber: 'A1' };
    expect(sayProblem({ code: 'order-changed', params }).explanation).toContain(
      'changed (Born, Accession). It now says: BRANDT, Ute, 118843, 3 Jan 1970, F',
    );
    const former = { keyword: 'PatientSex', value: 'M', first: 'smith^john (00123)', second: 'Brandt^Ute (118843)' };
    expect(sayProblem({ code: 'former-patient-value', params: former }).explanation).toContain(
      'order of BRANDT, Ute (118843) does not say this',
    );
  });

  test('persons are named as people name them, unless two writings of one name are set against each other', () => {
    const say = (code: ProblemCode, first: string, second: string) =>
      sayProblem({ code, params: { first, second } }).explanation;
    expect(say('two-patients', 'Berg^Anna (77)', 'Ito^Ken (88) 19800203')).toContain(
      'BERG, Anna (77) and ITO, Ken (88) 3 Feb 1980',
    );
    expect(say('two-patients', 'Berg^Anna (77)', 'Berg^Anna^ (77)')).toContain('Berg^Anna (77) and Berg^Anna^ (77)');
    const shown = { shown: 'Berg^Anna · 77 · 19800203', now: 'Ito^Ken · 88' };
    expect(sayProblem({ code: 'identity-changed-meanwhile', params: shown }).explanation).toBe(
      'The screen showed BERG, Anna · 77 · 3 Feb 1980; the exam says ITO, Ken · 88 now. Nothing was approved.',
    );
    expect(
      sayProblem({ code: 'late-corrected', params: { exam: 'e', patient: 'Berg^Anna (77)' } }).explanation,
    ).toContain('they are of BERG, Anna (77)');
  });
});

test.each(Object.keys(answerParams) as AnswerKey[])('the answer %s mentions only what comes with it', (key) => {
  const known: readonly string[] = answerParams[key];
  expect(mentioned(answerTexts[key]).filter((name) => !known.includes(name ?? ''))).toEqual([]);
});

test('every reason to reject has words', () => {
  expect(rejectReasons.every(({ code }) => reasonTexts[code] !== '')).toBe(true);
});

test('names, dates and times are said as people say them', () => {
  expect(sayName('Brandt^Ute')).toBe('BRANDT, Ute');
  expect(sayName('Yamada^Tarou=山田^太郎')).toBe('YAMADA, Tarou (山田 太郎)');
  expect(sayDate('19700102')).toBe('2 Jan 1970');
  expect(sayUntil('2026-11-23T08:00:21Z', Date.parse('2026-11-23T08:00:00Z'))).toBe('0:21');
});
