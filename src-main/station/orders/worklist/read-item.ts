// One answer of a worklist as orders. Pure; every value comes from outside and is judged.
//
// Guarantees: what it gives fits orderContentShape. What cannot stand is left empty or the whole item left out, never cut
// into something else that looks right (an identifier is never shortened), and each of these is noted by its keyword.
// An item without its scheduled step is left out; one with several steps becomes one order for each (PS3.4 K.6.1.2.1
// allows one).
import type { Code, OrderContent, OrderState } from '#contract/shapes/order.ts';
import { checkValue, isCalendarDate } from '#contract/shapes/value-rules.ts';
import type { Identifier } from '#station/dicom/network/index.ts';

/** What was put right or left out, by keyword of the attribute. */
export type ItemNote = {
  readonly kind: 'left-out' | 'emptied' | 'cut' | 'several-steps' | 'guessed';
  readonly keyword: string;
};

export type ReadItem = {
  readonly orders: readonly { readonly content: OrderContent; readonly state: OrderState }[];
  readonly notes: readonly ItemNote[];
};

const mostSteps = 16;
const mostCodes = 16;

export function readItem(said: Identifier): ReadItem {
  const notes: ItemNote[] = [];
  const item = withLostCharacterSet(said, notes);
  const reading = new Reading(item, notes);
  const steps = reading.items('ScheduledProcedureStepSequence').slice(0, mostSteps);
  if (steps.length === 0) return leftOut('ScheduledProcedureStepSequence');
  if (steps.length > 1) notes.push({ kind: 'several-steps', keyword: 'ScheduledProcedureStepSequence' });
  const PatientID = reading.short('PatientID', 'LO');
  const PatientName = reading.name('PatientName');
  // Nobody can be recognised by it, or it would be taken for somebody else's.
  if (PatientID === '' && reading.said('PatientID')) return leftOut('PatientID');
  if (PatientID === '' && PatientName === '') return leftOut('PatientName');
  const common = {
    ...{ PatientName, PatientID },
    IssuerOfPatientID: reading.short('IssuerOfPatientID', 'LO'),
    PatientBirthDate: reading.date('PatientBirthDate'),
    PatientSex: reading.short('PatientSex', 'CS'),
    OtherPatientIDs: otherIdsOf(reading),
    AdmissionID: reading.short('AdmissionID', 'LO'),
    IssuerOfAdmissionID: issuerOf(reading, 'IssuerOfAdmissionIDSequence'),
    AccessionNumber: reading.short('AccessionNumber', 'SH'),
    IssuerOfAccessionNumber: issuerOf(reading, 'IssuerOfAccessionNumberSequence'),
    StudyInstanceUID: reading.short('StudyInstanceUID', 'UI'),
    ReferencedStudySOPInstanceUIDs: reading
      .items('ReferencedStudySequence')
      .map((study) => new Reading(study, notes).short('ReferencedSOPInstanceUID', 'UI'))
      .filter((uid) => uid !== '')
      .slice(0, 16),
    ReferringPhysicianName: reading.name('ReferringPhysicianName'),
    RequestingPhysician: reading.name('RequestingPhysician'),
    RequestedProcedureID: reading.short('RequestedProcedureID', 'SH'),
    RequestedProcedureDescription: reading.text('RequestedProcedureDescription', 64),
    RequestedProcedureCodes: codesOf(reading, 'RequestedProcedureCodeSequence', notes),
    ReasonForTheRequestedProcedure: reading.text('ReasonForTheRequestedProcedure', 64),
    priority: priorityOf(reading.value('RequestedProcedurePriority')),
    CurrentPatientLocation: reading.text('CurrentPatientLocation', 64),
    ...{ BodyPartExamined: '', Laterality: '' },
  } as const;
  return {
    orders: steps.map((step) => ({
      content: { ...common, ...stepOf(new Reading(step, notes), notes) },
      state: stateOf(new Reading(step, notes).value('ScheduledProcedureStepStatus')),
    })),
    notes,
  };
}

/** Peers forget to say that they speak UTF-8, or any set: letters of another one hardly ever form whole UTF-8. */
function withLostCharacterSet(item: Identifier, notes: ItemNote[]): Identifier {
  const saidSet = item['SpecificCharacterSet'];
  if (Array.isArray(saidSet) ? saidSet.join('') !== '' : saidSet !== undefined && saidSet !== '') return item;
  const text = JSON.stringify(item);
  if (!/[\u0080-\u00ff]/.test(text) || /[\u0100-\uffff]/.test(text)) return item;
  notes.push({ kind: 'guessed', keyword: 'SpecificCharacterSet' });
  try {
    const bytes = Buffer.from(text, 'latin1');
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Identifier;
  } catch {
    return item;
  }
}

const leftOut = (keyword: string): ReadItem => ({ orders: [], notes: [{ kind: 'left-out', keyword }] });

function stepOf(step: Reading, notes: ItemNote[]) {
  const titles = step
    .values('ScheduledStationAETitle')
    .map((title) => title.trim())
    .filter((title) => title !== '');
  const legal = titles.filter((title) => title.length <= 16 && checkValue('AE', title).ok).slice(0, 16);
  if (legal.length < titles.length) notes.push({ kind: 'emptied', keyword: 'ScheduledStationAETitle' });
  return {
    ScheduledProcedureStepID: step.short('ScheduledProcedureStepID', 'SH'),
    ScheduledProcedureStepDescription: step.text('ScheduledProcedureStepDescription', 64),
    ScheduledProtocolCodes: codesOf(step, 'ScheduledProtocolCodeSequence', notes),
    ScheduledProcedureStepLocation: step.text('ScheduledProcedureStepLocation', 64),
    ScheduledStationAETitles: legal,
    ScheduledStationName: step.text('ScheduledStationName', 16),
    ScheduledPerformingPhysicianName: step.name('ScheduledPerformingPhysicianName'),
    Modality: step.short('Modality', 'CS'),
    scheduledFor: step.moment('ScheduledProcedureStepStartDate', 'ScheduledProcedureStepStartTime'),
  };
}

/** Values of one data set, judged. */
class Reading {
  readonly #set: Identifier;
  readonly #notes: ItemNote[];

  constructor(set: Identifier, notes: ItemNote[]) {
    this.#set = set;
    this.#notes = notes;
  }

  values(keyword: string): string[] {
    const value = this.#set[keyword];
    if (value === undefined || typeof value === 'object') {
      if (!Array.isArray(value)) return [];
      return value.filter((each) => typeof each !== 'object').map(String);
    }
    return [String(value)];
  }

  /** The first value, without what surrounds it. */
  value(keyword: string): string {
    return (this.values(keyword)[0] ?? '').trim();
  }

  said(keyword: string): boolean {
    return this.value(keyword) !== '';
  }

  items(keyword: string): Identifier[] {
    const value = this.#set[keyword];
    if (!Array.isArray(value)) return [];
    return (value as readonly unknown[]).filter(
      (each): each is Identifier => typeof each === 'object' && each !== null && !Array.isArray(each),
    );
  }

  /** An identifier or a code: as it is, or nothing. More than one value is nothing too. */
  short(keyword: string, vr: 'CS' | 'LO' | 'SH' | 'UI'): string {
    const [first = '', ...more] = this.values(keyword).map((each) => each.trim());
    const value = vr === 'CS' ? first.toUpperCase() : first;
    if (more.some((each) => each !== '') || !checkValue(vr, value).ok) return this.#without(keyword);
    return value;
  }

  /** A text for people: control characters become blanks, and what is too long is cut. */
  text(keyword: string, most: number): string {
    const value = plain(this.values(keyword).join(' '));
    const signs = [...value];
    if (signs.length <= most) return value;
    this.#notes.push({ kind: 'cut', keyword });
    // Counted in UTF-16 units too, as the shape does.
    let cut = signs.slice(0, most).join('');
    while (cut.length > most) cut = [...cut].slice(0, -1).join('');
    return cut.trim();
  }

  /** A name may be longer than it should be, as many are: it is seen when somebody applies it. */
  name(keyword: string): string {
    const [first = '', ...more] = this.values(keyword).map(plain);
    const value = first.replace(/[=^]+$/, '');
    const judged = checkValue('PN', value);
    const isLong = !judged.ok && judged.code === 'value-too-long';
    if (more.some((each) => each !== '') || value.length > 324 || !(judged.ok || isLong)) return this.#without(keyword);
    return value;
  }

  /** YYYYMMDD; also from the old form with points (PS3.5 6.2, note of DA). */
  date(keyword: string): string {
    const value = this.value(keyword).replace(/^(\d{4})[.-](\d{2})[.-](\d{2})$/, '$1$2$3');
    return value === '' || isCalendarDate(value) ? value : this.#without(keyword);
  }

  /** YYYYMMDDHHMMSS, as long as it is said. */
  moment(dateKeyword: string, timeKeyword: string): string {
    const date = this.date(dateKeyword);
    if (date === '') return '';
    const time = this.value(timeKeyword).replaceAll(':', '');
    if (time !== '' && !checkValue('TM', time).ok) {
      this.#without(timeKeyword);
      return date;
    }
    return date + time.slice(0, 6);
  }

  #without(keyword: string): '' {
    this.#notes.push({ kind: 'emptied', keyword });
    return '';
  }
}

/** Without control characters, characters that turn the line, and blanks around it. */
const plain = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();

function codesOf(reading: Reading, keyword: string, notes: ItemNote[]): Code[] {
  const items = reading.items(keyword);
  const codes = items.slice(0, mostCodes).flatMap((item): Code[] => {
    const code = new Reading(item, []);
    const CodeValue = code.value('CodeValue') || code.value('LongCodeValue') || code.value('URNCodeValue');
    const made = {
      CodeValue,
      CodingSchemeDesignator: code.value('CodingSchemeDesignator'),
      CodingSchemeVersion: code.short('CodingSchemeVersion', 'SH'),
      CodeMeaning: code.text('CodeMeaning', 64),
    };
    const isLegal =
      CodeValue !== '' &&
      CodeValue.length <= 64 &&
      checkValue('LO', CodeValue).ok &&
      checkValue('SH', made.CodingSchemeDesignator).ok &&
      made.CodingSchemeDesignator !== '';
    return isLegal ? [made] : [];
  });
  if (codes.length < items.length) notes.push({ kind: 'emptied', keyword });
  return codes;
}

function otherIdsOf(reading: Reading): string[] {
  const ids = [
    ...reading.values('OtherPatientIDs'),
    ...reading.items('OtherPatientIDsSequence').map((item) => new Reading(item, []).value('PatientID')),
  ].map((each) => each.trim());
  return [...new Set(ids.filter((each) => each !== '' && checkValue('LO', each).ok))].slice(0, 32);
}

function issuerOf(
  reading: Reading,
  keyword: 'IssuerOfAccessionNumberSequence' | 'IssuerOfAdmissionIDSequence',
): string {
  const [issuer] = reading.items(keyword);
  if (!issuer) return '';
  const read = new Reading(issuer, []);
  const said = read.value('UniversalEntityID') || read.value('LocalNamespaceEntityID');
  return said.length <= 64 && checkValue('LO', said).ok ? said : '';
}

/** Requested Procedure Priority (PS3.3 C.4.11): STAT, HIGH, ROUTINE, MEDIUM, LOW. */
function priorityOf(said: string): OrderContent['priority'] {
  const word = said.toUpperCase();
  return word === 'STAT' ? 'stat' : word === 'HIGH' || word === 'URGENT' ? 'urgent' : 'routine';
}

/** Scheduled Procedure Step Status (PS3.3 C.4.10). */
const states: Readonly<Record<string, OrderState>> = {
  ...{ SCHEDULED: 'scheduled', ARRIVED: 'arrived', READY: 'arrived', STARTED: 'started', DEPARTED: 'done' },
  ...{ COMPLETED: 'done', CANCELED: 'cancelled', CANCELLED: 'cancelled', DISCONTINUED: 'cancelled' },
};

const stateOf = (said: string): OrderState => states[said.toUpperCase()] ?? 'scheduled';
