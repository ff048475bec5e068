// Corrections after release: which rearrangement made the copies, and which notes speak of what they take the place of.
// And rejection notes that came from devices: what each says of which images, and what a person made of it.
//
// They name objects and exams without a reference, because a rebuilt book may learn of them first.
export const releaseTwo = `
CREATE TABLE release_correction (
  rearrangementId TEXT PRIMARY KEY,    -- that made the copies, and goes back with it
  examId TEXT NOT NULL,                -- of the images that left
  targetExamId TEXT NOT NULL,          -- of the copies
  study TEXT NOT NULL,
  noteIds TEXT NOT NULL,               -- JSON
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  undoneAt TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE device_note (
  objectId TEXT PRIMARY KEY,           -- the note as it came
  title TEXT NOT NULL,                 -- of CID 7010
  reason TEXT NOT NULL,                -- of CID 7011; '' when it says none
  text TEXT NOT NULL,
  uids TEXT NOT NULL,                  -- JSON: SOP Instance UIDs of what it speaks of
  seenAt TEXT NOT NULL,
  answer TEXT,                         -- 'follow', 'dismiss'; 'retention' when nobody has to answer
  answeredAt TEXT,
  by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX device_note_open ON device_note (seenAt) WHERE answer IS NULL;
CREATE TABLE seen_key_object (
  objectId TEXT PRIMARY KEY            -- a key object selection that takes nothing back
) STRICT, WITHOUT ROWID;
CREATE INDEX object_key_selection ON object (examId) WHERE SOPClassUID = '1.2.840.10008.5.1.4.1.1.88.59';
CREATE INDEX uid_map_copy ON uid_map (copyOf) WHERE copyOf IS NOT NULL;
`;
