// What a person drew and chose on pictures: presentation states, derived images, calibration.
export const presentation = `
`;
