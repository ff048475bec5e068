// Orders of the hospital, from worklist and messages, and what is known of their sources.
//
// An order stays when its source is down or has forgotten it: seenAt says when the source last said something new of it,
// goneAt since when the source answers without it.
export const orders = `
CREATE TABLE hospital_order (
  id TEXT PRIMARY KEY,
  sourceId TEXT NOT NULL,              -- id of a worklist or feed in the settings; 'typed' when a person made it
  sourceKind TEXT NOT NULL CHECK (sourceKind IN ('worklist', 'hl7', 'typed')),
  sourceKey TEXT NOT NULL,             -- what makes it the same order when the source speaks of it again
  state TEXT NOT NULL CHECK (state IN ('scheduled', 'arrived', 'started', 'done', 'cancelled')),
  content TEXT NOT NULL,               -- JSON: orderContentShape of the contract
  -- from the content, for lists and look-ups
  PatientID TEXT NOT NULL,
  IssuerOfPatientID TEXT NOT NULL,
  PatientName TEXT NOT NULL,
  PatientBirthDate TEXT NOT NULL,
  AccessionNumber TEXT NOT NULL,
  StudyInstanceUID TEXT NOT NULL,
  Modality TEXT NOT NULL,
  ScheduledStationAETitle TEXT NOT NULL, -- of all of them, '\\' before, between and after
  scheduledFor TEXT NOT NULL,          -- YYYYMMDDHHMMSS of the hospital's clock, as long as it was said; '' unknown
  searchText TEXT NOT NULL,            -- folded text of what a search looks through
  firstSeenAt TEXT NOT NULL,
  seenAt TEXT NOT NULL,
  changedAt TEXT NOT NULL,
  goneAt TEXT,                         -- a worklist answered without it since then: done, cancelled or moved there
  UNIQUE (sourceId, sourceKey)
) STRICT;
CREATE INDEX hospital_order_day ON hospital_order (scheduledFor, id);
CREATE INDEX hospital_order_patient ON hospital_order (PatientID);
CREATE INDEX hospital_order_birth ON hospital_order (PatientBirthDate) WHERE PatientBirthDate <> '';
CREATE INDEX hospital_order_accession ON hospital_order (AccessionNumber) WHERE AccessionNumber <> '';
CREATE INDEX hospital_order_study ON hospital_order (StudyInstanceUID) WHERE StudyInstanceUID <> '';
CREATE INDEX hospital_order_seen ON hospital_order (seenAt);

-- What a search looks through, by pieces of three letters. Numbered as the rows of hospital_order.
CREATE VIRTUAL TABLE order_search USING fts5(text, content = '', contentless_delete = 1, tokenize = 'trigram');
CREATE TRIGGER order_search_added AFTER INSERT ON hospital_order BEGIN
  INSERT INTO order_search (rowid, text) VALUES (NEW.rowid, NEW.searchText);
END;
CREATE TRIGGER order_search_changed AFTER UPDATE OF searchText ON hospital_order WHEN OLD.searchText <> NEW.searchText BEGIN
  DELETE FROM order_search WHERE rowid = OLD.rowid;
  INSERT INTO order_search (rowid, text) VALUES (NEW.rowid, NEW.searchText);
END;
CREATE TRIGGER order_search_removed AFTER DELETE ON hospital_order BEGIN
  DELETE FROM order_search WHERE rowid = OLD.rowid;
END;

-- When a worklist was asked, and what it last said. Worked out anew by asking.
CREATE TABLE order_source (
  id TEXT PRIMARY KEY,
  answeredAt TEXT,                     -- the last time that all of it came
  failedAt TEXT,                       -- since when it does not answer; NULL while it does
  answer TEXT                          -- JSON: key and parameters of what it last said
) STRICT;
`;
