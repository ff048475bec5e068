// The guard in front of a change of patient: before images leave under somebody else than the device said, a second
// identifier of that person must have been typed or scanned.
//
// What a person typed into the form is itself an identifier that was typed, unless it is known as somebody else's or nearly
// that of the patient who is meant: then it is asked for once more. One key that gives an order is not: there
// the wrong line is as near as the right one. A check counts for the identity it was made for; when the patient changes
// again it counts no more.
import type { Exam } from '#contract/shapes/exam.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Candidates, MatchingSetting } from '#contract/shapes/matching.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Book } from '#station/records/index.ts';
import { judgeTypedPatient } from './typed-patient.ts';

export type IdentityChecked = {
  readonly outcome: 'matches' | 'differs' | 'unknown';
  readonly keyword: 'PatientID' | 'PatientBirthDate' | '';
};

type Patient = { readonly PatientID: string; readonly PatientName: string; readonly PatientBirthDate: string };
export type Given = {
  readonly text: string;
  readonly how: 'typed' | 'scanned';
  /** Who would go out once what is typed is saved; who goes out now where it is left out. */
  readonly patient?: Patient | undefined;
};

export type IdentityGuard = {
  truth(exam: Exam): Candidates['guard'];
  /** Written into the trail, whether it matches or not. */
  check(exam: Exam, given: Given & { by: string }): IdentityChecked;
  /** @throws Problem 'second-identifier-missing' */
  refuseUnchecked(exam: Exam): void;
  /**
   * The same for what is typed over an exam that has left, before its copies take its place and others are told.
   * @throws Problem 'second-identifier-missing'
   */
  refuseUncheckedChange(exam: Exam, typed: Attributes): void;
  /** What was checked for one exam counts for the one that its copies went to. Inside a transaction of the caller. */
  carry(examId: string, toExamId: string): void;
};

export type GuardParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly audit: Pick<Audit, 'append'>;
  readonly setting: () => MatchingSetting;
};

export function openIdentityGuard({ book, clock, audit, setting }: GuardParts): IdentityGuard {
  const readChecked = (exam: Exam, patient = patientOf(exam)): Candidates['guard']['checked'] =>
    book
      .sql<{ how: 'typed' | 'scanned'; keyword: string; by: string; at: string }>(
        'SELECT how, keyword, by, at FROM identity_check WHERE examId = ? AND identity = ? ORDER BY at DESC LIMIT 1',
      )
      .get(exam.id, identityText(patient)) ?? null;
  const truth = (exam: Exam): Candidates['guard'] => {
    const { guard, scanner } = setting();
    const checked = readChecked(exam);
    const isDoubtful = () => isTyped(exam) && judgeTypedPatient(book, exam.id, patientOf(exam)).length > 0;
    const isAsked = guard === 'always' || (guard === 'when-changed' && (isGivenByKey(exam) || isDoubtful()));
    return { setting: guard, checked, wanted: isAsked && checked === null, scanPattern: scanner.pattern };
  };
  return {
    truth,
    check: (exam, { text, how, by, patient = patientOf(exam) }) => {
      const given = how === 'scanned' ? readCode(text, setting().scanner.pattern) : text;
      const checked = compareIdentifier(patient, given);
      book.transaction(() => {
        if (checked.outcome === 'matches')
          book
            .sql('INSERT INTO identity_check VALUES (?, ?, ?, ?, ?, ?, ?)')
            .run(newId(), exam.id, identityText(patient), checked.keyword, how, by, clock.now());
        const params = { keyword: checked.keyword, how, value: given.slice(0, 64) };
        const action = checked.outcome === 'matches' ? 'identity-checked' : 'identity-check-failed';
        audit.append({ by, action, examId: exam.id, params });
      });
      return checked;
    },
    refuseUnchecked: (exam) => {
      if (truth(exam).wanted) throw new Problem('second-identifier-missing', {});
    },
    refuseUncheckedChange: (exam, typed) => {
      const patient = { ...patientOf(exam), ...pickPatient(typed) };
      if (identityText(patient) === identityText(patientOf(exam))) return;
      const { guard } = setting();
      const isAsked =
        guard === 'always' || (guard === 'when-changed' && judgeTypedPatient(book, exam.id, patient).length > 0);
      if (isAsked && readChecked(exam, patient) === null) throw new Problem('second-identifier-missing', {});
    },
    carry: (examId, toExamId) => {
      for (const row of book
        .sql<Record<'identity' | 'keyword' | 'how' | 'by' | 'at', string>>(
          'SELECT identity, keyword, how, by, at FROM identity_check WHERE examId = ? ORDER BY at DESC LIMIT 1',
        )
        .all(examId))
        book
          .sql(
            `INSERT INTO identity_check (id, examId, identity, keyword, how, by, at)
             VALUES (:id, :examId, :identity, :keyword, :how, :by, :at)`,
          )
          .run({ ...row, id: newId(), examId: toExamId });
    },
  };
}

const outgoing = (exam: Exam, keyword: 'PatientID' | 'PatientName' | 'PatientBirthDate') =>
  (exam.corrected[keyword] ?? exam.received[keyword] ?? '').trim();

const patientOf = (exam: Exam): Patient => ({
  PatientID: outgoing(exam, 'PatientID'),
  PatientName: outgoing(exam, 'PatientName'),
  PatientBirthDate: outgoing(exam, 'PatientBirthDate'),
});

const pickPatient = (typed: Attributes): Partial<Patient> =>
  Object.fromEntries(
    (['PatientID', 'PatientName', 'PatientBirthDate'] as const).flatMap((keyword) =>
      typed[keyword] === undefined ? [] : [[keyword, typed[keyword].trim()]],
    ),
  );

const identityText = ({ PatientID, PatientName, PatientBirthDate }: Patient) =>
  JSON.stringify([PatientID.trim(), PatientName.trim(), PatientBirthDate.trim()]);

/** True when an order made the patient another one than the device had said. */
function isGivenByKey(exam: Exam): boolean {
  if (exam.appliedOrder === undefined) return false;
  return (['PatientID', 'PatientName'] as const).some((keyword) => {
    const said = exam.receivedValues[keyword] ?? [exam.received[keyword] ?? ''];
    return said.some((value) => plain(value) !== plain(outgoing(exam, keyword)));
  });
}

/** A person said who it is, and not by an order. */
const isTyped = (exam: Exam): boolean =>
  exam.appliedOrder === undefined &&
  (['PatientID', 'PatientName', 'PatientBirthDate'] as const).some((keyword) => exam.corrected[keyword] !== undefined);

const plain = (text: string) =>
  text
    .split('=')[0]
    ?.toUpperCase()
    .replace(/[\^ ]+/g, ' ')
    .trim();

/** What a code says of the patient: the group `id` of the site's pattern, else its first group, else the whole code. */
export function readCode(code: string, pattern: string): string {
  if (pattern === '') return code;
  const found = new RegExp(pattern, 'u').exec(code);
  return found?.groups?.['id'] ?? found?.[1] ?? found?.[0] ?? code;
}

/** The patient ID but for case, spaces and leading zeros, or the birth date in figures, year or day first. */
export function compareIdentifier(patient: Patient, given: string): IdentityChecked {
  const [id, born] = [patient.PatientID.trim(), patient.PatientBirthDate.trim()];
  const strip = (text: string) =>
    text
      .toUpperCase()
      .replace(/[\s-]+/g, '')
      .replace(/^0+(?=.)/, '');
  if (id !== '' && strip(given) === strip(id)) return { outcome: 'matches', keyword: 'PatientID' };
  const figures = given.replace(/[\s./-]+/g, '');
  const isDate = /^\d{8}$/.test(figures);
  const dayFirst = `${born.slice(6)}${born.slice(4, 6)}${born.slice(0, 4)}`;
  if (born !== '' && isDate && (figures === born || figures === dayFirst))
    return { outcome: 'matches', keyword: 'PatientBirthDate' };
  return id === '' && born === '' ? { outcome: 'unknown', keyword: '' } : { outcome: 'differs', keyword: '' };
}
