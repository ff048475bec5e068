// The File Meta Information that we write in front of what we keep and send (PS3.10 7.1), always with an empty preamble.
import { encodeElement, encodeElements, type NewElement } from './build-elements.ts';
import { implementationClassUid, implementationVersionName } from './uids.ts';

export type FileMetaFields = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** AE title of who sent it; left out when empty. */
  readonly sourceAeTitle?: string;
};

const style = { explicit: true, littleEndian: true, characterSet: [] } as const;

/** 128 zero bytes, `DICM` and group 0002: what stands before the first byte of the data set. */
export function buildFileMeta(fields: FileMetaFields): Buffer {
  const ui = (tag: number, value: string): NewElement => ({ tag, vr: 'UI', value: Buffer.from(value, 'latin1') });
  const elements: NewElement[] = [
    { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
    ui(0x00020002, fields.sopClassUid),
    ui(0x00020003, fields.sopInstanceUid),
    ui(0x00020010, fields.transferSyntaxUid),
    ui(0x00020012, implementationClassUid),
    { tag: 0x00020013, vr: 'SH', value: implementationVersionName },
  ];
  if (fields.sourceAeTitle)
    elements.push({ tag: 0x00020016, vr: 'AE', value: Buffer.from(fields.sourceAeTitle, 'latin1') });
  const group = encodeElements(elements, style);
  const groupLength = encodeElement({ tag: 0x00020000, vr: 'UL', value: group.length }, style);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), groupLength, group]);
}
