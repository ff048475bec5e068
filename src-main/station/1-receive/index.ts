// An object arrives: over the DICOM listener, from files and folders, from pictures made DICOM.
export { decideAcceptance, type Acceptance, type AcceptanceRules } from './acceptance-policy.ts';
export { answerTo, openListener, type BeginIncoming, type ListenerEvent, type ListenerPorts } from './listener.ts';
export type { ArrivedFile, ArriveFile, ArrivingFile } from './arriving-file.ts';
export { openImports, type ImportPorts, type Imports } from './files.ts';
export { openVouching, type Vouching, type VouchingTerms } from './vouching.ts';
