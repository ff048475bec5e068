// What other systems are told of a procedure: performed procedure steps, availability, status; queued in order.
export const notices = `
`;
