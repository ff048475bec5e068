// What a file is, told by its first bytes. Names are not believed. Pure.
import { sniffPicture } from '#station/picture/index.ts';

export type FileKind =
  | { readonly kind: 'empty' }
  /** Perhaps DICOM: has the mark, or looks like nothing else we know. */
  | { readonly kind: 'dicom-or-unknown' }
  | { readonly kind: 'picture' }
  /** Something that we know and do not import; `found` names it. */
  | { readonly kind: 'other'; readonly found: string };

const marks: readonly (readonly [string, number, string])[] = [
  ['PDF', 0, '%PDF-'],
  ['ZIP', 0, 'PK\x03\x04'],
  ['ZIP', 0, 'PK\x05\x06'],
  ['GZIP', 0, '\x1f\x8b'],
  ['RAR', 0, 'Rar!'],
  ['7Z', 0, "7z\xbc\xaf'\x1c"],
  ['video', 4, 'ftyp'],
  ['video', 0, '\0\0\x01\xba'],
  ['video', 0, '\0\0\x01\xb3'],
  ['video', 0, '\x1aE\xdf\xa3'],
  ['video', 0, 'RIFF'],
  ['program', 0, 'MZ'],
  ['program', 0, '\x7fELF'],
  ['HTML', 0, '<!DOCTYPE'],
  ['HTML', 0, '<html'],
  ['XML', 0, '<?xml'],
];

/** @param head the first 132 bytes, or all of a shorter file */
export function kindOfFile(head: Uint8Array): FileKind {
  if (head.length === 0) return { kind: 'empty' };
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  // A DICOM file may begin like anything else (PS3.10 7.1): its own mark counts first.
  if (text.startsWith('DICM', 128)) return { kind: 'dicom-or-unknown' };
  const picture = sniffPicture(head);
  if (picture === 'jpeg' || picture === 'png' || picture === 'tiff') return { kind: 'picture' };
  const known = marks.find(([, at, mark]) => text.startsWith(mark, at))?.[0];
  if (known !== undefined) return { kind: 'other', found: known };
  // BM alone is little to go by; a data set without File Meta does not begin with it either.
  if (picture !== undefined) return { kind: 'other', found: picture.toUpperCase() };
  return { kind: 'dicom-or-unknown' };
}
