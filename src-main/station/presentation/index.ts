// What people choose and draw on pictures: kept beside the object, and made into what leaves.
export { bake, markupAfter, type Baked, type BakeSource } from './bake.ts';
export { openMarkupBook, parseMarkup, plainMarkup, type MarkupBook } from './markup-book.ts';
export { isPlain, pixelBox, type PixelBox } from './markup-rules.ts';
export { readPictureFacts, type PictureFacts, type PictureFile } from './picture-facts.ts';
export { hasOnlyTone, isToned, leavingOf, type Leaving } from './ways.ts';
export { buildSoftcopyState, type MadeBy, type MadeFile, type StateWish } from './softcopy-state.ts';
export { colorStateClass, grayscaleStateClass, isColour, stateKey, type StatePicture } from './state-content.ts';
export { readPictureLimits, type PictureLimits } from './picture-limits.ts';
