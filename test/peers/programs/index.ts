// Real programs as peers, for the tests. Each starter gives something with `close()`; nothing is left running.
export { encryptKey, makeCertificate, openssl } from './certificates.ts';
export type { CertificateWish, MadeCertificate } from './certificates.ts';
export { convert, runDcmsend, runEchoscu, runFindscu, runStorescu, startDcmqrscp, startStorescp } from './dcmtk.ts';
export type { Peer, ToPeer } from './dcmtk.ts';
export { digestOf, partsOf, readParts } from './data-set.ts';
export type { FileParts } from './data-set.ts';
export { orthancIsInstalled, startOrthanc } from './orthanc.ts';
export type { Orthanc, OrthancModality, OrthancOptions } from './orthanc.ts';
export { freePort, listening } from './ports.ts';
export { secondaryCaptureClass, smallImage } from './small-image.ts';
export type { SmallImageUids } from './small-image.ts';
export { isInstalled, keepRunning, run } from './run.ts';
export type { Ran, Running, RunOptions } from './run.ts';
export { temporaryFolder } from './temporary-folder.ts';
export type { TemporaryFolder } from './temporary-folder.ts';
