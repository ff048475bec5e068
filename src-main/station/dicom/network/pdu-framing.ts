// Cuts the byte stream of a connection into PDUs without joining or copying what belongs to data sets.
//
// Guarantees: control PDUs come whole; fragments of commands and data sets come in pieces as they arrive, each a view of
// the buffer that was fed; a length is believed only within its limit, so nothing is allocated for a promise; after a
// fault the rest of that PDU is skipped and the next one is seen. Refuses by a fault: unknown types, PDVs that do not fit,
// lengths beyond the limit; after such a length no PDU can be found any more, and all is skipped.
import { abortReason, pduType } from './pdu.ts';

export type FramingLimits = {
  /** Longest A-ASSOCIATE PDU. */
  readonly associateBytes: number;
  /** Longest P-DATA-TF value: what we told the peer. */
  readonly dataBytes: number;
};

export type FramingEvents = {
  /** The header of a PDU of a known type has come; says whether the PDU is wanted now. */
  begins(type: number): 'take' | 'skip';
  /** A whole PDU that is not P-DATA-TF, header included; the Buffer is the receiver's. */
  control(type: number, pdu: Buffer): void;
  /**
   * A piece of a fragment. `isEnd`: the last piece of the last fragment of its command or data set. The piece is a view,
   * possibly empty.
   */
  fragment(contextId: number, isCommand: boolean, isEnd: boolean, piece: Buffer): void;
  /** A PDU cannot be understood; `reason` is for A-ABORT (PS3.8 9.3.8). */
  fault(reason: number, why: string): void;
};

const headerBytes = 6;
/** The first byte of a ClientHello (RFC 8446 5.1), which is no PDU type. */
const tlsHandshake = 0x16;
/** Release, reject and abort have four bytes; some peers say more. */
const smallControlBytes = 256;

export class PduFraming {
  readonly #limits: FramingLimits;
  readonly #events: FramingEvents;
  readonly #header = Buffer.alloc(headerBytes);
  #filled = 0;
  #reading: 'pdu-header' | 'pdv-header' | 'fragment' | 'control' | 'skipped' = 'pdu-header';
  #leftInPdu = 0;
  #leftInPdv = 0;
  #contextId = 0;
  #flags = 0;
  #control: Buffer | undefined;
  #isStopped = false;

  constructor(limits: FramingLimits, events: FramingEvents) {
    this.#limits = limits;
    this.#events = events;
  }

  /** True while a PDU that is wanted has begun and is not whole. */
  get isInside(): boolean {
    return this.#filled > 0 || (this.#reading !== 'pdu-header' && this.#reading !== 'skipped');
  }

  /** Takes nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#control = undefined;
  }

  /** Takes the next bytes of the stream. The buffer must stay untouched as long as pieces of it are in use. */
  feed(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length && !this.#isStopped) {
      if (this.#reading === 'fragment') offset = this.#takeFragment(bytes, offset);
      else if (this.#reading === 'control') offset = this.#takeControl(bytes, offset);
      else if (this.#reading === 'skipped') offset = this.#skip(bytes, offset);
      else offset = this.#takeHeader(bytes, offset);
    }
  }

  #takeHeader(bytes: Buffer, offset: number): number {
    const count = Math.min(headerBytes - this.#filled, bytes.length - offset);
    bytes.copy(this.#header, this.#filled, offset, offset + count);
    this.#filled += count;
    if (this.#filled < headerBytes) return offset + count;
    this.#filled = 0;
    if (this.#reading === 'pdu-header') this.#beginPdu();
    else this.#beginPdv();
    return offset + count;
  }

  #beginPdu(): void {
    const type = this.#header.readUInt8(0);
    const length = this.#header.readUInt32BE(2);
    const isKnown = type >= pduType.associateRequest && type <= pduType.abort;
    const isTooLong = length > this.#limitOf(type);
    this.#leftInPdu = isTooLong ? Infinity : length;
    if (!isKnown)
      return this.#fault(
        abortReason.unrecognizedPdu,
        type === tlsHandshake ? 'TLS on the plain port' : 'unknown PDU type',
      );
    if (this.#events.begins(type) === 'skip') return this.#beginSkipping();
    if (isTooLong) return this.#fault(abortReason.invalidParameter, `PDU type ${type} too long`);
    if (type === pduType.data) {
      if (length < headerBytes) return this.#fault(abortReason.invalidParameter, 'P-DATA-TF without a fragment');
      this.#reading = 'pdv-header';
      return;
    }
    this.#control = Buffer.allocUnsafe(headerBytes + length);
    this.#header.copy(this.#control);
    this.#reading = 'control';
    if (length === 0) this.#endControl();
  }

  #limitOf(type: number): number {
    if (type === pduType.data) return this.#limits.dataBytes;
    if (type === pduType.associateRequest || type === pduType.associateAccept) return this.#limits.associateBytes;
    return smallControlBytes;
  }

  #beginPdv(): void {
    const length = this.#header.readUInt32BE(0);
    this.#leftInPdu -= headerBytes;
    this.#leftInPdv = length - 2;
    if (length < 2 || this.#leftInPdv > this.#leftInPdu)
      return this.#fault(abortReason.invalidParameter, 'PDV length does not fit');
    this.#contextId = this.#header.readUInt8(4);
    this.#flags = this.#header.readUInt8(5);
    this.#reading = 'fragment';
    if (this.#leftInPdv === 0) this.#takeFragment(this.#header, headerBytes);
  }

  #takeFragment(bytes: Buffer, offset: number): number {
    const count = Math.min(this.#leftInPdv, bytes.length - offset);
    this.#leftInPdv -= count;
    this.#leftInPdu -= count;
    const isWhole = this.#leftInPdv === 0;
    if (isWhole && this.#leftInPdu > 0 && this.#leftInPdu < headerBytes) {
      this.#fault(abortReason.invalidParameter, 'bytes behind the last PDV');
      return offset + count;
    }
    if (isWhole) this.#reading = this.#leftInPdu > 0 ? 'pdv-header' : 'pdu-header';
    const isEnd = isWhole && (this.#flags & 2) === 2;
    this.#events.fragment(this.#contextId, (this.#flags & 1) === 1, isEnd, bytes.subarray(offset, offset + count));
    return offset + count;
  }

  #takeControl(bytes: Buffer, offset: number): number {
    const control = this.#control;
    if (control === undefined) return bytes.length;
    const count = Math.min(this.#leftInPdu, bytes.length - offset);
    bytes.copy(control, control.length - this.#leftInPdu, offset, offset + count);
    this.#leftInPdu -= count;
    if (this.#leftInPdu === 0) this.#endControl();
    return offset + count;
  }

  #endControl(): void {
    const control = this.#control;
    this.#control = undefined;
    this.#reading = 'pdu-header';
    if (control !== undefined) this.#events.control(control.readUInt8(0), control);
  }

  #skip(bytes: Buffer, offset: number): number {
    const count = Math.min(this.#leftInPdu, bytes.length - offset);
    this.#leftInPdu -= count;
    if (this.#leftInPdu === 0) this.#reading = 'pdu-header';
    return offset + count;
  }

  #beginSkipping(): void {
    this.#reading = this.#leftInPdu > 0 ? 'skipped' : 'pdu-header';
  }

  #fault(reason: number, why: string): void {
    this.#beginSkipping();
    this.#events.fault(reason, why);
  }
}
