// What the book learns about space, purge and the proof that stays.
export const space = `
-- nothing yet
`;
