// Split, merge, move and copy: where objects went, under which UIDs, and the way back.
//
// A row of uid_map is one object in one step: what it was filed under before and is filed under since (IHE RAD-61: the
// map is kept for late arrivals). They name exams and objects without a reference, because a rebuilt book learns of the
// step before the exam that it makes. An exam that lost all its images keeps its row, is counted as 'empty' and shown
// nowhere.
export const rearranging = `
ALTER TABLE exam ADD COLUMN emptied INTEGER NOT NULL DEFAULT 0; -- its images are all in other exams

CREATE TABLE rearrangement (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('split', 'move', 'merge', 'split-series', 'copy', 'late')),
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  corrections TEXT NOT NULL DEFAULT '[]', -- JSON: [{examId, correctionId, former, given}] made together with it
  undoneAt TEXT,
  undoneBy TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE uid_map (
  id TEXT PRIMARY KEY,
  rearrangementId TEXT NOT NULL,
  place INTEGER NOT NULL,              -- order within the rearrangement
  objectId TEXT NOT NULL,
  copyOf TEXT,                         -- the object whose received bytes it shares; null for what was moved
  file TEXT,                           -- of a copy: its name below objects/
  formerExamId TEXT NOT NULL,
  formerStudy TEXT NOT NULL,
  formerSeries TEXT NOT NULL,
  formerObject TEXT NOT NULL,
  formerLate TEXT NOT NULL DEFAULT '', -- JSON: {late, rememberedId} when it was not in time
  examId TEXT NOT NULL,
  study TEXT NOT NULL,
  series TEXT NOT NULL,
  object TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;
CREATE INDEX object_same ON object (sameAs) WHERE sameAs IS NOT NULL;
CREATE INDEX uid_map_former ON uid_map (formerExamId, formerSeries);
CREATE INDEX uid_map_exam ON uid_map (examId);
CREATE INDEX uid_map_object ON uid_map (objectId, since);
CREATE INDEX uid_map_rearrangement ON uid_map (rearrangementId, place);

DROP TRIGGER exam_added;
DROP TRIGGER exam_moved;
DROP TRIGGER exam_removed;
CREATE TRIGGER exam_added AFTER INSERT ON exam BEGIN
  INSERT INTO exam_count VALUES (iif(NEW.emptied <> 0, 'empty', NEW.stage), 1) ON CONFLICT DO UPDATE SET exams = exams + 1;
END;
CREATE TRIGGER exam_moved AFTER UPDATE OF held, undecided, conflicts, approved, emptied ON exam
WHEN iif(OLD.emptied <> 0, 'empty', OLD.stage) <> iif(NEW.emptied <> 0, 'empty', NEW.stage) BEGIN
  UPDATE exam_count SET exams = exams - 1 WHERE stage = iif(OLD.emptied <> 0, 'empty', OLD.stage);
  INSERT INTO exam_count VALUES (iif(NEW.emptied <> 0, 'empty', NEW.stage), 1) ON CONFLICT DO UPDATE SET exams = exams + 1;
END;
CREATE TRIGGER exam_removed AFTER DELETE ON exam BEGIN
  UPDATE exam_count SET exams = exams - 1 WHERE stage = iif(OLD.emptied <> 0, 'empty', OLD.stage);
END;
`;
