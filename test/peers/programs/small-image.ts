// A small image, made from nothing: a data set in explicit little endian that every archive takes.
export const secondaryCaptureClass = '1.2.840.10008.5.1.4.1.1.7';

export type SmallImageUids = {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

/** The data set alone, without preamble and File Meta; square, 16 bit, `side` pixels wide. */
export function smallImage({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: SmallImageUids, side = 64): Buffer {
  const pixels = Buffer.alloc(side * side * 2);
  for (let at = 0; at < pixels.length; at += 2) pixels.writeUInt16LE((at * 2654435761) & 0x0fff, at);
  return Buffer.concat([
    text(0x0008, 0x0016, 'UI', secondaryCaptureClass),
    text(0x0008, 0x0018, 'UI', SOPInstanceUID),
    text(0x0008, 0x0020, 'DA', '20261123'),
    text(0x0008, 0x0030, 'TM', '080000'),
    text(0x0008, 0x0050, 'SH', 'A1'),
    text(0x0008, 0x0060, 'CS', 'OT'),
    text(0x0008, 0x0064, 'CS', 'WSD'),
    text(0x0008, 0x0090, 'PN', ''),
    text(0x0010, 0x0010, 'PN', 'SAMPLE^IMAGE'),
    text(0x0010, 0x0020, 'LO', 'S1'),
    text(0x0010, 0x0030, 'DA', ''),
    text(0x0010, 0x0040, 'CS', ''),
    text(0x0020, 0x000d, 'UI', StudyInstanceUID),
    text(0x0020, 0x000e, 'UI', SeriesInstanceUID),
    text(0x0020, 0x0010, 'SH', '1'),
    text(0x0020, 0x0011, 'IS', '1'),
    text(0x0020, 0x0013, 'IS', '1'),
    number(0x0028, 0x0002, 1),
    text(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    number(0x0028, 0x0010, side),
    number(0x0028, 0x0011, side),
    number(0x0028, 0x0100, 16),
    number(0x0028, 0x0101, 12),
    number(0x0028, 0x0102, 11),
    number(0x0028, 0x0103, 0),
    long(0x7fe0, 0x0010, 'OW', pixels),
  ]);
}

function text(group: number, element: number, vr: string, value: string): Buffer {
  const padding = value.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  return short(group, element, vr, Buffer.from(value + padding, 'latin1'));
}

function number(group: number, element: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return short(group, element, 'US', bytes);
}

function short(group: number, element: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}

function long(group: number, element: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(element, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, value]);
}
