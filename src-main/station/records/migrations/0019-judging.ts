// What people judged of single images, and what is known of every image to count it by.
//
// Rates are judgement over image_fact: both are kept when the file of an image is purged, and both carry `day` and `hour` of
// the station's own clock at that moment, so that no sum has to know about zones.
//   numerator    FROM judgement WHERE endedAt IS NULL AND verdict IN ('repeated', 'rejected') AND day BETWEEN ...
//   denominator  FROM image_fact WHERE day BETWEEN ...   (by day, sourceId, Modality, BodyPartExamined)
// An object has at most one judgement that stands (endedAt IS NULL). One that was taken back, or that another one replaced,
// keeps its row with endedAt and endedBy and is counted nowhere. An image is the repeat of the one whose standing judgement
// names it in repeatedByObjectId; a standing 'repeated' without it waits for its new image.
// Objects, exams and sources are named without a reference, because a rebuilt book may learn of these rows first.

/** Adds what an object brings to the sums, or takes it away again. */
const intoSums = (view: 'image_received' | 'image_judged', objectId: string, sign: '+' | '-'): string => `
  INSERT INTO image_sum SELECT day, axis, key, ${sign}received, ${sign}(verdict = 'accepted'), ${sign}(verdict = 'repeated'),
      ${sign}(verdict = 'rejected') FROM ${view} WHERE objectId = ${objectId}
    ON CONFLICT DO UPDATE SET received = received + excluded.received, accepted = accepted + excluded.accepted,
      repeated = repeated + excluded.repeated, rejected = rejected + excluded.rejected;`;
const fact = (name: string, when: string, row: 'NEW' | 'OLD', sign: '+' | '-'): string =>
  `CREATE TRIGGER image_sum_${name} ${when} ON image_fact BEGIN
  ${intoSums('image_received', `${row}.objectId`, sign)}${intoSums('image_judged', `${row}.objectId`, sign)}
END;
`;
const said = (name: string, when: string, row: 'NEW' | 'OLD', sign: '+' | '-'): string =>
  `CREATE TRIGGER image_sum_${name} ${when} ON judgement WHEN ${row}.endedAt IS NULL BEGIN
  ${intoSums('image_judged', `${row}.objectId`, sign)}
END;
`;
const factColumns = 'day, hour, sourceId, Modality, BodyPartExamined';
const saidColumns = 'endedAt, verdict, reason, ownLabel, technologist, Modality, BodyPartExamined';
// No BEFORE INSERT: it is also called for a row that then only updates another one.
const sumTriggers = [
  fact('came', 'AFTER INSERT', 'NEW', '+'),
  fact('changes', `BEFORE UPDATE OF ${factColumns}`, 'OLD', '-'),
  fact('changed', `AFTER UPDATE OF ${factColumns}`, 'NEW', '+'),
  fact('goes', 'BEFORE DELETE', 'OLD', '-'),
  said('judged', 'AFTER INSERT', 'NEW', '+'),
  said('judgement_changes', `BEFORE UPDATE OF ${saidColumns}`, 'OLD', '-'),
  said('judgement_changed', `AFTER UPDATE OF ${saidColumns}`, 'NEW', '+'),
  said('judgement_goes', 'BEFORE DELETE', 'OLD', '-'),
].join('');

export const judging = `
CREATE TABLE judgement (
  id TEXT PRIMARY KEY,
  objectId TEXT NOT NULL,
  examId TEXT NOT NULL,                -- goes along when the image moves, while the judgement stands
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'repeated', 'rejected')),
  reason TEXT NOT NULL,                -- code of contract/shapes/reject-reasons.ts; '' when accepted
  ownLabel TEXT NOT NULL DEFAULT '',   -- what the site calls that reason, as it was shown; '' by our own words
  text TEXT NOT NULL DEFAULT '',       -- typed by the technologist
  technologist TEXT NOT NULL,          -- '' when nobody knows any more
  at TEXT NOT NULL,
  timeZone TEXT NOT NULL,              -- of the station, such as 'Europe/Vienna'
  day TEXT NOT NULL,                   -- of the station, YYYY-MM-DD
  hour INTEGER NOT NULL,               -- of the station, 0 to 23: what shifts are made of
  -- the image, as it was known and corrected when it was judged
  sourceId TEXT NOT NULL DEFAULT '',   -- the device: source.id
  deviceKind TEXT NOT NULL DEFAULT '', -- dicom, file, picture
  deviceLabel TEXT NOT NULL DEFAULT '', -- AE title, or name of a file
  deviceAddress TEXT NOT NULL DEFAULT '',
  Modality TEXT NOT NULL DEFAULT '',
  BodyPartExamined TEXT NOT NULL DEFAULT '',
  ViewPosition TEXT NOT NULL DEFAULT '',
  ImageLaterality TEXT NOT NULL DEFAULT '', -- of the image, else of the series
  ExposureIndex REAL,
  TargetExposureIndex REAL,
  DeviationIndex REAL,                 -- that counts: see image_fact.deviation
  repeatedByObjectId TEXT,             -- of a 'repeated': the image that was taken instead
  repeatedAt TEXT,                     -- when that image was linked
  repeatedLinkBy TEXT NOT NULL DEFAULT '', -- who linked it; '' by itself
  endedAt TEXT,
  endedBy TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX judgement_standing ON judgement (objectId) WHERE endedAt IS NULL;
CREATE INDEX judgement_exam ON judgement (examId) WHERE endedAt IS NULL;
CREATE INDEX judgement_day ON judgement (day, verdict) WHERE endedAt IS NULL;
-- The images behind a figure.
CREATE INDEX judgement_kept_back ON judgement (day, objectId, verdict, reason, ownLabel, technologist, Modality,
  BodyPartExamined, endedAt) WHERE endedAt IS NULL AND verdict <> 'accepted';
CREATE INDEX judgement_repeat ON judgement (repeatedByObjectId) WHERE repeatedByObjectId IS NOT NULL AND endedAt IS NULL;

CREATE TRIGGER judgement_moved AFTER UPDATE OF examId ON object WHEN OLD.examId <> NEW.examId BEGIN
  UPDATE judgement SET examId = NEW.examId WHERE objectId = NEW.id AND endedAt IS NULL;
END;

-- One row for each image (an object with pixels that is no second copy of the same bytes), some seconds after it came.
CREATE TABLE image_fact (
  objectId TEXT PRIMARY KEY,
  sourceId TEXT NOT NULL,
  arrivedAt TEXT NOT NULL,
  day TEXT NOT NULL,                   -- of the station when it arrived
  hour INTEGER NOT NULL,
  Modality TEXT NOT NULL,
  BodyPartExamined TEXT NOT NULL,
  ViewPosition TEXT NOT NULL,
  ImageLaterality TEXT NOT NULL,       -- of the image, else of the series
  OperatorsName TEXT NOT NULL,
  StationName TEXT NOT NULL,
  ExposureIndex REAL,                  -- (0018,1411) IEC 62494-1
  TargetExposureIndex REAL,            -- (0018,1412)
  DeviationIndex REAL,                 -- (0018,1413) as the device says it
  deviation REAL                       -- that counts: computed from the two when both are there, else what the device says
) STRICT, WITHOUT ROWID;
CREATE INDEX image_fact_day ON image_fact (day, hour, sourceId, Modality, BodyPartExamined);
CREATE INDEX image_fact_deviation ON image_fact (day, sourceId, deviation) WHERE deviation IS NOT NULL;

-- What checks found: hints, made anew from the files whenever they are lost.
CREATE TABLE image_check (
  objectId TEXT PRIMARY KEY,
  rules INTEGER NOT NULL,              -- number of the rules that looked at it; 0: it waits
  at TEXT NOT NULL,
  outcome TEXT NOT NULL,               -- checked, too-long, not-drawable, ...
  pixelSha256 TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX image_check_waiting ON image_check (rules, objectId);
CREATE INDEX image_check_pixels ON image_check (pixelSha256) WHERE pixelSha256 <> '';
CREATE TABLE image_hint (
  objectId TEXT NOT NULL,
  code TEXT NOT NULL,
  evidence TEXT NOT NULL,              -- JSON: numbers and the place on the picture, as in the shape of a hint
  PRIMARY KEY (objectId, code)
) STRICT, WITHOUT ROWID;
-- How far the background has looked: rows of object up to here have their fact.
CREATE TABLE image_fact_mark (one INTEGER PRIMARY KEY CHECK (one = 1), lastRow INTEGER NOT NULL) STRICT;

-- Sums of a day, by what figures are grouped by: kept by the triggers below, so that a year is read as quickly as a week.
-- An image belongs to the day and hour in which it arrived, and to the body part that its judgement says, if it has one.
-- received + judgement: what an image adds is its fact, and what its standing judgement adds when it has both.
CREATE TABLE image_sum (
  day TEXT NOT NULL,
  axis TEXT NOT NULL,                  -- hour, source, modality, bodyPart, technologist, reason (code, or code:own label)
  key TEXT NOT NULL,
  received INTEGER NOT NULL,           -- 0 of a technologist and of a reason: nobody has one before a word is said
  accepted INTEGER NOT NULL,
  repeated INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  PRIMARY KEY (axis, day, key)
) STRICT, WITHOUT ROWID;
CREATE VIEW image_received AS
  SELECT objectId, day, 'hour' AS axis, CAST(hour AS TEXT) AS key, 1 AS received, '' AS verdict FROM image_fact
  UNION ALL SELECT objectId, day, 'source', sourceId, 1, '' FROM image_fact
  UNION ALL SELECT objectId, day, 'modality', Modality, 1, '' FROM image_fact
  UNION ALL SELECT objectId, day, 'bodyPart', BodyPartExamined, 1, '' FROM image_fact;
CREATE VIEW image_judged AS
  WITH both AS NOT MATERIALIZED (SELECT fact.objectId, day, hour, sourceId, fact.Modality AS wasModality, fact.BodyPartExamined AS wasPart,
      verdict, iif(ownLabel = '', reason, reason || ':' || ownLabel) AS reason, technologist, said.Modality,
      said.BodyPartExamined AS part
    FROM image_fact AS fact JOIN (SELECT objectId, verdict, reason, ownLabel, technologist, Modality, BodyPartExamined
      FROM judgement WHERE endedAt IS NULL) AS said ON said.objectId = fact.objectId)
  SELECT objectId, day, 'hour' AS axis, CAST(hour AS TEXT) AS key, 0 AS received, verdict FROM both
  UNION ALL SELECT objectId, day, 'source', sourceId, 0, verdict FROM both
  UNION ALL SELECT objectId, day, 'modality', wasModality, -1, '' FROM both
  UNION ALL SELECT objectId, day, 'modality', Modality, 1, verdict FROM both
  UNION ALL SELECT objectId, day, 'bodyPart', wasPart, -1, '' FROM both
  UNION ALL SELECT objectId, day, 'bodyPart', part, 1, verdict FROM both
  UNION ALL SELECT objectId, day, 'technologist', technologist, 0, verdict FROM both
  UNION ALL SELECT objectId, day, 'reason', reason, 0, verdict FROM both WHERE verdict <> 'accepted';
${sumTriggers}
-- When a destination was out of reach or refused, kept by the triggers below; untilAt is null while it lasts.
CREATE TABLE destination_outage (
  id INTEGER PRIMARY KEY,
  destinationId TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('silent', 'refusing')),
  since TEXT NOT NULL,
  untilAt TEXT
) STRICT;
CREATE INDEX destination_outage_since ON destination_outage (since);
CREATE INDEX destination_outage_open ON destination_outage (destinationId) WHERE untilAt IS NULL;
CREATE TRIGGER destination_outage_over AFTER UPDATE OF state ON destination WHEN OLD.state <> NEW.state BEGIN
  UPDATE destination_outage SET untilAt =
      iif(NEW.since > destination_outage.since, NEW.since, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
    WHERE destinationId = NEW.id AND state = OLD.state AND untilAt IS NULL;
END;
CREATE TRIGGER destination_outage_began AFTER UPDATE OF state ON destination
WHEN OLD.state <> NEW.state AND NEW.state IN ('silent', 'refusing') BEGIN
  INSERT INTO destination_outage (destinationId, state, since) VALUES (NEW.id, NEW.state, NEW.since);
END;
INSERT INTO destination_outage (destinationId, state, since)
  SELECT id, state, since FROM destination WHERE state IN ('silent', 'refusing') AND removed = 0;
-- How long what was sent in a span had waited.
CREATE INDEX delivery_sent ON delivery (sentAt, destinationId, createdAt) WHERE sentAt IS NOT NULL;

-- What was rejected before there were judgements.
INSERT INTO judgement (id, objectId, examId, verdict, reason, text, technologist, at, timeZone, day, hour, sourceId,
  deviceKind, deviceLabel, deviceAddress, Modality, BodyPartExamined)
SELECT 'earlier-' || object.id, object.id, object.examId, 'rejected', rejectionReason, coalesce(rejectionText, ''),
  coalesce((SELECT by FROM audit_entry WHERE audit_entry.examId = object.examId AND audit_entry.objectId = object.id
    AND action = 'object-rejected' ORDER BY number DESC LIMIT 1), ''),
  rejectedAt, '', coalesce(strftime('%Y-%m-%d', rejectedAt, 'localtime'), substr(rejectedAt, 1, 10)),
  coalesce(CAST(strftime('%H', rejectedAt, 'localtime') AS INTEGER), 0), source.id, source.kind, source.label,
  coalesce(source.address, ''), coalesce(json_extract(header, '$.Modality'), ''),
  coalesce(json_extract(header, '$.BodyPartExamined'), '')
FROM object JOIN source ON source.id = object.sourceId
WHERE object.state = 'rejected' AND rejectionReason GLOB '11[0-9][0-9][0-9][0-9]' AND rejectedAt IS NOT NULL
  AND sameAs IS NULL;
`;
