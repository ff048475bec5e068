// What the book learns about objects that contradict each other.
//
// Two contents under one study, series and SOP Instance UID are compared in the background; what was found is kept for
// each pair, what people decided is kept for ever. UIDs that we gave are a map, for what comes later.
export const conflicts = `
-- Set when another object holds the same content, written otherwise: this one counts as a re-send. Its bytes stay.
ALTER TABLE object ADD COLUMN sameAs TEXT;

-- Digests of an object that shares its UIDs with another one; never made for others.
CREATE TABLE content_print (
  objectId TEXT PRIMARY KEY REFERENCES object (id),
  rest TEXT NOT NULL,                  -- of all elements but the pixels, whatever they are written in; '' unreadable
  pixels TEXT NOT NULL,                -- '' none; px: decoded without loss; raw: as they stand, with the syntax before
  madeAt TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE twin (
  objectId TEXT NOT NULL REFERENCES object (id),   -- the one that came later
  firstId TEXT NOT NULL REFERENCES object (id),
  pixels TEXT NOT NULL CHECK (pixels IN ('same', 'other', 'unknown', 'none')),
  readable INTEGER NOT NULL,           -- 0: one of the two could not be read, so nothing is said about it
  differences TEXT NOT NULL,           -- JSON: [{tag, keyword, first, second}]
  moreDifferences INTEGER NOT NULL,    -- how many more there are
  comparedAt TEXT NOT NULL,
  PRIMARY KEY (objectId, firstId)
) STRICT, WITHOUT ROWID;

-- What a person decided about two objects under one identifier, or about one with a doubtful identifier.
CREATE TABLE twin_decision (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  objectId TEXT NOT NULL REFERENCES object (id),
  firstId TEXT REFERENCES object (id),
  choice TEXT NOT NULL CHECK (choice IN ('keep-first', 'use-second', 'keep-both', 'accept')),
  setAsideId TEXT REFERENCES object (id),
  formerUid TEXT NOT NULL DEFAULT '',  -- SOP Instance UID before 'keep-both'; with givenUid the map
  givenUid TEXT NOT NULL DEFAULT '',
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  undoneAt TEXT
) STRICT;
CREATE INDEX twin_decision_exam ON twin_decision (examId) WHERE undoneAt IS NULL;
CREATE INDEX twin_decision_object ON twin_decision (objectId) WHERE undoneAt IS NULL;

-- UIDs of ours in the place of missing or illegal ones (IHE RAD-61: the map is kept for late arrivals).
CREATE TABLE given_uid (
  level TEXT NOT NULL CHECK (level IN ('study', 'series', 'object')),
  words TEXT NOT NULL,                 -- JSON: what it was given for
  given TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (level, words)
) STRICT, WITHOUT ROWID;

CREATE INDEX problem_comparing ON problem (since) WHERE code = 'same-uid-being-compared' AND clearedAt IS NULL;
-- Nobody has compared those that an earlier version found.
UPDATE problem SET code = 'same-uid-being-compared', params = '{}',
    key = examId || '/' || coalesce(objectId, '') || '/same-uid-being-compared'
  WHERE code = 'same-uid-other-content' AND clearedAt IS NULL;
`;
