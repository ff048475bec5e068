// The code of the procedure that a description names, for an exam: chosen with the description from a list of the station.
export const patientCodes = `
CREATE TABLE procedure_code (
  examId TEXT NOT NULL REFERENCES exam (id),
  description TEXT NOT NULL,           -- Study Description that it goes with; it counts while that one stands
  code TEXT NOT NULL,                  -- JSON: code of the contract
  reason TEXT NOT NULL CHECK (reason IN ('CORRECT', 'COERCE')),
  by TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (examId, description)
) STRICT;
`;
