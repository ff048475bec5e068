// DICOM bytes: the only room that knows them. Reading headers, writing elements and files, text and its character sets,
// and corrections spliced into received bytes.
export { openFileReader, readerOfBuffer, readerOfHandle, readerOfHead, type ByteReader } from './byte-reader.ts';
export { openPart10, type FileMeta, type OpenOptions, type Part10 } from './part10.ts';
export { readHeader } from './header.ts';
export { buildFileMeta, type FileMetaFields } from './file-meta.ts';
export { encodeElement, encodeElements, type NewElement, type WritingStyle } from './build-elements.ts';
export {
  pixelDataTag,
  undefinedLength,
  walkElements,
  WalkStop,
  type Region,
  type Spot,
  type Visitor,
} from './element-walk.ts';
export {
  deflatedExplicitLittleEndian,
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
  isLossless,
  transferSyntaxOf,
  type ElementLayout,
  type TransferSyntax,
} from './transfer-syntax.ts';
export { keywordOf, tagOf, vrOf } from './dictionary.ts';
export { decodeText, isOneValue, usesCharacterSet, type Decoded } from './text-decode.ts';
export { canHold, encodeText } from './text-encode.ts';
export { implementationClassUid, implementationVersionName, isLegalUid } from './uids.ts';
export { planSplice, type SpliceOptions, type SplicePlan } from './splice.ts';
export type { Edit, PathStep } from './splice-edits.ts';
export {
  decodeRecipe,
  encodeRecipe,
  hashSplicedDataSet,
  openSplicedStream,
  readInPieces,
  type Recipe,
  type Segment,
} from './recipe.ts';
export { hashDataSet, hashPixelData } from './digests.ts';
export {
  findContentDifferences,
  printContent,
  type ContentDifference,
  type ContentPrint,
  type ElementPrint,
} from './content-print.ts';
