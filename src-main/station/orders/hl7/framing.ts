// The minimal lower layer protocol: bytes of a connection become messages. VT opens a message, FS CR ends it.
//
// Guarantees: bytes may come in any pieces; a message is given out whole or not at all, never cut where something went
// wrong; memory is bounded by the largest message. What stands between messages is skipped and counted. An FS without CR
// ends a message only when a VT follows or nothing does (`settle`): in the midst of one it means that the frame is broken.

export type Frame =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** It was skipped to its end; `head` are its first bytes. */
  | { readonly kind: 'oversized'; readonly head: Buffer }
  /** An end within, or a new beginning before the end. */
  | { readonly kind: 'broken'; readonly head: Buffer; readonly why: 'no-end' | 'end-within' };

const startBlock = 0x0b;
const endBlock = 0x1c;
const carriageReturn = 0x0d;
const headBytes = 4096;
const firstBytes = 4096;

export class MllpReader {
  readonly #mostBytes: number;
  #state: 'between' | 'inside' | 'end-seen' | 'skipping' | 'skipping-end-seen' = 'between';
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #strayBytes = 0;
  #frames: Frame[] = [];

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Bytes outside of messages since the last one that was begun; line ends, blanks and NULs do not count. */
  get strayBytes(): number {
    return this.#strayBytes;
  }

  /** Memory it holds. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** True while a message is begun and not ended. */
  get isInside(): boolean {
    return this.#state !== 'between';
  }

  /** An FS came and nothing after it yet. */
  get waitsForEnd(): boolean {
    return this.#state === 'end-seen' || this.#state === 'skipping-end-seen';
  }

  read(chunk: Buffer): Frame[] {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'between') at = this.#between(chunk, at);
      else if (this.#state === 'end-seen' || this.#state === 'skipping-end-seen') at = this.#afterEnd(chunk, at);
      else at = this.#inside(chunk, at);
    }
    return this.#give();
  }

  /** Nothing followed an FS for a while: it was the end. */
  settle(): Frame[] {
    if (this.waitsForEnd) this.#end();
    return this.#give();
  }

  #give(): Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #between(chunk: Buffer, from: number): number {
    const start = chunk.indexOf(startBlock, from);
    const until = start === -1 ? chunk.length : start;
    for (let at = from; at < until; at++) {
      const byte = chunk[at] ?? 0;
      if (byte !== 0 && byte !== 0x0a && byte !== carriageReturn && byte !== 0x20) this.#strayBytes++;
    }
    if (start === -1) return until;
    this.#begin();
    return start + 1;
  }

  #begin(): void {
    this.#state = 'inside';
    this.#length = 0;
    this.#strayBytes = 0;
  }

  #inside(chunk: Buffer, from: number): number {
    const start = indexOr(chunk, startBlock, from);
    const end = indexOr(chunk, endBlock, from);
    const until = Math.min(start, end);
    this.#keep(chunk, from, until);
    if (until === chunk.length) return until;
    if (end < start) this.#state = this.#state === 'skipping' ? 'skipping-end-seen' : 'end-seen';
    else {
      this.#frames.push(
        this.#state === 'skipping'
          ? { kind: 'oversized', head: this.#head() }
          : { kind: 'broken', head: this.#head(), why: 'no-end' },
      );
      this.#begin();
    }
    return until + 1;
  }

  #afterEnd(chunk: Buffer, at: number): number {
    const byte = chunk[at];
    if (byte === carriageReturn || byte === startBlock) {
      this.#end();
      // A VT begins the next one.
      return byte === carriageReturn ? at + 1 : at;
    }
    this.#frames.push({ kind: 'broken', head: this.#head(), why: 'end-within' });
    this.#rest();
    return at;
  }

  #end(): void {
    if (this.#state === 'skipping-end-seen') this.#frames.push({ kind: 'oversized', head: this.#head() });
    else this.#frames.push({ kind: 'message', bytes: Buffer.from(this.#bytes.subarray(0, this.#length)) });
    this.#rest();
  }

  #rest(): void {
    this.#state = 'between';
    this.#length = 0;
    this.#strayBytes = 0;
    if (this.#bytes.length > 16 * firstBytes) this.#bytes = Buffer.alloc(0);
  }

  #keep(chunk: Buffer, from: number, until: number): void {
    if (this.#state === 'skipping') return;
    const length = this.#length + until - from;
    if (length > this.#mostBytes) {
      const head = Math.min(length, headBytes) - this.#length;
      if (head > 0) this.#append(chunk, from, from + head);
      this.#state = 'skipping';
      this.#bytes = Buffer.from(this.#head());
      this.#length = this.#bytes.length;
      return;
    }
    this.#append(chunk, from, until);
  }

  #append(chunk: Buffer, from: number, until: number): void {
    const needed = this.#length + until - from;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, firstBytes));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length, from, until);
    this.#length = needed;
  }

  #head(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, Math.min(this.#length, headBytes)));
  }
}

const indexOr = (chunk: Buffer, byte: number, from: number): number => {
  const at = chunk.indexOf(byte, from);
  return at === -1 ? chunk.length : at;
};

/** A message as it goes over the wire. */
export const frameMessage = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(startBlock), message, Buffer.of(endBlock, carriageReturn)]);
