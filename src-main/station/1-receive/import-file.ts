// Imports one file: looks what it is, makes a picture DICOM, refuses what cannot be kept, hands the rest on.
//
// A DICOM file is kept as it is, in bounded memory; one without File Meta gets ours in front. It is refused when its
// header cannot be read to the end or does not say which object it is: the file stays where it was, so nothing is lost.
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { buildFileMeta, openPart10, readerOfHandle, readHeader, type Part10 } from '#station/dicom/index.ts';
import { Problem } from '#station/kit/problem.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { ArrivedFile, ArriveFile } from './arriving-file.ts';
import { kindOfFile } from './file-kind.ts';
import { makeDicomFromPicture, type Importer, type PictureBatch } from './pictures.ts';

export type ImportOneParts = {
  readonly arriveFile: ArriveFile;
  /** Name of the import: what the exam's source is called. */
  readonly label: string;
  readonly importer: Importer;
  readonly batch: PictureBatch;
  /** Counts the pictures of the batch from 1. */
  readonly nextPicture: () => number;
};

export type ImportedFile = ArrivedFile | { readonly kind: 'directory' };

const mediaStorageDirectory = '1.2.840.10008.1.3.10';
const pieceBytes = 1 << 20;

/** Throws the Problem that it is refused with. */
export async function importFile(
  file: { readonly path: string; readonly name: string },
  parts: ImportOneParts,
): Promise<ImportedFile> {
  const { name } = file;
  const handle = await openPlainFile(file.path, name);
  try {
    const head = Buffer.alloc(132);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const kind = kindOfFile(head.subarray(0, bytesRead));
    if (kind.kind === 'empty') throw new Problem('unsupported-file', { name, found: 'empty' });
    if (kind.kind === 'other') throw new Problem('unsupported-file', { name, found: kind.found });
    if (kind.kind === 'picture') return await importPicture(file, parts);
    return await importDicom(handle, name, parts);
  } finally {
    await handle.close();
  }
}

/** Opens without following a link and without waiting for a pipe, and looks at what was opened and not at its name. */
async function openPlainFile(path: string, name: string): Promise<FileHandle> {
  const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Problem(missing ? 'not-found' : 'path-refused', missing ? { what: name } : { name }, { cause: error });
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw new Problem('path-refused', { name });
}

async function importDicom(handle: FileHandle, name: string, parts: ImportOneParts): Promise<ImportedFile> {
  const object = await openPart10(await readerOfHandle(handle), { name });
  if (object.meta?.sopClassUid === mediaStorageDirectory) return { kind: 'directory' };
  const sizeBytes = object.reader.sizeBytes;
  const lead = object.meta ? undefined : await makeLead(object);
  return parts.arriveFile({
    source: { kind: 'file', label: parts.label, address: null },
    name,
    expectedBytes: sizeBytes + (lead?.length ?? 0),
    ...(lead && { lead }),
    dataSetOffset: object.dataSetOffset + (lead?.length ?? 0),
    transferSyntaxUid: object.meta?.transferSyntaxUid ?? object.syntax.uid,
    pieces: readPieces(handle, sizeBytes),
    // Of File Meta of ours nothing odd can be seen any more: what was there before is told.
    flaws: lead ? object.flaws : [],
    judge: (header) => refuseUnusable(header, name),
  });
}

async function makeLead(object: Part10): Promise<Buffer> {
  const header = await readHeader(object);
  return buildFileMeta({
    sopClassUid: header.SOPClassUID,
    sopInstanceUid: header.SOPInstanceUID,
    transferSyntaxUid: object.syntax.uid,
  });
}

/** A file stays where it was: what cannot be read, or does not say what it is, is better refused than half understood. */
function refuseUnusable({ wholeHeaderRead, flaws, SOPInstanceUID }: ObjectHeader, name: string): void {
  const unreadable = flaws.find(({ code }) => code === 'unreadable-header');
  if (unreadable) throw new Problem('unreadable-header', unreadable.params);
  if (!wholeHeaderRead) {
    const cut = flaws.find(({ code }) => code === 'truncated');
    throw cut ? new Problem('truncated', cut.params) : new Problem('unreadable-header', { name, offset: 0 });
  }
  const hasNoClass = flaws.some(({ code, params }) => code === 'missing-uid' && params['keyword'] === 'SOPClassUID');
  if (hasNoClass && SOPInstanceUID === '') throw new Problem('missing-uid', { keyword: 'SOPInstanceUID' });
}

async function importPicture(file: { path: string; name: string }, parts: ImportOneParts): Promise<ArrivedFile> {
  const made = await makeDicomFromPicture({
    source: file.path,
    fileName: file.name,
    batch: parts.batch,
    instanceNumber: parts.nextPicture(),
    importer: parts.importer,
  });
  const lead = buildFileMeta(made);
  return parts.arriveFile({
    source: { kind: 'picture', label: parts.label, address: null },
    name: file.name,
    expectedBytes: lead.length + made.sizeBytes,
    lead,
    dataSetOffset: lead.length,
    transferSyntaxUid: made.transferSyntaxUid,
    pieces: made.dataSet,
    flaws: [],
  });
}

async function* readPieces(handle: FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array, void, void> {
  // A buffer of its own for each file: the store is done with a piece before it asks for the next one.
  // No larger than the file: a thousand small ones would leave a thousand large holes.
  const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, Math.max(4096, sizeBytes)));
  for (let at = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
