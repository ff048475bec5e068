// Frames of DICOM objects as plain numbers, and the pixel element of new ones. The rest of the house comes in here.
export { openFrameReader, type FrameReader, type FrameReaderOptions } from './frame-reader.ts';
export { encapsulatedPixelElement, nativePixelElement } from './pixel-element.ts';
