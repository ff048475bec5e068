// What an order or a person set beyond plain texts of an exam: applied orders, values per series and object.
export const corrections = `
`;
