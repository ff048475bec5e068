// The only place of the window that knows a transport.
export { Connection, type LinkState } from './connection.ts';
export { fetchFrame, fetchPriorFrame, thumbnailAddress } from './pictures.ts';
export { copyAddress, documentAddress, fetchSamples, videoAddress } from './documents.ts';
export { saveFile } from './saved-files.ts';
export { enterWithToken } from './session.ts';
export type { Station } from './transport.ts';
export { isAborted, readTrouble, TroubleError, type Trouble, type TroubleCode } from './trouble.ts';
export { importPaths, importUploads, pathsOf, type ChosenFile } from './uploads.ts';
