// The data types of HL7 v2 as the values of DICOM: names, identifiers, codes, times. Pure. Identity is judged strictly:
// what DICOM cannot hold refuses the message at its field; descriptions are cut.
import { checkValue, isCalendarDate } from '#contract/shapes/value-rules.ts';
import type { Code } from '#contract/shapes/order.ts';
import { localDateTime } from '#station/kit/local-time.ts';
import { MessageFault } from './fault.ts';
import type { Segment } from './message.ts';

type Components = readonly string[];

/** Family, given, middle, prefix, suffix of PN (PS3.5 6.2.1.1) from XPN or, shifted by one, XCN. */
function groupOf(segment: Segment, parts: Components, shift: 0 | 1): string {
  const at = (n: number) => segment.plain(parts[n - 1 + shift]).replace(/[\\^=]/g, ' ');
  // XPN: family ^ given ^ further ^ suffix ^ prefix ^ degree. PN puts the prefix before the suffix.
  const suffix = [at(4), at(6)].filter((text) => text !== '').join(' ');
  return [at(1), at(2), at(3), at(5), suffix].join('^').replace(/\^+$/, '');
}

const representation = { A: 0, I: 1, P: 2 } as const;

export type PersonName = {
  /** PN with its groups: alphabetic, ideographic, phonetic (XPN-8). */
  readonly PatientName: string;
  readonly aliases: readonly string[];
};

/** A person's names; undefined when nothing was said. @throws MessageFault when DICOM cannot hold it */
export function nameOfPerson(segment: Segment, field: number): PersonName | undefined {
  const names = segment.repetitions(field).map((parts) => ({
    group: groupOf(segment, parts, 0),
    type: segment.plain(parts[6]).toUpperCase(),
    place: representation[segment.plain(parts[7]).toUpperCase() as keyof typeof representation],
  }));
  const said = names.filter(({ group }) => group !== '');
  const main = said.find(({ type }) => type === 'L') ?? said.find(({ type }) => type === '') ?? said[0];
  if (!main) return undefined;
  const groups = ['', '', ''];
  const others: string[] = [];
  for (const name of said) {
    // Without a code a first name is alphabetic, as everywhere; one of another kind of name is an alias.
    const place = name.place ?? (name === main ? 0 : undefined);
    if (name.type === main.type && place !== undefined && groups[place] === '') groups[place] = name.group;
    else others.push(name.group);
  }
  const PatientName = groups.join('=').replace(/=+$/, '');
  return {
    PatientName: checked(segment, field, 'PN', PatientName),
    aliases: others.filter(isPossibleName).slice(0, 16),
  };
}

/** A member of staff (XCN): the first one that is named; '' when nobody is. */
export function nameOfStaff(segment: Segment | undefined, field: number): string {
  for (const parts of segment?.repetitions(field) ?? []) {
    const name = segment ? groupOf(segment, parts, 1) : '';
    if (name !== '' && isPossibleName(name)) return name;
  }
  return '';
}

const isPossibleName = (name: string) => checkValue('PN', name).ok;

export type Identifier = {
  readonly id: string;
  /** Namespace, or universal ID where there is none. */
  readonly authority: string;
  readonly authorityParts: readonly string[];
  /** Table 0203: MR, PI, SS, ... */
  readonly type: string;
};

/** Identifiers of a field (CX), in its order; whether DICOM can hold one is asked of those that are taken. */
export function identifiersOf(segment: Segment, field: number): Identifier[] {
  return segment.repetitions(field).flatMap((parts) => {
    const id = segment.plain(parts[0]);
    if (id === '') return [];
    const [namespace = '', universal = '', ...rest] = segment.parts(parts[3]);
    return [
      {
        id,
        authority: namespace || universal,
        authorityParts: [namespace, universal, ...rest].filter((part) => part !== ''),
        type: segment.plain(parts[4]).toUpperCase(),
      },
    ];
  });
}

/** CE, CWE: identifier, text, system, from its first, or its alternate (4 to 6), components. */
export function codeOf(segment: Segment, field: number, from: 1 | 4 = 1): Code | undefined {
  const [parts = []] = segment.repetitions(field);
  const at = (n: number) => segment.plain(parts[from + n - 2]).replaceAll('\\', ' ');
  const CodeValue = at(1);
  if (CodeValue === '') return undefined;
  return {
    CodeValue: cut(CodeValue, 64),
    CodingSchemeDesignator: cut(at(3), 16),
    CodingSchemeVersion: '',
    CodeMeaning: cut(at(2) || CodeValue, 64),
  };
}

/** Place of a patient or a step (PL): its parts with blanks between. */
export function placeOf(segment: Segment | undefined, field: number): string {
  const [parts = []] = segment?.repetitions(field) ?? [];
  const said = parts.slice(0, 4).map((part) => segment?.plain(part) ?? '');
  return shortText(said.filter((part) => part !== '').join(' '), 64);
}

/** A description: without backslashes, cut. */
export const shortText = (text: string, most: number): string => cut(text.replaceAll('\\', ' ').trim(), most);

const cut = (text: string, most: number): string =>
  text.length <= most ? text : [...text].slice(0, most).join('').slice(0, most);

/** @throws MessageFault 104 or 102 at the field when a DICOM value of this VR cannot be it */
export function checked(segment: Segment, field: number, vr: string, text: string): string {
  const verdict = checkValue(vr, text);
  if (verdict.ok) return text;
  const tooLong = verdict.code === 'value-too-long';
  const words = tooLong ? `More than ${verdict.params.limit} characters` : 'Not a possible value';
  throw new MessageFault(tooLong ? 104 : 102, segment.place(field), words);
}

const timeForm = /^(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,4}))?([+-]\d{4})?$/;

/** The day of a birth, YYYYMMDD; '' when less than a day was said. @throws MessageFault 102 for a day that never was */
export function dayOf(segment: Segment, field: number, text: string): string {
  const found = timeForm.exec(text);
  const [, year, month, day] = found ?? [];
  const isShort = found && day === undefined;
  if (isShort || /^0*$/.test(text)) return '';
  const said = `${year}${month}${day}`;
  if (!found || !isCalendarDate(said)) throw new MessageFault(102, segment.place(field), 'Not a possible date');
  return said;
}

/** A time of the hospital's clock, which is ours, as long as it was said, YYYYMMDDHHMMSS; '' when it is none. */
export function clockTimeOf(text: string): string {
  const [, year, month = '', day = '', hour = '', minute = '', second = '', , zone] = timeForm.exec(text) ?? [];
  if (year === undefined || !isCalendarDate(`${year}${month}${day}`)) return '';
  const time = `${hour}${minute}${second}`;
  const moment = zone === undefined ? undefined : momentOf(text);
  if (moment !== undefined) return localDateTime(new Date(moment)).slice(0, 8 + time.length);
  return `${year}${month}${day}${checkValue('TM', time).ok ? time : ''}`;
}

/** A moment that can be compared with others of the same sender, as ISO; undefined for less than a minute. */
export function momentOf(text: string): string | undefined {
  const [, year, month, day, hour, minute, second = '00', parts = '0', zone = '+0000'] = timeForm.exec(text) ?? [];
  if (minute === undefined || !isCalendarDate(`${year}${month}${day}`)) return undefined;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${parts.padEnd(3, '0').slice(0, 3)}`;
  const epochMs = Date.parse(`${iso}${zone.slice(0, 3)}:${zone.slice(3)}`);
  return Number.isNaN(epochMs) ? undefined : new Date(epochMs).toISOString();
}
