// One message: who speaks, in which text, what it says of patients and orders, and what is answered.
//
// Guarantees: what a message says happens in one transaction or not at all; the answer resolves when it is durable; the
// same message again gets the same answer and changes nothing; any bytes are answered.
import type { Hl7Feed, Hl7MessageRow, HospitalPatient } from '#contract/shapes/hl7.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { answersTo, type Verdict } from './answer.ts';
import { characterSetOf, decodeBytes } from './character-set.ts';
import { momentOf } from './datatypes.ts';
import { MessageFault } from './fault.ts';
import { changePatientOfOrders, keepOrderSaid, type OrderPorts } from './feed-orders.ts';
import { Message, readHeader, type Header, type Segment } from './message.ts';
import { digestOf, MessageLog, type Doubt } from './message-log.ts';
import { ordersOf } from './orders-of-message.ts';
import { patientOf, priorOf } from './patient-of-message.ts';
import { Patients, type PatientKey, type Speech } from './patients.ts';

/** What the hospital said of a patient, for whoever holds exams of them. */
export type PatientChange =
  | { readonly kind: 'updated'; readonly patient: HospitalPatient }
  | { readonly kind: 'merged'; readonly prior: PatientKey; readonly patient: HospitalPatient };

export type IntakePorts = OrderPorts & {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly patients: Patients;
  readonly messages: MessageLog;
  /** The feed of a sender; undefined when it may not speak. */
  feedOf(sender: Sender): Hl7Feed | undefined;
  /** Inside the transaction of the message. */
  patientChanged(change: PatientChange): void;
  /** After a message was answered. */
  answered(verdict: Verdict, repeated: boolean): void;
};

export type Sender = { readonly address: string; readonly application: string; readonly facility: string };

type Effect = { readonly outcome: Hl7MessageRow['outcome']; readonly doubts: readonly Doubt[] };

/** ADT events that say who a patient is. */
const patientEvents = new Set([
  'A01',
  'A02',
  'A03',
  'A04',
  'A05',
  'A06',
  'A07',
  'A08',
  'A10',
  'A13',
  'A14',
  'A28',
  'A31',
]);
const mergeEvents = new Set(['A18', 'A30', 'A34', 'A36', 'A39', 'A40']);
const renumberEvents = new Set(['A46', 'A47']);
/** Others of chapter 3: of visits, beds, leaves, allergies. They change nothing here. */
const otherEvents = /^A(?:0[1-9]|[1-5]\d|6[0-2])$/;
const orderMessages = new Set(['ORM O01', 'OMG O19', 'OMI O23']);

export class Intake {
  readonly #ports: IntakePorts;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  /** The answers to send, in order, when they may be sent. Never rejects. */
  async take(raw: Buffer, address: string): Promise<readonly Buffer[]> {
    const header = readHeader(raw);
    // Two that acknowledged acknowledgements would go on for ever (2.9.2).
    if (header.type === 'ACK' || header.type === 'MCF') return [];
    let verdict: Verdict;
    let repeated = false;
    try {
      const taken = this.#takeSoon(raw, header, address);
      ({ repeated, verdict } = taken);
      await taken.durable;
    } catch (error) {
      verdict = this.#internal(error);
    }
    this.#ports.answered(verdict, repeated);
    return this.#answers(verdict, header);
  }

  /** Of what was no whole message; nothing of it is looked at but its header. */
  reject(head: Buffer, words: string): readonly Buffer[] {
    const fault = { code: 207, place: { segment: 'MSH' }, words } as const;
    const verdict: Verdict = { answer: 'AR', fault };
    this.#ports.answered(verdict, false);
    return this.#answers(verdict, readHeader(head));
  }

  #answers(verdict: Verdict, header: Header): readonly Buffer[] {
    const { clock } = this.#ports;
    return answersTo(verdict, { header, now: clock.now(), id: newId(clock.epochMs()).slice(-20).toUpperCase() });
  }

  #takeSoon(raw: Buffer, header: Header, address: string) {
    const { book, messages, clock } = this.#ports;
    const { application, facility } = header;
    const feed = this.#ports.feedOf({
      address,
      application: application.split('^', 1)[0] ?? '',
      facility: facility.split('^', 1)[0] ?? '',
    });
    const sha256 = digestOf(raw);
    const facts = { feedId: feed?.id ?? '', address, at: clock.now(), ...header, raw };
    try {
      const { result, durable } = book.transactionSoon(() => {
        if (feed && header.controlId !== '') {
          const before = messages.answeredBefore(feed.id, header.controlId, sha256);
          if (before) return { verdict: before, repeated: true };
        }
        const { outcome, doubts } = this.#apply(raw, header, feed);
        const verdict: Verdict = { answer: 'AA' };
        messages.add({ ...facts, verdict, outcome, doubts }, sha256);
        return { verdict, repeated: false };
      });
      return { ...result, durable };
    } catch (error) {
      if (!(error instanceof MessageFault)) throw error;
      const { answer, code, place, words } = error;
      const verdict: Verdict = { answer, fault: { code, place, words } };
      const { durable } = book.transactionSoon(() =>
        messages.add({ ...facts, verdict, outcome: 'refused', doubts: [] }, sha256),
      );
      return { verdict, repeated: false, durable };
    }
  }

  /** Our fault, not theirs: nothing was kept, and they may say it again. */
  #internal(error: unknown): Verdict {
    const { log, clock } = this.#ports;
    if (isProblem(error)) log.warn('hl7-not-kept', { code: error.code });
    else log.error('hl7-not-kept', { incident: newId(clock.epochMs()) }, error);
    const words = isProblem(error) ? `Not kept: ${error.code}` : 'Not kept: a fault of this station';
    return { answer: 'AR', fault: { code: 207, place: { segment: 'MSH' }, words } };
  }

  #apply(raw: Buffer, header: Header, feed: Hl7Feed | undefined): Effect {
    if (!raw.subarray(0, 3).equals(Buffer.from('MSH'))) {
      throw new MessageFault(100, { segment: 'MSH' }, 'The message does not begin with MSH', 'AR');
    }
    if (!feed) throw new MessageFault(103, { segment: 'MSH', field: 3 }, 'This sender is not known here', 'AR');
    checkHeader(header, feed);
    const { message, doubts } = decode(raw, header, feed);
    const speech = this.#speechOf(message, feed, doubts);
    const outcome =
      header.type === 'ADT'
        ? this.#applyAdt(message, header, feed, speech, doubts)
        : this.#applyOrders(message, feed, speech, doubts);
    if (message.hasUnreadEscapes) doubts.add('escape-not-read');
    return { outcome, doubts: [...doubts] };
  }

  /** When it was said: EVN-2, else MSH-7, else now. A clock that runs ahead must not keep later words out. */
  #speechOf(message: Message, feed: Hl7Feed, doubts: Set<Doubt>): Speech {
    const { clock } = this.#ports;
    const msh = message.need('MSH');
    const said = momentOf(message.first('EVN')?.text(2) ?? '') ?? momentOf(msh.text(7));
    return { feedId: feed.id, spokenAt: this.#notAhead(said, doubts) ?? clock.now() };
  }

  #notAhead(moment: string | undefined, doubts: Set<Doubt>): string | undefined {
    const { clock } = this.#ports;
    // Times without a zone may be up to 14 hours ahead of ours.
    if (moment === undefined || Date.parse(moment) <= clock.epochMs() + 15 * 3_600_000) return moment;
    doubts.add('future-time');
    return undefined;
  }

  #applyAdt(message: Message, { event }: Header, feed: Hl7Feed, speech: Speech, doubts: Set<Doubt>): Effect['outcome'] {
    if (mergeEvents.has(event) || renumberEvents.has(event)) {
      this.#applyMerges(message, feed, speech, renumberEvents.has(event) ? 'renumbered' : 'merged');
      return 'merge';
    }
    if (patientEvents.has(event)) {
      this.#applyPatient(this.#onlyPatient(message), message.first('PV1'), feed, speech, doubts);
      return 'patient';
    }
    if (otherEvents.test(event)) return 'ignored';
    throw new MessageFault(201, { segment: 'MSH', field: 9, component: 2 }, 'Not an event of ADT');
  }

  /** Whose is what follows? Nobody can tell: not even the first of them is taken. */
  #onlyPatient(message: Message): Segment {
    const pid = message.need('PID');
    const second = message.segments.find((segment) => segment.name === 'PID' && segment !== pid);
    if (second) throw new MessageFault(102, { segment: 'PID', nth: second.nth }, 'More than one patient in a message');
    return pid;
  }

  #applyPatient(pid: Segment, pv1: Segment | undefined, feed: Hl7Feed, speech: Speech, doubts: Set<Doubt>): void {
    const { patients, patientChanged } = this.#ports;
    const kept = patients.keep(patientOf(pid, pv1, feed), speech);
    if (kept.kind === 'older') doubts.add('older');
    if (kept.wasMerged) doubts.add('merged-id');
    if (!kept.identityChanged) return;
    changePatientOfOrders(this.#ports, kept.patient, kept.patient);
    patientChanged({ kind: 'updated', patient: kept.patient });
  }

  /** Each MRG belongs to the PID before it. All of them or none. */
  #applyMerges(message: Message, feed: Hl7Feed, speech: Speech, kind: 'merged' | 'renumbered'): void {
    const { patients, patientChanged } = this.#ports;
    let pid: Segment | undefined;
    let merges = 0;
    for (const segment of message.segments) {
      if (segment.name === 'PID') pid = segment;
      if (segment.name !== 'MRG') continue;
      if (!pid) throw new MessageFault(100, { segment: 'MRG', nth: segment.nth }, 'MRG without a PID before it');
      merges++;
      const prior = priorOf(segment, feed);
      const merged = patients.merge(prior, patientOf(pid, undefined, feed), kind, speech);
      if (merged.kind === 'itself') {
        throw new MessageFault(205, segment.place(1), 'A patient cannot be merged into themselves', 'AE');
      }
      if (merged.kind === 'ring') {
        throw new MessageFault(205, segment.place(1), 'The surviving patient was merged into this one before', 'AE');
      }
      if (merged.kind === 'again') continue;
      changePatientOfOrders(this.#ports, prior, merged.patient);
      patientChanged(merged);
    }
    if (merges === 0) throw new MessageFault(100, { segment: 'MRG' }, 'No MRG segment');
  }

  #applyOrders(message: Message, feed: Hl7Feed, speech: Speech, doubts: Set<Doubt>): Effect['outcome'] {
    const pid = this.#onlyPatient(message);
    const pv1 = message.first('PV1');
    const said = patientOf(pid, pv1, feed);
    const orders = ordersOf(message, said, pv1, feed);
    const { patients } = this.#ports;
    const known = patients.find(said.PatientID, said.IssuerOfPatientID);
    if (!known) patients.keep(said, speech);
    for (const order of orders) {
      const spokenAt = this.#notAhead(order.spokenAt, doubts) ?? speech.spokenAt;
      const content = known && isOther(known, said) ? { ...order.content, ...identityOf(known) } : order.content;
      const outcome = keepOrderSaid(this.#ports, { ...order, content }, { ...speech, spokenAt });
      if (outcome === 'older') doubts.add('older');
    }
    if (known && isOther(known, said)) doubts.add('merged-id');
    return orders.length === 0 ? 'ignored' : 'order';
  }
}

const isOther = (known: HospitalPatient, said: PatientKey): boolean =>
  known.PatientID !== said.PatientID || known.IssuerOfPatientID !== said.IssuerOfPatientID;

function identityOf({ PatientID, IssuerOfPatientID, ...known }: HospitalPatient) {
  const { PatientName, PatientBirthDate, PatientSex } = known;
  const said = Object.entries({ PatientName, PatientBirthDate, PatientSex }).filter(([, value]) => value !== '');
  return {
    PatientID,
    IssuerOfPatientID,
    ...(Object.fromEntries(said) as Partial<Pick<HospitalPatient, 'PatientName'>>),
  };
}

/** @throws MessageFault for what this station does not speak */
function checkHeader({ type, event, controlId, processingId, version }: Header, { takesTests }: Hl7Feed): void {
  const at = (field: number, component?: number) => ({
    ...{ segment: 'MSH', field },
    ...(component === undefined ? {} : { component }),
  });
  if (controlId === '') throw new MessageFault(101, at(10), 'No message control ID', 'AR');
  if (type === '') throw new MessageFault(101, at(9), 'No message type', 'AR');
  if (version !== '' && !/^2(?:\.|$)/.test(version)) throw new MessageFault(203, at(12), 'Only versions 2.x');
  if (!['', 'P', ...(takesTests ? ['T', 'D'] : [])].includes(processingId.toUpperCase())) {
    throw new MessageFault(202, at(11), 'Only messages of production are taken here');
  }
  if (type === 'ADT') return;
  const isOrder = orderMessages.has(`${type} ${event}`) || (event === '' && type === 'ORM');
  if (isOrder) return;
  const known = ['ORM', 'OMG', 'OMI'].includes(type);
  throw known
    ? new MessageFault(201, at(9, 2), 'Not an event of this message that is taken here')
    : new MessageFault(200, at(9, 1), 'Not a message that is taken here');
}

function decode(raw: Buffer, header: Header, feed: Hl7Feed): { message: Message; doubts: Set<Doubt> } {
  const doubts = new Set<Doubt>();
  const place = { segment: 'MSH', field: 18 };
  const isSaid = header.characterSets.some((name) => name.trim() !== '');
  const set = isSaid ? characterSetOf(header.characterSets) : feed.characterSet;
  if (set === undefined) throw new MessageFault(103, place, 'Not a character set that is known here');
  const decoded = decodeBytes(raw, set);
  const other = isSaid
    ? 'The text is not in the character set of MSH-18'
    : 'The text is not in the character set set here';
  if (decoded.kind === 'not-of-the-set') throw new MessageFault(102, place, other);
  if (decoded.looksLikeUtf8) {
    if (isSaid) throw new MessageFault(102, place, 'The text is UTF-8, which MSH-18 does not say');
    doubts.add('looks-like-utf8');
  }
  return { message: new Message(decoded.text, set), doubts };
}
