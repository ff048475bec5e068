// Orders of the hospital, from worklist and messages, and what is known of their sources.
//
// An order stays when its source is down or has forgotten it: seenAt says when the source last spoke of it.
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
  ScheduledStationAETitle TEXT NOT NULL,
  scheduledFor TEXT NOT NULL,          -- YYYYMMDDHHMMSS of the hospital's clock, as long as it was said; '' unknown
  searchText TEXT NOT NULL,            -- folded text of what a search looks through
  firstSeenAt TEXT NOT NULL,
  seenAt TEXT NOT NULL,
  changedAt TEXT NOT NULL,
  UNIQUE (sourceId, sourceKey)
) STRICT;
CREATE INDEX hospital_order_day ON hospital_order (scheduledFor, id);
CREATE INDEX hospital_order_patient ON hospital_order (PatientID);
CREATE INDEX hospital_order_accession ON hospital_order (AccessionNumber) WHERE AccessionNumber <> '';
CREATE INDEX hospital_order_study ON hospital_order (StudyInstanceUID) WHERE StudyInstanceUID <> '';
`;
