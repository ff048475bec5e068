// Notes and documents that go with an exam.
export const notes = `
`;
