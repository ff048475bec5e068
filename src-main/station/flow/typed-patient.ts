// What is known here of a patient whose identifier a person typed: that it is somebody else's, or one slip of the hand away
// from that of the patient who is meant. Reads only, by indexes of the book.
//
// An identifier that is known as this patient's raises nothing, and one of which nobody has heard is near to somebody only
// where name or birth date are theirs: numbers that follow each other are all one sign apart.
import type { TypedHint, TypedPatient } from '#contract/shapes/matching.ts';
import { compareDates, compareIds, compareNames, idsNear } from '#station/orders/index.ts';
import type { Book } from '#station/records/index.ts';

const mostHints = 3;
const mostKnown = 50;

type Known = Omit<TypedHint, 'kind' | 'slip'>;

/** @param examId its own objects do not count */
export function judgeTypedPatient(book: Book, examId: string, typed: TypedPatient): TypedHint[] {
  const id = typed.PatientID.trim();
  if (id === '') return [];
  const same = readKnown(book, examId, [id]);
  if (same.some((known) => likeness(known, typed) === 'same')) return [];
  const others = same.filter((known) => likeness(known, typed) === 'other');
  if (others.length > 0) return oneOfEach(others.map((known) => ({ ...known, kind: 'other-person', slip: '' })));
  if (same.length > 0) return [];
  return oneOfEach(
    readKnown(book, examId, idsNear(id))
      .filter((known) => likeness(known, typed) === 'same')
      .map((known) => ({ ...known, kind: 'near', slip: compareIds(known.PatientID, id) })),
  );
}

/** By name and birth date: `unsaid` where neither can be compared. */
function likeness(known: Known, typed: TypedPatient): 'same' | 'other' | 'unsaid' {
  const name = compareNames(known.PatientName, typed.PatientName);
  const born = compareDates(known.PatientBirthDate, typed.PatientBirthDate);
  if (name === 'other' || born === 'other') return 'other';
  return name === 'unsaid' && born === 'unsaid' ? 'unsaid' : 'same';
}

/** Hospital and orders first: what an exam here says of itself may be as wrong. */
function readKnown(book: Book, examId: string, ids: readonly string[]): Known[] {
  if (ids.length === 0) return [];
  const asked = { ids: JSON.stringify(ids), examId };
  const among = `IN (SELECT value FROM json_each(:ids || ''))`;
  return book
    .sql<Known>(
      `SELECT PatientID, PatientName, PatientBirthDate, 'hospital' AS knownFrom FROM hospital_patient
         WHERE PatientID ${among} AND mergedInto IS NULL
       UNION SELECT PatientID, PatientName, PatientBirthDate, 'order' FROM hospital_order
         WHERE PatientID ${among} AND state <> 'cancelled'
       UNION SELECT
           coalesce(json_extract(corrected, '$.PatientID'), json_extract(received, '$.PatientID')),
           coalesce(json_extract(corrected, '$.PatientName'), json_extract(received, '$.PatientName'), ''),
           coalesce(json_extract(corrected, '$.PatientBirthDate'), json_extract(received, '$.PatientBirthDate'), ''), 'exam'
         FROM exam
         WHERE coalesce(json_extract(corrected, '$.PatientID'), json_extract(received, '$.PatientID')) ${among}
           AND id <> :examId || ''
       LIMIT ${mostKnown}`,
    )
    .all(asked)
    .toSorted((a, b) => ranks[a.knownFrom] - ranks[b.knownFrom]);
}

const ranks = { hospital: 0, order: 1, exam: 2 } as const;

const oneOfEach = (hints: readonly TypedHint[]): TypedHint[] =>
  [...new Map(hints.map((hint) => [`${hint.PatientID}\n${hint.PatientName}`, hint] as const)).values()].slice(
    0,
    mostHints,
  );
