// What the book learns about devices and how an exam counts as complete.
//
// Facts about a device are counted where the object is written down, so that a page of them never counts objects. A
// correction is remembered per exam, source and received identity; an object that came late says which one it follows.
export const devices = `
ALTER TABLE source ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN rejected INTEGER NOT NULL DEFAULT 0;
ALTER TABLE source ADD COLUMN textLies INTEGER NOT NULL DEFAULT 0;     -- objects whose text is not what (0008,0005) says
ALTER TABLE source ADD COLUMN textSays TEXT NOT NULL DEFAULT '';       -- what the last of them declared
ALTER TABLE source ADD COLUMN textSends TEXT NOT NULL DEFAULT '';      -- 'UTF-8', or 'other' when it is neither
ALTER TABLE source ADD COLUMN otherModality INTEGER NOT NULL DEFAULT 0; -- objects of another modality than expected
ALTER TABLE source ADD COLUMN lastOtherModality TEXT NOT NULL DEFAULT '';
UPDATE source SET resent = counted.resent, rejected = counted.rejected FROM (
  SELECT sourceId, sum(resent) AS resent, sum(state = 'rejected') AS rejected FROM object GROUP BY sourceId
) AS counted WHERE counted.sourceId = source.id;
CREATE TRIGGER object_rejection AFTER UPDATE OF state ON object WHEN (OLD.state = 'rejected') <> (NEW.state = 'rejected')
BEGIN
  UPDATE source SET rejected = rejected + (NEW.state = 'rejected') - (OLD.state = 'rejected') WHERE id = NEW.sourceId;
END;

-- Who was turned away and nobody has decided about. Never more than flow/new-devices allows.
CREATE TABLE new_device (
  aeTitle TEXT NOT NULL,
  address TEXT NOT NULL,
  certificateSha256 TEXT,
  certificateSubject TEXT,
  firstSeenAt TEXT NOT NULL,
  lastSeenAt TEXT NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (aeTitle, address)
) STRICT, WITHOUT ROWID;

-- How often a listed device was turned away. deviceId is that of the settings.
CREATE TABLE kept_out (
  deviceId TEXT PRIMARY KEY,
  times INTEGER NOT NULL,
  lastAt TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A correction that late images of the same source and the same received identity follow, until it expires or is ended.
CREATE TABLE remembered (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  sourceId TEXT NOT NULL REFERENCES source (id),
  identity TEXT NOT NULL,              -- JSON: the five identity attributes as received
  by TEXT NOT NULL,
  decidedAt TEXT NOT NULL,
  expiresAt TEXT NOT NULL,
  endedAt TEXT,                        -- undone, deleted, or replaced by a later decision
  followed INTEGER NOT NULL DEFAULT 0  -- late objects that followed it
) STRICT;
CREATE INDEX remembered_exam ON remembered (examId) WHERE endedAt IS NULL;
CREATE INDEX remembered_newest ON remembered (decidedAt DESC) WHERE endedAt IS NULL;

ALTER TABLE object ADD COLUMN late INTEGER NOT NULL DEFAULT 0; -- came after a correction or an approval: 1; 2 when it says the chosen patient
ALTER TABLE object ADD COLUMN rememberedId TEXT;               -- what it follows by itself; null: nothing
CREATE INDEX object_late ON object (examId, state) WHERE late > 0;
`;
