// The patient's earlier exams that were fetched from an archive to be looked at: a cache, no exams.
//
// Nothing else of the book refers to these tables, so that what is in them is never forwarded, counted or purged with
// exams. They can be emptied at any time: the archive has it all.
export const priors = `
CREATE TABLE prior_study (
  id TEXT PRIMARY KEY,
  destinationId TEXT NOT NULL,         -- the archive that it came from
  StudyInstanceUID TEXT NOT NULL,
  PatientID TEXT NOT NULL,             -- whom the archive was asked for
  IssuerOfPatientID TEXT NOT NULL,
  said TEXT NOT NULL,                  -- JSON: what the archive says of it
  expected INTEGER,                    -- objects that it says there are; null until it was asked
  complete INTEGER NOT NULL DEFAULT 0, -- all of them are here, or can never be
  leftOut INTEGER NOT NULL DEFAULT 0,  -- objects that did not come or were not taken
  sizeBytes INTEGER NOT NULL DEFAULT 0,
  fetchedAt TEXT NOT NULL,
  usedAt TEXT NOT NULL,
  UNIQUE (destinationId, StudyInstanceUID)
) STRICT;
CREATE INDEX prior_study_patient ON prior_study (PatientID);
CREATE INDEX prior_study_used ON prior_study (usedAt);
CREATE INDEX prior_study_fetched ON prior_study (fetchedAt);
CREATE TABLE prior_object (
  id TEXT PRIMARY KEY,                 -- its file is priors/<id>.dcm
  studyId TEXT NOT NULL,
  SeriesInstanceUID TEXT NOT NULL,
  SOPInstanceUID TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  dataSetOffset INTEGER NOT NULL,
  TransferSyntaxUID TEXT NOT NULL,
  content TEXT NOT NULL,               -- JSON: what of its header is shown
  UNIQUE (studyId, SOPInstanceUID)
) STRICT;
`;
