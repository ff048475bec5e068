// Split, merge, move and copy: where objects went, under which UIDs, and the way back.
export const rearranging = `
`;
