// What is answered: MSH, MSA and, where something was wrong, ERR, in the form of the version that was spoken.
//
// Guarantees: ASCII but for what the sender's own header holds, which goes back as it came; nothing that could end a
// segment or a block.
import { namePlace, textOfFault, type FaultCode, type Place } from './fault.ts';
import type { Header } from './message.ts';

export type Verdict = {
  readonly answer: 'AA' | 'AE' | 'AR';
  readonly fault?: { readonly code: FaultCode; readonly place: Place; readonly words: string };
};

export type AnswerFacts = {
  readonly header: Header;
  /** ISO. */
  readonly now: string;
  /** Of this answer, 20 at most. */
  readonly id: string;
};

/**
 * The messages to send back, in order (2.9.2, 2.9.3). Without MSH-15 and MSH-16, one answer (original mode). With one of
 * them: an accept acknowledgement as MSH-15 says, then the application's as MSH-16 says; the message is durable before.
 */
export function answersTo(verdict: Verdict, facts: AnswerFacts): Buffer[] {
  const { acceptAck, applicationAck } = facts.header;
  if (acceptAck === '' && applicationAck === '') return [answerMessage(verdict.answer, verdict, facts)];
  const accept = { AA: 'CA', AE: 'CE', AR: 'CR' }[verdict.answer];
  const isGood = verdict.answer === 'AA';
  return [
    ...(isWanted(acceptAck, isGood) ? [answerMessage(accept, verdict, facts)] : []),
    ...(isWanted(applicationAck, isGood) ? [answerMessage(verdict.answer, verdict, facts)] : []),
  ];
}

/** Table 0155: always, never, on error or reject only, on success only. */
function isWanted(condition: string, isGood: boolean): boolean {
  if (condition === 'AL') return true;
  if (condition === 'SU') return isGood;
  return condition === 'ER' && !isGood;
}

function answerMessage(code: string, { fault }: Verdict, { header, now, id }: AnswerFacts): Buffer {
  const time = now.replace(/\D/g, '').slice(0, 14);
  // The separators of the answer are ours: what goes back of a message with others must not be taken for one.
  const back = (text: string) => text.replaceAll('|', '');
  const [application, facility] = [back(header.application), back(header.facility)];
  const [toApplication, toFacility] = [back(header.toApplication), back(header.toFacility)];
  const [event, controlId, processingId] = [back(header.event), back(header.controlId), back(header.processingId)];
  const version = /^2\.[1-9](?:\.[1-9])?$/.test(header.version) ? header.version : '2.5.1';
  const minor = Number(version.split('.')[1]);
  const type = [
    'ACK',
    ...(event === '' || minor < 3 ? [] : [event]),
    ...(event === '' || version < '2.3.1' ? [] : ['ACK']),
  ];
  const msh = ['MSH', '^~\\&', toApplication, toFacility, application, facility, `${time}+0000`, '', type.join('^')];
  const segments = [
    [...msh, id, processingId || 'P', version].join('|'),
    ['MSA', code, controlId, ...(fault && minor < 5 ? [printable(fault.words)] : [])].join('|'),
    ...(fault ? [minor < 5 ? oldError(fault) : newError(fault)] : []),
  ];
  return Buffer.from(`${segments.join('\r')}\r`, 'latin1');
}

type Fault = NonNullable<Verdict['fault']>;

/** ERR-1 of versions before 2.5: segment, sequence, field, code. */
function oldError({ code, place }: Fault): string {
  const { segment, nth = 1, field } = place;
  return `ERR|${segment}^${nth}^${field ?? ''}^${code}&${textOfFault(code)}&HL70357`;
}

/** From 2.5 on: ERR-2 location, ERR-3 code, ERR-4 severity, ERR-8 words for a person. */
function newError({ code, place, words }: Fault): string {
  const { segment, nth = 1, field, component } = place;
  const location = [segment, nth, field, component === undefined ? undefined : 1, component];
  const at = location.filter((part) => part !== undefined).join('^');
  return `ERR||${at}|${code}^${textOfFault(code)}^HL70357|E||||${namePlace(place)}: ${printable(words)}`;
}

const printable = (words: string) => words.replace(/[^ -~]/g, '?').replace(/[|^~\\&]/g, ' ');
