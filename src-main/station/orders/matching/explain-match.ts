// How well an order fits an exam, and why, in reasons that can be said in words. Pure.
//
// Points are added to 50, which is what nothing is known about; what each finding is worth stands in one table. 'sure' is
// not a matter of points alone: two identifiers of the patient must agree, or one and the accession number, and none may
// contradict. An order of another patient is therefore never sure, whatever else fits.
import type { Match, MatchLevel, MatchReason } from '#contract/shapes/matching.ts';
import type { OrderContent, OrderState } from '#contract/shapes/order.ts';
import { compareNames } from './compare-names.ts';
import { compareDates, compareIds, daysBetween, minutesBetween } from './compare-numbers.ts';

/** What is known of an exam. Empty texts say nothing; what only stands in for a patient is left out by the caller. */
export type MatchFacts = {
  /** The exam itself; absent: nothing is said of exams that have the order already. */
  readonly examId?: string;
  readonly PatientName: string;
  readonly PatientID: string;
  readonly IssuerOfPatientID: string;
  readonly PatientBirthDate: string;
  readonly PatientSex: string;
  readonly AccessionNumber: string;
  readonly StudyInstanceUID: string;
  readonly modalities: readonly string[];
  /** AE title of the device. */
  readonly aeTitle: string;
  /** Names under which the device, its room or its department is known here, besides the AE title. */
  readonly places: readonly string[];
  /** YYYYMMDDHHMMSS of the hospital's clock, as long as it is known. */
  readonly performedAt: string;
  /** The same of their arrival by network, '' where they came otherwise: clocks of devices are wrong at times. */
  readonly arrivedAt: string;
  /** True when its objects name more than one patient: then no order is sure. */
  readonly severalPatients: boolean;
};

/** What a finding is worth. Those of `identity` decide whether it is the patient. */
const worth = {
  'study-equal': 40,
  'accession-equal': 35,
  'accession-one-digit': 14,
  'accession-swapped': 14,
  'accession-other': -20,
  'id-equal': 30,
  'id-known-otherwise': 24,
  'id-leading-zeros': 26,
  'id-look-alike': 22,
  'id-check-digit': 16,
  'id-one-digit': 14,
  'id-swapped': 14,
  'id-other-issuer': -5,
  'id-other': -30,
  'name-equal': 20,
  'name-marks': 19,
  'name-order': 18,
  'name-spelling': 17,
  'name-cut': 15,
  'name-more': 14,
  'name-initials': 9,
  'name-swapped': 11,
  'name-one-letter': 11,
  'name-family-only': -12,
  'name-other': -30,
  'birth-equal': 18,
  'birth-one-digit': 7,
  'birth-swapped': 7,
  'birth-day-month': 9,
  'birth-one-year': 6,
  'birth-other': -28,
  'sex-equal': 2,
  'sex-other': -20,
  'device-of-order': 22,
  'room-of-order': 16,
  'device-other': -8,
  'modality-equal': 8,
  'modality-other': -22,
  'time-close': 12,
  'time-same-day': 5,
  'time-arrived': 3,
  'time-far': -18,
  'order-cancelled': -45,
  'order-done': -10,
  'order-has-exam': -20,
  'several-patients': -15,
} as const;
type Finding = keyof typeof worth;

/** Against these nothing is sure. */
const contradictions: ReadonlySet<Finding> = new Set<Finding>([
  ...(['id-other', 'id-other-issuer', 'id-one-digit', 'id-swapped', 'id-check-digit'] as const),
  ...(['name-other', 'name-family-only', 'birth-other', 'sex-other', 'modality-other'] as const),
  ...(['order-cancelled', 'several-patients', 'accession-other', 'order-has-exam'] as const),
]);
/** Two of these, or one beside accession or study, make it sure. */
const identifiers: readonly (readonly Finding[])[] = [
  ['id-equal', 'id-leading-zeros', 'id-known-otherwise'],
  ['name-equal', 'name-marks', 'name-order', 'name-spelling', 'name-cut', 'name-more'],
  ['birth-equal'],
];

const closeMinutes = 4 * 60;
const farDays = 1;

/** @param examIds exams to which the order was given: an exam of another patient must not follow the first one by habit */
export function explainMatch(
  exam: MatchFacts,
  order: OrderContent,
  state: OrderState = 'scheduled',
  examIds: readonly string[] = [],
): Match {
  const reasons: MatchReason[] = [];
  const say = (key: Finding, params: MatchReason['params'] = {}) => {
    const weight = worth[key];
    reasons.push({ key, params, weight, side: weight > 0 ? 'for' : 'against' });
  };
  lookAtNumbers(exam, order, say);
  lookAtPatient(exam, order, say);
  lookAtPlace(exam, order, say);
  lookAtTime(exam, order, say);
  if (state === 'cancelled') say('order-cancelled');
  if (state === 'done') say('order-done');
  if (exam.examId !== undefined && examIds.some((id) => id !== exam.examId)) say('order-has-exam');
  if (exam.severalPatients) say('several-patients');
  reasons.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight) || (a.key < b.key ? -1 : 1));
  const sum = reasons.reduce((points, { weight }) => points + weight, 50);
  const score = Math.max(0, Math.min(100, sum));
  return { score, level: levelOf(score, new Set(reasons.map(({ key }) => key as Finding))), reasons };
}

type Say = (key: Finding, params?: MatchReason['params']) => void;

function lookAtNumbers(exam: MatchFacts, order: OrderContent, say: Say): void {
  const studies = [order.StudyInstanceUID, ...order.ReferencedStudySOPInstanceUIDs];
  if (exam.StudyInstanceUID !== '' && studies.includes(exam.StudyInstanceUID)) say('study-equal');
  const accession = compareIds(exam.AccessionNumber, order.AccessionNumber);
  if (accession === 'equal') say('accession-equal');
  else if (accession === 'one-digit' || accession === 'look-alike' || accession === 'leading-zeros')
    say('accession-one-digit', pair(exam.AccessionNumber, order.AccessionNumber));
  else if (accession === 'swapped') say('accession-swapped', pair(exam.AccessionNumber, order.AccessionNumber));
  else if (accession !== 'unsaid') say('accession-other', pair(exam.AccessionNumber, order.AccessionNumber));
}

function lookAtPatient(exam: MatchFacts, order: OrderContent, say: Say): void {
  const id = compareIds(exam.PatientID, order.PatientID);
  const isForeign =
    exam.IssuerOfPatientID !== '' &&
    order.IssuerOfPatientID !== '' &&
    exam.IssuerOfPatientID.trim().toUpperCase() !== order.IssuerOfPatientID.trim().toUpperCase();
  const isKnownOtherwise =
    id !== 'equal' && order.OtherPatientIDs.some((other) => compareIds(exam.PatientID, other) === 'equal');
  if (isKnownOtherwise) say('id-known-otherwise', { theirs: short(exam.PatientID) });
  else if (id !== 'unsaid' && isForeign) say('id-other-issuer', pair(exam.IssuerOfPatientID, order.IssuerOfPatientID));
  else if (id !== 'unsaid') say(`id-${id}`, pair(exam.PatientID, order.PatientID));

  const name = compareNames(exam.PatientName, order.PatientName);
  if (name !== 'unsaid') say(`name-${name}`, pair(exam.PatientName, order.PatientName));
  const birth = compareDates(exam.PatientBirthDate, order.PatientBirthDate);
  if (birth !== 'unsaid') say(`birth-${birth}`, pair(exam.PatientBirthDate, order.PatientBirthDate));
  const [said, wanted] = [exam.PatientSex.trim().toUpperCase(), order.PatientSex.trim().toUpperCase()];
  if (/^[MF]$/.test(said) && /^[MF]$/.test(wanted)) say(said === wanted ? 'sex-equal' : 'sex-other');
}

function lookAtPlace(exam: MatchFacts, order: OrderContent, say: Say): void {
  const same = (a: string, b: string) => a.trim() !== '' && a.trim().toUpperCase() === b.trim().toUpperCase();
  const titles = order.ScheduledStationAETitles.filter((title) => title.trim() !== '');
  if (titles.some((title) => same(title, exam.aeTitle))) say('device-of-order', { device: short(exam.aeTitle) });
  else {
    const rooms = [order.ScheduledProcedureStepLocation, order.ScheduledStationName];
    const room = rooms.find((one) => [exam.aeTitle, ...exam.places].some((place) => same(place, one)));
    if (room !== undefined) say('room-of-order', { room: short(room) });
    else if (titles.length > 0 && exam.aeTitle !== '') say('device-other', pair(exam.aeTitle, titles[0] ?? ''));
  }
  if (order.Modality === '' || exam.modalities.length === 0) return;
  if (exam.modalities.some((modality) => same(modality, order.Modality)))
    say('modality-equal', { modality: short(order.Modality) });
  else say('modality-other', pair(exam.modalities.join('/'), order.Modality));
}

function lookAtTime(exam: MatchFacts, order: OrderContent, say: Say): void {
  const days = daysBetween(exam.performedAt, order.scheduledFor);
  if (days === undefined) return;
  const minutes = minutesBetween(exam.performedAt, order.scheduledFor);
  if (minutes !== undefined && Math.abs(minutes) <= closeMinutes) say('time-close', { minutes });
  else if (days === 0) say('time-same-day');
  else if (Math.abs(days) <= farDays) return;
  else if (daysBetween(exam.arrivedAt, order.scheduledFor) === 0) say('time-arrived');
  else say('time-far', { days });
}

function levelOf(score: number, found: ReadonlySet<Finding>): MatchLevel {
  const has = (...keys: readonly Finding[]) => keys.some((key) => found.has(key));
  const isOther =
    (has('id-other') && has('name-other', 'birth-other')) ||
    (has('name-other') && has('birth-other')) ||
    has('order-cancelled');
  if (isOther || score < 30) return 'against';
  const agreeing = identifiers.filter((keys) => has(...keys)).length + (has('accession-equal', 'study-equal') ? 1 : 0);
  const isPatientNamed = identifiers.some((keys) => has(...keys));
  const isContradicted = [...contradictions].some((key) => found.has(key));
  if (!isContradicted && isPatientNamed && agreeing >= 2 && score >= 90) return 'sure';
  const isDoubtful = has(
    'id-other',
    'name-other',
    'birth-other',
    'sex-other',
    'modality-other',
    'several-patients',
    'order-has-exam',
  );
  return score >= 70 && !isDoubtful ? 'likely' : 'possible';
}

const short = (text: string) => text.trim().slice(0, 64);
const pair = (theirs: string, order: string) => ({ theirs: short(theirs), order: short(order) });
