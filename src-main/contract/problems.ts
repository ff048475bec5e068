// The catalogue of problems: everything a person or the clock can put right.
//
// A code is never renamed and never used again for something else. `who` can act, `heals` says whether it may go away
// by itself, `params` are the names a text may mention. Words and remedies live in src-renderer/text, keyed by code;
// docs/problems.md is generated from both and a test keeps them equal.

export type ProblemKind = {
  /** Who can do something about it. */
  readonly who: 'technologist' | 'administrator' | 'sender';
  /** True when it may go away without a person. */
  readonly heals: boolean;
  /** How loud: `stop` keeps an exam from leaving, `warn` wants a look, `note` is only said. */
  readonly weight: 'stop' | 'warn' | 'note';
  /** Names of the parameters that go with it. Values are strings or numbers, never patient data in logs. */
  readonly params: readonly string[];
  /** The answer of the HTTP API when a request ends with it. */
  readonly status: number;
};

const stop = (who: ProblemKind['who'], params: readonly string[] = [], status = 409): ProblemKind => ({
  who,
  heals: false,
  weight: 'stop',
  params,
  status,
});
const warn = (who: ProblemKind['who'], params: readonly string[] = [], status = 409): ProblemKind => ({
  who,
  heals: false,
  weight: 'warn',
  params,
  status,
});
const note = (who: ProblemKind['who'], params: readonly string[] = [], status = 409): ProblemKind => ({
  who,
  heals: false,
  weight: 'note',
  params,
  status,
});
const heals = (who: ProblemKind['who'], params: readonly string[] = [], status = 503): ProblemKind => ({
  who,
  heals: true,
  weight: 'warn',
  params,
  status,
});

export const problemKinds = {
  // What was asked
  'input-invalid': stop('sender', ['field', 'expected'], 400),
  'not-found': stop('sender', ['what'], 404),
  'not-allowed': stop('sender', [], 403),
  'not-here': stop('sender', ['what'], 501),

  // Identity of an exam
  'no-patient-id': stop('technologist'),
  'no-patient-name': stop('technologist'),
  'two-patients': stop('technologist', ['first', 'second']),
  'late-other-patient': stop('technologist', ['first', 'second']),
  'late-images': note('technologist', ['images', 'firstAt', 'decidedAt']),
  'late-undecided': stop('technologist', ['images', 'firstAt', 'decidedAt']),
  'former-patient-value': stop('technologist', ['keyword', 'value', 'first', 'second']),
  'order-changed': stop('technologist', [
    ...['changed', 'AccessionNumber', 'PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex'],
  ]),
  'order-cancelled': stop('technologist', ['AccessionNumber', 'PatientName']),
  'study-not-adopted': note('technologist', ['second']),
  'study-of-two-patients': stop('technologist', ['first', 'second']),
  'order-changed-after-send': note('technologist', ['AccessionNumber', 'PatientName']),
  'patient-merged': stop('technologist', ['prior', 'priorIssuer', 'PatientID', 'PatientName']),
  'patient-updated': warn('technologist', ['PatientID', 'PatientName', 'PatientBirthDate', 'PatientSex']),
  'patient-changed-after-send': note('technologist', ['prior', 'PatientID', 'PatientName']),
  'same-decision': note('technologist', ['images', 'decidedAt', 'until']),
  'placeholder-identity': stop('technologist', ['value']),
  'impossible-date': stop('technologist', ['keyword', 'value']),
  'invalid-sex': warn('technologist', ['value']),
  'illegal-value': warn('technologist', ['keyword']),
  'undecodable-text': warn('technologist', ['keyword']),

  // What may be typed
  'value-too-long': stop('technologist', ['keyword', 'limit'], 400),
  'value-not-allowed': stop('technologist', ['keyword', 'expected'], 400),
  'attribute-not-correctable': stop('technologist', ['keyword'], 400),

  // Objects
  'not-dicom': stop('sender', ['name'], 415),
  truncated: warn('sender', ['name', 'expected', 'found'], 422),
  'unreadable-header': warn('sender', ['name', 'offset'], 422),
  'odd-structure': warn('sender', ['what'], 422),
  'header-too-large': stop('sender', ['name', 'limit'], 422),
  'illegal-uid': warn('technologist', ['keyword']),
  'missing-uid': warn('technologist', ['keyword']),
  'uid-mismatch': warn('technologist', ['keyword']),
  'announced-otherwise': stop('technologist', ['keyword']),
  'same-uid-being-compared': { who: 'technologist', heals: true, weight: 'stop', params: [], status: 409 },
  'same-uid-other-content': stop('technologist'),
  'same-uid-other-values': stop('technologist'),
  'same-uid-other-patient': stop('technologist'),
  'same-uid-elsewhere': stop('technologist'),
  'first-has-left': stop('technologist'),
  'executable-preamble': warn('administrator', ['kind']),
  'no-file-meta': warn('sender', ['name']),
  'unsupported-file': stop('technologist', ['name', 'found'], 415),
  'path-refused': stop('sender', ['name'], 400),
  'too-many-files': stop('sender', ['limit'], 413),
  'picture-undecodable': warn('technologist', ['reason']),
  'unexpected-modality': note('technologist', ['expected', 'found']),
  'geometry-lies': warn('technologist', ['expected', 'found']),
  'digest-mismatch': stop('administrator', ['object']),
  'object-file-missing': stop('administrator', ['object']),

  // Corrections and approval
  'nothing-to-approve': stop('technologist'),
  'still-arriving': heals('technologist', ['seconds'], 409),
  'already-approved': stop('technologist'),
  'changed-meanwhile': stop('technologist', ['shown', 'now']),
  'route-changed-meanwhile': stop('technologist'),
  'identity-changed-meanwhile': stop('technologist', ['shown', 'now']),
  'other-patient': stop('technologist', ['first', 'second']),
  'target-names-nobody': stop('technologist'),
  'rearrange-after-release': stop('technologist'),
  'rearranged-since': stop('technologist'),
  'late-rearranged': stop('technologist', ['series']),
  'late-corrected': stop('technologist', ['exam', 'patient']),
  'late-followed': note('technologist', ['decidedAt']),
  'refers-elsewhere': note('technologist', ['references']),
  'private-reference': note('technologist', ['references']),
  held: stop('technologist', ['by']),
  'correction-impossible': stop('technologist', ['object', 'reason']),
  'verification-failed': stop('technologist', ['object', 'keyword', 'where']),
  'rejected-earlier': stop('technologist', ['object']),
  'nothing-released': stop('technologist'),
  'released-under-another': stop('technologist', ['first', 'second']),
  'after-release-told': stop('technologist'),
  'device-rejects': stop('technologist', ['device', 'title', 'cause', 'images', 'of', 'text', 'object']),
  'second-identifier-missing': stop('technologist'),
  'reason-unknown': stop('technologist', ['reason'], 400),
  'images-not-accepted': stop('technologist', ['left', 'images']),
  'markup-of-rejected': stop('technologist'),
  'replaced-by-derived': stop('technologist'),
  'markup-cannot-leave': stop('technologist', ['object', 'reason']),
  'no-destination': stop('administrator'),
  'no-route': stop('administrator'),
  'route-not-ready': heals('administrator', ['destination'], 409),

  // The station
  'no-room': heals('administrator', ['freeBytes', 'neededBytes'], 507),
  'room-short': heals('administrator', ['freeBytes'], 507),
  'only-at-destination': stop('technologist', ['destinations', 'goneAt'], 410),
  'no-longer-here': stop('technologist', ['goneAt'], 410),
  'disk-failed': stop('administrator', ['operation'], 507),
  'home-in-use': stop('administrator', ['home'], 423),
  'book-too-new': stop('administrator', ['found', 'known'], 409),
  'book-damaged': stop('administrator', ['book'], 500),
  'settings-invalid': stop('administrator', ['field', 'expected'], 400),
  'port-in-use': stop('administrator', ['port'], 409),
  'listener-down': heals('administrator', ['port']),
  'messages-listener-down': heals('administrator', ['port']),
  'worklist-silent': heals('administrator', ['worklist']),
  'new-device': stop('administrator', ['aeTitle', 'address'], 403),
  'wrong-called-ae': warn('administrator', ['called', 'expected'], 403),
  'too-many-associations': heals('administrator', ['limit']),
  internal: stop('administrator', ['incident'], 500),

  // Certificates
  'certificate-unreadable': stop('administrator', ['field', 'file'], 400),
  'certificate-too-weak': stop('administrator', ['field', 'file'], 400),
  'key-unreadable': stop('administrator', ['field', 'file'], 400),
  'key-does-not-match': stop('administrator', ['field', 'file'], 400),
  'secret-unreadable': stop('administrator', ['field', 'place'], 400),
  'secure-listener-down': heals('administrator', ['port']),
  'certificate-expires': heals('administrator', ['whose', 'subject', 'days'], 409),
  'certificate-expired': heals('administrator', ['whose', 'subject', 'days'], 409),

  // Destinations and deliveries
  'destination-unreachable': heals('administrator', ['destination', 'answer']),
  'destination-refuses': stop('administrator', ['destination', 'answer']),
  'object-refused': stop('technologist', ['destination', 'status', 'comment']),
  'class-not-accepted': stop('administrator', ['destination', 'sopClass']),
  'syntax-not-accepted': stop('administrator', ['destination', 'transferSyntax']),
  'not-confirmed': heals('administrator', ['destination']),
  'delivery-not-waiting': stop('technologist', ['state']),
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problemKinds;

export type ProblemParams = Readonly<Record<string, string | number>>;

/** A problem as it crosses the letterbox: code, parameters and incident number. No stack, no free text. */
export type ProblemNote = {
  readonly code: ProblemCode;
  readonly params: ProblemParams;
  readonly incident?: string;
};
