// What the book learns about how the outbox stands as a whole, and about alerts.
//
// Every sum that a screen, an alert or a scrape asks for is kept by triggers where a delivery moves, so that it costs the
// same at ten deliveries and at a hundred thousand. All of it but `alert` follows from deliveries and attempts.
const tables = `
-- Exams that have deliveries, in the order of the Outbox.
CREATE TABLE outbox_exam (
  examId TEXT PRIMARY KEY,
  at TEXT,                             -- approvedAt of the exam
  open INTEGER NOT NULL DEFAULT 0,     -- deliveries neither confirmed nor cancelled
  waiting INTEGER NOT NULL DEFAULT 0   -- of the destination for which most wait
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_newest ON outbox_exam (at DESC, examId) WHERE at IS NOT NULL;
CREATE INDEX outbox_open ON outbox_exam (at DESC, examId) WHERE at IS NOT NULL AND open > 0;
CREATE TABLE outbox_sum (one INTEGER PRIMARY KEY CHECK (one = 1), exams INTEGER NOT NULL, open INTEGER NOT NULL,
  waiting INTEGER NOT NULL) STRICT;
INSERT INTO outbox_sum VALUES (1, 0, 0, 0);

CREATE TABLE destination_count (
  destinationId TEXT NOT NULL, stage TEXT NOT NULL, deliveries INTEGER NOT NULL, exams INTEGER NOT NULL,
  PRIMARY KEY (destinationId, stage)
) STRICT, WITHOUT ROWID;

-- What waits of an exam for a destination, by priority; since: when the first of it was approved, or asked for again.
CREATE TABLE exam_waiting (
  examId TEXT NOT NULL, destinationId TEXT NOT NULL, priority INTEGER NOT NULL,
  deliveries INTEGER NOT NULL, bytes INTEGER NOT NULL, since TEXT NOT NULL,
  PRIMARY KEY (examId, destinationId, priority)
) STRICT, WITHOUT ROWID;
CREATE INDEX exam_waiting_since ON exam_waiting (destinationId, priority, since);
CREATE TABLE waiting_bytes (destinationId TEXT PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- What only grows: 'sent-objects', 'sent-bytes', 'attempts:' and their outcome.
CREATE TABLE outbox_total (
  destinationId TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (destinationId, name)
) STRICT, WITHOUT ROWID;
-- Proofs of the last days, by minute, because a day begins at another minute in each zone.
CREATE TABLE proved_minute (
  destinationId TEXT NOT NULL, minute TEXT NOT NULL, deliveries INTEGER NOT NULL, PRIMARY KEY (destinationId, minute)
) STRICT, WITHOUT ROWID;

-- An alert that stands. It goes with its reason and not before; who acknowledged it, and how bad it was then.
CREATE TABLE alert (
  id TEXT PRIMARY KEY,
  since TEXT NOT NULL,
  grades TEXT NOT NULL,                -- JSON: how bad it is, in numbers that are compared one by one
  acknowledgedBy TEXT,
  acknowledgedAt TEXT,
  acknowledgedGrades TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_next_of_exam ON delivery (examId, destinationId, nextAttemptAt) WHERE nextAttemptAt IS NOT NULL;
CREATE INDEX delivery_proof_of_exam ON delivery (examId, destinationId, confirmedAt) WHERE confirmedAt IS NOT NULL;
CREATE INDEX delivery_answer_of_exam ON delivery (examId, destinationId, answerAt) WHERE answerAt IS NOT NULL;
`;

/** What an earlier program left, counted once. */
const taken = `
INSERT INTO outbox_exam SELECT exam.id, exam.approvedAt,
    sum(iif(delivery_count.stage IN ('confirmed', 'cancelled'), 0, deliveries)), max(iif(delivery_count.stage = 'waiting', deliveries, 0))
  FROM delivery_count JOIN exam ON exam.id = delivery_count.examId GROUP BY exam.id;
UPDATE outbox_sum SET exams = (SELECT count(*) FROM outbox_exam WHERE at IS NOT NULL),
  open = (SELECT count(*) FROM outbox_exam WHERE at IS NOT NULL AND open > 0),
  waiting = (SELECT coalesce(sum(waiting), 0) FROM outbox_exam);
INSERT INTO destination_count SELECT destinationId, stage, sum(deliveries), count(*) FROM delivery_count
  GROUP BY destinationId, stage;
INSERT INTO exam_waiting SELECT delivery.examId, destinationId, priority, count(*), sum(sizeBytes), min(delivery.createdAt)
  FROM delivery JOIN revision ON revision.id = revisionId WHERE stage = 'waiting'
  GROUP BY delivery.examId, destinationId, priority;
INSERT INTO waiting_bytes SELECT destinationId, sum(bytes) FROM exam_waiting GROUP BY destinationId;
INSERT INTO outbox_total SELECT destinationId, 'sent-objects', count(*) FROM delivery WHERE sentAt IS NOT NULL
  GROUP BY destinationId;
INSERT INTO outbox_total SELECT destinationId, 'sent-bytes', sum(sizeBytes) FROM delivery
  JOIN revision ON revision.id = revisionId WHERE sentAt IS NOT NULL GROUP BY destinationId;
INSERT INTO outbox_total SELECT destinationId, 'attempts:' || outcome, count(*) FROM attempt
  JOIN delivery ON delivery.id = deliveryId WHERE outcome <> 'underway' GROUP BY destinationId, outcome;
INSERT INTO proved_minute SELECT destinationId, substr(confirmedAt, 1, 16) AS minute, count(*) FROM delivery
  WHERE confirmedAt IS NOT NULL AND confirmedBy IN ('commitment', 'query') GROUP BY destinationId, minute;
`;

const sums = `
CREATE TRIGGER outbox_exam_added AFTER INSERT ON outbox_exam BEGIN
  UPDATE outbox_sum SET exams = exams + (NEW.at IS NOT NULL), open = open + (NEW.at IS NOT NULL AND NEW.open > 0),
    waiting = waiting + NEW.waiting WHERE one = 1;
END;
CREATE TRIGGER outbox_exam_changed AFTER UPDATE ON outbox_exam
WHEN OLD.waiting <> NEW.waiting OR (OLD.at IS NULL) <> (NEW.at IS NULL) OR (OLD.open > 0) <> (NEW.open > 0) BEGIN
  UPDATE outbox_sum SET exams = exams + (NEW.at IS NOT NULL) - (OLD.at IS NOT NULL),
    open = open + (NEW.at IS NOT NULL AND NEW.open > 0) - (OLD.at IS NOT NULL AND OLD.open > 0),
    waiting = waiting + NEW.waiting - OLD.waiting WHERE one = 1;
END;
CREATE TRIGGER outbox_exam_approved AFTER UPDATE OF approvedAt ON exam WHEN OLD.approvedAt IS NOT NEW.approvedAt BEGIN
  UPDATE outbox_exam SET at = NEW.approvedAt WHERE examId = NEW.id;
END;

CREATE TRIGGER delivery_count_added AFTER INSERT ON delivery_count BEGIN
  INSERT INTO destination_count VALUES (NEW.destinationId, NEW.stage, NEW.deliveries, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + excluded.deliveries, exams = exams + 1;
  INSERT INTO outbox_exam VALUES (NEW.examId, (SELECT approvedAt FROM exam WHERE id = NEW.examId),
      iif(NEW.stage IN ('confirmed', 'cancelled'), 0, NEW.deliveries), iif(NEW.stage = 'waiting', NEW.deliveries, 0))
    ON CONFLICT DO UPDATE SET open = open + excluded.open, waiting = max(waiting, excluded.waiting);
END;
CREATE TRIGGER delivery_count_changed AFTER UPDATE OF deliveries ON delivery_count BEGIN
  UPDATE destination_count SET deliveries = deliveries + NEW.deliveries - OLD.deliveries
    WHERE destinationId = NEW.destinationId AND stage = NEW.stage;
  UPDATE outbox_exam SET open = open + NEW.deliveries - OLD.deliveries,
      waiting = iif(NEW.stage = 'waiting',
        (SELECT max(deliveries) FROM delivery_count WHERE examId = NEW.examId AND stage = 'waiting'), waiting)
    WHERE examId = NEW.examId AND NEW.stage NOT IN ('confirmed', 'cancelled');
END;
-- It is brought to 0 before it goes.
CREATE TRIGGER delivery_count_gone AFTER DELETE ON delivery_count BEGIN
  UPDATE destination_count SET exams = exams - 1 WHERE destinationId = OLD.destinationId AND stage = OLD.stage;
END;
`;

const waiting = `
CREATE TRIGGER exam_waiting_added AFTER INSERT ON delivery WHEN NEW.stage = 'waiting' BEGIN
  INSERT INTO exam_waiting VALUES (NEW.examId, NEW.destinationId, NEW.priority, 1,
      (SELECT sizeBytes FROM revision WHERE id = NEW.revisionId), NEW.createdAt)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1, bytes = bytes + excluded.bytes,
      since = min(since, excluded.since);
END;
CREATE TRIGGER exam_waiting_moved AFTER UPDATE OF state, priority ON delivery
WHEN (OLD.stage = 'waiting') <> (NEW.stage = 'waiting') OR (NEW.stage = 'waiting' AND OLD.priority <> NEW.priority) BEGIN
  UPDATE exam_waiting SET deliveries = deliveries - 1,
      bytes = bytes - (SELECT sizeBytes FROM revision WHERE id = OLD.revisionId)
    WHERE examId = OLD.examId AND destinationId = OLD.destinationId AND priority = OLD.priority AND OLD.stage = 'waiting';
  DELETE FROM exam_waiting WHERE examId = OLD.examId AND destinationId = OLD.destinationId
    AND priority = OLD.priority AND deliveries = 0;
  INSERT INTO exam_waiting SELECT NEW.examId, NEW.destinationId, NEW.priority, 1, sizeBytes,
      -- One that had arrived waits since it is wanted again.
      iif(OLD.stage IN ('confirmed', 'cancelled'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.createdAt)
    FROM revision WHERE id = NEW.revisionId AND NEW.stage = 'waiting'
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1, bytes = bytes + excluded.bytes,
      since = min(since, excluded.since);
END;
CREATE TRIGGER waiting_bytes_added AFTER INSERT ON exam_waiting BEGIN
  INSERT INTO waiting_bytes VALUES (NEW.destinationId, NEW.bytes) ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER waiting_bytes_changed AFTER UPDATE OF bytes ON exam_waiting WHEN OLD.bytes <> NEW.bytes BEGIN
  UPDATE waiting_bytes SET bytes = bytes + NEW.bytes - OLD.bytes WHERE destinationId = NEW.destinationId;
END;
CREATE TRIGGER waiting_bytes_gone AFTER DELETE ON exam_waiting WHEN OLD.bytes <> 0 BEGIN
  UPDATE waiting_bytes SET bytes = bytes - OLD.bytes WHERE destinationId = OLD.destinationId;
END;
`;

const totals = `
CREATE TRIGGER outbox_total_sent AFTER UPDATE OF sentAt ON delivery
WHEN NEW.sentAt IS NOT NULL AND OLD.sentAt IS NOT NEW.sentAt BEGIN
  INSERT INTO outbox_total VALUES (NEW.destinationId, 'sent-objects', 1) ON CONFLICT DO UPDATE SET value = value + 1;
  INSERT INTO outbox_total VALUES (NEW.destinationId, 'sent-bytes', (SELECT sizeBytes FROM revision WHERE id = NEW.revisionId))
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
END;
CREATE TRIGGER outbox_total_tried AFTER UPDATE OF outcome ON attempt
WHEN OLD.outcome = 'underway' AND NEW.outcome <> 'underway' BEGIN
  INSERT INTO outbox_total SELECT destinationId, 'attempts:' || NEW.outcome, 1 FROM delivery WHERE id = NEW.deliveryId
    ON CONFLICT DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER proved_minute_moved AFTER UPDATE OF confirmedAt ON delivery WHEN OLD.confirmedAt IS NOT NEW.confirmedAt BEGIN
  UPDATE proved_minute SET deliveries = deliveries - 1 WHERE destinationId = OLD.destinationId
    AND minute = substr(OLD.confirmedAt, 1, 16) AND OLD.confirmedBy IN ('commitment', 'query');
  INSERT INTO proved_minute SELECT NEW.destinationId, substr(NEW.confirmedAt, 1, 16), 1
    WHERE NEW.confirmedBy IN ('commitment', 'query') AND NEW.confirmedAt IS NOT NULL
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
END;
CREATE TRIGGER proved_minute_old AFTER INSERT ON proved_minute BEGIN
  DELETE FROM proved_minute
    WHERE destinationId = NEW.destinationId AND minute < date(substr(NEW.minute, 1, 10), '-2 days');
END;
`;

export const alerts = `${tables}${taken}${sums}${waiting}${totals}`;
