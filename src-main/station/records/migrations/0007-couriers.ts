// What the book learns about priorities, schedules and limits of couriers.
export const couriers = `
-- nothing yet
`;
