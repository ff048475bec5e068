// What people choose and draw on pictures, boxes of burned-in text by device, and the objects that are made of both.
//
// Nothing of it touches a received object. All three tables name objects without a reference, because a rebuilt book may
// learn of them first.
export const presentation = `
CREATE TABLE object_markup (
  objectId TEXT PRIMARY KEY,
  markup TEXT NOT NULL,                -- JSON of contract/shapes/markup
  by TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- Text that a device burns into its pictures stands at the same place in all of one size.
CREATE TABLE device_redaction (
  device TEXT NOT NULL,                -- JSON: manufacturer, model, station and modality as the images say them
  rows INTEGER NOT NULL,
  columns INTEGER NOT NULL,
  boxes TEXT NOT NULL,                 -- JSON
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (device, rows, columns)
) STRICT, WITHOUT ROWID;
-- Written before the file of a made object is placed: one that an approval did not take is known by it after a crash.
CREATE TABLE made_object (
  objectId TEXT PRIMARY KEY,
  examId TEXT NOT NULL,
  SOPInstanceUID TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('state', 'baked')),
  sources TEXT NOT NULL,               -- JSON: ids of the objects it was made of
  replaces INTEGER NOT NULL,           -- 1: its source does not leave
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  takenAt TEXT                         -- when an approval took it; null while it is being made
) STRICT, WITHOUT ROWID;
CREATE INDEX made_object_exam ON made_object (examId);
CREATE INDEX made_object_open ON made_object (at) WHERE takenAt IS NULL;
`;
