// Opens a DICOM file (PS3.10): preamble, File Meta Information, transfer syntax, where the data set begins.
//
// Tolerates, and says as flaws: no preamble, no File Meta, a wrong group length, a transfer syntax that is missing or
// not what the bytes are in, a preamble that is a program. Refuses by Problem `not-dicom` what cannot be DICOM.
import type { ProblemCode, ProblemNote, ProblemParams } from '#contract/problems.ts';
import { Problem } from '#station/kit/problem.ts';
import { openFileReader, readerOfBuffer, type ByteReader } from './byte-reader.ts';
import { undefinedLength, walkElements, WalkStop, type Region, type Spot } from './element-walk.ts';
import { guessLayout, readsAs } from './guess-layout.ts';
import { inflateFrom } from './inflate.ts';
import { executableKindOf } from './preamble.ts';
import { explicitLittleEndian, nativeSyntaxFor, transferSyntaxOf, type TransferSyntax } from './transfer-syntax.ts';

export const mostFileMetaBytes = 1_048_576;
const inflatedHeadBytes = 8 * 1_048_576;
const guessBytes = 1_024;

export type FileMeta = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** As declared; '' when it is not. */
  readonly transferSyntaxUid: string;
  readonly sourceAeTitle: string;
};

export type Part10 = {
  /** The file itself. */
  readonly reader: ByteReader;
  /** Shown name of the file, for problems. */
  readonly name: string;
  /** null when the file has none. */
  readonly meta: FileMeta | null;
  /** How the bytes are written, also where the declaration is missing or wrong; the UID is then the guessed one. */
  readonly syntax: TransferSyntax;
  readonly dataSetOffset: number;
  /** Where the elements are: the file, or its inflated beginning in memory. */
  readonly elements: { readonly reader: ByteReader; readonly region: Region; readonly whole: boolean };
  readonly flaws: readonly ProblemNote[];
  /** Closes the reader. */
  close(): Promise<void>;
};

export type OpenOptions = {
  readonly name?: string;
  /** Most bytes of a deflated data set that are inflated; 8 MiB are enough for any header. */
  readonly inflateLimitBytes?: number;
};

/**
 * Opens a file by path, bytes in memory, or a reader (which the result then owns).
 * @throws Problem not-dicom; what the file system throws
 */
export async function openPart10(source: string | Buffer | ByteReader, options: OpenOptions = {}): Promise<Part10> {
  const reader =
    typeof source === 'string'
      ? await openFileReader(source)
      : Buffer.isBuffer(source)
        ? readerOfBuffer(source)
        : source;
  try {
    return await open(reader, options);
  } catch (error) {
    await reader.close();
    throw error;
  }
}

async function open(reader: ByteReader, options: OpenOptions): Promise<Part10> {
  const name = options.name ?? '';
  const flaws: ProblemNote[] = [];
  const flaw = (code: ProblemCode, params: ProblemParams) => flaws.push({ code, params });
  const head = await reader.read(0, Math.min(132, reader.sizeBytes), guessBytes);
  const start = metaStart(head);
  if (start === undefined) {
    const layout = guessLayout(head, reader.sizeBytes);
    // Without File Meta a file begins with group 0008; anything else is some other file that happens to fit.
    const group = layout && (layout.littleEndian ? head.readUInt16LE(0) : head.readUInt16BE(0));
    if (!layout || group !== 0x0008) throw new Problem('not-dicom', { name });
    flaw('no-file-meta', { name });
    return finish(reader, name, null, { ...transferSyntaxOf(nativeSyntaxFor(layout)), ...layout }, 0, flaws, options);
  }
  if (start === 132) {
    const kind = executableKindOf(head);
    if (kind) flaw('executable-preamble', { kind });
  } else flaw('odd-structure', { what: 'no-preamble' });

  const { meta, end, groupLengthRight } = await readMeta(reader, start);
  if (!groupLengthRight) flaw('odd-structure', { what: 'wrong-meta-length' });
  if (reader.sizeBytes - end < 8) throw new Problem('not-dicom', { name });
  let syntax = transferSyntaxOf(meta.transferSyntaxUid || explicitLittleEndian);
  if (meta.transferSyntaxUid === '') flaw('missing-uid', { keyword: 'TransferSyntaxUID' });
  if (!syntax.deflated) {
    const first = await reader.read(end, Math.min(8, reader.sizeBytes - end), guessBytes);
    const left = reader.sizeBytes - end;
    if (!readsAs(first, left, syntax)) {
      const layout = guessLayout(first, left);
      if (layout) {
        // Compressed pixels stay what they are declared to be, however the elements are written.
        const actual = syntax.encapsulated ? syntax : transferSyntaxOf(nativeSyntaxFor(layout));
        syntax = { ...actual, ...layout };
        if (meta.transferSyntaxUid !== '') flaw('odd-structure', { what: 'wrong-transfer-syntax' });
      }
    }
  }
  return finish(reader, name, meta, syntax, end, flaws, options);
}

async function finish(
  reader: ByteReader,
  name: string,
  meta: FileMeta | null,
  syntax: TransferSyntax,
  dataSetOffset: number,
  flaws: ProblemNote[],
  options: OpenOptions,
): Promise<Part10> {
  const { explicit, littleEndian } = syntax;
  const base = { reader, name, meta, syntax, dataSetOffset, flaws, close: () => reader.close() };
  if (!syntax.deflated) {
    const region = { explicit, littleEndian, start: dataSetOffset, end: reader.sizeBytes };
    return { ...base, elements: { reader, region, whole: true } };
  }
  const { bytes, whole, damaged } = await inflateFrom(
    reader,
    dataSetOffset,
    options.inflateLimitBytes ?? inflatedHeadBytes,
  );
  if (damaged) flaws.push({ code: 'unreadable-header', params: { name, offset: dataSetOffset } });
  const region = { explicit, littleEndian, start: 0, end: bytes.length };
  return { ...base, elements: { reader: readerOfBuffer(bytes), region, whole } };
}

function metaStart(head: Buffer): number | undefined {
  if (head.length >= 132 && head.toString('latin1', 128, 132) === 'DICM') return 132;
  if (head.toString('latin1', 0, 4) === 'DICM') return 4;
  if (head.length >= 8 && head.readUInt16LE(0) === 2 && /^[A-Z]{2}$/.test(head.toString('latin1', 4, 6))) return 0;
  return undefined;
}

type MetaRead = { readonly meta: FileMeta; readonly end: number; readonly groupLengthRight: boolean };

/** Group 0002 is explicit little endian. It ends where another group begins, unless its length lands right there. */
async function readMeta(reader: ByteReader, start: number): Promise<MetaRead> {
  const texts = new Map<number, string>();
  const limit = Math.min(reader.sizeBytes, start + mostFileMetaBytes);
  let declaredEnd = -1;
  let end = start;
  const outside = (spot: Spot) => spot.tag >>> 16 !== 2 || (spot.headerOffset === declaredEnd && texts.has(0x00020010));
  try {
    const stoppedAt = await walkElements(
      reader,
      { explicit: true, littleEndian: true, start, end: limit },
      {
        before: (spot) => (outside(spot) || spot.length === undefinedLength ? 'stop' : undefined),
        wants: () => 512,
        sequence: () => 'skip',
        element: (spot, value) => {
          if (spot.tag === 0x00020000 && value?.length === 4) declaredEnd = spot.end + value.readUInt32LE(0);
          else if (value) texts.set(spot.tag, trimText(value.toString('latin1')));
          end = spot.end;
          return undefined;
        },
      },
    );
    end = stoppedAt;
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
  }
  const meta = {
    sopClassUid: texts.get(0x00020002) ?? '',
    sopInstanceUid: texts.get(0x00020003) ?? '',
    transferSyntaxUid: texts.get(0x00020010) ?? '',
    sourceAeTitle: texts.get(0x00020016) ?? '',
  };
  return { meta, end, groupLengthRight: declaredEnd === end };
}

/** Without the padding and the blanks at both ends. */
export function trimText(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isPadding(text.charCodeAt(start))) start++;
  while (end > start && isPadding(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

function isPadding(code: number): boolean {
  return code === 0x20 || code === 0;
}
