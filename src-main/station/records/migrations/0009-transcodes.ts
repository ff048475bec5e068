// What the book learns about revisions in another transfer syntax.
export const transcodes = `
-- The one form in which a revision leaves in a syntax that is not its own. Written down before the first byte of it
-- leaves, never changed: made again it must have the same digest.
CREATE TABLE transcode (
  revisionId TEXT NOT NULL REFERENCES revision (id),
  TransferSyntaxUID TEXT NOT NULL,
  dataSetOffset INTEGER NOT NULL,
  dataSetLength INTEGER NOT NULL,
  dataSetSha256 TEXT NOT NULL,
  framesCompared INTEGER NOT NULL,
  madeAt TEXT NOT NULL,
  kept INTEGER NOT NULL DEFAULT 1,     -- its file is there
  PRIMARY KEY (revisionId, TransferSyntaxUID)
) STRICT, WITHOUT ROWID;
CREATE INDEX transcode_kept ON transcode (madeAt) WHERE kept = 1;
`;
