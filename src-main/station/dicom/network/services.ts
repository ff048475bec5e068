// Which abstract syntaxes are storage and which are another service, and which transfer syntax is taken of those offered.
import {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '../transfer-syntax.ts';

export const verificationClass = '1.2.840.10008.1.1';
export const commitmentClass = '1.2.840.10008.1.20.1';
export const commitmentInstance = '1.2.840.10008.1.20.1.1';
export const studyRootFindClass = '1.2.840.10008.5.1.4.1.2.2.1';
export const studyRootGetClass = '1.2.840.10008.5.1.4.1.2.2.3';

// Services of PS3.4 whose UID says so by its beginning, and the storage classes that stand among them.
const otherServices: readonly string[] = [
  '1.2.840.10008.1.', // verification, commitment, media directory, notification, logging
  '1.2.840.10008.3.', // patient, visit, study, results management, performed procedure step
  '1.2.840.10008.4.', // service classes, never negotiated for an object
  '1.2.840.10008.5.1.1.', // print, display, media creation
  '1.2.840.10008.5.1.4.1.1.201.', // inventory
  '1.2.840.10008.5.1.4.1.2.', // query and retrieve
  '1.2.840.10008.5.1.4.20.',
  '1.2.840.10008.5.1.4.31',
  '1.2.840.10008.5.1.4.32',
  '1.2.840.10008.5.1.4.33',
  '1.2.840.10008.5.1.4.34.',
  '1.2.840.10008.5.1.4.37.',
  '1.2.840.10008.5.1.4.38.',
  '1.2.840.10008.5.1.4.39.',
  '1.2.840.10008.5.1.4.41',
  '1.2.840.10008.5.1.4.42',
  '1.2.840.10008.5.1.4.43.',
  '1.2.840.10008.5.1.4.44.',
  '1.2.840.10008.5.1.4.45.',
];
const storageAmongThem: ReadonlySet<string> = new Set([
  '1.2.840.10008.5.1.1.27', // stored print (retired)
  '1.2.840.10008.5.1.1.29', // hardcopy grayscale (retired)
  '1.2.840.10008.5.1.1.30', // hardcopy colour (retired)
  '1.2.840.10008.5.1.4.1.1.201.1', // inventory
  '1.2.840.10008.5.1.4.34.1', // RT beams delivery instruction (trial)
  '1.2.840.10008.5.1.4.34.7', // RT beams delivery instruction
  '1.2.840.10008.5.1.4.34.10', // RT brachy application setup
  '1.2.840.10008.5.1.4.38.1', // hanging protocol
  '1.2.840.10008.5.1.4.39.1', // colour palette
  '1.2.840.10008.5.1.4.43.1', // implant template
  '1.2.840.10008.5.1.4.44.1', // implant assembly template
  '1.2.840.10008.5.1.4.45.1', // implant template group
]);

/** True for everything that is not known as another service: storage classes of today, of tomorrow and private ones. */
export function isStorage(abstractSyntaxUid: string): boolean {
  if (storageAmongThem.has(abstractSyntaxUid)) return true;
  return !otherServices.some((beginning) => abstractSyntaxUid.startsWith(beginning));
}

// What is offered in one context is what the device can make of the object. Explicit little endian is never worse than
// the original; a lossless one comes next; a lossy one is taken only when nothing else is offered.
const preferred: readonly string[] = [
  explicitLittleEndian,
  '1.2.840.10008.1.2.4.70', // JPEG lossless, first order
  '1.2.840.10008.1.2.4.57',
  '1.2.840.10008.1.2.4.80', // JPEG-LS lossless
  '1.2.840.10008.1.2.4.90', // JPEG 2000 lossless
  '1.2.840.10008.1.2.4.201', // HTJ2K lossless
  '1.2.840.10008.1.2.4.202',
  '1.2.840.10008.1.2.5', // RLE
  deflatedExplicitLittleEndian,
  implicitLittleEndian,
  explicitBigEndian,
];

/** The transfer syntax to accept: ours in order of preference, else the first offered. undefined when none is. */
export function chooseTransferSyntax(offered: readonly string[]): string | undefined {
  return preferred.find((uid) => offered.includes(uid)) ?? offered[0];
}

/** For small data sets that we read ourselves; undefined when neither is offered. */
export function choosePlainSyntax(offered: readonly string[]): string | undefined {
  return [explicitLittleEndian, implicitLittleEndian].find((uid) => offered.includes(uid));
}
