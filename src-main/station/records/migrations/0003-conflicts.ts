// What the book learns about objects that contradict each other.
export const conflicts = `
-- nothing yet
`;
