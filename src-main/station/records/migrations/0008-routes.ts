// What the book learns about rules that say which exam goes where.
export const routes = `
-- nothing yet
`;
