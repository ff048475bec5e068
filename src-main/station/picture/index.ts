// Pictures for the eye and pictures from files; the only door to sharp.
export { makeThumbnail, thumbnailSide } from './thumbnail.ts';
export { toScreen } from './voi.ts';
export { readPicture, type Picture, type PictureChange } from './read-picture.ts';
export { sniffPicture, type PictureFormat } from './sniff.ts';
export { drawMask, type Mask, type MaskThing } from './drawing.ts';
