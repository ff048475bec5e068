// What the book learns about revisions in another transfer syntax.
export const transcodes = `
-- nothing yet
`;
