// What the book learns about alerts.
export const alerts = `
-- nothing yet
`;
