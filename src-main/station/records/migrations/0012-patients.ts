// Patients and messages of the HL7 feed: who is known under which identifiers, merges, what was answered.
export const patients = `
`;
