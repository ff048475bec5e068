// What the book learns about destinations that were examined. Rules stand in the settings; what they said of an exam stands
// with its deliveries.
export const routes = `
-- The last examination of each destination, and what it was reached under: with another address nothing of it counts.
CREATE TABLE destination_profile (
  destinationId TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  at TEXT NOT NULL,
  profile TEXT NOT NULL                -- JSON of contract/shapes/profile
) STRICT;
`;
