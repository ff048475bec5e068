// Protocol data units of the DICOM upper layer (PS3.8 9.3): numbers, and the small ones that never vary.

export const pduType = {
  associateRequest: 1,
  associateAccept: 2,
  associateReject: 3,
  data: 4,
  releaseRequest: 5,
  releaseResponse: 6,
  abort: 7,
} as const;

/** Why a provider aborts (PS3.8 9.3.8). */
export const abortReason = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  unrecognizedParameter: 4,
  unexpectedParameter: 5,
  invalidParameter: 6,
} as const;

export const releaseRequest = (): Buffer => Buffer.from([pduType.releaseRequest, 0, 0, 0, 0, 4, 0, 0, 0, 0]);
export const releaseResponse = (): Buffer => Buffer.from([pduType.releaseResponse, 0, 0, 0, 0, 4, 0, 0, 0, 0]);

/** A-ABORT. Source 0 is the service user, who gives no reason; 2 is the provider. */
export function abortOf(source: 0 | 2, reason: number): Buffer {
  return Buffer.from([pduType.abort, 0, 0, 0, 0, 4, 0, 0, source, source === 0 ? 0 : reason]);
}

/** Source and reason of a whole A-ABORT. */
export function readAbort(pdu: Buffer): { readonly source: number; readonly reason: number } {
  return { source: pdu[8] ?? 0, reason: pdu[9] ?? 0 };
}

const lastFlag = 2;
const commandFlag = 1;

/** The twelve bytes before a fragment that is alone in its P-DATA-TF. */
export function dataHeader(contextId: number, isCommand: boolean, isLast: boolean, lengthBytes: number): Buffer {
  const header = Buffer.allocUnsafe(12);
  header[0] = pduType.data;
  header[1] = 0;
  header.writeUInt32BE(lengthBytes + 6, 2);
  header.writeUInt32BE(lengthBytes + 2, 6);
  header[10] = contextId;
  header[11] = (isCommand ? commandFlag : 0) | (isLast ? lastFlag : 0);
  return header;
}

/** The longest fragment that fits a peer's maximum (0: no limit), even, so that no PDV but the last is odd. */
export function fragmentBytes(peerMaxPduLength: number, most: number): number {
  const room = peerMaxPduLength === 0 ? most : Math.min(peerMaxPduLength - 6, most);
  return Math.max(2, room - (room % 2));
}

/** A whole command or small data set as P-DATA-TFs. */
export function dataPdus(contextId: number, isCommand: boolean, bytes: Buffer, peerMaxPduLength: number): Buffer {
  const step = fragmentBytes(peerMaxPduLength, 131_072);
  if (bytes.length <= step) return Buffer.concat([dataHeader(contextId, isCommand, true, bytes.length), bytes]);
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; offset += step) {
    const piece = bytes.subarray(offset, offset + step);
    pieces.push(dataHeader(contextId, isCommand, offset + step >= bytes.length, piece.length), piece);
  }
  return Buffer.concat(pieces);
}
