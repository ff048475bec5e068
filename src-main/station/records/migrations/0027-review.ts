// What a person has looked at of the hints that checks gave, so that it is not put before people again. Outlives the hint:
// an image that is checked by newer rules does not ask the same a second time.
// Objects are named without a reference, because a rebuilt book may learn of these rows first.
export const hintsLookedAt = `
CREATE TABLE hint_looked_at (
  objectId TEXT NOT NULL,
  code TEXT NOT NULL,                  -- of a check, as in the shape of a hint
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (objectId, code)
) STRICT;
`;
