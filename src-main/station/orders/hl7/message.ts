// A message taken apart: segments, fields, repetitions, components, and texts without escape sequences.
//
// Guarantees: linear and lazy, whatever the text; counts are bounded. Refuses, as MessageFault: no MSH, separators that
// cannot be told apart, more segments than any message has.
import { decodeBytes, type Hl7CharacterSet } from './character-set.ts';
import { MessageFault, type Place } from './fault.ts';

export type Separators = {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
};

const mostSegments = 10_000;
const mostFields = 256;
const mostRepetitions = 100;
const mostComponents = 64;

/** What was said of a value: nothing (undefined), that it is empty (null, `""`), or a text. */
export type Said = string | null | undefined;

export class Message {
  readonly separators: Separators;
  readonly segments: readonly Segment[];
  readonly #characterSet: Hl7CharacterSet;
  /** Escape sequences were found that this station cannot read. */
  hasUnreadEscapes = false;

  constructor(text: string, characterSet: Hl7CharacterSet) {
    this.separators = separatorsOf(text);
    this.#characterSet = characterSet;
    const lines = text.split(/\r\n?|\n/, mostSegments + 1);
    if (lines.length > mostSegments) throw new MessageFault(207, { segment: 'MSH' }, 'Too many segments', 'AR');
    const counts = new Map<string, number>();
    this.segments = lines.flatMap((line) => {
      if (line.trim() === '') return [];
      const name = line.slice(0, 3);
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      return [new Segment(this, name, nth, line)];
    });
  }

  first(name: string): Segment | undefined {
    return this.segments.find((segment) => segment.name === name);
  }

  /** @throws MessageFault 100 when there is none */
  need(name: string): Segment {
    const found = this.first(name);
    if (!found) throw new MessageFault(100, { segment: name }, `No ${name} segment`);
    return found;
  }

  /** A value without its escape sequences; line breaks and other control characters become blanks. */
  plain(raw: string): string {
    const text = raw.includes(this.separators.escape) ? this.#unescape(raw) : raw;
    return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  }

  #unescape(raw: string): string {
    const { escape, field, component, repetition, subcomponent } = this.separators;
    const of: Readonly<Record<string, string>> = {
      ...{ F: field, S: component, R: repetition, T: subcomponent, E: escape, '.br': '\n' },
      ...{ '.sp': '\n', '.ce': '\n', H: '', N: '', '.fi': '', '.nf': '' },
    };
    let text = '';
    let at = 0;
    for (;;) {
      const start = raw.indexOf(escape, at);
      const end = start === -1 ? -1 : raw.indexOf(escape, start + 1);
      if (end === -1) return text + raw.slice(at);
      text += raw.slice(at, start);
      const code = raw.slice(start + 1, end);
      const meant = of[code] ?? (/^X(?:[0-9A-Fa-f]{2})+$/.test(code) ? this.#hexadecimal(code.slice(1)) : undefined);
      if (meant !== undefined) text += meant;
      else if (code.length <= 64 && /^[CMZ.]/.test(code)) this.hasUnreadEscapes = true;
      else {
        // Somebody wrote the sign without meaning anything by it.
        text += escape;
        at = start + 1;
        continue;
      }
      at = end + 1;
    }
  }

  #hexadecimal(digits: string): string {
    const decoded = decodeBytes(Buffer.from(digits, 'hex'), this.#characterSet);
    if (decoded.kind === 'text') return decoded.text;
    this.hasUnreadEscapes = true;
    return '';
  }
}

/** The fields of one segment, counted as the standard counts them: MSH-1 is the separator itself. */
export class Segment {
  readonly name: string;
  readonly nth: number;
  readonly #message: Message;
  readonly #line: string;
  #fields: readonly string[] | undefined;

  constructor(message: Message, name: string, nth: number, line: string) {
    this.#message = message;
    this.name = name;
    this.nth = nth;
    this.#line = line;
  }

  place(field: number, component?: number): Place {
    const place = { segment: this.name, nth: this.nth, field };
    return component === undefined ? place : { ...place, component };
  }

  /** As it stands in the message. */
  raw(field: number): string {
    this.#fields ??= this.#line.split(this.#message.separators.field, mostFields);
    return this.#fields[this.name === 'MSH' ? field - 1 : field] ?? '';
  }

  /** The components of each repetition that says anything, as they stand in the message. */
  repetitions(field: number): (readonly string[])[] {
    const { repetition, component } = this.#message.separators;
    return this.raw(field)
      .split(repetition, mostRepetitions)
      .filter((one) => one !== '' && one !== '""')
      .map((one) => one.split(component, mostComponents));
  }

  /** The first repetition's component, its first subcomponent. */
  said(field: number, component = 1): Said {
    const { repetition, component: between, subcomponent } = this.#message.separators;
    const [one = ''] = this.raw(field).split(repetition, 1);
    const whole = one.split(between, mostComponents)[component - 1] ?? '';
    if (one === '""' || whole === '""') return null;
    const text = this.#message.plain(whole.split(subcomponent, 1)[0] ?? '');
    return text === '' ? undefined : text;
  }

  /** The same, '' when nothing or nothing more is said. */
  text(field: number, component = 1): string {
    return this.said(field, component) ?? '';
  }

  plain(raw: string | undefined): string {
    const { subcomponent } = this.#message.separators;
    const [first = ''] = (raw ?? '').split(subcomponent, 1);
    return first === '""' ? '' : this.#message.plain(first);
  }

  /** Subcomponents of a component, without escape sequences. */
  parts(raw: string | undefined): string[] {
    return (raw ?? '').split(this.#message.separators.subcomponent, mostComponents).map((one) => this.plain(one));
  }
}

function separatorsOf(text: string): Separators {
  const [field = '', component = '', repetition = '', escape = '\\', subcomponent = '&'] = [
    text[3],
    ...(text.slice(4).split(text[3] ?? '', 1)[0] ?? ''),
  ];
  const all = [field, component, repetition, escape, subcomponent];
  const canBeTold = all.every((sign) => /^[!-/:-@[-`{-~]$/.test(sign)) && new Set(all).size === all.length;
  if (!text.startsWith('MSH') || !canBeTold) {
    throw new MessageFault(100, { segment: 'MSH' }, 'The message does not begin with MSH and its separators', 'AR');
  }
  return { field, component, repetition, escape, subcomponent };
}

/** The fields of MSH as Latin-1, which is enough to know who speaks, in which character set, and to answer. */
export type Header = {
  readonly application: string;
  readonly facility: string;
  readonly toApplication: string;
  readonly toFacility: string;
  readonly sentAt: string;
  /** 'ADT', 'A40' of MSH-9. */
  readonly type: string;
  readonly event: string;
  readonly controlId: string;
  readonly processingId: string;
  readonly version: string;
  readonly acceptAck: string;
  readonly applicationAck: string;
  readonly characterSets: readonly string[];
};

/** Reads as much as there is; never refuses. */
export function readHeader(bytes: Buffer): Header {
  const [line = ''] = bytes.toString('latin1', 0, Math.min(bytes.length, 4096)).split(/[\r\n]/, 1);
  const field = line[3] ?? '|';
  const fields = line.startsWith('MSH') ? line.split(field, 32) : [];
  const [component = '^', repetition = '~'] = fields[1] ?? '';
  const of = (n: number) => (fields[n - 1] ?? '').replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 227);
  const first = (n: number, nth = 1) => of(n).split(component, nth)[nth - 1] ?? '';
  return {
    ...{ application: of(3), facility: of(4), toApplication: of(5), toFacility: of(6), sentAt: first(7) },
    ...{ type: first(9).toUpperCase(), event: first(9, 2).toUpperCase(), controlId: of(10).slice(0, 199) },
    ...{ processingId: first(11), version: first(12), acceptAck: condition(of(15)), applicationAck: condition(of(16)) },
    characterSets: of(18).split(repetition, 8),
  };
}

/** Table 0155. Anything else asks for nothing, so that the sender still hears something. */
const condition = (text: string): string => (['AL', 'NE', 'ER', 'SU'].includes(text) ? text : '');
