// Words for a destination that is reached by DICOMweb.
export const webWords = {
  protocol: 'How it is reached',
  protocols: { dimse: 'DICOM', dicomweb: 'DICOMweb (HTTP)' },
  baseUrl: 'Address of its services',
  baseUrlHint: 'Such as https://archive.example/dicom-web',
  auth: 'How this station shows who it is',
  auths: { none: 'Not by a password or token', basic: 'User and password', bearer: 'Token' },
  user: 'User',
  secretFile: 'File with the password or token',
  secretFileHint: 'Its first line; in the folder secrets of the station, or in /run/secrets',
  secretVariable: 'Or a variable of its environment',
  secretVariableHint: 'Its name begins with SAFELIGHT_SECRET_',
  confirms: { query: 'A query', none: 'None, only the transfer' },
};
