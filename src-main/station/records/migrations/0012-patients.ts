// Patients and messages of the HL7 feed: who is known under which identifiers, merges, what was answered.
//
// A patient is never removed: one that was merged stays as the way from the old identifier to the surviving one.
export const patients = `
CREATE TABLE hospital_patient (
  id TEXT PRIMARY KEY,
  PatientID TEXT NOT NULL,
  IssuerOfPatientID TEXT NOT NULL,
  PatientName TEXT NOT NULL,           -- PN with its groups
  PatientBirthDate TEXT NOT NULL,
  PatientSex TEXT NOT NULL,
  aliases TEXT NOT NULL,               -- JSON: other names, as PN
  otherIds TEXT NOT NULL,              -- JSON: identifiers of other authorities
  AdmissionID TEXT NOT NULL,
  CurrentPatientLocation TEXT NOT NULL,
  feedId TEXT NOT NULL,                -- who spoke last
  spokenAt TEXT NOT NULL,              -- ISO, by the clock of the feed: an older word does not overwrite
  changedAt TEXT NOT NULL,
  mergedInto TEXT REFERENCES hospital_patient (id),  -- always the last of a chain
  searchText TEXT NOT NULL,
  UNIQUE (PatientID, IssuerOfPatientID)
) STRICT;
CREATE INDEX hospital_patient_merged ON hospital_patient (mergedInto) WHERE mergedInto IS NOT NULL;

CREATE TABLE patient_merge (
  id TEXT PRIMARY KEY,
  priorId TEXT NOT NULL REFERENCES hospital_patient (id),
  survivingId TEXT NOT NULL REFERENCES hospital_patient (id),
  kind TEXT NOT NULL CHECK (kind IN ('merged', 'renumbered')),
  feedId TEXT NOT NULL,
  spokenAt TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX patient_merge_prior ON patient_merge (priorId);

-- What is remembered of each order of a feed beside the order itself: its other number, and when it was last spoken of.
CREATE TABLE hl7_order (
  feedId TEXT NOT NULL,
  sourceKey TEXT NOT NULL,
  placer TEXT NOT NULL,
  filler TEXT NOT NULL,
  step TEXT NOT NULL,
  spokenAt TEXT NOT NULL,
  isWhole INTEGER NOT NULL,            -- 0: only cancellations so far
  PRIMARY KEY (feedId, sourceKey)
) STRICT, WITHOUT ROWID;
CREATE INDEX hl7_order_placer ON hl7_order (feedId, placer) WHERE placer <> '';
CREATE INDEX hl7_order_filler ON hl7_order (feedId, filler) WHERE filler <> '';

-- Exams by the patient who was chosen: a corrected ID, else the received one.
CREATE INDEX exam_chosen_patient
  ON exam (coalesce(json_extract(corrected, '$.PatientID'), json_extract(received, '$.PatientID')));
CREATE INDEX problem_patient_merged ON problem (json_extract(params, '$.PatientID'))
  WHERE code = 'patient-merged' AND clearedAt IS NULL;

-- The last messages: to answer a repeat as before, and to be looked at. Not kept by a rebuild.
CREATE TABLE hl7_message (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  feedId TEXT NOT NULL,
  address TEXT NOT NULL,
  at TEXT NOT NULL,
  type TEXT NOT NULL,
  event TEXT NOT NULL,
  controlId TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (answer IN ('AA', 'AE', 'AR')),
  outcome TEXT NOT NULL CHECK (outcome IN ('patient', 'merge', 'order', 'ignored', 'refused')),
  fault TEXT,                          -- JSON
  doubts TEXT NOT NULL,                -- JSON
  repeats INTEGER NOT NULL DEFAULT 0,
  raw BLOB                             -- the first 64 KiB as they came, of the newest few hundred
) STRICT;
CREATE INDEX hl7_message_control ON hl7_message (controlId, number DESC);
CREATE INDEX hl7_message_feed ON hl7_message (feedId, number DESC);
CREATE INDEX hl7_message_refused ON hl7_message (number) WHERE answer <> 'AA';
`;
