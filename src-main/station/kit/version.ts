// The version of this program, as it is written into images, logs and the API.

export const softwareVersion = '0.1.0';
