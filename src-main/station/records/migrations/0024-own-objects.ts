// What the station made itself, so that nobody counts it as received: presentation states, derived pictures, notes to the
// reader, rejection notes, copies. And the received image that one shows, if it shows one: what people say of it is said of that.
export const ownObjects = `
CREATE INDEX note_object_object ON note_object (objectId) WHERE objectId IS NOT NULL;
CREATE INDEX rejection_note_object ON rejection_note (objectId) WHERE objectId IS NOT NULL;
CREATE VIEW own_object AS
  SELECT objectId, iif(kind = 'baked', json_extract(sources, '$[0]'), NULL) AS ofObjectId, kind AS what FROM made_object
  UNION ALL SELECT objectId, NULL, 'note' FROM note_object WHERE objectId IS NOT NULL
  UNION ALL SELECT objectId, NULL, 'rejection-note' FROM rejection_note WHERE objectId IS NOT NULL
  UNION ALL SELECT objectId, copyOf, 'copy' FROM uid_map WHERE copyOf IS NOT NULL;
-- What the station keeps back itself is not what a device did wrong.
DROP TRIGGER object_rejection;
CREATE TRIGGER object_rejection AFTER UPDATE OF state ON object
WHEN (OLD.state = 'rejected' AND coalesce(OLD.rejectionReason, '') NOT IN ('replaced', 'made-anew', 'device-note', 'copy-undone'))
  <> (NEW.state = 'rejected' AND coalesce(NEW.rejectionReason, '') NOT IN ('replaced', 'made-anew', 'device-note', 'copy-undone'))
BEGIN
  UPDATE source SET rejected = rejected + iif(NEW.state = 'rejected'
      AND coalesce(NEW.rejectionReason, '') NOT IN ('replaced', 'made-anew', 'device-note', 'copy-undone'), 1, -1)
    WHERE id = NEW.sourceId;
END;
-- Facts of pictures that were counted as received before.
DELETE FROM image_fact WHERE objectId IN (SELECT objectId FROM own_object);
DELETE FROM image_check WHERE objectId IN (SELECT objectId FROM own_object);
DELETE FROM image_hint WHERE objectId IN (SELECT objectId FROM own_object);
`;
