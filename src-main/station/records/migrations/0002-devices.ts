// What the book learns about devices and how an exam counts as complete.
export const devices = `
-- nothing yet
`;
