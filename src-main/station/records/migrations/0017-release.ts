// After release: rejection notes, new identities, and notes that came from elsewhere.
export const release = `
`;
