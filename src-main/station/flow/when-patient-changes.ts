// The hospital says that a patient is somebody else now, or is called otherwise: every exam of them here is looked at
// again, in the transaction of the message (IHE PIR).
//
// Guarantees: nothing is corrected by itself. An exam that nothing left of is shown the change and, if it was approved,
// waits for approval again; one of which something may have left is told of it and stays as it is.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { HospitalPatient } from '#contract/shapes/hl7.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Forward } from '#station/5-forward/index.ts';
import type { PatientChange, PatientIndex, PatientKey } from '#station/orders/index.ts';
import { whenExamCorrected, type DecisionRooms } from './when-exam-corrected.ts';

export type PatientRooms = DecisionRooms & {
  readonly catalog: Pick<Catalog, 'say' | 'unsay'>;
  readonly forward: Pick<Forward, 'withdraw'>;
};

type ExamRow = { readonly id: string; readonly received: string; readonly corrected: string };

/** Stands in the trail as the one who did it. */
const hospital = 'hospital';
const told = ['PatientName', 'PatientBirthDate', 'PatientSex'] as const;

/** Inside the transaction of the message. */
export function whenPatientChanges(rooms: PatientRooms, change: PatientChange): void {
  const { patient } = change;
  const meant = change.kind === 'merged' ? change.prior : patient;
  for (const exam of examsOf(rooms, meant)) {
    if (change.kind === 'merged') tellMerge(rooms, exam.id, change.prior, patient);
    else tellUpdate(rooms, exam, patient);
  }
  // Who was merged earlier leads on to this one too: their exams said so then, and say it anew.
  if (change.kind === 'merged') for (const { id } of examsToldOf(rooms, change.prior)) retell(rooms, id, patient);
}

function tellMerge(rooms: PatientRooms, examId: string, prior: PatientKey, patient: HospitalPatient): void {
  const { PatientID, PatientName } = patient;
  const params = { prior: prior.PatientID, PatientID, PatientName };
  reopenOrNote(rooms, examId, params, () => {
    rooms.catalog.unsay(examId, 'patient-merged');
    rooms.catalog.say(examId, {
      code: 'patient-merged',
      params: { ...params, priorIssuer: prior.IssuerOfPatientID },
    });
  });
  rooms.audit.append({ by: hospital, action: 'patient-merged', examId, params });
}

function tellUpdate(rooms: PatientRooms, exam: ExamRow, patient: HospitalPatient): void {
  const chosen = chosenOf(exam);
  rooms.catalog.unsay(exam.id, 'patient-updated');
  const isOther = (keyword: (typeof told)[number]) => patient[keyword] !== '' && patient[keyword] !== chosen[keyword];
  if (!told.some(isOther)) return;
  const { PatientID, PatientName, PatientBirthDate, PatientSex } = patient;
  reopenOrNote(rooms, exam.id, { prior: PatientID, PatientID, PatientName }, () =>
    rooms.catalog.say(exam.id, {
      code: 'patient-updated',
      params: { PatientID, PatientName, PatientBirthDate, PatientSex },
    }),
  );
  const changed = told.filter(isOther).join(', ');
  rooms.audit.append({ by: hospital, action: 'patient-updated', examId: exam.id, params: { changed } });
}

/** The patient of a card that an earlier merge left is the surviving one of now. */
function retell(rooms: PatientRooms, examId: string, patient: HospitalPatient): void {
  const row = rooms.book
    .sql<{ params: string }>(
      "SELECT params FROM problem WHERE examId = ? AND +code = 'patient-merged' AND clearedAt IS NULL",
    )
    .get(examId);
  if (!row) return;
  const { PatientID, PatientName } = patient;
  rooms.catalog.unsay(examId, 'patient-merged');
  rooms.catalog.say(examId, {
    code: 'patient-merged',
    params: { ...(JSON.parse(row.params) as Record<string, string>), PatientID, PatientName },
  });
  refresh(rooms, examId);
}

/**
 * Undecided exams that came under a number which had been merged before, that a person gave to one, or whose card was lost
 * with the book, are stopped too. All of them when none is named. Durable when it returns; does nothing for those that are
 * told already.
 */
export function whenExamsMayBeOfMerged(rooms: PatientRooms, examIds?: readonly string[]): void {
  const rows = rooms.book
    .sql<ExamRow & { prior: string; priorIssuer: string; PatientID: string; PatientName: string }>(
      `SELECT exam.id, exam.received, exam.corrected, old.PatientID AS prior, old.IssuerOfPatientID AS priorIssuer,
         now.PatientID, now.PatientName
       FROM exam JOIN hospital_patient old
         ON old.PatientID = coalesce(json_extract(corrected, '$.PatientID'), json_extract(received, '$.PatientID'))
       JOIN hospital_patient now ON now.id = old.mergedInto
       WHERE ${examIds ? "exam.id IN (SELECT value FROM json_each(? || ''))" : 'true'} AND exam.stage IN ('open', 'held')
         AND NOT EXISTS (SELECT 1 FROM problem WHERE problem.examId = exam.id AND problem.code = 'patient-merged'
           AND problem.clearedAt IS NULL AND json_extract(problem.params, '$.prior') = old.PatientID)`,
    )
    .all(...(examIds ? [JSON.stringify(examIds)] : []));
  for (const { prior, priorIssuer, PatientID, PatientName, ...exam } of rows) {
    const issuer = chosenOf(exam).IssuerOfPatientID ?? '';
    if ((issuer !== '' && issuer !== priorIssuer) || mayHaveLeft(rooms, exam.id)) continue;
    rooms.book.transaction(() => {
      rooms.catalog.unsay(exam.id, 'patient-merged');
      rooms.catalog.say(exam.id, { code: 'patient-merged', params: { prior, priorIssuer, PatientID, PatientName } });
      refresh(rooms, exam.id);
    });
  }
}

function reopenOrNote(
  rooms: PatientRooms,
  examId: string,
  params: { readonly prior: string; readonly PatientID: string; readonly PatientName: string },
  raise: () => void,
): void {
  if (mayHaveLeft(rooms, examId)) rooms.catalog.say(examId, { code: 'patient-changed-after-send', params });
  else {
    if (rooms.review.reopen(examId) > 0) rooms.forward.withdraw(examId);
    raise();
  }
  refresh(rooms, examId);
}

function refresh({ book, refreshProblems, examChanged }: PatientRooms, examId: string): void {
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  refreshProblems(examId);
  book.afterCommit(() => examChanged(examId));
}

/** Exams whose chosen identity is this one. An exam that names no issuer means ours. */
function examsOf({ book }: PatientRooms, { PatientID, IssuerOfPatientID }: PatientKey): ExamRow[] {
  return book
    .sql<ExamRow>(
      `SELECT id, received, corrected FROM exam
       WHERE coalesce(json_extract(corrected, '$.PatientID'), json_extract(received, '$.PatientID')) = ?`,
    )
    .all(PatientID)
    .filter((exam) => {
      const issuer = chosenOf(exam).IssuerOfPatientID ?? '';
      return issuer === '' || issuer === IssuerOfPatientID;
    });
}

/** Exams with an open card that names this patient as the one who stays. */
function examsToldOf({ book }: PatientRooms, { PatientID }: PatientKey): { readonly id: string }[] {
  return book
    .sql<{ id: string }>(
      `SELECT examId AS id FROM problem
       WHERE code = 'patient-merged' AND clearedAt IS NULL AND json_extract(params, '$.PatientID') = ?`,
    )
    .all(PatientID);
}

const chosenOf = ({ received, corrected }: ExamRow): Attributes => ({
  ...(JSON.parse(received) as Attributes),
  ...(JSON.parse(corrected) as Attributes),
});

/** True when bytes of the exam may be elsewhere, or are on their way. */
export function mayHaveLeft({ book }: Pick<PatientRooms, 'book'>, examId: string): boolean {
  return (
    book
      .sql(
        `SELECT 1 FROM delivery JOIN attempt ON attempt.deliveryId = delivery.id WHERE delivery.examId = ? || ''
         AND attempt.outcome IN ('underway', 'sent', 'sent-with-warning', 'unknown')
         UNION ALL SELECT 1 FROM delivery WHERE examId = ? || '' AND state IN ('sending', 'sent', 'commit-requested', 'committed')
         LIMIT 1`,
      )
      .get(examId, examId) !== undefined
  );
}

export type ApplyPatient = {
  readonly examId: string;
  readonly by: string;
  readonly seenObjects?: number | undefined;
  readonly commandId?: string | undefined;
};

/**
 * A person gives the exam to its patient as the hospital knows them today: COERCE. Durable when it returns. Throws
 * 'not-found' when the hospital never spoke of the patient, and what a correction throws.
 */
export function whenPatientIsApplied(
  rooms: PatientRooms,
  patients: Pick<PatientIndex, 'find'>,
  { examId, by, seenObjects, commandId }: ApplyPatient,
): void {
  rooms.book.transaction(() => {
    const exam = rooms.book.sql<ExamRow>('SELECT id, received, corrected FROM exam WHERE id = ?').get(examId);
    if (!exam) throw new Problem('not-found', { what: 'exam' });
    const { PatientID = '', IssuerOfPatientID = '' } = chosenOf(exam);
    const patient = patients.find(PatientID, IssuerOfPatientID) ?? mergedFrom(rooms, patients, examId);
    if (!patient) throw new Problem('not-found', { what: 'patient' });
    const attributes = attributesOf(patient);
    whenExamCorrected(rooms, { examId, attributes, reason: 'COERCE', by, commandId }, seenObjects);
    rooms.audit.append({ by, action: 'patient-applied', examId, params: { PatientID: patient.PatientID } });
  });
}

/** What the hospital says of who they are; what it does not say is left out. */
export function attributesOf(patient: HospitalPatient): Attributes {
  const keywords = ['PatientID', 'IssuerOfPatientID', ...told] as const;
  return Object.fromEntries(keywords.map((keyword) => [keyword, patient[keyword]]).filter(([, value]) => value !== ''));
}

/** The card names whom the hospital merged: an exam without an issuer may have an ID that several issuers gave. */
function mergedFrom({ book }: PatientRooms, patients: Pick<PatientIndex, 'find'>, examId: string) {
  const row = book
    .sql<{ params: string }>(
      "SELECT params FROM problem WHERE examId = ? AND +code = 'patient-merged' AND clearedAt IS NULL",
    )
    .get(examId);
  const { prior = '', priorIssuer = '' } = row ? (JSON.parse(row.params) as Record<string, string>) : {};
  return row && patients.find(prior, priorIssuer);
}
