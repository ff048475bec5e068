// What a destination can be heard to have said, as keys into the text table. `params` are the names a text may mention.
//
// A key is never renamed: it is kept in the book with every attempt.

export const answerParams = {
  // It is there
  answers: [],

  // No association came of it
  'connection-refused': [],
  'no-answer': [],
  'name-not-found': [],
  'not-reachable': ['code'],
  'connection-lost': [],
  'certificate-refused': ['code'],
  'own-certificate-refused': ['code'],
  'own-certificate-unusable': ['code'],
  'tls-not-spoken': ['code'],
  'tls-not-agreed': ['code'],
  'tls-failed': ['code'],
  'association-unanswered': [],
  'refused-temporarily': [],
  'refused-busy': [],
  'called-ae-unknown': ['called'],
  'calling-ae-unknown': ['calling'],
  'association-refused': ['result', 'source', 'reason'],

  // What became of an object
  stored: [],
  'stored-with-warning': ['status', 'comment'],
  duplicate: [],
  'out-of-resources': ['status', 'comment'],
  'class-not-accepted': ['sopClass'],
  'syntax-not-accepted': ['transferSyntax'],
  converting: ['transferSyntax'],
  'cannot-convert': ['transferSyntax', 'reason'],
  'lossy-not-converted': ['transferSyntax'],
  'no-room-to-convert': [],
  'processing-failed': ['status', 'comment'],
  'does-not-match-class': ['status', 'comment'],
  'class-refused': ['status', 'comment'],
  'cannot-understand': ['status', 'comment'],
  'instance-invalid': ['status', 'comment'],
  'not-authorised': ['status', 'comment'],
  'request-mistaken': ['status', 'comment'],
  'status-unknown': ['status', 'comment'],
  aborted: ['source', 'reason'],
  'answer-unreadable': [],
  'object-unanswered': [],

  // What DICOMweb says (HTTP)
  'web-refused': ['status'],
  'web-not-authorised': ['status'],
  'web-not-found': ['status'],
  'web-not-offered': ['status'],
  'web-type-refused': ['status'],
  'web-too-large': ['status'],
  'web-busy': ['status'],
  'web-failed': ['status'],
  'web-no-room': ['status'],
  'web-redirects': ['status'],
  'web-status-unknown': ['status'],
  'web-not-mentioned': ['status'],
  'web-secret-unusable': [],

  // What we found or did ourselves
  interrupted: [],
  'station-failed': [],
  'digest-mismatch': [],
  'file-missing': [],
  'cannot-read': ['code'],
  'identity-conflict': [],
  'destination-removed': [],
  superseded: [],
  'was-rejected': [],
  'taken-back': [],
  'cancelled-by-hand': ['reason'],
  'sent-elsewhere': ['destination', 'reason'],

  // Proof that it is there
  'taken-on-its-word': [],
  'commit-asked': [],
  'commit-confirmed': [],
  'commit-failed': ['reason'],
  'commit-overdue': [],
  'commit-refused': ['status', 'comment'],
  'commit-not-offered': [],
  'found-by-query': [],
  'found-by-query-instead': [],
  'found-by-query-other-count': ['count', 'expected'],
  'query-count-short': ['count', 'expected'],
  'not-found-by-query': [],
  'query-refused': ['status', 'comment'],
  'query-not-offered': [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type AnswerKey = keyof typeof answerParams;

export const answerKeys = Object.keys(answerParams) as readonly AnswerKey[];

/** What was heard: a key into the text table and its parameters. */
export type PeerAnswer = {
  readonly key: AnswerKey;
  readonly params: Readonly<Record<string, string | number>>;
};
