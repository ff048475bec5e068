// What an order or a person set beyond plain texts of an exam: applied orders, values per object.
//
// A correction that was taken back stays as history: it has undoneAt, counts for nothing, and has seen no object.
export const corrections = `
ALTER TABLE correction ADD COLUMN undoneAt TEXT;

-- An order that a person gave to an exam, with what it said then. Without removedAt it counts; at most one does.
CREATE TABLE applied_order (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  orderId TEXT NOT NULL,
  content TEXT NOT NULL,               -- JSON: orderContentShape of the contract
  reason TEXT NOT NULL CHECK (reason IN ('CORRECT', 'COERCE')),
  StudyID TEXT NOT NULL,
  StudyInstanceUID TEXT NOT NULL,      -- that the objects leave under; '' their own
  correctionId TEXT,                   -- the texts of the exam that it set; null when it set none
  correctedBefore TEXT NOT NULL,       -- JSON: the corrections of the exam before it
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  removedBy TEXT,
  removedAt TEXT
) STRICT;
CREATE UNIQUE INDEX applied_order_exam ON applied_order (examId) WHERE removedAt IS NULL;
CREATE INDEX applied_order_order ON applied_order (orderId) WHERE removedAt IS NULL;

-- What people said of one object, in order; a later row counts over an earlier one.
CREATE TABLE object_correction (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL REFERENCES exam (id),
  objectId TEXT NOT NULL REFERENCES object (id),
  attributes TEXT NOT NULL,            -- JSON: keyword -> text, or null for as received
  codes TEXT NOT NULL,                 -- JSON: keyword -> code of the contract, or null for as received
  reason TEXT NOT NULL CHECK (reason IN ('CORRECT', 'COERCE')),
  by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX object_correction_object ON object_correction (objectId);
CREATE INDEX object_correction_exam ON object_correction (examId);
`;
