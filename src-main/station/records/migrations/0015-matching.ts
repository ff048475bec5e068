// Drafts, who is at which exam, and decisions about whose images these are.
export const matching = `
`;
