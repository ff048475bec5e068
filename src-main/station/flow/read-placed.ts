// Reads a placed object again, as it would have been written down when it arrived. What only the moment of its arrival
// knew comes from the journal, where it is known; else from the file: AE title from its File Meta, time from its name.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { hashDataSet, openPart10, readHeader } from '#station/dicom/index.ts';
import { timeOfId } from '#station/kit/ids.ts';
import type { Store } from '#station/2-store/index.ts';
import type { Arrival, ArrivalSource } from '#station/3-catalog/index.ts';

/** What the journal says of an arrival. */
export type ArrivalFact = {
  readonly examId: string;
  readonly transferSyntaxUid: string;
  readonly dataSetSha256: string;
  readonly arrivedAt: string;
  readonly source: ArrivalSource | null;
};

export type Placed = {
  readonly arrival: Arrival;
  readonly arrivedAt: string;
  /** False when the journal says that other bytes were received; the arrival then carries the digest of those. */
  readonly sound: boolean;
};

const inOneGulpBytes = 2 ** 20;
const longestArrivalMs = 3_600_000;

/** @throws Problem 'not-dicom', 'header-too-large'; what the file system throws */
export async function readPlaced(store: Store, file: string, fact?: ArrivalFact): Promise<Placed> {
  const at = store.pathOf(file);
  const { size, mtimeMs, bytes } = readSmall(at);
  const object = await openPart10(bytes ?? at);
  try {
    const header = await readHeader(object);
    const { dataSetOffset, meta } = object;
    const found = bytes
      ? createHash('sha256').update(bytes.subarray(dataSetOffset)).digest('hex')
      : await hashDataSet(object);
    const objectId = path.basename(file, '.dcm');
    const label = meta?.sourceAeTitle ?? '';
    const source: ArrivalSource =
      fact?.source ??
      (label === '' ? { kind: 'file', label: 'recovered', address: null } : { kind: 'dicom', label, address: null });
    return {
      arrival: {
        objectId,
        file,
        sizeBytes: size,
        dataSetOffset,
        dataSetSha256: fact?.dataSetSha256 ?? found,
        header,
        transferSyntaxUid: fact?.transferSyntaxUid ?? meta?.transferSyntaxUid ?? '',
        source,
        ...(fact ? { examId: fact.examId } : {}),
      },
      arrivedAt: fact?.arrivedAt ?? new Date(arrivalTime(objectId, mtimeMs)).toISOString(),
      sound: fact === undefined || fact.dataSetSha256 === found,
    };
  } finally {
    await object.close();
  }
}

/** Most objects are small: one read serves header and digest, nothing stays open, and no thread is waited for. */
function readSmall(file: string): { readonly size: number; readonly mtimeMs: number; readonly bytes: Buffer | null } {
  const fd = openSync(file, 'r');
  try {
    const { size, mtimeMs } = fstatSync(fd);
    return { size, mtimeMs, bytes: size <= inOneGulpBytes ? readFileSync(fd) : null };
  } finally {
    closeSync(fd);
  }
}

/** The last byte was written a while after its name was made; a copy of the file may be much younger. */
function arrivalTime(objectId: string, writtenMs: number): number {
  const begunMs = timeOfId(objectId);
  return writtenMs >= begunMs && writtenMs < begunMs + longestArrivalMs ? writtenMs : begunMs;
}
