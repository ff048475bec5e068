// What may be typed, and what it means.
import { expect, test } from 'vitest';
import { judgeApproval } from '#station/4-review/approval-judgement.ts';
import { checkAttributes, mergeCorrections, withoutBlanks } from '#station/4-review/correction-rules.ts';

const today = '20261123';

test.each([
  [{ PatientName: 'x'.repeat(65) }, 'value-too-long', 'PatientName'],
  [{ AccessionNumber: '12345678901234567' }, 'value-too-long', 'AccessionNumber'],
  [{ PatientID: 'a\\b' }, 'value-not-allowed', 'PatientID'],
  [{ PatientID: 'a\u0007b' }, 'value-not-allowed', 'PatientID'],
  [{ PatientID: ' ' }, 'value-not-allowed', 'PatientID'],
  [{ PatientName: '^^' }, 'value-not-allowed', 'PatientName'],
  [{ StudyID: '' }, 'value-not-allowed', 'StudyID'],
  [{ PatientSex: 'X' }, 'value-not-allowed', 'PatientSex'],
  [{ PatientSex: 'm' }, 'value-not-allowed', 'PatientSex'],
  [{ PatientBirthDate: '19680230' }, 'value-not-allowed', 'PatientBirthDate'],
  [{ PatientBirthDate: '20261124' }, 'impossible-date', 'PatientBirthDate'],
  [{ PatientBirthDate: '16000101' }, 'impossible-date', 'PatientBirthDate'],
  [{ Rows: '12' }, 'attribute-not-correctable', 'Rows'],
  [{ SOPInstanceUID: '1.2' }, 'attribute-not-correctable', 'SOPInstanceUID'],
  [{ __proto__x: '1' }, 'attribute-not-correctable', '__proto__x'],
])('%o is refused at its field', (attributes, code, keyword) => {
  expect(() => checkAttributes(attributes as Record<string, string>, today)).toThrow(
    expect.objectContaining({ code, params: expect.objectContaining({ keyword }) as unknown }) as Error,
  );
});

test('values are taken without blanks at the ends and in composed form', () => {
  const typed = { PatientName: ' Mu\u0308ller^Jo\u0308rg ', PatientSex: '', PatientBirthDate: today };
  expect(checkAttributes(typed, today)).toEqual({
    PatientName: 'Müller^Jörg',
    PatientSex: '',
    PatientBirthDate: today,
  });
});

test('a blank of the source erases nothing that is known, a blank that a person typed does', () => {
  const blank = { PatientSex: '', AccessionNumber: '' };
  expect(withoutBlanks(blank, 'COERCE', { PatientSex: 'F' })).toEqual({ AccessionNumber: '' });
  expect(withoutBlanks(blank, 'CORRECT', { PatientSex: 'F' })).toEqual(blank);
});

test('a value that all objects brought by themselves is no correction', () => {
  const received = (keyword: string) => (keyword === 'PatientID' ? ['1'] : ['a', 'b']);
  expect(mergeCorrections({ PatientID: '2' }, { PatientID: '1', PatientName: 'a' }, received)).toEqual({
    PatientName: 'a',
  });
});

const facts = {
  now: '2026-11-23T10:00:00.000Z',
  held: false,
  heldBy: '',
  completeAt: '2026-11-23T09:59:00.000Z',
  undecided: new Set(['a']),
  conflicts: new Set<string>(),
  destinations: 2,
  goesTo: 1,
  missingDestinations: [] as readonly string[],
  standing: [],
};
const standing = { id: 'p', objectId: null, since: facts.now, answered: false, params: {} };

test('nothing stands against a complete exam that somebody waits for', () => {
  expect(judgeApproval(facts)).toEqual([]);
});

test.each([
  ['held', { held: true, heldBy: 'Sam' }],
  ['nothing-to-approve', { undecided: new Set<string>() }],
  ['still-arriving', { completeAt: '2026-11-23T10:00:04.200Z' }],
  ['no-destination', { destinations: 0, goesTo: 0 }],
  ['no-route', { goesTo: 0 }],
  ['route-not-ready', { goesTo: 0, missingDestinations: ['cache'] }],
  ['no-patient-id', { standing: [{ ...standing, code: 'no-patient-id' as const }] }],
])('%s stands against it', (code, change) => {
  expect(judgeApproval({ ...facts, ...change }).map((problem) => problem.code)).toEqual([code]);
});

test('answered problems, mere warnings and problems of what does not leave do not stand against it', () => {
  const problems = [
    { ...standing, code: 'no-patient-id' as const, answered: true },
    { ...standing, code: 'truncated' as const },
    { ...standing, code: 'rejected-earlier' as const, objectId: 'rejected' },
  ];
  expect(judgeApproval({ ...facts, standing: problems })).toEqual([]);
});

test.each([
  ['Weber, Anna', 'Weber^Anna'],
  ['Weber^Anna', 'Weber^Anna'],
  ['Anna Weber', 'Anna Weber'],
  ['', ''],
])(
  'an operator typed as %o is written as %o: a comma parts the family name, and nothing is guessed',
  (typed, written) => {
    expect(checkAttributes({ OperatorsName: typed }, today)).toEqual({ OperatorsName: written });
  },
);
