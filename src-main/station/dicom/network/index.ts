// The DICOM network: the only door to dcmjs-dimse. Associations and DIMSE messages in both directions; object bytes pass
// through untouched.
//
// Guarantees: no input ends the process or grows memory without bound; every request ends with an outcome; every socket
// is closed. Refuses: asynchronous operations, transcoding, data sets of other services beyond 4 MiB.
export type {
  Admission,
  AssociationFacts,
  CommitmentAnswer,
  DicomServer,
  ObjectSink,
  ReportBack,
  ServerEvent,
  ServerOptions,
  ServerRules,
  StoreAnswer,
  StoreStart,
} from './accepting.ts';
export type {
  AcceptanceFacts,
  Answered,
  AssociationRequest,
  Ending,
  FindRequest,
  Found,
  GetRequest,
  Got,
  NotAccepted,
  NotSent,
  ObjectTarget,
  OpenAssociation,
  Opening,
  ProposedContext,
  RequestOutcome,
  RequestTimeouts,
  SentObject,
  SourceFailed,
  StoreRequest,
  UnknownOutcome,
} from './requesting.ts';
export { openDicomServer } from './server.ts';
export { openAssociation } from './requestor.ts';
export type {
  CommitmentReport,
  CommitmentRequest,
  Identifier,
  IdentifierValue,
  SopReference,
} from './small-data-sets.ts';
export { makeSecure, secureCalling, type CallingTerms, type SecureCalling } from './secure-calling.ts';
export { plainFingerprint } from './secure-certificate.ts';
export { SecureDoor, type HandshakeRefusal, type SecureFacts, type SecureTerms } from './secure-door.ts';
export {
  readOwnCertificate,
  readTrusted,
  type NamedFile,
  type OwnCertificate,
  type OwnCertificateFiles,
  type TrustedCertificates,
} from './secure-files.ts';
