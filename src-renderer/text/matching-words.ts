// Words for whose exam it is: why an order fits, what contradicts, the second identifier, drafts, and who else is here.
import type { Candidate, MatchReason, Oddity, TypedHint, Visitor } from '#contract/shapes/matching.ts';
import { fill, sayDate, sayList, sayName, sayWhen } from './formats.ts';

/** One reason as a piece of a sentence. */
const reasonTexts: Readonly<Record<string, string>> = {
  'study-equal': 'same study identifier',
  'accession-equal': 'same accession number',
  'accession-one-digit': 'accession number differs by one character',
  'accession-swapped': 'accession number has two characters swapped',
  'accession-other': 'another accession number',
  'id-equal': 'same patient ID',
  'id-known-otherwise': '{theirs} is another ID of this patient',
  'id-leading-zeros': 'same patient ID but for leading zeros',
  'id-look-alike': 'same patient ID, a letter typed for a digit',
  'id-check-digit': 'patient ID with one more digit at its end',
  'id-one-digit': 'patient ID differs by one character',
  'id-swapped': 'patient ID has two characters swapped',
  'id-other-issuer': 'patient ID comes from {theirs}, not {order}',
  'id-other': 'another patient ID',
  'name-equal': 'same name',
  'name-marks': 'same name, written otherwise',
  'name-order': 'same name, parts in another order',
  'name-spelling': 'same name, spelled otherwise',
  'name-cut': 'same name, cut off at the device',
  'name-more': 'same name, one has more given names',
  'name-initials': 'same family name, only an initial',
  'name-swapped': 'name has two letters swapped',
  'name-one-letter': 'name differs by one letter',
  'name-family-only': 'same family name, another given name',
  'name-other': 'another name',
  'birth-equal': 'same birth date',
  'birth-one-digit': 'birth date differs by one digit',
  'birth-swapped': 'birth date has two digits swapped',
  'birth-day-month': 'birth date has day and month swapped',
  'birth-one-year': 'birth date differs by one year',
  'birth-other': 'another birth date',
  'sex-equal': 'same sex',
  'sex-other': 'another sex',
  'device-of-order': 'the device of the order',
  'room-of-order': 'device in the room of the order',
  'device-other': 'ordered for {order}, not {theirs}',
  'modality-equal': 'same modality',
  'modality-other': '{order} was ordered, these are {theirs}',
  'time-same-day': 'same day',
  'time-arrived': 'came on the day of the order, though the device dates it otherwise',
  'order-cancelled': 'the order was cancelled',
  'order-done': 'the order is done already',
  'order-has-exam': 'another exam has this order already',
  'several-patients': 'the images name more than one patient',
};

function sayReasonOf({ key, params }: MatchReason): string {
  const minutes = Number(params['minutes'] ?? 0);
  const days = Number(params['days'] ?? 0);
  if (key === 'time-close') {
    const far = Math.abs(minutes);
    if (far < 5) return 'taken at the time of the order';
    const span = far < 90 ? `${far} min` : `${Math.round(far / 60)} h`;
    return `taken ${span} ${minutes > 0 ? 'after' : 'before'} the time of the order`;
  }
  if (key === 'time-far') return `${Math.abs(days)} days ${days > 0 ? 'after' : 'before'} the day of the order`;
  return fill(reasonTexts[key] ?? key.replaceAll('-', ' '), params);
}

const sentence = (parts: readonly string[]) => {
  const joined = parts.join('; ');
  return joined === '' ? '' : `${joined[0]?.toLocaleUpperCase() ?? ''}${joined.slice(1)}.`;
};

/** 'Same accession number; birth date differs by one digit; device in the room of the order.' */
export const sayFor = ({ reasons }: Candidate['match']): string =>
  sentence(reasons.filter(({ side }) => side === 'for').map(sayReasonOf));

/** What speaks against it; '' when nothing does. */
export const sayAgainst = ({ reasons }: Candidate['match']): string =>
  sentence(reasons.filter(({ side }) => side === 'against').map(sayReasonOf));

/** 'Order 26-118-0442, US abdomen'. */
export function sayOrder({ content }: Candidate['order']): string {
  const what = content.RequestedProcedureDescription || content.ScheduledProcedureStepDescription || content.Modality;
  const number = content.AccessionNumber || content.RequestedProcedureID;
  return [`Order ${number}`.trim(), what].filter((part) => part !== '').join(', ');
}

/** 'BRANDT, Ute, 118843, born 2 Jan 1970'. */
export function sayPatientOf({ content }: Candidate['order']): string {
  const { PatientName, PatientID, PatientBirthDate } = content;
  const born = PatientBirthDate === '' ? '' : `born ${sayDate(PatientBirthDate)}`;
  return [sayName(PatientName), PatientID, born].filter((part) => part !== '').join(', ');
}

/** '08:30' or '22 Nov, 08:30' of an order's schedule; '' when it has none. */
export function saySchedule(scheduledFor: string, now: number): string {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?/.exec(scheduledFor);
  if (!found) return '';
  const [, year, month, day, hour, minute] = found;
  if (hour === undefined) return sayDate(`${year}${month}${day}`);
  return sayWhen(`${year}-${month}-${day}T${hour}:${minute ?? '00'}:00`, now);
}

const oddityTexts: Readonly<Record<string, { readonly title: string; readonly text: string }>> = {
  'born-after-exam': { title: 'Born after the exam', text: 'Born {born}, but the images were taken {done}.' },
  'very-old': { title: 'An age that cannot be', text: 'Born {born}: that would be {years} years.' },
  'age-differs': {
    title: 'The age does not fit the birth date',
    text: 'The device said {said} years; by the birth date it is {years}.',
  },
  'sexes-differ': { title: 'Two sexes for one patient', text: 'Device and hospital do not say the same.' },
  'mammography-of-man': {
    title: 'A mammogram of a man',
    text: 'That happens. Make sure that it is the right patient.',
  },
};

export function sayOddity({ key, params }: Oddity): { readonly title: string; readonly text: string } {
  const { title, text } = oddityTexts[key] ?? { title: key, text: '' };
  const said = Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === 'string' ? sayDate(value) : value]),
  );
  return { title, text: fill(text, said) };
}

const typedTexts = {
  'other-person': {
    title: 'This patient ID is somebody else’s',
    remedy: 'Look who it is. If the ID is right all the same, give a second identifier before you approve.',
  },
  near: {
    title: 'This patient ID is nearly the known one',
    remedy: 'Compare it with the request. If it is right, give a second identifier before you approve.',
  },
} as const;

const knownFrom = {
  hospital: 'The hospital knows {id} as {who}.',
  order: 'An order has {id} for {who}.',
  exam: 'Another exam here has {id} for {who}.',
} as const;

/** Who has the identifier that was typed, or nearly that one, as a card. */
export function sayTypedHint({ kind, knownFrom: source, PatientID, PatientName, PatientBirthDate }: TypedHint) {
  const born = PatientBirthDate === '' ? '' : sayDate(PatientBirthDate);
  const who = [sayName(PatientName), born].filter((part) => part !== '').join(', ');
  const { title, remedy } = typedTexts[kind];
  return { title, explanation: fill(knownFrom[source], { id: PatientID, who }), remedy };
}

export const matchingTexts = {
  label: 'Whose exam is it?',
  levels: { sure: 'sure', likely: 'fits', possible: 'may fit', against: 'another patient' } as const,
  fits: (score: number) => `fits ${score} of 100`,
  give: 'Give this order',
  takeBack: 'Take the order back',
  others: (n: number) => (n === 1 ? '1 other order' : `${n} other orders`),
  noOrders: 'No order of the hospital fits this exam.',
  noOrdersMore: 'Type the patient by hand.',
  scheduled: (when: string, where: string) =>
    [when === '' ? '' : `Ordered for ${when}`, where].filter((part) => part !== '').join(', '),
  asOf: (when: string) => `The list of orders is of ${when}.`,
  given: 'given',
  byRule: 'given by rule, nobody looked yet',
  againstKey: 'This order speaks of another patient. Enter gives it all the same.',
  sharesAccession: 'Two orders have this accession number.',
  compare: 'Side by side',
  name: 'Name',
  columns: { field: 'Field', device: 'Device', order: 'Order', hospital: 'Hospital', out: 'Goes out as' },
  use: (value: string, column: string) => `Use ${value} of ${column.toLowerCase()}`,
  useColumn: (column: string) => `Use all of ${column.toLowerCase()}`,
  differs: 'differs',
  elsewhere: {
    'same-id-other-person': 'Another exam here has this patient ID and another person',
    'same-accession-other-person': 'Another exam here has this accession number and another person',
    'same-order': 'Another exam here was given the same order',
  },
  elsewhereOf: (name: string, id: string) => [sayName(name), id].filter((part) => part !== '').join(', '),
  elsewhereOpen: 'Open it',
  hint: 'A hint, not a verdict.',
  cannot: 'Both cannot be true. Find out which is right before you approve.',
  guard: {
    label: 'Second identifier',
    ask: 'Type the birth date or the patient ID, or scan the wristband.',
    placeholder: 'birth date, ID or wristband',
    differs: 'That is not the patient who would go out. Stop and look who it is.',
    unknown: 'There is neither a patient ID nor a birth date to compare it with.',
    checked: (keyword: string, how: string, when: string) =>
      `Second identifier checked: ${keyword === 'PatientID' ? 'patient ID' : 'birth date'} ${how} ${when}.`,
    how: { typed: 'typed', scanned: 'scanned' },
  },
  scanned: (id: string) => `Scanned: ${id}.`,
  scannedNone: (id: string) => `Scanned: ${id}. No order here is of that patient.`,
  draft: (by: string, mine: boolean, when: string) =>
    `${mine || by === '' ? 'Your' : `${by}’s`} draft of ${when} is back. Nothing of it is saved yet.`,
  dropDraft: 'Drop it',
  visitors: (visitors: readonly Visitor[], me: string) => {
    const names = [...new Set(visitors.map(({ name }) => name))];
    const others = names.filter((name) => name !== '' && name !== me);
    if (others.length === 0) return 'Open at another window too';
    return `${sayList(others)} ${others.length === 1 ? 'is' : 'are'} here too`;
  },
  isTyping: 'and typing',
} as const;
