// What stands beside an exam when a person asks whose it is: explained orders, what the hospital says of the patient,
// what cannot be, and other exams here that contradict it. Reads only.
import type { Exam, ExamRow } from '#contract/shapes/exam.ts';
import type { Attributes, CorrectableKeyword } from '#contract/shapes/identity.ts';
import type { Candidate, Candidates, KnownPatient } from '#contract/shapes/matching.ts';
import type { Order } from '#contract/shapes/order.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import { isProblem } from '#station/kit/problem.ts';
import {
  compareDates,
  compareNames,
  explainMatch,
  findOddities,
  rankOrders,
  type MatchFacts,
  type Orders,
} from '#station/orders/index.ts';

export type CandidateParts = {
  readonly catalog: Pick<Catalog, 'list' | 'objectFile'>;
  readonly orders: Pick<Orders, 'candidatesFor' | 'find'>;
  /** Names under which a device is known here: its own, its department. */
  readonly placesOf: (aeTitle: string, address: string | null) => readonly string[];
  /** What the hospital's messages say of a patient. */
  readonly findPatients: (who: { PatientID: string; IssuerOfPatientID: string }) => readonly KnownPatient[];
};

const mostShown = 20;
const mostElsewhere = 10;

/** The facts of an exam as a match is explained by; what is a placeholder or a person's choice of an order says nothing. */
export function factsOf(exam: Exam, header: ObjectHeader | undefined, places: readonly string[]): MatchFacts {
  const said = (keyword: CorrectableKeyword) => saidBy(exam, keyword);
  const performed = (header?.StudyTime ?? '').replace(/\D/g, '').slice(0, 6);
  const hasDay = /^\d{8}$/.test(exam.StudyDate);
  return {
    examId: exam.id,
    PatientName: said('PatientName'),
    PatientID: said('PatientID'),
    IssuerOfPatientID: said('IssuerOfPatientID'),
    PatientBirthDate: said('PatientBirthDate'),
    PatientSex: said('PatientSex'),
    AccessionNumber: said('AccessionNumber'),
    StudyInstanceUID: exam.StudyInstanceUID,
    modalities: exam.modalities,
    aeTitle: exam.source.kind === 'dicom' ? exam.source.label : '',
    places: [...places, header?.StationName ?? ''].filter((place) => place !== ''),
    arrivedAt: exam.source.kind === 'dicom' ? localDateTime(new Date(exam.firstArrivedAt)) : '',
    performedAt: hasDay ? `${exam.StudyDate}${performed}` : localDateTime(new Date(exam.firstArrivedAt)),
    severalPatients: exam.problems.some(({ code, answered }) => code === 'two-patients' && !answered),
  };
}

/** What the device said, or a person typed where it said nothing of meaning. */
function saidBy(exam: Exam, keyword: CorrectableKeyword): string {
  const isPlaceholder = (value: string) =>
    exam.problems.some(({ code, params }) => code === 'placeholder-identity' && params['value'] === value);
  const said = (exam.receivedValues[keyword] ?? [exam.received[keyword] ?? ''])
    .map((value) => value.trim())
    .find((value) => value.replace(/[\^= ]/g, '') !== '' && !isPlaceholder(value));
  if (said !== undefined) return said;
  return exam.appliedOrder === undefined ? (exam.corrected[keyword] ?? '') : '';
}

export function readCandidates(parts: CandidateParts, exam: Exam): Omit<Candidates, 'guard' | 'givenByRule'> {
  const header = firstHeader(parts, exam);
  const facts = factsOf(exam, header, parts.placesOf(exam.source.label, exam.source.address));
  const look = (time: string) =>
    parts.orders.candidatesFor({
      ...{ AccessionNumber: facts.AccessionNumber, PatientID: facts.PatientID, birthDate: facts.PatientBirthDate },
      StudyInstanceUID: facts.StudyInstanceUID,
      names: facts.PatientName === '' ? [] : [facts.PatientName],
      ...{ modality: exam.modalities[0] ?? '', station: facts.aeTitle, time },
    });
  const isDatedOtherwise = facts.arrivedAt !== '' && facts.arrivedAt.slice(0, 8) !== facts.performedAt.slice(0, 8);
  const all = [...look(facts.performedAt), ...(isDatedOtherwise ? look(facts.arrivedAt) : [])];
  const found = [...new Map(all.map((order) => [order.id, order])).values()];
  const candidates = withGiven(parts, exam, facts, found);
  const seen = candidates.map(({ order }) => order.seenAt).sort();
  const out = outgoing(exam);
  const ids = { PatientID: out('PatientID'), IssuerOfPatientID: out('IssuerOfPatientID') };
  const patients = ids.PatientID === '' ? [] : [...parts.findPatients(ids)];
  const sexes = [
    ...(exam.corrected.PatientSex === undefined ? (exam.receivedValues.PatientSex ?? []) : [exam.corrected.PatientSex]),
    ...patients.map(({ attributes }) => attributes.PatientSex ?? ''),
  ];
  const oddities = findOddities({
    PatientBirthDate: out('PatientBirthDate'),
    StudyDate: exam.StudyDate,
    PatientAge: header?.PatientAge ?? '',
    sexes,
    modalities: exam.modalities,
  });
  return { candidates, patients, oddities, elsewhere: readElsewhere(parts, exam), asOf: seen[0] ?? null };
}

/** The order that was given stands first, however it fits. */
function withGiven(parts: CandidateParts, exam: Exam, facts: MatchFacts, found: readonly Order[]): Candidate[] {
  const given = exam.appliedOrder && parts.orders.find(exam.appliedOrder.orderId);
  const ranked = rankOrders(
    facts,
    found.filter(({ id, alsoFrom }) => id !== given?.id && !alsoFrom.some(({ orderId }) => orderId === given?.id)),
    mostShown,
  );
  return given ? [{ order: given, match: explainMatch(facts, given.content, given.state) }, ...ranked] : ranked;
}

const outgoing = (exam: Pick<ExamRow, 'received' | 'corrected'>) => (keyword: keyof Attributes) =>
  (exam.corrected[keyword] ?? exam.received[keyword] ?? '').trim();

/** The first object whose header is here. */
function firstHeader({ catalog }: CandidateParts, exam: Exam): ObjectHeader | undefined {
  const object = exam.series[0]?.objects[0];
  if (!object) return undefined;
  try {
    return catalog.objectFile(object.id).header;
  } catch (error) {
    if (isProblem(error)) return undefined;
    throw error;
  }
}

/** Other exams here that bear the same number and another person, or were given the same order. */
function readElsewhere({ catalog, orders }: CandidateParts, exam: Exam): Candidates['elsewhere'] {
  const own = outgoing(exam);
  const found = new Map<string, Candidates['elsewhere'][number]>();
  const note = (row: ExamRow, kind: Candidates['elsewhere'][number]['kind']) => {
    const { id: examId } = row;
    const [PatientName, PatientID] = [outgoing(row)('PatientName'), outgoing(row)('PatientID')];
    if (examId !== exam.id && !found.has(examId)) found.set(examId, { examId, PatientName, PatientID, kind });
  };
  const isOther = (row: ExamRow) => {
    const theirs = outgoing(row);
    const name = compareNames(own('PatientName'), theirs('PatientName'));
    return name === 'other' || compareDates(own('PatientBirthDate'), theirs('PatientBirthDate')) === 'other';
  };
  const look = (
    keyword: 'PatientID' | 'AccessionNumber',
    kind: 'same-id-other-person' | 'same-accession-other-person',
  ) => {
    if (own(keyword).length < 3) return;
    const { exams } = catalog.list({ filter: 'all', search: own(keyword).slice(0, 128), limit: 20, offset: 0 });
    for (const row of exams) if (outgoing(row)(keyword) === own(keyword) && isOther(row)) note(row, kind);
  };
  look('PatientID', 'same-id-other-person');
  look('AccessionNumber', 'same-accession-other-person');
  const given = exam.appliedOrder && orders.find(exam.appliedOrder.orderId);
  const others = new Set(given?.examIds);
  if (others.size > 1 && given) {
    const { exams } = catalog.list({ filter: 'all', search: given.content.AccessionNumber, limit: 20, offset: 0 });
    for (const row of exams) if (others.has(row.id)) note(row, 'same-order');
  }
  return [...found.values()].slice(0, mostElsewhere);
}
