// Drafts of the form, and second identifiers that people gave before images left.
//
// They name exams without a reference: a rebuilt book learns of them before the exam that it makes.
export const matching = `
CREATE TABLE exam_draft (
  examId TEXT NOT NULL,
  window TEXT NOT NULL,                -- id that a window made for itself
  fields TEXT NOT NULL,                -- JSON: field of the form -> what stands in it
  by TEXT NOT NULL,
  savedAt TEXT NOT NULL,
  PRIMARY KEY (examId, window)
) STRICT;
CREATE INDEX exam_draft_saved ON exam_draft (savedAt);

CREATE TABLE identity_check (
  id TEXT PRIMARY KEY,
  examId TEXT NOT NULL,
  identity TEXT NOT NULL,              -- JSON: [PatientID, PatientName, PatientBirthDate] as they went out then
  keyword TEXT NOT NULL,               -- which of them was given
  how TEXT NOT NULL CHECK (how IN ('typed', 'scanned')),
  by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX identity_check_exam ON identity_check (examId, at);
`;
