// Decides whether the association that a peer asks for is let in: what the protocol demands first, then whether there is
// room, then the rules of the owner. Gives the numbers of PS3.8 table 9-21.
import type { Admission, AssociationFacts, ServerRules } from './accepting.ts';

export type Room = 'yes' | 'full' | 'closing';

export type AdmissionQuestion = {
  /** The whole A-ASSOCIATE-RQ, which could be read. */
  readonly pdu: Buffer;
  readonly facts: AssociationFacts;
  readonly rules: ServerRules;
  readonly room: () => Room;
  readonly ruleFailed: (error: unknown) => void;
};

/** PS3.7 A.2.1. */
const dicomApplicationContext = '1.2.840.10008.3.1.1.1';

const permanent = 1;
const transient = 2;
const source = { user: 1, acse: 2, presentation: 3 } as const;
const reason = {
  applicationContextNotSupported: 2,
  protocolVersionNotSupported: 2,
  temporaryCongestion: 1,
  localLimitExceeded: 2,
} as const;

export function decideAdmission({ pdu, facts, rules, room, ruleFailed }: AdmissionQuestion): Admission {
  if ((pdu.readUInt16BE(6) & 1) === 0) return reject(permanent, source.acse, reason.protocolVersionNotSupported);
  if (applicationContextOf(pdu) !== dicomApplicationContext)
    return reject(permanent, source.user, reason.applicationContextNotSupported);
  const found = room();
  if (found === 'full') return reject(transient, source.presentation, reason.localLimitExceeded);
  if (found === 'closing') return reject(transient, source.presentation, reason.temporaryCongestion);
  try {
    return rules.admit(facts);
  } catch (error) {
    ruleFailed(error);
    return reject(transient, source.presentation, reason.temporaryCongestion);
  }
}

function reject(result: 1 | 2, from: 1 | 2 | 3, why: number): Admission {
  return { kind: 'reject', result, source: from, reason: why };
}

/** The first application context item of an A-ASSOCIATE-RQ that the library has read without complaint. */
function applicationContextOf(pdu: Buffer): string {
  for (let offset = 74; offset + 4 <= pdu.length;) {
    const length = pdu.readUInt16BE(offset + 2);
    if (pdu[offset] === 0x10) return pdu.toString('latin1', offset + 4, offset + 4 + length).replace(/[\0 ]+$/, '');
    offset += 4 + length;
  }
  return '';
}
