// Sums of the outbox for many moves at once.
//
// Each sum is kept by a trigger where a delivery moves: some twenty statements for each. When 64 objects of an exam were
// sent, the same rows were counted up 64 times. Who moves many alike holds the counting, moves them, lets it go and adds the
// sums himself, within one transaction: a roll-back takes back all of it, and a book at rest never holds it.
const isCounting = '(SELECT held FROM counting) = 0';

export const countingHeld = `
CREATE TABLE counting (one INTEGER PRIMARY KEY CHECK (one = 1), held INTEGER NOT NULL) STRICT;
INSERT INTO counting VALUES (1, 0);

DROP TRIGGER delivery_moved;
CREATE TRIGGER delivery_moved AFTER UPDATE OF state, required ON delivery
WHEN (OLD.stage <> NEW.stage OR OLD.required <> NEW.required) AND ${isCounting} BEGIN
  UPDATE delivery_count SET deliveries = deliveries - 1
    WHERE examId = OLD.examId AND destinationId = OLD.destinationId AND stage = OLD.stage;
  INSERT INTO delivery_count VALUES (NEW.examId, NEW.destinationId, NEW.stage, 1)
    ON CONFLICT DO UPDATE SET deliveries = deliveries + 1;
  DELETE FROM delivery_count
    WHERE examId = OLD.examId AND destinationId = OLD.destinationId AND stage = OLD.stage AND deliveries = 0;
  UPDATE exam SET openDeliveries = openDeliveries
      + (NEW.required = 1 AND NEW.stage NOT IN ('confirmed', 'cancelled'))
      - (OLD.required = 1 AND OLD.stage NOT IN ('confirmed', 'cancelled'))
    WHERE id = NEW.examId AND (NEW.required = 1 AND NEW.stage NOT IN ('confirmed', 'cancelled'))
      <> (OLD.required = 1 AND OLD.stage NOT IN ('confirmed', 'cancelled'));
END;

DROP TRIGGER exam_waiting_moved;
CREATE TRIGGER exam_waiting_moved AFTER UPDATE OF state, priority ON delivery
WHEN ((OLD.stage = 'waiting') <> (NEW.stage = 'waiting') OR (NEW.stage = 'waiting' AND OLD.priority <> NEW.priority))
  AND ${isCounting} BEGIN
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

DROP TRIGGER outbox_total_sent;
CREATE TRIGGER outbox_total_sent AFTER UPDATE OF sentAt ON delivery
WHEN NEW.sentAt IS NOT NULL AND OLD.sentAt IS NOT NEW.sentAt AND ${isCounting} BEGIN
  INSERT INTO outbox_total VALUES (NEW.destinationId, 'sent-objects', 1) ON CONFLICT DO UPDATE SET value = value + 1;
  INSERT INTO outbox_total VALUES (NEW.destinationId, 'sent-bytes', (SELECT sizeBytes FROM revision WHERE id = NEW.revisionId))
    ON CONFLICT DO UPDATE SET value = value + excluded.value;
END;

DROP TRIGGER outbox_total_tried;
CREATE TRIGGER outbox_total_tried AFTER UPDATE OF outcome ON attempt
WHEN OLD.outcome = 'underway' AND NEW.outcome <> 'underway' AND ${isCounting} BEGIN
  INSERT INTO outbox_total SELECT destinationId, 'attempts:' || NEW.outcome, 1 FROM delivery WHERE id = NEW.deliveryId
    ON CONFLICT DO UPDATE SET value = value + 1;
END;
`;
