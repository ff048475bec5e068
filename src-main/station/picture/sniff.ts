// What a file is, told by its first bytes. Names and extensions are not asked.

export type PictureFormat = 'jpeg' | 'png' | 'tiff' | 'bmp' | 'gif' | 'webp' | 'heif' | 'jpeg-2000' | 'jpeg-xl';

const marks: readonly (readonly [PictureFormat, number, string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0+'],
  ['gif', 0, 'GIF8'],
  ['webp', 8, 'WEBP'],
  ['heif', 4, 'ftyphei'],
  ['heif', 4, 'ftypmif1'],
  ['heif', 4, 'ftypavif'],
  ['jpeg-2000', 0, '\0\0\0\x0cjP  '],
  ['jpeg-2000', 0, '\xff\x4f\xff\x51'],
  ['jpeg-xl', 0, '\xff\x0a'],
  ['bmp', 0, 'BM'],
];

/** The format of a picture file, undefined for anything else. Twelve bytes are enough. */
export function sniffPicture(head: Uint8Array): PictureFormat | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16)).toString('latin1');
  return marks.find(([, at, mark]) => text.startsWith(mark, at))?.[0];
}
