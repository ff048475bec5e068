// Notes to the reader: what somebody wrote of an exam, and the objects in which it left.
//
// A note that leaves is written down whole before its file is made; from then on it is an object of the exam like others. Both
// tables name exams and objects without a reference, because a rebuilt book may learn of them first.
export const readerNotes = `
CREATE TABLE exam_note (
  examId TEXT PRIMARY KEY,
  text TEXT NOT NULL,
  by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE note_object (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('key-object', 'document')),
  text TEXT NOT NULL,
  content TEXT,                        -- JSON: all that its bytes are made of; null until the images were read
  objectId TEXT,                       -- null until its bytes are durable and it is on its way
  by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX note_object_open ON note_object (at) WHERE objectId IS NULL;
CREATE INDEX note_object_exam ON note_object (examId);
`;
