// What the book learns about what recovery and scrubbing need to know.
export const recovery = `
-- nothing yet
`;
