// A device that sends object after object and remembers what was acknowledged: the sender's side of invariant I1.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { imagePixelElements } from '../support/image-pixel.ts';

export type SentObject = {
  readonly SOPInstanceUID: string;
  /** Of the data set, as sent. */
  readonly sha256: string;
};

export type SenderLog = {
  /** Answered with success. */
  readonly acknowledged: SentObject[];
  /** The association ended before the answer: may be kept or not. */
  readonly unanswered: SentObject[];
  /** Answered with something else. */
  readonly refused: { readonly object: SentObject; readonly status: number }[];
};

export const newSenderLog = (): SenderLog => ({ acknowledged: [], unanswered: [], refused: [] });

export const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const sizes = [2_000, 20_000, 60_000, 200_000, 1_000_000];

/** Sends over one association until it ends or `signal` does, or `most` objects were sent. Never throws for what the station does. */
export async function sendUntilEnd(
  to: { readonly port: number; readonly aeTitle: string },
  log: SenderLog,
  signal: AbortSignal,
  most = Number.POSITIVE_INFINITY,
  make: (StudyInstanceUID: string, SeriesInstanceUID: string) => ReturnType<typeof makeObject> = makeObject,
): Promise<void> {
  const opening = await openAssociation({
    host: '127.0.0.1',
    port: to.port,
    callingAeTitle: 'CRASHTEST',
    calledAeTitle: to.aeTitle,
    contexts: [{ abstractSyntaxUid: secondaryCapture, transferSyntaxUids: [explicitLittleEndian] }],
  });
  if (opening.kind !== 'accepted') return;
  const { association } = opening;
  const StudyInstanceUID = newUid();
  const SeriesInstanceUID = newUid();
  for (let sent = 0; sent < most && !signal.aborted && association.isOpen; sent++) {
    const { object, bytes } = make(StudyInstanceUID, SeriesInstanceUID);
    const outcome = await association.store({
      sopClassUid: secondaryCapture,
      sopInstanceUid: object.SOPInstanceUID,
      transferSyntaxUid: explicitLittleEndian,
      lengthBytes: bytes.length,
      source: [bytes],
    });
    if (outcome.kind === 'answered' && outcome.status === 0) log.acknowledged.push(object);
    else if (outcome.kind === 'answered') log.refused.push({ object, status: outcome.status });
    else if (outcome.kind === 'unknown-outcome') log.unanswered.push(object);
  }
  association.abort();
}

/** A data set in explicit little endian, of random pixels; its size varies unless told. */
export function makeObject(
  StudyInstanceUID: string,
  SeriesInstanceUID: string,
  pixels: number = sizes[randomInt(sizes.length)] ?? 2_000,
  more: readonly NewElement[] = [],
): { readonly object: SentObject; readonly bytes: Buffer } {
  const SOPInstanceUID = newUid();
  const bytes = encodeElements(
    [
      { keyword: 'SOPClassUID', value: secondaryCapture },
      { keyword: 'SOPInstanceUID', value: SOPInstanceUID },
      { keyword: 'Modality', value: 'OT' },
      { keyword: 'PatientName', value: 'Crash^Test' },
      { keyword: 'PatientID', value: '4711' },
      { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
      { keyword: 'SeriesInstanceUID', value: SeriesInstanceUID },
      ...more,
      { keyword: 'PixelData', vr: 'OB', value: randomBytes(pixels) },
    ],
    { explicit: true, littleEndian: true, characterSet: [] },
  );
  return { object: { SOPInstanceUID, sha256: createHash('sha256').update(bytes).digest('hex') }, bytes };
}

/** The same, of a picture that can be drawn. */
export function makePicture(StudyInstanceUID: string, SeriesInstanceUID: string): ReturnType<typeof makeObject> {
  const [Columns, Rows] = [500, [40, 120, 400, 2_000][randomInt(4)] ?? 40];
  const said = imagePixelElements({ rows: Rows, columns: Columns, bitsStored: 8 });
  return makeObject(StudyInstanceUID, SeriesInstanceUID, Columns * Rows, said);
}
