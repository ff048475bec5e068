// What other systems are told of a procedure: performed procedure steps, availability, status; queued in order.
export const notices = `
-- What was performed for an exam, as modality performed procedure steps know it: never changed after its end.
CREATE TABLE performed_step (
  stepUid TEXT PRIMARY KEY,            -- SOP Instance UID of the step
  examId TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('in-progress', 'completed', 'discontinued')),
  objects TEXT NOT NULL DEFAULT '[]',  -- JSON: ids of the approved objects that it says were made
  beganAt TEXT NOT NULL,
  endedAt TEXT,
  availableAt TEXT                     -- when it was enqueued that its objects are available
) STRICT;
CREATE INDEX performed_step_exam ON performed_step (examId);
CREATE INDEX performed_step_open ON performed_step (state) WHERE state = 'in-progress';
CREATE INDEX performed_step_unavailable ON performed_step (endedAt) WHERE availableAt IS NULL;

-- One message to one receiver. Those of a receiver leave in the order of their numbers.
CREATE TABLE notice (
  number INTEGER PRIMARY KEY,
  receiver TEXT NOT NULL CHECK (receiver IN ('mpps', 'ian', 'hl7')),
  kind TEXT NOT NULL CHECK (kind IN ('begun', 'completed', 'discontinued', 'available')),
  examId TEXT NOT NULL,
  stepUid TEXT NOT NULL,
  content TEXT NOT NULL,               -- JSON: attributes by keyword; for HL7 the message as a text
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'cancelled')),
  attempts INTEGER NOT NULL DEFAULT 0,
  unknownAttempts INTEGER NOT NULL DEFAULT 0, -- bytes left and no answer came
  answer TEXT,                         -- JSON {key, params}: what was last heard
  answerAt TEXT,
  nextAttemptAt TEXT NOT NULL,
  createdAt TEXT NOT NULL
) STRICT;
CREATE INDEX notice_waiting ON notice (receiver, number) WHERE state = 'waiting';
CREATE INDEX notice_step ON notice (stepUid);
CREATE INDEX notice_exam ON notice (examId);

-- Since when a receiver is told: what was approved before is none of its business.
CREATE TABLE notice_since (receiver TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT;
`;
