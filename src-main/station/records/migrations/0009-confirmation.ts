// What the book learns about how a destination confirms.
export const confirmation = `
-- nothing yet
`;
