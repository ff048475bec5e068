// Why a message is not taken: what stands in MSA-1 and ERR. Thrown while a message is read and mapped, caught where it is
// answered; nothing of the message counts then.

/** Table 0357, message error condition codes. */
export type FaultCode = 100 | 101 | 102 | 103 | 104 | 200 | 201 | 202 | 203 | 204 | 205 | 207;

/** Where in the message: segment, its number among those of its name, field, component; 0 is none. */
export type Place = {
  readonly segment: string;
  readonly nth?: number;
  readonly field?: number;
  readonly component?: number;
};

const texts: Readonly<Record<FaultCode, string>> = {
  100: 'Segment sequence error',
  101: 'Required field missing',
  102: 'Data type error',
  103: 'Table value not found',
  104: 'Value too long',
  200: 'Unsupported message type',
  201: 'Unsupported event code',
  202: 'Unsupported processing id',
  203: 'Unsupported version id',
  204: 'Unknown key identifier',
  205: 'Duplicate key identifier',
  207: 'Application internal error',
};

export const textOfFault = (code: FaultCode): string => texts[code];

/** `words` are ASCII, for people of the sender: never a value of the message. */
export class MessageFault extends Error {
  readonly code: FaultCode;
  readonly place: Place;
  readonly words: string;
  /** AE: this message is at fault. AR: not this message, or nothing a receiver could do about it. */
  readonly answer: 'AE' | 'AR';

  constructor(code: FaultCode, place: Place, words: string, answer: 'AE' | 'AR' = code < 200 ? 'AE' : 'AR') {
    super(`${code} ${words}`);
    this.code = code;
    this.place = place;
    this.words = words;
    this.answer = answer;
  }
}

/** 'PID-3', 'PID', 'OBR(2)-4.1' as people write it. */
export function namePlace({ segment, nth = 1, field, component }: Place): string {
  const which = nth > 1 ? `${segment}(${nth})` : segment;
  if (field === undefined) return which;
  return component === undefined ? `${which}-${field}` : `${which}-${field}.${component}`;
}
