// Station fields: lists with codes and defaults.
export const stationLists = `
`;
