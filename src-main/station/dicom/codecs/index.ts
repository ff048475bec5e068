// Frames of DICOM objects as plain numbers. The rest of the house comes in here.
export { openFrameReader, type FrameReader, type FrameReaderOptions } from './frame-reader.ts';
