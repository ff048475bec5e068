// What the book learns about what recovery and scrubbing need to know.
export const recovery = `
-- Number of the last change that was written to the journal beside the book, set in the transaction of the change.
CREATE TABLE journal_mark (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO journal_mark VALUES (1, 0);

-- Folders of the store that were compared with the book, and how they stood then: one that did not change since is
-- not compared again at a start.
CREATE TABLE folder_checked (folder TEXT PRIMARY KEY, changedAtMs REAL NOT NULL) STRICT, WITHOUT ROWID;

-- How often it was tried to write down a file that has no row; counted before the try, so that a try that ends the
-- station counts too.
CREATE TABLE adoption (file TEXT PRIMARY KEY, tries INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- One reading of every object, in the order of file names. The newest round is the one that runs when endedAt is null.
CREATE TABLE scrub_round (
  number INTEGER PRIMARY KEY,
  startedAt TEXT NOT NULL,
  endedAt TEXT,
  lastFile TEXT NOT NULL DEFAULT '',
  objects INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  damaged INTEGER NOT NULL DEFAULT 0,
  missing INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX revision_recipe ON revision (recipeFile) WHERE recipeFile IS NOT NULL;
`;
