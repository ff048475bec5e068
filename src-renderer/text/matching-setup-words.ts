// Words of the set-up for whose exam it is: orders by rule, the second identifier, words that name nobody, the scanner.
export const matchingSetupTexts = {
  title: 'Whose exam it is',
  more: 'How orders are given to exams, and what is asked before images leave under another patient.',
  guard: 'Ask for a second identifier',
  guards: {
    'when-changed': 'When an order makes the patient another one',
    always: 'Before every approval',
    off: 'Never',
  } as const,
  guardHint: 'The birth date or the patient ID, typed or scanned from the wristband.',
  applyAlone: 'Give an order by rule when it is the only sure one',
  applyAloneHint: 'It is marked as given by rule, and can be taken back. Nothing is approved by rule.',
  accessionRequired: 'Only where the accession numbers are the same',
  studyUid: 'Study Instance UID of images that are given an order',
  studyUids: {
    keep: 'Keep the one they came with',
    'of-order': 'Take that of the order',
  } as const,
  studyUidHint:
    'Take that of the order only where the archive needs it. Several exams of one order become one study then.',
  placeholders: 'Words that name nobody here',
  placeholdersHint:
    'One on each line, as a name or an ID. TEST, UNKNOWN, numbers of zeros and the like are known already.',
  pattern: 'Pattern of the wristband',
  patternHint: 'Empty: a code is the patient ID as it is. Else a regular expression with (?<id>…) around the ID.',
  badPattern: 'This is not a regular expression.',
  tryIt: 'Try it: scan or type a code',
  readAs: (id: string) => `Read as ${id}`,
  readNot: 'The pattern is not in this code: all of it counts.',
} as const;
