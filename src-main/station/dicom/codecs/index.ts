// Frames of DICOM objects as plain numbers, the pixel element of new ones, and objects in another transfer syntax. The
// rest of the house comes in here.
export { openFrameReader, type FrameReader, type FrameReaderOptions } from './frame-reader.ts';
export { encapsulatedPixelElement, nativePixelElement } from './pixel-element.ts';
export type { CannotTranscodeReason } from './cannot-transcode.ts';
export type { TranscodeAnswer, Transcoded, TranscodeRequest } from './transcode-file.ts';
export { needsDecompressionRule, transcodesOf, type TranscodeRule } from './transcode-rules.ts';
export { openTranscoder, type Transcoder, type TranscoderOptions } from './transcoder.ts';
export { openNativePixels, type NativePixels } from './native-pixels.ts';
export { foreseeNativePixels, type NativeOutlook } from './native-outlook.ts';
export { ybrToRgb } from './colour.ts';
