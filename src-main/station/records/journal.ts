// The journal: what the book alone knows, once more, as lines in files beside it. A line is one transaction; it carries
// its number and a digest over itself and the line before it. Files are only ever appended to.
//
// A line is written after its transaction is durable, so that nothing stands here that did not happen. What people
// decided is written and synced with it; the rest is written within a moment, many lines at once, and synced within a
// second. A failed write never harms the book: a gap shows when it is
// read, and `hasGap` asks for a snapshot. Guarantees nothing alone: it is the second line of defence behind the book.
import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { writeSync } from 'node:fs';
import path from 'node:path';
import { newId } from '#station/kit/ids.ts';

type JournalValue = string | number | null;
export type JournalRow = Readonly<Record<string, JournalValue>>;

/** `+` a row that came, `=` columns of a row that changed, with its key, `-` the key of a row that went. */
export type JournalChange = readonly [kind: '+' | '=' | '-', table: string, row: JournalRow];

export type JournalLine = { readonly number: number; readonly changes: readonly JournalChange[] };

const segmentName = /^\d{12}-[0-9a-z]{26}\.jsonl$/;
const mostSegmentBytes = 64 * 2 ** 20;
const writeAfterMs = 100;
const syncAfterMs = 1000;
const beginning = '0'.repeat(32);
const lineEnd = /,"s":"([0-9a-f]{32})"\}$/;

export class JournalWriter {
  readonly #folder: string;
  #fd: number | undefined;
  #sum = beginning;
  #bytes = 0;
  #number: number;
  #timer: NodeJS.Timeout | undefined;
  #unwritten = '';
  #writing: NodeJS.Timeout | undefined;
  #gap = false;
  /** True when the book lacks changes that stand here: it is older than its journal, and nothing may be written yet. */
  readonly isAhead: boolean;

  /** @param mark number of the last change of the book. */
  constructor(folder: string, mark: number) {
    this.#folder = folder;
    this.#number = mark;
    const end = readEnd(folder);
    this.#gap = end < mark;
    this.isAhead = end > mark;
    mkdirSync(folder, { recursive: true });
  }

  /** True when a change is missing here: only a new snapshot of the book makes it whole again. */
  get hasGap(): boolean {
    return this.#gap;
  }

  /** A snapshot that holds everything up to now is durable. */
  bridgeGap(): void {
    this.#gap = false;
  }

  /** @param changes the JSON of each. Never throws. */
  append(number: number, changes: readonly string[], urgent: boolean): void {
    try {
      if (number !== this.#number + 1) this.#gap = true;
      this.#number = number;
      this.#segment(number);
      const body = `{"n":${number},"c":[${changes.join(',')}]`;
      this.#sum = sumOf(this.#sum, body);
      this.#unwritten += `${body},"s":"${this.#sum}"}\n`;
      if (urgent) this.#write(true);
      else this.#writing ??= setTimeout(() => this.#write(false), writeAfterMs).unref();
    } catch {
      this.#fail();
    }
  }

  /** What has this number stands in the book and will not stand here. */
  leaveOut(number: number): void {
    this.#number = number;
    this.#gap = true;
  }

  close(): void {
    if (this.#fd === undefined) return;
    this.#write(true);
    this.#endSegment();
  }

  /** Never throws. */
  #write(isUrgent: boolean): void {
    clearTimeout(this.#writing);
    this.#writing = undefined;
    const [fd, text] = [this.#fd, this.#unwritten];
    this.#unwritten = '';
    if (fd === undefined) return;
    try {
      if (text !== '') this.#bytes += writeWhole(fd, text);
      if (isUrgent) fdatasyncSync(fd);
      else this.#syncSoon(fd);
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.#gap = true;
    this.#endSegment();
  }

  #segment(from: number): number {
    if (this.#fd !== undefined && this.#bytes < mostSegmentBytes) return this.#fd;
    this.close();
    const name = `${String(from).padStart(12, '0')}-${newId()}.jsonl`;
    const fd = openSync(path.join(this.#folder, name), 'ax', 0o600);
    this.#fd = fd;
    this.#bytes = writeWhole(fd, `{"journal":1,"from":${from},"after":"${this.#sum}"}\n`);
    fsyncSync(fd);
    syncFolderNow(this.#folder);
    return fd;
  }

  #syncSoon(fd: number): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#fd === fd) fdatasync(fd, (error) => (this.#gap ||= error !== null));
    }, syncAfterMs);
    this.#timer.unref();
  }

  #endSegment(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    clearTimeout(this.#writing);
    this.#writing = undefined;
    this.#unwritten = '';
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
    } catch {
      // told by the gap, if anything was lost
    }
  }
}

function writeWhole(fd: number, text: string): number {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  return bytes.length;
}

function syncFolderNow(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

const sumOf = (before: string, body: string) =>
  createHash('sha256').update(before).update(body).digest('hex').slice(0, 32);

const segments = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => segmentName.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** What reading found: `whole` when no change is missing between `after` and `last`. */
export type JournalFound = { last: number; damaged: number; whole: boolean };

/** True when there is anything to read. */
export const hasJournal = (folder: string): boolean => segments(folder).length > 0;

/**
 * Removes the files whose every line stands in a book that holds the changes up to `mark`: nothing that is made of that book
 * needs them. The newest stays. Gives how many went.
 */
export function pruneJournal(folder: string, mark: number): number {
  const names = segments(folder);
  const old = names.filter((_, index) => Number((names[index + 1] ?? '').slice(0, 12) || Infinity) <= mark + 1);
  for (const name of old) rmSync(path.join(folder, name), { force: true });
  return old.length;
}

/** Number of the last sound line; 0 when there is none. Reads the newest files only. */
export function readEnd(folder: string): number {
  for (const name of segments(folder).reverse()) {
    let last = 0;
    for (const line of linesOf(path.join(folder, name))) if (line.sound) last = line.number;
    if (last > 0) return last;
  }
  return 0;
}

/** The sound lines with a number above `after`, in order; `found` is filled in meanwhile. A torn or changed line is left out. */
export function* readJournal(folder: string, after: number, found: JournalFound): Generator<JournalLine, void, void> {
  const names = segments(folder);
  found.last = after;
  for (const [index, name] of names.entries()) {
    const next = names[index + 1];
    // What ends before `after` needs no reading.
    if (next !== undefined && Number(next.slice(0, 12)) <= after + 1) continue;
    for (const line of linesOf(path.join(folder, name))) {
      if (!line.sound) found.damaged++;
      else if (line.number > found.last) {
        if (line.number !== found.last + 1) found.whole = false;
        found.last = line.number;
        yield { number: line.number, changes: line.changes() };
      }
    }
  }
}

type ReadLine = { readonly number: number; readonly sound: boolean; changes(): readonly JournalChange[] };

function* linesOf(file: string): Generator<ReadLine, void, void> {
  const bytes = readFileSync(file);
  let before = beginning;
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start);
    const text = bytes.toString('utf8', start, end < 0 ? bytes.length : end);
    start = end < 0 ? bytes.length : end + 1;
    const head = /^\{"journal":1,"from":\d+,"after":"([0-9a-f]{32})"\}$/.exec(text);
    if (head) {
      before = head[1] ?? beginning;
      continue;
    }
    const sum = lineEnd.exec(text)?.[1];
    const body = text.slice(0, -40);
    const number = Number(/^\{"n":(\d{1,15}),/.exec(text)?.[1] ?? 0);
    const sound = sum !== undefined && number > 0 && sumOf(before, body) === sum;
    if (sum !== undefined) before = sum;
    yield { number, sound, changes: () => (JSON.parse(`${body}}`) as { readonly c: JournalChange[] }).c };
  }
}
