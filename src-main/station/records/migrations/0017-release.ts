// After release: rejection notes, and what they say must not be used. A rejected SOP Instance UID never leaves again.
//
// A note is written down whole before its file is made; the file is an object of the exam like others, with a revision
// and deliveries, from then on. Both tables name objects without a reference, because a rebuilt book may learn of them first.
export const release = `
CREATE TABLE rejection_note (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL,
  SOPInstanceUID TEXT NOT NULL UNIQUE,
  content TEXT NOT NULL,               -- JSON: all that its bytes are made of
  objectId TEXT,                       -- of the note itself; null until its bytes are durable
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  settledAt TEXT                       -- when all who may have got what it rejects had a delivery of it
) STRICT;
CREATE INDEX rejection_note_open ON rejection_note (at) WHERE settledAt IS NULL;
CREATE INDEX rejection_note_exam ON rejection_note (examId);
CREATE TABLE rejected_instance (
  objectId TEXT PRIMARY KEY,
  SOPInstanceUID TEXT NOT NULL,
  noteId TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX rejected_instance_uid ON rejected_instance (SOPInstanceUID);
CREATE INDEX rejected_instance_note ON rejected_instance (noteId);
`;
