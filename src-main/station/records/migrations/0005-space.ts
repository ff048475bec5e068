// What the book learns about space, purge and the proof that stays, and about devices that ask us to vouch for objects.
//
// The row of an object whose file is gone stays: its digest and UIDs are what a re-sent one is recognised by, and row
// numbers are never used again.
export const space = `
ALTER TABLE exam ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;        -- never removed from here
ALTER TABLE exam ADD COLUMN purgedObjects INTEGER NOT NULL DEFAULT 0; -- kept by the trigger below
ALTER TABLE object ADD COLUMN purgingAt TEXT;   -- it was decided that the file goes; it may be there still
ALTER TABLE object ADD COLUMN purgedAt TEXT;    -- the file is gone on purpose
ALTER TABLE object ADD COLUMN returnedAt TEXT;  -- it was sent again after it had gone, and is kept again since
CREATE INDEX object_purging ON object (id) WHERE purgingAt IS NOT NULL AND purgedAt IS NULL;
CREATE INDEX object_purged ON object (purgedAt DESC, id) WHERE purgedAt IS NOT NULL;
-- What a sweep looks through, oldest first.
CREATE INDEX exam_sweep ON exam (lastArrivedAt, id) WHERE pinned = 0 AND openDeliveries = 0;

CREATE TRIGGER object_gone AFTER UPDATE OF purgedAt ON object WHEN (OLD.purgedAt IS NULL) <> (NEW.purgedAt IS NULL) BEGIN
  UPDATE exam SET version = version + 1,
    purgedObjects = purgedObjects + (NEW.purgedAt IS NOT NULL) - (OLD.purgedAt IS NOT NULL) WHERE id = NEW.examId;
END;

-- Why a file went, and who vouched for which bytes at that moment. Written before the file goes.
CREATE TABLE purge (
  objectId TEXT NOT NULL REFERENCES object (id),
  decidedAt TEXT NOT NULL,
  reason TEXT NOT NULL,
  proofs TEXT NOT NULL,                -- JSON, as in the shape of a proof
  PRIMARY KEY (objectId, decidedAt)
) STRICT, WITHOUT ROWID;

-- Sums of what is gone, so that nobody has to count.
CREATE TABLE purge_total (one INTEGER PRIMARY KEY CHECK (one = 1), objects INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
INSERT INTO purge_total VALUES (1, 0, 0);
CREATE TRIGGER object_gone_total AFTER UPDATE OF purgedAt ON object
WHEN (OLD.purgedAt IS NULL) <> (NEW.purgedAt IS NULL) BEGIN
  UPDATE purge_total SET objects = objects + iif(NEW.purgedAt IS NULL, -1, 1),
    bytes = bytes + iif(NEW.purgedAt IS NULL, -OLD.sizeBytes, NEW.sizeBytes) WHERE one = 1;
END;

-- A device asked whether we hold what it names (PS3.4 J.3.2). Durable before it is answered.
CREATE TABLE vouching (
  id TEXT PRIMARY KEY,
  transactionUid TEXT NOT NULL,
  callingAeTitle TEXT NOT NULL,
  calledAeTitle TEXT NOT NULL,
  address TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('immediate', 'deferred')),
  -- waiting: not every object is settled. due: to be reported. reported: the device took it. given-up: it never did.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'due', 'reported', 'given-up')),
  askedAt TEXT NOT NULL,
  settledAt TEXT,
  nextAttemptAt TEXT,                  -- when it is looked at, or reported, again
  attempts INTEGER NOT NULL DEFAULT 0, -- reports that were not taken
  reportedAt TEXT,
  UNIQUE (callingAeTitle, transactionUid)
) STRICT;
CREATE INDEX vouching_due ON vouching (state, nextAttemptAt) WHERE state IN ('waiting', 'due');
CREATE INDEX vouching_old ON vouching (reportedAt) WHERE state IN ('reported', 'given-up');
CREATE TABLE vouching_item (
  vouchingId TEXT NOT NULL REFERENCES vouching (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  SOPClassUID TEXT NOT NULL,
  SOPInstanceUID TEXT NOT NULL,
  reason INTEGER,                      -- null: not settled. 0: committed. Else the failure reason (PS3.3 C.14.1.1)
  PRIMARY KEY (vouchingId, place)
) STRICT, WITHOUT ROWID;

-- How much comes in an hour is read from it alone.
DROP INDEX object_arrived;
CREATE INDEX object_arrived ON object (arrivedAt, sizeBytes);
`;
