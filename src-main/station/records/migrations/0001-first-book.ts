// The first book: exams, what they carry, what people decided, what leaves, and the trail of it all.
//
// Times are ISO 8601 text with zone, ids are kit/ids text, attributes keep their DICOM keywords. JSON columns hold
// small maps of texts. Nothing here is ever changed after a release: a later step comes as migration 0002.
export const firstBook = `
CREATE TABLE source (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('dicom', 'file', 'picture')),
  label TEXT NOT NULL,                 -- calling AE title, or name of a file or folder
  address TEXT,
  firstSeenAt TEXT NOT NULL,
  lastSeenAt TEXT NOT NULL,
  objects INTEGER NOT NULL DEFAULT 0,
  UNIQUE (kind, label, address)
) STRICT;

-- One patient as somebody said it: the same values make the same row.
CREATE TABLE patient (
  id TEXT PRIMARY KEY,
  PatientID TEXT NOT NULL,
  IssuerOfPatientID TEXT NOT NULL,
  PatientName TEXT NOT NULL,
  PatientBirthDate TEXT NOT NULL,
  PatientSex TEXT NOT NULL,
  UNIQUE (PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex)
) STRICT;

-- An exam is a DICOM study at this station.
CREATE TABLE exam (
  id TEXT PRIMARY KEY,
  StudyInstanceUID TEXT NOT NULL UNIQUE,
  patientId TEXT NOT NULL REFERENCES patient (id),   -- of the first object
  sourceId TEXT NOT NULL REFERENCES source (id),     -- of the first object
  received TEXT NOT NULL,              -- JSON: correctable keywords as received, of the first object
  corrected TEXT NOT NULL DEFAULT '{}', -- JSON: all corrections together
  modalities TEXT NOT NULL DEFAULT '[]',
  StudyDate TEXT NOT NULL DEFAULT '',
  held INTEGER NOT NULL DEFAULT 0,
  heldBy TEXT NOT NULL DEFAULT '',     -- who put it aside, while it is
  firstArrivedAt TEXT NOT NULL,
  lastArrivedAt TEXT NOT NULL,
  completeAt TEXT NOT NULL,            -- quiet time over: later than this it counts as arrived
  approvedAt TEXT,
  version INTEGER NOT NULL DEFAULT 1,
  -- counts, kept in the transactions that change them
  objects INTEGER NOT NULL DEFAULT 0,
  images INTEGER NOT NULL DEFAULT 0,
  undecided INTEGER NOT NULL DEFAULT 0,
  approved INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  conflicts INTEGER NOT NULL DEFAULT 0,
  openDeliveries INTEGER NOT NULL DEFAULT 0,         -- required and neither committed nor cancelled
  thumbnailObjectId TEXT,
  searchText TEXT NOT NULL DEFAULT '', -- folded text of what a search looks through
  -- where it stands, apart from the clock and the deliveries: follows from the counts and is never written
  stage TEXT GENERATED ALWAYS AS (
    CASE WHEN held <> 0 THEN 'held' WHEN undecided + conflicts > 0 THEN 'open'
         WHEN approved > 0 THEN 'approved' ELSE 'rejected' END) VIRTUAL
) STRICT;
CREATE INDEX exam_newest ON exam (lastArrivedAt DESC, id);
CREATE INDEX exam_stage ON exam (stage, lastArrivedAt DESC, id);
CREATE INDEX exam_quiet ON exam (stage, completeAt);

-- How many exams stand where, kept by the triggers below: every event of the feed carries these counts.
CREATE TABLE exam_count (stage TEXT PRIMARY KEY, exams INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TRIGGER exam_added AFTER INSERT ON exam BEGIN
  INSERT INTO exam_count VALUES (NEW.stage, 1) ON CONFLICT DO UPDATE SET exams = exams + 1;
END;
CREATE TRIGGER exam_moved AFTER UPDATE OF held, undecided, conflicts, approved ON exam WHEN OLD.stage <> NEW.stage BEGIN
  UPDATE exam_count SET exams = exams - 1 WHERE stage = OLD.stage;
  INSERT INTO exam_count VALUES (NEW.stage, 1) ON CONFLICT DO UPDATE SET exams = exams + 1;
END;
CREATE TRIGGER exam_removed AFTER DELETE ON exam BEGIN
  UPDATE exam_count SET exams = exams - 1 WHERE stage = OLD.stage;
END;
CREATE INDEX exam_approved ON exam (approvedAt DESC, id) WHERE approvedAt IS NOT NULL;
CREATE INDEX exam_open ON exam (openDeliveries) WHERE openDeliveries > 0;

CREATE TABLE series (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  SeriesInstanceUID TEXT NOT NULL,
  Modality TEXT NOT NULL,
  SeriesNumber TEXT NOT NULL,
  SeriesDescription TEXT NOT NULL,
  UNIQUE (examId, SeriesInstanceUID)
) STRICT;

-- One file in the store. Key towards the outside is study, series and SOP Instance UID; the file is named by id.
CREATE TABLE object (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  seriesId TEXT NOT NULL REFERENCES series (id),
  sourceId TEXT NOT NULL REFERENCES source (id),
  patientId TEXT NOT NULL REFERENCES patient (id),
  SOPInstanceUID TEXT NOT NULL,
  SOPClassUID TEXT NOT NULL,
  TransferSyntaxUID TEXT NOT NULL,
  InstanceNumber TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('received', 'approved', 'rejected', 'conflict')),
  file TEXT NOT NULL UNIQUE,           -- below objects/, by our own ids
  sizeBytes INTEGER NOT NULL,
  dataSetOffset INTEGER NOT NULL,
  dataSetSha256 TEXT NOT NULL,
  header TEXT NOT NULL,                -- JSON of model/object-header
  received TEXT NOT NULL,              -- JSON: correctable keywords as received
  arrivedAt TEXT NOT NULL,
  resent INTEGER NOT NULL DEFAULT 0,   -- how often the same content came again
  rejectionReason TEXT,
  rejectionText TEXT,
  rejectedAt TEXT,
  revisionId TEXT,                     -- what was approved last
  -- from the header, for lists
  receivedKey TEXT NOT NULL DEFAULT '', -- the same for objects that received the same
  characterSet TEXT NOT NULL DEFAULT '',
  rows INTEGER NOT NULL DEFAULT 0,
  columns INTEGER NOT NULL DEFAULT 0,
  frames INTEGER NOT NULL DEFAULT 0,
  frameTimeMs REAL NOT NULL DEFAULT 0,
  drawable INTEGER NOT NULL DEFAULT 0,
  hasPixelData INTEGER NOT NULL DEFAULT 0,
  burnedInAnnotation TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX object_exam ON object (examId, seriesId);
CREATE INDEX object_identity ON object (examId, receivedKey);
CREATE INDEX object_arrived ON object (arrivedAt);
CREATE INDEX object_twins ON object (seriesId, SOPInstanceUID);
CREATE INDEX object_sop ON object (SOPInstanceUID);
CREATE INDEX object_digest ON object (dataSetSha256);

CREATE TABLE problem (
  id TEXT PRIMARY KEY,
  examId TEXT REFERENCES exam (id),
  objectId TEXT REFERENCES object (id),
  code TEXT NOT NULL,
  params TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,            -- exam, object, code and params: the same problem is there once
  since TEXT NOT NULL,
  clearedAt TEXT
) STRICT;
CREATE INDEX problem_exam ON problem (examId) WHERE clearedAt IS NULL;

CREATE TABLE correction (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  attributes TEXT NOT NULL,            -- JSON: keyword -> new value
  previous TEXT NOT NULL,              -- JSON: keyword -> value of the exam before it
  reason TEXT NOT NULL CHECK (reason IN ('CORRECT', 'COERCE')),
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  lastObject INTEGER NOT NULL DEFAULT 0 -- rowid of the last object that was there: what came later, nobody had seen
) STRICT;
CREATE INDEX correction_exam ON correction (examId, at);

-- The exact bytes that an approval produced: a recipe over the received file.
CREATE TABLE revision (
  id TEXT PRIMARY KEY,
  objectId TEXT NOT NULL REFERENCES object (id),
  number INTEGER NOT NULL,
  SOPInstanceUID TEXT NOT NULL,
  SOPClassUID TEXT NOT NULL,
  TransferSyntaxUID TEXT NOT NULL,
  recipeFile TEXT,                     -- below revisions/; null when the data set leaves as it was received
  sizeBytes INTEGER NOT NULL,          -- of the whole Part 10 file
  dataSetOffset INTEGER NOT NULL,
  dataSetSha256 TEXT NOT NULL,
  attributes TEXT NOT NULL,            -- JSON: what was set
  verifiedAt TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  by TEXT NOT NULL,
  UNIQUE (objectId, number)
) STRICT;

CREATE TABLE destination (
  id TEXT PRIMARY KEY,
  setting TEXT NOT NULL,               -- JSON as in the settings when it was last there
  removed INTEGER NOT NULL DEFAULT 0,
  paused INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'well' CHECK (state IN ('well', 'silent', 'refusing', 'paused')),
  since TEXT NOT NULL,
  lastAnswer TEXT                      -- JSON {key, params}
) STRICT;

CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  objectId TEXT NOT NULL REFERENCES object (id),
  revisionId TEXT NOT NULL REFERENCES revision (id),
  destinationId TEXT NOT NULL REFERENCES destination (id),
  required INTEGER NOT NULL,
  priority INTEGER NOT NULL DEFAULT 2, -- 0 stat, 1 urgent, 2 routine, 3 backlog
  place INTEGER NOT NULL DEFAULT 0,    -- order within one approval: images before what refers to them
  state TEXT NOT NULL CHECK (state IN
    ('ready', 'sending', 'backoff', 'sent', 'commit-requested', 'committed', 'blocked', 'held', 'cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0,
  unknownAttempts INTEGER NOT NULL DEFAULT 0,
  answer TEXT,                         -- JSON {key, params}: what was last heard
  answerAt TEXT,
  nextAttemptAt TEXT,                  -- when it is sent again; once sent: when its proof is asked for, or overdue
  sentAt TEXT,
  confirmedAt TEXT,
  confirmedBy TEXT CHECK (confirmedBy IN ('commitment', 'query', 'none')),
  askedTimes INTEGER NOT NULL DEFAULT 0, -- how often its proof was asked for since it was sent
  commitmentId TEXT,                   -- the request that is open; all of them are in commitment_item
  cancelReason TEXT,
  createdAt TEXT NOT NULL,
  stage TEXT GENERATED ALWAYS AS (CASE state
    WHEN 'ready' THEN 'waiting' WHEN 'sending' THEN 'waiting' WHEN 'backoff' THEN 'waiting'
    WHEN 'commit-requested' THEN 'sent' WHEN 'committed' THEN 'confirmed' ELSE state END) VIRTUAL,
  UNIQUE (revisionId, destinationId)
) STRICT;
CREATE INDEX delivery_next ON delivery (destinationId, state, priority, createdAt, place);
CREATE INDEX delivery_due ON delivery (destinationId, state, nextAttemptAt) WHERE nextAttemptAt IS NOT NULL;
CREATE INDEX delivery_exam ON delivery (examId, destinationId, state);
CREATE INDEX delivery_object ON delivery (objectId);
CREATE INDEX delivery_proved ON delivery (destinationId, confirmedAt) WHERE confirmedBy IN ('commitment', 'query');

-- How many deliveries of an exam stand where, and exam.openDeliveries. Kept by the triggers below, so that they cannot
-- drift from the deliveries and cost the same whatever the length of the queue.
CREATE TABLE delivery_count (
  examId TEXT NOT NULL,
  destinationId TEXT NOT NULL,
  stage TEXT NOT NULL,                 -- waiting, sent, confirmed, blocked, held, cancelled
  deliveries INTEGER NOT NULL,
  PRIMARY KEY (examId, destinationId, stage)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_count_open ON delivery_count (destinationId, stage, examId, deliveries)
  WHERE stage NOT IN ('confirmed', 'cancelled');
CREATE TRIGGER delivery_added AFTER INSERT ON delivery BEGIN
  INSERT INTO delivery_count VALUES (NEW.examId, NEW.destinationId, NEW.stage, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
  UPDATE exam SET openDeliveries = openDeliveries + 1
    WHERE id = NEW.examId AND NEW.required = 1 AND NEW.stage NOT IN ('confirmed', 'cancelled');
END;
CREATE TRIGGER delivery_moved AFTER UPDATE OF state, required ON delivery
WHEN OLD.stage <> NEW.stage OR OLD.required <> NEW.required BEGIN
  UPDATE delivery_count SET deliveries = deliveries - 1
    WHERE examId = OLD.examId AND destinationId = OLD.destinationId AND stage = OLD.stage;
  INSERT INTO delivery_count VALUES (NEW.examId, NEW.destinationId, NEW.stage, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
  DELETE FROM delivery_count
    WHERE examId = OLD.examId AND destinationId = OLD.destinationId AND stage = OLD.stage AND deliveries = 0;
  UPDATE exam SET openDeliveries = openDeliveries
      + (NEW.required = 1 AND NEW.stage NOT IN ('confirmed', 'cancelled'))
      - (OLD.required = 1 AND OLD.stage NOT IN ('confirmed', 'cancelled'))
    WHERE id = NEW.examId;
END;

-- Written before it begins and completed after it ends: one that never ended has an unknown outcome.
CREATE TABLE attempt (
  id TEXT PRIMARY KEY,
  deliveryId TEXT NOT NULL REFERENCES delivery (id),
  SOPInstanceUID TEXT NOT NULL,
  dataSetSha256 TEXT NOT NULL,
  startedAt TEXT NOT NULL,
  endedAt TEXT,
  outcome TEXT NOT NULL DEFAULT 'underway',
  answer TEXT                          -- JSON {key, params}
) STRICT;
CREATE INDEX attempt_delivery ON attempt (deliveryId, startedAt);
CREATE INDEX attempt_identity ON attempt (SOPInstanceUID);
CREATE INDEX attempt_underway ON attempt (deliveryId) WHERE outcome = 'underway';

-- One storage commitment request. Durable before N-ACTION leaves.
CREATE TABLE commitment (
  id TEXT PRIMARY KEY,
  transactionUid TEXT NOT NULL UNIQUE,
  destinationId TEXT NOT NULL REFERENCES destination (id),
  state TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'overdue')),
  askedAt TEXT NOT NULL,
  deadlineAt TEXT NOT NULL,
  answeredAt TEXT
) STRICT;

-- What a request named. Kept after it was asked anew, because a late report counts too.
CREATE TABLE commitment_item (
  commitmentId TEXT NOT NULL REFERENCES commitment (id),
  SOPInstanceUID TEXT NOT NULL,
  deliveryId TEXT NOT NULL REFERENCES delivery (id),
  PRIMARY KEY (commitmentId, SOPInstanceUID, deliveryId)
) STRICT, WITHOUT ROWID;

-- Commands that were already carried out, so that a repeat is harmless.
CREATE TABLE command (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL
) STRICT;

-- Append only; each entry carries the digest of the one before it.
CREATE TABLE audit_entry (
  number INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  by TEXT NOT NULL,
  action TEXT NOT NULL,
  examId TEXT,
  objectId TEXT,
  params TEXT NOT NULL,
  previousSha256 TEXT NOT NULL,
  sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX audit_exam ON audit_entry (examId, number);
`;
