// What people choose and draw on pictures: kept beside the object, and made into what leaves.
export { openMarkupBook, parseMarkup, plainMarkup, type MarkupBook } from './markup-book.ts';
export { isPlain, pixelBox, type PixelBox } from './markup-rules.ts';
