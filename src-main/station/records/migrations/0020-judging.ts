// Repeats, exposure, hints of automatic checks and what the statistics count.
export const judging = `
`;
