// Earlier exams of a patient, fetched to look at and never forwarded.
export const priors = `
`;
